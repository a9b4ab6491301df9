/* Vocabulary of what people say about homes (people.def), as enums and name look-ups. No I/O, no state. */
#ifndef STILLWATER_PEOPLE_H
#define STILLWATER_PEOPLE_H

#define SW_AWAY(code, name, text, meaning) SW_AWAY_##name = (code),
#define SW_OUTCOME(code, name, text, meaning)
enum sw_away {
#include "stillwater/people.def"
    SW_AWAY_COUNT
};
#undef SW_AWAY
#undef SW_OUTCOME

#define SW_AWAY(code, name, text, meaning)
#define SW_OUTCOME(code, name, text, meaning) SW_OUTCOME_##name = (code),
enum sw_outcome {
    SW_OUTCOME_NONE = 0,
#include "stillwater/people.def"
    SW_OUTCOME_COUNT
};
#undef SW_AWAY
#undef SW_OUTCOME

/* Names as in JSON; "unknown" for a code that is not in the table. Static storage. */
const char *sw_away_name(enum sw_away away);
const char *sw_outcome_name(enum sw_outcome outcome);

/* The other way; the ..._NONE value when no entry has this name (for SW_AWAY_NONE: "none" has it, too). */
enum sw_away sw_away_from_name(const char *name);
enum sw_outcome sw_outcome_from_name(const char *name);

#endif
