#include "core/detect/no_use.h"

#include "core/kept_time.h"

struct condition no_use_judge(const struct use_window *window, const struct no_use_policy *policy)
{
    struct condition condition = {.decided = false, .colour = SW_COLOUR_GREEN, .onset_ms = 0};
    if (policy->window_ms <= 0 || policy->volume_ml <= 0) return condition;
    if (window->volume_ml >= policy->volume_ml) {
        condition.decided = true;
        return condition;
    }
    if (!use_window_is_full(window, policy)) return condition;
    if (use_window_coverage_permille(window, policy) < policy->coverage_permille) return condition;
    condition.decided = true;
    condition.colour = policy->colour;
    condition.onset_ms =
        kept_ms(window->last_use_s) ? kept_ms(window->last_use_s) : window->last_good_ms - policy->window_ms;
    return condition;
}

void no_use_evidence(const struct use_window *window, const struct no_use_policy *policy, struct sw_evidence *evidence)
{
    evidence->rule = SW_ALERT_RULE_VOLUME_BELOW;
    evidence->window_ms = policy->window_ms;
    evidence->coverage_permille = use_window_coverage_permille(window, policy);
    evidence->last_good.ms = window->last_good_ms;
    evidence->last_use.ms = kept_ms(window->last_use_s);
    evidence->value_kind = SW_READING_WATER_INDEX;
    evidence->value_milli = window->volume_ml;
    evidence->threshold_milli = policy->volume_ml;
}
