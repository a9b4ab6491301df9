/* Incidents: water and cover alerts that are near one another in place and time, told as one.
 *
 * An alert that is raised near a member of an incident joins it, and makes one incident of all it is near to; near none
 * it begins one of its own. What is near: within a distance, or of one grid parent; and that member was raised, changed
 * colour or ended not longer ago than `within_ms`. A subject's alert raised anew comes back to its incident while that
 * lasts. An incident is over when all its members have been for `off_delay_ms`.
 *
 * One subject alone is no incident for people: it is told once two subjects take part. Homes and devices never do.
 *
 * Pure: no clock, no heap. Every (subject, kind) has a slot, which is its place as a member; an incident is known by
 * the slot of its first member. Members are found by grid cell and by parent, so that an alert costs what is near it.
 * Memory of slots never used is never touched. */
#ifndef GATEWAY_CORE_INCIDENT_INCIDENT_H
#define GATEWAY_CORE_INCIDENT_INCIDENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/near/globe.h"
#include "stillwater/alert.h"

#define INCIDENT_NONE UINT32_MAX

/* False for kinds that take no part. */
bool incident_takes_kind(enum sw_alert_kind kind);
/* False for alerts that take no part. Of what people report only floods do. */
bool incident_takes(enum sw_alert_kind kind, enum sw_alert_rule rule);

struct incident_rules {
    int64_t distance_m, within_ms, off_delay_ms;
};

struct incident_place {
    bool known;
    struct globe_point at; /* where it is known */
    uint32_t parent;       /* of its grid; 0 = none */
};

enum incident_state {
    INCIDENT_EMPTY = 0,
    INCIDENT_OPEN,
    INCIDENT_MERGED, /* into an older one; kept until it has been told */
    INCIDENT_OVER,   /* the same */
};

struct incident_member {
    enum sw_alert_state state; /* NONE: the slot is of no member */
    enum sw_colour colour, peak;
    struct sw_wall onset, raised_at;
    struct sw_wall changed_at; /* raised, another colour, or over */
    uint32_t incident;
    uint32_t next; /* member of the incident; INCIDENT_NONE = the last */
    bool unsaved;
};

struct incident {
    enum incident_state state;
    struct sw_wall since; /* onset of its first alert: with the slot's subject, its id */
    struct sw_wall changed_at;
    uint32_t revision; /* counts what is told; see incident_tell() */
    uint32_t merged_into;
    uint32_t first, last, members, subjects;
    uint32_t open_members;
    enum sw_colour peak;
    struct sw_wall quiet_since; /* all members are over; 0 = not */
    bool untold;                /* something has changed since incident_tell() */
};

struct incident_book;

size_t incident_book_size(uint32_t subjects);
/* Lays it out in zeroed `memory`, aligned as malloc aligns, owned by the caller. All places are unknown. */
struct incident_book *incident_book_init(void *memory, uint32_t subjects, struct incident_rules rules);
/* Not between incident_restore() and incident_settle(). */
void incident_set_place(struct incident_book *book, uint32_t subject, struct incident_place place);

/* A revision of an alert that takes part. */
void incident_take(struct incident_book *book, uint32_t subject, const struct sw_alert *alert);

/* Ends what is over. */
void incident_tick(struct incident_book *book, struct sw_wall now);

/* The incident an alert belongs to, INCIDENT_NONE while there is none to tell of. */
uint32_t incident_of(const struct incident_book *book, uint32_t subject, enum sw_alert_kind kind);

uint32_t incident_slots(const struct incident_book *book); /* how many there are */
uint32_t incident_slot(uint32_t subject, enum sw_alert_kind kind);
uint32_t incident_slot_subject(uint32_t slot);
enum sw_alert_kind incident_slot_kind(uint32_t slot);
const struct incident *incident_at(const struct incident_book *book, uint32_t slot);
const struct incident_member *incident_member_at(const struct incident_book *book, uint32_t slot);

/* Those that are open or have yet to be told that they are not, in no order. Moved by take and tick. */
uint32_t incident_count(const struct incident_book *book);
uint32_t incident_listed(const struct incident_book *book, uint32_t place);

/* Whether people hear of it: two subjects take part, or did. */
bool incident_is_told(const struct incident *incident);

/* Gives what has changed a number and takes the mark away. */
void incident_tell(struct incident_book *book, uint32_t slot);
/* One that is over or merged has been told: its slot is free. */
void incident_forget(struct incident_book *book, uint32_t slot);

/* ---- over a restart: one record for each slot ---- */

#define INCIDENT_RECORD_SIZE 64

/* Calls each() for every slot that has changed since the last call, with what is to be stored of it; size 0: nothing
 * any more. `incident`: the slot it belongs to, kept with the record by the caller, in names that outlive the slots. */
void incident_save(struct incident_book *book, void *ctx,
                   void (*each)(void *ctx, uint32_t slot, uint32_t incident, const uint8_t *bytes, size_t size));

/* The record of a slot that is a member, as it is now; it does not count as saved by that. */
size_t incident_record(const struct incident_book *book, uint32_t slot, uint8_t bytes[INCIDENT_RECORD_SIZE]);

/* Takes a record back; all of them, in any order, before incident_settle(). SW_ERROR_MALFORMED: nothing has changed. */
int incident_restore(struct incident_book *book, uint32_t slot, uint32_t incident, const uint8_t *bytes, size_t size);
/* Members whose incident has not come back are members no more; they join again with incident_take(). */
void incident_settle(struct incident_book *book);

#endif
