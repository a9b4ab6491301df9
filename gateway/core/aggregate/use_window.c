#include "core/aggregate/use_window.h"

#include <string.h>

static struct use_window_use *use_at(struct use_window *window, uint32_t index)
{
    return &window->uses[(window->use_first + index) % USE_WINDOW_USES];
}

static struct use_window_gap *gap_at(struct use_window *window, uint32_t index)
{
    return &window->gaps[(window->gap_first + index) % USE_WINDOW_GAPS];
}

static void drop_oldest_use(struct use_window *window)
{
    window->kept_ml -= use_at(window, 0)->volume_ml;
    window->use_first = (window->use_first + 1) % USE_WINDOW_USES;
    window->use_count--;
}

static void drop_oldest_gap(struct use_window *window)
{
    window->unobserved_ms -= gap_at(window, 0)->end_ms - gap_at(window, 0)->start_ms;
    window->gap_first = (window->gap_first + 1) % USE_WINDOW_GAPS;
    window->gap_count--;
}

/* Makes room by joining the two gaps with the least observed time between them. */
static void join_nearest_gaps(struct use_window *window)
{
    uint32_t nearest = 0;
    int64_t least_ms = INT64_MAX;
    for (uint32_t i = 0; i + 1 < window->gap_count; i++) {
        int64_t between_ms = gap_at(window, i + 1)->start_ms - gap_at(window, i)->end_ms;
        if (between_ms >= least_ms) continue;
        least_ms = between_ms;
        nearest = i;
    }
    gap_at(window, nearest)->end_ms = gap_at(window, nearest + 1)->end_ms;
    window->unobserved_ms += least_ms;
    for (uint32_t i = nearest + 1; i + 1 < window->gap_count; i++)
        *gap_at(window, i) = *gap_at(window, i + 1);
    window->gap_count--;
}

static void add_gap(struct use_window *window, int64_t start_ms, int64_t end_ms)
{
    if (window->gap_count == USE_WINDOW_GAPS) join_nearest_gaps(window);
    *gap_at(window, window->gap_count++) = (struct use_window_gap){start_ms, end_ms};
    window->unobserved_ms += end_ms - start_ms;
}

static void add_use(struct use_window *window, const struct no_use_policy *policy, int64_t time_ms, int64_t use_ml)
{
    struct use_window_use *newest = window->use_count ? use_at(window, window->use_count - 1) : NULL;
    window->kept_ml += use_ml;
    window->last_use_ms = time_ms;
    if (newest && newest->volume_ml + use_ml <= policy->volume_ml / USE_WINDOW_SHARE) {
        newest->volume_ml += use_ml;
        newest->end_ms = time_ms;
        return;
    }
    /* The ring holds every suffix that sharing and letting go can leave; only a policy that changed can fill it. */
    if (window->use_count == USE_WINDOW_USES) drop_oldest_use(window);
    *use_at(window, window->use_count++) = (struct use_window_use){time_ms, use_ml};
}

static void let_go(struct use_window *window, const struct no_use_policy *policy)
{
    while (window->use_count > 1 && window->kept_ml - use_at(window, 0)->volume_ml >= policy->volume_ml)
        drop_oldest_use(window);
}

void use_window_take(struct use_window *window, const struct no_use_policy *policy, int64_t time_ms, int64_t use_ml)
{
    int64_t start_ms = time_ms - policy->window_ms;
    if (window->last_good_ms == 0)
        window->observed_since_ms = time_ms;
    else if (time_ms - window->last_good_ms > policy->observed_gap_ms)
        add_gap(window, window->last_good_ms, time_ms);
    window->last_good_ms = time_ms;

    if (use_ml > 0) add_use(window, policy, time_ms, use_ml);
    while (window->use_count > 0 && use_at(window, 0)->end_ms <= start_ms)
        drop_oldest_use(window);
    while (window->gap_count > 0 && gap_at(window, 0)->end_ms <= start_ms)
        drop_oldest_gap(window);
    /* Counted before older uses are let go, so that what ends a still home is told in full. */
    window->volume_ml = window->kept_ml;
    let_go(window, policy);
}

int32_t use_window_coverage_permille(const struct use_window *window, const struct no_use_policy *policy)
{
    if (window->last_good_ms == 0 || policy->window_ms <= 0) return 0;
    int64_t start_ms = window->last_good_ms - policy->window_ms;
    int64_t unobserved_ms = window->unobserved_ms;
    if (window->gap_count > 0) {
        int64_t gap_start_ms = window->gaps[window->gap_first].start_ms;
        if (gap_start_ms < start_ms) unobserved_ms -= start_ms - gap_start_ms;
    }
    if (window->observed_since_ms > start_ms) unobserved_ms += window->observed_since_ms - start_ms;
    return (int32_t)((policy->window_ms - unobserved_ms) * 1000 / policy->window_ms);
}

bool use_window_is_full(const struct use_window *window, const struct no_use_policy *policy)
{
    return window->last_good_ms != 0 && window->last_good_ms - window->observed_since_ms >= policy->window_ms;
}

void use_window_forget(struct use_window *window)
{
    int64_t last_use_ms = window->last_use_ms;
    int64_t last_good_ms = window->last_good_ms;
    memset(window, 0, sizeof *window);
    window->last_use_ms = last_use_ms;
    window->last_good_ms = window->observed_since_ms = last_good_ms;
}

void use_window_set_back(struct use_window *window, int64_t now_ms)
{
    if (window->last_good_ms > now_ms) window->last_good_ms = now_ms;
    if (window->last_use_ms > now_ms) window->last_use_ms = now_ms;
    use_window_forget(window);
}
