#include "cli/near.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/replay.h"
#include "registry/places.h"
#include "stillwater/error.h"

static const char usage[] =
    "Usage: stillwater near --places FILE --at LATITUDE,LONGITUDE [--camera-m METRES] [--near-m METRES]\n"
    "\n"
    "  Prints what an alert there would say is near, the nearest first (docs/places.md).\n"
    "  --places FILE    GeoJSON, as registry.places of the configuration\n"
    "  --camera-m       cameras up to this distance (300)\n"
    "  --near-m         other places up to this one (3000)\n";

struct options {
    const char *places;
    bool has_point;
    struct globe_point at;
    struct near_reach reach;
    bool help;
};

static bool read_number(const char *text, double least, double most, char end, double *out, const char **rest)
{
    char *stop;
    *out = strtod(text, &stop);
    if (rest) *rest = stop + 1;
    return stop != text && *stop == end && *out >= least && *out <= most;
}

static bool read_point(const char *text, struct options *options)
{
    double latitude, longitude;
    const char *rest;
    options->has_point =
        read_number(text, -90, 90, ',', &latitude, &rest) && read_number(rest, -180, 180, '\0', &longitude, NULL);
    if (options->has_point) options->at = globe_point(latitude, longitude);
    return options->has_point;
}

static bool parse_options(int argc, char **argv, struct options *options)
{
    static const struct option known[] = {
        {"places", required_argument, NULL, 'p'},   {"at", required_argument, NULL, 'a'},
        {"camera-m", required_argument, NULL, 'c'}, {"near-m", required_argument, NULL, 'n'},
        {"help", no_argument, NULL, 'h'},           {NULL, 0, NULL, 0}};
    int letter;
    bool good = true;
    while (good && (letter = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (letter == 'p')
            options->places = optarg;
        else if (letter == 'a')
            good = read_point(optarg, options);
        else if (letter == 'c')
            good = read_number(optarg, 0, 1e5, '\0', &options->reach.camera_m, NULL);
        else if (letter == 'n')
            good = read_number(optarg, 0, 1e5, '\0', &options->reach.other_m, NULL);
        else
            good = options->help = letter == 'h';
    }
    return good && (options->help || (options->places && options->has_point && optind == argc));
}

static void on_problem(void *ctx, const char *file, unsigned line, const char *field, const char *text)
{
    (void)ctx;
    if (line > 0)
        fprintf(stderr, "%s:%u: %s%s%s\n", file, line, field, *field ? ": " : "", text);
    else
        fprintf(stderr, "%s: %s%s%s\n", file, field, *field ? ": " : "", text);
}

static void print(const struct near_found *found)
{
    const struct near_place *place = found->place;
    printf("%-8s %-24s %7.0f m %4.0f deg", sw_place_kind_name(place->kind), place->id, found->distance_m,
           found->bearing_deg);
    if (place->capacity > 0) printf("  for %u", place->capacity);
    if (place->name) printf("  %s", place->name);
    if (place->hours) printf("  (%s)", place->hours);
    printf("\n");
}

int near_main(int argc, char **argv)
{
    struct options options = {.reach = {.camera_m = 300, .other_m = 3000}};
    struct near_found found[SW_PLACES_NEAR_MAX];
    struct places places;
    if (!parse_options(argc, argv, &options)) {
        fputs(usage, stderr);
        return EXIT_STATUS_UNUSABLE;
    }
    if (options.help) return fputs(usage, stdout) < 0;
    if (places_load(options.places, (struct config_report){NULL, on_problem}, &places) != SW_OK)
        return EXIT_STATUS_UNUSABLE;
    uint32_t count = near_find_all(&places.near, &options.at, &options.reach, found);
    for (uint32_t i = 0; i < count; i++)
        print(&found[i]);
    if (count == 0) printf("nothing within reach of %u places\n", places.count);
    places_free(&places);
    return fflush(stdout) == 0 ? 0 : EXIT_STATUS_UNUSABLE;
}
