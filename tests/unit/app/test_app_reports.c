/* What workers and citizens report: which alert it confirms, which it opens, what is stored, published and answered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/gateway_state.h"
#include "app/status.h"
#include "stillwater/error.h"
#include "unit/app/fake_ports.h"

/* site-1 is at 31 N, 121 E; a degree of latitude is 111 km. */
#define AT_SITE   "31.0", "121.0"
#define NEAR_SITE "31.002", "121.0"
#define FAR       "31.1", "121.0"

static struct gateway_under_test test;

static int begin(void **state)
{
    (void)state;
    fake.with_reports = true;
    gateway_begin(&test);
    return 0;
}

static int end(void **state)
{
    (void)state;
    gateway_end(&test);
    fake.with_reports = false;
    return 0;
}

static void commit(void)
{
    while (fake.committing)
        fake_commit_done(SW_OK);
}

static void report(const char *source, const char *who, const char *by, const char *id, const char *kind,
                   const char *latitude, const char *longitude, const char *rest)
{
    char time[MESSAGE_TIME_SIZE], payload[1024];
    message_time_format(sw_wall_from_ms(fake.wall_ms), time);
    snprintf(payload, sizeof payload,
             "{\"schema\":\"stillwater.report/1\",\"id\":\"%s\",\"source\":\"%s\",\"kind\":\"%s\",\"time\":\"%s\","
             "\"place\":{\"latitude\":%s,\"longitude\":%s,\"grid\":\"c/n/1\"},\"by\":\"%s\"%s}",
             id, source, kind, time, latitude, longitude, by, rest);
    fake_report(source, who, payload);
    commit();
}

/* Not of this gateway's area. */
static void citizen_elsewhere(const char *id, const char *kind, const char *latitude, int64_t ahead_ms)
{
    char time[MESSAGE_TIME_SIZE], payload[1024];
    message_time_format(sw_wall_from_ms(fake.wall_ms + ahead_ms), time);
    snprintf(payload, sizeof payload,
             "{\"schema\":\"stillwater.report/1\",\"id\":\"%s\",\"source\":\"citizen\",\"kind\":\"%s\",\"time\":\"%s\","
             "\"place\":{\"latitude\":%s,\"longitude\":121.0},\"by\":\"c-9\"}",
             id, kind, time, latitude);
    fake_report("citizen", "portal-1", payload);
    commit();
}

static void worker(const char *id, const char *kind, const char *latitude, const char *longitude, const char *rest)
{
    report("worker", "worker-7", "worker-7", id, kind, latitude, longitude, rest);
}

static void citizen(const char *by, const char *id, const char *kind, const char *latitude, const char *longitude)
{
    report("citizen", "portal-1", by, id, kind, latitude, longitude, ",\"text\":\"SECRET\"");
}

static void water(int32_t wire_steps)
{
    struct field_bus_sample sample = {.count = 1, .time = {fake.wall_ms}};
    sample.values[0] = (struct sw_point_value){.kind = SW_READING_LEVEL, .value = wire_steps};
    fake.bus.sample(fake.bus.ctx, &sample);
    fake_advance(&test, 1000);
    commit();
}

static const struct message_command_answer *answer(void)
{
    assert_true(fake.reply_count > 0);
    return &fake.replies[fake.reply_count - 1].answer;
}

static const struct fake_outbox_row *last(void)
{
    assert_true(fake.outbox_count > 0);
    return &fake.outbox[fake.outbox_count - 1];
}

static void assert_says(const struct fake_outbox_row *row, const char *part)
{
    if (!strstr(row->payload, part)) fail_msg("no %s in %s", part, row->payload);
}

static uint64_t counter(const char *name)
{
    char wanted[64];
    char *body = status_encode(test.gateway, MESSAGE_STATUS_ONLINE);
    snprintf(wanted, sizeof wanted, "\"%s\":", name);
    const char *at = strstr(body, wanted);
    if (!at) fail_msg("no %s in %s", wanted, body);
    uint64_t value = strtoull(at + strlen(wanted), NULL, 10);
    free(body);
    return value;
}

static void a_citizen_elsewhere_cannot_tell_by_the_answer_whether_there_is_an_alert(void **state)
{
    (void)state;
    water(6000);
    citizen_elsewhere("r-1", "flood", "31.1", 0);
    assert_int_equal(counter("reports_elsewhere"), 1);
    citizen_elsewhere("r-2", "flood", "31.002", 0);
    citizen_elsewhere("r-2", "flood", "31.002", 0);
    citizen_elsewhere("r-3", "flood", "31.002", 3600000);
    assert_int_equal(counter("reports_confirming"), 1);
    assert_int_equal(counter("reports_repeated"), 1);
    assert_int_equal(counter("reports_refused"), 1);
    assert_int_equal(fake.reply_count, 0);
}

static void a_worker_confirms_a_sensors_alert(void **state)
{
    (void)state;
    water(6000);
    size_t before = fake.outbox_count;
    char id[SW_ALERT_ID_SIZE];
    snprintf(id, sizeof id, "%s", last()->alert.id);
    worker("r-1", "flood", NEAR_SITE, ",\"text\":\"knee-deep\"");
    assert_int_equal(fake.outbox_count, before + 1);
    assert_string_equal(last()->alert.id, id);
    assert_int_equal(last()->alert.revision, 2);
    assert_string_equal(last()->alert.actor, "worker-7");
    assert_string_equal(last()->alert.note, "knee-deep");
    assert_says(last(), "\"certainty\":\"Observed\"");
    assert_says(last(), "\"reports\":{\"workers\":1,\"citizens\":0,\"sensors\":0,\"disagree\":0,");
    assert_says(last(), "\"told\":\"flood\"");
    assert_true(answer()->accepted);
    assert_string_equal(answer()->alert_id, id);
    assert_int_equal(answer()->revision, 2);
    assert_string_equal(answer()->text, "confirms");
    assert_string_equal(fake.reports[0].alert_id, id);
    assert_int_equal(counter("reports_confirming"), 1);

    worker("r-2", "all_clear", AT_SITE, "");
    assert_int_equal(last()->alert.revision, 3);
    assert_true(sw_alert_state_is_open(last()->alert.state));
    assert_says(last(), "\"workers\":0,\"citizens\":0,\"sensors\":0,\"disagree\":1,");
    assert_says(last(), "\"told\":\"all_clear\"");
    assert_string_equal(answer()->text, "speaks against");
}

static void what_fits_no_alert_opens_one(void **state)
{
    (void)state;
    citizen("c-1", "r-1", "flood", FAR);
    assert_int_equal(fake.outbox_count, 1);
    assert_int_equal(last()->alert.kind, SW_ALERT_KIND_REPORTED);
    assert_int_equal(last()->alert.colour, SW_COLOUR_YELLOW);
    assert_string_equal(last()->alert.actor, "portal-1");
    assert_string_equal(last()->alert.subject, "reported-1");
    assert_says(last(), "\"place\":{\"latitude\":31.1,\"longitude\":121.0,\"grid\":\"c/n/1\"}");
    assert_says(last(), "\"certainty\":\"Possible\"");
    assert_says(last(), "\"rule\":\"reported_flood\"");
    assert_true(answer()->accepted);
    assert_string_equal(answer()->text, "taken");
    assert_string_equal(answer()->alert_id, "");
    assert_int_equal(counter("reports_opening"), 1);

    citizen("c-2", "r-2", "flood", FAR);
    assert_int_equal(fake.outbox_count, 2);
    assert_int_equal(last()->alert.revision, 2);
    assert_int_equal(last()->alert.colour, SW_COLOUR_ORANGE);
    assert_says(last(), "\"certainty\":\"Likely\"");
    worker("r-3", "flood", FAR, ",\"colour\":\"red\"");
    assert_int_equal(last()->alert.colour, SW_COLOUR_RED);
    /* Another kind of thing at the same place is another alert. */
    worker("r-4", "leak", FAR, "");
    assert_int_equal(last()->alert.revision, 1);
    assert_string_equal(last()->alert.subject, "reported-2");
    assert_string_equal(answer()->text, "opens");
}

static void a_sensor_that_comes_later_is_linked(void **state)
{
    (void)state;
    citizen("c-1", "r-1", "flood", NEAR_SITE);
    char id[SW_ALERT_ID_SIZE];
    snprintf(id, sizeof id, "%s", last()->alert.id);
    water(6000);
    fake_advance(&test, 1000);
    commit();
    assert_string_equal(last()->alert.id, id);
    assert_int_equal(last()->alert.colour, SW_COLOUR_ORANGE);
    assert_says(last(), "\"sensors\":1,");
    assert_string_equal(fake.reports[1].alert_id, id);
    assert_int_equal(fake.reports[1].source, SW_REPORT_SOURCE_SENSOR);
}

static void a_sensor_is_linked_although_the_gateway_was_killed_before(void **state)
{
    (void)state;
    citizen("c-1", "r-1", "flood", NEAR_SITE);
    struct field_bus_sample sample = {.count = 1, .time = {fake.wall_ms}};
    sample.values[0] = (struct sw_point_value){.kind = SW_READING_LEVEL, .value = 6000};
    fake.bus.sample(fake.bus.ctx, &sample);
    commit();
    assert_int_equal(last()->alert.kind, SW_ALERT_KIND_LEVEL);
    gateway_kill_and_begin(&test);
    fake_advance(&test, 1000);
    commit();
    assert_int_equal(last()->alert.kind, SW_ALERT_KIND_REPORTED);
    assert_says(last(), "\"sensors\":1,");
}

static void officers_act_on_it_and_nobody_s_silence_ends_it(void **state)
{
    (void)state;
    char payload[512];
    worker("r-1", "cover_open", FAR, "");
    snprintf(payload, sizeof payload,
             "{\"schema\":\"stillwater.command/1\",\"command\":\"resolve\",\"alert\":\"%s\",\"by\":\"o-1\"}",
             last()->alert.id);
    fake_command(payload);
    commit();
    assert_int_equal(last()->alert.state, SW_ALERT_STATE_RESOLVED);
    assert_says(last(), "\"reports\":{\"workers\":1,");
    assert_null(strstr(last()->payload, "\"told\":")); /* the officer's deed, and nobody's report */
    worker("r-2", "cover_open", FAR, "");
    assert_int_equal(last()->alert.revision, 1);
    assert_string_equal(last()->alert.subject, "reported-1");
    fake_advance(&test, test.config->reports.expire_ms + 1); /* of two at one time the second is a millisecond later */
    commit();
    assert_int_equal(last()->alert.state, SW_ALERT_STATE_EXPIRED);
}

static void all_of_it_survives_a_restart(void **state)
{
    (void)state;
    citizen("c-1", "r-1", "flood", FAR);
    char id[SW_ALERT_ID_SIZE];
    snprintf(id, sizeof id, "%s", last()->alert.id);
    fake_advance(&test, 11000);
    commit();
    gateway_kill_and_begin(&test);
    size_t before = fake.outbox_count;
    citizen("c-1", "r-1", "flood", FAR);
    assert_int_equal(fake.outbox_count, before);
    assert_int_equal(counter("reports_repeated"), 1);
    citizen("c-1", "r-2", "flood", FAR); /* the same person once more */
    assert_int_equal(fake.outbox_count, before);
    citizen("c-2", "r-3", "flood", FAR);
    assert_string_equal(last()->alert.id, id);
    assert_int_equal(last()->alert.revision, 2);
    assert_int_equal(last()->alert.colour, SW_COLOUR_ORANGE);
    assert_says(last(), "\"citizens\":2,");
    assert_says(last(), "\"latitude\":31.1,");
}

static enum sw_colour colour_of(const char *area)
{
    enum sw_colour colour = SW_COLOUR_COUNT;
    fake_advance(&test, 1000);
    (void)fake_areas_taken();
    for (size_t i = 0; i < fake.area_count; i++)
        if (strcmp(fake.areas[i].area.area, area) == 0) colour = fake.areas[i].area.colour;
    return colour;
}

static void it_colours_its_area_and_leaves_with_its_alert(void **state)
{
    (void)state;
    fake_link(true);
    assert_int_equal(colour_of("c/n"), SW_COLOUR_GREEN);
    worker("r-1", "person_needs_help", FAR, ",\"colour\":\"red\"");
    assert_int_equal(colour_of("c/n"), SW_COLOUR_GREEN); /* nobody is to be found by the map */
    worker("r-2", "flood", FAR, ",\"colour\":\"orange\"");
    assert_int_equal(colour_of("c/n"), SW_COLOUR_ORANGE); /* c/n/1 has no sensor */
    assert_int_equal(colour_of("c"), SW_COLOUR_ORANGE);
    fake_advance(&test, test.config->reports.expire_ms);
    commit();
    assert_int_equal(colour_of("c/n"), SW_COLOUR_GREEN);
}

static void floods_near_one_another_are_an_incident(void **state)
{
    (void)state;
    worker("r-1", "leak", "31.1", "121.0", "");
    worker("r-2", "flood", "31.1", "121.0", "");
    assert_null(strstr(last()->payload, "\"incident\":"));
    worker("r-3", "flood", "31.104", "121.0", ""); /* out of reach of the first, near it as incidents go */
    assert_string_equal(last()->alert.subject, "reported-3");
    assert_says(last(), "\"incident\":\"g.incident.reported-2.");
    /* What was there belongs to the incident while that lasts: its place is not lent anew. */
    fake_advance(&test, test.config->reports.expire_ms);
    commit();
    worker("r-4", "cover_open", "31.5", "121.0", "");
    assert_string_equal(last()->alert.subject, "reported-1");
    assert_null(strstr(last()->payload, "\"incident\":"));
}

static void a_silence_of_its_area_holds_it_back(void **state)
{
    (void)state;
    struct hold silence = {
        .reason = HOLD_SILENCE, .area = "c/n", .most = SW_COLOUR_RED, .until = {fake.wall_ms + 7200000}, .by = "o-1"};
    worker("r-0", "sensor_fault", "31.9", "121.0", ""); /* an area that nothing lies in cannot be silenced */
    size_t before = fake.outbox_count;
    assert_int_equal(core_hold(test.gateway->core, &silence, (struct sw_wall){fake.wall_ms}), SW_OK);
    worker("r-1", "flood", FAR, "");
    assert_int_equal(fake.outbox_count, before);
    assert_string_equal(answer()->text, "is held back by a silence");
    assert_string_equal(answer()->alert_id, "");
    worker("r-2", "leak", "31.5", "121.0", ""); /* it is lent, though nobody has heard of it */
    citizen("c-1", "r-3", "flood", FAR);
    assert_int_equal(fake.outbox_count, before);
    fake_advance(&test, 11000);
    commit();
    gateway_kill_and_begin(&test);
    before = fake.outbox_count;
    assert_int_equal(core_release(test.gateway->core, &silence, (struct sw_wall){fake.wall_ms}), SW_OK);
    fake_advance(&test, 1000);
    commit();
    assert_int_equal(fake.outbox_count, before + 3); /* the one that was open before is told of it */
    const struct fake_outbox_row *flood = &fake.outbox[before + 1];
    assert_string_equal(flood->alert.note, "was held back, silenced by o-1");
    assert_says(flood, "\"reports\":{\"workers\":1,\"citizens\":1,");
    assert_says(flood, "\"latitude\":31.1,");
}

static void a_troll_is_bounded_and_counted(void **state)
{
    (void)state;
    char by[32], id[32], latitude[32], payload[512];
    for (int i = 0; i < 200; i++) {
        snprintf(by, sizeof by, "c-%d", i / 10);
        snprintf(id, sizeof id, "r-%d", i);
        snprintf(latitude, sizeof latitude, "%.2f", 40 + (double)i / 10);
        citizen(by, id, "flood", latitude, "121.0");
    }
    /* Of each person six an hour, of the portal 120; of places there are 32. */
    assert_int_equal(fake.outbox_count, REPORTED_PLACES_MAX);
    for (size_t i = 0; i < fake.outbox_count; i++)
        assert_int_equal(fake.outbox[i].alert.colour, SW_COLOUR_YELLOW);
    assert_int_equal(counter("reports_opening"), REPORTED_PLACES_MAX);
    assert_int_equal(counter("reports_limited"), 200 - REPORTED_PLACES_MAX);
    assert_false(answer()->accepted);
    assert_string_equal(answer()->error, "NO_SPACE");
    /* What was refused was not taken: it may come again. */
    snprintf(payload, sizeof payload,
             "{\"schema\":\"stillwater.command/1\",\"command\":\"resolve\",\"alert\":\"%s\",\"by\":\"o-1\"}",
             fake.outbox[0].alert.id);
    fake_command(payload);
    commit();
    citizen(by, id, "flood", latitude, "121.0");
    assert_true(answer()->accepted);
    assert_int_equal(counter("reports_repeated"), 0);
}

static void what_a_citizen_writes_goes_into_the_store_alone(void **state)
{
    (void)state;
    water(6000);
    citizen("c-1", "r-1", "flood", NEAR_SITE);
    citizen("c-2", "r-2", "flood", FAR);
    assert_string_equal(fake.reports[0].text, "SECRET");
    assert_string_equal(fake.reports[0].portal, "portal-1");
    for (size_t i = 0; i < fake.outbox_count; i++) {
        assert_null(strstr(fake.outbox[i].payload, "SECRET"));
        assert_null(strstr(fake.outbox[i].payload, "c-1"));
    }
    for (size_t i = 0; i < fake.reply_count; i++) {
        assert_string_equal(fake.replies[i].answer.alert_id, "");
        assert_string_equal(fake.replies[i].answer.text, "taken");
    }
}

static void expect_refused(const char *source, const char *who, const char *payload, const char *text)
{
    size_t alerts = fake.outbox_count, replies = fake.reply_count;
    uint64_t refused = counter("reports_refused");
    fake_report(source, who, payload);
    assert_null(fake.committing);
    assert_int_equal(fake.outbox_count, alerts);
    assert_int_equal(fake.report_count, 0);
    assert_int_equal(fake.reply_count, replies + 1);
    assert_false(answer()->accepted);
    if (!strstr(answer()->text, text)) fail_msg("\"%s\", expected \"%s\"", answer()->text, text);
    assert_int_equal(counter("reports_refused"), refused + 1);
}

#define BODY(source, time, by, grid)                                                                                   \
    "{\"schema\":\"stillwater.report/1\",\"id\":\"r-1\",\"source\":\"" source "\",\"kind\":\"flood\",\"time\":\"" time \
    "\",\"place\":{\"latitude\":31,\"longitude\":121,\"grid\":\"" grid "\"},\"by\":\"" by "\"}"
#define NOW "2026-09-21T14:13:31.000Z"

static void every_way_to_be_wrong_is_named_and_changes_nothing(void **state)
{
    (void)state;
    static char huge[5000];
    memset(huge, 'x', sizeof huge - 1);
    expect_refused("worker", "worker-7", "water!", "line 1, column");
    expect_refused("worker", "worker-7", "[]", "found an array, expected an object");
    expect_refused("worker", "worker-7", huge, "message of 4999 bytes, expected at most 4096");
    expect_refused("worker", "worker-7", BODY("citizen", NOW, "c-1", "c/n"),
                   "source: found citizen, expected worker as the topic");
    expect_refused("worker", "worker-8", BODY("worker", NOW, "worker-7", "c/n"),
                   "by: found worker-7, expected worker-8 as the topic");
    expect_refused("worker", "worker-7", BODY("worker", NOW, "worker-7", "other/n"),
                   "place.grid: found other/n, expected a path of c");
    expect_refused("worker", "worker-7", BODY("worker", "2036-01-01T00:00:00Z", "worker-7", "c/n"),
                   "time: expected at most 5 minutes ahead");
    expect_refused("worker", "worker-7", BODY("worker", "2016-01-01T00:00:00Z", "worker-7", "c/n"),
                   "time: it is too old");
}

static void what_is_another_gateways_is_let_pass_without_a_word(void **state)
{
    (void)state;
    char time[MESSAGE_TIME_SIZE], payload[512];
    message_time_format(sw_wall_from_ms(fake.wall_ms), time);
    static const char *const grids[] = {"c/nn/1", "c/s", "c"};
    for (size_t i = 0; i < sizeof grids / sizeof grids[0]; i++) {
        snprintf(payload, sizeof payload,
                 "{\"schema\":\"stillwater.report/1\",\"id\":\"r-%zu\",\"source\":\"worker\",\"kind\":\"flood\","
                 "\"time\":\"%s\",\"place\":{\"latitude\":35,\"longitude\":121,\"grid\":\"%s\"},\"by\":\"worker-7\"}",
                 i, time, grids[i]);
        fake_report("worker", "worker-7", payload);
    }
    assert_null(fake.committing);
    assert_int_equal(fake.reply_count, 0);
    assert_int_equal(fake.report_count, 0);
    assert_int_equal(counter("reports_elsewhere"), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_worker_confirms_a_sensors_alert, begin, end),
        cmocka_unit_test_setup_teardown(a_citizen_elsewhere_cannot_tell_by_the_answer_whether_there_is_an_alert, begin,
                                        end),
        cmocka_unit_test_setup_teardown(what_fits_no_alert_opens_one, begin, end),
        cmocka_unit_test_setup_teardown(a_sensor_that_comes_later_is_linked, begin, end),
        cmocka_unit_test_setup_teardown(a_sensor_is_linked_although_the_gateway_was_killed_before, begin, end),
        cmocka_unit_test_setup_teardown(officers_act_on_it_and_nobody_s_silence_ends_it, begin, end),
        cmocka_unit_test_setup_teardown(all_of_it_survives_a_restart, begin, end),
        cmocka_unit_test_setup_teardown(it_colours_its_area_and_leaves_with_its_alert, begin, end),
        cmocka_unit_test_setup_teardown(floods_near_one_another_are_an_incident, begin, end),
        cmocka_unit_test_setup_teardown(a_silence_of_its_area_holds_it_back, begin, end),
        cmocka_unit_test_setup_teardown(a_troll_is_bounded_and_counted, begin, end),
        cmocka_unit_test_setup_teardown(what_a_citizen_writes_goes_into_the_store_alone, begin, end),
        cmocka_unit_test_setup_teardown(every_way_to_be_wrong_is_named_and_changes_nothing, begin, end),
        cmocka_unit_test_setup_teardown(what_is_another_gateways_is_let_pass_without_a_word, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
