#include "firmware/sample/slot_store.h"

#include <string.h>

#include "stillwater/sensor_profile.h"

_Static_assert(SLOT_STORE_CONTENT <= RETAINED_CONTENT_MAX, "all slots fit a retained pair");

static bool within(uint16_t value, uint16_t minimum, uint16_t maximum)
{
    return value >= minimum && value <= maximum;
}

int slot_config_check(const struct slot_config *config)
{
    if (config->profile == SW_PROFILE_NONE) return SW_OK;
    const struct sw_profile *profile = sw_profile_by_id(config->profile);
    if (profile == NULL || profile->node_point_count == 0 || !within(config->unit_id, 1, 247) ||
        !within(config->sample_period_ds, 1, 36000) || !within(config->heartbeat_s, 1, 36000))
        return SW_ERROR_INVALID_ARGUMENT;
    return SW_OK;
}

void slot_store_init(struct slot_store *store, const struct retained *memory, size_t at)
{
    memset(store, 0, sizeof *store);
    bool found = retained_pair_load(&store->pair, memory, at, store->content, SLOT_STORE_CONTENT);
    if (!found || store->content[0] != SLOT_STORE_VERSION) memset(store->content, 0, sizeof store->content);
    for (unsigned slot = 0; slot < SW_NODE_SLOT_COUNT; slot++) {
        struct slot_config config = slot_store_get(store, slot);
        /* A profile that this firmware does not have any more. */
        if (slot_config_check(&config) != SW_OK) store->content[1 + 3 * slot] = 0;
    }
}

struct slot_config slot_store_get(const struct slot_store *store, unsigned slot)
{
    const uint32_t *words = &store->content[1 + 3 * slot];
    return (struct slot_config){
        .profile = (uint16_t)(words[0] >> 16),
        .unit_id = (uint16_t)words[0],
        .sample_period_ds = (uint16_t)(words[1] >> 16),
        .report_delta = (uint16_t)words[1],
        .heartbeat_s = (uint16_t)words[2],
    };
}

void slot_store_set(struct slot_store *store, unsigned slot, const struct slot_config *config)
{
    uint32_t *words = &store->content[1 + 3 * slot];
    store->content[0] = SLOT_STORE_VERSION;
    words[0] = (uint32_t)config->profile << 16 | config->unit_id;
    words[1] = (uint32_t)config->sample_period_ds << 16 | config->report_delta;
    words[2] = config->heartbeat_s;
    retained_pair_save(&store->pair, store->content);
}
