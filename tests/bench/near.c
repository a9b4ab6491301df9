/* What it costs an alert to say what is near, with so many places; beside it, in the same run, the plain scan of all.
 *
 *   near PLACES ALERTS
 *
 * One line a figure: metric, value, unit, peer ("-" = ours). */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/near/near.h"

#define SCANNED_EVERY 200 /* of the alerts the scan is asked a part only: it takes so long */

static uint64_t dice = 1;

static double roll(double low, double high)
{
    dice = dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return low + (high - low) * (double)(dice >> 11) / 9007199254740992.0;
}

/* Of this process alone: the machine may be shared. */
static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* A city of 60 by 60 km. */
static struct globe_point somewhere(void)
{
    double latitude = roll(31.0, 31.54), longitude = roll(120.3, 120.93);
    return globe_point(latitude, longitude);
}

/* One pass for each kind, the nearest kept by insertion: what one would write first. */
static uint32_t scan(const struct near_place *places, uint32_t count, const struct globe_point *here,
                     const struct near_reach *reach, struct near_found *found)
{
    uint32_t total = 0;
    for (int kind = 0; kind < SW_PLACE_KIND_COUNT; kind++) {
        uint32_t most = sw_place_kind_most((enum sw_place_kind)kind), kept = 0;
        double limit = kind == SW_PLACE_CAMERA ? reach->camera_m : reach->other_m;
        for (uint32_t i = 0; i < count; i++) {
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

static uint32_t number(const char *text)
{
    long value = strtol(text, NULL, 10);
    if (value < 1 || value > 100000000) exit(2);
    return (uint32_t)value;
}

int main(int argc, char **argv)
{
    if (argc != 3) return 2;
    uint32_t count = number(argv[1]), alerts = number(argv[2]);
    struct near_place *places = calloc(count, sizeof *places);
    char(*ids)[16] = calloc(count, sizeof *ids);
    if (!places || !ids) return 1;
    for (uint32_t i = 0; i < count; i++) {
        snprintf(ids[i], sizeof ids[i], "p-%" PRIu32, i);
        places[i] =
            (struct near_place){.at = somewhere(), .kind = (enum sw_place_kind)(i % SW_PLACE_KIND_COUNT), .id = ids[i]};
    }
    struct near near;
    struct near_found found[SW_PLACES_NEAR_MAX + 1];
    const struct near_reach reach = {300, 3000};
    double start = seconds();
    near_build(&near, places, count);
    printf("set-up\t%.3g\tms\t-\n", (seconds() - start) * 1e3);

    uint64_t ours = 0, theirs = 0;
    uint64_t kept_dice = dice;
    start = seconds();
    for (uint32_t i = 0; i < alerts; i++) {
        struct globe_point here = somewhere();
        uint32_t of_this = near_find_all(&near, &here, &reach, found);
        if (i % SCANNED_EVERY == 0) ours += of_this;
    }
    printf("alerts a second\t%.4g\t1/s\t-\n", alerts / (seconds() - start));
    dice = kept_dice;
    uint32_t scanned = 0;
    double spent = 0;
    for (uint32_t i = 0; i < alerts; i++) {
        struct globe_point here = somewhere();
        if (i % SCANNED_EVERY != 0) continue;
        start = seconds();
        theirs += scan(places, count, &here, &reach, found);
        spent += seconds() - start;
        scanned++;
    }
    printf("alerts a second\t%.4g\t1/s\tplain scan\n", scanned / spent);
    free(places);
    free(ids);
    if (ours == theirs) return 0;
    fprintf(stderr, "the scan found %" PRIu64 " places, the tree %" PRIu64 "\n", theirs, ours);
    return 1;
}
