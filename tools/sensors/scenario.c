#include "sensors/scenario.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static void advance_sensors(struct scenario *scenario, double now_s, struct scenario_listener listener)
{
    for (size_t i = 0; i < scenario->sensor_count; i++) {
        struct sensor *sensor = &scenario->sensors[i];
        bool faulty = sensor->fault.kind != SENSOR_FAULT_NONE;
        double until_s = sensor->fault.until_s;
        sensor_advance(sensor, now_s);
        if (faulty && sensor->fault.kind == SENSOR_FAULT_NONE)
            listener.happened(listener.ctx, until_s, sensor, "fault over");
    }
}

static void tell_value(const struct sensor *sensor, const struct sensor_change *change, size_t i, double at_s,
                       struct scenario_listener listener)
{
    char from[32], to[32], what[160];
    enum sensor_field field = change->set[i].field;
    sensor_format_value(field, sensor->value[field], from, sizeof from);
    sensor_format_value(field, change->set[i].value, to, sizeof to);
    int used = snprintf(what, sizeof what, "%s %s -> %s", sensor_field_info(field)->name, from, to);
    if (change->over_s > 0) snprintf(what + used, sizeof what - (size_t)used, " over %g s", change->over_s);
    listener.happened(listener.ctx, at_s, sensor, what);
}

static void tell_fault(const struct sensor *sensor, const struct sensor_change *change, double at_s,
                       struct scenario_listener listener)
{
    char what[80];
    int used = snprintf(what, sizeof what, "fault %s", sensor_fault_name(change->fault.kind));
    if (isfinite(change->for_s)) snprintf(what + used, sizeof what - (size_t)used, " for %g s", change->for_s);
    listener.happened(listener.ctx, at_s, sensor, what);
}

void scenario_apply(struct scenario *scenario, const struct scenario_event *event, struct scenario_listener listener)
{
    struct sensor *sensor = &scenario->sensors[event->sensor_index];
    const struct sensor_change *change = &event->change;
    for (size_t i = 0; i < change->set_count; i++)
        tell_value(sensor, change, i, sensor->now_s, listener);
    if (change->has_fault) tell_fault(sensor, change, sensor->now_s, listener);
    sensor_apply(sensor, change);
}

static void play_row(struct scenario *scenario, struct scenario_replay *replay)
{
    double value = replay->series.rows[replay->next++].value;
    struct sensor_change change = {.set = {{replay->field, value}}, .set_count = 1};
    sensor_apply(&scenario->sensors[replay->sensor_index], &change);
}

static double next_event_s(const struct scenario *scenario)
{
    return scenario->next_event < scenario->event_count ? scenario->events[scenario->next_event].at_s : INFINITY;
}

/* The replay whose row is due first; NULL when all are over. */
static struct scenario_replay *next_replay(const struct scenario *scenario, double *at_s)
{
    struct scenario_replay *first = NULL;
    *at_s = INFINITY;
    for (size_t i = 0; i < scenario->replay_count; i++) {
        struct scenario_replay *replay = &scenario->replays[i];
        if (replay->next == replay->series.count || replay->series.rows[replay->next].at_s >= *at_s) continue;
        *at_s = replay->series.rows[replay->next].at_s;
        first = replay;
    }
    return first;
}

void scenario_advance(struct scenario *scenario, double now_s, struct scenario_listener listener)
{
    for (;;) {
        double row_s, event_s = next_event_s(scenario);
        struct scenario_replay *replay = next_replay(scenario, &row_s);
        double due_s = fmin(event_s, row_s);
        if (due_s > now_s) break;
        advance_sensors(scenario, due_s, listener);
        if (event_s <= row_s)
            scenario_apply(scenario, &scenario->events[scenario->next_event++], listener);
        else
            play_row(scenario, replay);
    }
    advance_sensors(scenario, now_s, listener);
}

double scenario_next_s(const struct scenario *scenario)
{
    double next_s;
    next_replay(scenario, &next_s);
    next_s = fmin(next_s, next_event_s(scenario));
    for (size_t i = 0; i < scenario->sensor_count; i++)
        next_s = fmin(next_s, scenario->sensors[i].fault.until_s);
    return next_s;
}

void scenario_free(struct scenario *scenario)
{
    for (size_t i = 0; i < scenario->sensor_count; i++)
        free(scenario->sensors[i].draws);
    for (size_t i = 0; i < scenario->replay_count; i++)
        replay_series_free(&scenario->replays[i].series);
    free(scenario->sensors);
    free(scenario->events);
    free(scenario->replays);
    *scenario = (struct scenario){0};
}
