#include "config/config_rules_wiring.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config_build.h"
#include "core/core.h"

struct wiring {
    const struct gateway_config *config;
    struct config_document *document;
    struct config_problems *problems;
    uint32_t *measured; /* of each subject: the kinds of reading that a sensor gives of it, a bit each */
};

__attribute__((format(printf, 3, 4))) static void report(const struct wiring *wiring, const char *path,
                                                         const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    config_document_problem(wiring->document, wiring->problems, path, format, arguments);
    va_end(arguments);
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

/* ---- names are used once in the gateway: alerts carry them ---- */

struct name {
    const char *id;
    uint32_t line, at; /* `at` among the line's nodes or devices */
};

static int compare_names(const void *a, const void *b)
{
    const struct name *left = a, *right = b;
    int order = strcmp(left->id, right->id);
    if (order != 0) return order;
    if (left->line != right->line) return left->line < right->line ? -1 : 1;
    return left->at < right->at ? -1 : left->at > right->at;
}

enum named { NAMED_LINES, NAMED_NODES, NAMED_DEVICES };

static void path_of(enum named named, const struct name *name, char path[CONFIG_PATH_SIZE])
{
    if (named == NAMED_LINES)
        snprintf(path, CONFIG_PATH_SIZE, "lines[%u]", name->line);
    else
        snprintf(path, CONFIG_PATH_SIZE, "lines[%u].%s[%u]", name->line, named == NAMED_NODES ? "nodes" : "devices",
                 name->at);
}

static uint32_t count_on(const struct config_line *line, enum named named)
{
    return named == NAMED_LINES ? 1 : named == NAMED_NODES ? line->node_count : line->device_count;
}

static const char *id_on(const struct config_line *line, enum named named, uint32_t at)
{
    return named == NAMED_LINES ? line->id : named == NAMED_NODES ? line->nodes[at].id : line->devices[at].id;
}

static void check_names(const struct wiring *wiring, enum named named)
{
    const struct gateway_config *config = wiring->config;
    size_t count = 0, first = 0;
    for (uint32_t l = 0; l < config->line_count; l++)
        count += count_on(&config->lines[l], named);
    struct name *names = calloc(count + 1, sizeof *names);
    if (!names) {
        report(wiring, "lines", "no memory to check the names");
        return;
    }
    count = 0;
    for (uint32_t l = 0; l < config->line_count; l++)
        for (uint32_t at = 0; at < count_on(&config->lines[l], named); at++)
            names[count++] = (struct name){id_on(&config->lines[l], named, at), l, at};
    qsort(names, count, sizeof *names, compare_names);
    for (size_t i = 1; i < count; i++) {
        char path[CONFIG_PATH_SIZE], other[CONFIG_PATH_SIZE];
        if (strcmp(names[i].id, names[first].id) != 0) {
            first = i;
            continue;
        }
        path_of(named, &names[first], other);
        path_of(named, &names[i], path);
        strcat(path, ".id");
        report(wiring, path, "%s is the id of %s already; expected an id used once", names[i].id, other);
    }
    free(names);
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

/* ---- one sensor for each kind of reading of a subject: two would speak against each other ---- */

#define SW_READING_KIND(code, name, text, unit, wire_milli, counter) _Static_assert((code) < 32, "a bit for each kind");
#include "stillwater/reading.def"
#undef SW_READING_KIND

static bool measures(struct measured_points points, enum sw_reading_kind kind)
{
    for (size_t i = 0; i < points.count; i++)
        if (points.first[i].kind == kind) return true;
    return false;
}

/* The first sensor of the configuration that gives this kind of this subject. */
static void find_sensor(const struct wiring *wiring, uint32_t subject, enum sw_reading_kind kind,
                        char path[CONFIG_PATH_SIZE])
{
    for (uint32_t l = 0; l < wiring->config->line_count; l++) {
        const struct config_line *line = &wiring->config->lines[l];
        for (uint32_t n = 0; n < line->node_count; n++)
            for (uint32_t i = 0; i < line->nodes[n].slot_count; i++) {
                const struct config_slot *slot = &line->nodes[n].slots[i];
                if (slot->subject != subject || !measures(points_of_slot(slot), kind)) continue;
                snprintf(path, CONFIG_PATH_SIZE, "lines[%u].nodes[%u].slots[%u].subject", l, n, i);
                return;
            }
        for (uint32_t i = 0; i < line->device_count; i++) {
            const struct config_device *device = &line->devices[i];
            if (device->subject != subject || !measures(points_of_device(device), kind)) continue;
            snprintf(path, CONFIG_PATH_SIZE, "lines[%u].devices[%u].subject", l, i);
            return;
        }
    }
}

/* Once one kind is taken already, the rest of the sensor's points are not looked at. */
static void claim_points(const struct wiring *wiring, const char *path, uint32_t subject, struct measured_points points)
{
    if (subject == CONFIG_NO_SUBJECT) return;
    for (size_t i = 0; i < points.count; i++) {
        enum sw_reading_kind kind = points.first[i].kind;
        if ((wiring->measured[subject] >> kind & 1) != 0) {
            char other[CONFIG_PATH_SIZE];
            find_sensor(wiring, subject, kind, other);
            report(wiring, path, "%s has its %s from %s already; expected one sensor for each",
                   wiring->config->subjects[subject].id, sw_reading_kind_info(kind)->name, other);
            return;
        }
        wiring->measured[subject] |= UINT32_C(1) << kind;
    }
}

static void check_slots(const struct wiring *wiring, uint32_t line, uint32_t node_index)
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
        snprintf(path, sizeof path, "lines[%u].nodes[%u].slots[%u].subject", line, node_index, i);
        claim_points(wiring, path, slot->subject, points_of_slot(slot));
    }
}

static void check_devices(const struct wiring *wiring, uint32_t line)
{
    for (uint32_t i = 0; i < wiring->config->lines[line].device_count; i++) {
        const struct config_device *device = &wiring->config->lines[line].devices[i];
        char path[CONFIG_PATH_SIZE];
        snprintf(path, sizeof path, "lines[%u].devices[%u].poll_interval_ms", line, i);
        check_pace(wiring, path, device->subject, points_of_device(device), device->poll_interval_ms);
        snprintf(path, sizeof path, "lines[%u].devices[%u].subject", line, i);
        claim_points(wiring, path, device->subject, points_of_device(device));
    }
}

enum measured { MEASURED_NOT, MEASURED_OTHERWISE, MEASURED_SO };

/* Whether the kind is among what is measured of the subject. */
static enum measured measured_of(const struct wiring *wiring, uint32_t subject, enum sw_reading_kind kind)
{
    if ((wiring->measured[subject] >> kind & 1) != 0) return MEASURED_SO;
    return wiring->measured[subject] != 0 ? MEASURED_OTHERWISE : MEASURED_NOT;
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
    wiring.measured = calloc((size_t)config->subject_count + 1, sizeof *wiring.measured);
    if (!wiring.measured) {
        report(&wiring, "lines", "no memory to check the wiring");
        return;
    }
    for (uint32_t i = 0; i < config->line_count; i++) {
        check_line_itself(&wiring, i);
        check_units(&wiring, i);
        for (uint32_t n = 0; n < config->lines[i].node_count; n++)
            check_slots(&wiring, i, n);
        check_devices(&wiring, i);
    }
    check_names(&wiring, NAMED_LINES);
    check_names(&wiring, NAMED_NODES);
    check_names(&wiring, NAMED_DEVICES);
    for (uint32_t i = 0; i < config->subject_count; i++) {
        check_upstream(&wiring, i);
        check_home_assistant(&wiring, i);
    }
    free(wiring.measured);
}
