/* Commands from the centre and the answers to them. */
#include "rig.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#define COMMAND_TOPIC "stillwater/northport/gw-1/command"
#define WEATHER_TOPIC "stillwater/northport/weather"
#define RESULT_TOPIC  "stillwater/northport/gw-1/command/result"

static struct broker_tool asker, listener;

static bool asker_has_its_answer(struct rig *rig)
{
    (void)rig;
    return broker_tool_says(&asker, "answer-1");
}

static bool listener_has_the_answer(struct rig *rig)
{
    (void)rig;
    return broker_tool_says(&listener, "answer-1");
}

static void an_answer_reaches_the_response_topic_and_the_result_topic(void **state)
{
    (void)state;
    struct broker broker;
    struct rig rig;
    char port[8], output[512];
    broker_open(&broker, "");
    (void)snprintf(port, sizeof port, "%u", broker.port);
    rig_init(&rig, broker.port);
    rig.answer = "answer-1";
    rig_start(&rig);
    rig_run_until(&rig, rig_is_up);
    const char *const listen[] = {"mosquitto_sub", "-i", "listener", "-V", "5", "-h", "127.0.0.1", "-p", port, "-t",
                                  RESULT_TOPIC,    "-F", "%D %C %p", NULL};
    broker_start_tool(&listener, listen);
    broker_wait_for_subscriber(&broker, "listener");
    const char *const ask[] = {"mosquitto_rr",
                               "-V",
                               "5",
                               "-h",
                               "127.0.0.1",
                               "-p",
                               port,
                               "-t",
                               COMMAND_TOPIC,
                               "-e",
                               "stillwater/northport/centre/c-1/result",
                               "-D",
                               "publish",
                               "correlation-data",
                               "drill-7",
                               "-m",
                               "question-1",
                               "-q",
                               "1",
                               "-F",
                               "%D %C %p",
                               NULL};
    broker_start_tool(&asker, ask);
    rig_run_until(&rig, asker_has_its_answer);
    rig_run_until(&rig, listener_has_the_answer);
    assert_int_equal(rig.commands, 1);
    assert_string_equal(rig.command, "question-1");
    assert_string_equal(rig.response_topic, "stillwater/northport/centre/c-1/result");
    assert_string_equal(rig.correlation, "drill-7");
    assert_string_equal(broker_tool_output(&asker, output, sizeof output), "drill-7 application/json answer-1\n");
    assert_string_equal(broker_tool_output(&listener, output, sizeof output), "drill-7 application/json answer-1\n");
    (void)broker_stop_tool(&asker, SIGTERM);
    (void)broker_stop_tool(&listener, SIGTERM);
    assert_int_equal(publisher_counters(rig.publisher).commands, 1);
    rig_close(&rig, NULL);
    broker_close(&broker);
}

static void publish_to(const struct broker *broker, const char *topic, const char *payload, const char *flag)
{
    char port[8], output[512];
    (void)snprintf(port, sizeof port, "%u", broker->port);
    const char *const arguments[] = {"mosquitto_pub", "-V", "5",     "-h", "127.0.0.1", "-p", port, "-q", "1", "-t",
                                     topic,           "-m", payload, flag, NULL};
    assert_int_equal(broker_run_tool(output, sizeof output, arguments), 0);
}

static void publish(const struct broker *broker, const char *payload, const char *flag)
{
    publish_to(broker, COMMAND_TOPIC, payload, flag);
}

static bool has_a_command(struct rig *rig)
{
    return rig->commands > 0;
}

static void a_retained_command_is_not_carried_out_at_each_connect(void **state)
{
    (void)state;
    struct broker broker;
    struct rig rig;
    broker_open(&broker, "");
    publish(&broker, "retained", "-r");
    rig_connect(&rig, broker.port);
    rig_run_ms(&rig, 300);
    assert_int_equal(rig.commands, 0);
    publish(&broker, "fresh", NULL);
    rig_run_until(&rig, has_a_command);
    assert_string_equal(rig.command, "fresh");
    assert_string_equal(rig.response_topic, "");
    rig_close(&rig, NULL);
    broker_close(&broker);
}

static bool has_weather(struct rig *rig)
{
    return rig->weathers > 0;
}

static void the_weather_comes_at_each_connect_and_when_it_changes(void **state)
{
    (void)state;
    struct broker broker;
    struct rig rig;
    broker_open(&broker, "");
    publish_to(&broker, WEATHER_TOPIC, "red", "-r");
    publish_to(&broker, "stillwater/southport/weather", "elsewhere", "-r");
    rig_init(&rig, broker.port);
    rig_start(&rig);
    rig_run_until(&rig, has_weather);
    assert_string_equal(rig.weather, "red");
    rig.weathers = 0;
    publish_to(&broker, WEATHER_TOPIC, "yellow", "-r");
    rig_run_until(&rig, has_weather);
    assert_string_equal(rig.weather, "yellow");
    rig.weathers = 0;
    publish_to(&broker, WEATHER_TOPIC, "", "-r"); /* taken back */
    rig_run_until(&rig, has_weather);
    assert_string_equal(rig.weather, "");
    assert_int_equal(rig.commands, 0);
    assert_int_equal(publisher_counters(rig.publisher).weather, 3);
    rig_close(&rig, NULL);
    broker_close(&broker);
}

/* The response topic is the sender's choice. Taken as it comes, it could make the gateway publish anywhere, and cost it
 * the connection where the broker forbids it. */
static void a_response_topic_outside_the_centre_gets_no_answer(void **state)
{
    (void)state;
    struct broker broker;
    struct rig rig;
    char path[128], port[8];
    const char *const topics[] = {"elsewhere/x",
                                  "stillwater/northport/gw-1/alert/x",
                                  "stillwater/southport/centre/c/result",
                                  "stillwater/northport/centre/#",
                                  "stillwater/northport/centre",
                                  ""};
    broker_prepare(&broker, "acl_file %s/acl\n");
    broker_write_file(&broker, "acl",
                      "topic readwrite stillwater/northport/gw-1/command/result\n"
                      "topic readwrite stillwater/northport/gw-1/command\n"
                      "topic read #\n",
                      path);
    broker_run(&broker);
    (void)snprintf(port, sizeof port, "%u", broker.port);
    rig_connect(&rig, broker.port);
    const char *const listen[] = {
        "mosquitto_sub", "-i", "listener", "-V", "5", "-h", "127.0.0.1", "-p", port, "-t", "#", "-v", NULL};
    broker_start_tool(&listener, listen);
    broker_wait_for_subscriber(&broker, "listener");
    for (size_t i = 0; i < sizeof topics / sizeof topics[0]; i++) {
        struct publisher_command command = {.payload = "", .response_topic = topics[i]};
        assert_int_equal(publisher_reply(rig.publisher, &command, "answer-0"), SW_OK);
    }
    struct publisher_command last = {.payload = ""};
    assert_int_equal(publisher_reply(rig.publisher, &last, "answer-1"), SW_OK);
    rig_run_until(&rig, listener_has_the_answer);
    rig_assert_text(&rig, "connected to");
    assert_true(rig.up);
    assert_int_equal(rig.link_events, 1);
    assert_int_equal(publisher_counters(rig.publisher).refusals, 0);
    char output[4096];
    (void)broker_tool_output(&listener, output, sizeof output);
    for (const char *at = output; (at = strstr(at, "answer-")) != NULL; at++)
        assert_int_equal(strncmp(at - strlen(RESULT_TOPIC) - 1, RESULT_TOPIC, strlen(RESULT_TOPIC)), 0);
    (void)broker_stop_tool(&listener, SIGTERM);
    rig_close(&rig, NULL);
    broker_close(&broker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_reaches_the_response_topic_and_the_result_topic),
        cmocka_unit_test(a_retained_command_is_not_carried_out_at_each_connect),
        cmocka_unit_test(the_weather_comes_at_each_connect_and_when_it_changes),
        cmocka_unit_test(a_response_topic_outside_the_centre_gets_no_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
