/* Storm watch: whether the gateway looks more often than usual, since when, and why. Pure.
 *
 *   on    by hand until a time; by a weather warning; by a water or cover alert of the colour set for it
 *   off   by hand; or by itself when its time is over and nothing that would switch it on has been there for quiet_ms
 *
 * Switched off by hand it stays off until what would switch it on has been over, or has become worse. */
#ifndef GATEWAY_CORE_STORM_STORM_H
#define GATEWAY_CORE_STORM_STORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stillwater/alert.h"

/* No storm lasts longer: one that is forgotten ends by itself. */
#define STORM_LONGEST_MS (31LL * 24 * 3600 * 1000)

enum storm_cause { STORM_NONE, STORM_BY_HAND, STORM_WARNING, STORM_ALERT, STORM_CAUSE_COUNT };

struct storm_rules {
    enum sw_colour alert, warning; /* from here on; SW_COLOUR_COUNT = never */
    int64_t quiet_ms;
};

struct storm {
    enum storm_cause cause; /* NONE = off */
    struct sw_wall since;
    struct sw_wall until;      /* set by hand; 0 = nothing is */
    struct sw_wall quiet_from; /* nothing would switch it on any more; 0 = something does, or it is off */
    enum sw_colour refused;    /* switched off by hand while something of this colour stood; green = nothing did */
};

/* "by_hand", "weather_warning", "alert". */
const char *storm_cause_name(enum storm_cause cause);

/* By the worst alert that is open and by the weather. True when it went on or off. */
bool storm_follow(struct storm *storm, const struct storm_rules *rules, enum sw_colour alert, enum sw_colour weather,
                  struct sw_wall now);

/* SW_ERROR_INVALID_ARGUMENT: `until` is not after now, or more than STORM_LONGEST_MS ahead. */
int storm_on(struct storm *storm, struct sw_wall until, struct sw_wall now);
/* `alert` and `weather` as above. SW_ERROR_NOT_PERMITTED: it is off. */
int storm_off(struct storm *storm, enum sw_colour alert, enum sw_colour weather);

#define STORM_RECORD_SIZE 32
size_t storm_save(const struct storm *storm, uint8_t bytes[STORM_RECORD_SIZE]);
/* SW_ERROR_MALFORMED: nothing has changed. */
int storm_restore(struct storm *storm, const uint8_t *bytes, size_t size);

#endif
