#include "config/config_rules_wiring.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config_build.h"
#include "core/core.h"

/* Who measures a kind of reading of a subject: two sensors would speak against each other. */
struct claim {
    uint32_t subject;
    enum sw_reading_kind kind;
    char path[CONFIG_PATH_SIZE];
};

struct wiring {
    const struct gateway_config *config;
    struct config_document *document;
    struct config_problems *problems;
    struct claim *claims;
    size_t claim_count, claim_capacity;
};

__attribute__((format(printf, 3, 4))) static void report(const struct wiring *wiring, const char *path,
                                                         const char *format, ...)
{
    char text[768];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    config_problem(wiring->problems, config_document_line(wiring->document, path), path, "%s", text);
}

static void check_line_itself(const struct wiring *wiring, uint32_t index)
{
    static const uint32_t bauds[] = {1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600};
    const struct config_line *line = &wiring->config->lines[index];
    char path[CONFIG_PATH_SIZE];
    bool known = false;
    for (size_t i = 0; i < sizeof bauds / sizeof bauds[0]; i++)
        known = known || bauds[i] == line->settings.baud;
    if (!known) {
        snprintf(path, sizeof path, "lines[%u].baud", index);
        report(wiring, path,
               "found %u; expected 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800 or 921600",
               line->settings.baud);
    }
    for (uint32_t i = 0; i < index; i++) {
        const struct config_line *other = &wiring->config->lines[i];
        if (strcmp(line->id, other->id) == 0) {
            snprintf(path, sizeof path, "lines[%u].id", index);
            report(wiring, path, "%s is the id of lines[%u] already; expected an id used once", line->id, i);
        }
    }
}

/* A unit on a line, node or device: `number` counts the nodes first, then the devices. */
static uint8_t unit_at(const struct config_line *line, uint32_t number, uint32_t index, char path[CONFIG_PATH_SIZE])
{
    bool node = number < line->node_count;
    uint32_t at = node ? number : number - line->node_count;
    snprintf(path, CONFIG_PATH_SIZE, "lines[%u].%s[%u].unit_id", index, node ? "nodes" : "devices", at);
    return node ? line->nodes[at].unit_id : line->devices[at].unit_id;
}

static void check_units(const struct wiring *wiring, uint32_t index)
{
    const struct config_line *line = &wiring->config->lines[index];
    uint32_t count = line->node_count + line->device_count;
    char path[CONFIG_PATH_SIZE], other[CONFIG_PATH_SIZE];
    for (uint32_t i = 0; i < count; i++) {
        uint8_t unit_id = unit_at(line, i, index, path);
        for (uint32_t j = 0; j < i; j++) {
            if (unit_at(line, j, index, other) != unit_id) continue;
            unit_at(line, i, index, path);
            report(wiring, path, "%u is the unit id at %s already; expected a unit id used once on the line", unit_id,
                   other);
            break;
        }
    }
}

/* Names of nodes, and those of devices, are used once in the gateway: alerts carry them. */
static void check_source_ids(const struct wiring *wiring, uint32_t index)
{
    const struct gateway_config *config = wiring->config;
    const struct config_line *line = &config->lines[index];
    char path[CONFIG_PATH_SIZE];
    for (uint32_t i = 0; i < line->node_count; i++)
        for (uint32_t l = 0; l <= index; l++)
            for (uint32_t n = 0; n < (l == index ? i : config->lines[l].node_count); n++)
                if (strcmp(line->nodes[i].id, config->lines[l].nodes[n].id) == 0) {
                    snprintf(path, sizeof path, "lines[%u].nodes[%u].id", index, i);
                    report(wiring, path, "%s is the id of lines[%u].nodes[%u] already; expected an id used once",
                           line->nodes[i].id, l, n);
                }
    for (uint32_t i = 0; i < line->device_count; i++)
        for (uint32_t l = 0; l <= index; l++)
            for (uint32_t d = 0; d < (l == index ? i : config->lines[l].device_count); d++)
                if (strcmp(line->devices[i].id, config->lines[l].devices[d].id) == 0) {
                    snprintf(path, sizeof path, "lines[%u].devices[%u].id", index, i);
                    report(wiring, path, "%s is the id of lines[%u].devices[%u] already; expected an id used once",
                           line->devices[i].id, l, d);
                }
}

/* What comes of one sensor. None of a profile that is not known. */
struct measured_points {
    const struct sw_profile_point *first;
    size_t count;
};

static struct measured_points points_of_slot(const struct config_slot *slot)
{
    if (!slot->profile) return (struct measured_points){NULL, 0};
    return (struct measured_points){slot->profile->points, slot->profile->node_point_count};
}

static struct measured_points points_of_device(const struct config_device *device)
{
    if (!device->profile) return (struct measured_points){NULL, 0};
    return (struct measured_points){device->profile->points, device->profile->point_count};
}

/* The strictest silence limit among the domains the points belong to; 0 = never. */
static int64_t silence_limit_ms(const struct silence_policy *silence, struct measured_points points)
{
    int64_t strictest = 0;
    for (size_t i = 0; i < points.count; i++) {
        int64_t limit = 0;
        switch (subject_domain_of(points.first[i].kind)) {
        case SUBJECT_HOME:
            limit = silence->home_ms;
            break;
        case SUBJECT_LEVEL:
            limit = silence->level_ms;
            break;
        case SUBJECT_COVER:
            limit = silence->cover_ms;
            break;
        case SUBJECT_RAIN:
            limit = silence->rain_ms;
            break;
        default:
            break;
        }
        if (limit > 0 && (strictest == 0 || limit < strictest)) strictest = limit;
    }
    return strictest;
}

static void check_pace(const struct wiring *wiring, const char *path, uint32_t subject, struct measured_points points,
                       int64_t longest_ms)
{
    if (subject == CONFIG_NO_SUBJECT) return;
    const struct config_subject *who = &wiring->config->subjects[subject];
    int64_t limit_ms = silence_limit_ms(&who->policy->silence, points);
    if (limit_ms > 0 && longest_ms >= limit_ms)
        report(wiring, path, "a reading every %g s would be silence; expected less than the limit of %s, which is %g s",
               (double)longest_ms / 1000, who->id, (double)limit_ms / 1000);
}

/* False when the kind is taken already, or memory is refused: then the rest of the sensor's points are not looked at.
 */
static bool add_claim(struct wiring *wiring, const struct claim *claim)
{
    for (size_t i = 0; i < wiring->claim_count; i++) {
        const struct claim *other = &wiring->claims[i];
        if (other->subject != claim->subject || other->kind != claim->kind) continue;
        report(wiring, claim->path, "%s has its %s from %s already; expected one sensor for each",
               wiring->config->subjects[claim->subject].id, sw_reading_kind_info(claim->kind)->name, other->path);
        return false;
    }
    if (wiring->claim_count == wiring->claim_capacity) {
        size_t capacity = wiring->claim_capacity ? 2 * wiring->claim_capacity : 64;
        struct claim *claims = realloc(wiring->claims, capacity * sizeof *claims);
        if (!claims) {
            report(wiring, claim->path, "no memory to check the subjects");
            return false;
        }
        wiring->claims = claims;
        wiring->claim_capacity = capacity;
    }
    wiring->claims[wiring->claim_count++] = *claim;
    return true;
}

static void claim_points(struct wiring *wiring, struct claim *claim, struct measured_points points)
{
    bool claimed = claim->subject != CONFIG_NO_SUBJECT;
    for (size_t i = 0; claimed && i < points.count; i++) {
        claim->kind = points.first[i].kind;
        claimed = add_claim(wiring, claim);
    }
}

static void check_slots(struct wiring *wiring, uint32_t line, uint32_t node_index)
{
    const struct config_node *node = &wiring->config->lines[line].nodes[node_index];
    char path[CONFIG_PATH_SIZE];
    for (uint32_t i = 0; i < node->slot_count; i++) {
        const struct config_slot *slot = &node->slots[i];
        for (uint32_t j = 0; j < i; j++) {
            if (slot->slot == node->slots[j].slot) {
                snprintf(path, sizeof path, "lines[%u].nodes[%u].slots[%u].slot", line, node_index, i);
                report(wiring, path, "%u is the slot of slots[%u] already; expected a slot used once", slot->slot, j);
            }
            if (slot->unit_id == node->slots[j].unit_id) {
                snprintf(path, sizeof path, "lines[%u].nodes[%u].slots[%u].unit_id", line, node_index, i);
                report(wiring, path,
                       "%u is the unit id of slots[%u] already; expected a unit id used once behind the node",
                       slot->unit_id, j);
            }
        }
        if (slot->sample_period_ms % 100 != 0) {
            snprintf(path, sizeof path, "lines[%u].nodes[%u].slots[%u].sample_period_ms", line, node_index, i);
            report(wiring, path, "found %u; expected a multiple of 100", slot->sample_period_ms);
        }
        snprintf(path, sizeof path, "lines[%u].nodes[%u].slots[%u].heartbeat_s", line, node_index, i);
        check_pace(wiring, path, slot->subject, points_of_slot(slot), (int64_t)slot->heartbeat_s * 1000);
        snprintf(path, sizeof path, "lines[%u].nodes[%u].slots[%u].sample_period_ms", line, node_index, i);
        check_pace(wiring, path, slot->subject, points_of_slot(slot), slot->sample_period_ms);
        struct claim claim = {.subject = slot->subject};
        snprintf(claim.path, sizeof claim.path, "lines[%u].nodes[%u].slots[%u].subject", line, node_index, i);
        claim_points(wiring, &claim, points_of_slot(slot));
    }
}

static void check_devices(struct wiring *wiring, uint32_t line)
{
    for (uint32_t i = 0; i < wiring->config->lines[line].device_count; i++) {
        const struct config_device *device = &wiring->config->lines[line].devices[i];
        char path[CONFIG_PATH_SIZE];
        snprintf(path, sizeof path, "lines[%u].devices[%u].poll_interval_ms", line, i);
        check_pace(wiring, path, device->subject, points_of_device(device), device->poll_interval_ms);
        struct claim claim = {.subject = device->subject};
        snprintf(claim.path, sizeof claim.path, "lines[%u].devices[%u].subject", line, i);
        claim_points(wiring, &claim, points_of_device(device));
    }
}

enum measured { MEASURED_NOT, MEASURED_OTHERWISE, MEASURED_SO };

/* Whether the kind is among what is measured of the subject. */
static enum measured measured_of(const struct wiring *wiring, uint32_t subject, enum sw_reading_kind kind)
{
    enum measured measured = MEASURED_NOT;
    for (size_t i = 0; i < wiring->claim_count; i++) {
        if (wiring->claims[i].subject != subject) continue;
        if (wiring->claims[i].kind == kind) return MEASURED_SO;
        measured = MEASURED_OTHERWISE;
    }
    return measured;
}

/* A site that no sensor is wired to yet may be named, as it may be given a policy. */
static void check_upstream(const struct wiring *wiring, uint32_t index)
{
    const struct config_subject *subject = &wiring->config->subjects[index];
    char path[CONFIG_PATH_SIZE];
    snprintf(path, sizeof path, "subjects[%u].upstream", index);
    if (subject->upstream_count > 0 && measured_of(wiring, index, SW_READING_LEVEL) == MEASURED_OTHERWISE)
        report(wiring, path, "no level of %s is measured; expected a site with a level sensor", subject->id);
    for (uint32_t i = 0; i < subject->upstream_count; i++) {
        const struct config_subject *upstream = subject->upstream[i];
        snprintf(path, sizeof path, "subjects[%u].upstream[%u]", index, i);
        if (!upstream) continue; /* told already */
        if (upstream == subject)
            report(wiring, path, "%s is the site itself; expected another one", subject->id);
        else if (measured_of(wiring, (uint32_t)(upstream - wiring->config->subjects), SW_READING_LEVEL) ==
                 MEASURED_OTHERWISE)
            report(wiring, path, "no level of %s is measured; expected a site with a level sensor", upstream->id);
        for (uint32_t j = 0; j < i; j++)
            if (upstream == subject->upstream[j])
                report(wiring, path, "%s is upstream[%u] already; expected a site named once", upstream->id, j);
    }
}

static void check_home_assistant(const struct wiring *wiring, uint32_t index)
{
    const struct config_subject *subject = &wiring->config->subjects[index];
    char path[CONFIG_PATH_SIZE];
    snprintf(path, sizeof path, "subjects[%u].home_assistant", index);
    if (subject->home_assistant && measured_of(wiring, index, SW_READING_WATER_INDEX) == MEASURED_OTHERWISE)
        report(wiring, path, "no water of %s is measured; expected on for homes alone", subject->id);
}

void config_rules_wiring_check(const struct gateway_config *config, struct config_document *document,
                               struct config_problems *problems)
{
    struct wiring wiring = {.config = config, .document = document, .problems = problems};
    for (uint32_t i = 0; i < config->line_count; i++) {
        check_line_itself(&wiring, i);
        check_units(&wiring, i);
        check_source_ids(&wiring, i);
        for (uint32_t n = 0; n < config->lines[i].node_count; n++)
            check_slots(&wiring, i, n);
        check_devices(&wiring, i);
    }
    for (uint32_t i = 0; i < config->subject_count; i++) {
        check_upstream(&wiring, i);
        check_home_assistant(&wiring, i);
    }
    free(wiring.claims);
}
