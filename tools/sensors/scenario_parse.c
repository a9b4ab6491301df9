#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sensors/scenario.h"
#include "stillwater/error.h"

#define UNIT_ID_MAX     247
#define TIME_MAX_S      1e9
#define SCENARIO_MAX    (16u << 20)
#define EXPECTED_SIZE   400
#define EXCEPTION_START 4 /* server device failure */
#define LATE_EXTRA_MS   100

static void *new_array(struct yaml_tree *tree, const struct yaml_at *at, size_t count, size_t size)
{
    void *array = calloc(count ? count : 1, size);
    if (array == NULL) yaml_problem(tree, at, "found no memory, expected a shorter scenario");
    return array;
}

static size_t item_count(const struct yaml_at *sequence)
{
    return (size_t)(sequence->node->data.sequence.items.top - sequence->node->data.sequence.items.start);
}

static bool one_of(const char *key, const char *const *keys)
{
    for (; *keys != NULL; keys++)
        if (strcmp(key, *keys) == 0) return true;
    return false;
}

static void add_word(char *list, size_t size, const char *word)
{
    size_t used = strlen(list);
    snprintf(list + used, size - used, "%s%s", used ? ", " : "", word);
}

/* "a, b, c": the given keys, and the fields of the profile where there is one. */
static void list_keys(const char *const *keys, const struct sw_profile *profile, char *list, size_t size)
{
    list[0] = '\0';
    for (; *keys != NULL; keys++)
        add_word(list, size, *keys);
    for (unsigned i = 0; profile != NULL && i < SENSOR_FIELD_COUNT; i++)
        if (sensor_has_field(profile, (enum sensor_field)i))
            add_word(list, size, sensor_field_info((enum sensor_field)i)->name);
}

/* Reports every key that is not in the list and not a field of the profile. */
static void check_keys(struct yaml_tree *tree, const struct yaml_at *mapping, const char *const *keys,
                       const struct sw_profile *profile)
{
    char expected[EXPECTED_SIZE];
    const char *key;
    struct yaml_at value;
    for (size_t i = 0; yaml_pair(tree, mapping, i, &key, &value); i++) {
        enum sensor_field field = sensor_field_from_name(key);
        if (one_of(key, keys)) continue;
        if (profile != NULL && field != SENSOR_FIELD_COUNT && sensor_has_field(profile, field)) continue;
        list_keys(keys, profile, expected, sizeof expected);
        yaml_problem(tree, &value, "unknown key, expected one of: %s", expected);
    }
}

static bool read_field(struct yaml_tree *tree, const struct yaml_at *at, enum sensor_field field, double *value)
{
    const struct sensor_field_info *info = sensor_field_info(field);
    char expected[80] = "one of: ";
    if (info->choices == NULL) return yaml_number(tree, at, info->minimum, info->maximum, info->whole, value);
    snprintf(expected, sizeof expected, "one of: %s", info->choices);
    const char *word = yaml_text(tree, at, expected);
    if (word == NULL) return false;
    int index = sensor_choice_index(info->choices, word);
    if (index < 0) yaml_problem(tree, at, "found \"%.60s\", expected %s", word, expected);
    *value = index;
    return index >= 0;
}

/* An optional number; leaves *value alone when the key is not there. */
static void read_optional(struct yaml_tree *tree, const struct yaml_at *mapping, const char *key, double minimum,
                          double maximum, bool whole, double *value)
{
    struct yaml_at at;
    double found;
    if (yaml_find(tree, mapping, key, &at) && yaml_number(tree, &at, minimum, maximum, whole, &found)) *value = found;
}

/* ---- sensors ---- */

static void read_draw(struct yaml_tree *tree, const struct yaml_at *at, struct sensor_draw *draw)
{
    static const char *const keys[] = {"at", "litres", "over_s", "every_s", NULL};
    struct yaml_at value;
    *draw = (struct sensor_draw){.over_s = 1};
    if (!yaml_check_mapping(tree, at, "a draw such as {at: 10, litres: 6, over_s: 60}")) return;
    check_keys(tree, at, keys, NULL);
    if (yaml_require(tree, at, "at", "seconds since start", &value))
        yaml_number(tree, &value, 0, TIME_MAX_S, false, &draw->at_s);
    if (yaml_require(tree, at, "litres", "litres taken", &value))
        yaml_number(tree, &value, 0, 1e6, false, &draw->litres);
    read_optional(tree, at, "over_s", 0.001, TIME_MAX_S, false, &draw->over_s);
    read_optional(tree, at, "every_s", 0.001, TIME_MAX_S, false, &draw->every_s);
    if (draw->every_s > 0 && draw->every_s < draw->over_s && yaml_find(tree, at, "every_s", &value))
        yaml_problem(tree, &value, "found %g, expected at least over_s (%g)", draw->every_s, draw->over_s);
}

static void read_draws(struct yaml_tree *tree, const struct yaml_at *mapping, struct sensor *sensor)
{
    struct yaml_at list, item;
    if (!yaml_find(tree, mapping, "draws", &list)) return;
    if (!yaml_check_sequence(tree, &list, "a list of draws")) return;
    sensor->draws = new_array(tree, &list, item_count(&list), sizeof *sensor->draws);
    if (sensor->draws == NULL) return;
    for (size_t i = 0; yaml_item(tree, &list, i, &item); i++)
        read_draw(tree, &item, &sensor->draws[i]);
    sensor->draw_count = item_count(&list);
}

static const struct sw_profile *read_profile(struct yaml_tree *tree, const struct yaml_at *mapping,
                                             const struct profile_folder *own)
{
    char expected[EXPECTED_SIZE] = "";
    struct yaml_at at;
    for (size_t i = 0; sw_profile_at(i) != NULL; i++)
        add_word(expected, sizeof expected, sw_profile_at(i)->name);
    for (size_t i = 0; own != NULL && i < own->count; i++)
        add_word(expected, sizeof expected, own->files[i]->name);
    if (!yaml_require(tree, mapping, "profile", expected, &at)) return NULL;
    const char *name = yaml_text(tree, &at, expected);
    const struct sw_profile *profile = name ? sw_profile_by_name(name) : NULL;
    if (name != NULL && profile == NULL && own != NULL) profile = profile_folder_named(own, name);
    if (name != NULL && profile == NULL)
        yaml_problem(tree, &at, "found \"%.60s\", expected one of: %s", name, expected);
    return profile;
}

static const char *read_id(struct yaml_tree *tree, const struct yaml_at *mapping)
{
    static const char expected[] = "1 to 63 letters, digits, '-', '_' or '.', a letter or digit first";
    struct yaml_at at;
    if (!yaml_require(tree, mapping, "name", expected, &at)) return NULL;
    const char *name = yaml_text(tree, &at, expected);
    if (name == NULL || sw_id_valid(name)) return name;
    yaml_problem(tree, &at, "found \"%.60s\", expected %s", name, expected);
    return NULL;
}

static uint8_t read_unit_id(struct yaml_tree *tree, const struct yaml_at *mapping)
{
    struct yaml_at at;
    double unit_id = 0;
    if (yaml_require(tree, mapping, "unit_id", "a whole number from 1 to 247", &at) &&
        !yaml_number(tree, &at, 1, UNIT_ID_MAX, true, &unit_id))
        return 0;
    return (uint8_t)unit_id;
}

static void read_start_values(struct yaml_tree *tree, const struct yaml_at *mapping, struct sensor *sensor)
{
    const char *key;
    struct yaml_at value;
    for (size_t i = 0; yaml_pair(tree, mapping, i, &key, &value); i++) {
        enum sensor_field field = sensor_field_from_name(key);
        if (field != SENSOR_FIELD_COUNT && sensor_has_field(sensor->profile, field))
            read_field(tree, &value, field, &sensor->value[field]);
    }
    double turnaround_ms = sensor->turnaround_ms;
    read_optional(tree, mapping, "turnaround_ms", 0, 10000, true, &turnaround_ms);
    sensor->turnaround_ms = (uint32_t)turnaround_ms;
}

static void read_sensor(struct yaml_tree *tree, const struct yaml_at *at, const struct profile_folder *own,
                        struct sensor *sensor)
{
    static const char *const keys[] = {"unit_id", "profile", "name", "turnaround_ms", NULL};
    static const char *const meter_keys[] = {"unit_id", "profile", "name", "turnaround_ms", "draws", NULL};
    if (!yaml_check_mapping(tree, at, "a sensor such as {unit_id: 11, profile: xintai, name: meter-a}")) return;
    uint8_t unit_id = read_unit_id(tree, at);
    const char *name = read_id(tree, at);
    const struct sw_profile *profile = read_profile(tree, at, own);
    /* Without its profile nothing can be said about the other keys; the name keeps events about it from being
     * reported, too. */
    if (profile == NULL && name != NULL) snprintf(sensor->name, sizeof sensor->name, "%s", name);
    if (profile == NULL) return;
    sensor_init(sensor, name ? name : "", unit_id, profile);
    bool meter = sensor_has_field(profile, SENSOR_FIELD_FLOW_L_PER_MIN);
    check_keys(tree, at, meter ? meter_keys : keys, profile);
    read_start_values(tree, at, sensor);
    if (meter) read_draws(tree, at, sensor);
}

static void check_unique(struct yaml_tree *tree, const struct yaml_at *list, const struct scenario *scenario)
{
    struct yaml_at item, value;
    for (size_t i = 0; yaml_item(tree, list, i, &item); i++)
        for (size_t j = 0; j < i; j++) {
            const struct sensor *a = &scenario->sensors[j], *b = &scenario->sensors[i];
            if (a->unit_id != 0 && a->unit_id == b->unit_id && yaml_find(tree, &item, "unit_id", &value))
                yaml_problem(tree, &value, "found %d, which sensors[%zu] has, expected another unit id", b->unit_id, j);
            if (a->name[0] != '\0' && strcmp(a->name, b->name) == 0 && yaml_find(tree, &item, "name", &value))
                yaml_problem(tree, &value, "found \"%s\", which sensors[%zu] has, expected another name", b->name, j);
        }
}

static void read_sensors(struct yaml_tree *tree, const struct yaml_at *root, const struct profile_folder *own,
                         struct scenario *scenario)
{
    struct yaml_at list, item;
    if (!yaml_require(tree, root, "sensors", "a list of sensors", &list)) return;
    if (!yaml_check_sequence(tree, &list, "a list of sensors")) return;
    if (item_count(&list) < 1 || item_count(&list) > UNIT_ID_MAX) {
        yaml_problem(tree, &list, "found %zu sensors, expected 1 to 247", item_count(&list));
        return;
    }
    scenario->sensors = new_array(tree, &list, item_count(&list), sizeof *scenario->sensors);
    if (scenario->sensors == NULL) return;
    scenario->sensor_count = item_count(&list);
    for (size_t i = 0; yaml_item(tree, &list, i, &item); i++)
        read_sensor(tree, &item, own, &scenario->sensors[i]);
    check_unique(tree, &list, scenario);
}

/* ---- events ---- */

/* The sensor a mapping is about; NULL after a report, or where the sensor's own description was reported. */
static const struct sensor *read_sensor_name(struct yaml_tree *tree, const struct yaml_at *mapping,
                                             const struct scenario *scenario)
{
    char expected[EXPECTED_SIZE] = "";
    struct yaml_at at;
    if (scenario->sensor_count == 0) return NULL;
    for (size_t i = 0; i < scenario->sensor_count; i++)
        if (scenario->sensors[i].name[0] != '\0') add_word(expected, sizeof expected, scenario->sensors[i].name);
    if (!yaml_require(tree, mapping, "sensor", expected, &at)) return NULL;
    const char *name = yaml_text(tree, &at, expected);
    if (name == NULL) return NULL;
    for (size_t i = 0; i < scenario->sensor_count; i++)
        if (strcmp(scenario->sensors[i].name, name) == 0)
            return scenario->sensors[i].profile ? &scenario->sensors[i] : NULL;
    yaml_problem(tree, &at, "found \"%.60s\", expected one of: %s", name, expected);
    return NULL;
}

static void read_fault(struct yaml_tree *tree, const struct yaml_at *mapping, const struct sw_profile *profile,
                       struct sensor_change *change)
{
    char expected[EXPECTED_SIZE] = "";
    struct yaml_at at;
    change->for_s = INFINITY;
    if (!yaml_find(tree, mapping, "fault", &at)) return;
    for (unsigned i = 0; i < SENSOR_FAULT_COUNT; i++)
        add_word(expected, sizeof expected, sensor_fault_name((enum sensor_fault_kind)i));
    const char *name = yaml_text(tree, &at, expected);
    if (name == NULL) return;
    change->has_fault = true;
    change->fault.kind = sensor_fault_from_name(name);
    if (change->fault.kind == SENSOR_FAULT_COUNT)
        yaml_problem(tree, &at, "found \"%.60s\", expected one of: %s", name, expected);
    double code = EXCEPTION_START, late_ms = profile->timeout_ms + LATE_EXTRA_MS;
    read_optional(tree, mapping, "for_s", 0.001, TIME_MAX_S, false, &change->for_s);
    read_optional(tree, mapping, "exception_code", 1, 11, true, &code);
    read_optional(tree, mapping, "late_ms", 1, 600000, true, &late_ms);
    change->fault.exception_code = (uint8_t)code;
    change->fault.late_ms = (uint32_t)late_ms;
}

static void read_change_field(struct yaml_tree *tree, const struct yaml_at *value, enum sensor_field field,
                              struct sensor_change *change)
{
    double number;
    if (change->set_count == SENSOR_CHANGE_FIELDS_MAX) {
        yaml_problem(tree, value, "found too many fields, expected at most %d in one event", SENSOR_CHANGE_FIELDS_MAX);
        return;
    }
    if (!read_field(tree, value, field, &number)) return;
    if (change->over_s > 0 && sensor_field_info(field)->choices != NULL)
        yaml_problem(tree, value, "found together with over_s, expected a number: only numbers can ramp");
    change->set[change->set_count].field = field;
    change->set[change->set_count++].value = number;
}

/* Everything of an event but its time. */
static void read_change(struct yaml_tree *tree, const struct yaml_at *at, const struct sensor *sensor,
                        struct sensor_change *change)
{
    const char *key;
    struct yaml_at value;
    read_optional(tree, at, "over_s", 0, TIME_MAX_S, false, &change->over_s);
    read_fault(tree, at, sensor->profile, change);
    for (size_t i = 0; yaml_pair(tree, at, i, &key, &value); i++) {
        enum sensor_field field = sensor_field_from_name(key);
        if (field != SENSOR_FIELD_COUNT && sensor_has_field(sensor->profile, field))
            read_change_field(tree, &value, field, change);
    }
    if (change->set_count == 0 && !change->has_fault && tree->problems == 0)
        yaml_problem(tree, at, "found nothing to do, expected a field of %s or fault", sensor->profile->name);
}

static void read_event(struct yaml_tree *tree, const struct yaml_at *at, const struct scenario *scenario,
                       struct scenario_event *event)
{
    static const char *const keys[] = {"at", "sensor", "over_s", "fault", "for_s", "exception_code", "late_ms", NULL};
    struct yaml_at time;
    if (!yaml_check_mapping(tree, at, "an event such as {at: 10, sensor: river, level_mm: 420}")) return;
    if (yaml_require(tree, at, "at", "seconds since start", &time))
        yaml_number(tree, &time, 0, TIME_MAX_S, false, &event->at_s);
    const struct sensor *sensor = read_sensor_name(tree, at, scenario);
    if (sensor == NULL) return;
    event->sensor_index = (size_t)(sensor - scenario->sensors);
    check_keys(tree, at, keys, sensor->profile);
    read_change(tree, at, sensor, &event->change);
}

static void sort_events(struct scenario_event *events, size_t count)
{
    /* Stable: events of one moment happen in the order they are written. Scenarios are short and mostly in order. */
    for (size_t i = 1; i < count; i++) {
        struct scenario_event event = events[i];
        size_t j = i;
        for (; j > 0 && events[j - 1].at_s > event.at_s; j--)
            events[j] = events[j - 1];
        events[j] = event;
    }
}

static void read_events(struct yaml_tree *tree, const struct yaml_at *root, struct scenario *scenario)
{
    struct yaml_at list, item;
    if (!yaml_find(tree, root, "events", &list)) return;
    if (!yaml_check_sequence(tree, &list, "a list of events")) return;
    scenario->events = new_array(tree, &list, item_count(&list), sizeof *scenario->events);
    if (scenario->events == NULL) return;
    scenario->event_count = item_count(&list);
    for (size_t i = 0; yaml_item(tree, &list, i, &item); i++)
        read_event(tree, &item, scenario, &scenario->events[i]);
    sort_events(scenario->events, scenario->event_count);
}

/* ---- series of readings ---- */

static void resolve_path(const char *scenario_name, const char *file, char path[PATH_MAX])
{
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%s", scenario_name);
    if (file[0] == '/')
        snprintf(path, PATH_MAX, "%s", file);
    else if (snprintf(path, PATH_MAX, "%s/%s", dirname(folder), file) >= PATH_MAX)
        path[0] = '\0'; /* too long to exist: opening it reports that */
}

static const char *require_text(struct yaml_tree *tree, const struct yaml_at *mapping, const char *key,
                                const char *expected)
{
    struct yaml_at at;
    return yaml_require(tree, mapping, key, expected, &at) ? yaml_text(tree, &at, expected) : NULL;
}

static enum sensor_field read_replay_field(struct yaml_tree *tree, const struct yaml_at *mapping,
                                           const struct sw_profile *profile)
{
    char expected[EXPECTED_SIZE];
    static const char *const none[] = {NULL};
    struct yaml_at at;
    if (!yaml_find(tree, mapping, "field", &at)) return sensor_main_field(profile);
    list_keys(none, profile, expected, sizeof expected);
    const char *name = yaml_text(tree, &at, expected);
    enum sensor_field field = name ? sensor_field_from_name(name) : SENSOR_FIELD_COUNT;
    if (name == NULL || (field != SENSOR_FIELD_COUNT && sensor_has_field(profile, field))) return field;
    yaml_problem(tree, &at, "found \"%.60s\", expected one of: %s", name, expected);
    return SENSOR_FIELD_COUNT;
}

static void load_series(struct yaml_tree *tree, const struct yaml_at *at, const struct replay_request *request,
                        struct scenario_replay *replay)
{
    struct replay_problem problem;
    struct yaml_at file;
    if (replay_series_load(request, &replay->series, &problem) == SW_OK) return;
    yaml_find(tree, at, "file", &file);
    if (problem.line == 0)
        yaml_problem(tree, &file, "%s: %s", request->file, problem.text);
    else
        yaml_problem(tree, &file, "%s:%u: %s", request->file, problem.line, problem.text);
}

/* A series may hold what a sensor cannot show: those rows are pulled to the field's limits. */
static void limit_rows(struct scenario_replay *replay)
{
    const struct sensor_field_info *info = sensor_field_info(replay->field);
    for (size_t i = 0; i < replay->series.count; i++) {
        double value = replay->series.rows[i].value;
        value = fmin(fmax(value, info->minimum), info->maximum);
        replay->series.rows[i].value = info->whole ? round(value) : value;
    }
}

static void read_replay(struct yaml_tree *tree, const struct yaml_at *at, const struct scenario *scenario,
                        struct scenario_replay *replay)
{
    static const char *const keys[] = {"sensor", "file",  "column", "time_column", "speed",
                                       "at",     "scale", "field",  NULL};
    struct replay_request request = {.scale = 1, .speed = 1};
    char path[PATH_MAX];
    if (!yaml_check_mapping(tree, at,
                            "a series such as {sensor: meter-a, file: home.csv, column: index_l, "
                            "time_column: local_time}"))
        return;
    check_keys(tree, at, keys, NULL);
    const char *file = require_text(tree, at, "file", "a CSV file with a header line");
    request.column = require_text(tree, at, "column", "the name of the column with the values");
    request.time_column = require_text(tree, at, "time_column", "the name of the column with the times");
    read_optional(tree, at, "at", 0, TIME_MAX_S, false, &request.start_s);
    read_optional(tree, at, "scale", -1e9, 1e9, false, &request.scale);
    read_optional(tree, at, "speed", 1e-6, 1e9, false, &request.speed);
    const struct sensor *sensor = read_sensor_name(tree, at, scenario);
    if (sensor == NULL) return;
    replay->sensor_index = (size_t)(sensor - scenario->sensors);
    replay->field = read_replay_field(tree, at, sensor->profile);
    if (file == NULL || request.column == NULL || request.time_column == NULL || replay->field == SENSOR_FIELD_COUNT)
        return;
    resolve_path(tree->name, file, path);
    request.file = path;
    load_series(tree, at, &request, replay);
    limit_rows(replay);
}

static void read_replays(struct yaml_tree *tree, const struct yaml_at *root, struct scenario *scenario)
{
    struct yaml_at list, item;
    if (!yaml_find(tree, root, "replay", &list)) return;
    if (!yaml_check_sequence(tree, &list, "a list of series")) return;
    scenario->replays = new_array(tree, &list, item_count(&list), sizeof *scenario->replays);
    if (scenario->replays == NULL) return;
    scenario->replay_count = item_count(&list);
    for (size_t i = 0; yaml_item(tree, &list, i, &item); i++)
        read_replay(tree, &item, scenario, &scenario->replays[i]);
}

/* ---- the whole ---- */

int scenario_parse(const char *name, const char *text, size_t size, const struct profile_folder *own,
                   struct yaml_report report, struct scenario *scenario)
{
    static const char *const keys[] = {"sensors", "events", "replay", NULL};
    struct yaml_tree tree;
    *scenario = (struct scenario){0};
    if (!yaml_tree_parse(&tree, name, text, size, report)) return SW_ERROR_CONFIG;
    struct yaml_at root = yaml_tree_root(&tree);
    if (yaml_check_mapping(&tree, &root, "a mapping with sensors")) {
        check_keys(&tree, &root, keys, NULL);
        read_sensors(&tree, &root, own, scenario);
        read_events(&tree, &root, scenario);
        read_replays(&tree, &root, scenario);
    }
    int error = tree.problems > 0 ? SW_ERROR_CONFIG : SW_OK;
    yaml_tree_free(&tree);
    if (error != SW_OK) scenario_free(scenario);
    return error;
}

int scenario_parse_line(const struct scenario *scenario, const char *text, size_t size, struct yaml_report report,
                        struct scenario_event *event)
{
    static const char *const keys[] = {"sensor", "over_s", "fault", "for_s", "exception_code", "late_ms", NULL};
    struct yaml_tree tree;
    *event = (struct scenario_event){0};
    if (!yaml_tree_parse(&tree, "control", text, size, report)) return SW_ERROR_MESSAGE;
    struct yaml_at root = yaml_tree_root(&tree);
    if (yaml_check_mapping(&tree, &root, "an event such as {sensor: river, level_mm: 420}")) {
        const struct sensor *sensor = read_sensor_name(&tree, &root, scenario);
        if (sensor != NULL) {
            event->sensor_index = (size_t)(sensor - scenario->sensors);
            check_keys(&tree, &root, keys, sensor->profile);
            read_change(&tree, &root, sensor, &event->change);
        }
    }
    int error = tree.problems > 0 ? SW_ERROR_MESSAGE : SW_OK;
    yaml_tree_free(&tree);
    return error;
}

int scenario_load(const char *file, const struct profile_folder *own, struct yaml_report report,
                  struct scenario *scenario)
{
    int error = SW_ERROR_CONFIG;
    *scenario = (struct scenario){0};
    char *text = malloc(SCENARIO_MAX);
    FILE *stream = text ? fopen(file, "re") : NULL;
    if (stream == NULL) {
        report.problem(report.ctx, file, 0, "", text ? strerror(errno) : "no memory");
        free(text);
        return error;
    }
    size_t size = fread(text, 1, SCENARIO_MAX, stream);
    if (ferror(stream))
        report.problem(report.ctx, file, 0, "", strerror(errno));
    else if (size == SCENARIO_MAX)
        report.problem(report.ctx, file, 0, "", "found more than 16 MiB, expected a scenario");
    else
        error = scenario_parse(file, text, size, own, report, scenario);
    fclose(stream);
    free(text);
    return error;
}
