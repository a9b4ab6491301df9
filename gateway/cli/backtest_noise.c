#include "cli/backtest_noise.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/backtest.h"
#include "cli/backtest_core.h"
#include "cli/backtest_metrics.h"

#define MINUTE_MS     INT64_C(60000)
#define DAY_MINUTES   1440
#define MM            1000
#define JITTER_UM     3000                   /* of a dry sensor, either way */
#define START_MS      INT64_C(1767225600000) /* 2026-01-01T00:00:00Z */
#define MONTH_MINUTES 43830

enum shape {
    SHAPE_FLAT,   /* stands at its height, with jitter */
    SHAPE_FROZEN, /* the same to the last digit */
    SHAPE_BOUNCE, /* anything from 0 to its height, anew with every sample */
};

/* How often, how long and how high follow what operators of street sensors report: about 100 false crossings a month of
 * a bad sensor. The figures themselves are chosen, not measured. */
static const struct {
    const char *name;
    int a_month; /* episodes */
    int minutes_least, minutes_most;
    int mm_least, mm_most;
    enum shape shape;
    int swing_mm; /* of a day, dry ground included */
} kinds[NOISE_KIND_COUNT] = {
    {"dry", 0, 0, 0, 0, 0, SHAPE_FLAT, 0},
    {"blips", 100, 1, 1, 60, 400, SHAPE_FLAT, 0},
    {"blips of 2, 3", 50, 2, 3, 60, 400, SHAPE_FLAT, 0},
    {"bouncing", 15, 20, 90, 150, 400, SHAPE_BOUNCE, 0},
    {"parked", 40, 30, 600, 110, 400, SHAPE_FLAT, 0},
    {"no echo", 15, 5, 180, 2000, 2000, SHAPE_FROZEN, 0},
    {"daily swing", 0, 0, 0, 0, 0, SHAPE_FLAT, 70},
};

const char *noise_kind_name(size_t kind)
{
    return kinds[kind].name;
}

/* xorshift64*: small, and the same everywhere. */
static uint64_t next_number(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(2685821657736338717);
}

static int64_t between(uint64_t *state, int64_t least, int64_t most)
{
    return least + (int64_t)((next_number(state) >> 11) % (uint64_t)(most - least + 1));
}

struct noise {
    size_t kind;
    uint64_t chance;
    int64_t minutes_left;
    int64_t height_um;
};

static int64_t episode_um(struct noise *noise)
{
    noise->minutes_left--;
    switch (kinds[noise->kind].shape) {
    case SHAPE_FROZEN:
        return noise->height_um;
    case SHAPE_BOUNCE:
        return between(&noise->chance, 0, noise->height_um);
    case SHAPE_FLAT:
        break;
    }
    return noise->height_um + between(&noise->chance, -JITTER_UM, JITTER_UM);
}

/* Up and down once a day, by straight lines. */
static int64_t swing_um(size_t kind, int64_t minute)
{
    int64_t at = minute % DAY_MINUTES;
    int64_t from_noon = at < DAY_MINUTES / 2 ? DAY_MINUTES / 2 - at : at - DAY_MINUTES / 2;
    return (int64_t)kinds[kind].swing_mm * MM * (DAY_MINUTES / 2 - from_noon) / (DAY_MINUTES / 2);
}

static int64_t noise_um(struct noise *noise, int64_t minute)
{
    size_t kind = noise->kind;
    if (noise->minutes_left > 0) return episode_um(noise);
    if (between(&noise->chance, 1, MONTH_MINUTES) <= kinds[kind].a_month) {
        noise->minutes_left = between(&noise->chance, kinds[kind].minutes_least, kinds[kind].minutes_most);
        noise->height_um = between(&noise->chance, kinds[kind].mm_least, kinds[kind].mm_most) * MM;
        return episode_um(noise);
    }
    return swing_um(kind, minute) + between(&noise->chance, -JITTER_UM, JITTER_UM);
}

/* The flood's depth so long after its beginning; *at moves on. */
static int64_t depth_um(const struct series *profile, int64_t since_ms, size_t *at)
{
    while (*at + 1 < profile->count && profile->readings[*at + 1].time_ms - profile->readings[0].time_ms <= since_ms)
        (*at)++;
    return profile->readings[*at].value_milli;
}

static int64_t length_ms(const struct series *profile)
{
    return profile->readings[profile->count - 1].time_ms - profile->readings[0].time_ms;
}

bool noise_sensor_make(struct noise_sensor *sensor, size_t kind, uint64_t seed, const struct series *const *profiles,
                       size_t profile_count)
{
    struct noise noise = {.kind = kind, .chance = seed * UINT64_C(0x9e3779b97f4a7c15) + kind + 1};
    size_t next_profile = (size_t)seed * 31 % (profile_count ? profile_count : 1), at = 0;
    const struct series *flood = NULL;
    int64_t flood_ms = 0;
    (void)snprintf(sensor->samples.name, sizeof sensor->samples.name, "made-up-%zu-%d", kind, (int)seed);
    for (int64_t minute = 0; minute < (int64_t)NOISE_DAYS * DAY_MINUTES; minute++) {
        int64_t time_ms = START_MS + minute * MINUTE_MS;
        if (flood && time_ms - flood_ms > length_ms(flood)) flood = NULL;
        if (!flood && profile_count > 0 && minute > 0 && minute % ((int64_t)NOISE_FLOOD_EVERY * DAY_MINUTES) == 0) {
            flood = profiles[next_profile++ % profile_count];
            flood_ms = time_ms;
            at = 0;
            if (!series_add(&sensor->floods, time_ms, time_ms + length_ms(flood))) return false;
        }
        int64_t level_um = noise_um(&noise, minute);
        int64_t flood_um = flood ? depth_um(flood, time_ms - flood_ms, &at) : 0;
        /* A sensor without echo sees no flood either: the two are kept apart. */
        bool apart = flood && kinds[kind].shape == SHAPE_FROZEN;
        if (flood_um > level_um || apart) level_um = flood_um;
        if (!series_add(&sensor->samples, time_ms, level_um)) return false;
    }
    return true;
}

void noise_sensor_free(struct noise_sensor *sensor)
{
    free(sensor->samples.readings);
    free(sensor->floods.readings);
    *sensor = (struct noise_sensor){0};
}

/* Follows the floods while samples go by. */
struct flood_clock {
    const struct series *floods;
    size_t next;
    bool on;      /* a flood is on */
    bool resting; /* or ended not long ago */
    bool found;   /* the one that is on */
};

static void pass_to(struct flood_clock *clock, int64_t time_ms, struct noise_score *score)
{
    const struct series_reading *flood = clock->next > 0 ? &clock->floods->readings[clock->next - 1] : NULL;
    if (clock->next < clock->floods->count && clock->floods->readings[clock->next].time_ms <= time_ms) {
        flood = &clock->floods->readings[clock->next++];
        clock->found = false;
        score->floods++;
    }
    clock->on = flood && time_ms <= flood->value_milli;
    clock->resting = flood && time_ms <= flood->value_milli + NOISE_FLOOD_REST_MS;
}

static void note(struct flood_clock *clock, bool raised, bool standing, struct noise_score *score)
{
    if (clock->on && (raised || standing) && !clock->found) {
        clock->found = true;
        score->found++;
    }
    if (raised && !clock->resting) score->false_alarms++;
}

void noise_score_line(const struct noise_sensor *sensor, int64_t line_um, struct noise_score *score)
{
    struct flood_clock clock = {.floods = &sensor->floods};
    bool above = false;
    for (size_t i = 0; i < sensor->samples.count; i++) {
        const struct series_reading *sample = &sensor->samples.readings[i];
        bool raised = !above && sample->value_milli >= line_um;
        above = sample->value_milli >= line_um;
        pass_to(&clock, sample->time_ms, score);
        note(&clock, raised, above, score);
    }
}

struct alarm_watch {
    enum sw_alert_kind soon, quality;
    bool level_open, soon_open;
    uint64_t raised; /* since the last sample */
    uint64_t quality_alerts;
};

static void on_alert(void *ctx, uint32_t subject, const struct sw_alert *alert)
{
    (void)subject;
    struct alarm_watch *watch = ctx;
    bool open = sw_alert_state_is_open(alert->state);
    bool level = alert->kind == SW_ALERT_KIND_LEVEL;
    bool soon = watch->soon != SW_ALERT_KIND_NONE && alert->kind == watch->soon;
    bool quality = watch->quality != SW_ALERT_KIND_NONE && alert->kind == watch->quality;
    if (level) watch->level_open = open;
    if (soon) watch->soon_open = open;
    if (alert->revision != 1) return;
    if (level || soon) watch->raised++;
    if (quality) watch->quality_alerts++;
}

bool noise_score_core(const struct noise_sensor *sensor, const struct policy *policy, struct noise_score *score)
{
    struct alarm_watch watch = {.soon = sw_alert_kind_from_name("level_soon"),
                                .quality = sw_alert_kind_from_name("sensor_quality")};
    struct core_sink sink = {.ctx = &watch, .alert = on_alert};
    struct one_core one;
    int error = one_core_open(&one, SUBJECT_LEVEL, sensor->samples.name, policy, sink);
    if (error != SW_OK) {
        fprintf(stderr, "stillwater backtest: %s: %s\n", sensor->samples.name, sw_error_text(error));
        return false;
    }
    struct flood_clock clock = {.floods = &sensor->floods};
    for (size_t i = 0; i < sensor->samples.count; i++) {
        const struct series_reading *sample = &sensor->samples.readings[i];
        watch.raised = 0;
        one_core_take(&one, SW_READING_LEVEL, sample->time_ms, sample->value_milli);
        pass_to(&clock, sample->time_ms, score);
        for (; watch.raised > 1; watch.raised--)
            note(&clock, true, true, score);
        note(&clock, watch.raised > 0, watch.level_open || watch.soon_open, score);
    }
    score->quality_alerts += watch.quality_alerts;
    one_core_close(&one);
    return true;
}
