#include <stdio.h>

#include "reference/pages.h"
#include "stillwater/alert.h"

static void print_colours(void)
{
    puts("## Colours, in rising order\n\n| code | name | CAP severity | CAP urgency |\n|---|---|---|---|");
    for (unsigned i = 0; i < SW_COLOUR_COUNT; i++) {
        enum sw_colour colour = (enum sw_colour)i;
        printf("| %u | %s | %s | %s |\n", i, sw_colour_name(colour), sw_colour_cap_severity(colour),
               sw_colour_cap_urgency(colour));
    }
    puts("");
}

static void print_kinds(void)
{
    puts("## Kinds\n\nA kind without a colour is a note: always green, for somebody who knows the home.\n\n"
         "| code | name | coloured | meaning |\n|---|---|---|---|");
    for (unsigned i = 1; i < SW_ALERT_KIND_COUNT; i++)
        printf("| %u | %s | %s | %s |\n", i, sw_alert_kind_name((enum sw_alert_kind)i),
               sw_alert_kind_is_coloured((enum sw_alert_kind)i) ? "yes" : "no",
               sw_alert_kind_description((enum sw_alert_kind)i));
    puts("");
}

static void print_rules(void)
{
    puts("## Rules (`evidence.rule`)\n\n| code | name | what fired |\n|---|---|---|");
#define SW_COLOUR(code, name, text, severity, urgency)
#define SW_ALERT_KIND(code, name, text, coloured, description)
#define SW_ALERT_STATE(code, name, text, open)
#define SW_ALERT_RULE(code, name, text, description) printf("| %d | %s | %s |\n", code, text, description);
#define SW_ALERT_ACTION(code, name, text)
#define SW_ALERT_TRANSITION(from, action, to)
#include "stillwater/alert.def"
    puts("");
}

static void print_states(void)
{
    puts("## States and what leads from one to the next\n\nOpen states still need somebody to do something. An empty "
         "field: it cannot happen. The first row, without a state, is how an alert begins. Nobody is told of what is "
         "pending. What it means for people: [life of an alert](alert-life.md).\n");
    printf("| state | open |");
    for (unsigned action = 1; action < SW_ALERT_ACTION_COUNT; action++)
        printf(" %s |", sw_alert_action_name((enum sw_alert_action)action));
    printf("\n|---|---|");
    for (unsigned action = 1; action < SW_ALERT_ACTION_COUNT; action++)
        printf("---|");
    puts("");
    for (unsigned i = SW_ALERT_STATE_NONE; i < SW_ALERT_STATE_COUNT; i++) {
        enum sw_alert_state state = (enum sw_alert_state)i;
        if (state == SW_ALERT_STATE_NONE)
            printf("| | |");
        else
            printf("| %s | %s |", sw_alert_state_name(state), sw_alert_state_is_open(state) ? "yes" : "no");
        for (unsigned action = 1; action < SW_ALERT_ACTION_COUNT; action++) {
            enum sw_alert_state next = sw_alert_transition(state, (enum sw_alert_action)action);
            printf(" %s |", next == SW_ALERT_STATE_NONE ? "" : sw_alert_state_name(next));
        }
        puts("");
    }
}

void print_alerts(void)
{
    puts("# Alerts\n\nMade from `include/stillwater/alert.def` by `stillwater-reference alerts`; do not edit.\n");
    print_colours();
    print_kinds();
    print_rules();
    print_states();
}
