/* Colours of places: the rule, what a map must not tell, and the whole against a naive reckoning. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/area/area.h"
#include "core/core_area.h"
#include "core_fixture.h"

struct town {
    void *memory;
    struct area_map *map;
    const struct area_subject *subjects;
    uint32_t count;
};

static struct town town_new(const struct area_subject *subjects, uint32_t count)
{
    struct town town = {.memory = malloc(area_map_size(subjects, count)), .subjects = subjects, .count = count};
    assert_non_null(town.memory);
    town.map = area_map_init(town.memory, subjects, count);
    return town;
}

static struct area_report report_of(const struct town *town, const char *path)
{
    struct area_report report;
    uint32_t area = area_map_find(town->map, path);
    assert_int_not_equal(area, AREA_NONE);
    area_map_report(town->map, area, &report);
    return report;
}

static void all_well(const struct town *town)
{
    for (uint32_t i = 0; i < town->count; i++)
        area_map_set(town->map, i, SW_COLOUR_GREEN, false);
}

static void assert_area(const struct town *town, const char *path, enum sw_colour colour, bool unknown)
{
    struct area_report report = report_of(town, path);
    assert_true(report.shown);
    assert_string_equal(sw_colour_name(report.colour), sw_colour_name(colour));
    assert_int_equal(report.unknown, unknown);
}

/* ---- the rule ---- */

static const struct area_subject street[] = {
    {SUBJECT_LEVEL, "n/east/mill/c1"}, {SUBJECT_LEVEL, "n/east/mill/c1"}, {SUBJECT_COVER, "n/east/mill/c2"},
    {SUBJECT_RAIN, "n/east/mill/c2"},  {SUBJECT_LEVEL, "n/west/quay/c1"}, {SUBJECT_RAIN, "n/west/hill"},
};
#define STREET_COUNT (sizeof street / sizeof street[0])

static void nothing_heard_is_unknown_not_well(void **state)
{
    (void)state;
    struct town town = town_new(street, STREET_COUNT);
    const char *const paths[] = {"n", "n/east", "n/east/mill", "n/east/mill/c1", "n/east/mill/c2", "n/west/hill"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        assert_area(&town, paths[i], SW_COLOUR_GREEN, true);
    all_well(&town);
    for (size_t i = 0; i < 5; i++)
        assert_area(&town, paths[i], SW_COLOUR_GREEN, false);
    /* A rain gauge alone says nothing of the water in the street. */
    assert_area(&town, "n/west/hill", SW_COLOUR_GREEN, true);
    free(town.memory);
}

static void an_area_has_the_worst_colour_below_it(void **state)
{
    (void)state;
    struct town town = town_new(street, STREET_COUNT);
    all_well(&town);
    area_map_set(town.map, 0, SW_COLOUR_BLUE, false);
    area_map_set(town.map, 2, SW_COLOUR_ORANGE, false);
    area_map_set(town.map, 3, SW_COLOUR_RED, false); /* rain colours nothing */
    assert_area(&town, "n/east/mill/c1", SW_COLOUR_BLUE, false);
    assert_area(&town, "n/east/mill/c2", SW_COLOUR_ORANGE, false);
    assert_area(&town, "n/east/mill", SW_COLOUR_ORANGE, false);
    assert_area(&town, "n/west", SW_COLOUR_GREEN, false);
    assert_area(&town, "n", SW_COLOUR_ORANGE, false);
    struct area_report city = report_of(&town, "n");
    assert_int_equal(city.level.watched, 3);
    assert_int_equal(city.level.colours[SW_COLOUR_GREEN], 2);
    assert_int_equal(city.level.colours[SW_COLOUR_BLUE], 1);
    assert_int_equal(city.cover.colours[SW_COLOUR_ORANGE], 1);
    assert_int_equal(city.rain_watched, 2);
    assert_int_equal(city.worst_count, 2);
    assert_int_equal(city.worst[0], 2);
    assert_int_equal(city.worst[1], 0);
    area_map_set(town.map, 2, SW_COLOUR_GREEN, false);
    assert_area(&town, "n", SW_COLOUR_BLUE, false);
    free(town.memory);
}

static void half_blind_is_unknown_and_keeps_its_colour(void **state)
{
    (void)state;
    struct town town = town_new(street, STREET_COUNT);
    all_well(&town);
    area_map_set(town.map, 0, SW_COLOUR_RED, false);
    area_map_set(town.map, 0, SW_COLOUR_RED, true); /* drowned */
    assert_area(&town, "n/east/mill/c1", SW_COLOUR_RED, true);
    assert_area(&town, "n/east/mill", SW_COLOUR_RED, false); /* one of three */
    struct area_report cell = report_of(&town, "n/east/mill/c1");
    assert_int_equal(cell.level.unknown, 1);
    assert_int_equal(cell.level.colours[SW_COLOUR_RED], 1);
    assert_int_equal(cell.worst[0], 0);
    area_map_set(town.map, 0, SW_COLOUR_GREEN, true);
    cell = report_of(&town, "n/east/mill/c1");
    assert_int_equal(cell.level.colours[SW_COLOUR_GREEN], 1); /* the other one */
    assert_int_equal(cell.worst_count, 0);
    area_map_set(town.map, 2, SW_COLOUR_GREEN, true);
    assert_area(&town, "n/east/mill", SW_COLOUR_GREEN, true);
    assert_area(&town, "n", SW_COLOUR_GREEN, true); /* two of four */
    free(town.memory);
}

/* ---- homes ---- */

static void fewer_than_three_homes_are_on_no_map(void **state)
{
    (void)state;
    static const struct area_subject homes[] = {
        {SUBJECT_HOME, "n/east/mill/c1"}, {SUBJECT_HOME, "n/east/mill/c1"}, {SUBJECT_LEVEL, "n/east/quay/c9"}};
    struct town town = town_new(homes, 3);
    all_well(&town);
    struct area_report before = report_of(&town, "n"), empty = {0}, cell = report_of(&town, "n/east/mill/c1");
    assert_memory_equal(&cell, &empty, sizeof cell);
    while (area_map_take_changed(town.map) != AREA_NONE)
        continue;
    area_map_set(town.map, 0, SW_COLOUR_RED, false);
    area_map_set(town.map, 1, SW_COLOUR_ORANGE, true);
    /* Not even that something has changed. */
    assert_int_equal(area_map_take_changed(town.map), AREA_NONE);
    struct area_report after = report_of(&town, "n");
    assert_memory_equal(&before, &after, sizeof before);
    assert_int_equal(after.homes_watched, 0);
    free(town.memory);
}

static void the_difference_of_two_areas_is_no_single_home(void **state)
{
    (void)state;
    /* Four homes in the street, three of them in one cell: the street less that cell would be the fourth. */
    static const struct area_subject homes[] = {
        {SUBJECT_HOME, "n/s/c1"}, {SUBJECT_HOME, "n/s/c1"}, {SUBJECT_HOME, "n/s/c1"}, {SUBJECT_HOME, "n/s/c2"}};
    struct town town = town_new(homes, 4);
    all_well(&town);
    assert_int_equal(report_of(&town, "n/s/c1").homes_watched, 3);
    assert_int_equal(report_of(&town, "n/s").homes_watched, 3);
    assert_int_equal(report_of(&town, "n").homes_watched, 3);
    area_map_set(town.map, 3, SW_COLOUR_RED, false);
    assert_area(&town, "n/s", SW_COLOUR_GREEN, false);
    free(town.memory);

    /* With two more beside it there is a second group, which counts from the street on. */
    static const struct area_subject more[] = {{SUBJECT_HOME, "n/s/c1"}, {SUBJECT_HOME, "n/s/c1"},
                                               {SUBJECT_HOME, "n/s/c1"}, {SUBJECT_HOME, "n/s/c2"},
                                               {SUBJECT_HOME, "n/s/c2"}, {SUBJECT_HOME, "n/s"}};
    town = town_new(more, 6);
    all_well(&town);
    area_map_set(town.map, 3, SW_COLOUR_RED, false);
    assert_int_equal(report_of(&town, "n/s").homes_watched, 6);
    assert_false(report_of(&town, "n/s/c2").shown);
    assert_area(&town, "n/s/c1", SW_COLOUR_GREEN, false);
    assert_area(&town, "n/s", SW_COLOUR_YELLOW, false);
    free(town.memory);
}

static void homes_raise_an_area_to_yellow_and_are_never_named(void **state)
{
    (void)state;
    struct area_subject homes[101];
    for (uint32_t i = 0; i < 100; i++)
        homes[i] = (struct area_subject){SUBJECT_HOME, i < 10 ? "n/s/c1" : "n/s/c2"};
    homes[100] = (struct area_subject){SUBJECT_LEVEL, "n/s/c1"};
    struct town town = town_new(homes, 101);
    all_well(&town);
    area_map_set(town.map, 0, SW_COLOUR_RED, false);
    assert_area(&town, "n/s/c1", SW_COLOUR_YELLOW, false);
    assert_int_equal(report_of(&town, "n/s/c1").worst_count, 0);
    /* One of a hundred is every day's business of a district; five are not. */
    assert_area(&town, "n/s", SW_COLOUR_GREEN, false);
    for (uint32_t i = 10; i < 14; i++)
        area_map_set(town.map, i, SW_COLOUR_BLUE, false);
    assert_area(&town, "n/s", SW_COLOUR_BLUE, false);
    for (uint32_t i = 10; i < 14; i++)
        area_map_set(town.map, i, SW_COLOUR_ORANGE, false);
    assert_area(&town, "n/s", SW_COLOUR_YELLOW, false);
    /* Homes that are unknown do not hide that the water is well seen. */
    for (uint32_t i = 0; i < 100; i++)
        area_map_set(town.map, i, SW_COLOUR_GREEN, true);
    assert_area(&town, "n/s/c1", SW_COLOUR_GREEN, false);
    assert_true(report_of(&town, "n/s/c1").homes_unknown);
    assert_area(&town, "n/s/c2", SW_COLOUR_GREEN, true);
    free(town.memory);
}

/* ---- paths, depths, changes ---- */

static void what_people_report_colours_where_they_say(void **state)
{
    (void)state;
    static const struct area_subject town_of_people[] = {
        {SUBJECT_LEVEL, "n/east/mill/c1"}, {SUBJECT_PLACE, "n"}, {SUBJECT_PLACE, "n/west"}};
    struct town town = town_new(town_of_people, 3);
    all_well(&town);
    area_map_move(town.map, 1, "n/east/mill/c1");
    area_map_set(town.map, 1, SW_COLOUR_ORANGE, true);
    assert_area(&town, "n/east/mill/c1", SW_COLOUR_ORANGE, false);
    assert_area(&town, "n", SW_COLOUR_ORANGE, false);
    struct area_report cell = report_of(&town, "n/east/mill/c1");
    assert_int_equal(cell.reported[SW_COLOUR_ORANGE], 1);
    assert_int_equal(cell.worst_count, 0); /* no sensor says so */

    /* Lent anew: to a cell without a sensor, in an area where people are heard. */
    area_map_move(town.map, 1, "n/west/quay/c9");
    assert_area(&town, "n/east/mill/c1", SW_COLOUR_GREEN, false);
    assert_area(&town, "n/west", SW_COLOUR_ORANGE, true);
    area_map_move(town.map, 1, "elsewhere/c1");
    assert_area(&town, "n", SW_COLOUR_GREEN, false);
    area_map_move(town.map, 1, "n/east/mill/c1");
    area_map_set(town.map, 1, SW_COLOUR_GREEN, true);
    assert_area(&town, "n", SW_COLOUR_GREEN, false);
    assert_int_equal(report_of(&town, "n").reported[SW_COLOUR_ORANGE], 0);
    free(town.memory);
}

static void paths_are_checked(void **state)
{
    (void)state;
    char path[SW_AREA_PATH_SIZE + 1];
    static const char *const bad[] = {"", "/", "a/", "/a", "a//b", "a/+/b", "a/#", "a\tb", "a\x7f"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(sw_area_path_valid(bad[i]));
    assert_true(sw_area_path_is_in("n/s", "n/s"));
    assert_true(sw_area_path_is_in("n/s/c1", "n/s"));
    assert_false(sw_area_path_is_in("n/st", "n/s"));
    assert_false(sw_area_path_is_in("n", "n/s"));
    assert_true(sw_area_path_valid("a"));
    assert_true(sw_area_path_valid("\xe8\x8b\x8f\xe5\xb7\x9e/gusu/17 b"));
    memset(path, 'a', sizeof path);
    path[SW_AREA_PATH_LENGTH_MAX + 1] = '\0';
    assert_false(sw_area_path_valid(path));
    path[SW_AREA_PATH_LENGTH_MAX] = '\0';
    assert_true(sw_area_path_valid(path));

    const struct area_subject strange[] = {{SUBJECT_LEVEL, NULL},
                                           {SUBJECT_LEVEL, "a//b"},
                                           {SUBJECT_NODE, "a"},
                                           {SUBJECT_LEVEL, "ab"},
                                           {SUBJECT_LEVEL, "a/b"}};
    struct town town = town_new(strange, 5);
    for (uint32_t i = 0; i < 5; i++)
        area_map_set(town.map, i, SW_COLOUR_RED, false);
    assert_int_equal(area_map_count(town.map), 3);
    assert_int_equal(report_of(&town, "a").level.watched, 1);
    assert_int_equal(area_map_find(town.map, "b"), AREA_NONE);
    assert_int_equal(area_map_find(town.map, "a/"), AREA_NONE);
    free(town.memory);

    town = town_new(NULL, 0);
    assert_int_equal(area_map_count(town.map), 0);
    assert_int_equal(area_map_take_changed(town.map), AREA_NONE);
    free(town.memory);
}

static void any_depth_will_do(void **state)
{
    (void)state;
    char deep[SW_AREA_PATH_SIZE];
    for (int i = 0; i < SW_AREA_PATH_LENGTH_MAX; i++)
        deep[i] = i % 2 ? '/' : 'x';
    deep[SW_AREA_PATH_LENGTH_MAX] = '\0';
    const struct area_subject subjects[] = {{SUBJECT_LEVEL, deep}, {SUBJECT_COVER, "x"}};
    struct town town = town_new(subjects, 2);
    assert_int_equal(area_map_count(town.map), (SW_AREA_PATH_LENGTH_MAX + 1) / 2);
    all_well(&town);
    area_map_set(town.map, 0, SW_COLOUR_RED, false);
    assert_area(&town, deep, SW_COLOUR_RED, false);
    assert_area(&town, "x", SW_COLOUR_RED, false);
    free(town.memory);
}

static void a_change_is_told_for_each_area_above_it_once(void **state)
{
    (void)state;
    struct town town = town_new(street, STREET_COUNT);
    uint32_t count = area_map_count(town.map);
    assert_int_equal(area_map_changed_count(town.map), count);
    while (area_map_take_changed(town.map) != AREA_NONE)
        count--;
    assert_int_equal(count, 0);
    area_map_set(town.map, 4, SW_COLOUR_GREEN, true); /* as it was */
    assert_int_equal(area_map_changed_count(town.map), 0);
    area_map_set(town.map, 4, SW_COLOUR_RED, false);
    area_map_set(town.map, 4, SW_COLOUR_BLUE, false);
    static const char *const expected[] = {"n/west/quay/c1", "n/west/quay", "n/west", "n"};
    for (size_t i = 0; i < 4; i++) {
        char path[SW_AREA_PATH_SIZE];
        area_map_path(town.map, area_map_take_changed(town.map), path);
        assert_string_equal(path, expected[i]);
    }
    assert_int_equal(area_map_take_changed(town.map), AREA_NONE);
    free(town.memory);
}

/* ---- against a naive reckoning ---- */

#define MANY 4000

struct naive {
    struct area_subject subjects[MANY];
    char grids[MANY][32];
    enum sw_colour colours[MANY];
    bool unknown[MANY];
    const char *group[MANY]; /* homes: path of the area where they begin to count; NULL = nowhere */
    size_t group_length[MANY];
};

static bool is_below(const char *grid, const char *path, size_t length)
{
    return strncmp(grid, path, length) == 0 && (grid[length] == '\0' || grid[length] == '/');
}

/* The homes of an area not yet in a group, deepest areas first: depth by depth, pair by pair. */
static void naive_groups(struct naive *naive, int depth_max)
{
    for (int depth = depth_max; depth >= 1; depth--)
        for (int i = 0; i < MANY; i++) {
            if (naive->subjects[i].domain != SUBJECT_HOME || naive->group[i]) continue;
            size_t length = 0;
            int levels = 1;
            const char *grid = naive->grids[i];
            for (; grid[length] != '\0' && (grid[length] != '/' || levels < depth); length++)
                if (grid[length] == '/') levels++;
            if (levels != depth) continue;
            unsigned together = 0;
            for (int j = 0; j < MANY; j++)
                together += naive->subjects[j].domain == SUBJECT_HOME && !naive->group[j] &&
                            is_below(naive->grids[j], grid, length);
            for (int j = 0; together >= AREA_HOMES_MIN && j < MANY; j++) {
                if (naive->subjects[j].domain != SUBJECT_HOME || naive->group[j] ||
                    !is_below(naive->grids[j], grid, length))
                    continue;
                naive->group[j] = grid;
                naive->group_length[j] = length;
            }
        }
}

static bool counts(const struct naive *naive, int i, const char *path)
{
    if (naive->subjects[i].domain != SUBJECT_HOME) return is_below(naive->grids[i], path, strlen(path));
    return naive->group[i] && naive->group_length[i] >= strlen(path) && is_below(naive->group[i], path, strlen(path));
}

static void naive_count(const struct naive *naive, int i, struct area_count *count)
{
    count->watched++;
    count->unknown += naive->unknown[i];
    if (!naive->unknown[i] || naive->colours[i] != SW_COLOUR_GREEN) count->colours[naive->colours[i]]++;
}

static void check_report(const struct naive *naive, const struct area_map *map, uint32_t area)
{
    char path[SW_AREA_PATH_SIZE];
    struct area_report found;
    struct area_count home = {0}, level = {0}, cover = {0}, rain = {0};
    area_map_path(map, area, path);
    area_map_report(map, area, &found);
    for (int i = 0; i < MANY; i++) {
        if (!counts(naive, i, path)) continue;
        enum subject_domain domain = naive->subjects[i].domain;
        naive_count(naive, i,
                    domain == SUBJECT_HOME    ? &home
                    : domain == SUBJECT_LEVEL ? &level
                    : domain == SUBJECT_COVER ? &cover
                                              : &rain);
    }
    uint32_t sensors = level.watched + cover.watched, coloured = 0;
    assert_int_equal(found.shown, sensors + home.watched + rain.watched > 0);
    if (!found.shown) return;
    assert_memory_equal(&found.level, &level, sizeof level);
    assert_memory_equal(&found.cover, &cover, sizeof cover);
    assert_int_equal(found.rain_watched, rain.watched);
    assert_int_equal(found.rain_unknown, rain.unknown);
    assert_int_equal(found.homes_watched, home.watched);
    enum sw_colour worst = SW_COLOUR_GREEN, of_homes = SW_COLOUR_GREEN;
    uint32_t blue = home.watched - home.colours[SW_COLOUR_GREEN], yellow;
    for (int i = 0; i < MANY; i++)
        if (naive->unknown[i] && naive->subjects[i].domain == SUBJECT_HOME && counts(naive, i, path) &&
            naive->colours[i] == SW_COLOUR_GREEN)
            blue--;
    yellow = blue - home.colours[SW_COLOUR_BLUE];
    if (blue > 0 && blue * 20 >= home.watched) of_homes = SW_COLOUR_BLUE;
    if (yellow > 0 && yellow * 20 >= home.watched) of_homes = SW_COLOUR_YELLOW;
    for (int c = SW_COLOUR_BLUE; c < SW_COLOUR_COUNT; c++) {
        coloured += level.colours[c] + cover.colours[c];
        if (level.colours[c] + cover.colours[c] > 0) worst = (enum sw_colour)c;
    }
    assert_int_equal(found.homes_colour, of_homes);
    assert_int_equal(found.colour, worst > of_homes ? worst : of_homes);
    bool unknown = sensors > 0 ? 2 * (level.unknown + cover.unknown) >= sensors : 2 * home.unknown >= home.watched;
    assert_int_equal(found.unknown, unknown);
    assert_int_equal(found.worst_count, coloured < AREA_WORST_MAX ? coloured : AREA_WORST_MAX);
    for (uint32_t w = 0; w < found.worst_count; w++) {
        int i = (int)found.worst[w];
        assert_true(counts(naive, i, path));
        assert_int_not_equal(naive->subjects[i].domain, SUBJECT_HOME);
        assert_int_not_equal(naive->colours[i], SW_COLOUR_GREEN);
        if (w > 0) assert_true(naive->colours[found.worst[w - 1]] >= naive->colours[i]);
    }
    if (found.worst_count > 0) assert_int_equal(naive->colours[found.worst[0]], worst);
}

static void thousands_of_subjects_and_random_changes_against_a_naive_reckoning(void **state)
{
    (void)state;
    struct naive *naive = calloc(1, sizeof *naive);
    struct chance chance = {20261122};
    assert_non_null(naive);
    for (int i = 0; i < MANY; i++) {
        static const enum subject_domain domains[] = {SUBJECT_HOME,  SUBJECT_HOME,  SUBJECT_HOME,
                                                      SUBJECT_LEVEL, SUBJECT_COVER, SUBJECT_RAIN};
        int depth = 1 + (int)chance_below(&chance, 5), length = 0;
        for (int d = 0; d < depth; d++)
            length += snprintf(naive->grids[i] + length, sizeof naive->grids[i] - (size_t)length, "%s%d", d ? "/" : "",
                               (int)chance_below(&chance, d == 0 ? 2 : 1 + 2 * d));
        naive->subjects[i] = (struct area_subject){domains[chance_below(&chance, 6)], naive->grids[i]};
        naive->unknown[i] = true;
    }
    naive_groups(naive, 5);
    struct town town = town_new(naive->subjects, MANY);
    assert_in_range(area_map_count(town.map), 500, MANY);
    for (int round = 0; round < 4; round++) {
        for (int change = 0; change < 3000; change++) {
            uint32_t i = (uint32_t)chance_below(&chance, MANY);
            int roll = (int)chance_below(&chance, 40);
            naive->colours[i] = roll < SW_COLOUR_COUNT ? (enum sw_colour)roll : SW_COLOUR_GREEN;
            naive->unknown[i] = chance_below(&chance, 3) == 0;
            area_map_set(town.map, i, naive->colours[i], naive->unknown[i]);
        }
        for (uint32_t area = 0; area < area_map_count(town.map); area++)
            check_report(naive, town.map, area);
    }
    free(town.memory);
    free(naive);
}

/* ---- what a subject adds ---- */

struct brook {
    struct world *world;
    uint32_t line, node, site, cover;
};

static struct brook brook_new(const struct policy *policy)
{
    struct brook brook = {.world = world_new(8)};
    brook.line = world_add(brook.world, SUBJECT_LINE, "line-1", CORE_NO_PARENT, policy);
    brook.node = world_add(brook.world, SUBJECT_NODE, "node-1", brook.line, policy);
    brook.site = world_add(brook.world, SUBJECT_LEVEL, "brook-1", brook.node, policy);
    brook.cover = world_add(brook.world, SUBJECT_COVER, "brook-1", brook.node, policy);
    core_on_line(brook.world->core, brook.line, true, sw_wall_from_ms(T0));
    return brook;
}

static void assert_input(const struct brook *brook, uint32_t subject, int64_t now_ms, enum sw_colour colour,
                         bool unknown)
{
    struct core_area_input input = core_area_input(brook->world->core, subject, sw_wall_from_ms(now_ms));
    assert_string_equal(sw_colour_name(input.colour), sw_colour_name(colour));
    assert_int_equal(input.unknown, unknown);
}

static void a_sensor_adds_its_colour_and_its_silence(void **state)
{
    (void)state;
    struct policy policy = policy_city_default();
    policy.level.on_delay_ms = 0;
    struct brook brook = brook_new(&policy);
    assert_input(&brook, brook.site, T0, SW_COLOUR_GREEN, true);
    world_read(brook.world, brook.site, SW_READING_LEVEL, T0 + MINUTE, 10 * MM);
    world_seen(brook.world, brook.node, T0 + MINUTE);
    assert_input(&brook, brook.site, T0 + MINUTE, SW_COLOUR_GREEN, false);
    world_read(brook.world, brook.site, SW_READING_LEVEL, T0 + 2 * MINUTE, policy.level.band_um[SW_COLOUR_RED]);
    world_tick(brook.world, T0 + 2 * MINUTE);
    world_read(brook.world, brook.site, SW_READING_LEVEL, T0 + 3 * MINUTE, policy.level.band_um[SW_COLOUR_RED]);
    world_seen(brook.world, brook.node, T0 + 3 * MINUTE);
    world_tick(brook.world, T0 + 3 * MINUTE);
    assert_input(&brook, brook.site, T0 + 3 * MINUTE, SW_COLOUR_RED, false);
    /* It falls silent, and the alert for it is not yet there: unknown all the same, and still red. */
    int64_t later = T0 + 3 * MINUTE + policy.silence.level_ms;
    assert_input(&brook, brook.site, later - 1, SW_COLOUR_RED, false);
    assert_input(&brook, brook.site, later, SW_COLOUR_RED, true);
    world_free(brook.world);
}

static void a_silent_node_makes_its_sensors_unknown_and_colours_nothing(void **state)
{
    (void)state;
    struct policy policy = policy_city_default();
    policy.silence.level_ms = 0; /* never by itself */
    struct brook brook = brook_new(&policy);
    world_tick(brook.world, T0);
    world_read(brook.world, brook.site, SW_READING_LEVEL, T0 + SECOND, 10 * MM);
    world_seen(brook.world, brook.node, T0 + SECOND);
    assert_input(&brook, brook.site, T0 + SECOND, SW_COLOUR_GREEN, false);
    int64_t later = T0 + MINUTE + policy.silence.node_ms;
    world_tick(brook.world, later);
    assert_int_equal(world_last(brook.world)->kind, SW_ALERT_KIND_NODE_SILENT);
    assert_input(&brook, brook.site, later, SW_COLOUR_GREEN, true);
    world_seen(brook.world, brook.node, later + SECOND);
    assert_input(&brook, brook.site, later + SECOND, SW_COLOUR_GREEN, false);
    world_free(brook.world);
}

/* The last colour of each kind of the site's alerts; green once over. */
static enum sw_colour told(const struct world *world, enum sw_alert_kind kind, bool *open)
{
    enum sw_colour colour = SW_COLOUR_GREEN;
    *open = false;
    for (uint32_t i = 0; i < world->alert_count; i++) {
        if (world->alerts[i].kind != kind) continue;
        colour = world->alerts[i].colour;
        *open = sw_alert_state_is_open(world->alerts[i].state);
    }
    return colour;
}

static void water_that_is_expected_counts_one_colour_less(void **state)
{
    (void)state;
    struct policy policy = policy_city_default();
    struct brook brook = brook_new(&policy);
    unsigned expected = 0;
    for (int minute = 0; minute < 240; minute++) {
        int64_t now_ms = T0 + minute * MINUTE;
        /* Low for an hour, then 3 mm a minute. */
        world_read(brook.world, brook.site, SW_READING_LEVEL, now_ms, minute < 60 ? 5 * MM : (minute - 60) * 3 * MM);
        world_seen(brook.world, brook.node, now_ms);
        world_tick(brook.world, now_ms);
        bool open, soon_open;
        enum sw_colour is = told(brook.world, SW_ALERT_KIND_LEVEL, &open);
        enum sw_colour soon = told(brook.world, SW_ALERT_KIND_LEVEL_SOON, &soon_open);
        enum sw_colour below = soon > SW_COLOUR_GREEN ? (enum sw_colour)(soon - 1) : SW_COLOUR_GREEN;
        expected += soon > is;
        struct core_area_input input = core_area_input(brook.world->core, brook.site, sw_wall_from_ms(now_ms));
        assert_int_equal(input.colour, below > is ? below : is);
    }
    assert_true(expected > 0); /* or nothing was tried */
    world_free(brook.world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_heard_is_unknown_not_well),
        cmocka_unit_test(an_area_has_the_worst_colour_below_it),
        cmocka_unit_test(half_blind_is_unknown_and_keeps_its_colour),
        cmocka_unit_test(fewer_than_three_homes_are_on_no_map),
        cmocka_unit_test(the_difference_of_two_areas_is_no_single_home),
        cmocka_unit_test(homes_raise_an_area_to_yellow_and_are_never_named),
        cmocka_unit_test(what_people_report_colours_where_they_say),
        cmocka_unit_test(paths_are_checked),
        cmocka_unit_test(any_depth_will_do),
        cmocka_unit_test(a_change_is_told_for_each_area_above_it_once),
        cmocka_unit_test(thousands_of_subjects_and_random_changes_against_a_naive_reckoning),
        cmocka_unit_test(a_sensor_adds_its_colour_and_its_silence),
        cmocka_unit_test(water_that_is_expected_counts_one_colour_less),
        cmocka_unit_test(a_silent_node_makes_its_sensors_unknown_and_colours_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
