#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/config_keys.h"
#include "config/gateway_config.h"
#include "stillwater/error.h"

static void on_problem(void *ctx, const char *file, unsigned line, const char *field, const char *text)
{
    (void)ctx;
    fail_msg("%s:%u: %s: %s", file, line, field, text);
}

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
    "store: {path: /var/lib/stillwater/gateway.db}\n"
    "mqtt: {host: broker.example, username: gw-17, inflight: 50}\n"
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

static void a_whole_file_is_loaded_field_by_field(void **state)
{
    (void)state;
    struct gateway_config *config = load(daemon_text, CONFIG_FOR_DAEMON);
    assert_string_equal(config->city, "suzhou");
    assert_string_equal(config->gateway, "gw-17");
    assert_string_equal(config->store_path, "/var/lib/stillwater/gateway.db");
    assert_string_equal(config->mqtt.host, "broker.example");
    assert_int_equal(config->mqtt.port, 1883);
    assert_int_equal(config->mqtt.keepalive_s, 30);
    assert_int_equal(config->mqtt.inflight, 50);
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
    const struct policy *home = &config->subjects[0].policy, *site = &config->subjects[1].policy;
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

static void subjects_and_places_are_found_by_name(void **state)
{
    (void)state;
    struct gateway_config *config = load(daemon_text, CONFIG_FOR_DAEMON);
    struct config_subject known = config_subject_or_default(config, "home-4f21");
    assert_true(known.place.known);
    assert_true(known.place.latitude == 31.25 && known.place.longitude == -120.5);
    assert_string_equal(known.place.grid, "suzhou/gusu/3/17");
    struct config_subject unknown = config_subject_or_default(config, "home-9");
    assert_false(unknown.place.known);
    assert_string_equal(unknown.id, "home-9");
    assert_int_equal(unknown.policy.no_use.volume_ml, 2500);
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
    snprintf(
        text, sizeof text,
        "schema: stillwater.gateway/1\ncity: c\ngateway: g\nstore: {path: s}\nmqtt: {host: h, tls: {ca_file: %s}}\n"
        "lines: [{id: l, port: p}]\n",
        path);
    struct gateway_config *config = load(text, CONFIG_FOR_DAEMON);
    assert_int_equal(config->mqtt.port, 8883);
    assert_string_equal(config->mqtt.ca_file, path);
    config_free(config);
    unlink(path);
}

static bool policies_equal(const struct policy *a, const struct policy *b)
{
    return memcmp(&a->level, &b->level, sizeof a->level) == 0 && memcmp(&a->meter, &b->meter, sizeof a->meter) == 0 &&
           a->no_use.volume_ml == b->no_use.volume_ml && a->no_use.window_ms == b->no_use.window_ms &&
           a->no_use.coverage_permille == b->no_use.coverage_permille &&
           a->no_use.observed_gap_ms == b->no_use.observed_gap_ms && a->no_use.colour == b->no_use.colour &&
           a->cover.tilt_limit_mdeg == b->cover.tilt_limit_mdeg &&
           a->cover.tilt_deadband_mdeg == b->cover.tilt_deadband_mdeg && a->cover.on_delay_ms == b->cover.on_delay_ms &&
           a->cover.off_delay_ms == b->cover.off_delay_ms && a->cover.colour == b->cover.colour &&
           a->silence.home_ms == b->silence.home_ms && a->silence.level_ms == b->silence.level_ms &&
           a->silence.cover_ms == b->silence.cover_ms && a->silence.rain_ms == b->silence.rain_ms &&
           a->silence.node_ms == b->silence.node_ms && a->silence.bus_ms == b->silence.bus_ms &&
           a->silence.colour == b->silence.colour;
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

/* The default in the table is the built-in one, and every key reaches its field: with the default written out nothing
 * changes, with any other value something does. */
static void the_defaults_in_the_table_are_the_built_in_policy(void **state)
{
    (void)state;
    struct policy built_in = policy_city_default();
    const struct config_key *key;
    for (size_t i = 0; (key = config_key_at(i)) != NULL; i++) {
        char text[512], setting[256];
        if (strncmp(key->path, "policy.", 7) != 0) continue;
        nest(key->path, key->default_text, setting, sizeof setting);
        snprintf(text, sizeof text, "schema: stillwater.gateway/1\ncity: c\ngateway: g\n%s\n", setting);
        struct gateway_config *config = load(text, CONFIG_FOR_REPLAY);
        if (!policies_equal(&config->policy, &built_in)) fail_msg("%s: the default is another one", key->path);
        config_free(config);

        char other[32];
        if (key->type == CONFIG_KEY_COLOUR)
            snprintf(other, sizeof other, "blue");
        else
            snprintf(other, sizeof other, "%.3f",
                     strtod(key->default_text, NULL) + (key->maximum > 9000 ? 1.5 : 0.125));
        nest(key->path, other, setting, sizeof setting);
        snprintf(text, sizeof text, "schema: stillwater.gateway/1\ncity: c\ngateway: g\n%s\n", setting);
        config = load(text, CONFIG_FOR_REPLAY);
        if (policies_equal(&config->policy, &built_in)) fail_msg("%s: the value has no effect", key->path);
        config_free(config);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_file_is_loaded_field_by_field),
        cmocka_unit_test(a_subjects_policy_lies_over_the_citys_field_by_field),
        cmocka_unit_test(subjects_and_places_are_found_by_name),
        cmocka_unit_test(a_replay_needs_neither_store_nor_broker_nor_lines),
        cmocka_unit_test(with_tls_the_port_is_the_one_for_tls),
        cmocka_unit_test(the_built_in_configuration_is_the_city_policy),
        cmocka_unit_test(the_defaults_in_the_table_are_the_built_in_policy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
