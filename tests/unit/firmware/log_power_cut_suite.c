/* The power is cut after every single store to retained memory, and the log is started again from what is left. */
#include "tests/unit/firmware/log_bench.h"
#include "tests/unit/firmware/suites.h"

static struct log_bench bench;    /* goes on running */
static struct log_bench survivor; /* starts from a copy of the memory at the cut */
static struct sw_record records[LOG_BENCH_CAPACITY];

/* What is certain at a cut: the state before the operation under way, and what the operation may make of it. */
struct certainty {
    struct check *check;
    uint32_t epoch_before, epoch_after;
    uint32_t newest;
    uint32_t acknowledged_before, acknowledged_after;
    uint32_t lost;
    unsigned cuts;
    unsigned failures_shown;
};
static struct certainty certain;

static uint32_t tally(size_t count, uint32_t *gaps)
{
    struct check *check = certain.check;
    uint32_t before = 0;
    *gaps = 0;
    for (size_t i = 0; i < count; i++) {
        CHECK(records[i].sequence > before);
        before = records[i].sequence;
        if (records[i].kind == SW_RECORD_EVENT_LOG_GAP)
            *gaps += (uint32_t)records[i].value;
        else
            CHECK_EQUAL(records[i].value, log_bench_value(records[i].sequence));
    }
    return before;
}

static void look_at_survivor(void)
{
    struct check *check = certain.check;
    struct record_log *log = &survivor.log;
    uint32_t gaps;
    CHECK(log->header.epoch == certain.epoch_before || log->header.epoch == certain.epoch_after);
    CHECK(log->header.newest >= certain.newest && log->header.newest <= certain.newest + 2);
    CHECK(log->header.acknowledged == certain.acknowledged_before ||
          log->header.acknowledged == certain.acknowledged_after);
    CHECK(log->header.lost >= certain.lost);
    if (log->header.epoch == 0) return;

    size_t count = record_log_read(log, records, LOG_BENCH_CAPACITY);
    CHECK_EQUAL(count, record_log_count(log));
    uint32_t last = tally(count, &gaps);
    CHECK(count == 0 || last == log->header.newest);
    /* Nothing is skipped: every number after the acknowledged one is there, or was given up and is accounted for. */
    uint32_t missing = log->header.newest - log->header.acknowledged - (uint32_t)count;
    CHECK(missing <= gaps + log->gap_pending);
    CHECK_EQUAL(gaps + log->gap_pending, log->header.lost - log->header.lost_told);
}

static void cut_power_here(void *ctx)
{
    (void)ctx;
    certain.cuts++;
    memcpy(survivor.words, bench.words, sizeof bench.words);
    if (log_bench_restart(&survivor) != SW_OK) certain.check->failures++;
    unsigned failures = certain.check->failures;
    /* One report is enough to find the mistake. */
    if (failures == 0) look_at_survivor();
}

static void before_operation(uint32_t acknowledge)
{
    const struct record_log_header *header = &bench.log.header;
    certain.epoch_before = certain.epoch_after = header->epoch;
    certain.newest = header->newest;
    certain.acknowledged_before = header->acknowledged;
    certain.acknowledged_after = acknowledge > header->acknowledged ? acknowledge : header->acknowledged;
    certain.lost = header->lost;
}

static void start(struct check *check)
{
    memset(&survivor, 0, sizeof survivor);
    memset(&certain, 0, sizeof certain);
    certain.check = check;
    log_bench_start(&bench);
    before_operation(0);
    bench.memory.stored = cut_power_here;
}

static void append(unsigned kind)
{
    before_operation(0);
    (void)log_bench_append(&bench, kind);
}

static void acknowledge(uint32_t sequence)
{
    before_operation(sequence);
    (void)record_log_acknowledge(&bench.log, LOG_BENCH_EPOCH, sequence);
}

static void cut_during_appends_and_acknowledgements_skips_nothing(struct check *check)
{
    start(check);
    for (uint32_t i = 1; i <= 70; i++) {
        append(i % 4 ? SW_READING_LEVEL : SW_READING_COVER_OPEN);
        if (i % 9 == 0) acknowledge(i - 3);
    }
    CHECK(certain.cuts > 1000);
    CHECK_EQUAL(bench.log.header.lost, 0);
}

static void cut_while_a_full_log_gives_up_records_skips_nothing(struct check *check)
{
    start(check);
    for (uint32_t i = 1; i <= 90; i++)
        append(i % 11 ? SW_READING_LEVEL : SW_READING_COVER_OPEN);
    CHECK(bench.log.header.lost > 0);
    acknowledge(record_log_newest(&bench.log) - 4);
    for (uint32_t i = 1; i <= 40; i++)
        append(SW_READING_LEVEL);
}

static void cut_while_events_are_given_up_skips_nothing(struct check *check)
{
    start(check);
    for (uint32_t i = 1; i <= 60; i++)
        append(SW_RECORD_EVENT_BOOT);
    CHECK(bench.log.header.lost > 0);
}

static void cut_while_the_log_is_opened_leaves_it_new_or_open(struct check *check)
{
    start(check);
    bench.memory.stored = NULL;
    memset(bench.words, 0, sizeof bench.words);
    (void)log_bench_restart(&bench);
    append(SW_READING_LEVEL);
    before_operation(0);
    certain.epoch_after = 12;
    bench.memory.stored = cut_power_here;
    CHECK_EQUAL(record_log_open(&bench.log, 12, 0), SW_OK);
    CHECK(certain.cuts > 10);
}

/* The start itself writes: the boot count, links, and what it found. */
static void cut_during_the_start_skips_nothing(struct check *check)
{
    start(check);
    bench.memory.stored = NULL;
    for (uint32_t i = 1; i <= 75; i++)
        append(i % 5 ? SW_READING_LEVEL : SW_READING_COVER_OPEN);
    acknowledge(20);
    before_operation(0);
    bench.memory.stored = cut_power_here;
    for (unsigned boot = 0; boot < 3; boot++)
        CHECK_EQUAL(log_bench_restart(&bench), SW_OK);
    CHECK_EQUAL(bench.log.header.boot_count, 4);
}

static void cut_during_the_first_start_leaves_a_new_log(struct check *check)
{
    memset(&survivor, 0, sizeof survivor);
    memset(&certain, 0, sizeof certain);
    certain.check = check;
    log_bench_start(&bench);
    for (unsigned i = 0; i < 20; i++)
        (void)log_bench_append(&bench, SW_READING_LEVEL);
    /* Both headers are gone and the records of the old log are not: none may come back. */
    memset(bench.words, 0, RETAINED_PAIR_WORDS(RECORD_LOG_HEADER_WORDS) * sizeof(uint32_t));
    bench.memory.stored = cut_power_here;
    CHECK_EQUAL(log_bench_restart(&bench), SW_OK);
    CHECK(certain.cuts > 200);
    CHECK_EQUAL(record_log_count(&bench.log), 0);
}

static const struct check_case cases[] = {
    {"during appends and acknowledgements", cut_during_appends_and_acknowledgements_skips_nothing},
    {"while a full log gives up records", cut_while_a_full_log_gives_up_records_skips_nothing},
    {"while events are given up", cut_while_events_are_given_up_skips_nothing},
    {"while the log is opened", cut_while_the_log_is_opened_leaves_it_new_or_open},
    {"during the start", cut_during_the_start_skips_nothing},
    {"during the first start", cut_during_the_first_start_leaves_a_new_log},
};

const struct check_suite log_power_cut_suite = CHECK_SUITE("power cut", cases);
