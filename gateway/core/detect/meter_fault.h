/* Faults of a home's meter, each with its own reason, none of them use or no use.
 *
 *   negative_step  the total went back again and again; single wrong values below it count, too
 *   jump           it grew by more than the pipe can pass: again and again, or for good
 *   set_back       it went far back for good: exchanged, reset or tampered with
 *   tamper         it was set back repeatedly, or lowered in its own range for good. A suspicion, not a proof
 *   pulse_weight   it grows by multiples of another step than before (1 L, then 10 L), for days: a pulse weight that
 * was changed, or low digits that are frozen. Volumes may be wrong by that factor stuck          it stands still for
 * weeks while readings come, in a home that used water nearly every day. A home whose people are away looks the same;
 * nothing but time tells the two apart, and no alert of a still home waits for it or is taken back because of it
 *
 * A single wrong value that left no trace is counted and not told. A fault is over after some time without another; a
 * wrong series that is left again takes its fault with it; a stuck total ends with its first growth. */
#ifndef GATEWAY_CORE_DETECT_METER_FAULT_H
#define GATEWAY_CORE_DETECT_METER_FAULT_H

#include "core/detect/condition.h"
#include "core/normalise/meter.h"
#include "core/policy.h"

/* In rising gravity: the graver one is told. */
enum meter_fault_reason {
    METER_FAULT_NONE = 0,
    METER_FAULT_NEGATIVE_STEP,
    METER_FAULT_STUCK,
    METER_FAULT_JUMP,
    METER_FAULT_PULSE_WEIGHT,
    METER_FAULT_SET_BACK,
    METER_FAULT_TAMPER,
};

struct meter_fault_policy meter_fault_policy_default(void);

/* Faults are counted over the last 30 days, in steps of 3 days: of 27 to 30 days in truth. */
#define METER_FAULT_COUNT_MS (30LL * 24 * 3600 * 1000)
#define METER_FAULT_SPANS    10

enum meter_fault_count { METER_FAULT_BACKS, METER_FAULT_JUMPS, METER_FAULT_SET_BACKS, METER_FAULT_COUNTS };

/* Starts zeroed. Times are 0 where nothing has been seen yet. */
struct meter_fault {
    uint32_t time_s;  /* of the last total */
    uint32_t grown_s; /* of the last growth, or of the last excuse for having none */
    uint32_t onset_s; /* of the fault that is told */
    uint32_t last_s;  /* it was last seen */
    int32_t step_ml;  /* by how far the total stepped; pulse weight: the new step; stuck: 0 */
    int32_t odd_ml;   /* step of a total that was put aside and not decided on; 0 = none */
    int32_t span;     /* number of the 3-day span that goes on */
    int32_t day;      /* number of the day that goes on (UTC) */
    int32_t block_day;
    uint32_t pulse_ml;  /* the step the total grows by; 0 = not learned */
    uint32_t block_ml;  /* greatest common divisor of the growths of the block that goes on */
    uint32_t coarse_ml; /* and of the last blocks, while these are coarser than pulse_ml */
    uint8_t block_count, coarse_blocks, fine_blocks, settled_blocks;
    uint8_t days_seen, days_used; /* both halved now and then, so that the habit may change */
    uint8_t still_days;           /* days with readings and without growth, up to now */
    uint8_t reason;               /* enum meter_fault_reason */
    bool used;                    /* the total has grown on the day that goes on */
    bool lowered;                 /* told as set back, and within its own range */
    uint8_t counts[METER_FAULT_COUNTS][METER_FAULT_SPANS];
};

/* The total was read; `verdict` is what meter_take() said of it. */
void meter_fault_take(struct meter_fault *fault, const struct meter_fault_policy *policy, int64_t time_ms,
                      int64_t index_ml, const struct meter_verdict *verdict);

/* Nobody is at home: that the total stands still up to here says nothing of the meter. */
void meter_fault_excuse(struct meter_fault *fault, int64_t time_ms);

/* The clock was set back to `now_ms`. */
void meter_fault_set_back(struct meter_fault *fault, int64_t now_ms);

/* How many in 30 days. */
uint16_t meter_fault_count(const struct meter_fault *fault, enum meter_fault_count which);

struct condition meter_fault_judge(const struct meter_fault *fault, const struct meter_fault_policy *policy);
void meter_fault_evidence(const struct meter_fault *fault, struct sw_evidence *evidence);

#endif
