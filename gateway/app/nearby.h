/* What is near an alert, from the registry of places. */
#ifndef GATEWAY_APP_NEARBY_H
#define GATEWAY_APP_NEARBY_H

#include "app/gateway_state.h"

/* Reads the registry, where the configuration names one. SW_OK, or SW_ERROR_CONFIG with the problems in the log and a
 * reason in `text`; either way nearby_close is owed. */
int nearby_open(struct gateway *gateway, char *text, size_t text_size);
void nearby_close(struct gateway *gateway);

/* So many, the nearest first; none for a place that is NULL or not known. */
uint32_t nearby_find(const struct gateway *gateway, const struct config_place *place,
                     struct near_found found[SW_PLACES_NEAR_MAX]);

#endif
