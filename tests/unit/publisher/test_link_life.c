/* The connection: coming up, going away, being refused, being missed. */
#include "rig.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define STATUS_TOPIC "stillwater/northport/gw-1/status"

/* The retained status, as a client that comes now gets it. */
static void read_status(const struct broker *broker, char *output, size_t size)
{
    char port[8];
    (void)snprintf(port, sizeof port, "%u", broker->port);
    const char *const arguments[] = {"mosquitto_sub", "-V", "5", "-h", "127.0.0.1", "-p", port, "-t",
                                     STATUS_TOPIC,    "-q", "1", "-C", "1",         "-W", "10", "-F",
                                     "%r %q %C %p",   NULL};
    assert_int_equal(broker_run_tool(output, size, arguments), 0);
}

/* What is on its way to the broker may take its time. */
static void wait_for_status(struct rig *rig, const struct broker *broker, const char *expected)
{
    char found[256] = "";
    for (int i = 0; i < 300 && strcmp(found, expected) != 0; i++) {
        if (rig)
            rig_run_ms(rig, 100);
        else
            broker_pause_ms(100);
        read_status(broker, found, sizeof found);
    }
    assert_string_equal(found, expected);
}

static void status_is_retained_and_sent_again_after_each_connect(void **state)
{
    (void)state;
    struct broker broker;
    struct rig rig;
    /* Without persistence: what the broker holds after its restart can only come from the publisher. */
    broker_open(&broker, "retain_available true\n");
    rig_init(&rig, broker.port);
    rig_start(&rig);
    assert_int_equal(publisher_set_status(rig.publisher, "{\"n\":1}"), SW_OK);
    rig_run_until(&rig, rig_is_up);
    wait_for_status(&rig, &broker, "1 1 application/json {\"n\":1}\n");

    assert_int_equal(publisher_set_status(rig.publisher, "{\"n\":2}"), SW_OK);
    wait_for_status(&rig, &broker, "1 1 application/json {\"n\":2}\n");

    broker_kill(&broker);
    char database[128];
    broker_path(&broker, "mosquitto.db", database);
    (void)unlink(database);
    rig_run_until(&rig, rig_is_down);
    assert_int_equal(publisher_set_status(rig.publisher, "{\"n\":3}"), SW_OK);
    broker_run(&broker);
    rig_run_until(&rig, rig_is_up);
    wait_for_status(&rig, &broker, "1 1 application/json {\"n\":3}\n");
    assert_int_equal(publisher_counters(rig.publisher).connects, 2);
    rig_close(&rig, NULL);
    broker_close(&broker);
}

static void a_gateway_that_is_killed_is_told_offline_by_its_will(void **state)
{
    (void)state;
    struct broker broker;
    struct broker_tool gateway;
    char port[8], found[1024] = "";
    broker_open(&broker, "");
    (void)snprintf(port, sizeof port, "%u", broker.port);
    const char *const arguments[] = {getenv("STILLWATER_FAKE_GATEWAY"), port, "northport", "gw-1", "0", NULL};
    assert_non_null(arguments[0]);
    broker_start_tool(&gateway, arguments);
    while (!broker_tool_says(&gateway, "up "))
        broker_pause_ms(20);
    read_status(&broker, found, sizeof found);
    assert_non_null(strstr(found, "\"state\":\"online\""));
    assert_int_equal(broker_stop_tool(&gateway, SIGKILL), 128 + SIGKILL);
    for (int i = 0; i < 300 && !strstr(found, "\"state\":\"offline\""); i++) {
        broker_pause_ms(100);
        read_status(&broker, found, sizeof found);
    }
    assert_non_null(strstr(found, "1 1 application/json"));
    assert_non_null(strstr(found, "\"state\":\"offline\""));
    broker_close(&broker);
}

static void the_last_status_replaces_the_will_at_a_clean_end(void **state)
{
    (void)state;
    struct broker broker;
    struct rig rig;
    rig_open(&rig, &broker, "");
    rig_close(&rig, "{\"state\":\"stopped\"}");
    wait_for_status(NULL, &broker, "1 1 application/json {\"state\":\"stopped\"}\n");
    broker_close(&broker);
}

static void a_broker_that_is_not_there_is_tried_until_it_is(void **state)
{
    (void)state;
    struct broker broker;
    struct rig rig;
    char expected[128];
    broker_prepare(&broker, "");
    rig_init(&rig, broker.port);
    rig_start(&rig);
    rig_run_until(&rig, rig_is_down);
    (void)snprintf(expected, sizeof expected, "127.0.0.1:%u: Connection refused", broker.port);
    assert_string_equal(rig.link_text, expected);
    rig_run_ms(&rig, 2500);
    /* The same reason is told once, however often it is met. */
    assert_int_equal(rig.link_events, 1);
    assert_false(publisher_ready(rig.publisher));
    assert_int_equal(publisher_send(rig.publisher, "stillwater/northport/gw-1/alert/a", "{}", 1, false), SW_ERROR_BUSY);
    broker_run(&broker);
    rig_run_until(&rig, rig_is_up);
    assert_true(publisher_ready(rig.publisher));
    rig_close(&rig, NULL);
    broker_close(&broker);
}

static bool was_refused_twice(struct rig *rig)
{
    return publisher_counters(rig->publisher).refusals >= 2;
}

static void a_refused_connection_says_why_and_is_tried_again(void **state)
{
    (void)state;
    struct broker broker;
    struct rig rig;
    broker_open(&broker, "allow_anonymous false\n");
    rig_init(&rig, broker.port);
    rig_start(&rig);
    rig_run_until(&rig, was_refused_twice);
    assert_false(rig.up);
    rig_assert_text(&rig, "the broker refused the connection: Not authorized");
    assert_int_equal(rig.link_events, 1);
    assert_int_equal(publisher_counters(rig.publisher).connects, 0);
    rig_close(&rig, NULL);
    broker_close(&broker);
}

static void user_name_and_password_file_are_used(void **state)
{
    (void)state;
    struct broker broker;
    struct rig rig;
    char users[128], password[128], output[256];
    broker_prepare(&broker, "allow_anonymous false\npassword_file %s/users\n");
    broker_path(&broker, "users", users);
    const char *const arguments[] = {"mosquitto_passwd", "-b", "-c", users, "gw-1", "correct horse", NULL};
    assert_int_equal(broker_run_tool(output, sizeof output, arguments), 0);
    broker_run(&broker);
    broker_write_file(&broker, "password", "correct horse\r\nanother line\n", password);

    rig_init(&rig, broker.port);
    rig.config.mqtt.username = strdup("gw-1");
    rig.config.mqtt.password_file = strdup(password);
    rig_start(&rig);
    rig_run_until(&rig, rig_is_up);
    rig_close(&rig, NULL);

    broker_write_file(&broker, "password", "wrong\n", password);
    rig_init(&rig, broker.port);
    rig.config.mqtt.username = strdup("gw-1");
    rig.config.mqtt.password_file = strdup(password);
    rig_start(&rig);
    rig_run_until(&rig, rig_is_down);
    rig_assert_text(&rig, "the broker refused the connection: Not authorized");
    rig_close(&rig, NULL);
    broker_close(&broker);
}

static void settings_that_cannot_work_are_told_at_start(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, 1883);
    rig.config.mqtt.username = strdup("gw-1");
    rig.config.mqtt.password_file = strdup("/nowhere/password");
    rig_assert_start_fails(&rig, "mqtt.password_file /nowhere/password: No such file or directory");

    rig_init(&rig, 1883);
    rig.config.mqtt.username = strdup("gw-1");
    rig.config.mqtt.password_file = strdup("/dev/null");
    rig_assert_start_fails(&rig, "mqtt.password_file /dev/null: the first line is empty");

    rig_init(&rig, 1883);
    rig.config.mqtt.password_file = strdup("/dev/null");
    rig_assert_start_fails(&rig, "mqtt.username: missing");

    rig_init(&rig, 0);
    rig_assert_start_fails(&rig, "mqtt.port: expected 1 to 65535");

    rig_init(&rig, 1883);
    rig.config.mqtt.inflight = 0;
    rig_assert_start_fails(&rig, "mqtt.inflight: expected 1 to 1000");

    rig_init(&rig, 1883);
    rig.config.mqtt.keepalive_s = 1;
    rig_assert_start_fails(&rig, "mqtt.keepalive_s: expected 5 to 65535");

    rig_init(&rig, 1883);
    free(rig.config.mqtt.host);
    rig.config.mqtt.host = NULL;
    rig_assert_start_fails(&rig, "mqtt.host: missing");
}

static void a_name_that_does_not_resolve_is_told(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, 1883);
    free(rig.config.mqtt.host);
    /* RFC 6761: this top-level name never exists. */
    rig.config.mqtt.host = strdup("broker.invalid");
    rig_start(&rig);
    rig_run_until(&rig, rig_is_down);
    rig_assert_text(&rig, "broker.invalid:1883: the name cannot be resolved");
    rig_close(&rig, NULL);
}

/* "localhost" may be ::1 first, where nobody listens. */
static void every_address_of_a_name_is_tried(void **state)
{
    (void)state;
    struct broker broker;
    struct rig rig;
    broker_open(&broker, "");
    rig_init(&rig, broker.port);
    free(rig.config.mqtt.host);
    rig.config.mqtt.host = strdup("localhost");
    rig_start(&rig);
    rig_run_until(&rig, rig_is_up);
    assert_int_equal(rig.link_events, 1);
    rig_close(&rig, NULL);
    broker_close(&broker);
}

/* Takes one connection and says to its CONNECT and its SUBSCRIBE what it was told to, for what mosquitto never says. */
struct scripted_broker {
    int listener;
    uint16_t port;
    pid_t process;
};

static void scripted_open(struct scripted_broker *broker, const uint8_t *answer, size_t size)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t address_size = sizeof address;
    broker->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(broker->listener, (struct sockaddr *)&address, address_size), 0);
    assert_int_equal(listen(broker->listener, 4), 0);
    assert_int_equal(getsockname(broker->listener, (struct sockaddr *)&address, &address_size), 0);
    broker->port = ntohs(address.sin_port);
    broker->process = fork();
    assert_true(broker->process >= 0);
    if (broker->process != 0) return;
    uint8_t bytes[1024];
    int peer = accept(broker->listener, NULL, NULL);
    bool connected = read(peer, bytes, sizeof bytes) > 0 && write(peer, "\x20\x03\x00\x00\x00", 5) == 5;
    bool answered = connected && read(peer, bytes, sizeof bytes) > 0 && write(peer, answer, size) == (ssize_t)size;
    (void)answered;
    while (read(peer, bytes, sizeof bytes) > 0)
        continue;
    _exit(0);
}

static void scripted_close(struct scripted_broker *broker)
{
    (void)kill(broker->process, SIGKILL);
    (void)waitpid(broker->process, NULL, 0);
    (void)close(broker->listener);
}

static void a_broker_that_shuts_down_says_so(void **state)
{
    (void)state;
    struct scripted_broker broker;
    struct rig rig;
    const uint8_t disconnect[] = {0xe0, 2, 0x8b, 0};
    scripted_open(&broker, disconnect, sizeof disconnect);
    rig_init(&rig, broker.port);
    rig_start(&rig);
    rig_run_until(&rig, rig_is_down);
    rig_assert_text(&rig, "the broker ended the connection: Server shutting down");
    rig_close(&rig, NULL);
    scripted_close(&broker);
}

/* Alerts matter more than commands: the link is of use, and what it lacks is told. */
static void a_refused_subscription_leaves_the_link_up_and_is_told(void **state)
{
    (void)state;
    struct scripted_broker broker;
    struct rig rig;
    const uint8_t refused[][18] = {
        {0x90, 4, 0, 1, 0, 0x87, 0x90, 4, 0, 2, 0, 1, 0x90, 4, 0, 3, 0, 1},
        {0x90, 4, 0, 1, 0, 1, 0x90, 4, 0, 2, 0, 0x87, 0x90, 4, 0, 3, 0, 1},
        {0x90, 4, 0, 2, 0, 1, 0x90, 4, 0, 1, 0, 0x87, 0x90, 4, 0, 3, 0, 1},
        {0x90, 4, 0, 1, 0, 1, 0x90, 4, 0, 2, 0, 1, 0x90, 4, 0, 3, 0, 0x87},
    };
    const char *const topics[] = {"gw-1/command", "weather", "gw-1/command", "gw-1/receipt"};
    for (size_t i = 0; i < 4; i++) {
        char text[128];
        scripted_open(&broker, refused[i], sizeof refused[i]);
        rig_connect(&rig, broker.port);
        (void)snprintf(text, sizeof text,
                       "but the broker refuses subscribing to stillwater/northport/%s: Not authorized", topics[i]);
        rig_assert_text(&rig, text);
        assert_true(publisher_ready(rig.publisher));
        rig_close(&rig, NULL);
        scripted_close(&broker);
    }
}

/* What is no MQTT must not bring the gateway down. */
static void a_peer_that_talks_something_else_is_left(void **state)
{
    (void)state;
    struct scripted_broker broker;
    struct rig rig;
    const uint8_t nonsense[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
    scripted_open(&broker, nonsense, sizeof nonsense - 1);
    rig_init(&rig, broker.port);
    rig_start(&rig);
    rig_run_until(&rig, rig_is_down);
    assert_false(publisher_ready(rig.publisher));
    rig_close(&rig, NULL);
    scripted_close(&broker);
}

/* mosquitto 2.0.11 drops the older of two clients with one id without a word. Both must not throw each other out for
 * ever without anybody noticing: each loss is told. */
static void two_gateways_of_one_id_are_noticed(void **state)
{
    (void)state;
    struct broker broker;
    struct rig first, second;
    broker_open(&broker, "");
    rig_connect(&first, broker.port);
    rig_run_ms(&first,
               200); /* its optional subscriptions: what is on the way when it is thrown out gives another text */
    rig_connect(&second, broker.port);
    rig_run_until(&first, rig_is_down);
    /* The broker's end of it, or its reset where something of ours was on the way. */
    if (!strstr(first.link_text, "Connection reset by peer")) rig_assert_text(&first, "The connection was lost");
    rig_close(&first, NULL);
    rig_close(&second, NULL);
    broker_close(&broker);
}

/* Something listens and takes the connection, but says nothing. */
static void a_peer_that_never_answers_is_given_up(void **state)
{
    (void)state;
    struct rig rig;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(listener, 4), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    rig_init(&rig, ntohs(address.sin_port));
    rig.config.mqtt.keepalive_s = 60;
    rig_start(&rig);
    rig_run_until(&rig, rig_is_down);
    rig_assert_text(&rig, "no answer from the broker in time");
    rig_close(&rig, NULL);
    (void)close(listener);
}

static void closing_works_in_every_stage(void **state)
{
    (void)state;
    struct broker broker;
    struct rig rig;
    broker_open(&broker, "");
    for (int stage_ms = 0; stage_ms < 30; stage_ms++) {
        rig_init(&rig, broker.port);
        if (stage_ms % 3 == 0) {
            free(rig.config.mqtt.host);
            rig.config.mqtt.host = strdup("localhost");
        }
        rig_start(&rig);
        for (int turn = 0; turn < stage_ms / 3; turn++)
            (void)uv_run(&rig.loop, UV_RUN_NOWAIT);
        rig_close(&rig, stage_ms % 2 ? "{\"state\":\"stopped\"}" : NULL);
    }
    broker_close(&broker);
}

static void closing_while_the_broker_is_gone_does_not_wait(void **state)
{
    (void)state;
    struct broker broker;
    struct rig rig;
    rig_open(&rig, &broker, "");
    broker_kill(&broker);
    rig_close(&rig, "{\"state\":\"stopped\"}");
    broker_close(&broker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status_is_retained_and_sent_again_after_each_connect),
        cmocka_unit_test(a_gateway_that_is_killed_is_told_offline_by_its_will),
        cmocka_unit_test(the_last_status_replaces_the_will_at_a_clean_end),
        cmocka_unit_test(a_broker_that_is_not_there_is_tried_until_it_is),
        cmocka_unit_test(a_refused_connection_says_why_and_is_tried_again),
        cmocka_unit_test(user_name_and_password_file_are_used),
        cmocka_unit_test(settings_that_cannot_work_are_told_at_start),
        cmocka_unit_test(a_name_that_does_not_resolve_is_told),
        cmocka_unit_test(every_address_of_a_name_is_tried),
        cmocka_unit_test(a_broker_that_shuts_down_says_so),
        cmocka_unit_test(a_refused_subscription_leaves_the_link_up_and_is_told),
        cmocka_unit_test(a_peer_that_talks_something_else_is_left),
        cmocka_unit_test(two_gateways_of_one_id_are_noticed),
        cmocka_unit_test(a_peer_that_never_answers_is_given_up),
        cmocka_unit_test(closing_works_in_every_stage),
        cmocka_unit_test(closing_while_the_broker_is_gone_does_not_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
