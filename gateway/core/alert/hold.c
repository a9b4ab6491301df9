#include "core/alert/hold.h"

#include <string.h>

bool hold_covers(const struct hold *hold, const struct hold_question *alert)
{
    bool there = hold->subject[0] != '\0' ? strcmp(hold->subject, alert->subject) == 0
                                          : alert->grid && sw_area_path_is_in(alert->grid, hold->area);
    if (!there || hold->reason == HOLD_MAINTENANCE) return there;
    return (hold->kind == SW_ALERT_KIND_NONE || hold->kind == alert->kind) && alert->colour <= hold->most;
}

const struct hold *holds_silence_on(const struct holds *holds, const struct hold_question *alert)
{
    const struct hold *longest = NULL;
    for (uint32_t i = 0; i < holds->count; i++) {
        const struct hold *hold = &holds->list[i];
        if (hold->reason != HOLD_SILENCE || !hold_covers(hold, alert)) continue;
        if (!longest || hold->until.ms > longest->until.ms) longest = hold;
    }
    return longest;
}

bool holds_maintain(const struct holds *holds, const char *subject)
{
    for (uint32_t i = 0; i < holds->count; i++)
        if (holds->list[i].reason == HOLD_MAINTENANCE && strcmp(holds->list[i].subject, subject) == 0) return true;
    return false;
}

struct hold *holds_find(struct holds *holds, const struct hold *like)
{
    for (uint32_t i = 0; i < holds->count; i++) {
        struct hold *hold = &holds->list[i];
        if (hold->reason == like->reason && hold->kind == like->kind && strcmp(hold->subject, like->subject) == 0 &&
            strcmp(hold->area, like->area) == 0)
            return hold;
    }
    return NULL;
}

bool holds_put(struct holds *holds, const struct hold *hold)
{
    struct hold *place = holds_find(holds, hold);
    if (!place && holds->count == HOLDS_MAX) return false;
    if (!place) place = &holds->list[holds->count++];
    *place = *hold;
    return true;
}

void holds_remove(struct holds *holds, struct hold *hold)
{
    *hold = holds->list[--holds->count];
}

int64_t holds_due_ms(const struct holds *holds)
{
    int64_t due_ms = INT64_MAX;
    for (uint32_t i = 0; i < holds->count; i++)
        if (holds->list[i].until.ms < due_ms) due_ms = holds->list[i].until.ms;
    return due_ms;
}
