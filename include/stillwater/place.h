/* Vocabulary of places (place.def), as an enum and name look-ups. No I/O, no state. */
#ifndef STILLWATER_PLACE_H
#define STILLWATER_PLACE_H

#define SW_PLACE_KIND(name, text, most, meaning) SW_PLACE_##name,
enum sw_place_kind {
#include "stillwater/place.def"
    SW_PLACE_KIND_COUNT
};
#undef SW_PLACE_KIND

/* So many places an alert tells at most. */
#define SW_PLACE_KIND(name, text, most, meaning) +(most)
enum {
    SW_PLACES_NEAR_MAX = 0
#include "stillwater/place.def"
};
#undef SW_PLACE_KIND

#define SW_PLACE_NAME_SIZE 65

const char *sw_place_kind_name(enum sw_place_kind kind);
unsigned sw_place_kind_most(enum sw_place_kind kind);
/* SW_PLACE_KIND_COUNT when none has this name. */
enum sw_place_kind sw_place_kind_from_name(const char *name);

#endif
