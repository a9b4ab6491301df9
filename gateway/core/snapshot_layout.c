#include "core/snapshot_layout.h"

#include <string.h>

#include "core/core_home.h"

static void walk_u8(struct walk *walk, uint8_t *value)
{
    if (walk->writing)
        sw_write_u8(&walk->out, *value);
    else
        *value = sw_read_u8(&walk->in);
}

static void walk_u16(struct walk *walk, uint16_t *value)
{
    if (walk->writing)
        sw_write_u16(&walk->out, *value);
    else
        *value = sw_read_u16(&walk->in);
}

static void walk_u32(struct walk *walk, uint32_t *value)
{
    if (walk->writing)
        sw_write_u32(&walk->out, *value);
    else
        *value = sw_read_u32(&walk->in);
}

static void walk_u64(struct walk *walk, uint64_t *value)
{
    uint32_t high = (uint32_t)(*value >> 32);
    uint32_t low = (uint32_t)*value;
    walk_u32(walk, &high);
    walk_u32(walk, &low);
    *value = (uint64_t)high << 32 | low;
}

static void walk_i64(struct walk *walk, int64_t *value)
{
    uint64_t bits = (uint64_t)*value;
    walk_u64(walk, &bits);
    memcpy(value, &bits, sizeof bits);
}

static void walk_i32(struct walk *walk, int32_t *value)
{
    uint32_t bits = (uint32_t)*value;
    walk_u32(walk, &bits);
    memcpy(value, &bits, sizeof bits);
}

/* A number below `bound`, in one byte. */
static unsigned walk_small(struct walk *walk, unsigned value, unsigned bound)
{
    uint8_t byte = (uint8_t)value;
    walk_u8(walk, &byte);
    if (byte < bound) return byte;
    walk->malformed = true;
    return 0;
}

static void walk_bool(struct walk *walk, bool *value)
{
    *value = walk_small(walk, *value, 2) != 0;
}

static void walk_rule(struct walk *walk, enum sw_alert_rule *rule)
{
    *rule = (enum sw_alert_rule)walk_small(walk, *rule, SW_ALERT_RULE_COUNT);
}

static void walk_alert(struct walk *walk, struct alert_life *life)
{
    uint32_t revision = life->revision;
    int64_t onset_ms = (int64_t)life->onset_ms;
    int64_t raised_after_ms = (int64_t)life->raised_after_ms;
    life->state = walk_small(walk, life->state, SW_ALERT_STATE_COUNT) & 15;
    life->colour = walk_small(walk, life->colour, SW_COLOUR_COUNT) & 7;
    life->peak = walk_small(walk, life->peak, SW_COLOUR_COUNT) & 7;
    life->rule = walk_small(walk, life->rule, SW_ALERT_RULE_COUNT) & 63;
    life->muted = walk_small(walk, life->muted, 2) & 1;
    life->muted_colour = walk_small(walk, life->muted_colour, SW_COLOUR_COUNT) & 7;
    walk_u32(walk, &revision);
    walk_i64(walk, &onset_ms);
    walk_i64(walk, &raised_after_ms);
    life->revision = revision & ((1u << 20) - 1);
    life->onset_ms = (uint64_t)onset_ms & ((UINT64_C(1) << 48) - 1);
    life->raised_after_ms = (uint64_t)raised_after_ms & ((UINT64_C(1) << 38) - 1);
}

/* Only of those that ever were; bit `which` of the mask says so. */
static void walk_alerts(struct walk *walk, struct subject *subject)
{
    int count = core_alert_count((enum subject_domain)subject->domain);
    uint16_t present = 0;
    for (int which = 0; which < count; which++)
        if (subject->alerts[which].state != SW_ALERT_STATE_NONE || subject->alerts[which].muted)
            present |= (uint16_t)(1u << which);
    walk_u16(walk, &present);
    if (present >> count != 0) walk->malformed = true;
    for (int which = 0; which < count; which++) {
        if ((present >> which & 1) == 0) continue;
        walk_alert(walk, &subject->alerts[which]);
        core_note_standing(subject, (enum subject_alert)which);
    }
}

static void walk_mark(struct walk *walk, struct meter_mark *mark)
{
    walk_i64(walk, &mark->index_ml);
    walk_i64(walk, &mark->time_ms);
}

static void walk_meter(struct walk *walk, struct meter *meter)
{
    walk_mark(walk, &meter->believed);
    walk_mark(walk, &meter->odd);
    walk_mark(walk, &meter->former);
    walk_u32(walk, &meter->deficit_ml);
    walk_u32(walk, &meter->doubtful_ml);
}

/* Entries are walked in place when reading (the ring then starts at 0) and in order when writing. */
static void walk_uses(struct walk *walk, struct use_window *window)
{
    window->use_count = (uint8_t)walk_small(walk, window->use_count, USE_WINDOW_USES + 1);
    for (uint32_t i = 0; i < window->use_count; i++) {
        struct use_window_use *use = &window->uses[(window->use_first + i) % USE_WINDOW_USES];
        walk_u32(walk, &use->end_ms);
        walk_u32(walk, &use->volume_ml);
    }
}

static void walk_gaps(struct walk *walk, struct use_window *window)
{
    window->gap_count = (uint8_t)walk_small(walk, window->gap_count, USE_WINDOW_GAPS + 1);
    for (uint32_t i = 0; i < window->gap_count; i++) {
        struct use_window_gap *gap = &window->gaps[(window->gap_first + i) % USE_WINDOW_GAPS];
        walk_u32(walk, &gap->start_ms);
        walk_u32(walk, &gap->end_ms);
    }
}

static void walk_meter_fault(struct walk *walk, struct meter_fault *fault)
{
    walk_u32(walk, &fault->time_s);
    walk_u32(walk, &fault->grown_s);
    walk_u32(walk, &fault->onset_s);
    walk_u32(walk, &fault->last_s);
    walk_i32(walk, &fault->step_ml);
    walk_i32(walk, &fault->odd_ml);
    walk_i32(walk, &fault->span);
    walk_i32(walk, &fault->day);
    walk_i32(walk, &fault->block_day);
    walk_u32(walk, &fault->pulse_ml);
    walk_u32(walk, &fault->block_ml);
    walk_u32(walk, &fault->coarse_ml);
    walk_u8(walk, &fault->block_count);
    walk_u8(walk, &fault->coarse_blocks);
    walk_u8(walk, &fault->fine_blocks);
    walk_u8(walk, &fault->settled_blocks);
    walk_u8(walk, &fault->days_seen);
    walk_u8(walk, &fault->days_used);
    walk_u8(walk, &fault->still_days);
    fault->reason = (uint8_t)walk_small(walk, fault->reason, METER_FAULT_TAMPER + 1);
    walk_bool(walk, &fault->used);
    walk_bool(walk, &fault->lowered);
    for (int count = 0; count < METER_FAULT_COUNTS; count++)
        for (int span = 0; span < METER_FAULT_SPANS; span++)
            walk_u8(walk, &fault->counts[count][span]);
}

static void walk_backflow(struct walk *walk, struct backflow *backflow)
{
    walk_u32(walk, &backflow->time_s);
    walk_u32(walk, &backflow->onset_s);
    walk_u32(walk, &backflow->last_back_s);
    walk_i64(walk, &backflow->reverse_ml);
    walk_u32(walk, &backflow->reverse_s);
    walk_i64(walk, &backflow->reverse_odd_ml);
    walk_u32(walk, &backflow->outstanding_ml);
    walk_u32(walk, &backflow->spell_ml);
    walk_bool(walk, &backflow->reverse_odd);
    walk_bool(walk, &backflow->active);
}

static void walk_use_start(struct walk *walk, struct use_start *start)
{
    uint16_t week = (uint16_t)start->step_week;
    walk_u32(walk, &start->last_use_s);
    walk_u32(walk, &start->last_real_s);
    walk_i32(walk, &start->real_ml);
    walk_u32(walk, &start->real_from_min);
    walk_u32(walk, &start->anchor_s);
    walk_u32(walk, &start->still_s);
    walk_i32(walk, &start->anchor_late_ms);
    walk_i32(walk, &start->line_ml);
    walk_i32(walk, &start->slowest_ml_day);
    walk_i32(walk, &start->fastest_ml_day);
    walk_i32(walk, &start->drip_ml_day);
    walk_i32(walk, &start->allowance_ul);
    walk_i32(walk, &start->step_ml);
    walk_u16(walk, &week);
    start->step_week = (int16_t)week;
    walk_u8(walk, &start->line_growths);
    walk_bool(walk, &start->line_is_drip);
    walk_i32(walk, &start->next_step_ml);
    for (int spell = 0; spell < USE_START_SPELLS; spell++)
        walk_u32(walk, &start->still_end_min[spell]);
}

static void walk_habit(struct walk *walk, struct habit *habit)
{
    walk_u32(walk, &habit->still_from_s);
    for (int i = 0; i < HABIT_HORIZONS; i++) {
        walk_u32(walk, &habit->expected[i]);
        walk_u16(walk, &habit->reached[i]);
    }
    walk_i32(walk, &habit->still_s);
    walk_u32(walk, &habit->since_min);
    walk_u16(walk, &habit->half_s);
    walk_u8(walk, &habit->forget_h);
    for (int stage = 0; stage < HABIT_STAGE_COUNT; stage++) {
        walk_u8(walk, &habit->wait_h[stage]);
        walk_bool(walk, &habit->is_over[stage]);
    }
    walk_bool(walk, &habit->by_use);
    walk_bool(walk, &habit->after_hole);
    walk_bool(walk, &habit->skip);
    walk_bool(walk, &habit->choose);
    for (int hour = 0; hour < HABIT_HOURS; hour++)
        for (int day = 0; day < HABIT_DAY_TYPES; day++)
            for (int i = 0; i < HABIT_CELL_BYTES; i++)
                walk_u8(walk, &habit->cells[hour][day][i]);
}

static void walk_leak(struct walk *walk, struct leak *leak)
{
    walk_u32(walk, &leak->since_s);
    walk_u32(walk, &leak->last_s);
    walk_u32(walk, &leak->spell_s);
    walk_i32(walk, &leak->spell_ml);
    walk_i32(walk, &leak->unobserved_s);
    walk_i32(walk, &leak->hour_ml);
    walk_i32(walk, &leak->hour_ms);
    walk_i32(walk, &leak->least_ml_h);
    walk_bool(walk, &leak->still_seen);
}

static void walk_burst(struct walk *walk, struct burst *burst)
{
    walk_u32(walk, &burst->since_s);
    walk_u32(walk, &burst->low_s);
    walk_u32(walk, &burst->last_s);
    walk_i32(walk, &burst->volume_ml);
    walk_i32(walk, &burst->surplus_ml);
    walk_u8(walk, &burst->intervals);
    walk_bool(walk, &burst->active);
    walk_bool(walk, &burst->observed);
}

static void walk_day_volume(struct walk *walk, struct day_volume *day)
{
    walk_u32(walk, &day->exceeded_s);
    walk_u32(walk, &day->last_s);
    walk_i32(walk, &day->volume_ml);
    walk_i32(walk, &day->day);
    walk_i32(walk, &day->unobserved_s);
}

static void walk_rhythm(struct walk *walk, struct day_rhythm *rhythm)
{
    walk_u32(walk, &rhythm->first_use_s);
    walk_i32(walk, &rhythm->day);
    walk_i32(walk, &rhythm->noted_day);
    walk_i32(walk, &rhythm->day_ml);
    walk_i32(walk, &rhythm->observed_s);
    for (int day = 0; day < 7; day++) {
        walk_u16(walk, &rhythm->day_l[day]);
        walk_u8(walk, &rhythm->night_hours[day]);
    }
    for (int week = 0; week < DAY_RHYTHM_WEEKS; week++) {
        walk_u16(walk, &rhythm->week_l[week]);
        walk_u8(walk, &rhythm->week_tenths[week]);
    }
    rhythm->days = (uint8_t)walk_small(walk, rhythm->days, 8);
    walk_u8(walk, &rhythm->hours);
    rhythm->weeks = (uint8_t)walk_small(walk, rhythm->weeks, DAY_RHYTHM_WEEKS + 1);
}

static void walk_absence(struct walk *walk, struct absence *absence)
{
    absence->away = (uint8_t)walk_small(walk, absence->away, SW_AWAY_COUNT);
    walk_u32(walk, &absence->since_s);
    walk_u32(walk, &absence->until_s);
    walk_u32(walk, &absence->still_from_s);
    walk_u32(walk, &absence->used_s);
}

/* The rule's volume and window come first: what was kept is what this rule needed. */
static void walk_home(struct walk *walk, struct home *home, const struct no_use_policy *policy)
{
    int64_t volume_ml = policy->volume_ml;
    int64_t window_ms = policy->window_ms;
    struct use_window *window = &home->window;
    walk_i64(walk, &volume_ml);
    walk_i64(walk, &window_ms);
    walk_u32(walk, &home->look_s);
    walk_absence(walk, &home->absence);
    walk_meter(walk, &home->meter);
    walk_i64(walk, &window->observed_since_ms);
    walk_i64(walk, &window->last_good_ms);
    walk_u32(walk, &window->last_use_s);
    walk_u32(walk, &window->volume_ml);
    walk_u32(walk, &window->kept_ml);
    walk_uses(walk, window);
    walk_gaps(walk, window);
    walk_meter_fault(walk, &home->meter_fault);
    walk_backflow(walk, &home->backflow);
    walk_use_start(walk, &home->use_start);
    walk_habit(walk, &home->habit);
    walk_leak(walk, &home->leak);
    walk_burst(walk, &home->burst);
    walk_day_volume(walk, &home->day_volume);
    walk_rhythm(walk, &home->rhythm);
    home->slow_change = (uint8_t)walk_small(walk, home->slow_change, SW_ALERT_RULE_COUNT);
    const struct no_use_policy before = {.volume_ml = volume_ml, .window_ms = window_ms};
    if (!walk->writing) core_home_follow_policy(home, policy, &before);
}

/* A mask of bands: one bit per colour above green, and one for over the top. */
static void walk_bands(struct walk *walk, uint8_t *mask)
{
    *mask = (uint8_t)walk_small(walk, *mask, 1u << LEVEL_BAND_COUNT);
    if ((*mask & 1) != 0) walk->malformed = true;
}

static void walk_level(struct walk *walk, struct level *level)
{
    uint32_t level_um = (uint32_t)level->level_um;
    walk_i64(walk, &level->time_ms);
    walk_u32(walk, &level_um);
    memcpy(&level->level_um, &level_um, sizeof level_um);
    walk_bands(walk, &level->above);
    walk_bands(walk, &level->active);
    walk_bands(walk, &level->below);
    for (int i = 0; i < LEVEL_BAND_COUNT - 1; i++) {
        walk_u32(walk, &level->above_for_ms[i]);
        walk_u32(walk, &level->below_for_ms[i]);
    }
}

static void walk_cover(struct walk *walk, struct cover *cover)
{
    walk_i64(walk, &cover->time_ms);
    walk_i64(walk, &cover->tilt_mdeg);
    walk_bool(walk, &cover->tilted);
    walk_bool(walk, &cover->open);
    walk_bool(walk, &cover->active);
    walk_rule(walk, &cover->rule);
    walk_i64(walk, &cover->on_since_ms);
    walk_i64(walk, &cover->off_since_ms);
}

static void walk_quality(struct walk *walk, struct level_quality *quality)
{
    walk_i64(walk, &quality->time_ms);
    walk_i32(walk, &quality->last_um);
    walk_i32(walk, &quality->believed_um);
    walk_i32(walk, &quality->anchor_um);
    walk_i32(walk, &quality->entry_um);
    walk_i32(walk, &quality->peak_um);
    walk_i32(walk, &quality->dry_um);
    walk_u32(walk, &quality->flat_for_s);
    walk_u16(walk, &quality->wet_for_s);
    walk_u16(walk, &quality->noise_10um);
    walk_u16(walk, &quality->water_min);
    walk_u16(walk, &quality->flags);
    walk_u8(walk, &quality->blame);
    walk_u8(walk, &quality->drift);
    walk_u8(walk, &quality->bounced);
    walk_u8(walk, &quality->unrest);
    walk_u8(walk, &quality->wet_samples);
    walk_u8(walk, &quality->rises);
    walk_u8(walk, &quality->odd_samples);
}

static void walk_rise(struct walk *walk, struct rise *rise)
{
    walk_i64(walk, &rise->time_ms);
    for (int i = 0; i < RISE_SAMPLES; i++) {
        uint16_t level = (uint16_t)rise->level_mm[i];
        walk_u16(walk, &level);
        rise->level_mm[i] = (int16_t)level;
        walk_u16(walk, &rise->gap_s[i]);
    }
    uint16_t peak = (uint16_t)rise->peak_mm;
    walk_u16(walk, &rise->warned_for_s);
    walk_u16(walk, &rise->calm_for_s);
    walk_u16(walk, &rise->below_for_s);
    walk_u16(walk, &peak);
    rise->peak_mm = (int16_t)peak;
    uint16_t crest = (uint16_t)rise->crest_mm;
    walk_u16(walk, &crest);
    rise->crest_mm = (int16_t)crest;
    walk_u16(walk, &rise->crest_for_s);
    rise->count = (uint8_t)walk_small(walk, rise->count, RISE_SAMPLES + 1);
    rise->warned = (uint8_t)walk_small(walk, rise->warned, SW_COLOUR_COUNT);
    rise->in_flood = (uint8_t)walk_small(walk, rise->in_flood, 2);
    walk_u8(walk, &rise->floods);
    for (int i = 0; i < SW_COLOUR_COUNT - 1; i++)
        walk_u8(walk, &rise->reached[i]);
}

static void walk_battery(struct walk *walk, struct battery *battery)
{
    walk_u32(walk, &battery->time_s);
    walk_u32(walk, &battery->low_since_s);
    walk_u32(walk, &battery->critical_since_s);
    walk_i32(walk, &battery->millivolts);
    walk_bool(walk, &battery->low);
    walk_bool(walk, &battery->critical);
}

static void walk_water(struct walk *walk, struct water *water)
{
    walk_quality(walk, &water->quality);
    walk_level(walk, &water->level);
    walk_rise(walk, &water->rise);
    walk_battery(walk, &water->battery);
    water->doubt = (uint8_t)walk_small(walk, water->doubt, SW_REASON_QUARANTINE + 1);
    walk_i64(walk, &water->doubt_ms);
    walk_bool(walk, &water->quarantined);
}

static void walk_manhole(struct walk *walk, struct manhole *manhole)
{
    walk_i32(walk, &manhole->mount.angle_mdeg);
    walk_i32(walk, &manhole->mount.sum_mdeg);
    walk_u8(walk, &manhole->mount.count);
    walk_bool(walk, &manhole->mount.known);
    walk_cover(walk, &manhole->cover);
    walk_i64(walk, &manhole->floats.time_ms);
    walk_i64(walk, &manhole->floats.up_since_ms);
    walk_i64(walk, &manhole->floats.down_since_ms);
    walk_bool(walk, &manhole->floats.up);
    walk_bool(walk, &manhole->floats.active);
    walk_battery(walk, &manhole->battery);
}

static void walk_rain(struct walk *walk, struct rain *rain)
{
    walk_i64(walk, &rain->last_ms);
    walk_i64(walk, &rain->last_um);
    walk_i64(walk, &rain->span_ms);
    walk_i64(walk, &rain->present_um);
    walk_i64(walk, &rain->former_um);
    walk_bool(walk, &rain->known);
}

static void walk_source(struct walk *walk, struct silence_source *source)
{
    walk_i64(walk, &source->last_alive_ms);
    walk_i64(walk, &source->seen_until_ms);
    walk_i64(walk, &source->came_back_ms);
    walk_i64(walk, &source->waiting_since_ms);
}

static void walk_line(struct walk *walk, struct silence_line *line)
{
    walk_bool(walk, &line->down);
    walk_i64(walk, &line->down_since_ms);
    walk_i64(walk, &line->up_since_ms);
}

static void walk_state(struct walk *walk, struct subject *subject)
{
    switch ((enum subject_domain)subject->domain) {
    case SUBJECT_HOME:
        walk_home(walk, subject->state.home, &subject->policy->no_use);
        break;
    case SUBJECT_LEVEL:
        walk_water(walk, subject->state.water);
        break;
    case SUBJECT_COVER:
        walk_manhole(walk, subject->state.manhole);
        break;
    case SUBJECT_NODE:
    case SUBJECT_SOURCE:
        walk_source(walk, &subject->state.source->silence);
        break;
    case SUBJECT_LINE:
        walk_line(walk, subject->state.line);
        break;
    case SUBJECT_RAIN:
        walk_rain(walk, subject->state.rain);
        break;
    case SUBJECT_STORE:
    case SUBJECT_PLACE:
        break;
    }
}

void snapshot_walk_subject(struct walk *walk, struct subject *subject, int64_t *last_tick_ms)
{
    walk_i64(walk, last_tick_ms);
    for (int input = 0; input < core_input_count((enum subject_domain)subject->domain); input++)
        walk_i64(walk, core_heard_ms(subject, (enum subject_input)input));
    walk_i64(walk, &subject->last_good_ms);
    walk_i64(walk, &subject->estimated_ms);
    walk_u32(walk, &subject->readings);
    walk_u32(walk, &subject->rejected);
    walk_alerts(walk, subject);
    walk_state(walk, subject);
}

/* Of 256 bytes at most. */
static void walk_text(struct walk *walk, char *text, size_t size)
{
    size_t length = walk_small(walk, (unsigned)strlen(text), (unsigned)size);
    for (size_t i = 0; i < length; i++) {
        uint8_t byte = (uint8_t)text[i];
        walk_u8(walk, &byte);
        text[i] = (char)byte;
    }
    text[length] = '\0';
}

static void walk_name(struct walk *walk, char name[SW_ID_SIZE])
{
    walk_text(walk, name, SW_ID_SIZE);
    if (!sw_id_valid(name)) walk->malformed = true;
}

void snapshot_walk_holds(struct walk *walk, struct holds *holds)
{
    holds->count = walk_small(walk, holds->count, HOLDS_MAX + 1);
    for (uint32_t i = 0; i < holds->count; i++) {
        struct hold *hold = &holds->list[i];
        hold->reason = (enum hold_reason)walk_small(walk, hold->reason, HOLD_REASON_COUNT);
        walk_text(walk, hold->subject, sizeof hold->subject);
        walk_text(walk, hold->area, sizeof hold->area);
        hold->kind = (enum sw_alert_kind)walk_small(walk, hold->kind, SW_ALERT_KIND_COUNT);
        hold->most = (enum sw_colour)walk_small(walk, hold->most, SW_COLOUR_COUNT);
        walk_i64(walk, &hold->since.ms);
        walk_i64(walk, &hold->until.ms);
        walk_text(walk, hold->by, sizeof hold->by);
        walk_text(walk, hold->note, sizeof hold->note);
    }
}

/* By name: after a restart the indices may be others. */
static void walk_flap(struct walk *walk, const struct core *core, struct flap *flap)
{
    char name[SW_ID_SIZE] = "";
    unsigned domain = 0;
    if (walk->writing) {
        domain = core->subjects[flap->subject].domain;
        memcpy(name, core->subjects[flap->subject].name, strlen(core->subjects[flap->subject].name) + 1);
    }
    domain = walk_small(walk, domain, SUBJECT_DOMAIN_COUNT);
    walk_name(walk, name);
    flap->which = (uint8_t)walk_small(walk, flap->which, SUBJECT_ALERT_COUNT);
    flap->colour = (uint8_t)walk_small(walk, flap->colour, SW_COLOUR_COUNT);
    flap->rule = (uint8_t)walk_small(walk, flap->rule, SW_ALERT_RULE_COUNT);
    walk_bool(walk, &flap->flapping);
    walk_i64(walk, &flap->since_ms);
    walk_i64(walk, &flap->due_ms);
    flap->count = (uint8_t)walk_small(walk, flap->count, NOISE_RAISES_MAX + 2);
    for (int raise = 0; raise < flap->count; raise++)
        walk_u32(walk, &flap->raised_s[raise]);
    if (!walk->writing && core_find_subject(core, (enum subject_domain)domain, name, &flap->subject) != SW_OK)
        flap->subject = FLAP_NOBODY;
}

void snapshot_walk_flaps(struct walk *walk, const struct core *core, struct flaps *flaps)
{
    uint16_t count = (uint16_t)flaps->count;
    walk_u16(walk, &count);
    if (count > FLAPS_MAX) walk->malformed = true;
    flaps->count = 0;
    for (uint32_t i = 0; i < count && !walk->malformed; i++) {
        struct flap *flap = &flaps->list[flaps->count];
        walk_flap(walk, core, flap);
        if (flap->subject != FLAP_NOBODY) flaps->count++;
    }
}

void snapshot_walk_drills(struct walk *walk, struct drill *drills, uint32_t *count)
{
    *count = walk_small(walk, *count, CORE_DRILLS_MAX + 1);
    for (uint32_t i = 0; i < *count; i++) {
        walk_name(walk, drills[i].name);
        drills[i].domain = (uint8_t)walk_small(walk, drills[i].domain, SUBJECT_DOMAIN_COUNT);
        drills[i].kind = (uint8_t)walk_small(walk, drills[i].kind, SW_ALERT_KIND_COUNT);
        walk_i64(walk, &drills[i].until_ms);
        walk_alert(walk, &drills[i].life);
    }
}
