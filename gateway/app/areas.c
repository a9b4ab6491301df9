#include "app/areas.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/log.h"
#include "app/retained.h"
#include "app/subjects.h"
#include "core/core_area.h"
#include "message/message.h"

/* ---- the map ---- */

static const char *grid_of(const struct gateway *gateway, uint32_t subject)
{
    const struct config_place *place = subjects_place(gateway, subject);
    /* It moves. */
    if (core_subject_domain(gateway->core, subject) == SUBJECT_PLACE) return gateway->config->city;
    if (!place || place->grid[0] == '\0') return gateway->config->city;
    if (sw_area_path_valid(place->grid)) return place->grid;
    log_event(LOG_LEVEL_WARNING, core_subject_name(gateway->core, subject),
              "its grid \"%s\" is no path of names joined by '/'; it counts for the city alone", place->grid);
    return gateway->config->city;
}

static void judge(struct gateway *gateway, uint32_t subject)
{
    struct core_area_input input = core_area_input(gateway->core, subject, gateway->clock.wall());
    if (core_subject_domain(gateway->core, subject) == SUBJECT_PLACE)
        area_map_move(gateway->areas.map, subject, subjects_place(gateway, subject)->grid);
    area_map_set(gateway->areas.map, subject, input.colour, input.unknown);
}

int areas_build(struct gateway *gateway)
{
    struct area_pump *areas = &gateway->areas;
    const struct gateway_config *config = gateway->config;
    uint32_t count = core_subject_count(gateway->core), mapped = count + config->reports.area_count;
    struct area_subject *subjects = calloc(mapped + 1, sizeof *subjects);
    if (!subjects) return SW_ERROR_NO_SPACE;
    for (uint32_t i = 0; i < count; i++)
        subjects[i] = (struct area_subject){core_subject_domain(gateway->core, i), grid_of(gateway, i)};
    for (uint32_t i = count; i < mapped; i++)
        subjects[i] = (struct area_subject){SUBJECT_PLACE, config->reports.areas[i - count]};
    areas->map_memory = malloc(area_map_size(subjects, mapped));
    areas->noted = calloc(count + 1, sizeof *areas->noted);
    areas->is_noted = calloc(count + 1, sizeof *areas->is_noted);
    if (areas->map_memory) areas->map = area_map_init(areas->map_memory, subjects, mapped);
    free(subjects);
    uint32_t area_count = areas->map ? area_map_count(areas->map) : 0;
    areas->told = calloc(area_count + 1, sizeof *areas->told);
    areas->due = calloc(area_count + 1, sizeof *areas->due);
    if (!areas->map || !areas->noted || !areas->is_noted || !areas->told || !areas->due) return SW_ERROR_NO_SPACE;
    for (uint32_t i = 0; i < count; i++)
        judge(gateway, i);
    return SW_OK;
}

void areas_free(struct gateway *gateway)
{
    struct area_pump *areas = &gateway->areas;
    free(areas->map_memory);
    free(areas->noted);
    free(areas->is_noted);
    free(areas->told);
    free(areas->due);
}

void areas_on_alert(struct gateway *gateway, uint32_t subject)
{
    struct area_pump *areas = &gateway->areas;
    if (!areas->map || areas->is_noted[subject]) return;
    areas->is_noted[subject] = true;
    areas->noted[areas->noted_count++] = subject;
}

static void judge_some(struct gateway *gateway)
{
    struct area_pump *areas = &gateway->areas;
    uint32_t count = core_subject_count(gateway->core);
    while (areas->noted_count > 0) {
        uint32_t subject = areas->noted[--areas->noted_count];
        areas->is_noted[subject] = false;
        judge(gateway, subject);
    }
    for (uint32_t i = 0; i < AREAS_JUDGED_A_TICK && i < count; i++) {
        areas->next_judged = areas->next_judged + 1 < count ? areas->next_judged + 1 : 0;
        judge(gateway, areas->next_judged);
    }
}

/* ---- publishing ---- */

static char *encode(const struct gateway *gateway, const char *path, const struct area_report *report)
{
    struct message_area area = {.time = gateway->clock.wall(),
                                .colour = report->colour,
                                .unknown = report->unknown,
                                .level = report->level,
                                .cover = report->cover,
                                .rain_watched = report->rain_watched,
                                .rain_unknown = report->rain_unknown,
                                .homes_watched = report->homes_watched,
                                .homes_colour = report->homes_colour,
                                .homes_unknown = report->homes_unknown,
                                .worst_count = report->worst_count};
    memcpy(area.reported, report->reported, sizeof area.reported);
    snprintf(area.city, sizeof area.city, "%s", gateway->config->city);
    snprintf(area.gateway, sizeof area.gateway, "%s", gateway->config->gateway);
    snprintf(area.area, sizeof area.area, "%s", path);
    for (uint32_t i = 0; i < report->worst_count; i++) {
        struct message_area_sensor *sensor = &area.worst[i];
        uint32_t subject = report->worst[i];
        snprintf(sensor->subject, sizeof sensor->subject, "%s", core_subject_name(gateway->core, subject));
        sensor->is_cover = core_subject_domain(gateway->core, subject) == SUBJECT_COVER;
        sensor->colour = area_map_colour(gateway->areas.map, subject);
    }
    return message_area_encode(&area);
}

/* SW_OK also when there is nothing new to tell. */
static int tell(struct gateway *gateway, uint32_t index)
{
    struct area_told *told = &gateway->areas.told[index];
    struct area_report report;
    area_map_report(gateway->areas.map, index, &report);
    if (told->known && memcmp(&report, &told->report, sizeof report) == 0) return SW_OK;
    char path[SW_AREA_PATH_SIZE], topic[SW_TOPIC_SIZE];
    area_map_path(gateway->areas.map, index, path);
    retained_topic(gateway, PUBLISHER_AREAS, path, topic);
    char *body = encode(gateway, path, &report);
    int error = body ? retained_set(gateway, PUBLISHER_AREAS, topic, body) : SW_ERROR_NO_SPACE;
    free(body);
    if (error) return error;
    told->known = true;
    told->report = report;
    told->at = gateway->clock.mono();
    return SW_OK;
}

/* What has left the configuration goes first: it is wrong, not only old. */
void areas_pump(struct gateway *gateway)
{
    struct area_pump *areas = &gateway->areas;
    if (!retained_may_go(gateway, PUBLISHER_AREAS) || !retained_clear_stale(gateway, PUBLISHER_AREAS)) return;
    uint32_t size = area_map_count(areas->map);
    while (areas->due_count > 0) {
        uint32_t index = areas->due[areas->due_first];
        int error = tell(gateway, index);
        if (error == SW_ERROR_BUSY) return;
        if (error) log_event(LOG_LEVEL_WARNING, "areas", "an area cannot be published: %s", sw_error_text(error));
        areas->told[index].is_due = false;
        areas->due_first = (areas->due_first + 1) % size;
        areas->due_count--;
    }
}

/* Moves what has changed to the areas that are due. One told less than AREAS_INTERVAL_MS ago waits on. */
static void collect_due(struct gateway *gateway)
{
    struct area_pump *areas = &gateway->areas;
    struct sw_mono now = gateway->clock.mono();
    uint32_t size = area_map_count(areas->map);
    for (uint32_t left = area_map_changed_count(areas->map); left > 0; left--) {
        uint32_t index = area_map_take_changed(areas->map);
        struct area_told *told = &areas->told[index];
        if (told->is_due) continue;
        if (told->known && sw_mono_diff_ms(now, told->at) < AREAS_INTERVAL_MS) {
            area_map_change(areas->map, index);
            continue;
        }
        told->is_due = true;
        areas->due[(areas->due_first + areas->due_count++) % size] = index;
    }
}

void areas_tick(struct gateway *gateway)
{
    if (gateway->retained[PUBLISHER_AREAS].permission.off) return;
    judge_some(gateway);
    if (!retained_may_go(gateway, PUBLISHER_AREAS)) return;
    collect_due(gateway);
    areas_pump(gateway);
}

/* ---- the link ---- */

void areas_on_link(struct gateway *gateway, bool up)
{
    struct area_pump *areas = &gateway->areas;
    if (!retained_on_link(gateway, PUBLISHER_AREAS, up)) return;
    /* What the broker holds of us may be of an earlier run, or nothing. */
    for (uint32_t i = 0; i < area_map_count(areas->map); i++)
        areas->told[i].known = areas->told[i].is_due = false;
    areas->due_count = 0;
    area_map_change_all(areas->map);
}

static bool is_shown(const struct area_map *map, uint32_t area)
{
    struct area_report report = {.shown = false};
    if (area != AREA_NONE) area_map_report(map, area, &report);
    return report.shown;
}

void areas_leave(struct gateway *gateway, const struct gateway *before)
{
    const struct area_map *map = gateway->areas.map, *former = before->areas.map;
    char path[SW_AREA_PATH_SIZE], topic[SW_TOPIC_SIZE];
    for (uint32_t i = 0; i < area_map_count(former); i++) {
        area_map_path(former, i, path);
        if (!is_shown(former, i) || is_shown(map, area_map_find(map, path))) continue;
        retained_topic(gateway, PUBLISHER_AREAS, path, topic);
        retained_note_stale(gateway, PUBLISHER_AREAS, topic);
    }
    area_map_change_all(gateway->areas.map);
}

void areas_on_kept(struct gateway *gateway, const char *topic)
{
    const char *path = retained_rest(gateway, PUBLISHER_AREAS, topic);
    if (path && !is_shown(gateway->areas.map, area_map_find(gateway->areas.map, path)))
        retained_note_stale(gateway, PUBLISHER_AREAS, topic);
}
