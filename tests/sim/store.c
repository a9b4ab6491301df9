#include "sim/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/store_sqlite/store_batch.h"
#include "sim/agenda.h"
#include "sim/check.h"
#include "sim/host.h"
#include "sim/node.h"
#include "sim/table.h"
#include "sim/world.h"

#define COMMIT_LEAST_US 2000
#define COMMIT_MOST_US  40000
#define READ_US         500
/* Rows that are done leave the outbox with the next commit, or after this. */
#define TIDY_US SECOND
/* About as many readings as a small world makes in half a day. */
#define MUTATED_POSITIONS 1500

struct snapshot {
    int domain;
    char *name;
    uint8_t *bytes;
    size_t size, capacity;
    int64_t position;
};

/* A node's log as it is stored. */
struct log_state {
    struct store_cursor cursor;
    uint16_t row_epoch;
    uint32_t row_sequence;
};

/* The open alerts, as the daemon asks for them at a start. */
struct present {
    struct sw_alert alert;
    size_t revision; /* index of its last one */
};

struct store {
    int unused;
};

static struct store handle;
struct disk_counts disk_counts;

static struct {
    struct snapshot *snapshots;
    size_t snapshot_count, snapshot_capacity;
    struct table snapshot_places;
    struct log_state *logs; /* by node */
    struct stored_revision *revisions;
    size_t revision_count, revision_capacity;
    struct present *alerts;
    size_t alert_count, alert_capacity;
    struct table alert_places;    /* id: index in alerts */
    struct table revision_places; /* "id revision": index in revisions */
    size_t first_left;            /* revisions before this one are done */
    size_t left;
    struct store_reading *readings; /* those after the checkpoint */
    size_t reading_count, reading_capacity;
    int64_t checkpoint;
    struct sw_wall last_time;
    bool full;
    uint64_t cut_one_in;
    struct dice dice;
} disk;

/* What the present daemon knows of it. */
static struct {
    uint64_t life; /* answers to earlier daemons are not delivered */
    struct store_events events;
    struct store_batch *committing;
    struct store_outbox_stretch stretches[STORE_OUTBOX_STRETCHES_MAX];
    size_t stretch_count;
    size_t limit;
    bool reading;
    size_t *done; /* rows that leave with the next commit */
    size_t done_count, done_capacity;
    bool tidy_planned;
} daemon_side;

/* ---- batches ---- */

static void revision_name(const char *id, uint32_t revision, char *name, size_t size)
{
    snprintf(name, size, "%s %u", id, (unsigned)revision);
}

static void take_readings(const struct store_batch *batch)
{
    for (size_t i = 0; i < batch->reading_count; i++) {
        const struct store_reading row = store_batch_reading(batch, i);
        if (row.time.ms > disk.last_time.ms) disk.last_time = row.time;
        disk_counts.readings++;
        uint32_t node = row.serial - node_serial(0);
        if (node >= world.nodes) sim_fail("a reading has serial number %u, which no node has", (unsigned)row.serial);
        struct log_state *log = &disk.logs[node];
        if (row.epoch != log->row_epoch) {
            if (row.epoch != log->cursor.epoch)
                sim_fail("a record is of epoch %u of node %u, which was never stored", row.epoch, (unsigned)node);
            log->row_sequence = log->cursor.sequence;
        }
        check_reading(node, log->row_sequence, &row);
        log->row_epoch = row.epoch;
        log->row_sequence = row.sequence;
    }
}

static int64_t position_now(void)
{
    return disk.checkpoint + (int64_t)disk.reading_count;
}

static void forget_readings(int64_t until)
{
    size_t count = (size_t)(until - disk.checkpoint);
    memmove(disk.readings, disk.readings + count, (disk.reading_count - count) * sizeof *disk.readings);
    disk.reading_count -= count;
    disk.checkpoint = until;
}

static void keep_readings(const struct store_batch *batch)
{
    for (size_t i = 0; i < batch->reading_count; i++) {
        if (disk.reading_count == disk.reading_capacity) {
            disk.reading_capacity = disk.reading_capacity ? 2 * disk.reading_capacity : 1024;
            disk.readings = sim_grown(disk.readings, disk.reading_capacity, sizeof *disk.readings);
        }
        disk.readings[disk.reading_count++] = store_batch_reading(batch, i);
    }
}

static void take_cursors(const struct store_batch *batch)
{
    for (size_t i = 0; i < batch->cursor_count; i++) {
        uint32_t node = batch->cursors[i].serial - node_serial(0);
        if (node >= world.nodes) sim_fail("a cursor is of a node that does not exist");
        disk.logs[node].cursor = batch->cursors[i];
    }
}

static void take_snapshot(const struct batch_snapshot *taken)
{
    char name[SW_ALERT_ID_SIZE + 16];
    snprintf(name, sizeof name, "%d %s", taken->domain, taken->name);
    uint32_t place = table_find(&disk.snapshot_places, name);
    if (place == TABLE_NONE) {
        if (disk.snapshot_count == disk.snapshot_capacity) {
            disk.snapshot_capacity = disk.snapshot_capacity ? 2 * disk.snapshot_capacity : 256;
            disk.snapshots = sim_grown(disk.snapshots, disk.snapshot_capacity, sizeof *disk.snapshots);
        }
        place = (uint32_t)disk.snapshot_count++;
        disk.snapshots[place] = (struct snapshot){.domain = taken->domain, .name = sim_copied(taken->name)};
        table_add(&disk.snapshot_places, name, place);
    }
    struct snapshot *snapshot = &disk.snapshots[place];
    if (taken->size > snapshot->capacity) {
        snapshot->capacity = taken->size;
        snapshot->bytes = sim_grown(snapshot->bytes, snapshot->capacity, 1);
    }
    if (taken->size > 0) memcpy(snapshot->bytes, taken->bytes, taken->size);
    snapshot->size = taken->size;
    snapshot->position = position_now() + (int64_t)taken->readings;
    if (sim.mutation == MUTATION_NEW_POSITION) snapshot->position += MUTATED_POSITIONS;
}

static void keep_present(const struct sw_alert *alert, size_t revision)
{
    uint32_t place = table_find(&disk.alert_places, alert->id);
    bool is_new = place == TABLE_NONE;
    if (is_new) {
        if (disk.alert_count == disk.alert_capacity) {
            disk.alert_capacity = disk.alert_capacity ? 2 * disk.alert_capacity : 64;
            disk.alerts = sim_grown(disk.alerts, disk.alert_capacity, sizeof *disk.alerts);
        }
        place = (uint32_t)disk.alert_count++;
        table_add(&disk.alert_places, alert->id, place);
    }
    struct present present = {*alert, revision};
    const struct sw_alert *before = &disk.alerts[place].alert;
    if (!is_new && before->state == alert->state) memcpy(present.alert.actor, before->actor, sizeof before->actor);
    disk.alerts[place] = present;
}

/* A subject's rows stand in one line, that of the worst colour among them. */
static void line_up(struct stored_revision *row)
{
    row->line = row->colour;
    row->place = (int64_t)disk.revision_count + 1;
    for (size_t i = disk.first_left; i < disk.revision_count; i++) {
        const struct stored_revision *other = &disk.revisions[i];
        if (!other->done && strcmp(other->subject, row->subject) == 0 && other->line > row->line)
            row->line = other->line;
    }
    for (size_t i = disk.first_left; i < disk.revision_count; i++) {
        struct stored_revision *other = &disk.revisions[i];
        if (other->done || strcmp(other->subject, row->subject) != 0 || other->line >= row->line) continue;
        other->line = row->line;
        other->place = row->place;
    }
}

static void take_alert(const struct batch_alert *taken)
{
    struct sw_alert alert = taken->alert;
    char name[SW_ALERT_ID_SIZE + 16];
    if (!sw_alert_state_is_open(alert.state) && sim_mutates(MUTATION_BEND_STATE, 2))
        alert.state = SW_ALERT_STATE_RAISED;
    revision_name(alert.id, alert.revision, name, sizeof name);
    uint32_t before = table_find(&disk.alert_places, alert.id);
    check_revision(before == TABLE_NONE ? NULL : &disk.alerts[before].alert, &alert);
    if (before != TABLE_NONE) check_step(disk.revisions[disk.alerts[before].revision].body, taken->payload);
    if (disk.revision_count == disk.revision_capacity) {
        disk.revision_capacity = disk.revision_capacity ? 2 * disk.revision_capacity : 256;
        disk.revisions = sim_grown(disk.revisions, disk.revision_capacity, sizeof *disk.revisions);
    }
    struct stored_revision *row = &disk.revisions[disk.revision_count];
    *row = (struct stored_revision){.revision = alert.revision,
                                    .kind = alert.kind,
                                    .state = alert.state,
                                    .colour = alert.colour,
                                    .peak = alert.peak,
                                    .onset = alert.onset,
                                    .stored_us = sim.now_us,
                                    .topic = sim_copied(taken->topic),
                                    .body = sim_copied(taken->payload)};
    memcpy(row->id, alert.id, sizeof row->id);
    memcpy(row->subject, alert.subject, sizeof row->subject);
    memcpy(row->actor, alert.actor, sizeof row->actor);
    memcpy(row->note, alert.note, sizeof row->note);
    line_up(row);
    table_add(&disk.revision_places, name, (uint32_t)disk.revision_count);
    keep_present(&alert, disk.revision_count++);
    disk.left++;
    if (alert.updated_at.ms > disk.last_time.ms) disk.last_time = alert.updated_at;
}

static void tidy(void)
{
    for (size_t i = 0; i < daemon_side.done_count; i++) {
        struct stored_revision *row = &disk.revisions[daemon_side.done[i]];
        if (row->done) continue;
        row->done = true;
        disk.left--;
    }
    daemon_side.done_count = 0;
    while (disk.first_left < disk.revision_count && disk.revisions[disk.first_left].done)
        disk.first_left++;
}

/* Readings and cursors may be in a file of their own, and that is committed first. */
static void take_first_file(const struct store_batch *batch)
{
    take_readings(batch);
    take_cursors(batch);
    keep_readings(batch);
}

static bool is_forgotten(int domain)
{
    return sim.mutation == MUTATION_FORGET_SNAPSHOT ||
           (sim.mutation == MUTATION_FORGET_ESCALATION && domain == STORE_SNAPSHOT_ESCALATION);
}

static void take_batch(struct store_batch *batch)
{
    if (batch->alert_count > 0 && sim_mutates(MUTATION_LOSE_COMMIT, 3)) return;
    bool torn = batch->alert_count > 0 && sim_mutates(MUTATION_TEAR_COMMIT, 3);
    take_readings(batch);
    take_cursors(batch);
    for (size_t i = 0; i < batch->snapshot_count; i++)
        if (!is_forgotten(batch->snapshots[i].domain)) take_snapshot(&batch->snapshots[i]);
    keep_readings(batch);
    if (batch->checkpoint) forget_readings(batch->checkpoint);
    for (size_t i = 0; i < batch->alert_count && !torn; i++)
        if (!(batch->alerts[i].alert.revision == 1 && sim.mutation == MUTATION_SWALLOW_ALERT))
            take_alert(&batch->alerts[i]);
    for (size_t i = 0; i < batch->feedback_count; i++)
        batch->feedback[i].stored = table_find(&disk.alert_places, batch->feedback[i].feedback.alert_id) != TABLE_NONE;
    tidy();
}

/* ---- the daemon's calls ---- */

int store_open(uv_loop_t *loop, const char *path, struct store_events events, struct store **store, char *text,
               size_t text_size)
{
    (void)loop, (void)path, (void)text, (void)text_size;
    daemon_side.life++;
    daemon_side.events = events;
    *store = &handle;
    return SW_OK;
}

static void answer_commit(int error, const char *text)
{
    struct store_batch *batch = daemon_side.committing;
    daemon_side.committing = NULL;
    daemon_side.events.committed(daemon_side.events.ctx, batch, error, text);
}

/* Whether the power goes at this operation. */
static bool cut_here(void)
{
    return sim.faults && dice_hit(&disk.dice, disk.cut_one_in);
}

static void end_commit(void *ctx, uint64_t life)
{
    (void)ctx;
    if (life != daemon_side.life || !daemon_side.committing) return;
    if (disk.full) {
        disk_counts.failures++;
        answer_commit(SW_ERROR_STORE_FULL, "/sim/store.db: the disk is full");
        return;
    }
    if (cut_here()) {
        if (dice_hit(&disk.dice, 2)) take_first_file(daemon_side.committing);
        host_power_cut();
        return;
    }
    take_batch(daemon_side.committing);
    disk_counts.commits++;
    if (cut_here())
        host_power_cut();
    else
        answer_commit(SW_OK, "");
}

int store_commit(struct store *store, struct store_batch *batch)
{
    (void)store;
    if (daemon_side.committing) return SW_ERROR_BUSY;
    daemon_side.committing = batch;
    agenda_add(sim.now_us + dice_between(&disk.dice, COMMIT_LEAST_US, COMMIT_MOST_US), end_commit, NULL,
               daemon_side.life);
    return SW_OK;
}

static bool is_on_its_way_out(size_t index)
{
    for (size_t i = 0; i < daemon_side.done_count; i++)
        if (daemon_side.done[i] == index) return true;
    return false;
}

static bool is_before(struct store_outbox_place a, struct store_outbox_place b)
{
    return a.place != b.place ? a.place < b.place : a.id < b.id;
}

/* The row of the stretch that comes next after `after`; NULL when there is none. */
static const struct stored_revision *next_row(const struct store_outbox_stretch *stretch,
                                              struct store_outbox_place *after)
{
    const struct stored_revision *next = NULL;
    struct store_outbox_place place, next_place = {0};
    for (size_t i = disk.first_left; i < disk.revision_count; i++) {
        const struct stored_revision *row = &disk.revisions[i];
        place = (struct store_outbox_place){row->place, (int64_t)i + 1};
        if (row->done || row->line != stretch->colour || row->place > stretch->until || !is_before(*after, place))
            continue;
        if ((next && !is_before(place, next_place)) || is_on_its_way_out(i)) continue;
        next = row;
        next_place = place;
    }
    if (next) *after = next_place;
    return next;
}

static size_t read_stretch(size_t stretch, struct store_outbox_row *rows, size_t count)
{
    struct store_outbox_place after = daemon_side.stretches[stretch].after;
    const struct stored_revision *stored;
    while (count < daemon_side.limit && (stored = next_row(&daemon_side.stretches[stretch], &after))) {
        struct store_outbox_row *row = &rows[count++];
        *row = (struct store_outbox_row){.id = after.id,
                                         .place = after.place,
                                         .stretch = stretch,
                                         .revision = stored->revision,
                                         .topic = stored->topic,
                                         .payload = stored->body};
        memcpy(row->alert_id, stored->id, sizeof row->alert_id);
    }
    return count;
}

/* Rows that are not there yet: those of the batch under way. */
static size_t add_unstored(struct store_outbox_row *rows, size_t count)
{
    const struct store_batch *batch = daemon_side.committing;
    for (size_t i = 0; batch && i < batch->alert_count && count < daemon_side.limit; i++) {
        const struct batch_alert *alert = &batch->alerts[i];
        int64_t id = (int64_t)(disk.revision_count + i) + 1;
        rows[count] = (struct store_outbox_row){.id = id,
                                                .place = id,
                                                .stretch = daemon_side.stretch_count - 1,
                                                .revision = alert->alert.revision,
                                                .topic = alert->topic,
                                                .payload = alert->payload};
        memcpy(rows[count].alert_id, alert->alert.id, sizeof rows[count].alert_id);
        count++;
    }
    return count;
}

static void end_read(void *ctx, uint64_t life)
{
    (void)ctx;
    if (life != daemon_side.life) return;
    struct store_outbox_row *rows = sim_zeroed(daemon_side.limit + 1, sizeof *rows);
    size_t count = 0;
    daemon_side.reading = false;
    for (size_t i = 0; i < daemon_side.stretch_count; i++)
        count = read_stretch(i, rows, count);
    if (sim.mutation == MUTATION_SEND_UNSTORED) count = add_unstored(rows, count);
    daemon_side.events.outbox(daemon_side.events.ctx, rows, count);
    free(rows);
}

int store_read_outbox(struct store *store, const struct store_outbox_stretch *stretches, size_t count, size_t limit)
{
    (void)store;
    if (daemon_side.reading) return SW_ERROR_BUSY;
    daemon_side.reading = true;
    memcpy(daemon_side.stretches, stretches, count * sizeof *stretches);
    daemon_side.stretch_count = count;
    daemon_side.limit = limit;
    agenda_add(sim.now_us + READ_US, end_read, NULL, daemon_side.life);
    return SW_OK;
}

static void end_wait(void *ctx, uint64_t life)
{
    (void)ctx;
    if (life != daemon_side.life) return;
    daemon_side.tidy_planned = false;
    if (disk.full) return;
    if (cut_here())
        host_power_cut();
    else
        tidy();
}

static void let_go(size_t index)
{
    if (is_on_its_way_out(index)) return;
    if (daemon_side.done_count == daemon_side.done_capacity) {
        daemon_side.done_capacity = daemon_side.done_capacity ? 2 * daemon_side.done_capacity : 64;
        daemon_side.done = sim_grown(daemon_side.done, daemon_side.done_capacity, sizeof *daemon_side.done);
    }
    daemon_side.done[daemon_side.done_count++] = index;
    if (daemon_side.tidy_planned) return;
    daemon_side.tidy_planned = true;
    agenda_add(sim.now_us + TIDY_US, end_wait, NULL, daemon_side.life);
}

int store_outbox_done(struct store *store, int64_t id)
{
    (void)store;
    if (id < 1 || (size_t)id > disk.revision_count) sim_fail("row %lld is done and was never there", (long long)id);
    let_go((size_t)id - 1);
    return SW_OK;
}

int store_outbox_done_revision(struct store *store, const char *alert_id, uint32_t revision)
{
    char name[SW_ALERT_ID_SIZE + 16];
    (void)store;
    revision_name(alert_id, revision, name, sizeof name);
    uint32_t index = table_find(&disk.revision_places, name);
    if (index != TABLE_NONE && !disk.revisions[index].done) let_go(index);
    return SW_OK;
}

int64_t store_outbox_newest(const struct store *store)
{
    (void)store;
    return (int64_t)disk.revision_count;
}

/* What a store does for room is tested with the real one; this one is full or not. */
void store_set_limits(struct store *store, const struct store_limits *limits)
{
    (void)store;
    (void)limits;
}

void store_tidy(struct store *store, struct sw_wall now, const struct store_keep *keep)
{
    (void)store;
    (void)now;
    (void)keep;
}

struct store_room store_room(const struct store *store)
{
    (void)store;
    return (struct store_room){.room_bytes = INT64_MAX};
}

struct store_trail_head store_trail_head(const struct store *store)
{
    (void)store;
    return (struct store_trail_head){.sequence = (int64_t)disk.revision_count};
}

int store_load_cursor(struct store *store, uint32_t serial, struct store_cursor *cursor)
{
    (void)store;
    uint32_t node = serial - node_serial(0);
    if (node >= world.nodes || disk.logs[node].cursor.serial == 0) return SW_ERROR_NOT_FOUND;
    *cursor = disk.logs[node].cursor;
    return SW_OK;
}

size_t store_load_snapshot(struct store *store, int domain, const char *subject, uint8_t *bytes, size_t size,
                           int64_t *position)
{
    char name[SW_ALERT_ID_SIZE + 16];
    (void)store;
    snprintf(name, sizeof name, "%d %s", domain, subject);
    uint32_t place = table_find(&disk.snapshot_places, name);
    if (place == TABLE_NONE || disk.snapshots[place].size == 0 || disk.snapshots[place].size > size) return 0;
    memcpy(bytes, disk.snapshots[place].bytes, disk.snapshots[place].size);
    if (position) *position = disk.snapshots[place].position;
    return disk.snapshots[place].size;
}

int64_t store_position(const struct store *store)
{
    (void)store;
    return position_now();
}

int64_t store_load_checkpoint(struct store *store)
{
    (void)store;
    return disk.checkpoint;
}

void store_each_reading_since(struct store *store, int64_t position, void *ctx,
                              void (*each)(void *ctx, int64_t position, const struct store_reading *reading))
{
    (void)store;
    if (position < disk.checkpoint) sim_fail("readings from before the checkpoint are asked for");
    if (sim.mutation == MUTATION_SKIP_REPLAY) return;
    if (sim.mutation == MUTATION_LATE_REPLAY) position += MUTATED_POSITIONS;
    for (size_t i = (size_t)(position - disk.checkpoint); i < disk.reading_count; i++)
        each(ctx, disk.checkpoint + (int64_t)i + 1, &disk.readings[i]);
}

void store_each_snapshot(struct store *store, void *ctx,
                         void (*each)(void *ctx, int domain, const char *subject, const uint8_t *bytes, size_t size))
{
    (void)store;
    for (size_t i = 0; i < disk.snapshot_count; i++)
        if (disk.snapshots[i].size > 0)
            each(ctx, disk.snapshots[i].domain, disk.snapshots[i].name, disk.snapshots[i].bytes,
                 disk.snapshots[i].size);
}

/* Nobody reports anything in the simulated city. */
void store_each_report(struct store *store, struct sw_wall since, void *ctx,
                       void (*each)(void *ctx, const struct store_report *report))
{
    (void)store, (void)since, (void)ctx, (void)each;
}

void store_each_open_alert(struct store *store, void *ctx,
                           void (*each)(void *ctx, const struct sw_alert *alert, const char *body))
{
    (void)store;
    for (size_t i = 0; i < disk.alert_count; i++)
        if (sw_alert_state_is_open(disk.alerts[i].alert.state))
            each(ctx, &disk.alerts[i].alert, disk.revisions[disk.alerts[i].revision].body);
}

struct sw_wall store_load_last_time(struct store *store)
{
    (void)store;
    return disk.last_time;
}

struct store_counters store_counters(const struct store *store)
{
    (void)store;
    return (struct store_counters){.commits = disk_counts.commits,
                                   .failures = disk_counts.failures,
                                   .readings = disk_counts.readings,
                                   .outbox_rows = disk.left};
}

void store_close(struct store *store, void (*closed)(void *ctx), void *ctx)
{
    (void)store;
    daemon_side.life++;
    daemon_side.committing = NULL; /* the daemon frees it */
    daemon_side.done_count = 0;
    daemon_side.tidy_planned = daemon_side.reading = false;
    closed(ctx);
}

/* ---- what happens to it ---- */

void disk_power_cut(void)
{
    if (!daemon_side.committing) return;
    answer_commit(SW_ERROR_STORE, "/sim/store.db: the power has gone");
}

void disk_set_full(bool full)
{
    sim_tell("the disk %s", full ? "is full" : "has room");
    disk.full = full;
}

void disk_set_cuts(uint64_t one_in)
{
    disk.cut_one_in = one_in;
}

size_t disk_revision_count(void)
{
    return disk.revision_count;
}

const struct stored_revision *disk_revision(size_t index)
{
    return &disk.revisions[index];
}

const struct stored_revision *disk_present(size_t index)
{
    return index < disk.alert_count ? &disk.revisions[disk.alerts[index].revision] : NULL;
}

size_t disk_outbox_left(void)
{
    return disk.left;
}

void disk_make(void)
{
    disk.logs = sim_zeroed(world.nodes, sizeof *disk.logs);
    disk.dice = dice_for(sim.seed, 'd');
}

void disk_free(void)
{
    for (size_t i = 0; i < disk.snapshot_count; i++) {
        free(disk.snapshots[i].name);
        free(disk.snapshots[i].bytes);
    }
    for (size_t i = 0; i < disk.revision_count; i++) {
        free(disk.revisions[i].topic);
        free(disk.revisions[i].body);
    }
    free(disk.snapshots);
    free(disk.readings);
    free(disk.logs);
    free(disk.revisions);
    free(disk.alerts);
    free(daemon_side.done);
    table_free(&disk.snapshot_places);
    table_free(&disk.alert_places);
    table_free(&disk.revision_places);
}
