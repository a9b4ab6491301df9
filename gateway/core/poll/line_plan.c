#include "core/poll/line_plan.h"

#define PPM 1000000

struct line_plan line_plan_empty(uint32_t at_once, uint32_t silent_pause)
{
    return (struct line_plan){.at_once = at_once > 0 ? at_once : 1, .silent_pause = silent_pause};
}

void line_plan_add(struct line_plan *plan, const struct exchange_time *poll, int64_t interval_us)
{
    if (plan->units == 0 || poll->longest_us < plan->least_us) plan->least_us = poll->longest_us;
    plan->units++;
    plan->usual_us += poll->usual_us;
    plan->longest_us += poll->longest_us;
    if (poll->silent_us > plan->silent_us) plan->silent_us = poll->silent_us;
    int64_t own_ppm = poll->usual_us * PPM / interval_us;
    plan->sum_ppm += own_ppm;
    if (own_ppm > plan->most_ppm) plan->most_ppm = own_ppm;
}

int64_t line_plan_load_ppm(const struct line_plan *plan)
{
    int64_t shared_ppm = plan->sum_ppm / plan->at_once;
    return shared_ppm > plan->most_ppm ? shared_ppm : plan->most_ppm;
}

/* With several requests under way the units share the time; the last to begin may be one of the slow. */
static int64_t side_by_side(const struct line_plan *plan, int64_t sum_us)
{
    if (plan->units == 0) return 0;
    uint32_t at_once = plan->at_once < plan->units ? plan->at_once : plan->units;
    int64_t mean_us = sum_us / plan->units;
    return sum_us / at_once + (at_once > 1 ? mean_us : 0);
}

int64_t line_plan_usual_us(const struct line_plan *plan)
{
    return side_by_side(plan, plan->usual_us);
}

int64_t line_plan_longest_us(const struct line_plan *plan)
{
    return side_by_side(plan, plan->longest_us);
}

struct silent_round line_plan_silent(const struct line_plan *plan, uint32_t silent)
{
    struct silent_round round = {.answered_us = side_by_side(plan, plan->longest_us - silent * plan->least_us),
                                 .silent_us = silent * plan->silent_us};
    if (plan->silent_pause > 0 && silent > 1) {
        /* A request that has begun is seen through. */
        int64_t most_us = plan->silent_us + round.answered_us / plan->silent_pause;
        if (round.silent_us > most_us) round.silent_us = most_us;
    }
    int64_t longest_us = line_plan_longest_us(plan);
    if (round.answered_us + round.silent_us < longest_us) round.answered_us = longest_us - round.silent_us;
    return round;
}

int64_t line_plan_silent_us(const struct line_plan *plan, uint32_t silent)
{
    struct silent_round round = line_plan_silent(plan, silent);
    return round.answered_us + round.silent_us;
}

uint32_t line_plan_tenth(const struct line_plan *plan)
{
    return plan->units < 10 ? plan->units > 0 : plan->units / 10;
}

int64_t alarm_path_us(const struct alarm_path *path)
{
    return path->sample_us + path->sensors_us + path->poll_us + path->round_us + path->windows_us + path->tell_us;
}
