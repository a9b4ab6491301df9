/* What is open, on its way to retained topics: after its commit, before the outbox, and gone when over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/gateway_state.h"
#include "app/states.h"
#include "stillwater/error.h"
#include "unit/app/fake_ports.h"

#define SITE "stillwater/c/g/state/site-1"
#define LINE "stillwater/c/g/state/line-1"

static void level(struct gateway_under_test *test, int32_t wire_steps)
{
    struct field_bus_sample sample = {.count = 1, .time = {fake.wall_ms}};
    sample.values[0] = (struct sw_point_value){.kind = SW_READING_LEVEL, .value = wire_steps};
    fake.bus.sample(fake.bus.ctx, &sample);
    fake_advance(test, 400000); /* longer than the off-delay */
}

static void commit(void)
{
    while (fake.committing)
        fake_commit_done(SW_OK);
}

/* Its body; "" when it was taken away, NULL when nothing was said. */
static const char *last_of(const char *topic)
{
    for (size_t i = fake.state_count; i-- > 0;)
        if (strcmp(fake.states[i].topic, topic) == 0) return fake.states[i].body;
    return NULL;
}

static void assert_says(const char *topic, const char *text)
{
    const char *body = last_of(topic);
    if (!body || !strstr(body, text)) fail_msg("%s: \"%s\" is not in %s", topic, text, body ? body : "nothing");
}

static void open_site(struct gateway_under_test *test)
{
    level(test, 100);
    commit();
    for (int i = 0; open_alerts_count(test->gateway->open) == 0 && i < 10; i++)
        level(test, 4100);
    assert_int_equal(open_alerts_count(test->gateway->open), 1);
}

static void send_resolve(void)
{
    char payload[1024];
    snprintf(
        payload, sizeof payload,
        "{\"schema\": \"stillwater.command/1\", \"command\": \"resolve\", \"alert\": \"%s\", \"by\": \"officer-1\"}",
        fake.outbox[0].alert.id);
    fake_command(payload);
}

/* Store and broker answer whatever they are asked. */
static void answer_all(void)
{
    static size_t taken;
    if (taken > fake.sent_count) taken = 0;
    while (fake.read_wanted || taken < fake.sent_count) {
        if (fake.read_wanted) fake_outbox_answer();
        while (taken < fake.sent_count)
            fake_taken(fake.sent[taken++]);
    }
    (void)fake_states_taken();
}

static void what_is_open_is_told_after_its_commit_and_taken_away_after_that_of_its_end(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    fake_link(true);
    fake_outbox_answer();
    open_site(&test);
    assert_non_null(fake.committing);
    assert_int_equal(fake.state_count, 0);
    fake_commit_done(SW_ERROR_STORE_FULL);
    assert_int_equal(fake.state_count, 0);
    fake_advance(&test, 1000);
    commit();
    answer_all();
    assert_says(SITE, "\"schema\":\"stillwater.state/1\",\"city\":\"c\",\"gateway\":\"g\",\"subject\":\"site-1\"");
    assert_says(SITE, "\"kind\":\"level\",\"state\":\"raised\",\"colour\":\"red\"");
    assert_says(SITE, fake.outbox[0].alert.id);
    assert_says(SITE, "Site site-1: water level in the red band");

    size_t before = fake.state_count;
    send_resolve();
    answer_all();
    assert_int_equal(fake.state_count, before);
    commit();
    answer_all();
    assert_string_equal(last_of(SITE), "");
    gateway_end(&test);
}

static void after_a_connect_the_worst_is_told_first_and_then_alerts_go(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    level(&test, 100);
    commit();
    /* A yellow alert first, then the red one. */
    fake.bus.line_link(fake.bus.ctx, 0, false, "the port has gone");
    while (open_alerts_count(test.gateway->open) == 0) {
        fake_advance(&test, 1000);
        commit();
    }
    level(&test, 4100);
    level(&test, 4100);
    commit();
    assert_int_equal(open_alerts_count(test.gateway->open), 2);
    fake_link(true);
    assert_int_equal(fake.state_count, 1);
    assert_string_equal(fake.states[0].topic, SITE);
    assert_false(fake.read_wanted);
    fake_state_done(true);
    assert_int_equal(fake.state_count, 2);
    assert_string_equal(fake.states[1].topic, LINE);
    assert_says(LINE, "\"colour\":\"yellow\"");
    assert_true(fake.read_wanted);
    gateway_end(&test);
}

static void what_the_broker_still_holds_and_is_over_is_taken_away(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    open_site(&test);
    commit();
    fake_link(true);
    fake.publisher.retained_kept(fake.publisher.ctx, PUBLISHER_STATES, SITE);
    fake.publisher.retained_kept(fake.publisher.ctx, PUBLISHER_STATES, LINE);
    fake.publisher.retained_kept(fake.publisher.ctx, PUBLISHER_STATES, "stillwater/c/g/state/gone");
    fake.publisher.retained_kept(fake.publisher.ctx, PUBLISHER_STATES, "stillwater/c/other/state/gone");
    fake_advance(&test, 1000);
    answer_all();
    assert_says(SITE, "\"colour\":\"red\"");
    assert_string_equal(last_of(LINE), "");
    assert_string_equal(last_of("stillwater/c/g/state/gone"), "");
    assert_null(last_of("stillwater/c/other/state/gone"));

    /* After a restart it says the same, headline and all, and says it although nothing has happened since. */
    char before[sizeof fake.states[0].body];
    snprintf(before, sizeof before, "%s", strstr(last_of(SITE), "\"alerts\""));
    gateway_kill_and_begin(&test);
    fake_link(true);
    assert_says(SITE, before);
    gateway_end(&test);
}

/* The states' first message of the connection stays unanswered, and there is a second one. */
static void alerts_do_not_wait_for_ever(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    open_site(&test);
    commit();
    fake_link(true);
    fake.publisher.retained_kept(fake.publisher.ctx, PUBLISHER_STATES, LINE);
    fake_link(false);
    fake_link(true);
    assert_int_equal(fake.state_count, 1);
    fake.read_wanted = false; /* that of the first connection, which found nothing */
    fake.store.outbox(fake.store.ctx, NULL, 0);
    assert_false(fake.read_wanted);
    fake_advance(&test, STATES_FIRST_MS - 1000);
    assert_false(fake.read_wanted);
    fake_advance(&test, 1000);
    assert_true(fake.read_wanted);
    gateway_end(&test);
}

static void a_broker_that_permits_no_states_gets_the_alerts(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    open_site(&test);
    commit();
    fake_link(true);
    fake.publisher.retained_kept(fake.publisher.ctx, PUBLISHER_STATES, LINE);
    fake_state_done(false);
    assert_true(fake.read_wanted);
    answer_all();
    assert_true(fake.sent_count > 0);
    assert_int_equal(fake.state_count, 1);
    fake_advance(&test, 40000);
    assert_string_equal(fake.status.trouble, "states are not published: the broker does not permit them");
    gateway_end(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_open_is_told_after_its_commit_and_taken_away_after_that_of_its_end),
        cmocka_unit_test(after_a_connect_the_worst_is_told_first_and_then_alerts_go),
        cmocka_unit_test(what_the_broker_still_holds_and_is_over_is_taken_away),
        cmocka_unit_test(alerts_do_not_wait_for_ever),
        cmocka_unit_test(a_broker_that_permits_no_states_gets_the_alerts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
