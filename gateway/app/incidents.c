#include "app/incidents.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/journal.h"
#include "app/log.h"
#include "app/subjects.h"
#include "core/alert/alert_id.h"

#define METRES_PER_DEGREE 111195.0 /* of a great circle: 6371 km mean radius */
#define RADIANS(degrees)  ((degrees)*3.14159265358979323846 / 180)

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

/* On the plane that touches the globe at the first place there is. */
static void set_places(struct gateway *gateway)
{
    const struct config_place *origin = NULL;
    for (uint32_t i = 0; i < core_subject_count(gateway->core); i++) {
        const struct config_place *here = subjects_place(gateway, i);
        if (!here) continue;
        struct incident_place place = {.known = here->known, .parent = parent_of(gateway, here)};
        if (here->known && !origin) origin = here;
        if (here->known) {
            double east = (here->longitude - origin->longitude) * cos(RADIANS(origin->latitude));
            place.east_m = (int32_t)lround(east * METRES_PER_DEGREE);
            place.north_m = (int32_t)lround((here->latitude - origin->latitude) * METRES_PER_DEGREE);
        }
        incident_set_place(gateway->incidents.book, i, place);
    }
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
    if (domain < SUBJECT_HOME || domain >= SUBJECT_DOMAIN_COUNT || !incident_takes(kind) ||
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

void incidents_save(struct gateway *gateway)
{
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
        if (!open->drill && incident_takes(open->kind)) take_open(gateway, open);
    }
}

int incidents_build(struct gateway *gateway)
{
    uint32_t count = core_subject_count(gateway->core);
    gateway->incidents.memory = calloc(1, incident_book_size(count));
    if (!gateway->incidents.memory) return SW_ERROR_NO_SPACE;
    gateway->incidents.book = incident_book_init(gateway->incidents.memory, count, gateway->config->incident);
    set_places(gateway);
    store_each_snapshot(gateway->store, gateway, on_row);
    incident_settle(gateway->incidents.book);
    follow_register(gateway);
    return SW_OK;
}

void incidents_free(struct gateway *gateway)
{
    free(gateway->incidents.memory);
}

/* ---- alerts ---- */

void incidents_on_alert(struct gateway *gateway, uint32_t subject, const struct sw_alert *alert)
{
    if (gateway->incidents.book && !alert->drill && incident_takes(alert->kind))
        incident_take(gateway->incidents.book, subject, alert);
}

static void write_id(const struct gateway *gateway, uint32_t slot, char id[SW_ALERT_ID_SIZE])
{
    alert_id_write_word(id, gateway->config->gateway, "incident",
                        core_subject_name(gateway->core, incident_slot_subject(slot)),
                        incident_at(gateway->incidents.book, slot)->since.ms);
}

const char *incidents_id(const struct gateway *gateway, uint32_t subject, const struct sw_alert *alert,
                         char id[SW_ALERT_ID_SIZE])
{
    if (subject == NO_SUBJECT || alert->drill || !gateway->incidents.book) return NULL;
    uint32_t slot = incident_of(gateway->incidents.book, subject, alert->kind);
    if (slot == INCIDENT_NONE) return NULL;
    write_id(gateway, slot, id);
    return id;
}

void incidents_tick(struct gateway *gateway)
{
    incident_tick(gateway->incidents.book, gateway->clock.wall());
    incidents_save(gateway);
}
