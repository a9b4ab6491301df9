/* Time zones by name, as the system knows them. */
#ifndef GATEWAY_CONFIG_TIME_ZONE_H
#define GATEWAY_CONFIG_TIME_ZONE_H

#include <stddef.h>

#include "core/policy.h"

/* The rule that the IANA database has for the times to come, from its compiled file (RFC 8536) in $TZDIR or
 * /usr/share/zoneinfo. SW_OK, or SW_ERROR_CONFIG and in `text` what was found and expected. */
int time_zone_named(const char *name, struct time_zone *zone, char *text, size_t text_size);

/* The same from the rule itself, written as in POSIX's TZ ("CET-1CEST,M3.5.0,M10.5.0/3"), in whole minutes and with
 * changes on days of the week: no other are in the database. False when it is not such a rule. */
bool time_zone_parse(const char *rule, struct time_zone *zone);

#endif
