/* The alert's body. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "sample.h"
#include "stillwater/error.h"

static void assert_body(const struct sw_alert *alert, const struct config_place *place, const char *expected)
{
    char *body = message_alert_encode(
        alert, &(struct message_alert_about){.city = "northport", .gateway = "gw-1", .place = place});
    assert_non_null(body);
    assert_string_equal(body, expected);
    free(body);
}

static void members_come_in_their_order_and_numbers_without_noise(void **state)
{
    (void)state;
    struct sw_alert alert = sample_no_use();
    struct config_place place = {.known = true, .latitude = 31.2304, .longitude = 121.4737};
    (void)snprintf(place.grid, sizeof place.grid, "northport/east/mill-lane/c7");
    (void)snprintf(alert.actor, sizeof alert.actor, "officer-12");
    (void)snprintf(alert.note, sizeof alert.note, "called, \"no answer\"");
    alert.evidence.value_milli = 1500;
    alert.evidence.coverage_permille = 987;
    assert_body(
        &alert, &place,
        "{\"schema\":\"stillwater.alert/1\",\"id\":\"gw-1.no_use.home-4f21.20261122T071500000Z\",\"revision\":1,"
        "\"city\":\"northport\",\"gateway\":\"gw-1\",\"kind\":\"no_use\",\"state\":\"raised\","
        "\"colour\":\"orange\",\"peak_colour\":\"orange\",\"severity\":\"Severe\",\"urgency\":\"Immediate\","
        "\"certainty\":\"Likely\",\"subject\":\"home-4f21\","
        "\"headline\":\"Home home-4f21: less than 2 L used in 24 h (1.5 L); last use 2026-11-21 07:14 UTC\","
        "\"onset\":\"2026-11-21T07:14:00.000Z\",\"raised_at\":\"2026-11-22T07:15:00.000Z\","
        "\"updated_at\":\"2026-11-22T07:15:00.123Z\",\"expires\":\"2026-11-29T07:15:00.123Z\","
        "\"actor\":\"officer-12\",\"note\":\"called, \\\"no answer\\\"\","
        "\"place\":{\"latitude\":31.2304,\"longitude\":121.4737,\"grid\":\"northport/east/mill-lane/c7\"},"
        "\"evidence\":{\"rule\":\"volume_below\",\"window_s\":86400,\"coverage_pct\":98.7,"
        "\"last_good\":\"2026-11-22T07:15:00.000Z\",\"last_use\":\"2026-11-21T07:14:00.000Z\","
        "\"value\":1.5,\"threshold\":2,\"unit\":\"L\",\"reading_kind\":\"water_index_l\","
        "\"estimated_time\":false}}");
}

static void what_is_not_known_is_left_out(void **state)
{
    (void)state;
    struct sw_alert alert = sample_no_use();
    struct config_place unknown = {.known = false, .latitude = 1, .longitude = 2};
    alert.kind = SW_ALERT_KIND_BUS_SILENT;
    alert.evidence = (struct sw_evidence){.rule = SW_ALERT_RULE_PORT_FAILED, .coverage_permille = -1};
    const char *expected =
        "{\"schema\":\"stillwater.alert/1\",\"id\":\"gw-1.no_use.home-4f21.20261122T071500000Z\",\"revision\":1,"
        "\"city\":\"northport\",\"gateway\":\"gw-1\",\"kind\":\"bus_silent\",\"state\":\"raised\","
        "\"colour\":\"orange\",\"peak_colour\":\"orange\",\"severity\":\"Severe\",\"urgency\":\"Immediate\","
        "\"certainty\":\"Unknown\",\"subject\":\"home-4f21\","
        "\"headline\":\"Line home-4f21: the port has failed; everything on it is unknown\","
        "\"onset\":\"2026-11-21T07:14:00.000Z\",\"raised_at\":\"2026-11-22T07:15:00.000Z\","
        "\"updated_at\":\"2026-11-22T07:15:00.123Z\",\"expires\":\"2026-11-29T07:15:00.123Z\","
        "\"evidence\":{\"rule\":\"port_failed\",\"estimated_time\":false}}";
    assert_body(&alert, &unknown, expected);
    assert_body(&alert, NULL, expected);
}

static char *member(const struct sw_alert *alert, const char *object, const char *name)
{
    char *body = message_alert_encode(alert, &(struct message_alert_about){.city = "northport", .gateway = "gw-1"});
    json_t *root = json_loads(body, 0, NULL);
    assert_non_null(root);
    json_t *holder = object ? json_object_get(root, object) : root;
    char *text = json_dumps(json_object_get(holder, name), JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
    free(body);
    json_decref(root);
    return text;
}

static void assert_member(const struct sw_alert *alert, const char *object, const char *name, const char *expected)
{
    char *found = member(alert, object, name);
    assert_non_null(found);
    assert_string_equal(found, expected);
    free(found);
}

static void certainty_says_how_much_was_seen(void **state)
{
    (void)state;
    struct sw_alert alert = sample_no_use();
    assert_member(&alert, NULL, "certainty", "\"Observed\"");
    alert.evidence.coverage_permille = 999;
    assert_member(&alert, NULL, "certainty", "\"Likely\"");
    alert.evidence.coverage_permille = -1;
    assert_member(&alert, NULL, "certainty", "\"Observed\"");
    alert.evidence.estimated_time = true;
    assert_member(&alert, NULL, "certainty", "\"Likely\"");
    const enum sw_alert_kind silences[] = {SW_ALERT_KIND_SENSOR_SILENT, SW_ALERT_KIND_NODE_SILENT,
                                           SW_ALERT_KIND_BUS_SILENT};
    for (size_t i = 0; i < 3; i++) {
        alert.kind = silences[i];
        assert_member(&alert, NULL, "certainty", "\"Unknown\"");
    }
}

static void an_alert_expires_in_a_week_open_or_not(void **state)
{
    (void)state;
    struct sw_alert alert = sample_no_use();
    const struct {
        enum sw_alert_state state;
        const char *expires;
    } cases[] = {
        {SW_ALERT_STATE_RAISED, "\"2026-11-29T07:15:00.123Z\""},
        {SW_ALERT_STATE_ACKNOWLEDGED, "\"2026-11-29T07:15:00.123Z\""},
        {SW_ALERT_STATE_DISPATCHED, "\"2026-11-29T07:15:00.123Z\""},
        {SW_ALERT_STATE_CLEARED, "\"2026-11-29T07:15:00.123Z\""},
        {SW_ALERT_STATE_RESOLVED, "\"2026-11-29T07:15:00.123Z\""},
        {SW_ALERT_STATE_EXPIRED, "\"2026-11-29T07:15:00.123Z\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        alert.state = cases[i].state;
        assert_member(&alert, NULL, "expires", cases[i].expires);
    }
}

static void every_thousandth_is_written_exactly(void **state)
{
    (void)state;
    struct sw_alert alert = sample_no_use();
    for (int64_t milli = -2000; milli <= 2000; milli += 7) {
        alert.evidence.value_milli = milli * 123457;
        char *body =
            message_alert_encode(&alert, &(struct message_alert_about){.city = "northport", .gateway = "gw-1"});
        const char *at = strstr(body, "\"value\":");
        assert_non_null(at);
        char expected[64];
        int64_t value = milli * 123457;
        long long whole = (long long)(value < 0 ? -value : value) / 1000,
                  rest = (long long)(value < 0 ? -value : value) % 1000;
        int length = snprintf(expected, sizeof expected, "%s%lld.%03lld", value < 0 ? "-" : "", whole, rest);
        while (expected[length - 1] == '0')
            expected[--length] = '\0';
        if (expected[length - 1] == '.') expected[--length] = '\0';
        assert_int_equal(strncmp(at + 8, expected, (size_t)length), 0);
        assert_int_equal(at[8 + length], ',');
        free(body);
    }
}

static void a_note_that_is_no_utf_8_does_not_spoil_the_body(void **state)
{
    (void)state;
    struct sw_alert alert = sample_no_use();
    (void)snprintf(alert.note, sizeof alert.note, "gate \xff open\x1b[0m");
    assert_member(&alert, NULL, "note", "\"gate ? open?[0m\"");
}

static void what_was_encoded_is_decoded(void **state)
{
    (void)state;
    struct sw_alert alert = sample_no_use();
    struct message_alert_summary summary;
    char text[256];
    alert.revision = 4000000000u;
    (void)snprintf(alert.actor, sizeof alert.actor, "officer-12");
    (void)snprintf(alert.note, sizeof alert.note, "caf\xc3\xa9");
    char *body = message_alert_encode(&alert, &(struct message_alert_about){.city = "northport", .gateway = "gw-1"});
    assert_int_equal(message_alert_decode(body, strlen(body), &summary, text, sizeof text), SW_OK);
    assert_string_equal(summary.id, alert.id);
    assert_int_equal(summary.revision, alert.revision);
    assert_string_equal(summary.city, "northport");
    assert_string_equal(summary.gateway, "gw-1");
    assert_string_equal(summary.subject, "home-4f21");
    assert_int_equal(summary.kind, SW_ALERT_KIND_NO_USE);
    assert_int_equal(summary.state, SW_ALERT_STATE_RAISED);
    assert_int_equal(summary.colour, SW_COLOUR_ORANGE);
    assert_int_equal(summary.updated_at.ms, alert.updated_at.ms);
    assert_int_equal(summary.expires.ms, alert.updated_at.ms + MESSAGE_EXPIRES_MS);
    assert_string_equal(summary.actor, "officer-12");
    assert_string_equal(summary.note, "caf\xc3\xa9");
    free(body);
}

static void assert_refused(const char *name, json_t *value, const char *reason)
{
    struct sw_alert alert = sample_no_use();
    struct message_alert_summary summary;
    char text[256] = "";
    char *body = message_alert_encode(&alert, &(struct message_alert_about){.city = "northport", .gateway = "gw-1"});
    json_t *root = json_loads(body, 0, NULL);
    free(body);
    if (value)
        assert_int_equal(json_object_set_new(root, name, value), 0);
    else
        assert_int_equal(json_object_del(root, name), 0);
    body = json_dumps(root, 0);
    json_decref(root);
    assert_int_equal(message_alert_decode(body, strlen(body), &summary, text, sizeof text), SW_ERROR_MESSAGE);
    assert_string_equal(text, reason);
    free(body);
}

static void what_is_near_is_told_and_seen_in_short(void **state)
{
    (void)state;
    struct sw_alert alert = sample_no_use();
    struct message_alert_summary summary;
    char text[256];
    const struct near_place places[] = {
        {.kind = SW_PLACE_CAMERA, .id = "cam-17"},
        {.kind = SW_PLACE_SHELTER, .id = "school-3", .name = "Mill School", .capacity = 200, .hours = "24/7"},
        {.kind = SW_PLACE_PUMP, .id = "pump-1"},
        {.kind = SW_PLACE_STORE, .id = "depot"}};
    const struct near_found near[] = {
        {&places[0], 45.4, 359.6}, {&places[1], 120.5, 90}, {&places[2], 900, 1}, {&places[3], 950, 1}};
    const struct message_alert_about about = {.city = "northport", .gateway = "gw-1", .near = near, .near_count = 4};
    char *body = message_alert_encode(&alert, &about);
    assert_non_null(strstr(body,
                           "\"near\":[{\"kind\":\"camera\",\"id\":\"cam-17\",\"distance_m\":45,\"bearing\":0},"
                           "{\"kind\":\"shelter\",\"id\":\"school-3\",\"name\":\"Mill School\",\"distance_m\":121,"
                           "\"bearing\":90,\"capacity\":200,\"hours\":\"24/7\"},"));
    assert_int_equal(message_alert_decode(body, strlen(body), &summary, text, sizeof text), SW_OK);
    assert_string_equal(summary.near, "camera cam-17 45 m, shelter school-3 121 m, pump pump-1 900 m");
    free(body);
}

static void a_near_that_is_wrong_does_not_cost_the_alert(void **state)
{
    (void)state;
    static const char *const wrong[] = {"1", "[1,{}]", "[{\"kind\":\"camera\"}]",
                                        "[{\"kind\":\"camera\",\"id\":\"a\\u001b[31m\"}]",
                                        "[{\"kind\":7,\"id\":\"x\",\"distance_m\":\"far\"}]"};
    struct sw_alert alert = sample_no_use();
    struct message_alert_summary summary;
    char text[256], longer[4096];
    char *body = message_alert_encode(&alert, &(struct message_alert_about){.city = "northport", .gateway = "gw-1"});
    body[strlen(body) - 1] = '\0';
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        (void)snprintf(longer, sizeof longer, "%s,\"near\":%s}", body, wrong[i]);
        assert_int_equal(message_alert_decode(longer, strlen(longer), &summary, text, sizeof text), SW_OK);
        assert_string_equal(summary.near, "");
    }
    free(body);
}

static void a_drill_is_marked_on_the_way_and_seen_as_such(void **state)
{
    (void)state;
    struct sw_alert alert = sample_no_use();
    struct message_alert_summary summary;
    char text[256];
    for (int drill = 0; drill <= 1; drill++) {
        alert.drill = drill != 0;
        char *body =
            message_alert_encode(&alert, &(struct message_alert_about){.city = "northport", .gateway = "gw-1"});
        assert_int_equal(strstr(body, "\"drill\":true,\"headline\":\"DRILL: ") != NULL, drill);
        assert_int_equal(strstr(body, "\"certainty\":\"Unknown\"") != NULL, drill);
        assert_int_equal(message_alert_decode(body, strlen(body), &summary, text, sizeof text), SW_OK);
        assert_int_equal(summary.drill, drill);
        free(body);
    }
}

static void who_has_to_act_and_until_when_goes_and_comes(void **state)
{
    (void)state;
    struct sw_alert alert = sample_no_use();
    struct message_alert_summary summary;
    char text[256];
    struct message_escalation escalation = {.level = 1,
                                            .area = "northport/east",
                                            .responsible = "worker-8",
                                            .deputy_of = "worker-7",
                                            .repeat = 2,
                                            .deadline = {alert.updated_at.ms + 600000}};
    struct message_alert_about about = {.city = "northport", .gateway = "gw-1", .escalation = &escalation};
    char *body = message_alert_encode(&alert, &about);
    assert_non_null(strstr(body, "\"escalation\":{\"level\":1,\"area\":\"northport/east\",\"responsible\":\"worker-8\","
                                 "\"deputy_of\":\"worker-7\",\"repeat\":2,"
                                 "\"deadline\":\"2026-11-22T07:25:00.123Z\"},"));
    assert_int_equal(message_alert_decode(body, strlen(body), &summary, text, sizeof text), SW_OK);
    assert_memory_equal(&summary.escalation, &escalation, sizeof escalation);
    free(body);
    escalation = (struct message_escalation){.area = "northport", .responsible = "officer-1"};
    body = message_alert_encode(&alert, &about);
    assert_non_null(strstr(body, "\"escalation\":{\"level\":0,\"area\":\"northport\",\"responsible\":\"officer-1\"},"));
    assert_int_equal(message_alert_decode(body, strlen(body), &summary, text, sizeof text), SW_OK);
    assert_int_equal(summary.escalation.deadline.ms, 0);
    free(body);
}

static void an_escalation_that_cannot_be_read_is_refused(void **state)
{
    (void)state;
    assert_refused("escalation", json_string("officer-1"), "escalation: expected an object");
    assert_refused("escalation", json_pack("{s:s,s:s}", "area", "a", "responsible", "o-1"),
                   "escalation.level: missing");
    assert_refused("escalation", json_pack("{s:i,s:s,s:s}", "level", -1, "area", "a", "responsible", "o-1"),
                   "escalation.level: found -1, expected 0 to 4294967295");
    assert_refused("escalation", json_pack("{s:i,s:s,s:s}", "level", 1, "area", "a/#", "responsible", "o-1"),
                   "escalation.area: found \"a/#\", expected levels joined by '/', without '+' and '#'");
    assert_refused("escalation", json_pack("{s:i,s:s}", "level", 1, "area", "a"), "escalation.responsible: missing");
    assert_refused("escalation",
                   json_pack("{s:i,s:s,s:s,s:s}", "level", 1, "area", "a", "responsible", "o-1", "deadline", "soon"),
                   "escalation.deadline: found \"soon\", expected an RFC 3339 time");
}

static void a_receiver_refuses_what_it_cannot_use(void **state)
{
    (void)state;
    assert_refused("schema", json_string("stillwater.alert/2"),
                   "schema: found \"stillwater.alert/2\", expected \"stillwater.alert/1\"");
    assert_refused("schema", NULL, "schema: missing");
    assert_refused("id", NULL, "id: missing");
    assert_refused("id", json_string("a/b"), "id: found \"a/b\", expected an alert id");
    assert_refused("revision", json_integer(0), "revision: found 0, expected 1 to 4294967295");
    assert_refused("revision", json_string("1"), "revision: found a string, expected an integer");
    assert_refused("kind", json_string("flood"), "kind: \"flood\" is not an alert kind");
    assert_refused("state", json_string("open"), "state: \"open\" is not an alert state");
    assert_refused("colour", json_string("pink"), "colour: \"pink\" is not a colour");
    assert_refused("updated_at", json_string("yesterday"),
                   "updated_at: found \"yesterday\", expected an RFC 3339 time");
    assert_refused("gateway", json_null(), "gateway: found null, expected a string");
    assert_refused("headline", json_string("a\x1b[31m"), "headline: holds a control character at byte 1");
}

static void a_receiver_lets_pass_what_a_newer_gateway_adds(void **state)
{
    (void)state;
    struct sw_alert alert = sample_no_use();
    struct message_alert_summary summary;
    char text[256];
    char *body = message_alert_encode(&alert, &(struct message_alert_about){.city = "northport", .gateway = "gw-1"});
    body[strlen(body) - 1] = '\0';
    char longer[4096];
    (void)snprintf(longer, sizeof longer, "%s,\"members\":[1,2]}", body);
    assert_int_equal(message_alert_decode(longer, strlen(longer), &summary, text, sizeof text), SW_OK);
    free(body);
}

static void what_is_not_stored_says_so(void **state)
{
    (void)state;
    struct sw_alert alert = sample_no_use();
    struct message_alert_about about = {.city = "northport", .gateway = "gw-1"};
    struct message_alert_summary summary;
    char text[256];
    char *body = message_alert_encode(&alert, &about);
    assert_int_equal(message_alert_decode(body, strlen(body), &summary, text, sizeof text), SW_OK);
    assert_false(summary.unstored);
    char *marked = message_alert_unstored(body);
    assert_int_equal(message_alert_decode(marked, strlen(marked), &summary, text, sizeof text), SW_OK);
    assert_true(summary.unstored);
    assert_int_equal(summary.revision, alert.revision);
    assert_int_equal(strlen(marked), strlen(body) + strlen(",\"unstored\":true"));
    free(marked);
    free(body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_come_in_their_order_and_numbers_without_noise),
        cmocka_unit_test(what_is_not_known_is_left_out),
        cmocka_unit_test(certainty_says_how_much_was_seen),
        cmocka_unit_test(an_alert_expires_in_a_week_open_or_not),
        cmocka_unit_test(every_thousandth_is_written_exactly),
        cmocka_unit_test(a_note_that_is_no_utf_8_does_not_spoil_the_body),
        cmocka_unit_test(what_was_encoded_is_decoded),
        cmocka_unit_test(what_is_near_is_told_and_seen_in_short),
        cmocka_unit_test(a_near_that_is_wrong_does_not_cost_the_alert),
        cmocka_unit_test(what_is_not_stored_says_so),
        cmocka_unit_test(a_drill_is_marked_on_the_way_and_seen_as_such),
        cmocka_unit_test(who_has_to_act_and_until_when_goes_and_comes),
        cmocka_unit_test(an_escalation_that_cannot_be_read_is_refused),
        cmocka_unit_test(a_receiver_refuses_what_it_cannot_use),
        cmocka_unit_test(a_receiver_lets_pass_what_a_newer_gateway_adds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
