/* The colour of a place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "message/message.h"
#include "stillwater/error.h"

static struct message_area sample(void)
{
    struct message_area area = {.city = "northport",
                                .gateway = "gw-1",
                                .area = "northport/east/mill-lane",
                                .time = {INT64_C(1795318800000)},
                                .colour = SW_COLOUR_RED,
                                .unknown = true,
                                .level = {.watched = 2, .unknown = 2, .colours = {[SW_COLOUR_RED] = 1}},
                                .cover = {.watched = 1, .colours = {[SW_COLOUR_GREEN] = 1}},
                                .reported = {[SW_COLOUR_ORANGE] = 2},
                                .rain_watched = 1,
                                .homes_watched = 12,
                                .homes_colour = SW_COLOUR_YELLOW,
                                .worst_count = 1};
    area.worst[0] = (struct message_area_sensor){"canal-3", false, SW_COLOUR_RED};
    return area;
}

static void an_area_is_encoded_and_decoded(void **state)
{
    (void)state;
    struct message_area area = sample(), found;
    char text[256];
    char *body = message_area_encode(&area);
    assert_string_equal(
        body, "{\"schema\":\"stillwater.area/1\",\"city\":\"northport\",\"gateway\":\"gw-1\","
              "\"area\":\"northport/east/mill-lane\",\"time\":\"2026-11-22T03:40:00.000Z\",\"colour\":\"red\","
              "\"unknown\":true,\"unknown_pct\":66.6,"
              "\"level\":{\"watched\":2,\"unknown\":2,\"green\":0,\"blue\":0,\"yellow\":0,\"orange\":0,\"red\":1},"
              "\"cover\":{\"watched\":1,\"unknown\":0,\"green\":1,\"blue\":0,\"yellow\":0,\"orange\":0,\"red\":0},"
              "\"reported\":{\"blue\":0,\"yellow\":0,\"orange\":2,\"red\":0},"
              "\"rain\":{\"watched\":1,\"unknown\":0},"
              "\"homes\":{\"watched\":12,\"colour\":\"yellow\",\"unknown\":false},"
              "\"worst\":[{\"subject\":\"canal-3\",\"kind\":\"level\",\"colour\":\"red\"}]}");
    assert_int_equal(message_area_decode(body, strlen(body), &found, text, sizeof text), SW_OK);
    assert_string_equal(found.area, area.area);
    assert_int_equal(found.time.ms, area.time.ms);
    assert_int_equal(found.colour, SW_COLOUR_RED);
    assert_true(found.unknown);
    assert_memory_equal(&found.level, &area.level, sizeof found.level);
    assert_memory_equal(&found.cover, &area.cover, sizeof found.cover);
    assert_memory_equal(found.reported, area.reported, sizeof found.reported);
    assert_int_equal(found.rain_watched, 1);
    assert_int_equal(found.homes_watched, 12);
    assert_int_equal(found.homes_colour, SW_COLOUR_YELLOW);
    assert_int_equal(found.worst_count, 1);
    assert_string_equal(found.worst[0].subject, "canal-3");
    assert_false(found.worst[0].is_cover);
    free(body);
}

static void what_is_not_watched_is_left_out(void **state)
{
    (void)state;
    struct message_area area = {.city = "c", .gateway = "g", .area = "c", .unknown = true};
    struct message_area found;
    char text[256];
    char *body = message_area_encode(&area);
    static const char *const absent[] = {"level", "cover", "rain", "homes", "worst", "unknown_pct", "null"};
    for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++)
        assert_null(strstr(body, absent[i]));
    assert_int_equal(message_area_decode(body, strlen(body), &found, text, sizeof text), SW_OK);
    assert_int_equal(found.level.watched + found.homes_watched + found.worst_count, 0);
    free(body);
}

static void a_wrong_area_is_refused(void **state)
{
    (void)state;
#define HEAD "{\"schema\":\"stillwater.area/1\",\"city\":\"c\",\"gateway\":\"g\",\"time\":\"2026-11-22T03:40:00Z\","
#define BODY HEAD "\"area\":\"a\",\"colour\":\"red\",\"unknown\":false,"
    static const struct {
        const char *payload, *reason;
    } cases[] = {
        {HEAD "\"area\":\"a//b\"}", "area: found \"a//b\", expected levels joined by '/', without '+' and '#'"},
        {HEAD "\"area\":\"a\",\"colour\":\"pink\"}",
         "colour: found \"pink\", expected green, blue, yellow, orange or red"},
        {HEAD "\"area\":\"a\",\"colour\":\"red\"}", "unknown: missing"},
        {BODY "\"level\":3}", "level: expected an object"},
        {BODY "\"level\":{\"watched\":0}}", "level.watched: found 0, expected 1 to 4294967295"},
        {BODY "\"homes\":{\"watched\":2}}", "homes.watched: found 2, expected 3 to 4294967295"},
        {BODY "\"worst\":{}}", "worst: expected an array of at most 5"},
        {BODY "\"worst\":[1,2,3,4,5,6]}", "worst: expected an array of at most 5"},
        {BODY "\"worst\":[1]}", "worst: expected an object"},
        {BODY "\"worst\":[{\"subject\":\"s\",\"kind\":\"home\",\"colour\":\"red\"}]}",
         "worst.kind: found \"home\", expected level or cover"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct message_area area;
        char text[256];
        assert_int_equal(message_area_decode(cases[i].payload, strlen(cases[i].payload), &area, text, sizeof text),
                         SW_ERROR_MESSAGE);
        assert_string_equal(text, cases[i].reason);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_area_is_encoded_and_decoded),
        cmocka_unit_test(what_is_not_watched_is_left_out),
        cmocka_unit_test(a_wrong_area_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
