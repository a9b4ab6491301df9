#include "app/subjects.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/journal.h"
#include "app/log.h"
#include "app/reports.h"
#include "config/neighbours.h"

/* One subject of each domain that the profile measures something of; with each profile anew, though several may be of
 * one subject. */
static void need_target(struct core_capacity *capacity, const struct sw_profile *profile, size_t point_count)
{
    bool needed[SUBJECT_DOMAIN_COUNT] = {false};
    for (size_t i = 0; i < point_count; i++)
        needed[subject_domain_of(profile->points[i].kind)] = true;
    for (int domain = SUBJECT_HOME; domain < SUBJECT_DOMAIN_COUNT; domain++)
        capacity->of[domain] += needed[domain];
}

static struct core_capacity capacity_needed(const struct gateway *gateway)
{
    const struct gateway_config *config = gateway->config;
    struct core_capacity capacity = {.of = {[SUBJECT_LINE] = config->line_count, [SUBJECT_STORE] = 1}};
    capacity.of[SUBJECT_PLACE] = reports_places(gateway);
    for (uint32_t l = 0; l < config->line_count; l++) {
        const struct config_line *line = &config->lines[l];
        capacity.of[SUBJECT_NODE] += line->node_count;
        capacity.of[SUBJECT_SOURCE] += line->device_count;
        for (uint32_t d = 0; d < line->device_count; d++)
            need_target(&capacity, line->devices[d].profile, line->devices[d].profile->point_count);
        for (uint32_t n = 0; n < line->node_count; n++)
            for (uint32_t s = 0; s < line->nodes[n].slot_count; s++)
                need_target(&capacity, line->nodes[n].slots[s].profile,
                            line->nodes[n].slots[s].profile->node_point_count);
    }
    return capacity;
}

static void no_target(struct target *target)
{
    target->subject = NO_SUBJECT;
    for (int d = 0; d < SUBJECT_DOMAIN_COUNT; d++)
        target->core[d] = NO_SUBJECT;
}

/* One subject of the core for each domain the profile's points belong to; tilt and switch of a cover share one. */
static int add_target(struct gateway *gateway, struct target *target, uint32_t subject,
                      const struct sw_profile *profile, size_t point_count, uint32_t parent)
{
    const struct config_subject *who = &gateway->config->subjects[subject];
    target->subject = subject;
    for (size_t i = 0; i < point_count; i++) {
        enum subject_domain domain = subject_domain_of(profile->points[i].kind);
        uint32_t *index = &target->core[domain];
        if (domain == 0 || *index != NO_SUBJECT) continue;
        if (core_find_subject(gateway->core, domain, who->id, index) == SW_OK) continue;
        int error = core_add_subject(gateway->core, domain, who->id, parent, who->policy, index);
        if (error) return error;
        gateway->config_subject[*index] = subject;
        core_set_grid(gateway->core, *index, who->place.grid);
    }
    return SW_OK;
}

static int add_node(struct gateway *gateway, struct line_state *line, uint32_t l, uint32_t n)
{
    const struct config_node *config = &gateway->config->lines[l].nodes[n];
    struct node_state *node = &line->nodes[n];
    *node = (struct node_state){.line = l, .node = n, .id = config->id};
    for (uint32_t s = 0; s < SW_NODE_SLOT_COUNT; s++)
        no_target(&node->slots[s]);
    int error =
        core_add_subject(gateway->core, SUBJECT_NODE, config->id, line->core, &gateway->config->policy, &node->core);
    for (uint32_t s = 0; !error && s < config->slot_count; s++) {
        const struct config_slot *slot = &config->slots[s];
        error = add_target(gateway, &node->slots[slot->slot], slot->subject, slot->profile,
                           slot->profile->node_point_count, node->core);
    }
    return error;
}

static int add_device(struct gateway *gateway, struct line_state *line, uint32_t l, uint32_t d)
{
    const struct config_device *config = &gateway->config->lines[l].devices[d];
    struct device_state *device = &line->devices[d];
    *device = (struct device_state){.id = config->id, .profile = config->profile};
    no_target(&device->target);
    int error = core_add_subject(gateway->core, SUBJECT_SOURCE, config->id, line->core, &gateway->config->policy,
                                 &device->core);
    if (!error)
        error = add_target(gateway, &device->target, config->subject, config->profile, config->profile->point_count,
                           device->core);
    return error;
}

static int add_line(struct gateway *gateway, uint32_t l)
{
    const struct config_line *config = &gateway->config->lines[l];
    struct line_state *line = &gateway->lines[l];
    line->id = config->id;
    if (config->node_count > 0 && !(line->nodes = calloc(config->node_count, sizeof *line->nodes)))
        return SW_ERROR_NO_SPACE;
    if (config->device_count > 0 && !(line->devices = calloc(config->device_count, sizeof *line->devices)))
        return SW_ERROR_NO_SPACE;
    int error = core_add_subject(gateway->core, SUBJECT_LINE, config->id, CORE_NO_PARENT, &gateway->config->policy,
                                 &line->core);
    for (uint32_t n = 0; !error && n < config->node_count; n++)
        error = add_node(gateway, line, l, n);
    for (uint32_t d = 0; !error && d < config->device_count; d++)
        error = add_device(gateway, line, l, d);
    return error;
}

static const struct config_subject *subject_of(void *ctx, uint32_t core_index)
{
    const struct gateway *gateway = ctx;
    uint32_t subject = core_index == NO_SUBJECT ? NO_SUBJECT : gateway->config_subject[core_index];
    return subject == NO_SUBJECT ? NULL : &gateway->config->subjects[subject];
}

int subjects_build(struct gateway *gateway, struct core_sink sink, char *text, size_t text_size)
{
    struct core_capacity capacity = capacity_needed(gateway);
    uint32_t count = 0;
    for (int domain = SUBJECT_HOME; domain < SUBJECT_DOMAIN_COUNT; domain++)
        count += capacity.of[domain];
    gateway->core_memory = calloc(1, core_size(&capacity));
    gateway->config_subject = malloc((count + 1) * sizeof *gateway->config_subject);
    gateway->positions = calloc(count + 1, sizeof *gateway->positions);
    gateway->lines = calloc(gateway->config->line_count + 1, sizeof *gateway->lines);
    int error = SW_ERROR_NO_SPACE;
    if (gateway->core_memory && gateway->config_subject && gateway->positions && gateway->lines)
        error = core_init(gateway->core_memory, &capacity, gateway->config->gateway, sink, &gateway->core);
    for (uint32_t i = 0; !error && i <= count; i++)
        gateway->config_subject[i] = NO_SUBJECT;
    for (uint32_t l = 0; !error && l < gateway->config->line_count; l++)
        error = add_line(gateway, l);
    if (!error)
        error = core_add_subject(gateway->core, SUBJECT_STORE, gateway->config->gateway, CORE_NO_PARENT,
                                 &gateway->config->policy, &gateway->space.core);
    if (!error) error = reports_add_places(gateway);
    if (!error) error = neighbours_link(gateway->core, subject_of, gateway);
    if (error) snprintf(text, text_size, "the subjects cannot be set up: %s", sw_error_text(error));
    return error;
}

static void restore_held(struct gateway *gateway)
{
    static uint8_t bytes[CORE_HELD_SIZE_MAX];
    size_t size = store_load_snapshot(gateway->store, STORE_SNAPSHOT_HELD, "held", bytes, sizeof bytes, NULL);
    int error = size > 0 ? core_held_restore(gateway->core, bytes, size) : SW_OK;
    if (error)
        log_event(LOG_LEVEL_ERROR, "held", "silences and maintenance are forgotten, set them anew: %s",
                  sw_error_text(error));
}

static int restore_from(struct gateway *gateway, uint32_t subject, const uint8_t *bytes, size_t size)
{
    int error = size > 0 ? core_restore(gateway->core, subject, bytes, size) : SW_OK;
    if (error)
        log_event(LOG_LEVEL_WARNING, core_subject_name(gateway->core, subject), "the stored state is not used: %s",
                  sw_error_text(error));
    return error;
}

/* One that cannot be used makes a fresh start, not one from some readings in the middle. */
static void restore_subject(struct gateway *gateway, uint32_t subject, int64_t newest)
{
    uint8_t bytes[CORE_SNAPSHOT_SIZE_MAX];
    int64_t *position = &gateway->positions[subject];
    size_t size = store_load_snapshot(gateway->store, (int)core_subject_domain(gateway->core, subject),
                                      core_subject_name(gateway->core, subject), bytes, sizeof bytes, position);
    if (restore_from(gateway, subject, bytes, size) != SW_OK) *position = newest;
}

/* What it knew when it went may not be committed yet. */
static void bring_back(struct gateway *gateway, const struct gateway *before, uint32_t subject)
{
    uint8_t bytes[CORE_SNAPSHOT_SIZE_MAX];
    size_t size = journal_load_snapshot(before, (int)core_subject_domain(gateway->core, subject),
                                        core_subject_name(gateway->core, subject), bytes, sizeof bytes);
    (void)restore_from(gateway, subject, bytes, size);
}

void subjects_restore(struct gateway *gateway)
{
    uint8_t bytes[CORE_SNAPSHOT_SIZE_MAX];
    int64_t newest = store_position(gateway->store);
    for (uint32_t i = 0; i < core_subject_count(gateway->core); i++)
        restore_subject(gateway, i, newest);
    size_t size = store_load_snapshot(gateway->store, STORE_SNAPSHOT_DRILLS, "drills", bytes, sizeof bytes, NULL);
    int error = size > 0 ? core_drills_restore(gateway->core, bytes, size) : SW_OK;
    if (error) log_event(LOG_LEVEL_WARNING, "drills", "the stored state is not used: %s", sw_error_text(error));
    restore_held(gateway);
}

uint32_t subjects_same(const struct gateway *gateway, const struct gateway *before, uint32_t core_index)
{
    uint32_t index;
    return core_find_subject(gateway->core, core_subject_domain(before->core, core_index),
                             core_subject_name(before->core, core_index), &index) == SW_OK
               ? index
               : NO_SUBJECT;
}

static void take_over_node(struct node_state *node, const struct node_state *before)
{
    node->serial = before->serial;
    node->epoch = before->epoch;
    node->sequence = before->sequence;
    node->acknowledge = before->acknowledge;
    node->opening = before->opening;
    node->serial_refused = before->serial_refused;
}

static void take_over_line(struct line_state *line, const struct line_state *before)
{
    line->up = before->up;
    memcpy(line->trouble, before->trouble, sizeof line->trouble);
}

/* Lines, nodes and devices, by their subject in the core. */
static const void **list_units(const struct gateway *gateway)
{
    const void **units = calloc(core_subject_count(gateway->core) + 1, sizeof *units);
    for (uint32_t l = 0; units && l < gateway->config->line_count; l++) {
        const struct line_state *line = &gateway->lines[l];
        units[line->core] = line;
        for (uint32_t n = 0; n < gateway->config->lines[l].node_count; n++)
            units[line->nodes[n].core] = &line->nodes[n];
        for (uint32_t d = 0; d < gateway->config->lines[l].device_count; d++)
            units[line->devices[d].core] = &line->devices[d];
    }
    return units;
}

static const void *unit_before(const struct gateway *gateway, const struct gateway *before, const void **units,
                               uint32_t core_index)
{
    uint32_t index = subjects_same(before, gateway, core_index);
    return index == NO_SUBJECT ? NULL : units[index];
}

static void take_over_units(struct gateway *gateway, const struct gateway *before, const void **units)
{
    for (uint32_t l = 0; l < gateway->config->line_count; l++) {
        struct line_state *line = &gateway->lines[l];
        const void *unit = unit_before(gateway, before, units, line->core);
        if (unit) take_over_line(line, unit);
        for (uint32_t n = 0; n < gateway->config->lines[l].node_count; n++) {
            unit = unit_before(gateway, before, units, line->nodes[n].core);
            if (unit) take_over_node(&line->nodes[n], unit);
        }
        for (uint32_t d = 0; d < gateway->config->lines[l].device_count; d++) {
            unit = unit_before(gateway, before, units, line->devices[d].core);
            if (unit) line->devices[d].last_error = ((const struct device_state *)unit)->last_error;
        }
    }
}

int subjects_take_over(struct gateway *gateway, const struct gateway *before)
{
    const void **units = list_units(before);
    if (!units) return SW_ERROR_NO_SPACE;
    take_over_units(gateway, before, units);
    free(units);
    core_hand_over(gateway->core, before->core);
    for (uint32_t i = 0; i < core_subject_count(gateway->core); i++)
        if (subjects_same(before, gateway, i) == NO_SUBJECT) bring_back(gateway, before, i);
    return SW_OK;
}

void subjects_free(struct gateway *gateway)
{
    for (uint32_t l = 0; gateway->lines && l < gateway->config->line_count; l++) {
        free(gateway->lines[l].nodes);
        free(gateway->lines[l].devices);
    }
    free(gateway->lines);
    free(gateway->config_subject);
    free(gateway->positions);
    free(gateway->core_memory);
}

const struct config_place *subjects_place(const struct gateway *gateway, uint32_t core_index)
{
    if (core_index != NO_SUBJECT && core_subject_domain(gateway->core, core_index) == SUBJECT_PLACE)
        return reports_place(gateway, core_index);
    uint32_t subject = core_index == NO_SUBJECT ? NO_SUBJECT : gateway->config_subject[core_index];
    return subject == NO_SUBJECT ? NULL : &gateway->config->subjects[subject].place;
}
