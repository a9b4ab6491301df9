#include "core/detect/agreement.h"

#define MINUTE_MS (60 * 1000)

/* Street floods are local and a gauge may stand beside the storm: a dry one weighs less than a wet one. */
struct agreement_policy agreement_policy_default(void)
{
    return (struct agreement_policy){
        .reach_m = {[AGREEMENT_NEIGHBOUR] = 500, [AGREEMENT_RAIN] = 3000},
        .trusted_ms = {[AGREEMENT_NEIGHBOUR] = 30 * MINUTE_MS,
                       [AGREEMENT_UPSTREAM] = 60 * MINUTE_MS,
                       [AGREEMENT_RAIN] = 60 * MINUTE_MS},
        .rising_weight = {[AGREEMENT_NEIGHBOUR] = 2, [AGREEMENT_UPSTREAM] = 3, [AGREEMENT_RAIN] = 2},
        .dry_weight = {[AGREEMENT_NEIGHBOUR] = 1, [AGREEMENT_UPSTREAM] = 2, [AGREEMENT_RAIN] = 1},
        .decides_at = 1,
        .warning_delay_permille = 500,
        .rising_um_min = 1000,
        .rain_um = 2000,
    };
}

static void count_one(uint8_t *count)
{
    if (*count < UINT8_MAX) (*count)++;
}

static enum agreement_word word_now(const struct agreement_policy *policy, const struct agreement_witness *witness,
                                    int64_t now_ms)
{
    int64_t age_ms = now_ms - witness->time_ms;
    if (age_ms < 0) age_ms = -age_ms;
    bool known = witness->time_ms != 0 && age_ms <= policy->trusted_ms[witness->place];
    return known ? witness->word : AGREEMENT_UNKNOWN;
}

static enum sw_certainty certainty_of(enum agreement_claim claim, int32_t ahead, int32_t decides_at)
{
    int certainty = claim == AGREEMENT_CLAIM_REACHED ? SW_CERTAINTY_LIKELY : SW_CERTAINTY_POSSIBLE;
    if (ahead >= decides_at) certainty++;
    if (ahead <= -decides_at) certainty--;
    return (enum sw_certainty)certainty;
}

struct agreement agreement_judge(const struct agreement_policy *policy, enum agreement_claim claim,
                                 const struct agreement_witness *witnesses, size_t count, bool weather_warning,
                                 int64_t now_ms)
{
    struct agreement agreement = {.helped = weather_warning, .upstream = AGREEMENT_NOBODY};
    int32_t ahead = 0;
    for (size_t i = 0; i < count; i++) {
        enum agreement_word word = word_now(policy, &witnesses[i], now_ms);
        if (word == AGREEMENT_RISING) {
            count_one(&agreement.agree);
            ahead += policy->rising_weight[witnesses[i].place];
            if (witnesses[i].place == AGREEMENT_UPSTREAM && agreement.upstream == AGREEMENT_NOBODY)
                agreement.upstream = i;
        } else if (word == AGREEMENT_DRY) {
            count_one(&agreement.disagree);
            ahead -= policy->dry_weight[witnesses[i].place];
        } else {
            count_one(&agreement.unknown);
        }
    }
    if (ahead >= policy->decides_at) agreement.helped = true;
    agreement.certainty = certainty_of(claim, ahead, policy->decides_at);
    return agreement;
}

void agreement_evidence(const struct agreement *agreement, struct sw_evidence *evidence)
{
    evidence->certainty = agreement->certainty;
    evidence->agree = agreement->agree;
    evidence->disagree = agreement->disagree;
}

int64_t agreement_on_delay_ms(const struct agreement_policy *policy, const struct agreement *agreement,
                              int64_t on_delay_ms)
{
    return agreement->helped ? on_delay_ms / 1000 * policy->warning_delay_permille : on_delay_ms;
}

enum agreement_word agreement_word_of_level(const struct agreement_policy *policy, const struct rise *rise,
                                            const struct rise_policy *rise_policy)
{
    if (rise->time_ms == 0) return AGREEMENT_UNKNOWN;
    if (!rise->in_flood) return AGREEMENT_DRY;
    bool rises = rise_rate_um_min(rise, rise_policy) >= policy->rising_um_min;
    return rises || rise->warned ? AGREEMENT_RISING : AGREEMENT_UNKNOWN;
}

enum agreement_word agreement_word_of_upstream(const struct agreement_policy *policy, const struct rise *rise,
                                               const struct rise_policy *rise_policy, int64_t now_ms)
{
    if (rise_crest_age_ms(rise, now_ms) < policy->travel_ms) return AGREEMENT_RISING;
    return agreement_word_of_level(policy, rise, rise_policy);
}

enum agreement_word agreement_word_of_rain(const struct agreement_policy *policy, int64_t rain_um)
{
    if (rain_um >= policy->rain_um) return AGREEMENT_RISING;
    return rain_um <= 0 ? AGREEMENT_DRY : AGREEMENT_UNKNOWN;
}

struct condition agreement_cover_and_level(const struct condition *cover, const struct condition *level,
                                           const struct condition *soon)
{
    struct condition both = {.decided = cover->decided && (level->decided || soon->decided),
                             .colour = SW_COLOUR_GREEN,
                             .rule = SW_ALERT_RULE_COVER_AND_LEVEL};
    const struct condition *water = level->colour >= soon->colour ? level : soon;
    if (cover->colour == SW_COLOUR_GREEN || water->colour == SW_COLOUR_GREEN) return both;
    int worse = cover->colour > water->colour ? (int)cover->colour : (int)water->colour;
    both.colour = worse < SW_COLOUR_RED ? (enum sw_colour)(worse + 1) : SW_COLOUR_RED;
    both.onset_ms = cover->onset_ms > water->onset_ms ? cover->onset_ms : water->onset_ms;
    return both;
}
