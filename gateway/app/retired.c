#include "app/retired.h"

#include <stdlib.h>

#include "app/alerts.h"
#include "app/journal.h"
#include "app/log.h"

static void on_alert(void *ctx, uint32_t subject, const struct sw_alert *alert)
{
    (void)subject;
    alerts_on_revision(ctx, NO_SUBJECT, alert);
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
        core_restore(core, index, bytes, size) || core_subject_status(core, index, now).condition != SUBJECT_ALERT)
        return;
    core_retire(core, index, "configuration", "no longer in the gateway's configuration", now);
    journal_snapshot(gateway, domain, name, state, core_snapshot(core, index, state, sizeof state));
}

static void on_snapshot(void *ctx, int domain, const char *name, const uint8_t *bytes, size_t size)
{
    struct gateway *gateway = ctx;
    struct core *core;
    uint32_t index;
    if (domain < SUBJECT_HOME || domain >= SUBJECT_DOMAIN_COUNT) return;
    if (core_find_subject(gateway->core, (enum subject_domain)domain, name, &index) == SW_OK) return;
    struct core_capacity capacity = {.of = {0}};
    capacity.of[domain] = 1;
    void *memory = calloc(1, core_size(&capacity));
    struct core_sink sink = {gateway, on_alert};
    if (memory && core_init(memory, &capacity, gateway->config->gateway, sink, &core) == SW_OK)
        retire(gateway, core, domain, name, bytes, size);
    free(memory);
}

void retired_resolve(struct gateway *gateway)
{
    store_each_snapshot(gateway->store, gateway, on_snapshot);
}
