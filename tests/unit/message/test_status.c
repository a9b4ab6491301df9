/* The gateway's status. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "message/message.h"
#include "stillwater/error.h"

#define HASH "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static struct message_status sample(const struct message_counter *counters, size_t count)
{
    struct message_status status = {
        .city = "northport",
        .gateway = "gw-1",
        .state = MESSAGE_STATUS_ONLINE,
        .time = {INT64_C(1795318800000)},
        .since = {INT64_C(1795318000000)},
        .open_alerts = 2,
        .trouble = "line-1: the port has gone",
        .outage_hours_left = 512,
        .trail = "12:" HASH,
        .counters = counters,
        .counter_count = count,
    };
    return status;
}

static void a_status_is_encoded_and_decoded(void **state)
{
    (void)state;
    const struct message_counter counters[] = {{"readings", 123456789012}, {"crc_errors", 0}};
    struct message_status status = sample(counters, 2);
    struct message_status_summary summary;
    char text[256];
    char *body = message_status_encode(&status);
    const char *version = strstr(body, "\"version\":\"");
    assert_non_null(version);
    assert_int_equal(strncmp(body,
                             "{\"schema\":\"stillwater.status/1\",\"city\":\"northport\",\"gateway\":\"gw-1\","
                             "\"state\":\"online\",\"time\":\"2026-11-22T03:40:00.000Z\","
                             "\"since\":\"2026-11-22T03:26:40.000Z\",\"version\":\"",
                             (size_t)(version - body)),
                     0);
    assert_non_null(strstr(body, "\",\"open_alerts\":2,\"trouble\":\"line-1: the port has gone\","
                                 "\"outage_hours_left\":512,\"trail\":\"12:" HASH "\","
                                 "\"counters\":{\"readings\":123456789012,\"crc_errors\":0}}"));
    assert_int_equal(message_status_decode(body, strlen(body), &summary, text, sizeof text), SW_OK);
    assert_string_equal(summary.gateway, "gw-1");
    assert_int_equal(summary.state, MESSAGE_STATUS_ONLINE);
    assert_int_equal(summary.time.ms, status.time.ms);
    assert_int_equal(summary.since.ms, status.since.ms);
    assert_int_equal(summary.open_alerts, 2);
    assert_string_equal(summary.trouble, "line-1: the port has gone");
    assert_true(summary.has_outage_hours_left);
    assert_int_equal(summary.outage_hours_left, 512);
    assert_string_equal(summary.trail, "12:" HASH);
    free(body);
}

static void no_trouble_and_no_counters(void **state)
{
    (void)state;
    struct message_status status = sample(NULL, 0);
    status.trouble = "";
    char *body = message_status_encode(&status);
    assert_null(strstr(body, "trouble"));
    assert_non_null(strstr(body, "\"counters\":{}"));
    free(body);
    status.trouble = NULL;
    body = message_status_encode(&status);
    assert_null(strstr(body, "trouble"));
    free(body);
    status.outage_hours_left = -1;
    body = message_status_encode(&status);
    assert_null(strstr(body, "outage"));
    struct message_status_summary summary;
    char text[256];
    assert_int_equal(message_status_decode(body, strlen(body), &summary, text, sizeof text), SW_OK);
    assert_false(summary.has_outage_hours_left);
    free(body);
}

static void a_counter_past_what_json_holds_stays_at_the_end(void **state)
{
    (void)state;
    const struct message_counter counter = {"readings", UINT64_MAX};
    struct message_status status = sample(&counter, 1);
    char *body = message_status_encode(&status);
    assert_non_null(strstr(body, "\"readings\":9223372036854775807"));
    free(body);
}

static void states_have_their_names(void **state)
{
    (void)state;
    assert_string_equal(message_status_state_name(MESSAGE_STATUS_ONLINE), "online");
    assert_string_equal(message_status_state_name(MESSAGE_STATUS_OFFLINE), "offline");
    assert_string_equal(message_status_state_name(MESSAGE_STATUS_STOPPED), "stopped");
}

static void a_wrong_status_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *payload, *reason;
    } cases[] = {
        {"{\"schema\":\"stillwater.alert/1\"}",
         "schema: found \"stillwater.alert/1\", expected \"stillwater.status/1\""},
        {"{\"schema\":\"stillwater.status/1\"}", "city: missing"},
        {"{\"schema\":\"stillwater.status/1\",\"city\":\"c\",\"gateway\":\"g\",\"state\":\"gone\"}",
         "state: found \"gone\", expected online, offline or stopped"},
        {"{\"schema\":\"stillwater.status/1\",\"city\":\"c\",\"gateway\":\"g\",\"state\":\"online\",\"time\":\"now\"}",
         "time: found \"now\", expected an RFC 3339 time"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct message_status_summary summary;
        char text[256];
        assert_int_equal(message_status_decode(cases[i].payload, strlen(cases[i].payload), &summary, text, sizeof text),
                         SW_ERROR_MESSAGE);
        assert_string_equal(text, cases[i].reason);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_status_is_encoded_and_decoded),
        cmocka_unit_test(no_trouble_and_no_counters),
        cmocka_unit_test(a_counter_past_what_json_holds_stays_at_the_end),
        cmocka_unit_test(states_have_their_names),
        cmocka_unit_test(a_wrong_status_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
