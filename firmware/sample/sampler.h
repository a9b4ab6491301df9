/* The sampler: asks the sensor of each slot when it is due and decides what is worth a record.
 *
 * A point is recorded when it is new, when its quality changes, when it has moved by the slot's REPORT_DELTA (a cover
 * switch: at any change), and when waiting for the next sample would exceed the slot's HEARTBEAT. A sensor that gives
 * no usable answer SW_SLOT_SILENT_FAILURES times in a row is recorded as MISSING (no answer) or BAD (answers of no
 * use), once and then per heartbeat, so that having no data is data too.
 *
 * After a failure the sensor is asked again soon, to know quickly; from the third on ever more rarely, so that a dead
 * sensor costs the others little: 4, 8, 16 s, at most SAMPLER_BACK_OFF_MAX_US or its own period if that is longer. */
#ifndef FIRMWARE_SAMPLE_SAMPLER_H
#define FIRMWARE_SAMPLE_SAMPLER_H

#include "firmware/clock/node_clock.h"
#include "firmware/log/record_log.h"
#include "firmware/sample/slot_store.h"
#include "firmware/sense/bus_master.h"
#include "stillwater/node_map.h"

#define SAMPLER_BACK_OFF_FIRST_US 1000000u
#define SAMPLER_BACK_OFF_MAX_US   30000000u

/* Last record of one point. */
struct sample_point {
    bool recorded;
    uint64_t recorded_us;
    int32_t value;
    uint8_t quality;
    uint8_t reason;
};

struct sample_slot {
    struct slot_config config;
    const struct sw_profile *profile; /* NULL = not used */
    enum sw_slot_state state;
    uint64_t due_us;
    uint32_t failures; /* samples in a row without a usable answer */
    bool answered;
    uint64_t answered_us;
    int32_t last_value; /* first point, in wire steps */
    uint8_t last_quality;
    uint8_t last_reason;
    struct sample_point points[SW_PROFILE_NODE_POINTS];
    struct bus_statistics statistics;
};

struct sampler {
    struct bus_master *master;
    struct record_log *log;
    const struct node_clock *clock;
    struct slot_store store;
    struct sample_slot slots[SW_NODE_SLOT_COUNT];
    unsigned asking;   /* slot whose request is under way */
    bool ask_outdated; /* the slot was configured anew meanwhile */
};

/* Configuration comes from retained memory at word `store_at`. */
void sampler_init(struct sampler *sampler, struct bus_master *master, struct record_log *log,
                  const struct node_clock *clock, const struct retained *memory, size_t store_at, uint64_t now_us);

/* Starts the slot afresh with a configuration that slot_config_check has passed. */
void sampler_configure(struct sampler *sampler, unsigned slot, const struct slot_config *config, uint64_t now_us);

void sampler_poll(struct sampler *sampler, uint64_t now_us);

uint64_t sampler_due(const struct sampler *sampler, uint64_t now_us);

/* Seconds since the sensor last answered; 0xffff = never or longer. */
uint16_t sampler_age_s(const struct sample_slot *slot, uint64_t now_us);

#endif
