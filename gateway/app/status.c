#include "app/status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/alerts.h"
#include "app/cap.h"
#include "app/log.h"
#include "app/notify.h"
#include "app/retained.h"
#include "app/space.h"
#include "app/storm.h"
#include "app/telemetry.h"

#define COUNTERS_MAX 96

struct counter_list {
    struct message_counter items[COUNTERS_MAX];
    size_t count;
};

static void add(struct counter_list *list, const char *name, uint64_t value)
{
    if (list->count < COUNTERS_MAX) list->items[list->count++] = (struct message_counter){name, value};
}

static void add_bus(struct counter_list *list, const struct gateway *gateway)
{
    struct field_bus_counters sum = {0};
    for (uint32_t l = 0; gateway->bus && l < gateway->config->line_count; l++) {
        struct field_bus_counters line = field_bus_line_counters(gateway->bus, l);
        sum.requests += line.requests;
        sum.replies += line.replies;
        sum.timeouts += line.timeouts;
        sum.crc_errors += line.crc_errors;
        sum.wrong_replies += line.wrong_replies;
        sum.exceptions += line.exceptions;
        sum.late_frames += line.late_frames;
        sum.port_failures += line.port_failures;
        sum.malformed_records += line.malformed_records;
        sum.clamped_times += line.clamped_times;
        sum.clock_sets += line.clock_sets;
        sum.other_devices += line.other_devices;
    }
    add(list, "bus_requests", sum.requests);
    add(list, "bus_replies", sum.replies);
    add(list, "bus_timeouts", sum.timeouts);
    add(list, "bus_crc_errors", sum.crc_errors);
    add(list, "bus_wrong_replies", sum.wrong_replies);
    add(list, "bus_exceptions", sum.exceptions);
    add(list, "bus_late_frames", sum.late_frames);
    add(list, "bus_port_failures", sum.port_failures);
    add(list, "bus_malformed_records", sum.malformed_records);
    add(list, "bus_clamped_times", sum.clamped_times);
    add(list, "bus_clock_sets", sum.clock_sets);
    add(list, "bus_other_devices", sum.other_devices);
}

static void add_store(struct counter_list *list, const struct gateway *gateway)
{
    struct store_counters store = gateway->store ? store_counters(gateway->store) : (struct store_counters){0};
    add(list, "store_readings", store.readings);
    add(list, "store_duplicates", store.duplicates);
    add(list, "store_commits", store.commits);
    add(list, "store_failures", store.failures);
    struct store_room room = gateway->store ? store_room(gateway->store) : (struct store_room){0};
    add(list, "store_used_bytes", (uint64_t)room.used_bytes);
    add(list, "store_room_bytes", (uint64_t)room.room_bytes);
    add(list, "store_wal_bytes", (uint64_t)room.wal_bytes);
    add(list, "store_left_out", room.left_out);
    add(list, "store_dropped", room.dropped);
    add(list, "store_set_aside", room.readings_damage.count + room.database_damage.count);
    add(list, "store_cut", store.cut);
    add(list, "outbox_rows", store.outbox_rows);
    add(list, "receipts_unknown", store.unknown_done);
}

static void add_own(struct counter_list *list, const struct gateway *gateway)
{
    add(list, "records_repeated", gateway->counters.records_repeated);
    add(list, "records_unassigned", gateway->counters.records_unassigned);
    add(list, "records_missing", gateway->counters.records_missing);
    add(list, "samples_dropped", gateway->counters.samples_dropped);
    add(list, "alert_revisions", gateway->counters.alerts);
    add(list, "escalations", gateway->counters.escalations);
    add(list, "commands", gateway->counters.commands);
    add(list, "commands_refused", gateway->counters.commands_refused);
    add(list, "area_messages", gateway->retained[PUBLISHER_AREAS].published);
    add(list, "feedback", gateway->counters.feedback);
    add(list, "receipts", gateway->counters.receipts);
    add(list, "receipts_refused", gateway->counters.receipts_refused);
    add(list, "drills", alerts_count(gateway, true));
    add(list, "alerts_pending", core_pending_count(gateway->core));
    add(list, "reports", gateway->counters.reports);
    add(list, "reports_confirming", gateway->counters.reports_confirming);
    add(list, "reports_opening", gateway->counters.reports_opening);
    add(list, "reports_repeated", gateway->counters.reports_repeated);
    add(list, "reports_elsewhere", gateway->counters.reports_elsewhere);
    add(list, "reports_limited", gateway->counters.reports_limited);
    add(list, "reports_refused", gateway->counters.reports_refused);
    add(list, "alerts_replayed", gateway->counters.alerts_replayed);
    add(list, "alerts_unstored", gateway->counters.alerts_unstored);
    add(list, "telemetry_readings", gateway->counters.telemetry_readings);
    add(list, "telemetry_dropped", gateway->counters.telemetry_dropped);
    add(list, "reloads", gateway->counters.reloads);
    add(list, "reloads_refused", gateway->counters.reloads_refused);
    add(list, "loop_lag_p99_us", loop_lag_p99_us(&gateway->lag));
    add(list, "loop_lag_longest_us", loop_lag_longest_us(&gateway->lag));
}

/* How many, never which: a list of empty homes is nobody's business. */
static void add_people(struct counter_list *list, const struct gateway *gateway)
{
    uint64_t away = 0, visitors = 0;
    for (uint32_t i = 0; i < core_subject_count(gateway->core); i++) {
        enum sw_away set = core_away(gateway->core, i).away;
        away += set == SW_AWAY_AWAY || set == SW_AWAY_HOSPITAL;
        visitors += set == SW_AWAY_VISITOR;
    }
    add(list, "homes_away", away);
    add(list, "homes_visitor", visitors);
    add(list, "weather_colour", (uint64_t)core_weather(gateway->core, gateway->clock.wall()));
    add(list, "weather_refused", gateway->counters.weather_refused);
}

static void add_holds(struct counter_list *list, const struct gateway *gateway)
{
    const struct holds *holds = core_holds(gateway->core);
    uint64_t count[HOLD_REASON_COUNT] = {0};
    for (uint32_t i = 0; i < holds->count; i++)
        count[holds->list[i].reason]++;
    add(list, "silences", count[HOLD_SILENCE]);
    add(list, "maintenance", count[HOLD_MAINTENANCE]);
}

static void add_publisher(struct counter_list *list, const struct gateway *gateway)
{
    struct publisher_counters publisher =
        gateway->publisher ? publisher_counters(gateway->publisher) : (struct publisher_counters){0};
    add(list, "mqtt_connects", publisher.connects);
    add(list, "mqtt_refusals", publisher.refusals);
    add(list, "mqtt_published", publisher.published);
    add(list, "mqtt_pubacks", publisher.pubacks);
    add(list, "weather", publisher.weather);
    add(list, "telemetry_messages", publisher.telemetry);
}

/* None of a home: families read the status, and whose home is held is for the centre alone. They are counted all the
 * same. */
static void list_holds(const struct gateway *gateway, struct message_status *status)
{
    const struct holds *holds = core_holds(gateway->core);
    uint32_t home;
    for (uint32_t i = 0; i < holds->count; i++)
        if (core_find_subject(gateway->core, SUBJECT_HOME, holds->list[i].subject, &home) != SW_OK)
            status->holds[status->hold_count++] = &holds->list[i];
}

/* What does not work at the moment, as one sentence; "" when all is well. */
static void collect_trouble(const struct gateway *gateway, char text[TROUBLE_SIZE])
{
    size_t used = (size_t)snprintf(text, TROUBLE_SIZE, "%s", gateway->journal.trouble);
    for (uint32_t l = 0; l < gateway->config->line_count && used < TROUBLE_SIZE; l++) {
        const struct line_state *line = &gateway->lines[l];
        if (line->trouble[0] == '\0') continue;
        used +=
            (size_t)snprintf(text + used, TROUBLE_SIZE - used, "%s%s: %s", used ? "; " : "", line->id, line->trouble);
    }
    const char *const others[] = {space_trouble(gateway), gateway->outbox.trouble, retained_trouble(gateway),
                                  cap_trouble(gateway), telemetry_trouble(gateway)};
    for (size_t i = 0; i < sizeof others / sizeof others[0] && used < TROUBLE_SIZE; i++)
        if (others[i][0] != '\0')
            used += (size_t)snprintf(text + used, TROUBLE_SIZE - used, "%s%s", used ? "; " : "", others[i]);
}

/* Not in the will: that is told much later than it is made, when the trail has long grown. */
static void describe_trail(const struct gateway *gateway, enum message_status_state state,
                           char text[MESSAGE_TRAIL_SIZE])
{
    struct store_trail_head head = gateway->store ? store_trail_head(gateway->store) : (struct store_trail_head){0};
    text[0] = '\0';
    if (head.sequence > 0 && state != MESSAGE_STATUS_OFFLINE)
        snprintf(text, MESSAGE_TRAIL_SIZE, "%lld:%s", (long long)head.sequence, head.hash);
}

char *status_encode(const struct gateway *gateway, enum message_status_state state)
{
    struct counter_list list = {.count = 0};
    char trouble[TROUBLE_SIZE], trail[MESSAGE_TRAIL_SIZE];
    collect_trouble(gateway, trouble);
    describe_trail(gateway, state, trail);
    add_own(&list, gateway);
    add_people(&list, gateway);
    add_holds(&list, gateway);
    add_store(&list, gateway);
    add_publisher(&list, gateway);
    add_bus(&list, gateway);
    struct message_status status = {.city = gateway->config->city,
                                    .gateway = gateway->config->gateway,
                                    .state = state,
                                    .time = gateway->clock.wall(),
                                    .since = gateway->since,
                                    .open_alerts = alerts_count(gateway, false),
                                    .trouble = trouble,
                                    .outage_hours_left = space_outage_hours_left(gateway),
                                    .trail = trail,
                                    .storm = storm_message(gateway),
                                    .configuration = gateway->reload.configuration,
                                    .counters = list.items,
                                    .counter_count = list.count};
    list_holds(gateway, &status);
    return message_status_encode(&status);
}

void status_soon(struct gateway *gateway)
{
    gateway->status_at = sw_mono_from_ms(gateway->clock.mono().ms - STATUS_EVERY_MS);
}

void status_tick(struct gateway *gateway)
{
    char trouble[TROUBLE_SIZE];
    struct sw_mono now = gateway->clock.mono();
    collect_trouble(gateway, trouble);
    bool changed = strcmp(trouble, gateway->status_trouble) != 0;
    if (!changed && sw_mono_diff_ms(now, gateway->status_at) < STATUS_EVERY_MS) return;
    memcpy(gateway->status_trouble, trouble, sizeof trouble);
    gateway->status_at = now;
    char *body = status_encode(gateway, MESSAGE_STATUS_ONLINE);
    if (!body || publisher_set_status(gateway->publisher, body) != SW_OK)
        log_event(LOG_LEVEL_WARNING, "status", "the status could not be set");
    free(body);
    notify_status(trouble[0] ? trouble : "running", alerts_count(gateway, false));
}
