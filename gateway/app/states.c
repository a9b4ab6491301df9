#include "app/states.h"

#include <stdlib.h>

#include "app/escalations.h"
#include "app/incidents.h"
#include "app/log.h"
#include "app/outbox.h"
#include "app/retained.h"
#include "app/subjects.h"
#include "message/message.h"

/* Subjects of several domains share a name, and so a topic. The first of them stands for all. */
static uint32_t subject_named(const struct gateway *gateway, const char *name)
{
    uint32_t index;
    for (int domain = 1; domain < SUBJECT_DOMAIN_COUNT; domain++)
        if (core_find_subject(gateway->core, (enum subject_domain)domain, name, &index) == SW_OK) return index;
    return NO_SUBJECT;
}

int states_build(struct gateway *gateway)
{
    struct state_pump *states = &gateway->states;
    uint32_t count = core_subject_count(gateway->core);
    states->batch = calloc(count + 1, sizeof *states->batch);
    states->due = calloc(count + 1, sizeof *states->due);
    states->is_due = calloc(count + 1, sizeof *states->is_due);
    return states->batch && states->due && states->is_due ? SW_OK : SW_ERROR_NO_SPACE;
}

void states_free(struct gateway *gateway)
{
    free(gateway->states.batch);
    free(gateway->states.due);
    free(gateway->states.is_due);
}

static void add_due(struct gateway *gateway, uint32_t subject)
{
    struct state_pump *states = &gateway->states;
    if (states->is_due[subject]) return;
    states->is_due[subject] = true;
    states->due[(states->due_first + states->due_count++) % core_subject_count(gateway->core)] = subject;
}

static uint32_t take_due(struct gateway *gateway)
{
    struct state_pump *states = &gateway->states;
    uint32_t subject = states->due[states->due_first];
    states->due_first = (states->due_first + 1) % core_subject_count(gateway->core);
    states->due_count--;
    states->is_due[subject] = false;
    return subject;
}

static uint32_t first_of(const struct gateway *gateway, uint32_t subject)
{
    return subject_named(gateway, core_subject_name(gateway->core, subject));
}

void states_on_setting(struct gateway *gateway, uint32_t subject)
{
    gateway->states.batch[first_of(gateway, subject)] = gateway->journal.batch;
}

void states_on_alert(struct gateway *gateway, uint32_t subject)
{
    states_on_setting(gateway, subject);
    add_due(gateway, first_of(gateway, subject));
}

bool states_are_stored(const struct gateway *gateway, uint32_t subject)
{
    return gateway->states.batch[first_of(gateway, subject)] <= gateway->journal.stored;
}

/* ---- publishing ---- */

static void add_open(const struct gateway *gateway, const struct open_alert *open,
                     struct message_state_alert alerts[MESSAGE_STATE_ALERTS_MAX], size_t *count)
{
    if (!open || *count == MESSAGE_STATE_ALERTS_MAX) return;
    struct message_state_alert *alert = &alerts[(*count)++];
    const struct config_place *place = subjects_place(gateway, open->subject);
    *alert = (struct message_state_alert){.id = open->id,
                                          .revision = open->revision,
                                          .drill = open->drill,
                                          .kind = open->kind,
                                          .state = open->state,
                                          .colour = open->colour,
                                          .raised_at = open->raised_at,
                                          .updated_at = open->updated_at,
                                          .headline = open->headline,
                                          .actor = open->actor,
                                          .area = place ? place->grid : ""};
    (void)incidents_id(gateway, open->subject, open->kind, open->rule, open->drill, alert->incident);
    escalations_of(gateway, open, &alert->escalation);
}

static size_t collect_open(const struct gateway *gateway, const char *name,
                           struct message_state_alert alerts[MESSAGE_STATE_ALERTS_MAX])
{
    size_t count = 0;
    uint32_t index;
    for (int domain = 1; domain < SUBJECT_DOMAIN_COUNT; domain++) {
        if (core_find_subject(gateway->core, (enum subject_domain)domain, name, &index) != SW_OK) continue;
        for (int kind = 1; kind < SW_ALERT_KIND_COUNT; kind++) {
            add_open(gateway, open_alerts_find(gateway->open, index, (enum sw_alert_kind)kind), alerts, &count);
            add_open(gateway, open_alerts_find_drill(gateway->open, index, (enum sw_alert_kind)kind), alerts, &count);
        }
    }
    return count;
}

static char *encode(const struct gateway *gateway, const char *name)
{
    struct message_state_alert alerts[MESSAGE_STATE_ALERTS_MAX];
    struct message_state state = {.city = gateway->config->city,
                                  .gateway = gateway->config->gateway,
                                  .subject = name,
                                  .time = gateway->clock.wall(),
                                  .alerts = alerts};
    state.count = collect_open(gateway, name, alerts);
    return state.count > 0 ? message_state_encode(&state) : calloc(1, 1);
}

static int tell(struct gateway *gateway, uint32_t subject)
{
    const char *name = core_subject_name(gateway->core, subject);
    char topic[SW_TOPIC_SIZE];
    retained_topic(gateway, PUBLISHER_STATES, name, topic);
    char *body = encode(gateway, name);
    int error = body ? retained_set(gateway, PUBLISHER_STATES, topic, body) : SW_ERROR_NO_SPACE;
    free(body);
    if (error && error != SW_ERROR_BUSY)
        log_event(LOG_LEVEL_WARNING, "states", "%s cannot be published: %s", topic, sw_error_text(error));
    return error;
}

/* As many as may go; false when there are more. */
static bool tell_due(struct gateway *gateway)
{
    struct state_pump *states = &gateway->states;
    if (!retained_clear_stale(gateway, PUBLISHER_STATES)) return false;
    for (uint32_t left = states->due_count; left > 0; left--) {
        uint32_t subject = states->due[states->due_first];
        bool is_stored = states->batch[subject] <= gateway->journal.stored;
        if (is_stored && tell(gateway, subject) == SW_ERROR_BUSY) return false;
        (void)take_due(gateway);
        if (!is_stored) add_due(gateway, subject);
    }
    return true;
}

void states_pump(struct gateway *gateway)
{
    struct state_pump *states = &gateway->states;
    if (!retained_may_go(gateway, PUBLISHER_STATES)) return;
    if (!states->first && outbox_is_sending(gateway)) return;
    if (tell_due(gateway)) states->first = false;
}

/* While alerts are being sent states go at the pace of ticks, a window each: late, but not never. */
void states_tick(struct gateway *gateway)
{
    if (retained_may_go(gateway, PUBLISHER_STATES) && tell_due(gateway)) gateway->states.first = false;
}

/* ---- the link ---- */

/* What the broker holds of us may be of an earlier run, or nothing: all that are open are due, the worst colour first,
 * and after them what is over. */
static void line_up(struct gateway *gateway)
{
    struct message_state_alert alerts[MESSAGE_STATE_ALERTS_MAX];
    uint32_t over = 0;
    for (uint32_t left = gateway->states.due_count; left > 0; left--) {
        uint32_t subject = take_due(gateway);
        if (collect_open(gateway, core_subject_name(gateway->core, subject), alerts) > 0) continue;
        add_due(gateway, subject);
        over++;
    }
    for (int colour = SW_COLOUR_COUNT - 1; colour >= 0; colour--)
        for (uint32_t i = 0; i < open_alerts_count(gateway->open); i++) {
            const struct open_alert *open = open_alerts_at(gateway->open, i);
            if ((int)open->colour == colour)
                add_due(gateway, subject_named(gateway, core_subject_name(gateway->core, open->subject)));
        }
    for (; over > 0; over--)
        add_due(gateway, take_due(gateway));
}

void states_take_over(struct gateway *gateway, const struct gateway *before)
{
    struct state_pump *states = &gateway->states;
    const struct state_pump *former = &before->states;
    uint32_t count = core_subject_count(before->core);
    states->first = former->first;
    states->up_at = former->up_at;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t subject = subjects_same(gateway, before, i);
        if (subject == NO_SUBJECT) continue;
        subject = first_of(gateway, subject);
        if (former->batch[i] > states->batch[subject]) states->batch[subject] = former->batch[i];
        if (former->is_due[i]) add_due(gateway, subject);
    }
    line_up(gateway);
}

static void note_gone(struct gateway *gateway, const char *name)
{
    char topic[SW_TOPIC_SIZE];
    if (subject_named(gateway, name) != NO_SUBJECT) return;
    retained_topic(gateway, PUBLISHER_STATES, name, topic);
    retained_note_stale(gateway, PUBLISHER_STATES, topic);
}

void states_leave(struct gateway *gateway, const struct gateway *before)
{
    for (uint32_t i = 0; i < core_subject_count(before->core); i++)
        if (before->states.is_due[i]) note_gone(gateway, core_subject_name(before->core, i));
    for (uint32_t i = 0; i < open_alerts_count(before->open); i++)
        note_gone(gateway, core_subject_name(before->core, open_alerts_at(before->open, i)->subject));
}

void states_on_link(struct gateway *gateway, bool up)
{
    struct state_pump *states = &gateway->states;
    if (!retained_on_link(gateway, PUBLISHER_STATES, up)) return;
    if (up) line_up(gateway);
    states->first = up;
    states->up_at = gateway->clock.mono();
    states_pump(gateway);
}

/* What is over since is told as over; of what is open the broker hears anyway. */
void states_on_kept(struct gateway *gateway, const char *topic)
{
    const char *name = retained_rest(gateway, PUBLISHER_STATES, topic);
    if (!name) return;
    uint32_t subject = subject_named(gateway, name);
    if (subject == NO_SUBJECT)
        retained_note_stale(gateway, PUBLISHER_STATES, topic);
    else
        add_due(gateway, subject);
}

bool states_are_told(const struct gateway *gateway)
{
    return !gateway->states.first || gateway->retained[PUBLISHER_STATES].permission.off ||
           sw_mono_diff_ms(gateway->clock.mono(), gateway->states.up_at) >= STATES_FIRST_MS;
}
