#include "core/alert/flap.h"

#include <assert.h>
#include <string.h>

#include "core/kept_time.h"

static_assert(sizeof(struct flap) <= 72, "hundreds of them");

uint32_t flap_find(const struct flaps *flaps, uint32_t subject, uint8_t which)
{
    uint32_t place = 0;
    while (place < flaps->count && (flaps->list[place].subject != subject || flaps->list[place].which != which))
        place++;
    return place;
}

static struct flap *longest_quiet(struct flaps *flaps)
{
    struct flap *found = NULL;
    for (uint32_t i = 0; i < flaps->count; i++) {
        struct flap *flap = &flaps->list[i];
        if (flap->due_ms == DEADLINE_NONE && (!found || flap->since_ms < found->since_ms)) found = flap;
    }
    return found;
}

struct flap *flap_add(struct flaps *flaps, uint32_t subject, uint8_t which, struct flap *forgotten)
{
    bool has_room = flaps->count < FLAPS_MAX;
    struct flap *flap = has_room ? &flaps->list[flaps->count++] : longest_quiet(flaps);
    if (!flap) return NULL;
    *forgotten = *flap;
    if (has_room) forgotten->subject = FLAP_NOBODY;
    *flap = (struct flap){.subject = subject, .which = which, .due_ms = DEADLINE_NONE};
    return flap;
}

static void stand(struct flap *flap, const struct condition *condition, int64_t now_ms)
{
    flap->colour = (uint8_t)condition->colour;
    flap->rule = (uint8_t)condition->rule;
    flap->since_ms = now_ms;
}

uint16_t flap_raises(const struct flap *flap, const struct noise_policy *policy, int64_t now_ms)
{
    uint16_t count = 0;
    while (count < flap->count && now_ms - kept_ms(flap->raised_s[count]) < policy->flap_window_ms)
        count++;
    return count;
}

bool flap_raised(struct flap *flap, const struct noise_policy *policy, const struct condition *condition,
                 int64_t now_ms)
{
    if (flap->count <= NOISE_RAISES_MAX) flap->count++;
    memmove(&flap->raised_s[1], &flap->raised_s[0], (size_t)(flap->count - 1) * sizeof flap->raised_s[0]);
    flap->raised_s[0] = kept_s(now_ms);
    flap->flapping = policy->flap_raises > 0 && flap_raises(flap, policy, now_ms) > policy->flap_raises;
    stand(flap, condition, now_ms);
    flap->due_ms = flap->flapping ? now_ms + policy->flap_quiet_ms : DEADLINE_NONE;
    return flap->flapping;
}

bool flap_holds(struct flap *flap, const struct noise_policy *policy, enum sw_alert_action step,
                const struct condition *condition, int64_t now_ms)
{
    bool waits = step == SW_ALERT_ACTION_CLEAR || (step == SW_ALERT_ACTION_EASE && flap->flapping);
    bool stands = flap->due_ms != DEADLINE_NONE && flap->colour == condition->colour && flap->rule == condition->rule;
    if (!stands) {
        stand(flap, condition, now_ms);
        int64_t wait_ms = flap->flapping ? policy->flap_quiet_ms : policy->off_delay_ms;
        flap->due_ms = flap->flapping || waits ? now_ms + wait_ms : DEADLINE_NONE;
    }
    return waits && now_ms < flap->due_ms;
}

int64_t flaps_due_ms(const struct flaps *flaps)
{
    int64_t due_ms = DEADLINE_NONE;
    for (uint32_t i = 0; i < flaps->count; i++)
        if (flaps->list[i].due_ms < due_ms) due_ms = flaps->list[i].due_ms;
    return due_ms;
}

void flaps_set_back(struct flaps *flaps, int64_t now_ms)
{
    for (uint32_t i = 0; i < flaps->count; i++) {
        struct flap *flap = &flaps->list[i];
        int64_t ahead_ms = flap->since_ms - now_ms;
        if (ahead_ms <= 0) continue;
        flap->since_ms = now_ms;
        if (flap->due_ms != DEADLINE_NONE) flap->due_ms -= ahead_ms;
        for (int raise = 0; raise < flap->count; raise++)
            if (flap->raised_s[raise] > kept_s(now_ms)) flap->raised_s[raise] = kept_s(now_ms);
    }
}
