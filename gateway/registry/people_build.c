#include "registry/people_build.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "registry/people.h"
#include "registry/people_hours.h"
#include "stillwater/error.h"

#define SCHEMA_NAME "stillwater.people/1"
#define DAY_MS      INT64_C(86400000)

struct build {
    const struct raw_people *raw;
    struct config_document *document;
    struct config_problems *problems;
    struct duty_roster *roster;
};

__attribute__((format(printf, 3, 4))) static void report(const struct build *build, const char *path,
                                                         const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    config_document_problem(build->document, build->problems, path, format, arguments);
    va_end(arguments);
}

/* NULL (reported) when memory is refused; at least one entry, so that an empty list is not that. */
static void *make(const struct build *build, size_t count, size_t size)
{
    void *memory = calloc(count ? count : 1, size);
    if (!memory) config_problem(build->problems, 0, "", "no memory for the people");
    return memory;
}

static uint32_t person_named(const struct build *build, const char *id)
{
    for (uint32_t i = 0; i < build->raw->people_count; i++)
        if (strcmp(build->raw->people[i].id, id) == 0) return i;
    return DUTY_NONE;
}

/* ---- hours and leave ---- */

static bool is_taken(const struct duty_person *person, struct duty_hours hours)
{
    for (uint32_t i = 0; i < person->hours_count; i++)
        if (hours.from_min < person->hours[i].until_min && person->hours[i].from_min < hours.until_min) return true;
    return false;
}

static void build_hours(const struct build *build, uint32_t number)
{
    const struct raw_person *raw = &build->raw->people[number];
    struct duty_person *person = &build->roster->people[number];
    char field[CONFIG_PATH_SIZE], at[PEOPLE_MINUTE_SIZE];
    person->hours = make(build, PEOPLE_HOURS_MAX, sizeof *person->hours);
    for (uint32_t i = 0; person->hours && i < raw->hours_count; i++) {
        struct duty_hours hours[PEOPLE_HOURS_EACH_MAX];
        int count = people_hours_parse(raw->hours[i], hours);
        snprintf(field, sizeof field, "people[%u].hours[%u]", number, i);
        if (count == 0) report(build, field, "found %s; expected " PEOPLE_HOURS_EXPECTED, raw->hours[i]);
        for (int j = 0; j < count; j++) {
            people_minute_format(hours[j].from_min, false, at);
            if (is_taken(person, hours[j])) {
                report(build, field, "found %s, which overlaps with hours before it on %s; expected hours apart",
                       raw->hours[i], at);
                break;
            }
            if (person->hours_count == PEOPLE_HOURS_MAX) {
                report(build, field, "more than %u stretches of a week; expected fewer", PEOPLE_HOURS_MAX);
                return;
            }
            person->hours[person->hours_count++] = hours[j];
        }
    }
}

static bool read_day(const struct build *build, const char *field, const char *text, int64_t *day_ms)
{
    if (people_day_parse(text, day_ms)) return true;
    report(build, field, "found %s; expected " PEOPLE_DAY_EXPECTED, text);
    return false;
}

static void build_leave(const struct build *build, uint32_t number)
{
    const struct raw_person *raw = &build->raw->people[number];
    struct duty_person *person = &build->roster->people[number];
    person->leave = make(build, raw->leave_count, sizeof *person->leave);
    for (uint32_t i = 0; person->leave && i < raw->leave_count; i++) {
        char from[CONFIG_PATH_SIZE], until[CONFIG_PATH_SIZE];
        struct duty_leave leave;
        snprintf(from, sizeof from, "people[%u].leave[%u].from", number, i);
        snprintf(until, sizeof until, "people[%u].leave[%u].until", number, i);
        bool good = read_day(build, from, raw->leave[i].from, &leave.from_ms);
        if (!read_day(build, until, raw->leave[i].until, &leave.until_ms) || !good) continue;
        if (leave.until_ms < leave.from_ms)
            report(build, until, "found %s; expected %s or a day after it", raw->leave[i].until, raw->leave[i].from);
        leave.until_ms += DAY_MS;
        for (uint32_t j = 0; j < person->leave_count; j++)
            if (leave.from_ms < person->leave[j].until_ms && person->leave[j].from_ms < leave.until_ms)
                report(build, from, "found %s to %s, which overlaps with the leave before it; expected days apart",
                       raw->leave[i].from, raw->leave[i].until);
        person->leave[person->leave_count++] = leave;
    }
}

/* ---- deputies ---- */

/* Only names that somebody has, each once. */
static void check_deputies(const struct build *build, uint32_t number)
{
    const struct raw_person *raw = &build->raw->people[number];
    char field[CONFIG_PATH_SIZE];
    for (uint32_t i = 0; i < raw->deputies_count; i++) {
        snprintf(field, sizeof field, "people[%u].deputies[%u]", number, i);
        if (person_named(build, raw->deputies[i]) == DUTY_NONE)
            report(build, field, "nobody is called %s; expected the id of an entry of people", raw->deputies[i]);
        for (uint32_t j = 0; j < i; j++)
            if (strcmp(raw->deputies[i], raw->deputies[j]) == 0)
                report(build, field, "%s is named twice; expected each deputy once", raw->deputies[i]);
    }
}

static bool is_listed(const struct duty_person *person, uint32_t deputy)
{
    for (uint32_t i = 0; i < person->deputy_count; i++)
        if (person->deputies[i] == deputy) return true;
    return false;
}

/* Adds the deputies of `number`, each followed by its own, to those of `whose`. False once a problem was reported. */
static bool add_deputies(const struct build *build, uint32_t whose, uint32_t number)
{
    const struct raw_person *raw = &build->raw->people[number];
    struct duty_person *person = &build->roster->people[whose];
    char field[CONFIG_PATH_SIZE];
    for (uint32_t i = 0; i < raw->deputies_count; i++) {
        uint32_t deputy = person_named(build, raw->deputies[i]);
        snprintf(field, sizeof field, "people[%u].deputies[%u]", number, i);
        if (deputy == whose) {
            report(build, field, "leads back to %s, whose deputy it is; expected no circle", raw->deputies[i]);
            return false;
        }
        if (deputy == DUTY_NONE || is_listed(person, deputy)) continue;
        if (person->deputy_count == PEOPLE_DEPUTIES_MAX) {
            report(build, field, "%s has more than %u deputies and deputies of deputies; expected fewer", person->id,
                   PEOPLE_DEPUTIES_MAX);
            return false;
        }
        person->deputies[person->deputy_count++] = deputy;
        if (!add_deputies(build, whose, deputy)) return false;
    }
    return true;
}

static void build_people(const struct build *build)
{
    struct duty_roster *roster = build->roster;
    char field[CONFIG_PATH_SIZE];
    roster->people = make(build, build->raw->people_count, sizeof *roster->people);
    if (!roster->people) return;
    roster->person_count = build->raw->people_count;
    for (uint32_t i = 0; i < roster->person_count; i++) {
        const char *id = build->raw->people[i].id;
        uint32_t first = person_named(build, id);
        snprintf(field, sizeof field, "people[%u].id", i);
        if (first != i) report(build, field, "%s is the id of people[%u] already; expected an id used once", id, first);
        snprintf(roster->people[i].id, sizeof roster->people[i].id, "%s", id);
        build_hours(build, i);
        build_leave(build, i);
        check_deputies(build, i);
    }
    for (uint32_t i = 0; i < roster->person_count; i++) {
        struct duty_person *person = &roster->people[i];
        person->deputies = make(build, PEOPLE_DEPUTIES_MAX, sizeof *person->deputies);
        /* Who leads into a circle that others make is left as it is: they are told of it. */
        if (person->deputies) (void)add_deputies(build, i, i);
    }
}

/* ---- areas ---- */

/* Until the areas have their order: which entry of the file each of them is. */
struct numbered_area {
    struct duty_area area;
    uint32_t number;
};

static int by_path(const void *left, const void *right)
{
    const struct numbered_area *a = left, *b = right;
    int order = strcmp(a->area.path, b->area.path);
    return order != 0 ? order : (a->number > b->number) - (a->number < b->number);
}

static void lay_deadline(int64_t *deadline_ms, const char *text)
{
    if (text) *deadline_ms = strcmp(text, "off") == 0 ? 0 : llround(strtod(text, NULL) * 1000);
}

static void lay_deadlines(int64_t deadlines_ms[SW_COLOUR_COUNT], const struct raw_deadlines *raw)
{
    if (!raw) return;
    lay_deadline(&deadlines_ms[SW_COLOUR_BLUE], raw->blue);
    lay_deadline(&deadlines_ms[SW_COLOUR_YELLOW], raw->yellow);
    lay_deadline(&deadlines_ms[SW_COLOUR_ORANGE], raw->orange);
    lay_deadline(&deadlines_ms[SW_COLOUR_RED], raw->red);
}

static void check_path(const struct build *build, const char *city, uint32_t number)
{
    const char *path = build->raw->areas[number].grid;
    char field[CONFIG_PATH_SIZE];
    snprintf(field, sizeof field, "areas[%u].grid", number);
    if (!sw_area_path_valid(path))
        report(build, field, "found %s; expected names joined by '/'", path);
    else if (!sw_area_path_is_in(path, city))
        report(build, field, "found %s; expected the city, %s, or an area in it", path, city);
}

static uint32_t responsible_of(const struct build *build, uint32_t number)
{
    const char *id = build->raw->areas[number].responsible;
    char field[CONFIG_PATH_SIZE];
    if (!id) return DUTY_NONE;
    uint32_t person = person_named(build, id);
    snprintf(field, sizeof field, "areas[%u].responsible", number);
    if (person == DUTY_NONE) report(build, field, "nobody is called %s; expected the id of an entry of people", id);
    return person;
}

static void complain_of_parent(const struct build *build, const struct numbered_area *area, size_t parent_length)
{
    char field[CONFIG_PATH_SIZE];
    snprintf(field, sizeof field, "areas[%u].grid", area->number);
    report(build, field, "found %s; expected an entry for %.*s too, with a responsible or without", area->area.path,
           (int)parent_length, area->area.path);
}

/* Finds what it lies in, among those before it, and takes over its deadlines. */
static void place_area(const struct build *build, struct numbered_area *areas, uint32_t index)
{
    struct numbered_area *area = &areas[index];
    const struct raw_area *raw = &build->raw->areas[area->number];
    const char *slash = strrchr(area->area.path, '/');
    size_t length = slash ? (size_t)(slash - area->area.path) : 0;
    area->area.parent = DUTY_NONE;
    for (uint32_t i = index; length > 0 && i-- > 0 && area->area.parent == DUTY_NONE;)
        if (strncmp(areas[i].area.path, area->area.path, length) == 0 && areas[i].area.path[length] == '\0')
            area->area.parent = i;
    if (area->area.parent != DUTY_NONE) {
        const struct duty_area *parent = &areas[area->area.parent].area;
        area->area.depth = parent->depth + 1;
        memcpy(area->area.acknowledge_ms, parent->acknowledge_ms, sizeof parent->acknowledge_ms);
        memcpy(area->area.dispatch_ms, parent->dispatch_ms, sizeof parent->dispatch_ms);
    } else if (length > 0) {
        complain_of_parent(build, area, length);
    } else {
        area->area.acknowledge_ms[SW_COLOUR_YELLOW] = 3600000;
        area->area.acknowledge_ms[SW_COLOUR_ORANGE] = 600000;
        area->area.acknowledge_ms[SW_COLOUR_RED] = 120000;
    }
    lay_deadlines(area->area.acknowledge_ms, raw->acknowledge_s);
    lay_deadlines(area->area.dispatch_ms, raw->dispatch_s);
}

static void check_twice(const struct build *build, const struct numbered_area *areas, uint32_t index)
{
    char field[CONFIG_PATH_SIZE];
    if (index == 0 || strcmp(areas[index].area.path, areas[index - 1].area.path) != 0) return;
    snprintf(field, sizeof field, "areas[%u].grid", areas[index].number);
    report(build, field, "%s is areas[%u] already; expected each area once", areas[index].area.path,
           areas[index - 1].number);
}

static void check_root(const struct build *build, const char *city, const struct numbered_area *areas)
{
    char field[CONFIG_PATH_SIZE];
    if (build->raw->areas_count == 0 || strcmp(areas[0].area.path, city) != 0) {
        report(build, "areas", "no entry for %s; expected the city itself, with a responsible", city);
    } else if (!build->raw->areas[areas[0].number].responsible) {
        snprintf(field, sizeof field, "areas[%u].responsible", areas[0].number);
        report(build, field, "key is missing; expected who answers for the whole city");
    }
}

static void build_areas(const struct build *build, const char *city)
{
    struct duty_roster *roster = build->roster;
    uint32_t count = build->raw->areas_count;
    struct numbered_area *areas = make(build, count, sizeof *areas);
    roster->areas = make(build, count, sizeof *roster->areas);
    for (uint32_t i = 0; areas && i < count; i++) {
        areas[i].number = i;
        snprintf(areas[i].area.path, sizeof areas[i].area.path, "%s", build->raw->areas[i].grid);
        check_path(build, city, i);
        areas[i].area.responsible = responsible_of(build, i);
    }
    if (areas) {
        qsort(areas, count, sizeof *areas, by_path);
        check_root(build, city, areas);
    }
    for (uint32_t i = 0; areas && roster->areas && i < count; i++) {
        check_twice(build, areas, i);
        place_area(build, areas, i);
        roster->areas[i] = areas[i].area;
        roster->area_count = i + 1;
    }
    free(areas);
}

void people_build(struct duty_roster *roster, const char *city, const struct raw_people *raw,
                  struct config_document *document, struct config_problems *problems)
{
    struct build build = {raw, document, problems, roster};
    if (strcmp(raw->schema, SCHEMA_NAME) != 0)
        report(&build, "schema", "found %.60s; expected " SCHEMA_NAME, raw->schema);
    build_people(&build);
    build_areas(&build, city);
}
