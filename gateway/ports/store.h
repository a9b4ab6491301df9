/* Port: durable state. Everything that must be true together goes in one batch and is committed in one transaction.
 *
 * Implementation: adapters/store_sqlite/ (SQLite, own thread). Calls return at once; results come on the loop. */
#ifndef GATEWAY_PORTS_STORE_H
#define GATEWAY_PORTS_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "stillwater/alert.h"
#include "stillwater/people.h"
#include "stillwater/record_format.h"
#include "stillwater/report.h"

/* One reading or node event. Identity: (serial, epoch, sequence) for node records; for plain devices serial and epoch
 * are 0, and (subject, kind, time). A row that is already there is left as it is and counted. */
struct store_reading {
    uint32_t serial;
    uint16_t epoch;
    uint32_t sequence;
    char subject[SW_ID_SIZE]; /* "" for events of the node itself */
    uint8_t kind;
    uint8_t quality, reason, clock_quality;
    struct sw_wall time;
    int64_t value_milli;
    struct sw_wall taken; /* when the core was handed it */
    bool doubted;         /* quality and reason are what the core made of a reading that had a good value */
};

/* How far a node's log is stored. */
struct store_cursor {
    uint32_t serial;
    uint16_t epoch;
    uint32_t sequence;
};

/* What came of an alert, by somebody who knows. Rows are added, never changed; an alert's last one counts. */
struct store_feedback {
    char alert_id[SW_ALERT_ID_SIZE];
    enum sw_outcome outcome;
    char by[SW_ALERT_ACTOR_SIZE];
    char note[SW_ALERT_NOTE_SIZE];
    struct sw_wall time;
};

/* Domains of snapshots beyond those of the core's subjects (enum subject_domain). Numbers are in the store. */
enum store_snapshot_domain {
    STORE_SNAPSHOT_FIRST = 64,
    STORE_SNAPSHOT_DRILLS = 64,     /* all open drills in one, under the name "drills" */
    STORE_SNAPSHOT_ESCALATION = 65, /* who has to act on an open alert, by its id */
    STORE_SNAPSHOT_STORM = 71,      /* storm watch, under the name "storm" */
    STORE_SNAPSHOT_INCIDENT = 70,   /* an alert's part in an incident, by subject and kind (app/incidents.c) */
    STORE_SNAPSHOT_HELD = 80,       /* silences, maintenance, delays and what flaps, under the name "held" */
};

/* A command that was carried out and neither made an alert revision nor brought feedback: for the trail. */
#define STORE_COMMAND_TEXT_SIZE 64
struct store_command {
    char about[SW_AREA_PATH_SIZE];      /* a subject or an area */
    char text[STORE_COMMAND_TEXT_SIZE]; /* what it did */
    char by[SW_ALERT_ACTOR_SIZE];
    char note[SW_ALERT_NOTE_SIZE];
    struct sw_wall time;
};

/* The newest row of the trail (docs/audit.md): whoever keeps it can tell later whether rows before it were changed, or
 * it was cut off. */
#define STORE_HASH_SIZE 65 /* SHA-256 in lower-case hex */
struct store_trail_head {
    int64_t sequence; /* 0 = none */
    char hash[STORE_HASH_SIZE];
};

/* What somebody has reported, and of which alert it was taken to tell; "" = of none. Of a sensor's alert that came
 * later than the reports: its id as `id` and `by`. */
struct store_report {
    char id[SW_ALERT_ID_SIZE];
    enum sw_report_source source;
    enum sw_report_kind kind;
    enum sw_colour colour; /* green = not given */
    char by[SW_ALERT_ID_SIZE];
    char portal[SW_ID_SIZE]; /* "" = none */
    struct sw_wall time, received;
    double latitude, longitude;
    char grid[SW_AREA_PATH_SIZE];
    char text[SW_ALERT_NOTE_SIZE];
    char alert_id[SW_ALERT_ID_SIZE];
};

struct store_batch;

struct store_batch *store_batch_new(void);
void store_batch_free(struct store_batch *batch);
size_t store_batch_size(const struct store_batch *batch); /* rows of all kinds */

/* Contents are copied. SW_OK, or SW_ERROR_NO_SPACE when memory is refused (then the batch is as before). */
/* With its commit a reading gets a position, one more than the one before it; that of one that is there already, or is
 * left out, stays empty. */
int store_batch_add_reading(struct store_batch *batch, const struct store_reading *reading);
int store_batch_add_cursor(struct store_batch *batch, const struct store_cursor *cursor);
/* `name`: of the subject or whatever else this is the state of, shorter than SW_ALERT_ID_SIZE. Size 0 takes it away. It
 * is kept with the position of the batch's last reading until now: all readings up to there are in it. */
int store_batch_add_snapshot(struct store_batch *batch, int domain, const char *name, const uint8_t *bytes,
                             size_t size);
/* An alert revision, its outbox row and its row of the trail: topic and payload are what is published. */
int store_batch_add_alert(struct store_batch *batch, const struct sw_alert *alert, const char *topic,
                          const char *payload);

/* Kind, rule and subject come from the alert, which is in the store or in this batch; *index is for
 * store_batch_feedback_stored. */
int store_batch_add_feedback(struct store_batch *batch, const struct store_feedback *feedback, size_t *index);
/* After the batch has been committed: false when there is no such alert, and so no row. */
bool store_batch_feedback_stored(const struct store_batch *batch, size_t index);
/* One whose id is there already is left as it is. */
int store_batch_add_report(struct store_batch *batch, const struct store_report *report);
int store_batch_add_command(struct store_batch *batch, const struct store_command *command);
/* From this batch on store_each_reading_since is asked for readings after this position only. */
void store_batch_set_checkpoint(struct store_batch *batch, int64_t position);

/* Alerts of a batch in the order they were added; false past the last. The pointers are the batch's. */
bool store_batch_alert(const struct store_batch *batch, size_t index, const char **topic, const char **payload);

/* The newest snapshot under this name in the batch, *size 0 = it is taken away; false when there is none. The pointer
 * is the batch's. */
bool store_batch_snapshot(const struct store_batch *batch, int domain, const char *name, const uint8_t **bytes,
                          size_t *size);

struct store;

/* The outbox is a line for each colour. All rows of a subject stand in one line, in the order in which they were
 * decided: a row joins the line of its colour, or that of its subject's rows that are there already if that is worse,
 * and takes those along if its own is. So a row's line may become a worse one; it then stands behind all that were
 * there. */
struct store_outbox_place {
    int64_t place, id;
};

/* A part of a line: what stands behind `after`, up to the place `until`. A new row's place is its id. */
struct store_outbox_stretch {
    enum sw_colour colour;
    struct store_outbox_place after;
    int64_t until;
};
#define STORE_OUTBOX_STRETCHES_MAX (2 * SW_COLOUR_COUNT)

/* A revision that came before. */
#define STORE_EARLIER_MAX 32
struct store_earlier {
    uint32_t revision;
    struct sw_wall updated_at;
};

struct store_outbox_row {
    int64_t id; /* in order of decision */
    int64_t place;
    size_t stretch; /* index in what was asked for */
    char alert_id[SW_ALERT_ID_SIZE];
    uint32_t revision;
    const char *topic; /* valid during the call */
    const char *payload;
    uint32_t earlier_count;
    struct store_earlier earlier[STORE_EARLIER_MAX]; /* the revisions before this one, newest first */
};

struct store_events {
    void *ctx;
    /* The batch handed to store_commit is done: SW_OK, or an error and nothing of it is stored; either way the caller
     * owns it again. `text` names the file and the reason. */
    void (*committed)(void *ctx, struct store_batch *batch, int error, const char *text);
    /* Rows of the outbox, stretch by stretch as asked for, at most as many as asked for. */
    void (*outbox)(void *ctx, const struct store_outbox_row *rows, size_t count);
};

/* Opens or makes the database (WAL, synchronous FULL) and starts the thread. Blocking. `text` gets a message naming
 * the file and the reason on error. */
int store_open(uv_loop_t *loop, const char *path, struct store_events events, struct store **store, char *text,
               size_t text_size);

/* One commit at a time: SW_ERROR_BUSY while another is under way. */
int store_commit(struct store *store, struct store_batch *batch);

/* At most STORE_OUTBOX_STRETCHES_MAX; copied. SW_ERROR_BUSY while the rows of another call are on their way. */
int store_read_outbox(struct store *store, const struct store_outbox_stretch *stretches, size_t count, size_t limit);
/* The row is done; it is removed with the next commit or within a second. SW_ERROR_NO_SPACE when memory is refused: the
 * row stays. */
int store_outbox_done(struct store *store, int64_t id);
/* The same by the revision itself. One that is in no row of the outbox is counted (unknown_done). */
int store_outbox_done_revision(struct store *store, const char *alert_id, uint32_t revision);
/* The newest row ever committed, whether it is still there or not; 0 = none. */
int64_t store_outbox_newest(const struct store *store);

/* The last position that any reading has had, as committed; 0 in a new store. */
int64_t store_position(const struct store *store);

/* As committed. */
struct store_trail_head store_trail_head(const struct store *store);

/* The cursor as committed, at any time: a node's serial is known only when it answers. SW_ERROR_NOT_FOUND. */
int store_load_cursor(struct store *store, uint32_t serial, struct store_cursor *cursor);

/* At start only, before the first commit; blocking. */
/* Writes the snapshot into bytes[size] and the position it was added at (may be NULL), returns its size; 0 when there
 * is none. */
size_t store_load_snapshot(struct store *store, int domain, const char *subject, uint8_t *bytes, size_t size,
                           int64_t *position);
/* The last checkpoint; 0 when there was none. */
int64_t store_load_checkpoint(struct store *store);
/* Calls each() for every reading after the position, in the order of their positions. It must not call the store. */
void store_each_reading_since(struct store *store, int64_t position, void *ctx,
                              void (*each)(void *ctx, int64_t position, const struct store_reading *reading));
/* Calls each() for every snapshot; it must not call the store. */
void store_each_snapshot(struct store *store, void *ctx,
                         void (*each)(void *ctx, int domain, const char *subject, const uint8_t *bytes, size_t size));
/* Calls each() for every alert whose present revision is an open one: that revision, its evidence the rule alone, its
 * actor who brought it into this state, and the body that was published. It must not call the store. */
void store_each_open_alert(struct store *store, void *ctx,
                           void (*each)(void *ctx, const struct sw_alert *alert, const char *body));
/* Calls each() for every report received since then, in the order they were stored. It must not call the store. */
void store_each_report(struct store *store, struct sw_wall since, void *ctx,
                       void (*each)(void *ctx, const struct store_report *report));
/* The latest time of any stored reading or alert revision; 0 in a new store. */
struct sw_wall store_load_last_time(struct store *store);

/* What the store may take. Readings give way first, and nothing else ever does. */
struct store_limits {
    int64_t quota_bytes;   /* of all its files; 0 = the disk */
    int64_t reserve_bytes; /* given back to a full disk, so that alerts can still be stored; 0 = none */
};
/* At start; blocking. */
void store_set_limits(struct store *store, const struct store_limits *limits);
/* From when on readings are kept, by what they measure; place 0 is of all kinds that have none of their own (events of
 * nodes). 0 = all are kept. */
struct store_keep {
    struct sw_wall from[SW_READING_KIND_END];
};
/* Takes a short step of what the limits ask for, if anything, and of dropping readings that are not to be kept. To be
 * called every second or so. */
void store_tidy(struct store *store, struct sw_wall now, const struct store_keep *keep);

/* Files that were found damaged since the start, which have been set aside or will be with the next start. */
struct store_damage {
    uint64_t count;
    char text[256]; /* the last one, in a sentence; "" = none */
};

/* From here on whoever reads is named as a trouble. */
#define STORE_WAL_LONG_BYTES INT64_C(33554432)

struct store_room {
    int64_t used_bytes, free_bytes; /* pages of the database in use, and to be used again */
    int64_t wal_bytes;              /* that somebody who reads the database keeps from being given back */
    int64_t room_bytes;             /* for what must be kept, when all readings have given way */
    int64_t readings;               /* rows, about */
    bool full;                      /* the disk is full: readings are stored in pages that others have left, or not */
    struct sw_wall short_at;        /* when readings of the last day had to go last; 0 = never */
    uint64_t left_out, dropped;     /* readings */
    struct store_damage readings_damage, database_damage;
};
struct store_room store_room(const struct store *store);

struct store_counters {
    uint64_t commits, failures, readings, duplicates, outbox_rows, unknown_done;
    uint64_t kept_bytes; /* of what must be kept, about; grows */
    uint64_t cut;        /* readings' writes that the start found torn and has cut off */
};
struct store_counters store_counters(const struct store *store);

/* Finishes what is under way, closes the database, calls closed() from the loop. */
void store_close(struct store *store, void (*closed)(void *ctx), void *ctx);

#endif
