#include "app/incidents.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/journal.h"
#include "app/log.h"
#include "app/retained.h"
#include "app/subjects.h"
#include "core/alert/alert_id.h"
#include "message/message.h"

/* A slot's name: "<domain>.<kind>.<subject>". */
#define NAME_SIZE (4 + 16 + SW_ID_SIZE)

/* ---- places ---- */

static uint32_t parent_of(const struct gateway *gateway, const struct config_place *place)
{
    char path[SW_AREA_PATH_SIZE];
    snprintf(path, sizeof path, "%s", place->grid);
    char *last = strrchr(path, '/');
    if (!last) return 0;
    *last = '\0';
    uint32_t area = area_map_find(gateway->areas.map, path);
    return area == AREA_NONE ? 0 : area + 1;
}

void incidents_place(struct gateway *gateway, uint32_t subject)
{
    const struct config_place *here = subjects_place(gateway, subject);
    if (!here) return;
    struct incident_place place = {.known = here->known, .parent = parent_of(gateway, here)};
    if (here->known) place.at = globe_point(here->latitude, here->longitude);
    incident_set_place(gateway->incidents.book, subject, place);
}

/* ---- over a restart ---- */

static void name_of(const struct gateway *gateway, uint32_t slot, char name[NAME_SIZE])
{
    uint32_t subject = incident_slot_subject(slot);
    snprintf(name, NAME_SIZE, "%d.%s.%s", (int)core_subject_domain(gateway->core, subject),
             sw_alert_kind_name(incident_slot_kind(slot)), core_subject_name(gateway->core, subject));
}

/* INCIDENT_NONE for the name of a subject that is watched no longer. */
static uint32_t slot_named(const struct gateway *gateway, const char *name)
{
    char kind_name[32];
    int domain = 0, length = 0;
    uint32_t subject;
    if (sscanf(name, "%d.%31[a-z_].%n", &domain, kind_name, &length) != 2 || length == 0) return INCIDENT_NONE;
    enum sw_alert_kind kind = sw_alert_kind_from_name(kind_name);
    if (domain < SUBJECT_HOME || domain >= SUBJECT_DOMAIN_COUNT || !incident_takes_kind(kind) ||
        core_find_subject(gateway->core, (enum subject_domain)domain, name + length, &subject) != SW_OK)
        return INCIDENT_NONE;
    return incident_slot(subject, kind);
}

/* A row: the name of the incident's slot, terminated, and the record. */
static void save_one(void *ctx, uint32_t slot, uint32_t incident, const uint8_t *bytes, size_t size)
{
    struct gateway *gateway = ctx;
    char name[NAME_SIZE], row[NAME_SIZE + INCIDENT_RECORD_SIZE];
    name_of(gateway, slot, name);
    if (size == 0) {
        journal_forget(gateway, STORE_SNAPSHOT_INCIDENT, name);
        return;
    }
    name_of(gateway, incident, row);
    size_t used = strlen(row) + 1;
    memcpy(row + used, bytes, size);
    journal_snapshot(gateway, STORE_SNAPSHOT_INCIDENT, name, (const uint8_t *)row, used + size);
}

/* Gives what has changed its number, which goes into the store before anybody sees it. */
static void number_changes(struct gateway *gateway)
{
    struct incident_book *book = gateway->incidents.book;
    struct sw_mono now = gateway->clock.mono();
    for (uint32_t i = incident_count(book); i > 0; i--) {
        uint32_t slot = incident_listed(book, i - 1);
        const struct incident *incident = incident_at(book, slot);
        struct incident_told *told = &gateway->incidents.told[slot];
        bool is_open = incident->state == INCIDENT_OPEN;
        bool is_early =
            is_open && incident->revision > 0 && sw_mono_diff_ms(now, told->numbered_at) < INCIDENTS_INTERVAL_MS;
        if (!incident->untold || !incident_is_told(incident) || is_early) continue;
        incident_tell(book, slot);
        *told = (struct incident_told){.is_due = true, .batch = gateway->journal.batch, .numbered_at = now};
        if (gateway->retained[PUBLISHER_INCIDENTS].permission.off && !is_open) incident_forget(book, slot);
    }
}

void incidents_save(struct gateway *gateway)
{
    number_changes(gateway);
    incident_save(gateway->incidents.book, gateway, save_one);
}

static void on_row(void *ctx, int domain, const char *name, const uint8_t *bytes, size_t size)
{
    struct gateway *gateway = ctx;
    if (domain != STORE_SNAPSHOT_INCIDENT) return;
    const uint8_t *end = memchr(bytes, '\0', size);
    uint32_t slot = slot_named(gateway, name);
    uint32_t incident = end ? slot_named(gateway, (const char *)bytes) : INCIDENT_NONE;
    size_t used = end ? (size_t)(end - bytes) + 1 : 0;
    if (slot == INCIDENT_NONE || incident == INCIDENT_NONE ||
        incident_restore(gateway->incidents.book, slot, incident, bytes + used, size - used) != SW_OK) {
        log_event(LOG_LEVEL_WARNING, "incidents", "%s: its part in an incident is forgotten", name);
        journal_forget(gateway, STORE_SNAPSHOT_INCIDENT, name);
    }
}

static void take_open(struct gateway *gateway, const struct open_alert *open)
{
    struct sw_alert alert = {.kind = open->kind,
                             .state = open->state,
                             .colour = open->colour,
                             .peak = open->peak,
                             .onset = open->onset,
                             .raised_at = open->raised_at,
                             .updated_at = open->updated_at};
    incident_take(gateway->incidents.book, open->subject, &alert);
}

/* A member that is open, while no such alert is: its end went with a subject that has left and come back. */
static void take_over(struct gateway *gateway, uint32_t slot)
{
    const struct incident_member *member = incident_member_at(gateway->incidents.book, slot);
    uint32_t subject = incident_slot_subject(slot);
    enum sw_alert_kind kind = incident_slot_kind(slot);
    if (!sw_alert_state_is_open(member->state) || open_alerts_find(gateway->open, subject, kind)) return;
    struct sw_alert alert = {.kind = kind,
                             .state = SW_ALERT_STATE_CLEARED,
                             .peak = member->peak,
                             .onset = member->onset,
                             .raised_at = member->raised_at,
                             .updated_at = gateway->clock.wall()};
    incident_take(gateway->incidents.book, subject, &alert);
}

/* The register of open alerts is right, whatever the rows say. */
static void follow_register(struct gateway *gateway)
{
    const struct incident_book *book = gateway->incidents.book;
    for (uint32_t i = 0; i < incident_count(book); i++) {
        uint32_t slot = incident_at(book, incident_listed(book, i))->first;
        for (; slot != INCIDENT_NONE; slot = incident_member_at(book, slot)->next)
            take_over(gateway, slot);
    }
    for (uint32_t i = 0; i < open_alerts_count(gateway->open); i++) {
        const struct open_alert *open = open_alerts_at(gateway->open, i);
        if (!open->drill && incident_takes(open->kind, open->rule)) take_open(gateway, open);
    }
}

static int make_book(struct gateway *gateway)
{
    uint32_t count = core_subject_count(gateway->core);
    gateway->incidents.memory = calloc(1, incident_book_size(count));
    if (!gateway->incidents.memory) return SW_ERROR_NO_SPACE;
    gateway->incidents.book = incident_book_init(gateway->incidents.memory, count, gateway->config->incident);
    gateway->incidents.told = calloc(incident_slots(gateway->incidents.book) + 1, sizeof *gateway->incidents.told);
    if (!gateway->incidents.told) return SW_ERROR_NO_SPACE;
    for (uint32_t i = 0; i < count; i++)
        incidents_place(gateway, i);
    return SW_OK;
}

int incidents_build(struct gateway *gateway)
{
    int error = make_book(gateway);
    if (error) return error;
    store_each_snapshot(gateway->store, gateway, on_row);
    incident_settle(gateway->incidents.book);
    follow_register(gateway);
    return SW_OK;
}

/* ---- over a reload ---- */

static uint32_t slot_here(const struct gateway *gateway, const struct gateway *before, uint32_t slot)
{
    uint32_t subject = subjects_same(gateway, before, incident_slot_subject(slot));
    return subject == NO_SUBJECT ? INCIDENT_NONE : incident_slot(subject, incident_slot_kind(slot));
}

static void take_over_incident(struct gateway *gateway, const struct gateway *before, uint32_t first)
{
    const struct incident_book *former = before->incidents.book;
    uint8_t bytes[INCIDENT_RECORD_SIZE];
    uint32_t incident = slot_here(gateway, before, first);
    uint32_t slot = incident_at(former, first)->first;
    if (incident == INCIDENT_NONE) return;
    gateway->incidents.told[incident] = before->incidents.told[first];
    for (; slot != INCIDENT_NONE; slot = incident_member_at(former, slot)->next) {
        uint32_t here = slot_here(gateway, before, slot);
        size_t size = incident_record(former, slot, bytes);
        if (here != INCIDENT_NONE) (void)incident_restore(gateway->incidents.book, here, incident, bytes, size);
    }
}

int incidents_take_over(struct gateway *gateway, const struct gateway *before)
{
    int error = make_book(gateway);
    if (error) return error;
    for (uint32_t i = 0; i < incident_count(before->incidents.book); i++)
        take_over_incident(gateway, before, incident_listed(before->incidents.book, i));
    incident_settle(gateway->incidents.book);
    follow_register(gateway);
    return SW_OK;
}

void incidents_free(struct gateway *gateway)
{
    free(gateway->incidents.told);
    free(gateway->incidents.memory);
}

/* ---- alerts ---- */

void incidents_on_alert(struct gateway *gateway, uint32_t subject, const struct sw_alert *alert)
{
    if (gateway->incidents.book && !alert->drill && incident_takes(alert->kind, alert->evidence.rule))
        incident_take(gateway->incidents.book, subject, alert);
}

bool incidents_have(const struct gateway *gateway, uint32_t subject, enum sw_alert_kind kind)
{
    const struct incident_book *book = gateway->incidents.book;
    return incident_member_at(book, incident_slot(subject, kind))->state != SW_ALERT_STATE_NONE;
}

static void write_id(const struct gateway *gateway, uint32_t slot, char id[SW_ALERT_ID_SIZE])
{
    alert_id_write_word(id, gateway->config->gateway, "incident",
                        core_subject_name(gateway->core, incident_slot_subject(slot)),
                        incident_at(gateway->incidents.book, slot)->since.ms);
}

const char *incidents_id(const struct gateway *gateway, uint32_t subject, enum sw_alert_kind kind,
                         enum sw_alert_rule rule, bool drill, char id[SW_ALERT_ID_SIZE])
{
    if (subject == NO_SUBJECT || drill || !gateway->incidents.book || !incident_takes(kind, rule)) return NULL;
    uint32_t slot = incident_of(gateway->incidents.book, subject, kind);
    if (slot == INCIDENT_NONE) return NULL;
    write_id(gateway, slot, id);
    return id;
}

/* ---- telling ---- */

static bool is_worse(const struct message_incident_member *a, const struct message_incident_member *b)
{
    if (a->colour != b->colour) return a->colour > b->colour;
    bool a_waits = a->state == SW_ALERT_STATE_RAISED, b_waits = b->state == SW_ALERT_STATE_RAISED;
    return a_waits != b_waits ? a_waits : a->raised_at.ms < b->raised_at.ms;
}

/* Keeps the worst, in order; one more than there is room for falls off the end. */
static void list_member(struct message_incident *message, const struct message_incident_member *member)
{
    uint32_t at = message->member_count;
    while (at > 0 && is_worse(member, &message->members[at - 1]))
        at--;
    if (at == MESSAGE_INCIDENT_MEMBERS_MAX) return;
    uint32_t last = message->member_count < MESSAGE_INCIDENT_MEMBERS_MAX ? message->member_count++
                                                                         : MESSAGE_INCIDENT_MEMBERS_MAX - 1;
    memmove(&message->members[at + 1], &message->members[at], (last - at) * sizeof *member);
    message->members[at] = *member;
}

static void add_member(const struct gateway *gateway, uint32_t slot, struct message_incident *message)
{
    const struct incident_member *member = incident_member_at(gateway->incidents.book, slot);
    if (!sw_alert_state_is_open(member->state)) return;
    const char *subject = core_subject_name(gateway->core, incident_slot_subject(slot));
    struct message_incident_member listed = {.kind = incident_slot_kind(slot),
                                             .state = member->state,
                                             .colour = member->colour,
                                             .raised_at = member->raised_at};
    snprintf(listed.subject, sizeof listed.subject, "%s", subject);
    alert_id_write(listed.alert_id, gateway->config->gateway, listed.kind, subject, member->onset.ms);
    list_member(message, &listed);
    message->open++;
    message->unacknowledged += member->state == SW_ALERT_STATE_RAISED;
    if (member->colour > message->colour) message->colour = member->colour;
}

/* Cuts the path down to what it has in common with the other. */
static void cut_to_common(char *path, const char *other)
{
    size_t length = 0, level = 0;
    for (; path[length] != '\0' && path[length] == other[length]; length++)
        if (path[length] == '/') level = length;
    bool whole = (path[length] == '\0' || path[length] == '/') && (other[length] == '\0' || other[length] == '/');
    path[whole ? length : level] = '\0';
}

/* Where it is: the mean of its members' places, and the area that holds them all. */
static void add_place(const struct gateway *gateway, uint32_t first, struct message_incident *message)
{
    uint32_t known = 0, gridded = 0;
    for (uint32_t slot = first; slot != INCIDENT_NONE; slot = incident_member_at(gateway->incidents.book, slot)->next) {
        const struct config_place *place = subjects_place(gateway, incident_slot_subject(slot));
        if (!place) continue;
        if (place->known) {
            known++;
            message->latitude += (place->latitude - message->latitude) / known;
            message->longitude += (place->longitude - message->longitude) / known;
        }
        if (place->grid[0] == '\0') continue;
        if (gridded++ == 0)
            snprintf(message->area, sizeof message->area, "%s", place->grid);
        else
            cut_to_common(message->area, place->grid);
    }
    message->has_centre = known > 0;
}

static char *encode(const struct gateway *gateway, uint32_t slot)
{
    const struct incident *incident = incident_at(gateway->incidents.book, slot);
    bool is_open = incident->state == INCIDENT_OPEN;
    struct message_incident message = {.revision = incident->revision,
                                       .state = is_open                              ? MESSAGE_INCIDENT_OPEN
                                                : incident->state == INCIDENT_MERGED ? MESSAGE_INCIDENT_MERGED
                                                                                     : MESSAGE_INCIDENT_OVER,
                                       .peak = incident->peak,
                                       .since = incident->since,
                                       .updated_at = incident->changed_at,
                                       .alerts = incident->members,
                                       .subjects = incident->subjects};
    write_id(gateway, slot, message.id);
    snprintf(message.city, sizeof message.city, "%s", gateway->config->city);
    snprintf(message.gateway, sizeof message.gateway, "%s", gateway->config->gateway);
    if (incident->state == INCIDENT_MERGED) write_id(gateway, incident->merged_into, message.merged_into);
    uint32_t member = is_open ? incident->first : INCIDENT_NONE;
    add_place(gateway, member, &message);
    for (; member != INCIDENT_NONE; member = incident_member_at(gateway->incidents.book, member)->next)
        add_member(gateway, member, &message);
    return message_incident_encode(&message);
}

static int publish(struct gateway *gateway, uint32_t slot, bool empty)
{
    char id[SW_ALERT_ID_SIZE], topic[SW_TOPIC_SIZE];
    write_id(gateway, slot, id);
    retained_topic(gateway, PUBLISHER_INCIDENTS, id, topic);
    char *body = empty ? calloc(1, 1) : encode(gateway, slot);
    int error = body ? retained_set(gateway, PUBLISHER_INCIDENTS, topic, body) : SW_ERROR_NO_SPACE;
    free(body);
    if (error && error != SW_ERROR_BUSY)
        log_event(LOG_LEVEL_WARNING, "incidents", "%s cannot be published: %s", topic, sw_error_text(error));
    return error;
}

/* SW_ERROR_BUSY: not now. */
static int tell(struct gateway *gateway, uint32_t slot)
{
    struct incident_told *told = &gateway->incidents.told[slot];
    bool is_open = incident_at(gateway->incidents.book, slot)->state == INCIDENT_OPEN;
    if (!told->said_over) {
        if (publish(gateway, slot, false) == SW_ERROR_BUSY) return SW_ERROR_BUSY;
        told->said_over = !is_open;
    }
    if (!is_open && publish(gateway, slot, true) == SW_ERROR_BUSY) return SW_ERROR_BUSY;
    if (!is_open) incident_forget(gateway->incidents.book, slot);
    told->is_due = told->said_over = false;
    return SW_OK;
}

void incidents_pump(struct gateway *gateway)
{
    struct incident_book *book = gateway->incidents.book;
    if (!retained_may_go(gateway, PUBLISHER_INCIDENTS) || !retained_clear_stale(gateway, PUBLISHER_INCIDENTS)) return;
    /* Backwards: one that is forgotten has its place taken by the last. */
    for (uint32_t i = incident_count(book); i > 0; i--) {
        uint32_t slot = incident_listed(book, i - 1);
        const struct incident_told *told = &gateway->incidents.told[slot];
        if (told->is_due && told->batch <= gateway->journal.stored && tell(gateway, slot) == SW_ERROR_BUSY) return;
    }
}

void incidents_tick(struct gateway *gateway)
{
    incident_tick(gateway->incidents.book, gateway->clock.wall());
    incidents_save(gateway);
    incidents_pump(gateway);
}

void incidents_on_link(struct gateway *gateway, bool up)
{
    struct incident_book *book = gateway->incidents.book;
    if (!retained_on_link(gateway, PUBLISHER_INCIDENTS, up)) return;
    /* What the broker holds of us may be of an earlier run, or nothing. */
    for (uint32_t i = 0; i < incident_count(book); i++) {
        struct incident_told *told = &gateway->incidents.told[incident_listed(book, i)];
        told->is_due = incident_is_told(incident_at(book, incident_listed(book, i)));
        told->said_over = false;
    }
    incidents_pump(gateway);
}

static bool is_told(const struct gateway *gateway, const char *wanted)
{
    const struct incident_book *book = gateway->incidents.book;
    char id[SW_ALERT_ID_SIZE];
    for (uint32_t i = 0; i < incident_count(book); i++) {
        write_id(gateway, incident_listed(book, i), id);
        if (strcmp(id, wanted) == 0) return incident_is_told(incident_at(book, incident_listed(book, i)));
    }
    return false;
}

void incidents_on_kept(struct gateway *gateway, const char *topic)
{
    const char *kept = retained_rest(gateway, PUBLISHER_INCIDENTS, topic);
    if (kept && !is_told(gateway, kept)) retained_note_stale(gateway, PUBLISHER_INCIDENTS, topic);
}

static void leave_members(struct gateway *gateway, const struct gateway *before, uint32_t slot)
{
    char name[NAME_SIZE];
    for (; slot != INCIDENT_NONE; slot = incident_member_at(before->incidents.book, slot)->next) {
        if (slot_here(gateway, before, slot) != INCIDENT_NONE) continue;
        name_of(before, slot, name);
        journal_forget(gateway, STORE_SNAPSHOT_INCIDENT, name);
    }
}

void incidents_leave(struct gateway *gateway, const struct gateway *before)
{
    const struct incident_book *former = before->incidents.book;
    char id[SW_ALERT_ID_SIZE], topic[SW_TOPIC_SIZE];
    for (uint32_t i = 0; i < incident_count(former); i++) {
        uint32_t slot = incident_listed(former, i);
        leave_members(gateway, before, incident_at(former, slot)->first);
        write_id(before, slot, id);
        if (!incident_is_told(incident_at(former, slot)) || is_told(gateway, id)) continue;
        retained_topic(gateway, PUBLISHER_INCIDENTS, id, topic);
        retained_note_stale(gateway, PUBLISHER_INCIDENTS, topic);
    }
}
