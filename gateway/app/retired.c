#include "app/retired.h"

#include <stdlib.h>
#include <string.h>

#include "app/alerts.h"
#include "app/journal.h"
#include "app/log.h"

/* Alerts that are open in the store and that the core does not know. */
struct strays {
    struct gateway *gateway;
    struct sw_alert *list;
    size_t count, capacity;
};

static void on_open_alert(void *ctx, const struct sw_alert *alert, const char *body)
{
    struct strays *strays = ctx;
    uint32_t subject;
    enum sw_alert_kind kind;
    (void)body;
    if (core_find_open_alert(strays->gateway->core, alert->id, &subject, &kind) == SW_OK) return;
    if (strays->count == strays->capacity) {
        size_t capacity = strays->capacity ? 2 * strays->capacity : 16;
        struct sw_alert *list = realloc(strays->list, capacity * sizeof *list);
        if (!list) return; /* the next start tells of it */
        strays->list = list;
        strays->capacity = capacity;
    }
    strays->list[strays->count++] = *alert;
}

static void on_alert(void *ctx, uint32_t subject, const struct sw_alert *alert)
{
    struct strays *strays = ctx;
    (void)subject;
    for (size_t i = 0; i < strays->count; i++)
        if (strcmp(strays->list[i].id, alert->id) == 0) strays->list[i] = strays->list[--strays->count];
    alerts_on_revision(strays->gateway, NO_SUBJECT, alert);
    log_event(LOG_LEVEL_WARNING, "alert", "%s: %s", alert->id, alert->note);
}

/* In a core of its own: the gateway's has no place for it. */
static void retire(struct gateway *gateway, struct core *core, int domain, const char *name, const uint8_t *bytes,
                   size_t size)
{
    uint8_t state[CORE_SNAPSHOT_SIZE_MAX];
    uint32_t index;
    struct sw_wall now = gateway->clock.wall();
    if (core_add_subject(core, (enum subject_domain)domain, name, CORE_NO_PARENT, &gateway->config->policy, &index) ||
        core_restore(core, index, bytes, size))
        return;
    core_retire(core, index, SW_ALERT_ACTOR_CONFIGURATION, "no longer in the gateway's configuration", now);
    if (core_snapshot_dirty(core, index))
        journal_snapshot(gateway, domain, name, state, core_snapshot(core, index, state, sizeof state));
}

static void on_snapshot(void *ctx, int domain, const char *name, const uint8_t *bytes, size_t size)
{
    struct strays *strays = ctx;
    struct gateway *gateway = strays->gateway;
    struct core *core;
    uint32_t index;
    if (domain < SUBJECT_HOME || domain >= SUBJECT_DOMAIN_COUNT) return;
    if (core_find_subject(gateway->core, (enum subject_domain)domain, name, &index) == SW_OK) return;
    struct core_capacity capacity = {.of = {0}};
    capacity.of[domain] = 1;
    void *memory = calloc(1, core_size(&capacity));
    struct core_sink sink = {strays, on_alert};
    if (memory && core_init(memory, &capacity, gateway->config->gateway, sink, &core) == SW_OK)
        retire(gateway, core, domain, name, bytes, size);
    free(memory);
}

/* Its state could not be taken back, after an upgrade or from a damaged row: nobody would ever end it. */
static void expire(struct strays *strays, struct sw_alert alert)
{
    alert.state = sw_alert_transition(alert.state, SW_ALERT_ACTION_EXPIRE);
    alert.revision++;
    alert.colour = SW_COLOUR_GREEN;
    alert.evidence.coverage_permille = -1;
    alert.updated_at = strays->gateway->clock.wall();
    alert.actor[0] = '\0';
    strcpy(alert.note, "the gateway's own state of it is lost: nothing can say whether it is over");
    strays->count--;
    alerts_on_revision(strays->gateway, NO_SUBJECT, &alert);
    log_event(LOG_LEVEL_ERROR, "alert", "%s: %s", alert.id, alert.note);
}

void retired_resolve(struct gateway *gateway)
{
    struct strays strays = {.gateway = gateway};
    store_each_open_alert(gateway->store, &strays, on_open_alert);
    store_each_snapshot(gateway->store, &strays, on_snapshot);
    while (strays.count > 0)
        expire(&strays, strays.list[strays.count - 1]);
    free(strays.list);
}

void retired_resolve_of(struct gateway *gateway, struct core *before)
{
    struct strays strays = {.gateway = gateway};
    uint8_t bytes[CORE_SNAPSHOT_SIZE_MAX];
    for (uint32_t i = 0; i < core_subject_count(before); i++) {
        uint32_t here;
        enum subject_domain domain = core_subject_domain(before, i);
        const char *name = core_subject_name(before, i);
        if (core_find_subject(gateway->core, domain, name, &here) == SW_OK) continue;
        size_t size = core_snapshot(before, i, bytes, sizeof bytes);
        /* What it knows, should it come back. */
        journal_snapshot(gateway, (int)domain, name, bytes, size);
        on_snapshot(&strays, (int)domain, name, bytes, size);
    }
}
