#include "core/escalation/escalation.h"

#include <assert.h>
#include <string.h>

#include "core/alert/alert_id.h"
#include "stillwater/error.h"

static_assert(SW_AREA_PATH_LENGTH_MAX <= UINT8_MAX && SW_ID_LENGTH_MAX <= UINT8_MAX, "lengths are bytes");

/* Doubling further than this is longer than ESCALATION_REPEAT_MAX_MS anyway, from a deadline of 1 ms on. */
#define DOUBLINGS_MAX 27

static int64_t limit_ms(const struct escalation *escalation, const struct duty_roster *roster, enum sw_colour colour)
{
    const struct duty_area *area = &roster->areas[duty_area_around(roster, escalation->area)];
    if (escalation->state == SW_ALERT_STATE_ACKNOWLEDGED) return area->dispatch_ms[colour];
    return escalation->state == SW_ALERT_STATE_RAISED ? area->acknowledge_ms[colour] : 0;
}

/* 0 = it waits for nobody. */
static int64_t wait_ms(const struct escalation *escalation, const struct duty_roster *roster, enum sw_colour colour)
{
    int64_t limit = limit_ms(escalation, roster, colour);
    int doublings = escalation->repeat < DOUBLINGS_MAX ? escalation->repeat : DOUBLINGS_MAX;
    if (limit == 0 || limit >= ESCALATION_REPEAT_MAX_MS) return limit;
    int64_t wait = limit << doublings;
    return wait < ESCALATION_REPEAT_MAX_MS ? wait : ESCALATION_REPEAT_MAX_MS;
}

static struct sw_wall deadline_from(const struct escalation *escalation, const struct duty_roster *roster,
                                    enum sw_colour colour, struct sw_wall now)
{
    int64_t wait = wait_ms(escalation, roster, colour);
    return sw_wall_from_ms(wait > 0 ? now.ms + wait : 0);
}

void escalation_wait_anew(struct escalation *escalation, const struct duty_roster *roster, enum sw_colour colour,
                          struct sw_wall now)
{
    escalation->since = now;
    escalation->worst = colour;
    escalation->deadline = deadline_from(escalation, roster, colour, now);
}

static void call(struct escalation *escalation, const struct duty_roster *roster, const char *grid, uint32_t area,
                 struct sw_wall now)
{
    struct duty_call call = duty_find(roster, area, now);
    uint32_t own_depth = roster->areas[duty_area_around(roster, grid)].depth, depth = roster->areas[call.area].depth;
    memcpy(escalation->area, roster->areas[call.area].path, sizeof escalation->area);
    memcpy(escalation->responsible, roster->people[call.person].id, sizeof escalation->responsible);
    memset(escalation->deputy_of, 0, sizeof escalation->deputy_of);
    if (call.deputy_of != DUTY_NONE)
        memcpy(escalation->deputy_of, roster->people[call.deputy_of].id, sizeof escalation->deputy_of);
    escalation->level = (uint8_t)(own_depth > depth ? own_depth - depth : 0);
}

static void begin(struct escalation *escalation, const struct duty_roster *roster, struct escalation_alert alert,
                  struct sw_wall now)
{
    *escalation = (struct escalation){.state = alert.state};
    call(escalation, roster, alert.grid, duty_area_around(roster, alert.grid), now);
    escalation_wait_anew(escalation, roster, alert.colour, now);
}

void escalation_follow(struct escalation *escalation, const struct duty_roster *roster, struct escalation_alert alert,
                       struct sw_wall now)
{
    enum sw_alert_state before = escalation->state;
    if (before == SW_ALERT_STATE_NONE || (alert.state == SW_ALERT_STATE_RAISED && alert.state != before)) {
        begin(escalation, roster, alert, now);
        return;
    }
    escalation->state = alert.state;
    if (alert.state != before) {
        escalation->repeat = 0;
        escalation_wait_anew(escalation, roster, alert.colour, now);
    } else if (alert.colour > escalation->worst) {
        struct sw_wall deadline = deadline_from(escalation, roster, alert.colour, now);
        bool sooner = escalation->deadline.ms == 0 || (deadline.ms != 0 && deadline.ms < escalation->deadline.ms);
        escalation->worst = alert.colour;
        if (sooner) escalation->deadline = deadline;
    }
}

struct sw_wall escalation_deadline(const struct escalation *escalation, const struct duty_roster *roster,
                                   enum sw_colour colour)
{
    return sw_wall_from_ms(limit_ms(escalation, roster, colour) > 0 ? escalation->deadline.ms : 0);
}

void escalation_climb(struct escalation *escalation, const struct duty_roster *roster, struct escalation_alert alert,
                      struct sw_wall now)
{
    uint32_t area = duty_area_around(roster, escalation->area);
    uint32_t above = roster->areas[area].parent;
    escalation->state = SW_ALERT_STATE_RAISED;
    if (above == DUTY_NONE && escalation->repeat < UINT8_MAX) escalation->repeat++;
    call(escalation, roster, alert.grid, above == DUTY_NONE ? area : above, now);
    escalation_wait_anew(escalation, roster, alert.colour, now);
}

void escalation_shift(struct escalation *escalation, int64_t step_ms)
{
    escalation->since.ms += step_ms;
    if (escalation->deadline.ms != 0) escalation->deadline.ms += step_ms;
}

void escalation_resume(struct escalation *escalation, const struct duty_roster *roster, enum sw_colour colour,
                       struct sw_wall now)
{
    struct sw_wall latest = deadline_from(escalation, roster, colour, now);
    if (latest.ms == 0) return;
    if (escalation->deadline.ms == 0 || escalation->deadline.ms > latest.ms) escalation->deadline = latest;
    if (escalation->since.ms > now.ms) escalation->since = now;
}

/* ---- for the store ---- */

static uint8_t *put_i64(uint8_t *at, int64_t value)
{
    for (int shift = 56; shift >= 0; shift -= 8)
        *at++ = (uint8_t)((uint64_t)value >> shift);
    return at;
}

static uint8_t *put_text(uint8_t *at, const char *text)
{
    size_t length = strlen(text);
    *at++ = (uint8_t)length;
    memcpy(at, text, length);
    return at + length;
}

size_t escalation_write(const struct escalation *escalation, uint8_t bytes[ESCALATION_SIZE_MAX])
{
    uint8_t *at = bytes;
    *at++ = ESCALATION_VERSION;
    *at++ = escalation->level;
    *at++ = escalation->repeat;
    *at++ = (uint8_t)escalation->state;
    *at++ = (uint8_t)escalation->worst;
    at = put_i64(at, escalation->since.ms);
    at = put_i64(at, escalation->deadline.ms);
    at = put_text(at, escalation->area);
    at = put_text(at, escalation->responsible);
    at = put_text(at, escalation->deputy_of);
    return (size_t)(at - bytes);
}

/* What is left to read; after the first thing that is wrong, nothing. */
struct cursor {
    const uint8_t *at;
    size_t left;
    bool failed;
};

static const uint8_t *take(struct cursor *cursor, size_t size)
{
    if (cursor->failed || cursor->left < size) {
        cursor->failed = true;
        return NULL;
    }
    const uint8_t *at = cursor->at;
    cursor->at += size;
    cursor->left -= size;
    return at;
}

static uint8_t take_u8(struct cursor *cursor)
{
    const uint8_t *at = take(cursor, 1);
    return at ? *at : 0;
}

static int64_t take_i64(struct cursor *cursor)
{
    const uint8_t *at = take(cursor, 8);
    uint64_t value = 0;
    for (int i = 0; at && i < 8; i++)
        value = value << 8 | at[i];
    return (int64_t)value;
}

/* Into zeroed `text`. */
static void take_text(struct cursor *cursor, char *text, size_t text_size)
{
    size_t length = take_u8(cursor);
    const uint8_t *at = take(cursor, length);
    if (at && length < text_size) memcpy(text, at, length);
    if (strlen(text) != length) cursor->failed = true;
}

static bool is_time(struct sw_wall time)
{
    return time.ms >= 0 && time.ms <= ALERT_TIME_MAX_MS;
}

int escalation_read(struct escalation *escalation, const uint8_t *bytes, size_t size)
{
    struct cursor cursor = {bytes, size, false};
    memset(escalation, 0, sizeof *escalation);
    if (take_u8(&cursor) != ESCALATION_VERSION) return cursor.failed ? SW_ERROR_MALFORMED : SW_ERROR_VERSION;
    struct escalation found = {.level = take_u8(&cursor)};
    found.repeat = take_u8(&cursor);
    found.state = (enum sw_alert_state)take_u8(&cursor);
    found.worst = (enum sw_colour)take_u8(&cursor);
    found.since.ms = take_i64(&cursor);
    found.deadline.ms = take_i64(&cursor);
    take_text(&cursor, found.area, sizeof found.area);
    take_text(&cursor, found.responsible, sizeof found.responsible);
    take_text(&cursor, found.deputy_of, sizeof found.deputy_of);
    bool good = !cursor.failed && cursor.left == 0 && sw_alert_state_is_open(found.state) &&
                found.worst < SW_COLOUR_COUNT && is_time(found.since) && is_time(found.deadline) &&
                sw_area_path_valid(found.area) && sw_id_valid(found.responsible);
    if (!good) return SW_ERROR_MALFORMED;
    *escalation = found;
    return SW_OK;
}
