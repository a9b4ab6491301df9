/* What is open of a subject: all of it, the worst first, and nothing that does not apply. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "message/message.h"
#include "stillwater/error.h"

static const struct message_state_alert soon = {.id = "gw-1.level_soon.canal-3.20261122T030000000Z",
                                                .revision = 1,
                                                .kind = SW_ALERT_KIND_LEVEL_SOON,
                                                .state = SW_ALERT_STATE_RAISED,
                                                .colour = SW_COLOUR_YELLOW,
                                                .raised_at = {1795316400000},
                                                .updated_at = {1795316400000},
                                                .headline = "Site canal-3: orange band expected soon",
                                                .actor = ""};
static const struct message_state_alert wet = {
    .id = "gw-1.level.canal-3.20261122T034000000Z",
    .revision = 4,
    .kind = SW_ALERT_KIND_LEVEL,
    .state = SW_ALERT_STATE_ACKNOWLEDGED,
    .colour = SW_COLOUR_RED,
    .raised_at = {1795318800000},
    .updated_at = {1795318860123},
    .headline = "Site canal-3: water level in the red band",
    .actor = "officer-12",
    .area = "northport/east/mill-lane",
    .incident = "gw-1.incident.canal-3.20261122T034000000Z",
    .escalation = {.level = 1, .area = "northport/east", .responsible = "officer-3", .deadline = {1795319400000}}};

static void the_body_is_as_documented(void **state)
{
    (void)state;
    const struct message_state_alert alerts[] = {soon, wet};
    struct message_state open = {"northport", "gw-1", "canal-3", {1795318861000}, alerts, 2};
    char *body = message_state_encode(&open);
    assert_string_equal(
        body,
        "{\"schema\":\"stillwater.state/1\",\"city\":\"northport\",\"gateway\":\"gw-1\",\"subject\":\"canal-3\","
        "\"time\":\"2026-11-22T03:41:01.000Z\",\"colour\":\"red\",\"alerts\":["
        "{\"id\":\"gw-1.level.canal-3.20261122T034000000Z\",\"revision\":4,\"kind\":\"level\","
        "\"state\":\"acknowledged\",\"colour\":\"red\",\"headline\":\"Site canal-3: water level in the red band\","
        "\"raised_at\":\"2026-11-22T03:40:00.000Z\",\"updated_at\":\"2026-11-22T03:41:00.123Z\","
        "\"actor\":\"officer-12\",\"area\":\"northport/east/mill-lane\","
        "\"incident\":\"gw-1.incident.canal-3.20261122T034000000Z\",\"escalation\":{\"level\":1,"
        "\"area\":\"northport/east\",\"responsible\":\"officer-3\",\"deadline\":\"2026-11-22T03:50:00.000Z\"}},"
        "{\"id\":\"gw-1.level_soon.canal-3.20261122T030000000Z\",\"revision\":1,\"kind\":\"level_soon\","
        "\"state\":\"raised\",\"colour\":\"yellow\",\"headline\":\"Site canal-3: orange band expected soon\","
        "\"raised_at\":\"2026-11-22T03:00:00.000Z\",\"updated_at\":\"2026-11-22T03:00:00.000Z\"}]}");
    free(body);
}

struct told {
    unsigned count;
    struct message_alert_summary alerts[2];
};

static void on_alert(void *ctx, const struct message_alert_summary *alert)
{
    struct told *told = ctx;
    assert_true(told->count < 2);
    told->alerts[told->count++] = *alert;
}

static void what_is_read_is_what_was_written(void **state)
{
    (void)state;
    struct message_state_alert drill = soon;
    struct message_state_head head;
    struct told told = {0};
    char text[128];
    drill.drill = true;
    drill.headline = "DRILL: Site canal-3: exercise";
    const struct message_state_alert alerts[] = {drill, wet};
    struct message_state open = {"northport", "gw-1", "canal-3", {1795318861000}, alerts, 2};
    char *body = message_state_encode(&open);
    assert_int_equal(message_state_decode(body, strlen(body), &head, &told, on_alert, text, sizeof text), SW_OK);
    free(body);
    assert_string_equal(head.subject, "canal-3");
    assert_int_equal(head.time.ms, 1795318861000);
    assert_int_equal(told.count, 2);
    const struct message_alert_summary *read = &told.alerts[0];
    assert_string_equal(read->id, wet.id);
    assert_string_equal(read->gateway, "gw-1");
    assert_string_equal(read->subject, "canal-3");
    assert_int_equal(read->revision, wet.revision);
    assert_int_equal(read->colour, SW_COLOUR_RED);
    assert_int_equal(read->raised_at.ms, wet.raised_at.ms);
    assert_string_equal(read->area, wet.area);
    assert_string_equal(read->incident, wet.incident);
    assert_string_equal(read->escalation.responsible, "officer-3");
    assert_int_equal(read->escalation.deadline.ms, wet.escalation.deadline.ms);
    assert_false(read->drill);
    assert_true(told.alerts[1].drill);
    assert_string_equal(told.alerts[1].headline, drill.headline);
    assert_string_equal(told.alerts[1].area, "");
}

/* Nothing of a state is told where one of its alerts is wrong: half of it would be taken for all that is open. */
static void one_that_is_wrong_tells_nothing(void **state)
{
    (void)state;
    const struct message_state_alert alerts[] = {wet, soon};
    struct message_state open = {"northport", "gw-1", "canal-3", {1795318861000}, alerts, 2};
    struct message_state_head head;
    struct told told = {0};
    char text[128], *body = message_state_encode(&open);
    memcpy(strstr(body, "level_soon\",\"state"), "level_s!!n", strlen("level_soon"));
    assert_int_equal(message_state_decode(body, strlen(body), &head, &told, on_alert, text, sizeof text),
                     SW_ERROR_MESSAGE);
    free(body);
    assert_string_equal(text, "alerts.kind: \"level_s!!n\" is not an alert kind");
    static const char wrong[] = "{\"schema\":\"stillwater.state/1\",\"city\":\"northport\",\"gateway\":\"gw-1\","
                                "\"subject\":\"canal-3\",\"time\":\"2026-11-22T03:41:01.000Z\",\"alerts\":7}";
    assert_int_equal(message_state_decode(wrong, strlen(wrong), &head, &told, on_alert, text, sizeof text),
                     SW_ERROR_MESSAGE);
    assert_string_equal(text, "alerts: missing, or no list");
    assert_int_equal(told.count, 0);
}

static void of_one_colour_the_oldest_is_first(void **state)
{
    (void)state;
    struct message_state_alert older = wet;
    older.id = "older";
    older.raised_at.ms--;
    const struct message_state_alert alerts[] = {wet, older};
    struct message_state open = {"northport", "gw-1", "canal-3", {1795318861000}, alerts, 2};
    char *body = message_state_encode(&open);
    assert_true(strstr(body, "older") < strstr(body, wet.id));
    free(body);
}

static void a_drill_colours_nothing(void **state)
{
    (void)state;
    struct message_state_alert drill = wet;
    drill.drill = true;
    const struct message_state_alert alerts[] = {drill, soon};
    struct message_state open = {"northport", "gw-1", "canal-3", {1795318861000}, alerts, 2};
    char *body = message_state_encode(&open);
    assert_non_null(strstr(body, "\"colour\":\"yellow\",\"alerts\":[{\"id\":\"gw-1.level_soon"));
    assert_non_null(strstr(body, "\"drill\":true"));
    free(body);
    open.count = 1;
    body = message_state_encode(&open);
    assert_non_null(strstr(body, "\"colour\":\"green\",\"alerts\":[{\"id\":\"gw-1.level."));
    free(body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_body_is_as_documented),       cmocka_unit_test(what_is_read_is_what_was_written),
        cmocka_unit_test(one_that_is_wrong_tells_nothing), cmocka_unit_test(of_one_colour_the_oldest_is_first),
        cmocka_unit_test(a_drill_colours_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
