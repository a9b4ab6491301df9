#include "app/space.h"

#include <stdio.h>

#include "app/log.h"

#define MIB    INT64_C(1048576)
#define DAY_MS (INT64_C(24) * 3600 * 1000)

#define WAL_TROUBLE "somebody reads the database in one long transaction, and its WAL grows meanwhile"

void space_set_limits(struct gateway *gateway)
{
    const struct gateway_config *config = gateway->config;
    struct store_limits limits = {.quota_bytes = config->store_quota_mb * MIB,
                                  .reserve_bytes = config->store_reserve_mb * MIB};
    store_set_limits(gateway->store, &limits);
}

void space_begin(struct gateway *gateway)
{
    space_set_limits(gateway);
    gateway->space.newest = store_load_last_time(gateway->store);
    if (!sw_wall_known(gateway->space.newest)) gateway->space.newest = gateway->clock.wall();
    gateway->space.since = gateway->clock.mono();
    if (store_counters(gateway->store).cut > 0)
        log_event(LOG_LEVEL_WARNING, "store", "the last readings had not been written to their end, and were cut off");
}

static enum sw_alert_rule judge(const struct store_room *room, struct sw_wall now)
{
    if (room->full) return SW_ALERT_RULE_DISK_FULL;
    bool is_short = sw_wall_known(room->short_at) && sw_wall_diff_ms(now, room->short_at) < DAY_MS;
    return is_short ? SW_ALERT_RULE_QUOTA_SHORT : SW_ALERT_RULE_NONE;
}

/* Readings age no faster than time goes by: a clock that is set years ahead must not take them all. */
static struct store_keep what_to_keep(const struct gateway *gateway, struct sw_wall now)
{
    const struct space *space = &gateway->space;
    int64_t aged_ms = space->newest.ms + sw_mono_diff_ms(gateway->clock.mono(), space->since);
    struct store_keep keep;
    for (int kind = 0; kind < SW_READING_KIND_END; kind++) {
        int64_t days = gateway->config->store_keep_days[kind];
        int64_t from_ms = (now.ms < aged_ms ? now.ms : aged_ms) - days * DAY_MS;
        keep.from[kind] = sw_wall_from_ms(days > 0 && from_ms > 0 ? from_ms : 0);
    }
    return keep;
}

static void tell_damage(struct gateway *gateway, enum sw_alert_rule rule, const struct store_damage *damage,
                        uint64_t *told, struct sw_wall now)
{
    if (damage->count > *told) {
        log_event(LOG_LEVEL_ERROR, "store", "%s", damage->text);
        core_on_damage(gateway->core, gateway->space.core, rule, damage->text, now);
    }
    *told = damage->count;
}

static void tell_wal(struct gateway *gateway, int64_t wal_bytes)
{
    bool is_long = wal_bytes >= STORE_WAL_LONG_BYTES, was_long = gateway->space.wal_long;
    gateway->space.wal_long = is_long;
    if (is_long && !was_long) log_event(LOG_LEVEL_WARNING, "store", "%s", WAL_TROUBLE);
    if (!is_long && was_long) log_event(LOG_LEVEL_INFO, "store", "the database's WAL is short again");
}

void space_tick(struct gateway *gateway)
{
    struct space *space = &gateway->space;
    struct sw_wall now = gateway->clock.wall();
    struct store_room room = store_room(gateway->store);
    uint64_t kept_bytes = store_counters(gateway->store).kept_bytes;
    outage_note(&space->outage, (int64_t)(kept_bytes - space->kept_bytes), now.ms);
    space->kept_bytes = kept_bytes;
    tell_damage(gateway, SW_ALERT_RULE_READINGS_DAMAGED, &room.readings_damage, &space->readings_damaged, now);
    tell_damage(gateway, SW_ALERT_RULE_DATABASE_DAMAGED, &room.database_damage, &space->database_damaged, now);
    tell_wal(gateway, room.wal_bytes);
    core_forget_damage(gateway->core, space->core, now);
    space->rule = judge(&room, now);
    core_on_store(gateway->core, space->core, space->rule, now);
    struct store_keep keep = what_to_keep(gateway, now);
    store_tidy(gateway->store, now, &keep);
}

const char *space_trouble(const struct gateway *gateway)
{
    switch (gateway->space.rule) {
    case SW_ALERT_RULE_DISK_FULL:
        return "the disk is full: readings are given up, alerts are stored";
    case SW_ALERT_RULE_QUOTA_SHORT:
        return "the store's quota does not hold a day of readings";
    default:
        if (gateway->space.wal_long) return WAL_TROUBLE;
        if (gateway->space.database_damaged > 0) return "the store's database was damaged: the log names the file";
        return gateway->space.readings_damaged > 0 ? "damaged readings were set aside: the log names the file" : "";
    }
}

int64_t space_outage_hours_left(const struct gateway *gateway)
{
    if (!gateway->store) return -1;
    return outage_hours_left(&gateway->space.outage, store_room(gateway->store).room_bytes, gateway->clock.wall().ms);
}
