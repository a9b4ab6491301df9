#include "stillwater/alert.h"

#include <string.h>

/* One row type per table of alert.def; the others are empty while one is read. */
#define SW_COLOUR(code, name, text, severity, urgency)
#define SW_ALERT_KIND(code, name, text, coloured, description)
#define SW_ALERT_STATE(code, name, text, open)
#define SW_ALERT_RULE(code, name, text, description)
#define SW_ALERT_ACTION(code, name, text)
#define SW_ALERT_TRANSITION(from, action, to)

static const struct {
    const char *name, *severity, *urgency;
} colours[SW_COLOUR_COUNT] = {
#undef SW_COLOUR
#define SW_COLOUR(code, name, text, severity, urgency) [code] = {text, severity, urgency},
#include "stillwater/alert.def"
#undef SW_COLOUR
#define SW_COLOUR(code, name, text, severity, urgency)
};

static const struct {
    const char *name, *description;
    bool coloured;
} kinds[SW_ALERT_KIND_COUNT] = {
#undef SW_ALERT_KIND
#define SW_ALERT_KIND(code, name, text, coloured, description) [code] = {text, description, (coloured) != 0},
#include "stillwater/alert.def"
#undef SW_ALERT_KIND
#define SW_ALERT_KIND(code, name, text, coloured, description)
};

static const struct {
    const char *name;
    bool open;
} states[SW_ALERT_STATE_COUNT] = {
#undef SW_ALERT_STATE
#define SW_ALERT_STATE(code, name, text, open) [code] = {text, (open) != 0},
#include "stillwater/alert.def"
#undef SW_ALERT_STATE
#define SW_ALERT_STATE(code, name, text, open)
};

static const struct {
    const char *name, *description;
} rules[SW_ALERT_RULE_COUNT] = {
#undef SW_ALERT_RULE
#define SW_ALERT_RULE(code, name, text, description) [code] = {text, description},
#include "stillwater/alert.def"
#undef SW_ALERT_RULE
#define SW_ALERT_RULE(code, name, text, description)
};

static const char *const actions[SW_ALERT_ACTION_COUNT] = {
#undef SW_ALERT_ACTION
#define SW_ALERT_ACTION(code, name, text) [code] = text,
#include "stillwater/alert.def"
#undef SW_ALERT_ACTION
#define SW_ALERT_ACTION(code, name, text)
};

/* The value is the state after; SW_ALERT_STATE_NONE (0) where there is no transition. */
static const unsigned char transitions[SW_ALERT_STATE_COUNT][SW_ALERT_ACTION_COUNT] = {
#undef SW_ALERT_TRANSITION
#define SW_ALERT_TRANSITION(from, action, to) [SW_ALERT_STATE_##from][SW_ALERT_ACTION_##action] = SW_ALERT_STATE_##to,
#include "stillwater/alert.def"
};

static const char *or_unknown(const char *name)
{
    return name ? name : "unknown";
}

const char *sw_colour_name(enum sw_colour colour)
{
    return or_unknown((unsigned)colour < SW_COLOUR_COUNT ? colours[colour].name : NULL);
}

const char *sw_colour_cap_severity(enum sw_colour colour)
{
    return or_unknown((unsigned)colour < SW_COLOUR_COUNT ? colours[colour].severity : NULL);
}

const char *sw_colour_cap_urgency(enum sw_colour colour)
{
    return or_unknown((unsigned)colour < SW_COLOUR_COUNT ? colours[colour].urgency : NULL);
}

const char *sw_alert_kind_name(enum sw_alert_kind kind)
{
    return or_unknown((unsigned)kind < SW_ALERT_KIND_COUNT ? kinds[kind].name : NULL);
}

const char *sw_alert_kind_description(enum sw_alert_kind kind)
{
    return or_unknown((unsigned)kind < SW_ALERT_KIND_COUNT ? kinds[kind].description : NULL);
}

bool sw_alert_kind_is_coloured(enum sw_alert_kind kind)
{
    return (unsigned)kind < SW_ALERT_KIND_COUNT && kinds[kind].coloured;
}

const char *sw_alert_state_name(enum sw_alert_state state)
{
    return or_unknown((unsigned)state < SW_ALERT_STATE_COUNT ? states[state].name : NULL);
}

const char *sw_alert_rule_name(enum sw_alert_rule rule)
{
    return or_unknown((unsigned)rule < SW_ALERT_RULE_COUNT ? rules[rule].name : NULL);
}

const char *sw_alert_rule_description(enum sw_alert_rule rule)
{
    return or_unknown((unsigned)rule < SW_ALERT_RULE_COUNT ? rules[rule].description : NULL);
}

const char *sw_alert_action_name(enum sw_alert_action action)
{
    return or_unknown((unsigned)action < SW_ALERT_ACTION_COUNT ? actions[action] : NULL);
}

enum sw_colour sw_colour_from_name(const char *name)
{
    for (unsigned i = 0; i < SW_COLOUR_COUNT; i++)
        if (strcmp(colours[i].name, name) == 0) return (enum sw_colour)i;
    return SW_COLOUR_COUNT;
}

enum sw_alert_kind sw_alert_kind_from_name(const char *name)
{
    for (unsigned i = 1; i < SW_ALERT_KIND_COUNT; i++)
        if (kinds[i].name && strcmp(kinds[i].name, name) == 0) return (enum sw_alert_kind)i;
    return SW_ALERT_KIND_NONE;
}

enum sw_alert_state sw_alert_state_from_name(const char *name)
{
    for (unsigned i = 1; i < SW_ALERT_STATE_COUNT; i++)
        if (states[i].name && strcmp(states[i].name, name) == 0) return (enum sw_alert_state)i;
    return SW_ALERT_STATE_NONE;
}

enum sw_alert_action sw_alert_action_from_name(const char *name)
{
    for (unsigned i = 1; i < SW_ALERT_ACTION_COUNT; i++)
        if (actions[i] && strcmp(actions[i], name) == 0) return (enum sw_alert_action)i;
    return SW_ALERT_ACTION_NONE;
}

bool sw_alert_state_is_open(enum sw_alert_state state)
{
    return (unsigned)state < SW_ALERT_STATE_COUNT && states[state].open;
}

enum sw_alert_state sw_alert_transition(enum sw_alert_state from, enum sw_alert_action action)
{
    if ((unsigned)from >= SW_ALERT_STATE_COUNT || (unsigned)action >= SW_ALERT_ACTION_COUNT) return SW_ALERT_STATE_NONE;
    return (enum sw_alert_state)transitions[from][action];
}
