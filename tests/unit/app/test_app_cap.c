/* CAP beside the alerts: before each, once, and never in its way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/cap.h"
#include "unit/app/fake_ports.h"

/* A gateway with two drills stored and no link yet. */
static void begin(struct gateway_under_test *test, bool cap)
{
    static const char command[] = "{\"schema\":\"stillwater.command/1\",\"command\":\"drill\",\"by\":\"o-1\","
                                  "\"subject\":\"%s\",\"kind\":\"%s\",\"colour\":\"red\"}";
    char payload[256];
    gateway_begin(test);
    test->config->mqtt.cap = cap;
    snprintf(payload, sizeof payload, command, "site-1", "level");
    fake_command(payload);
    snprintf(payload, sizeof payload, command, "home-1", "leak");
    fake_command(payload);
    while (fake.committing)
        fake_commit_done(SW_OK);
    assert_int_equal(fake.outbox_count, 2);
}

static void pump(void)
{
    (void)fake_states_taken();
    while (fake.read_wanted)
        fake_outbox_answer();
}

static void cap_done(bool taken)
{
    fake.publisher.cap_done(fake.publisher.ctx, taken);
    pump();
}

static void each_alert_goes_behind_its_cap(void **state)
{
    (void)state;
    struct gateway_under_test test;
    begin(&test, true);
    fake_link(true);
    pump();
    /* The first shows whether the broker permits any; the others wait for that. */
    assert_int_equal(fake.cap_count, 1);
    assert_int_equal(fake.sent_count, 1);
    assert_int_equal(fake.caps[0].alerts_before, 0);
    cap_done(true);
    fake_advance(&test, 1000);
    pump();
    assert_int_equal(fake.cap_count, 2);
    assert_int_equal(fake.sent_count, 2);
    assert_int_equal(fake.caps[1].alerts_before, 1);
    assert_non_null(strstr(fake.caps[0].topic, "stillwater/c/g/cap/g.level.site-1."));
    assert_non_null(strstr(fake.caps[0].body, "<status>Exercise</status>"));
    assert_non_null(strstr(fake.caps[1].body, "<msgType>Alert</msgType>"));
    gateway_end(&test);
}

static void without_the_setting_there_is_none(void **state)
{
    (void)state;
    struct gateway_under_test test;
    begin(&test, false);
    fake_link(true);
    pump();
    assert_int_equal(fake.cap_count, 0);
    assert_int_equal(fake.sent_count, 2);
    gateway_end(&test);
}

static void a_broker_that_does_not_permit_it_gets_the_alerts(void **state)
{
    (void)state;
    struct gateway_under_test test;
    begin(&test, true);
    fake_link(true);
    pump();
    cap_done(false);
    fake_advance(&test, 1000);
    pump();
    assert_int_equal(fake.cap_count, 1);
    assert_int_equal(fake.sent_count, 2);
    assert_string_not_equal(cap_trouble(test.gateway), "");
    gateway_end(&test);
}

static void a_broker_that_closes_the_connection_over_it_gets_the_alerts(void **state)
{
    (void)state;
    struct gateway_under_test test;
    begin(&test, true);
    for (int i = 0; i < 3; i++) {
        fake_link(true);
        pump();
        assert_int_equal(fake.cap_count, i + 1);
        fake_link(false);
        fake_advance(&test, 1000);
    }
    fake_link(true);
    pump();
    assert_int_equal(fake.cap_count, 3);
    assert_int_equal(fake.sent_count, 3 + 2);
    gateway_end(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_alert_goes_behind_its_cap),
        cmocka_unit_test(without_the_setting_there_is_none),
        cmocka_unit_test(a_broker_that_does_not_permit_it_gets_the_alerts),
        cmocka_unit_test(a_broker_that_closes_the_connection_over_it_gets_the_alerts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
