#include "config/config_rules_plan.h"

#include <stdio.h>
#include <string.h>

#include "config/line_timing.h"

#define PPM 1000000

struct check {
    const struct gateway_config *config;
    struct config_document *document;
    struct config_problems *problems;
};

static void refuse(const struct check *check, const char *path, const char *text)
{
    config_problem(check->problems, config_document_line(check->document, path), path, "%s", text);
}

static double seconds(int64_t us)
{
    return (double)us / 1e6;
}

/* ---- a line's time ---- */

/* Units that cost the same, for a sum that can be followed. */
struct share {
    const char *what;
    struct unit_timing timing;
    uint32_t units;
};

#define SHARES_MAX 4

struct shares {
    struct share list[SHARES_MAX];
    uint32_t count, left_out;
};

static bool same_cost(const struct share *share, const char *what, const struct unit_timing *timing)
{
    return strcmp(share->what, what) == 0 && share->timing.interval_us == timing->interval_us &&
           share->timing.poll.usual_us == timing->poll.usual_us;
}

static void add_share(struct shares *shares, const char *what, const struct unit_timing *timing)
{
    for (uint32_t i = 0; i < shares->count; i++) {
        if (!same_cost(&shares->list[i], what, timing)) continue;
        shares->list[i].units++;
        return;
    }
    if (shares->count < SHARES_MAX)
        shares->list[shares->count++] = (struct share){what, *timing, 1};
    else
        shares->left_out++;
}

/* "60 x xintai 105.4 ms every 5 s = 126.5 %; ..." */
static void write_sum(const struct shares *shares, const struct line_plan *plan, const char *change, char *text,
                      size_t size)
{
    size_t used = (size_t)snprintf(text, size, "asking as often as this takes more than the line's time: ");
    for (uint32_t i = 0; i < shares->count && used < size; i++) {
        const struct share *share = &shares->list[i];
        double part = share->units * (double)share->timing.poll.usual_us / (double)share->timing.interval_us;
        used += (size_t)snprintf(text + used, size - used, "%u x %s %.1f ms every %g s = %.1f %%; ", share->units,
                                 share->what, (double)share->timing.poll.usual_us / 1000,
                                 seconds(share->timing.interval_us), 100 * part);
    }
    if (shares->left_out > 0 && used < size)
        used += (size_t)snprintf(text + used, size - used, "%u units more; ", shares->left_out);
    if (used < size)
        used += (size_t)snprintf(text + used, size - used, "together %.1f %%", (double)plan->sum_ppm / (PPM / 100));
    if (plan->at_once > 1 && used < size)
        used += (size_t)snprintf(text + used, size - used, ", %u at once", plan->at_once);
    if (used < size) snprintf(text + used, size - used, "; expected at most 100 %%: %s", change);
}

static void check_line_time(const struct check *check, uint32_t index, const struct line_plan *plan)
{
    const struct config_line *line = &check->config->lines[index];
    struct shares shares = {.count = 0};
    char path[CONFIG_PATH_SIZE], text[640];
    if (line_plan_load_ppm(plan) <= PPM) return;
    for (uint32_t i = 0; i < line->node_count; i++) {
        struct unit_timing timing = line_timing_node(line, &line->nodes[i]);
        add_share(&shares, "node", &timing);
    }
    for (uint32_t i = 0; i < line->device_count; i++) {
        struct unit_timing timing = line_timing_device(line, &line->devices[i]);
        add_share(&shares, line->devices[i].profile->name, &timing);
    }
    write_sum(&shares, plan, "longer poll intervals, a faster line, or fewer units on it", text, sizeof text);
    snprintf(path, sizeof path, "lines[%u]", index);
    refuse(check, path, text);
}

static void check_sensors_time(const struct check *check, uint32_t line, uint32_t index)
{
    const struct config_node *node = &check->config->lines[line].nodes[index];
    struct line_plan plan = line_timing_sensors(node);
    struct shares shares = {.count = 0};
    char path[CONFIG_PATH_SIZE], text[640];
    if (line_plan_load_ppm(&plan) <= PPM) return;
    for (uint32_t i = 0; i < node->slot_count; i++) {
        struct unit_timing timing = line_timing_slot(&node->slots[i]);
        add_share(&shares, node->slots[i].profile->name, &timing);
    }
    write_sum(&shares, &plan, "longer sample periods, or fewer sensors behind the node", text, sizeof text);
    snprintf(path, sizeof path, "lines[%u].nodes[%u].slots", line, index);
    refuse(check, path, text);
}

/* ---- what is promised ---- */

/* Sensors of one line late for the same reason: the first is told, the others are counted. */
struct late {
    char path[CONFIG_PATH_SIZE];
    char text[512];
    uint32_t more;
};

static void add_part(char *text, size_t size, int64_t us, const char *what)
{
    size_t used = strlen(text);
    if (us > 0) snprintf(text + used, size - used, "%s%.1f s %s", used > 0 ? " + " : "", seconds(us), what);
}

static void write_late(struct late *late, const struct alarm_path *path, const struct line_plan *plan,
                       const char *subject, const char *key, int64_t promise_ms)
{
    char parts[320] = "", round[96];
    uint32_t silent = line_plan_tenth(plan);
    struct silent_round worst = line_plan_silent(plan, silent);
    snprintf(round, sizeof round, "for the line's round (%u units %.1f s, %u silent %.1f s)", plan->units - silent,
             seconds(worst.answered_us), silent, seconds(worst.silent_us));
    add_part(parts, sizeof parts, path->sample_us, "until the node samples or tells it");
    add_part(parts, sizeof parts, path->sensors_us, "for the node's round of its sensors");
    add_part(parts, sizeof parts, path->poll_us, "until it is to be asked");
    add_part(parts, sizeof parts, path->round_us, round);
    add_part(parts, sizeof parts, path->windows_us, "for records before it");
    add_part(parts, sizeof parts, path->tell_us, "to store and publish");
    snprintf(late->text, sizeof late->text,
             "a change of %s would be told after %.1f s at worst: %s; expected at most %g s (policy.latency.%s)",
             subject, seconds(alarm_path_us(path)), parts, (double)promise_ms / 1000, key);
}

static const struct {
    enum subject_domain domain;
    const char *key;
} promises[] = {{SUBJECT_HOME, "home_s"}, {SUBJECT_LEVEL, "level_s"}, {SUBJECT_COVER, "cover_s"}};

#define PROMISE_COUNT (sizeof promises / sizeof promises[0])

/* True when the promise of the i-th kind is broken. */
static bool is_late(const struct check *check, uint32_t subject, size_t i, const struct alarm_path *path)
{
    const struct latency_policy *latency = &check->config->subjects[subject].policy->latency;
    int64_t promise_ms = line_timing_promise_ms(latency, promises[i].domain);
    return promise_ms > 0 && alarm_path_us(path) > 1000 * promise_ms;
}

static void note_late(const struct check *check, struct late *late, uint32_t subject, size_t i,
                      const struct alarm_path *path, const struct line_plan *plan, const char *field)
{
    const struct config_subject *who = &check->config->subjects[subject];
    if (late->path[0] != '\0') {
        late->more++;
        return;
    }
    snprintf(late->path, sizeof late->path, "%s", field);
    write_late(late, path, plan, who->id, promises[i].key,
               line_timing_promise_ms(&who->policy->latency, promises[i].domain));
}

static void check_devices(const struct check *check, uint32_t index, const struct line_plan *plan, size_t promise,
                          struct late *late)
{
    const struct config_line *line = &check->config->lines[index];
    char field[CONFIG_PATH_SIZE];
    for (uint32_t i = 0; i < line->device_count; i++) {
        const struct config_device *device = &line->devices[i];
        struct unit_timing timing = line_timing_device(line, device);
        struct alarm_path path = line_timing_device_path(plan, &timing);
        if (!line_timing_device_tells(device, promises[promise].domain)) continue;
        if (!is_late(check, device->subject, promise, &path)) continue;
        snprintf(field, sizeof field, "lines[%u].devices[%u].poll_interval_ms", index, i);
        note_late(check, late, device->subject, promise, &path, plan, field);
    }
}

static void check_slots(const struct check *check, uint32_t index, uint32_t number, const struct line_plan *plan,
                        size_t promise, struct late *late)
{
    const struct config_line *line = &check->config->lines[index];
    const struct config_node *node = &line->nodes[number];
    char field[CONFIG_PATH_SIZE];
    for (uint32_t i = 0; i < node->slot_count; i++) {
        const struct config_slot *slot = &node->slots[i];
        struct alarm_path path = line_timing_slot_path(plan, line, node, slot, promises[promise].domain);
        if (!line_timing_slot_tells(slot, promises[promise].domain)) continue;
        if (!is_late(check, slot->subject, promise, &path)) continue;
        snprintf(field, sizeof field, "lines[%u].nodes[%u].slots[%u]", index, number, i);
        note_late(check, late, slot->subject, promise, &path, plan, field);
    }
}

static void check_promises(const struct check *check, uint32_t index, const struct line_plan *plan)
{
    for (size_t promise = 0; promise < PROMISE_COUNT; promise++) {
        struct late late = {.more = 0};
        char text[600];
        for (uint32_t n = 0; n < check->config->lines[index].node_count; n++)
            check_slots(check, index, n, plan, promise, &late);
        check_devices(check, index, plan, promise, &late);
        if (late.path[0] == '\0') continue;
        snprintf(text, sizeof text, "%s", late.text);
        if (late.more > 0)
            snprintf(text, sizeof text, "%s; the same of %u more sensors of the line", late.text, late.more);
        refuse(check, late.path, text);
    }
}

void config_rules_plan_check(const struct gateway_config *config, struct config_document *document,
                             struct config_problems *problems)
{
    struct check check = {config, document, problems};
    for (uint32_t i = 0; i < config->line_count; i++) {
        struct line_plan plan = line_timing_plan(&config->lines[i]);
        unsigned before = problems->count;
        check_line_time(&check, i, &plan);
        for (uint32_t n = 0; n < config->lines[i].node_count; n++)
            check_sensors_time(&check, i, n);
        check_promises(&check, i, &plan);
        config->lines[i].plan_fails = problems->count > before;
    }
}
