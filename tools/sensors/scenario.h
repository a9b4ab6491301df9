/* A scenario: which sensors are on the line, what happens to them and when. From YAML; docs/simulators.md has the
 * reference. */
#ifndef TOOLS_SENSORS_SCENARIO_H
#define TOOLS_SENSORS_SCENARIO_H

#include "config/profile_file.h"
#include "sensors/replay_series.h"
#include "sensors/sensor.h"
#include "sensors/yaml_tree.h"

struct scenario_event {
    double at_s;
    size_t sensor_index;
    struct sensor_change change;
};

/* Readings that drive one field of a sensor. */
struct scenario_replay {
    size_t sensor_index;
    enum sensor_field field;
    struct replay_series series; /* times in scenario seconds */
    size_t next;                 /* first row not played yet */
};

struct scenario {
    struct sensor *sensors;
    size_t sensor_count;
    struct scenario_event *events; /* in order of time */
    size_t event_count;
    size_t next_event; /* first event not played yet */
    struct scenario_replay *replays;
    size_t replay_count;
};

/* Sensors may have the built-in profiles and those of `own`, which has to outlast the scenario; NULL = there are none.
 * SW_OK and *scenario (free with scenario_free), or SW_ERROR_CONFIG after at least one problem was reported. */
int scenario_load(const char *file, const struct profile_folder *own, struct yaml_report report,
                  struct scenario *scenario);

/* The same from text; files of readings are looked for relative to the folder of `name`. */
int scenario_parse(const char *name, const char *text, size_t size, const struct profile_folder *own,
                   struct yaml_report report, struct scenario *scenario);

/* One event in one line, to take effect at once: {sensor: cover, open: true}. SW_OK, or SW_ERROR_MESSAGE after a
 * report. event->at_s is 0. */
int scenario_parse_line(const struct scenario *scenario, const char *text, size_t size, struct yaml_report report,
                        struct scenario_event *event);

void scenario_free(struct scenario *scenario);

/* Told of everything that happens: an event, the end of a fault. Rows of a series are not told. */
struct scenario_listener {
    void *ctx;
    void (*happened)(void *ctx, double at_s, const struct sensor *sensor, const char *what);
};

/* Plays events and rows up to now_s in order of time and moves every sensor there. */
void scenario_advance(struct scenario *scenario, double now_s, struct scenario_listener listener);

/* Applies an event now (to a scenario advanced to now). */
void scenario_apply(struct scenario *scenario, const struct scenario_event *event, struct scenario_listener listener);

/* When the next event, row or end of a fault is due; INFINITY when nothing is. */
double scenario_next_s(const struct scenario *scenario);

#endif
