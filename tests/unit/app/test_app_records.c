/* From the field bus to the store and back: what a node is told, and when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/gateway_state.h"
#include "app/journal.h"
#include "stillwater/error.h"
#include "unit/app/fake_ports.h"
#include "unit/core/subject_state.h"

static void expect_call(const struct fake_call *call, uint32_t node, uint16_t epoch, uint32_t sequence)
{
    assert_int_equal(call->line, 0);
    assert_int_equal(call->node, node);
    assert_int_equal(call->epoch, epoch);
    assert_int_equal(call->sequence, sequence);
}

static void store(struct field_bus_batch batch)
{
    fake_batch(&batch);
    fake_commit_done(SW_OK);
}

static void a_node_is_acknowledged_only_after_the_commit(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    struct field_bus_batch batch = batch_of(0, 77, 1, 1, 5);
    fake_batch(&batch);
    assert_null(fake.committing);
    fake_let_wait();
    assert_non_null(fake.committing);
    assert_int_equal(fake.acknowledge_count, 0);
    fake_commit_done(SW_OK);
    assert_int_equal(fake.acknowledge_count, 1);
    expect_call(&fake.acknowledges[0], 0, 1, 5);
    assert_int_equal(fake.reading_count, 5);
    assert_string_equal(fake.readings[0].subject, "home-1");
    assert_int_equal(fake.readings[4].value_milli, 1005 * 100);
    assert_int_equal(fake.cursors[0].sequence, 5);
    /* The state of the home and its node goes into the same transaction. */
    assert_in_range(fake.snapshot_count, 2, 4);
    gateway_end(&test);
}

static void records_sent_again_reach_core_and_store_once(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    store(batch_of(0, 77, 1, 1, 5));
    /* The acknowledge was lost: the node sends the same and more. */
    fake.wall_ms += 3000;
    struct field_bus_batch batch = batch_of(0, 77, 1, 3, 8);
    fake_batch(&batch);
    fake_commit_done(SW_OK);
    assert_int_equal(fake.reading_count, 8);
    for (uint32_t i = 0; i < 8; i++)
        assert_int_equal(fake.readings[i].sequence, i + 1);
    assert_int_equal(test.gateway->counters.records_repeated, 3);
    /* All of it again and nothing new: acknowledged at once, nothing to commit. */
    fake_batch(&batch);
    assert_null(fake.committing);
    assert_int_equal(fake.acknowledge_count, 3);
    expect_call(&fake.acknowledges[2], 0, 1, 8);
    struct subject_status status = core_subject_status(
        test.gateway->core, test.gateway->lines[0].nodes[0].slots[0].core[SUBJECT_HOME], sw_wall_from_ms(fake.wall_ms));
    assert_int_equal(status.readings, 8);
    assert_int_equal(status.rejected, 0);
    gateway_end(&test);
}

static void after_a_restart_the_stored_cursor_says_what_is_new(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    fake.cursors[fake.cursor_count++] = (struct store_cursor){77, 4, 100};
    store(batch_of(0, 77, 4, 98, 102));
    assert_int_equal(fake.reading_count, 2);
    assert_int_equal(fake.readings[0].sequence, 101);
    expect_call(&fake.acknowledges[0], 0, 4, 102);
    gateway_end(&test);
}

static void a_commit_that_fails_is_tried_again_before_anything_newer(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    struct field_bus_batch first = batch_of(0, 77, 1, 1, 3), second = batch_of(1, 88, 1, 1, 2);
    fake_batch(&first);
    fake_commit_done(SW_ERROR_STORE_FULL);
    /* Nothing is durable: the node is told so, which keeps it polled, and it keeps its records. */
    assert_int_equal(fake.acknowledge_count, 1);
    expect_call(&fake.acknowledges[0], 0, 0, 0);
    fake_batch(&second);
    fake_advance(&test, 999);
    assert_int_equal(fake.commits, 1);
    assert_string_equal(fake.status.trouble, "/store.db: the disk is full");
    fake_advance(&test, 1);
    assert_int_equal(fake.commits, 2);
    fake_commit_done(SW_ERROR_STORE_FULL);
    /* 2, 4, 8, 16, then 30 seconds. */
    static const int64_t pauses_ms[] = {2000, 4000, 8000, 16000, 30000, 30000};
    for (size_t i = 0; i < sizeof pauses_ms / sizeof pauses_ms[0]; i++) {
        fake_advance(&test, pauses_ms[i] - 1);
        assert_null(fake.committing);
        fake_advance(&test, 1);
        assert_non_null(fake.committing);
        fake_commit_done(SW_ERROR_STORE_FULL);
    }
    /* Sent again while it waits: neither lost nor double. */
    fake_batch(&first);
    fake_advance(&test, 30000);
    size_t told = fake.acknowledge_count;
    fake_commit_done(SW_OK);
    assert_int_equal(fake.reading_count, 3);
    expect_call(&fake.acknowledges[told], 0, 1, 3);
    assert_int_equal(fake.acknowledge_count, told + 1);
    fake_commit_done(SW_OK);
    assert_int_equal(fake.reading_count, 5);
    assert_int_equal(fake.readings[3].serial, 88);
    expect_call(&fake.acknowledges[told + 1], 1, 1, 2);
    fake_advance(&test, 1000);
    assert_string_equal(fake.status.trouble, "");
    gateway_end(&test);
}

static void a_new_log_is_opened_once_its_epoch_is_durable(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    fake.cursors[fake.cursor_count++] = (struct store_cursor){77, 4, 100};
    fake.bus.log_unopened(fake.bus.ctx, 0, 0, 77);
    fake.bus.log_unopened(fake.bus.ctx, 0, 0, 77);
    assert_int_equal(fake.open_count, 0);
    fake_commit_done(SW_ERROR_STORE);
    assert_int_equal(fake.open_count, 0);
    fake_advance(&test, 1000);
    fake_commit_done(SW_OK);
    assert_int_equal(fake.open_count, 1);
    expect_call(&fake.opens[0], 0, 5, 100);
    /* Lost again before the first record: never the same epoch twice. */
    fake.bus.log_unopened(fake.bus.ctx, 0, 0, 77);
    fake_commit_done(SW_OK);
    expect_call(&fake.opens[1], 0, 6, 100);
    /* A node never seen before begins with 1. */
    fake.bus.log_unopened(fake.bus.ctx, 0, 1, 99);
    fake_commit_done(SW_OK);
    expect_call(&fake.opens[2], 1, 1, 0);
    gateway_end(&test);
}

static void a_node_whose_epoch_waits_for_a_full_disk_is_not_silent(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    for (int s = 0; s < 200; s += 5) {
        fake.bus.log_unopened(fake.bus.ctx, 0, 0, 77);
        fake.bus.log_unopened(fake.bus.ctx, 0, 1, 99);
        for (int i = 0; i < 5; i++)
            fake_advance(&test, 1000);
        if (fake.committing) fake_commit_done(SW_ERROR_STORE_FULL);
    }
    assert_int_equal(fake.open_count, 0);
    fake_advance(&test, 30000);
    while (fake.committing)
        fake_commit_done(SW_OK);
    assert_int_equal(fake.open_count, 2);
    assert_int_equal(fake.outbox_count, 0);
    gateway_end(&test);
}

static void an_exchanged_unit_goes_on_from_its_own_cursor(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    fake.cursors[fake.cursor_count++] = (struct store_cursor){500, 2, 40};
    struct field_bus_batch old = batch_of(0, 77, 1, 1, 3);
    fake_batch(&old);
    /* Exchanged while the commit is under way: the new one must not be acknowledged for the old one's records. */
    fake_advance(&test, 5000);
    struct field_bus_batch new = batch_of(0, 500, 2, 39, 42);
    fake_batch(&new);
    fake_commit_done(SW_OK);
    assert_int_equal(fake.acknowledge_count, 0);
    fake_commit_done(SW_OK);
    assert_int_equal(fake.acknowledge_count, 1);
    expect_call(&fake.acknowledges[0], 0, 2, 42);
    assert_int_equal(fake.reading_count, 5);
    assert_int_equal(fake.readings[3].serial, 500);
    assert_int_equal(fake.readings[3].sequence, 41);
    gateway_end(&test);
}

static void a_node_without_serial_number_is_not_taken(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    struct field_bus_batch batch = batch_of(0, 0, 1, 1, 3);
    fake_batch(&batch);
    fake.bus.log_unopened(fake.bus.ctx, 0, 0, 0);
    assert_null(fake.committing);
    assert_int_equal(fake.acknowledge_count, 0);
    gateway_end(&test);
    assert_int_equal(fake.reading_count, 0);
    assert_int_equal(fake.open_count, 0);
}

static void records_nobody_knows_are_stored_and_acknowledged_too(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    struct field_bus_batch batch = batch_of(0, 77, 1, 1, 4);
    batch.records[0].kind = SW_RECORD_EVENT_BOOT;
    batch.records[0].slot = SW_RECORD_NO_SLOT;
    batch.records[1].kind = 0x60; /* of a newer node */
    batch.records[2].slot = 9;    /* not in the configuration */
    fake_batch(&batch);
    fake_commit_done(SW_OK);
    assert_int_equal(fake.reading_count, 4);
    assert_string_equal(fake.readings[0].subject, "");
    assert_int_equal(fake.readings[0].value_milli, 1001);
    assert_string_equal(fake.readings[1].subject, "home-1");
    assert_string_equal(fake.readings[2].subject, "");
    assert_int_equal(test.gateway->counters.records_unassigned, 1);
    expect_call(&fake.acknowledges[0], 0, 1, 4);
    gateway_end(&test);
}

static void a_gap_in_the_sequence_is_counted(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    store(batch_of(0, 77, 1, 1, 2));
    fake_advance(&test, 60000);
    store(batch_of(0, 77, 1, 13, 14));
    assert_int_equal(test.gateway->counters.records_missing, 10);
    gateway_end(&test);
}

static void sample(int error, int32_t level)
{
    struct field_bus_sample sample = {.error = error, .count = error ? 0 : 1, .time = {fake.wall_ms}};
    sample.values[0] = (struct sw_point_value){.kind = SW_READING_LEVEL, .value = level};
    fake.bus.sample(fake.bus.ctx, &sample);
}

static struct subject_status status_of_home(const struct gateway_under_test *test)
{
    uint32_t home = test->gateway->lines[0].nodes[0].slots[0].core[SUBJECT_HOME];
    return core_subject_status(test->gateway->core, home, sw_wall_from_ms(fake.wall_ms));
}

/* Readings are stored without the state they have led to: a start makes that of them again, and nothing of it twice. */
static void after_a_kill_the_last_readings_are_taken_in_again(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    store(batch_of(0, 77, 1, 1, 5));
    fake_advance(&test, 2000);
    struct field_bus_batch batch = batch_of(0, 77, 1, 6, 9);
    fake_batch(&batch);
    sample(SW_OK, 100);
    fake_commit_done(SW_OK);
    fake_commit_done(SW_OK);
    assert_int_equal(fake.reading_count, 10);
    for (size_t i = 0; i < fake.snapshot_count; i++)
        assert_string_not_equal(fake.snapshots[i].name, "home-1");
    struct subject_status before = status_of_home(&test);
    gateway_kill_and_begin(&test);
    assert_int_equal(fake.reading_count, 10);
    struct subject_status after = status_of_home(&test);
    assert_int_equal(after.readings, 9);
    assert_int_equal(after.readings, before.readings);
    assert_int_equal(after.rejected, before.rejected);
    assert_int_equal(after.last_good.ms, before.last_good.ms);
    struct sw_wall now = sw_wall_from_ms(fake.wall_ms);
    const struct node_state *node = &test.gateway->lines[0].nodes[0];
    assert_int_equal(core_subject_status(test.gateway->core, node->core, now).last_good.ms, batch.seen_until.ms);
    assert_int_equal(core_subject_status(test.gateway->core, test.gateway->lines[0].devices[0].core, now).condition,
                     SUBJECT_NORMAL);
    gateway_end(&test);
}

/* No rule asks for a temperature: it is kept, and makes no difference, also when readings are taken in again. */
static void a_reading_that_nothing_is_concluded_of_is_stored_alone(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    struct field_bus_sample both = {.count = 2, .time = {fake.wall_ms}};
    both.values[0] = (struct sw_point_value){.kind = SW_READING_LEVEL, .value = 100};
    both.values[1] = (struct sw_point_value){.kind = SW_READING_TEMPERATURE, .value = -825};
    fake.bus.sample(fake.bus.ctx, &both);
    fake_commit_done(SW_OK);
    assert_int_equal(fake.reading_count, 2);
    assert_int_equal(fake.readings[1].kind, SW_READING_TEMPERATURE);
    assert_int_equal(fake.readings[1].value_milli, -8250);
    assert_int_equal(fake.readings[1].quality, SW_QUALITY_GOOD);
    uint32_t site = test.gateway->lines[0].devices[0].target.core[SUBJECT_LEVEL];
    assert_int_equal(core_subject_status(test.gateway->core, site, sw_wall_from_ms(fake.wall_ms)).readings, 1);
    gateway_kill_and_begin(&test);
    assert_int_equal(core_subject_status(test.gateway->core, site, sw_wall_from_ms(fake.wall_ms)).readings, 1);
    assert_int_equal(core_subject_status(test.gateway->core, site, sw_wall_from_ms(fake.wall_ms)).rejected, 0);
    assert_int_equal(open_alerts_count(test.gateway->open), 0);
    gateway_end(&test);
}

struct happening {
    unsigned dice;
    uint32_t sequence;
    int32_t level;
};

/* Low, high and wild levels, and failures, so that readings are doubted, alerts come and go, and rows are stored with
 * and without a snapshot. */
static void something_happens(struct gateway_under_test *test, struct happening *on)
{
    static const int32_t levels[] = {100, 3000, 5000};
    on->dice = on->dice * 1103515245u + 12345u;
    unsigned roll = on->dice >> 16 & 31;
    fake_advance(test, 1000 * (1 + roll % 7));
    if (roll < 3) on->level = levels[roll];
    if (roll < 8) {
        on->sequence++;
        struct field_bus_batch batch = batch_of(0, 77, 1, on->sequence, on->sequence);
        fake_batch(&batch);
    }
    sample(roll == 31 ? SW_ERROR_TIMEOUT : SW_OK, roll == 30 ? 29000 : on->level + (int32_t)roll);
}

static void killed_after_any_commit_it_is_where_it_was(void **state)
{
    static uint8_t before[8][CORE_SNAPSHOT_SIZE_MAX], after[CORE_SNAPSHOT_SIZE_MAX];
    (void)state;
    struct gateway_under_test test;
    uint32_t subjects[8], count = 0;
    size_t sizes[8];
    struct happening on = {.dice = 4711};
    gateway_begin(&test);
    for (uint32_t i = 0; i < core_subject_count(test.gateway->core); i++) {
        enum subject_domain domain = core_subject_domain(test.gateway->core, i);
        if (domain == SUBJECT_HOME || domain == SUBJECT_LEVEL || domain == SUBJECT_COVER) subjects[count++] = i;
    }
    for (int kill = 0; kill < 40; kill++) {
        for (int i = 0; i < 8; i++)
            something_happens(&test, &on);
        while (fake.committing || store_batch_size(test.gateway->journal.open) > 0)
            fake_commit_done(SW_OK);
        for (uint32_t i = 0; i < count; i++)
            sizes[i] = subject_state(test.gateway->core, subjects[i], before[i]);
        size_t revisions = fake.outbox_count;
        gateway_kill_and_begin(&test);
        for (uint32_t i = 0; i < count; i++) {
            assert_int_equal(subject_state(test.gateway->core, subjects[i], after), sizes[i]);
            assert_memory_equal(after, before[i], sizes[i]);
        }
        assert_int_equal(fake.outbox_count, revisions);
        assert_int_equal(store_batch_size(test.gateway->journal.open), 0);
    }
    size_t doubted = 0;
    for (size_t i = 0; i < fake.reading_count; i++)
        doubted += fake.readings[i].doubted;
    assert_in_range(doubted, 10, fake.reading_count - 10);
    assert_in_range(fake.outbox_count, 3, FAKE_LIST_MAX);
    gateway_end(&test);
}

static void an_open_alert_goes_on_after_a_kill_with_its_next_revision(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    sample(SW_OK, 3000);
    fake_commit_done(SW_OK);
    /* Decided but not stored: the kill takes it, and it is decided again from what the sensor then says. */
    fake_advance(&test, 1000);
    sample(SW_OK, 5000);
    assert_int_equal(fake.outbox_count, 1);
    gateway_kill_and_begin(&test);
    assert_int_equal(open_alerts_count(test.gateway->open), 1);
    fake_advance(&test, 1000);
    if (fake.committing) fake_commit_done(SW_OK);
    sample(SW_OK, 5000);
    while (fake.committing)
        fake_commit_done(SW_OK);
    assert_int_equal(fake.outbox_count, 2);
    assert_string_equal(fake.outbox[1].alert.id, fake.outbox[0].alert.id);
    assert_int_equal(fake.outbox[1].alert.revision, 2);
    assert_int_equal(fake.outbox[1].alert.colour, SW_COLOUR_RED);
    gateway_end(&test);
}

/* After an upgrade the state of before cannot be read: what lies open at the centre is ended, honestly and once. */
static void an_open_alert_whose_state_is_lost_expires_once(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    sample(SW_OK, 3000);
    while (fake.committing)
        fake_commit_done(SW_OK);
    assert_int_equal(fake.outbox_count, 1);
    for (size_t i = 0; i < fake.snapshot_count; i++)
        fake.snapshots[i].bytes[2]++; /* the version */
    for (int start = 0; start < 2; start++) {
        gateway_kill_and_begin(&test);
        fake_advance(&test, 1000);
        while (fake.committing)
            fake_commit_done(SW_OK);
        assert_int_equal(fake.outbox_count, 2);
    }
    assert_string_equal(fake.outbox[1].alert.id, fake.outbox[0].alert.id);
    assert_int_equal(fake.outbox[1].alert.revision, 2);
    assert_int_equal(fake.outbox[1].alert.state, SW_ALERT_STATE_EXPIRED);
    /* The water still stands there: another alert. */
    fake_advance(&test, 60000);
    sample(SW_OK, 3000);
    while (fake.committing)
        fake_commit_done(SW_OK);
    assert_int_equal(fake.outbox_count, 3);
    assert_string_not_equal(fake.outbox[2].alert.id, fake.outbox[0].alert.id);
    gateway_end(&test);
}

static void an_alert_of_a_device_taken_out_of_the_configuration_is_resolved_once(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    sample(SW_OK, 3000);
    while (fake.committing)
        fake_commit_done(SW_OK);
    fake.without_device = true;
    for (int start = 0; start < 2; start++) {
        gateway_kill_and_begin(&test);
        fake_advance(&test, 1000);
        while (fake.committing)
            fake_commit_done(SW_OK);
        assert_int_equal(open_alerts_count(test.gateway->open), 0);
        assert_int_equal(fake.outbox_count, 2);
    }
    assert_string_equal(fake.outbox[1].alert.id, fake.outbox[0].alert.id);
    assert_int_equal(fake.outbox[1].alert.revision, 2);
    assert_int_equal(fake.outbox[1].alert.state, SW_ALERT_STATE_RESOLVED);
    assert_string_equal(fake.outbox[1].alert.actor, "configuration");
    assert_string_equal(fake.outbox[1].alert.note, "no longer in the gateway's configuration");
    /* Back again, and the water still stands there: that is a new alert. */
    fake.without_device = false;
    gateway_kill_and_begin(&test);
    fake_advance(&test, 1000);
    while (fake.committing)
        fake_commit_done(SW_OK);
    sample(SW_OK, 3000);
    while (fake.committing)
        fake_commit_done(SW_OK);
    assert_int_equal(fake.outbox_count, 3);
    assert_string_not_equal(fake.outbox[2].alert.id, fake.outbox[0].alert.id);
    assert_int_equal(fake.outbox[2].alert.revision, 1);
    gateway_end(&test);
}

static void records_not_stored_at_a_kill_come_again_and_are_taken(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    store(batch_of(0, 77, 1, 1, 3));
    fake.wall_ms += 3000;
    struct field_bus_batch batch = batch_of(0, 77, 1, 4, 6);
    fake_batch(&batch);
    gateway_kill_and_begin(&test);
    assert_int_equal(fake.reading_count, 3);
    fake_batch(&batch);
    while (fake.committing)
        fake_commit_done(SW_OK);
    assert_int_equal(fake.reading_count, 6);
    expect_call(&fake.acknowledges[0], 0, 1, 6);
    struct subject_status status = core_subject_status(
        test.gateway->core, test.gateway->lines[0].nodes[0].slots[0].core[SUBJECT_HOME], sw_wall_from_ms(fake.wall_ms));
    assert_int_equal(status.rejected, 0);
    gateway_end(&test);
}

static void an_alert_is_in_the_batch_of_the_reading_that_raised_it(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    sample(SW_OK, 3000);
    fake_commit_done(SW_OK);
    assert_int_equal(fake.reading_count, 1);
    assert_int_equal(fake.outbox_count, 1);
    const struct fake_outbox_row *row = &fake.outbox[0];
    assert_int_equal(row->alert.kind, SW_ALERT_KIND_LEVEL);
    assert_int_equal(row->alert.colour, SW_COLOUR_ORANGE);
    char topic[SW_TOPIC_SIZE];
    snprintf(topic, sizeof topic, "stillwater/c/g/alert/%s", row->alert.id);
    assert_string_equal(row->topic, topic);
    assert_non_null(strstr(row->payload, "\"revision\":1"));
    assert_int_equal(open_alerts_count(test.gateway->open), 1);
    gateway_end(&test);
}

static void plain_samples_beyond_the_limit_are_dropped_and_counted_but_still_judged(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    sample(SW_OK, 0);
    fake_commit_done(SW_ERROR_STORE_FULL);
    for (uint32_t i = 0; i < JOURNAL_SAMPLE_LIMIT + 7; i++) {
        fake.wall_ms += 1;
        sample(SW_OK, 0);
    }
    assert_int_equal(test.gateway->counters.samples_dropped, 7);
    assert_int_equal(open_alerts_count(test.gateway->open), 0);
    fake.wall_ms += 10;
    sample(SW_OK, 5000);
    assert_int_equal(test.gateway->counters.samples_dropped, 8);
    assert_int_equal(open_alerts_count(test.gateway->open), 1);
    fake_advance(&test, 1000);
    fake_commit_done(SW_OK);
    fake_commit_done(SW_OK);
    assert_int_equal(fake.outbox_count, 1);
    gateway_end(&test);
}

static void a_device_that_does_not_answer_has_one_missing_reading_a_spell(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    static const int errors[] = {SW_OK, SW_ERROR_TIMEOUT, SW_ERROR_CRC, SW_ERROR_PORT, SW_OK, SW_ERROR_EXCEPTION_VALUE};
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        fake_advance(&test, 1000);
        sample(errors[i], 100);
        if (fake.committing) fake_commit_done(SW_OK);
    }
    assert_int_equal(fake.reading_count, 4);
    assert_int_equal(fake.readings[1].quality, SW_QUALITY_MISSING);
    assert_int_equal(fake.readings[1].reason, SW_REASON_TIMEOUT);
    assert_int_equal(fake.readings[3].reason, SW_REASON_EXCEPTION);
    gateway_end(&test);
}

static void hear_both_nodes(void)
{
    for (uint32_t node = 0; node < 2; node++) {
        struct field_bus_batch batch = batch_of(node, 700 + node, 1, 1, 0);
        fake_batch(&batch);
    }
    sample(SW_OK, 0);
    if (fake.committing) fake_commit_done(SW_OK);
}

/* Ticks, and stores what they decide. */
static void tick(struct gateway_under_test *test, int seconds)
{
    for (int i = 0; i < seconds; i++) {
        fake_advance(test, 1000);
        if (fake.committing) fake_commit_done(SW_OK);
    }
}

static void a_clock_set_forward_makes_nobody_silent(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    hear_both_nodes();
    fake.wall_ms += 24 * 3600 * 1000;
    tick(&test, 50);
    assert_int_equal(fake.outbox_count, 0);
    hear_both_nodes();
    tick(&test, 59);
    assert_int_equal(fake.outbox_count, 0);
    /* Nodes that really are silent are told after the limit: all of the line, and so it is the line. */
    tick(&test, 2);
    assert_int_equal(fake.outbox_count, 1);
    assert_int_equal(fake.outbox[0].alert.kind, SW_ALERT_KIND_BUS_SILENT);
    gateway_end(&test);
}

static void a_gateway_that_slept_makes_nobody_silent(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    hear_both_nodes();
    fake.wall_ms += 8 * 3600 * 1000;
    fake.mono_ms += 8 * 3600 * 1000;
    tick(&test, 10);
    assert_int_equal(fake.outbox_count, 0);
    gateway_end(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_node_is_acknowledged_only_after_the_commit),
        cmocka_unit_test(records_sent_again_reach_core_and_store_once),
        cmocka_unit_test(after_a_restart_the_stored_cursor_says_what_is_new),
        cmocka_unit_test(a_commit_that_fails_is_tried_again_before_anything_newer),
        cmocka_unit_test(a_new_log_is_opened_once_its_epoch_is_durable),
        cmocka_unit_test(a_node_whose_epoch_waits_for_a_full_disk_is_not_silent),
        cmocka_unit_test(an_exchanged_unit_goes_on_from_its_own_cursor),
        cmocka_unit_test(a_node_without_serial_number_is_not_taken),
        cmocka_unit_test(records_nobody_knows_are_stored_and_acknowledged_too),
        cmocka_unit_test(a_gap_in_the_sequence_is_counted),
        cmocka_unit_test(after_a_kill_the_last_readings_are_taken_in_again),
        cmocka_unit_test(a_reading_that_nothing_is_concluded_of_is_stored_alone),
        cmocka_unit_test(killed_after_any_commit_it_is_where_it_was),
        cmocka_unit_test(an_open_alert_goes_on_after_a_kill_with_its_next_revision),
        cmocka_unit_test(an_open_alert_whose_state_is_lost_expires_once),
        cmocka_unit_test(an_alert_of_a_device_taken_out_of_the_configuration_is_resolved_once),
        cmocka_unit_test(records_not_stored_at_a_kill_come_again_and_are_taken),
        cmocka_unit_test(an_alert_is_in_the_batch_of_the_reading_that_raised_it),
        cmocka_unit_test(plain_samples_beyond_the_limit_are_dropped_and_counted_but_still_judged),
        cmocka_unit_test(a_device_that_does_not_answer_has_one_missing_reading_a_spell),
        cmocka_unit_test(a_clock_set_forward_makes_nobody_silent),
        cmocka_unit_test(a_gateway_that_slept_makes_nobody_silent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
