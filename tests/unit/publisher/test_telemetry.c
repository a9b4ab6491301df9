/* Telemetry: it arrives, it never waits in a queue, it is not taken for anything else, and alerts go beside it. */
#include "rig.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOPIC       "stillwater/northport/gw-1/telemetry/site"
#define ALERT_TOPIC "stillwater/northport/gw-1/alert/a"

static int send_text(struct rig *rig, const char *text)
{
    return publisher_send_telemetry(rig->publisher, PUBLISHER_TELEMETRY_SITES, TOPIC, text);
}

static bool one_is_taken(struct rig *rig)
{
    return rig->telemetry_taken == 1;
}

static bool one_is_refused(struct rig *rig)
{
    return rig->telemetry_refused == 1;
}

static void connect_and_send_first(struct rig *rig, uint16_t port)
{
    rig_connect(rig, port);
    assert_int_equal(send_text(rig, "{\"number\":0}"), SW_OK);
    assert_int_equal(send_text(rig, "{\"number\":1}"), SW_ERROR_BUSY);
    rig_run_until(rig, one_is_taken);
}

static const struct broker_tool *listener;

static bool all_have_come(struct rig *rig)
{
    (void)rig;
    return broker_tool_says(listener, "{\"number\":9}");
}

static void the_first_is_confirmed_and_the_others_just_come(void **state)
{
    (void)state;
    struct broker broker;
    struct broker_tool tool;
    struct rig rig;
    char port[8], output[2048], text[64];
    broker_open(&broker, "");
    rig_init(&rig, broker.port);
    rig_start(&rig);
    assert_int_equal(send_text(&rig, "{}"), SW_ERROR_BUSY);
    rig_close(&rig, NULL);
    (void)snprintf(port, sizeof port, "%u", broker.port);
    const char *const listen[] = {"stdbuf",      "-oL", "mosquitto_sub", "-V", "5", "-h", "127.0.0.1", "-p",
                                  port,          "-i",  "ear",           "-q", "1", "-t", TOPIC,       "-F",
                                  "%q %r %C %p", NULL};
    broker_start_tool(&tool, listen);
    broker_wait_for_subscriber(&broker, "ear");
    listener = &tool;
    connect_and_send_first(&rig, broker.port);
    for (int i = 1; i < 10; i++) {
        (void)snprintf(text, sizeof text, "{\"number\":%d}", i);
        assert_int_equal(send_text(&rig, text), SW_OK);
    }
    rig_run_until(&rig, all_have_come);
    (void)broker_tool_output(&tool, output, sizeof output);
    const char *at = output;
    for (int i = 0; i < 10; i++) {
        (void)snprintf(text, sizeof text, "%d 0 application/json {\"number\":%d}\n", i == 0, i);
        at = strstr(at, text);
        assert_non_null(at);
    }
    assert_int_equal(rig.taken_count, 0);
    assert_int_equal(rig.telemetry_taken, 1);
    assert_int_equal(publisher_counters(rig.publisher).telemetry, 10);
    assert_int_equal(publisher_counters(rig.publisher).pubacks, 1);
    (void)broker_stop_tool(&tool, SIGTERM);
    rig_close(&rig, NULL);
    broker_close(&broker);
}

static bool two_are_taken(struct rig *rig)
{
    return rig->taken_count == 2;
}

/* A broker that stands still: what the system takes is bounded by us, whatever it would take, and an alert is not held
 * up by more. */
static void what_the_network_does_not_take_is_refused(void **state)
{
    (void)state;
    static char payload[32768];
    struct broker broker;
    struct rig rig;
    memset(payload, 'x', sizeof payload - 1);
    broker_open(&broker, "");
    connect_and_send_first(&rig, broker.port);
    char *body = rig_alert(1, 1);
    assert_int_equal(publisher_send(rig.publisher, ALERT_TOPIC, body, 1, false), SW_OK);
    assert_int_equal(kill(broker.process, SIGSTOP), 0);
    int error = SW_OK, sent = 0;
    for (; sent < 10000 && error == SW_OK; sent++)
        error = send_text(&rig, payload);
    assert_int_equal(error, SW_ERROR_BUSY);
    assert_in_range(sent, 1, 9999);
    assert_int_equal(publisher_send(rig.publisher, ALERT_TOPIC, body, 2, false), SW_OK);
    assert_int_equal(send_text(&rig, payload), SW_ERROR_BUSY);
    assert_int_equal(kill(broker.process, SIGCONT), 0);
    rig_run_until(&rig, two_are_taken);
    assert_int_equal(rig.taken[1], 1);
    assert_int_equal(rig.taken[2], 1);
    assert_int_equal(send_text(&rig, "{}"), SW_OK);
    free(body);
    rig_close(&rig, NULL);
    broker_close(&broker);
}

static void a_refusal_is_told_and_alerts_go_on(void **state)
{
    (void)state;
    struct broker broker;
    struct rig rig;
    broker_open_with_acl(&broker, "topic write stillwater/northport/gw-1/status\n"
                                  "topic write stillwater/northport/gw-1/alert/#\n"
                                  "topic read stillwater/northport/gw-1/command\n");
    rig_connect(&rig, broker.port);
    assert_int_equal(send_text(&rig, "{}"), SW_OK);
    rig_run_until(&rig, one_is_refused);
    /* mosquitto 2.0.11 may close the connection over it. */
    rig_run_ms(&rig, 300);
    rig_run_until(&rig, rig_is_up);
    char *body = rig_alert(1, 1);
    assert_int_equal(publisher_send(rig.publisher, ALERT_TOPIC, body, 1, false), SW_OK);
    assert_int_equal(publisher_send(rig.publisher, ALERT_TOPIC, body, 2, false), SW_OK);
    rig_run_until(&rig, two_are_taken);
    free(body);
    rig_close(&rig, NULL);
    broker_close(&broker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_is_confirmed_and_the_others_just_come),
        cmocka_unit_test(what_the_network_does_not_take_is_refused),
        cmocka_unit_test(a_refusal_is_told_and_alerts_go_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
