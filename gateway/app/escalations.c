#include "app/escalations.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/journal.h"
#include "app/log.h"
#include "app/subjects.h"
#include "message/message_text.h"

int escalations_build(struct gateway *gateway)
{
    if (!gateway->config->duty) return SW_OK;
    gateway->escalations.of = calloc(core_alert_capacity(gateway->core), sizeof *gateway->escalations.of);
    return gateway->escalations.of ? SW_OK : SW_ERROR_NO_SPACE;
}

void escalations_free(struct gateway *gateway)
{
    free(gateway->escalations.of);
}

static const char *grid_of(const struct gateway *gateway, uint32_t subject)
{
    const struct config_place *place = subjects_place(gateway, subject);
    return place ? place->grid : "";
}

static struct escalation *escalation_of(struct gateway *gateway, const struct open_alert *open)
{
    return &gateway->escalations.of[open->slot];
}

static struct escalation_alert standing_of(const struct gateway *gateway, const struct open_alert *open)
{
    return (struct escalation_alert){grid_of(gateway, open->subject), open->state, open->colour};
}

static void keep(struct gateway *gateway, const char *alert_id, const struct escalation *escalation)
{
    uint8_t bytes[ESCALATION_SIZE_MAX];
    size_t size = escalation_write(escalation, bytes);
    journal_snapshot(gateway, STORE_SNAPSHOT_ESCALATION, alert_id, bytes, size);
}

/* ---- start ---- */

static void on_snapshot(void *ctx, int domain, const char *name, const uint8_t *bytes, size_t size)
{
    struct gateway *gateway = ctx;
    uint32_t subject;
    enum sw_alert_kind kind;
    if (domain != STORE_SNAPSHOT_ESCALATION) return;
    const struct open_alert *open = NULL;
    if (gateway->escalations.of && core_find_open_alert(gateway->core, name, &subject, &kind) == SW_OK)
        open = open_alerts_of(gateway->open, subject, kind, name);
    if (!open) {
        journal_forget(gateway, STORE_SNAPSHOT_ESCALATION, name);
        return;
    }
    int error = escalation_read(escalation_of(gateway, open), bytes, size);
    if (error)
        log_event(LOG_LEVEL_WARNING, name, "who was asked last is not known, it begins anew: %s", sw_error_text(error));
}

void escalations_resume(struct gateway *gateway)
{
    const struct duty_roster *roster = gateway->config->duty;
    struct sw_wall now = gateway->clock.wall();
    for (uint32_t i = 0; roster && i < open_alerts_count(gateway->open); i++) {
        const struct open_alert *open = open_alerts_at(gateway->open, i);
        struct escalation *escalation = escalation_of(gateway, open);
        if (escalation->state == SW_ALERT_STATE_NONE)
            escalation_follow(escalation, roster, standing_of(gateway, open), now);
        else
            escalation_resume(escalation, roster, open->colour, now);
        keep(gateway, open->id, escalation);
    }
}

void escalations_restore(struct gateway *gateway)
{
    store_each_snapshot(gateway->store, gateway, on_snapshot);
    escalations_resume(gateway);
}

void escalations_take_over(struct gateway *gateway, const struct gateway *before)
{
    gateway->escalations.up = before->escalations.up;
    gateway->escalations.up_since = before->escalations.up_since;
    for (uint32_t i = 0; gateway->escalations.of && before->escalations.of && i < open_alerts_count(gateway->open);
         i++) {
        const struct open_alert *open = open_alerts_at(gateway->open, i);
        uint32_t subject = subjects_same(before, gateway, open->subject);
        const struct open_alert *former =
            subject == NO_SUBJECT ? NULL : open_alerts_of(before->open, subject, open->kind, open->id);
        if (former) *escalation_of(gateway, open) = before->escalations.of[former->slot];
    }
}

/* ---- revisions ---- */

static void tell(const struct escalation *escalation, const struct duty_roster *roster, enum sw_colour colour,
                 struct message_escalation *told)
{
    told->level = escalation->level;
    told->repeat = escalation->repeat;
    told->deadline = escalation_deadline(escalation, roster, colour);
    memcpy(told->area, escalation->area, sizeof told->area);
    memcpy(told->responsible, escalation->responsible, sizeof told->responsible);
    memcpy(told->deputy_of, escalation->deputy_of, sizeof told->deputy_of);
}

void escalations_of(const struct gateway *gateway, const struct open_alert *open, struct message_escalation *told)
{
    memset(told, 0, sizeof *told);
    if (gateway->config->duty) tell(&gateway->escalations.of[open->slot], gateway->config->duty, open->colour, told);
}

void escalations_on_revision(struct gateway *gateway, uint32_t subject, const struct sw_alert *alert,
                             struct message_escalation *told)
{
    const struct duty_roster *roster = gateway->config->duty;
    memset(told, 0, sizeof *told);
    if (!roster) return;
    const struct open_alert *open =
        subject == NO_SUBJECT ? NULL : open_alerts_of(gateway->open, subject, alert->kind, alert->id);
    /* Notes that are over as soon as they are told, and what is watched no longer. */
    struct escalation in_passing = {.state = SW_ALERT_STATE_NONE};
    struct escalation *escalation = open ? escalation_of(gateway, open) : &in_passing;
    if (alert->revision == 1) *escalation = in_passing;
    if (gateway->escalations.climbing)
        *escalation = *gateway->escalations.climbing;
    else
        escalation_follow(escalation, roster,
                          (struct escalation_alert){grid_of(gateway, subject), alert->state, alert->colour},
                          alert->updated_at);
    tell(escalation, roster, alert->colour, told);
    if (sw_alert_state_is_open(alert->state))
        keep(gateway, alert->id, escalation);
    else if (alert->revision > 1)
        journal_forget(gateway, STORE_SNAPSHOT_ESCALATION, alert->id);
}

/* ---- time ---- */

void escalations_on_link(struct gateway *gateway, bool up)
{
    gateway->escalations.up = up;
    gateway->escalations.up_since = gateway->clock.mono();
}

void escalations_on_clock_set(struct gateway *gateway, int64_t step_ms)
{
    for (uint32_t i = 0; gateway->escalations.of && i < open_alerts_count(gateway->open); i++) {
        const struct open_alert *open = open_alerts_at(gateway->open, i);
        escalation_shift(escalation_of(gateway, open), step_ms);
        keep(gateway, open->id, escalation_of(gateway, open));
    }
}

static void write_note(char note[SW_ALERT_NOTE_SIZE], const struct escalation *before, const struct escalation *after,
                       struct sw_wall now)
{
    struct message_line line = message_line_over(note, SW_ALERT_NOTE_SIZE);
    message_line_add(&line, "not %s in ", before->state == SW_ALERT_STATE_ACKNOWLEDGED ? "dispatched" : "acknowledged");
    message_line_add_duration(&line, sw_wall_diff_ms(now, before->since));
    message_line_add(&line, ": %s %s (%s", after->repeat > 0 ? "alarmed again at" : "escalated to", after->area,
                     after->responsible);
    if (after->deputy_of[0] != '\0') message_line_add(&line, " for %s", after->deputy_of);
    message_line_add(&line, ")");
}

static void climb(struct gateway *gateway, const struct open_alert *open, struct sw_wall now)
{
    char note[SW_ALERT_NOTE_SIZE];
    struct escalation *escalation = escalation_of(gateway, open), next = *escalation;
    escalation_climb(&next, gateway->config->duty, standing_of(gateway, open), now);
    write_note(note, escalation, &next, now);
    gateway->escalations.climbing = &next;
    int error = core_on_action(gateway->core, open->id, open->revision, SW_ALERT_ACTION_ESCALATE, "", note, now);
    gateway->escalations.climbing = NULL;
    if (error) {
        log_event(LOG_LEVEL_ERROR, open->id, "cannot go up: %s", sw_error_text(error));
        escalation->deadline.ms = 0;
        return;
    }
    gateway->counters.escalations++;
}

/* Somebody has said that nobody is to be asked; the time to answer counts from when that is over. */
static bool is_silenced(const struct gateway *gateway, const struct open_alert *open)
{
    return !open->drill && core_holds(gateway->core)->count > 0 &&
           core_is_silenced(gateway->core, open->subject, open->kind, open->colour);
}

/* Those that are due, by their places in the register: the worst first, of one colour those that have waited longest.
 * Of more than ESCALATIONS_AT_A_TIME only these. */
struct due {
    uint32_t count;
    struct due_one {
        uint32_t place;
        enum sw_colour colour;
        int64_t deadline_ms;
    } list[ESCALATIONS_AT_A_TIME];
};

static bool goes_before(const struct due_one *a, const struct due_one *b)
{
    return a->colour != b->colour ? a->colour > b->colour : a->deadline_ms < b->deadline_ms;
}

static void add_due(struct due *due, const struct due_one *one)
{
    uint32_t at = due->count;
    if (at == ESCALATIONS_AT_A_TIME && !goes_before(one, &due->list[at - 1])) return;
    if (at < ESCALATIONS_AT_A_TIME)
        due->count++;
    else
        at--;
    for (; at > 0 && goes_before(one, &due->list[at - 1]); at--)
        due->list[at] = due->list[at - 1];
    due->list[at] = *one;
}

void escalations_tick(struct gateway *gateway)
{
    const struct escalation_pump *pump = &gateway->escalations;
    const struct duty_roster *roster = gateway->config->duty;
    struct sw_wall now = gateway->clock.wall();
    struct due due = {.count = 0};
    if (!pump->of) return;
    bool settled = pump->up && sw_mono_diff_ms(gateway->clock.mono(), pump->up_since) >= ESCALATIONS_SETTLE_MS;
    for (uint32_t i = 0; i < open_alerts_count(gateway->open); i++) {
        const struct open_alert *open = open_alerts_at(gateway->open, i);
        struct escalation *escalation = escalation_of(gateway, open);
        if (escalation->deadline.ms == 0) continue;
        if (is_silenced(gateway, open))
            escalation_wait_anew(escalation, roster, open->colour, now);
        else if (settled && now.ms >= escalation->deadline.ms &&
                 escalation_deadline(escalation, roster, open->colour).ms != 0)
            add_due(&due, &(struct due_one){i, open->colour, escalation->deadline.ms});
    }
    /* A step closes no alert, so none of them moves. */
    for (uint32_t i = 0; i < due.count; i++)
        climb(gateway, open_alerts_at(gateway->open, due.list[i].place), now);
}
