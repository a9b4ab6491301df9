#include "app/nearby.h"

#include <stdio.h>

#include "app/log.h"
#include "stillwater/error.h"

/* No gateway is so far from its city: who writes latitude first, in Europe, moves it to the Indian Ocean. */
#define FAR_M 500e3

static void on_problem(void *ctx, const char *file, unsigned line, const char *field, const char *text)
{
    (void)ctx;
    if (line > 0)
        log_event(LOG_LEVEL_ERROR, "places", "%s:%u: %s%s%s", file, line, field, *field ? ": " : "", text);
    else
        log_event(LOG_LEVEL_ERROR, "places", "%s: %s%s%s", file, field, *field ? ": " : "", text);
}

/* Of the first subject that has a place. */
static void warn_of_far_places(const struct gateway *gateway)
{
    const struct gateway_config *config = gateway->config;
    uint32_t i = 0;
    while (i < config->subject_count && !config->subjects[i].place.known)
        i++;
    if (i == config->subject_count || gateway->places.count == 0) return;
    const struct config_subject *subject = &config->subjects[i];
    struct globe_point here = globe_point(subject->place.latitude, subject->place.longitude);
    double distance_m = globe_distance_m(&here, &gateway->places.list[0].at);
    if (distance_m > FAR_M)
        log_event(LOG_LEVEL_WARNING, "places", "%s is %.0f km from %s: in GeoJSON the longitude comes first",
                  gateway->places.list[0].id, distance_m / 1000, subject->id);
}

int nearby_open(struct gateway *gateway, char *text, size_t text_size)
{
    const char *file = gateway->config->registry.places;
    if (!file) return SW_OK;
    int error = places_load(file, (struct config_report){NULL, on_problem}, &gateway->places);
    if (error) {
        snprintf(text, text_size, "registry.places: %s cannot be used", file);
        return error;
    }
    log_event(LOG_LEVEL_INFO, "places", "%u places from %s", gateway->places.count, file);
    warn_of_far_places(gateway);
    return SW_OK;
}

void nearby_close(struct gateway *gateway)
{
    places_free(&gateway->places);
}

uint32_t nearby_find(const struct gateway *gateway, const struct config_place *place,
                     struct near_found found[SW_PLACES_NEAR_MAX])
{
    if (gateway->places.count == 0 || !place || !place->known) return 0;
    struct globe_point here = globe_point(place->latitude, place->longitude);
    return near_find_all(&gateway->places.near, &here, &gateway->config->registry.reach, found);
}
