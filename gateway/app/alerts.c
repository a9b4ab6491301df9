#include "app/alerts.h"

#include <stdlib.h>
#include <string.h>

#include "app/areas.h"
#include "app/incidents.h"
#include "app/journal.h"
#include "app/log.h"
#include "app/reports.h"
#include "app/states.h"
#include "app/subjects.h"
#include "message/message.h"

_Static_assert(OPEN_ALERT_HEADLINE_SIZE == MESSAGE_HEADLINE_SIZE, "a headline as the message has it");

int alerts_build(struct gateway *gateway)
{
    uint32_t capacity = core_alert_capacity(gateway->core);
    gateway->open_memory = calloc(1, open_alerts_size(capacity));
    if (!gateway->open_memory) return SW_ERROR_NO_SPACE;
    gateway->open = open_alerts_init(gateway->open_memory, capacity);
    return SW_OK;
}

static void on_open_alert(void *ctx, const struct sw_alert *alert, const char *body)
{
    struct gateway *gateway = ctx;
    uint32_t subject;
    enum sw_alert_kind kind;
    struct message_alert_summary said;
    char text[256];
    if (core_find_open_alert(gateway->core, alert->id, &subject, &kind) != SW_OK || subject == NO_SUBJECT) return;
    open_alerts_take(gateway->open, subject, alert);
    if (message_alert_decode(body, strlen(body), &said, text, sizeof text) == SW_OK)
        open_alerts_describe(gateway->open, subject, alert, said.headline);
}

void alerts_restore(struct gateway *gateway)
{
    store_each_open_alert(gateway->store, gateway, on_open_alert);
}

void alerts_take_over(struct gateway *gateway, const struct gateway *before)
{
    for (uint32_t i = 0; i < open_alerts_count(before->open); i++) {
        const struct open_alert *open = open_alerts_at(before->open, i);
        uint32_t subject = subjects_same(gateway, before, open->subject);
        if (subject == NO_SUBJECT) continue;
        struct sw_alert alert = {.kind = open->kind,
                                 .state = open->state,
                                 .colour = open->colour,
                                 .peak = open->peak,
                                 .drill = open->drill,
                                 .revision = open->revision,
                                 .onset = open->onset,
                                 .raised_at = open->raised_at,
                                 .updated_at = open->updated_at,
                                 .evidence = {.rule = open->rule}};
        memcpy(alert.id, open->id, sizeof alert.id);
        memcpy(alert.actor, open->actor, sizeof alert.actor);
        open_alerts_take(gateway->open, subject, &alert);
        open_alerts_describe(gateway->open, subject, &alert, open->headline);
    }
}

void alerts_free(struct gateway *gateway)
{
    free(gateway->open_memory);
}

uint32_t alerts_count(const struct gateway *gateway, bool drills)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < open_alerts_count(gateway->open); i++)
        count += open_alerts_at(gateway->open, i)->drill == drills;
    return count;
}

void alerts_on_revision(struct gateway *gateway, uint32_t subject, const struct sw_alert *alert)
{
    gateway->counters.alerts++;
    gateway->command_revision = alert->revision;
    memcpy(gateway->command_alert, alert->id, sizeof alert->id);
    log_event(LOG_LEVEL_INFO, alert->drill ? "drill" : "alert", "%s revision %u: %s, %s", alert->id, alert->revision,
              sw_alert_state_name(alert->state), sw_colour_name(alert->colour));
    if (subject != NO_SUBJECT) incidents_on_alert(gateway, subject, alert);
    /* It is in the register while any of its revisions is told, the first and the last among them. */
    bool is_open = subject != NO_SUBJECT && sw_alert_state_is_open(alert->state);
    if (is_open) open_alerts_take(gateway->open, subject, alert);
    if (is_open) reports_on_revision(gateway, subject, alert);
    journal_alert(gateway, subject, alert);
    if (!is_open) reports_on_revision(gateway, subject, alert);
    if (subject == NO_SUBJECT) return;
    if (!is_open) open_alerts_take(gateway->open, subject, alert);
    char headline[MESSAGE_HEADLINE_SIZE];
    message_alert_headline(alert, headline);
    open_alerts_describe(gateway->open, subject, alert, headline);
    states_on_alert(gateway, subject);
    /* Nobody is to take an exercise for the state of the city. */
    if (!alert->drill) areas_on_alert(gateway, subject);
}
