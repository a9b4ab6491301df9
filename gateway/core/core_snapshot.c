/* Snapshots: when one is due, and taking it back whole or not at all. */
#include <string.h>

#include "core/core_home.h"
#include "core/snapshot_format.h"
#include "core/snapshot_layout.h"

static bool is_source(const struct subject *subject)
{
    return subject->domain == SUBJECT_NODE || subject->domain == SUBJECT_SOURCE;
}

static void write_head(struct sw_writer *out, uint8_t domain)
{
    sw_write_u16(out, SNAPSHOT_MAGIC);
    sw_write_u8(out, SNAPSHOT_VERSION);
    sw_write_u8(out, domain);
}

static bool write_tail(struct sw_writer *out, const uint8_t *bytes)
{
    if (!out->failed) sw_write_u32(out, snapshot_crc(bytes, sw_writer_size(out)));
    return !out->failed;
}

bool core_snapshot_dirty(const struct core *core, uint32_t subject)
{
    return core->subjects[subject].dirty;
}

void core_want_snapshot(struct core *core, uint32_t subject)
{
    if (core->subjects[subject].dirty) core_must_save(&core->subjects[subject]);
}

bool core_snapshot_due(const struct core *core, uint32_t subject)
{
    return core->subjects[subject].must_save;
}

/* Marks the circles of those that must be saved. */
static bool find_due(struct core *core, bool *in_circles)
{
    bool any = false;
    *in_circles = false;
    for (uint32_t i = 0; i < core->count; i++) {
        if (!core->subjects[i].must_save) continue;
        uint32_t first = core_circle(core, i);
        core->subjects[first].circle_due = true;
        any = true;
        *in_circles |= core->subjects[i].domain == SUBJECT_LEVEL || core->subjects[i].domain == SUBJECT_COVER ||
                       core->subjects[i].domain == SUBJECT_RAIN;
    }
    return any;
}

bool core_snapshots_due(struct core *core)
{
    bool in_circles;
    if (!find_due(core, &in_circles)) return false;
    for (uint32_t i = 0; in_circles && i < core->count; i++)
        if (core->subjects[i].dirty && core->subjects[core_circle(core, i)].circle_due)
            core->subjects[i].must_save = true;
    for (uint32_t i = 0; i < core->count; i++)
        core->subjects[i].circle_due = false;
    return true;
}

size_t core_snapshot(struct core *core, uint32_t index, uint8_t *bytes, size_t size)
{
    struct subject *subject = &core->subjects[index];
    struct walk walk = {.writing = true, .out = sw_writer_over(bytes, size)};
    write_head(&walk.out, subject->domain);
    snapshot_walk_subject(&walk, subject, &core->last_tick_ms);
    if (!write_tail(&walk.out, bytes)) return 0;
    subject->dirty = subject->must_save = false;
    return sw_writer_size(&walk.out);
}

static int check_envelope(uint8_t domain, const uint8_t *bytes, size_t size)
{
    if (size < SNAPSHOT_SIZE_LEAST) return SW_ERROR_MALFORMED;
    struct sw_reader head = sw_reader_over(bytes, size);
    struct sw_reader tail = sw_reader_over(bytes + size - SNAPSHOT_CRC_SIZE, SNAPSHOT_CRC_SIZE);
    if (sw_read_u16(&head) != SNAPSHOT_MAGIC) return SW_ERROR_MALFORMED;
    if (sw_read_u32(&tail) != snapshot_crc(bytes, size - SNAPSHOT_CRC_SIZE)) return SW_ERROR_MALFORMED;
    if (sw_read_u8(&head) != SNAPSHOT_VERSION) return SW_ERROR_VERSION;
    return sw_read_u8(&head) == domain ? SW_OK : SW_ERROR_MALFORMED;
}

/* What a snapshot is read into, so that a bad one changes nothing. */
struct fresh {
    struct subject subject;
    union {
        struct home home;
        struct water water;
        struct manhole manhole;
        struct rain rain;
        struct source source;
        struct silence_line line;
    } state;
    struct alert_life alerts[SUBJECT_ALERT_COUNT];
};

/* What does not come from the snapshot: who the subject is and what the city wants to be told. */
static void start_fresh(struct fresh *fresh, const struct subject *subject)
{
    memset(fresh, 0, sizeof *fresh);
    fresh->subject.name = subject->name;
    fresh->subject.grid = subject->grid;
    fresh->subject.policy = subject->policy;
    fresh->subject.parent = subject->parent;
    fresh->subject.twin = subject->twin;
    fresh->subject.domain = subject->domain;
    fresh->subject.state.home = &fresh->state.home;
    fresh->subject.alerts = fresh->alerts;
    if (subject->domain == SUBJECT_LEVEL) fresh->state.water.asked = subject->state.water->asked;
}

static void put_in_place(struct subject *subject, const struct fresh *fresh)
{
    struct subject place = *subject;
    *subject = fresh->subject;
    subject->state = place.state;
    subject->alerts = place.alerts;
    memcpy(subject->state.home, &fresh->state, core_state_size((enum subject_domain)subject->domain));
    memcpy(subject->alerts, fresh->alerts,
           (size_t)core_alert_count((enum subject_domain)subject->domain) * sizeof fresh->alerts[0]);
}

int core_restore(struct core *core, uint32_t index, const uint8_t *bytes, size_t size)
{
    struct subject *subject = &core->subjects[index];
    int error = check_envelope(subject->domain, bytes, size);
    if (error != SW_OK) return error;
    struct fresh fresh;
    int64_t last_tick_ms = 0;
    start_fresh(&fresh, subject);
    struct walk walk = {.in = sw_reader_over(bytes + 4, size - SNAPSHOT_SIZE_LEAST)};
    snapshot_walk_subject(&walk, &fresh.subject, &last_tick_ms);
    if (walk.in.failed || walk.malformed || sw_reader_left(&walk.in) != 0) return SW_ERROR_MALFORMED;

    put_in_place(subject, &fresh);
    const struct alert_life *main = &subject->alerts[SUBJECT_ALERT_MAIN];
    if (subject->domain == SUBJECT_LINE && alert_life_is_open(main))
        subject->state.line->mute = main->rule == SW_ALERT_RULE_NOBODY_ANSWERS;
    if (is_source(subject)) subject->state.source->restored_ms = last_tick_ms;
    core->resumed = true;
    if (last_tick_ms > core->last_tick_ms) core->last_tick_ms = last_tick_ms;
    core_reschedule(core, index, core->last_tick_ms);
    core_reschedule_children(core, index, core->last_tick_ms);
    return SW_OK;
}

bool core_held_dirty(const struct core *core)
{
    return core->held_dirty;
}

size_t core_held_snapshot(struct core *core, uint8_t *bytes, size_t size)
{
    struct walk walk = {.writing = true, .out = sw_writer_over(bytes, size)};
    write_head(&walk.out, SNAPSHOT_OF_HELD);
    snapshot_walk_holds(&walk, &core->holds);
    snapshot_walk_flaps(&walk, core, &core->flaps);
    if (!write_tail(&walk.out, bytes)) return 0;
    core->held_dirty = false;
    return sw_writer_size(&walk.out);
}

int core_held_restore(struct core *core, const uint8_t *bytes, size_t size)
{
    struct holds holds = {.count = 0};
    struct flaps flaps = {.count = 0};
    int error = check_envelope(SNAPSHOT_OF_HELD, bytes, size);
    if (error != SW_OK) return error;
    struct walk walk = {.in = sw_reader_over(bytes + 4, size - SNAPSHOT_SIZE_LEAST)};
    snapshot_walk_holds(&walk, &holds);
    snapshot_walk_flaps(&walk, core, &flaps);
    if (walk.in.failed || walk.malformed || sw_reader_left(&walk.in) != 0) return SW_ERROR_MALFORMED;
    core->holds = holds;
    core->flaps = flaps;
    core_held_restored(core);
    return SW_OK;
}

bool core_drills_dirty(const struct core *core)
{
    return core->drills_dirty;
}

size_t core_drills_snapshot(struct core *core, uint8_t *bytes, size_t size)
{
    struct walk walk = {.writing = true, .out = sw_writer_over(bytes, size)};
    write_head(&walk.out, SNAPSHOT_OF_DRILLS);
    snapshot_walk_drills(&walk, core->drills, &core->drill_count);
    if (!write_tail(&walk.out, bytes)) return 0;
    core->drills_dirty = false;
    return sw_writer_size(&walk.out);
}

int core_drills_restore(struct core *core, const uint8_t *bytes, size_t size)
{
    struct drill drills[CORE_DRILLS_MAX] = {{.name = ""}};
    uint32_t count = 0;
    int error = check_envelope(SNAPSHOT_OF_DRILLS, bytes, size);
    if (error != SW_OK) return error;
    struct walk walk = {.in = sw_reader_over(bytes + 4, size - SNAPSHOT_SIZE_LEAST)};
    snapshot_walk_drills(&walk, drills, &count);
    if (walk.in.failed || walk.malformed || sw_reader_left(&walk.in) != 0) return SW_ERROR_MALFORMED;
    for (uint32_t i = 0; i < count; i++)
        if (core_find_subject(core, (enum subject_domain)drills[i].domain, drills[i].name, &drills[i].subject) != SW_OK)
            drills[i].subject = CORE_NO_SUBJECT;
    memcpy(core->drills, drills, sizeof drills);
    core->drill_count = count;
    return SW_OK;
}
