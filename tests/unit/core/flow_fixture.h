/* A meter's total as a function of time (uses, each at a constant flow, and a drip), and its readings as flow. */
#ifndef TESTS_UNIT_CORE_FLOW_FIXTURE_H
#define TESTS_UNIT_CORE_FLOW_FIXTURE_H

#include "core/aggregate/flow.h"
#include "core_fixture.h"

#define FLOW_TAPS         4000
#define FLOW_OBSERVED_GAP (150 * MINUTE)

struct tap {
    int64_t from_ms, to_ms, volume_ml;
};

struct tap_home {
    struct tap taps[FLOW_TAPS];
    int count;
    int64_t step_ml;
    int64_t drip_ml_h, drip_from_ms, drip_to_ms;
    int64_t lot_ml; /* the drip passes so much at once: a cistern that leaks; 0 = evenly */
};

static inline void tap_use(struct tap_home *home, int64_t from_ms, int64_t for_ms, int64_t volume_ml)
{
    assert_true(home->count < FLOW_TAPS);
    home->taps[home->count++] = (struct tap){from_ms, from_ms + for_ms, volume_ml};
}

static inline int64_t passed_ml(int64_t volume_ml, int64_t from_ms, int64_t to_ms, int64_t time_ms)
{
    if (time_ms <= from_ms) return 0;
    return time_ms >= to_ms ? volume_ml : volume_ml * (time_ms - from_ms) / (to_ms - from_ms);
}

static inline int64_t tap_total_ml(const struct tap_home *home, int64_t time_ms)
{
    int64_t total_ml = 0;
    for (int i = 0; i < home->count; i++)
        total_ml += passed_ml(home->taps[i].volume_ml, home->taps[i].from_ms, home->taps[i].to_ms, time_ms);
    if (home->drip_ml_h > 0 && time_ms > home->drip_from_ms) {
        int64_t end_ms = time_ms < home->drip_to_ms || home->drip_to_ms == 0 ? time_ms : home->drip_to_ms;
        int64_t drip_ml = home->drip_ml_h * (end_ms - home->drip_from_ms) / HOUR;
        total_ml += home->lot_ml > 0 ? drip_ml / home->lot_ml * home->lot_ml : drip_ml;
    }
    int64_t step_ml = home->step_ml > 0 ? home->step_ml : LITRE;
    return total_ml / step_ml * step_ml;
}

static inline struct flow tap_flow(const struct tap_home *home, int64_t from_ms, int64_t to_ms)
{
    return (struct flow){.from_ms = from_ms,
                         .to_ms = to_ms,
                         .use_ml = tap_total_ml(home, to_ms) - tap_total_ml(home, from_ms),
                         .observed = to_ms - from_ms <= FLOW_OBSERVED_GAP};
}

/* Every day of `days` like an old person's who lives alone: up at 7, to bed at 22:30, up once a night at 3. */
static inline void tap_live(struct tap_home *home, int64_t start_ms, int days)
{
    static const struct tap day[] = {
        {3 * HOUR, MINUTE, 6 * LITRE},
        {7 * HOUR + 5 * MINUTE, MINUTE, 6 * LITRE},
        {7 * HOUR + 20 * MINUTE, 8 * MINUTE, 45 * LITRE},
        {8 * HOUR + 10 * MINUTE, MINUTE, 2 * LITRE},
        {10 * HOUR + 40 * MINUTE, MINUTE, 6 * LITRE},
        {12 * HOUR + 15 * MINUTE, 5 * MINUTE, 8 * LITRE},
        {15 * HOUR + 30 * MINUTE, MINUTE, 6 * LITRE},
        {18 * HOUR + 25 * MINUTE, 6 * MINUTE, 9 * LITRE},
        {22 * HOUR + 20 * MINUTE, 2 * MINUTE, 7 * LITRE},
    };
    for (int d = 0; d < days; d++)
        for (size_t i = 0; i < sizeof day / sizeof day[0]; i++)
            tap_use(home, start_ms + d * DAY + day[i].from_ms, day[i].to_ms, day[i].volume_ml);
}

#endif
