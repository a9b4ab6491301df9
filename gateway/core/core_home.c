/* A home's totals through its rooms, and the alerts that come of it. */
#include "core/core_home.h"

#include "core/detect/no_use.h"
#include "core/detect/nothing_in.h"
#include "core/local_time.h"

#define HOUR_MS (3600LL * 1000)

/* Local hours and days begin at whole quarters of an hour, in every time zone. */
#define LOOK_MS (HOUR_MS / 4)

static const struct condition undecided = {.decided = false};

static bool good(const struct meter_verdict *verdict)
{
    return verdict->quality == SW_QUALITY_GOOD;
}

/* What the meter said about itself, good or not. What the pipe can have passed is not known where a time is a guess. */
static struct meter_verdict take_total(struct home *home, const struct policy *policy, int64_t time_ms,
                                       int64_t index_ml, bool guessed)
{
    struct meter_policy meter_policy = policy->meter;
    if (guessed) meter_policy.max_flow_ml_s = 0;
    struct meter_verdict verdict = meter_take(&home->meter, &meter_policy, time_ms, index_ml);
    meter_fault_take(&home->meter_fault, &policy->meter_fault, time_ms, index_ml, &verdict);
    backflow_take_total(&home->backflow, &policy->backflow, time_ms, &verdict, use_start_step_ml(&home->use_start));
    return verdict;
}

/* The longest span a rule asks the coverage of. */
static int64_t longest_span_ms(const struct policy *policy)
{
    int64_t real_ms = policy->no_real_use.window_ms;
    return real_ms > policy->nothing_in.window_ms ? real_ms : policy->nothing_in.window_ms;
}

/* Not of a visitor's days, nor of days without anybody. */
static void take_rhythm(struct home *home, const struct policy *policy, const struct flow *flow,
                        const struct use_start_verdict *use)
{
    struct day_rhythm_verdict day = day_rhythm_take(&home->rhythm, &policy->day_rhythm, flow, use);
    if (day.nights_broken || day.use_declining)
        home->slow_change = day.use_declining ? SW_ALERT_RULE_USE_DECLINING : SW_ALERT_RULE_NIGHTS_BROKEN;
}

static void take_flow(struct subject *subject, const struct flow *flow)
{
    struct home *home = subject->state.home;
    const struct policy *policy = subject->policy;
    struct use_start_verdict use = use_start_take(&home->use_start, &policy->use_start, flow);
    habit_take(&home->habit, &policy->habit, flow, &use, core_home_is_learning(subject));
    if (use.taken_back)
        habit_take_back(&home->habit, &policy->habit,
                        core_home_still_from_ms(subject, kept_ms(home->use_start.last_use_s)));
    leak_take(&home->leak, &policy->leak, flow, use_start_step_ml(&home->use_start));
    burst_take(&home->burst, &policy->burst, flow);
    day_volume_take(&home->day_volume, &policy->day_volume, flow);
    if (core_home_is_learning(subject)) take_rhythm(home, policy, flow, &use);
    core_people_take(subject, flow, &use);
}

static struct meter_verdict take(struct core *core, uint32_t index, int64_t time_ms, int64_t index_ml, bool guessed)
{
    struct subject *subject = &core->subjects[index];
    struct home *home = subject->state.home;
    const struct policy *policy = subject->policy;
    if (core_home_is_away(subject)) meter_fault_excuse(&home->meter_fault, time_ms);
    struct meter_verdict verdict = take_total(home, policy, time_ms, index_ml, guessed);
    if (!good(&verdict)) return verdict;
    struct flow flow = {.from_ms = home->window.last_good_ms, .to_ms = time_ms, .use_ml = verdict.use_ml};
    flow.observed = time_ms - flow.from_ms <= policy->no_use.observed_gap_ms;
    use_window_take(&home->window, &policy->no_use, longest_span_ms(policy), time_ms, verdict.use_ml);
    if (flow.from_ms != 0 && flow.to_ms > flow.from_ms) take_flow(subject, &flow);
    return verdict;
}

bool core_home_stays_still(const struct subject *subject, int64_t time_ms, int64_t index_ml)
{
    const struct home *home = subject->state.home;
    return time_ms < kept_ms(home->look_s) && subject->standing == 0 && index_ml == home->meter.believed.index_ml;
}

void core_home_settle(struct core *core, uint32_t index)
{
    struct subject *subject = &core->subjects[index];
    struct home *home = subject->state.home;
    if (home->look_s == 0) return;
    home->look_s = 0;
    if (subject->last_good_ms > home->window.last_good_ms)
        (void)take(core, index, subject->last_good_ms, home->meter.believed.index_ml, false);
}

struct meter_verdict core_home_take(struct core *core, uint32_t index, int64_t time_ms, int64_t index_ml, bool guessed)
{
    const struct subject *subject = &core->subjects[index];
    bool after_guess = subject->estimated_ms != 0 && subject->estimated_ms == subject->last_good_ms;
    core_home_settle(core, index);
    return take(core, index, time_ms, index_ml, guessed || after_guess);
}

void core_home_take_reverse(struct subject *subject, int64_t time_ms, int64_t reverse_ml)
{
    struct home *home = subject->state.home;
    backflow_take_reverse(&home->backflow, &subject->policy->backflow, &subject->policy->meter, time_ms, reverse_ml,
                          use_start_step_ml(&home->use_start));
}

int64_t core_home_last_use_ms(const struct subject *subject)
{
    return kept_ms(subject->state.home->use_start.last_use_s);
}

/* The rule volume_below knows of water, not of people: its stillness begins with their last use. */
static struct condition judge_volume(const struct subject *subject)
{
    const struct use_window *window = &subject->state.home->window;
    struct condition condition = no_use_judge(window, &subject->policy->no_use);
    condition.rule = SW_ALERT_RULE_VOLUME_BELOW;
    int64_t last_use_ms = core_home_last_use_ms(subject);
    if (last_use_ms != 0 && condition.onset_ms == kept_ms(window->last_use_s)) condition.onset_ms = last_use_ms;
    return condition;
}

static bool rises(const struct condition *condition)
{
    return condition->decided && condition->colour != SW_COLOUR_GREEN;
}

/* Any of the rules makes it, none of them may still say it when it is over. */
static struct condition either(struct condition a, struct condition b)
{
    if (rises(&a)) return rises(&b) && b.colour > a.colour ? b : a;
    if (rises(&b)) return b;
    return a.decided && b.decided ? a : undecided;
}

static bool volume_is_on(const struct policy *policy)
{
    return policy->no_use.window_ms > 0 && policy->no_use.volume_ml > 0;
}

/* A rule that is off has no say. */
static struct condition judge_policy(const struct subject *subject)
{
    const struct policy *policy = subject->policy;
    /* Each by itself: a rule with a long window must not hold up one with a short one after an absence. */
    struct condition volume = core_people_judge(subject, SUBJECT_ALERT_MAIN, judge_volume(subject));
    struct condition nothing =
        nothing_in_judge(&subject->state.home->window, &policy->nothing_in, core_home_last_use_ms(subject));
    nothing = core_people_judge(subject, SUBJECT_ALERT_MAIN, nothing);
    if (policy->nothing_in.window_ms <= 0) return volume;
    return volume_is_on(policy) ? either(volume, nothing) : nothing;
}

/* Until the home's habit is known the city's policy stands in for it. */
static bool habit_has_a_say(const struct subject *subject)
{
    const struct habit_policy *policy = &subject->policy->habit;
    return policy->enabled && habit_state(&subject->state.home->habit, policy) == SW_HABIT_LEARNED;
}

/* After a time that was not observed the habit counts anew, so a meter that is often not read would never be told.
 * There the rule nothing_in, which bears a part that was not seen, stands in again, once the last use is twice as long
 * ago as the habit would wait at most. As long once costs more false alarms than it saves time
 * (docs/decisions/0007-habit.md).
 */
static struct condition judge_after_a_hole(const struct subject *subject)
{
    const struct policy *policy = subject->policy;
    const struct use_window *window = &subject->state.home->window;
    int64_t last_use_ms = core_home_last_use_ms(subject), wait_ms = 0;
    struct condition condition = nothing_in_judge(window, &policy->nothing_in, last_use_ms);
    for (int i = 0; i < HABIT_LEVELS_MAX; i++) {
        int64_t level_ms = policy->habit.stages[HABIT_ALERT].levels[i].hours * HOUR_MS;
        if (2 * level_ms > wait_ms) wait_ms = 2 * level_ms;
    }
    bool waits = rises(&condition) && last_use_ms != 0 && window->last_good_ms - last_use_ms < wait_ms;
    return waits ? undecided : condition;
}

static struct condition judge_stillness(const struct subject *subject)
{
    const struct policy *policy = subject->policy;
    const struct habit *habit = &subject->state.home->habit;
    if (!habit_has_a_say(subject)) return judge_policy(subject);
    struct condition by_habit = habit_judge(habit, &policy->habit, HABIT_ALERT);
    if (policy->no_use_always) return either(by_habit, judge_policy(subject));
    if (habit->by_use || policy->nothing_in.window_ms <= 0) return by_habit;
    return either(by_habit, judge_after_a_hole(subject));
}

static struct condition judge_real_use(const struct subject *subject)
{
    const struct home *home = subject->state.home;
    struct condition condition =
        nothing_in_judge(&home->window, &subject->policy->no_real_use, kept_ms(home->use_start.last_real_s));
    condition.rule = SW_ALERT_RULE_NO_REAL_USE;
    return core_people_judge(subject, SUBJECT_ALERT_MAIN, condition);
}

/* A drip too slow to be told from single litres must neither keep a still home quiet nor end its alert: where real use
 * is asked for, nothing else ends it. */
static struct condition judge_no_use(const struct subject *subject)
{
    const struct policy *policy = subject->policy;
    const struct alert_life *alert = &subject->alerts[SUBJECT_ALERT_MAIN];
    struct condition stillness = judge_stillness(subject);
    if (policy->no_real_use.window_ms <= 0) return stillness;
    bool alone = !habit_has_a_say(subject) && !volume_is_on(policy) && policy->nothing_in.window_ms <= 0;
    struct condition condition = alone ? judge_real_use(subject) : either(stillness, judge_real_use(subject));
    bool told = (subject->standing >> SUBJECT_ALERT_MAIN & 1) != 0;
    bool used = kept_ms(subject->state.home->use_start.last_real_s) > (int64_t)alert->onset_ms;
    return told && !used && !rises(&condition) ? undecided : condition;
}

/* Softly nobody is told later than by the city's rule, however the meter is read. */
static struct condition judge_quiet(const struct subject *subject)
{
    const struct policy *policy = subject->policy;
    const struct home *home = subject->state.home;
    if (!habit_has_a_say(subject)) return undecided;
    struct condition by_habit = habit_judge(&home->habit, &policy->habit, HABIT_QUIET);
    if (home->habit.by_use || policy->nothing_in.window_ms <= 0) return by_habit;
    struct condition by_policy = nothing_in_judge(&home->window, &policy->nothing_in, core_home_last_use_ms(subject));
    if (rises(&by_policy)) by_policy.colour = policy->habit.stages[HABIT_QUIET].colour; /* as soft by either rule */
    return either(by_habit, by_policy);
}

/* A note stands for a fortnight. */
#define NOTE_DAYS 14
#define DAY_MS    (24LL * 3600 * 1000)

static struct condition judge_slow_change(const struct home *home, const struct policy *policy)
{
    struct condition condition = {.decided = home->rhythm.noted_day != 0 && policy->tell_slow_change};
    if (home->rhythm.day - home->rhythm.noted_day >= NOTE_DAYS) return condition;
    condition.colour = SW_COLOUR_BLUE;
    condition.rule = (enum sw_alert_rule)home->slow_change;
    condition.onset_ms = local_time_to_utc_ms(&policy->day_rhythm.zone, home->rhythm.noted_day * DAY_MS);
    return condition;
}

static struct condition judge_first_use(const struct home *home, const struct policy *policy)
{
    struct condition condition = {.decided = policy->tell_first_use, .rule = SW_ALERT_RULE_DAY_BEGUN};
    if (home->rhythm.first_use_s == 0) return condition;
    condition.colour = SW_COLOUR_BLUE;
    condition.onset_ms = kept_ms(home->rhythm.first_use_s);
    return condition;
}

/* A soft check when the alert is out would only be noise. */
static bool is_told_already(const struct subject *subject, const struct condition *quiet)
{
    const struct alert_life *alert = &subject->alerts[SUBJECT_ALERT_MAIN];
    return rises(quiet) && (alert_life_is_open(alert) || alert->muted) &&
           !alert_life_is_open(&subject->alerts[HOME_ALERT_QUIET]);
}

/* Until then nothing becomes due while the total stands still. Only where all is well: no alert stands, nobody is set
 * away, no water runs, none is owed. */
static int64_t look_ms(const struct subject *subject)
{
    const struct policy *policy = subject->policy;
    const struct home *home = subject->state.home;
    const struct absence *absence = &home->absence;
    int64_t time_ms = home->window.last_good_ms, last_use_ms = core_home_last_use_ms(subject);
    bool after_absence = absence->away != SW_AWAY_NONE || kept_ms(absence->still_from_s) > last_use_ms;
    bool settled = meter_is_settled(&home->meter) && !burst_is_running(&home->burst) &&
                   backflow_is_even(&home->backflow) && !after_absence;
    if (subject->standing != 0 || !settled) return 0;
    int64_t still_from_ms = last_use_ms != 0 ? last_use_ms : home->window.observed_since_ms;
    int64_t last_real_ms = kept_ms(home->use_start.last_real_s);
    int64_t real_from_ms = last_real_ms != 0 ? last_real_ms : home->window.observed_since_ms;
    /* A reading at the very end of an hour belongs to it: the first one after that closes it. look_s is in seconds. */
    int64_t due_ms = (time_ms + LOOK_MS - 1) / LOOK_MS * LOOK_MS + 1000;
    const int64_t others_ms[] = {
        time_ms + policy->no_use.observed_gap_ms,
        policy->nothing_in.window_ms > 0 ? still_from_ms + policy->nothing_in.window_ms : INT64_MAX,
        policy->no_real_use.window_ms > 0 ? real_from_ms + policy->no_real_use.window_ms : INT64_MAX,
        use_window_due_ms(&home->window, &policy->no_use),
        habit_due_ms(&home->habit),
        leak_due_ms(&home->leak, &policy->leak),
    };
    for (size_t i = 0; i < sizeof others_ms / sizeof others_ms[0]; i++)
        if (others_ms[i] < due_ms) due_ms = others_ms[i];
    return due_ms > time_ms ? due_ms : 0;
}

void core_home_follow(struct core *core, uint32_t index, struct sw_wall now)
{
    const struct subject *subject = &core->subjects[index];
    const struct home *home = subject->state.home;
    const struct policy *policy = subject->policy;
    const struct condition conditions[SUBJECT_ALERT_COUNT] = {
        [SUBJECT_ALERT_MAIN] = judge_no_use(subject),
        [HOME_ALERT_QUIET] = judge_quiet(subject),
        [HOME_ALERT_LEAK] = leak_judge(&home->leak, &policy->leak),
        [HOME_ALERT_BURST] = burst_judge(&home->burst, &policy->burst),
        [HOME_ALERT_BACKFLOW] = backflow_judge(&home->backflow, &policy->backflow),
        [HOME_ALERT_METER_FAULT] = meter_fault_judge(&home->meter_fault, &policy->meter_fault),
        [HOME_ALERT_HIGH_USE] = day_volume_judge(&home->day_volume, &policy->day_volume),
        [HOME_ALERT_SLOW_CHANGE] = judge_slow_change(home, policy),
        [HOME_ALERT_FIRST_USE] = judge_first_use(home, policy),
    };
    core_people_tell(core, index, now);
    for (int which = 0; which < SUBJECT_ALERT_COUNT; which++)
        if (which != HOME_ALERT_QUIET || !is_told_already(subject, &conditions[which]))
            core_follow(core, index, (enum subject_alert)which, &conditions[which], now);
    subject->state.home->look_s = kept_s(look_ms(subject));
}

static void no_use_evidence_of(const struct subject *subject, enum sw_alert_rule rule, struct sw_evidence *evidence)
{
    const struct use_window *window = &subject->state.home->window;
    const struct habit *habit = &subject->state.home->habit;
    const struct habit_policy *policy = &subject->policy->habit;
    if (rule == SW_ALERT_RULE_HABIT)
        habit_evidence(habit, policy, HABIT_ALERT, evidence);
    else if (rule == SW_ALERT_RULE_NOTHING_IN)
        nothing_in_evidence(window, &subject->policy->nothing_in, core_home_last_use_ms(subject), evidence);
    else if (rule == SW_ALERT_RULE_NO_REAL_USE)
        nothing_in_evidence(window, &subject->policy->no_real_use, core_home_last_use_ms(subject), evidence);
    else
        no_use_evidence(window, &subject->policy->no_use, evidence);
    if (rule == SW_ALERT_RULE_NO_REAL_USE) evidence->rule = rule;
    if (policy->enabled) evidence->habit = habit_state(habit, policy);
    evidence->last_use.ms = core_home_last_use_ms(subject);
}

static void quiet_evidence(const struct subject *subject, enum sw_alert_rule rule, struct sw_evidence *evidence)
{
    const struct home *home = subject->state.home;
    int64_t last_use_ms = core_home_last_use_ms(subject);
    habit_evidence(&home->habit, &subject->policy->habit, HABIT_QUIET, evidence);
    if (rule == SW_ALERT_RULE_NOTHING_IN)
        nothing_in_evidence(&home->window, &subject->policy->nothing_in, last_use_ms, evidence);
    evidence->last_use.ms = last_use_ms;
}

void core_home_evidence(const struct subject *subject, enum subject_alert which, enum sw_alert_rule rule,
                        struct sw_evidence *evidence)
{
    const struct home *home = subject->state.home;
    const struct policy *policy = subject->policy;
    evidence->last_use.ms = core_home_last_use_ms(subject);
    switch (which) {
    case SUBJECT_ALERT_MAIN:
        no_use_evidence_of(subject, rule, evidence);
        break;
    case HOME_ALERT_QUIET:
        quiet_evidence(subject, rule, evidence);
        break;
    case HOME_ALERT_LEAK:
        leak_evidence(&home->leak, evidence);
        break;
    case HOME_ALERT_BURST:
        burst_evidence(&home->burst, &policy->burst, evidence);
        break;
    case HOME_ALERT_BACKFLOW:
        backflow_evidence(&home->backflow, &policy->backflow, evidence);
        break;
    case HOME_ALERT_METER_FAULT:
        meter_fault_evidence(&home->meter_fault, evidence);
        break;
    case HOME_ALERT_HIGH_USE:
        day_volume_evidence(&home->day_volume, &policy->day_volume, evidence);
        break;
    case HOME_ALERT_SLOW_CHANGE:
    case HOME_ALERT_FIRST_USE:
        day_rhythm_evidence(&home->rhythm, rule, evidence);
        break;
    default:
        break;
    }
}

void core_home_follow_policy(struct home *home, const struct no_use_policy *policy, const struct no_use_policy *before)
{
    bool asks_for_more = policy->volume_ml > before->volume_ml || policy->window_ms > before->window_ms;
    if (asks_for_more) use_window_forget(&home->window);
}

void core_home_set_back(struct subject *subject, int64_t now_ms)
{
    struct home *home = subject->state.home;
    home->look_s = 0;
    meter_set_back(&home->meter, now_ms);
    meter_fault_set_back(&home->meter_fault, now_ms);
    backflow_set_back(&home->backflow, now_ms);
    use_window_set_back(&home->window, now_ms);
    use_start_set_back(&home->use_start, now_ms);
    habit_set_back(&home->habit, now_ms);
    leak_set_back(&home->leak, now_ms);
    burst_set_back(&home->burst, now_ms);
    day_volume_set_back(&home->day_volume, &subject->policy->day_volume, now_ms);
    day_rhythm_set_back(&home->rhythm, &subject->policy->day_rhythm, now_ms);
}
