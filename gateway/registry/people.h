/* The people file (docs/escalation.md): who answers for which area of the city, and when. YAML in, a checked roster out
 * (core/escalation/duty.h). */
#ifndef GATEWAY_REGISTRY_PEOPLE_H
#define GATEWAY_REGISTRY_PEOPLE_H

#include "config/gateway_config.h"
#include "core/escalation/duty.h"

#define PEOPLE_HOURS_MAX    42u  /* stretches of a person's week */
#define PEOPLE_DEPUTIES_MAX 100u /* of one person, the deputies of deputies among them */

/* `city` is the root of all areas; hours and leave are by the clocks of `zone`. SW_OK and *roster (free with
 * people_free), or SW_ERROR_CONFIG after at least one problem was reported. */
int people_load(const char *file, const char *city, const struct time_zone *zone, struct config_report report,
                struct duty_roster **roster);
/* The one that the configuration names, by the clocks of its policy. SW_OK and NULL when it names none. */
int people_load_of(const struct gateway_config *config, struct config_report report, struct duty_roster **roster);
void people_free(struct duty_roster *roster);

/* Calls warn() with a sentence for each area that nobody is on duty for at some hour of a week without leave. */
void people_each_gap(const struct duty_roster *roster, void *ctx, void (*warn)(void *ctx, const char *text));

#endif
