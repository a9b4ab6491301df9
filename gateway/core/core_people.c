/* What the centre says about homes and weather. Nobody is told when a home that is set away is still, so a setting that
 * is forgotten must not last: it always has an end, and the first real use of water ends it sooner. */
#include <assert.h>

#include "core/core_home.h"

/* Where no rule has a window of its own. */
#define STILL_DEFAULT_MS (24LL * 3600 * 1000)

static bool hides_stillness(enum sw_away away)
{
    return away == SW_AWAY_AWAY || away == SW_AWAY_HOSPITAL;
}

static bool is_about_stillness(enum subject_alert which)
{
    return which == SUBJECT_ALERT_MAIN || which == HOME_ALERT_QUIET;
}

static void end_absence(struct subject *subject, int64_t end_ms)
{
    struct absence *absence = &subject->state.home->absence;
    if (hides_stillness(absence->away)) {
        absence->still_from_s = kept_s(end_ms);
        habit_restart(&subject->state.home->habit, end_ms);
    }
    absence->away = SW_AWAY_NONE;
    absence->since_s = absence->until_s = absence->used_s = 0;
    core_must_save(subject);
}

/* As after an absence, stillness counts anew; and the meter may be another one. */
void core_home_serviced(struct core *core, uint32_t index, int64_t end_ms)
{
    struct home *home = core->subjects[index].state.home;
    core_home_settle(core, index);
    home->absence.still_from_s = kept_s(end_ms);
    habit_restart(&home->habit, end_ms);
    use_start_begin_real(&home->use_start);
    home->meter = (struct meter){0};
    home->meter_fault = (struct meter_fault){0};
    home->backflow = (struct backflow){0};
    home->leak = (struct leak){0};
    home->burst = (struct burst){0};
    home->look_s = 0;
}

/* It ends by itself, which nobody knows yet. */
static void run_out(struct subject *subject, enum sw_alert_rule by, int64_t over_ms, int64_t still_from_ms)
{
    struct absence *absence = &subject->state.home->absence;
    if (hides_stillness(absence->away)) {
        absence->over = absence->away;
        absence->over_by = (uint8_t)by;
        absence->over_s = kept_s(over_ms);
    }
    end_absence(subject, still_from_ms);
}

void core_people_tell(struct core *core, uint32_t index, struct sw_wall now)
{
    struct absence *absence = &core->subjects[index].state.home->absence;
    if (absence->over_s == 0) return;
    core_note(core, index, SW_ALERT_KIND_BACK, absence->over_by, kept_ms(absence->over_s), sw_away_name(absence->over),
              now);
    absence->over_s = 0;
}

/* Alerts that are open are over with the setting. One that a person had resolved while it lasted may come again when
 * the absence has ended, else whoever comes home from hospital and falls there would be passed over. */
static void clear_stillness(struct core *core, uint32_t index, const char *actor, const char *note, struct sw_wall now)
{
    struct subject *subject = &core->subjects[index];
    for (int which = 0; which < SUBJECT_ALERT_COUNT; which++) {
        if (!is_about_stillness((enum subject_alert)which)) continue;
        core_clear(core, index, (enum subject_alert)which, actor, note, now);
        subject->alerts[which].muted = false;
        core_note_standing(subject, (enum subject_alert)which);
    }
}

int core_set_away(struct core *core, uint32_t index, enum sw_away away, struct sw_wall until, const char *actor,
                  const char *note, struct sw_wall now)
{
    assert(index < core->count && away < SW_AWAY_COUNT);
    struct subject *subject = &core->subjects[index];
    if (subject->domain != SUBJECT_HOME) return SW_ERROR_INVALID_ARGUMENT;
    struct absence *absence = &subject->state.home->absence;
    if (away == SW_AWAY_NONE && absence->away == SW_AWAY_NONE) return SW_ERROR_NOT_PERMITTED;
    if (away != SW_AWAY_NONE && (until.ms <= now.ms || until.ms - now.ms > CORE_AWAY_MAX_MS))
        return SW_ERROR_INVALID_ARGUMENT;

    core_home_settle(core, index);
    end_absence(subject, now.ms);
    use_start_begin_real(&subject->state.home->use_start);
    if (away != SW_AWAY_NONE) {
        absence->away = (uint8_t)away;
        absence->since_s = kept_s(now.ms);
        absence->until_s = kept_s(until.ms);
    }
    if (hides_stillness(away)) clear_stillness(core, index, actor, note, now);
    core_reschedule(core, index, now.ms);
    return SW_OK;
}

struct core_absence core_away(const struct core *core, uint32_t index)
{
    assert(index < core->count);
    const struct subject *subject = &core->subjects[index];
    if (subject->domain != SUBJECT_HOME) return (struct core_absence){.away = SW_AWAY_NONE};
    const struct absence *absence = &subject->state.home->absence;
    return (struct core_absence){absence->away, {kept_ms(absence->since_s)}, {kept_ms(absence->until_s)}};
}

bool core_home_is_away(const struct subject *subject)
{
    return subject->domain == SUBJECT_HOME && hides_stillness(subject->state.home->absence.away);
}

bool core_home_is_learning(const struct subject *subject)
{
    return subject->domain == SUBJECT_HOME && subject->state.home->absence.away == SW_AWAY_NONE;
}

int64_t core_home_still_from_ms(const struct subject *subject, int64_t last_use_ms)
{
    int64_t from_ms = kept_ms(subject->state.home->absence.still_from_s);
    return from_ms > last_use_ms ? from_ms : last_use_ms;
}

/* Somebody must be at home for real use that is over: what goes on without a pause is a tap that drips or a pipe that
 * leaks. Only an interval that lies wholly after the setting counts: with hourly readings the last use before leaving
 * comes in after it. */
void core_people_take(struct subject *subject, const struct flow *flow, const struct use_start_verdict *use)
{
    struct absence *absence = &subject->state.home->absence;
    int64_t last_use_ms = kept_ms(subject->state.home->use_start.last_use_s);
    if (!core_home_is_away(subject) || !flow->observed) return;
    if (use->real && flow->from_ms >= kept_ms(absence->since_s)) absence->used_s = kept_s(flow->to_ms);
    if (kept_ms(absence->used_s) > last_use_ms) absence->used_s = 0; /* it was a drip */
    if (absence->used_s != 0 && !use->use && flow->to_ms - last_use_ms >= subject->policy->use_start.pause_ms)
        run_out(subject, SW_ALERT_RULE_USED_AGAIN, kept_ms(absence->used_s), last_use_ms);
}

void core_people_pass_time(struct subject *subject, int64_t now_ms)
{
    const struct absence *absence = &subject->state.home->absence;
    if (absence->away == SW_AWAY_NONE || now_ms < kept_ms(absence->until_s)) return;
    run_out(subject, SW_ALERT_RULE_TIME_OVER, kept_ms(absence->until_s), kept_ms(absence->until_s));
}

int64_t core_people_due_ms(const struct subject *subject)
{
    const struct absence *absence = &subject->state.home->absence;
    return absence->away == SW_AWAY_NONE ? DEADLINE_NONE : kept_ms(absence->until_s);
}

void core_people_set_back(struct subject *subject, int64_t now_ms)
{
    struct absence *absence = &subject->state.home->absence;
    if (absence->since_s > kept_s(now_ms)) absence->since_s = kept_s(now_ms);
    if (absence->still_from_s > kept_s(now_ms)) absence->still_from_s = kept_s(now_ms);
    if (absence->used_s > kept_s(now_ms)) absence->used_s = kept_s(now_ms);
    if (kept_ms(absence->until_s) - now_ms > CORE_AWAY_MAX_MS) absence->until_s = kept_s(now_ms + CORE_AWAY_MAX_MS);
}

/* What has to lie after the absence before a rule speaks that does not count from its end. */
static int64_t window_of(const struct subject *subject, enum sw_alert_rule rule)
{
    const struct policy *policy = subject->policy;
    int64_t window_ms = rule == SW_ALERT_RULE_NOTHING_IN    ? policy->nothing_in.window_ms
                        : rule == SW_ALERT_RULE_NO_REAL_USE ? policy->no_real_use.window_ms
                                                            : policy->no_use.window_ms;
    return window_ms > 0 ? window_ms : STILL_DEFAULT_MS;
}

/* volume_below looks back over its window, whatever its onset: all of it has to lie after the absence. A detector that
 * counts from core_home_still_from_ms() says so by its onset. One that does not waits for a window as well: late, but
 * never for ever. */
struct condition core_people_judge(const struct subject *subject, enum subject_alert which, struct condition condition)
{
    bool rises = condition.decided && condition.colour != SW_COLOUR_GREEN;
    if (subject->domain != SUBJECT_HOME || !is_about_stillness(which) || !rises) return condition;
    const struct absence *absence = &subject->state.home->absence;
    if (hides_stillness(absence->away)) return (struct condition){.decided = false};
    if (absence->still_from_s == 0) return condition;

    bool looks_back = condition.rule == SW_ALERT_RULE_NONE || condition.rule == SW_ALERT_RULE_VOLUME_BELOW;
    bool counts_anew = !looks_back && condition.onset_ms >= kept_ms(absence->still_from_s);
    if (!counts_anew && subject->last_good_ms - kept_ms(absence->still_from_s) < window_of(subject, condition.rule))
        return (struct condition){.decided = false};
    if (condition.onset_ms < kept_ms(absence->still_from_s)) condition.onset_ms = kept_ms(absence->still_from_s);
    return condition;
}

void core_set_weather(struct core *core, enum sw_colour colour, struct sw_wall until)
{
    assert(colour < SW_COLOUR_COUNT);
    core->weather = colour;
    core->weather_until_ms = until.ms;
}

enum sw_colour core_weather(const struct core *core, struct sw_wall now)
{
    return now.ms < core->weather_until_ms ? core->weather : SW_COLOUR_GREEN;
}
