#include "core/report/report_desk.h"

#include <stddef.h>
#include <string.h>

uint64_t report_hash(const char *text)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
    return hash != 0 ? hash : 1;
}

static bool is_seen(const struct report_desk *desk, uint64_t id)
{
    for (uint32_t i = 0; i < REPORT_SEEN_MAX; i++)
        if (desk->seen[i] == id) return true;
    return false;
}

/* The place of this one, or the one to be given to it. */
static uint32_t talker_of(const struct report_desk *desk, uint64_t who)
{
    uint32_t oldest = 0;
    for (uint32_t i = 0; i < REPORT_TALKERS_MAX; i++) {
        if (desk->talkers[i].who == who) return i;
        if (desk->talkers[i].from_ms < desk->talkers[oldest].from_ms) oldest = i;
    }
    return oldest;
}

/* In the hour that is counted; a clock set back begins a new one. */
static uint32_t said(const struct report_desk *desk, uint64_t who, int64_t now_ms)
{
    uint32_t at = talker_of(desk, who);
    int64_t since_ms = now_ms - desk->talkers[at].from_ms;
    return desk->talkers[at].who == who && since_ms >= 0 && since_ms < REPORT_HOUR_MS ? desk->talkers[at].count : 0;
}

static void count(struct report_desk *desk, uint64_t who, int64_t now_ms)
{
    uint32_t before = said(desk, who, now_ms), at = talker_of(desk, who);
    if (before == 0) desk->talkers[at].from_ms = now_ms;
    desk->talkers[at].who = who;
    desk->talkers[at].count = before + 1;
}

void report_desk_recall(struct report_desk *desk, const struct report_heard *report, int64_t received_ms)
{
    desk->seen[desk->seen_next] = report->id;
    desk->seen_next = (desk->seen_next + 1) % REPORT_SEEN_MAX;
    count(desk, report->reporter, received_ms);
    if (report->portal != 0) count(desk, report->portal, received_ms);
}

enum report_admission report_desk_admit(struct report_desk *desk, const struct report_policy *policy,
                                        const struct report_heard *report, int64_t now_ms)
{
    if (is_seen(desk, report->id)) return REPORT_REPEATED;
    if (report->time_ms > now_ms + REPORT_AHEAD_MOST_MS) return REPORT_AHEAD;
    if (now_ms - report->time_ms >= policy->window_ms) return REPORT_TOO_OLD;
    if (said(desk, report->reporter, now_ms) >= policy->per_reporter) return REPORT_REPORTER_TOO_MUCH;
    if (report->portal != 0 && said(desk, report->portal, now_ms) >= policy->per_portal) return REPORT_PORTAL_TOO_MUCH;
    report_desk_recall(desk, report, now_ms);
    return REPORT_ADMITTED;
}

const struct report_tally *report_desk_find(const struct report_desk *desk, uint64_t alert)
{
    for (uint32_t i = 0; i < REPORT_TALLIES_MAX; i++)
        if (desk->tallies[i].alert == alert) return &desk->tallies[i];
    return NULL;
}

struct report_tally *report_desk_tally(struct report_desk *desk, uint64_t alert)
{
    struct report_tally *free = NULL;
    for (uint32_t i = 0; i < REPORT_TALLIES_MAX; i++) {
        if (desk->tallies[i].alert == alert) return &desk->tallies[i];
        if (!free && desk->tallies[i].alert == 0) free = &desk->tallies[i];
    }
    if (free) *free = (struct report_tally){.alert = alert};
    return free;
}

void report_desk_forget(struct report_desk *desk, uint64_t alert)
{
    for (uint32_t i = 0; i < REPORT_TALLIES_MAX; i++)
        if (desk->tallies[i].alert == alert) desk->tallies[i] = (struct report_tally){.alert = 0};
}

static uint8_t *count_of(struct report_tally *tally, const struct report_heard *report)
{
    if (report->kind == SW_REPORT_ALL_CLEAR) return &tally->disagree;
    if (report->source == SW_REPORT_SOURCE_WORKER) return &tally->workers;
    return report->source == SW_REPORT_SOURCE_SENSOR ? &tally->sensors : &tally->citizens;
}

/* Whoever has changed their mind counts where they stand now. */
bool report_tally_take(struct report_tally *tally, const struct report_heard *report)
{
    bool disagrees = report->kind == SW_REPORT_ALL_CLEAR;
    bool is_worker = report->source == SW_REPORT_SOURCE_WORKER;
    bool worse = is_worker && report->colour > tally->worker_colour;
    uint32_t at = 0;
    while (at < tally->voice_count && tally->voices[at].who != report->reporter)
        at++;
    if (at == REPORT_VOICES_MAX || (at < tally->voice_count && tally->voices[at].disagrees == disagrees && !worse))
        return false;
    if (at < tally->voice_count && tally->voices[at].disagrees != disagrees) {
        struct report_heard before = {.source = report->source,
                                      .kind = disagrees ? SW_REPORT_NONE : SW_REPORT_ALL_CLEAR};
        --*count_of(tally, &before);
        ++*count_of(tally, report);
    } else if (at == tally->voice_count) {
        tally->voice_count++;
        ++*count_of(tally, report);
    }
    tally->voices[at].who = report->reporter;
    tally->voices[at].disagrees = disagrees;
    if (worse) tally->worker_colour = report->colour;
    if (report->time_ms > tally->last_ms) tally->last_ms = report->time_ms;
    return true;
}

enum sw_colour report_tally_colour(const struct report_tally *tally, enum sw_report_kind kind)
{
    enum sw_colour agreed = sw_report_colour(kind);
    if (tally->worker_colour != SW_COLOUR_GREEN) return tally->worker_colour;
    bool is_agreed = tally->workers > 0 || tally->sensors > 0 || tally->citizens >= 2;
    return is_agreed || agreed < SW_COLOUR_YELLOW ? agreed : SW_COLOUR_YELLOW;
}
