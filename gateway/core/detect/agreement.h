/* Who else says it: sensors in place near by, pipe sensors upstream, rain gauges. What agrees raises the certainty of
 * what a level sensor says, what disagrees lowers it, and a weather warning lowers the bar. Pure functions over what
 * the others said last; nothing is kept here. */
#ifndef GATEWAY_CORE_DETECT_AGREEMENT_H
#define GATEWAY_CORE_DETECT_AGREEMENT_H

#include <stddef.h>

#include "core/detect/condition.h"
#include "core/detect/rise.h"
#include "core/policy.h"

enum agreement_word { AGREEMENT_UNKNOWN, AGREEMENT_DRY, AGREEMENT_RISING };

/* What one of them said last, and when. A quarantined sensor says UNKNOWN. */
struct agreement_witness {
    enum agreement_place place;
    enum agreement_word word;
    int64_t time_ms; /* of the reading it rests on; 0 = never */
};

/* What the sensor itself has to say. */
enum agreement_claim {
    AGREEMENT_CLAIM_FORECAST,    /* a band is expected: never "observed" */
    AGREEMENT_CLAIM_QUARANTINED, /* a band is reached, says a sensor in quarantine */
    AGREEMENT_CLAIM_REACHED      /* a band is reached, says a healthy sensor */
};

struct agreement {
    enum sw_certainty certainty;      /* never AUTO */
    bool helped;                      /* quarantine does not hold, the forecast is earlier, the on-delay shorter */
    uint8_t agree, disagree, unknown; /* witnesses, saturated */
    size_t upstream;                  /* the first witness from upstream that agrees, or AGREEMENT_NOBODY */
};
#define AGREEMENT_NOBODY SIZE_MAX

struct agreement_policy agreement_policy_default(void);

struct agreement agreement_judge(const struct agreement_policy *policy, enum agreement_claim claim,
                                 const struct agreement_witness *witnesses, size_t count, bool weather_warning,
                                 int64_t now_ms);

void agreement_evidence(const struct agreement *agreement, struct sw_evidence *evidence);

/* The on-delay that counts now. */
int64_t agreement_on_delay_ms(const struct agreement_policy *policy, const struct agreement *agreement,
                              int64_t on_delay_ms);

/* The word of a level sensor and of a rain gauge (rain in the last half hour or so, um). */
enum agreement_word agreement_word_of_level(const struct agreement_policy *policy, const struct rise *rise,
                                            const struct rise_policy *rise_policy);
/* Upstream it says RISING for as long as its last crest takes to come here. */
enum agreement_word agreement_word_of_upstream(const struct agreement_policy *policy, const struct rise *rise,
                                               const struct rise_policy *rise_policy, int64_t now_ms);
enum agreement_word agreement_word_of_rain(const struct agreement_policy *policy, int64_t rain_um);

/* A cover is open while the water under it is at a band or rises: one colour above the worse of the two, red at most,
 * from the moment that both were so. Green unless both are. `soon` is the forecast (rise_judge). */
struct condition agreement_cover_and_level(const struct condition *cover, const struct condition *level,
                                           const struct condition *soon);

#endif
