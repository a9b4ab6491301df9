/* Alerts that are near one another, as one. */
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

#define MEMBER                                                                                                         \
    "{\"alert\":\"gw-1.level.canal-3.20261122T034000000Z\",\"subject\":\"canal-3\",\"kind\":\"level\","                \
    "\"state\":\"acknowledged\",\"colour\":\"red\",\"raised_at\":\"2026-11-22T03:40:00.000Z\"}"
#define BODY(state, colour, counts, rest)                                                                              \
    "{\"schema\":\"stillwater.incident/1\",\"id\":\"gw-1.incident.canal-3.20261122T034000000Z\",\"revision\":4,"       \
    "\"city\":\"northport\",\"gateway\":\"gw-1\",\"state\":" state ",\"colour\":" colour ",\"peak_colour\":\"red\","   \
    "\"since\":\"2026-11-22T03:40:00.000Z\",\"updated_at\":\"2026-11-22T03:40:00.000Z\"," counts "," rest "}"
#define COUNTS "\"alerts\":9,\"open\":7,\"unacknowledged\":6,\"subjects\":5"

static struct message_incident sample(void)
{
    struct message_incident incident = {.id = "gw-1.incident.canal-3.20261122T034000000Z",
                                        .revision = 4,
                                        .city = "northport",
                                        .gateway = "gw-1",
                                        .colour = SW_COLOUR_RED,
                                        .peak = SW_COLOUR_RED,
                                        .since = {INT64_C(1795318800000)},
                                        .updated_at = {INT64_C(1795318800000)},
                                        .area = "northport/east",
                                        .has_centre = true,
                                        .latitude = 54.5,
                                        .longitude = -1.25,
                                        .alerts = 9,
                                        .open = 7,
                                        .unacknowledged = 6,
                                        .subjects = 5,
                                        .member_count = 1};
    incident.members[0] = (struct message_incident_member){.alert_id = "gw-1.level.canal-3.20261122T034000000Z",
                                                           .subject = "canal-3",
                                                           .kind = SW_ALERT_KIND_LEVEL,
                                                           .state = SW_ALERT_STATE_ACKNOWLEDGED,
                                                           .colour = SW_COLOUR_RED,
                                                           .raised_at = {INT64_C(1795318800000)}};
    return incident;
}

static void an_incident_is_encoded_and_decoded(void **state)
{
    (void)state;
    struct message_incident incident = sample(), found;
    char text[256];
    char *body = message_incident_encode(&incident);
    assert_string_equal(body,
                        BODY("\"open\"", "\"red\"",
                             "\"area\":\"northport/east\",\"centre\":{\"latitude\":54.5,\"longitude\":-1.25}," COUNTS,
                             "\"members\":[" MEMBER "]"));
    assert_int_equal(message_incident_decode(body, strlen(body), &found, text, sizeof text), SW_OK);
    char *again = message_incident_encode(&found);
    assert_string_equal(again, body);
    free(again);
    free(body);
}

static void a_merged_one_says_into_which(void **state)
{
    (void)state;
    struct message_incident incident = sample(), found;
    char text[256];
    incident.state = MESSAGE_INCIDENT_MERGED;
    (void)snprintf(incident.merged_into, sizeof incident.merged_into, "gw-1.incident.a.20261122T033000000Z");
    char *body = message_incident_encode(&incident);
    assert_int_equal(message_incident_decode(body, strlen(body), &found, text, sizeof text), SW_OK);
    assert_int_equal(found.state, MESSAGE_INCIDENT_MERGED);
    assert_string_equal(found.merged_into, incident.merged_into);
    free(body);
}

static void what_is_wrong_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *payload, *text;
    } wrong[] = {
        {"[]", "expected an object"},
        {BODY("\"gone\"", "\"red\"", COUNTS, "\"members\":[]"), "state: found \"gone\", expected open, over or merged"},
        {BODY("\"open\"", "\"pink\"", COUNTS, "\"members\":[]"), "colour: found \"pink\""},
        {BODY("\"open\"", "\"red\"", "\"alerts\":0", "\"members\":[]"), "alerts: "},
        {BODY("\"open\"", "\"red\"", COUNTS, "\"members\":1"), "members: expected an array of at most 25"},
        {BODY("\"open\"", "\"red\"", COUNTS, "\"members\":[1]"), "members: expected an object"},
        {BODY("\"open\"", "\"red\"", COUNTS, "\"members\":[{\"alert\":\"a b\"}]"), "members: alert: "},
        {BODY("\"open\"", "\"red\"", COUNTS, "\"centre\":{\"latitude\":91,\"longitude\":0},\"members\":[]"),
         "centre.latitude: expected a number from -90 to 90"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct message_incident found;
        char text[256] = "";
        assert_int_equal(message_incident_decode(wrong[i].payload, strlen(wrong[i].payload), &found, text, sizeof text),
                         SW_ERROR_MESSAGE);
        if (!strstr(text, wrong[i].text)) fail_msg("%s: said \"%s\"", wrong[i].text, text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_incident_is_encoded_and_decoded),
        cmocka_unit_test(a_merged_one_says_into_which),
        cmocka_unit_test(what_is_wrong_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
