/* The colours of places: what a city's map shows of its cells, streets and districts. Pure; nothing of it is stored.
 *
 * The rule, with its reasons in docs/decisions/0006-area-colours.md:
 *   - An area has the worst colour of the water sensors and covers below it.
 *     So does what people report there and is open.
 *   - Homes raise it to AREA_HOMES_COLOUR_MAX at most, when at least one in AREA_HOMES_ONE_IN of the homes counted
 * there is of that colour or worse, and they are counted in groups of AREA_HOMES_MIN or more only.
 *   - It is unknown when half or more of its water sensors and covers are; without any, when half or more of its homes
 *     are; without those, always. That stands beside the colour: no data is never "all well", and never hides a flood.
 *
 * What a subject adds (its colour, whether it is unknown) is worked out by core_area.h. */
#ifndef GATEWAY_CORE_AREA_AREA_H
#define GATEWAY_CORE_AREA_AREA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/core.h"
#include "stillwater/topics.h"

#define AREA_NONE UINT32_MAX

/* A home's state must not be read off a map. */
#define AREA_HOMES_MIN        3u
#define AREA_HOMES_COLOUR_MAX SW_COLOUR_YELLOW
#define AREA_HOMES_ONE_IN     20u

struct area_subject {
    enum subject_domain domain;
    const char *grid; /* path of the place it is in, as sw_area_path_valid() says; NULL or not valid: on no map; an
                       * area where people report is shown without a sensor */
};

/* Of the subjects of one domain below an area. One that is unknown counts as that, and by its colour too when it has
 * one other than green: a red sensor that falls silent stays red. */
struct area_count {
    uint32_t watched;
    uint32_t unknown;
    uint32_t colours[SW_COLOUR_COUNT];
};

/* What may be shown of an area. All zeroes where nothing may: compared with memcmp, so made by area_report() only. */
#define AREA_WORST_MAX 5u
struct area_report {
    bool shown; /* it has a sensor, or homes enough, or people report there */
    bool unknown;
    enum sw_colour colour;
    struct area_count level, cover;
    uint32_t reported[SW_COLOUR_COUNT];  /* by people, and open; none are green */
    uint32_t rain_watched, rain_unknown; /* rain gauges colour nothing */
    uint32_t homes_watched;              /* those counted here; by colour they are not shown */
    enum sw_colour homes_colour;         /* not above AREA_HOMES_COLOUR_MAX */
    bool homes_unknown;
    uint32_t worst_count;
    uint32_t worst[AREA_WORST_MAX]; /* subjects that are not green: sensors and covers, worst first; never a home */
};

struct area_map;

/* Bytes area_map_init() needs for these subjects. */
size_t area_map_size(const struct area_subject *subjects, uint32_t count);

/* Lays the map out in `memory` (area_map_size() bytes, aligned as malloc aligns, owned by the caller, outlives the
 * map). The grid strings are pointed to and outlive it too. Subjects are named by their place in the array from then
 * on. Everything begins as green and unknown, every shown area as changed. */
struct area_map *area_map_init(void *memory, const struct area_subject *subjects, uint32_t count);

/* A subject's colour and whether it is unknown. Changes nothing when both are as before; else takes as long as the
 * path has levels. Subjects on no map are let pass. */
void area_map_set(struct area_map *map, uint32_t subject, enum sw_colour colour, bool unknown);

/* Where people report something changes: a place (SUBJECT_PLACE) lies from now on in the area of this path, or in the
 * nearest one above it that is shown; outside all of them, on no map. */
void area_map_move(struct area_map *map, uint32_t subject, const char *grid);

/* As it was set last. */
enum sw_colour area_map_colour(const struct area_map *map, uint32_t subject);

/* Areas are numbered from 0, each after the one it lies in. */
uint32_t area_map_count(const struct area_map *map);
uint32_t area_map_find(const struct area_map *map, const char *path); /* AREA_NONE */
void area_map_path(const struct area_map *map, uint32_t area, char path[SW_AREA_PATH_SIZE]);

void area_map_report(const struct area_map *map, uint32_t area, struct area_report *report);

/* Takes the area that has waited longest since something below it changed; AREA_NONE when there is none. Its report may
 * still be the same as before. */
uint32_t area_map_take_changed(struct area_map *map);
uint32_t area_map_changed_count(const struct area_map *map);
/* Has one wait again, or every shown one. */
void area_map_change(struct area_map *map, uint32_t area);
void area_map_change_all(struct area_map *map);

#endif
