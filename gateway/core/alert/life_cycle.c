#include "core/alert/life_cycle.h"

#include <assert.h>
#include <string.h>

#include "core/alert/alert_id.h"
#include "stillwater/error.h"

/* For the compiler: what is written into so many bits fits. */
#define FITS(value, bits) ((uint64_t)(value) & ((UINT64_C(1) << (bits)) - 1))

#define GRAVITY_MOST 6

#define RAISED_AFTER_MOST_MS ((INT64_C(1) << 38) - 1)

static_assert(sizeof(struct alert_life) == 16, "every subject has several");
static_assert(ALERT_TIME_MAX_MS < INT64_C(1) << 48, "onset_ms holds every time");
static_assert(SW_ALERT_STATE_COUNT <= 16 && SW_COLOUR_COUNT <= 8 && SW_ALERT_RULE_COUNT <= 64, "and the enums fit");

bool alert_life_is_open(const struct alert_life *life)
{
    return sw_alert_state_is_open((enum sw_alert_state)life->state);
}

/* Of rules that may tell of one thing in one colour: over the top is red, and worse than the red band; a total that was
 * tampered with is worse than one that was set back. */
static int badness(enum sw_colour colour, enum sw_alert_rule rule)
{
    static const uint8_t gravity[SW_ALERT_RULE_COUNT] = {[SW_ALERT_RULE_OVER_THE_TOP] = 1,
                                                         [SW_ALERT_RULE_NEGATIVE_STEP] = 1,
                                                         [SW_ALERT_RULE_STUCK] = 2,
                                                         [SW_ALERT_RULE_JUMP] = 3,
                                                         [SW_ALERT_RULE_PULSE_WEIGHT] = 4,
                                                         [SW_ALERT_RULE_INDEX_SET_BACK] = 5,
                                                         [SW_ALERT_RULE_TAMPER] = GRAVITY_MOST};
    return (int)colour * (GRAVITY_MOST + 1) + gravity[rule];
}

bool alert_life_is_pending(const struct alert_life *life)
{
    return life->state == SW_ALERT_STATE_PENDING;
}

int64_t alert_life_pending_since_ms(const struct alert_life *life)
{
    return (int64_t)(life->onset_ms + life->raised_after_ms);
}

/* Of one that is open or pending. */
static enum sw_alert_action change(const struct alert_life *life, const struct condition *condition)
{
    int bad = badness(condition->colour, condition->rule);
    int bad_before = badness((enum sw_colour)life->colour, (enum sw_alert_rule)life->rule);
    if (condition->colour == SW_COLOUR_GREEN) return SW_ALERT_ACTION_CLEAR;
    if (bad > bad_before) return SW_ALERT_ACTION_WORSEN;
    return bad < bad_before && life->revision < ALERT_REVISION_EASE_MAX ? SW_ALERT_ACTION_EASE : SW_ALERT_ACTION_NONE;
}

enum sw_alert_action alert_life_follow(struct alert_life *life, const struct condition *condition)
{
    if (!condition->decided) return SW_ALERT_ACTION_NONE;
    bool holds = condition->colour != SW_COLOUR_GREEN;
    if (alert_life_is_open(life)) return change(life, condition);
    if (alert_life_is_pending(life)) return holds ? SW_ALERT_ACTION_RAISE : SW_ALERT_ACTION_CLEAR;
    if (!holds) {
        life->muted = false;
        return SW_ALERT_ACTION_NONE;
    }
    int bad_when_muted = badness((enum sw_colour)life->muted_colour, (enum sw_alert_rule)life->rule);
    bool passed_over = life->muted && badness(condition->colour, condition->rule) <= bad_when_muted;
    return passed_over ? SW_ALERT_ACTION_NONE : SW_ALERT_ACTION_RAISE;
}

static void begin(struct alert_life *life, int64_t onset_ms)
{
    *life = (struct alert_life){.onset_ms = FITS(onset_ms, 48)};
}

static void note_time(struct alert_life *life, int64_t now_ms)
{
    int64_t after_ms = now_ms - (int64_t)life->onset_ms;
    if (after_ms < 0) after_ms = 0;
    if (after_ms > RAISED_AFTER_MOST_MS) after_ms = RAISED_AFTER_MOST_MS;
    life->raised_after_ms = FITS(after_ms, 38);
}

static void revise(struct alert_life *life, enum sw_alert_state state, enum sw_colour colour)
{
    life->state = FITS(state, 4);
    life->colour = FITS(colour, 3);
    if (life->colour > life->peak) life->peak = life->colour;
    bool is_told = life->revision > 0 || sw_alert_state_is_open(state);
    if (is_told) life->revision = FITS(life->revision + 1, 20);
}

void alert_life_step(struct alert_life *life, enum sw_alert_action step, enum sw_colour colour, enum sw_alert_rule rule,
                     int64_t onset_ms, int64_t now_ms)
{
    enum sw_alert_state from = (enum sw_alert_state)life->state;
    bool begins = step == SW_ALERT_ACTION_HOLD || (step == SW_ALERT_ACTION_RAISE && from != SW_ALERT_STATE_PENDING);
    if (begins) begin(life, onset_ms);
    enum sw_alert_state to = sw_alert_transition((enum sw_alert_state)life->state, step);
    if (to == SW_ALERT_STATE_NONE) return;
    if (begins || step == SW_ALERT_ACTION_RAISE) note_time(life, now_ms);
    revise(life, to, sw_alert_state_is_open(to) || to == SW_ALERT_STATE_PENDING ? colour : SW_COLOUR_GREEN);
    life->rule = FITS(rule, 6);
}

int alert_life_act(struct alert_life *life, enum sw_alert_action action)
{
    /* The other actions follow from readings, never from what people do or leave undone. */
    if (action != SW_ALERT_ACTION_ACKNOWLEDGE && action != SW_ALERT_ACTION_DISPATCH &&
        action != SW_ALERT_ACTION_RESOLVE && action != SW_ALERT_ACTION_ESCALATE)
        return SW_ERROR_NOT_PERMITTED;
    enum sw_alert_state state = sw_alert_transition((enum sw_alert_state)life->state, action);
    if (state == SW_ALERT_STATE_NONE) return SW_ERROR_NOT_PERMITTED;
    bool open = sw_alert_state_is_open(state);
    if (!open) {
        life->muted = true;
        life->muted_colour = life->colour;
    }
    revise(life, state, open ? (enum sw_colour)life->colour : SW_COLOUR_GREEN);
    return SW_OK;
}

void alert_life_describe(const struct alert_life *life, enum sw_alert_kind kind, struct sw_alert *alert)
{
    memset(alert, 0, sizeof *alert);
    alert->revision = life->revision;
    alert->kind = kind;
    alert->state = (enum sw_alert_state)life->state;
    alert->onset.ms = (int64_t)life->onset_ms;
    alert->raised_at.ms = (int64_t)(life->onset_ms + life->raised_after_ms);
    if (!sw_alert_kind_is_coloured(kind)) return;
    alert->colour = (enum sw_colour)life->colour;
    alert->peak = (enum sw_colour)life->peak;
}
