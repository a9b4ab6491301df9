#include "core/aggregate/use_window.h"

#include <assert.h>
#include <string.h>

#include "core/kept_time.h"

static_assert(sizeof(struct use_window) <= 400, "a home's window has 400 bytes");
static_assert(USE_WINDOW_LONGEST_MS < INT64_C(1) << 32, "ages of entries have 32 bits");
static_assert(3 * USE_WINDOW_VOLUME_MAX_ML < INT64_C(1) << 32,
              "so has what is kept: the volume and one use on each side");

static int64_t at_most(int64_t value, int64_t limit)
{
    return value < limit ? value : limit;
}

static struct use_window_use *use_at(struct use_window *window, uint32_t index)
{
    return &window->uses[(window->use_first + index) % USE_WINDOW_USES];
}

static struct use_window_gap *gap_at(struct use_window *window, uint32_t index)
{
    return &window->gaps[(window->gap_first + index) % USE_WINDOW_GAPS];
}

/* The full time of an entry's: the latest one up to the last good reading that has these low 32 bits. */
static int64_t full_ms(const struct use_window *window, uint32_t low_ms)
{
    return window->last_good_ms - (int64_t)((uint32_t)window->last_good_ms - low_ms);
}

static void drop_oldest_use(struct use_window *window)
{
    window->kept_ml -= use_at(window, 0)->volume_ml;
    window->use_first = (uint8_t)((window->use_first + 1) % USE_WINDOW_USES);
    window->use_count--;
}

static void drop_oldest_gap(struct use_window *window)
{
    window->observed_since_ms = full_ms(window, gap_at(window, 0)->end_ms);
    window->gap_first = (uint8_t)((window->gap_first + 1) % USE_WINDOW_GAPS);
    window->gap_count--;
}

/* Makes room by joining the two gaps with the least observed time between them. */
static void join_nearest_gaps(struct use_window *window)
{
    uint32_t nearest = 0;
    uint32_t least_ms = UINT32_MAX;
    for (uint32_t i = 0; i + 1 < window->gap_count; i++) {
        uint32_t between_ms = gap_at(window, i + 1)->start_ms - gap_at(window, i)->end_ms;
        if (between_ms >= least_ms) continue;
        least_ms = between_ms;
        nearest = i;
    }
    gap_at(window, nearest)->end_ms = gap_at(window, nearest + 1)->end_ms;
    for (uint32_t i = nearest + 1; i + 1 < window->gap_count; i++)
        *gap_at(window, i) = *gap_at(window, i + 1);
    window->gap_count--;
}

static void add_gap(struct use_window *window, int64_t start_ms, int64_t end_ms)
{
    if (window->gap_count == USE_WINDOW_GAPS) join_nearest_gaps(window);
    *gap_at(window, window->gap_count++) = (struct use_window_gap){(uint32_t)start_ms, (uint32_t)end_ms};
}

/* Only a policy that changed can fill the ring; then the oldest two share an entry, which makes the rule late at most.
 */
static void join_oldest_uses(struct use_window *window)
{
    uint32_t volume_ml = use_at(window, 0)->volume_ml;
    drop_oldest_use(window);
    use_at(window, 0)->volume_ml += volume_ml;
    window->kept_ml += volume_ml;
}

static void add_use(struct use_window *window, int64_t rule_ml, int64_t time_ms, uint32_t use_ml)
{
    struct use_window_use *newest = window->use_count ? use_at(window, window->use_count - 1u) : NULL;
    window->kept_ml += use_ml;
    window->last_use_s = kept_s(time_ms);
    if (newest && (int64_t)newest->volume_ml + use_ml <= rule_ml / USE_WINDOW_SHARE) {
        newest->volume_ml += use_ml;
        newest->end_ms = (uint32_t)time_ms;
        return;
    }
    if (window->use_count == USE_WINDOW_USES) join_oldest_uses(window);
    *use_at(window, window->use_count++) = (struct use_window_use){(uint32_t)time_ms, use_ml};
}

static void let_go(struct use_window *window, int64_t rule_ml)
{
    while (window->use_count > 1 && (int64_t)window->kept_ml - use_at(window, 0)->volume_ml >= rule_ml)
        drop_oldest_use(window);
}

/* Drops what has left the window, by times that the last good reading before this one still tells. */
static void leave_behind(struct use_window *window, int64_t use_start_ms, int64_t gap_start_ms)
{
    while (window->use_count > 0 && full_ms(window, use_at(window, 0)->end_ms) <= use_start_ms)
        drop_oldest_use(window);
    while (window->gap_count > 0 && full_ms(window, gap_at(window, 0)->end_ms) <= gap_start_ms)
        drop_oldest_gap(window);
    if (window->gap_count == 0 || full_ms(window, gap_at(window, 0)->start_ms) >= gap_start_ms) return;
    gap_at(window, 0)->start_ms = (uint32_t)gap_start_ms;
    window->observed_since_ms = gap_start_ms;
}

/* The time since the last good reading was not observed. What is too long ago for an entry is unknown instead. */
static void miss(struct use_window *window, int64_t start_ms, int64_t time_ms)
{
    if (window->last_good_ms < start_ms) window->observed_since_ms = start_ms;
    add_gap(window, window->last_good_ms > start_ms ? window->last_good_ms : start_ms, time_ms);
}

void use_window_take(struct use_window *window, const struct no_use_policy *policy, int64_t span_ms, int64_t time_ms,
                     int64_t use_ml)
{
    int64_t rule_ml = at_most(policy->volume_ml, USE_WINDOW_VOLUME_MAX_ML);
    int64_t window_ms = at_most(policy->window_ms, USE_WINDOW_LONGEST_MS);
    span_ms = at_most(span_ms > window_ms ? span_ms : window_ms, USE_WINDOW_LONGEST_MS);

    leave_behind(window, time_ms - window_ms, time_ms - span_ms);
    if (window->last_good_ms == 0)
        window->observed_since_ms = time_ms;
    else if (time_ms - window->last_good_ms > policy->observed_gap_ms)
        miss(window, time_ms - span_ms, time_ms);
    window->last_good_ms = time_ms;
    if (use_ml > 0) add_use(window, rule_ml, time_ms, (uint32_t)at_most(use_ml, USE_WINDOW_VOLUME_MAX_ML));
    /* Counted before older uses are let go, so that what ends a still home is told in full. */
    window->volume_ml = window->kept_ml;
    let_go(window, rule_ml);
}

int32_t use_window_span_coverage_permille(const struct use_window *window, int64_t span_ms)
{
    if (window->last_good_ms == 0 || span_ms <= 0) return 0;
    int64_t start_ms = window->last_good_ms - span_ms;
    int64_t unobserved_ms = window->observed_since_ms > start_ms ? window->observed_since_ms - start_ms : 0;
    for (uint32_t i = 0; i < window->gap_count; i++) {
        const struct use_window_gap *gap = &window->gaps[(window->gap_first + i) % USE_WINDOW_GAPS];
        int64_t end_ms = full_ms(window, gap->end_ms);
        int64_t from_ms = full_ms(window, gap->start_ms);
        if (from_ms < start_ms) from_ms = start_ms;
        if (end_ms > from_ms) unobserved_ms += end_ms - from_ms;
    }
    return (int32_t)((span_ms - unobserved_ms) * 1000 / span_ms);
}

int32_t use_window_coverage_permille(const struct use_window *window, const struct no_use_policy *policy)
{
    return use_window_span_coverage_permille(window, policy->window_ms);
}

bool use_window_span_is_full(const struct use_window *window, int64_t span_ms)
{
    return window->last_good_ms != 0 && span_ms <= USE_WINDOW_LONGEST_MS &&
           window->last_good_ms - window->observed_since_ms >= span_ms;
}

bool use_window_is_full(const struct use_window *window, const struct no_use_policy *policy)
{
    return policy->volume_ml <= USE_WINDOW_VOLUME_MAX_ML && use_window_span_is_full(window, policy->window_ms);
}

int64_t use_window_due_ms(const struct use_window *window, const struct no_use_policy *policy)
{
    int64_t window_ms = at_most(policy->window_ms, USE_WINDOW_LONGEST_MS);
    if (window->gap_count > 0) return window->last_good_ms;
    int64_t due_ms = window->observed_since_ms + window_ms;
    if (due_ms <= window->last_good_ms) due_ms = INT64_MAX;
    if (window->use_count == 0) return due_ms;
    return at_most(due_ms, full_ms(window, window->uses[window->use_first].end_ms) + window_ms);
}

void use_window_forget(struct use_window *window)
{
    uint32_t last_use_s = window->last_use_s;
    int64_t last_good_ms = window->last_good_ms;
    memset(window, 0, sizeof *window);
    window->last_use_s = last_use_s;
    window->last_good_ms = window->observed_since_ms = last_good_ms;
}

void use_window_set_back(struct use_window *window, int64_t now_ms)
{
    if (window->last_good_ms > now_ms) window->last_good_ms = now_ms;
    if (window->last_use_s > kept_s(now_ms)) window->last_use_s = kept_s(now_ms);
    use_window_forget(window);
}
