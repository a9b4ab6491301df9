#include "app/catch_up.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/log.h"
#include "app/records.h"

/* Who is meant by a reading's name and kind; a subject has one sensor for each kind. */
struct series {
    const char *name;
    uint8_t kind;
    uint32_t subject, source; /* of the core */
};

struct catching {
    struct gateway *gateway;
    struct series *series;
    size_t count, capacity;
    uint64_t readings;
};

static int by_name(const void *a, const void *b)
{
    const struct series *one = a, *other = b;
    int order = strcmp(one->name, other->name);
    return order != 0 ? order : (int)one->kind - (int)other->kind;
}

static int add_series(struct catching *catching, const struct target *target, const struct sw_profile *profile,
                      uint32_t source)
{
    const struct gateway *gateway = catching->gateway;
    const struct sw_profile_point *point;
    for (size_t i = 0; (point = sw_profile_point(profile, i)) != NULL; i++) {
        uint32_t subject = records_subject_of(target, point->kind);
        if (subject == NO_SUBJECT) continue;
        if (catching->count == catching->capacity) {
            size_t capacity = catching->capacity ? 2 * catching->capacity : 256;
            struct series *larger = realloc(catching->series, capacity * sizeof *larger);
            if (!larger) return SW_ERROR_NO_SPACE;
            catching->series = larger;
            catching->capacity = capacity;
        }
        catching->series[catching->count++] =
            (struct series){core_subject_name(gateway->core, subject), (uint8_t)point->kind, subject, source};
    }
    return SW_OK;
}

static int list_series(struct catching *catching)
{
    const struct gateway *gateway = catching->gateway;
    int error = SW_OK;
    for (uint32_t l = 0; l < gateway->config->line_count; l++) {
        const struct config_line *config = &gateway->config->lines[l];
        const struct line_state *line = &gateway->lines[l];
        for (uint32_t d = 0; !error && d < config->device_count; d++)
            error = add_series(catching, &line->devices[d].target, line->devices[d].profile, line->devices[d].core);
        for (uint32_t n = 0; n < config->node_count; n++)
            for (uint32_t s = 0; !error && s < config->nodes[n].slot_count; s++) {
                const struct config_slot *slot = &config->nodes[n].slots[s];
                error = add_series(catching, &line->nodes[n].slots[slot->slot], slot->profile, line->nodes[n].core);
            }
    }
    if (catching->count > 0) qsort(catching->series, catching->count, sizeof *catching->series, by_name);
    return error;
}

/* A node answers even when it has nothing to say of its sensor; a plain device that did not answer has a missing
 * reading. */
static bool shows_answer(const struct store_reading *row)
{
    return row->serial != 0 || row->quality != SW_QUALITY_MISSING;
}

static void on_reading(void *ctx, int64_t position, const struct store_reading *row)
{
    struct catching *catching = ctx;
    struct core *core = catching->gateway->core;
    const int64_t *positions = catching->gateway->positions;
    const struct series wanted = {.name = row->subject, .kind = row->kind};
    const struct series *series = NULL;
    if (catching->count > 0)
        series = bsearch(&wanted, catching->series, catching->count, sizeof *catching->series, by_name);
    if (!series) return;
    if (position > positions[series->subject]) {
        struct core_reading reading = records_reading_of(row, series->subject);
        core_replay(core, &reading, row->taken);
        catching->readings++;
    }
    if (position > positions[series->source] && shows_answer(row))
        core_replay_answer(core, series->source, sw_wall_from_ms(row->serial == 0 ? row->time.ms : 0), row->taken);
}

int catch_up(struct gateway *gateway, char *text, size_t text_size)
{
    struct catching catching = {.gateway = gateway};
    struct sw_mono begun = gateway->clock.mono();
    int error = list_series(&catching);
    if (error)
        snprintf(text, text_size, "no memory to take in again what was stored last");
    else
        store_each_reading_since(gateway->store, gateway->journal.checkpoint.position, &catching, on_reading);
    if (catching.readings > 0)
        log_event(LOG_LEVEL_INFO, "store", "%llu readings after the last snapshots are taken in again, in %.2f s",
                  (unsigned long long)catching.readings, (double)sw_mono_diff_ms(gateway->clock.mono(), begun) / 1000);
    free(catching.series);
    free(gateway->positions);
    gateway->positions = NULL;
    return error;
}
