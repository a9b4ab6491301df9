#include "core/detect/level.h"

static uint8_t bit_of(int band)
{
    return (uint8_t)(1u << band);
}

static uint32_t longer(uint32_t for_ms, int64_t elapsed_ms)
{
    int64_t sum_ms = (int64_t)for_ms + elapsed_ms;
    if (sum_ms < 0) return 0;
    return sum_ms < UINT32_MAX ? (uint32_t)sum_ms : UINT32_MAX;
}

static int64_t above_since_ms(const struct level *level, int band)
{
    return level->time_ms - level->above_for_ms[band - 1];
}

static bool is_waiting(const struct level *level, int band)
{
    return (level->above & bit_of(band)) != 0 && (level->active & bit_of(band)) == 0;
}

static void run_on_delay(struct level *level, int band, int64_t now_ms, int64_t on_delay_ms)
{
    if (!is_waiting(level, band) || now_ms - above_since_ms(level, band) < on_delay_ms) return;
    level->active |= bit_of(band);
    level->below &= (uint8_t)~bit_of(band);
}

static void take_below(struct level *level, const struct level_policy *policy, int band, bool in_deadband)
{
    uint8_t bit = bit_of(band);
    if ((level->active & bit) == 0) level->above &= (uint8_t)~bit;
    if (in_deadband) level->below &= (uint8_t)~bit;
    if (in_deadband || (level->active & bit) == 0) return;
    if ((level->below & bit) == 0) level->below_for_ms[band - 1] = 0;
    level->below |= bit;
    if (level->below_for_ms[band - 1] < policy->off_delay_ms) return;
    level->active &= (uint8_t)~bit;
    level->above &= (uint8_t)~bit;
    level->below &= (uint8_t)~bit;
}

static void band_take(struct level *level, const struct level_policy *policy, int band, int64_t threshold_um,
                      int64_t level_um)
{
    uint8_t bit = bit_of(band);
    if (level_um < threshold_um) {
        take_below(level, policy, band, level_um >= threshold_um - policy->deadband_um);
        return;
    }
    if ((level->above & bit) == 0) level->above_for_ms[band - 1] = 0;
    level->above |= bit;
    level->below &= (uint8_t)~bit;
    run_on_delay(level, band, level->time_ms, policy->on_delay_ms);
}

static void age(struct level *level, int64_t time_ms)
{
    int64_t elapsed_ms = level->time_ms != 0 && time_ms > level->time_ms ? time_ms - level->time_ms : 0;
    for (int i = 0; i < LEVEL_BAND_COUNT - 1; i++) {
        level->above_for_ms[i] = longer(level->above_for_ms[i], elapsed_ms);
        level->below_for_ms[i] = longer(level->below_for_ms[i], elapsed_ms);
    }
    level->time_ms = time_ms;
}

static int32_t within_i32(int64_t value)
{
    if (value > INT32_MAX) return INT32_MAX;
    return value < INT32_MIN ? INT32_MIN : (int32_t)value;
}

/* Nothing stands and nothing begins: how long each band has been left is of no interest. */
static bool is_below_all(const struct level *level, const struct level_policy *policy, int64_t level_um)
{
    int64_t lowest_um = policy->top_um;
    for (int band = SW_COLOUR_BLUE; band < SW_COLOUR_COUNT; band++)
        if (policy->band_um[band] < lowest_um) lowest_um = policy->band_um[band];
    return (level->above | level->active | level->below) == 0 && level_um < lowest_um;
}

/* One that was left on when the city switched it off would stay so for ever. */
static void forget(struct level *level, int band)
{
    uint8_t others = (uint8_t)~bit_of(band);
    level->above &= others;
    level->active &= others;
    level->below &= others;
}

void level_take(struct level *level, const struct level_policy *policy, int64_t time_ms, int64_t level_um)
{
    if (is_below_all(level, policy, level_um)) {
        level->time_ms = time_ms;
        level->level_um = within_i32(level_um);
        return;
    }
    age(level, time_ms);
    level->level_um = within_i32(level_um);
    for (int band = SW_COLOUR_BLUE; band < LEVEL_BAND_COUNT; band++) {
        int64_t threshold_um = band == LEVEL_BAND_TOP ? policy->top_um : policy->band_um[band];
        if (threshold_um != LEVEL_BAND_OFF)
            band_take(level, policy, band, threshold_um, level_um);
        else
            forget(level, band);
    }
}

void level_pass_time(struct level *level, const struct level_policy *policy, int64_t now_ms, int64_t trusted_ms)
{
    if (level->time_ms == 0 || (trusted_ms > 0 && now_ms - level->time_ms > trusted_ms)) return;
    for (int band = SW_COLOUR_BLUE; band < LEVEL_BAND_COUNT; band++)
        run_on_delay(level, band, now_ms, policy->on_delay_ms);
}

int64_t level_deadline_ms(const struct level *level, const struct level_policy *policy, int64_t trusted_ms)
{
    int64_t deadline_ms = DEADLINE_NONE;
    if ((level->above & ~level->active) == 0) return deadline_ms;
    for (int band = SW_COLOUR_BLUE; band < LEVEL_BAND_COUNT; band++) {
        if (!is_waiting(level, band)) continue;
        int64_t due_ms = above_since_ms(level, band) + policy->on_delay_ms;
        bool trusted = trusted_ms <= 0 || due_ms - level->time_ms <= trusted_ms;
        if (trusted && due_ms < deadline_ms) deadline_ms = due_ms;
    }
    return deadline_ms;
}

void level_restart_delays(struct level *level, int64_t now_ms)
{
    if (level->time_ms <= now_ms) return;
    int64_t back_ms = level->time_ms - now_ms;
    level->time_ms = now_ms;
    for (int i = 0; i < LEVEL_BAND_COUNT - 1; i++) {
        level->above_for_ms[i] = longer(level->above_for_ms[i], -back_ms);
        level->below_for_ms[i] = longer(level->below_for_ms[i], -back_ms);
    }
}

bool level_is_over_the_top(const struct level *level)
{
    return (level->active & bit_of(LEVEL_BAND_TOP)) != 0;
}

struct condition level_judge(const struct level *level)
{
    struct condition condition = {.decided = level->time_ms != 0, .colour = SW_COLOUR_GREEN, .onset_ms = 0};
    for (int band = LEVEL_BAND_TOP; level->active != 0 && band > SW_COLOUR_GREEN; band--) {
        if ((level->active & bit_of(band)) == 0) continue;
        bool red_too = band == LEVEL_BAND_TOP && (level->active & bit_of(SW_COLOUR_RED)) != 0;
        condition.colour = band == LEVEL_BAND_TOP ? SW_COLOUR_RED : (enum sw_colour)band;
        condition.onset_ms = above_since_ms(level, red_too ? SW_COLOUR_RED : band);
        condition.rule = band == LEVEL_BAND_TOP ? SW_ALERT_RULE_OVER_THE_TOP : SW_ALERT_RULE_LEVEL_BAND;
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
    bool top = colour == SW_COLOUR_RED && level_is_over_the_top(level);
    if (colour == SW_COLOUR_GREEN) colour = lowest_band(policy);
    int64_t threshold_um = top ? policy->top_um : policy->band_um[colour];
    evidence->rule = top ? SW_ALERT_RULE_OVER_THE_TOP : SW_ALERT_RULE_LEVEL_BAND;
    evidence->value_kind = SW_READING_LEVEL;
    evidence->value_milli = level->level_um;
    evidence->threshold_milli = threshold_um == LEVEL_BAND_OFF ? 0 : threshold_um;
}
