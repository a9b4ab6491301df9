/* The file's shape for libcyaml, and the struct it is loaded into. A pointer that stays NULL was not in the file. */
#ifndef GATEWAY_CONFIG_CONFIG_SCHEMA_H
#define GATEWAY_CONFIG_CONFIG_SCHEMA_H

#include <cyaml/cyaml.h>
#include <stdint.h>

#include "config/gateway_config.h"
#include "stillwater/alert.h"

enum raw_switch { RAW_OFF = 0, RAW_ON = 1 };

struct raw_habit_stage {
    uint32_t *soon_h, *late_h, *latest_h, *late_ppm, *latest_ppm;
};

struct raw_habit {
    enum raw_switch *enabled;
    double *learn_s;
    struct raw_habit_stage *quiet, *alert;
    enum sw_colour *colour;
};

struct raw_no_use {
    double *volume_l, *window_s, *coverage_pct, *observed_gap_s;
    enum raw_switch *always;
    enum sw_colour *colour;
};

struct raw_nothing_in {
    double *window_s, *coverage_pct;
    enum sw_colour *colour;
};

struct raw_drip {
    double *least_l_per_day, *most_l_per_day, *pause_s;
};

struct raw_leak {
    double *advice_s, *alert_s, *coverage_pct;
    enum sw_colour *colour;
};

struct raw_burst {
    double *flow_l_per_min, *hold_s, *off_s;
    enum sw_colour *colour;
};

struct raw_day_volume {
    double *limit_l, *coverage_pct;
    enum sw_colour *colour;
};

struct raw_notes {
    enum raw_switch *first_use, *slow_change;
};

struct raw_meter {
    double *rollover_l, *max_flow_l_per_s;
};

struct raw_meter_fault {
    double *clear_s, *stuck_s;
    uint32_t *negative_steps, *jumps, *set_backs;
    enum sw_colour *colour, *advice_colour;
};

struct raw_backflow {
    double *volume_l, *settle_s, *clear_s;
    enum sw_colour *colour;
};

/* Numbers, or "off". */
struct raw_bands {
    char *blue, *yellow, *orange, *red;
};

struct raw_level {
    struct raw_bands *bands_mm;
    char *top_mm; /* as a band */
    enum raw_switch *dries;
    double *full_scale_mm, *deadband_mm, *on_delay_s, *off_delay_s, *range_min_mm, *range_max_mm;
};

struct raw_level_quality {
    double *rise_max_mm_per_min, *river_fall_mm, *flat_wet_s, *flat_river_s;
    double *noise_mm, *wet_mm, *wet_most_mm, *step_mm, *step_s, *object_s;
    uint32_t *quarantine_after, *confirm_readings;
    double *forget_s, *confirm_s, *very_high_mm, *very_high_s, *drift_mm_per_h, *river_after_s;
};

struct raw_reach {
    double *horizon_s, *from_pct, *alone_pct;
};

struct raw_rise {
    enum sw_colour *lowest; /* SW_COLOUR_COUNT = off */
    struct raw_reach *seldom, *often, *eager;
    double *often_pct, *flood_mm;
};

struct raw_agreement {
    double *neighbour_m, *rain_m, *neighbour_s, *upstream_s, *rain_s, *travel_s, *rising_mm_per_min, *rain_mm,
        *on_delay_pct;
};

struct raw_cover {
    double *tilt_deg, *tilt_deadband_deg, *on_delay_s, *off_delay_s, *angle_deg;
    enum raw_switch *angle_learn;
    enum sw_colour *colour;
};

struct raw_float {
    double *on_delay_s, *off_delay_s;
    enum sw_colour *colour;
};

struct raw_battery {
    double *low_v, *critical_v, *deadband_v, *on_delay_s;
    enum sw_colour *low_colour, *critical_colour;
};

struct raw_silent {
    double *home_s, *level_s, *cover_s, *rain_s, *node_s, *bus_s;
    enum sw_colour *colour;
};

struct raw_latency {
    double *home_s, *level_s, *cover_s;
};

struct raw_noise {
    double *on_delay_s, *off_delay_s, *flap_window_s, *flap_quiet_s, *expire_after_s;
    uint32_t *flap_raises;
};

struct raw_policy {
    int32_t *utc_offset_min;
    char *time_zone;
    struct raw_no_use *no_use;
    struct raw_nothing_in *nothing_in, *no_real_use;
    struct raw_habit *habit;
    struct raw_drip *drip;
    struct raw_leak *leak;
    struct raw_burst *burst;
    struct raw_day_volume *day_volume;
    struct raw_notes *notes;
    struct raw_meter *meter;
    struct raw_meter_fault *meter_fault;
    struct raw_backflow *backflow;
    struct raw_level *level;
    struct raw_level_quality *level_quality;
    struct raw_rise *rise;
    struct raw_agreement *agreement;
    struct raw_cover *cover;
    struct raw_float *float_switch;
    struct raw_battery *battery;
    struct raw_silent *silent;
    struct raw_latency *latency;
    struct raw_noise *noise;
};

struct raw_place {
    double *latitude, *longitude;
    char *grid;
};

struct raw_group {
    char *id;
    struct raw_policy *policy;
};

struct raw_subject {
    char *id, *group;
    struct raw_place *place;
    enum raw_switch *home_assistant;
    char **upstream;
    uint32_t upstream_count;
    struct raw_policy *policy;
};

struct raw_slot {
    uint32_t slot, unit_id;
    char *profile, *subject;
    uint32_t *sample_period_ms, *report_delta, *heartbeat_s;
};

struct raw_node {
    char *id;
    uint32_t unit_id;
    struct raw_slot *slots;
    uint32_t slots_count;
};

struct raw_device {
    char *id;
    uint32_t unit_id;
    char *profile, *subject, *identity;
    uint32_t *poll_interval_ms;
};

enum raw_parity { RAW_PARITY_NONE = 'N', RAW_PARITY_EVEN = 'E', RAW_PARITY_ODD = 'O' };

struct raw_line {
    char *id, *port, *host, *listen, *registration;
    enum config_transport *transport;
    uint32_t *tcp_port, *outstanding, *trip_ms, *baud, *stop_bits, *poll_interval_ms, *timeout_ms;
    enum raw_parity *parity;
    struct raw_node *nodes;
    uint32_t nodes_count;
    struct raw_device *devices;
    uint32_t devices_count;
};

struct raw_tls {
    char *ca_file, *certificate_file, *key_file;
};

struct raw_mqtt {
    char *host, *username, *password_file;
    uint32_t *port, *keepalive_s, *inflight;
    enum config_done_on *done_on;
    uint32_t *resend_after_s, *resend_after_max_s;
    enum raw_switch *cap;
    enum config_telemetry *telemetry;
    char *discovery_prefix;
    struct raw_tls *tls;
};

struct raw_incident {
    double *distance_m, *within_s, *off_delay_s;
};

struct raw_storm {
    enum sw_colour *alert, *warning; /* SW_COLOUR_COUNT = off */
    double *quiet_s;
    uint32_t *poll_interval_ms;
};

/* By the code of the kind. */
struct raw_keep {
    uint32_t *days[SW_READING_KIND_END];
};

struct raw_store {
    char *path;
    uint32_t *quota_mb, *keep_readings_days, *reserve_mb;
    struct raw_keep *keep;
};

struct raw_registry {
    char *people;
    char *places;
    double *camera_m, *near_m;
};

struct raw_reports {
    char **areas;
    uint32_t areas_count;
    uint32_t *per_reporter, *per_portal;
    double *window_s, *expire_s;
};

struct raw_config {
    char *schema, *city, *gateway;
    struct raw_store *store;
    struct raw_mqtt *mqtt;
    struct raw_incident *incident;
    struct raw_storm *storm;
    struct raw_registry *registry;
    struct raw_reports *reports;
    char *profiles;
    struct raw_policy *policy;
    struct raw_group *groups;
    uint32_t groups_count;
    struct raw_subject *subjects;
    uint32_t subjects_count;
    struct raw_line *lines;
    uint32_t lines_count;
};

extern const cyaml_schema_value_t config_schema;

#endif
