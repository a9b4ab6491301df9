/* What is worst: what gateways say, as the officer sees it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "centre/board.h"
#include "stillwater/error.h"

#define NOW                                                                                                            \
    {                                                                                                                  \
        1795318920000                                                                                                  \
    } /* 2026-11-22T03:42:00Z */
#define TOPIC(x) "stillwater/northport/gw-1/" x
#define COMMON   "\"city\":\"northport\",\"gateway\":\"gw-1\""

#define ALERT(kind, subject, state, colour, raised, more)                                                              \
    "{\"id\":\"gw-1." kind "." subject "\",\"revision\":2,\"kind\":\"" kind "\",\"state\":\"" state                    \
    "\",\"colour\":\"" colour "\",\"headline\":\"Site " subject ": it is " colour                                      \
    "\",\"raised_at\":\"2026-11-22T" raised "Z\",\"updated_at\":\"2026-11-22T03:41:00Z\"" more "}"
#define STATE(subject, alerts)                                                                                         \
    "{\"schema\":\"stillwater.state/1\"," COMMON ",\"subject\":\"" subject                                             \
    "\",\"time\":\"2026-11-22T03:41:01Z\",\"colour\":\"red\",\"alerts\":[" alerts "]}"
#define STATUS(state, more)                                                                                            \
    "{\"schema\":\"stillwater.status/1\"," COMMON ",\"state\":\"" state                                                \
    "\",\"time\":\"2026-11-22T03:40:00Z\",\"since\":\"2026-11-22T03:40:00Z\",\"open_alerts\":0,\"counters\":{}" more   \
    "}"
#define EVENT(subject, revision, state, more)                                                                          \
    "{\"schema\":\"stillwater.alert/1\",\"id\":\"gw-1.level." subject "\",\"revision\":" revision "," COMMON           \
    ",\"kind\":\"level\",\"state\":\"" state "\",\"colour\":\"red\",\"subject\":\"" subject                            \
    "\",\"headline\":\"Site " subject                                                                                  \
    ": event\",\"raised_at\":\"2026-11-22T03:40:00Z\",\"updated_at\":\"2026-11-22T03:41:30Z\","                        \
    "\"expires\":\"2026-11-29T03:41:30Z\"" more "}"
#define INCIDENT_ID "gw-1.incident.canal-3.20261122T034000000Z"
#define INCIDENT(state)                                                                                                \
    "{\"schema\":\"stillwater.incident/1\",\"id\":\"" INCIDENT_ID "\",\"revision\":1," COMMON ",\"state\":\"" state    \
    "\",\"colour\":\"red\",\"peak_colour\":\"red\",\"since\":\"2026-11-22T03:40:00Z\",\"updated_at\":"                 \
    "\"2026-11-22T03:40:00Z\",\"area\":\"northport/east\",\"alerts\":3,\"open\":2,\"unacknowledged\":1,"               \
    "\"subjects\":2,\"members\":[]}"

static void take(struct board *board, const char *topic, const char *body)
{
    char text[256];
    if (board_take(board, topic, body, strlen(body), text, sizeof text) != SW_OK) fail_msg("%s: %s", topic, text);
}

static char printed[65536];

static const char *print(const struct board *board, unsigned width, unsigned lines, bool colourful)
{
    struct board_view view = {.now = NOW, .width = width, .lines = lines, .colourful = colourful};
    FILE *out = fmemopen(printed, sizeof printed, "w");
    assert_non_null(out);
    board_print(board, &view, out);
    (void)fclose(out);
    return printed;
}

static struct board *storm(void)
{
    struct board *board = board_new();
    assert_non_null(board);
    take(board, TOPIC("status"),
         STATUS("online", ",\"trouble\":\"no receipt from the centre\",\"storm\":{\"since\":\"2026-11-22T03:12:00Z\","
                          "\"why\":\"by_hand\",\"until\":\"2026-11-23T06:00:00Z\"}"));
    take(board, TOPIC("incident/" INCIDENT_ID), INCIDENT("open"));
    take(board, TOPIC("state/site-2"), STATE("site-2", ALERT("level", "site-2", "raised", "red", "03:41:30", "")));
    take(board, TOPIC("state/site-4"), STATE("site-4", ALERT("level", "site-4", "raised", "yellow", "01:00:00", "")));
    take(board, TOPIC("state/site-9"),
         STATE("site-9", ALERT("level", "site-9", "raised", "red", "01:00:00", ",\"drill\":true")));
    take(board, TOPIC("state/canal-3"),
         STATE("canal-3",
               ALERT("level", "canal-3", "acknowledged", "red", "01:00:00",
                     ",\"actor\":\"officer-12\",\"area\":\"northport/east/mill-lane\",\"incident\":\"" INCIDENT_ID
                     "\"") "," ALERT("level_soon", "canal-3", "raised", "red", "03:30:00",
                                     ",\"escalation\":{\"level\":1,\"area\":\"northport/"
                                     "east\",\"responsible\":\"officer-3\","
                                     "\"deadline\":\"2026-11-22T03:50:00Z\"}")));
    return board;
}

static void the_worst_comes_first_and_drills_last(void **state)
{
    (void)state;
    struct board *board = storm();
    assert_string_equal(
        print(board, 140, 0, false),
        "2026-11-22 03:42:00 UTC  gateways: 1 online\n"
        "open: 3 red 0 orange 1 yellow 0 blue; 3 not acknowledged; 1 drills\n"
        "STORM WATCH: gw-1: since 03:12, by hand, until 11-23 06:00\n"
        "TROUBLE: gw-1: no receipt from the centre\n"
        "INCIDENT: canal-3: red, northport/east: 2 open, 1 not acknowledged, 2 sensors\n"
        "COLOUR  WHAT           WHERE                            SINCE  TO ANSWER UNTIL      TAKEN BY   "
        "INCIDENT     VALUE, FORECAST\n"
        "red     level_soon     canal-3                          12 min officer-3 03:50                  "
        "            it is red\n"
        "red     level          site-2                           30 s                                    "
        "            it is red\n"
        "red     level          canal-3 east/mill-lane           2h42                        officer-12 "
        "canal-3      it is red\n"
        "yellow  level          site-4                           2h42                                    "
        "            it is yellow\n"
        "-- DRILLS: exercises, nothing of this has happened --\n"
        "red     level          site-9                           2h42                                    "
        "            it is red\n");
    board_free(board);
}

static void nothing_is_wider_or_longer_than_the_terminal(void **state)
{
    (void)state;
    struct board *board = storm();
    for (unsigned width = 80; width <= 140; width += 60) {
        for (unsigned lines = 10; lines < 24; lines++) {
            unsigned count = 0;
            char *rest = (char *)(uintptr_t)print(board, width, lines, false);
            for (char *line = strtok_r(rest, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest), count++)
                assert_true(strlen(line) <= width);
            assert_true(count < lines);
        }
    }
    assert_non_null(strstr(print(board, 80, 0, false), "        officer-3 03:50; it is red\n"));
    assert_non_null(strstr(print(board, 140, 10, false), "and 3 more\n"));
    board_free(board);
}

static void what_is_over_goes(void **state)
{
    (void)state;
    struct board *board = storm();
    take(board, TOPIC("state/canal-3"),
         STATE("canal-3", ALERT("level", "canal-3", "acknowledged", "red", "01:00:00", "")));
    assert_null(strstr(print(board, 140, 0, false), "level_soon"));
    take(board, TOPIC("state/canal-3"), "");
    take(board, TOPIC("state/site-9"), "");
    take(board, TOPIC("incident/" INCIDENT_ID), "");
    take(board, TOPIC("alert/gw-1.level.site-2"), EVENT("site-2", "3", "cleared", ""));
    assert_string_equal(print(board, 80, 0, false) + strlen("2026-11-22 03:42:00 UTC  gateways: 1 online\n"),
                        "open: 0 red 0 orange 1 yellow 0 blue; 1 not acknowledged\n"
                        "STORM WATCH: gw-1: since 03:12, by hand, until 11-23 06:00\n"
                        "TROUBLE: gw-1: no receipt from the centre\n"
                        "COLOUR  WHAT           WHERE                            SINCE  TAKEN BY\n"
                        "yellow  level          site-4                           2h42   \n"
                        "        it is yellow\n");
    take(board, TOPIC("state/site-4"), "");
    assert_non_null(strstr(print(board, 80, 0, false), "nothing is open\n"));
    board_free(board);
}

static void events_are_sooner_than_states(void **state)
{
    (void)state;
    struct board *board = board_new();
    take(board, TOPIC("alert/gw-1.level.site-2"), EVENT("site-2", "1", "raised", ",\"place\":{\"grid\":\"n/east\"}"));
    assert_non_null(strstr(print(board, 140, 0, false), "site-2 east "));
    take(board, TOPIC("alert/gw-1.level.site-2"), EVENT("site-2", "3", "acknowledged", ",\"actor\":\"officer-5\""));
    assert_non_null(strstr(print(board, 140, 0, false), "officer-5"));
    /* Its colour changed since, by itself; and an older revision comes late. */
    take(board, TOPIC("alert/gw-1.level.site-2"), EVENT("site-2", "4", "acknowledged", ""));
    take(board, TOPIC("alert/gw-1.level.site-2"), EVENT("site-2", "2", "raised", ""));
    assert_non_null(strstr(print(board, 140, 0, false), "officer-5"));
    /* Escalated: it waits for somebody else. */
    take(board, TOPIC("alert/gw-1.level.site-2"), EVENT("site-2", "5", "raised", ""));
    assert_null(strstr(print(board, 140, 0, false), "officer-5"));
    board_free(board);
}

static void what_is_not_stored_yet_is_shown_as_that(void **state)
{
    (void)state;
    struct board *board = board_new();
    take(board, TOPIC("alert/gw-1.level.site-2"), EVENT("site-2", "1", "raised", ",\"unstored\":true"));
    take(board, TOPIC("state/site-2"), "");
    assert_non_null(strstr(print(board, 140, 0, false), "NOT STORED; event"));
    take(board, TOPIC("alert/gw-1.level.site-2"), EVENT("site-2", "1", "raised", ""));
    assert_null(strstr(print(board, 140, 0, false), "NOT STORED"));
    board_free(board);
}

static void a_lost_gateway_leaves_doubt(void **state)
{
    (void)state;
    struct board *board = storm();
    take(board, TOPIC("status"), STATUS("offline", ""));
    const char *text = print(board, 140, 0, false);
    assert_non_null(strstr(text, "gateways: 0 online, 1 LOST\n"));
    assert_non_null(strstr(text, "LOST: gw-1: nothing is known from it"));
    assert_non_null(strstr(text, "? site-4"));
    board_free(board);
}

static void after_a_lost_connection_it_begins_anew(void **state)
{
    (void)state;
    struct board *board = storm();
    board_clear(board);
    assert_string_equal(print(board, 80, 0, false), "2026-11-22 03:42:00 UTC  gateways: 0 online\n"
                                                    "open: 0 red 0 orange 0 yellow 0 blue; 0 not acknowledged\n"
                                                    "nothing is open\n");
    board_free(board);
}

static void nothing_from_outside_steers_the_terminal(void **state)
{
    (void)state;
    struct board *board = storm();
    struct board_view view = {.now = NOW,
                              .width = 140,
                              .problem = "a\033[2J\xc2\x9b"
                                         "2Jcaf\xc3\xa9"};
    FILE *out = fmemopen(printed, sizeof printed, "w");
    assert_non_null(out);
    board_print(board, &view, out);
    (void)fclose(out);
    assert_non_null(strstr(printed, "; a?[2J?2Jcaf\xc3\xa9\n"));
    assert_null(strchr(printed, '\033'));
    assert_non_null(strstr(print(board, 140, 0, true), "\033[31mred     \033[0m"));
    board_free(board);
}

static void what_is_wrong_changes_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *topic, *body, *reason;
    } wrong[] = {
        {TOPIC("state/site-2"), STATE("site-3", ""), "the body is not of this topic"},
        {TOPIC("state/site-2"), "{", "line 1, column 1: string or '}' expected near end of file"},
        {TOPIC("alert/other"), EVENT("site-2", "9", "cleared", ""), "the body is not of this topic"},
        {"stillwater/northport/gw-2/status", STATUS("offline", ""), "the body is not of this topic"},
        {TOPIC("incident/other"), INCIDENT("over"), "the body is not of this topic"},
        {"elsewhere", "", "not a topic of a gateway"},
    };
    static char before[sizeof printed];
    struct board *board = storm();
    (void)snprintf(before, sizeof before, "%s", print(board, 140, 0, false));
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char text[256];
        assert_int_equal(board_take(board, wrong[i].topic, wrong[i].body, strlen(wrong[i].body), text, sizeof text),
                         SW_ERROR_MESSAGE);
        assert_string_equal(text, wrong[i].reason);
    }
    assert_string_equal(print(board, 140, 0, false), before);
    board_free(board);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_worst_comes_first_and_drills_last),
        cmocka_unit_test(nothing_is_wider_or_longer_than_the_terminal),
        cmocka_unit_test(what_is_over_goes),
        cmocka_unit_test(events_are_sooner_than_states),
        cmocka_unit_test(what_is_not_stored_yet_is_shown_as_that),
        cmocka_unit_test(a_lost_gateway_leaves_doubt),
        cmocka_unit_test(after_a_lost_connection_it_begins_anew),
        cmocka_unit_test(nothing_from_outside_steers_the_terminal),
        cmocka_unit_test(what_is_wrong_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
