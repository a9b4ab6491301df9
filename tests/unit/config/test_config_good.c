#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/config_keys.h"
#include "config/gateway_config.h"
#include "core/local_time.h"
#include "core/normalise/level_quality.h"
#include "stillwater/error.h"

static void on_problem(void *ctx, const char *file, unsigned line, const char *field, const char *text)
{
    (void)ctx;
    fail_msg("%s:%u: %s: %s", file, line, field, text);
}

#define HEAD "schema: stillwater.gateway/1\ncity: c\ngateway: g\n"

static struct gateway_config *load(const char *text, enum config_use use)
{
    char path[] = "/tmp/stillwater-config-XXXXXX";
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, text, strlen(text)), strlen(text));
    close(descriptor);
    struct config_report report = {NULL, on_problem};
    struct gateway_config *config = NULL;
    assert_int_equal(config_load(path, use, report, &config), SW_OK);
    unlink(path);
    assert_non_null(config);
    return config;
}

static const char daemon_text[] =
    "schema: stillwater.gateway/1\n"
    "city: suzhou\n"
    "gateway: gw-17\n"
    "store: {path: /var/lib/stillwater/gateway.db, quota_mb: 512, keep: {temperature_c: 30}}\n"
    "mqtt: {host: broker.example, username: gw-17, inflight: 50, telemetry: sites}\n"
    "policy:\n"
    "  no_use: {volume_l: 2.5, colour: red}\n"
    "  level: {bands_mm: {blue: off, red: 400.5}, on_delay_s: 0.5}\n"
    "  silent: {home_s: 0}\n"
    "subjects:\n"
    "  - {id: home-4f21, place: {latitude: 31.25, longitude: -120.5, grid: suzhou/gusu/3/17}}\n"
    "  - id: site-2\n"
    "    policy: {level: {bands_mm: {blue: 20, red: 600}}, silent: {colour: orange}}\n"
    "lines:\n"
    "  - id: line-1\n"
    "    port: /dev/ttyUSB0\n"
    "    baud: 9600\n"
    "    parity: even\n"
    "    nodes:\n"
    "      - id: node-home\n"
    "        unit_id: 1\n"
    "        slots:\n"
    "          - {slot: 3, profile: xintai, unit_id: 11, subject: home-4f21, sample_period_ms: 2000, report_delta: 0,"
    " heartbeat_s: 120}\n"
    "    devices:\n"
    "      - {id: dev-3, unit_id: 5, profile: geolux-lx80, subject: site-2}\n"
    "  - {id: line-2, port: /dev/ttyUSB1}\n";

static void a_device_may_be_named_by_its_own_registers(void **state)
{
    (void)state;
    struct gateway_config *config =
        load("schema: stillwater.gateway/1\ncity: suzhou\ngateway: gw-17\nsubjects: [{id: site-1}, {id: home-2}, {id: "
             "home-3}]\n"
             "lines: [{id: a, port: /dev/ttyUSB0, devices: [\n"
             "  {id: d, unit_id: 1, profile: dfrobot-urm14, subject: site-1, identity: 0000 1267},\n"
             "  {id: e, unit_id: 2, profile: xintai, subject: home-2, identity: 1234 5678 abcd EF00},\n"
             "  {id: f, unit_id: 3, profile: xintai, subject: home-3}]}]\n",
             CONFIG_FOR_REPLAY);
    static const uint16_t urm14[] = {0, 0x1267}, xintai[] = {0x1234, 0x5678, 0xabcd, 0xef00};
    const struct config_device *devices = config->lines[0].devices;
    assert_memory_equal(devices[0].identity, urm14, sizeof urm14);
    assert_memory_equal(devices[1].identity, xintai, sizeof xintai);
    assert_null(devices[2].identity);
    config_free(config);
}

static void every_transport_has_its_keys(void **state)
{
    (void)state;
    struct gateway_config *config =
        load("schema: stillwater.gateway/1\ncity: suzhou\ngateway: gw-17\nsubjects: [{id: site-1}]\nlines:\n"
             "  - {id: a, transport: tcp, host: plc-1, outstanding: 16, trip_ms: 1,"
             " devices: [{id: d, unit_id: 255, profile: qdy30a, subject: site-1}]}\n"
             "  - {id: b, transport: rtu_over_tcp, host: \"::1\", tcp_port: 8899, baud: 2400}\n"
             "  - {id: c, transport: rtu_over_tcp_listen, registration: DTU-1}\n"
             "  - {id: d, transport: rtu_over_tcp_listen, listen: \"::\", registration: \"hex:01 fF00\"}\n"
             "  - {id: e, transport: rtu, port: /dev/ttyUSB0}\n",
             CONFIG_FOR_REPLAY);
    const struct config_line *line = config->lines;
    assert_int_equal(line[0].transport, CONFIG_TCP);
    assert_string_equal(line[0].host, "plc-1");
    assert_int_equal(line[0].tcp_port, 502);
    assert_int_equal(line[0].outstanding, 16);
    assert_int_equal(line[0].trip_ms, 1);
    assert_int_equal(line[0].devices[0].unit_id, 255);
    assert_null(line[0].port);
    assert_null(line[0].listen);
    assert_int_equal(line[1].transport, CONFIG_RTU_OVER_TCP);
    assert_int_equal(line[1].tcp_port, 8899);
    assert_int_equal(line[1].settings.baud, 2400);
    assert_int_equal(line[1].outstanding, 1);
    assert_int_equal(line[1].trip_ms, 50);
    assert_int_equal(line[2].transport, CONFIG_RTU_OVER_TCP_LISTEN);
    assert_string_equal(line[2].listen, "0.0.0.0");
    assert_int_equal(line[2].settings.baud, 9600);
    assert_int_equal(line[2].registration_size, 5);
    assert_memory_equal(line[2].registration, "DTU-1", 5);
    assert_string_equal(line[3].listen, "::");
    assert_int_equal(line[3].registration_size, 3);
    assert_memory_equal(line[3].registration, "\x01\xff\x00", 3);
    assert_int_equal(line[4].transport, CONFIG_RTU);
    assert_null(line[4].registration);
    config_free(config);
}

static void a_whole_file_is_loaded_field_by_field(void **state)
{
    (void)state;
    struct gateway_config *config = load(daemon_text, CONFIG_FOR_DAEMON);
    assert_string_equal(config->city, "suzhou");
    assert_string_equal(config->gateway, "gw-17");
    assert_string_equal(config->store_path, "/var/lib/stillwater/gateway.db");
    assert_int_equal(config->store_quota_mb, 512);
    assert_int_equal(config->store_keep_days[SW_READING_NONE], 0);
    assert_int_equal(config->store_keep_days[SW_READING_LEVEL], 0);
    assert_int_equal(config->store_keep_days[SW_READING_TEMPERATURE], 30);
    assert_int_equal(config->store_reserve_mb, 4);
    assert_string_equal(config->mqtt.host, "broker.example");
    assert_int_equal(config->mqtt.port, 1883);
    assert_int_equal(config->mqtt.keepalive_s, 30);
    assert_int_equal(config->mqtt.inflight, 50);
    assert_int_equal(config->mqtt.done_on, CONFIG_DONE_ON_RECEIPT);
    assert_int_equal(config->mqtt.telemetry, CONFIG_TELEMETRY_SITES);
    assert_int_equal(config->mqtt.resend_after_s, 10);
    assert_int_equal(config->mqtt.resend_after_max_s, 600);
    assert_string_equal(config->mqtt.username, "gw-17");
    assert_null(config->mqtt.password_file);
    assert_null(config->mqtt.ca_file);
    assert_int_equal(config->line_count, 2);
    const struct config_line *line = &config->lines[0];
    assert_string_equal(line->port, "/dev/ttyUSB0");
    assert_int_equal(line->settings.baud, 9600);
    assert_int_equal(line->settings.parity, 'E');
    assert_int_equal(line->settings.stop_bits, 1);
    assert_int_equal(line->poll_interval_ms, 1000);
    assert_int_equal(line->timeout_ms, 500);
    const struct config_slot *slot = &line->nodes[0].slots[0];
    assert_int_equal(slot->slot, 3);
    assert_string_equal(slot->profile->name, "xintai");
    assert_int_equal(slot->unit_id, 11);
    assert_int_equal(slot->subject, 0);
    assert_int_equal(slot->sample_period_ms, 2000);
    assert_int_equal(slot->report_delta, 0);
    assert_int_equal(slot->heartbeat_s, 120);
    assert_string_equal(line->devices[0].profile->name, "geolux-lx80");
    assert_int_equal(line->devices[0].subject, 1);
    assert_int_equal(line->devices[0].poll_interval_ms, 5000);
    assert_int_equal(config->lines[1].settings.parity, 'N');
    config_free(config);
}

static void a_subjects_policy_lies_over_the_citys_field_by_field(void **state)
{
    (void)state;
    struct gateway_config *config = load(daemon_text, CONFIG_FOR_DAEMON);
    struct policy built_in = policy_city_default();
    const struct policy *home = config->subjects[0].policy, *site = config->subjects[1].policy;
    assert_int_equal(home->no_use.volume_ml, 2500);
    assert_int_equal(home->no_use.colour, SW_COLOUR_RED);
    assert_int_equal(home->no_use.window_ms, built_in.no_use.window_ms);
    assert_true(home->level.band_um[SW_COLOUR_BLUE] == LEVEL_BAND_OFF);
    assert_int_equal(home->level.band_um[SW_COLOUR_RED], 400500);
    assert_int_equal(home->level.on_delay_ms, 500);
    assert_int_equal(home->silence.home_ms, 0);
    assert_int_equal(home->silence.level_ms, built_in.silence.level_ms);
    assert_int_equal(home->silence.colour, built_in.silence.colour);
    assert_int_equal(site->level.band_um[SW_COLOUR_BLUE], 20000);
    assert_int_equal(site->level.band_um[SW_COLOUR_YELLOW], built_in.level.band_um[SW_COLOUR_YELLOW]);
    assert_int_equal(site->level.band_um[SW_COLOUR_RED], 600000);
    assert_int_equal(site->level.on_delay_ms, 500);
    assert_int_equal(site->silence.colour, SW_COLOUR_ORANGE);
    assert_int_equal(site->silence.home_ms, 0);
    config_free(config);
}

static void a_groups_policy_lies_between_the_citys_and_the_subjects(void **state)
{
    (void)state;
    struct gateway_config *config = load(HEAD "policy: {no_use: {volume_l: 3, colour: red}, time_zone: Asia/Shanghai}\n"
                                              "groups:\n"
                                              "  - {id: plain}\n"
                                              "  - {id: sheltered, policy: {no_use: {volume_l: 5, window_s: 43200},\n"
                                              "     notes: {first_use: on}, time_zone: Europe/Berlin}}\n"
                                              "subjects:\n"
                                              "  - {id: home-1, group: sheltered}\n"
                                              "  - {id: home-2, group: sheltered, policy: {no_use: {volume_l: 7}}}\n"
                                              "  - {id: home-3, group: plain}\n"
                                              "  - {id: home-4}\n",
                                         CONFIG_FOR_REPLAY);
    static const struct {
        int64_t volume_ml, window_ms;
        bool first_use;
        int standard_min;
    } expected[] = {{5000, 43200000, true, 60},
                    {7000, 43200000, true, 60},
                    {3000, 86400000, false, 480},
                    {3000, 86400000, false, 480}};
    for (uint32_t i = 0; i < config->subject_count; i++) {
        const struct policy *policy = config->subjects[i].policy;
        assert_int_equal(policy->no_use.volume_ml, expected[i].volume_ml);
        assert_int_equal(policy->no_use.window_ms, expected[i].window_ms);
        assert_int_equal(policy->no_use.colour, SW_COLOUR_RED);
        assert_int_equal(policy->tell_first_use, expected[i].first_use);
        assert_int_equal(policy->habit.zone.standard_min, expected[i].standard_min);
    }
    config_free(config);
}

static void subjects_and_places_are_found_by_name(void **state)
{
    (void)state;
    struct gateway_config *config = load(daemon_text, CONFIG_FOR_DAEMON);
    const struct config_subject *known = config_subject_named(config, "home-4f21");
    assert_true(known->place.known);
    assert_true(known->place.latitude == 31.25 && known->place.longitude == -120.5);
    assert_string_equal(known->place.grid, "suzhou/gusu/3/17");
    assert_ptr_equal(config_policy_of(config, "home-4f21"), known->policy);
    assert_null(config_subject_named(config, "home-9"));
    assert_int_equal(config_policy_of(config, "home-9")->no_use.volume_ml, 2500);
    config_free(config);
}

/* A circle is allowed, and so is a site that nothing is wired to yet. */
static void sites_upstream_are_found_by_name(void **state)
{
    (void)state;
    struct gateway_config *config = load(HEAD "subjects:\n"
                                              "  - {id: site-1, upstream: [pipe-3, pipe-2]}\n"
                                              "  - {id: pipe-2, upstream: [site-1]}\n"
                                              "  - {id: pipe-3, upstream: []}\n",
                                         CONFIG_FOR_REPLAY);
    assert_int_equal(config->subjects[0].upstream_count, 2);
    assert_string_equal(config->subjects[0].upstream[0]->id, "pipe-3");
    assert_string_equal(config->subjects[0].upstream[1]->id, "pipe-2");
    assert_ptr_equal(config->subjects[1].upstream[0], &config->subjects[0]);
    assert_int_equal(config->subjects[2].upstream_count, 0);
    config_free(config);
}

static void a_replay_needs_neither_store_nor_broker_nor_lines(void **state)
{
    (void)state;
    struct gateway_config *config =
        load("schema: stillwater.gateway/1\ncity: suzhou\ngateway: gw-17\n", CONFIG_FOR_REPLAY);
    assert_null(config->store_path);
    assert_null(config->mqtt.host);
    assert_int_equal(config->line_count, 0);
    config_free(config);
}

static void with_tls_the_port_is_the_one_for_tls(void **state)
{
    (void)state;
    char text[512], path[] = "/tmp/stillwater-ca-XXXXXX";
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    close(descriptor);
    snprintf(text, sizeof text,
             HEAD "store: {path: s}\nmqtt: {host: h, tls: {ca_file: %s}}\n"
                  "lines: [{id: l, port: p}]\n",
             path);
    struct gateway_config *config = load(text, CONFIG_FOR_DAEMON);
    assert_int_equal(config->mqtt.port, 8883);
    assert_string_equal(config->mqtt.ca_file, path);
    config_free(config);
    unlink(path);
}

/* Field by field: structs may have padding. */
#define SAME(member) (a->member == b->member)

static bool changes_equal(const struct clock_change *a, const struct clock_change *b)
{
    return SAME(month) && SAME(week) && SAME(weekday) && SAME(at_min);
}

static bool zones_equal(const struct time_zone *a, const struct time_zone *b)
{
    return SAME(standard_min) && SAME(summer_min) && changes_equal(&a->begins, &b->begins) &&
           changes_equal(&a->ends, &b->ends);
}

static bool habits_equal(const struct habit_policy *a, const struct habit_policy *b)
{
    for (int stage = 0; stage < HABIT_STAGE_COUNT; stage++) {
        if (a->stages[stage].colour != b->stages[stage].colour) return false;
        for (int i = 0; i < HABIT_LEVELS_MAX; i++)
            if (a->stages[stage].levels[i].hours != b->stages[stage].levels[i].hours ||
                a->stages[stage].levels[i].price_ppm != b->stages[stage].levels[i].price_ppm)
                return false;
    }
    return a->enabled == b->enabled && a->learn_ms == b->learn_ms && zones_equal(&a->zone, &b->zone);
}

static bool stillness_equal(const struct policy *a, const struct policy *b)
{
    if (a->no_use_always != b->no_use_always) return false;
    return SAME(no_use.volume_ml) && SAME(no_use.window_ms) && SAME(no_use.coverage_permille) &&
           SAME(no_use.observed_gap_ms) && SAME(no_use.colour) && SAME(nothing_in.window_ms) &&
           SAME(nothing_in.coverage_permille) && SAME(nothing_in.colour) && SAME(no_real_use.window_ms) &&
           SAME(no_real_use.coverage_permille) && SAME(no_real_use.colour) && SAME(use_start.drip_least_ml_day) &&
           SAME(use_start.pause_ms) && SAME(use_start.drip_most_ml_day) && SAME(use_start.line_ms) &&
           SAME(use_start.line_growths) && SAME(use_start.grain_ml) &&
           zones_equal(&a->day_rhythm.zone, &b->day_rhythm.zone) && SAME(tell_first_use) && SAME(tell_slow_change);
}

static bool flows_equal(const struct policy *a, const struct policy *b)
{
    return SAME(leak.advice_ms) && SAME(leak.alert_ms) && SAME(leak.colour) && SAME(leak.coverage_permille) &&
           SAME(leak.still_ml) && SAME(leak.least_ml_h) && SAME(burst.flow_ml_min) && SAME(burst.hold_ms) &&
           SAME(burst.off_ms) && SAME(burst.colour) && SAME(day_volume.limit_ml) &&
           zones_equal(&a->day_volume.zone, &b->day_volume.zone) && SAME(day_volume.coverage_permille) &&
           SAME(day_volume.colour);
}

static bool meters_equal(const struct policy *a, const struct policy *b)
{
    return SAME(meter.rollover_ml) && SAME(meter.max_flow_ml_s) && SAME(meter_fault.clear_ms) &&
           SAME(meter_fault.stuck_ms) && SAME(meter_fault.used_permille) && SAME(meter_fault.negative_steps) &&
           SAME(meter_fault.jumps) && SAME(meter_fault.set_backs) && SAME(meter_fault.colour) &&
           SAME(meter_fault.advice) && SAME(backflow.volume_ml) && SAME(backflow.settle_ms) &&
           SAME(backflow.clear_ms) && SAME(backflow.colour);
}

static bool sensors_equal(const struct policy *a, const struct policy *b)
{
    bool bands = true;
    for (int colour = 0; colour < SW_COLOUR_COUNT; colour++)
        bands = bands && SAME(level.band_um[colour]);
    return bands && SAME(level.deadband_um) && SAME(level.on_delay_ms) && SAME(level.off_delay_ms) &&
           SAME(level.range_min_um) && SAME(level.range_max_um) && SAME(cover.tilt_limit_mdeg) &&
           SAME(cover.tilt_deadband_mdeg) && SAME(cover.on_delay_ms) && SAME(cover.off_delay_ms) &&
           SAME(cover.colour) && SAME(silence.home_ms) && SAME(silence.level_ms) && SAME(silence.cover_ms) &&
           SAME(silence.rain_ms) && SAME(silence.node_ms) && SAME(silence.bus_ms) && SAME(silence.colour);
}

static bool water_equal(const struct policy *a, const struct policy *b)
{
    return SAME(level.top_um) && SAME(level_quality.range_min_um) && SAME(level_quality.range_max_um) &&
           SAME(level_quality.full_scale_um) && SAME(level_quality.dries) && SAME(level_quality.fall_max_um) &&
           SAME(level_quality.flat_any_ms) && SAME(rise.lowest) && SAME(cover_mount.learn) &&
           SAME(cover_mount.angle_mdeg) && SAME(float_switch.on_delay_ms) && SAME(float_switch.off_delay_ms) &&
           SAME(float_switch.colour) && SAME(battery.low_mv) && SAME(battery.critical_mv) &&
           SAME(battery.deadband_mv) && SAME(battery.on_delay_ms) && SAME(battery.low_colour) &&
           SAME(battery.critical_colour);
}

static bool beliefs_equal(const struct policy *a, const struct policy *b)
{
    return SAME(level_quality.rise_max_um_min) && SAME(level_quality.rise_free_um) &&
           SAME(level_quality.fall_hold_samples) && SAME(level_quality.flat_tolerance_um) &&
           SAME(level_quality.flat_wet_ms) && SAME(level_quality.river_gap_ms) && SAME(level_quality.finds_site) &&
           SAME(level_quality.river_after_ms) && SAME(level_quality.noise_start_um) && SAME(level_quality.wet_um) &&
           SAME(level_quality.wet_most_um) && SAME(level_quality.step_um) && SAME(level_quality.step_ms) &&
           SAME(level_quality.agree_rise_um) && SAME(level_quality.agree_fall_um) &&
           SAME(level_quality.object_after_ms) && SAME(level_quality.blame_limit) &&
           SAME(level_quality.blame_leak_ms) && SAME(level_quality.drift_um_h) && SAME(level_quality.drift_least_um) &&
           SAME(level_quality.confirm_samples) && SAME(level_quality.confirm_ms) && SAME(level_quality.very_high_um) &&
           SAME(level_quality.very_high_ms);
}

static bool reaches_equal(const struct rise_reach *a, const struct rise_reach *b)
{
    return SAME(horizon_ms) && SAME(from_permille) && SAME(alone_permille);
}

static bool warnings_equal(const struct policy *a, const struct policy *b)
{
    for (int place = 0; place < AGREEMENT_PLACE_COUNT; place++)
        if (!(SAME(agreement.reach_m[place]) && SAME(agreement.trusted_ms[place]) &&
              SAME(agreement.rising_weight[place]) && SAME(agreement.dry_weight[place])))
            return false;
    return reaches_equal(&a->rise.seldom, &b->rise.seldom) && reaches_equal(&a->rise.often, &b->rise.often) &&
           reaches_equal(&a->rise.eager, &b->rise.eager) && SAME(rise.often_permille) && SAME(rise.flood_um) &&
           SAME(agreement.decides_at) && SAME(agreement.travel_ms) && SAME(agreement.warning_delay_permille) &&
           SAME(agreement.rising_um_min) && SAME(agreement.rain_um);
}

static bool noises_equal(const struct noise_policy *a, const struct noise_policy *b)
{
    return a->on_delay_ms == b->on_delay_ms && a->off_delay_ms == b->off_delay_ms && a->flap_raises == b->flap_raises &&
           a->flap_window_ms == b->flap_window_ms && a->flap_quiet_ms == b->flap_quiet_ms &&
           a->expire_after_ms == b->expire_after_ms;
}

static bool promises_equal(const struct latency_policy *a, const struct latency_policy *b)
{
    return a->home_ms == b->home_ms && a->level_ms == b->level_ms && a->cover_ms == b->cover_ms;
}

static bool policies_equal(const struct policy *a, const struct policy *b)
{
    return stillness_equal(a, b) && habits_equal(&a->habit, &b->habit) && flows_equal(a, b) && meters_equal(a, b) &&
           sensors_equal(a, b) && water_equal(a, b) && beliefs_equal(a, b) && warnings_equal(a, b) &&
           noises_equal(&a->noise, &b->noise) && promises_equal(&a->latency, &b->latency);
}

static void the_built_in_configuration_is_the_city_policy(void **state)
{
    (void)state;
    struct gateway_config *config = config_built_in();
    struct policy built_in = policy_city_default();
    assert_string_equal(config->gateway, "replay");
    assert_int_equal(config->subject_count, 0);
    assert_true(policies_equal(&config->policy, &built_in));
    config_free(config);
}

/* Writes policy.no_use.volume_l: 2 as nested flow mappings. */
static void nest(const char *path, const char *value, char *text, size_t size)
{
    size_t used = 0;
    int depth = 0;
    for (; *path != '\0'; depth++) {
        size_t length = strcspn(path, ".");
        used += (size_t)snprintf(text + used, size - used, "%s%.*s: ", depth ? "{" : "", (int)length, path);
        path += length + (path[length] == '.');
    }
    used += (size_t)snprintf(text + used, size - used, "%s", value);
    while (--depth > 0)
        used += (size_t)snprintf(text + used, size - used, "}");
}

static struct gateway_config *load_setting(const char *path, const char *value)
{
    char text[512], setting[256];
    nest(path, value, setting, sizeof setting);
    snprintf(text, sizeof text, HEAD "%s\n", setting);
    return load(text, CONFIG_FOR_REPLAY);
}

/* Any value but the default that the key may have. */
static void other_value(const struct config_key *key, char *text, size_t size)
{
    if (strcmp(key->path, "policy.time_zone") == 0)
        snprintf(text, size, "Europe/Madrid");
    else if (key->type == CONFIG_KEY_COLOUR_OFF)
        snprintf(text, size, "off");
    else if (strcmp(key->path, "policy.level.top_mm") == 0)
        snprintf(text, size, "500");
    else if (key->type == CONFIG_KEY_COLOUR)
        snprintf(text, size, "%s", strcmp(key->default_text, "blue") == 0 ? "red" : "blue");
    else if (key->type == CONFIG_KEY_SWITCH)
        snprintf(text, size, "%s", strcmp(key->default_text, "off") == 0 ? "on" : "off");
    else if (strncmp(key->path, "policy.habit.", 13) == 0 && strcmp(key->unit, "h") == 0)
        snprintf(text, size, "%s", strstr(key->path, "soon_h") ? "8" : "0");
    else if (key->type == CONFIG_KEY_INTEGER)
        snprintf(text, size, "%ld", strtol(key->default_text, NULL, 10) + 1);
    else
        snprintf(text, size, "%.3f", strtod(key->default_text, NULL) + (key->maximum > 9000 ? 1.5 : 0.125));
}

/* The default in the table is the built-in one, and every key reaches its field: with the default written out nothing
 * changes, with any other value something does. */
static void the_defaults_in_the_table_are_the_built_in_policy(void **state)
{
    (void)state;
    struct policy built_in = policy_city_default();
    const struct config_key *key;
    for (size_t i = 0; (key = config_key_at(i)) != NULL; i++) {
        char other[32];
        if (strncmp(key->path, "policy.", 7) != 0) continue;
        /* No name stands for the zone that is taken without one: it is UTC. */
        const char *value = strcmp(key->path, "policy.time_zone") == 0 ? "UTC" : key->default_text;
        struct gateway_config *config = load_setting(key->path, value);
        /* A rule of its own that is written out counts always, though its figures are the built-in ones. */
        if (strcmp(key->path, "policy.no_use.always") != 0) config->policy.no_use_always = built_in.no_use_always;
        if (!policies_equal(&config->policy, &built_in)) fail_msg("%s: the default is another one", key->path);
        config_free(config);
        other_value(key, other, sizeof other);
        config = load_setting(key->path, other);
        if (policies_equal(&config->policy, &built_in)) fail_msg("%s: the value has no effect", key->path);
        config_free(config);
    }
}

static const char homes_text[] =
    HEAD "policy:\n"
         "  utc_offset_min: -210\n"
         "  no_use: {volume_l: 0}\n"
         "  nothing_in: {window_s: 57600.5, coverage_pct: 90.5, colour: red}\n"
         "  no_real_use: {window_s: 86400, coverage_pct: 75, colour: yellow}\n"
         "  notes: {first_use: on, slow_change: off}\n"
         "  drip: {least_l_per_day: 2.4, most_l_per_day: 480}\n"
         "  leak: {advice_s: 43200, alert_s: 86400, coverage_pct: 70, colour: orange}\n"
         "  burst: {flow_l_per_min: 7.5, hold_s: 1800, off_s: 300, colour: red}\n"
         "  day_volume: {limit_l: 500, coverage_pct: 95, colour: blue}\n"
         "  meter_fault: {clear_s: 604800, stuck_s: 0, negative_steps: 5, jumps: 2, set_backs: 0, colour: orange,"
         " advice_colour: yellow}\n"
         "  backflow: {volume_l: 0.5, settle_s: 3600, clear_s: 7200, colour: orange}\n"
         "subjects:\n"
         "  - {id: home-1, policy: {utc_offset_min: 840, day_volume: {limit_l: 0}, nothing_in: {window_s: 0}}}\n";

static void the_rules_of_a_home_are_loaded_field_by_field(void **state)
{
    (void)state;
    struct gateway_config *config = load(homes_text, CONFIG_FOR_REPLAY);
    struct policy expected = policy_city_default();
    expected.no_use.volume_ml = 0;
    expected.nothing_in = (struct nothing_in_policy){57600500, 905, SW_COLOUR_RED};
    expected.no_real_use = (struct nothing_in_policy){86400000, 750, SW_COLOUR_YELLOW};
    expected.tell_first_use = true;
    expected.tell_slow_change = false;
    expected.day_rhythm.zone = expected.habit.zone = expected.day_volume.zone = local_time_fixed(-210);
    expected.no_use_always = true;
    expected.use_start.drip_least_ml_day = 2400;
    expected.use_start.drip_most_ml_day = 480000;
    expected.leak.advice_ms = 43200000;
    expected.leak.alert_ms = 86400000;
    expected.leak.coverage_permille = 700;
    expected.leak.colour = SW_COLOUR_ORANGE;
    expected.burst = (struct burst_policy){7500, 1800000, 300000, SW_COLOUR_RED};
    expected.day_volume.limit_ml = 500000;
    expected.day_volume.coverage_permille = 950;
    expected.day_volume.colour = SW_COLOUR_BLUE;
    expected.meter_fault.clear_ms = 604800000;
    expected.meter_fault.stuck_ms = 0;
    expected.meter_fault.negative_steps = 5;
    expected.meter_fault.jumps = 2;
    expected.meter_fault.set_backs = 0;
    expected.meter_fault.colour = SW_COLOUR_ORANGE;
    expected.meter_fault.advice = SW_COLOUR_YELLOW;
    expected.backflow = (struct backflow_policy){500, 3600000, 7200000, SW_COLOUR_ORANGE};
    assert_true(policies_equal(&config->policy, &expected));
    expected.day_volume.limit_ml = 0;
    expected.day_volume.zone = expected.day_rhythm.zone = expected.habit.zone = local_time_fixed(840);
    expected.nothing_in.window_ms = 0;
    assert_true(policies_equal(config->subjects[0].policy, &expected));
    config_free(config);
}

static void the_rules_of_water_are_loaded_field_by_field(void **state)
{
    (void)state;
    struct gateway_config *config = load(
        HEAD
        "policy:\n"
        "  level: {top_mm: 900.5, full_scale_mm: 5000, range_min_mm: -20, range_max_mm: 6000}\n"
        "  rise: {lowest: yellow, seldom: {horizon_s: 600, from_pct: 30, alone_pct: 90.5}, often: {horizon_s: 3600},"
        " eager: {alone_pct: 50}, often_pct: 10, flood_mm: 25}\n"
        "  level_quality: {rise_max_mm_per_min: 300, river_fall_mm: 200, flat_wet_s: 3600, flat_river_s: 0,"
        " noise_mm: 0.5, wet_mm: 15, wet_most_mm: 15, step_mm: 60, step_s: 1000, object_s: 1800,"
        " quarantine_after: 3, forget_s: 86400, confirm_readings: 7, confirm_s: 1200, very_high_mm: 500,"
        " very_high_s: 7200, drift_mm_per_h: 20, river_after_s: 86400}\n"
        "  agreement: {neighbour_m: 800, rain_m: 0, neighbour_s: 600, upstream_s: 7200, rain_s: 900, travel_s: 1200,"
        " rising_mm_per_min: 2.5, rain_mm: 5, on_delay_pct: 25}\n"
        "  cover: {angle_learn: on, angle_deg: -12.5}\n"
        "  float: {on_delay_s: 5, off_delay_s: 60, colour: orange}\n"
        "  battery: {low_v: 3.5, critical_v: 3.2, deadband_v: 0.2, on_delay_s: 60, low_colour: yellow,"
        " critical_colour: orange}\n"
        "subjects:\n"
        "  - {id: river-1, policy: {level: {dries: off, top_mm: off, range_max_mm: 5500}, rise: {lowest: off},"
        " level_quality: {flat_river_s: 7200}}}\n",
        CONFIG_FOR_REPLAY);
    struct policy expected = policy_city_default();
    expected.level.top_um = 900500;
    expected.level.range_min_um = expected.level_quality.range_min_um = -20000;
    expected.level.range_max_um = expected.level_quality.range_max_um = 6000000;
    expected.level_quality.full_scale_um = 5000000;
    expected.rise.lowest = SW_COLOUR_YELLOW;
    expected.rise.seldom = (struct rise_reach){600000, 300, 905};
    expected.rise.often.horizon_ms = 3600000;
    expected.rise.eager.alone_permille = 500;
    expected.rise.often_permille = 100;
    expected.rise.flood_um = 25000;
    expected.level_quality.rise_max_um_min = 300000;
    expected.level_quality.fall_max_um = 200000;
    expected.level_quality.flat_wet_ms = 3600000;
    expected.level_quality.flat_any_ms = 0;
    expected.level_quality.noise_start_um = 500;
    expected.level_quality.wet_um = expected.level_quality.wet_most_um = 15000;
    expected.level_quality.step_um = 60000;
    expected.level_quality.step_ms = 1000000;
    expected.level_quality.object_after_ms = 1800000;
    expected.level_quality.blame_limit = 3 * LEVEL_QUALITY_BLAME_ONE;
    expected.level_quality.blame_leak_ms = 86400000;
    expected.level_quality.confirm_samples = 7;
    expected.level_quality.confirm_ms = 1200000;
    expected.level_quality.very_high_um = 500000;
    expected.level_quality.very_high_ms = 7200000;
    expected.level_quality.drift_um_h = 20000;
    expected.level_quality.river_after_ms = 86400000;
    expected.agreement.reach_m[AGREEMENT_NEIGHBOUR] = 800;
    expected.agreement.reach_m[AGREEMENT_RAIN] = 0;
    expected.agreement.trusted_ms[AGREEMENT_NEIGHBOUR] = 600000;
    expected.agreement.trusted_ms[AGREEMENT_UPSTREAM] = 7200000;
    expected.agreement.trusted_ms[AGREEMENT_RAIN] = 900000;
    expected.agreement.travel_ms = 1200000;
    expected.agreement.rising_um_min = 2500;
    expected.agreement.rain_um = 5000;
    expected.agreement.warning_delay_permille = 250;
    expected.cover_mount.learn = true;
    expected.cover_mount.angle_mdeg = -12500;
    expected.float_switch = (struct float_switch_policy){5000, 60000, SW_COLOUR_ORANGE};
    expected.battery.low_mv = 3500;
    expected.battery.critical_mv = 3200;
    expected.battery.deadband_mv = 200;
    expected.battery.on_delay_ms = 60000;
    expected.battery.low_colour = SW_COLOUR_YELLOW;
    expected.battery.critical_colour = SW_COLOUR_ORANGE;
    assert_true(policies_equal(&config->policy, &expected));
    /* A river has tests of its own; what the city has set of the others, and its range, stay. */
    expected.level.top_um = LEVEL_BAND_OFF;
    expected.rise.lowest = SW_COLOUR_COUNT;
    expected.level_quality.dries = level_quality_policy_river().dries;
    expected.level_quality.finds_site = level_quality_policy_river().finds_site;
    expected.level_quality.flat_any_ms = 7200000;
    expected.level.range_max_um = expected.level_quality.range_max_um = 5500000;
    assert_true(policies_equal(config->subjects[0].policy, &expected));
    config_free(config);
}

/* A home's clock takes the place of the city's, whichever way each is told. */
static void a_time_zone_is_taken_by_its_name(void **state)
{
    (void)state;
    struct gateway_config *config = load(HEAD "policy: {time_zone: Europe/Berlin}\n"
                                              "subjects:\n"
                                              "  - {id: home-1}\n"
                                              "  - {id: home-2, policy: {time_zone: Australia/Sydney}}\n"
                                              "  - {id: home-3, policy: {utc_offset_min: 480}}\n",
                                         CONFIG_FOR_REPLAY);
    const struct time_zone zones[] = {{60, 120, {3, 5, 0, 120}, {10, 5, 0, 180}},
                                      {600, 660, {10, 1, 0, 120}, {4, 1, 0, 180}},
                                      {480, 480, {0, 0, 0, 0}, {0, 0, 0, 0}}};
    for (uint32_t i = 0; i < config->subject_count; i++) {
        const struct policy *policy = config->subjects[i].policy;
        assert_true(zones_equal(&policy->habit.zone, &zones[i]));
        assert_true(zones_equal(&policy->day_rhythm.zone, &zones[i]));
        assert_true(zones_equal(&policy->day_volume.zone, &zones[i]));
    }
    config_free(config);
}

/* Windows that would not fit each other may be left standing beside a rule that is off. */
static void what_is_off_need_not_fit(void **state)
{
    (void)state;
    config_free(load(HEAD
                     "policy: {no_use: {window_s: 0}, nothing_in: {window_s: 0}, leak: {advice_s: 0, alert_s: 0},\n"
                     "  burst: {flow_l_per_min: 0}, drip: {most_l_per_day: 0}, backflow: {volume_l: 0, clear_s: 0},\n"
                     "  meter: {max_flow_l_per_s: 0.001}}\n",
                     CONFIG_FOR_REPLAY));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_file_is_loaded_field_by_field),
        cmocka_unit_test(a_device_may_be_named_by_its_own_registers),
        cmocka_unit_test(every_transport_has_its_keys),
        cmocka_unit_test(a_subjects_policy_lies_over_the_citys_field_by_field),
        cmocka_unit_test(a_groups_policy_lies_between_the_citys_and_the_subjects),
        cmocka_unit_test(subjects_and_places_are_found_by_name),
        cmocka_unit_test(sites_upstream_are_found_by_name),
        cmocka_unit_test(a_replay_needs_neither_store_nor_broker_nor_lines),
        cmocka_unit_test(with_tls_the_port_is_the_one_for_tls),
        cmocka_unit_test(the_built_in_configuration_is_the_city_policy),
        cmocka_unit_test(the_defaults_in_the_table_are_the_built_in_policy),
        cmocka_unit_test(the_rules_of_a_home_are_loaded_field_by_field),
        cmocka_unit_test(the_rules_of_water_are_loaded_field_by_field),
        cmocka_unit_test(a_time_zone_is_taken_by_its_name),
        cmocka_unit_test(what_is_off_need_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
