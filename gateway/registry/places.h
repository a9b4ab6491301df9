/* The registry of places: what a city has that helps, from a GeoJSON file (RFC 7946), docs/places.md. */
#ifndef GATEWAY_REGISTRY_PLACES_H
#define GATEWAY_REGISTRY_PLACES_H

#include <stdint.h>

#include "config/gateway_config.h"
#include "core/near/near.h"

struct places {
    struct near_place *list; /* in the order of the search; strings are its own */
    uint32_t count;
    struct near near;
};

/* SW_OK and *places (free with places_free), or SW_ERROR_CONFIG after at least one problem was reported, as the
 * configuration's are; a feature is "features[N]", counted from 0. */
int places_load(const char *file, struct config_report report, struct places *places);

void places_free(struct places *places);

#endif
