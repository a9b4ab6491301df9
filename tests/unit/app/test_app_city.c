/* From the outbox to the city and back: alerts, commands, status, the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/gateway_state.h"
#include "app/outbox.h"
#include "app/status.h"
#include "stillwater/error.h"
#include "unit/app/fake_ports.h"

/* Of what was sent, so many has the broker taken. */
static size_t taken;

/* Store and broker answer until nothing more is asked of them. */
static void answer_all(void)
{
    while (fake.read_wanted || taken < fake.sent_count) {
        if (fake.read_wanted) fake_outbox_answer();
        while (taken < fake.sent_count)
            fake_taken(fake.sent[taken++]);
    }
}

static void level(int32_t wire_steps)
{
    fake.wall_ms += 400000; /* longer than the off-delay */
    fake.mono_ms += 400000;
    struct field_bus_sample sample = {.count = 1, .time = {fake.wall_ms}};
    sample.values[0] = (struct sw_point_value){.kind = SW_READING_LEVEL, .value = wire_steps};
    fake.bus.sample(fake.bus.ctx, &sample);
    if (fake.committing) fake_commit_done(SW_OK);
}

/* Five rows in the outbox: one alert, rising through the bands, falling and rising again. */
static void five_rows(struct gateway_under_test *test)
{
    (void)test;
    static const int32_t levels[] = {600, 1200, 2600, 4100};
    for (size_t i = 0; i < 4; i++)
        level(levels[i]);
    for (int i = 0; fake.outbox_count < 5 && i < 4; i++)
        level(2600);
    assert_in_range(fake.outbox_count, 5, 8);
}

static void rows_go_out_in_order_and_never_more_than_the_window(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    five_rows(&test);
    assert_false(fake.read_wanted);
    fake_link(true);
    assert_int_equal(fake.read_limit, 3);
    fake_outbox_answer();
    assert_int_equal(fake.sent_count, 3);
    assert_false(fake.read_wanted);
    fake_taken(1);
    assert_true(fake.read_wanted);
    assert_int_equal(fake.read_limit, 1);
    fake_outbox_answer();
    assert_int_equal(fake.sent_count, 4);
    for (size_t i = 0; i < fake.sent_count; i++)
        assert_int_equal(fake.sent[i], i + 1);
    gateway_end(&test);
}

static void after_a_lost_link_it_goes_on_from_the_first_row_not_taken(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    five_rows(&test);
    fake_link(true);
    fake_outbox_answer();
    fake_taken(1);
    fake_taken(3);
    /* Rows asked for before the loss must not be sent after it, out of their order. */
    assert_true(fake.read_wanted);
    fake_link(false);
    fake_link(true);
    fake_outbox_answer();
    assert_int_equal(fake.sent_count, 3);
    assert_true(fake.read_wanted);
    fake_outbox_answer();
    assert_int_equal(fake.sent_count, 6);
    assert_int_equal(fake.sent[3], 2);
    assert_int_equal(fake.sent[4], 4);
    assert_int_equal(fake.sent[5], 5);
    gateway_end(&test);
}

static void nothing_is_read_without_a_link_and_nothing_is_lost(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    five_rows(&test);
    for (int i = 0; i < 100; i++)
        fake_advance(&test, 1000);
    assert_false(fake.read_wanted);
    fake_link(true);
    size_t rows = fake.outbox_count;
    for (int64_t id = 1; id <= (int64_t)rows; id++) {
        if (fake.read_wanted) fake_outbox_answer();
        fake_taken(id);
    }
    if (fake.read_wanted) fake_outbox_answer();
    assert_int_equal(fake.sent_count, rows);
    /* All gone: the next look finds nothing, and no more looks follow. */
    fake_advance(&test, 1000);
    assert_false(fake.read_wanted);
    gateway_end(&test);
}

/* What the store found before the commit may be told after it. */
static void an_alert_committed_while_the_outbox_is_read_is_not_left_lying(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    fake_link(true);
    assert_true(fake.read_wanted);
    level(600);
    assert_int_equal(fake.outbox_count, 1);
    fake.read_wanted = false;
    fake.store.outbox(fake.store.ctx, NULL, 0);
    assert_true(fake.read_wanted);
    fake_outbox_answer();
    assert_int_equal(fake.sent_count, 1);
    gateway_end(&test);
}

static void a_row_the_publisher_does_not_take_is_tried_again_with_the_next_tick(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    level(600);
    fake_link(true);
    fake.send_error = SW_ERROR_BUSY;
    fake_outbox_answer();
    /* At once would be without end: the store is asked, the publisher refuses, the store is asked ... */
    assert_false(fake.read_wanted);
    fake.send_error = SW_OK;
    fake_advance(&test, 1000);
    assert_true(fake.read_wanted);
    fake_outbox_answer();
    assert_int_equal(fake.sent_count, 1);
    gateway_end(&test);
}

static void send_command(const char *command, const char *id)
{
    char payload[1024];
    snprintf(payload, sizeof payload,
             "{\"schema\": \"stillwater.command/1\", \"command\": \"%s\", \"alert\": \"%s\", \"by\": \"officer-1\"}",
             command, id);
    fake_command(payload);
}

static void a_row_that_will_never_go_does_not_hold_up_the_others(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    level(600);
    fake_link(true);
    fake.send_error = SW_ERROR_NO_SPACE;
    fake_outbox_answer();
    fake.send_error = SW_OK;
    send_command("acknowledge", fake.outbox[0].alert.id);
    fake_commit_done(SW_OK);
    fake_outbox_answer();
    if (fake.read_wanted) fake_outbox_answer();
    assert_int_equal(fake.sent_count, 1);
    assert_int_equal(fake.sent[0], 2);
    /* It is still there, and the next connection gets it. */
    fake_taken(2);
    if (fake.read_wanted) fake_outbox_answer();
    fake_link(false);
    fake_link(true);
    fake_outbox_answer();
    assert_int_equal(fake.sent_count, 2);
    assert_int_equal(fake.sent[1], 1);
    gateway_end(&test);
}

/* ---- order ---- */

static void expect_sent(const int64_t *ids, size_t count)
{
    assert_int_equal(fake.sent_count, count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(fake.sent[i], ids[i]);
}

static void the_worst_goes_first_and_a_subjects_rows_stay_in_order(void **state)
{
    (void)state;
    struct gateway_under_test test;
    taken = 0;
    gateway_begin(&test);
    static const enum sw_colour colours[] = {SW_COLOUR_BLUE, SW_COLOUR_RED, SW_COLOUR_YELLOW, SW_COLOUR_ORANGE,
                                             SW_COLOUR_RED};
    static const char *const subjects[] = {"a", "b", "c", "d", "e"};
    for (size_t i = 0; i < 5; i++)
        (void)fake_outbox_add(subjects[i], colours[i]);
    (void)fake_outbox_add("b", SW_COLOUR_GREEN);
    (void)fake_outbox_add("c", SW_COLOUR_ORANGE);
    fake_link(true);
    answer_all();
    expect_sent((const int64_t[]){2, 5, 6, 4, 3, 7, 1}, 7);
    gateway_end(&test);
}

static void what_is_new_goes_before_what_was_there_before_the_connection(void **state)
{
    (void)state;
    struct gateway_under_test test;
    taken = 0;
    gateway_begin(&test);
    (void)fake_outbox_add("a", SW_COLOUR_RED);
    (void)fake_outbox_add("b", SW_COLOUR_BLUE);
    fake_link(true);
    fake_outbox_answer();
    fake_link(false);
    fake_link(true);
    /* Decided since the connection. */
    (void)fake_outbox_add("c", SW_COLOUR_BLUE);
    (void)fake_outbox_add("b", SW_COLOUR_ORANGE);
    fake_outbox_answer(); /* that of the lost link */
    fake.sent_count = 0;
    answer_all();
    expect_sent((const int64_t[]){2, 4, 3, 1}, 4);
    static const bool replayed[] = {true, false, false, true};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(fake.replayed[i], replayed[i]);
    gateway_end(&test);
}

/* Red alerts come faster than they can be sent; every other one of them is answered by a new one. */
static void a_line_does_not_wait_for_ever(void **state)
{
    (void)state;
    struct gateway_under_test test;
    taken = 0;
    gateway_begin(&test);
    char subject[32];
    fake_link(true);
    answer_all();
    int64_t blue = fake_outbox_add("blue", SW_COLOUR_BLUE);
    int64_t waited_ms = 0;
    for (int i = 0; fake.sent_count == 0 || fake.sent[fake.sent_count - 1] != blue; i++) {
        for (int k = 0; k < 4; k++) {
            snprintf(subject, sizeof subject, "red-%d-%d", i, k);
            (void)fake_outbox_add(subject, SW_COLOUR_RED);
        }
        outbox_wake(test.gateway);
        if (fake.read_wanted) fake_outbox_answer();
        while (taken < fake.sent_count && fake.sent[fake.sent_count - 1] != blue)
            fake_taken(fake.sent[taken++]);
        fake_advance(&test, 1000);
        waited_ms += 1000;
        assert_in_range(waited_ms, 0, 2 * OUTBOX_STARVED_MS);
    }
    assert_in_range(waited_ms, OUTBOX_STARVED_MS, 2 * OUTBOX_STARVED_MS);
    gateway_end(&test);
}

/* ---- receipts ---- */

static void receipt_for(size_t first, size_t last)
{
    struct message_receipt receipt = {.centre = "watch-c", .time = {fake.wall_ms}};
    for (size_t i = first; i <= last; i++) {
        struct message_receipt_item *item = &receipt.items[receipt.count++];
        memcpy(item->alert_id, fake.outbox[i - 1].alert.id, sizeof item->alert_id);
        item->revision = fake.outbox[i - 1].alert.revision;
    }
    char *body = message_receipt_encode(&receipt);
    fake_receipt(body);
    free(body);
}

static void begin_and_connect(struct gateway_under_test *test)
{
    taken = 0;
    gateway_begin_with_receipts(test);
    fake_link(true);
    answer_all();
}

static void pass_seconds(struct gateway_under_test *test, int seconds)
{
    for (int i = 0; i < seconds; i++) {
        fake_advance(test, 1000);
        answer_all();
    }
}

static void a_row_is_done_by_its_receipt_and_not_by_the_puback(void **state)
{
    (void)state;
    struct gateway_under_test test;
    begin_and_connect(&test);
    level(600);
    level(1200);
    answer_all();
    assert_int_equal(fake.sent_count, 2);
    assert_false(fake.replayed[0] || fake.replayed[1]);
    assert_false(fake.outbox[0].done || fake.outbox[1].done);
    /* That of a later revision says nothing of the one before. */
    receipt_for(2, 2);
    assert_false(fake.outbox[0].done);
    assert_true(fake.outbox[1].done);
    receipt_for(1, 1);
    assert_true(fake.outbox[0].done);
    /* One that comes twice is nothing new. */
    receipt_for(1, 2);
    assert_int_equal(fake.unknown_done, 2);
    assert_int_equal(test.gateway->counters.receipts, 4);
    pass_seconds(&test, 100);
    assert_int_equal(fake.sent_count, 2);
    gateway_end(&test);
}

static void without_a_receipt_rows_are_sent_again_oldest_first_ever_more_rarely(void **state)
{
    (void)state;
    struct gateway_under_test test;
    begin_and_connect(&test);
    level(600);
    level(1200);
    level(2600);
    level(4100);
    answer_all();
    size_t rows = fake.outbox_count;
    assert_true(rows >= 4);
    assert_int_equal(fake.sent_count, rows);
    size_t passes = 0;
    int gaps[5] = {0};
    for (int second = 1, last = 0; passes < 5 && second < 300; second++) {
        size_t before = fake.sent_count;
        pass_seconds(&test, 1);
        if (fake.sent_count == before) continue;
        assert_int_equal(fake.sent_count - before, rows);
        for (size_t i = before; i < fake.sent_count; i++) {
            assert_int_equal(fake.sent[i], i - before + 1);
            assert_true(fake.replayed[i]);
        }
        gaps[passes++] = second - last;
        last = second;
    }
    /* The first wait may have begun before the rows were sent; then it is one wait more. */
    assert_in_range(gaps[0], 10, 20);
    assert_int_equal(gaps[1], 20);
    assert_int_equal(gaps[2], 35);
    assert_int_equal(gaps[3], 35);
    assert_string_equal(fake.status.trouble, "no receipt from the centre, alerts are sent again");
    /* The centre is back: soon, and only what it has not said. */
    size_t before = fake.sent_count;
    receipt_for(1, 2);
    pass_seconds(&test, 10);
    assert_int_equal(fake.sent_count - before, rows - 2);
    assert_int_equal(fake.sent[before], 3);
    assert_string_equal(fake.status.trouble, "");
    receipt_for(3, rows);
    before = fake.sent_count;
    pass_seconds(&test, 200);
    assert_int_equal(fake.sent_count, before);
    gateway_end(&test);
}

static void a_new_alert_does_not_wait_for_those_sent_again(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin_with_receipts(&test);
    five_rows(&test);
    fake_advance(&test, 1000);
    if (fake.committing) fake_commit_done(SW_OK); /* storm watch is on over the orange alert */
    size_t rows = fake.outbox_count;
    taken = 0;
    fake_link(true);
    answer_all();
    /* What was there before the connection is told late. */
    for (size_t i = 0; i < rows; i++)
        assert_true(fake.replayed[i]);
    for (int i = 0; i < 100 && !fake.read_wanted; i++)
        fake_advance(&test, 1000);
    fake_outbox_answer();
    assert_int_equal(fake.sent_count, rows + 3); /* the window is full */
    /* The waits for nodes, begun again: no tick came while the level rose. */
    if (fake.committing) fake_commit_done(SW_OK);
    send_command("acknowledge", fake.outbox[0].alert.id);
    fake_commit_done(SW_OK);
    assert_int_equal(fake.outbox_count, rows + 1);
    fake_taken(1);
    fake_outbox_answer();
    assert_int_equal(fake.sent[rows + 3], rows + 1);
    assert_false(fake.replayed[rows + 3]);
    gateway_end(&test);
}

static void a_backlog_is_paced_while_the_centre_is_silent(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin_with_receipts(&test);
    level(600);
    level(1200);
    level(2600);
    size_t rows = fake.outbox_count;
    assert_true(rows >= 3);
    fake_link(true);
    test.gateway->outbox.credit = 1;
    fake_outbox_answer();
    assert_int_equal(fake.sent_count, 1);
    fake_taken(1);
    assert_false(fake.read_wanted);
    receipt_for(1, 1);
    assert_true(fake.read_wanted);
    fake_outbox_answer();
    assert_int_equal(fake.sent_count, 2);
    /* And without a receipt it goes on with time. */
    taken = 1;
    pass_seconds(&test, 1);
    assert_int_equal(fake.sent_count, rows);
    gateway_end(&test);
}

static void a_wrong_receipt_counts_for_nothing(void **state)
{
    (void)state;
    struct gateway_under_test test;
    char payload[1024];
    begin_and_connect(&test);
    level(600);
    answer_all();
    const char *const wrong[] = {"", "thanks", "[]", "{}", "{\"schema\": \"stillwater.receipt/1\"}"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        fake_receipt(wrong[i]);
    /* The first item would be right. */
    snprintf(payload, sizeof payload,
             "{\"schema\":\"stillwater.receipt/1\",\"centre\":\"c\",\"time\":\"2026-11-22T03:40:00.000Z\","
             "\"stored\":[{\"alert\":\"%s\",\"revision\":1},{\"alert\":7,\"revision\":1}]}",
             fake.outbox[0].alert.id);
    fake_receipt(payload);
    assert_int_equal(test.gateway->counters.receipts_refused, 6);
    assert_int_equal(test.gateway->counters.receipts, 0);
    assert_false(fake.outbox[0].done);
    /* Another gateway's, and a revision there is not. */
    fake_receipt("{\"schema\":\"stillwater.receipt/1\",\"centre\":\"c\",\"time\":\"2026-11-22T03:40:00.000Z\","
                 "\"stored\":[{\"alert\":\"other.level.site-1.20260101T000000000Z\",\"revision\":1}]}");
    assert_int_equal(fake.unknown_done, 1);
    assert_false(fake.outbox[0].done);
    receipt_for(1, 1);
    assert_true(fake.outbox[0].done);
    gateway_end(&test);
}

static void after_a_kill_what_has_no_receipt_is_sent_again(void **state)
{
    (void)state;
    struct gateway_under_test test;
    begin_and_connect(&test);
    level(600);
    level(1200);
    answer_all();
    receipt_for(1, 1);
    size_t sent = fake.sent_count;
    gateway_kill_and_begin(&test);
    fake_link(true);
    answer_all();
    for (size_t i = sent; i < fake.sent_count; i++)
        assert_int_not_equal(fake.sent[i], 1);
    assert_int_equal(fake.sent[fake.sent_count - 1], 2);
    assert_true(fake.replayed[fake.sent_count - 1]);
    gateway_end(&test);
}

static void expect_refused(const char *payload, const char *error, const char *text)
{
    size_t before = fake.reply_count;
    fake_command(payload);
    assert_int_equal(fake.reply_count, before + 1);
    const struct fake_reply *reply = &fake.replies[before];
    assert_false(reply->answer.accepted);
    assert_string_equal(reply->answer.error, error);
    if (!strstr(reply->answer.text, text)) fail_msg("%s: answered \"%s\"", payload, reply->answer.text);
    assert_string_equal(reply->response_topic, "answers/here");
    assert_int_equal(reply->correlation, 42);
    assert_null(fake.committing);
}

#define COMMAND(command, alert, rest)                                                                                  \
    "{\"schema\": \"stillwater.command/1\", \"command\": \"" command "\", \"alert\": \"" alert "\"" rest "}"

static void commands_that_are_wrong_are_answered_with_what_is_wrong(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    level(5000);
    char payload[1024];
    expect_refused("", "MESSAGE", "");
    expect_refused("open the gates", "MESSAGE", "line 1");
    expect_refused("[]", "MESSAGE", "");
    expect_refused("{}", "MESSAGE", "schema");
    expect_refused("\xff\xfe", "MESSAGE", "");
    expect_refused(COMMAND("acknowledge", "x", ""), "MESSAGE", "by");
    expect_refused(COMMAND("explode", "g.level.site-1.20260101T000000000Z", ", \"by\": \"o\""), "MESSAGE", "command");
    expect_refused(COMMAND("clear", "g.level.site-1.20260101T000000000Z", ", \"by\": \"o\""), "MESSAGE", "command");
    expect_refused(COMMAND("acknowledge", "g.level.site-1.20260101T000000000Z", ", \"by\": \"o\""), "NOT_FOUND",
                   "no open alert has the id g.level.site-1.20260101T000000000Z");
    const char *id = fake.outbox[0].alert.id;
    snprintf(payload, sizeof payload,
             "{\"schema\": \"stillwater.command/1\", \"command\": \"acknowledge\", \"alert\": \"%s\", \"revision\": 9,"
             " \"by\": \"o\"}",
             id);
    expect_refused(payload, "STALE", "revision 9 is not the alert's present one");
    assert_int_equal(test.gateway->counters.commands, 10);
    assert_int_equal(test.gateway->counters.commands_refused, 10);
    assert_int_equal(fake.outbox_count, 1);
    gateway_end(&test);
}

static void a_command_is_answered_after_its_commit(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    level(5000);
    send_command("acknowledge", fake.outbox[0].alert.id);
    assert_int_equal(fake.reply_count, 0);
    fake_commit_done(SW_ERROR_STORE_FULL);
    assert_int_equal(fake.reply_count, 0);
    fake_advance(&test, 1000);
    fake_commit_done(SW_OK);
    assert_int_equal(fake.reply_count, 1);
    assert_true(fake.replies[0].answer.accepted);
    assert_int_equal(fake.replies[0].answer.revision, 2);
    assert_string_equal(fake.replies[0].answer.alert_id, fake.outbox[0].alert.id);
    assert_string_equal(fake.replies[0].response_topic, "answers/here");
    assert_int_equal(fake.replies[0].correlation, 42);
    assert_int_equal(fake.outbox[1].alert.state, SW_ALERT_STATE_ACKNOWLEDGED);
    assert_string_equal(fake.outbox[1].alert.actor, "officer-1");
    /* The same command delivered twice changes nothing any more. */
    send_command("acknowledge", fake.outbox[0].alert.id);
    assert_string_equal(fake.replies[1].answer.error, "NOT_PERMITTED");
    assert_non_null(strstr(fake.replies[1].answer.text, "acknowledge is not possible: the alert is acknowledged"));
    gateway_end(&test);
}

static void more_commands_than_can_wait_are_told_to_come_again(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    /* Each change needs an alert of its own revision: acknowledge, then worsened again by the water, and so on. */
    level(600);
    const char *id = fake.outbox[0].alert.id;
    for (uint32_t i = 0; i < COMMANDS_WAITING_MAX; i++)
        test.gateway->commands[i].stage = STAGE_OPEN;
    send_command("acknowledge", id);
    assert_int_equal(fake.reply_count, 1);
    assert_string_equal(fake.replies[0].answer.error, "BUSY");
    for (uint32_t i = 0; i < COMMANDS_WAITING_MAX; i++)
        test.gateway->commands[i].stage = STAGE_NONE;
    send_command("acknowledge", id);
    fake_commit_done(SW_OK);
    assert_true(fake.replies[1].answer.accepted);
    gateway_end(&test);
}

static void the_status_comes_at_start_every_half_minute_and_on_change_of_trouble(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    assert_int_equal(fake.status.state, MESSAGE_STATUS_ONLINE);
    size_t count = fake.status_count;
    fake_advance(&test, STATUS_EVERY_MS);
    assert_int_equal(fake.status_count, count + 1);
    fake_advance(&test, 1000);
    assert_int_equal(fake.status_count, count + 1);
    fake.bus.line_link(fake.bus.ctx, 0, false, "port p cannot be opened");
    fake_advance(&test, 1000);
    assert_int_equal(fake.status_count, count + 2);
    assert_string_equal(fake.status.trouble, "line-1: port p cannot be opened");
    fake.bus.line_link(fake.bus.ctx, 0, true, "the port is open");
    fake_advance(&test, 1000);
    assert_int_equal(fake.status_count, count + 3);
    assert_string_equal(fake.status.trouble, "");
    gateway_end(&test);
    assert_int_equal(fake.status.state, MESSAGE_STATUS_STOPPED);
}

static void open_alerts_are_counted_up_and_down(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    level(5000);
    assert_int_equal(open_alerts_count(test.gateway->open), 1);
    send_command("resolve", fake.outbox[0].alert.id);
    fake_commit_done(SW_OK);
    assert_int_equal(open_alerts_count(test.gateway->open), 0);
    gateway_end(&test);
}

static void on_stopped(void *ctx)
{
    *(bool *)ctx = true;
}

static void run_to_the_end(struct gateway_under_test *test)
{
    for (int i = 0; i < 1000 && uv_run(&test->loop, UV_RUN_ONCE); i++)
        fake.mono_ms += 100;
    assert_int_equal(uv_loop_close(&test->loop), 0);
    for (size_t i = 0; i < fake.outbox_count; i++)
        free(fake.outbox[i].payload);
    config_free(test->config);
}

static void at_the_end_pending_rows_are_committed_and_the_outbox_drained(void **state)
{
    (void)state;
    struct gateway_under_test test;
    bool stopped = false;
    gateway_begin(&test);
    fake_link(true);
    fake_outbox_answer();
    struct field_bus_batch first = batch_of(0, 77, 1, 1, 2), second = batch_of(1, 88, 1, 1, 2);
    fake_batch(&first);
    fake_batch(&second);
    level(5000);
    gateway_stop(test.gateway, on_stopped, &stopped);
    assert_false(fake.publisher_closed);
    while (fake.committing)
        fake_commit_done(SW_OK);
    assert_int_equal(fake.reading_count, 5);
    assert_int_equal(fake.outbox_count, 1);
    assert_true(fake.read_wanted);
    fake_outbox_answer();
    assert_int_equal(fake.sent_count, 1);
    assert_false(fake.publisher_closed);
    fake_taken(1);
    if (fake.read_wanted) fake_outbox_answer();
    assert_true(fake.publisher_closed);
    assert_true(fake.outbox[0].done);
    assert_int_equal(fake.status.state, MESSAGE_STATUS_STOPPED);
    run_to_the_end(&test);
    assert_true(stopped);
}

static void a_store_that_fails_at_the_end_does_not_keep_it_from_ending(void **state)
{
    (void)state;
    struct gateway_under_test test;
    bool stopped = false;
    gateway_begin(&test);
    struct field_bus_batch batch = batch_of(0, 77, 1, 1, 2);
    fake_batch(&batch);
    gateway_stop(test.gateway, on_stopped, &stopped);
    fake_commit_done(SW_ERROR_STORE_FULL);
    assert_int_equal(fake.reading_count, 0);
    run_to_the_end(&test);
    assert_true(stopped);
}

static void a_broker_that_does_not_take_the_last_alert_is_waited_for_two_seconds(void **state)
{
    (void)state;
    struct gateway_under_test test;
    bool stopped = false;
    gateway_begin(&test);
    fake_link(true);
    fake_outbox_answer();
    level(5000);
    fake_outbox_answer();
    assert_int_equal(fake.sent_count, 1);
    gateway_stop(test.gateway, on_stopped, &stopped);
    if (fake.committing) fake_commit_done(SW_OK);
    int64_t since_ms = fake.mono_ms;
    while (!fake.publisher_closed && uv_run(&test.loop, UV_RUN_ONCE)) {
        fake.mono_ms += 100;
        if (fake.read_wanted) fake_outbox_answer();
    }
    assert_in_range(fake.mono_ms - since_ms, 2000, 2300);
    assert_false(fake.outbox[0].done);
    run_to_the_end(&test);
    assert_true(stopped);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_go_out_in_order_and_never_more_than_the_window),
        cmocka_unit_test(after_a_lost_link_it_goes_on_from_the_first_row_not_taken),
        cmocka_unit_test(nothing_is_read_without_a_link_and_nothing_is_lost),
        cmocka_unit_test(an_alert_committed_while_the_outbox_is_read_is_not_left_lying),
        cmocka_unit_test(a_row_the_publisher_does_not_take_is_tried_again_with_the_next_tick),
        cmocka_unit_test(a_row_that_will_never_go_does_not_hold_up_the_others),
        cmocka_unit_test(the_worst_goes_first_and_a_subjects_rows_stay_in_order),
        cmocka_unit_test(what_is_new_goes_before_what_was_there_before_the_connection),
        cmocka_unit_test(a_line_does_not_wait_for_ever),
        cmocka_unit_test(a_row_is_done_by_its_receipt_and_not_by_the_puback),
        cmocka_unit_test(without_a_receipt_rows_are_sent_again_oldest_first_ever_more_rarely),
        cmocka_unit_test(a_new_alert_does_not_wait_for_those_sent_again),
        cmocka_unit_test(a_backlog_is_paced_while_the_centre_is_silent),
        cmocka_unit_test(a_wrong_receipt_counts_for_nothing),
        cmocka_unit_test(after_a_kill_what_has_no_receipt_is_sent_again),
        cmocka_unit_test(commands_that_are_wrong_are_answered_with_what_is_wrong),
        cmocka_unit_test(a_command_is_answered_after_its_commit),
        cmocka_unit_test(more_commands_than_can_wait_are_told_to_come_again),
        cmocka_unit_test(the_status_comes_at_start_every_half_minute_and_on_change_of_trouble),
        cmocka_unit_test(open_alerts_are_counted_up_and_down),
        cmocka_unit_test(at_the_end_pending_rows_are_committed_and_the_outbox_drained),
        cmocka_unit_test(a_store_that_fails_at_the_end_does_not_keep_it_from_ending),
        cmocka_unit_test(a_broker_that_does_not_take_the_last_alert_is_waited_for_two_seconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
