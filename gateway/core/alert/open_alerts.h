/* The register of open alerts: what each of them said last, for all that look at alerts as a whole (who has not
 * answered yet, what is near what, what the city is told first). Kept by handing it every revision. A subject has at
 * most one open alert of a kind, and one drill beside it. */
#ifndef GATEWAY_CORE_ALERT_OPEN_ALERTS_H
#define GATEWAY_CORE_ALERT_OPEN_ALERTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stillwater/alert.h"

#define OPEN_ALERT_HEADLINE_SIZE 320

struct open_alert {
    uint32_t subject; /* index in the core */
    uint32_t slot;    /* below the capacity and its own while it is open: where others keep what they know of it */
    bool drill;       /* not to be counted among what is real */
    enum sw_alert_kind kind;
    enum sw_alert_state state; /* an open one */
    enum sw_colour colour, peak;
    enum sw_alert_rule rule;
    uint32_t revision;
    struct sw_wall onset, raised_at, updated_at;
    char actor[SW_ALERT_ACTOR_SIZE]; /* who brought it into its present state; "" = the gateway itself */
    char id[SW_ALERT_ID_SIZE];
    char headline[OPEN_ALERT_HEADLINE_SIZE]; /* of the last revision; "" until it is given */
};

struct open_alerts;

/* Bytes for so many alerts; memory that nothing was written to yet is not touched. */
size_t open_alerts_size(uint32_t capacity);
/* Lays it out in zeroed `memory`, aligned as malloc aligns, owned by the caller. */
struct open_alerts *open_alerts_init(void *memory, uint32_t capacity);

/* A revision of an alert: a new entry, another state of one, or the end of one. Older revisions than the one known are
 * let pass. Never full where the capacity is core_alert_capacity(). Moves entries: no pointer lives longer than this
 * call. */
void open_alerts_take(struct open_alerts *open, uint32_t subject, const struct sw_alert *alert);

/* Gives the revision taken last its headline; cut to fit. Nothing when the alert is over. */
void open_alerts_describe(struct open_alerts *open, uint32_t subject, const struct sw_alert *alert,
                          const char *headline);

uint32_t open_alerts_count(const struct open_alerts *open);
/* 0 to count - 1, in no order. */
const struct open_alert *open_alerts_at(const struct open_alerts *open, uint32_t place);
/* NULL when the subject has none of this kind; drills are passed over. */
const struct open_alert *open_alerts_find(const struct open_alerts *open, uint32_t subject, enum sw_alert_kind kind);
const struct open_alert *open_alerts_find_drill(const struct open_alerts *open, uint32_t subject,
                                                enum sw_alert_kind kind);

/* The entry of this very alert or drill; NULL when it is not open. */
const struct open_alert *open_alerts_of(const struct open_alerts *open, uint32_t subject, enum sw_alert_kind kind,
                                        const char *id);

#endif
