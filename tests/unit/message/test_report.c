/* The report's body, and every way it can be wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "message/message.h"
#include "sample.h"
#include "stillwater/error.h"

#define START   "{\"schema\":\"stillwater.report/1\",\"id\":\"r-1\","
#define WORKER  "\"source\":\"worker\",\"kind\":\"flood\","
#define TIME    "\"time\":\"2026-11-22T03:40:00.000Z\","
#define PLACE   "\"place\":{\"latitude\":31.2304,\"longitude\":121.4737,\"grid\":\"northport/east\"},"
#define BY      "\"by\":\"worker-7\""
#define CITIZEN "\"source\":\"citizen\",\"kind\":\"leak\","

static void what_was_encoded_is_decoded(void **state)
{
    (void)state;
    static const char body[] = START WORKER TIME PLACE "\"colour\":\"red\"," BY ",\"text\":\"knee-deep\"}";
    struct message_report report;
    char text[256];
    assert_int_equal(message_report_decode(body, strlen(body), &report, text, sizeof text), SW_OK);
    assert_string_equal(report.id, "r-1");
    assert_int_equal(report.source, SW_REPORT_SOURCE_WORKER);
    assert_int_equal(report.kind, SW_REPORT_FLOOD);
    assert_int_equal(report.colour, SW_COLOUR_RED);
    assert_true(report.place.latitude > 31.23039 && report.place.latitude < 31.23041);
    assert_string_equal(report.place.grid, "northport/east");
    assert_string_equal(report.text, "knee-deep");
    char *again = message_report_encode(&report);
    assert_string_equal(again, body);
    free(again);
}

static void what_is_wrong_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *body, *text;
    } cases[] = {
        {"flood!", "line 1, column 5: invalid token near 'flood'"},
        {"{\"schema\":\"stillwater.alert/1\"}",
         "schema: found \"stillwater.alert/1\", expected \"stillwater.report/1\""},
        {"{\"schema\":\"stillwater.report/1\"}", "id: missing"},
        {"{\"schema\":\"stillwater.report/1\",\"id\":7}", "id: found an integer, expected a string"},
        {START "\"source\":\"sensor\",\"kind\":\"flood\"}", "source: found \"sensor\", expected worker or citizen"},
        {START "\"source\":\"worker\",\"kind\":\"fire\"}",
         "kind: found \"fire\", expected flood, cover_open, person_needs_help, leak, sensor_fault or all_clear"},
        {START WORKER "\"time\":\"now\"}", "time: found \"now\", expected an RFC 3339 time"},
        {START WORKER TIME BY "}", "place: missing"},
        {START WORKER TIME "\"place\":[1,2]," BY "}", "place: expected an object"},
        {START WORKER TIME "\"place\":{\"latitude\":91,\"longitude\":0}," BY "}",
         "place.latitude: expected a number from -90 to 90"},
        {START WORKER TIME "\"place\":{\"latitude\":1,\"longitude\":\"x\"}," BY "}",
         "place.longitude: expected a number from -180 to 180"},
        {START WORKER TIME "\"place\":{\"latitude\":1,\"longitude\":2,\"street\":\"x\"}," BY "}",
         "place.street: no such member"},
        {START CITIZEN TIME PLACE "\"colour\":\"red\"," BY "}", "colour: expected of workers only"},
        {START WORKER TIME PLACE "\"colour\":\"green\"," BY "}",
         "colour: found \"green\", expected blue, yellow, orange or red"},
        {START WORKER TIME PLACE "\"phone\":\"123\"," BY "}", "phone: no such member"},
        {START WORKER TIME PLACE BY "," BY "}", "line 1, column 204: duplicate object key near '\"by\"'"},
        {START WORKER TIME PLACE "\"by\":\"Ann Other\"}",
         "by: found \"Ann Other\", expected 1 to 63 letters, digits, '-', '_' or '.', the first one a letter or digit"},
    };
    struct message_report report;
    char text[256];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(message_report_decode(cases[i].body, strlen(cases[i].body), &report, text, sizeof text),
                         SW_ERROR_MESSAGE);
        assert_string_equal(text, cases[i].text);
        assert_string_equal(report.id, "");
    }
    static char huge[5000];
    memset(huge, ' ', sizeof huge);
    assert_int_equal(message_report_decode(huge, sizeof huge, &report, text, sizeof text), SW_ERROR_MESSAGE);
    assert_string_equal(text, "message of 5000 bytes, expected at most 4096");
}

static void assert_certainty(enum sw_alert_kind kind, uint32_t workers, uint32_t citizens, uint32_t sensors,
                             const char *expected)
{
    struct sw_alert alert = sample_no_use();
    struct message_reports reports = {
        .workers = workers, .citizens = citizens, .sensors = sensors, .last = {SAMPLE_LAST_USE_MS}};
    alert.kind = kind;
    alert.evidence.certainty = SW_CERTAINTY_POSSIBLE;
    char *body = message_alert_encode(
        &alert, &(struct message_alert_about){.city = "northport", .gateway = "gw-1", .reports = &reports});
    if (!strstr(body, expected)) fail_msg("no %s in %s", expected, body);
    assert_non_null(strstr(body, "\"reports\":{\"workers\":"));
    free(body);
}

static void reports_make_an_alert_surer(void **state)
{
    (void)state;
    assert_certainty(SW_ALERT_KIND_LEVEL, 0, 0, 0, "\"certainty\":\"Possible\"");
    assert_certainty(SW_ALERT_KIND_LEVEL, 0, 1, 0, "\"certainty\":\"Possible\"");
    assert_certainty(SW_ALERT_KIND_LEVEL, 0, 2, 0, "\"certainty\":\"Likely\"");
    assert_certainty(SW_ALERT_KIND_LEVEL, 1, 0, 0, "\"certainty\":\"Observed\"");
    assert_certainty(SW_ALERT_KIND_REPORTED, 0, 1, 0, "\"certainty\":\"Possible\"");
    assert_certainty(SW_ALERT_KIND_REPORTED, 0, 2, 0, "\"certainty\":\"Likely\"");
    assert_certainty(SW_ALERT_KIND_REPORTED, 0, 1, 1, "\"certainty\":\"Likely\"");
    assert_certainty(SW_ALERT_KIND_REPORTED, 1, 0, 0, "\"certainty\":\"Observed\"");
    assert_certainty(SW_ALERT_KIND_SENSOR_SILENT, 1, 0, 0, "\"certainty\":\"Unknown\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_encoded_is_decoded),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(reports_make_an_alert_surer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
