#include "core/detect/level.h"

static void run_on_delay(struct level_band *band, int64_t now_ms, int64_t on_delay_ms)
{
    if (!band->active && band->above_since_ms && now_ms - band->above_since_ms >= on_delay_ms) {
        band->active = true;
        band->below_since_ms = 0;
    }
}

static void band_take(struct level_band *band, const struct level_policy *policy, int64_t threshold_um, int64_t time_ms,
                      int64_t level_um)
{
    if (level_um >= threshold_um) {
        if (!band->above_since_ms) band->above_since_ms = time_ms;
        band->below_since_ms = 0;
        run_on_delay(band, time_ms, policy->on_delay_ms);
        return;
    }
    if (!band->active) band->above_since_ms = 0;
    if (level_um >= threshold_um - policy->deadband_um) {
        band->below_since_ms = 0;
        return;
    }
    if (!band->active) return;
    if (!band->below_since_ms) band->below_since_ms = time_ms;
    if (time_ms - band->below_since_ms >= policy->off_delay_ms) *band = (struct level_band){.active = false};
}

void level_take(struct level *level, const struct level_policy *policy, int64_t time_ms, int64_t level_um)
{
    level->time_ms = time_ms;
    level->level_um = level_um;
    for (int colour = SW_COLOUR_BLUE; colour < SW_COLOUR_COUNT; colour++)
        if (policy->band_um[colour] != LEVEL_BAND_OFF)
            band_take(&level->bands[colour], policy, policy->band_um[colour], time_ms, level_um);
}

void level_pass_time(struct level *level, const struct level_policy *policy, int64_t now_ms, int64_t trusted_ms)
{
    if (level->time_ms == 0 || (trusted_ms > 0 && now_ms - level->time_ms > trusted_ms)) return;
    for (int colour = SW_COLOUR_BLUE; colour < SW_COLOUR_COUNT; colour++)
        run_on_delay(&level->bands[colour], now_ms, policy->on_delay_ms);
}

int64_t level_deadline_ms(const struct level *level, const struct level_policy *policy, int64_t trusted_ms)
{
    int64_t deadline_ms = DEADLINE_NONE;
    for (int colour = SW_COLOUR_BLUE; colour < SW_COLOUR_COUNT; colour++) {
        const struct level_band *band = &level->bands[colour];
        if (band->active || !band->above_since_ms) continue;
        int64_t due_ms = band->above_since_ms + policy->on_delay_ms;
        bool trusted = trusted_ms <= 0 || due_ms - level->time_ms <= trusted_ms;
        if (trusted && due_ms < deadline_ms) deadline_ms = due_ms;
    }
    return deadline_ms;
}

void level_restart_delays(struct level *level, int64_t now_ms)
{
    if (level->time_ms > now_ms) level->time_ms = now_ms;
    for (int colour = SW_COLOUR_BLUE; colour < SW_COLOUR_COUNT; colour++) {
        struct level_band *band = &level->bands[colour];
        if (!band->active && band->above_since_ms > now_ms) band->above_since_ms = now_ms;
        if (band->below_since_ms > now_ms) band->below_since_ms = now_ms;
    }
}

struct condition level_judge(const struct level *level)
{
    struct condition condition = {.decided = level->time_ms != 0, .colour = SW_COLOUR_GREEN, .onset_ms = 0};
    for (int colour = SW_COLOUR_RED; colour > SW_COLOUR_GREEN; colour--) {
        if (!level->bands[colour].active) continue;
        condition.colour = (enum sw_colour)colour;
        condition.onset_ms = level->bands[colour].above_since_ms;
        break;
    }
    return condition;
}

static enum sw_colour lowest_band(const struct level_policy *policy)
{
    for (int colour = SW_COLOUR_BLUE; colour < SW_COLOUR_COUNT; colour++)
        if (policy->band_um[colour] != LEVEL_BAND_OFF) return (enum sw_colour)colour;
    return SW_COLOUR_GREEN;
}

void level_evidence(const struct level *level, const struct level_policy *policy, enum sw_colour colour,
                    struct sw_evidence *evidence)
{
    if (colour == SW_COLOUR_GREEN) colour = lowest_band(policy);
    evidence->rule = SW_ALERT_RULE_LEVEL_BAND;
    evidence->value_kind = SW_READING_LEVEL;
    evidence->value_milli = level->level_um;
    evidence->threshold_milli = policy->band_um[colour] == LEVEL_BAND_OFF ? 0 : policy->band_um[colour];
}
