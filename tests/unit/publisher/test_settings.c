/* Other settings while it runs: what makes a new connection, and what does not. */
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_up_again(struct rig *rig)
{
    return rig->up && rig->link_events >= 3;
}

static int apply(struct rig *rig, char text[256])
{
    text[0] = '\0';
    return publisher_apply(rig->publisher, &rig->config, text, 256);
}

static void another_broker_gets_the_gateway_and_the_first_one_the_will(void **state)
{
    (void)state;
    struct broker first, second;
    struct rig rig;
    char text[256], port[8], output[512];
    broker_open(&first, "");
    broker_open(&second, "");
    rig_connect(&rig, first.port);
    assert_int_equal(publisher_set_status(rig.publisher, "{\"state\":\"online\"}"), SW_OK);
    rig_run_ms(&rig, 50);
    rig.config.mqtt.port = second.port;
    assert_int_equal(apply(&rig, text), SW_OK);
    assert_false(rig.up);
    rig_assert_text(&rig, "other settings");
    rig_run_until(&rig, is_up_again);
    (void)snprintf(text, sizeof text, "connected to 127.0.0.1:%u", second.port);
    rig_assert_text(&rig, text);
    const uint16_t ports[] = {first.port, second.port};
    static const char *const states[] = {"offline", "online"};
    for (int i = 0; i < 2; i++) {
        (void)snprintf(port, sizeof port, "%u", ports[i]);
        const char *const listen[] = {"mosquitto_sub",
                                      "-V",
                                      "5",
                                      "-h",
                                      "127.0.0.1",
                                      "-p",
                                      port,
                                      "-t",
                                      "stillwater/northport/gw-1/status",
                                      "-C",
                                      "1",
                                      "-W",
                                      "10",
                                      NULL};
        assert_int_equal(broker_run_tool(output, sizeof output, listen), 0);
        assert_non_null(strstr(output, states[i]));
    }
    assert_int_equal(publisher_counters(rig.publisher).connects, 2);
    rig_close(&rig, NULL);
    broker_close(&first);
    broker_close(&second);
}

static void the_same_settings_keep_the_connection(void **state)
{
    (void)state;
    struct broker broker;
    struct rig rig;
    char text[256];
    rig_open(&rig, &broker, "");
    assert_int_equal(apply(&rig, text), SW_OK);
    assert_int_equal(apply(&rig, text), SW_OK);
    rig_run_ms(&rig, 100);
    assert_true(rig.up);
    assert_int_equal(rig.link_events, 1);
    assert_int_equal(publisher_counters(rig.publisher).connects, 1);
    rig_close(&rig, NULL);
    broker_close(&broker);
}

static void settings_that_are_wrong_change_nothing(void **state)
{
    (void)state;
    struct broker broker;
    struct rig rig;
    char text[256];
    rig_open(&rig, &broker, "");
    rig.config.mqtt.ca_file = strdup("/no/such/ca.pem");
    assert_int_equal(apply(&rig, text), SW_ERROR_CONFIG);
    assert_non_null(strstr(text, "mqtt.tls.ca_file /no/such/ca.pem: No such file or directory"));
    rig_run_ms(&rig, 50);
    assert_true(rig.up);
    free(rig.config.mqtt.ca_file);
    rig.config.mqtt.ca_file = NULL;
    rig.config.mqtt.keepalive_s = 1;
    assert_int_equal(apply(&rig, text), SW_ERROR_CONFIG);
    assert_true(rig.up);
    rig_close(&rig, NULL);
    broker_close(&broker);
}

/* Nobody is there, and the address it is told next comes while it looks the first one up, or waits to try it again. */
static void it_leaves_a_broker_that_does_not_answer(void **state)
{
    (void)state;
    for (int wait_ms = 0; wait_ms <= 100; wait_ms += 100) {
        struct broker nobody, broker;
        struct rig rig;
        char text[256];
        broker_prepare(&nobody, "");
        broker_open(&broker, "");
        rig_init(&rig, nobody.port);
        rig_start(&rig);
        if (wait_ms > 0)
            rig_run_until(&rig, rig_is_down);
        else
            (void)uv_run(&rig.loop, UV_RUN_NOWAIT);
        rig.config.mqtt.port = broker.port;
        assert_int_equal(apply(&rig, text), SW_OK);
        rig_run_until(&rig, rig_is_up);
        assert_int_equal(publisher_counters(rig.publisher).connects, 1);
        rig_close(&rig, NULL);
        broker_close(&broker);
        broker_close(&nobody);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_broker_gets_the_gateway_and_the_first_one_the_will),
        cmocka_unit_test(the_same_settings_keep_the_connection),
        cmocka_unit_test(settings_that_are_wrong_change_nothing),
        cmocka_unit_test(it_leaves_a_broker_that_does_not_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
