#include "core/near/near.h"

#include <stdbool.h>
#include <string.h>

static void swap(struct near_place *a, struct near_place *b)
{
    struct near_place kept = *a;
    *a = *b;
    *b = kept;
}

/* Puts the place that is `middle`th along the axis there, smaller ones before it, larger ones after (Hoare's FIND). */
static void select_middle(struct near_place *places, int64_t middle, int64_t count, int axis)
{
    int64_t low = 0, high = count - 1;
    while (low < high) {
        double pivot = places[low + (high - low) / 2].at.axis[axis];
        int64_t up = low, down = high;
        while (up <= down) {
            while (places[up].at.axis[axis] < pivot)
                up++;
            while (places[down].at.axis[axis] > pivot)
                down--;
            if (up <= down) swap(&places[up++], &places[down--]);
        }
        if (middle > down && middle < up) return;
        if (middle <= down)
            high = down;
        else
            low = up;
    }
}

/* The middle place parts the others by one axis; each half by the next axis. As deep as the logarithm of the count. */
static void part(struct near_place *places, uint32_t count, int axis)
{
    if (count < 2) return;
    uint32_t middle = count / 2;
    select_middle(places, middle, count, axis);
    part(places, middle, (axis + 1) % 3);
    part(places + middle + 1, count - middle - 1, (axis + 1) % 3);
}

void near_build(struct near *near, struct near_place *places, uint32_t count)
{
    uint32_t sorted = 0;
    near->places = places;
    for (int kind = 0; kind < SW_PLACE_KIND_COUNT; kind++) {
        near->first[kind] = sorted;
        for (uint32_t i = sorted; i < count; i++)
            if (places[i].kind == (enum sw_place_kind)kind) swap(&places[i], &places[sorted++]);
        part(places + near->first[kind], sorted - near->first[kind], 0);
    }
    near->first[SW_PLACE_KIND_COUNT] = sorted;
}

struct search {
    const struct globe_point *here;
    double reach; /* chord squared */
    uint32_t most, count;
    struct near_found *found; /* distance_m is the chord squared while the search goes on */
};

static bool is_before(const struct near_found *a, const struct near_found *b)
{
    if (a->distance_m < b->distance_m) return true;
    return a->distance_m <= b->distance_m && strcmp(a->place->id, b->place->id) < 0;
}

/* Keeps the list sorted; one more than it holds falls off its end. */
static void keep(struct search *search, const struct near_place *place)
{
    struct near_found found = {.place = place, .distance_m = globe_chord_squared(search->here, &place->at)};
    if (found.distance_m > search->reach) return;
    uint32_t at = search->count;
    while (at > 0 && is_before(&found, &search->found[at - 1]))
        at--;
    if (at == search->most) return;
    if (search->count < search->most) search->count++;
    memmove(&search->found[at + 1], &search->found[at], (search->count - at - 1) * sizeof found);
    search->found[at] = found;
    if (search->count == search->most) search->reach = search->found[search->most - 1].distance_m;
}

/* The half that `here` lies in first; the other one only when it comes nearer than the worst that is kept. */
static void look(struct search *search, const struct near_place *places, uint32_t count, int axis)
{
    if (count == 0) return;
    uint32_t middle = count / 2;
    const struct near_place *after = places + middle + 1;
    double past = search->here->axis[axis] - places[middle].at.axis[axis];
    keep(search, &places[middle]);
    if (past < 0)
        look(search, places, middle, (axis + 1) % 3);
    else
        look(search, after, count - middle - 1, (axis + 1) % 3);
    if (past * past > search->reach) return;
    if (past < 0)
        look(search, after, count - middle - 1, (axis + 1) % 3);
    else
        look(search, places, middle, (axis + 1) % 3);
}

uint32_t near_find(const struct near *near, enum sw_place_kind kind, const struct globe_point *here, double reach_m,
                   uint32_t most, struct near_found *found)
{
    struct search search = {.here = here, .reach = globe_chord_squared_of(reach_m), .most = most, .found = found};
    if (most == 0) return 0;
    look(&search, near->places + near->first[kind], near->first[kind + 1] - near->first[kind], 0);
    for (uint32_t i = 0; i < search.count; i++) {
        found[i].distance_m = globe_distance_m(here, &found[i].place->at);
        found[i].bearing_deg = globe_bearing_deg(here, &found[i].place->at);
    }
    return search.count;
}

/* What is found of each kind is sorted, and there are few kinds. */
static void sort(struct near_found *found, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        struct near_found moved = found[i];
        uint32_t at = i;
        for (; at > 0 && is_before(&moved, &found[at - 1]); at--)
            found[at] = found[at - 1];
        found[at] = moved;
    }
}

uint32_t near_find_all(const struct near *near, const struct globe_point *here, const struct near_reach *reach,
                       struct near_found found[SW_PLACES_NEAR_MAX])
{
    uint32_t count = 0;
    for (int kind = 0; kind < SW_PLACE_KIND_COUNT; kind++)
        count +=
            near_find(near, (enum sw_place_kind)kind, here, kind == SW_PLACE_CAMERA ? reach->camera_m : reach->other_m,
                      sw_place_kind_most((enum sw_place_kind)kind), found + count);
    sort(found, count);
    return count;
}
