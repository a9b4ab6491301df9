/* The codec of the readings' chunks, over a month of homes' meters at 15 min; beside it the same readings as an array
 * of structs, copied: what a log without a codec would do. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/store_sqlite/readings/chunk_codec.h"
#include "micro/micro.h"

#define COUNT    512 /* readings of a chunk */
#define CHUNKS   200
#define START_MS INT64_C(1767225600000) /* 2026-01-01T00:00:00Z */
#define NAIVE    "array of structs"

struct meters {
    struct series_reading (*readings)[COUNT];
    uint8_t (*bytes)[CHUNK_SIZE_MAX(COUNT)];
    size_t sizes[CHUNKS];
    struct series_reading (*copies)[COUNT];
};

/* Nobody is at home by night, and now and then somebody washes; the meter counts litres and its clock trembles. */
static void live(struct meters *meters)
{
    unsigned long long dice = 1;
    for (int c = 0; c < CHUNKS; c++) {
        int64_t index_l = 1000 * c;
        for (int i = 0; i < COUNT; i++) {
            unsigned roll = (unsigned)(micro_roll(&dice) >> 40);
            if (i % 96 > 24 && roll % 4 == 0) index_l += 1 + roll / 4 % 40;
            meters->readings[c][i] = (struct series_reading){
                .time_ms = START_MS + INT64_C(900000) * i + (roll % 10 == 0 ? 1000 : 0), .value_milli = 1000 * index_l};
        }
    }
}

static double encode(void *ctx)
{
    struct meters *meters = ctx;
    double begun = micro_cpu_s();
    for (int c = 0; c < CHUNKS; c++)
        meters->sizes[c] = chunk_encode(meters->readings[c], COUNT, meters->bytes[c], sizeof meters->bytes[c]);
    return (micro_cpu_s() - begun) / CHUNKS / COUNT * 1e9;
}

static double decode(void *ctx)
{
    struct meters *meters = ctx;
    size_t count = 0;
    double begun = micro_cpu_s();
    for (int c = 0; c < CHUNKS; c++)
        if (chunk_decode(meters->bytes[c], meters->sizes[c], meters->copies[c], COUNT, &count) != 0 || count != COUNT)
            exit(1);
    return (micro_cpu_s() - begun) / CHUNKS / COUNT * 1e9;
}

static double copy(void *ctx)
{
    struct meters *meters = ctx;
    double begun = micro_cpu_s();
    for (int c = 0; c < CHUNKS; c++)
        memcpy(meters->copies[c], meters->readings[c], sizeof meters->readings[c]);
    return (micro_cpu_s() - begun) / CHUNKS / COUNT * 1e9;
}

static void check(const struct meters *meters)
{
    for (int c = 0; c < CHUNKS; c++)
        for (int i = 0; i < COUNT; i++)
            if (meters->copies[c][i].time_ms != meters->readings[c][i].time_ms ||
                meters->copies[c][i].value_milli != meters->readings[c][i].value_milli) {
                fputs("micro: a chunk lost a reading\n", stderr);
                exit(1);
            }
}

void chunk_bench(void)
{
    struct meters meters = {.readings = micro_must(calloc(CHUNKS, sizeof *meters.readings))};
    meters.bytes = micro_must(calloc(CHUNKS, sizeof *meters.bytes));
    meters.copies = micro_must(calloc(CHUNKS, sizeof *meters.copies));
    size_t total = 0;
    live(&meters);
    micro_measure(&(struct micro){"a reading into a chunk", "ns", NAIVE, encode, copy}, &meters);
    memset(meters.copies, 0, CHUNKS * sizeof *meters.copies);
    (void)decode(&meters);
    check(&meters);
    micro_measure(&(struct micro){"a reading out of a chunk", "ns", NAIVE, decode, copy}, &meters);
    for (int c = 0; c < CHUNKS; c++)
        total += meters.sizes[c];
    micro_tell("a reading", (double)total / CHUNKS / COUNT, "B", "-");
    micro_tell("a reading", sizeof(struct series_reading), "B", NAIVE);
    free(meters.readings);
    free(meters.bytes);
    free(meters.copies);
}
