#include "core/core_area.h"

#include "core/core_state.h"

/* Who needs help must not be read off a map, and a damaged sensor is work for somebody. */
static bool is_of_place(enum sw_alert_rule rule)
{
    return rule == SW_ALERT_RULE_REPORTED_FLOOD || rule == SW_ALERT_RULE_REPORTED_COVER ||
           rule == SW_ALERT_RULE_REPORTED_LEAK;
}

static enum sw_colour colour_on_map(enum sw_alert_kind kind, enum sw_alert_rule rule, enum sw_colour colour)
{
    switch (kind) {
    case SW_ALERT_KIND_LEVEL:
    case SW_ALERT_KIND_COVER_OPEN:
    case SW_ALERT_KIND_NO_USE:
    case SW_ALERT_KIND_LEAK:
    case SW_ALERT_KIND_BURST:
        return colour;
    case SW_ALERT_KIND_LEVEL_SOON:
        return colour > SW_COLOUR_GREEN ? (enum sw_colour)(colour - 1) : SW_COLOUR_GREEN;
    case SW_ALERT_KIND_REPORTED:
        return is_of_place(rule) ? colour : SW_COLOUR_GREEN;
    default:
        return SW_COLOUR_GREEN;
    }
}

static bool blinds(enum sw_alert_kind kind)
{
    return kind == SW_ALERT_KIND_SENSOR_SILENT || kind == SW_ALERT_KIND_NODE_SILENT ||
           kind == SW_ALERT_KIND_BUS_SILENT || kind == SW_ALERT_KIND_SENSOR_QUALITY ||
           kind == SW_ALERT_KIND_METER_FAULT;
}

/* A silence keeps an alert from people, not the water from the map. */
static bool is_on_map(const struct core *core, uint32_t index, const struct alert_life *life, enum sw_alert_kind kind)
{
    bool held = alert_life_is_pending(life) && core_is_silenced(core, index, kind, (enum sw_colour)life->colour);
    return alert_life_is_open(life) || held;
}

static void take_alerts(const struct core *core, uint32_t index, struct core_area_input *input)
{
    const struct subject *subject = &core->subjects[index];
    for (int which = 0; subject->standing >> which != 0; which++) {
        const struct alert_life *life = &subject->alerts[which];
        enum sw_alert_kind kind = core_alert_kind((enum subject_domain)subject->domain, (enum subject_alert)which);
        if (!is_on_map(core, index, life, kind)) continue;
        enum sw_colour colour = colour_on_map(kind, (enum sw_alert_rule)life->rule, (enum sw_colour)life->colour);
        if (colour > input->colour) input->colour = colour;
        if (blinds(kind)) input->unknown = true;
    }
}

/* An open alert hides it from the condition that nothing has been heard since. */
static bool is_unheard(const struct subject *subject, int64_t now_ms)
{
    int64_t limit_ms = core_silence_limit_ms(subject);
    return subject->last_good_ms == 0 || (limit_ms > 0 && now_ms - subject->last_good_ms >= limit_ms);
}

struct core_area_input core_area_input(const struct core *core, uint32_t index, struct sw_wall now)
{
    const struct subject *subject = &core->subjects[index];
    struct core_area_input input = {.colour = SW_COLOUR_GREEN};
    take_alerts(core, index, &input);
    for (uint32_t above = subject->parent; above != CORE_NO_PARENT; above = core->subjects[above].parent) {
        struct core_area_input of_parent = {.colour = SW_COLOUR_GREEN};
        take_alerts(core, above, &of_parent);
        if (of_parent.unknown) input.unknown = true;
    }
    if (is_unheard(subject, now.ms) || core_subject_status(core, index, now).condition == SUBJECT_UNKNOWN)
        input.unknown = true;
    return input;
}
