/* A record log over a small piece of memory, for the log's suites. */
#ifndef TESTS_UNIT_FIRMWARE_LOG_BENCH_H
#define TESTS_UNIT_FIRMWARE_LOG_BENCH_H

#include <string.h>

#include "firmware/log/record_log.h"
#include "stillwater/node_map.h"

#define LOG_BENCH_CAPACITY 32u
#define LOG_BENCH_WORDS    RECORD_LOG_WORDS(LOG_BENCH_CAPACITY)
#define LOG_BENCH_EPOCH    7u

struct log_bench {
    uint32_t words[LOG_BENCH_WORDS];
    struct retained memory;
    struct record_log log;
};

static inline int log_bench_restart(struct log_bench *bench)
{
    bench->memory.words = bench->words;
    bench->memory.count = LOG_BENCH_WORDS;
    return record_log_init(&bench->log, &bench->memory, 0);
}

/* A log as on a board that has never run, opened by the gateway. */
static inline void log_bench_start(struct log_bench *bench)
{
    memset(bench, 0, sizeof *bench);
    memset(bench->words, 0xa5, sizeof bench->words);
    (void)log_bench_restart(bench);
    (void)record_log_open(&bench->log, LOG_BENCH_EPOCH, 0);
}

/* The value says which record this is: the records of a log can be told apart after anything that happened to it. */
static inline int32_t log_bench_value(uint32_t sequence)
{
    return (int32_t)(sequence * 2654435u % 1000003u);
}

static inline uint32_t log_bench_append(struct log_bench *bench, unsigned kind)
{
    /* A LOG_GAP record that is due takes the number before. */
    uint32_t gap = bench->log.gap_pending > 0 || bench->log.unused.count == 0 ? 1 : 0;
    struct sw_record record = {.kind = (uint8_t)kind,
                               .slot = 1,
                               .seconds = 1000,
                               .value = log_bench_value(record_log_newest(&bench->log) + 1 + gap)};
    record_log_append(&bench->log, &record);
    return record.sequence;
}

#endif
