#include "app/reports.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/commands.h"
#include "app/incidents.h"
#include "app/journal.h"
#include "app/log.h"
#include "app/subjects.h"
#include "core/near/globe.h"

/* Reports of alerts that are open so long are not counted any more after a restart. */
#define KEPT_MS (INT64_C(31) * 24 * REPORT_HOUR_MS)

/* ---- places ---- */

uint32_t reports_places(const struct gateway *gateway)
{
    return gateway->config->reports.area_count > 0 ? REPORTED_PLACES_MAX : 0;
}

int reports_add_places(struct gateway *gateway)
{
    struct report_room *room = &gateway->reports;
    uint32_t count = reports_places(gateway), index;
    room->first_place = core_subject_count(gateway->core);
    room->places = calloc(count + 1, sizeof *room->places);
    if (!room->places) return SW_ERROR_NO_SPACE;
    for (uint32_t i = 0; i < count; i++) {
        snprintf(room->places[i].name, sizeof room->places[i].name, "reported-%u", i + 1);
        int error = core_add_subject(gateway->core, SUBJECT_PLACE, room->places[i].name, CORE_NO_PARENT,
                                     &gateway->config->policy, &index);
        if (error) return error;
        core_set_grid(gateway->core, index, room->places[i].place.grid);
        room->place_count++;
    }
    return SW_OK;
}

const struct config_place *reports_place(const struct gateway *gateway, uint32_t core_index)
{
    return &gateway->reports.places[core_index - gateway->reports.first_place].place;
}

static struct globe_point point_of(const struct config_place *place)
{
    return globe_point(place->latitude, place->longitude);
}

/* ---- over a restart ---- */

int reports_build(struct gateway *gateway)
{
    gateway->reports.desk = calloc(1, sizeof *gateway->reports.desk);
    return gateway->reports.desk ? SW_OK : SW_ERROR_NO_SPACE;
}

void reports_free(struct gateway *gateway)
{
    free(gateway->reports.desk);
    free(gateway->reports.places);
}

static struct report_heard report_of(const struct store_report *row)
{
    return (struct report_heard){.id = report_hash(row->id),
                                 .reporter = report_hash(row->by),
                                 .portal = row->portal[0] != '\0' ? report_hash(row->portal) : 0,
                                 .source = row->source,
                                 .kind = row->kind,
                                 .colour = row->colour,
                                 .time_ms = row->time.ms};
}

/* What a silence holds back at a place, as if it were open. */
static bool find_held(const struct gateway *gateway, uint32_t place, struct open_alert *held)
{
    uint32_t subject = gateway->reports.first_place + place;
    struct sw_alert alert;
    if (!core_held_report(gateway->core, subject, &alert)) return false;
    *held = (struct open_alert){.subject = subject,
                                .kind = alert.kind,
                                .rule = alert.evidence.rule,
                                .onset = alert.onset,
                                .updated_at = alert.updated_at};
    memcpy(held->id, alert.id, sizeof held->id);
    return true;
}

static bool find_subject(const struct gateway *gateway, const char *alert_id, uint32_t *subject,
                         enum sw_alert_kind *kind)
{
    struct open_alert held;
    if (core_find_open_alert(gateway->core, alert_id, subject, kind) == SW_OK) return true;
    for (uint32_t i = 0; i < gateway->reports.place_count; i++) {
        if (!find_held(gateway, i, &held) || strcmp(held.id, alert_id) != 0) continue;
        *subject = held.subject;
        *kind = held.kind;
        return true;
    }
    return false;
}

/* The first report of an alert that reports opened is where it is. */
static void on_stored_report(void *ctx, const struct store_report *row)
{
    struct gateway *gateway = ctx;
    struct report_room *room = &gateway->reports;
    struct report_heard report = report_of(row);
    uint32_t subject;
    enum sw_alert_kind kind;
    if (row->source != SW_REPORT_SOURCE_SENSOR) report_desk_recall(room->desk, &report, row->received.ms);
    if (row->alert_id[0] == '\0' || !find_subject(gateway, row->alert_id, &subject, &kind)) return;
    struct report_tally *tally = report_desk_tally(room->desk, report_hash(row->alert_id));
    if (tally) (void)report_tally_take(tally, &report);
    if (kind != SW_ALERT_KIND_REPORTED || subject < room->first_place) return;
    struct config_place *place = &room->places[subject - room->first_place].place;
    if (place->known) return;
    *place = (struct config_place){.known = true, .latitude = row->latitude, .longitude = row->longitude};
    snprintf(place->grid, sizeof place->grid, "%s", row->grid);
}

static void note_raised(struct gateway *gateway, uint32_t subject, enum sw_alert_kind kind)
{
    struct report_room *room = &gateway->reports;
    if (kind == SW_ALERT_KIND_REPORTED || room->place_count == 0 || room->raised_count == REPORT_RAISED_MAX) return;
    room->raised[room->raised_count++] = (struct raised_alert){subject, kind};
}

/* A sensor's alert may have been raised and not been looked at; to look twice changes nothing. */
void reports_restore(struct gateway *gateway)
{
    struct sw_wall since = sw_wall_from_ms(gateway->clock.wall().ms - KEPT_MS);
    store_each_report(gateway->store, since, gateway, on_stored_report);
    for (uint32_t i = 0; i < open_alerts_count(gateway->open); i++) {
        const struct open_alert *alert = open_alerts_at(gateway->open, i);
        if (alert->revision == 1 && !alert->drill) note_raised(gateway, alert->subject, alert->kind);
    }
}

void reports_take_over(struct gateway *gateway, const struct gateway *before)
{
    struct report_room *room = &gateway->reports;
    const struct report_room *former = &before->reports;
    for (uint32_t i = 0; i < room->place_count && i < former->place_count; i++)
        room->places[i].place = former->places[i].place;
    for (uint32_t i = 0; i < former->raised_count; i++) {
        uint32_t subject = subjects_same(gateway, before, former->raised[i].subject);
        if (subject != NO_SUBJECT) note_raised(gateway, subject, former->raised[i].kind);
    }
    memcpy(room->desk, former->desk, sizeof *room->desk);
}

/* ---- which alert it is about ---- */

static bool tells_of(const struct gateway *gateway, const struct open_alert *alert, enum sw_report_kind kind,
                     const struct globe_point *here, int64_t time_ms, double *distance_m)
{
    const struct config_place *place = subjects_place(gateway, alert->subject);
    if (alert->drill || !place || !place->known || !sw_report_fits(kind, alert->kind, alert->rule)) return false;
    if (time_ms < alert->onset.ms - gateway->config->reports.policy.window_ms) return false;
    struct globe_point there = point_of(place);
    *distance_m = globe_distance_m(here, &there);
    return *distance_m <= sw_report_reach_m(kind);
}

struct search {
    struct open_alert *found;
    double distance_m;
    bool any;
};

static void take_nearer(struct search *search, const struct open_alert *alert, double distance_m)
{
    bool nearer = distance_m < search->distance_m ||
                  (distance_m <= search->distance_m && strcmp(alert->id, search->found->id) < 0);
    if (search->any && !nearer) return;
    *search->found = *alert;
    search->distance_m = distance_m;
    search->any = true;
}

/* The nearest, of equal distance by id. Its entry may move with the next revision: hence a copy. */
static bool find_alert(const struct gateway *gateway, enum sw_report_kind kind, const struct config_place *place,
                       int64_t time_ms, bool reported_only, struct open_alert *found)
{
    struct globe_point here = point_of(place);
    struct search search = {.found = found};
    struct open_alert held;
    double distance_m;
    for (uint32_t i = 0; i < open_alerts_count(gateway->open); i++) {
        const struct open_alert *alert = open_alerts_at(gateway->open, i);
        if (reported_only && alert->kind != SW_ALERT_KIND_REPORTED) continue;
        if (tells_of(gateway, alert, kind, &here, time_ms, &distance_m)) take_nearer(&search, alert, distance_m);
    }
    for (uint32_t i = 0; i < gateway->reports.place_count; i++)
        if (find_held(gateway, i, &held) && tells_of(gateway, &held, kind, &here, time_ms, &distance_m))
            take_nearer(&search, &held, distance_m);
    return search.any;
}

/* The city gives each area to one gateway, so that no two open an alert of one report. */
static bool is_ours(const struct gateway *gateway, const char *grid)
{
    for (uint32_t i = 0; i < gateway->config->reports.area_count; i++)
        if (sw_area_path_is_in(grid, gateway->config->reports.areas[i])) return true;
    return false;
}

/* ---- what becomes of it ---- */

/* SW_ERROR_NOT_FOUND where it tells nothing new. */
static int confirm(struct gateway *gateway, const struct open_alert *alert, const struct report_heard *report,
                   const char *actor, const char *note)
{
    struct sw_wall now = gateway->clock.wall();
    struct report_tally *tally = report_desk_tally(gateway->reports.desk, report_hash(alert->id));
    if (!tally) return SW_ERROR_NO_SPACE;
    if (!report_tally_take(tally, report)) return SW_ERROR_NOT_FOUND;
    gateway->reports.telling = report->source == SW_REPORT_SOURCE_SENSOR ? SW_REPORT_NONE : report->kind;
    enum sw_colour colour = report_tally_colour(tally, sw_report_kind_of_rule(alert->rule));
    int error = alert->kind != SW_ALERT_KIND_REPORTED
                    ? core_tell(gateway->core, alert->subject, alert->kind, actor, note, now)
                    : core_report(gateway->core, alert->subject, colour, alert->rule, alert->onset, actor, note, now);
    gateway->reports.telling = SW_REPORT_NONE;
    return error;
}

static bool is_lent(const struct gateway *gateway, uint32_t place)
{
    uint32_t subject = gateway->reports.first_place + place;
    struct open_alert held;
    return open_alerts_find(gateway->open, subject, SW_ALERT_KIND_REPORTED) || find_held(gateway, place, &held);
}

/* `place_count` when all are lent. While the incident lasts that it belonged to, what was there stays where it was, as
 * long as there are others. */
static uint32_t free_place(const struct gateway *gateway)
{
    const struct report_room *room = &gateway->reports;
    uint32_t fallback = room->place_count;
    for (uint32_t i = 0; i < room->place_count; i++) {
        if (is_lent(gateway, i)) continue;
        if (!incidents_have(gateway, room->first_place + i, SW_ALERT_KIND_REPORTED)) return i;
        if (fallback == room->place_count) fallback = i;
    }
    return fallback;
}

/* For the report to count: of `alert`, or where it is NULL of a new one. */
static bool has_room(const struct gateway *gateway, const struct open_alert *alert)
{
    const struct report_room *room = &gateway->reports;
    if (alert && report_desk_find(room->desk, report_hash(alert->id))) return true;
    return report_desk_find(room->desk, 0) && (alert || free_place(gateway) < room->place_count);
}

/* Writes the id of the alert; it may be held back. */
static int open_one(struct gateway *gateway, const struct report_heard *report, const struct message_report *message,
                    const char *actor, const char *note, char id[SW_ALERT_ID_SIZE])
{
    struct report_room *room = &gateway->reports;
    struct report_tally alone = {.alert = 0};
    uint32_t i = free_place(gateway);
    struct open_alert held;
    room->places[i].place = message->place;
    incidents_place(gateway, room->first_place + i);
    room->opening = report;
    (void)report_tally_take(&alone, report);
    int error = core_report(gateway->core, room->first_place + i, report_tally_colour(&alone, report->kind),
                            sw_report_rule(report->kind), message->time, actor, note, gateway->clock.wall());
    room->opening = NULL;
    bool is_held = find_held(gateway, i, &held);
    snprintf(id, SW_ALERT_ID_SIZE, "%s", is_held ? held.id : gateway->command_alert);
    struct report_tally *tally = is_held ? report_desk_tally(room->desk, report_hash(id)) : NULL;
    if (tally) (void)report_tally_take(tally, report);
    return error;
}

static void store(struct gateway *gateway, const struct message_report *message, const char *portal,
                  const char *alert_id)
{
    struct store_report row = {.source = message->source,
                               .kind = message->kind,
                               .colour = message->colour,
                               .time = message->time,
                               .received = gateway->clock.wall(),
                               .latitude = message->place.latitude,
                               .longitude = message->place.longitude};
    snprintf(row.id, sizeof row.id, "%s", message->id);
    snprintf(row.by, sizeof row.by, "%s", message->by);
    snprintf(row.portal, sizeof row.portal, "%s", portal);
    snprintf(row.grid, sizeof row.grid, "%s", message->place.grid);
    snprintf(row.text, sizeof row.text, "%s", message->text);
    snprintf(row.alert_id, sizeof row.alert_id, "%s", alert_id);
    journal_report(gateway, &row);
}

/* ---- answers ---- */

/* Only who asks for an answer gets one: what anybody may send must not make a gateway publish at will. The log says no
 * more than the kind of error: what was found may be a name, put where an id belongs. */
static void refuse(struct gateway *gateway, const struct publisher_command *from, int error, const char *text)
{
    log_event(LOG_LEVEL_WARNING, "report", "refused: %s", sw_error_text(error));
    if (from->response_topic) commands_answer(gateway, from, error, text);
}

/* A citizen is not told of which alert: whoever asks at every door would learn where nobody is at home. */
static void answer(struct gateway *gateway, const struct publisher_command *from, const struct message_report *message,
                   const char *what, const char *alert_id, uint32_t revision)
{
    bool is_worker = message->source == SW_REPORT_SOURCE_WORKER;
    if (!from->response_topic) return;
    commands_answer_later(gateway, from, is_worker ? alert_id : "", is_worker ? revision : 0,
                          is_worker ? what : "taken");
}

static const char *why_not_admitted(enum report_admission admission)
{
    switch (admission) {
    case REPORT_AHEAD:
        return "time: expected at most 5 minutes ahead";
    case REPORT_TOO_OLD:
        return "time: it is too old";
    case REPORT_REPORTER_TOO_MUCH:
        return "by: has reported too often within an hour";
    case REPORT_PORTAL_TOO_MUCH:
        return "the portal has reported too often within an hour";
    case REPORT_REPEATED:
    case REPORT_ADMITTED:
        break;
    }
    return "";
}

/* False: it is answered. */
static bool admit(struct gateway *gateway, const struct publisher_command *from, const struct message_report *message,
                  const struct report_heard *report)
{
    enum report_admission admission =
        report_desk_admit(gateway->reports.desk, &gateway->config->reports.policy, report, gateway->clock.wall().ms);
    bool too_much = admission == REPORT_REPORTER_TOO_MUCH || admission == REPORT_PORTAL_TOO_MUCH;
    if (admission == REPORT_ADMITTED) return true;
    if (admission == REPORT_REPEATED) {
        gateway->counters.reports_repeated++;
        answer(gateway, from, message, "was taken before", "", 0);
        return false;
    }
    *(too_much ? &gateway->counters.reports_limited : &gateway->counters.reports_refused) += 1;
    refuse(gateway, from, too_much ? SW_ERROR_BUSY : SW_ERROR_INVALID_ARGUMENT, why_not_admitted(admission));
    return false;
}

static void take(struct gateway *gateway, const struct publisher_command *from, const struct message_report *message,
                 const char *portal)
{
    bool is_worker = message->source == SW_REPORT_SOURCE_WORKER;
    const char *actor = is_worker ? message->by : portal, *note = is_worker ? message->text : "", *what = "confirms";
    struct report_heard report = {.id = report_hash(message->id),
                                  .reporter = report_hash(message->by),
                                  .portal = is_worker ? 0 : report_hash(portal),
                                  .source = message->source,
                                  .kind = message->kind,
                                  .colour = message->colour,
                                  .time_ms = message->time.ms};
    /* Elsewhere an answer alone would tell a citizen that there is an alert. */
    struct publisher_command unanswered = *from;
    unanswered.response_topic = NULL;
    if (!is_worker && !is_ours(gateway, message->place.grid)) from = &unanswered;
    struct open_alert alert;
    bool fits = find_alert(gateway, message->kind, &message->place, message->time.ms, false, &alert);
    bool opens = !fits && message->kind != SW_REPORT_ALL_CLEAR;
    if (!fits && !is_ours(gateway, message->place.grid)) {
        gateway->counters.reports_elsewhere++;
        return;
    }
    if ((fits || opens) && !has_room(gateway, fits ? &alert : NULL)) {
        gateway->counters.reports_limited++;
        refuse(gateway, from, SW_ERROR_NO_SPACE, "too many reported alerts are open");
        return;
    }
    if (!admit(gateway, from, message, &report)) return;
    int error = SW_OK;
    char id[SW_ALERT_ID_SIZE] = "";
    gateway->command_alert[0] = '\0';
    if (fits) snprintf(id, sizeof id, "%s", alert.id);
    if (fits)
        error = confirm(gateway, &alert, &report, actor, note);
    else if (opens)
        error = open_one(gateway, &report, message, actor, note, id);
    bool is_told = gateway->command_alert[0] != '\0';
    if (fits) what = error ? "tells nothing new" : message->kind == SW_REPORT_ALL_CLEAR ? "speaks against" : what;
    if (!fits) what = opens ? "opens" : "nothing is open there";
    gateway->counters.reports_confirming += fits && !error;
    gateway->counters.reports_opening += opens;
    bool is_held = id[0] != '\0' && !is_told && !error;
    store(gateway, message, portal, id);
    answer(gateway, from, message, is_held ? "is held back by a silence" : what, is_held ? "" : id,
           is_told ? gateway->command_revision : 0);
    journal_flush(gateway);
}

/* What is left to check of a report that reads well. */
static bool check(const struct gateway *gateway, const struct message_report *message, const char *source,
                  const char *who, char *text, size_t size)
{
    const char *city = gateway->config->city;
    text[0] = '\0';
    if (strcmp(source, sw_report_source_name(message->source)) != 0)
        snprintf(text, size, "source: found %s, expected %.15s as the topic", sw_report_source_name(message->source),
                 source);
    else if (!sw_id_valid(who))
        snprintf(text, size, "the topic does not end with an id");
    else if (message->source == SW_REPORT_SOURCE_WORKER && strcmp(message->by, who) != 0)
        snprintf(text, size, "by: found %s, expected %s as the topic", message->by, who);
    else if (message->place.grid[0] != '\0' && !sw_area_path_is_in(message->place.grid, city))
        snprintf(text, size, "place.grid: found %s, expected a path of %s", message->place.grid, city);
    return text[0] == '\0';
}

void reports_on_message(struct gateway *gateway, const char *source, const char *who,
                        const struct publisher_command *from)
{
    struct message_report message;
    char text[MESSAGE_RESULT_TEXT_SIZE];
    gateway->counters.reports++;
    int error = message_report_decode(from->payload, from->payload_size, &message, text, sizeof text);
    if (!error && !check(gateway, &message, source, who, text, sizeof text)) error = SW_ERROR_MESSAGE;
    if (error) {
        gateway->counters.reports_refused++;
        refuse(gateway, from, error, text);
        return;
    }
    take(gateway, from, &message, message.source == SW_REPORT_SOURCE_CITIZEN ? who : "");
}

/* ---- revisions ---- */

void reports_on_revision(struct gateway *gateway, uint32_t subject, const struct sw_alert *alert)
{
    struct report_room *room = &gateway->reports;
    uint64_t hash = report_hash(alert->id);
    if (!sw_alert_state_is_open(alert->state)) {
        report_desk_forget(room->desk, hash);
    } else if (alert->kind == SW_ALERT_KIND_REPORTED && room->opening) {
        struct report_tally *tally = report_desk_tally(room->desk, hash);
        if (tally) (void)report_tally_take(tally, room->opening);
    } else if (alert->revision == 1 && !alert->drill && subject != NO_SUBJECT) {
        note_raised(gateway, subject, alert->kind);
    }
}

static void link_raised(struct gateway *gateway, const struct raised_alert *raised)
{
    const struct open_alert *sensor = open_alerts_find(gateway->open, raised->subject, raised->kind);
    const struct config_place *place = sensor ? subjects_place(gateway, raised->subject) : NULL;
    if (!place || !place->known) return;
    struct report_heard report = {.id = report_hash(sensor->id),
                                  .reporter = report_hash(sensor->id),
                                  .source = SW_REPORT_SOURCE_SENSOR,
                                  .time_ms = sensor->raised_at.ms};
    struct store_report row = {.source = SW_REPORT_SOURCE_SENSOR,
                               .time = sensor->raised_at,
                               .received = gateway->clock.wall(),
                               .latitude = place->latitude,
                               .longitude = place->longitude};
    char note[SW_ALERT_NOTE_SIZE];
    snprintf(row.id, sizeof row.id, "%s", sensor->id);
    snprintf(row.by, sizeof row.by, "%s", sensor->id);
    snprintf(row.grid, sizeof row.grid, "%s", place->grid);
    snprintf(note, sizeof note, "a sensor tells of the same: %s", sensor->id);
    for (int kind = 1; kind < SW_REPORT_ALL_CLEAR; kind++) {
        struct open_alert found;
        if (!sw_report_fits((enum sw_report_kind)kind, raised->kind, sensor->rule) ||
            !find_alert(gateway, (enum sw_report_kind)kind, place, sensor->raised_at.ms, true, &found))
            continue;
        report.kind = row.kind = (enum sw_report_kind)kind;
        if (confirm(gateway, &found, &report, NULL, note) != SW_OK) return;
        snprintf(row.alert_id, sizeof row.alert_id, "%s", found.id);
        journal_report(gateway, &row);
        return;
    }
}

/* What escalation adds while nobody acts has been said by nobody. */
static int64_t last_said_ms(const struct gateway *gateway, const struct open_alert *alert)
{
    const struct report_tally *tally = report_desk_find(gateway->reports.desk, report_hash(alert->id));
    if (!tally || alert->state != SW_ALERT_STATE_RAISED) return alert->updated_at.ms;
    return tally->last_ms > alert->raised_at.ms ? tally->last_ms : alert->raised_at.ms;
}

static void expire(struct gateway *gateway)
{
    const struct report_room *room = &gateway->reports;
    struct sw_wall now = gateway->clock.wall();
    for (uint32_t i = 0; i < room->place_count; i++) {
        const struct open_alert *alert = open_alerts_find(gateway->open, room->first_place + i, SW_ALERT_KIND_REPORTED);
        struct open_alert held;
        bool is_held = !alert && find_held(gateway, i, &held);
        if (is_held) alert = &held;
        if (!alert || now.ms - last_said_ms(gateway, alert) < gateway->config->reports.expire_ms) continue;
        core_expire_place(gateway->core, room->first_place + i, "nothing more was reported of it", now);
        if (is_held) report_desk_forget(room->desk, report_hash(held.id));
    }
}

/* Not from inside the core: a revision of another alert is made. */
void reports_tick(struct gateway *gateway)
{
    struct report_room *room = &gateway->reports;
    for (uint32_t i = 0; i < room->raised_count; i++)
        link_raised(gateway, &room->raised[i]);
    room->raised_count = 0;
    expire(gateway);
}

const struct message_reports *reports_of(const struct gateway *gateway, const struct sw_alert *alert,
                                         struct message_reports *reports)
{
    const struct report_tally *tally = report_desk_find(gateway->reports.desk, report_hash(alert->id));
    if (!tally || alert->drill) return NULL;
    *reports = (struct message_reports){
        tally->workers,          tally->citizens, tally->sensors, tally->disagree, sw_wall_from_ms(tally->last_ms),
        gateway->reports.telling};
    return reports;
}
