#include "stillwater/place.h"

#include <string.h>

static const struct {
    const char *name;
    unsigned most;
} kinds[SW_PLACE_KIND_COUNT] = {
#define SW_PLACE_KIND(name, text, most, meaning) [SW_PLACE_##name] = {text, most},
#include "stillwater/place.def"
#undef SW_PLACE_KIND
};

const char *sw_place_kind_name(enum sw_place_kind kind)
{
    return (unsigned)kind < SW_PLACE_KIND_COUNT ? kinds[kind].name : "unknown";
}

unsigned sw_place_kind_most(enum sw_place_kind kind)
{
    return (unsigned)kind < SW_PLACE_KIND_COUNT ? kinds[kind].most : 0;
}

enum sw_place_kind sw_place_kind_from_name(const char *name)
{
    unsigned kind = 0;
    while (kind < SW_PLACE_KIND_COUNT && strcmp(kinds[kind].name, name) != 0)
        kind++;
    return (enum sw_place_kind)kind;
}
