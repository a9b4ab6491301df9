/* The passing of time: who is due when, and what a tick does to those who are. */
#include "core/core_cover.h"
#include "core/core_home.h"
#include "core/core_level.h"

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

const struct subject *core_parent(const struct core *core, const struct subject *subject)
{
    return subject->parent == CORE_NO_PARENT ? NULL : &core->subjects[subject->parent];
}

const struct silence_line *core_line_above(const struct core *core, const struct subject *subject)
{
    for (const struct subject *above = core_parent(core, subject); above; above = core_parent(core, above))
        if (above->domain == SUBJECT_LINE) return above->state.line;
    return NULL;
}

bool core_is_sensor(enum subject_domain domain)
{
    return domain == SUBJECT_HOME || domain == SUBJECT_LEVEL || domain == SUBJECT_COVER || domain == SUBJECT_RAIN;
}

int64_t core_silence_limit_ms(const struct subject *subject)
{
    const struct silence_policy *silence = &subject->policy->silence;
    switch ((enum subject_domain)subject->domain) {
    case SUBJECT_HOME:
        return silence->home_ms;
    case SUBJECT_LEVEL:
        return silence->level_ms;
    case SUBJECT_COVER:
        return silence->cover_ms;
    case SUBJECT_RAIN:
        return silence->rain_ms;
    case SUBJECT_NODE:
        return silence->node_ms;
    case SUBJECT_LINE:
        return silence->bus_ms;
    case SUBJECT_SOURCE:
    case SUBJECT_STORE:
    case SUBJECT_PLACE:
        break;
    }
    return 0;
}

int core_input_count(enum subject_domain domain)
{
    return domain == SUBJECT_COVER ? (int)COVER_INPUT_COUNT : (int)SUBJECT_INPUT_SHARED;
}

int64_t *core_heard_ms(struct subject *subject, enum subject_input input)
{
    bool shared = input < SUBJECT_INPUT_SHARED;
    return shared ? &subject->heard_ms[input] : &subject->state.manhole->heard_ms[input - SUBJECT_INPUT_SHARED];
}

/* The last sign of a sensor's life: a good reading, or any, when it is already told that its readings cannot be
 * trusted. */
static int64_t last_sign_ms(const struct subject *subject)
{
    int64_t heard_ms = subject->heard_ms[SUBJECT_INPUT_MAIN];
    bool told = subject->domain == SUBJECT_LEVEL && alert_life_is_open(&subject->alerts[LEVEL_ALERT_QUALITY]);
    return told && heard_ms > subject->last_good_ms ? heard_ms : subject->last_good_ms;
}

/* Nothing is to be judged any more until it ends; of one that is held open, whether it has begun again is. */
static bool is_known(const struct core *core, const struct subject *subject, enum subject_alert which)
{
    const struct alert_life *life = &subject->alerts[which];
    return alert_life_is_pending(life) || (alert_life_is_open(life) && !core_is_held_open(core, subject, which));
}

/* A sensor's silence: since when it counts, and how far its data reach. False when there is nothing to judge it by. */
static bool sensor_view(const struct core *core, const struct subject *subject, int64_t now_ms, int64_t *since_ms,
                        int64_t *horizon_ms)
{
    const struct subject *parent = core_parent(core, subject);
    if (!parent || core_silence_limit_ms(subject) <= 0) return false;
    const struct silence_line *line = core_line_above(core, subject);
    if (parent->domain == SUBJECT_LINE) {
        int64_t sign_ms = last_sign_ms(subject);
        *since_ms = line->up_since_ms > sign_ms ? line->up_since_ms : sign_ms;
        *horizon_ms = line->down ? 0 : now_ms;
    } else {
        const struct silence_source *source = &parent->state.source->silence;
        *since_ms = silence_sensor_since_ms(source, line, last_sign_ms(subject));
        *horizon_ms = silence_horizon_ms(source, line, parent->domain == SUBJECT_SOURCE, now_ms);
    }
    if (*since_ms != 0 && subject->watched_from_ms > *since_ms) *since_ms = subject->watched_from_ms;
    return *since_ms != 0;
}

/* What it hangs on is silent, and so it is unknown. */
static bool is_inhibited(const struct core *core, const struct subject *subject)
{
    for (const struct subject *above = core_parent(core, subject); above; above = core_parent(core, above))
        if (above->domain != SUBJECT_SOURCE && (above->standing >> SUBJECT_ALERT_MAIN & 1) != 0) return true;
    return false;
}

/* One node or device alone on a line is told itself. */
static bool has_others(const struct core *core, uint32_t line)
{
    uint32_t child = core->kin[line].child;
    return child != 0 && core->kin[child - 1].sibling != 0;
}

/* Before one on a line is told silent: whether it is the line that is. Then that is told, once for all. */
static bool blame_line(struct core *core, uint32_t line, int64_t limit_ms, struct sw_wall now)
{
    if (line == CORE_NO_PARENT || core->subjects[line].domain != SUBJECT_LINE) return false;
    struct subject *subject = &core->subjects[line];
    struct silence_line *state = subject->state.line;
    if (subject->policy->silence.bus_ms <= 0 || !silence_line_is_quiet(state, limit_ms, now.ms) ||
        !has_others(core, line))
        return false;
    struct condition condition = {.decided = true,
                                  .colour = subject->policy->silence.colour,
                                  .onset_ms = state->heard_ms > 0 ? state->heard_ms : state->up_since_ms,
                                  .rule = SW_ALERT_RULE_NOBODY_ANSWERS};
    state->mute = true;
    core_follow(core, line, SUBJECT_ALERT_MAIN, &condition, now);
    return true;
}

/* What was told silent a little before, because of this: it is not silent but unknown. What had been silent long before
 * has a fault of its own. */
void core_inhibit_children(struct core *core, uint32_t index, struct sw_wall now)
{
    const struct subject *cause = &core->subjects[index];
    int64_t since_ms = (int64_t)cause->alerts[SUBJECT_ALERT_MAIN].onset_ms;
    const char *note = cause->domain == SUBJECT_LINE ? "unknown: its line is silent" : "unknown: its node is silent";
    for (uint32_t i = index + 1; i < core->count; i++) {
        const struct subject *subject = &core->subjects[i];
        bool is_node = subject->domain == SUBJECT_NODE;
        if (!is_node && !core_is_sensor((enum subject_domain)subject->domain)) continue;
        enum subject_alert which = is_node ? SUBJECT_ALERT_MAIN : SUBJECT_ALERT_SILENCE;
        uint32_t above = subject->parent;
        while (above != CORE_NO_PARENT && above != index)
            above = core->subjects[above].parent;
        bool is_due_to_it =
            above == index && (int64_t)subject->alerts[which].onset_ms >= since_ms - core_silence_limit_ms(subject);
        if (is_due_to_it) core_clear(core, i, which, core->subjects[index].name, note, now);
    }
}

static int64_t sensor_due_ms(const struct core *core, const struct subject *subject, int64_t now_ms)
{
    int64_t since_ms, horizon_ms;
    if (is_known(core, subject, SUBJECT_ALERT_SILENCE) || subject->is_maintained) return DEADLINE_NONE;
    if (!sensor_view(core, subject, now_ms, &since_ms, &horizon_ms)) return DEADLINE_NONE;
    int64_t due_ms = since_ms + core_silence_limit_ms(subject);
    /* Overdue by the clock, and its data have not come so far yet: look again with every tick. */
    return due_ms > now_ms ? due_ms : now_ms + 1;
}

static int64_t node_due_ms(const struct core *core, const struct subject *subject, int64_t now_ms)
{
    const struct silence_line *line = core_line_above(core, subject);
    int64_t limit_ms = subject->policy->silence.node_ms;
    if (limit_ms <= 0 || is_known(core, subject, SUBJECT_ALERT_MAIN)) return DEADLINE_NONE;
    int64_t since_ms = subject->state.source->silence.waiting_since_ms;
    if (since_ms == 0 || (line && line->down)) return now_ms + 1;
    if (line && line->up_since_ms > since_ms) since_ms = line->up_since_ms;
    return since_ms + limit_ms > now_ms ? since_ms + limit_ms : now_ms + 1;
}

static int64_t line_due_ms(const struct core *core, const struct subject *subject)
{
    const struct silence_line *line = subject->state.line;
    int64_t limit_ms = subject->policy->silence.bus_ms;
    if (!line->down || limit_ms <= 0 || is_known(core, subject, SUBJECT_ALERT_MAIN)) return DEADLINE_NONE;
    return line->down_since_ms + limit_ms;
}

static int64_t subject_due_ms(const struct core *core, const struct subject *subject, int64_t now_ms)
{
    int64_t due_ms =
        core_is_sensor((enum subject_domain)subject->domain) ? sensor_due_ms(core, subject, now_ms) : DEADLINE_NONE;
    switch ((enum subject_domain)subject->domain) {
    case SUBJECT_LEVEL:
        return earlier(due_ms, level_deadline_ms(&subject->state.water->level, &subject->policy->level,
                                                 subject->policy->silence.level_ms));
    case SUBJECT_COVER:
        return earlier(due_ms, core_cover_deadline_ms(subject));
    case SUBJECT_NODE:
        return node_due_ms(core, subject, now_ms);
    case SUBJECT_SOURCE:
        return subject->state.source->silence.came_back_ms == 0 && core_line_above(core, subject) ? now_ms + 1
                                                                                                  : DEADLINE_NONE;
    case SUBJECT_LINE:
        return line_due_ms(core, subject);
    case SUBJECT_HOME:
        return earlier(due_ms, core_people_due_ms(subject));
    case SUBJECT_RAIN:
    case SUBJECT_STORE:
    case SUBJECT_PLACE:
        break;
    }
    return due_ms;
}

void core_reschedule(struct core *core, uint32_t index, int64_t now_ms)
{
    core->due_ms[index] = subject_due_ms(core, &core->subjects[index], now_ms);
    if (core->due_ms[index] < core->next_due_ms) core->next_due_ms = core->due_ms[index];
}

void core_reschedule_children(struct core *core, uint32_t parent, int64_t now_ms)
{
    for (uint32_t child = core->kin[parent].child; child != 0; child = core->kin[child - 1].sibling)
        core_reschedule(core, child - 1, now_ms);
}

static void judge_sensor_silence(struct core *core, uint32_t index, struct sw_wall now)
{
    struct subject *subject = &core->subjects[index];
    int64_t since_ms, horizon_ms;
    if (!sensor_view(core, subject, now.ms, &since_ms, &horizon_ms)) return;
    if (horizon_ms - since_ms < core_silence_limit_ms(subject) || is_inhibited(core, subject)) return;
    const struct subject *source = core_parent(core, subject);
    bool is_new = (subject->standing >> SUBJECT_ALERT_SILENCE & 1) == 0;
    if (is_new && source->domain == SUBJECT_SOURCE &&
        blame_line(core, source->parent, core_silence_limit_ms(subject), now))
        return;
    struct condition condition = {.decided = true,
                                  .colour = subject->policy->silence.colour,
                                  .onset_ms = subject->last_good_ms ? subject->last_good_ms : since_ms};
    core_follow(core, index, SUBJECT_ALERT_SILENCE, &condition, now);
}

/* A plain device that has never answered is waited for from the first tick on. */
static void begin_watch(struct core *core, uint32_t index, struct sw_wall now)
{
    struct silence_source *source = &core->subjects[index].state.source->silence;
    if (source->came_back_ms != 0 || !core_line_above(core, &core->subjects[index])) return;
    source->came_back_ms = now.ms;
    core_reschedule_children(core, index, now.ms);
}

static void tick_subject(struct core *core, uint32_t index, struct sw_wall now)
{
    struct subject *subject = &core->subjects[index];
    struct condition condition = {.decided = false};
    switch ((enum subject_domain)subject->domain) {
    case SUBJECT_LEVEL:
        core_level_pass_time(subject, now.ms);
        core_level_follow(core, index, now);
        break;
    case SUBJECT_COVER:
        core_cover_pass_time(subject, now.ms);
        core_cover_follow(core, index, now);
        break;
    case SUBJECT_NODE:
        condition = silence_source_judge(&subject->state.source->silence, &subject->policy->silence,
                                         core_line_above(core, subject), now.ms);
        if (condition.decided && subject->standing == 0 &&
            (is_inhibited(core, subject) || blame_line(core, subject->parent, subject->policy->silence.node_ms, now)))
            condition.decided = false;
        break;
    case SUBJECT_LINE:
        condition = silence_line_judge(subject->state.line, &subject->policy->silence, now.ms);
        break;
    case SUBJECT_SOURCE:
        begin_watch(core, index, now);
        break;
    case SUBJECT_HOME:
        core_people_pass_time(subject, now.ms);
        core_people_tell(core, index, now);
        break;
    case SUBJECT_RAIN:
    case SUBJECT_STORE:
    case SUBJECT_PLACE:
        break;
    }
    core_follow(core, index, SUBJECT_ALERT_MAIN, &condition, now);
    if (core_is_sensor((enum subject_domain)subject->domain)) judge_sensor_silence(core, index, now);
}

/* One that had begun is saved, or the next start would find the old one and a newer tick. */
static void restart_wait(struct subject *subject, int64_t *since_ms, int64_t now_ms)
{
    if (*since_ms != 0) core_must_save(subject);
    *since_ms = now_ms;
}

/* Waits for nodes and lines begin again at `now`. */
static void restart_watch(struct core *core, struct subject *subject, int64_t now_ms)
{
    if (subject->domain == SUBJECT_NODE)
        restart_wait(subject, &subject->state.source->silence.waiting_since_ms, now_ms);
    if (subject->domain == SUBJECT_LINE && subject->state.line->down)
        restart_wait(subject, &subject->state.line->down_since_ms, now_ms);
    if (subject->domain == SUBJECT_LINE) restart_wait(subject, &subject->state.line->heard_ms, now_ms);
    if (subject->domain == SUBJECT_SOURCE && core_line_above(core, subject))
        restart_wait(subject, &subject->state.source->silence.came_back_ms, now_ms);
}

static void not_after(int64_t *time_ms, int64_t now_ms)
{
    if (*time_ms > now_ms) *time_ms = now_ms;
}

/* Readings that were taken by a clock that was ahead must not keep out those that come now. A home whose window bears
 * the pause waits until the clock has caught up; any other has to be observed anew. */
static void hear_again(struct subject *subject, int64_t now_ms)
{
    if (subject->domain == SUBJECT_HOME) {
        const struct no_use_policy *policy = &subject->policy->no_use;
        if (subject->heard_ms[SUBJECT_INPUT_MAIN] - now_ms <= policy->observed_gap_ms) return;
        core_home_set_back(subject, now_ms);
    }
    for (int input = 0; input < core_input_count((enum subject_domain)subject->domain); input++)
        not_after(core_heard_ms(subject, (enum subject_input)input), now_ms - 1);
    not_after(&subject->last_good_ms, now_ms);
    not_after(&subject->estimated_ms, now_ms);
}

/* The clock was stepped back: what began in what is now the future begins now. */
static void step_back(struct core *core, int64_t now_ms)
{
    for (uint32_t i = 0; i < core->count; i++) {
        struct subject *subject = &core->subjects[i];
        restart_watch(core, subject, now_ms);
        hear_again(subject, now_ms);
        if (subject->domain == SUBJECT_HOME) core_people_set_back(subject, now_ms);
        if (subject->domain == SUBJECT_LEVEL) core_level_set_back(subject, now_ms);
        if (subject->domain == SUBJECT_COVER) core_cover_set_back(subject, now_ms);
        if (subject->domain == SUBJECT_RAIN) rain_set_back(subject->state.rain, now_ms);
        not_after(&subject->watched_from_ms, now_ms);
        if (subject->domain == SUBJECT_LINE) not_after(&subject->state.line->up_since_ms, now_ms);
        if (subject->domain == SUBJECT_NODE || subject->domain == SUBJECT_SOURCE) {
            not_after(&subject->state.source->silence.came_back_ms, now_ms);
            not_after(&subject->state.source->silence.last_alive_ms, now_ms);
            not_after(&subject->state.source->silence.seen_until_ms, now_ms);
        }
        core->due_ms[i] = now_ms;
        core_must_save(subject);
    }
    core_held_set_back(core, now_ms);
    core->expire_due_ms = now_ms;
    core->next_due_ms = now_ms;
}

/* Of a source whose snapshot is older than the newest one: how late it may have answered without a snapshot of its own.
 * One minute until it is wanted, and as long for the store to write it. */
static void wait_from_unsaved_answer(struct source *source, int64_t last_tick_ms)
{
    int64_t *since_ms = &source->silence.waiting_since_ms;
    if (source->restored_ms != 0 && *since_ms != 0 && source->restored_ms < last_tick_ms) {
        int64_t latest_ms = earlier(*since_ms + INT64_C(2) * CORE_ALIVE_SAVE_MS, last_tick_ms);
        if (latest_ms > *since_ms) *since_ms = latest_ms;
    }
    source->restored_ms = 0;
}

/* The gateway was away before this tick: a pause as long as half the limit was its own. */
static void resume(struct core *core, int64_t now_ms)
{
    for (uint32_t i = 0; i < core->count; i++) {
        struct subject *subject = &core->subjects[i];
        if (subject->domain == SUBJECT_NODE) wait_from_unsaved_answer(subject->state.source, core->last_tick_ms);
        int64_t limit_ms = core_silence_limit_ms(subject);
        bool source = subject->domain == SUBJECT_SOURCE;
        if (core_is_sensor((enum subject_domain)subject->domain) || (limit_ms <= 0 && !source)) continue;
        if (source) limit_ms = subject->policy->silence.node_ms;
        if (limit_ms > 0 && now_ms - core->last_tick_ms >= limit_ms / 2) restart_watch(core, subject, now_ms);
    }
}

/* Whether the configuration asks for what the rule tells of the subject. */
static bool is_asked_for(const struct subject *subject, enum sw_alert_rule rule)
{
    bool silence = rule == SW_ALERT_RULE_SENSOR_TIMEOUT || rule == SW_ALERT_RULE_NODE_TIMEOUT ||
                   rule == SW_ALERT_RULE_PORT_FAILED || rule == SW_ALERT_RULE_NOBODY_ANSWERS;
    return silence ? core_silence_limit_ms(subject) > 0 : policy_asks_for(subject->policy, rule);
}

/* A rule that was switched off while the gateway was: nobody would ever end the alert it left open. */
static void clear_what_is_off(struct core *core, struct sw_wall now)
{
    for (uint32_t i = 0; i < core->count; i++)
        for (int which = 0; which < core_alert_count((enum subject_domain)core->subjects[i].domain); which++)
            if (!is_asked_for(&core->subjects[i], (enum sw_alert_rule)core->subjects[i].alerts[which].rule))
                core_clear(core, i, (enum subject_alert)which, SW_ALERT_ACTOR_CONFIGURATION,
                           "the rule has been switched off", now);
}

void core_resume(struct core *core)
{
    core->resumed = true;
}

void core_tick(struct core *core, struct sw_wall now)
{
    if (core->last_tick_ms != 0 && now.ms < core->last_tick_ms)
        step_back(core, now.ms);
    else if (core->resumed)
        resume(core, now.ms);
    if (core->resumed) clear_what_is_off(core, now);
    core_tick_held(core, now);
    core_tick_expiry(core, now);
    core->resumed = false;
    core->last_tick_ms = now.ms;
    core_tick_drills(core, now);
    if (now.ms < core->next_due_ms) return;

    /* Lines come before what hangs on them, sources before their sensors: parents are added first. What is rescheduled
     * meanwhile lowers next_due_ms again. */
    core->next_due_ms = DEADLINE_NONE;
    for (uint32_t i = 0; i < core->count; i++) {
        if (core->due_ms[i] <= now.ms) {
            tick_subject(core, i, now);
            core_reschedule(core, i, now.ms);
        } else if (core->due_ms[i] < core->next_due_ms) {
            core->next_due_ms = core->due_ms[i];
        }
    }
}

struct sw_wall core_next_deadline(const struct core *core)
{
    int64_t held_ms = earlier(core->held_due_ms, core->expire_due_ms);
    return sw_wall_from_ms(earlier(earlier(core_drills_due_ms(core), held_ms), core->next_due_ms));
}
