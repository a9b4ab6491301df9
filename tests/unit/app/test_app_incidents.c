/* Alerts that are near one another: named in each of them, over a restart and until all is over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stillwater/error.h"
#include "unit/app/fake_ports.h"

/* The first two are in a; the third is not. */
enum site { SITE_1, SITE_2, SITE_3 };

static void settle(struct gateway_under_test *test)
{
    fake_advance(test, 1000);
    while (fake.committing)
        fake_commit_done(SW_OK);
}

static void level(struct gateway_under_test *test, enum site site, int32_t mm)
{
    struct field_bus_sample sample = {.device = (uint32_t)site, .count = 1, .time = {fake.wall_ms}};
    sample.values[0] = (struct sw_point_value){.kind = SW_READING_LEVEL, .value = 10 * mm};
    fake.bus.sample(fake.bus.ctx, &sample);
    settle(test);
}

/* At two sites the water falls as water does, and stays low. */
static void fall(struct gateway_under_test *test, int minutes)
{
    for (int i = 1; i <= minutes; i++) {
        fake_advance(test, 58000);
        level(test, SITE_1, 120 - 5 * i > 10 ? 120 - 5 * i : 10 + i % 2);
        level(test, SITE_2, 120 - 5 * i > 10 ? 120 - 5 * i : 10 + i % 2);
    }
}

/* The last revision of a site's level alert, as it is published. */
static struct message_alert_summary last_of(const char *subject)
{
    struct message_alert_summary alert = {.revision = 0};
    char text[256];
    for (size_t i = 0; i < fake.outbox_count; i++)
        if (fake.outbox[i].alert.kind == SW_ALERT_KIND_LEVEL && strcmp(fake.outbox[i].alert.subject, subject) == 0)
            assert_int_equal(
                message_alert_decode(fake.outbox[i].payload, strlen(fake.outbox[i].payload), &alert, text, sizeof text),
                SW_OK);
    assert_int_not_equal(alert.revision, 0);
    return alert;
}

static void begin(struct gateway_under_test *test)
{
    gateway_begin_with_more_devices(test);
    for (int site = SITE_1; site <= SITE_3; site++)
        level(test, (enum site)site, 10);
}

static void what_is_near_is_named_as_one(void **state)
{
    (void)state;
    struct gateway_under_test test;
    begin(&test);
    level(&test, SITE_1, 120);
    level(&test, SITE_3, 120);
    level(&test, SITE_2, 120);
    assert_string_equal(last_of("site-1").incident, ""); /* alone when it was raised */
    assert_string_equal(last_of("site-3").incident, "");
    char incident[SW_ALERT_ID_SIZE];
    struct message_alert_summary second = last_of("site-2");
    snprintf(incident, sizeof incident, "%s", second.incident);
    assert_int_equal(strncmp(incident, "g.incident.site-1.2026", 22), 0);
    level(&test, SITE_1, 300);
    assert_string_equal(last_of("site-1").incident, incident);
    gateway_end(&test);
}

static void a_restart_does_not_part_them(void **state)
{
    (void)state;
    struct gateway_under_test test;
    char incident[SW_ALERT_ID_SIZE];
    begin(&test);
    level(&test, SITE_1, 120);
    gateway_kill_and_begin(&test);
    level(&test, SITE_2, 120);
    struct message_alert_summary second = last_of("site-2");
    snprintf(incident, sizeof incident, "%s", second.incident);
    assert_string_not_equal(incident, "");
    gateway_kill_and_begin(&test);
    level(&test, SITE_1, 300);
    assert_string_equal(last_of("site-1").incident, incident);
    gateway_end(&test);
}

static size_t parts_kept(void)
{
    size_t count = 0;
    for (size_t i = 0; i < fake.snapshot_count; i++)
        count += fake.snapshots[i].domain == STORE_SNAPSHOT_INCIDENT;
    return count;
}

static void it_ends_when_all_is_over(void **state)
{
    (void)state;
    struct gateway_under_test test;
    char incident[SW_ALERT_ID_SIZE];
    begin(&test);
    assert_int_equal(parts_kept(), 0);
    level(&test, SITE_1, 120);
    level(&test, SITE_2, 120);
    struct message_alert_summary second = last_of("site-2");
    snprintf(incident, sizeof incident, "%s", second.incident);
    assert_int_equal(parts_kept(), 2);
    fall(&test, 35);
    assert_int_equal(last_of("site-2").state, SW_ALERT_STATE_CLEARED);
    level(&test, SITE_2, 120); /* within the off-delay it is the same flood */
    assert_string_equal(last_of("site-2").incident, incident);
    assert_int_equal(last_of("site-2").state, SW_ALERT_STATE_RAISED);
    fall(&test, 60);
    assert_int_equal(parts_kept(), 0);
    level(&test, SITE_1, 120);
    level(&test, SITE_2, 120);
    assert_string_not_equal(last_of("site-2").incident, "");
    assert_string_not_equal(last_of("site-2").incident, incident);
    gateway_end(&test);
}

/* ---- the message ---- */

static const struct fake_incident *last_told(void)
{
    assert_true(fake.incident_count > 0);
    return &fake.incidents[fake.incident_count - 1];
}

static void it_is_told_with_its_members_and_taken_away_when_over(void **state)
{
    (void)state;
    struct gateway_under_test test;
    begin(&test);
    fake_link(true);
    level(&test, SITE_1, 120);
    settle(&test);
    assert_int_equal(fake.incident_count, 0); /* one alone is none */
    level(&test, SITE_2, 300);
    settle(&test);
    settle(&test);
    assert_int_equal(fake_incidents_taken(), 1);
    const struct message_incident *told = &last_told()->incident;
    assert_int_equal(strncmp(last_told()->topic, "stillwater/c/g/incident/g.incident.site-1.2026", 46), 0);
    assert_int_equal(told->state, MESSAGE_INCIDENT_OPEN);
    assert_int_equal(told->revision, 1);
    assert_int_equal(told->colour, SW_COLOUR_ORANGE);
    assert_int_equal(told->open, 2);
    assert_int_equal(told->unacknowledged, 2);
    assert_string_equal(told->area, "a");
    assert_int_equal(told->member_count, 2);
    assert_string_equal(told->members[0].subject, "site-2"); /* the worst first */
    assert_string_equal(told->members[1].subject, "site-1");
    assert_string_equal(last_of("site-2").incident, told->id);

    fake_link(false);
    fake_link(true);
    assert_int_equal(fake_incidents_taken(), 1); /* once more for a broker that may have forgotten */
    assert_int_equal(last_told()->incident.revision, 1);

    fall(&test, 75);
    for (int i = 0; i < 4; i++) {
        (void)fake_incidents_taken();
        settle(&test);
    }
    assert_true(fake.incident_count >= 3);
    assert_int_equal(fake.incidents[fake.incident_count - 2].incident.state, MESSAGE_INCIDENT_OVER);
    assert_true(last_told()->is_empty);
    gateway_end(&test);
}

static void nothing_is_told_that_is_not_stored(void **state)
{
    (void)state;
    struct gateway_under_test test;
    begin(&test);
    fake_link(true);
    level(&test, SITE_1, 120);
    struct field_bus_sample sample = {.device = SITE_2, .count = 1, .time = {fake.wall_ms}};
    sample.values[0] = (struct sw_point_value){.kind = SW_READING_LEVEL, .value = 1200};
    fake.bus.sample(fake.bus.ctx, &sample);
    fake_advance(&test, 1000);
    fake_advance(&test, 1000);
    assert_non_null(fake.committing);
    assert_int_equal(fake.incident_count, 0);
    settle(&test);
    settle(&test);
    assert_int_equal(fake.incident_count, 1);
    gateway_end(&test);
}

static void what_the_broker_holds_of_before_is_taken_away(void **state)
{
    (void)state;
    struct gateway_under_test test;
    begin(&test);
    fake_link(true);
    fake.publisher.retained_kept(fake.publisher.ctx, PUBLISHER_INCIDENTS,
                                 "stillwater/c/g/incident/g.incident.site-1.20200101T000000000Z");
    settle(&test);
    assert_int_equal(fake_incidents_taken(), 1);
    assert_true(last_told()->is_empty);
    assert_string_equal(last_told()->topic, "stillwater/c/g/incident/g.incident.site-1.20200101T000000000Z");
    gateway_end(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_near_is_named_as_one),
        cmocka_unit_test(a_restart_does_not_part_them),
        cmocka_unit_test(it_ends_when_all_is_over),
        cmocka_unit_test(it_is_told_with_its_members_and_taken_away_when_over),
        cmocka_unit_test(nothing_is_told_that_is_not_stored),
        cmocka_unit_test(what_the_broker_holds_of_before_is_taken_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
