#include "registry/people.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config_file.h"
#include "registry/people_build.h"
#include "registry/people_hours.h"
#include "stillwater/error.h"

struct load {
    const char *city;
    struct duty_roster *roster;
};

static void make(void *ctx, const void *raw, struct config_document *document, struct config_problems *problems)
{
    struct load *load = ctx;
    people_build(load->roster, load->city, raw, document, problems);
}

int people_load(const char *file, const char *city, const struct time_zone *zone, struct config_report report,
                struct duty_roster **roster)
{
    struct load load = {city, calloc(1, sizeof *load.roster)};
    *roster = NULL;
    if (!load.roster) {
        report.problem(report.ctx, file, 0, "", "no memory for the people");
        return SW_ERROR_CONFIG;
    }
    load.roster->zone = *zone;
    int error = config_file_load(file, (struct config_maker){{&people_schema, people_key_find}, &load, make}, report);
    if (error)
        people_free(load.roster);
    else
        *roster = load.roster;
    return error;
}

int people_load_of(const struct gateway_config *config, struct config_report report, struct duty_roster **roster)
{
    *roster = NULL;
    if (!config->registry.people) return SW_OK;
    return people_load(config->registry.people, config->city, &config->policy.habit.zone, report, roster);
}

void people_free(struct duty_roster *roster)
{
    if (!roster) return;
    for (uint32_t i = 0; i < roster->person_count; i++) {
        free(roster->people[i].hours);
        free(roster->people[i].leave);
        free(roster->people[i].deputies);
    }
    free(roster->people);
    free(roster->areas);
    free(roster);
}

/* ---- hours without anybody ---- */

#define GAPS_SIZE 512

static size_t add_gap(char text[GAPS_SIZE], size_t used, uint16_t from_min, uint16_t until_min)
{
    char from[PEOPLE_MINUTE_SIZE], until[PEOPLE_MINUTE_SIZE];
    people_minute_format(from_min, false, from);
    people_minute_format(until_min, true, until);
    bool same_day = strncmp(from, until, 4) == 0;
    if (used >= GAPS_SIZE) return used;
    return used + (size_t)snprintf(text + used, GAPS_SIZE - used, "%s%s-%s", used ? ", " : "", from,
                                   same_day ? until + 4 : until);
}

/* What ends with the week goes on with what begins it. Returns how much was written. */
static size_t list_gaps(const struct duty_roster *roster, uint32_t area, char text[GAPS_SIZE])
{
    size_t used = 0;
    uint16_t from = DUTY_WEEK_MIN - 1, until, first_until = 0;
    bool goes_on = duty_next_gap(roster, area, &from, &until);
    for (from = 0; duty_next_gap(roster, area, &from, &until); from = until) {
        if (goes_on && from == 0 && until < DUTY_WEEK_MIN)
            first_until = until;
        else
            used = add_gap(text, used, from, until == DUTY_WEEK_MIN && first_until != 0 ? first_until : until);
    }
    return used;
}

static const struct duty_area *next_with_responsible(const struct duty_roster *roster, uint32_t area)
{
    do
        area = roster->areas[area].parent;
    while (roster->areas[area].responsible == DUTY_NONE);
    return &roster->areas[area];
}

void people_each_gap(const struct duty_roster *roster, void *ctx, void (*warn)(void *ctx, const char *text))
{
    for (uint32_t i = 0; i < roster->area_count; i++) {
        const struct duty_area *area = &roster->areas[i];
        char gaps[GAPS_SIZE], text[GAPS_SIZE + 2 * SW_AREA_PATH_SIZE + 64];
        if (list_gaps(roster, i, gaps) == 0) continue;
        if (area->parent == DUTY_NONE)
            snprintf(text, sizeof text, "%s: nobody on %s; %s is called all the same", area->path, gaps,
                     roster->people[area->responsible].id);
        else
            snprintf(text, sizeof text, "%s: nobody on %s; goes to %s", area->path, gaps,
                     next_with_responsible(roster, i)->path);
        warn(ctx, text);
    }
}
