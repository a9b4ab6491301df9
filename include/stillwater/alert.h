/* Alert vocabulary (alert.def) as enums and name look-ups, and the alert as a value. No I/O, no state. */
#ifndef STILLWATER_ALERT_H
#define STILLWATER_ALERT_H

#include <stdbool.h>
#include <stdint.h>

#include "stillwater/reading.h"
#include "stillwater/time.h"
#include "stillwater/topics.h"

#define SW_COLOUR(code, name, text, severity, urgency) SW_COLOUR_##name = (code),
#define SW_ALERT_KIND(code, name, text, coloured, description)
#define SW_ALERT_STATE(code, name, text, open)
#define SW_ALERT_RULE(code, name, text, description)
#define SW_ALERT_ACTION(code, name, text)
#define SW_ALERT_TRANSITION(from, action, to)
enum sw_colour {
#include "stillwater/alert.def"
    SW_COLOUR_COUNT
};
#undef SW_COLOUR
#define SW_COLOUR(code, name, text, severity, urgency)

#undef SW_ALERT_KIND
#define SW_ALERT_KIND(code, name, text, coloured, description) SW_ALERT_KIND_##name = (code),
enum sw_alert_kind {
    SW_ALERT_KIND_NONE = 0,
#include "stillwater/alert.def"
    SW_ALERT_KIND_COUNT
};
#undef SW_ALERT_KIND
#define SW_ALERT_KIND(code, name, text, coloured, description)

#undef SW_ALERT_STATE
#define SW_ALERT_STATE(code, name, text, open) SW_ALERT_STATE_##name = (code),
enum sw_alert_state {
    SW_ALERT_STATE_NONE = 0,
#include "stillwater/alert.def"
    SW_ALERT_STATE_COUNT
};
#undef SW_ALERT_STATE
#define SW_ALERT_STATE(code, name, text, open)

#undef SW_ALERT_RULE
#define SW_ALERT_RULE(code, name, text, description) SW_ALERT_RULE_##name = (code),
enum sw_alert_rule {
    SW_ALERT_RULE_NONE = 0,
#include "stillwater/alert.def"
    SW_ALERT_RULE_COUNT
};
#undef SW_ALERT_RULE
#define SW_ALERT_RULE(code, name, text, description)

#undef SW_ALERT_ACTION
#define SW_ALERT_ACTION(code, name, text) SW_ALERT_ACTION_##name = (code),
enum sw_alert_action {
    SW_ALERT_ACTION_NONE = 0,
#include "stillwater/alert.def"
    SW_ALERT_ACTION_COUNT
};
#undef SW_COLOUR
#undef SW_ALERT_KIND
#undef SW_ALERT_STATE
#undef SW_ALERT_RULE
#undef SW_ALERT_ACTION
#undef SW_ALERT_TRANSITION

/* Names as in JSON; "unknown" for a code that is not in the table. Static storage. */
const char *sw_colour_name(enum sw_colour colour);
const char *sw_colour_cap_severity(enum sw_colour colour);
const char *sw_colour_cap_urgency(enum sw_colour colour);
const char *sw_alert_kind_name(enum sw_alert_kind kind);
const char *sw_alert_kind_description(enum sw_alert_kind kind);
/* False for notes: their alerts are green all the time. */
bool sw_alert_kind_is_coloured(enum sw_alert_kind kind);
const char *sw_alert_state_name(enum sw_alert_state state);
const char *sw_alert_rule_name(enum sw_alert_rule rule);
const char *sw_alert_rule_description(enum sw_alert_rule rule);
const char *sw_alert_action_name(enum sw_alert_action action);

/* The other way; the ..._NONE value (colour: SW_COLOUR_COUNT) when no entry has this name. */
enum sw_colour sw_colour_from_name(const char *name);
enum sw_alert_kind sw_alert_kind_from_name(const char *name);
enum sw_alert_state sw_alert_state_from_name(const char *name);
enum sw_alert_action sw_alert_action_from_name(const char *name);

bool sw_alert_state_is_open(enum sw_alert_state state);

/* The state after `action`; SW_ALERT_STATE_NONE when the table has no such transition. */
enum sw_alert_state sw_alert_transition(enum sw_alert_state from, enum sw_alert_action action);

/* Whether a home's own habit is known. */
enum sw_habit_state {
    SW_HABIT_NONE = 0, /* does not apply */
    SW_HABIT_LEARNING, /* not yet: the city's policy stands in */
    SW_HABIT_LEARNED,
};

/* CAP 1.2 certainty. AUTO: follows from coverage and clock quality. */
enum sw_certainty {
    SW_CERTAINTY_AUTO = 0,
    SW_CERTAINTY_UNLIKELY,
    SW_CERTAINTY_POSSIBLE,
    SW_CERTAINTY_LIKELY,
    SW_CERTAINTY_OBSERVED,
};

/* What an alert rests on. A field that does not apply or is not known is absent: flag false, wall time 0. */
struct sw_evidence {
    enum sw_alert_rule rule;
    int64_t window_ms;         /* length of time looked at, ending at last_good (silence: at updated_at); 0 = none */
    int32_t coverage_permille; /* part of the window that was observed; -1 = does not apply */
    struct sw_wall last_good;  /* last good reading */
    struct sw_wall last_use;   /* homes: end of the last water use seen */
    enum sw_reading_kind value_kind; /* what value and threshold measure; NONE = both absent */
    int64_t value_milli;             /* thousandths of the kind's unit */
    int64_t threshold_milli;
    enum sw_habit_state habit;
    int64_t usual_low_ms;  /* homes: how long this home is usually still at such an hour, median; 0 = not known */
    int64_t usual_high_ms; /* and the longest that is usual */
    bool rate_known;
    int64_t rate_milli_per_h;  /* change of the value an hour */
    int64_t forecast_min_ms;   /* time to the band from updated_at: from the earliest */
    int64_t forecast_ms;       /* by the likely */
    int64_t forecast_max_ms;   /* to the latest; 0 = no forecast */
    uint8_t agree, disagree;   /* sensors upstream and around that say the same, and that do not */
    char upstream[SW_ID_SIZE]; /* a sensor upstream that says the same, the first of those named; "" = none does */
    enum sw_certainty certainty;
    uint16_t count;      /* faults: how many in 30 days; 0 = does not apply */
    uint16_t flaps;      /* raised so often lately that it is held open until it is steady; 0 = it is */
    bool estimated_time; /* some reading's time is only estimated (clock of the node was never set) */
};

#define SW_ALERT_ACTOR_SIZE SW_ID_SIZE
/* Who ends what the configuration has no subject or rule for any more. */
#define SW_ALERT_ACTOR_CONFIGURATION "configuration"
#define SW_ALERT_NOTE_SIZE           256

/* One revision of an alert. Plain data: may be copied, compared field by field, kept in the store. */
struct sw_alert {
    char id[SW_ALERT_ID_SIZE]; /* from gateway, kind, subject and onset: a retry cannot make a second one */
    uint32_t revision;         /* 1 when raised, one more with every change */
    enum sw_alert_kind kind;
    enum sw_alert_state state;
    enum sw_colour colour; /* green once cleared or resolved */
    enum sw_colour peak;   /* the worst colour so far */
    char subject[SW_ID_SIZE];
    struct sw_wall onset;      /* when the condition began, by the readings */
    struct sw_wall raised_at;  /* when the gateway decided: revision 1 */
    struct sw_wall updated_at; /* when the gateway decided: this revision */
    struct sw_evidence evidence;
    char actor[SW_ALERT_ACTOR_SIZE]; /* who caused this revision; "" = the gateway itself */
    char note[SW_ALERT_NOTE_SIZE];   /* UTF-8, from the actor; "" = none */
    bool drill;                      /* an exercise: nothing was measured and nothing has happened */
};

#endif
