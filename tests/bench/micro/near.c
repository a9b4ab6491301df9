/* What it costs an alert to say what is near, among 100,000 places; beside it the plain scan of all of them. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/near/near.h"
#include "micro/micro.h"

#define PLACES  100000
#define ALERTS  20000
#define SCANNED 100 /* the scan takes so long */

static const struct near_reach reach = {300, 3000};

struct city {
    struct near_place *places;
    char (*ids)[16];
    struct near near;
    unsigned long long dice;
    uint64_t found, scanned; /* places, for the first SCANNED alerts of all rounds */
};

static double roll(unsigned long long *dice, double low, double high)
{
    return low + (high - low) * (double)(micro_roll(dice) >> 11) / 9007199254740992.0;
}

/* A city of 60 by 60 km. */
static struct globe_point somewhere(unsigned long long *dice)
{
    double latitude = roll(dice, 31.0, 31.54), longitude = roll(dice, 120.3, 120.93);
    return globe_point(latitude, longitude);
}

/* One pass for each kind, the nearest kept by insertion: what one would write first. */
static uint32_t scan(const struct near_place *places, const struct globe_point *here, struct near_found *found)
{
    uint32_t total = 0;
    for (int kind = 0; kind < SW_PLACE_KIND_COUNT; kind++) {
        uint32_t most = sw_place_kind_most((enum sw_place_kind)kind), kept = 0;
        double limit = kind == SW_PLACE_CAMERA ? reach.camera_m : reach.other_m;
        for (uint32_t i = 0; i < PLACES; i++) {
            if (places[i].kind != (enum sw_place_kind)kind) continue;
            double distance_m = globe_distance_m(here, &places[i].at);
            if (distance_m > limit) continue;
            uint32_t at = kept;
            while (at > 0 && found[total + at - 1].distance_m > distance_m)
                at--;
            if (at == most) continue;
            if (kept < most) kept++;
            memmove(&found[total + at + 1], &found[total + at], (kept - at - 1) * sizeof *found);
            found[total + at] = (struct near_found){&places[i], distance_m, 0};
        }
        total += kept;
    }
    return total;
}

/* Both are asked of the same alerts. */
#define ALERTS_SEED 7

static double ours(void *ctx)
{
    struct city *city = ctx;
    struct near_found found[SW_PLACES_NEAR_MAX + 1];
    unsigned long long dice = ALERTS_SEED;
    double begun = micro_cpu_s();
    for (uint32_t i = 0; i < ALERTS; i++) {
        struct globe_point here = somewhere(&dice);
        uint32_t count = near_find_all(&city->near, &here, &reach, found);
        if (i < SCANNED) city->found += count;
    }
    return (micro_cpu_s() - begun) / ALERTS * 1e6;
}

static double plain_scan(void *ctx)
{
    struct city *city = ctx;
    struct near_found found[SW_PLACES_NEAR_MAX + 1];
    unsigned long long dice = ALERTS_SEED;
    double begun = micro_cpu_s();
    for (uint32_t i = 0; i < SCANNED; i++) {
        struct globe_point here = somewhere(&dice);
        city->scanned += scan(city->places, &here, found);
    }
    return (micro_cpu_s() - begun) / SCANNED * 1e6;
}

void near_bench(void)
{
    struct city city = {.dice = 1};
    city.places = micro_must(calloc(PLACES, sizeof *city.places));
    city.ids = micro_must(calloc(PLACES, sizeof *city.ids));
    for (uint32_t i = 0; i < PLACES; i++) {
        snprintf(city.ids[i], sizeof city.ids[i], "p-%" PRIu32, i);
        city.places[i] = (struct near_place){
            .at = somewhere(&city.dice), .kind = (enum sw_place_kind)(i % SW_PLACE_KIND_COUNT), .id = city.ids[i]};
    }
    double begun = micro_cpu_s();
    near_build(&city.near, city.places, PLACES);
    micro_tell("set-up", (micro_cpu_s() - begun) * 1e3, "ms", "-");
    micro_measure(&(struct micro){"an alert", "us", "plain scan", ours, plain_scan}, &city);
    if (city.found != city.scanned) {
        fprintf(stderr, "micro: the scan found %" PRIu64 " places, the tree %" PRIu64 "\n", city.scanned, city.found);
        exit(1);
    }
    free(city.places);
    free(city.ids);
}
