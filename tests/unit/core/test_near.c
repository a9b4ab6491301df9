/* What is near: distances against known ones, and the tree against a plain scan. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/near/near.h"

#define PLACES 3000

static uint64_t dice;

static double roll(double low, double high)
{
    dice = dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return low + (high - low) * (double)(dice >> 11) / 9007199254740992.0;
}

static void assert_near(double actual, double expected, double within)
{
    if (fabs(actual - expected) > within) fail_msg("%.4f, expected %.4f", actual, expected);
}

/* On a sphere a degree of a great circle is R pi / 180 = 111195.08 m; a quarter of it 10007557.2 m. */
static void distances_are_those_of_a_sphere(void **state)
{
    (void)state;
    struct globe_point origin = globe_point(0, 0), north = globe_point(1, 0), east = globe_point(0, 1);
    assert_near(globe_distance_m(&origin, &north), 111195.08, 0.01);
    assert_near(globe_distance_m(&origin, &east), 111195.08, 0.01);
    struct globe_point pole = globe_point(90, 12), antipode = globe_point(0, 180);
    assert_near(globe_distance_m(&origin, &pole), 10007557.2, 0.1);
    assert_near(globe_distance_m(&origin, &antipode), 2 * 10007557.2, 0.1);
    /* Across the date line, 0.002 degrees apart at 60 degrees north: half of that at the equator. */
    struct globe_point fiji = globe_point(60, 179.999), over = globe_point(60, -179.999);
    assert_near(globe_distance_m(&fiji, &over), 111.195, 0.001);
    /* Ten metres: no digits are lost where points lie close. */
    struct globe_point door = globe_point(31.2989, 120.5853), tap = globe_point(31.2989 + 10 / 111195.08, 120.5853);
    assert_near(globe_distance_m(&door, &tap), 10, 0.0001);
    assert_near(globe_distance_m(&door, &door), 0, 0);
}

static void bearings_go_clockwise_from_north(void **state)
{
    (void)state;
    static const struct {
        double latitude, longitude, bearing;
    } around[] = {{51.1, 4, 0}, {51, 4.1, 89.961}, {50.9, 4, 180}, {51, 3.9, 270.039}};
    struct globe_point here = globe_point(51, 4);
    for (size_t i = 0; i < sizeof around / sizeof around[0]; i++) {
        struct globe_point there = globe_point(around[i].latitude, around[i].longitude);
        assert_near(globe_bearing_deg(&here, &there), around[i].bearing, 0.001);
    }
    struct globe_point pole = globe_point(90, 0);
    assert_true(isfinite(globe_bearing_deg(&pole, &here)));
    assert_true(isfinite(globe_bearing_deg(&here, &here)));
}

/* Some share a spot, so that there are ties. */
static void scatter(struct near_place *places, char (*ids)[16], double spread)
{
    for (int i = 0; i < PLACES; i++) {
        double latitude = 31.3 + roll(-spread, spread), longitude = 120.6 + roll(-spread, spread);
        snprintf(ids[i], 16, "p-%04d", (i * 7919) % PLACES);
        places[i] = (struct near_place){.at = globe_point(latitude, longitude),
                                        .kind = (enum sw_place_kind)(i % SW_PLACE_KIND_COUNT),
                                        .id = ids[i]};
        if (i % 10 == 0 && i >= SW_PLACE_KIND_COUNT) places[i].at = places[i - SW_PLACE_KIND_COUNT].at;
    }
}

struct measured {
    double distance_m;
    const char *id;
};

static int by_distance(const void *a, const void *b)
{
    const struct measured *x = a, *y = b;
    if (x->distance_m < y->distance_m) return -1;
    return x->distance_m > y->distance_m ? 1 : strcmp(x->id, y->id);
}

static void expect_as_scanned(const struct near *near, const struct near_place *places, enum sw_place_kind kind,
                              const struct globe_point *here, double reach_m, uint32_t most)
{
    static struct measured all[PLACES];
    struct near_found found[8];
    size_t count = 0;
    for (int i = 0; i < PLACES; i++) {
        double distance_m = globe_distance_m(here, &places[i].at);
        if (places[i].kind == kind && distance_m <= reach_m) all[count++] = (struct measured){distance_m, places[i].id};
    }
    qsort(all, count, sizeof all[0], by_distance);
    uint32_t expected = count < most ? (uint32_t)count : most;
    assert_int_equal(near_find(near, kind, here, reach_m, most, found), expected);
    for (uint32_t i = 0; i < expected; i++) {
        assert_string_equal(found[i].place->id, all[i].id);
        assert_near(found[i].distance_m, all[i].distance_m, 0);
    }
}

static void the_tree_finds_what_a_scan_finds(void **state)
{
    (void)state;
    static struct near_place places[PLACES];
    static char ids[PLACES][16];
    for (int round = 0; round < 20; round++) {
        struct near near;
        dice = (uint64_t)round;
        scatter(places, ids, round % 4 == 3 ? 0.0 : 0.1); /* all in one spot, now and then */
        near_build(&near, places, PLACES);
        assert_int_equal(near.first[SW_PLACE_KIND_COUNT], PLACES);
        for (int i = 0; i < 50; i++) {
            struct globe_point here = globe_point(31.3 + roll(-0.12, 0.12), 120.6 + roll(-0.12, 0.12));
            enum sw_place_kind kind = (enum sw_place_kind)(i % SW_PLACE_KIND_COUNT);
            expect_as_scanned(&near, places, kind, &here, roll(0, 5000), 1 + (uint32_t)i % 8);
        }
    }
}

static void ties_go_by_id(void **state)
{
    (void)state;
    struct near near;
    struct near_found found[3];
    struct globe_point here = globe_point(31.3, 120.6);
    struct near_place places[] = {{.at = here, .kind = SW_PLACE_PUMP, .id = "c"},
                                  {.at = here, .kind = SW_PLACE_PUMP, .id = "a"},
                                  {.at = here, .kind = SW_PLACE_PUMP, .id = "d"},
                                  {.at = here, .kind = SW_PLACE_PUMP, .id = "b"}};
    near_build(&near, places, 4);
    assert_int_equal(near_find(&near, SW_PLACE_PUMP, &here, 0, 3, found), 3);
    for (int i = 0; i < 3; i++)
        assert_int_equal(found[i].place->id[0], 'a' + i);
}

static void cameras_are_told_within_their_reach_others_within_theirs(void **state)
{
    (void)state;
    struct near near;
    struct near_found found[SW_PLACES_NEAR_MAX];
    struct near_reach reach = {.camera_m = 300, .other_m = 2000};
    struct globe_point here = globe_point(31.3, 120.6);
    double degree_m = 111195.08;
    struct near_place places[] = {
        {.at = globe_point(31.3 + 299 / degree_m, 120.6), .kind = SW_PLACE_CAMERA, .id = "cam-in"},
        {.at = globe_point(31.3 + 301 / degree_m, 120.6), .kind = SW_PLACE_CAMERA, .id = "cam-out"},
        {.at = globe_point(31.3 - 100 / degree_m, 120.6), .kind = SW_PLACE_SHELTER, .id = "school"},
        {.at = globe_point(31.3 - 1999 / degree_m, 120.6), .kind = SW_PLACE_STORE, .id = "depot"},
        {.at = globe_point(31.3 - 2001 / degree_m, 120.6), .kind = SW_PLACE_STORE, .id = "far-depot"},
    };
    near_build(&near, places, sizeof places / sizeof places[0]);
    assert_int_equal(near_find_all(&near, &here, &reach, found), 3);
    assert_string_equal(found[0].place->id, "school");
    assert_near(found[0].distance_m, 100, 0.01);
    assert_near(found[0].bearing_deg, 180, 0.01);
    assert_string_equal(found[1].place->id, "cam-in");
    assert_string_equal(found[2].place->id, "depot");
}

static void no_places_are_no_trouble(void **state)
{
    (void)state;
    struct near near;
    struct near_found found[SW_PLACES_NEAR_MAX];
    struct globe_point here = globe_point(0, 0);
    near_build(&near, NULL, 0);
    assert_int_equal(near_find_all(&near, &here, &(struct near_reach){300, 2000}, found), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distances_are_those_of_a_sphere),
        cmocka_unit_test(bearings_go_clockwise_from_north),
        cmocka_unit_test(the_tree_finds_what_a_scan_finds),
        cmocka_unit_test(ties_go_by_id),
        cmocka_unit_test(cameras_are_told_within_their_reach_others_within_theirs),
        cmocka_unit_test(no_places_are_no_trouble),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
