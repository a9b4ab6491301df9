/* What a report tells, read from a store by a configuration. Homes have no part in it. */
#ifndef GATEWAY_CLI_REPORT_DATA_H
#define GATEWAY_CLI_REPORT_DATA_H

#include "config/gateway_config.h"
#include "stillwater/people.h"

/* A level is drawn as the highest in each column. */
#define REPORT_COLUMNS 480

struct report_sensor {
    const struct config_subject *subject;
    bool is_level;
    int64_t expected_ms; /* between two readings */
    uint64_t readings, good;
    int64_t observed_ms; /* time between good readings that are not too far apart */
    int64_t longest_gap_ms;
    struct sw_wall gap_from;
    struct sw_wall last_good;
    bool has_peak;
    int64_t peak_um;
    struct sw_wall peak_at;
    int64_t rise_um_per_h; /* the fastest over five minutes or more; 0 = it never rose */
    struct sw_wall rise_at;
    enum sw_colour crossed; /* the highest band that two good readings in a row reached */
    struct sw_wall crossed_at;
    bool missed; /* it was reached, and no alert of this sensor was open then */
    int64_t column_um[REPORT_COLUMNS];
    bool column_known[REPORT_COLUMNS];
};

struct report_alert {
    char id[SW_ALERT_ID_SIZE], subject[SW_ID_SIZE], incident[SW_ALERT_ID_SIZE];
    enum sw_alert_kind kind;
    enum sw_colour peak;
    enum sw_alert_state state;                                         /* the last */
    struct sw_wall raised_at, acknowledged_at, dispatched_at, over_at; /* 0 = not */
    char acknowledged_by[SW_ALERT_ACTOR_SIZE];
    uint32_t escalated; /* the highest level it went to */
    enum sw_outcome outcome;
};

struct report_event {
    struct sw_wall time;
    uint32_t alert;
    enum sw_alert_state state;
    enum sw_colour colour;
    bool worse;
    char actor[SW_ALERT_ACTOR_SIZE];
};

/* What people reported of water or covers and no sensor told of. */
struct report_unseen {
    char id[SW_ALERT_ID_SIZE];
    char area[SW_AREA_PATH_SIZE]; /* "" = not known */
    enum sw_alert_rule rule;      /* what it is about */
    enum sw_alert_state state;    /* the last */
    struct sw_wall raised_at;
    bool is_unseen; /* false: by its last revision a sensor has told of it, or it is elsewhere */
};

struct report {
    struct sw_wall from, to;
    const char *area; /* NULL = all */
    struct report_sensor *sensors;
    uint32_t sensor_count;
    struct report_alert *alerts; /* in the order they were raised */
    uint32_t alert_count;
    struct report_event *events; /* in the order of their times */
    uint32_t event_count;
    struct report_unseen *unseen; /* in the order they were raised */
    uint32_t unseen_count;
};

/* `from`, `to` and `area` are the caller's. SW_OK, or an error and why; report_free is owed either way. */
int report_read(struct report *report, const struct gateway_config *config, const char *store, char *text,
                size_t text_size);
void report_free(struct report *report);

/* How long it took, over the alerts with this peak colour; SW_COLOUR_COUNT = over all. */
struct report_times {
    uint32_t alerts, done;
    int64_t median_ms, p90_ms, worst_ms;
};
enum report_step { REPORT_ACKNOWLEDGED, REPORT_DISPATCHED, REPORT_OVER, REPORT_STEP_COUNT };
struct report_times report_times_of(const struct report *report, enum report_step step, enum sw_colour colour);

/* Percent of the time that was observed, rounded down. */
unsigned report_coverage_pct(const struct report *report, const struct report_sensor *sensor);

#endif
