#include "same_unit.h"

#include <string.h>

static bool same_register(struct sw_profile_register a, struct sw_profile_register b)
{
    return a.function == b.function && a.address == b.address;
}

static bool same_block(const struct sw_profile_block *a, const struct sw_profile_block *b)
{
    return a->function == b->function && a->address == b->address && a->count == b->count;
}

static bool same_units(const struct sw_profile_point *a, const struct sw_profile_point *b)
{
    if (a->unit_count != b->unit_count || a->code_count != b->code_count) return false;
    for (uint8_t i = 0; i < a->unit_count; i++)
        if (a->units[i].code != b->units[i].code || a->units[i].factor != b->units[i].factor) return false;
    for (uint8_t i = 0; i < a->code_count; i++)
        if (a->codes[i].raw != b->codes[i].raw || a->codes[i].value != b->codes[i].value) return false;
    return true;
}

static bool same_point(const struct sw_profile_point *a, const struct sw_profile_point *b)
{
    return a->kind == b->kind && same_register(a->at, b->at) && a->type == b->type && a->order == b->order &&
           a->mask == b->mask && a->has_no_reading == b->has_no_reading && a->no_reading == b->no_reading &&
           a->scale == b->scale && a->offset == b->offset && a->minimum == b->minimum && a->maximum == b->maximum &&
           same_register(a->fraction, b->fraction) && same_register(a->decimals, b->decimals) &&
           same_register(a->unit, b->unit) && same_units(a, b);
}

static bool same_guard(const struct sw_profile_guard *a, const struct sw_profile_guard *b)
{
    return same_register(a->at, b->at) && a->mask == b->mask && a->expected == b->expected &&
           a->quality == b->quality && a->points == b->points;
}

/* The operator's own profiles are read anew with each configuration. */
static bool same_profile(const struct sw_profile *a, const struct sw_profile *b)
{
    if (a == b) return true;
    if (a->id != b->id || a->extra_gap_us != b->extra_gap_us || a->timeout_ms != b->timeout_ms ||
        a->block_count != b->block_count || a->point_count != b->point_count || a->guard_count != b->guard_count ||
        !same_block(&a->identity, &b->identity))
        return false;
    for (uint8_t i = 0; i < a->block_count; i++)
        if (!same_block(&a->blocks[i], &b->blocks[i])) return false;
    for (uint8_t i = 0; i < a->point_count; i++)
        if (!same_point(&a->points[i], &b->points[i])) return false;
    for (uint8_t i = 0; i < a->guard_count; i++)
        if (!same_guard(&a->guards[i], &b->guards[i])) return false;
    return true;
}

static bool same_identity(const struct config_device *a, const struct config_device *b)
{
    if (a->identity == NULL || b->identity == NULL) return a->identity == b->identity;
    return memcmp(a->identity, b->identity, a->profile->identity.count * sizeof *a->identity) == 0;
}

static bool same_device(const struct config_device *a, const struct config_device *b)
{
    return strcmp(a->id, b->id) == 0 && a->unit_id == b->unit_id && a->poll_interval_ms == b->poll_interval_ms &&
           same_profile(a->profile, b->profile) && same_identity(a, b);
}

/* A node has profiles by their number. */
static bool same_slot(const struct config_slot *a, const struct config_slot *b)
{
    return a->slot == b->slot && a->profile->id == b->profile->id && a->unit_id == b->unit_id &&
           a->sample_period_ms == b->sample_period_ms && a->report_delta == b->report_delta &&
           a->heartbeat_s == b->heartbeat_s;
}

static bool same_node(const struct config_node *a, const struct config_node *b)
{
    if (strcmp(a->id, b->id) != 0 || a->unit_id != b->unit_id || a->slot_count != b->slot_count) return false;
    for (uint32_t i = 0; i < a->slot_count; i++)
        if (!same_slot(&a->slots[i], &b->slots[i])) return false;
    return true;
}

static uint32_t find_node(const struct config_line *old, const struct config_node *node)
{
    for (uint32_t i = 0; i < old->node_count; i++)
        if (same_node(&old->nodes[i], node)) return i;
    return NO_SUCH_UNIT;
}

static uint32_t find_device(const struct config_line *old, const struct config_device *device)
{
    for (uint32_t i = 0; i < old->device_count; i++)
        if (same_device(&old->devices[i], device)) return old->node_count + i;
    return NO_SUCH_UNIT;
}

void units_match(const struct config_line *old, const struct config_line *next, uint32_t *from)
{
    bool same_pace = old->poll_interval_ms == next->poll_interval_ms;
    for (uint32_t i = 0; i < next->node_count; i++)
        from[i] = same_pace ? find_node(old, &next->nodes[i]) : NO_SUCH_UNIT;
    for (uint32_t i = 0; i < next->device_count; i++)
        from[next->node_count + i] = find_device(old, &next->devices[i]);
}

const struct config_line *line_of_id(const struct gateway_config *config, const char *id, uint32_t hint)
{
    for (uint32_t i = 0; i < config->line_count; i++) {
        const struct config_line *line = &config->lines[(hint + i) % config->line_count];
        if (strcmp(line->id, id) == 0) return line;
    }
    return NULL;
}
