/* What is held back and why: silences, set by a person who knows of it, and sensors in maintenance. Each has an end and
 * an author. */
#ifndef GATEWAY_CORE_ALERT_HOLD_H
#define GATEWAY_CORE_ALERT_HOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "stillwater/alert.h"

/* No hold lasts longer: one that is forgotten ends by itself. */
#define HOLD_MAX_MS (31LL * 24 * 3600 * 1000)
#define HOLDS_MAX   64

enum hold_reason { HOLD_SILENCE, HOLD_MAINTENANCE, HOLD_REASON_COUNT };

struct hold {
    enum hold_reason reason;
    char subject[SW_ID_SIZE];     /* "" = by area */
    char area[SW_AREA_PATH_SIZE]; /* and all that lies in it; "" = by subject. Maintenance is of a subject */
    enum sw_alert_kind kind;      /* silences: of alerts; NONE = of all kinds */
    enum sw_colour most;          /* silences: worse is told all the same */
    struct sw_wall since, until;
    char by[SW_ALERT_ACTOR_SIZE];
    char note[SW_ALERT_NOTE_SIZE];
};

/* Starts zeroed. */
struct holds {
    uint32_t count;
    struct hold list[HOLDS_MAX];
};

/* An alert, as far as holds look at it. */
struct hold_question {
    const char *subject;
    const char *grid; /* path of its place; NULL or "" = nowhere */
    enum sw_alert_kind kind;
    enum sw_colour colour;
};

bool hold_covers(const struct hold *hold, const struct hold_question *alert);
/* The silence that covers it and lasts longest; NULL: none does. */
const struct hold *holds_silence_on(const struct holds *holds, const struct hold_question *alert);
bool holds_maintain(const struct holds *holds, const char *subject);

/* The one of the same reason and scope: subject or area, and kind. NULL: none. */
struct hold *holds_find(struct holds *holds, const struct hold *like);
/* In place of the one of the same scope, if there is one. False when there is no room. */
bool holds_put(struct holds *holds, const struct hold *hold);
void holds_remove(struct holds *holds, struct hold *hold);
/* The first end; INT64_MAX: there are none. */
int64_t holds_due_ms(const struct holds *holds);

#endif
