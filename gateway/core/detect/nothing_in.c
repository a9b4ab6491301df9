#include "core/detect/nothing_in.h"

struct condition nothing_in_judge(const struct use_window *window, const struct nothing_in_policy *policy,
                                  int64_t last_use_ms)
{
    struct condition condition = {.decided = false, .colour = SW_COLOUR_GREEN, .rule = SW_ALERT_RULE_NOTHING_IN};
    if (policy->window_ms <= 0 || window->last_good_ms == 0) return condition;
    int64_t start_ms = window->last_good_ms - policy->window_ms;
    if (last_use_ms != 0 && last_use_ms > start_ms) {
        condition.decided = true;
        return condition;
    }
    if (!use_window_span_is_full(window, policy->window_ms)) return condition;
    if (use_window_span_coverage_permille(window, policy->window_ms) < policy->coverage_permille) return condition;
    condition.decided = true;
    condition.colour = policy->colour;
    condition.onset_ms = last_use_ms ? last_use_ms : start_ms;
    return condition;
}

void nothing_in_evidence(const struct use_window *window, const struct nothing_in_policy *policy, int64_t last_use_ms,
                         struct sw_evidence *evidence)
{
    evidence->rule = SW_ALERT_RULE_NOTHING_IN;
    evidence->window_ms = policy->window_ms;
    evidence->coverage_permille = use_window_span_coverage_permille(window, policy->window_ms);
    evidence->last_good.ms = window->last_good_ms;
    evidence->last_use.ms = last_use_ms;
}
