/* A core with a sink that remembers every revision, and short ways to say what happens. */
#ifndef TESTS_UNIT_CORE_CORE_FIXTURE_H
#define TESTS_UNIT_CORE_CORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/aggregate/use_window.h"
#include "core/core.h"

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
#define LITRE  INT64_C(1000)
#define MM     INT64_C(1000)
#define T0     INT64_C(1767225600000) /* 2026-01-01T00:00:00Z */

/* What world_add was given: the core points to its policies. */
struct world_policies {
    struct world_policies *next;
    struct policy policy;
};

struct world {
    struct world_policies *policies;
    void *memory;
    struct core *core;
    struct sw_alert *alerts;
    uint32_t alert_count, alert_capacity;
};

struct world *world_new(uint32_t capacity);
void world_free(struct world *world);

/* A fresh core of the same capacity in place of the present one; remembered alerts stay. */
void world_renew(struct world *world, uint32_t capacity);

uint32_t world_add(struct world *world, enum subject_domain domain, const char *name, uint32_t parent,
                   const struct policy *policy);

/* A good reading, decided on at its own time. */
void world_read(struct world *world, uint32_t subject, enum sw_reading_kind kind, int64_t time_ms, int64_t milli);
void world_tick(struct world *world, int64_t now_ms);
void world_seen(struct world *world, uint32_t source, int64_t now_ms);

/* The city's policy with the rule volume_below for homes and no other, for series whose use no people would make, and
 * without forecasts of levels. */
struct policy world_policy(void);

const struct sw_alert *world_last(const struct world *world);

/* A reading where the volume rule is the only one that asks for coverage. */
static inline void use_window_alone(struct use_window *window, const struct no_use_policy *policy, int64_t time_ms,
                                    int64_t use_ml)
{
    use_window_take(window, policy, policy->window_ms, time_ms, use_ml);
}

/* Reproducible random numbers; the seed is in the message of the test that uses it. */
struct chance {
    uint64_t state;
};
uint64_t chance_next(struct chance *chance);
/* 0 .. bound - 1 */
int64_t chance_below(struct chance *chance, int64_t bound);

#endif
