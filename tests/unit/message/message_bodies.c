/* Writes what the encoders make, and what the command decoder says, for check_schemas.py: one line each,
 *   <what> TAB <JSON>
 * where <what> is alert, status, area, incident, state, telemetry, command, command-result (bodies), vocabulary (names
 * from the tables), or taken / refused (command payloads, by the decoder's own verdict). */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "message/message.h"
#include "message/message_telemetry.h"
#include "stillwater/error.h"

#define ALERTS    6000
#define AREAS     300
#define INCIDENTS 100
#define STATES    100

static uint64_t dice = 20261122;

static int64_t roll(int64_t low, int64_t high)
{
    dice = dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return low + (int64_t)((dice >> 11) % (uint64_t)(high - low + 1));
}

static void print_body(const char *what, char *body)
{
    if (!body) exit(1);
    (void)printf("%s\t%s\n", what, body);
    free(body);
}

static struct sw_wall roll_time(void)
{
    return sw_wall_from_ms(roll(1, INT64_C(4102444800000)));
}

static void roll_evidence(struct sw_evidence *evidence)
{
    static const enum sw_reading_kind kinds[] = {SW_READING_NONE,       SW_READING_WATER_INDEX,        SW_READING_LEVEL,
                                                 SW_READING_COVER_TILT, SW_READING_COVER_OPEN,         SW_READING_RAIN,
                                                 SW_READING_BATTERY,    SW_READING_WATER_REVERSE_INDEX};
    evidence->rule = (enum sw_alert_rule)roll(1, SW_ALERT_RULE_COUNT - 1);
    evidence->window_ms = roll(0, 2) ? roll(1, 200000000) : 0;
    evidence->coverage_permille = (int32_t)roll(-1, 1000);
    if (roll(0, 1)) evidence->last_good = roll_time();
    if (roll(0, 1)) evidence->last_use = roll_time();
    evidence->value_kind = kinds[roll(0, (int64_t)(sizeof kinds / sizeof kinds[0]) - 1)];
    evidence->value_milli = roll(-1000000000, 1000000000);
    evidence->threshold_milli = roll(-1000000000, 1000000000);
    evidence->habit = (enum sw_habit_state)roll(0, SW_HABIT_LEARNED);
    evidence->usual_low_ms = roll(0, 100000000);
    evidence->usual_high_ms = roll(0, 1) * roll(1, 200000000);
    evidence->rate_known = roll(0, 1) != 0;
    evidence->rate_milli_per_h = roll(-1000000, 1000000);
    evidence->forecast_min_ms = roll(0, 1000000);
    evidence->forecast_ms = roll(0, 1000000);
    evidence->forecast_max_ms = roll(0, 1) * roll(1, 1000000);
    evidence->agree = (uint8_t)roll(0, 3);
    evidence->disagree = (uint8_t)roll(0, 3);
    if (evidence->agree > 0 && roll(0, 1)) (void)snprintf(evidence->upstream, sizeof evidence->upstream, "site-2");
    evidence->certainty = (enum sw_certainty)roll(0, SW_CERTAINTY_OBSERVED);
    evidence->count = (uint16_t)(roll(0, 1) * roll(1, UINT16_MAX));
    evidence->flaps = (uint16_t)(roll(0, 1) * roll(1, 9));
    evidence->estimated_time = roll(0, 1) != 0;
}

static struct message_escalation roll_escalation(int number)
{
    struct message_escalation escalation = {.level = (uint32_t)roll(0, 5), .repeat = (uint32_t)roll(0, 3)};
    if (roll(0, 1)) escalation.deadline = roll_time();
    (void)snprintf(escalation.area, sizeof escalation.area, "northport/district-%d", number);
    if (roll(0, 1)) (void)snprintf(escalation.responsible, sizeof escalation.responsible, "worker-%d", number);
    if (roll(0, 1)) (void)snprintf(escalation.deputy_of, sizeof escalation.deputy_of, "worker-7");
    return escalation;
}

/* As many as there may be, all members present now and then. */
static uint32_t roll_near(struct near_place places[SW_PLACES_NEAR_MAX], struct near_found found[SW_PLACES_NEAR_MAX])
{
    uint32_t count = (uint32_t)roll(0, SW_PLACES_NEAR_MAX);
    for (uint32_t i = 0; i < count; i++) {
        places[i] = (struct near_place){.kind = (enum sw_place_kind)roll(0, SW_PLACE_KIND_COUNT - 1),
                                        .id = "cam-17",
                                        .name = roll(0, 1) ? "Mill lane, caf\xc3\xa9" : NULL,
                                        .hours = roll(0, 1) ? "Mo-Fr 08:00-18:00" : NULL,
                                        .capacity = (uint32_t)(roll(0, 1) * roll(1, 1000000))};
        found[i] = (struct near_found){&places[i], (double)roll(0, 1000000) / 10, (double)roll(0, 35999) / 100};
    }
    return count;
}

static void print_alert(int number)
{
    struct near_place places[SW_PLACES_NEAR_MAX];
    struct near_found near[SW_PLACES_NEAR_MAX];
    struct sw_alert alert = {.revision = (uint32_t)roll(1, UINT32_MAX)};
    struct config_place place = {.known = roll(0, 1) != 0,
                                 .latitude = (double)roll(-90000000, 90000000) / 1e6,
                                 .longitude = (double)roll(-180000000, 180000000) / 1e6};
    /* Every kind in every state, over and over. */
    alert.kind = (enum sw_alert_kind)(1 + number % (SW_ALERT_KIND_COUNT - 1));
    alert.state = (enum sw_alert_state)(1 + number / (SW_ALERT_KIND_COUNT - 1) % (SW_ALERT_STATE_COUNT - 1));
    alert.colour = (enum sw_colour)roll(0, SW_COLOUR_COUNT - 1);
    alert.peak = (enum sw_colour)roll(alert.colour, SW_COLOUR_COUNT - 1);
    (void)snprintf(alert.subject, sizeof alert.subject, "subject-%d_x.y", number);
    (void)snprintf(alert.id, sizeof alert.id, "gw-1.%s.%s.20261122T034000000Z", sw_alert_kind_name(alert.kind),
                   alert.subject);
    alert.onset = roll_time();
    alert.raised_at = roll_time();
    alert.updated_at = roll_time();
    if (roll(0, 1)) (void)snprintf(alert.actor, sizeof alert.actor, "officer-%d", number);
    if (roll(0, 1)) (void)snprintf(alert.note, sizeof alert.note, "note %d, caf\xc3\xa9 \"\\/", number);
    if (roll(0, 3) == 0) alert.note[roll(0, 10)] = (char)roll(1, 255);
    if (roll(0, 1)) (void)snprintf(place.grid, sizeof place.grid, "northport/east/mill-lane/c%d", number);
    alert.drill = roll(0, 9) == 0;
    roll_evidence(&alert.evidence);
    struct message_escalation escalation = roll_escalation(number);
    struct message_alert_about about = {
        .city = "northport", .gateway = "gw-1", .place = &place, .escalation = &escalation, .near = near};
    about.near_count = roll_near(places, near);
    struct message_reports reports = {
        (uint32_t)roll(0, 3), (uint32_t)roll(0, 3),
        (uint32_t)roll(0, 2), (uint32_t)roll(0, 2),
        roll_time(),          (enum sw_report_kind)roll(SW_REPORT_NONE, SW_REPORT_KIND_COUNT - 1)};
    if (roll(0, 1)) about.reports = &reports;
    if (roll(0, 1)) about.incident = "gw-1.incident.canal-3.20261122T034000000Z";
    print_body("alert", message_alert_encode(&alert, &about));
}

static void print_statuses(void)
{
    const struct message_counter counters[] = {{"readings", 1}, {"crc_errors", UINT64_MAX}};
    for (int state = MESSAGE_STATUS_ONLINE; state <= MESSAGE_STATUS_STOPPED; state++)
        for (size_t count = 0; count <= 2; count++) {
            const struct hold holds[] = {{.reason = HOLD_SILENCE,
                                          .area = "northport/east",
                                          .kind = SW_ALERT_KIND_QUIET,
                                          .most = SW_COLOUR_ORANGE,
                                          .since = roll_time(),
                                          .until = roll_time(),
                                          .by = "officer-1",
                                          .note = "never told"},
                                         {.reason = HOLD_MAINTENANCE,
                                          .subject = "canal-3",
                                          .since = roll_time(),
                                          .until = roll_time(),
                                          .by = "fitter-2"}};
            struct message_status status = {
                .city = "northport",
                .gateway = "gw-1",
                .state = (enum message_status_state)state,
                .time = roll_time(),
                .since = roll_time(),
                .open_alerts = (uint32_t)roll(0, UINT32_MAX),
                .trouble = count ? "the disk is full \xff" : "",
                .storm = {.since = {count ? INT64_C(1795318800000) : 0},
                          .until = {roll(0, 1) * INT64_C(1795318800000)},
                          .why = "by_hand"},
                .configuration = {.since = roll_time()},
                .counters = counters,
                .counter_count = count,
                .holds = {&holds[0], &holds[1]},
                .hold_count = (size_t)roll(0, 2),
            };
            if (count) strcpy(status.configuration.hash, "0123456789abcdef");
            print_body("status", message_status_encode(&status));
        }
}

static struct area_count roll_count(void)
{
    struct area_count count = {.watched = (uint32_t)roll(0, 3)};
    count.unknown = (uint32_t)roll(0, count.watched);
    for (int colour = 0; colour < SW_COLOUR_COUNT; colour++)
        count.colours[colour] = (uint32_t)roll(0, UINT32_MAX);
    return count;
}

static void print_areas(void)
{
    for (int number = 0; number < AREAS; number++) {
        struct message_area area = {.city = "northport",
                                    .gateway = "gw-1",
                                    .time = roll_time(),
                                    .colour = (enum sw_colour)roll(0, SW_COLOUR_COUNT - 1),
                                    .unknown = roll(0, 1) != 0,
                                    .level = roll_count(),
                                    .cover = roll_count(),
                                    .reported = {[SW_COLOUR_ORANGE] = (uint32_t)roll(0, 1)},
                                    .rain_watched = (uint32_t)roll(0, 1),
                                    .homes_watched = (uint32_t)(roll(0, 1) * roll(AREA_HOMES_MIN, UINT32_MAX)),
                                    .homes_colour = (enum sw_colour)roll(0, AREA_HOMES_COLOUR_MAX),
                                    .homes_unknown = roll(0, 1) != 0,
                                    .worst_count = (uint32_t)roll(0, AREA_WORST_MAX)};
        (void)snprintf(area.area, sizeof area.area, roll(0, 1) ? "northport" : "northport/caf\xc3\xa9/mill lane/c%d",
                       number);
        for (uint32_t i = 0; i < area.worst_count; i++) {
            struct message_area_sensor *sensor = &area.worst[i];
            (void)snprintf(sensor->subject, sizeof sensor->subject, "site-%d", number);
            sensor->is_cover = roll(0, 1) != 0;
            sensor->colour = (enum sw_colour)roll(SW_COLOUR_BLUE, SW_COLOUR_COUNT - 1);
        }
        print_body("area", message_area_encode(&area));
    }
}

static void print_incidents(void)
{
    static const enum sw_alert_kind kinds[] = {SW_ALERT_KIND_LEVEL, SW_ALERT_KIND_LEVEL_SOON, SW_ALERT_KIND_COVER_OPEN};
    for (int number = 0; number < INCIDENTS; number++) {
        struct message_incident incident = {.city = "northport",
                                            .gateway = "gw-1",
                                            .id = "gw-1.incident.canal-3.20261122T034000000Z",
                                            .revision = (uint32_t)roll(1, UINT32_MAX),
                                            .state = (enum message_incident_state)roll(0, MESSAGE_INCIDENT_MERGED),
                                            .colour = (enum sw_colour)roll(0, SW_COLOUR_COUNT - 1),
                                            .peak = (enum sw_colour)roll(0, SW_COLOUR_COUNT - 1),
                                            .since = roll_time(),
                                            .updated_at = roll_time(),
                                            .has_centre = roll(0, 1) != 0,
                                            .latitude = (double)roll(0, 180000) / 1000 - 90,
                                            .longitude = (double)roll(0, 360000) / 1000 - 180,
                                            .alerts = (uint32_t)roll(1, UINT32_MAX),
                                            .open = (uint32_t)roll(0, UINT32_MAX),
                                            .unacknowledged = (uint32_t)roll(0, UINT32_MAX),
                                            .subjects = (uint32_t)roll(1, UINT32_MAX),
                                            .member_count = (uint32_t)roll(0, MESSAGE_INCIDENT_MEMBERS_MAX)};
        if (roll(0, 1)) (void)snprintf(incident.area, sizeof incident.area, "northport/caf\xc3\xa9/mill lane");
        if (incident.state == MESSAGE_INCIDENT_MERGED)
            (void)snprintf(incident.merged_into, sizeof incident.merged_into, "gw-1.incident.a.20261122T033000000Z");
        for (uint32_t i = 0; i < incident.member_count; i++) {
            struct message_incident_member *member = &incident.members[i];
            (void)snprintf(member->alert_id, sizeof member->alert_id, "gw-1.level.site-%u.20261122T034000000Z", i);
            (void)snprintf(member->subject, sizeof member->subject, "site-%u", i);
            member->kind = kinds[roll(0, 2)];
            member->state = (enum sw_alert_state)roll(SW_ALERT_STATE_RAISED, SW_ALERT_STATE_DISPATCHED);
            member->colour = (enum sw_colour)roll(SW_COLOUR_BLUE, SW_COLOUR_COUNT - 1);
            member->raised_at = roll_time();
        }
        print_body("incident", message_incident_encode(&incident));
    }
}

static void print_states(void)
{
    for (int number = 0; number < STATES; number++) {
        static const char *const actors[] = {"", "officer-1"}, *const areas[] = {"", "northport/east"};
        struct message_state_alert alerts[3];
        struct message_state state = {.city = "northport",
                                      .gateway = "gw-1",
                                      .subject = "canal-3",
                                      .time = roll_time(),
                                      .alerts = alerts,
                                      .count = (size_t)roll(1, 3)};
        for (size_t i = 0; i < state.count; i++)
            alerts[i] = (struct message_state_alert){
                .id = "gw-1.level.canal-3.20261122T034000000Z",
                .revision = (uint32_t)roll(1, UINT32_MAX),
                .kind = (enum sw_alert_kind)roll(1, SW_ALERT_KIND_COUNT - 1),
                .state = (enum sw_alert_state)roll(SW_ALERT_STATE_RAISED, SW_ALERT_STATE_DISPATCHED),
                .colour = (enum sw_colour)roll(0, SW_COLOUR_COUNT - 1),
                .drill = roll(0, 1) != 0,
                .raised_at = roll_time(),
                .updated_at = roll_time(),
                .headline = "Site caf\xc3\xa9: \"wet\" \xff",
                .actor = actors[roll(0, 1)],
                .area = areas[roll(0, 1)],
                .incident = "gw-1.incident.canal-3.20261122T034000000Z",
                .escalation = {.level = (uint32_t)roll(0, 3),
                               .area = "northport/east",
                               .responsible = "officer-3",
                               .deputy_of = "officer-4",
                               .deadline = roll_time()}};
        print_body("state", message_state_encode(&state));
    }
}

static void print_commands(void)
{
    for (int action = SW_ALERT_ACTION_ACKNOWLEDGE; action <= SW_ALERT_ACTION_RESOLVE; action++)
        for (uint32_t revision = 0; revision < 3; revision++) {
            struct message_command command = {.alert_id = "gw-1.level.c.2026",
                                              .revision = revision,
                                              .action = (enum sw_alert_action)action,
                                              .by = "o"};
            if (revision) (void)snprintf(command.note, sizeof command.note, "note");
            print_body("command", message_command_encode(&command));
        }
    for (int mode = SW_AWAY_AWAY; mode < SW_AWAY_COUNT; mode++) {
        struct message_command command = {.verb = MESSAGE_VERB_AWAY,
                                          .subject = "home-1",
                                          .mode = (enum sw_away)mode,
                                          .until = roll_time(),
                                          .by = "o"};
        print_body("command", message_command_encode(&command));
        command = (struct message_command){.verb = MESSAGE_VERB_BACK, .subject = "home-1", .by = "o"};
        print_body("command", message_command_encode(&command));
    }
    for (int outcome = 1; outcome < SW_OUTCOME_COUNT; outcome++) {
        struct message_command command = {
            .verb = MESSAGE_VERB_FEEDBACK, .alert_id = "a", .outcome = (enum sw_outcome)outcome, .by = "o"};
        print_body("command", message_command_encode(&command));
        command.verb = MESSAGE_VERB_ACT;
        command.action = SW_ALERT_ACTION_RESOLVE;
        print_body("command", message_command_encode(&command));
    }
}

static void print_homes(void)
{
    for (int i = 0; i < 60; i++) {
        struct message_home home = {.city = "northport",
                                    .gateway = "gw-1",
                                    .subject = "home-4f21",
                                    .time = roll_time(),
                                    .state = (enum message_home_state)(i % (MESSAGE_HOME_AWAY + 1)),
                                    .colour = (enum sw_colour)roll(0, SW_COLOUR_COUNT - 1),
                                    .kind_count = (uint32_t)roll(0, 3),
                                    .kinds = {SW_ALERT_KIND_NO_USE, SW_ALERT_KIND_LEAK, SW_ALERT_KIND_BURST},
                                    .drill = roll(0, 1) != 0,
                                    .last_use.ms = roll(0, 1) * roll_time().ms,
                                    .coverage_permille = (int32_t)roll(-1, 1000)};
        print_body("home", message_home_encode(&home));
    }
}

static void print_drills(void)
{
    for (int kind = 1; kind < SW_ALERT_KIND_COUNT; kind++) {
        struct message_command command = {.verb = MESSAGE_VERB_DRILL,
                                          .subject = "canal-3",
                                          .kind = (enum sw_alert_kind)kind,
                                          .colour = (enum sw_colour)roll(SW_COLOUR_BLUE, SW_COLOUR_RED),
                                          .until.ms = roll(0, 1) * roll_time().ms,
                                          .by = "o"};
        if (sw_alert_kind_is_coloured(command.kind)) print_body("command", message_command_encode(&command));
    }
}

static void print_weather(void)
{
    static const enum sw_colour colours[] = {SW_COLOUR_GREEN, SW_COLOUR_YELLOW, SW_COLOUR_ORANGE, SW_COLOUR_RED};
    for (size_t i = 0; i < sizeof colours / sizeof colours[0]; i++) {
        struct message_weather weather = {.colour = colours[i], .until = roll_time(), .by = "met-office"};
        if (i % 2) (void)snprintf(weather.text, sizeof weather.text, "50 mm in 3 h");
        print_body("weather", message_weather_encode(&weather));
    }
}

static void print_receipts(void)
{
    static struct message_receipt receipt = {.centre = "watch-northport"};
    receipt.time = roll_time();
    for (receipt.count = 0; receipt.count < MESSAGE_RECEIPT_MAX;) {
        struct message_receipt_item *item = &receipt.items[receipt.count++];
        (void)snprintf(item->alert_id, sizeof item->alert_id, "gw-1.level.canal-%u.2026", receipt.count);
        item->revision = receipt.count;
        if (receipt.count == 1 || receipt.count == MESSAGE_RECEIPT_MAX)
            print_body("receipt", message_receipt_encode(&receipt));
    }
}

static void print_result(int error, const char *alert_id, uint32_t revision)
{
    struct message_command_result result = {alert_id, revision, error, sw_error_text(error), NULL};
    print_body("command-result", message_command_result_encode(&result, roll_time()));
}

static void print_results(void)
{
    print_result(SW_OK, "gw-1.level.c.2026", 2);
    print_result(SW_ERROR_MESSAGE, "", 0);
    print_result(SW_OK, "gw-1.level.c.2026", 0);
    struct message_command_result away = {"", 0, SW_OK, "away", "home-1"};
    print_body("command-result", message_command_result_encode(&away, roll_time()));
#define SW_ERROR(number, name, text) print_result(number, "gw-1.level.c.2026", 3);
#include "stillwater/error.def"
#undef SW_ERROR
}

static void print_names(const char *path, const char *const *names, size_t count)
{
    (void)printf("vocabulary\t{\"path\":\"%s\",\"names\":[", path);
    for (size_t i = 0; i < count; i++)
        (void)printf("%s\"%s\"", i ? "," : "", names[i]);
    (void)printf("]}\n");
}

static void print_telemetry(void)
{
    static const char *const kinds[] = {
#define SW_READING_KIND(code, name, text, unit, wire_milli, counter) text,
#include "stillwater/reading.def"
#undef SW_READING_KIND
    };
    static const enum sw_reading_kind codes[] = {
#define SW_READING_KIND(code, name, text, unit, wire_milli, counter) SW_READING_##name,
#include "stillwater/reading.def"
#undef SW_READING_KIND
    };
    const char *qualities[SW_QUALITY_MISSING], *reasons[SW_REASON_MAINTENANCE];
    for (unsigned i = 0; i < SW_QUALITY_MISSING; i++)
        qualities[i] = sw_quality_name(i + 1);
    for (unsigned i = 0; i < SW_REASON_MAINTENANCE; i++)
        reasons[i] = sw_quality_reason_name(i + 1);
    print_names("telemetry:samples.readings.kind", kinds, sizeof kinds / sizeof kinds[0]);
    print_names("telemetry:samples.readings.quality", qualities, SW_QUALITY_MISSING);
    print_names("telemetry:samples.readings.reason", reasons, SW_REASON_MAINTENANCE);
    static struct message_telemetry telemetry;
    message_telemetry_init(&telemetry, "northport", "gw-1");
    for (int number = 0; number < 40; number++) {
        for (int64_t left = roll(1, 20); left > 0; left--) {
            struct message_reading reading = {.subject = roll(0, 1) ? "canal-3" : "canal-4",
                                              .kind = codes[roll(0, (int64_t)(sizeof codes / sizeof codes[0]) - 1)],
                                              .value_milli = roll(-1000000000, 1000000000),
                                              .quality = (enum sw_quality)roll(0, SW_QUALITY_MISSING),
                                              .time = sw_wall_from_ms(1795318800000 + roll(0, 1)),
                                              .estimated_time = roll(0, 1) != 0};
            if (reading.quality != SW_QUALITY_GOOD)
                reading.reason = (enum sw_quality_reason)roll(0, SW_REASON_MAINTENANCE);
            if (!message_telemetry_add(&telemetry, &reading)) exit(1);
        }
        (void)printf("telemetry\t%s\n", message_telemetry_text(&telemetry));
        message_telemetry_clear(&telemetry);
    }
}

static void print_reports(void)
{
    for (int number = 0; number < 40; number++) {
        struct message_report report = {.source = roll(0, 1) ? SW_REPORT_SOURCE_WORKER : SW_REPORT_SOURCE_CITIZEN,
                                        .kind = (enum sw_report_kind)roll(1, SW_REPORT_KIND_COUNT - 1),
                                        .time = roll_time(),
                                        .place = {.known = true,
                                                  .latitude = (double)roll(-90000000, 90000000) / 1e6,
                                                  .longitude = (double)roll(-180000000, 180000000) / 1e6}};
        (void)snprintf(report.id, sizeof report.id, "r-%d", number);
        (void)snprintf(report.by, sizeof report.by, "worker-7");
        if (roll(0, 1)) (void)snprintf(report.place.grid, sizeof report.place.grid, "northport/mill lane/c%d", number);
        if (report.source == SW_REPORT_SOURCE_WORKER) report.colour = (enum sw_colour)roll(0, SW_COLOUR_RED);
        if (roll(0, 1)) (void)snprintf(report.text, sizeof report.text, "caf\xc3\xa9 %d", number);
        print_body("report", message_report_encode(&report));
    }
}

static void print_report_kinds(void)
{
    const char *names[SW_REPORT_KIND_COUNT] = {""};
    for (int kind = 1; kind < SW_REPORT_KIND_COUNT; kind++)
        names[kind] = sw_report_kind_name((enum sw_report_kind)kind);
    print_names("report:kind", names, SW_REPORT_KIND_COUNT);
    print_names("alert:reports.told", names, SW_REPORT_KIND_COUNT);
}

static void print_place_kinds(void)
{
    const char *names[SW_PLACE_KIND_COUNT];
    for (int kind = 0; kind < SW_PLACE_KIND_COUNT; kind++)
        names[kind] = sw_place_kind_name((enum sw_place_kind)kind);
    print_names("alert:near.kind", names, SW_PLACE_KIND_COUNT);
}

/* One list per table of alert.def, and the errors and reading kinds the schemas name. */
static void print_vocabulary(void)
{
#define SW_COLOUR(code, name, text, severity, urgency)
#define SW_ALERT_KIND(code, name, text, coloured, description)
#define SW_ALERT_STATE(code, name, text, open)
#define SW_ALERT_RULE(code, name, text, description)
#define SW_ALERT_ACTION(code, name, text)
#define SW_ALERT_TRANSITION(from, action, to)
#define PRINT(path)                                                                                                    \
    print_names(path, names, sizeof names / sizeof names[0]);                                                          \
    }
#undef SW_COLOUR
#define SW_COLOUR(code, name, text, severity, urgency) text,
    {
        const char *const names[] = {
#include "stillwater/alert.def"
        };
        print_names("area:colour", names, sizeof names / sizeof names[0]);
        print_names("state:colour", names, sizeof names / sizeof names[0]);
        PRINT("alert:colour")
#undef SW_COLOUR
#define SW_COLOUR(code, name, text, severity, urgency) severity,
        {
            const char *const names[] = {
#include "stillwater/alert.def"
            };
            PRINT("alert:severity")
#undef SW_COLOUR
#define SW_COLOUR(code, name, text, severity, urgency) urgency,
            {
                const char *const names[] = {
#include "stillwater/alert.def"
                };
                PRINT("alert:urgency")
#undef SW_COLOUR
#define SW_COLOUR(code, name, text, severity, urgency)
#undef SW_ALERT_KIND
#define SW_ALERT_KIND(code, name, text, coloured, description) text,
                {
                    const char *const names[] = {
#include "stillwater/alert.def"
                    };
                    PRINT("alert:kind")
#undef SW_ALERT_KIND
#define SW_ALERT_KIND(code, name, text, coloured, description)
#undef SW_ALERT_STATE
#define SW_ALERT_STATE(code, name, text, open) text,
                    {
                        const char *const names[] = {
#include "stillwater/alert.def"
                        };
                        PRINT("alert:state")
#undef SW_ALERT_STATE
#define SW_ALERT_STATE(code, name, text, open)
#undef SW_ALERT_RULE
#define SW_ALERT_RULE(code, name, text, description) text,
                        {
                            const char *const names[] = {
#include "stillwater/alert.def"
                            };
                            PRINT("alert:evidence.rule")
                            {
                                const char *const names[] = {
#define SW_READING_KIND(code, name, text, unit, wire_milli, counter) text,
#include "stillwater/reading.def"
#undef SW_READING_KIND
                                };
                                PRINT("alert:evidence.reading_kind")
                                {
                                    const char *const names[] = {
#define SW_READING_KIND(code, name, text, unit, wire_milli, counter) unit,
#include "stillwater/reading.def"
#undef SW_READING_KIND
                                    };
                                    PRINT("alert:evidence.unit")
                                    {
                                        const char *const names[] = {
                                            "OK",
#define SW_ERROR(number, name, text) #name,
#include "stillwater/error.def"
#undef SW_ERROR
                                        };
                                        PRINT("command-result:error")
                                        {
                                            const char *const names[] = {
#define SW_AWAY(code, name, text, meaning) (code) ? text : "",
#define SW_OUTCOME(code, name, text, meaning)
#include "stillwater/people.def"
#undef SW_AWAY
#undef SW_OUTCOME
                                            };
                                            PRINT("command:mode")
                                            {
                                                const char *const names[] = {
#define SW_AWAY(code, name, text, meaning)
#define SW_OUTCOME(code, name, text, meaning) text,
#include "stillwater/people.def"
#undef SW_AWAY
#undef SW_OUTCOME
                                                };
                                                PRINT("command:outcome")
                                            }

                                            int main(void)
                                            {
                                                char text[256];
                                                struct message_command command;
                                                for (int i = 0; i < ALERTS; i++)
                                                    print_alert(i);
                                                print_statuses();
                                                print_areas();
                                                print_incidents();
                                                print_states();
                                                print_commands();
                                                print_drills();
                                                print_homes();
                                                print_weather();
                                                print_receipts();
                                                print_results();
                                                print_vocabulary();
                                                print_place_kinds();
                                                print_report_kinds();
                                                print_reports();
                                                print_telemetry();
                                                for (size_t i = 0; i < WRONG_COMMAND_COUNT; i++) {
                                                    const char *payload = wrong_commands[i].payload;
                                                    if (wrong_commands[i].schema_cannot_tell) continue;
                                                    bool taken =
                                                        message_command_decode(payload, strlen(payload), &command, text,
                                                                               sizeof text) == SW_OK;
                                                    (void)printf("%s\t%s\n", taken ? "taken" : "refused", payload);
                                                }
                                                for (size_t i = 0; i < GOOD_COMMAND_COUNT; i++) {
                                                    if (strchr(good_commands[i], '\n')) continue;
                                                    bool taken = message_command_decode(
                                                                     good_commands[i], strlen(good_commands[i]),
                                                                     &command, text, sizeof text) == SW_OK;
                                                    (void)printf("%s\t%s\n", taken ? "taken" : "refused",
                                                                 good_commands[i]);
                                                }
                                                return 0;
                                            }
