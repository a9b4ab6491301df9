#include "config/config_build.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config_rules_transport.h"
#include "config/profile_file.h"
#include "config/time_zone.h"
#include "core/local_time.h"
#include "stillwater/error.h"

struct build {
    const struct raw_config *raw;
    struct config_document *document;
    struct config_problems *problems;
    struct gateway_config *config;
    bool out_of_memory;
    bool profiles_unknown; /* the operator's own could not be read: told already */
};

static void lay_decimal(int64_t *target, const double *value, double factor)
{
    if (value) *target = llround(*value * factor);
}

/* An int32_t of the policy; the table of keys bounds the value. */
static void lay_small(int32_t *target, const double *value, double factor)
{
    if (value) *target = (int32_t)lround(*value * factor);
}

static void lay_count(int32_t *target, const uint32_t *value)
{
    if (value) *target = (int32_t)*value;
}

static void lay_u32(uint32_t *target, const uint32_t *value)
{
    if (value) *target = *value;
}

static void lay_colour(enum sw_colour *target, const enum sw_colour *value)
{
    if (value) *target = *value;
}

static void lay_band(int64_t *target, const char *value)
{
    if (value) *target = strcmp(value, "off") == 0 ? LEVEL_BAND_OFF : llround(strtod(value, NULL) * 1000);
}

static void lay_no_use(struct no_use_policy *policy, const struct raw_no_use *raw)
{
    if (!raw) return;
    lay_decimal(&policy->volume_ml, raw->volume_l, 1000);
    lay_decimal(&policy->window_ms, raw->window_s, 1000);
    lay_small(&policy->coverage_permille, raw->coverage_pct, 10);
    lay_decimal(&policy->observed_gap_ms, raw->observed_gap_s, 1000);
    lay_colour(&policy->colour, raw->colour);
}

static void lay_nothing_in(struct nothing_in_policy *policy, const struct raw_nothing_in *raw)
{
    if (!raw) return;
    lay_decimal(&policy->window_ms, raw->window_s, 1000);
    lay_small(&policy->coverage_permille, raw->coverage_pct, 10);
    lay_colour(&policy->colour, raw->colour);
}

static void lay_drip(struct use_start_policy *policy, const struct raw_drip *raw)
{
    if (!raw) return;
    lay_small(&policy->drip_least_ml_day, raw->least_l_per_day, 1000);
    lay_small(&policy->drip_most_ml_day, raw->most_l_per_day, 1000);
    lay_decimal(&policy->pause_ms, raw->pause_s, 1000);
}

static void lay_leak(struct leak_policy *policy, const struct raw_leak *raw)
{
    if (!raw) return;
    lay_decimal(&policy->advice_ms, raw->advice_s, 1000);
    lay_decimal(&policy->alert_ms, raw->alert_s, 1000);
    lay_small(&policy->coverage_permille, raw->coverage_pct, 10);
    lay_colour(&policy->colour, raw->colour);
}

static void lay_burst(struct burst_policy *policy, const struct raw_burst *raw)
{
    if (!raw) return;
    lay_small(&policy->flow_ml_min, raw->flow_l_per_min, 1000);
    lay_decimal(&policy->hold_ms, raw->hold_s, 1000);
    lay_decimal(&policy->off_ms, raw->off_s, 1000);
    lay_colour(&policy->colour, raw->colour);
}

static void lay_day_volume(struct day_volume_policy *policy, const struct raw_day_volume *raw)
{
    if (!raw) return;
    lay_decimal(&policy->limit_ml, raw->limit_l, 1000);
    lay_small(&policy->coverage_permille, raw->coverage_pct, 10);
    lay_colour(&policy->colour, raw->colour);
}

static void lay_switch(bool *target, const enum raw_switch *value)
{
    if (value) *target = *value == RAW_ON;
}

/* A level that is not used is let go, so that the others stand without a gap. */
static void lay_habit_stage(struct habit_stage_policy *stage, const struct raw_habit_stage *raw)
{
    if (!raw) return;
    const uint32_t *hours[] = {raw->soon_h, raw->late_h, raw->latest_h};
    const uint32_t *prices[] = {NULL, raw->late_ppm, raw->latest_ppm};
    struct habit_level levels[3];
    int count = 0;
    for (int i = 0; i < 3; i++) {
        levels[i] = stage->levels[i];
        if (hours[i]) levels[i].hours = (uint8_t)*hours[i];
        if (prices[i]) levels[i].price_ppm = (int32_t)*prices[i];
    }
    memset(stage->levels, 0, sizeof stage->levels);
    for (int i = 0; i < 3; i++)
        if (levels[i].hours != 0) stage->levels[count++] = levels[i];
}

static void lay_habit(struct habit_policy *policy, const struct raw_habit *raw)
{
    if (!raw) return;
    lay_switch(&policy->enabled, raw->enabled);
    lay_decimal(&policy->learn_ms, raw->learn_s, 1000);
    lay_habit_stage(&policy->stages[HABIT_QUIET], raw->quiet);
    lay_habit_stage(&policy->stages[HABIT_ALERT], raw->alert);
    lay_colour(&policy->stages[HABIT_ALERT].colour, raw->colour);
}

/* Who sets a rule means it, whatever the home's habit. */
static void lay_no_use_always(struct policy *policy, const struct raw_policy *raw)
{
    const struct raw_no_use *no_use = raw->no_use;
    if ((no_use && (no_use->volume_l || no_use->window_s)) || (raw->nothing_in && raw->nothing_in->window_s))
        policy->no_use_always = true;
    if (no_use) lay_switch(&policy->no_use_always, no_use->always);
}

static void lay_notes(struct policy *policy, const struct raw_notes *raw)
{
    if (!raw) return;
    lay_switch(&policy->tell_first_use, raw->first_use);
    lay_switch(&policy->tell_slow_change, raw->slow_change);
}

static void lay_meter(struct meter_policy *policy, const struct raw_meter *raw)
{
    if (!raw) return;
    lay_decimal(&policy->rollover_ml, raw->rollover_l, 1000);
    lay_decimal(&policy->max_flow_ml_s, raw->max_flow_l_per_s, 1000);
}

static void lay_meter_fault(struct meter_fault_policy *policy, const struct raw_meter_fault *raw)
{
    if (!raw) return;
    lay_decimal(&policy->clear_ms, raw->clear_s, 1000);
    lay_decimal(&policy->stuck_ms, raw->stuck_s, 1000);
    lay_count(&policy->negative_steps, raw->negative_steps);
    lay_count(&policy->jumps, raw->jumps);
    lay_count(&policy->set_backs, raw->set_backs);
    lay_colour(&policy->colour, raw->colour);
    lay_colour(&policy->advice, raw->advice_colour);
}

static void lay_backflow(struct backflow_policy *policy, const struct raw_backflow *raw)
{
    if (!raw) return;
    lay_decimal(&policy->volume_ml, raw->volume_l, 1000);
    lay_decimal(&policy->settle_ms, raw->settle_s, 1000);
    lay_decimal(&policy->clear_ms, raw->clear_s, 1000);
    lay_colour(&policy->colour, raw->colour);
}

static void lay_level(struct level_policy *policy, const struct raw_level *raw)
{
    if (!raw) return;
    if (raw->bands_mm) {
        lay_band(&policy->band_um[SW_COLOUR_BLUE], raw->bands_mm->blue);
        lay_band(&policy->band_um[SW_COLOUR_YELLOW], raw->bands_mm->yellow);
        lay_band(&policy->band_um[SW_COLOUR_ORANGE], raw->bands_mm->orange);
        lay_band(&policy->band_um[SW_COLOUR_RED], raw->bands_mm->red);
    }
    lay_band(&policy->top_um, raw->top_mm);
    lay_decimal(&policy->deadband_um, raw->deadband_mm, 1000);
    lay_decimal(&policy->on_delay_ms, raw->on_delay_s, 1000);
    lay_decimal(&policy->off_delay_ms, raw->off_delay_s, 1000);
    lay_decimal(&policy->range_min_um, raw->range_min_mm, 1000);
    lay_decimal(&policy->range_max_um, raw->range_max_mm, 1000);
}

/* What is said of the site and of the sensor's range counts for the tests of its readings, too. */
static void lay_level_of_quality(struct level_quality_policy *policy, const struct level_policy *level,
                                 const struct raw_level *raw)
{
    if (raw) lay_switch(&policy->dries, raw->dries);
    if (raw) lay_switch(&policy->finds_site, raw->dries);
    if (raw) lay_decimal(&policy->full_scale_um, raw->full_scale_mm, 1000);
    policy->range_min_um = level->range_min_um;
    policy->range_max_um = level->range_max_um;
}

static void lay_level_quality(struct level_quality_policy *policy, const struct raw_level_quality *raw)
{
    if (!raw) return;
    lay_decimal(&policy->rise_max_um_min, raw->rise_max_mm_per_min, 1000);
    lay_decimal(&policy->fall_max_um, raw->river_fall_mm, 1000);
    lay_decimal(&policy->flat_wet_ms, raw->flat_wet_s, 1000);
    lay_decimal(&policy->flat_any_ms, raw->flat_river_s, 1000);
    lay_decimal(&policy->noise_start_um, raw->noise_mm, 1000);
    lay_decimal(&policy->wet_um, raw->wet_mm, 1000);
    lay_decimal(&policy->wet_most_um, raw->wet_most_mm, 1000);
    lay_decimal(&policy->step_um, raw->step_mm, 1000);
    lay_decimal(&policy->step_ms, raw->step_s, 1000);
    lay_decimal(&policy->object_after_ms, raw->object_s, 1000);
    if (raw->quarantine_after) policy->blame_limit = LEVEL_QUALITY_BLAME_ONE * (int32_t)*raw->quarantine_after;
    lay_decimal(&policy->blame_leak_ms, raw->forget_s, 1000);
    lay_count(&policy->confirm_samples, raw->confirm_readings);
    lay_decimal(&policy->confirm_ms, raw->confirm_s, 1000);
    lay_decimal(&policy->very_high_um, raw->very_high_mm, 1000);
    lay_decimal(&policy->very_high_ms, raw->very_high_s, 1000);
    lay_decimal(&policy->drift_um_h, raw->drift_mm_per_h, 1000);
    lay_decimal(&policy->river_after_ms, raw->river_after_s, 1000);
}

static void lay_reach(struct rise_reach *reach, const struct raw_reach *raw)
{
    if (!raw) return;
    lay_decimal(&reach->horizon_ms, raw->horizon_s, 1000);
    lay_small(&reach->from_permille, raw->from_pct, 10);
    lay_small(&reach->alone_permille, raw->alone_pct, 10);
}

static void lay_rise(struct rise_policy *policy, const struct raw_rise *raw)
{
    if (!raw) return;
    lay_colour(&policy->lowest, raw->lowest);
    lay_reach(&policy->seldom, raw->seldom);
    lay_reach(&policy->often, raw->often);
    lay_reach(&policy->eager, raw->eager);
    lay_small(&policy->often_permille, raw->often_pct, 10);
    lay_decimal(&policy->flood_um, raw->flood_mm, 1000);
}

static void lay_agreement(struct agreement_policy *policy, const struct raw_agreement *raw)
{
    if (!raw) return;
    lay_small(&policy->reach_m[AGREEMENT_NEIGHBOUR], raw->neighbour_m, 1);
    lay_small(&policy->reach_m[AGREEMENT_RAIN], raw->rain_m, 1);
    lay_decimal(&policy->trusted_ms[AGREEMENT_NEIGHBOUR], raw->neighbour_s, 1000);
    lay_decimal(&policy->trusted_ms[AGREEMENT_UPSTREAM], raw->upstream_s, 1000);
    lay_decimal(&policy->trusted_ms[AGREEMENT_RAIN], raw->rain_s, 1000);
    lay_decimal(&policy->travel_ms, raw->travel_s, 1000);
    lay_decimal(&policy->rising_um_min, raw->rising_mm_per_min, 1000);
    lay_decimal(&policy->rain_um, raw->rain_mm, 1000);
    lay_small(&policy->warning_delay_permille, raw->on_delay_pct, 10);
}

static void lay_cover_mount(struct cover_mount_policy *policy, const struct raw_cover *raw)
{
    if (!raw) return;
    lay_switch(&policy->learn, raw->angle_learn);
    lay_small(&policy->angle_mdeg, raw->angle_deg, 1000);
}

static void lay_float(struct float_switch_policy *policy, const struct raw_float *raw)
{
    if (!raw) return;
    lay_decimal(&policy->on_delay_ms, raw->on_delay_s, 1000);
    lay_decimal(&policy->off_delay_ms, raw->off_delay_s, 1000);
    lay_colour(&policy->colour, raw->colour);
}

static void lay_battery(struct battery_policy *policy, const struct raw_battery *raw)
{
    if (!raw) return;
    lay_small(&policy->low_mv, raw->low_v, 1000);
    lay_small(&policy->critical_mv, raw->critical_v, 1000);
    lay_small(&policy->deadband_mv, raw->deadband_v, 1000);
    lay_decimal(&policy->on_delay_ms, raw->on_delay_s, 1000);
    lay_colour(&policy->low_colour, raw->low_colour);
    lay_colour(&policy->critical_colour, raw->critical_colour);
}

static void lay_cover(struct cover_policy *policy, const struct raw_cover *raw)
{
    if (!raw) return;
    lay_decimal(&policy->tilt_limit_mdeg, raw->tilt_deg, 1000);
    lay_decimal(&policy->tilt_deadband_mdeg, raw->tilt_deadband_deg, 1000);
    lay_decimal(&policy->on_delay_ms, raw->on_delay_s, 1000);
    lay_decimal(&policy->off_delay_ms, raw->off_delay_s, 1000);
    lay_colour(&policy->colour, raw->colour);
}

static void lay_silence(struct silence_policy *policy, const struct raw_silent *raw)
{
    if (!raw) return;
    lay_decimal(&policy->home_ms, raw->home_s, 1000);
    lay_decimal(&policy->level_ms, raw->level_s, 1000);
    lay_decimal(&policy->cover_ms, raw->cover_s, 1000);
    lay_decimal(&policy->rain_ms, raw->rain_s, 1000);
    lay_decimal(&policy->node_ms, raw->node_s, 1000);
    lay_decimal(&policy->bus_ms, raw->bus_s, 1000);
    lay_colour(&policy->colour, raw->colour);
}

static void lay_latency(struct latency_policy *policy, const struct raw_latency *raw)
{
    if (!raw) return;
    lay_decimal(&policy->home_ms, raw->home_s, 1000);
    lay_decimal(&policy->level_ms, raw->level_s, 1000);
    lay_decimal(&policy->cover_ms, raw->cover_s, 1000);
}

static void lay_noise(struct noise_policy *policy, const struct raw_noise *raw)
{
    if (!raw) return;
    lay_decimal(&policy->on_delay_ms, raw->on_delay_s, 1000);
    lay_decimal(&policy->off_delay_ms, raw->off_delay_s, 1000);
    lay_count(&policy->flap_raises, raw->flap_raises);
    lay_decimal(&policy->flap_window_ms, raw->flap_window_s, 1000);
    lay_decimal(&policy->flap_quiet_ms, raw->flap_quiet_s, 1000);
    lay_decimal(&policy->expire_after_ms, raw->expire_after_s, 1000);
}

/* The clock that people live by: one for all rules that know of days. */
static void lay_clock(struct build *build, struct policy *policy, const struct raw_policy *raw, const char *prefix)
{
    char field[CONFIG_PATH_SIZE], text[256];
    struct time_zone zone = local_time_fixed(raw && raw->utc_offset_min ? *raw->utc_offset_min : 0);
    if (!raw || (!raw->utc_offset_min && !raw->time_zone)) return;
    snprintf(field, sizeof field, "%stime_zone", prefix);
    if (raw->utc_offset_min && raw->time_zone)
        config_problem(build->problems, config_document_line(build->document, field), field,
                       "found beside utc_offset_min; expected one of the two");
    else if (raw->time_zone && time_zone_named(raw->time_zone, &zone, text, sizeof text) != SW_OK)
        config_problem(build->problems, config_document_line(build->document, field), field, "%s", text);
    policy->day_volume.zone = policy->day_rhythm.zone = policy->habit.zone = zone;
}

static void lay_policy(struct policy *policy, const struct raw_policy *raw)
{
    if (!raw) return;
    lay_no_use(&policy->no_use, raw->no_use);
    lay_nothing_in(&policy->nothing_in, raw->nothing_in);
    lay_nothing_in(&policy->no_real_use, raw->no_real_use);
    lay_no_use_always(policy, raw);
    lay_habit(&policy->habit, raw->habit);
    lay_drip(&policy->use_start, raw->drip);
    lay_leak(&policy->leak, raw->leak);
    lay_burst(&policy->burst, raw->burst);
    lay_day_volume(&policy->day_volume, raw->day_volume);
    lay_notes(policy, raw->notes);
    lay_meter(&policy->meter, raw->meter);
    lay_meter_fault(&policy->meter_fault, raw->meter_fault);
    lay_backflow(&policy->backflow, raw->backflow);
    lay_level(&policy->level, raw->level);
    lay_level_of_quality(&policy->level_quality, &policy->level, raw->level);
    lay_level_quality(&policy->level_quality, raw->level_quality);
    lay_rise(&policy->rise, raw->rise);
    lay_agreement(&policy->agreement, raw->agreement);
    lay_cover_mount(&policy->cover_mount, raw->cover);
    lay_float(&policy->float_switch, raw->float_switch);
    lay_battery(&policy->battery, raw->battery);
    lay_cover(&policy->cover, raw->cover);
    lay_silence(&policy->silence, raw->silent);
    lay_latency(&policy->latency, raw->latency);
    lay_noise(&policy->noise, raw->noise);
}

/* At least one byte, so that an empty list is not mistaken for refused memory. */
static void *make(struct build *build, size_t count, size_t size)
{
    void *memory = calloc(count ? count : 1, size);
    if (!memory) build->out_of_memory = true;
    return memory;
}

static char *copy(struct build *build, const char *text)
{
    if (!text) return NULL;
    char *made = strdup(text);
    if (!made) build->out_of_memory = true;
    return made;
}

/* Ids are known to fit: the shape check saw to it. */
static void copy_id(char target[SW_ID_SIZE], const char *id)
{
    snprintf(target, SW_ID_SIZE, "%s", id);
}

static uint32_t subject_index(const struct build *build, const char *id, const char *path)
{
    for (uint32_t i = 0; i < build->config->subject_count; i++)
        if (strcmp(build->config->subjects[i].id, id) == 0) return i;
    config_problem(build->problems, config_document_line(build->document, path), path,
                   "no subject is called %s; expected the id of an entry of subjects", id);
    return CONFIG_NO_SUBJECT;
}

static void build_profiles(struct build *build)
{
    if (!build->raw->profiles) return;
    int error =
        profile_folder_load(build->raw->profiles, PROFILE_OWN, build->problems->report, &build->config->profiles);
    build->profiles_unknown = error != SW_OK;
    if (error)
        config_problem(build->problems, config_document_line(build->document, "profiles"), "profiles",
                       "found %s; expected a folder whose profiles can be used", build->raw->profiles);
}

static const struct sw_profile *profile_named(const struct build *build, const char *name, const char *path)
{
    const struct profile_folder *own = &build->config->profiles;
    const struct sw_profile *profile = sw_profile_by_name(name);
    if (!profile) profile = profile_folder_named(own, name);
    if (profile || build->profiles_unknown) return profile;
    char known[512];
    size_t used = 0;
    for (size_t i = 0; sw_profile_at(i) && used < sizeof known; i++)
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "", sw_profile_at(i)->name);
    for (size_t i = 0; i < own->count && used < sizeof known; i++)
        used += (size_t)snprintf(known + used, sizeof known - used, ", %s", own->files[i]->name);
    config_problem(build->problems, config_document_line(build->document, path), path,
                   "no sensor profile is called %s; expected one of %s", name, known);
    return NULL;
}

/* A profile that was made for a gateway's own lines is not in a node's firmware. */
static const struct sw_profile *profile_for_node(const struct build *build, const char *name, const char *path)
{
    const struct sw_profile *profile = profile_named(build, name, path);
    if (profile && profile->node_point_count == 0)
        config_problem(build->problems, config_document_line(build->document, path), path,
                       "no node can read %s; expected a profile for nodes, or the sensor among devices", name);
    return profile;
}

static void build_place(struct config_place *place, const struct raw_place *raw)
{
    if (!raw) return;
    place->known = raw->latitude && raw->longitude;
    if (place->known) {
        place->latitude = *raw->latitude;
        place->longitude = *raw->longitude;
    }
    if (raw->grid) snprintf(place->grid, sizeof place->grid, "%s", raw->grid);
}

/* What is set lies over what counts `under` it. */
static void build_policy(struct build *build, struct policy *policy, const struct policy *under,
                         const struct raw_policy *raw, const char *prefix)
{
    *policy = *under;
    lay_policy(policy, raw);
    lay_clock(build, policy, raw, prefix);
}

static void build_groups(struct build *build)
{
    struct gateway_config *config = build->config;
    config->groups = make(build, build->raw->groups_count, sizeof *config->groups);
    if (!config->groups) return;
    config->group_count = build->raw->groups_count;
    for (uint32_t i = 0; i < config->group_count; i++) {
        char prefix[CONFIG_PATH_SIZE];
        snprintf(prefix, sizeof prefix, "groups[%u].policy.", i);
        copy_id(config->groups[i].id, build->raw->groups[i].id);
        build_policy(build, &config->groups[i].policy, &config->policy, build->raw->groups[i].policy, prefix);
    }
}

/* The policy that the subject's own lies over. */
static const struct policy *policy_under(const struct build *build, uint32_t number)
{
    const struct gateway_config *config = build->config;
    const char *group = build->raw->subjects[number].group;
    char field[CONFIG_PATH_SIZE];
    if (!group) return &config->policy;
    for (uint32_t i = 0; i < config->group_count; i++)
        if (strcmp(config->groups[i].id, group) == 0) return &config->groups[i].policy;
    snprintf(field, sizeof field, "subjects[%u].group", number);
    config_problem(build->problems, config_document_line(build->document, field), field,
                   "no group is called %s; expected the id of an entry of groups", group);
    return &config->policy;
}

static void build_upstream(struct build *build, uint32_t number)
{
    const struct raw_subject *raw = &build->raw->subjects[number];
    struct config_subject *subject = &build->config->subjects[number];
    char field[CONFIG_PATH_SIZE];
    for (uint32_t i = 0; i < raw->upstream_count; i++) {
        snprintf(field, sizeof field, "subjects[%u].upstream[%u]", number, i);
        if (i == CORE_UPSTREAM_MAX) {
            config_problem(build->problems, config_document_line(build->document, field), field,
                           "%u sites are named; expected %d at most", raw->upstream_count, CORE_UPSTREAM_MAX);
            return;
        }
        uint32_t index = subject_index(build, raw->upstream[i], field);
        subject->upstream[i] = index == CONFIG_NO_SUBJECT ? NULL : &build->config->subjects[index];
        subject->upstream_count = i + 1;
    }
}

/* Thousands of subjects have nothing of their own: they share one. */
static void build_subject_policy(struct build *build, struct config_subject *subject, uint32_t number)
{
    const struct raw_policy *raw = build->raw->subjects[number].policy;
    char prefix[CONFIG_PATH_SIZE];
    subject->policy = policy_under(build, number);
    if (!raw) return;
    subject->own_policy = make(build, 1, sizeof *subject->own_policy);
    if (!subject->own_policy) return;
    snprintf(prefix, sizeof prefix, "subjects[%u].policy.", number);
    build_policy(build, subject->own_policy, subject->policy, raw, prefix);
    subject->policy = subject->own_policy;
}

static void build_subjects(struct build *build)
{
    struct gateway_config *config = build->config;
    config->subjects = make(build, build->raw->subjects_count, sizeof *config->subjects);
    if (!config->subjects) return;
    for (uint32_t i = 0; i < build->raw->subjects_count; i++) {
        const struct raw_subject *raw = &build->raw->subjects[i];
        struct config_subject *subject = &config->subjects[i];
        copy_id(subject->id, raw->id);
        build_place(&subject->place, raw->place);
        lay_switch(&subject->home_assistant, raw->home_assistant);
        build_subject_policy(build, subject, i);
    }
    config->subject_count = build->raw->subjects_count;
    for (uint32_t i = 0; i < config->subject_count; i++)
        build_upstream(build, i);
}

static void build_slots(struct build *build, struct config_node *node, const struct raw_node *raw, const char *path)
{
    node->slots = make(build, raw->slots_count, sizeof *node->slots);
    if (!node->slots) return;
    node->slot_count = raw->slots_count;
    for (uint32_t i = 0; i < raw->slots_count; i++) {
        char field[CONFIG_PATH_SIZE];
        struct config_slot *slot = &node->slots[i];
        slot->slot = (uint8_t)raw->slots[i].slot;
        slot->unit_id = (uint8_t)raw->slots[i].unit_id;
        snprintf(field, sizeof field, "%.200s.slots[%u].profile", path, i);
        slot->profile = profile_for_node(build, raw->slots[i].profile, field);
        snprintf(field, sizeof field, "%.200s.slots[%u].subject", path, i);
        slot->subject = subject_index(build, raw->slots[i].subject, field);
        slot->sample_period_ms = 1000;
        slot->report_delta = 1;
        slot->heartbeat_s = 60;
        lay_u32(&slot->sample_period_ms, raw->slots[i].sample_period_ms);
        lay_u32(&slot->report_delta, raw->slots[i].report_delta);
        lay_u32(&slot->heartbeat_s, raw->slots[i].heartbeat_s);
    }
}

static void build_nodes(struct build *build, struct config_line *line, const struct raw_line *raw, uint32_t number)
{
    line->nodes = make(build, raw->nodes_count, sizeof *line->nodes);
    if (!line->nodes) return;
    line->node_count = raw->nodes_count;
    for (uint32_t i = 0; i < raw->nodes_count; i++) {
        char path[CONFIG_PATH_SIZE];
        snprintf(path, sizeof path, "lines[%u].nodes[%u]", number, i);
        copy_id(line->nodes[i].id, raw->nodes[i].id);
        line->nodes[i].unit_id = (uint8_t)raw->nodes[i].unit_id;
        build_slots(build, &line->nodes[i], &raw->nodes[i], path);
    }
}

/* "0000 1267": a word of four hex digits for each register, a space between two. */
static bool parse_identity(const char *text, uint16_t *words, size_t count)
{
    if (strlen(text) != 5 * count - 1) return false;
    for (size_t i = 0; i < count; i++) {
        const char *word = &text[5 * i];
        if (strspn(word, "0123456789abcdefABCDEF") != 4 || (word[4] != ' ' && word[4] != '\0')) return false;
        words[i] = (uint16_t)strtoul(word, NULL, 16);
    }
    return true;
}

static void build_identity(struct build *build, struct config_device *device, const char *text, const char *path)
{
    if (!text || !device->profile) return;
    unsigned line = config_document_line(build->document, path), count = device->profile->identity.count;
    if (count == 0) {
        config_problem(build->problems, line, path,
                       "%s has no identity registers; expected no such key, or a profile with identity",
                       device->profile->name);
        return;
    }
    device->identity = make(build, count, sizeof *device->identity);
    if (!device->identity || parse_identity(text, device->identity, count)) return;
    config_problem(build->problems, line, path,
                   "found %s; expected the %u registers of %s as words of four hex digits, a space between two", text,
                   count, device->profile->name);
}

static void build_devices(struct build *build, struct config_line *line, const struct raw_line *raw, uint32_t number)
{
    line->devices = make(build, raw->devices_count, sizeof *line->devices);
    if (!line->devices) return;
    line->device_count = raw->devices_count;
    for (uint32_t i = 0; i < raw->devices_count; i++) {
        char field[CONFIG_PATH_SIZE];
        struct config_device *device = &line->devices[i];
        copy_id(device->id, raw->devices[i].id);
        device->unit_id = (uint8_t)raw->devices[i].unit_id;
        snprintf(field, sizeof field, "lines[%u].devices[%u].profile", number, i);
        device->profile = profile_named(build, raw->devices[i].profile, field);
        snprintf(field, sizeof field, "lines[%u].devices[%u].subject", number, i);
        device->subject = subject_index(build, raw->devices[i].subject, field);
        device->poll_interval_ms = 5000;
        lay_u32(&device->poll_interval_ms, raw->devices[i].poll_interval_ms);
        snprintf(field, sizeof field, "lines[%u].devices[%u].identity", number, i);
        build_identity(build, device, raw->devices[i].identity, field);
    }
}

static void build_serial(struct build *build, struct config_line *line, const struct raw_line *raw)
{
    line->port = copy(build, raw->port);
    line->settings.baud = line->transport == CONFIG_RTU ? 115200 : 9600;
    line->settings.parity = raw->parity ? (char)*raw->parity : 'N';
    line->settings.stop_bits = raw->stop_bits ? (uint8_t)*raw->stop_bits : 1;
    lay_u32(&line->settings.baud, raw->baud);
}

static void build_tcp(struct build *build, struct config_line *line, const struct raw_line *raw, uint32_t number)
{
    bool listens = line->transport == CONFIG_RTU_OVER_TCP_LISTEN;
    line->host = copy(build, raw->host);
    line->listen = copy(build, raw->listen || !listens ? raw->listen : "0.0.0.0");
    line->tcp_port = raw->tcp_port ? (uint16_t)*raw->tcp_port : 502;
    line->outstanding = raw->outstanding ? (uint8_t)*raw->outstanding : 1;
    line->trip_ms = 50;
    lay_u32(&line->trip_ms, raw->trip_ms);
    if (!raw->registration) return;
    char path[CONFIG_PATH_SIZE];
    line->registration = make(build, CONFIG_REGISTRATION_MAX, 1);
    if (!line->registration) return;
    line->registration_size = config_registration_parse(raw->registration, line->registration);
    if (line->registration_size > 0) return;
    snprintf(path, sizeof path, "lines[%u].registration", number);
    config_problem(build->problems, config_document_line(build->document, path), path,
                   "found %.60s; expected 1 to %d bytes, as text or as hex: and pairs of hex digits", raw->registration,
                   CONFIG_REGISTRATION_MAX);
}

static void build_lines(struct build *build)
{
    struct gateway_config *config = build->config;
    config->lines = make(build, build->raw->lines_count, sizeof *config->lines);
    if (!config->lines) return;
    config->line_count = build->raw->lines_count;
    for (uint32_t i = 0; i < config->line_count; i++) {
        const struct raw_line *raw = &build->raw->lines[i];
        struct config_line *line = &config->lines[i];
        copy_id(line->id, raw->id);
        line->transport = raw->transport ? *raw->transport : CONFIG_RTU;
        build_serial(build, line, raw);
        build_tcp(build, line, raw, i);
        line->poll_interval_ms = 1000;
        line->timeout_ms = 500;
        lay_u32(&line->poll_interval_ms, raw->poll_interval_ms);
        lay_u32(&line->timeout_ms, raw->timeout_ms);
        build_nodes(build, line, raw, i);
        build_devices(build, line, raw, i);
    }
}

static void build_store(struct build *build)
{
    const struct raw_store *raw = build->raw->store;
    if (!raw) return;
    build->config->store_path = copy(build, raw->path);
    build->config->store_reserve_mb = 4;
    lay_u32(&build->config->store_quota_mb, raw->quota_mb);
    for (int kind = 0; kind < SW_READING_KIND_END; kind++) {
        uint32_t *days = &build->config->store_keep_days[kind];
        lay_u32(days, raw->keep_readings_days);
        if (raw->keep) lay_u32(days, raw->keep->days[kind]);
    }
    lay_u32(&build->config->store_reserve_mb, raw->reserve_mb);
}

static void build_mqtt(struct build *build)
{
    const struct raw_mqtt *raw = build->raw->mqtt;
    struct config_mqtt *mqtt = &build->config->mqtt;
    if (!raw) return;
    mqtt->host = copy(build, raw->host);
    mqtt->username = copy(build, raw->username);
    mqtt->password_file = copy(build, raw->password_file);
    mqtt->port = raw->tls ? 8883 : 1883;
    if (raw->port) mqtt->port = (uint16_t)*raw->port;
    mqtt->keepalive_s = 30;
    mqtt->inflight = 20;
    lay_u32(&mqtt->keepalive_s, raw->keepalive_s);
    lay_u32(&mqtt->inflight, raw->inflight);
    mqtt->done_on = raw->done_on ? *raw->done_on : CONFIG_DONE_ON_RECEIPT;
    mqtt->resend_after_s = 10;
    lay_u32(&mqtt->resend_after_s, raw->resend_after_s);
    mqtt->resend_after_max_s = mqtt->resend_after_s > 600 ? mqtt->resend_after_s : 600;
    lay_u32(&mqtt->resend_after_max_s, raw->resend_after_max_s);
    lay_switch(&mqtt->cap, raw->cap);
    mqtt->telemetry = raw->telemetry ? *raw->telemetry : CONFIG_TELEMETRY_OFF;
    mqtt->discovery_prefix = copy(build, raw->discovery_prefix ? raw->discovery_prefix : "homeassistant");
    if (!raw->tls) return;
    mqtt->ca_file = copy(build, raw->tls->ca_file);
    mqtt->certificate_file = copy(build, raw->tls->certificate_file);
    mqtt->key_file = copy(build, raw->tls->key_file);
}

static void build_incident(struct build *build)
{
    const struct raw_incident *raw = build->raw->incident;
    struct incident_rules *rules = &build->config->incident;
    *rules = (struct incident_rules){.distance_m = 500, .within_ms = 7200000, .off_delay_ms = 1800000};
    if (!raw) return;
    lay_decimal(&rules->distance_m, raw->distance_m, 1);
    lay_decimal(&rules->within_ms, raw->within_s, 1000);
    lay_decimal(&rules->off_delay_ms, raw->off_delay_s, 1000);
}

static void build_storm(struct build *build)
{
    const struct raw_storm *raw = build->raw->storm;
    struct config_storm *storm = &build->config->storm;
    *storm = (struct config_storm){{SW_COLOUR_ORANGE, SW_COLOUR_ORANGE, 10800000}, 500};
    if (!raw) return;
    lay_colour(&storm->rules.alert, raw->alert);
    lay_colour(&storm->rules.warning, raw->warning);
    lay_decimal(&storm->rules.quiet_ms, raw->quiet_s, 1000);
    lay_u32(&storm->poll_interval_ms, raw->poll_interval_ms);
}

static void build_registry(struct build *build)
{
    const struct raw_registry *raw = build->raw->registry;
    struct config_registry *registry = &build->config->registry;
    registry->reach = (struct near_reach){.camera_m = 300, .other_m = 3000};
    if (!raw) return;
    registry->people = copy(build, raw->people);
    registry->places = copy(build, raw->places);
    if (raw->camera_m) registry->reach.camera_m = *raw->camera_m;
    if (raw->near_m) registry->reach.other_m = *raw->near_m;
}

static void build_reports(struct build *build)
{
    const struct raw_reports *raw = build->raw->reports;
    struct config_reports *reports = &build->config->reports;
    *reports = (struct config_reports){.policy = {.per_reporter = 6, .per_portal = 120, .window_ms = 7200000},
                                       .expire_ms = 21600000};
    if (!raw) return;
    lay_u32(&reports->policy.per_reporter, raw->per_reporter);
    lay_u32(&reports->policy.per_portal, raw->per_portal);
    lay_decimal(&reports->policy.window_ms, raw->window_s, 1000);
    lay_decimal(&reports->expire_ms, raw->expire_s, 1000);
    reports->areas = make(build, raw->areas_count, sizeof *reports->areas);
    if (!reports->areas) return;
    reports->area_count = raw->areas_count;
    for (uint32_t i = 0; i < raw->areas_count; i++) {
        char field[CONFIG_PATH_SIZE];
        snprintf(field, sizeof field, "reports.areas[%u]", i);
        reports->areas[i] = copy(build, raw->areas[i]);
        if (!sw_area_path_valid(raw->areas[i]))
            config_problem(build->problems, config_document_line(build->document, field), field,
                           "found %s; expected names joined by '/', without '+' and '#'", raw->areas[i]);
        else if (!sw_area_path_is_in(raw->areas[i], build->config->city))
            config_problem(build->problems, config_document_line(build->document, field), field,
                           "found %s; expected %s, or a path that begins with %s/", raw->areas[i], build->config->city,
                           build->config->city);
    }
}

struct gateway_config *config_build(const struct raw_config *raw, struct config_document *document,
                                    struct config_problems *problems)
{
    struct build build = {raw, document, problems, calloc(1, sizeof *build.config), false, false};
    if (build.config) {
        copy_id(build.config->city, raw->city);
        copy_id(build.config->gateway, raw->gateway);
        build_store(&build);
        build_mqtt(&build);
        build_incident(&build);
        build_storm(&build);
        build_registry(&build);
        build_reports(&build);
        struct policy built_in = policy_city_default();
        build_policy(&build, &build.config->policy, &built_in, raw->policy, "policy.");
        build_groups(&build);
        build_subjects(&build);
        build_profiles(&build);
        build_lines(&build);
    }
    if (build.config && !build.out_of_memory) return build.config;
    config_problem(problems, 0, "", "no memory for the configuration");
    config_free(build.config);
    return NULL;
}
