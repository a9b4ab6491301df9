/* Alerts on their way: properties, the limit, what a lost broker or a refusal does to them. */
#include "rig.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message/message.h"

#define ALERTS 200

/* What the outbox does: hands over in order, starts over after a lost link. */
static struct {
    bool sent[ALERTS];
    unsigned hand_overs[ALERTS];
} outbox;

static void send_next(struct rig *rig)
{
    for (int i = 0; i < ALERTS && publisher_ready(rig->publisher); i++) {
        if (outbox.sent[i] || rig->taken[i] > 0) continue;
        char topic[128];
        (void)snprintf(topic, sizeof topic, "stillwater/northport/gw-1/alert/gw-1.cover_open.cover-%d", i);
        char *body = rig_alert(i, 1);
        assert_int_equal(publisher_send(rig->publisher, topic, body, i, false), SW_OK);
        free(body);
        outbox.sent[i] = true;
        outbox.hand_overs[i]++;
    }
}

static void start_over(struct rig *rig)
{
    memset(outbox.sent, 0, sizeof outbox.sent);
    send_next(rig);
}

static bool some_are_taken(struct rig *rig)
{
    send_next(rig);
    return rig->taken_count >= ALERTS / 4;
}

static bool all_are_taken(struct rig *rig)
{
    send_next(rig);
    unsigned count = 0;
    for (int i = 0; i < ALERTS; i++)
        count += rig->taken[i] > 0;
    return count == ALERTS;
}

static void what_the_broker_did_not_confirm_is_handed_over_again(void **state)
{
    (void)state;
    struct broker broker;
    struct rig rig;
    memset(&outbox, 0, sizeof outbox);
    broker_open(&broker, "");
    rig_init(&rig, broker.port);
    rig.on_up = start_over;
    rig_start(&rig);
    rig_run_until(&rig, some_are_taken);
    /* A stopped broker confirms nothing: these are under way when it dies. */
    (void)kill(broker.process, SIGSTOP);
    rig_run_ms(&rig, 100);
    send_next(&rig);
    unsigned before = rig.taken_count;
    unsigned under_way = 0;
    for (int i = 0; i < ALERTS; i++)
        under_way += outbox.sent[i] && rig.taken[i] == 0;
    assert_int_equal(under_way, rig.config.mqtt.inflight);
    broker_kill(&broker);
    rig_run_until(&rig, rig_is_down);
    assert_false(publisher_ready(rig.publisher));
    assert_int_equal(rig.taken_count, before);

    broker_run(&broker);
    rig_run_until(&rig, all_are_taken);
    unsigned twice = 0;
    for (int i = 0; i < ALERTS; i++) {
        assert_int_equal(rig.taken[i], 1);
        twice += outbox.hand_overs[i] == 2;
    }
    assert_int_equal(twice, under_way);
    assert_int_equal(publisher_counters(rig.publisher).connects, 2);
    rig_close(&rig, NULL);
    broker_close(&broker);
}

static bool one_is_taken(struct rig *rig)
{
    return rig->taken_count >= 1;
}

static void no_more_than_the_limit_is_under_way(void **state)
{
    (void)state;
    struct broker broker;
    struct rig rig;
    broker_open(&broker, "");
    rig_init(&rig, broker.port);
    rig.config.mqtt.inflight = 3;
    rig_start(&rig);
    rig_run_until(&rig, rig_is_up);
    for (int i = 0; i < 3; i++) {
        assert_true(publisher_ready(rig.publisher));
        assert_int_equal(publisher_send(rig.publisher, "stillwater/northport/gw-1/alert/a", "{}", i, false), SW_OK);
    }
    assert_false(publisher_ready(rig.publisher));
    assert_int_equal(publisher_send(rig.publisher, "stillwater/northport/gw-1/alert/a", "{}", 3, false), SW_ERROR_BUSY);
    /* The status is not held up by alerts. */
    assert_int_equal(publisher_set_status(rig.publisher, "{}"), SW_OK);
    rig_run_until(&rig, one_is_taken);
    assert_true(publisher_ready(rig.publisher));
    assert_int_equal(rig.taken[3], 0);
    rig_close(&rig, NULL);
    broker_close(&broker);
}

static void an_alert_carries_its_properties(void **state)
{
    (void)state;
    struct broker broker;
    struct broker_tool listener;
    struct rig rig;
    char port[8], output[4096];
    broker_open(&broker, "");
    (void)snprintf(port, sizeof port, "%u", broker.port);
    const char *const arguments[] = {"mosquitto_sub",
                                     "-V",
                                     "5",
                                     "-i",
                                     "listener",
                                     "-h",
                                     "127.0.0.1",
                                     "-p",
                                     port,
                                     "-t",
                                     "stillwater/+/+/alert/#",
                                     "-q",
                                     "1",
                                     "-C",
                                     "2",
                                     "-W",
                                     "20",
                                     "-F",
                                     "%t|%q|%r|%C|%F|%E|%P|%R|%p",
                                     NULL};
    broker_start_tool(&listener, arguments);
    broker_wait_for_subscriber(&broker, "listener");
    rig_connect(&rig, broker.port);
    char *body = rig_alert(7, 1);
    assert_int_equal(publisher_send(rig.publisher, "stillwater/northport/gw-1/alert/x7", body, 7, true), SW_OK);
    rig_run_until(&rig, one_is_taken);
    while (!broker_tool_says(&listener, body))
        broker_pause_ms(10);
    (void)broker_tool_output(&listener, output, sizeof output);
    assert_int_equal(strncmp(output, "stillwater/northport/gw-1/alert/x7|1|0|application/json|1|604", 61), 0);
    assert_non_null(strstr(output, "kind:cover_open"));
    assert_non_null(strstr(output, "colour:orange"));
    assert_non_null(strstr(output, "state:raised"));
    assert_non_null(strstr(output, "responsible:officer-1"));
    assert_non_null(strstr(output, "level:2"));
    assert_non_null(strstr(output, "replayed:true"));
    assert_non_null(strstr(output, "|stillwater/northport/gw-1/receipt|"));
    assert_non_null(strstr(output, body));

    /* Nobody is to confirm what is not stored. */
    char *marked = message_alert_unstored(body);
    assert_int_equal(publisher_send_unstored(rig.publisher, "stillwater/northport/gw-1/alert/x7", marked), SW_OK);
    while (!broker_tool_says(&listener, marked))
        broker_pause_ms(10);
    (void)broker_tool_output(&listener, output, sizeof output);
    const char *second = strchr(output, '\n');
    assert_non_null(second);
    assert_non_null(strstr(second, "unstored:true"));
    assert_null(strstr(second, "receipt"));
    assert_null(strstr(second, "replayed"));
    free(marked);
    free(body);
    (void)broker_stop_tool(&listener, SIGTERM);
    rig_close(&rig, NULL);
    broker_close(&broker);
}

static bool cap_and_alert_are_taken(struct rig *rig)
{
    return rig->caps_taken == 1 && rig->taken_count == 1;
}

static bool cap_is_refused(struct rig *rig)
{
    return rig->caps_refused == 1;
}

static void send_cap(struct rig *rig)
{
    char *body = rig_alert(7, 1);
    assert_int_equal(publisher_send_cap(rig->publisher, "stillwater/northport/gw-1/cap/x7", "<alert/>", body, false),
                     SW_OK);
    free(body);
}

static void send_alert(struct rig *rig)
{
    char *body = rig_alert(7, 1);
    assert_int_equal(publisher_send(rig->publisher, "stillwater/northport/gw-1/alert/x7", body, 7, false), SW_OK);
    free(body);
}

static void cap_goes_before_its_alert_and_wants_no_receipt(void **state)
{
    (void)state;
    struct broker broker;
    struct broker_tool listener;
    struct rig rig;
    char port[8], output[4096];
    broker_open(&broker, "");
    (void)snprintf(port, sizeof port, "%u", broker.port);
    const char *const arguments[] = {
        "mosquitto_sub", "-V", "5", "-i", "listener", "-h", "127.0.0.1",    "-p", port, "-t",
        "stillwater/#",  "-q", "1", "-W", "20",       "-F", "%t|%C|%P|%R|", NULL};
    broker_start_tool(&listener, arguments);
    broker_wait_for_subscriber(&broker, "listener");
    rig_connect(&rig, broker.port);
    send_cap(&rig);
    send_alert(&rig);
    rig_run_until(&rig, cap_and_alert_are_taken);
    while (!broker_tool_says(&listener, "alert/x7"))
        broker_pause_ms(10);
    (void)broker_tool_output(&listener, output, sizeof output);
    const char *cap = strstr(output, "cap/x7|application/cap+xml|kind:cover_open state:raised colour:orange||");
    assert_non_null(cap);
    assert_true(cap < strstr(output, "alert/x7"));
    (void)broker_stop_tool(&listener, SIGTERM);
    rig_close(&rig, NULL);
    broker_close(&broker);
}

static void cap_that_is_not_permitted_is_told_and_the_link_comes_back(void **state)
{
    (void)state;
    struct broker broker;
    struct rig rig;
    broker_open_with_acl(&broker, "topic readwrite stillwater/northport/gw-1/status\n"
                                  "topic write stillwater/northport/gw-1/alert/#\n");
    rig_connect(&rig, broker.port);
    send_cap(&rig);
    rig_run_until(&rig, cap_is_refused);
    /* mosquitto 2.0.11 closes the connection over it. */
    rig_run_ms(&rig, 300);
    rig_run_until(&rig, rig_is_up);
    send_alert(&rig);
    rig_run_until(&rig, one_is_taken);
    rig_close(&rig, NULL);
    broker_close(&broker);
}

static bool two_receipts(struct rig *rig)
{
    return rig->receipts >= 2;
}

static void publish_receipt(const struct broker *broker, bool retained, const char *payload)
{
    char port[8], output[1024];
    (void)snprintf(port, sizeof port, "%u", broker->port);
    const char *const arguments[] = {"mosquitto_pub",
                                     "-h",
                                     "127.0.0.1",
                                     "-p",
                                     port,
                                     "-q",
                                     "1",
                                     "-t",
                                     "stillwater/northport/gw-1/receipt",
                                     "-m",
                                     payload,
                                     retained ? "-r" : NULL,
                                     NULL};
    assert_int_equal(broker_run_tool(output, sizeof output, arguments), 0);
}

static void receipts_are_handed_on_and_what_is_retained_is_not(void **state)
{
    (void)state;
    struct broker broker;
    struct rig rig;
    broker_prepare(&broker, "");
    broker_run(&broker);
    publish_receipt(&broker, true, "old");
    rig_connect(&rig, broker.port);
    publish_receipt(&broker, false, "first");
    publish_receipt(&broker, false, "second");
    rig_run_until(&rig, two_receipts);
    assert_int_equal(rig.receipts, 2);
    assert_string_equal(rig.receipt, "second");
    rig_close(&rig, NULL);
    broker_close(&broker);
}

static bool was_refused(struct rig *rig)
{
    return publisher_counters(rig->publisher).refusals >= 1;
}

static void an_alert_the_broker_refuses_is_not_taken_and_told(void **state)
{
    (void)state;
    struct broker broker;
    struct rig rig;
    broker_open_with_acl(&broker, "topic readwrite stillwater/northport/gw-1/status\n");
    rig_connect(&rig, broker.port);
    char *body = rig_alert(7, 1);
    assert_int_equal(publisher_send(rig.publisher, "stillwater/northport/gw-1/alert/x7", body, 7, false), SW_OK);
    free(body);
    rig_run_until(&rig, was_refused);
    assert_false(rig.up);
    rig_assert_text(&rig, "the broker refused a message: Not authorized");
    assert_int_equal(rig.taken_count, 0);
    rig_close(&rig, NULL);
    broker_close(&broker);
}

static void a_message_the_broker_cannot_take_is_refused_at_once(void **state)
{
    (void)state;
    struct broker broker;
    struct rig rig;
    rig_open(&rig, &broker, "max_packet_size 1000\n");
    char large[2000];
    memset(large, 'x', sizeof large - 1);
    large[sizeof large - 1] = '\0';
    assert_int_equal(publisher_send(rig.publisher, "stillwater/northport/gw-1/alert/a", large, 1, false),
                     SW_ERROR_NO_SPACE);
    assert_int_equal(publisher_send(rig.publisher, "stillwater/+/alert", "{}", 1, false), SW_ERROR_INVALID_ARGUMENT);
    assert_int_equal(publisher_send(rig.publisher, "stillwater/northport/gw-1/alert/a", "{}", 2, false), SW_OK);
    rig_run_until(&rig, one_is_taken);
    assert_int_equal(rig.taken[2], 1);
    rig_close(&rig, NULL);
    broker_close(&broker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_broker_did_not_confirm_is_handed_over_again),
        cmocka_unit_test(no_more_than_the_limit_is_under_way),
        cmocka_unit_test(an_alert_carries_its_properties),
        cmocka_unit_test(cap_goes_before_its_alert_and_wants_no_receipt),
        cmocka_unit_test(cap_that_is_not_permitted_is_told_and_the_link_comes_back),
        cmocka_unit_test(receipts_are_handed_on_and_what_is_retained_is_not),
        cmocka_unit_test(an_alert_the_broker_refuses_is_not_taken_and_told),
        cmocka_unit_test(a_message_the_broker_cannot_take_is_refused_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
