#include "meter_run.h"

#include <stdio.h>
#include <string.h>

#include "core_fixture.h"

void meter_run_begin(struct meter_run *run, const char *name)
{
    memset(run, 0, sizeof *run);
    run->policy = policy_city_default();
    run->fault_policy = meter_fault_policy_default();
    run->backflow_policy = backflow_policy_default();
    run->nothing_policy =
        (struct nothing_in_policy){.window_ms = DAY, .coverage_permille = 800, .colour = SW_COLOUR_ORANGE};
    run->name = name;
}

/* The truth of a rule, the slow way: growth within the window that ends now. */
static int64_t grown_ml(const struct meter_run *run, int64_t window_ms)
{
    int i = run->count - 1;
    const struct meter_total *now = &run->taken[i];
    while (i > 0 && run->taken[i].time_ms > now->time_ms - window_ms)
        i--;
    return now->truth_ml - run->taken[i].truth_ml;
}

static void expect_true_use(const struct meter_run *run, const struct meter_verdict *verdict, int64_t elapsed_ms)
{
    const struct meter_total *now = &run->taken[run->count - 1];
    bool use_of_doubt = verdict->quality != SW_QUALITY_GOOD && verdict->use_ml != 0;
    bool giant = verdict->use_ml > meter_passable_ml(&run->policy.meter, elapsed_ms);
    if (verdict->use_ml < 0 || giant || use_of_doubt)
        fail_msg("%s at %lld (%lld ml): use of %lld ml", run->name, (long long)now->time_ms, (long long)now->index_ml,
                 (long long)verdict->use_ml);
    int64_t true_ml = now->truth_ml - run->taken[0].truth_ml;
    /* While the series may be the wrong one nothing can be said; when the right one is back, all is counted once. */
    bool certain = verdict->quality == SW_QUALITY_GOOD && run->meter.former.time_ms == 0;
    if (certain && run->used_ml != true_ml)
        fail_msg("%s at %lld (%lld ml): %lld ml counted, %lld ml used", run->name, (long long)now->time_ms,
                 (long long)now->index_ml, (long long)run->used_ml, (long long)true_ml);
}

static void expect_no_false_stillness(struct meter_run *run, int64_t time_ms)
{
    struct condition still = no_use_judge(&run->window, &run->policy.no_use);
    struct condition nothing = nothing_in_judge(&run->window, &run->nothing_policy, (run->window.last_use_s * SECOND));
    bool is_still = still.decided && still.colour != SW_COLOUR_GREEN;
    bool is_nothing = nothing.decided && nothing.colour != SW_COLOUR_GREEN;
    if (is_still && grown_ml(run, run->policy.no_use.window_ms) >= run->policy.no_use.volume_ml)
        fail_msg("%s at %lld: still with %lld ml in the window", run->name, (long long)time_ms,
                 (long long)grown_ml(run, run->policy.no_use.window_ms));
    if (is_nothing && grown_ml(run, run->nothing_policy.window_ms) > 0)
        fail_msg("%s at %lld: nothing, with %lld ml in the window", run->name, (long long)time_ms,
                 (long long)grown_ml(run, run->nothing_policy.window_ms));
    if (still.decided && is_still && !run->still_told) run->no_use_alerts++;
    if (still.decided) run->still_told = is_still;
    if (nothing.decided && is_nothing && !run->nothing_told) run->nothing_alerts++;
    if (nothing.decided) run->nothing_told = is_nothing;
}

static void note_faults(struct meter_run *run, int64_t time_ms)
{
    struct condition fault = meter_fault_judge(&run->fault, &run->fault_policy);
    struct condition back = backflow_judge(&run->backflow, &run->backflow_policy);
    bool told = fault.colour != SW_COLOUR_GREEN;
    bool back_told = back.colour != SW_COLOUR_GREEN;
    if (told && !run->told) run->fault_alerts++;
    if (back_told && !run->back_told) run->backflow_alerts++;
    if (run->report && run->fault.reason != run->told_reason) {
        struct sw_evidence evidence = {0};
        meter_fault_evidence(&run->fault, &evidence);
        printf("%s %lld: meter_fault %s, step %lld ml, %u in 30 days\n", run->name, (long long)time_ms,
               told ? sw_alert_rule_name(fault.rule) : "over", (long long)evidence.value_milli,
               (unsigned)evidence.count);
    }
    if (run->report && back_told != run->back_told)
        printf("%s %lld: backflow %s, %u ml\n", run->name, (long long)time_ms, back_told ? "told" : "over",
               run->backflow.spell_ml);
    run->told = told;
    run->told_reason = run->fault.reason;
    run->back_told = back_told;
}

void meter_run_take(struct meter_run *run, const struct meter_total *total)
{
    int64_t time_ms = total->time_ms;
    if (run->count > 0 && time_ms <= run->taken[run->count - 1].time_ms) {
        run->repeated++;
        return;
    }
    assert_true(run->count < METER_RUN_MAX);
    if (run->count > 0) run->span_ms += time_ms - run->taken[run->count - 1].time_ms;
    run->taken[run->count++] = *total;
    int64_t good_ms = run->window.last_good_ms;
    struct meter_verdict verdict = meter_take(&run->meter, &run->policy.meter, time_ms, total->index_ml);
    run->events[verdict.event]++;
    run->used_ml += verdict.use_ml;
    expect_true_use(run, &verdict, good_ms ? time_ms - good_ms : 0);
    meter_fault_take(&run->fault, &run->fault_policy, time_ms, total->index_ml, &verdict);
    backflow_take_total(&run->backflow, &run->backflow_policy, time_ms, &verdict, run->fault.pulse_ml);
    if (verdict.quality == SW_QUALITY_GOOD) {
        use_window_take(&run->window, &run->policy.no_use, run->nothing_policy.window_ms, time_ms, verdict.use_ml);
        expect_no_false_stillness(run, time_ms);
    }
    note_faults(run, time_ms);
}
