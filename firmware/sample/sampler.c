#include "firmware/sample/sampler.h"

#include <string.h>

static void start_afresh(struct sample_slot *slot, const struct slot_config *config, uint64_t now_us)
{
    *slot = (struct sample_slot){.config = *config, .due_us = now_us, .last_quality = SW_QUALITY_MISSING};
    slot->profile = config->profile != SW_PROFILE_NONE ? sw_profile_by_id(config->profile) : NULL;
    slot->state = slot->profile ? SW_SLOT_WAITING : SW_SLOT_EMPTY;
}

void sampler_init(struct sampler *sampler, struct bus_master *master, struct record_log *log,
                  const struct node_clock *clock, const struct retained *memory, size_t store_at, uint64_t now_us)
{
    memset(sampler, 0, sizeof *sampler);
    sampler->master = master;
    sampler->log = log;
    sampler->clock = clock;
    slot_store_init(&sampler->store, memory, store_at);
    for (unsigned i = 0; i < SW_NODE_SLOT_COUNT; i++) {
        struct slot_config config = slot_store_get(&sampler->store, i);
        start_afresh(&sampler->slots[i], &config, now_us);
    }
}

void sampler_configure(struct sampler *sampler, unsigned slot, const struct slot_config *config, uint64_t now_us)
{
    slot_store_set(&sampler->store, slot, config);
    bus_master_forget(sampler->master, &sampler->slots[slot].statistics);
    if (bus_master_busy(sampler->master) && sampler->asking == slot) sampler->ask_outdated = true;
    start_afresh(&sampler->slots[slot], config, now_us);
}

static uint64_t period_us(const struct sample_slot *slot)
{
    return (uint64_t)slot->config.sample_period_ds * 100000;
}

/* From the last sample to the next one. */
static uint64_t interval_us(const struct sample_slot *slot)
{
    uint64_t period = period_us(slot);
    if (slot->failures == 0) return period;
    uint64_t longest = period > SAMPLER_BACK_OFF_MAX_US ? period : SAMPLER_BACK_OFF_MAX_US;
    unsigned doublings = slot->failures - 1 < 20 ? slot->failures - 1 : 20;
    uint64_t back_off = (uint64_t)SAMPLER_BACK_OFF_FIRST_US << doublings;
    if (slot->failures < SW_SLOT_SILENT_FAILURES && back_off > period) return period;
    return back_off < longest ? back_off : longest;
}

static void schedule(struct sample_slot *slot, uint64_t now_us)
{
    uint64_t next_us = (slot->failures == 0 ? slot->due_us : now_us) + interval_us(slot);
    /* Behind schedule on a busy line: as soon as the others have had their turn. */
    slot->due_us = next_us > now_us ? next_us : now_us;
}

static bool moved(const struct sample_slot *slot, const struct sample_point *last, const struct sw_point_value *point)
{
    if (point->quality >= SW_QUALITY_BAD) return false;
    int64_t change = (int64_t)point->value - last->value;
    if (change < 0) change = -change;
    if (point->kind == SW_READING_COVER_OPEN && change != 0) return true;
    return change >= slot->config.report_delta;
}

static bool worth_recording(const struct sample_slot *slot, const struct sample_point *last,
                            const struct sw_point_value *point, uint64_t now_us)
{
    if (!last->recorded || last->quality != point->quality || last->reason != point->reason) return true;
    uint64_t heartbeat_us = (uint64_t)slot->config.heartbeat_s * 1000000;
    return moved(slot, last, point) || now_us - last->recorded_us + interval_us(slot) > heartbeat_us;
}

static void record_points(struct sampler *sampler, struct sample_slot *slot, const struct sw_point_value *points,
                          size_t count, uint64_t now_us)
{
    for (size_t i = 0; i < count; i++) {
        struct sample_point *last = &slot->points[i];
        if (!worth_recording(slot, last, &points[i], now_us)) continue;
        *last =
            (struct sample_point){true, now_us, points[i].value, (uint8_t)points[i].quality, (uint8_t)points[i].reason};
        struct sw_record record = {.slot = (uint8_t)(slot - sampler->slots),
                                   .kind = (uint8_t)points[i].kind,
                                   .quality = last->quality,
                                   .reason = last->reason,
                                   .value = last->value};
        node_clock_stamp(sampler->clock, now_us, &record);
        record_log_append(sampler->log, &record);
    }
}

static void on_values(struct sampler *sampler, struct sample_slot *slot, const uint16_t *registers, uint64_t now_us)
{
    struct sw_point_value points[SW_PROFILE_NODE_POINTS];
    size_t count = sw_profile_decode_node(slot->profile, registers, points);
    slot->failures = 0;
    slot->answered = true;
    slot->answered_us = now_us;
    slot->last_quality = (uint8_t)points[0].quality;
    slot->last_reason = (uint8_t)points[0].reason;
    if (points[0].quality <= SW_QUALITY_SUSPECT) slot->last_value = points[0].value;
    slot->state = points[0].quality >= SW_QUALITY_BAD ? SW_SLOT_FAULTY : SW_SLOT_OK;
    record_points(sampler, slot, points, count, now_us);
}

static enum sw_quality_reason reason_of(int error)
{
    if (error == SW_ERROR_TIMEOUT || error == SW_ERROR_PORT) return SW_REASON_TIMEOUT;
    return error <= SW_ERROR_EXCEPTION_FUNCTION ? SW_REASON_EXCEPTION : SW_REASON_FRAME;
}

static void on_failure(struct sampler *sampler, struct sample_slot *slot, int error, uint64_t now_us)
{
    enum sw_quality_reason reason = reason_of(error);
    enum sw_quality quality = reason == SW_REASON_TIMEOUT ? SW_QUALITY_MISSING : SW_QUALITY_BAD;
    slot->failures++;
    slot->last_quality = (uint8_t)quality;
    slot->last_reason = (uint8_t)reason;
    if (reason == SW_REASON_EXCEPTION) {
        slot->answered = true;
        slot->answered_us = now_us;
    }
    if (slot->failures < SW_SLOT_SILENT_FAILURES) return;
    slot->state = reason == SW_REASON_EXCEPTION ? SW_SLOT_FAULTY : SW_SLOT_SILENT;

    struct sw_point_value points[SW_PROFILE_NODE_POINTS];
    size_t count = slot->profile->node_point_count;
    for (size_t i = 0; i < count; i++)
        points[i] =
            (struct sw_point_value){.kind = slot->profile->points[i].kind, .quality = quality, .reason = reason};
    record_points(sampler, slot, points, count, now_us);
}

static void on_reply(struct sampler *sampler, const struct bus_reply *reply)
{
    struct sample_slot *slot = &sampler->slots[sampler->asking];
    bool outdated = sampler->ask_outdated;
    sampler->ask_outdated = false;
    if (outdated || slot->profile == NULL) return;
    if (reply->error == SW_OK)
        on_values(sampler, slot, reply->registers, reply->at_us);
    else
        on_failure(sampler, slot, reply->error, reply->at_us);
    schedule(slot, reply->at_us);
}

/* The slot that has been due for longest, NULL when there is none in use. */
static struct sample_slot *next_slot(struct sampler *sampler)
{
    struct sample_slot *next = NULL;
    for (unsigned i = 0; i < SW_NODE_SLOT_COUNT; i++) {
        struct sample_slot *slot = &sampler->slots[i];
        if (slot->profile != NULL && (next == NULL || slot->due_us < next->due_us)) next = slot;
    }
    return next;
}

static void ask_next(struct sampler *sampler, uint64_t now_us)
{
    struct sample_slot *slot = next_slot(sampler);
    if (slot == NULL || slot->due_us > now_us) return;
    struct bus_request request = {.profile = slot->profile,
                                  .unit = (uint8_t)slot->config.unit_id,
                                  .retries = slot->failures < SW_SLOT_SILENT_FAILURES ? 1 : 0,
                                  .statistics = &slot->statistics};
    if (bus_master_start(sampler->master, &request, now_us) == SW_OK)
        sampler->asking = (unsigned)(slot - sampler->slots);
}

void sampler_poll(struct sampler *sampler, uint64_t now_us)
{
    struct bus_reply reply;
    while (bus_master_poll(sampler->master, now_us, &reply))
        on_reply(sampler, &reply);
    if (bus_master_busy(sampler->master)) return;
    ask_next(sampler, now_us);
    /* Sends at once when the line is free. */
    if (bus_master_busy(sampler->master) && bus_master_poll(sampler->master, now_us, &reply)) on_reply(sampler, &reply);
}

uint64_t sampler_due(const struct sampler *sampler, uint64_t now_us)
{
    uint64_t due = bus_master_due(sampler->master, now_us);
    if (bus_master_busy(sampler->master)) return due;
    for (unsigned i = 0; i < SW_NODE_SLOT_COUNT; i++)
        if (sampler->slots[i].profile != NULL && sampler->slots[i].due_us < due) due = sampler->slots[i].due_us;
    return due;
}

uint16_t sampler_age_s(const struct sample_slot *slot, uint64_t now_us)
{
    if (!slot->answered) return UINT16_MAX;
    uint64_t age_s = (now_us - slot->answered_us) / 1000000;
    return age_s < UINT16_MAX ? (uint16_t)age_s : UINT16_MAX;
}
