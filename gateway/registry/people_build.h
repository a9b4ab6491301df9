/* Makes the roster out of what libcyaml loaded, and says what is wrong with it. */
#ifndef GATEWAY_REGISTRY_PEOPLE_BUILD_H
#define GATEWAY_REGISTRY_PEOPLE_BUILD_H

#include "core/escalation/duty.h"
#include "registry/people_schema.h"

/* Into zeroed *roster, which is of use only when no problem was reported; people_free() is owed either way. */
void people_build(struct duty_roster *roster, const char *city, const struct raw_people *raw,
                  struct config_document *document, struct config_problems *problems);

#endif
