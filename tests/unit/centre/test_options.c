/* The command line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "centre/options.h"
#include "stillwater/error.h"

#define WORDS_MAX 24

/* The words of a line, separated by '|'. */
static int parse(const char *line, struct options *options, char *text, size_t text_size)
{
    static char copy[2048];
    char *words[WORDS_MAX] = {NULL};
    int count = 0;
    (void)snprintf(copy, sizeof copy, "%s", line);
    for (char *word = strtok(copy, "|"); word && count < WORDS_MAX - 1; word = strtok(NULL, "|"))
        words[count++] = word;
    return options_parse(count, words, options, text, text_size);
}

static void assert_wrong(const char *line, const char *reason)
{
    struct options options;
    char text[512] = "";
    assert_int_equal(parse(line, &options, text, sizeof text), SW_ERROR_INVALID_ARGUMENT);
    assert_string_equal(text, reason);
}

static void assert_uri(const char *line, const char *uri)
{
    struct options options;
    char text[512] = "";
    if (parse(line, &options, text, sizeof text) != SW_OK) fail_msg("%s", text);
    assert_string_equal(options.broker.uri, uri);
}

static void a_broker_is_named_in_many_ways(void **state)
{
    (void)state;
    assert_uri("c|--broker|mqtt.example", "tcp://mqtt.example:1883");
    assert_uri("c|--broker|mqtt.example:1884", "tcp://mqtt.example:1884");
    assert_uri("c|--broker|127.0.0.1:1", "tcp://127.0.0.1:1");
    assert_uri("c|--broker|[::1]:1884", "tcp://[::1]:1884");
    assert_uri("c|--broker|[::1]", "tcp://[::1]:1883");
    assert_uri("c|--broker|tcp://h:5", "tcp://h:5");
    assert_uri("c|--broker|mqtt://h", "tcp://h:1883");
    assert_uri("c|--broker|ssl://h|--ca-file|ca.pem", "ssl://h:8883");
    assert_uri("c|--broker|mqtts://h:1|--ca-file|ca.pem", "ssl://h:1");
    assert_uri("c|--broker|h|--ca-file|ca.pem", "ssl://h:8883");
    assert_wrong("c|--broker|h:0", "--broker: expected HOST, HOST:PORT or a URL");
    assert_wrong("c|--broker|h:65536", "--broker: expected HOST, HOST:PORT or a URL");
    assert_wrong("c|--broker|h:", "--broker: expected HOST, HOST:PORT or a URL");
    assert_wrong("c|--broker|:1883", "--broker: expected HOST, HOST:PORT or a URL");
    assert_wrong("c|--broker|::1", "--broker: expected HOST, HOST:PORT or a URL");
    assert_wrong("c|--broker|http://h", "--broker: expected HOST, HOST:PORT or a URL");
    assert_wrong("c|--broker|[::1]|--ca-file|ca.pem",
                 "--broker: with TLS expected a name or an IPv4 address, not one of IPv6");
    assert_wrong("c|--broker|ssl://h", "--ca-file: missing, needed for TLS");
    assert_wrong("c|--broker|tcp://h|--ca-file|ca.pem", "--broker: this URL is without TLS, but --ca-file is given");
}

static void a_watch_takes_filters_and_rules(void **state)
{
    (void)state;
    struct options options;
    char text[512];
    assert_int_equal(parse("c|--broker|h|--city|northport|--gateway|gw-1|--gateway=gw-2|--json|-|--duration|1.5|"
                           "--acknowledge|cover_open=officer-1|--acknowledge|level:red=officer-2",
                           &options, text, sizeof text),
                     SW_OK);
    assert_int_equal(options.mode, OPTIONS_WATCH);
    assert_string_equal(options.city, "northport");
    assert_int_equal(options.gateway_count, 2);
    assert_string_equal(options.gateways[1], "gw-2");
    assert_true(options.duration_s > 1.49 && options.duration_s < 1.51);
    assert_int_equal(options.rule_count, 2);
    assert_int_equal(options.rules[0].kind, SW_ALERT_KIND_COVER_OPEN);
    assert_int_equal(options.rules[0].colour, SW_COLOUR_COUNT);
    assert_string_equal(options.rules[0].by, "officer-1");
    assert_int_equal(options.rules[1].colour, SW_COLOUR_RED);
}

static void a_command_takes_what_the_message_has(void **state)
{
    (void)state;
    struct options options;
    char text[512];
    assert_int_equal(parse("c|dispatch|--broker|h|--city|northport|--gateway|gw-1|--alert|gw-1.level.c.2026|"
                           "--revision|3|--by|officer-12|--note|pump on its way|--timeout|2",
                           &options, text, sizeof text),
                     SW_OK);
    assert_int_equal(options.mode, OPTIONS_COMMAND);
    assert_int_equal(options.command.action, SW_ALERT_ACTION_DISPATCH);
    assert_string_equal(options.command.alert_id, "gw-1.level.c.2026");
    assert_int_equal(options.command.revision, 3);
    assert_string_equal(options.command.by, "officer-12");
    assert_string_equal(options.command.note, "pump on its way");
    assert_true(options.timeout_s > 1.99 && options.timeout_s < 2.01);
}

static void a_map_takes_what_to_look_at(void **state)
{
    (void)state;
    struct options options;
    char text[512];
    assert_int_equal(parse("c|map|--broker|h|--city|northport|--timeout|3", &options, text, sizeof text), SW_OK);
    assert_int_equal(options.mode, OPTIONS_MAP);
    assert_string_equal(options.city, "northport");
    assert_wrong("c|map", "--broker: missing");
    assert_wrong("c|map|--broker|h|--gateway|a|--gateway|b", "--gateway: expected one at most");
    assert_wrong("c|map|--broker|h|--acknowledge|level=o", "--acknowledge: unknown option, or its value is missing");
}

#define AT "|--broker|h|--city|northport|--gateway|gw-1|--by|carer-3"

static void homes_and_outcomes_are_told(void **state)
{
    (void)state;
    struct options options;
    char text[512];
    assert_int_equal(
        parse("c|away" AT "|--subject|home-4f21|--until|2026-12-24T18:00:00+01:00", &options, text, sizeof text),
        SW_OK);
    assert_int_equal(options.mode, OPTIONS_COMMAND);
    assert_int_equal(options.command.verb, MESSAGE_VERB_AWAY);
    assert_int_equal(options.command.mode, SW_AWAY_AWAY);
    assert_string_equal(options.command.subject, "home-4f21");
    assert_int_equal(options.command.until.ms, INT64_C(1798131600000));
    assert_int_equal(parse("c|away" AT "|--subject|h|--until|2026-12-24T18:00:00Z|--mode|visitor|--note|her sister",
                           &options, text, sizeof text),
                     SW_OK);
    assert_int_equal(options.command.mode, SW_AWAY_VISITOR);
    assert_string_equal(options.command.note, "her sister");
    assert_int_equal(parse("c|back" AT "|--subject|home-4f21", &options, text, sizeof text), SW_OK);
    assert_int_equal(options.command.verb, MESSAGE_VERB_BACK);
    assert_int_equal(parse("c|feedback" AT "|--alert|a|--outcome|absent", &options, text, sizeof text), SW_OK);
    assert_int_equal(options.command.verb, MESSAGE_VERB_FEEDBACK);
    assert_int_equal(options.command.outcome, SW_OUTCOME_ABSENT);
    assert_int_equal(parse("c|resolve" AT "|--alert|a|--outcome|assisted", &options, text, sizeof text), SW_OK);
    assert_int_equal(options.command.outcome, SW_OUTCOME_ASSISTED);
}

static void a_silence_has_a_scope_an_end_an_author_and_a_reason(void **state)
{
    (void)state;
    struct options options;
    char text[256];
    assert_int_equal(parse("c|silence" AT "|--area|suzhou/gusu|--kind|quiet|--note|flood wall works"
                           "|--until|2026-12-24T18:00:00+01:00",
                           &options, text, sizeof text),
                     SW_OK);
    assert_int_equal(options.command.verb, MESSAGE_VERB_SILENCE);
    assert_string_equal(options.command.area, "suzhou/gusu");
    assert_int_equal(options.command.kind, SW_ALERT_KIND_QUIET);
    assert_int_equal(options.command.colour, SW_COLOUR_ORANGE);
    assert_wrong("c|silence" AT "|--note|n|--until|2026-12-24T18:00:00Z", "--subject: missing");
    assert_wrong("c|silence" AT "|--subject|s|--note|n", "--until: missing");
    assert_wrong("c|silence" AT "|--subject|s|--until|2026-12-24T18:00:00Z", "--note: missing");
    assert_wrong("c|silence" AT "|--subject|s|--area|a|--note|n|--until|2026-12-24T18:00:00Z",
                 "--area: expected either this or --subject");
    assert_wrong("c|unsilence" AT "|--subject|s|--area|a", "--area: expected either this or --subject");
    assert_wrong("c|silence" AT "|--area|a//b", "--area: expected a path as city/district/street: a//b");
    assert_wrong("c|silence" AT "|--kind|flood", "--kind: expected an alert kind: flood");
    assert_wrong("c|unsilence" AT "|--subject|s|--colour|red", "--colour: unsilence has no such option");
    assert_wrong("c|maintenance" AT "|--subject|s", "--until: missing");
    assert_wrong("c|serviced" AT "|--subject|s|--until|2026-12-24T18:00:00Z", "--until: serviced has no such option");
}

static void storm_watch_is_asked_for(void **state)
{
    (void)state;
    struct options options;
    char text[256];
    assert_int_equal(parse("c|storm" AT "|--until|2026-11-22T18:00:00Z", &options, text, sizeof text), SW_OK);
    assert_int_equal(options.command.verb, MESSAGE_VERB_STORM);
    assert_true(sw_wall_known(options.command.until));
    assert_int_equal(parse("c|calm" AT, &options, text, sizeof text), SW_OK);
    assert_int_equal(options.command.verb, MESSAGE_VERB_CALM);
    assert_int_equal(parse("c|reload" AT, &options, text, sizeof text), SW_OK);
    assert_int_equal(options.command.verb, MESSAGE_VERB_RELOAD);
    assert_wrong("c|reload" AT "|--subject|s", "--subject: reload has no such option");
    assert_wrong("c|storm" AT, "--until: missing");
    assert_wrong("c|storm" AT "|--until|2026-11-22T18:00:00Z|--alert|a", "--alert: storm has no such option");
    assert_wrong("c|calm" AT "|--until|2026-11-22T18:00:00Z", "--until: calm has no such option");
    assert_wrong("c|calm" AT "|--subject|s", "--subject: calm has no such option");
}

static void a_drill_is_asked_for(void **state)
{
    (void)state;
    struct options options;
    char text[512];
    assert_int_equal(parse("c|drill" AT "|--subject|canal-3|--kind|level|--colour|red", &options, text, sizeof text),
                     SW_OK);
    assert_int_equal(options.mode, OPTIONS_COMMAND);
    assert_int_equal(options.command.verb, MESSAGE_VERB_DRILL);
    assert_string_equal(options.command.subject, "canal-3");
    assert_int_equal(options.command.kind, SW_ALERT_KIND_LEVEL);
    assert_int_equal(options.command.colour, SW_COLOUR_RED);
    assert_int_equal(options.command.until.ms, 0);
    assert_wrong("c|drill" AT "|--kind|level|--colour|red", "--subject: missing");
    assert_wrong("c|drill" AT "|--subject|s|--colour|red", "--kind: missing");
    assert_wrong("c|drill" AT "|--subject|s|--kind|level", "--colour: missing");
    assert_wrong("c|drill" AT "|--kind|quiet", "--kind: expected an alert kind that has a colour: quiet");
    assert_wrong("c|drill" AT "|--colour|green", "--colour: expected blue, yellow, orange or red: green");
    assert_wrong("c|drill" AT "|--subject|s|--kind|level|--colour|red|--alert|a", "--alert: drill has no such option");
    assert_wrong("c|resolve" AT "|--alert|a|--colour|red", "--colour: resolve has no such option");
    assert_wrong("c|back" AT "|--subject|h|--kind|level", "--kind: back has no such option");
}

static void the_weather_is_told(void **state)
{
    (void)state;
    struct options options;
    char text[512];
    assert_int_equal(parse("c|weather|--broker|h|--city|northport|--colour|red|--until|2026-12-24T18:00:00Z|--by|met|"
                           "--text|50 mm in 3 h",
                           &options, text, sizeof text),
                     SW_OK);
    assert_int_equal(options.mode, OPTIONS_WEATHER);
    assert_int_equal(options.weather.colour, SW_COLOUR_RED);
    assert_int_equal(options.weather.until.ms, INT64_C(1798135200000));
    assert_string_equal(options.weather.by, "met");
    assert_string_equal(options.weather.text, "50 mm in 3 h");
    assert_int_equal(
        parse("c|weather|--broker|h|--city|northport|--colour|green|--by|met", &options, text, sizeof text), SW_OK);
    assert_int_equal(options.weather.until.ms, 0);
}

static void wrong_lines_about_people_say_what_is_wrong(void **state)
{
    (void)state;
    assert_wrong("c|away" AT "|--until|2026-12-24T18:00:00Z", "--subject: missing");
    assert_wrong("c|away" AT "|--subject|home-1", "--until: missing");
    assert_wrong("c|away" AT "|--subject|Jane Doe", "--subject: expected an id: Jane Doe");
    assert_wrong("c|away" AT "|--until|tomorrow", "--until: expected a time as 2026-12-24T18:00:00+01:00: tomorrow");
    assert_wrong("c|away" AT "|--mode|holiday", "--mode: expected away, hospital or visitor: holiday");
    assert_wrong("c|away" AT "|--subject|h|--until|2026-12-24T18:00:00Z|--alert|a", "--alert: away has no such option");
    assert_wrong("c|away" AT "|--subject|h|--until|2026-12-24T18:00:00Z|--outcome|absent",
                 "--outcome: away has no such option");
    assert_wrong("c|away" AT "|--subject|h|--until|2026-12-24T18:00:00Z|--revision|1",
                 "--revision: away has no such option");
    assert_wrong("c|back" AT "|--subject|h|--until|2026-12-24T18:00:00Z", "--until: back has no such option");
    assert_wrong("c|back" AT "|--subject|h|--mode|away", "--mode: back has no such option");
    assert_wrong("c|feedback" AT "|--alert|a", "--outcome: missing");
    assert_wrong("c|feedback" AT "|--outcome|absent", "--alert: missing");
    assert_wrong("c|feedback" AT "|--alert|a|--outcome|fine",
                 "--outcome: expected false_alarm, absent, assisted or emergency: fine");
    assert_wrong("c|feedback" AT "|--alert|a|--outcome|absent|--revision|2", "--revision: feedback has no such option");
    assert_wrong("c|acknowledge" AT "|--alert|a|--outcome|absent", "--outcome: acknowledge has no such option");
    assert_wrong("c|dispatch" AT "|--alert|a|--subject|h", "--subject: dispatch has no such option");
    assert_wrong("c|weather|--broker|h|--colour|red", "--city: missing");
    assert_wrong("c|weather|--broker|h|--city|n|--by|met", "--colour: missing");
    assert_wrong("c|weather|--broker|h|--city|n|--colour|red|--by|met", "--until: missing");
    assert_wrong("c|weather|--broker|h|--city|n|--colour|green", "--by: missing");
    assert_wrong("c|weather|--broker|h|--colour|blue", "--colour: expected green, yellow, orange or red: blue");
    assert_wrong("c|weather|--broker|h|--gateway|g", "--gateway: unknown option, or its value is missing");
    assert_wrong("c|--broker|h|--until|2026-12-24T18:00:00Z", "--until: unknown option, or its value is missing");
}

static void wrong_lines_say_what_is_wrong(void **state)
{
    (void)state;
    assert_wrong("c", "--broker: missing");
    assert_wrong("c|watch",
                 "watch: expected board, map, weather, report, acknowledge, dispatch, resolve, away, back, feedback, "
                 "drill, silence, unsilence, maintenance, serviced, storm, calm or reload");
    assert_wrong("c|clear",
                 "clear: expected board, map, weather, report, acknowledge, dispatch, resolve, away, back, feedback, "
                 "drill, silence, unsilence, maintenance, serviced, storm, calm or reload");
    assert_wrong("c|--broker|h|--colour|red", "--colour: unknown option, or its value is missing");
    assert_wrong("c|--broker", "--broker: unknown option, or its value is missing");
    assert_wrong("c|--broker|h|more", "more: unexpected");
    assert_wrong("c|--broker|h|--city|a/b", "--city: expected an id: a/b");
    assert_wrong("c|--broker|h|--gateway|+", "--gateway: expected an id: +");
    assert_wrong("c|--broker|h|--duration|-1", "--duration: expected seconds: -1");
    assert_wrong("c|--broker|h|--duration|soon", "--duration: expected seconds: soon");
    assert_wrong("c|--broker|h|--duration|nan", "--duration: expected seconds: nan");
    assert_wrong("c|--broker|h|--acknowledge|flood=o", "--acknowledge: expected KIND=BY or KIND:COLOUR=BY: flood=o");
    assert_wrong("c|--broker|h|--acknowledge|level:pink=o",
                 "--acknowledge: expected KIND=BY or KIND:COLOUR=BY: level:pink=o");
    assert_wrong("c|--broker|h|--acknowledge|level", "--acknowledge: expected KIND=BY or KIND:COLOUR=BY: level");
    assert_wrong("c|--broker|h|--acknowledge|level=Jane Doe",
                 "--acknowledge: expected KIND=BY or KIND:COLOUR=BY: level=Jane Doe");
    assert_wrong("c|--broker|h|--password-file|f", "--username: missing");
    assert_wrong("c|--broker|h|--ca-file|f|--key-file|k",
                 "--certificate-file and --key-file: expected both or neither");
    assert_wrong("c|--broker|h|--key-file|k|--certificate-file|f", "--ca-file: missing");
    assert_wrong("c|acknowledge|--broker|h|--gateway|g|--alert|a|--by|o", "--city: missing");
    assert_wrong("c|acknowledge|--broker|h|--city|c|--alert|a|--by|o", "--gateway: expected exactly one");
    assert_wrong("c|acknowledge|--broker|h|--city|c|--gateway|g|--by|o", "--alert: missing");
    assert_wrong("c|acknowledge|--broker|h|--city|c|--gateway|g|--alert|a", "--by: missing");
    assert_wrong("c|acknowledge|--broker|h|--by|Jane Doe", "--by: expected an id, not a name with spaces: Jane Doe");
    assert_wrong("c|acknowledge|--broker|h|--revision|0", "--revision: expected a number from 1: 0");
    assert_wrong("c|acknowledge|--broker|h|--revision|1x", "--revision: expected a number from 1: 1x");
    assert_wrong("c|acknowledge|--broker|h|--duration|1", "--duration: unknown option, or its value is missing");
    assert_wrong("c|acknowledge|--broker|h|--city|c|--gateway|g|--alert|a|--by|o|--json|f", "--json: expected -");
}

static void help_needs_nothing_else(void **state)
{
    (void)state;
    struct options options;
    char text[64];
    assert_int_equal(parse("c|--help", &options, text, sizeof text), SW_OK);
    assert_int_equal(options.mode, OPTIONS_HELP);
    assert_non_null(strstr(options_usage, "--acknowledge"));
}

#define REPORT "c|report|--broker|b|--city|n|--kind|flood|--at|31.5,-121.25|--by|worker-7|--source|"

static void a_report_is_taken_apart(void **state)
{
    (void)state;
    struct options options;
    char text[256];
    assert_int_equal(
        parse(REPORT "worker|--colour|red|--text|knee-deep|--grid|n/east|--id|r-1", &options, text, sizeof text),
        SW_OK);
    assert_int_equal(options.mode, OPTIONS_REPORT);
    assert_int_equal(options.report.kind, SW_REPORT_FLOOD);
    assert_int_equal(options.report.source, SW_REPORT_SOURCE_WORKER);
    assert_int_equal(options.report.colour, SW_COLOUR_RED);
    assert_true(options.report.place.known);
    assert_int_equal((int)(options.report.place.latitude * 4), 126);
    assert_int_equal((int)(options.report.place.longitude * 4), -485);
    assert_string_equal(options.report.place.grid, "n/east");
    assert_string_equal(options.report.by, "worker-7");
    assert_string_equal(options.report.text, "knee-deep");
    assert_string_equal(options.report.id, "r-1");
    assert_int_equal(parse(REPORT "citizen|--portal|portal-1", &options, text, sizeof text), SW_OK);
    assert_string_equal(options.portal, "portal-1");
}

static void a_report_that_lacks_something_is_refused(void **state)
{
    (void)state;
    assert_wrong(REPORT "citizen", "--portal: missing");
    assert_wrong(REPORT "worker|--portal|p", "--portal: only with --source citizen");
    assert_wrong(REPORT "citizen|--portal|p|--colour|red", "--colour: only with --source worker");
    assert_wrong(REPORT "sensor", "--source: expected worker or citizen: sensor");
    assert_wrong("c|report|--broker|b|--city|n|--kind|fire",
                 "--kind: expected flood, cover_open, person_needs_help, leak, sensor_fault or all_clear: fire");
    assert_wrong("c|report|--broker|b|--city|n|--at|31", "--at: expected LATITUDE,LONGITUDE in degrees: 31");
    assert_wrong("c|report|--broker|b|--city|n|--at|91,0", "--at: expected LATITUDE,LONGITUDE in degrees: 91,0");
    assert_wrong("c|report|--broker|b|--city|n|--kind|flood|--by|w|--source|worker", "--at: missing");
}

static void a_board_follows_or_is_printed_once(void **state)
{
    (void)state;
    struct options options;
    char text[512];
    assert_int_equal(parse("c|board|--broker|h|--gateway|gw-1|--gateway|gw-2", &options, text, sizeof text), SW_OK);
    assert_int_equal(options.mode, OPTIONS_BOARD);
    assert_int_equal(options.gateway_count, 2);
    assert_false(options.once);
    assert_int_equal(parse("c|board|--broker|h|--once|--timeout|3", &options, text, sizeof text), SW_OK);
    assert_true(options.once);
    assert_wrong("c|map|--broker|h|--once", "--once: unknown option, or its value is missing");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_board_follows_or_is_printed_once),
        cmocka_unit_test(a_report_is_taken_apart),
        cmocka_unit_test(a_report_that_lacks_something_is_refused),
        cmocka_unit_test(a_broker_is_named_in_many_ways),
        cmocka_unit_test(a_watch_takes_filters_and_rules),
        cmocka_unit_test(a_command_takes_what_the_message_has),
        cmocka_unit_test(a_map_takes_what_to_look_at),
        cmocka_unit_test(homes_and_outcomes_are_told),
        cmocka_unit_test(a_silence_has_a_scope_an_end_an_author_and_a_reason),
        cmocka_unit_test(storm_watch_is_asked_for),
        cmocka_unit_test(a_drill_is_asked_for),
        cmocka_unit_test(the_weather_is_told),
        cmocka_unit_test(wrong_lines_about_people_say_what_is_wrong),
        cmocka_unit_test(wrong_lines_say_what_is_wrong),
        cmocka_unit_test(help_needs_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
