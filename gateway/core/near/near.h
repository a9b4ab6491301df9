/* What is near: of each kind of place the nearest ones, by great-circle distance. A k-d tree (J. L. Bentley,
 * "Multidimensional Binary Search Trees Used for Associative Searching", Communications of the ACM 18 (1975), 509) in
 * the places' own array: a search looks at some dozens of places, however many there are. */
#ifndef GATEWAY_CORE_NEAR_NEAR_H
#define GATEWAY_CORE_NEAR_NEAR_H

#include <stdint.h>

#include "core/near/globe.h"
#include "stillwater/place.h"

struct near_place {
    struct globe_point at;
    enum sw_place_kind kind;
    const char *id;
    const char *name, *hours; /* NULL = not known */
    uint32_t capacity;        /* people; 0 = not known, or does not apply */
};

struct near {
    const struct near_place *places;
    uint32_t first[SW_PLACE_KIND_COUNT + 1]; /* of each kind; the last one is the count of all */
};

/* How far it is looked. */
struct near_reach {
    double camera_m;
    double other_m;
};

struct near_found {
    const struct near_place *place;
    double distance_m;
    double bearing_deg; /* from the alert to the place */
};

/* Brings the places into the order of the search. The array is the caller's, stays where it is, and must not be changed
 * while `near` is used. */
void near_build(struct near *near, struct near_place *places, uint32_t count);

/* Of one kind, the nearest first, of equal distance by id; `most` at most. Returns how many. */
uint32_t near_find(const struct near *near, enum sw_place_kind kind, const struct globe_point *here, double reach_m,
                   uint32_t most, struct near_found *found);

/* Of all kinds, as many of each as place.def says, the nearest first. */
uint32_t near_find_all(const struct near *near, const struct globe_point *here, const struct near_reach *reach,
                       struct near_found found[SW_PLACES_NEAR_MAX]);

#endif
