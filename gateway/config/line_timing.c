#include "config/line_timing.h"

#include "stillwater/node_map.h"

/* PDUs of functions 3 and 4, and of 23 as a node is asked for its log: epoch and sequence out, a window in. */
#define READ_REQUEST  5
#define READ_REPLY(n) (2u + 2u * (n))
#define LOG_REQUEST   (10 + 2 * 3)
#define LOG_REPLY     READ_REPLY(SW_NODE_WINDOW_REGISTERS)

static uint32_t larger(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

static bool any_is_of(const struct sw_profile_point *points, size_t count, enum subject_domain domain)
{
    for (size_t i = 0; i < count; i++)
        if (subject_domain_of(points[i].kind) == domain) return true;
    return false;
}

bool line_timing_device_tells(const struct config_device *device, enum subject_domain domain)
{
    return any_is_of(device->profile->points, device->profile->point_count, domain);
}

bool line_timing_slot_tells(const struct config_slot *slot, enum subject_domain domain)
{
    return any_is_of(slot->profile->points, slot->profile->node_point_count, domain);
}

struct poll_line line_timing_of(const struct config_line *line)
{
    static const enum poll_medium media[] = {[CONFIG_RTU] = POLL_SERIAL,
                                             [CONFIG_TCP] = POLL_TCP,
                                             [CONFIG_RTU_OVER_TCP] = POLL_RTU_OVER_TCP,
                                             [CONFIG_RTU_OVER_TCP_LISTEN] = POLL_RTU_OVER_TCP};
    return (struct poll_line){
        .medium = media[line->transport], .settings = line->settings, .trip_us = 1000 * line->trip_ms};
}

/* Frames on a serial line do not say which request they answer: it is left free for as long again. */
static struct exchange_need need_of(const struct poll_line *line, uint32_t request_size, uint32_t reply_size,
                                    uint32_t usual_ms, uint32_t answer_ms, uint32_t timeout_ms)
{
    bool over_tcp = line->medium != POLL_SERIAL;
    return (struct exchange_need){.request_size = request_size,
                                  .reply_size = reply_size,
                                  .usual_answer_us = 1000 * usual_ms,
                                  .answer_us = 1000 * (over_tcp ? timeout_ms : answer_ms),
                                  .give_up_us = 1000 * timeout_ms,
                                  .quiet_us = line->medium == POLL_TCP ? 0 : 1000 * timeout_ms};
}

/* The blocks of the profile, one after the other. */
struct unit_timing line_timing_device(const struct config_line *line, const struct config_device *device)
{
    const struct sw_profile *profile = device->profile;
    struct poll_line over = line_timing_of(line);
    struct unit_timing timing = {.interval_us = INT64_C(1000) * device->poll_interval_ms};
    for (size_t i = 0; i < profile->block_count; i++) {
        struct exchange_need need =
            need_of(&over, READ_REQUEST, READ_REPLY(profile->blocks[i].count), profile->usual_answer_ms,
                    profile->timeout_ms, larger(profile->timeout_ms, line->timeout_ms));
        need.extra_gap_us = profile->extra_gap_us;
        struct exchange_time read = exchange_time_of(&over, &need);
        exchange_time_add(&timing.poll, &read);
    }
    return timing;
}

/* Records in a thousand seconds. */
static int64_t records_of(const struct config_node *node)
{
    int64_t records = 0;
    for (uint32_t i = 0; i < node->slot_count; i++) {
        const struct config_slot *slot = &node->slots[i];
        int64_t seldom = 1000 / slot->heartbeat_s + 1;
        records += seldom * slot->profile->node_point_count;
        if (line_timing_slot_tells(slot, SUBJECT_LEVEL)) records += 1000000 / slot->sample_period_ms;
    }
    return records;
}

struct unit_timing line_timing_node(const struct config_line *line, const struct config_node *node)
{
    struct poll_line over = line_timing_of(line);
    struct exchange_need need =
        need_of(&over, LOG_REQUEST, LOG_REPLY, SW_PROFILE_USUAL_ANSWER_MS, line->timeout_ms, line->timeout_ms);
    struct unit_timing timing = {.interval_us = INT64_C(1000) * line->poll_interval_ms};
    int64_t records = records_of(node);
    int64_t window_us = records > 0 ? INT64_C(1000000000) * SW_NODE_WINDOW_RECORDS / records : INT64_MAX;
    if (window_us < timing.interval_us) timing.interval_us = window_us;
    timing.poll = exchange_time_of(&over, &need);
    return timing;
}

struct line_plan line_timing_plan(const struct config_line *line)
{
    struct line_plan plan = line_plan_empty(line->outstanding, line->transport == CONFIG_RTU ? POLL_SILENT_PAUSE_SERIAL
                                                                                             : POLL_SILENT_PAUSE_TCP);
    for (uint32_t i = 0; i < line->node_count; i++) {
        struct unit_timing timing = line_timing_node(line, &line->nodes[i]);
        line_plan_add(&plan, &timing.poll, timing.interval_us);
    }
    for (uint32_t i = 0; i < line->device_count; i++) {
        struct unit_timing timing = line_timing_device(line, &line->devices[i]);
        line_plan_add(&plan, &timing.poll, timing.interval_us);
    }
    return plan;
}

/* A node asks once more before it gives a sensor up for this time, and keeps a third of the timeout free after each
 * (firmware/sense/). */
struct unit_timing line_timing_slot(const struct config_slot *slot)
{
    const struct sw_profile *profile = slot->profile;
    struct poll_line over = {.medium = POLL_SERIAL, .settings = profile->line};
    uint32_t timeout_ms = profile->timeout_ms;
    struct exchange_need need = need_of(&over, READ_REQUEST, READ_REPLY(profile->node_block.count),
                                        profile->usual_answer_ms, timeout_ms, timeout_ms);
    need.extra_gap_us = profile->extra_gap_us;
    need.quiet_us = 1000 * timeout_ms / 3;
    struct unit_timing timing = {.poll = exchange_time_of(&over, &need),
                                 .interval_us = INT64_C(1000) * slot->sample_period_ms};
    timing.poll.silent_us *= 2;
    return timing;
}

struct line_plan line_timing_sensors(const struct config_node *node)
{
    struct line_plan plan = line_plan_empty(1, 0);
    for (uint32_t i = 0; i < node->slot_count; i++) {
        struct unit_timing timing = line_timing_slot(&node->slots[i]);
        line_plan_add(&plan, &timing.poll, timing.interval_us);
    }
    return plan;
}

static int64_t worst_round_us(const struct line_plan *plan)
{
    return line_plan_silent_us(plan, line_plan_tenth(plan));
}

struct alarm_path line_timing_device_path(const struct line_plan *line, const struct unit_timing *device)
{
    return (struct alarm_path){
        .poll_us = device->interval_us, .round_us = worst_round_us(line), .tell_us = POLL_TELL_US};
}

/* Until a record is in a window, all that the node has made since it was last asked goes before it. */
static int64_t windows_us(const struct config_node *node, const struct alarm_path *path)
{
    int64_t cycle_us = path->poll_us + path->round_us;
    int64_t records = records_of(node) * cycle_us / 1000000000;
    int64_t before = records / SW_NODE_WINDOW_RECORDS;
    return before * (path->round_us > POLL_COMMIT_US ? path->round_us : POLL_COMMIT_US);
}

struct alarm_path line_timing_slot_path(const struct line_plan *line, const struct config_line *config,
                                        const struct config_node *node, const struct config_slot *slot,
                                        enum subject_domain domain)
{
    struct line_plan sensors = line_timing_sensors(node);
    struct alarm_path path = {.sample_us = INT64_C(1000) * slot->sample_period_ms,
                              .sensors_us = worst_round_us(&sensors),
                              .poll_us = INT64_C(1000) * config->poll_interval_ms,
                              .round_us = worst_round_us(line),
                              .tell_us = POLL_TELL_US};
    int64_t heartbeat_us = INT64_C(1000000) * slot->heartbeat_s;
    if (domain == SUBJECT_HOME && heartbeat_us > path.sample_us) path.sample_us = heartbeat_us;
    path.windows_us = windows_us(node, &path);
    return path;
}

int64_t line_timing_promise_ms(const struct latency_policy *latency, enum subject_domain domain)
{
    switch (domain) {
    case SUBJECT_HOME:
        return latency->home_ms;
    case SUBJECT_LEVEL:
        return latency->level_ms;
    case SUBJECT_COVER:
        return latency->cover_ms;
    default:
        return 0;
    }
}
