/* The record log: order, acknowledging, giving up, opening, and memory that has been damaged. */
#include "tests/unit/firmware/log_bench.h"
#include "tests/unit/firmware/suites.h"

static struct log_bench bench;
static struct log_bench damaged;
static struct sw_record records[LOG_BENCH_CAPACITY];

static size_t read_all(struct log_bench *from)
{
    return record_log_read(&from->log, records, LOG_BENCH_CAPACITY);
}

static void append_telemetry(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        (void)log_bench_append(&bench, SW_READING_LEVEL);
}

static void new_log_has_epoch_zero_and_gives_nothing_out(struct check *check)
{
    memset(&bench, 0x3c, sizeof bench);
    memset(&bench.memory, 0, sizeof bench.memory);
    CHECK_EQUAL(log_bench_restart(&bench), SW_OK);
    append_telemetry(3);
    CHECK_EQUAL(bench.log.header.epoch, 0);
    CHECK_EQUAL(bench.log.header.boot_count, 1);
    CHECK_EQUAL(record_log_count(&bench.log), 3);
    CHECK_EQUAL(read_all(&bench), 0);
    CHECK_EQUAL(record_log_acknowledge(&bench.log, 0, 1), SW_ERROR_STALE);
}

static void opening_shifts_the_numbers_by_the_base(struct check *check)
{
    memset(&bench, 0, sizeof bench);
    (void)log_bench_restart(&bench);
    append_telemetry(2);
    CHECK_EQUAL(record_log_open(&bench.log, 9, 5000), SW_OK);
    CHECK_EQUAL(read_all(&bench), 2);
    CHECK_EQUAL(records[0].sequence, 5001);
    CHECK_EQUAL(records[1].sequence, 5002);
    CHECK_EQUAL(record_log_newest(&bench.log), 5002);
    CHECK_EQUAL(log_bench_append(&bench, SW_READING_LEVEL), 5003);
    CHECK_EQUAL(record_log_acknowledge(&bench.log, 9, 5002), SW_OK);
    CHECK_EQUAL(record_log_oldest(&bench.log), 5003);
    CHECK_EQUAL(log_bench_restart(&bench), SW_OK);
    CHECK_EQUAL(read_all(&bench), 1);
    CHECK_EQUAL(records[0].sequence, 5003);
}

static void log_is_opened_only_once(struct check *check)
{
    memset(&bench, 0, sizeof bench);
    (void)log_bench_restart(&bench);
    CHECK_EQUAL(record_log_open(&bench.log, 0, 0), SW_ERROR_INVALID_ARGUMENT);
    CHECK_EQUAL(record_log_open(&bench.log, 3, UINT32_MAX), SW_ERROR_INVALID_ARGUMENT);
    CHECK_EQUAL(record_log_open(&bench.log, 3, 0), SW_OK);
    CHECK_EQUAL(record_log_open(&bench.log, 4, 0), SW_ERROR_NOT_PERMITTED);
    CHECK_EQUAL(bench.log.header.epoch, 3);
}

static void acknowledging_an_opened_log_at_its_base_releases_nothing(struct check *check)
{
    memset(&bench, 0, sizeof bench);
    (void)log_bench_restart(&bench);
    append_telemetry(2);
    (void)record_log_open(&bench.log, 9, 5000);
    CHECK_EQUAL(record_log_acknowledge(&bench.log, 9, 5000), SW_OK);
    CHECK_EQUAL(record_log_acknowledge(&bench.log, 9, 12), SW_OK);
    CHECK_EQUAL(record_log_count(&bench.log), 2);
}

static void records_come_out_oldest_first_and_stay_until_acknowledged(struct check *check)
{
    log_bench_start(&bench);
    append_telemetry(5);
    for (unsigned round = 0; round < 2; round++) {
        CHECK_EQUAL(record_log_read(&bench.log, records, 3), 3);
        for (uint32_t i = 0; i < 3; i++) {
            CHECK_EQUAL(records[i].sequence, i + 1);
            CHECK_EQUAL(records[i].value, log_bench_value(i + 1));
        }
    }
    CHECK_EQUAL(record_log_acknowledge(&bench.log, LOG_BENCH_EPOCH, 3), SW_OK);
    CHECK_EQUAL(read_all(&bench), 2);
    CHECK_EQUAL(records[0].sequence, 4);
    CHECK_EQUAL(record_log_oldest(&bench.log), 4);
    CHECK_EQUAL(record_log_acknowledge(&bench.log, LOG_BENCH_EPOCH, 5), SW_OK);
    CHECK_EQUAL(record_log_count(&bench.log), 0);
    CHECK_EQUAL(record_log_oldest(&bench.log), 6);
    CHECK_EQUAL(record_log_newest(&bench.log), 5);
}

static void acknowledgement_of_another_epoch_releases_nothing(struct check *check)
{
    log_bench_start(&bench);
    append_telemetry(4);
    CHECK_EQUAL(record_log_acknowledge(&bench.log, LOG_BENCH_EPOCH + 1, 4), SW_ERROR_STALE);
    CHECK_EQUAL(record_log_acknowledge(&bench.log, 0, 4), SW_ERROR_STALE);
    CHECK_EQUAL(record_log_count(&bench.log), 4);
}

static void acknowledgement_beyond_the_newest_releases_nothing(struct check *check)
{
    log_bench_start(&bench);
    append_telemetry(4);
    CHECK_EQUAL(record_log_acknowledge(&bench.log, LOG_BENCH_EPOCH, 5), SW_ERROR_INVALID_ARGUMENT);
    CHECK_EQUAL(record_log_count(&bench.log), 4);
}

static void older_acknowledgement_is_no_error_and_takes_nothing_back(struct check *check)
{
    log_bench_start(&bench);
    append_telemetry(4);
    CHECK_EQUAL(record_log_acknowledge(&bench.log, LOG_BENCH_EPOCH, 3), SW_OK);
    CHECK_EQUAL(record_log_acknowledge(&bench.log, LOG_BENCH_EPOCH, 1), SW_OK);
    CHECK_EQUAL(record_log_count(&bench.log), 1);
}

static void restart_continues_the_log(struct check *check)
{
    log_bench_start(&bench);
    append_telemetry(4);
    (void)record_log_acknowledge(&bench.log, LOG_BENCH_EPOCH, 2);
    CHECK_EQUAL(log_bench_restart(&bench), SW_OK);
    CHECK_EQUAL(bench.log.header.boot_count, 2);
    CHECK_EQUAL(bench.log.header.epoch, LOG_BENCH_EPOCH);
    CHECK_EQUAL(log_bench_append(&bench, SW_READING_LEVEL), 5);
    CHECK_EQUAL(read_all(&bench), 3);
    CHECK_EQUAL(records[0].sequence, 3);
    CHECK_EQUAL(records[0].boot, 1);
    CHECK_EQUAL(records[2].boot, 2);
    CHECK_EQUAL(bench.log.header.lost, 0);
}

static void log_goes_round_its_memory_many_times(struct check *check)
{
    log_bench_start(&bench);
    for (uint32_t expected = 1; expected <= 1000; expected++) {
        CHECK_EQUAL(log_bench_append(&bench, expected % 5 ? SW_READING_LEVEL : SW_READING_COVER_OPEN), expected);
        if (expected % 7 == 0) CHECK_EQUAL(log_bench_restart(&bench), SW_OK);
        if (expected % 20 != 0) continue;
        CHECK_EQUAL(read_all(&bench), 20);
        for (uint32_t i = 0; i < 20; i++) {
            CHECK_EQUAL(records[i].sequence, expected - 19 + i);
            CHECK_EQUAL(records[i].value, log_bench_value(records[i].sequence));
        }
        CHECK_EQUAL(record_log_acknowledge(&bench.log, LOG_BENCH_EPOCH, expected), SW_OK);
    }
    CHECK_EQUAL(bench.log.header.lost, 0);
}

static uint32_t gaps_told(size_t count)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < count; i++)
        if (records[i].kind == SW_RECORD_EVENT_LOG_GAP) sum += (uint32_t)records[i].value;
    return sum;
}

static void full_log_gives_up_the_oldest_telemetry_and_says_so(struct check *check)
{
    log_bench_start(&bench);
    append_telemetry(100);
    size_t count = read_all(&bench);
    uint32_t newest = record_log_newest(&bench.log);
    CHECK(count >= LOG_BENCH_CAPACITY - 3);
    CHECK(bench.log.header.lost > 0);
    CHECK_EQUAL(gaps_told(count), bench.log.header.lost);
    CHECK_EQUAL(newest - count, bench.log.header.lost);
    CHECK_EQUAL(records[count - 1].sequence, newest);
    for (size_t i = 0; i < count; i++)
        if (records[i].kind == SW_READING_LEVEL) CHECK_EQUAL(records[i].value, log_bench_value(records[i].sequence));
}

static void events_outlive_telemetry(struct check *check)
{
    log_bench_start(&bench);
    uint32_t opened = log_bench_append(&bench, SW_READING_COVER_OPEN);
    uint32_t boot = log_bench_append(&bench, SW_RECORD_EVENT_BOOT);
    append_telemetry(200);
    CHECK(read_all(&bench) > 2);
    CHECK_EQUAL(records[0].sequence, opened);
    CHECK_EQUAL(records[1].sequence, boot);
    CHECK_EQUAL(log_bench_restart(&bench), SW_OK);
    CHECK(read_all(&bench) > 2);
    CHECK_EQUAL(records[0].sequence, opened);
    CHECK_EQUAL(records[1].sequence, boot);
}

static void log_full_of_events_gives_up_the_oldest_event(struct check *check)
{
    log_bench_start(&bench);
    for (unsigned i = 0; i < 100; i++)
        (void)log_bench_append(&bench, SW_READING_COVER_OPEN);
    size_t count = read_all(&bench);
    CHECK_EQUAL(gaps_told(count), bench.log.header.lost);
    CHECK_EQUAL(record_log_newest(&bench.log) - count, bench.log.header.lost);
    CHECK_EQUAL(records[count - 1].kind, SW_READING_COVER_OPEN);
    CHECK_EQUAL(records[count - 1].sequence, record_log_newest(&bench.log));
}

static void numbers_that_are_used_up_start_a_new_log(struct check *check)
{
    memset(&bench, 0, sizeof bench);
    (void)log_bench_restart(&bench);
    CHECK_EQUAL(record_log_open(&bench.log, 1, UINT32_MAX - 4), SW_OK);
    append_telemetry(3);
    CHECK_EQUAL(bench.log.header.epoch, 1);
    append_telemetry(2);
    CHECK_EQUAL(bench.log.header.epoch, 0);
    CHECK_EQUAL(bench.log.header.boot_count, 1);
    CHECK_EQUAL(record_log_open(&bench.log, 2, 0), SW_OK);
    size_t count = read_all(&bench);
    CHECK_EQUAL(gaps_told(count), 3);
    CHECK_EQUAL(records[count - 1].sequence, count);
}

static void too_little_memory_is_refused(struct check *check)
{
    memset(&bench, 0, sizeof bench);
    bench.memory.words = bench.words;
    bench.memory.count = LOG_BENCH_WORDS - 1;
    CHECK_EQUAL(record_log_init(&bench.log, &bench.memory, 0), SW_ERROR_NO_SPACE);
}

static void log_of_another_size_is_not_taken_over(struct check *check)
{
    log_bench_start(&damaged);
    memset(&bench, 0, sizeof bench);
    memcpy(bench.words, damaged.words, sizeof bench.words);
    bench.words[3] ^= 1u;
    bench.words[RECORD_LOG_HEADER_WORDS + 2 + 3] ^= 1u;
    CHECK_EQUAL(log_bench_restart(&bench), SW_OK);
    CHECK_EQUAL(bench.log.header.epoch, 0);
    CHECK_EQUAL(bench.log.header.boot_count, 1);
}

/* A log with acknowledged, given-up and kept records, and events among them. */
static void fill_variously(void)
{
    log_bench_start(&bench);
    for (unsigned i = 0; i < 60; i++) {
        (void)log_bench_append(&bench, i % 6 == 2 ? SW_READING_COVER_OPEN : SW_READING_LEVEL);
        if (i == 10) (void)record_log_acknowledge(&bench.log, LOG_BENCH_EPOCH, 8);
    }
}

/* Whatever byte was hit: nothing false comes out, numbers do not go back, and what is missing is told. */
static int damage_was_survived(struct check *check, uint32_t newest_before, uint32_t lost_before)
{
    struct record_log *log = &damaged.log;
    int held = CHECK_EQUAL(log->header.epoch, LOG_BENCH_EPOCH);
    held &= CHECK(record_log_newest(log) >= newest_before);
    uint32_t before = 0;
    size_t count = read_all(&damaged);
    held &= CHECK_EQUAL(count, record_log_count(log));
    for (size_t i = 0; i < count; i++) {
        held &= CHECK(records[i].sequence > before);
        before = records[i].sequence;
        if (records[i].kind != SW_RECORD_EVENT_LOG_GAP)
            held &= CHECK_EQUAL(records[i].value, log_bench_value(records[i].sequence));
    }
    held &= CHECK_EQUAL(gaps_told(count) + log->gap_pending, log->header.lost);
    held &= CHECK(log->header.lost >= lost_before && log->header.lost <= lost_before + 2);
    return held;
}

static void byte_hit_before_a_restart_never_gives_out_a_false_record(struct check *check)
{
    fill_variously();
    for (size_t byte = 0; byte < sizeof bench.words; byte++) {
        damaged = bench;
        ((uint8_t *)damaged.words)[byte] ^= (uint8_t)(1u << byte % 8);
        CHECK_EQUAL(log_bench_restart(&damaged), SW_OK);
        if (!damage_was_survived(check, record_log_newest(&bench.log), bench.log.header.lost)) return;
    }
}

static void byte_hit_while_running_never_gives_out_a_false_record(struct check *check)
{
    fill_variously();
    for (size_t byte = 0; byte < sizeof bench.words; byte++) {
        damaged = bench;
        damaged.memory.words = damaged.words;
        damaged.log.headers.memory = damaged.log.pool.memory = &damaged.memory;
        ((uint8_t *)damaged.words)[byte] ^= (uint8_t)(1u << byte % 8);
        (void)read_all(&damaged);
        if (!damage_was_survived(check, record_log_newest(&bench.log), bench.log.header.lost)) return;
        (void)log_bench_append(&damaged, SW_READING_LEVEL);
        CHECK_EQUAL(damaged.log.gap_pending, 0);
    }
}

static void damaged_record_is_reported_as_a_gap(struct check *check)
{
    log_bench_start(&bench);
    append_telemetry(5);
    /* Slots are handed out in order at first: this is a word of record 3. */
    bench.words[RECORD_LOG_WORDS(0) + 2 * LOG_SLOT_WORDS + 4] ^= 0x100u;
    CHECK_EQUAL(log_bench_restart(&bench), SW_OK);
    append_telemetry(1);
    size_t count = read_all(&bench);
    CHECK_EQUAL(count, 6);
    CHECK_EQUAL(records[4].kind, SW_RECORD_EVENT_LOG_GAP);
    CHECK_EQUAL(records[4].value, 1);
    CHECK_EQUAL(records[2].sequence, 4);
    CHECK_EQUAL(bench.log.header.lost, 1);
}

static void gap_the_gateway_knows_of_is_not_told_again(struct check *check)
{
    log_bench_start(&bench);
    append_telemetry(100);
    uint32_t lost = bench.log.header.lost;
    CHECK_EQUAL(record_log_acknowledge(&bench.log, LOG_BENCH_EPOCH, record_log_newest(&bench.log)), SW_OK);
    CHECK_EQUAL(log_bench_restart(&bench), SW_OK);
    append_telemetry(1);
    CHECK_EQUAL(read_all(&bench), 1);
    CHECK_EQUAL(records[0].kind, SW_READING_LEVEL);
    CHECK_EQUAL(bench.log.header.lost, lost);
}

static uint32_t *slot_words(unsigned slot)
{
    return &bench.words[RECORD_LOG_WORDS(0) + slot * LOG_SLOT_WORDS];
}

static void acknowledgement_does_not_release_a_record_whose_number_was_damaged(struct check *check)
{
    log_bench_start(&bench);
    append_telemetry(5);
    slot_words(2)[0] ^= 2u; /* record 3 now says 1 */
    CHECK_EQUAL(record_log_acknowledge(&bench.log, LOG_BENCH_EPOCH, 2), SW_OK);
    CHECK_EQUAL(read_all(&bench), 2);
    CHECK_EQUAL(records[0].sequence, 4);
    CHECK_EQUAL(bench.log.header.lost, 1);
    CHECK_EQUAL(bench.log.gap_pending, 1);
}

static void list_that_runs_backwards_is_made_anew(struct check *check)
{
    log_bench_start(&bench);
    append_telemetry(5);
    slot_words(2)[LOG_SLOT_WORDS - 1] = 0xffff0000u; /* a link that checks out, to record 1 */
    CHECK_EQUAL(read_all(&bench), 5);
    for (uint32_t i = 0; i < 5; i++)
        CHECK_EQUAL(records[i].sequence, i + 1);
    CHECK_EQUAL(bench.log.header.lost, 0);
}

static const struct check_case cases[] = {
    {"a new log has epoch 0 and gives nothing out", new_log_has_epoch_zero_and_gives_nothing_out},
    {"opening shifts the numbers by the base", opening_shifts_the_numbers_by_the_base},
    {"a log is opened only once", log_is_opened_only_once},
    {"acknowledging at the base releases nothing", acknowledging_an_opened_log_at_its_base_releases_nothing},
    {"records come out oldest first and stay until acknowledged",
     records_come_out_oldest_first_and_stay_until_acknowledged},
    {"an acknowledgement of another epoch releases nothing", acknowledgement_of_another_epoch_releases_nothing},
    {"an acknowledgement beyond the newest releases nothing", acknowledgement_beyond_the_newest_releases_nothing},
    {"an older acknowledgement takes nothing back", older_acknowledgement_is_no_error_and_takes_nothing_back},
    {"a restart continues the log", restart_continues_the_log},
    {"the log goes round its memory many times", log_goes_round_its_memory_many_times},
    {"a full log gives up the oldest telemetry and says so", full_log_gives_up_the_oldest_telemetry_and_says_so},
    {"events outlive telemetry", events_outlive_telemetry},
    {"a log full of events gives up the oldest event", log_full_of_events_gives_up_the_oldest_event},
    {"numbers that are used up start a new log", numbers_that_are_used_up_start_a_new_log},
    {"too little memory is refused", too_little_memory_is_refused},
    {"a log that does not check out is not taken over", log_of_another_size_is_not_taken_over},
    {"a byte hit before a restart never gives out a false record",
     byte_hit_before_a_restart_never_gives_out_a_false_record},
    {"a byte hit while running never gives out a false record", byte_hit_while_running_never_gives_out_a_false_record},
    {"a damaged record is reported as a gap", damaged_record_is_reported_as_a_gap},
    {"a gap the gateway knows of is not told again", gap_the_gateway_knows_of_is_not_told_again},
    {"an acknowledgement does not release a record whose number was damaged",
     acknowledgement_does_not_release_a_record_whose_number_was_damaged},
    {"a list that runs backwards is made anew", list_that_runs_backwards_is_made_anew},
};

const struct check_suite log_suite = CHECK_SUITE("log", cases);
