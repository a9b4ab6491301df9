/* Commands that are wrong and what is said of them; used by test_command.c and, against the JSON Schema, by
 * message_bodies.c. */
#ifndef TESTS_UNIT_MESSAGE_COMMANDS_H
#define TESTS_UNIT_MESSAGE_COMMANDS_H

#include <stdbool.h>

#define ID_64         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define NOTE_32       "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HEAD(command) "{\"schema\":\"stillwater.command/1\",\"command\":\"" command "\""
#define AWAY(rest)    HEAD("away") ",\"subject\":\"home-1\",\"by\":\"o\"" rest "}"
#define DRILL(rest)   HEAD("drill") ",\"subject\":\"canal-3\",\"by\":\"o\"" rest "}"
#define SILENCE(rest) HEAD("silence") ",\"note\":\"works\",\"by\":\"o\"" rest "}"
#define UNTIL         ",\"until\":\"2026-12-24T18:00:00+01:00\""
#define START         "{\"schema\":\"stillwater.command/1\",\"command\":\"acknowledge\""
#define GOOD          START ",\"alert\":\"gw-1.level.canal-3.20261122T034000000Z\",\"by\":\"officer-12\""

struct wrong_command {
    const char *payload;
    const char *reason;
    bool schema_cannot_tell; /* it is about bytes or syntax, not about JSON values */
};

static const struct wrong_command wrong_commands[] = {
    {"", "line 1, column 0: unexpected token near end of file", true},
    {"acknowledge", "line 1, column 11: invalid token near 'acknowledge'", true},
    {"{\"schema\":", "line 1, column 10: unexpected token near end of file", true},
    {GOOD "} x", "line 1, column 126: end of file expected near 'x'", true},
    {"[]", "found an array, expected an object", false},
    {"\"acknowledge\"", "found a string, expected an object", false},
    {"null", "found null, expected an object", false},
    {"{}", "schema: missing", false},
    {"{\"schema\":1}", "schema: found an integer, expected a string", false},
    {"{\"schema\":\"stillwater.command/2\",\"command\":\"acknowledge\"}",
     "schema: found \"stillwater.command/2\", expected \"stillwater.command/1\"", false},
    {"{\"schema\":\"stillwater.alert/1\"}", "schema: found \"stillwater.alert/1\", expected \"stillwater.command/1\"",
     false},
    {GOOD ",\"priority\":1}", "priority: no such member", false},
    {GOOD ",\"Note\":\"x\"}", "Note: no such member", false},
    {GOOD ",\"by\":\"officer-13\"}", "line 1, column 128: duplicate object key near '\"by\"'", true},
    {"{\"schema\":\"stillwater.command/1\",\"alert\":\"a\",\"by\":\"o\"}", "command: missing", false},
    {"{\"schema\":\"stillwater.command/1\",\"command\":7,\"alert\":\"a\",\"by\":\"o\"}",
     "command: found an integer, expected a string", false},
    {"{\"schema\":\"stillwater.command/1\",\"command\":\"open\",\"alert\":\"a\",\"by\":\"o\"}",
     "command: found \"open\", expected acknowledge, dispatch, resolve, away, back, feedback, drill, silence, "
     "unsilence, maintenance, serviced, storm, calm or reload",
     false},
    /* An action of the core's own is not a person's to take. */
    {"{\"schema\":\"stillwater.command/1\",\"command\":\"clear\",\"alert\":\"a\",\"by\":\"o\"}",
     "command: found \"clear\", expected acknowledge, dispatch, resolve, away, back, feedback, drill, silence, "
     "unsilence, maintenance, serviced, storm, calm or reload",
     false},
    {"{\"schema\":\"stillwater.command/1\",\"command\":\"\",\"alert\":\"a\",\"by\":\"o\"}",
     "command: found \"\", expected acknowledge, dispatch, resolve, away, back, feedback, drill, silence, unsilence, "
     "maintenance, serviced, storm, calm or reload",
     false},
    {START ",\"by\":\"o\"}", "alert: missing", false},
    {START ",\"alert\":null,\"by\":\"o\"}", "alert: found null, expected a string", false},
    {START ",\"alert\":\"\",\"by\":\"o\"}", "alert: found \"\", expected an alert id", false},
    {START ",\"alert\":\"a/b\",\"by\":\"o\"}", "alert: found \"a/b\", expected an alert id", false},
    {START ",\"alert\":\".a\",\"by\":\"o\"}", "alert: found \".a\", expected an alert id", false},
    {START ",\"alert\":\"" ID_64 ID_64 ID_64 "\",\"by\":\"o\"}", "alert: 192 bytes long, expected at most 175", false},
    {GOOD ",\"revision\":0}", "revision: found 0, expected 1 to 4294967295", false},
    {GOOD ",\"revision\":-1}", "revision: found -1, expected 1 to 4294967295", false},
    {GOOD ",\"revision\":4294967296}", "revision: found 4294967296, expected 1 to 4294967295", false},
    {GOOD ",\"revision\":99999999999999999999}", "line 1, column 155: too big integer near '99999999999999999999'",
     true},
    /* JSON Schema counts 1.0 among the integers. */
    {GOOD ",\"revision\":1.0}", "revision: found a decimal, expected an integer", true},
    {GOOD ",\"revision\":\"1\"}", "revision: found a string, expected an integer", false},
    {GOOD ",\"revision\":true}", "revision: found a boolean, expected an integer", false},
    {START ",\"alert\":\"a\"}", "by: missing", false},
    {START ",\"alert\":\"a\",\"by\":{}}", "by: found an object, expected a string", false},
    {START ",\"alert\":\"a\",\"by\":\"\"}",
     "by: found \"\", expected 1 to 63 letters, digits, '-', '_' or '.', the first one a letter or digit", false},
    {START ",\"alert\":\"a\",\"by\":\"Jane Doe\"}",
     "by: found \"Jane Doe\", expected 1 to 63 letters, digits, '-', '_' or '.', the first one a letter or digit",
     false},
    {START ",\"alert\":\"a\",\"by\":\"" ID_64 "\"}", "by: 64 bytes long, expected at most 63", false},
    {GOOD ",\"note\":5}", "note: found an integer, expected a string", false},
    {GOOD ",\"note\":[\"x\"]}", "note: found an array, expected a string", false},
    {GOOD ",\"note\":\"" NOTE_32 NOTE_32 NOTE_32 NOTE_32 NOTE_32 NOTE_32 NOTE_32 NOTE_32 "\"}",
     "note: 256 bytes long, expected at most 255", false},
    {GOOD ",\"note\":\"a\\nb\"}", "note: holds a control character at byte 1", false},
    {GOOD ",\"note\":\"a\\u001b[31m\"}", "note: holds a control character at byte 1", false},
    {GOOD ",\"note\":\"a\\u009b31m\"}", "note: holds a control character at byte 1", false},
    {GOOD ",\"note\":\"\\u0000\"}",
     "line 1, column 139: \\u0000 is not allowed without JSON_ALLOW_NUL near '\"\\u0000\"'", true},
    {GOOD ",\"note\":\"a\nb\"}", "line 1, column 133: unexpected newline near '\"a'", true},
    {GOOD ",\"note\":\"\xff\"}", "line 1, column 132: unable to decode byte 0xff near '\"'", true},
    {GOOD ",\"note\":\"\xc0\x80\"}", "line 1, column 132: unable to decode byte 0xc0 near '\"'", true},
    /* Members of another command are none of this one's. */
    {GOOD ",\"outcome\":\"absent\"}", "outcome: no such member", false},
    {GOOD ",\"subject\":\"home-1\"}", "subject: no such member", false},
    {GOOD UNTIL "}", "until: no such member", false},
    {HEAD("resolve") ",\"alert\":\"a\",\"by\":\"o\",\"outcome\":\"\"}",
     "outcome: found \"\", expected false_alarm, absent, assisted or emergency", false},
    {HEAD("resolve") ",\"alert\":\"a\",\"by\":\"o\",\"outcome\":\"none\"}",
     "outcome: found \"none\", expected false_alarm, absent, assisted or emergency", false},
    {HEAD("resolve") ",\"alert\":\"a\",\"by\":\"o\",\"outcome\":1}", "outcome: found an integer, expected a string",
     false},
    {AWAY(UNTIL), "mode: missing", false},
    {AWAY(",\"mode\":\"away\""), "until: missing", false},
    {AWAY(UNTIL ",\"mode\":\"none\""), "mode: found \"none\", expected away, hospital or visitor", false},
    {AWAY(UNTIL ",\"mode\":\"holiday\""), "mode: found \"holiday\", expected away, hospital or visitor", false},
    {AWAY(UNTIL ",\"mode\":null"), "mode: found null, expected a string", false},
    {AWAY(UNTIL ",\"mode\":\"away\",\"alert\":\"a\""), "alert: no such member", false},
    {AWAY(",\"mode\":\"away\",\"until\":\"tomorrow\""), "until: found \"tomorrow\", expected an RFC 3339 time", false},
    {AWAY(",\"mode\":\"away\",\"until\":\"2026-12-24T18:00:00\""),
     "until: found \"2026-12-24T18:00:00\", expected an RFC 3339 time", false},
    {AWAY(",\"mode\":\"away\",\"until\":\"2026-02-30T18:00:00Z\""),
     "until: found \"2026-02-30T18:00:00Z\", expected an RFC 3339 time", true},
    {AWAY(",\"mode\":\"away\",\"until\":1795318800"), "until: found an integer, expected a string", false},
    {HEAD("away") UNTIL ",\"mode\":\"away\",\"by\":\"o\"}", "subject: missing", false},
    {HEAD("away") UNTIL ",\"mode\":\"away\",\"by\":\"o\",\"subject\":\"12 Mill Lane\"}",
     "subject: found \"12 Mill Lane\", expected 1 to 63 letters, digits, '-', '_' or '.', the first one a letter or "
     "digit",
     false},
    {HEAD("back") ",\"by\":\"o\"}", "subject: missing", false},
    {HEAD("back") ",\"subject\":\"home-1\"}", "by: missing", false},
    {HEAD("back") UNTIL ",\"subject\":\"home-1\",\"by\":\"o\"}", "until: no such member", false},
    {HEAD("feedback") ",\"alert\":\"a\",\"by\":\"o\"}", "outcome: missing", false},
    {HEAD("feedback") ",\"outcome\":\"absent\",\"by\":\"o\"}", "alert: missing", false},
    {HEAD("feedback") ",\"alert\":\"a\",\"outcome\":\"absent\",\"by\":\"o\",\"revision\":1}",
     "revision: no such member", false},
    {DRILL(",\"colour\":\"red\""), "kind: missing", false},
    {DRILL(",\"kind\":\"level\""), "colour: missing", false},
    {DRILL(",\"kind\":\"flood\",\"colour\":\"red\""), "kind: found \"flood\", expected an alert kind that has a colour",
     false},
    {DRILL(",\"kind\":\"quiet\",\"colour\":\"red\""), "kind: found \"quiet\", expected an alert kind that has a colour",
     false},
    {DRILL(",\"kind\":\"level\",\"colour\":\"green\""), "colour: found \"green\", expected blue, yellow, orange or red",
     false},
    {DRILL(",\"kind\":\"level\",\"colour\":\"pink\""), "colour: found \"pink\", expected blue, yellow, orange or red",
     false},
    {DRILL(",\"kind\":\"level\",\"colour\":\"red\",\"until\":\"tomorrow\""),
     "until: found \"tomorrow\", expected an RFC 3339 time", false},
    {DRILL(",\"kind\":\"level\",\"colour\":\"red\",\"mode\":\"away\""), "mode: no such member", false},
    {HEAD("storm") ",\"by\":\"o\"}", "until: missing", false},
    {HEAD("storm") UNTIL ",\"subject\":\"a\",\"by\":\"o\"}", "subject: no such member", false},
    {HEAD("calm") UNTIL ",\"by\":\"o\"}", "until: no such member", false},
    {HEAD("calm") "}", "by: missing", false},
    {HEAD("reload") ",\"subject\":\"s\",\"by\":\"o\"}", "subject: no such member", false},
    {HEAD("drill") ",\"kind\":\"level\",\"colour\":\"red\",\"by\":\"o\"}", "subject: missing", false},
    {AWAY(UNTIL ",\"mode\":\"away\",\"kind\":\"level\""), "kind: no such member", false},
    {SILENCE(UNTIL), "subject: missing", false},
    {SILENCE(UNTIL ",\"subject\":\"s\",\"area\":\"a\""), "area: found beside subject, expected one of the two", false},
    {SILENCE(UNTIL ",\"area\":\"a//b\""), "area: found \"a//b\", expected levels joined by '/', without '+' and '#'",
     false},
    {SILENCE(UNTIL ",\"subject\":\"s\",\"kind\":\"flood\""), "kind: found \"flood\", expected an alert kind", false},
    {SILENCE(UNTIL ",\"subject\":\"s\",\"colour\":\"green\""),
     "colour: found \"green\", expected blue, yellow, orange or red", false},
    {SILENCE(",\"subject\":\"s\""), "until: missing", false},
    {SILENCE(UNTIL ",\"subject\":\"s\",\"mode\":\"away\""), "mode: no such member", false},
    {HEAD("silence") UNTIL ",\"subject\":\"s\",\"by\":\"o\"}", "note: missing", false},
    {HEAD("unsilence") UNTIL ",\"subject\":\"s\",\"by\":\"o\"}", "until: no such member", false},
    {HEAD("unsilence") ",\"by\":\"o\"}", "subject: missing", false},
    {HEAD("maintenance") ",\"subject\":\"s\",\"by\":\"o\"}", "until: missing", false},
    {HEAD("maintenance") UNTIL ",\"area\":\"a\",\"by\":\"o\"}", "area: no such member", false},
    {HEAD("serviced") UNTIL ",\"subject\":\"s\",\"by\":\"o\"}", "until: no such member", false},
};

#define WRONG_COMMAND_COUNT (sizeof wrong_commands / sizeof wrong_commands[0])

static const char *const good_commands[] = {
    SILENCE(UNTIL ",\"subject\":\"canal-3\""),
    SILENCE(UNTIL ",\"area\":\"northport/east\",\"kind\":\"quiet\",\"colour\":\"red\""),
    HEAD("unsilence") ",\"area\":\"northport/east\",\"kind\":\"level\",\"by\":\"o\"}",
    HEAD("maintenance") UNTIL ",\"subject\":\"canal-3\",\"by\":\"o\"}",
    HEAD("serviced") ",\"subject\":\"canal-3\",\"by\":\"o\",\"note\":\"new probe\"}",
    GOOD "}",
    GOOD ",\"revision\":1}",
    GOOD ",\"revision\":4294967295}",
    GOOD ",\"note\":\"\"}",
    GOOD ",\"note\":\"door opened, caf\xc3\xa9 \xe6\xb0\xb4\"}",
    " \n\t" GOOD " }\n",
    "{\"by\":\"o\",\"alert\":\"a\",\"command\":\"resolve\",\"schema\":\"stillwater.command/1\"}",
    "{\"by\":\"o\",\"alert\":\"a\",\"command\":\"dispatch\",\"schema\":\"stillwater.command/1\"}",
    HEAD("resolve") ",\"alert\":\"a\",\"by\":\"o\",\"outcome\":\"assisted\",\"revision\":2,\"note\":\"fell\"}",
    AWAY(UNTIL ",\"mode\":\"away\""),
    AWAY(UNTIL ",\"mode\":\"hospital\",\"note\":\"St Mary\""),
    AWAY(",\"mode\":\"visitor\",\"until\":\"2026-12-24t18:00:00.250z\""),
    HEAD("back") ",\"subject\":\"home-1\",\"by\":\"o\"}",
    DRILL(",\"kind\":\"level\",\"colour\":\"red\""),
    HEAD("storm") UNTIL ",\"by\":\"o\"}",
    HEAD("calm") ",\"by\":\"o\",\"note\":\"over\"}",
    HEAD("reload") ",\"by\":\"o\"}",
    DRILL(UNTIL ",\"kind\":\"cover_open\",\"colour\":\"blue\",\"note\":\"yearly\""),
    HEAD("feedback") ",\"alert\":\"a\",\"outcome\":\"false_alarm\",\"by\":\"o\"}",
    HEAD("feedback") ",\"alert\":\"a\",\"outcome\":\"emergency\",\"by\":\"o\",\"note\":\"x\"}",
};

#define GOOD_COMMAND_COUNT (sizeof good_commands / sizeof good_commands[0])

#endif
