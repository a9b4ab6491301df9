#include "config/neighbours.h"

#include <stdlib.h>
#include <string.h>

#include "core/near/near.h"
#include "stillwater/error.h"

typedef const struct config_subject *subject_of(void *ctx, uint32_t subject);

/* The subject itself and those upstream are among those that are found. */
#define FOUND_MAX (CORE_NEIGHBOURS_MAX + 1 + CORE_UPSTREAM_MAX)

struct map {
    enum subject_domain domain;
    struct near_place *places;
    struct near near;
};

struct nearest {
    uint32_t subject[CORE_NEIGHBOURS_MAX];
    double metres[CORE_NEIGHBOURS_MAX];
    uint32_t count;
};

/* Keeps the list sorted; one more than it holds falls off its end. */
static void keep_if_near(struct nearest *nearest, uint32_t subject, double metres)
{
    uint32_t at = nearest->count;
    while (at > 0 && nearest->metres[at - 1] > metres)
        at--;
    if (at == CORE_NEIGHBOURS_MAX) return;
    uint32_t last = nearest->count < CORE_NEIGHBOURS_MAX ? nearest->count++ : CORE_NEIGHBOURS_MAX - 1;
    for (uint32_t i = last; i > at; i--) {
        nearest->metres[i] = nearest->metres[i - 1];
        nearest->subject[i] = nearest->subject[i - 1];
    }
    nearest->metres[at] = metres;
    nearest->subject[at] = subject;
}

static bool is_upstream(const struct config_subject *subject, const char *other)
{
    for (uint32_t i = 0; i < subject->upstream_count; i++)
        if (strcmp(subject->upstream[i]->id, other) == 0) return true;
    return false;
}

/* Places of all subjects of a domain, by which they are found. */
static int map_domain(struct map *map, const struct core *core, enum subject_domain domain, subject_of *of, void *ctx)
{
    uint32_t count = 0;
    map->places = calloc(core_subject_count(core) + 1, sizeof *map->places);
    if (!map->places) return SW_ERROR_NO_SPACE;
    for (uint32_t i = 0; i < core_subject_count(core); i++) {
        const struct config_subject *subject = core_subject_domain(core, i) == domain ? of(ctx, i) : NULL;
        if (!subject || !subject->place.known) continue;
        map->places[count++] = (struct near_place){.at = globe_point(subject->place.latitude, subject->place.longitude),
                                                   .id = subject->id};
    }
    map->domain = domain;
    near_build(&map->near, map->places, count);
    return SW_OK;
}

static void collect(struct nearest *nearest, const struct core *core, uint32_t index, const struct map *map,
                    const struct config_subject *here, int32_t reach_m)
{
    struct near_found found[FOUND_MAX];
    struct globe_point at = globe_point(here->place.latitude, here->place.longitude);
    if (reach_m <= 0) return;
    uint32_t count = near_find(&map->near, (enum sw_place_kind)0, &at, reach_m, FOUND_MAX, found), subject;
    for (uint32_t i = 0; i < count; i++)
        if (!is_upstream(here, found[i].place->id) &&
            core_find_subject(core, map->domain, found[i].place->id, &subject) == SW_OK && subject != index)
            keep_if_near(nearest, subject, found[i].distance_m);
}

static void link_near(struct core *core, uint32_t index, const struct config_subject *here, const struct map *levels,
                      const struct map *rain)
{
    const int32_t *reach_m = here->policy->agreement.reach_m;
    struct nearest nearest = {.count = 0};
    if (here->place.known) collect(&nearest, core, index, levels, here, reach_m[AGREEMENT_NEIGHBOUR]);
    if (here->place.known) collect(&nearest, core, index, rain, here, reach_m[AGREEMENT_RAIN]);
    (void)core_set_neighbours(core, index, nearest.subject, nearest.count);
}

/* One that has no level (yet) has nothing to say. */
static void link_upstream(struct core *core, uint32_t index, const struct config_subject *here)
{
    uint32_t upstream[CORE_UPSTREAM_MAX], count = 0;
    for (uint32_t i = 0; i < here->upstream_count; i++)
        if (core_find_subject(core, SUBJECT_LEVEL, here->upstream[i]->id, &upstream[count]) == SW_OK) count++;
    (void)core_set_upstream(core, index, upstream, count);
}

int neighbours_link(struct core *core, subject_of *of, void *ctx)
{
    struct map levels = {.places = NULL}, rain = {.places = NULL};
    int error = map_domain(&levels, core, SUBJECT_LEVEL, of, ctx);
    if (!error) error = map_domain(&rain, core, SUBJECT_RAIN, of, ctx);
    for (uint32_t i = 0; !error && i < core_subject_count(core); i++) {
        const struct config_subject *here = core_subject_domain(core, i) == SUBJECT_LEVEL ? of(ctx, i) : NULL;
        if (!here) continue;
        link_near(core, i, here, &levels, &rain);
        link_upstream(core, i, here);
    }
    free(levels.places);
    free(rain.places);
    return error;
}
