#include "core/incident/incident.h"

#include <string.h>

#include "core/layout.h"
#include "stillwater/byte_cursor.h"
#include "stillwater/error.h"

#define RECORD_VERSION 1

static const enum sw_alert_kind kinds[] = {SW_ALERT_KIND_LEVEL, SW_ALERT_KIND_LEVEL_SOON, SW_ALERT_KIND_COVER_OPEN,
                                           SW_ALERT_KIND_REPORTED};
#define KINDS ((uint32_t)(sizeof kinds / sizeof kinds[0]))

struct incident_book {
    struct incident_rules rules;
    double reach; /* rules.distance_m as a chord squared */
    uint32_t slots;
    struct incident_place *places;   /* by subject */
    struct incident_member *members; /* by slot */
    struct incident *incidents;      /* by slot */
    uint32_t *listed;                /* slots of incidents */
    uint32_t listed_count;
    uint32_t *unsaved; /* slots, each once */
    uint32_t unsaved_count;
};

static uint32_t place_of_kind(enum sw_alert_kind kind)
{
    uint32_t i = 0;
    while (i < KINDS && kinds[i] != kind)
        i++;
    return i;
}

bool incident_takes_kind(enum sw_alert_kind kind)
{
    return place_of_kind(kind) < KINDS;
}

bool incident_takes(enum sw_alert_kind kind, enum sw_alert_rule rule)
{
    return incident_takes_kind(kind) && (kind != SW_ALERT_KIND_REPORTED || rule == SW_ALERT_RULE_REPORTED_FLOOD);
}

uint32_t incident_slots(const struct incident_book *book)
{
    return book->slots;
}

uint32_t incident_slot(uint32_t subject, enum sw_alert_kind kind)
{
    return subject * KINDS + place_of_kind(kind);
}

uint32_t incident_slot_subject(uint32_t slot)
{
    return slot / KINDS;
}

enum sw_alert_kind incident_slot_kind(uint32_t slot)
{
    return kinds[slot % KINDS];
}

/* ---- memory ---- */

static size_t take_room(size_t *at, size_t size)
{
    size_t place = *at;
    *at += layout_rounded(size);
    return place;
}

static size_t lay_out(struct incident_book *book, unsigned char *bytes, uint32_t subjects)
{
    size_t slots = (size_t)subjects * KINDS, at = layout_rounded(sizeof *book);
    size_t places = take_room(&at, subjects * sizeof *book->places);
    size_t members = take_room(&at, slots * sizeof *book->members);
    size_t incidents = take_room(&at, slots * sizeof *book->incidents);
    size_t listed = take_room(&at, slots * sizeof *book->listed);
    size_t unsaved = take_room(&at, slots * sizeof *book->unsaved);
    if (!book) return at;
    book->slots = (uint32_t)slots;
    book->places = (struct incident_place *)(bytes + places);
    book->members = (struct incident_member *)(bytes + members);
    book->incidents = (struct incident *)(bytes + incidents);
    book->listed = (uint32_t *)(bytes + listed);
    book->unsaved = (uint32_t *)(bytes + unsaved);
    return at;
}

size_t incident_book_size(uint32_t subjects)
{
    return lay_out(NULL, NULL, subjects);
}

struct incident_book *incident_book_init(void *memory, uint32_t subjects, struct incident_rules rules)
{
    struct incident_book *book = memory;
    book->rules = rules;
    book->reach = globe_chord_squared_of((double)rules.distance_m);
    (void)lay_out(book, memory, subjects);
    return book;
}

void incident_set_place(struct incident_book *book, uint32_t subject, struct incident_place place)
{
    book->places[subject] = place;
}

/* ---- what is near ---- */

static bool is_near(const struct incident_book *book, uint32_t a, uint32_t b)
{
    const struct incident_place *here = &book->places[a], *there = &book->places[b];
    if (a == b || (here->parent != 0 && here->parent == there->parent)) return true;
    if (!here->known || !there->known) return false;
    return globe_chord_squared(&here->at, &there->at) <= book->reach;
}

static bool touches(const struct incident_book *book, uint32_t incident, uint32_t subject, struct sw_wall now)
{
    if (book->incidents[incident].state != INCIDENT_OPEN) return false;
    for (uint32_t slot = book->incidents[incident].first; slot != INCIDENT_NONE; slot = book->members[slot].next)
        if (now.ms - book->members[slot].changed_at.ms <= book->rules.within_ms &&
            is_near(book, incident_slot_subject(slot), subject))
            return true;
    return false;
}

static bool is_older(const struct incident_book *book, uint32_t a, uint32_t b)
{
    int64_t a_ms = book->incidents[a].since.ms, b_ms = book->incidents[b].since.ms;
    return a_ms != b_ms ? a_ms < b_ms : a < b;
}

/* ---- membership ---- */

static void mark(struct incident_book *book, uint32_t slot)
{
    if (book->members[slot].unsaved) return;
    book->members[slot].unsaved = true;
    book->unsaved[book->unsaved_count++] = slot;
}

static void change(struct incident_book *book, uint32_t slot, struct sw_wall now)
{
    struct incident *incident = &book->incidents[slot];
    incident->untold = true;
    incident->changed_at = now;
    mark(book, slot);
}

static bool has_subject(const struct incident_book *book, uint32_t incident, uint32_t slot)
{
    uint32_t first = slot / KINDS * KINDS;
    for (uint32_t other = first; other < first + KINDS; other++)
        if (other != slot && book->members[other].state != SW_ALERT_STATE_NONE &&
            book->members[other].incident == incident)
            return true;
    return false;
}

static void add(struct incident_book *book, uint32_t slot, uint32_t to)
{
    struct incident *incident = &book->incidents[to];
    struct incident_member *member = &book->members[slot];
    if (!has_subject(book, to, slot)) incident->subjects++;
    member->incident = to;
    member->next = INCIDENT_NONE;
    if (incident->first == INCIDENT_NONE)
        incident->first = slot;
    else
        book->members[incident->last].next = slot;
    incident->last = slot;
    incident->members++;
    incident->open_members += sw_alert_state_is_open(member->state);
    if (member->peak > incident->peak) incident->peak = member->peak;
}

static void list(struct incident_book *book, uint32_t slot)
{
    if (book->incidents[slot].state == INCIDENT_EMPTY) book->listed[book->listed_count++] = slot;
}

static void unlist(struct incident_book *book, uint32_t slot)
{
    uint32_t at = 0;
    while (book->listed[at] != slot)
        at++;
    book->listed[at] = book->listed[--book->listed_count];
}

/* The slot's last incident may still wait to be told as over; then it never is. */
static void begin(struct incident_book *book, uint32_t slot, struct sw_wall since)
{
    list(book, slot);
    book->incidents[slot] =
        (struct incident){.state = INCIDENT_OPEN, .since = since, .first = INCIDENT_NONE, .merged_into = INCIDENT_NONE};
}

/* Kept for one last message, if anybody has heard of it. */
static void end(struct incident_book *book, uint32_t slot, enum incident_state state, struct sw_wall now)
{
    struct incident *incident = &book->incidents[slot];
    incident->state = state;
    change(book, slot, now);
    if (!incident_is_told(incident)) incident_forget(book, slot);
}

static void merge(struct incident_book *book, uint32_t from, uint32_t into, struct sw_wall now)
{
    uint32_t slot = book->incidents[from].first;
    while (slot != INCIDENT_NONE) {
        uint32_t next = book->members[slot].next;
        add(book, slot, into);
        mark(book, slot);
        slot = next;
    }
    book->incidents[from].merged_into = into;
    end(book, from, INCIDENT_MERGED, now);
}

/* The incident of a new member: the oldest of those it touches, which takes the others in, or one of its own. */
static uint32_t incident_for(struct incident_book *book, uint32_t slot, struct sw_wall onset, struct sw_wall now)
{
    uint32_t subject = incident_slot_subject(slot), oldest = INCIDENT_NONE, touched = 0;
    for (uint32_t i = 0; i < book->listed_count; i++) {
        uint32_t other = book->listed[i];
        if (!touches(book, other, subject, now)) continue;
        touched++;
        if (oldest == INCIDENT_NONE || is_older(book, other, oldest)) oldest = other;
    }
    /* Backwards: one that leaves the list has its place taken by the last, which has been looked at. */
    for (uint32_t i = touched > 1 ? book->listed_count : 0; i > 0; i--) {
        uint32_t other = book->listed[i - 1];
        if (other != oldest && touches(book, other, subject, now)) merge(book, other, oldest, now);
    }
    if (oldest != INCIDENT_NONE) return oldest;
    begin(book, slot, onset);
    return slot;
}

static void note_quiet(struct incident *incident, struct sw_wall now)
{
    incident->quiet_since.ms = incident->open_members == 0 ? now.ms : 0;
}

void incident_take(struct incident_book *book, uint32_t subject, const struct sw_alert *alert)
{
    uint32_t slot = incident_slot(subject, alert->kind);
    struct incident_member *member = &book->members[slot];
    bool is_member = member->state != SW_ALERT_STATE_NONE, is_open = sw_alert_state_is_open(alert->state);
    if (!is_member && !is_open) return;
    if (!is_member || member->onset.ms != alert->onset.ms || member->colour != alert->colour ||
        sw_alert_state_is_open(member->state) != is_open)
        member->changed_at = alert->updated_at;
    bool was_open = is_member && sw_alert_state_is_open(member->state);
    if (!is_member || alert->peak > member->peak) member->peak = alert->peak;
    member->state = alert->state;
    member->colour = alert->colour;
    member->onset = alert->onset;
    member->raised_at = alert->raised_at;
    if (!is_member) {
        /* Not yet in the list of any. */
        member->incident = INCIDENT_NONE;
        add(book, slot, incident_for(book, slot, alert->onset, alert->updated_at));
    }
    struct incident *incident = &book->incidents[member->incident];
    if (is_member && is_open && !was_open) incident->open_members++;
    if (is_member && !is_open && was_open) incident->open_members--;
    if (member->peak > incident->peak) incident->peak = member->peak;
    note_quiet(incident, alert->updated_at);
    mark(book, slot);
    change(book, member->incident, alert->updated_at);
}

void incident_tick(struct incident_book *book, struct sw_wall now)
{
    for (uint32_t i = book->listed_count; i > 0; i--) {
        uint32_t slot = book->listed[i - 1];
        struct incident *incident = &book->incidents[slot];
        if (incident->state != INCIDENT_OPEN || incident->quiet_since.ms == 0) continue;
        if (now.ms < incident->quiet_since.ms) incident->quiet_since = now; /* the clock was set back */
        if (now.ms - incident->quiet_since.ms < book->rules.off_delay_ms) continue;
        for (uint32_t at = incident->first; at != INCIDENT_NONE; at = book->members[at].next) {
            book->members[at].state = SW_ALERT_STATE_NONE;
            mark(book, at);
        }
        end(book, slot, INCIDENT_OVER, now);
    }
}

/* ---- looking ---- */

bool incident_is_told(const struct incident *incident)
{
    return incident->subjects > 1;
}

uint32_t incident_of(const struct incident_book *book, uint32_t subject, enum sw_alert_kind kind)
{
    if (!incident_takes_kind(kind)) return INCIDENT_NONE;
    const struct incident_member *member = &book->members[incident_slot(subject, kind)];
    bool told = member->state != SW_ALERT_STATE_NONE && incident_is_told(&book->incidents[member->incident]);
    return told ? member->incident : INCIDENT_NONE;
}

const struct incident *incident_at(const struct incident_book *book, uint32_t slot)
{
    return &book->incidents[slot];
}

const struct incident_member *incident_member_at(const struct incident_book *book, uint32_t slot)
{
    return &book->members[slot];
}

uint32_t incident_count(const struct incident_book *book)
{
    return book->listed_count;
}

uint32_t incident_listed(const struct incident_book *book, uint32_t place)
{
    return book->listed[place];
}

void incident_tell(struct incident_book *book, uint32_t slot)
{
    struct incident *incident = &book->incidents[slot];
    incident->revision++;
    incident->untold = false;
    mark(book, slot);
}

void incident_forget(struct incident_book *book, uint32_t slot)
{
    book->incidents[slot].state = INCIDENT_EMPTY;
    unlist(book, slot);
    mark(book, slot);
}

/* ---- records ---- */

static void write_time(struct sw_writer *out, struct sw_wall time)
{
    sw_write_u32(out, (uint32_t)((uint64_t)time.ms >> 32));
    sw_write_u32(out, (uint32_t)(uint64_t)time.ms);
}

static struct sw_wall read_time(struct sw_reader *in)
{
    uint64_t high = sw_read_u32(in);
    uint64_t low = sw_read_u32(in);
    return sw_wall_from_ms((int64_t)(high << 32 | low));
}

static size_t write_record(const struct incident_member *member, const struct incident *incident, uint8_t *bytes)
{
    struct sw_writer out = sw_writer_over(bytes, INCIDENT_RECORD_SIZE);
    sw_write_u8(&out, RECORD_VERSION);
    sw_write_u8(&out, (uint8_t)member->state);
    sw_write_u8(&out, (uint8_t)member->colour);
    sw_write_u8(&out, (uint8_t)member->peak);
    write_time(&out, member->onset);
    write_time(&out, member->raised_at);
    write_time(&out, member->changed_at);
    sw_write_u8(&out, incident->state == INCIDENT_OPEN);
    if (incident->state == INCIDENT_OPEN) {
        write_time(&out, incident->since);
        write_time(&out, incident->changed_at);
        write_time(&out, incident->quiet_since);
        sw_write_u32(&out, incident->revision);
    }
    return sw_writer_size(&out);
}

void incident_save(struct incident_book *book, void *ctx,
                   void (*each)(void *ctx, uint32_t slot, uint32_t incident, const uint8_t *bytes, size_t size))
{
    uint8_t bytes[INCIDENT_RECORD_SIZE];
    for (uint32_t i = 0; i < book->unsaved_count; i++) {
        uint32_t slot = book->unsaved[i];
        struct incident_member *member = &book->members[slot];
        bool kept = member->state != SW_ALERT_STATE_NONE;
        member->unsaved = false;
        each(ctx, slot, kept ? member->incident : slot, bytes,
             kept ? write_record(member, &book->incidents[slot], bytes) : 0);
    }
    book->unsaved_count = 0;
}

int incident_restore(struct incident_book *book, uint32_t slot, uint32_t incident, const uint8_t *bytes, size_t size)
{
    struct sw_reader in = sw_reader_over(bytes, size);
    bool known = sw_read_u8(&in) == RECORD_VERSION;
    /* In no list yet; `next` keeps the incident until then. */
    struct incident_member member = {.incident = INCIDENT_NONE, .next = incident};
    uint8_t state = sw_read_u8(&in), colour = sw_read_u8(&in), peak = sw_read_u8(&in);
    member.onset = read_time(&in);
    member.raised_at = read_time(&in);
    member.changed_at = read_time(&in);
    struct incident found = {.first = INCIDENT_NONE, .merged_into = INCIDENT_NONE};
    if (sw_read_u8(&in) == 1) {
        found.state = INCIDENT_OPEN;
        found.since = read_time(&in);
        found.changed_at = read_time(&in);
        found.quiet_since = read_time(&in);
        found.revision = sw_read_u32(&in);
    }
    if (!known || in.failed || state == 0 || state >= SW_ALERT_STATE_COUNT || colour >= SW_COLOUR_COUNT ||
        peak >= SW_COLOUR_COUNT || incident >= book->slots)
        return SW_ERROR_MALFORMED;
    member.state = (enum sw_alert_state)state;
    member.colour = (enum sw_colour)colour;
    member.peak = (enum sw_colour)peak;
    book->members[slot] = member;
    if (found.state == INCIDENT_OPEN) {
        list(book, slot);
        book->incidents[slot] = found;
    }
    mark(book, slot);
    return SW_OK;
}

/* What was restored is marked as unsaved until here. */
void incident_settle(struct incident_book *book)
{
    uint32_t count = book->unsaved_count;
    book->unsaved_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t slot = book->unsaved[i];
        struct incident_member *member = &book->members[slot];
        uint32_t incident = member->next;
        member->unsaved = false;
        if (book->incidents[incident].state == INCIDENT_OPEN) {
            add(book, slot, incident);
            book->incidents[incident].untold = true;
        } else {
            member->state = SW_ALERT_STATE_NONE;
            mark(book, slot);
        }
    }
}
