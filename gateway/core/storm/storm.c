#include "core/storm/storm.h"

#include "stillwater/byte_cursor.h"
#include "stillwater/error.h"

#define RECORD_VERSION 1

const char *storm_cause_name(enum storm_cause cause)
{
    switch (cause) {
    case STORM_NONE:
        return "off";
    case STORM_BY_HAND:
        return "by_hand";
    case STORM_WARNING:
        return "weather_warning";
    case STORM_ALERT:
        return "alert";
    case STORM_CAUSE_COUNT:
        break;
    }
    return "unknown";
}

static enum sw_colour worse_of(enum sw_colour a, enum sw_colour b)
{
    return a > b ? a : b;
}

/* What would switch it on by itself. The alert first: it is the nearer one. */
static enum storm_cause cause_of(const struct storm_rules *rules, enum sw_colour alert, enum sw_colour weather)
{
    if (alert != SW_COLOUR_GREEN && alert >= rules->alert) return STORM_ALERT;
    return weather != SW_COLOUR_GREEN && weather >= rules->warning ? STORM_WARNING : STORM_NONE;
}

static bool follow_on(struct storm *storm, const struct storm_rules *rules, enum storm_cause cause, struct sw_wall now)
{
    bool by_hand = sw_wall_known(storm->until) && now.ms < storm->until.ms;
    if (by_hand || cause != STORM_NONE) {
        storm->quiet_from.ms = 0;
        if (!by_hand && cause != STORM_NONE) storm->cause = cause;
        return false;
    }
    /* A time that was set is exact; the rest waits to see whether it comes back. Also when the clock is set back. */
    if (storm->quiet_from.ms == 0 || now.ms < storm->quiet_from.ms) storm->quiet_from = now;
    if (storm->cause != STORM_BY_HAND && now.ms - storm->quiet_from.ms < rules->quiet_ms) return false;
    *storm = (struct storm){.cause = STORM_NONE};
    return true;
}

bool storm_follow(struct storm *storm, const struct storm_rules *rules, enum sw_colour alert, enum sw_colour weather,
                  struct sw_wall now)
{
    enum storm_cause cause = cause_of(rules, alert, weather);
    if (storm->cause != STORM_NONE) return follow_on(storm, rules, cause, now);
    if (cause == STORM_NONE) storm->refused = SW_COLOUR_GREEN;
    if (cause == STORM_NONE || worse_of(alert, weather) <= storm->refused) return false;
    *storm = (struct storm){.cause = cause, .since = now};
    return true;
}

int storm_on(struct storm *storm, struct sw_wall until, struct sw_wall now)
{
    if (until.ms <= now.ms || until.ms - now.ms > STORM_LONGEST_MS) return SW_ERROR_INVALID_ARGUMENT;
    if (storm->cause == STORM_NONE) storm->since = now;
    storm->cause = STORM_BY_HAND;
    storm->until = until;
    storm->quiet_from.ms = 0;
    storm->refused = SW_COLOUR_GREEN;
    return SW_OK;
}

int storm_off(struct storm *storm, enum sw_colour alert, enum sw_colour weather)
{
    if (storm->cause == STORM_NONE) return SW_ERROR_NOT_PERMITTED;
    *storm = (struct storm){.cause = STORM_NONE, .refused = worse_of(alert, weather)};
    return SW_OK;
}

/* ---- record ---- */

static void write_time(struct sw_writer *out, struct sw_wall time)
{
    sw_write_u32(out, (uint32_t)((uint64_t)time.ms >> 32));
    sw_write_u32(out, (uint32_t)(uint64_t)time.ms);
}

static struct sw_wall read_time(struct sw_reader *in)
{
    uint64_t high = sw_read_u32(in);
    uint64_t low = sw_read_u32(in);
    return sw_wall_from_ms((int64_t)(high << 32 | low));
}

size_t storm_save(const struct storm *storm, uint8_t bytes[STORM_RECORD_SIZE])
{
    struct sw_writer out = sw_writer_over(bytes, STORM_RECORD_SIZE);
    sw_write_u8(&out, RECORD_VERSION);
    sw_write_u8(&out, (uint8_t)storm->cause);
    sw_write_u8(&out, (uint8_t)storm->refused);
    write_time(&out, storm->since);
    write_time(&out, storm->until);
    write_time(&out, storm->quiet_from);
    return sw_writer_size(&out);
}

int storm_restore(struct storm *storm, const uint8_t *bytes, size_t size)
{
    struct sw_reader in = sw_reader_over(bytes, size);
    bool known = sw_read_u8(&in) == RECORD_VERSION;
    uint8_t cause = sw_read_u8(&in), refused = sw_read_u8(&in);
    struct sw_wall since = read_time(&in), until = read_time(&in), quiet_from = read_time(&in);
    if (!known || in.failed || cause >= STORM_CAUSE_COUNT || refused >= SW_COLOUR_COUNT) return SW_ERROR_MALFORMED;
    *storm = (struct storm){(enum storm_cause)cause, since, until, quiet_from, (enum sw_colour)refused};
    return SW_OK;
}
