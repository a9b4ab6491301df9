/* What a reading costs the core, with as many subjects as a city has: every subject gets one reading a round, in order
 * and at random. Beside it, in the same run, a loop over an array of structs that does only the fixed rule.
 *
 *   core_cost home|level SUBJECTS ROUNDS
 *
 * One line a figure: metric, value, unit, peer ("-" = ours). */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/core_state.h"

#define MINUTE_MS       INT64_C(60000)
#define WARM_UP_MINUTES 30                     /* first readings, first touch of the memory, first uses */
#define START_MS        INT64_C(1767225600000) /* 2026-01-01T00:00:00Z */

struct plain {
    int64_t index_ml;
    int64_t last_use_ms;
    int64_t last_good_ms;
    bool alert;
};

struct city {
    enum subject_domain domain;
    uint32_t count, rounds;
    struct core_capacity capacity;
    struct core *core;
    char (*names)[16];
    struct plain *plain;
    int64_t *value; /* what each subject's sensor shows */
    uint32_t *order;
    uint64_t dice, alerts;
};

static uint64_t roll(struct city *city)
{
    city->dice = city->dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return city->dice >> 33;
}

/* Of this process alone: the machine may be shared. */
static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void on_alert(void *ctx, uint32_t subject, const struct sw_alert *alert)
{
    struct city *city = ctx;
    (void)subject;
    city->alerts += alert->revision == 1;
}

static void *must(void *memory)
{
    if (memory) return memory;
    fputs("core_cost: no memory\n", stderr);
    exit(1);
}

static void build(struct city *city)
{
    static struct policy policy; /* outlives the core */
    policy = policy_city_default();
    struct core_sink sink = {city, on_alert};
    uint32_t index;
    city->plain = must(calloc(city->count, sizeof *city->plain));
    city->value = must(calloc(city->count, sizeof *city->value));
    city->order = must(calloc(city->count, sizeof *city->order));
    city->names = must(calloc(city->count, sizeof *city->names));
    city->capacity.of[city->domain] = city->count;
    if (core_init(must(malloc(core_size(&city->capacity))), &city->capacity, "gw-1", sink, &city->core) != 0) exit(1);
    for (uint32_t i = 0; i < city->count; i++) {
        (void)snprintf(city->names[i], sizeof city->names[i], "s-%" PRIu32, i);
        if (core_add_subject(city->core, city->domain, city->names[i], CORE_NO_PARENT, &policy, &index) != 0) exit(1);
        city->order[i] = i;
    }
}

static void shuffle(struct city *city)
{
    for (uint32_t i = city->count - 1; i > 0; i--) {
        uint32_t j = (uint32_t)(roll(city) % (i + 1));
        uint32_t keep = city->order[i];
        city->order[i] = city->order[j];
        city->order[j] = keep;
    }
}

/* In one minute in sixty a home draws up to 12 L, 156 L a day, as one or two people do; a street is dry and trembles by
 * a millimetre. */
static void live(struct city *city)
{
    for (uint32_t i = 0; i < city->count; i++) {
        if (city->domain == SUBJECT_LEVEL)
            city->value[i] = (int64_t)(roll(city) % 3) * 1000;
        else if (roll(city) % 60 == 0)
            city->value[i] += 1000 * (1 + (int64_t)(roll(city) % 12));
    }
}

static double ours(struct city *city, int64_t now_ms)
{
    struct sw_wall now = sw_wall_from_ms(now_ms);
    struct core_reading reading = {.kind = city->domain == SUBJECT_LEVEL ? SW_READING_LEVEL : SW_READING_WATER_INDEX,
                                   .time = now,
                                   .clock_quality = SW_CLOCK_SET};
    double begun = seconds();
    for (uint32_t i = 0; i < city->count; i++) {
        reading.subject = city->order[i];
        reading.value_milli = city->value[city->order[i]];
        core_on_reading(city->core, &reading, now);
    }
    core_tick(city->core, now);
    return seconds() - begun;
}

/* Nothing for 24 h, or a level above 100 mm. */
static double naive(struct city *city, int64_t now_ms)
{
    double begun = seconds();
    for (uint32_t i = 0; i < city->count; i++) {
        struct plain *plain = &city->plain[city->order[i]];
        int64_t value = city->value[city->order[i]];
        if (city->domain == SUBJECT_LEVEL) {
            plain->alert = value > 100000;
        } else {
            if (value != plain->index_ml) plain->last_use_ms = now_ms;
            plain->alert = now_ms - plain->last_use_ms > 24 * 60 * MINUTE_MS;
        }
        plain->index_ml = value;
        plain->last_good_ms = now_ms;
    }
    return seconds() - begun;
}

static void measure(struct city *city, const char *order, int64_t *now_ms)
{
    double own = 0, peer = 0;
    for (uint32_t round = 0; round < city->rounds; round++, *now_ms += MINUTE_MS) {
        live(city);
        own += ours(city, *now_ms);
        peer += naive(city, *now_ms);
    }
    double readings = (double)city->count * city->rounds;
    printf("a reading, %s\t%.1f\tns\t-\n", order, own / readings * 1e9);
    printf("a reading, %s\t%.1f\tns\tarray of structs, the fixed rule only\n", order, peer / readings * 1e9);
}

int main(int argc, char **argv)
{
    struct city city = {.dice = 20261122};
    if (argc != 4 || (strcmp(argv[1], "home") != 0 && strcmp(argv[1], "level") != 0)) {
        fputs("usage: core_cost home|level SUBJECTS ROUNDS\n", stderr);
        return 2;
    }
    city.domain = strcmp(argv[1], "home") == 0 ? SUBJECT_HOME : SUBJECT_LEVEL;
    city.count = (uint32_t)strtoul(argv[2], NULL, 10);
    city.rounds = (uint32_t)strtoul(argv[3], NULL, 10);
    if (city.count == 0 || city.rounds == 0) return 2;
    build(&city);
    int64_t now_ms = START_MS;
    for (int minute = 0; minute < WARM_UP_MINUTES; minute++, now_ms += MINUTE_MS) {
        live(&city);
        (void)ours(&city, now_ms);
    }
    measure(&city, "in order", &now_ms);
    shuffle(&city);
    measure(&city, "at random", &now_ms);
    printf("state of the rules\t%zu\tB\t-\n", core_state_size(city.domain));
    printf("state of the rules\t%zu\tB\tarray of structs, the fixed rule only\n", sizeof(struct plain));
    printf("lives of the alerts\t%zu\tB\t-\n", (size_t)core_alert_count(city.domain) * sizeof(struct alert_life));
    printf("in all, with name, policy, counters and index\t%zu\tB\t-\n",
           (size_t)(core_size(&city.capacity) / city.count));
    return 0;
}
