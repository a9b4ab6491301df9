#include "stillwater/people.h"

#include <stddef.h>
#include <string.h>

static const char *const away_names[SW_AWAY_COUNT] = {
#define SW_AWAY(code, name, text, meaning) [code] = text,
#define SW_OUTCOME(code, name, text, meaning)
#include "stillwater/people.def"
#undef SW_AWAY
#undef SW_OUTCOME
};

static const char *const outcome_names[SW_OUTCOME_COUNT] = {
#define SW_AWAY(code, name, text, meaning)
#define SW_OUTCOME(code, name, text, meaning) [code] = text,
#include "stillwater/people.def"
#undef SW_AWAY
#undef SW_OUTCOME
};

/* 0 when no entry has this name. */
static unsigned find(const char *const *names, unsigned count, const char *name)
{
    for (unsigned i = 1; i < count; i++)
        if (names[i] && strcmp(names[i], name) == 0) return i;
    return 0;
}

const char *sw_away_name(enum sw_away away)
{
    return (unsigned)away < SW_AWAY_COUNT ? away_names[away] : "unknown";
}

const char *sw_outcome_name(enum sw_outcome outcome)
{
    const char *name = (unsigned)outcome < SW_OUTCOME_COUNT ? outcome_names[outcome] : NULL;
    return name ? name : "unknown";
}

enum sw_away sw_away_from_name(const char *name)
{
    return (enum sw_away)find(away_names, SW_AWAY_COUNT, name);
}

enum sw_outcome sw_outcome_from_name(const char *name)
{
    return (enum sw_outcome)find(outcome_names, SW_OUTCOME_COUNT, name);
}
