/* Areas of many gateways made into one map. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "centre/area_table.h"
#include "stillwater/error.h"

static struct message_area area_of(const char *gateway, const char *path, enum sw_colour colour)
{
    struct message_area area = {.time = {INT64_C(1795318800000)}, .colour = colour, .level = {.watched = 2}};
    (void)snprintf(area.city, sizeof area.city, "northport");
    (void)snprintf(area.gateway, sizeof area.gateway, "%s", gateway);
    (void)snprintf(area.area, sizeof area.area, "%s", path);
    area.level.colours[SW_COLOUR_GREEN] = 1;
    area.level.colours[colour]++;
    if (colour != SW_COLOUR_GREEN) {
        area.worst_count = 1;
        area.worst[0].colour = colour;
        (void)snprintf(area.worst[0].subject, SW_ID_SIZE, "site-%s", gateway);
    }
    return area;
}

static void take(struct area_table *table, const struct message_area *area)
{
    assert_int_equal(area_table_take(table, area, false), SW_OK);
}

static struct area_merged merged_of(const struct area_table *table, const char *path)
{
    struct area_merged merged;
    assert_true(area_table_find(table, "northport", path, &merged));
    return merged;
}

static void the_worst_colour_and_the_sums_of_all_gateways(void **state)
{
    (void)state;
    struct area_table *table = area_table_new();
    struct message_area a = area_of("gw-1", "n/east", SW_COLOUR_YELLOW), b = area_of("gw-2", "n/east", SW_COLOUR_RED);
    struct message_area elsewhere = area_of("gw-3", "n/west", SW_COLOUR_ORANGE);
    b.homes_watched = 7;
    b.homes_colour = SW_COLOUR_BLUE;
    b.rain_watched = 1;
    b.reported[SW_COLOUR_ORANGE] = 1;
    b.time.ms += 5;
    take(table, &a);
    take(table, &b);
    take(table, &elsewhere);
    assert_int_equal(area_table_take(table, &b, false), SW_ERROR_STALE);
    struct area_merged merged = merged_of(table, "n/east");
    assert_int_equal(merged.gateways, 2);
    assert_int_equal(merged.area.colour, SW_COLOUR_RED);
    assert_false(merged.area.unknown);
    assert_int_equal(merged.area.level.watched, 4);
    assert_int_equal(merged.area.level.colours[SW_COLOUR_GREEN], 2);
    assert_int_equal(merged.area.time.ms, b.time.ms);
    assert_int_equal(merged.area.worst_count, 2);
    assert_string_equal(merged.area.worst[0].subject, "site-gw-2");
    char sentence[AREA_SENTENCE_SIZE];
    area_merged_describe(&merged, sentence);
    assert_string_equal(
        sentence,
        "level: 1 red, 1 yellow, 2 green; reported: 1 orange; rain: 1; homes: 7, blue; site-gw-2 red, site-gw-1 "
        "yellow");

    area_table_drop(table, "northport", "gw-2", "n/east");
    area_table_drop(table, "northport", "gw-2", "n/east");
    assert_int_equal(merged_of(table, "n/east").area.colour, SW_COLOUR_YELLOW);
    area_table_drop(table, "northport", "gw-1", "n/east");
    assert_false(area_table_find(table, "northport", "n/east", &merged));
    assert_false(area_table_find(table, "southport", "n/west", &merged));
    area_table_free(table);
}

static void a_lost_gateway_is_unknown_and_keeps_its_colour(void **state)
{
    (void)state;
    struct area_table *table = area_table_new();
    struct message_area a = area_of("gw-1", "n", SW_COLOUR_RED), b = area_of("gw-2", "n", SW_COLOUR_GREEN);
    b.level.watched = 3;
    take(table, &a);
    take(table, &b);
    assert_int_equal(area_table_gateway(table, "northport", "gw-1", true), SW_OK);
    assert_int_equal(area_table_gateway(table, "northport", "gw-1", true), SW_OK);
    struct area_merged merged = merged_of(table, "n");
    assert_int_equal(merged.area.colour, SW_COLOUR_RED);
    assert_int_equal(merged.lost, 1);
    assert_int_equal(merged.area.level.unknown, 2);
    assert_int_equal(merged.area.level.colours[SW_COLOUR_GREEN], 2);
    assert_false(merged.area.unknown); /* two of five */
    assert_int_equal(area_table_gateway(table, "northport", "gw-2", true), SW_OK);
    assert_true(merged_of(table, "n").area.unknown);
    assert_int_equal(area_table_gateway(table, "northport", "gw-1", false), SW_OK);
    assert_int_equal(area_table_gateway(table, "northport", "gw-2", false), SW_OK);
    assert_int_equal(merged_of(table, "n").lost, 0);
    area_table_free(table);
}

static void what_was_only_read_in_a_file_is_on_no_map(void **state)
{
    (void)state;
    struct area_table *table = area_table_new();
    struct message_area a = area_of("gw-1", "n", SW_COLOUR_RED);
    struct area_merged merged;
    assert_int_equal(area_table_take(table, &a, true), SW_OK);
    assert_false(area_table_find(table, "northport", "n", &merged));
    assert_int_equal(area_table_take(table, &a, false), SW_ERROR_STALE);
    assert_true(area_table_find(table, "northport", "n", &merged));
    area_table_free(table);
}

struct list {
    char paths[16][SW_AREA_PATH_SIZE];
    int count;
};

static void note(void *ctx, const struct area_merged *merged)
{
    struct list *list = ctx;
    (void)snprintf(list->paths[list->count++], SW_AREA_PATH_SIZE, "%s", merged->area.area);
}

static void an_area_comes_before_those_in_it(void **state)
{
    (void)state;
    static const char *const paths[] = {"n", "n/a", "n/a/1", "n/a/2", "n/a b", "n/a-b", "n/a.b/x", "n/b"};
    struct area_table *table = area_table_new();
    struct list list = {.count = 0};
    for (int i = 7; i >= 0; i--)
        for (int gateway = 0; gateway < 2; gateway++) {
            struct message_area area = area_of(gateway ? "gw-1" : "gw-2", paths[(i * 5 + 3) % 8], SW_COLOUR_GREEN);
            take(table, &area);
        }
    area_table_each(table, &list, note);
    assert_int_equal(list.count, 8);
    for (int i = 0; i < 8; i++)
        assert_string_equal(list.paths[i], paths[i]);
    area_table_free(table);
}

static void thousands_of_areas(void **state)
{
    (void)state;
    struct area_table *table = area_table_new();
    for (int i = 0; i < 20000; i++) {
        char path[32], gateway[16];
        (void)snprintf(path, sizeof path, "n/%d/%d", i * 7919 % 100, i * 7919 % 5000);
        (void)snprintf(gateway, sizeof gateway, "gw-%d", i / 5000);
        struct message_area area = area_of(gateway, path, SW_COLOUR_GREEN);
        take(table, &area);
    }
    assert_int_equal(merged_of(table, "n/0/100").gateways, 4);
    area_table_free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_worst_colour_and_the_sums_of_all_gateways),
        cmocka_unit_test(a_lost_gateway_is_unknown_and_keeps_its_colour),
        cmocka_unit_test(what_was_only_read_in_a_file_is_on_no_map),
        cmocka_unit_test(an_area_comes_before_those_in_it),
        cmocka_unit_test(thousands_of_areas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
