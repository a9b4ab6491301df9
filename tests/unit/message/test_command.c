/* Commands: what is taken, what is refused, and what is said of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "commands.h"
#include "message/message.h"
#include "stillwater/error.h"
#include "support/exact.h"

static int decode(const char *payload, size_t size, struct message_command *command, char *text, size_t text_size)
{
    char *exact = exact_copy(payload, size);
    int error = message_command_decode(exact, size, command, text, text_size);
    free(exact);
    return error;
}

static void every_wrong_command_is_refused_with_its_reason(void **state)
{
    (void)state;
    static const struct message_command nothing;
    unsigned wrong = 0;
    for (size_t i = 0; i < WRONG_COMMAND_COUNT; i++) {
        struct message_command command;
        char text[256] = "";
        int error = decode(wrong_commands[i].payload, strlen(wrong_commands[i].payload), &command, text, sizeof text);
        assert_memory_equal(&command, &nothing, sizeof nothing);
        if (error == SW_ERROR_MESSAGE && strcmp(text, wrong_commands[i].reason) == 0) continue;
        print_error("%s\n  found:    %s\n  expected: %s\n", wrong_commands[i].payload, text, wrong_commands[i].reason);
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

static void every_good_command_is_taken(void **state)
{
    (void)state;
    for (size_t i = 0; i < GOOD_COMMAND_COUNT; i++) {
        struct message_command command;
        char text[256] = "";
        int error = decode(good_commands[i], strlen(good_commands[i]), &command, text, sizeof text);
        if (error != SW_OK) fail_msg("%s: %s", good_commands[i], text);
    }
}

static void members_arrive_where_they_belong(void **state)
{
    (void)state;
    const char payload[] =
        "{\"schema\":\"stillwater.command/1\",\"command\":\"dispatch\",\"alert\":\"gw-1.level.c.2026\","
        "\"revision\":3,\"by\":\"officer-12\",\"note\":\"pump on its way\"}";
    struct message_command command;
    char text[256];
    assert_int_equal(decode(payload, strlen(payload), &command, text, sizeof text), SW_OK);
    assert_int_equal(command.action, SW_ALERT_ACTION_DISPATCH);
    assert_string_equal(command.alert_id, "gw-1.level.c.2026");
    assert_int_equal(command.revision, 3);
    assert_string_equal(command.by, "officer-12");
    assert_string_equal(command.note, "pump on its way");
    char *body = message_command_encode(&command);
    assert_string_equal(body, payload);
    free(body);
}

static void what_is_said_of_a_home_arrives_where_it_belongs(void **state)
{
    (void)state;
    const char payload[] =
        "{\"schema\":\"stillwater.command/1\",\"command\":\"away\",\"subject\":\"home-4f21\",\"mode\":\"hospital\","
        "\"until\":\"2026-12-24T17:00:00.000Z\",\"by\":\"carer-3\",\"note\":\"until Christmas\"}";
    struct message_command command;
    char text[256];
    assert_int_equal(decode(payload, strlen(payload), &command, text, sizeof text), SW_OK);
    assert_int_equal(command.verb, MESSAGE_VERB_AWAY);
    assert_string_equal(message_command_name(&command), "away");
    assert_string_equal(command.subject, "home-4f21");
    assert_int_equal(command.mode, SW_AWAY_HOSPITAL);
    assert_int_equal(command.until.ms, INT64_C(1798131600000));
    assert_string_equal(command.by, "carer-3");
    assert_string_equal(command.note, "until Christmas");
    char *body = message_command_encode(&command);
    assert_string_equal(body, payload);
    free(body);
}

static void what_came_of_an_alert_arrives_where_it_belongs(void **state)
{
    (void)state;
    static const char *const payloads[] = {
        "{\"schema\":\"stillwater.command/1\",\"command\":\"feedback\",\"alert\":\"gw-1.no_use.h.2026\","
        "\"outcome\":\"assisted\",\"by\":\"carer-3\"}",
        "{\"schema\":\"stillwater.command/1\",\"command\":\"resolve\",\"alert\":\"gw-1.no_use.h.2026\",\"revision\":4,"
        "\"outcome\":\"assisted\",\"by\":\"carer-3\"}",
    };
    for (size_t i = 0; i < 2; i++) {
        struct message_command command;
        char text[256];
        assert_int_equal(decode(payloads[i], strlen(payloads[i]), &command, text, sizeof text), SW_OK);
        assert_int_equal(command.verb, i == 0 ? MESSAGE_VERB_FEEDBACK : MESSAGE_VERB_ACT);
        assert_int_equal(command.outcome, SW_OUTCOME_ASSISTED);
        assert_string_equal(command.alert_id, "gw-1.no_use.h.2026");
        char *body = message_command_encode(&command);
        assert_string_equal(body, payloads[i]);
        free(body);
    }
}

static void a_drill_arrives_as_it_was_asked_for(void **state)
{
    (void)state;
    const char payload[] =
        "{\"schema\":\"stillwater.command/1\",\"command\":\"drill\",\"subject\":\"canal-3\",\"kind\":\"level\","
        "\"colour\":\"red\",\"until\":\"2026-12-24T17:00:00.000Z\",\"by\":\"officer-12\"}";
    struct message_command command;
    char text[256];
    assert_int_equal(decode(payload, strlen(payload), &command, text, sizeof text), SW_OK);
    assert_int_equal(command.verb, MESSAGE_VERB_DRILL);
    assert_string_equal(command.subject, "canal-3");
    assert_int_equal(command.kind, SW_ALERT_KIND_LEVEL);
    assert_int_equal(command.colour, SW_COLOUR_RED);
    assert_int_equal(command.until.ms, INT64_C(1798131600000));
    char *body = message_command_encode(&command);
    assert_string_equal(body, payload);
    free(body);
}

static void a_silence_arrives_as_it_was_set(void **state)
{
    (void)state;
    const char payload[] = "{\"schema\":\"stillwater.command/1\",\"command\":\"silence\",\"area\":\"northport/east\","
                           "\"kind\":\"level\",\"colour\":\"orange\",\"until\":\"2026-12-24T17:00:00.000Z\","
                           "\"by\":\"officer-12\",\"note\":\"pump works\"}";
    struct message_command command;
    char text[256];
    assert_int_equal(decode(payload, strlen(payload), &command, text, sizeof text), SW_OK);
    assert_int_equal(command.verb, MESSAGE_VERB_SILENCE);
    assert_string_equal(command.area, "northport/east");
    assert_string_equal(command.subject, "");
    char *body = message_command_encode(&command);
    assert_string_equal(body, payload);
    free(body);
    /* Without a colour red is still told. */
    const char *plain = HEAD("silence") UNTIL ",\"subject\":\"s\",\"note\":\"n\",\"by\":\"o\"}";
    assert_int_equal(decode(plain, strlen(plain), &command, text, sizeof text), SW_OK);
    assert_int_equal(command.colour, SW_COLOUR_ORANGE);
}

static void every_command_has_a_name(void **state)
{
    (void)state;
    static const char *const names[] = {"acknowledge", "dispatch", "resolve", "away",      "back",
                                        "feedback",    "drill",    "silence", "unsilence", "maintenance",
                                        "serviced",    "storm",    "calm",    "reload"};
    struct message_command command;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_int_equal(message_command_from_name(names[i], &command), SW_OK);
        assert_string_equal(message_command_name(&command), names[i]);
    }
    assert_int_equal(message_command_from_name("worsen", &command), SW_ERROR_NOT_FOUND);
    assert_int_equal(message_command_from_name("", &command), SW_ERROR_NOT_FOUND);
}

static void what_may_be_absent_is_absent(void **state)
{
    (void)state;
    struct message_command command = {.action = SW_ALERT_ACTION_RESOLVE, .alert_id = "a", .by = "o"};
    char *body = message_command_encode(&command);
    assert_string_equal(body,
                        "{\"schema\":\"stillwater.command/1\",\"command\":\"resolve\",\"alert\":\"a\",\"by\":\"o\"}");
    char text[64];
    assert_int_equal(decode(body, strlen(body), &command, text, sizeof text), SW_OK);
    assert_int_equal(command.revision, 0);
    assert_string_equal(command.note, "");
    free(body);
}

static void a_cut_command_is_refused_wherever_it_is_cut(void **state)
{
    (void)state;
    const char payload[] = GOOD ",\"revision\":3,\"note\":\"caf\xc3\xa9\"}";
    for (size_t size = 0; size < sizeof payload - 1; size++) {
        struct message_command command;
        char text[256] = "";
        assert_int_equal(decode(payload, size, &command, text, sizeof text), SW_ERROR_MESSAGE);
        assert_true(text[0] != '\0');
    }
}

static void a_command_of_more_than_4096_bytes_is_not_even_parsed(void **state)
{
    (void)state;
    char payload[4098];
    struct message_command command;
    char text[256];
    memset(payload, ' ', sizeof payload);
    memcpy(payload, GOOD "}", strlen(GOOD "}"));
    assert_int_equal(decode(payload, 4096, &command, text, sizeof text), SW_OK);
    assert_int_equal(decode(payload, 4097, &command, text, sizeof text), SW_ERROR_MESSAGE);
    assert_string_equal(text, "message of 4097 bytes, expected at most 4096");
}

static void a_deep_nest_is_refused_without_harm(void **state)
{
    (void)state;
    char payload[4096];
    struct message_command command;
    char text[256];
    memset(payload, '[', sizeof payload);
    assert_int_equal(decode(payload, sizeof payload, &command, text, sizeof text), SW_ERROR_MESSAGE);
    assert_non_null(strstr(text, "maximum parsing depth reached"));
}

/* The reason quotes bytes from outside and goes to logs and terminals. */
static void the_reason_holds_no_control_characters(void **state)
{
    (void)state;
    const char payload[] = "{\"schema\":\"stillwater.command/1\",\"a\\u001b[31mb\":1}";
    struct message_command command;
    char text[256];
    assert_int_equal(decode(payload, strlen(payload), &command, text, sizeof text), SW_ERROR_MESSAGE);
    for (const char *at = text; *at != '\0'; at++)
        assert_true((unsigned char)*at >= 0x20);
}

static void a_short_buffer_for_the_reason_is_not_overrun(void **state)
{
    (void)state;
    for (size_t size = 0; size <= 40; size++) {
        struct message_command command;
        char *text = malloc(size > 0 ? size : 1);
        assert_int_equal(message_command_decode("{}", 2, &command, text, size), SW_ERROR_MESSAGE);
        free(text);
    }
}

static void a_result_is_encoded_and_decoded(void **state)
{
    (void)state;
    struct message_command_result result = {"gw-1.level.c.2026", 4, SW_ERROR_STALE, "the alert is at revision 4", NULL};
    struct message_command_answer answer;
    char text[256];
    char *body = message_command_result_encode(&result, sw_wall_from_ms(INT64_C(1795318800000)));
    assert_string_equal(body,
                        "{\"schema\":\"stillwater.command-result/1\",\"alert\":\"gw-1.level.c.2026\",\"revision\":4,"
                        "\"accepted\":false,\"error\":\"STALE\",\"text\":\"the alert is at revision 4\","
                        "\"time\":\"2026-11-22T03:40:00.000Z\"}");
    assert_int_equal(message_command_result_decode(body, strlen(body), &answer, text, sizeof text), SW_OK);
    assert_string_equal(answer.alert_id, "gw-1.level.c.2026");
    assert_int_equal(answer.revision, 4);
    assert_false(answer.accepted);
    assert_string_equal(answer.error, "STALE");
    assert_string_equal(answer.text, "the alert is at revision 4");
    free(body);
}

static void a_result_about_a_home_names_it(void **state)
{
    (void)state;
    struct message_command_result result = {"", 0, SW_OK, "away until 2026-12-24T17:00:00.000Z", "home-4f21"};
    struct message_command_answer answer;
    char text[256];
    char *body = message_command_result_encode(&result, sw_wall_from_ms(INT64_C(1795318800000)));
    assert_string_equal(body, "{\"schema\":\"stillwater.command-result/1\",\"subject\":\"home-4f21\",\"accepted\":true,"
                              "\"error\":\"OK\",\"text\":\"away until 2026-12-24T17:00:00.000Z\","
                              "\"time\":\"2026-11-22T03:40:00.000Z\"}");
    assert_int_equal(message_command_result_decode(body, strlen(body), &answer, text, sizeof text), SW_OK);
    assert_string_equal(answer.subject, "home-4f21");
    assert_string_equal(answer.alert_id, "");
    assert_true(answer.accepted);
    free(body);
}

/* The reason a wrong command got may be long and hold anything; the answer must still be one. */
static void a_result_with_a_long_text_is_cut_and_still_decodes(void **state)
{
    (void)state;
    char reason[1000];
    for (size_t i = 0; i + 3 < sizeof reason; i += 3)
        memcpy(reason + i, "\xe6\xb0\xb4", 3);
    reason[999] = '\0';
    struct message_command_result result = {"", 0, SW_ERROR_MESSAGE, reason, NULL};
    struct message_command_answer answer;
    char text[256];
    char *body = message_command_result_encode(&result, sw_wall_from_ms(0));
    assert_null(strstr(body, "\"alert\""));
    assert_null(strstr(body, "\"revision\""));
    assert_int_equal(message_command_result_decode(body, strlen(body), &answer, text, sizeof text), SW_OK);
    assert_int_equal(strlen(answer.text), 255);
    assert_string_equal(answer.error, "MESSAGE");
    free(body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_wrong_command_is_refused_with_its_reason),
        cmocka_unit_test(every_good_command_is_taken),
        cmocka_unit_test(members_arrive_where_they_belong),
        cmocka_unit_test(what_is_said_of_a_home_arrives_where_it_belongs),
        cmocka_unit_test(what_came_of_an_alert_arrives_where_it_belongs),
        cmocka_unit_test(a_drill_arrives_as_it_was_asked_for),
        cmocka_unit_test(a_silence_arrives_as_it_was_set),
        cmocka_unit_test(every_command_has_a_name),
        cmocka_unit_test(what_may_be_absent_is_absent),
        cmocka_unit_test(a_cut_command_is_refused_wherever_it_is_cut),
        cmocka_unit_test(a_command_of_more_than_4096_bytes_is_not_even_parsed),
        cmocka_unit_test(a_deep_nest_is_refused_without_harm),
        cmocka_unit_test(the_reason_holds_no_control_characters),
        cmocka_unit_test(a_short_buffer_for_the_reason_is_not_overrun),
        cmocka_unit_test(a_result_is_encoded_and_decoded),
        cmocka_unit_test(a_result_about_a_home_names_it),
        cmocka_unit_test(a_result_with_a_long_text_is_cut_and_still_decodes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
