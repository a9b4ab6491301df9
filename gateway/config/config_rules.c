#include "config/config_rules.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config_build.h"
#include "config/config_rules_plan.h"
#include "config/config_rules_transport.h"
#include "config/config_rules_wiring.h"
#include "core/habit/habit_model.h"

#define SCHEMA_NAME "stillwater.gateway/1"

struct rules {
    const struct gateway_config *config;
    const struct raw_config *raw;
    struct config_document *document;
    struct config_problems *problems;
};

__attribute__((format(printf, 3, 4))) static void report(const struct rules *rules, const char *path,
                                                         const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    config_document_problem(rules->document, rules->problems, path, format, arguments);
    va_end(arguments);
}

static void check_file(const struct rules *rules, const char *path, const char *file)
{
    struct stat status;
    if (!file) return;
    if (stat(file, &status) != 0 || access(file, R_OK) != 0)
        report(rules, path, "cannot read %s: %s; expected a readable file", file, strerror(errno));
    else if (!S_ISREG(status.st_mode))
        report(rules, path, "%s is not a file; expected a readable file", file);
}

static void check_mqtt(const struct rules *rules)
{
    const struct config_mqtt *mqtt = &rules->config->mqtt;
    if (mqtt->password_file && !mqtt->username)
        report(rules, "mqtt.username", "key is missing; expected a user name, since password_file is given");
    if (mqtt->certificate_file && !mqtt->key_file)
        report(rules, "mqtt.tls.key_file", "key is missing; expected the key of certificate_file");
    if (mqtt->key_file && !mqtt->certificate_file)
        report(rules, "mqtt.tls.certificate_file", "key is missing; expected the certificate of key_file");
    if (mqtt->resend_after_max_s < mqtt->resend_after_s)
        report(rules, "mqtt.resend_after_max_s", "is %u; expected at least resend_after_s, %u",
               mqtt->resend_after_max_s, mqtt->resend_after_s);
    if (mqtt->host && !sw_area_path_valid(mqtt->discovery_prefix))
        report(rules, "mqtt.discovery_prefix", "is \"%s\"; expected a topic without '+' and '#', no '/' at its ends",
               mqtt->discovery_prefix);
    check_file(rules, "mqtt.password_file", mqtt->password_file);
    check_file(rules, "mqtt.tls.ca_file", mqtt->ca_file);
    check_file(rules, "mqtt.tls.certificate_file", mqtt->certificate_file);
    check_file(rules, "mqtt.tls.key_file", mqtt->key_file);
}

/* Reserve, WAL and tables without a row have to fit in. */
static void check_store(const struct rules *rules)
{
    uint32_t quota = rules->config->store_quota_mb, least = 12 + rules->config->store_reserve_mb;
    if (quota > 0 && quota < least)
        report(rules, "store.quota_mb", "is %u; expected 0, or at least 12 more than reserve_mb: %u", quota, least);
}

static void check_daemon_parts(const struct rules *rules)
{
    if (!rules->config->store_path) report(rules, "store", "key is missing; expected store: {path: FILE}");
    if (!rules->config->mqtt.host) report(rules, "mqtt", "key is missing; expected mqtt: {host: NAME}");
    if (rules->config->line_count == 0) report(rules, "lines", "no line; expected at least one");
}

/* Each band that is on lies above the one before it. */
static void check_bands(const struct rules *rules, const char *prefix, const struct level_policy *level)
{
    int below = -1;
    for (int colour = SW_COLOUR_BLUE; colour <= SW_COLOUR_RED; colour++) {
        if (level->band_um[colour] == LEVEL_BAND_OFF) continue;
        if (below >= 0 && level->band_um[colour] <= level->band_um[below]) {
            char path[CONFIG_PATH_SIZE];
            snprintf(path, sizeof path, "%slevel.bands_mm.%s", prefix, sw_colour_name((enum sw_colour)colour));
            report(rules, path, "found %g; expected more than the %s band's %g", (double)level->band_um[colour] / 1000,
                   sw_colour_name((enum sw_colour)below), (double)level->band_um[below] / 1000);
        }
        below = colour;
    }
}

static void check_level(const struct rules *rules, const char *prefix, const struct level_policy *level)
{
    char path[CONFIG_PATH_SIZE];
    check_bands(rules, prefix, level);
    if (level->range_max_um <= level->range_min_um) {
        snprintf(path, sizeof path, "%slevel.range_max_mm", prefix);
        report(rules, path, "found %g; expected more than range_min_mm, which is %g",
               (double)level->range_max_um / 1000, (double)level->range_min_um / 1000);
    }
    for (int colour = SW_COLOUR_BLUE; colour <= SW_COLOUR_RED; colour++) {
        int64_t band = level->band_um[colour];
        if (band == LEVEL_BAND_OFF || (band >= level->range_min_um && band <= level->range_max_um)) continue;
        snprintf(path, sizeof path, "%slevel.bands_mm.%s", prefix, sw_colour_name((enum sw_colour)colour));
        report(rules, path, "found %g; expected a threshold within range_min_mm and range_max_mm, %g to %g",
               (double)band / 1000, (double)level->range_min_um / 1000, (double)level->range_max_um / 1000);
    }
}

/* The top lies above every band, so that red comes before it. */
static void check_top(const struct rules *rules, const char *prefix, const struct level_policy *level)
{
    char path[CONFIG_PATH_SIZE];
    if (level->top_um == LEVEL_BAND_OFF) return;
    snprintf(path, sizeof path, "%slevel.top_mm", prefix);
    for (int colour = SW_COLOUR_RED; colour >= SW_COLOUR_BLUE; colour--) {
        if (level->band_um[colour] == LEVEL_BAND_OFF) continue;
        if (level->top_um < level->band_um[colour])
            report(rules, path, "found %g; expected at least the %s band's %g, or off", (double)level->top_um / 1000,
                   sw_colour_name((enum sw_colour)colour), (double)level->band_um[colour] / 1000);
        break;
    }
    if (level->top_um < level->range_min_um || level->top_um > level->range_max_um)
        report(rules, path, "found %g; expected a threshold within range_min_mm and range_max_mm, %g to %g",
               (double)level->top_um / 1000, (double)level->range_min_um / 1000, (double)level->range_max_um / 1000);
}

static void check_battery(const struct rules *rules, const char *prefix, const struct battery_policy *battery)
{
    char path[CONFIG_PATH_SIZE];
    if (battery->low_mv <= 0 || battery->critical_mv <= battery->low_mv) return;
    snprintf(path, sizeof path, "%sbattery.critical_v", prefix);
    report(rules, path, "found %g; expected at most low_v, which is %g", (double)battery->critical_mv / 1000,
           (double)battery->low_mv / 1000);
}

static void check_reach(const struct rules *rules, const char *prefix, const char *name, const struct rise_reach *reach)
{
    char path[CONFIG_PATH_SIZE];
    if (reach->alone_permille >= reach->from_permille) return;
    snprintf(path, sizeof path, "%srise.%s.alone_pct", prefix, name);
    report(rules, path, "found %g; expected at least from_pct, which is %g", (double)reach->alone_permille / 10,
           (double)reach->from_permille / 10);
}

static void check_water(const struct rules *rules, const char *prefix, const struct policy *policy)
{
    char path[CONFIG_PATH_SIZE];
    const struct level_quality_policy *quality = &policy->level_quality;
    check_reach(rules, prefix, "seldom", &policy->rise.seldom);
    check_reach(rules, prefix, "often", &policy->rise.often);
    check_reach(rules, prefix, "eager", &policy->rise.eager);
    if (quality->wet_most_um >= quality->wet_um) return;
    snprintf(path, sizeof path, "%slevel_quality.wet_most_mm", prefix);
    report(rules, path, "found %g; expected at least wet_mm, which is %g", (double)quality->wet_most_um / 1000,
           (double)quality->wet_um / 1000);
}

static bool is_model_hour(uint8_t hours)
{
    for (int i = 0; i < HABIT_HORIZONS; i++)
        if (habit_model_hours[i] == hours) return true;
    return false;
}

static void check_habit_stage(const struct rules *rules, const char *prefix, const char *name,
                              const struct habit_stage_policy *stage)
{
    char path[CONFIG_PATH_SIZE];
    uint8_t before = 0;
    snprintf(path, sizeof path, "%shabit.%s", prefix, name);
    for (int i = 0; i < HABIT_LEVELS_MAX && stage->levels[i].hours != 0; i++) {
        uint8_t hours = stage->levels[i].hours;
        if (!is_model_hour(hours))
            report(rules, path, "found %u h; expected levels of 8, 9, 11, 13, 15, 24, 36 or 48 h", hours);
        else if (hours <= before)
            report(rules, path, "found %u h after %u h; expected levels that rise from soon_h to latest_h", hours,
                   before);
        before = hours;
    }
}

static void check_cover(const struct rules *rules, const char *prefix, const struct cover_policy *cover)
{
    char path[CONFIG_PATH_SIZE];
    if (cover->tilt_deadband_mdeg < cover->tilt_limit_mdeg) return;
    snprintf(path, sizeof path, "%scover.tilt_deadband_deg", prefix);
    report(rules, path, "found %g; expected less than tilt_deg, which is %g", (double)cover->tilt_deadband_mdeg / 1000,
           (double)cover->tilt_limit_mdeg / 1000);
}

/* A rule whose window is shorter than a single observed gap would judge what it has not seen. */
static void check_observed_gap(const struct rules *rules, const char *prefix, const struct policy *policy)
{
    char path[CONFIG_PATH_SIZE];
    int64_t gap_ms = policy->no_use.observed_gap_ms;
    snprintf(path, sizeof path, "%sno_use.observed_gap_s", prefix);
    bool no_use_on = policy->no_use.window_ms > 0 && policy->no_use.volume_ml > 0;
    if (no_use_on && gap_ms > policy->no_use.window_ms)
        report(rules, path, "found %g; expected at most window_s, which is %g", (double)gap_ms / 1000,
               (double)policy->no_use.window_ms / 1000);
    if (policy->nothing_in.window_ms > 0 && gap_ms > policy->nothing_in.window_ms)
        report(rules, path, "found %g; expected at most nothing_in.window_s, which is %g", (double)gap_ms / 1000,
               (double)policy->nothing_in.window_ms / 1000);
    if (policy->no_real_use.window_ms > 0 && gap_ms > policy->no_real_use.window_ms)
        report(rules, path, "found %g; expected at most no_real_use.window_s, which is %g", (double)gap_ms / 1000,
               (double)policy->no_real_use.window_ms / 1000);
}

static void check_flow(const struct rules *rules, const char *prefix, const struct policy *policy)
{
    char path[CONFIG_PATH_SIZE];
    const struct leak_policy *leak = &policy->leak;
    if (leak->advice_ms > 0 && leak->alert_ms < leak->advice_ms) {
        snprintf(path, sizeof path, "%sleak.alert_s", prefix);
        report(rules, path, "found %g; expected at least advice_s, which is %g", (double)leak->alert_ms / 1000,
               (double)leak->advice_ms / 1000);
    }
    int64_t pipe_ml_min = policy->meter.max_flow_ml_s * 60;
    if (policy->burst.flow_ml_min >= pipe_ml_min) {
        snprintf(path, sizeof path, "%sburst.flow_l_per_min", prefix);
        report(rules, path, "found %g; expected less than meter.max_flow_l_per_s, which is %g L/min, or 0",
               (double)policy->burst.flow_ml_min / 1000, (double)pipe_ml_min / 1000);
    }
    const struct use_start_policy *drip = &policy->use_start;
    if (drip->drip_most_ml_day > 0 && drip->drip_most_ml_day < drip->drip_least_ml_day) {
        snprintf(path, sizeof path, "%sdrip.most_l_per_day", prefix);
        report(rules, path, "found %g; expected at least least_l_per_day, which is %g, or 0",
               (double)drip->drip_most_ml_day / 1000, (double)drip->drip_least_ml_day / 1000);
    }
    const struct backflow_policy *backflow = &policy->backflow;
    if (backflow->volume_ml > 0 && backflow->clear_ms < backflow->settle_ms) {
        snprintf(path, sizeof path, "%sbackflow.clear_s", prefix);
        report(rules, path, "found %g; expected at least settle_s, which is %g", (double)backflow->clear_ms / 1000,
               (double)backflow->settle_ms / 1000);
    }
}

static void check_policy(const struct rules *rules, const char *prefix, const struct policy *policy)
{
    check_level(rules, prefix, &policy->level);
    check_top(rules, prefix, &policy->level);
    check_water(rules, prefix, policy);
    check_cover(rules, prefix, &policy->cover);
    check_habit_stage(rules, prefix, "quiet", &policy->habit.stages[HABIT_QUIET]);
    check_habit_stage(rules, prefix, "alert", &policy->habit.stages[HABIT_ALERT]);
    check_battery(rules, prefix, &policy->battery);
    check_observed_gap(rules, prefix, policy);
    check_flow(rules, prefix, policy);
}

static void check_groups(const struct rules *rules)
{
    const struct gateway_config *config = rules->config;
    char path[CONFIG_PATH_SIZE];
    for (uint32_t i = 0; i < config->group_count; i++) {
        for (uint32_t j = 0; j < i; j++) {
            if (strcmp(config->groups[i].id, config->groups[j].id) != 0) continue;
            snprintf(path, sizeof path, "groups[%u].id", i);
            report(rules, path, "%s is the id of groups[%u] already; expected an id used once", config->groups[i].id,
                   j);
            break;
        }
        if (!rules->raw->groups[i].policy) continue;
        snprintf(path, sizeof path, "groups[%u].policy.", i);
        check_policy(rules, path, &config->groups[i].policy);
    }
}

static void check_subjects(const struct rules *rules)
{
    const struct gateway_config *config = rules->config;
    char path[CONFIG_PATH_SIZE];
    for (uint32_t i = 0; i < config->subject_count; i++) {
        for (uint32_t j = 0; j < i; j++) {
            if (strcmp(config->subjects[i].id, config->subjects[j].id) != 0) continue;
            snprintf(path, sizeof path, "subjects[%u].id", i);
            report(rules, path, "%s is the id of subjects[%u] already; expected an id used once",
                   config->subjects[i].id, j);
            break;
        }
        const struct raw_place *place = rules->raw->subjects[i].place;
        if (place && !place->latitude != !place->longitude) {
            const char *missing = place->latitude ? "longitude" : "latitude";
            snprintf(path, sizeof path, "subjects[%u].place.%s", i, missing);
            report(rules, path, "key is missing; expected latitude and longitude together, or neither");
        }
        /* What the city's policy or a group's has wrong is said once, there. */
        if (!rules->raw->subjects[i].policy) continue;
        snprintf(path, sizeof path, "subjects[%u].policy.", i);
        check_policy(rules, path, config->subjects[i].policy);
    }
}

void config_rules_check(const struct gateway_config *config, const struct raw_config *raw, enum config_use use,
                        struct config_document *document, struct config_problems *problems)
{
    struct rules rules = {config, raw, document, problems};
    if (strcmp(raw->schema, SCHEMA_NAME) != 0)
        report(&rules, "schema", "found %.60s; expected " SCHEMA_NAME, raw->schema);
    if (use == CONFIG_FOR_DAEMON) {
        check_daemon_parts(&rules);
        check_store(&rules);
        check_mqtt(&rules);
        check_file(&rules, "registry.places", config->registry.places);
    }
    check_policy(&rules, "policy.", &config->policy);
    check_groups(&rules);
    check_subjects(&rules);
    config_rules_transport_check(config, raw, document, problems);
    config_rules_wiring_check(config, document, problems);
    if (use == CONFIG_FOR_DAEMON && problems->count == 0) config_rules_plan_check(config, document, problems);
}
