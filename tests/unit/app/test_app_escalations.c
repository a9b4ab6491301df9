/* What nobody answers goes up, one level at a time, whatever happens to gateway, broker and clock meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/escalations.h"
#include "app/gateway_state.h"
#include "stillwater/error.h"
#include "unit/app/fake_ports.h"

#define DEADLINE_MS INT64_C(60000)

enum { CHIEF, OFFICER, WORKER, PEOPLE };

static struct duty_person people[PEOPLE] = {{.id = "officer-1"}, {.id = "officer-3"}, {.id = "worker-7"}};
static struct duty_area areas[] = {{.path = "a", .parent = DUTY_NONE, .depth = 0, .responsible = CHIEF},
                                   {.path = "a/b", .parent = 0, .depth = 1, .responsible = OFFICER},
                                   {.path = "a/b/c", .parent = 1, .depth = 2, .responsible = WORKER}};
static struct duty_roster roster = {.people = people, .person_count = PEOPLE, .areas = areas, .area_count = 3};

/* site-1 lies in a/b. */
static void begin(struct gateway_under_test *test)
{
    for (size_t i = 0; i < sizeof areas / sizeof areas[0]; i++)
        for (int colour = SW_COLOUR_BLUE; colour <= SW_COLOUR_RED; colour++)
            areas[i].acknowledge_ms[colour] = DEADLINE_MS;
    gateway_begin_with_duty(test, &roster);
}

static void commit(void)
{
    while (fake.committing)
        fake_commit_done(SW_OK);
}

static void wait(struct gateway_under_test *test, int64_t ms)
{
    fake_advance(test, ms);
    commit();
}

static void level(int32_t mm)
{
    struct field_bus_sample sample = {.count = 1, .time = {fake.wall_ms}};
    sample.values[0] = (struct sw_point_value){.kind = SW_READING_LEVEL, .value = 10 * mm};
    fake.bus.sample(fake.bus.ctx, &sample);
    commit();
}

/* The n-th flood that a worker reports, all of them in c/n/1 and far from one another. */
static void report_flood(uint32_t n)
{
    char time[MESSAGE_TIME_SIZE], worker[SW_ID_SIZE], payload[512];
    message_time_format(sw_wall_from_ms(fake.wall_ms), time);
    snprintf(worker, sizeof worker, "worker-%u", n);
    snprintf(
        payload, sizeof payload,
        "{\"schema\":\"stillwater.report/1\",\"id\":\"r-%u\",\"source\":\"worker\",\"kind\":\"flood\",\"time\":\"%s\","
        "\"place\":{\"latitude\":%u,\"longitude\":122,\"grid\":\"c/n/1\"},\"by\":\"%s\"}",
        n, time, n, worker);
    fake_report("worker", worker, payload);
    commit();
}

static void raise_one(struct gateway_under_test *test)
{
    begin(test);
    fake_link(true);
    wait(test, ESCALATIONS_SETTLE_MS);
    level(600);
    assert_int_equal(fake.outbox_count, 1);
}

/* With the broker gone nothing is waited for. */
static void end(struct gateway_under_test *test)
{
    fake_link(false);
    gateway_end(test);
}

/* The last revision, as it is published. */
static struct message_alert_summary last(void)
{
    struct message_alert_summary alert;
    char text[256];
    const char *body = fake.outbox[fake.outbox_count - 1].payload;
    if (message_alert_decode(body, strlen(body), &alert, text, sizeof text) != SW_OK) fail_msg("%s", text);
    return alert;
}

static void expect(size_t revisions, uint32_t on_level, const char *area, const char *responsible, int64_t wait_ms)
{
    assert_int_equal(fake.outbox_count, revisions);
    struct message_alert_summary alert = last();
    assert_int_equal(alert.revision, revisions);
    assert_int_equal(alert.escalation.level, on_level);
    assert_string_equal(alert.escalation.area, area);
    assert_string_equal(alert.escalation.responsible, responsible);
    assert_int_equal(alert.escalation.deadline.ms, wait_ms > 0 ? fake.wall_ms + wait_ms : 0);
}

static void command(const char *verb)
{
    char payload[512];
    snprintf(payload, sizeof payload,
             "{\"schema\":\"stillwater.command/1\",\"command\":\"%s\",\"alert\":\"%s\",\"by\":\"officer-1\"}", verb,
             fake.outbox[0].alert.id);
    fake_command(payload);
    commit();
}

static size_t stored(void)
{
    size_t count = 0;
    for (size_t i = 0; i < fake.snapshot_count; i++)
        count += fake.snapshots[i].domain == STORE_SNAPSHOT_ESCALATION;
    return count;
}

static void unanswered_it_goes_up_and_repeats_at_the_top_until_somebody_answers(void **state)
{
    (void)state;
    struct gateway_under_test test;
    raise_one(&test);
    expect(1, 0, "a/b", "officer-3", DEADLINE_MS);
    wait(&test, DEADLINE_MS - 1);
    assert_int_equal(fake.outbox_count, 1);
    wait(&test, 1);
    expect(2, 1, "a", "officer-1", DEADLINE_MS);
    assert_string_equal(last().note, "not acknowledged in 1 min: escalated to a (officer-1)");
    assert_string_equal(last().actor, "");
    assert_int_equal(last().state, SW_ALERT_STATE_RAISED);
    wait(&test, DEADLINE_MS);
    expect(3, 1, "a", "officer-1", 2 * DEADLINE_MS);
    assert_string_equal(last().note, "not acknowledged in 1 min: alarmed again at a (officer-1)");
    assert_int_equal(last().escalation.repeat, 1);
    command("acknowledge");
    expect(4, 1, "a", "officer-1", 0);
    wait(&test, 100 * DEADLINE_MS);
    assert_int_equal(last().state, SW_ALERT_STATE_ACKNOWLEDGED);
    end(&test);
}

static void killed_before_the_commit_it_takes_the_step_again_and_after_it_does_not(void **state)
{
    (void)state;
    struct gateway_under_test test;
    raise_one(&test);
    fake_advance(&test, DEADLINE_MS);
    assert_non_null(fake.committing);
    gateway_kill_and_begin(&test);
    assert_int_equal(fake.outbox_count, 1);
    fake_link(true);
    wait(&test, ESCALATIONS_SETTLE_MS - 1);
    assert_int_equal(fake.outbox_count, 1);
    wait(&test, 1);
    expect(2, 1, "a", "officer-1", DEADLINE_MS);
    int64_t deadline_ms = fake.wall_ms + DEADLINE_MS;
    gateway_kill_and_begin(&test);
    fake_link(true);
    wait(&test, deadline_ms - fake.wall_ms - 1);
    assert_int_equal(fake.outbox_count, 2);
    wait(&test, 1);
    assert_int_equal(fake.outbox_count, 3);
    end(&test);
}

/* That it is alarmed again is nothing that somebody has said of it. */
static void what_people_reported_expires_although_it_goes_up(void **state)
{
    (void)state;
    struct gateway_under_test test;
    fake.with_reports = true;
    begin(&test);
    fake_link(true);
    wait(&test, ESCALATIONS_SETTLE_MS);
    report_flood(1);
    int64_t expires_ms = fake.wall_ms + test.config->reports.expire_ms;
    while (fake.wall_ms + DEADLINE_MS < expires_ms) {
        wait(&test, DEADLINE_MS);
        assert_int_equal(last().state, SW_ALERT_STATE_RAISED);
    }
    assert_true(fake.outbox_count > 2);
    wait(&test, expires_ms - fake.wall_ms);
    assert_int_equal(last().state, SW_ALERT_STATE_EXPIRED);
    end(&test);
    fake.with_reports = false;
}

static uint32_t escalated_since(size_t first, enum sw_colour colour)
{
    uint32_t count = 0;
    for (size_t i = first; i < fake.outbox_count; i++)
        count += strstr(fake.outbox[i].alert.note, "not acknowledged") && fake.outbox[i].alert.colour == colour;
    return count;
}

static void of_many_that_are_due_the_worst_go_up_first_and_the_rest_with_the_next_ticks(void **state)
{
    (void)state;
    struct gateway_under_test test;
    const uint32_t reported = ESCALATIONS_AT_A_TIME + 5;
    fake.with_reports = true;
    begin(&test);
    fake_link(true);
    wait(&test, ESCALATIONS_SETTLE_MS);
    for (uint32_t n = 1; n <= reported; n++)
        report_flood(n);
    enum sw_colour others = last().colour;
    level(600);
    enum sw_colour worst = last().colour;
    assert_true(worst > others);
    fake_link(false);
    wait(&test, DEADLINE_MS);
    fake_link(true);
    wait(&test, ESCALATIONS_SETTLE_MS - 1);
    size_t before = fake.outbox_count;
    wait(&test, 1);
    assert_int_equal(escalated_since(before, worst), 1);
    assert_int_equal(escalated_since(before, others), ESCALATIONS_AT_A_TIME - 1);
    wait(&test, 1);
    assert_int_equal(escalated_since(before, others), reported);
    end(&test);
    fake.with_reports = false;
}

static void after_hours_without_power_it_goes_up_one_level(void **state)
{
    (void)state;
    struct gateway_under_test test;
    raise_one(&test);
    fake.wall_ms += 7 * 3600000;
    fake.mono_ms = 1000;
    gateway_kill_and_begin(&test);
    fake_link(true);
    wait(&test, ESCALATIONS_SETTLE_MS);
    expect(2, 1, "a", "officer-1", DEADLINE_MS);
    assert_string_equal(last().note, "not acknowledged in 7 h: escalated to a (officer-1)");
    end(&test);
}

static void nothing_goes_up_while_the_broker_is_away(void **state)
{
    (void)state;
    struct gateway_under_test test;
    raise_one(&test);
    fake_link(false);
    wait(&test, 100 * DEADLINE_MS);
    assert_int_equal(fake.outbox_count, 1);
    fake_link(true);
    wait(&test, ESCALATIONS_SETTLE_MS - 1);
    assert_int_equal(fake.outbox_count, 1);
    wait(&test, 1);
    expect(2, 1, "a", "officer-1", DEADLINE_MS);
    end(&test);
}

static void an_answer_that_waited_at_the_broker_comes_first(void **state)
{
    (void)state;
    struct gateway_under_test test;
    raise_one(&test);
    fake_link(false);
    wait(&test, 100 * DEADLINE_MS);
    fake_link(true);
    command("acknowledge");
    wait(&test, ESCALATIONS_SETTLE_MS);
    assert_int_equal(fake.outbox_count, 2);
    end(&test);
}

static void a_clock_that_is_set_leaves_the_time_to_answer_as_it_was(void **state)
{
    (void)state;
    static const int64_t steps_ms[] = {-30 * DEADLINE_MS, 30 * DEADLINE_MS};
    for (size_t i = 0; i < sizeof steps_ms / sizeof steps_ms[0]; i++) {
        struct gateway_under_test test;
        raise_one(&test);
        wait(&test, DEADLINE_MS / 2);
        fake.wall_ms += steps_ms[i];
        wait(&test, DEADLINE_MS / 2 - 1);
        assert_int_equal(fake.outbox_count, 1);
        /* Over a restart, too. */
        gateway_kill_and_begin(&test);
        fake_link(true);
        wait(&test, ESCALATIONS_SETTLE_MS);
        assert_int_equal(fake.outbox_count, 2);
        assert_string_equal(last().note, "not acknowledged in 1 min 4 s: escalated to a (officer-1)");
        end(&test);
    }
}

static void while_it_is_silenced_nobody_is_asked_and_then_the_time_counts_anew(void **state)
{
    (void)state;
    struct gateway_under_test test;
    raise_one(&test);
    struct hold silence = {.reason = HOLD_SILENCE,
                           .area = "a",
                           .most = SW_COLOUR_RED,
                           .since = {fake.wall_ms},
                           .until = {fake.wall_ms + 100 * DEADLINE_MS},
                           .by = "officer-1"};
    assert_int_equal(core_hold(test.gateway->core, &silence, silence.since), SW_OK);
    for (int i = 0; i < 50; i++)
        wait(&test, DEADLINE_MS);
    assert_int_equal(core_release(test.gateway->core, &silence, (struct sw_wall){fake.wall_ms}), SW_OK);
    wait(&test, 1);
    size_t told = fake.outbox_count;
    for (size_t i = 0; i < told; i++)
        assert_int_equal(fake.outbox[i].alert.state, SW_ALERT_STATE_RAISED);
    assert_int_equal(last().escalation.level, 0);
    wait(&test, DEADLINE_MS - 2);
    assert_int_equal(fake.outbox_count, told);
    wait(&test, 1);
    assert_int_equal(fake.outbox_count, told + 1);
    assert_int_equal(last().escalation.level, 1);
    end(&test);
}

static void what_is_over_waits_for_nobody_and_leaves_nothing_behind(void **state)
{
    (void)state;
    struct gateway_under_test test;
    raise_one(&test);
    assert_int_equal(stored(), 1);
    wait(&test, DEADLINE_MS);
    command("resolve");
    assert_int_equal(last().state, SW_ALERT_STATE_RESOLVED);
    assert_int_equal(last().escalation.deadline.ms, 0);
    assert_string_equal(last().escalation.responsible, "officer-1");
    assert_int_equal(stored(), 0);
    end(&test);
}

static void with_another_people_file_it_goes_on_from_where_that_has_it(void **state)
{
    (void)state;
    struct gateway_under_test test;
    raise_one(&test);
    snprintf(people[OFFICER].id, sizeof people[OFFICER].id, "officer-9");
    gateway_kill_and_begin(&test);
    fake_link(true);
    command("acknowledge");
    assert_string_equal(last().escalation.responsible, "officer-3");
    fake.duty = NULL;
    gateway_kill_and_begin(&test);
    snprintf(people[OFFICER].id, sizeof people[OFFICER].id, "officer-3");
    wait(&test, DEADLINE_MS);
    assert_int_equal(stored(), 0);
    end(&test);
}

static void without_a_people_file_nobody_is_named_and_nothing_goes_up(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    fake_link(true);
    level(600);
    wait(&test, 100 * DEADLINE_MS);
    assert_int_equal(fake.outbox_count, 1);
    assert_string_equal(last().escalation.responsible, "");
    assert_int_equal(stored(), 0);
    end(&test);
}

static void alerts_open_from_before_the_people_file_begin_with_it(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    level(600);
    fake.duty = &roster;
    gateway_kill_and_begin(&test);
    fake_link(true);
    wait(&test, DEADLINE_MS - 1);
    assert_int_equal(fake.outbox_count, 1);
    wait(&test, 1);
    expect(2, 1, "a", "officer-1", DEADLINE_MS);
    end(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unanswered_it_goes_up_and_repeats_at_the_top_until_somebody_answers),
        cmocka_unit_test(killed_before_the_commit_it_takes_the_step_again_and_after_it_does_not),
        cmocka_unit_test(what_people_reported_expires_although_it_goes_up),
        cmocka_unit_test(of_many_that_are_due_the_worst_go_up_first_and_the_rest_with_the_next_ticks),
        cmocka_unit_test(after_hours_without_power_it_goes_up_one_level),
        cmocka_unit_test(nothing_goes_up_while_the_broker_is_away),
        cmocka_unit_test(an_answer_that_waited_at_the_broker_comes_first),
        cmocka_unit_test(a_clock_that_is_set_leaves_the_time_to_answer_as_it_was),
        cmocka_unit_test(while_it_is_silenced_nobody_is_asked_and_then_the_time_counts_anew),
        cmocka_unit_test(what_is_over_waits_for_nobody_and_leaves_nothing_behind),
        cmocka_unit_test(with_another_people_file_it_goes_on_from_where_that_has_it),
        cmocka_unit_test(without_a_people_file_nobody_is_named_and_nothing_goes_up),
        cmocka_unit_test(alerts_open_from_before_the_people_file_begin_with_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
