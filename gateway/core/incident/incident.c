#include "core/incident/incident.h"

#include <math.h>
#include <string.h>

#include "core/layout.h"
#include "stillwater/byte_cursor.h"
#include "stillwater/error.h"

#define RECORD_VERSION 1
#define CELL_MIN       1e-8 /* radii, 6 cm: a little more than what rounding can take away */

static const enum sw_alert_kind kinds[] = {SW_ALERT_KIND_LEVEL, SW_ALERT_KIND_LEVEL_SOON, SW_ALERT_KIND_COVER_OPEN,
                                           SW_ALERT_KIND_REPORTED};
#define KINDS ((uint32_t)(sizeof kinds / sizeof kinds[0]))

/* Where to find the members near a place: in chains by grid cell, and in chains by parent of which all are near one
 * another, so that one of each incident is enough. What has become of no use is taken out by whoever comes past. Links
 * are slot + 1; 0 = none. */
struct chained {
    uint32_t next_in_cell, next_of_parent;
    bool is_in_cell, is_of_parent;
    int64_t latest_ms; /* the last change of those of its incident and parent for which it stands */
};

/* By slot of the incident: the last look around that met it. */
struct met {
    uint64_t look, parent_look;
    uint32_t stands_for_it; /* member in the parent's chain, as of parent_look */
};

struct incident_book {
    struct incident_rules rules;
    double reach; /* rules.distance_m as a chord squared */
    double cell;  /* side of a grid cell, in radii; not less than the chord */
    uint32_t slots;
    uint32_t bucket_count; /* a power of two */
    uint32_t *cells, *parents;
    struct chained *chained; /* by slot */
    struct met *met;
    uint64_t look;
    uint32_t *touched; /* incidents that the last look found */
    uint32_t touched_count;
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
    uint32_t bucket_count = layout_buckets((uint32_t)slots);
    size_t cells = take_room(&at, bucket_count * sizeof *book->cells);
    size_t parents = take_room(&at, bucket_count * sizeof *book->parents);
    size_t chained = take_room(&at, slots * sizeof *book->chained);
    size_t met = take_room(&at, slots * sizeof *book->met);
    size_t touched = take_room(&at, slots * sizeof *book->touched);
    if (!book) return at;
    book->slots = (uint32_t)slots;
    book->places = (struct incident_place *)(bytes + places);
    book->members = (struct incident_member *)(bytes + members);
    book->incidents = (struct incident *)(bytes + incidents);
    book->listed = (uint32_t *)(bytes + listed);
    book->unsaved = (uint32_t *)(bytes + unsaved);
    book->bucket_count = bucket_count;
    book->cells = (uint32_t *)(bytes + cells);
    book->parents = (uint32_t *)(bytes + parents);
    book->chained = (struct chained *)(bytes + chained);
    book->met = (struct met *)(bytes + met);
    book->touched = (uint32_t *)(bytes + touched);
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
    book->cell = sqrt(book->reach) * 1.001 + CELL_MIN;
    (void)lay_out(book, memory, subjects);
    return book;
}

/* ---- what is near ---- */

static bool is_member(const struct incident_book *book, uint32_t slot)
{
    return book->members[slot].state != SW_ALERT_STATE_NONE;
}

static uint32_t bucket_of(const struct incident_book *book, uint64_t key)
{
    return (uint32_t)(key * UINT64_C(0x9E3779B97F4A7C15) >> 32) & (book->bucket_count - 1);
}

/* The cells are cubes that the globe lies in. `neighbour`: 0 to 26; 13 is the place's own. */
static uint32_t *cell_of(const struct incident_book *book, const struct incident_place *place, int neighbour)
{
    uint64_t key = 0;
    for (int axis = 0; axis < 3; axis++, neighbour /= 3) {
        int64_t at = (int64_t)((place->at.axis[axis] + 1) / book->cell) + neighbour % 3 - 1;
        key = key * UINT64_C(0x100000001B3) ^ (uint64_t)at;
    }
    return &book->cells[bucket_of(book, key)];
}

static uint32_t *family_of(const struct incident_book *book, uint32_t parent)
{
    return &book->parents[bucket_of(book, parent)];
}

/* A member that is new, or has changed. */
static void chain(struct incident_book *book, uint32_t slot)
{
    const struct incident_place *place = &book->places[incident_slot_subject(slot)];
    struct chained *chained = &book->chained[slot];
    int64_t changed_ms = book->members[slot].changed_at.ms;
    if (place->known && !chained->is_in_cell) {
        uint32_t *cell = cell_of(book, place, 13);
        chained->next_in_cell = *cell;
        chained->is_in_cell = true;
        *cell = slot + 1;
    }
    if (place->parent == 0) return;
    if (!chained->is_of_parent) {
        uint32_t *family = family_of(book, place->parent);
        chained->next_of_parent = *family;
        chained->is_of_parent = true;
        chained->latest_ms = changed_ms;
        *family = slot + 1;
    } else if (changed_ms > chained->latest_ms) {
        chained->latest_ms = changed_ms;
    }
}

static void unchain(struct incident_book *book, uint32_t slot)
{
    const struct incident_place *place = &book->places[incident_slot_subject(slot)];
    struct chained *chained = &book->chained[slot];
    if (chained->is_in_cell) {
        uint32_t *link = cell_of(book, place, 13);
        while (*link != slot + 1)
            link = &book->chained[*link - 1].next_in_cell;
        *link = chained->next_in_cell;
        chained->is_in_cell = false;
    }
    if (!chained->is_of_parent) return;
    uint32_t *link = family_of(book, place->parent);
    while (*link != slot + 1)
        link = &book->chained[*link - 1].next_of_parent;
    *link = chained->next_of_parent;
    chained->is_of_parent = false;
    /* It may have stood for others. */
    uint32_t other = is_member(book, slot) ? book->incidents[book->members[slot].incident].first : INCIDENT_NONE;
    for (; other != INCIDENT_NONE; other = book->members[other].next)
        if (incident_slot_subject(other) != incident_slot_subject(slot)) chain(book, other);
}

void incident_set_place(struct incident_book *book, uint32_t subject, struct incident_place place)
{
    for (uint32_t slot = subject * KINDS; slot < (subject + 1) * KINDS; slot++)
        unchain(book, slot);
    book->places[subject] = place;
    for (uint32_t slot = subject * KINDS; slot < (subject + 1) * KINDS; slot++)
        if (is_member(book, slot)) chain(book, slot);
}

static void touch(struct incident_book *book, uint32_t incident)
{
    if (book->met[incident].look == book->look) return;
    book->met[incident].look = book->look;
    book->touched[book->touched_count++] = incident;
}

static bool is_recent(const struct incident_book *book, int64_t changed_ms, struct sw_wall now)
{
    return now.ms - changed_ms <= book->rules.within_ms;
}

static void look_at_subject(struct incident_book *book, uint32_t subject, struct sw_wall now)
{
    for (uint32_t slot = subject * KINDS; slot < (subject + 1) * KINDS; slot++)
        if (is_member(book, slot) && is_recent(book, book->members[slot].changed_at.ms, now))
            touch(book, book->members[slot].incident);
}

static void look_into_cell(struct incident_book *book, uint32_t *link, const struct incident_place *place,
                           struct sw_wall now)
{
    while (*link != 0) {
        uint32_t slot = *link - 1;
        const struct incident_member *member = &book->members[slot];
        struct chained *chained = &book->chained[slot];
        if (!is_member(book, slot)) {
            *link = chained->next_in_cell;
            chained->is_in_cell = false;
            continue;
        }
        if (is_recent(book, member->changed_at.ms, now) &&
            globe_chord_squared(&place->at, &book->places[incident_slot_subject(slot)].at) <= book->reach)
            touch(book, member->incident);
        link = &chained->next_in_cell;
    }
}

/* Whether another in the chain already stands for the member's incident; it takes its time over. */
static bool is_stood_for(struct incident_book *book, uint32_t slot)
{
    struct met *met = &book->met[book->members[slot].incident];
    if (met->parent_look != book->look) {
        met->parent_look = book->look;
        met->stands_for_it = slot;
        return false;
    }
    struct chained *other = &book->chained[met->stands_for_it];
    if (book->chained[slot].latest_ms > other->latest_ms) other->latest_ms = book->chained[slot].latest_ms;
    return true;
}

static void look_into_family(struct incident_book *book, uint32_t parent, struct sw_wall now)
{
    uint32_t *link = family_of(book, parent);
    while (*link != 0) {
        uint32_t slot = *link - 1;
        struct chained *chained = &book->chained[slot];
        bool is_ours = book->places[incident_slot_subject(slot)].parent == parent;
        if (!is_member(book, slot) || (is_ours && is_stood_for(book, slot))) {
            *link = chained->next_of_parent;
            chained->is_of_parent = false;
            continue;
        }
        link = &chained->next_of_parent;
    }
    for (uint32_t at = *family_of(book, parent); at != 0; at = book->chained[at - 1].next_of_parent)
        if (book->places[incident_slot_subject(at - 1)].parent == parent &&
            is_recent(book, book->chained[at - 1].latest_ms, now))
            touch(book, book->members[at - 1].incident);
}

/* Finds the incidents that have a member near the subject. */
static void look_around(struct incident_book *book, uint32_t subject, struct sw_wall now)
{
    const struct incident_place *place = &book->places[subject];
    book->look++;
    book->touched_count = 0;
    look_at_subject(book, subject, now);
    for (int i = 0; place->known && i < 27; i++)
        look_into_cell(book, cell_of(book, place, i), place, now);
    if (place->parent != 0) look_into_family(book, place->parent, now);
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
    /* After a restart its members come in any order. */
    if (incident->changed_at.ms < now.ms) incident->changed_at = now;
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

/* The incident of a new alert: the oldest of those it touches, which takes the others in, or one of its own. */
static uint32_t incident_for(struct incident_book *book, uint32_t slot, struct sw_wall onset, struct sw_wall now)
{
    look_around(book, incident_slot_subject(slot), now);
    if (book->touched_count == 0) {
        begin(book, slot, onset);
        return slot;
    }
    uint32_t oldest = book->touched[0];
    for (uint32_t i = 1; i < book->touched_count; i++)
        if (is_older(book, book->touched[i], oldest)) oldest = book->touched[i];
    for (uint32_t i = 0; i < book->touched_count; i++)
        if (book->touched[i] != oldest) merge(book, book->touched[i], oldest, now);
    return oldest;
}

static void note_quiet(struct incident *incident, struct sw_wall now)
{
    incident->quiet_since.ms = incident->open_members == 0 ? now.ms : 0;
}

void incident_take(struct incident_book *book, uint32_t subject, const struct sw_alert *alert)
{
    uint32_t slot = incident_slot(subject, alert->kind);
    struct incident_member *member = &book->members[slot];
    bool is_known = is_member(book, slot), is_open = sw_alert_state_is_open(alert->state);
    if (!is_known && !is_open) return;
    /* Before it is a member: it is not near itself. */
    uint32_t joins = is_known ? member->incident : incident_for(book, slot, alert->onset, alert->updated_at);
    bool was_open = is_known && sw_alert_state_is_open(member->state);
    bool has_changed =
        !is_known || member->onset.ms != alert->onset.ms || member->colour != alert->colour || was_open != is_open;
    if (has_changed) member->changed_at = alert->updated_at;
    if (!is_known || alert->peak > member->peak) member->peak = alert->peak;
    member->state = alert->state;
    member->colour = alert->colour;
    member->onset = alert->onset;
    member->raised_at = alert->raised_at;
    if (!is_known) add(book, slot, joins);
    if (has_changed) chain(book, slot);
    if (is_known && !is_open && was_open) book->incidents[joins].open_members--;
    if (is_known && is_open && !was_open) {
        book->incidents[joins].open_members++;
        joins = incident_for(book, slot, alert->onset, alert->updated_at); /* its own is among those it touches */
    }
    struct incident *incident = &book->incidents[joins];
    if (member->peak > incident->peak) incident->peak = member->peak;
    note_quiet(incident, alert->updated_at);
    mark(book, slot);
    change(book, joins, alert->updated_at);
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

size_t incident_record(const struct incident_book *book, uint32_t slot, uint8_t bytes[INCIDENT_RECORD_SIZE])
{
    return write_record(&book->members[slot], &book->incidents[slot], bytes);
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
            chain(book, slot);
            book->incidents[incident].untold = true;
        } else {
            member->state = SW_ALERT_STATE_NONE;
            mark(book, slot);
        }
    }
}
