/* Another configuration while the gateway runs: what goes on, what begins, what ends, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "app/gateway_state.h"
#include "app/journal.h"
#include "stillwater/error.h"
#include "unit/app/fake_ports.h"

#define HEAD                                                                                                           \
    "schema: stillwater.gateway/1\ncity: c\ngateway: g\nstore: {path: s}\nmqtt: {host: h, inflight: 3, done_on: "      \
    "puback}\n"
#define SUBJECTS                                                                                                       \
    "subjects: [{id: home-1}, {id: home-2, home_assistant: on}, {id: site-1, place: {grid: a/b}},"                     \
    " {id: site-2, place: {grid: a/c}}, {id: site-3, place: {grid: d/e}}]\n"
#define LINE      "lines:\n  - id: line-1\n    port: p\n"
#define NODE_1    "      - {id: node-1, unit_id: 1, slots: [{slot: 0, profile: xintai, unit_id: 1, subject: home-1}]}\n"
#define NODE_2    "      - {id: node-2, unit_id: 2, slots: [{slot: 0, profile: xintai, unit_id: 1, subject: home-2}]}\n"
#define DEVICE(n) "      - {id: dev-" #n ", unit_id: 1" #n ", profile: geolux-lx80, subject: site-" #n "}\n"

/* What the gateway under test starts with. */
#define AS_BEFORE HEAD SUBJECTS LINE "    nodes:\n" NODE_1 NODE_2 "    devices:\n" DEVICE(1)
/* All of it has other places, and there is a second device, of another line that comes first. */
#define MORE                                                                                                           \
    HEAD SUBJECTS "lines:\n  - id: line-0\n    port: q\n    devices:\n" DEVICE(2) "  - id: line-1\n    port: p\n"      \
                                                                                  "    nodes:\n" NODE_2 NODE_1         \
                                                                                  "    devices:\n" DEVICE(1)
#define WITHOUT_DEVICE HEAD SUBJECTS LINE "    nodes:\n" NODE_1 NODE_2
#define COMMAND                                                                                                        \
    "{\"schema\":\"stillwater.command/1\",\"command\":\"reload\",\"by\":\"officer-1\",\"note\":\"new site\"}"

struct reload_test {
    struct gateway_under_test gateway;
    char file[40];
    bool replaced;
};

static void on_replaced(void *ctx)
{
    *(bool *)ctx = true;
}

static void write_file(const struct reload_test *test, const char *text)
{
    FILE *stream = fopen(test->file, "w");
    assert_non_null(stream);
    assert_true(fputs(text, stream) >= 0);
    assert_int_equal(fclose(stream), 0);
}

static void begin(struct reload_test *test)
{
    gateway_begin(&test->gateway);
    fake_link(true);
    strcpy(test->file, "/tmp/stillwater-reload-XXXXXX");
    int descriptor = mkstemp(test->file);
    assert_true(descriptor >= 0);
    close(descriptor);
    write_file(test, AS_BEFORE);
    test->replaced = false;
    gateway_reload_from(test->gateway.gateway, test->file, on_replaced, &test->replaced);
}

static void end(struct reload_test *test)
{
    gateway_end(&test->gateway);
    unlink(test->file);
}

static void run_to_end(struct reload_test *test)
{
    while (test->gateway.gateway->reload.under_way)
        (void)uv_run(&test->gateway.loop, UV_RUN_ONCE);
}

static void reload(struct reload_test *test, const char *text)
{
    write_file(test, text);
    gateway_reload(test->gateway.gateway, "SIGHUP");
    run_to_end(test);
}

static void commit_all(struct reload_test *test)
{
    fake_advance(&test->gateway, 1000);
    while (fake.committing)
        fake_commit_done(SW_OK);
}

static void say_level(uint32_t line, uint32_t device, int32_t mm)
{
    struct field_bus_sample sample = {.line = line, .device = device, .count = 1, .time = {fake.wall_ms}};
    sample.values[0] = (struct sw_point_value){.kind = SW_READING_LEVEL, .value = 10 * mm};
    fake.bus.sample(fake.bus.ctx, &sample);
}

static const struct fake_outbox_row *last_row(void)
{
    assert_true(fake.outbox_count > 0);
    return &fake.outbox[fake.outbox_count - 1];
}

/* ---- refused ---- */

static void expect_nothing_has_changed(struct reload_test *test, const struct core *core)
{
    assert_ptr_equal(test->gateway.gateway->core, core);
    assert_ptr_equal(test->gateway.gateway->config, test->gateway.config);
    assert_null(fake.bus_settled);
    say_level(0, 0, 10);
    commit_all(test);
    assert_string_equal(fake.readings[fake.reading_count - 1].subject, "site-1");
}

static void a_file_that_is_wrong_changes_nothing_and_says_where(void **state)
{
    (void)state;
    struct reload_test test;
    begin(&test);
    const struct core *core = test.gateway.gateway->core;
    write_file(&test, HEAD SUBJECTS LINE "    baud: fast\n    nodes:\n" NODE_1);
    fake_command(COMMAND);
    assert_int_equal(fake.reply_count, 0);
    run_to_end(&test);
    expect_nothing_has_changed(&test, core);
    assert_int_equal(fake.reply_count, 1);
    assert_false(fake.replies[0].answer.accepted);
    assert_string_equal(fake.replies[0].answer.error, "CONFIG");
    assert_non_null(strstr(fake.replies[0].answer.text, ":10: lines[0].baud: found fast; expected an integer"));
    assert_string_equal(fake.replies[0].response_topic, "answers/here");
    assert_int_equal(fake.replies[0].correlation, 42);
    assert_int_equal(test.gateway.gateway->counters.reloads_refused, 1);
    assert_int_equal(fake.store_command_count, 0);
    end(&test);
}

static void what_only_a_start_can_change_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *key;
    } cases[] = {{"city: c", "city: d", "city"},
                 {"gateway: g", "gateway: h", "gateway"},
                 {"{path: s}", "{path: t}", "store.path"}};
    struct reload_test test;
    char text[2048];
    begin(&test);
    const struct core *core = test.gateway.gateway->core;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *at = strstr(AS_BEFORE, cases[i].from);
        snprintf(text, sizeof text, "%.*s%s%s", (int)(at - AS_BEFORE), AS_BEFORE, cases[i].to,
                 at + strlen(cases[i].from));
        write_file(&test, text);
        fake_command(COMMAND);
        run_to_end(&test);
        assert_int_equal(fake.reply_count, i + 1);
        snprintf(text, sizeof text, "%s: another one needs a restart", cases[i].key);
        assert_string_equal(fake.replies[i].answer.text, text);
        assert_string_equal(fake.replies[i].answer.error, "NOT_PERMITTED");
    }
    expect_nothing_has_changed(&test, core);
    end(&test);
}

static void a_port_that_cannot_go_over_leaves_all_as_it_was(void **state)
{
    (void)state;
    struct reload_test test;
    begin(&test);
    const struct core *core = test.gateway.gateway->core;
    fake.publisher_error = SW_ERROR_CONFIG;
    reload(&test, MORE);
    expect_nothing_has_changed(&test, core);
    fake.publisher_error = SW_OK;
    fake.bus_error = SW_ERROR_NO_SPACE;
    reload(&test, MORE);
    expect_nothing_has_changed(&test, core);
    assert_ptr_equal(fake.publisher_config, test.gateway.config);
    assert_int_equal(test.gateway.gateway->counters.reloads_refused, 2);
    fake.bus_error = SW_OK;
    reload(&test, MORE);
    assert_ptr_equal(fake.publisher_config, fake.bus_config);
    assert_ptr_equal(test.gateway.gateway->config, fake.bus_config);
    end(&test);
}

static void a_gateway_without_a_file_says_so(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    fake_link(true);
    fake_command(COMMAND);
    assert_string_equal(fake.replies[0].answer.error, "NOT_PERMITTED");
    gateway_reload(test.gateway, "SIGHUP");
    gateway_end(&test);
}

/* ---- in force ---- */

static void who_asked_is_answered_once_it_is_stored(void **state)
{
    (void)state;
    struct reload_test test;
    begin(&test);
    char before[17];
    commit_all(&test);
    strcpy(before, fake.status.configuration.hash);
    assert_int_equal(strlen(before), 16);
    write_file(&test, MORE);
    fake_command(COMMAND);
    run_to_end(&test);
    assert_int_equal(fake.reply_count, 0);
    commit_all(&test);
    assert_int_equal(fake.reply_count, 1);
    assert_true(fake.replies[0].answer.accepted);
    assert_int_equal(fake.replies[0].correlation, 42);
    assert_int_equal(fake.store_command_count, 1);
    assert_string_equal(fake.store_commands[0].about, "g");
    assert_string_equal(fake.store_commands[0].by, "officer-1");
    assert_string_equal(fake.store_commands[0].note, "new site");
    assert_string_equal(fake.store_commands[0].text, fake.replies[0].answer.text);
    commit_all(&test);
    assert_non_null(strstr(fake.store_commands[0].text, fake.status.configuration.hash));
    assert_string_not_equal(fake.status.configuration.hash, before);
    assert_int_equal(fake.status.configuration.since.ms, fake.store_commands[0].time.ms);
    end(&test);
}

static void a_new_device_is_watched_and_the_others_go_on_under_other_numbers(void **state)
{
    (void)state;
    struct reload_test test;
    begin(&test);
    say_level(0, 0, 10);
    reload(&test, MORE);
    say_level(0, 0, 20);
    say_level(1, 0, 30);
    commit_all(&test);
    assert_int_equal(fake.reading_count, 3);
    assert_string_equal(fake.readings[0].subject, "site-1");
    assert_string_equal(fake.readings[1].subject, "site-2");
    assert_string_equal(fake.readings[2].subject, "site-1");
    uint32_t site;
    const struct core *core = test.gateway.gateway->core;
    assert_int_equal(core_find_subject(core, SUBJECT_LEVEL, "site-1", &site), SW_OK);
    assert_int_equal(core_subject_status(core, site, sw_wall_from_ms(fake.wall_ms)).readings, 2);
    end(&test);
}

static void the_configuration_before_stays_until_the_bus_lets_go(void **state)
{
    (void)state;
    struct reload_test test;
    begin(&test);
    reload(&test, MORE);
    assert_false(test.replaced);
    /* One more is wanted meanwhile, and a command has to wait. */
    write_file(&test, AS_BEFORE);
    gateway_reload(test.gateway.gateway, "SIGHUP");
    fake_command(COMMAND);
    assert_string_equal(fake.replies[0].answer.error, "BUSY");
    assert_false(test.gateway.gateway->reload.under_way);
    fake_settle();
    assert_true(test.replaced);
    test.replaced = false;
    run_to_end(&test);
    assert_int_equal(test.gateway.gateway->counters.reloads, 2);
    assert_int_equal(test.gateway.gateway->config->line_count, 1);
    fake_settle();
    assert_false(test.replaced); /* it was the gateway's own */
    end(&test);
}

static void a_delay_that_has_begun_goes_on(void **state)
{
    (void)state;
    struct reload_test test;
    begin(&test);
    reload(&test, HEAD "policy: {level: {on_delay_s: 60}}\n" SUBJECTS LINE "    devices:\n" DEVICE(1));
    fake_settle();
    int64_t onset_ms = fake.wall_ms;
    say_level(0, 0, 120);
    fake_advance(&test.gateway, 40000);
    say_level(0, 0, 120);
    commit_all(&test);
    assert_int_equal(fake.outbox_count, 0);
    reload(&test, HEAD "policy: {level: {on_delay_s: 60, bands_mm: {blue: 20, yellow: 90}}}\n" SUBJECTS LINE
                       "    devices:\n" DEVICE(1));
    fake_advance(&test.gateway, 20000);
    say_level(0, 0, 120);
    commit_all(&test);
    assert_int_equal(fake.outbox_count, 1);
    assert_int_equal(last_row()->alert.colour, SW_COLOUR_YELLOW);
    assert_int_equal(last_row()->alert.onset.ms, onset_ms);
    end(&test);
}

static void an_open_alert_goes_on(void **state)
{
    (void)state;
    struct reload_test test;
    begin(&test);
    say_level(0, 0, 120);
    commit_all(&test);
    assert_int_equal(fake.outbox_count, 1);
    char id[SW_ALERT_ID_SIZE];
    strcpy(id, last_row()->alert.id);
    reload(&test, MORE);
    commit_all(&test);
    assert_int_equal(fake.outbox_count, 1);
    const struct open_alerts *open = test.gateway.gateway->open;
    assert_int_equal(open_alerts_count(open), 1);
    assert_string_equal(open_alerts_at(open, 0)->id, id);
    assert_non_null(strstr(open_alerts_at(open, 0)->headline, "site-1"));
    say_level(1, 0, 300);
    commit_all(&test);
    assert_int_equal(fake.outbox_count, 2);
    assert_string_equal(last_row()->alert.id, id);
    assert_int_equal(last_row()->alert.revision, 2);
    end(&test);
}

static void a_higher_band_ends_the_alert(void **state)
{
    (void)state;
    struct reload_test test;
    begin(&test);
    say_level(0, 0, 60);
    commit_all(&test);
    assert_int_equal(fake.outbox_count, 1);
    reload(&test, HEAD "policy: {level: {bands_mm: {blue: off, yellow: 200}, off_delay_s: 0}}\n" SUBJECTS LINE
                       "    devices:\n" DEVICE(1));
    for (int i = 0; i < 3; i++) {
        say_level(0, 0, 60);
        commit_all(&test);
    }
    assert_int_equal(fake.outbox_count, 2);
    assert_int_equal(last_row()->alert.state, SW_ALERT_STATE_CLEARED);
    end(&test);
}

static void what_is_gone_leaves_no_alert_open_and_nothing_at_the_broker(void **state)
{
    (void)state;
    struct reload_test test;
    begin(&test);
    say_level(0, 0, 120);
    commit_all(&test);
    commit_all(&test);
    fake_states_taken();
    assert_string_equal(fake.states[0].topic, "stillwater/c/g/state/site-1");
    reload(&test, WITHOUT_DEVICE);
    commit_all(&test);
    commit_all(&test);
    fake_states_taken();
    fake_areas_taken();
    commit_all(&test);
    assert_int_equal(fake.outbox_count, 2);
    assert_int_equal(last_row()->alert.state, SW_ALERT_STATE_RESOLVED);
    assert_int_equal(last_row()->alert.revision, 2);
    assert_string_equal(last_row()->alert.actor, "configuration");
    assert_int_equal(open_alerts_count(test.gateway.gateway->open), 0);
    assert_string_equal(fake.states[fake.state_count - 1].topic, "stillwater/c/g/state/site-1");
    assert_string_equal(fake.states[fake.state_count - 1].body, "");
    bool cleared = false;
    for (size_t i = 0; i < fake.area_count; i++)
        cleared |= fake.areas[i].is_empty && strcmp(fake.areas[i].topic, "stillwater/c/g/area/a/b") == 0;
    assert_true(cleared);
    /* It comes back as it was, and what still holds is an alert of its own. */
    fake_settle();
    reload(&test, AS_BEFORE);
    uint32_t site;
    const struct core *core = test.gateway.gateway->core;
    assert_int_equal(core_find_subject(core, SUBJECT_LEVEL, "site-1", &site), SW_OK);
    assert_int_equal(core_subject_status(core, site, sw_wall_from_ms(fake.wall_ms)).readings, 1);
    say_level(0, 0, 120);
    commit_all(&test);
    assert_int_equal(fake.outbox_count, 3);
    assert_int_equal(last_row()->alert.state, SW_ALERT_STATE_RAISED);
    assert_int_equal(last_row()->alert.revision, 1);
    end(&test);
}

static uint64_t readings_of_site_1(const struct reload_test *test)
{
    uint32_t site;
    const struct core *core = test->gateway.gateway->core;
    assert_int_equal(core_find_subject(core, SUBJECT_LEVEL, "site-1", &site), SW_OK);
    return core_subject_status(core, site, sw_wall_from_ms(fake.wall_ms)).readings;
}

static void go_and_come_back(struct reload_test *test)
{
    reload(test, WITHOUT_DEVICE);
    fake_settle();
    reload(test, AS_BEFORE);
    fake_settle();
}

static void what_comes_back_before_it_is_stored_knows_what_it_knew(void **state)
{
    (void)state;
    struct reload_test test;
    begin(&test);
    say_level(0, 0, 10);
    commit_all(&test);
    journal_checkpoint(test.gateway.gateway);
    commit_all(&test);
    say_level(0, 0, 20);
    /* Its end is in the batch that is under way, */
    go_and_come_back(&test);
    assert_non_null(fake.committing);
    assert_int_equal(readings_of_site_1(&test), 2);
    /* in one that waits behind it, */
    say_level(0, 0, 30);
    go_and_come_back(&test);
    assert_int_equal(readings_of_site_1(&test), 3);
    /* and in a store that has it all. */
    commit_all(&test);
    reload(&test, WITHOUT_DEVICE);
    fake_settle();
    commit_all(&test);
    reload(&test, AS_BEFORE);
    assert_int_equal(readings_of_site_1(&test), 3);
    end(&test);
}

static void a_node_keeps_its_cursor(void **state)
{
    (void)state;
    struct reload_test test;
    begin(&test);
    struct field_bus_batch batch = batch_of(0, 4711, 1, 1, 3);
    fake_batch(&batch);
    fake_advance(&test.gateway, 1000);
    assert_non_null(fake.committing);
    reload(&test, MORE);
    /* What waited for the store is told to the node under its new number. */
    while (fake.committing)
        fake_commit_done(SW_OK);
    assert_int_equal(fake.acknowledge_count, 1);
    assert_int_equal(fake.acknowledges[0].line, 1);
    assert_int_equal(fake.acknowledges[0].node, 1);
    assert_int_equal(fake.acknowledges[0].sequence, 3);
    size_t stored = fake.reading_count;
    batch = batch_of(1, 4711, 1, 2, 4);
    batch.line = 1;
    fake_batch(&batch);
    commit_all(&test);
    assert_int_equal(fake.reading_count, stored + 1);
    assert_string_equal(fake.readings[stored].subject, "home-1");
    assert_int_equal(test.gateway.gateway->counters.records_repeated, 2);
    assert_int_equal(test.gateway.gateway->counters.records_missing, 0);
    end(&test);
}

static void write_profile(const char *path, const char *scale)
{
    FILE *stream = fopen(path, "w");
    assert_non_null(stream);
    assert_true(fprintf(stream,
                        "schema: stillwater.profile/1\nname: probe\ndescription: d\nsource: s\nfunction: 3\npoints: "
                        "[{reading: level_mm, address: 0, scale: %s, minimum: 0, maximum: 1000}]\n",
                        scale) > 0);
    assert_int_equal(fclose(stream), 0);
}

static void another_profile_under_its_name_is_another_configuration(void **state)
{
    (void)state;
    struct reload_test test;
    char folder[] = "/tmp/stillwater-profiles-XXXXXX", path[64], text[2048], before[17];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/probe.yaml", folder);
    snprintf(text, sizeof text, "%sprofiles: %s\n", AS_BEFORE, folder);
    write_profile(path, "1");
    begin(&test);
    reload(&test, text);
    commit_all(&test);
    strcpy(before, fake.status.configuration.hash);
    fake_settle();
    write_profile(path, "10");
    reload(&test, text);
    commit_all(&test);
    assert_string_not_equal(fake.status.configuration.hash, before);
    unlink(path);
    rmdir(folder);
    end(&test);
}

/* Who was asked keeps the time there is to answer; a people file that comes with a reload asks from then on. */
static void who_has_to_act_keeps_the_time_there_is(void **state)
{
    (void)state;
    struct reload_test test;
    char people[] = "/tmp/stillwater-people-XXXXXX", text[2048];
    int descriptor = mkstemp(people);
    assert_true(descriptor >= 0);
    assert_true(dprintf(descriptor, "schema: stillwater.people/1\npeople: [{id: officer-1}]\n"
                                    "areas: [{grid: c, responsible: officer-1, acknowledge_s: {yellow: 600}}]\n") > 0);
    close(descriptor);
    begin(&test);
    say_level(0, 0, 120);
    commit_all(&test);
    assert_null(test.gateway.gateway->escalations.of);
    snprintf(text, sizeof text, "%sregistry: {people: %s}\n", MORE, people);
    reload(&test, text);
    const struct open_alert *open = open_alerts_at(test.gateway.gateway->open, 0);
    struct escalation asked = test.gateway.gateway->escalations.of[open->slot];
    assert_string_equal(asked.responsible, "officer-1");
    assert_int_equal(asked.deadline.ms, fake.wall_ms + 600000);
    fake_settle();
    fake_advance(&test.gateway, 100000);
    snprintf(text, sizeof text, "%sregistry: {people: %s}\n", AS_BEFORE, people);
    reload(&test, text);
    open = open_alerts_at(test.gateway.gateway->open, 0);
    const struct escalation *still = &test.gateway.gateway->escalations.of[open->slot];
    assert_string_equal(still->responsible, "officer-1");
    assert_int_equal(still->deadline.ms, asked.deadline.ms);
    unlink(people);
    end(&test);
}

static void an_incident_goes_on(void **state)
{
    (void)state;
    struct reload_test test;
    begin(&test);
    reload(&test, MORE);
    fake_settle();
    say_level(0, 0, 120);
    say_level(1, 0, 120);
    for (int i = 0; i < 3; i++) {
        commit_all(&test);
        (void)fake_incidents_taken();
    }
    assert_int_equal(fake.incident_count, 1);
    struct message_incident before = fake.incidents[0].incident;
    assert_int_equal(before.subjects, 2);
    reload(&test, HEAD SUBJECTS LINE "    devices:\n" DEVICE(1) DEVICE(3) DEVICE(2));
    for (int i = 0; i < 15; i++) {
        commit_all(&test);
        (void)fake_incidents_taken();
    }
    assert_true(fake.incident_count > 1);
    for (size_t i = 1; i < fake.incident_count; i++) {
        assert_false(fake.incidents[i].is_empty);
        assert_string_equal(fake.incidents[i].incident.id, before.id);
        assert_int_equal(fake.incidents[i].incident.state, MESSAGE_INCIDENT_OPEN);
        assert_int_equal(fake.incidents[i].incident.subjects, 2);
        assert_int_equal(fake.incidents[i].incident.revision, before.revision + i);
    }
    end(&test);
}

static void telemetry_follows(void **state)
{
    (void)state;
    struct reload_test test;
    begin(&test);
    reload(&test, "schema: stillwater.gateway/1\ncity: c\ngateway: g\nstore: {path: s}\n"
                  "mqtt: {host: h, inflight: 3, done_on: puback, telemetry: sites}\n" SUBJECTS LINE
                  "    devices:\n" DEVICE(1));
    say_level(0, 0, 10);
    for (int i = 0; i < 50 && fake.telemetry_count == 0; i++) {
        uv_sleep(1);
        (void)uv_run(&test.gateway.loop, UV_RUN_NOWAIT);
    }
    assert_int_equal(fake.telemetry_count, 1);
    end(&test);
}

static void a_gateway_may_stop_while_it_reads(void **state)
{
    (void)state;
    struct reload_test test;
    begin(&test);
    write_file(&test, MORE);
    fake_command(COMMAND);
    end(&test);
    assert_int_equal(fake.reply_count, 0);
    assert_false(test.replaced);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_that_is_wrong_changes_nothing_and_says_where),
        cmocka_unit_test(what_only_a_start_can_change_is_refused),
        cmocka_unit_test(a_port_that_cannot_go_over_leaves_all_as_it_was),
        cmocka_unit_test(a_gateway_without_a_file_says_so),
        cmocka_unit_test(who_asked_is_answered_once_it_is_stored),
        cmocka_unit_test(a_new_device_is_watched_and_the_others_go_on_under_other_numbers),
        cmocka_unit_test(the_configuration_before_stays_until_the_bus_lets_go),
        cmocka_unit_test(a_delay_that_has_begun_goes_on),
        cmocka_unit_test(an_open_alert_goes_on),
        cmocka_unit_test(a_higher_band_ends_the_alert),
        cmocka_unit_test(what_is_gone_leaves_no_alert_open_and_nothing_at_the_broker),
        cmocka_unit_test(what_comes_back_before_it_is_stored_knows_what_it_knew),
        cmocka_unit_test(a_node_keeps_its_cursor),
        cmocka_unit_test(another_profile_under_its_name_is_another_configuration),
        cmocka_unit_test(who_has_to_act_keeps_the_time_there_is),
        cmocka_unit_test(an_incident_goes_on),
        cmocka_unit_test(telemetry_follows),
        cmocka_unit_test(a_gateway_may_stop_while_it_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
