/* What has to hold at every moment, and at the end. */
#ifndef TESTS_SIM_CHECK_H
#define TESTS_SIM_CHECK_H

#include "ports/store.h"
#include "sim/sim.h"

/* A record becomes durable. `before`: the sequence stored before it in its epoch, 0 = none. */
void check_reading(uint32_t node, uint32_t before, const struct store_reading *row);
/* A revision becomes durable. `before`: the one stored before it, NULL = none. */
/* What is published of a revision, and of the one before it: who has to act on it goes up by one level or not at all,
 * and begins anew only after somebody has acted. */
void check_step(const char *before, const char *body);
void check_revision(const struct sw_alert *before, const struct sw_alert *alert);
/* A row of the outbox is handed to the broker. */
void check_publish(int64_t row, const char *topic, const char *payload);

/* From time to time: what the broker retains says what is open. */
void check_begin(void);

/* The alerts that come from this node, or from all (CHECK_ALL), are not to be foretold in this time: readings are lost,
 * or their times are wrong. */
#define CHECK_ALL UINT32_MAX
void check_doubt(uint32_t node, int64_t from_us, int64_t to_us);

/* When everything has come to rest. */
void check_end(void);

void check_free(void);

struct check_counts {
    uint64_t expected, possible, found, escalations, moments;
};
extern struct check_counts check_counts;

#endif
