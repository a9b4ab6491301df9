#include "core/escalation/duty.h"

#include <string.h>

#include "core/local_time.h"

#define MINUTE_MS   INT64_C(60000)
#define WEEK_MS     (DUTY_WEEK_MIN * MINUTE_MS)
#define MONDAY_1970 (4 * 24 * 60 * MINUTE_MS) /* the first of January was a Thursday */

static uint32_t area_with(const struct duty_roster *roster, const char *path, size_t length)
{
    uint32_t low = 0, high = roster->area_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const char *at = roster->areas[middle].path;
        int order = strncmp(at, path, length);
        if (order == 0 && at[length] != '\0') order = 1;
        if (order == 0) return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return DUTY_NONE;
}

uint32_t duty_area_around(const struct duty_roster *roster, const char *path)
{
    size_t length = strlen(path);
    while (length > 0) {
        uint32_t area = area_with(roster, path, length);
        if (area != DUTY_NONE) return area;
        while (length > 0 && path[--length] != '/')
            ;
    }
    return 0;
}

static uint16_t minute_of_week(int64_t local_ms)
{
    int64_t in_week_ms = (local_ms - MONDAY_1970) % WEEK_MS;
    if (in_week_ms < 0) in_week_ms += WEEK_MS;
    return (uint16_t)(in_week_ms / MINUTE_MS);
}

/* Where the hours that hold the minute end; 0 when none do. */
static uint16_t works_until(const struct duty_person *person, uint16_t minute)
{
    if (person->hours_count == 0) return DUTY_WEEK_MIN;
    for (uint32_t i = 0; i < person->hours_count; i++)
        if (person->hours[i].from_min <= minute && minute < person->hours[i].until_min)
            return person->hours[i].until_min;
    return 0;
}

static bool is_on_duty(const struct duty_person *person, int64_t local_ms)
{
    for (uint32_t i = 0; i < person->leave_count; i++)
        if (person->leave[i].from_ms <= local_ms && local_ms < person->leave[i].until_ms) return false;
    return works_until(person, minute_of_week(local_ms)) != 0;
}

/* The responsible of an area or the first deputy on duty; DUTY_NONE. */
static uint32_t on_duty_in(const struct duty_roster *roster, const struct duty_area *area, int64_t local_ms)
{
    if (area->responsible == DUTY_NONE) return DUTY_NONE;
    const struct duty_person *responsible = &roster->people[area->responsible];
    if (is_on_duty(responsible, local_ms)) return area->responsible;
    for (uint32_t i = 0; i < responsible->deputy_count; i++)
        if (is_on_duty(&roster->people[responsible->deputies[i]], local_ms)) return responsible->deputies[i];
    return DUTY_NONE;
}

struct duty_call duty_find(const struct duty_roster *roster, uint32_t area, struct sw_wall now)
{
    int64_t local_ms = local_time_ms(&roster->zone, now.ms);
    for (; area != DUTY_NONE; area = roster->areas[area].parent) {
        uint32_t responsible = roster->areas[area].responsible;
        uint32_t person = on_duty_in(roster, &roster->areas[area], local_ms);
        if (person == DUTY_NONE) continue;
        return (struct duty_call){area, person, person == responsible ? DUTY_NONE : responsible, false};
    }
    return (struct duty_call){0, roster->areas[0].responsible, DUTY_NONE, true};
}

/* Over the responsible and all deputies: until when somebody works who works at that minute; 0 when nobody does. */
static uint16_t attended_until(const struct duty_roster *roster, const struct duty_person *responsible, uint16_t minute)
{
    uint16_t until = works_until(responsible, minute);
    for (uint32_t i = 0; i < responsible->deputy_count; i++) {
        uint16_t deputy = works_until(&roster->people[responsible->deputies[i]], minute);
        if (deputy > until) until = deputy;
    }
    return until;
}

static uint16_t begins_after(const struct duty_person *person, uint16_t minute, uint16_t earliest)
{
    for (uint32_t i = 0; i < person->hours_count; i++) {
        uint16_t from = person->hours[i].from_min;
        if (from > minute && from < earliest) earliest = from;
    }
    return earliest;
}

bool duty_next_gap(const struct duty_roster *roster, uint32_t area, uint16_t *from_min, uint16_t *until_min)
{
    if (roster->areas[area].responsible == DUTY_NONE) return false;
    const struct duty_person *responsible = &roster->people[roster->areas[area].responsible];
    uint16_t attended;
    while (*from_min < DUTY_WEEK_MIN && (attended = attended_until(roster, responsible, *from_min)) != 0)
        *from_min = attended;
    if (*from_min >= DUTY_WEEK_MIN) return false;
    *until_min = begins_after(responsible, *from_min, DUTY_WEEK_MIN);
    for (uint32_t i = 0; i < responsible->deputy_count; i++)
        *until_min = begins_after(&roster->people[responsible->deputies[i]], *from_min, *until_min);
    return true;
}
