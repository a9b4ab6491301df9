/* An open alert on its way up the tree of areas: who has to act on it, until when, and what comes then.
 *
 * It begins with the responsible of its own area. Raised and not acknowledged by the deadline of the area and colour,
 * it goes one level up and is alarmed again there; at the root it is alarmed again and again, each time after twice the
 * time. Acknowledging stops that; what is acknowledged goes up too where the area has a deadline for dispatching.
 * An alert that becomes worse after somebody looked at it begins anew in its own area; one that nobody has looked at
 * yet stays where it has got to, and its deadline is never put off by that. An alert that eases keeps its deadline, and
 * waits while its colour has none. */
#ifndef GATEWAY_CORE_ESCALATION_ESCALATION_H
#define GATEWAY_CORE_ESCALATION_ESCALATION_H

#include <stddef.h>

#include "core/escalation/duty.h"
#include "stillwater/alert.h"

/* Names rather than numbers: after a restart the roster may be another. All zero: not begun. */
struct escalation {
    char area[SW_AREA_PATH_SIZE];
    char responsible[SW_ID_SIZE];
    char deputy_of[SW_ID_SIZE]; /* "" = nobody */
    uint8_t level;              /* levels above the alert's own area */
    uint8_t repeat;             /* how often it was alarmed again at the root */
    enum sw_alert_state state;
    enum sw_colour worst;    /* since the deadline was set */
    struct sw_wall since;    /* it was alarmed at this level, or acknowledged */
    struct sw_wall deadline; /* 0 = none */
};

/* The longest wait between two alarms at the root, unless the deadline itself is longer. */
#define ESCALATION_REPEAT_MAX_MS INT64_C(86400000)

/* Where an alert stands, for the functions below. */
struct escalation_alert {
    const char *grid; /* path of its place; "" = nowhere in particular: the root */
    enum sw_alert_state state;
    enum sw_colour colour; /* green of what has none: such a one waits for nobody */
};

/* Takes a revision of the alert that is not a step of escalation_climb(). */
void escalation_follow(struct escalation *escalation, const struct duty_roster *roster, struct escalation_alert alert,
                       struct sw_wall now);

/* Until when somebody has to have acted; 0: the alert's state and colour have no deadline. */
struct sw_wall escalation_deadline(const struct escalation *escalation, const struct duty_roster *roster,
                                   enum sw_colour colour);

/* One level up, or once more at the root. Always one step, however long ago the deadline was: who was not there while
 * the gateway was without power is not passed over. */
void escalation_climb(struct escalation *escalation, const struct duty_roster *roster, struct escalation_alert alert,
                      struct sw_wall now);

/* Nobody is to be asked at present: what it waits for counts from now. */
void escalation_wait_anew(struct escalation *escalation, const struct duty_roster *roster, enum sw_colour colour,
                          struct sw_wall now);

/* The wall clock was set by so much: what was to wait ten minutes still does. */
void escalation_shift(struct escalation *escalation, int64_t step_ms);

/* After a restart: with the clock set back meanwhile, or another roster, nothing waits longer than it would from now.
 */
void escalation_resume(struct escalation *escalation, const struct duty_roster *roster, enum sw_colour colour,
                       struct sw_wall now);

/* For the store. Big-endian: version u8, level u8, repeat u8, state u8, worst u8, since i64, deadline i64, then area,
 * responsible and deputy_of, each as a length u8 and its bytes. */
#define ESCALATION_VERSION  1
#define ESCALATION_SIZE_MAX (5 + 16 + 3 + SW_AREA_PATH_LENGTH_MAX + 2 * SW_ID_LENGTH_MAX)
size_t escalation_write(const struct escalation *escalation, uint8_t bytes[ESCALATION_SIZE_MAX]);
/* SW_OK, SW_ERROR_VERSION or SW_ERROR_MALFORMED; then *escalation is all zero. */
int escalation_read(struct escalation *escalation, const uint8_t *bytes, size_t size);

#endif
