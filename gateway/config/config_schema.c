#include "config/config_schema.h"

#define OPTIONAL CYAML_FLAG_OPTIONAL
#define REQUIRED CYAML_FLAG_DEFAULT

#define TEXT(flags, structure, member)                                                                                 \
    CYAML_FIELD_STRING_PTR(#member, flags, struct structure, member, 0, CYAML_UNLIMITED)
#define DECIMAL(structure, member) CYAML_FIELD_FLOAT_PTR(#member, OPTIONAL, struct structure, member)
#define INTEGER(structure, member) CYAML_FIELD_UINT_PTR(#member, OPTIONAL, struct structure, member)
#define SIGNED(structure, member)  CYAML_FIELD_INT_PTR(#member, OPTIONAL, struct structure, member)
#define NUMBER(structure, member)  CYAML_FIELD_UINT(#member, REQUIRED, struct structure, member)
#define COLOUR(structure, member)                                                                                      \
    CYAML_FIELD_ENUM_PTR(#member, OPTIONAL | CYAML_FLAG_STRICT, struct structure, member, colours, 4)
#define SWITCH(structure, member)                                                                                      \
    CYAML_FIELD_ENUM_PTR(#member, OPTIONAL | CYAML_FLAG_STRICT, struct structure, member, switches, 2)
#define BLOCK(structure, member, fields) CYAML_FIELD_MAPPING_PTR(#member, OPTIONAL, struct structure, member, fields)
#define LIST(structure, member, entry)                                                                                 \
    CYAML_FIELD_SEQUENCE(#member, OPTIONAL | CYAML_FLAG_POINTER, struct structure, member, entry, 0, CYAML_UNLIMITED)

static const cyaml_strval_t colours[] = {
    {"blue", SW_COLOUR_BLUE}, {"yellow", SW_COLOUR_YELLOW}, {"orange", SW_COLOUR_ORANGE}, {"red", SW_COLOUR_RED}};
static const cyaml_strval_t colours_or_off[] = {{"blue", SW_COLOUR_BLUE},
                                                {"yellow", SW_COLOUR_YELLOW},
                                                {"orange", SW_COLOUR_ORANGE},
                                                {"red", SW_COLOUR_RED},
                                                {"off", SW_COLOUR_COUNT}};
static const cyaml_strval_t parities[] = {
    {"none", RAW_PARITY_NONE}, {"even", RAW_PARITY_EVEN}, {"odd", RAW_PARITY_ODD}};

static const cyaml_strval_t transports[] = {{"rtu", CONFIG_RTU},
                                            {"tcp", CONFIG_TCP},
                                            {"rtu_over_tcp", CONFIG_RTU_OVER_TCP},
                                            {"rtu_over_tcp_listen", CONFIG_RTU_OVER_TCP_LISTEN}};

static const cyaml_strval_t done_ons[] = {{"receipt", CONFIG_DONE_ON_RECEIPT}, {"puback", CONFIG_DONE_ON_PUBACK}};

static const cyaml_strval_t telemetries[] = {
    {"off", CONFIG_TELEMETRY_OFF}, {"sites", CONFIG_TELEMETRY_SITES}, {"all", CONFIG_TELEMETRY_ALL}};

static const cyaml_strval_t switches[] = {{"off", RAW_OFF}, {"on", RAW_ON}};

static const cyaml_schema_field_t no_use_fields[] = {DECIMAL(raw_no_use, volume_l),
                                                     DECIMAL(raw_no_use, window_s),
                                                     DECIMAL(raw_no_use, coverage_pct),
                                                     DECIMAL(raw_no_use, observed_gap_s),
                                                     SWITCH(raw_no_use, always),
                                                     COLOUR(raw_no_use, colour),
                                                     CYAML_FIELD_END};

static const cyaml_schema_field_t habit_stage_fields[] = {
    INTEGER(raw_habit_stage, soon_h),   INTEGER(raw_habit_stage, late_h),     INTEGER(raw_habit_stage, latest_h),
    INTEGER(raw_habit_stage, late_ppm), INTEGER(raw_habit_stage, latest_ppm), CYAML_FIELD_END};

static const cyaml_schema_field_t habit_fields[] = {SWITCH(raw_habit, enabled),
                                                    DECIMAL(raw_habit, learn_s),
                                                    BLOCK(raw_habit, quiet, habit_stage_fields),
                                                    BLOCK(raw_habit, alert, habit_stage_fields),
                                                    COLOUR(raw_habit, colour),
                                                    CYAML_FIELD_END};

static const cyaml_schema_field_t nothing_in_fields[] = {DECIMAL(raw_nothing_in, window_s),
                                                         DECIMAL(raw_nothing_in, coverage_pct),
                                                         COLOUR(raw_nothing_in, colour), CYAML_FIELD_END};

static const cyaml_schema_field_t drip_fields[] = {DECIMAL(raw_drip, least_l_per_day), DECIMAL(raw_drip, pause_s),
                                                   DECIMAL(raw_drip, most_l_per_day), CYAML_FIELD_END};

static const cyaml_schema_field_t leak_fields[] = {DECIMAL(raw_leak, advice_s), DECIMAL(raw_leak, alert_s),
                                                   DECIMAL(raw_leak, coverage_pct), COLOUR(raw_leak, colour),
                                                   CYAML_FIELD_END};

static const cyaml_schema_field_t burst_fields[] = {DECIMAL(raw_burst, flow_l_per_min), DECIMAL(raw_burst, hold_s),
                                                    DECIMAL(raw_burst, off_s), COLOUR(raw_burst, colour),
                                                    CYAML_FIELD_END};

static const cyaml_schema_field_t day_volume_fields[] = {DECIMAL(raw_day_volume, limit_l),
                                                         DECIMAL(raw_day_volume, coverage_pct),
                                                         COLOUR(raw_day_volume, colour), CYAML_FIELD_END};

static const cyaml_schema_field_t notes_fields[] = {SWITCH(raw_notes, first_use), SWITCH(raw_notes, slow_change),
                                                    CYAML_FIELD_END};

static const cyaml_schema_field_t meter_fields[] = {DECIMAL(raw_meter, rollover_l),
                                                    DECIMAL(raw_meter, max_flow_l_per_s), CYAML_FIELD_END};

static const cyaml_schema_field_t meter_fault_fields[] = {
    DECIMAL(raw_meter_fault, clear_s),        DECIMAL(raw_meter_fault, stuck_s),
    INTEGER(raw_meter_fault, negative_steps), INTEGER(raw_meter_fault, jumps),
    INTEGER(raw_meter_fault, set_backs),      COLOUR(raw_meter_fault, colour),
    COLOUR(raw_meter_fault, advice_colour),   CYAML_FIELD_END};

static const cyaml_schema_field_t backflow_fields[] = {DECIMAL(raw_backflow, volume_l), DECIMAL(raw_backflow, settle_s),
                                                       DECIMAL(raw_backflow, clear_s), COLOUR(raw_backflow, colour),
                                                       CYAML_FIELD_END};

static const cyaml_schema_field_t bands_fields[] = {TEXT(OPTIONAL, raw_bands, blue), TEXT(OPTIONAL, raw_bands, yellow),
                                                    TEXT(OPTIONAL, raw_bands, orange), TEXT(OPTIONAL, raw_bands, red),
                                                    CYAML_FIELD_END};

static const cyaml_schema_field_t level_fields[] = {BLOCK(raw_level, bands_mm, bands_fields),
                                                    TEXT(OPTIONAL, raw_level, top_mm),
                                                    SWITCH(raw_level, dries),
                                                    DECIMAL(raw_level, full_scale_mm),
                                                    DECIMAL(raw_level, deadband_mm),
                                                    DECIMAL(raw_level, on_delay_s),
                                                    DECIMAL(raw_level, off_delay_s),
                                                    DECIMAL(raw_level, range_min_mm),
                                                    DECIMAL(raw_level, range_max_mm),
                                                    CYAML_FIELD_END};

static const cyaml_schema_field_t level_quality_fields[] = {DECIMAL(raw_level_quality, rise_max_mm_per_min),
                                                            DECIMAL(raw_level_quality, river_fall_mm),
                                                            DECIMAL(raw_level_quality, flat_wet_s),
                                                            DECIMAL(raw_level_quality, flat_river_s),
                                                            DECIMAL(raw_level_quality, noise_mm),
                                                            DECIMAL(raw_level_quality, wet_mm),
                                                            DECIMAL(raw_level_quality, wet_most_mm),
                                                            DECIMAL(raw_level_quality, step_mm),
                                                            DECIMAL(raw_level_quality, step_s),
                                                            DECIMAL(raw_level_quality, object_s),
                                                            INTEGER(raw_level_quality, quarantine_after),
                                                            DECIMAL(raw_level_quality, forget_s),
                                                            INTEGER(raw_level_quality, confirm_readings),
                                                            DECIMAL(raw_level_quality, confirm_s),
                                                            DECIMAL(raw_level_quality, very_high_mm),
                                                            DECIMAL(raw_level_quality, very_high_s),
                                                            DECIMAL(raw_level_quality, drift_mm_per_h),
                                                            DECIMAL(raw_level_quality, river_after_s),
                                                            CYAML_FIELD_END};

static const cyaml_schema_field_t reach_fields[] = {DECIMAL(raw_reach, horizon_s), DECIMAL(raw_reach, from_pct),
                                                    DECIMAL(raw_reach, alone_pct), CYAML_FIELD_END};

static const cyaml_schema_field_t rise_fields[] = {
    CYAML_FIELD_ENUM_PTR("lowest", OPTIONAL | CYAML_FLAG_STRICT, struct raw_rise, lowest, colours_or_off, 5),
    BLOCK(raw_rise, seldom, reach_fields),
    BLOCK(raw_rise, often, reach_fields),
    BLOCK(raw_rise, eager, reach_fields),
    DECIMAL(raw_rise, often_pct),
    DECIMAL(raw_rise, flood_mm),
    CYAML_FIELD_END};

static const cyaml_schema_field_t agreement_fields[] = {DECIMAL(raw_agreement, neighbour_m),
                                                        DECIMAL(raw_agreement, rain_m),
                                                        DECIMAL(raw_agreement, neighbour_s),
                                                        DECIMAL(raw_agreement, upstream_s),
                                                        DECIMAL(raw_agreement, rain_s),
                                                        DECIMAL(raw_agreement, travel_s),
                                                        DECIMAL(raw_agreement, rising_mm_per_min),
                                                        DECIMAL(raw_agreement, rain_mm),
                                                        DECIMAL(raw_agreement, on_delay_pct),
                                                        CYAML_FIELD_END};

static const cyaml_schema_field_t cover_fields[] = {
    DECIMAL(raw_cover, tilt_deg),   DECIMAL(raw_cover, tilt_deadband_deg),
    DECIMAL(raw_cover, on_delay_s), DECIMAL(raw_cover, off_delay_s),
    SWITCH(raw_cover, angle_learn), DECIMAL(raw_cover, angle_deg),
    COLOUR(raw_cover, colour),      CYAML_FIELD_END};

static const cyaml_schema_field_t float_fields[] = {DECIMAL(raw_float, on_delay_s), DECIMAL(raw_float, off_delay_s),
                                                    COLOUR(raw_float, colour), CYAML_FIELD_END};

static const cyaml_schema_field_t battery_fields[] = {DECIMAL(raw_battery, low_v),
                                                      DECIMAL(raw_battery, critical_v),
                                                      DECIMAL(raw_battery, deadband_v),
                                                      DECIMAL(raw_battery, on_delay_s),
                                                      COLOUR(raw_battery, low_colour),
                                                      COLOUR(raw_battery, critical_colour),
                                                      CYAML_FIELD_END};

static const cyaml_schema_field_t silent_fields[] = {DECIMAL(raw_silent, home_s),  DECIMAL(raw_silent, level_s),
                                                     DECIMAL(raw_silent, cover_s), DECIMAL(raw_silent, rain_s),
                                                     DECIMAL(raw_silent, node_s),  DECIMAL(raw_silent, bus_s),
                                                     COLOUR(raw_silent, colour),   CYAML_FIELD_END};

static const cyaml_schema_field_t latency_fields[] = {DECIMAL(raw_latency, home_s), DECIMAL(raw_latency, level_s),
                                                      DECIMAL(raw_latency, cover_s), CYAML_FIELD_END};

static const cyaml_schema_field_t noise_fields[] = {DECIMAL(raw_noise, on_delay_s),
                                                    DECIMAL(raw_noise, off_delay_s),
                                                    INTEGER(raw_noise, flap_raises),
                                                    DECIMAL(raw_noise, flap_window_s),
                                                    DECIMAL(raw_noise, flap_quiet_s),
                                                    DECIMAL(raw_noise, expire_after_s),
                                                    CYAML_FIELD_END};

static const cyaml_schema_field_t policy_fields[] = {
    SIGNED(raw_policy, utc_offset_min),
    TEXT(OPTIONAL, raw_policy, time_zone),
    BLOCK(raw_policy, no_use, no_use_fields),
    BLOCK(raw_policy, nothing_in, nothing_in_fields),
    BLOCK(raw_policy, no_real_use, nothing_in_fields),
    BLOCK(raw_policy, habit, habit_fields),
    BLOCK(raw_policy, drip, drip_fields),
    BLOCK(raw_policy, leak, leak_fields),
    BLOCK(raw_policy, burst, burst_fields),
    BLOCK(raw_policy, day_volume, day_volume_fields),
    BLOCK(raw_policy, notes, notes_fields),
    BLOCK(raw_policy, meter, meter_fields),
    BLOCK(raw_policy, meter_fault, meter_fault_fields),
    BLOCK(raw_policy, backflow, backflow_fields),
    BLOCK(raw_policy, level, level_fields),
    BLOCK(raw_policy, level_quality, level_quality_fields),
    BLOCK(raw_policy, rise, rise_fields),
    BLOCK(raw_policy, agreement, agreement_fields),
    BLOCK(raw_policy, cover, cover_fields),
    CYAML_FIELD_MAPPING_PTR("float", OPTIONAL, struct raw_policy, float_switch, float_fields),
    BLOCK(raw_policy, battery, battery_fields),
    BLOCK(raw_policy, silent, silent_fields),
    BLOCK(raw_policy, latency, latency_fields),
    BLOCK(raw_policy, noise, noise_fields),
    CYAML_FIELD_END};

static const cyaml_schema_field_t place_fields[] = {DECIMAL(raw_place, latitude), DECIMAL(raw_place, longitude),
                                                    TEXT(OPTIONAL, raw_place, grid), CYAML_FIELD_END};

static const cyaml_schema_value_t id_entry = {CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 0, CYAML_UNLIMITED)};

static const cyaml_schema_field_t group_fields[] = {TEXT(REQUIRED, raw_group, id),
                                                    BLOCK(raw_group, policy, policy_fields), CYAML_FIELD_END};

static const cyaml_schema_value_t group_entry = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_group, group_fields)};

static const cyaml_schema_field_t subject_fields[] = {TEXT(REQUIRED, raw_subject, id),
                                                      TEXT(OPTIONAL, raw_subject, group),
                                                      BLOCK(raw_subject, place, place_fields),
                                                      SWITCH(raw_subject, home_assistant),
                                                      LIST(raw_subject, upstream, &id_entry),
                                                      BLOCK(raw_subject, policy, policy_fields),
                                                      CYAML_FIELD_END};

static const cyaml_schema_field_t slot_fields[] = {NUMBER(raw_slot, slot),
                                                   TEXT(REQUIRED, raw_slot, profile),
                                                   NUMBER(raw_slot, unit_id),
                                                   TEXT(REQUIRED, raw_slot, subject),
                                                   INTEGER(raw_slot, sample_period_ms),
                                                   INTEGER(raw_slot, report_delta),
                                                   INTEGER(raw_slot, heartbeat_s),
                                                   CYAML_FIELD_END};

static const cyaml_schema_value_t slot_entry = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_slot, slot_fields)};

static const cyaml_schema_field_t node_fields[] = {TEXT(REQUIRED, raw_node, id), NUMBER(raw_node, unit_id),
                                                   LIST(raw_node, slots, &slot_entry), CYAML_FIELD_END};

static const cyaml_schema_value_t node_entry = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_node, node_fields)};

static const cyaml_schema_field_t device_fields[] = {TEXT(REQUIRED, raw_device, id),
                                                     NUMBER(raw_device, unit_id),
                                                     TEXT(REQUIRED, raw_device, profile),
                                                     TEXT(REQUIRED, raw_device, subject),
                                                     INTEGER(raw_device, poll_interval_ms),
                                                     TEXT(OPTIONAL, raw_device, identity),
                                                     CYAML_FIELD_END};

static const cyaml_schema_value_t device_entry = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_device, device_fields)};

static const cyaml_schema_field_t line_fields[] = {
    TEXT(REQUIRED, raw_line, id),
    CYAML_FIELD_ENUM_PTR("transport", OPTIONAL | CYAML_FLAG_STRICT, struct raw_line, transport, transports, 4),
    TEXT(OPTIONAL, raw_line, port),
    TEXT(OPTIONAL, raw_line, host),
    TEXT(OPTIONAL, raw_line, listen),
    INTEGER(raw_line, tcp_port),
    TEXT(OPTIONAL, raw_line, registration),
    INTEGER(raw_line, outstanding),
    INTEGER(raw_line, trip_ms),
    INTEGER(raw_line, baud),
    CYAML_FIELD_ENUM_PTR("parity", OPTIONAL | CYAML_FLAG_STRICT, struct raw_line, parity, parities, 3),
    INTEGER(raw_line, stop_bits),
    INTEGER(raw_line, poll_interval_ms),
    INTEGER(raw_line, timeout_ms),
    LIST(raw_line, nodes, &node_entry),
    LIST(raw_line, devices, &device_entry),
    CYAML_FIELD_END};

static const cyaml_schema_value_t line_entry = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_line, line_fields)};

static const cyaml_schema_value_t subject_entry = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_subject, subject_fields)};

static const cyaml_schema_field_t tls_fields[] = {TEXT(REQUIRED, raw_tls, ca_file),
                                                  TEXT(OPTIONAL, raw_tls, certificate_file),
                                                  TEXT(OPTIONAL, raw_tls, key_file), CYAML_FIELD_END};

static const cyaml_schema_field_t mqtt_fields[] = {
    TEXT(REQUIRED, raw_mqtt, host),
    INTEGER(raw_mqtt, port),
    INTEGER(raw_mqtt, keepalive_s),
    INTEGER(raw_mqtt, inflight),
    TEXT(OPTIONAL, raw_mqtt, username),
    TEXT(OPTIONAL, raw_mqtt, password_file),
    CYAML_FIELD_ENUM_PTR("done_on", OPTIONAL | CYAML_FLAG_STRICT, struct raw_mqtt, done_on, done_ons, 2),
    INTEGER(raw_mqtt, resend_after_s),
    INTEGER(raw_mqtt, resend_after_max_s),
    SWITCH(raw_mqtt, cap),
    CYAML_FIELD_ENUM_PTR("telemetry", OPTIONAL | CYAML_FLAG_STRICT, struct raw_mqtt, telemetry, telemetries, 3),
    TEXT(OPTIONAL, raw_mqtt, discovery_prefix),
    BLOCK(raw_mqtt, tls, tls_fields),
    CYAML_FIELD_END};

static const cyaml_schema_field_t incident_fields[] = {DECIMAL(raw_incident, distance_m),
                                                       DECIMAL(raw_incident, within_s),
                                                       DECIMAL(raw_incident, off_delay_s), CYAML_FIELD_END};

static const cyaml_schema_field_t storm_fields[] = {
    CYAML_FIELD_ENUM_PTR("alert", OPTIONAL | CYAML_FLAG_STRICT, struct raw_storm, alert, colours_or_off, 5),
    CYAML_FIELD_ENUM_PTR("warning", OPTIONAL | CYAML_FLAG_STRICT, struct raw_storm, warning, colours_or_off, 5),
    DECIMAL(raw_storm, quiet_s), INTEGER(raw_storm, poll_interval_ms), CYAML_FIELD_END};

static const cyaml_schema_field_t keep_fields[] = {
#define SW_READING_KIND(code, kind_name, text, unit, wire_milli, counter)                                              \
    CYAML_FIELD_UINT_PTR(text, OPTIONAL, struct raw_keep, days[code]),
#include "stillwater/reading.def"
#undef SW_READING_KIND
    CYAML_FIELD_END};

static const cyaml_schema_field_t store_fields[] = {
    TEXT(REQUIRED, raw_store, path), INTEGER(raw_store, quota_mb),        INTEGER(raw_store, keep_readings_days),
    INTEGER(raw_store, reserve_mb),  BLOCK(raw_store, keep, keep_fields), CYAML_FIELD_END};

static const cyaml_schema_field_t registry_fields[] = {
    TEXT(OPTIONAL, raw_registry, people), TEXT(OPTIONAL, raw_registry, places), DECIMAL(raw_registry, camera_m),
    DECIMAL(raw_registry, near_m), CYAML_FIELD_END};

static const cyaml_schema_field_t reports_fields[] = {
    LIST(raw_reports, areas, &id_entry), INTEGER(raw_reports, per_reporter), INTEGER(raw_reports, per_portal),
    DECIMAL(raw_reports, window_s),      DECIMAL(raw_reports, expire_s),     CYAML_FIELD_END};

static const cyaml_schema_field_t config_fields[] = {TEXT(REQUIRED, raw_config, schema),
                                                     TEXT(REQUIRED, raw_config, city),
                                                     TEXT(REQUIRED, raw_config, gateway),
                                                     BLOCK(raw_config, store, store_fields),
                                                     BLOCK(raw_config, mqtt, mqtt_fields),
                                                     BLOCK(raw_config, incident, incident_fields),
                                                     BLOCK(raw_config, storm, storm_fields),
                                                     BLOCK(raw_config, registry, registry_fields),
                                                     BLOCK(raw_config, reports, reports_fields),
                                                     TEXT(OPTIONAL, raw_config, profiles),
                                                     BLOCK(raw_config, policy, policy_fields),
                                                     LIST(raw_config, groups, &group_entry),
                                                     LIST(raw_config, subjects, &subject_entry),
                                                     LIST(raw_config, lines, &line_entry),
                                                     CYAML_FIELD_END};

const cyaml_schema_value_t config_schema = {CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct raw_config, config_fields)};
