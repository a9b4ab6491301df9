/* The pure core: readings in, alert revisions out.
 *
 * No I/O, no clock, no heap after core_init, no threads, no global state. Time comes in as an argument; effects go
 * out through the sink. The same core runs in stillwaterd, in `stillwater replay` and in simulations: given the same
 * calls it makes the same alerts with the same ids.
 *
 * Subjects are what is watched: homes, sites, covers, rain gauges, and the nodes and lines that carry their data.
 * A name may be used once in each domain. Callers resolve a name to its index once and use the index from then on. */
#ifndef GATEWAY_CORE_CORE_H
#define GATEWAY_CORE_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/alert/hold.h"
#include "core/policy.h"
#include "stillwater/alert.h"
#include "stillwater/error.h"
#include "stillwater/people.h"
#include "stillwater/reading.h"
#include "stillwater/time.h"

enum subject_domain {
    SUBJECT_HOME = 1,
    SUBJECT_LEVEL = 2,
    SUBJECT_COVER = 3,
    SUBJECT_RAIN = 4,
    SUBJECT_NODE = 5,
    SUBJECT_LINE = 6,
    SUBJECT_SOURCE = 7, /* a plain Modbus device or a file: carries data as a node does, raises no alert itself */
    SUBJECT_STORE = 8,  /* the gateway's own store, under the gateway's name */
    SUBJECT_PLACE = 9,  /* where people have reported something; which place it is, the caller knows */
};
#define SUBJECT_DOMAIN_COUNT (SUBJECT_PLACE + 1)

/* The domain a reading kind belongs to; 0 for a battery, which may be of a level or a cover, and for
 * kinds of which nothing is concluded. */
enum subject_domain subject_domain_of(enum sw_reading_kind kind);

#define CORE_NO_PARENT  UINT32_MAX
#define CORE_NO_SUBJECT UINT32_MAX

/* A reading after wire decoding, before normalising. Value in thousandths of the kind's unit. */
struct core_reading {
    uint32_t subject; /* index from core_add_subject */
    enum sw_reading_kind kind;
    int64_t value_milli; /* 0 where quality is MISSING */
    enum sw_quality quality;
    enum sw_quality_reason reason;
    struct sw_wall time;
    enum sw_clock_quality clock_quality;
};

/* Where effects go. Called from inside core calls; must not call back into the core. */
struct core_sink {
    void *ctx;
    /* A new revision of an alert. The pointer is valid during the call only. `subject` is CORE_NO_SUBJECT at the end of
     * a drill whose subject is there no more. */
    void (*alert)(void *ctx, uint32_t subject, const struct sw_alert *alert);
};

struct core;

/* Room for so many subjects; index: enum subject_domain. */
struct core_capacity {
    uint32_t of[SUBJECT_DOMAIN_COUNT];
};

/* Bytes core_init needs. */
size_t core_size(const struct core_capacity *capacity);

/* Lays a core out in `memory` (core_size() bytes, aligned as malloc aligns, owned by the caller, outlives the core).
 * `gateway` names the gateway in alert ids; copied. SW_ERROR_INVALID_ARGUMENT for an invalid id. */
int core_init(void *memory, const struct core_capacity *capacity, const char *gateway, struct core_sink sink,
              struct core **core);

/* Adds a subject and writes its index. `parent`: the node, source or line its data come through (a node's parent is its
 * line), or CORE_NO_PARENT. `name` and `policy` are pointed to and outlive the core; many subjects share a policy.
 * While a parent is silent its children are unknown: no silence alert of their own. SW_ERROR_NO_SPACE when there is no
 * room for another one of this domain; SW_ERROR_NOT_PERMITTED when the name is already used in it. */
int core_add_subject(struct core *core, enum subject_domain domain, const char *name, uint32_t parent,
                     const struct policy *policy, uint32_t *index);

/* Which sensors near by (levels and rain gauges) are asked whether they say the same as this level. Replaces what was
 * set before. SW_ERROR_INVALID_ARGUMENT: not a level, more than CORE_NEIGHBOURS_MAX, or one of another domain. */
#define CORE_NEIGHBOURS_MAX 4
int core_set_neighbours(struct core *core, uint32_t subject, const uint32_t *neighbours, uint32_t count);

/* The same for the levels whose water comes to this one, however far off. They may stand in a circle: what is asked is
 * what each has measured, not what it was told. SW_ERROR_INVALID_ARGUMENT as above, CORE_UPSTREAM_MAX at most. */
#define CORE_UPSTREAM_MAX 4
int core_set_upstream(struct core *core, uint32_t subject, const uint32_t *upstream, uint32_t count);

/* SW_ERROR_NOT_FOUND when there is none. Hashed, but meant for configuration, not for every reading. */
int core_find_subject(const struct core *core, enum subject_domain domain, const char *name, uint32_t *index);

uint32_t core_subject_count(const struct core *core);
const char *core_subject_name(const struct core *core, uint32_t index);
enum subject_domain core_subject_domain(const struct core *core, uint32_t index);

/* One reading. Readings of one (subject, kind) come in the order of their times; an older or equal time is counted
 * and ignored. `now` is when the gateway decides (raised_at, updated_at); it may be later than the reading's time. */
void core_on_reading(struct core *core, const struct core_reading *reading, struct sw_wall now);

/* What the normaliser made of the last core_on_reading, for the store. */
struct core_verdict {
    enum sw_quality quality; /* the reading's own, or worse */
    enum sw_quality_reason reason;
    bool ignored;   /* older than or as old as the last one, of a kind the subject does not have, or no possible time */
    int64_t use_ml; /* homes: water that went through since the last good reading */
};
struct core_verdict core_last_verdict(const struct core *core);

/* A node (or source) answered, and every reading it made up to `seen_until` has been handed in. Silence of its sensors
 * is judged by this time, not by the clock: a backlog that is still on its way is not silence. A SUBJECT_SOURCE with a
 * line for parent is a plain device and keeps no backlog: its sensors are judged by the clock while the port works. */
void core_on_source_seen(struct core *core, uint32_t source, struct sw_wall seen_until, struct sw_wall now);

/* A node answered at `now` although its backlog is not drained yet. */
void core_on_source_alive(struct core *core, uint32_t source, struct sw_wall now);

/* A line's port works (true) or cannot be opened or has gone (false). Call on every change and at start. */
void core_on_line(struct core *core, uint32_t line, bool port_ok, struct sw_wall now);

/* What is wrong with the gateway's store: SW_ALERT_RULE_DISK_FULL, QUOTA_SHORT, or NONE. Call whenever it may have
 * changed. */
void core_on_store(struct core *core, uint32_t store, enum sw_alert_rule rule, struct sw_wall now);

/* A file of the store was found damaged: SW_ALERT_RULE_READINGS_DAMAGED, DATABASE_DAMAGED; the note names it. Call once
 * for each. */
void core_on_damage(struct core *core, uint32_t store, enum sw_alert_rule rule, const char *note, struct sw_wall now);
/* Ends that alert a day after its onset, if nobody has. Call now and then. */
void core_forget_damage(struct core *core, uint32_t store, struct sw_wall now);

/* Passing of time: judges delays and silences. Call about once a second live, at least once a minute of data time in
 * replay. `now` going back (a stepped clock) is tolerated: delays start again, nothing fires early, and readings count
 * again at once, whatever was heard in what is now the future (a home's when the clock has caught up, or, after more
 * than its observed gap, as those of a home seen for the first time). After core_restore, a first tick that comes late
 * (half a silence limit or more after the last one) starts the waits for nodes and lines again: the gateway was away,
 * not they. */
void core_tick(struct core *core, struct sw_wall now);

/* The next tick comes late because the gateway was asleep or its clock was set forward. It is taken as the first one
 * after core_restore is. */
void core_resume(struct core *core);

/* Until then ticks change nothing if no other call comes, so a replay may jump over a pause. INT64_MAX: never. May be
 * too early, never too late. */
struct sw_wall core_next_deadline(const struct core *core);

/* A person's action on an alert (acknowledge, dispatch, resolve), or escalate: there was none in time.
 *   SW_ERROR_NOT_FOUND      no open alert has this id
 *   SW_ERROR_STALE          `revision` is not the alert's present one (0 = do not check)
 *   SW_ERROR_NOT_PERMITTED  no such transition from its state
 * On success the new revision goes to the sink with actor and note (copied, cut to size at a UTF-8 boundary). */
int core_on_action(struct core *core, const char *alert_id, uint32_t revision, enum sw_alert_action action,
                   const char *actor, const char *note, struct sw_wall now);

/* The subject and kind of an open alert or drill. SW_ERROR_NOT_FOUND: no open one has this id. */
int core_find_open_alert(const struct core *core, const char *alert_id, uint32_t *subject, enum sw_alert_kind *kind);

/* So many alerts can be open at a time, drills included. */
uint32_t core_alert_capacity(const struct core *core);

/* The subject is watched no longer: its open alerts are resolved, and raised anew should it come back and the same
 * still hold. Not cleared, which would say that the water has gone or the cover is closed. */
void core_retire(struct core *core, uint32_t subject, const char *actor, const char *note, struct sw_wall now);

/* ---- what is held back (core_hold.c) ---- */

/* The path of the subject's place in the city's grid, for silences of an area. Pointed to, outlives the core. */
void core_set_grid(struct core *core, uint32_t subject, const char *grid);

/* Sets a hold; one of the same reason and scope is replaced.
 * A silence keeps back what would be raised or become worse, up to its colour; what is open keeps its state. When it
 * ends, what still holds is raised with its true onset and a note, and what is open is told with a note.
 * In maintenance a sensor's readings are judged by nobody and its alerts are cleared. It then counts as new: stillness
 * and silence count from the end, which is told by a note of kind BACK when it comes by itself.
 *   SW_ERROR_NOT_FOUND         no subject has this name or lies in this area; in maintenance: no sensor
 *   SW_ERROR_INVALID_ARGUMENT  `until` not after now, or more than HOLD_MAX_MS ahead
 *   SW_ERROR_BUSY              HOLDS_MAX are in force */
int core_hold(struct core *core, const struct hold *hold, struct sw_wall now);
/* Ends the one of this reason and scope before its time. SW_ERROR_NOT_FOUND: there is none. */
int core_release(struct core *core, const struct hold *like, struct sw_wall now);
const struct holds *core_holds(const struct core *core);

/* Whether an alert of this kind and colour would be held back by a silence: nobody is to be asked about it. */
bool core_is_silenced(const struct core *core, uint32_t subject, enum sw_alert_kind kind, enum sw_colour colour);
/* Conditions that hold and that nobody has been told of. */
uint32_t core_pending_count(const struct core *core);

/* All holds, delays and what flaps as bytes; and back, after the subjects. As core_snapshot and core_restore. */
#define CORE_HELD_SIZE_MAX 131072
bool core_held_dirty(const struct core *core);
size_t core_held_snapshot(struct core *core, uint8_t *bytes, size_t size);
int core_held_restore(struct core *core, const uint8_t *bytes, size_t size);

/* ---- exercises (core_drill.c) ---- */

/* A drill is an alert in its own right: it has an id and a life of its own, marked, beside whatever the subject really
 * has, which it neither hides nor changes. It takes people's actions as any other, and clears by itself. */
#define CORE_DRILLS_MAX   32
#define CORE_DRILL_MAX_MS (24LL * 3600 * 1000)

/* Raises one until `until`, of the subject of this name that can have such an alert.
 *   SW_ERROR_NOT_FOUND         there is no such subject
 *   SW_ERROR_INVALID_ARGUMENT  green, or a kind without a colour; `until` not after now, or more than
 *                              CORE_DRILL_MAX_MS ahead
 *   SW_ERROR_NOT_PERMITTED     it has a drill of this kind already
 *   SW_ERROR_BUSY              CORE_DRILLS_MAX are open */
int core_start_drill(struct core *core, const char *subject, enum sw_alert_kind kind, enum sw_colour colour,
                     struct sw_wall until, const char *actor, const char *note, struct sw_wall now);

/* All open ones as bytes, CORE_SNAPSHOT_SIZE_MAX at most; and back, after the subjects have been added. Those whose
 * subject is there no more are resolved with the next tick. As core_snapshot and core_restore. */
bool core_drills_dirty(const struct core *core);
size_t core_drills_snapshot(struct core *core, uint8_t *bytes, size_t size);
int core_drills_restore(struct core *core, const uint8_t *bytes, size_t size);

/* State of a subject, for the store: everything the detectors know, open alerts included. */
#define CORE_SNAPSHOT_SIZE_MAX 4096

/* Writes at most `size` bytes, returns how many; 0 when it does not fit. `core_snapshot_dirty` says whether the subject
 * has changed since the last core_snapshot of it.
 * What readings alone have changed can be had again by core_replay; all else cannot, and the snapshot is due: it has to
 * be stored together with the readings handed in until now, or before them. Levels, rain gauges and covers that look at
 * one another while they take a reading are due together. core_snapshots_due finds them, and says whether there are
 * any; core_snapshot_due says which. */
bool core_snapshot_dirty(const struct core *core, uint32_t subject);
bool core_snapshots_due(struct core *core);
bool core_snapshot_due(const struct core *core, uint32_t subject);
/* A snapshot of what only readings have changed is due, too: they are to be replayed no longer, or will not be stored.
 */
void core_want_snapshot(struct core *core, uint32_t subject);
/* When a node last answered is not replayed where it has nothing to say: its snapshot is to be wanted this often. */
#define CORE_ALIVE_SAVE_MS 60000
size_t core_snapshot(struct core *core, uint32_t subject, uint8_t *bytes, size_t size);

/* Takes a snapshot back, after core_add_subject and before the first reading. SW_ERROR_VERSION or SW_ERROR_MALFORMED:
 * nothing has changed, the subject starts fresh. */
int core_restore(struct core *core, uint32_t subject, const uint8_t *bytes, size_t size);

/* A stored reading that is not in its subject's snapshot, as it came at `taken`: after all core_restore and
 * core_held_restore, before the first tick, in the order in which they were handed in. What it decides is decided at
 * `taken`. The next tick looks at the subject. */
void core_replay(struct core *core, const struct core_reading *reading, struct sw_wall taken);
/* Its node or source answered at `taken`, which is not in the snapshot of that. */
void core_replay_answer(struct core *core, uint32_t source, struct sw_wall seen_until, struct sw_wall taken);

/* Without the store: `core`, made for another configuration, takes over what `before` knows now, of subjects
 * that both have, by domain and name, and of all else that is not a subject's. After the subjects have been added and
 * before the first reading; `before` knows no less afterwards. Rules that the new policies do not ask for are cleared
 * with the next tick, as after core_restore. */
void core_hand_over(struct core *core, struct core *before);

/* What the core knows of a subject now, for people. */
enum subject_condition {
    SUBJECT_UNKNOWN = 0, /* no data, or not enough of it observed */
    SUBJECT_NORMAL = 1,  /* homes: water was used within the window */
    SUBJECT_QUIET = 2,   /* homes: little use, rule not fulfilled (yet) */
    SUBJECT_ALERT = 3,
    SUBJECT_AWAY = 4, /* homes: set away or in hospital, and no alert is open */
};

struct subject_status {
    enum subject_condition condition;
    enum sw_colour colour;
    struct sw_wall last_good;
    struct sw_wall last_use;
    int32_t coverage_permille; /* of the no-use window; -1 = does not apply */
    uint64_t readings;
    uint64_t rejected; /* readings that were not good, out of order, or not plausible */
};
struct subject_status core_subject_status(const struct core *core, uint32_t index, struct sw_wall now);

/* ---- what the centre says about homes and weather (core_people.c) ---- */

/* No setting lasts longer: a home that is forgotten comes back into watch by itself. */
#define CORE_AWAY_MAX_MS (366LL * 24 * 3600 * 1000)

/* Sets what is known of a home's people, in place of what was set before; SW_AWAY_NONE ends it (`until` is not looked
 * at). While AWAY or HOSPITAL lasts, no_use and quiet are not raised; open ones are cleared now, with actor and note.
 * It ends at `until`, or at the first real use within observed time once that has paused; stillness then
 * counts from the end, and a note of kind BACK tells it. VISITOR
 * changes no alarm, keeps the home's habit from learning, and ends at `until` only.
 *   SW_ERROR_INVALID_ARGUMENT  not a home; `until` not after now, or more than CORE_AWAY_MAX_MS ahead
 *   SW_ERROR_NOT_PERMITTED     SW_AWAY_NONE, and nothing is set */
int core_set_away(struct core *core, uint32_t subject, enum sw_away away, struct sw_wall until, const char *actor,
                  const char *note, struct sw_wall now);

struct core_absence {
    enum sw_away away;
    struct sw_wall since, until; /* 0 when nothing is set */
};
struct core_absence core_away(const struct core *core, uint32_t subject);

/* ---- what people report (core_alert.c) ---- */

/* Something is reported at a place (SUBJECT_PLACE): raises its alert, worsens it where the colour is worse, else tells
 * of it as core_tell does. A silence holds back what would be raised or become worse. `rule` counts for a new one.
 * SW_ERROR_INVALID_ARGUMENT: not a place. */
int core_report(struct core *core, uint32_t place, enum sw_colour colour, enum sw_alert_rule rule, struct sw_wall onset,
                const char *actor, const char *note, struct sw_wall now);

/* The alert of a place that a silence holds back, as it will be raised, without a subject; updated_at: since when.
 * False: there is none. */
bool core_held_report(const struct core *core, uint32_t place, struct sw_alert *alert);

/* A revision of an open alert that changes neither state nor colour: there is something to be told of it.
 * SW_ERROR_NOT_FOUND: the subject has no open alert of this kind. */
int core_tell(struct core *core, uint32_t subject, enum sw_alert_kind kind, const char *actor, const char *note,
              struct sw_wall now);

/* Nothing more was reported: whether it is over nobody knows. One that is held back is forgotten. Nothing where it is
 * neither. */
void core_expire_place(struct core *core, uint32_t place, const char *note, struct sw_wall now);

/* A weather warning for the whole city; green: there is none. Not in the snapshots: the topic it comes from is
 * retained. */
void core_set_weather(struct core *core, enum sw_colour colour, struct sw_wall until);
/* Green once it has run out. */
enum sw_colour core_weather(const struct core *core, struct sw_wall now);

#endif
