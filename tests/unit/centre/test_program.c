/* stillwater-centre as a program: a real broker on one side, gateways on the other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <signal.h>
#include <unistd.h>

#include "message/message.h"
#include "support/broker.h"

#define OUTPUT_SIZE (1 << 20)
#define LIMIT_MS    60000
#define COVER(n)    "gw-1.cover_open.cover-" #n ".20261122T034000000Z"

static char address[32], port[8];

static void open_broker(struct broker *broker, const char *settings)
{
    broker_prepare(broker, settings);
    (void)snprintf(port, sizeof port, "%u", broker->port);
    (void)snprintf(address, sizeof address, "127.0.0.1:%u", broker->port);
}

static void wait_for(const struct broker_tool *tool, const char *wanted)
{
    static char output[OUTPUT_SIZE];
    for (int waited = 0; waited < LIMIT_MS; waited += 20) {
        if (broker_tool_says(tool, wanted)) return;
        broker_pause_ms(20);
    }
    fail_msg("no \"%s\" in:\n%s", wanted, broker_tool_output(tool, output, sizeof output));
}

static void start_gateway(struct broker_tool *gateway, const char *name, const char *alerts)
{
    const char *const arguments[] = {getenv("STILLWATER_FAKE_GATEWAY"), port, "northport", name, alerts, NULL};
    assert_non_null(arguments[0]);
    broker_start_tool(gateway, arguments);
}

static void start_centre(struct broker_tool *centre, const char *file, const char *rule)
{
    const char *const arguments[] = {getenv("STILLWATER_CENTRE"),   "--broker", address, "--json", file,
                                     rule ? "--acknowledge" : NULL, rule,       NULL};
    assert_non_null(arguments[0]);
    broker_start_tool(centre, arguments);
}

static unsigned count_lines_with(const char *file, const char *first, const char *second)
{
    static char line[65536];
    unsigned count = 0;
    FILE *stream = fopen(file, "r");
    assert_non_null(stream);
    while (fgets(line, sizeof line, stream))
        count += strstr(line, first) && strstr(line, second);
    (void)fclose(stream);
    return count;
}

static int command(char *output, size_t size, const char *verb, const char *alert, const char *revision)
{
    const char *const arguments[] = {getenv("STILLWATER_CENTRE"),
                                     verb,
                                     "--broker",
                                     address,
                                     "--city",
                                     "northport",
                                     "--gateway",
                                     "gw-1",
                                     "--alert",
                                     alert,
                                     "--by",
                                     "officer-12",
                                     "--note",
                                     "on my way",
                                     "--timeout",
                                     "5",
                                     revision ? "--revision" : NULL,
                                     revision,
                                     NULL};
    return broker_run_tool(output, size, arguments);
}

static int ask_with_tls(const char *host, const char *authority, char *output, size_t size)
{
    char uri[64];
    (void)snprintf(uri, sizeof uri, "ssl://%s:%s", host, port);
    const char *const arguments[] = {getenv("STILLWATER_CENTRE"),
                                     "storm",
                                     "--broker",
                                     uri,
                                     "--ca-file",
                                     authority,
                                     "--city",
                                     "northport",
                                     "--gateway",
                                     "gw-1",
                                     "--by",
                                     "officer-1",
                                     "--until",
                                     "2099-01-01T00:00:00Z",
                                     "--timeout",
                                     "1",
                                     NULL};
    return broker_run_tool(output, size, arguments);
}

static void a_broker_that_is_not_believed_is_told_with_the_file(void **state)
{
    (void)state;
    struct broker broker;
    char authority[128], other[128], output[2048], said[256];
    open_broker(&broker, "cafile %s/ca.pem\ncertfile %s/server.pem\nkeyfile %s/server.key\n");
    broker_make_certificates(&broker);
    broker_run(&broker);
    broker_path(&broker, "ca.pem", authority);
    broker_path(&broker, "other-ca.pem", other);
    assert_int_equal(ask_with_tls("localhost", other, output, sizeof output), 3);
    (void)snprintf(said, sizeof said, "cannot connect: certificate verify failed; checked with --ca-file %s", other);
    if (!strstr(output, said)) fail_msg("%s", output);
    /* Believed; that no gateway answers is another matter. */
    assert_int_equal(ask_with_tls("localhost", authority, output, sizeof output), 3);
    assert_null(strstr(output, "cannot connect"));
    broker_close(&broker);
}

static void nothing_is_missed_while_the_centre_is_away(void **state)
{
    (void)state;
    struct broker broker;
    struct broker_tool centre, first, second;
    char file[128];
    open_broker(&broker, "");
    broker_run(&broker);
    broker_path(&broker, "alerts.jsonl", file);
    start_centre(&centre, file, NULL);
    wait_for(&centre, "connected to");
    start_gateway(&first, "gw-1", "5");
    wait_for(&centre, "cover-4");
    assert_int_equal(broker_stop_tool(&centre, SIGTERM), 0);

    start_gateway(&second, "gw-2", "7");
    wait_for(&second, "taken 6");
    start_centre(&centre, file, NULL);
    wait_for(&centre, "gw-2.cover_open.cover-6.");
    (void)kill(centre.process, SIGTERM);
    wait_for(&centre, "malformed 0; gateways 2");
    assert_int_equal(broker_stop_tool(&centre, 0), 0);
    assert_int_equal(count_lines_with(file, "\"gateway\":\"gw-1\"", "stillwater.alert/1"), 5);
    assert_int_equal(count_lines_with(file, "\"gateway\":\"gw-2\"", "stillwater.alert/1"), 7);
    /* The retained status comes at every subscription, and is the same one. */
    assert_int_equal(count_lines_with(file, "\"gateway\":\"gw-1\"", "stillwater.status/1"), 1);
    (void)broker_stop_tool(&first, SIGTERM);
    (void)broker_stop_tool(&second, SIGTERM);
    broker_close(&broker);
}

static void the_centre_comes_back_after_the_broker_was_lost(void **state)
{
    (void)state;
    struct broker broker;
    struct broker_tool centre, gateway;
    char file[128];
    open_broker(&broker, "");
    broker_path(&broker, "alerts.jsonl", file);
    start_centre(&centre, file, NULL);
    wait_for(&centre, "cannot connect");
    broker_run(&broker);
    wait_for(&centre, "connected to");
    broker_kill(&broker);
    wait_for(&centre, "the connection was lost");
    broker_run(&broker);
    start_gateway(&gateway, "gw-1", "3");
    wait_for(&centre, "cover-2");
    assert_int_equal(broker_stop_tool(&centre, SIGTERM), 0);
    assert_int_equal(count_lines_with(file, "\"gateway\":\"gw-1\"", "stillwater.alert/1"), 3);
    (void)broker_stop_tool(&gateway, SIGTERM);
    broker_close(&broker);
}

static void a_weather_warning_stays_with_the_broker(void **state)
{
    (void)state;
    struct broker broker;
    char output[4096], until[MESSAGE_TIME_SIZE], far[MESSAGE_TIME_SIZE], expected[256];
    message_time_format(sw_wall_from_ms((time(NULL) + 3600) * INT64_C(1000)), until);
    message_time_format(sw_wall_from_ms((time(NULL) + 3600) * INT64_C(1000) + MESSAGE_WEATHER_MAX_MS), far);
    open_broker(&broker, "");
    broker_run(&broker);
    const char *warn[] = {getenv("STILLWATER_CENTRE"),
                          "weather",
                          "--broker",
                          address,
                          "--city",
                          "northport",
                          "--colour",
                          "red",
                          "--until",
                          far,
                          "--by",
                          "met-office",
                          "--timeout",
                          "5",
                          NULL};
    assert_int_equal(broker_run_tool(output, sizeof output, warn), 2);
    warn[9] = until;
    assert_int_equal(broker_run_tool(output, sizeof output, warn), 0);
    assert_string_equal(output, "weather red: taken by the broker\n");
    const char *const listen[] = {"mosquitto_sub", "-V", "5", "-h", "127.0.0.1", "-p", port,          "-t",
                                  "stillwater/#",  "-C", "1", "-W", "5",         "-F", "%r %t %C %p", NULL};
    assert_int_equal(broker_run_tool(output, sizeof output, listen), 0);
    (void)snprintf(expected, sizeof expected,
                   "1 stillwater/northport/weather application/json {\"schema\":\"stillwater.weather/1\","
                   "\"colour\":\"red\",\"until\":\"%s\",\"by\":\"met-office\"}\n",
                   until);
    assert_string_equal(output, expected);
    broker_close(&broker);
    /* And without a broker somebody is told. */
    const char *const again[] = {warn[0], "weather", "--broker", address,     "--city", "northport", "--colour",
                                 "green", "--by",    "met",      "--timeout", "1",      NULL};
    assert_int_equal(broker_run_tool(output, sizeof output, again), 3);
}

static void a_command_reaches_the_gateway_and_comes_back_as_the_next_revision(void **state)
{
    (void)state;
    struct broker broker;
    struct broker_tool centre, gateway;
    char file[128], output[4096];
    open_broker(&broker, "");
    broker_run(&broker);
    broker_path(&broker, "alerts.jsonl", file);
    start_centre(&centre, file, NULL);
    wait_for(&centre, "connected to");
    start_gateway(&gateway, "gw-1", "2");
    wait_for(&centre, "cover-1");

    assert_int_equal(command(output, sizeof output, "acknowledge", COVER(0), "1"), 0);
    assert_string_equal(output, "accepted: alert " COVER(0) " is now at revision 2\n");
    wait_for(&centre, "acknowledged by officer-12: on my way");
    assert_int_equal(command(output, sizeof output, "dispatch", COVER(0), NULL), 0);
    assert_string_equal(output, "accepted: alert " COVER(0) " is now at revision 3\n");
    assert_int_equal(command(output, sizeof output, "acknowledge", COVER(0), NULL), 1);
    assert_string_equal(output, "refused (NOT_PERMITTED): not permitted in the present state\n");
    assert_int_equal(command(output, sizeof output, "resolve", COVER(0), "1"), 1);
    assert_string_equal(output, "refused (STALE): refers to an older state than the present one\n");
    assert_int_equal(command(output, sizeof output, "resolve", COVER(9), NULL), 1);
    assert_string_equal(output, "refused (NOT_FOUND): no such entry\n");
    assert_int_equal(command(output, sizeof output, "resolve", COVER(0), "3"), 0);
    wait_for(&centre, "resolved by officer-12");

    assert_int_equal(broker_stop_tool(&centre, SIGTERM), 0);
    assert_int_equal(count_lines_with(file, "\"id\":\"" COVER(0), "\"revision\":"), 4);
    (void)broker_stop_tool(&gateway, SIGTERM);
    broker_close(&broker);
}

static void no_answer_is_told_from_a_refusal(void **state)
{
    (void)state;
    struct broker broker;
    char output[4096];
    const char *const usage[] = {getenv("STILLWATER_CENTRE"), "acknowledge", "--broker", "h", NULL};
    const char *arguments[] = {getenv("STILLWATER_CENTRE"),
                               "acknowledge",
                               "--broker",
                               address,
                               "--city",
                               "northport",
                               "--gateway",
                               "gw-1",
                               "--alert",
                               "a",
                               "--by",
                               "o",
                               "--timeout",
                               "1",
                               NULL};
    open_broker(&broker, "");
    assert_int_equal(broker_run_tool(output, sizeof output, arguments), 3);
    assert_non_null(strstr(output, "cannot connect"));
    broker_run(&broker);
    assert_int_equal(broker_run_tool(output, sizeof output, arguments), 3);
    assert_non_null(strstr(output, "gateway gw-1 did not answer within 1 s"));
    assert_int_equal(broker_run_tool(output, sizeof output, usage), 2);
    assert_string_equal(output, "--city: missing\nstillwater-centre --help tells more\n");
    broker_close(&broker);
}

static void a_rule_acknowledges_by_itself(void **state)
{
    (void)state;
    struct broker broker;
    struct broker_tool centre, gateway;
    char file[128];
    open_broker(&broker, "");
    broker_run(&broker);
    broker_path(&broker, "alerts.jsonl", file);
    start_centre(&centre, file, "cover_open:orange=officer-9");
    wait_for(&centre, "connected to");
    start_gateway(&gateway, "gw-1", "4");
    wait_for(&centre, "alert " COVER(0) " acknowledged, now at revision 2");
    wait_for(&centre, "alert " COVER(2) " acknowledged, now at revision 2");
    wait_for(&gateway, "command OK");
    assert_int_equal(broker_stop_tool(&centre, SIGTERM), 0);
    /* The fake gateway's even covers are orange, the odd ones yellow. */
    assert_int_equal(count_lines_with(file, "\"state\":\"acknowledged\"", "\"actor\":\"officer-9\""), 2);
    assert_int_equal(count_lines_with(file, "\"id\":\"" COVER(1), "\"revision\":2"), 0);
    (void)broker_stop_tool(&gateway, SIGTERM);
    broker_close(&broker);
}

/* The longest id there is: its response topic must not be cut where it is subscribed to. */
static void a_rule_hears_its_answer_under_the_longest_client_id(void **state)
{
    (void)state;
    struct broker broker;
    struct broker_tool centre, gateway;
    open_broker(&broker, "");
    broker_run(&broker);
    const char *const arguments[] = {getenv("STILLWATER_CENTRE"),
                                     "--broker",
                                     address,
                                     "--client-id",
                                     "watch-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                                     "--acknowledge",
                                     "cover_open=officer-9",
                                     NULL};
    broker_start_tool(&centre, arguments);
    wait_for(&centre, "connected to");
    start_gateway(&gateway, "gw-1", "1");
    wait_for(&centre, "alert " COVER(0) " acknowledged, now at revision 2");
    assert_int_equal(broker_stop_tool(&centre, SIGTERM), 0);
    (void)broker_stop_tool(&gateway, SIGTERM);
    broker_close(&broker);
}

static void publish(const char *topic, const char *payload)
{
    char output[512];
    const char *const arguments[] = {"mosquitto_pub", "-V", "5",     "-h", "127.0.0.1", "-p", port, "-q", "1", "-t",
                                     topic,           "-m", payload, NULL};
    assert_int_equal(broker_run_tool(output, sizeof output, arguments), 0);
}

static void messages_that_are_not_valid_are_told_and_counted(void **state)
{
    (void)state;
    struct broker broker;
    struct broker_tool centre;
    char file[128];
    open_broker(&broker, "");
    broker_run(&broker);
    broker_path(&broker, "alerts.jsonl", file);
    start_centre(&centre, file, NULL);
    wait_for(&centre, "connected to");
    publish("stillwater/northport/gw-1/alert/x", "{\"schema\":");
    publish("stillwater/northport/gw-1/alert/x", "{\"schema\":\"stillwater.status/1\"}");
    publish("stillwater/northport/gw-1/status", "hello");
    wait_for(&centre, "stillwater/northport/gw-1/alert/x: line 1, column 10: unexpected token near end of file");
    wait_for(&centre, "stillwater/northport/gw-1/alert/x: schema: found \"stillwater.status/1\"");
    wait_for(&centre, "stillwater/northport/gw-1/status: line 1, column 5");
    (void)kill(centre.process, SIGTERM);
    wait_for(&centre, "received 3: alerts 0, statuses 0, areas 0, incidents 0, duplicates 0, malformed 3; gateways 0");
    assert_int_equal(broker_stop_tool(&centre, 0), 0);
    assert_int_equal(count_lines_with(file, "", ""), 0);
    broker_close(&broker);
}

static void retain(const char *topic, const char *payload)
{
    char output[512];
    const char *const arguments[] = {
        "mosquitto_pub", "-V", "5", "-h", "127.0.0.1", "-p", port, "-q", "1", "-r", "-t", topic, "-m", payload, NULL};
    assert_int_equal(broker_run_tool(output, sizeof output, arguments), 0);
}

#define AREA(gateway, path, colour)                                                                                    \
    "{\"schema\":\"stillwater.area/1\",\"city\":\"northport\",\"gateway\":\"" gateway "\",\"area\":\"" path            \
    "\",\"time\":\"2026-11-22T03:40:00.000Z\",\"colour\":\"" colour "\",\"unknown\":false,"                            \
    "\"level\":{\"watched\":1,\"unknown\":0,\"green\":0,\"blue\":0,\"yellow\":0,\"orange\":0,\"red\":1}}"
#define OFFLINE                                                                                                        \
    "{\"schema\":\"stillwater.status/1\",\"city\":\"northport\",\"gateway\":\"gw-2\",\"state\":\"offline\","           \
    "\"time\":\"2026-11-22T03:40:00Z\",\"since\":\"2026-11-22T03:40:00Z\",\"open_alerts\":0,\"counters\":{}}"

static void the_map_is_printed_as_a_tree(void **state)
{
    (void)state;
    struct broker broker;
    char output[4096];
    open_broker(&broker, "");
    broker_run(&broker);
    retain("stillwater/northport/gw-1/area/n", AREA("gw-1", "n", "red"));
    retain("stillwater/northport/gw-2/area/n", AREA("gw-2", "n", "orange"));
    retain("stillwater/northport/gw-2/area/n/east", AREA("gw-2", "n/east", "orange"));
    retain("stillwater/northport/gw-2/status", OFFLINE);
    const char *const map[] = {getenv("STILLWATER_CENTRE"), "map", "--broker", address, "--city", "northport", NULL};
    assert_int_equal(broker_run_tool(output, sizeof output, map), 0);
    assert_string_equal(output, "n                                    red     unknown  1 of 2 gateways lost; level: 2 "
                                "red, 1 unknown\n"
                                "  east                               orange  unknown  1 of 1 gateways lost; level: 1 "
                                "red, 1 unknown\n");
    const char *const other[] = {getenv("STILLWATER_CENTRE"), "map", "--broker", address, "--city", "southport", NULL};
    assert_int_equal(broker_run_tool(output, sizeof output, other), 0);
    assert_non_null(strstr(output, "no areas"));
    broker_kill(&broker);
    assert_int_equal(broker_run_tool(output, sizeof output, map), 3);
    broker_close(&broker);
}

#define STATE                                                                                                          \
    "{\"schema\":\"stillwater.state/1\",\"city\":\"northport\",\"gateway\":\"gw-2\",\"subject\":\"canal-3\","          \
    "\"time\":\"2026-11-22T03:40:00Z\",\"colour\":\"red\",\"alerts\":[{\"id\":\"gw-2.level.canal-3\",\"revision\":1,"  \
    "\"kind\":\"level\",\"state\":\"raised\",\"colour\":\"red\",\"headline\":\"Site canal-3: 900 mm\","                \
    "\"raised_at\":\"2026-11-22T03:40:00Z\",\"updated_at\":\"2026-11-22T03:40:00Z\"}]}"

static void the_board_is_printed_once(void **state)
{
    (void)state;
    struct broker broker;
    char output[4096];
    open_broker(&broker, "");
    broker_run(&broker);
    retain("stillwater/northport/gw-2/state/canal-3", STATE);
    retain("stillwater/northport/gw-2/status", OFFLINE);
    retain("stillwater/northport/gw-1/area/n", AREA("gw-1", "n", "red"));
    const char *const board[] = {getenv("STILLWATER_CENTRE"), "board", "--once", "--broker", address, NULL};
    assert_int_equal(broker_run_tool(output, sizeof output, board), 0);
    assert_non_null(strstr(output, "gateways: 0 online, 1 LOST\nopen: 1 red 0 orange 0 yellow 0 blue; 1 not "
                                   "acknowledged\nareas: 1 red\n"));
    assert_non_null(strstr(output, "? canal-3"));
    assert_non_null(strstr(output, "900 mm\n"));
    broker_kill(&broker);
    assert_int_equal(broker_run_tool(output, sizeof output, board), 3);
    broker_close(&broker);
}

static void the_board_follows_what_happens(void **state)
{
    (void)state;
    struct broker broker;
    struct broker_tool board, gateway;
    char output[4096];
    open_broker(&broker, "");
    broker_run(&broker);
    const char *const arguments[] = {getenv("STILLWATER_CENTRE"), "board", "--broker", address, NULL};
    broker_start_tool(&board, arguments);
    wait_for(&board, "nothing is open");
    start_gateway(&gateway, "gw-1", "2");
    wait_for(&board, "open: 0 red 1 orange 1 yellow 0 blue; 2 not acknowledged");
    assert_int_equal(command(output, sizeof output, "acknowledge", COVER(0), NULL), 0);
    wait_for(&board, "open: 0 red 1 orange 1 yellow 0 blue; 1 not acknowledged");
    wait_for(&board, "officer-12");
    broker_kill(&broker);
    wait_for(&board, "the connection was lost");
    broker_run(&broker);
    retain("stillwater/northport/gw-2/state/canal-3", STATE);
    wait_for(&board, "open: 1 red 0 orange");
    (void)broker_stop_tool(&gateway, SIGKILL);
    assert_int_equal(broker_stop_tool(&board, SIGTERM), 0);
    broker_close(&broker);
}

static void a_killed_gateway_is_said_to_be_lost(void **state)
{
    (void)state;
    struct broker broker;
    struct broker_tool centre, gateway;
    char file[128];
    open_broker(&broker, "");
    broker_run(&broker);
    broker_path(&broker, "alerts.jsonl", file);
    start_centre(&centre, file, NULL);
    wait_for(&centre, "connected to");
    start_gateway(&gateway, "gw-1", "0");
    wait_for(&centre, "Gateway gw-1 is online");
    (void)broker_stop_tool(&gateway, SIGKILL);
    wait_for(&centre, "Gateway gw-1 is lost; nothing is known from it");
    assert_int_equal(broker_stop_tool(&centre, SIGTERM), 0);
    broker_close(&broker);
}

static void tls_and_a_refused_connection(void **state)
{
    (void)state;
    struct broker broker;
    struct broker_tool centre;
    char uri[64], authority[128], other[128], certificate[128], key[128];
    open_broker(&broker, "cafile %s/ca.pem\ncertfile %s/server.pem\nkeyfile %s/server.key\nrequire_certificate true\n"
                         "use_identity_as_username true\nallow_anonymous false\n");
    broker_make_certificates(&broker);
    broker_run(&broker);
    (void)snprintf(uri, sizeof uri, "ssl://localhost:%s", port);
    broker_path(&broker, "ca.pem", authority);
    broker_path(&broker, "other-ca.pem", other);
    broker_path(&broker, "client.pem", certificate);
    broker_path(&broker, "client.key", key);
    const char *arguments[] = {getenv("STILLWATER_CENTRE"), "--broker",  uri,          "--ca-file", authority,
                               "--certificate-file",        certificate, "--key-file", key,         NULL};
    broker_start_tool(&centre, arguments);
    wait_for(&centre, "connected to ssl://localhost");
    assert_int_equal(broker_stop_tool(&centre, SIGTERM), 0);
    arguments[4] = other;
    broker_start_tool(&centre, arguments);
    wait_for(&centre, "cannot connect");
    assert_int_equal(broker_stop_tool(&centre, SIGTERM), 0);
    arguments[4] = "/nowhere/ca.pem";
    char output[1024];
    assert_int_equal(broker_run_tool(output, sizeof output, arguments), 2);
    assert_string_equal(output, "--ca-file /nowhere/ca.pem: No such file or directory\n");
    broker_close(&broker);

    open_broker(&broker, "allow_anonymous false\n");
    broker_run(&broker);
    const char *const anonymous[] = {getenv("STILLWATER_CENTRE"), "--broker", address, NULL};
    broker_start_tool(&centre, anonymous);
    wait_for(&centre, "the broker refused the connection: Not authorized");
    assert_int_equal(broker_stop_tool(&centre, SIGTERM), 0);
    broker_close(&broker);
}

static void a_full_disk_ends_the_centre_with_an_error(void **state)
{
    (void)state;
    struct broker broker;
    struct broker_tool centre, gateway;
    open_broker(&broker, "");
    broker_run(&broker);
    start_centre(&centre, "/dev/full", NULL);
    wait_for(&centre, "connected to");
    start_gateway(&gateway, "gw-1", "1");
    wait_for(&centre, "/dev/full: No space left on device");
    assert_int_equal(broker_stop_tool(&centre, 0), 1);
    (void)broker_stop_tool(&gateway, SIGTERM);
    broker_close(&broker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_broker_that_is_not_believed_is_told_with_the_file),
        cmocka_unit_test(nothing_is_missed_while_the_centre_is_away),
        cmocka_unit_test(the_centre_comes_back_after_the_broker_was_lost),
        cmocka_unit_test(a_weather_warning_stays_with_the_broker),
        cmocka_unit_test(a_command_reaches_the_gateway_and_comes_back_as_the_next_revision),
        cmocka_unit_test(no_answer_is_told_from_a_refusal),
        cmocka_unit_test(a_rule_acknowledges_by_itself),
        cmocka_unit_test(a_rule_hears_its_answer_under_the_longest_client_id),
        cmocka_unit_test(messages_that_are_not_valid_are_told_and_counted),
        cmocka_unit_test(the_map_is_printed_as_a_tree),
        cmocka_unit_test(the_board_is_printed_once),
        cmocka_unit_test(the_board_follows_what_happens),
        cmocka_unit_test(a_killed_gateway_is_said_to_be_lost),
        cmocka_unit_test(tls_and_a_refused_connection),
        cmocka_unit_test(a_full_disk_ends_the_centre_with_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
