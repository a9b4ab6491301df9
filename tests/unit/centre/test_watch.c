/* What the centre does with a message, without a network. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <unistd.h>

#include "centre/watch.h"
#include "stillwater/error.h"

#define BASE "stillwater/northport/gw-1"
#define ID   "gw-1.level.canal-3.20261122T034000000Z"

struct bench {
    struct options options;
    struct watch *watch;
    char path[64];
    char *sentences, *complaints;
    size_t sentences_size, complaints_size;
    FILE *sentence_stream, *complaint_stream;
    unsigned acknowledgements;
    char acknowledged[SW_ALERT_ID_SIZE], by[SW_ID_SIZE];
    unsigned receipts;
    struct message_receipt receipt; /* the last one */
    char receipt_gateway[SW_ID_SIZE];
};

static void on_acknowledge(void *ctx, const struct message_alert_summary *alert, const char *by)
{
    struct bench *bench = ctx;
    bench->acknowledgements++;
    (void)snprintf(bench->acknowledged, sizeof bench->acknowledged, "%s", alert->id);
    (void)snprintf(bench->by, sizeof bench->by, "%s", by);
}

static void on_receipt(void *ctx, const char *city, const char *gateway, const struct message_receipt *receipt)
{
    struct bench *bench = ctx;
    assert_string_equal(city, "northport");
    bench->receipts++;
    bench->receipt = *receipt;
    (void)snprintf(bench->receipt_gateway, sizeof bench->receipt_gateway, "%s", gateway);
}

static void start(struct bench *bench)
{
    char text[256] = "";
    bench->sentence_stream = open_memstream(&bench->sentences, &bench->sentences_size);
    bench->complaint_stream = open_memstream(&bench->complaints, &bench->complaints_size);
    bench->options.json = bench->path;
    struct watch_settings settings = {&bench->options, bench->sentence_stream, bench->complaint_stream,
                                      bench,           on_acknowledge,         on_receipt};
    bench->watch = watch_new(&settings, text, sizeof text);
    if (!bench->watch) fail_msg("%s", text);
}

static void stop(struct bench *bench)
{
    watch_free(bench->watch);
    (void)fclose(bench->sentence_stream);
    (void)fclose(bench->complaint_stream);
    free(bench->sentences);
    free(bench->complaints);
}

static int open_bench(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    (void)snprintf(bench->path, sizeof bench->path, "/tmp/stillwater-watch-XXXXXX");
    (void)close(mkstemp(bench->path));
    start(bench);
    *state = bench;
    return 0;
}

static int close_bench(void **state)
{
    struct bench *bench = *state;
    stop(bench);
    (void)unlink(bench->path);
    free(bench);
    return 0;
}

static void take_asking(struct bench *bench, const char *topic, const char *payload, const char *response_topic)
{
    char text[256] = "";
    /* In its exact size: what comes from the network is not terminated. */
    size_t size = strlen(payload);
    char *exact = malloc(size > 0 ? size : 1);
    memcpy(exact, payload, size);
    assert_int_equal(watch_take(bench->watch, topic, exact, size, response_topic, text, sizeof text), SW_OK);
    free(exact);
}

static void take(struct bench *bench, const char *topic, const char *payload)
{
    take_asking(bench, topic, payload, "");
}

static char *body_with(uint32_t revision, enum sw_alert_state now, enum sw_colour colour,
                       const struct message_escalation *escalation, const char *incident)
{
    struct sw_alert alert = {
        .id = ID,
        .revision = revision,
        .kind = SW_ALERT_KIND_LEVEL,
        .state = now,
        .colour = colour,
        .peak = colour,
        .subject = "canal-3",
        .onset = {INT64_C(1795318800000)},
        .raised_at = {INT64_C(1795318800000)},
        .updated_at = {INT64_C(1795318800000) + revision},
        .evidence = {.rule = SW_ALERT_RULE_LEVEL_BAND,
                     .coverage_permille = -1,
                     .value_kind = SW_READING_LEVEL,
                     .value_milli = 812500,
                     .threshold_milli = 800000},
    };
    if (now == SW_ALERT_STATE_ACKNOWLEDGED) {
        (void)snprintf(alert.actor, sizeof alert.actor, "officer-12");
        (void)snprintf(alert.note, sizeof alert.note, "pump on its way");
    }
    struct message_alert_about about = {
        .city = "northport", .gateway = "gw-1", .escalation = escalation, .incident = incident};
    return message_alert_encode(&alert, &about);
}

static char *alert_body(uint32_t revision, enum sw_alert_state now, enum sw_colour colour)
{
    return body_with(revision, now, colour, NULL, NULL);
}

static void take_alert(struct bench *bench, uint32_t revision, enum sw_alert_state now, enum sw_colour colour)
{
    char *body = alert_body(revision, now, colour);
    take(bench, BASE "/alert/" ID, body);
    free(body);
}

static unsigned lines_in(const struct bench *bench)
{
    FILE *stream = fopen(bench->path, "r");
    unsigned count = 0;
    for (int c; (c = getc(stream)) != EOF;)
        count += c == '\n';
    (void)fclose(stream);
    return count;
}

static void a_message_is_written_and_said_once(void **state)
{
    struct bench *bench = *state;
    take_alert(bench, 1, SW_ALERT_STATE_RAISED, SW_COLOUR_ORANGE);
    take_alert(bench, 1, SW_ALERT_STATE_RAISED, SW_COLOUR_ORANGE);
    take_alert(bench, 2, SW_ALERT_STATE_ACKNOWLEDGED, SW_COLOUR_ORANGE);
    take_alert(bench, 1, SW_ALERT_STATE_RAISED, SW_COLOUR_ORANGE);
    struct watch_counters counters = watch_counters(bench->watch);
    assert_int_equal(counters.received, 4);
    assert_int_equal(counters.alerts, 2);
    assert_int_equal(counters.duplicates, 2);
    assert_int_equal(counters.malformed, 0);
    assert_int_equal(counters.gateways, 1);
    assert_int_equal(lines_in(bench), 2);
    assert_string_equal(
        bench->sentences,
        "2026-11-22T03:40:00.001Z  ORANGE  raised        Site canal-3: water level in the orange band, 812.5 mm (band "
        "begins at 800 mm)  (northport/gw-1, alert " ID ", revision 1)\n"
        "2026-11-22T03:40:00.002Z  ORANGE  acknowledged  Site canal-3: water level in the orange band, 812.5 mm (band "
        "begins at 800 mm); acknowledged by officer-12: pump on its way  (northport/gw-1, alert " ID ", revision 2)\n");
}

static void who_has_to_act_is_said_with_the_time_there_is(void **state)
{
    struct bench *bench = *state;
    struct message_escalation escalation = {.level = 1,
                                            .area = "northport/east",
                                            .responsible = "worker-8",
                                            .deputy_of = "worker-7",
                                            .deadline = {INT64_C(1795318920000)}};
    char *body = body_with(1, SW_ALERT_STATE_RAISED, SW_COLOUR_ORANGE, &escalation, NULL);
    take(bench, BASE "/alert/" ID, body);
    free(body);
    escalation.deadline.ms = 0;
    body = body_with(2, SW_ALERT_STATE_ACKNOWLEDGED, SW_COLOUR_ORANGE, &escalation, NULL);
    take(bench, BASE "/alert/" ID, body);
    free(body);
    assert_non_null(strstr(bench->sentences,
                           "begins at 800 mm); worker-8 for worker-7 has until 2026-11-22T03:42:00.000Z "
                           "(northport/east)  (northport/gw-1, alert " ID ", revision 1)\n"));
    assert_non_null(
        strstr(bench->sentences, "by officer-12: pump on its way  (northport/gw-1, alert " ID ", revision 2)\n"));
}

static void who_reports_has_not_acted(void **state)
{
    struct bench *bench = *state;
    struct sw_alert alert = {.id = ID,
                             .revision = 3,
                             .kind = SW_ALERT_KIND_LEVEL,
                             .state = SW_ALERT_STATE_ACKNOWLEDGED,
                             .colour = SW_COLOUR_RED,
                             .peak = SW_COLOUR_RED,
                             .subject = "canal-3",
                             .updated_at = {INT64_C(1795318800000)},
                             .actor = "worker-7",
                             .note = "gone now"};
    struct message_reports reports = {.disagree = 1, .told = SW_REPORT_ALL_CLEAR};
    char *body = message_alert_encode(
        &alert, &(struct message_alert_about){.city = "northport", .gateway = "gw-1", .reports = &reports});
    take(bench, BASE "/alert/" ID, body);
    free(body);
    assert_non_null(strstr(bench->sentences, "; all_clear reported by worker-7: gone now  ("));
    assert_null(strstr(bench->sentences, "acknowledged by"));
}

/* ---- incidents ---- */

#define INCIDENT "gw-1.incident.canal-3.20261122T034000000Z"

static void take_incident(struct bench *bench, uint32_t revision, enum message_incident_state now,
                          enum sw_colour colour, uint32_t alerts)
{
    struct message_incident incident = {.id = INCIDENT,
                                        .revision = revision,
                                        .city = "northport",
                                        .gateway = "gw-1",
                                        .state = now,
                                        .colour = colour,
                                        .peak = SW_COLOUR_RED,
                                        .since = {INT64_C(1795318800000)},
                                        .updated_at = {INT64_C(1795318800000) + revision},
                                        .area = "northport/east",
                                        .alerts = alerts,
                                        .open = now == MESSAGE_INCIDENT_OPEN ? alerts : 0,
                                        .unacknowledged = now == MESSAGE_INCIDENT_OPEN ? 1 : 0,
                                        .subjects = 2,
                                        .member_count = now == MESSAGE_INCIDENT_OPEN ? 1 : 0};
    incident.members[0] = (struct message_incident_member){.alert_id = ID,
                                                           .subject = "canal-3",
                                                           .kind = SW_ALERT_KIND_LEVEL,
                                                           .state = SW_ALERT_STATE_RAISED,
                                                           .colour = SW_COLOUR_ORANGE,
                                                           .raised_at = {INT64_C(1795318800000)}};
    char *body = message_incident_encode(&incident);
    take(bench, BASE "/incident/" INCIDENT, body);
    free(body);
}

static void take_member(struct bench *bench, uint32_t revision, enum sw_alert_state now, enum sw_colour colour)
{
    char *body = body_with(revision, now, colour, NULL, INCIDENT);
    take(bench, BASE "/alert/" ID, body);
    free(body);
}

static unsigned said(const struct bench *bench)
{
    unsigned count = 0;
    (void)fflush(bench->sentence_stream);
    for (const char *at = bench->sentences; at && (at = strchr(at, '\n')) != NULL; at++)
        count++;
    return count;
}

static void a_storm_is_one_line(void **state)
{
    struct bench *bench = *state;
    take_incident(bench, 1, MESSAGE_INCIDENT_OPEN, SW_COLOUR_ORANGE, 2);
    assert_string_equal(bench->sentences,
                        "2026-11-22T03:40:00.001Z  ORANGE  open          Incident: 2 alerts at 2 sensors in "
                        "northport/east, 2 open, 1 not acknowledged: canal-3 level orange and 1 more  "
                        "(northport/gw-1, incident " INCIDENT ", revision 1)\n");
    take_member(bench, 1, SW_ALERT_STATE_RAISED, SW_COLOUR_ORANGE);
    take_incident(bench, 2, MESSAGE_INCIDENT_OPEN, SW_COLOUR_ORANGE, 3);
    assert_int_equal(said(bench), 1);
    take_member(bench, 2, SW_ALERT_STATE_ACKNOWLEDGED, SW_COLOUR_ORANGE); /* what a person did is told */
    assert_int_equal(said(bench), 2);
    take_member(bench, 3, SW_ALERT_STATE_RAISED, SW_COLOUR_RED); /* and what is worse than what was told */
    assert_int_equal(said(bench), 3);
    take_incident(bench, 3, MESSAGE_INCIDENT_OPEN, SW_COLOUR_RED, 3);
    take_incident(bench, 4, MESSAGE_INCIDENT_OPEN, SW_COLOUR_RED, 6);
    take_incident(bench, 4, MESSAGE_INCIDENT_OPEN, SW_COLOUR_RED, 6);
    take_incident(bench, 5, MESSAGE_INCIDENT_OVER, SW_COLOUR_GREEN, 6);
    assert_int_equal(said(bench), 6);
    assert_non_null(strstr(bench->sentences, "6 alerts at 2 sensors in northport/east, red at worst"));
    take_member(bench, 4, SW_ALERT_STATE_CLEARED, SW_COLOUR_GREEN); /* late: by itself again */
    assert_int_equal(said(bench), 7);
    take(bench, BASE "/incident/" INCIDENT, "");
    struct watch_counters counters = watch_counters(bench->watch);
    assert_int_equal(counters.incidents, 5);
    assert_int_equal(counters.alerts, 4);
    assert_int_equal(counters.duplicates, 1);
    assert_int_equal(counters.malformed, 0);
    assert_int_equal(lines_in(bench), 9);
}

static void alerts_of_an_incident_not_heard_of_are_told(void **state)
{
    struct bench *bench = *state;
    take_member(bench, 1, SW_ALERT_STATE_RAISED, SW_COLOUR_ORANGE);
    assert_int_equal(said(bench), 1);
}

static void an_incident_that_is_wrong_is_complained_of(void **state)
{
    struct bench *bench = *state;
    take(bench, BASE "/incident/" INCIDENT, "{}");
    take_incident(bench, 1, MESSAGE_INCIDENT_OPEN, SW_COLOUR_ORANGE, 2);
    char *body = alert_body(1, SW_ALERT_STATE_RAISED, SW_COLOUR_ORANGE);
    take(bench, BASE "/incident/" INCIDENT, body);
    free(body);
    assert_int_equal(watch_counters(bench->watch).malformed, 2);
    assert_int_equal(said(bench), 1);
}

static void the_body_is_written_as_it_came(void **state)
{
    struct bench *bench = *state;
    char *body = alert_body(1, SW_ALERT_STATE_RAISED, SW_COLOUR_RED);
    char found[4096];
    take(bench, BASE "/alert/" ID, body);
    FILE *stream = fopen(bench->path, "r");
    assert_non_null(fgets(found, sizeof found, stream));
    (void)fclose(stream);
    found[strcspn(found, "\n")] = '\0';
    assert_string_equal(found, body);
    free(body);
}

/* The broker may send again what was written just before the end. */
static void what_the_file_holds_is_not_written_again_after_a_restart(void **state)
{
    struct bench *bench = *state;
    const char *other = "{\"schema\":\"stillwater.status/1\",\"city\":\"northport\",\"gateway\":\"gw-2\",\"state\":"
                        "\"online\",\"time\":\"2026-11-22T03:40:00Z\",\"since\":\"2026-11-22T03:40:00Z\","
                        "\"open_alerts\":0,\"counters\":{}}";
    const char *status = "{\"schema\":\"stillwater.status/1\",\"city\":\"northport\",\"gateway\":\"gw-1\",\"state\":"
                         "\"online\",\"time\":\"2026-11-22T03:40:00Z\",\"since\":\"2026-11-22T03:40:00Z\","
                         "\"open_alerts\":0,\"counters\":{}}";
    take_alert(bench, 1, SW_ALERT_STATE_RAISED, SW_COLOUR_ORANGE);
    take(bench, BASE "/status", status);
    take(bench, "stillwater/northport/gw-2/status", other);
    stop(bench);
    start(bench);
    assert_int_equal(watch_counters(bench->watch).gateways, 0);
    take(bench, "stillwater/northport/gw-2/status", other);
    take_alert(bench, 1, SW_ALERT_STATE_RAISED, SW_COLOUR_ORANGE);
    take(bench, BASE "/status", status);
    take_alert(bench, 2, SW_ALERT_STATE_CLEARED, SW_COLOUR_GREEN);
    assert_int_equal(watch_counters(bench->watch).duplicates, 3);
    assert_int_equal(watch_counters(bench->watch).alerts, 1);
    assert_int_equal(watch_counters(bench->watch).gateways, 2);
    assert_int_equal(lines_in(bench), 4);
}

static void what_its_gateway_cannot_store_is_said_and_not_kept(void **state)
{
    struct bench *bench = *state;
    char *body = alert_body(1, SW_ALERT_STATE_RAISED, SW_COLOUR_ORANGE), *marked = message_alert_unstored(body);
    take(bench, BASE "/alert/" ID, marked);
    (void)fflush(bench->sentence_stream);
    assert_non_null(strstr(bench->sentences, "; NOT STORED by the gateway yet"));
    assert_int_equal(watch_counters(bench->watch).alerts, 0);
    assert_int_equal(lines_in(bench), 0);
    assert_int_equal(bench->receipts, 0);
    take(bench, BASE "/alert/" ID, body);
    assert_int_equal(watch_counters(bench->watch).alerts, 1);
    assert_int_equal(lines_in(bench), 1);
    free(marked);
    free(body);
}

static void take_trail(struct bench *bench, int second, const char *trail)
{
    char body[512];
    (void)snprintf(body, sizeof body,
                   "{\"schema\":\"stillwater.status/1\",\"city\":\"northport\",\"gateway\":\"gw-1\",\"state\":"
                   "\"online\",\"time\":\"2026-11-22T03:40:%02dZ\",\"since\":\"2026-11-22T03:40:00Z\","
                   "\"open_alerts\":0%s%s%s,\"counters\":{}}",
                   second, trail ? ",\"trail\":\"" : "", trail ? trail : "", trail ? "\"" : "");
    take(bench, BASE "/status", body);
    (void)fflush(bench->complaint_stream);
}

static void a_store_that_would_not_last_a_year_is_told(void **state)
{
    struct bench *bench = *state;
    static const int hours[] = {87600, 8760, 99};
    for (int i = 0; i < 3; i++) {
        char body[512];
        (void)snprintf(body, sizeof body,
                       "{\"schema\":\"stillwater.status/1\",\"city\":\"northport\",\"gateway\":\"gw-1\",\"state\":"
                       "\"online\",\"time\":\"2026-11-22T03:40:%02dZ\",\"since\":\"2026-11-22T03:40:00Z\","
                       "\"open_alerts\":0,\"outage_hours_left\":%d,\"counters\":{}}",
                       i, hours[i]);
        take(bench, BASE "/status", body);
        (void)fflush(bench->sentence_stream);
        assert_int_equal(strstr(bench->sentences, "; its store would last ") != NULL, i == 2);
    }
    assert_non_null(strstr(bench->sentences, "; its store would last 99 hours  (northport/gw-1)"));
}

static void a_trail_that_does_not_go_on_is_told(void **state)
{
    struct bench *bench = *state;
    take_trail(bench, 0, NULL);
    take_trail(bench, 1, "5:aa");
    take_trail(bench, 2, "5:aa");
    take_trail(bench, 3, NULL);
    take_trail(bench, 4, "12:bb");
    assert_string_equal(bench->complaints, "");
    take_trail(bench, 5, "12:cc");
    assert_non_null(strstr(bench->complaints, BASE "/status: the gateway's trail does not go on from what it told "
                                                   "before: was 12:bb, now 12:cc; "));
    stop(bench);
    start(bench);
    take_trail(bench, 6, "9:aa");
    assert_non_null(strstr(bench->complaints, "was 12:cc, now 9:aa; "));
}

static void messages_that_are_not_valid_are_told_and_not_written(void **state)
{
    struct bench *bench = *state;
    char *body = alert_body(1, SW_ALERT_STATE_RAISED, SW_COLOUR_ORANGE);
    take(bench, BASE "/alert/x", "not json");
    take(bench, BASE "/alert/x", "");
    take(bench, BASE "/alert/x", "{\"schema\":\"stillwater.alert/9\"}");
    take(bench, "stillwater/northport/gw-2/alert/" ID, body);
    take(bench, "stillwater/southport/gw-1/alert/" ID, body);
    take(bench, BASE "/alert/x", body);
    take(bench, BASE "/status", body);
    take(bench, BASE "/elsewhere", body);
    take(bench, "a\x1b[31mb", body);
    free(body);
    assert_int_equal(watch_counters(bench->watch).malformed, 9);
    assert_int_equal(watch_counters(bench->watch).alerts, 0);
    assert_int_equal(lines_in(bench), 0);
    assert_string_equal(bench->complaints,
                        BASE "/alert/x: line 1, column 3: invalid token near 'not'\n" BASE
                             "/alert/x: line 1, column 0: unexpected token near end of file\n" BASE
                             "/alert/x: schema: found \"stillwater.alert/9\", expected \"stillwater.alert/1\"\n"
                             "stillwater/northport/gw-2/alert/" ID ": the gateway in the body is not the topic's\n"
                             "stillwater/southport/gw-1/alert/" ID ": the city in the body is not the topic's\n" BASE
                             "/alert/x: the alert id in the body is not the topic's\n" BASE
                             "/status: schema: found \"stillwater.alert/1\", expected \"stillwater.status/1\"\n" BASE
                             "/elsewhere: not a topic of a gateway\n"
                             "a?[31mb: not a topic of a gateway\n");
    assert_int_equal(bench->sentences_size, 0);
}

static void a_removed_status_is_no_message(void **state)
{
    struct bench *bench = *state;
    take(bench, BASE "/status", "");
    assert_int_equal(watch_counters(bench->watch).malformed, 0);
    assert_int_equal(watch_counters(bench->watch).statuses, 0);
}

static void take_area(struct bench *bench, const char *gateway, int minute, enum sw_colour colour, bool unknown)
{
    struct message_area area = {.city = "northport", .area = "northport/east", .colour = colour, .unknown = unknown};
    char topic[128];
    (void)snprintf(area.gateway, sizeof area.gateway, "%s", gateway);
    area.time.ms = INT64_C(1795318800000) + minute * INT64_C(60000);
    area.level.watched = 1;
    area.level.unknown = unknown;
    if (!unknown || colour != SW_COLOUR_GREEN) area.level.colours[colour] = 1;
    (void)snprintf(topic, sizeof topic, "stillwater/northport/%s/area/northport/east", gateway);
    char *body = message_area_encode(&area);
    take(bench, topic, body);
    free(body);
}

static void a_change_of_colour_is_said_and_every_message_written(void **state)
{
    struct bench *bench = *state;
    take_area(bench, "gw-1", 0, SW_COLOUR_GREEN, false); /* all is well: nothing to say */
    take_area(bench, "gw-1", 1, SW_COLOUR_RED, false);
    take_area(bench, "gw-2", 2, SW_COLOUR_ORANGE, false); /* the other one's is worse */
    take_area(bench, "gw-1", 3, SW_COLOUR_GREEN, true);
    take_area(bench, "gw-1", 3, SW_COLOUR_GREEN, true); /* retained, at the next connect */
    take(bench, "stillwater/northport/gw-2/area/northport/east", "");
    assert_string_equal(bench->sentences,
                        "2026-11-22T03:41:00.000Z  RED     known         Area northport/east, was green; level: 1 red  "
                        "(northport)\n"
                        "2026-11-22T03:43:00.000Z  ORANGE  unknown       Area northport/east, was red; level: 1 "
                        "orange, 1 unknown  (northport)\n");
    assert_int_equal(watch_counters(bench->watch).areas, 4);
    assert_int_equal(watch_counters(bench->watch).duplicates, 1);
    assert_int_equal(watch_counters(bench->watch).malformed, 0);
    assert_int_equal(lines_in(bench), 4);
    stop(bench);
    start(bench);
    take_area(bench, "gw-1", 3, SW_COLOUR_GREEN, true);
    assert_int_equal(watch_counters(bench->watch).duplicates, 1);
    assert_int_equal(lines_in(bench), 4);
}

static void an_area_that_is_not_valid_is_told(void **state)
{
    struct bench *bench = *state;
    struct message_area area = {.city = "northport", .gateway = "gw-1", .area = "northport"};
    char *body = message_area_encode(&area);
    take(bench, BASE "/area/northport", "{}");
    take(bench, BASE "/area/southport", body);
    take(bench, "stillwater/northport/gw-2/area/northport", body);
    free(body);
    assert_int_equal(watch_counters(bench->watch).malformed, 3);
    assert_string_equal(bench->complaints,
                        BASE "/area/northport: schema: missing\n" BASE
                             "/area/southport: the area in the body is not the topic's\n"
                             "stillwater/northport/gw-2/area/northport: the gateway in the body is not the topic's\n");
    assert_int_equal(lines_in(bench), 0);
}

static void a_rule_fires_once_for_an_alert_when_its_colour_is_reached(void **state)
{
    struct bench *bench = *state;
    bench->options.rules[0] = (struct acknowledge_rule){SW_ALERT_KIND_COVER_OPEN, SW_COLOUR_COUNT, "officer-1"};
    bench->options.rules[1] = (struct acknowledge_rule){SW_ALERT_KIND_LEVEL, SW_COLOUR_ORANGE, "officer-2"};
    bench->options.rule_count = 2;
    take_alert(bench, 1, SW_ALERT_STATE_RAISED, SW_COLOUR_YELLOW);
    assert_int_equal(bench->acknowledgements, 0);
    take_alert(bench, 2, SW_ALERT_STATE_RAISED, SW_COLOUR_ORANGE);
    assert_int_equal(bench->acknowledgements, 1);
    assert_string_equal(bench->acknowledged, ID);
    assert_string_equal(bench->by, "officer-2");
    take_alert(bench, 2, SW_ALERT_STATE_RAISED, SW_COLOUR_ORANGE);
    take_alert(bench, 3, SW_ALERT_STATE_ACKNOWLEDGED, SW_COLOUR_ORANGE);
    take_alert(bench, 4, SW_ALERT_STATE_RAISED, SW_COLOUR_ORANGE);
    assert_int_equal(bench->acknowledgements, 1);
}

static void many_gateways_are_counted(void **state)
{
    struct bench *bench = *state;
    char topic[128], body[512];
    for (int i = 0; i < 3 * 10; i++) {
        (void)snprintf(topic, sizeof topic, "stillwater/city-%d/gw-%d/status", i % 3, i % 10);
        (void)snprintf(body, sizeof body,
                       "{\"schema\":\"stillwater.status/1\",\"city\":\"city-%d\",\"gateway\":\"gw-%d\",\"state\":"
                       "\"online\",\"time\":\"2026-11-22T03:40:00Z\",\"since\":\"2026-11-22T03:40:00Z\","
                       "\"open_alerts\":%d,\"counters\":{}}",
                       i % 3, i % 10, i);
        take(bench, topic, body);
    }
    assert_int_equal(watch_counters(bench->watch).gateways, 30);
    assert_int_equal(watch_counters(bench->watch).statuses, 30);
}

static void a_file_that_cannot_be_written_ends_the_watch(void **state)
{
    (void)state;
    struct options options = {.json = "/nowhere/alerts.jsonl"};
    struct watch_settings settings = {.options = &options};
    char text[256] = "";
    assert_null(watch_new(&settings, text, sizeof text));
    assert_string_equal(text, "/nowhere/alerts.jsonl: No such file or directory");

    options.json = "/dev/full";
    struct watch *watch = watch_new(&settings, text, sizeof text);
    if (!watch) fail_msg("%s", text);
    char *body = alert_body(1, SW_ALERT_STATE_RAISED, SW_COLOUR_ORANGE);
    assert_int_equal(watch_take(watch, BASE "/alert/" ID, body, strlen(body), "", text, sizeof text),
                     SW_ERROR_STORE_FULL);
    assert_string_equal(text, "/dev/full: No space left on device");
    free(body);
    watch_free(watch);
}

#define RECEIPT_TOPIC BASE "/receipt"

static void take_revision(struct bench *bench, uint32_t revision, const char *response_topic)
{
    char *body = alert_body(revision, SW_ALERT_STATE_RAISED, SW_COLOUR_ORANGE);
    take_asking(bench, BASE "/alert/" ID, body, response_topic);
    free(body);
}

static void commit(struct bench *bench)
{
    char text[256] = "";
    if (watch_commit(bench->watch, text, sizeof text) != SW_OK) fail_msg("%s", text);
}

static int open_storing_bench(void **state)
{
    (void)open_bench(state);
    struct bench *bench = *state;
    static char store[80];
    (void)snprintf(store, sizeof store, "%s.db", bench->path);
    bench->options.store = store;
    stop(bench);
    start(bench);
    return 0;
}

static int close_storing_bench(void **state)
{
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    const char *store = ((struct bench *)*state)->options.store;
    (void)close_bench(state);
    for (size_t i = 0; i < 3; i++) {
        char path[96];
        (void)snprintf(path, sizeof path, "%s%s", store, suffixes[i]);
        (void)unlink(path);
    }
    return 0;
}

static void a_receipt_comes_after_the_commit_and_only_to_who_asked(void **state)
{
    struct bench *bench = *state;
    take_revision(bench, 1, RECEIPT_TOPIC);
    take_revision(bench, 2, RECEIPT_TOPIC);
    take_revision(bench, 3, "");
    take_revision(bench, 4, "stillwater/northport/gw-2/receipt");
    take_revision(bench, 5, BASE "/command");
    assert_int_equal(bench->receipts, 0);
    commit(bench);
    assert_int_equal(bench->receipts, 1);
    assert_string_equal(bench->receipt_gateway, "gw-1");
    assert_int_equal(bench->receipt.count, 2);
    assert_string_equal(bench->receipt.items[1].alert_id, ID);
    assert_int_equal(bench->receipt.items[1].revision, 2);
    commit(bench);
    assert_int_equal(bench->receipts, 1);
    /* What comes again is not shown again, and is receipted again: the first receipt may have been lost. */
    take_revision(bench, 1, RECEIPT_TOPIC);
    commit(bench);
    assert_int_equal(bench->receipts, 2);
    assert_int_equal(bench->receipt.count, 1);
    assert_int_equal(watch_counters(bench->watch).duplicates, 1);
    assert_int_equal(lines_in(bench), 5);
}

static void what_was_not_committed_is_taken_again_and_shown_once(void **state)
{
    struct bench *bench = *state;
    take_revision(bench, 1, RECEIPT_TOPIC);
    commit(bench);
    take_revision(bench, 2, RECEIPT_TOPIC);
    stop(bench); /* as a kill would: without a commit */
    start(bench);
    bench->receipts = 0;
    take_revision(bench, 1, RECEIPT_TOPIC);
    take_revision(bench, 2, RECEIPT_TOPIC);
    assert_int_equal(watch_counters(bench->watch).alerts, 0);
    commit(bench);
    assert_int_equal(bench->receipt.count, 2);
    assert_int_equal(lines_in(bench), 2);
    /* The store alone knows it, too: the file of lines may have been moved away. */
    stop(bench);
    (void)unlink(bench->path);
    start(bench);
    take_revision(bench, 2, RECEIPT_TOPIC);
    assert_int_equal(watch_counters(bench->watch).duplicates, 1);
}

static void many_are_committed_and_receipted_before_the_last_has_come(void **state)
{
    struct bench *bench = *state;
    for (uint32_t revision = 1; revision <= MESSAGE_RECEIPT_MAX + 1; revision++)
        take_revision(bench, revision, RECEIPT_TOPIC);
    assert_int_equal(bench->receipts, 1);
    assert_int_equal(bench->receipt.count, MESSAGE_RECEIPT_MAX);
    commit(bench);
    assert_int_equal(bench->receipts, 2);
    assert_int_equal(bench->receipt.count, 1);
}

static void the_store_of_another_program_is_refused(void **state)
{
    struct bench *bench = *state;
    struct options options = {.store = bench->path};
    struct watch_settings settings = {.options = &options};
    char text[256] = "";
    FILE *stream = fopen(bench->path, "w");
    for (int i = 0; i < 1000; i++)
        (void)fputs("no database ", stream);
    (void)fclose(stream);
    assert_null(watch_new(&settings, text, sizeof text));
    assert_non_null(strstr(text, bench->path));
    assert_non_null(strstr(text, "not a database"));
}

static void without_a_store_there_are_no_receipts(void **state)
{
    struct bench *bench = *state;
    take_revision(bench, 1, RECEIPT_TOPIC);
    commit(bench);
    assert_int_equal(bench->receipts, 0);
    assert_int_equal(watch_counters(bench->watch).alerts, 1);
}

int main(void)
{
#define BENCH_TEST(name) cmocka_unit_test_setup_teardown(name, open_bench, close_bench)
    const struct CMUnitTest tests[] = {
        BENCH_TEST(a_message_is_written_and_said_once),
        BENCH_TEST(who_has_to_act_is_said_with_the_time_there_is),
        BENCH_TEST(who_reports_has_not_acted),
        BENCH_TEST(a_storm_is_one_line),
        BENCH_TEST(alerts_of_an_incident_not_heard_of_are_told),
        BENCH_TEST(an_incident_that_is_wrong_is_complained_of),
        BENCH_TEST(the_body_is_written_as_it_came),
        BENCH_TEST(what_the_file_holds_is_not_written_again_after_a_restart),
        BENCH_TEST(messages_that_are_not_valid_are_told_and_not_written),
        BENCH_TEST(a_removed_status_is_no_message),
        BENCH_TEST(what_its_gateway_cannot_store_is_said_and_not_kept),
        BENCH_TEST(a_store_that_would_not_last_a_year_is_told),
        BENCH_TEST(a_trail_that_does_not_go_on_is_told),
        BENCH_TEST(a_change_of_colour_is_said_and_every_message_written),
        BENCH_TEST(an_area_that_is_not_valid_is_told),
        BENCH_TEST(a_rule_fires_once_for_an_alert_when_its_colour_is_reached),
        BENCH_TEST(many_gateways_are_counted),
        cmocka_unit_test(a_file_that_cannot_be_written_ends_the_watch),
        cmocka_unit_test_setup_teardown(a_receipt_comes_after_the_commit_and_only_to_who_asked, open_storing_bench,
                                        close_storing_bench),
        cmocka_unit_test_setup_teardown(what_was_not_committed_is_taken_again_and_shown_once, open_storing_bench,
                                        close_storing_bench),
        cmocka_unit_test_setup_teardown(many_are_committed_and_receipted_before_the_last_has_come, open_storing_bench,
                                        close_storing_bench),
        cmocka_unit_test_setup_teardown(the_store_of_another_program_is_refused, open_bench, close_bench),
        cmocka_unit_test_setup_teardown(without_a_store_there_are_no_receipts, open_bench, close_bench),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
