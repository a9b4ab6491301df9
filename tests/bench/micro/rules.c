/* What a reading costs the core, with as many subjects as a city has: every subject gets one reading a minute, in order
 * and at random. Beside it a loop over an array of structs that does only the fixed rule. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/core_state.h"
#include "micro/micro.h"

#define SUBJECTS      1000000
#define ROUND_MINUTES 15 /* after so many still homes are looked at */
#define MINUTE_MS     INT64_C(60000)
#define NAIVE         "array of structs, the fixed rule only"
#define START_MS      INT64_C(1767225600000) /* 2026-01-01T00:00:00Z */

struct plain {
    int64_t index_ml;
    int64_t last_use_ms;
    int64_t last_good_ms;
    bool alert;
};

struct city {
    enum subject_domain domain;
    int64_t now_ms;
    struct core_capacity capacity;
    void *core_memory;
    struct core *core;
    char (*names)[16];
    struct plain *plain;
    int64_t *value; /* what each subject's sensor shows */
    uint32_t *order;
    unsigned long long dice;
    uint64_t alerts;
};

static uint64_t roll(struct city *city)
{
    return micro_roll(&city->dice) >> 33;
}

static void on_alert(void *ctx, uint32_t subject, const struct sw_alert *alert)
{
    struct city *city = ctx;
    (void)subject;
    city->alerts += alert->revision == 1;
}

static void build(struct city *city)
{
    static struct policy policy; /* outlives the core */
    policy = policy_city_default();
    struct core_sink sink = {city, on_alert};
    uint32_t index;
    city->plain = micro_must(calloc(SUBJECTS, sizeof *city->plain));
    city->value = micro_must(calloc(SUBJECTS, sizeof *city->value));
    city->order = micro_must(calloc(SUBJECTS, sizeof *city->order));
    city->names = micro_must(calloc(SUBJECTS, sizeof *city->names));
    city->capacity.of[city->domain] = SUBJECTS;
    city->core_memory = micro_must(malloc(core_size(&city->capacity)));
    if (core_init(city->core_memory, &city->capacity, "gw-1", sink, &city->core) != 0) exit(1);
    for (uint32_t i = 0; i < SUBJECTS; i++) {
        (void)snprintf(city->names[i], sizeof city->names[i], "s-%" PRIu32, i);
        if (core_add_subject(city->core, city->domain, city->names[i], CORE_NO_PARENT, &policy, &index) != 0) exit(1);
        city->order[i] = i;
    }
}

static void shuffle(struct city *city)
{
    for (uint32_t i = SUBJECTS - 1; i > 0; i--) {
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
    for (uint32_t i = 0; i < SUBJECTS; i++) {
        if (city->domain == SUBJECT_LEVEL)
            city->value[i] = (int64_t)(roll(city) % 3) * 1000;
        else if (roll(city) % 60 == 0)
            city->value[i] += 1000 * (1 + (int64_t)(roll(city) % 12));
    }
}

static double minute_of_ours(struct city *city)
{
    struct sw_wall now = sw_wall_from_ms(city->now_ms);
    struct core_reading reading = {.kind = city->domain == SUBJECT_LEVEL ? SW_READING_LEVEL : SW_READING_WATER_INDEX,
                                   .time = now,
                                   .clock_quality = SW_CLOCK_SET};
    double begun = micro_cpu_s();
    for (uint32_t i = 0; i < SUBJECTS; i++) {
        reading.subject = city->order[i];
        reading.value_milli = city->value[city->order[i]];
        core_on_reading(city->core, &reading, now);
    }
    core_tick(city->core, now);
    return micro_cpu_s() - begun;
}

/* Nothing for 24 h, or a level above 100 mm. */
static double minute_of_naive(struct city *city)
{
    double begun = micro_cpu_s();
    for (uint32_t i = 0; i < SUBJECTS; i++) {
        struct plain *plain = &city->plain[city->order[i]];
        int64_t value = city->value[city->order[i]];
        if (city->domain == SUBJECT_LEVEL) {
            plain->alert = value > 100000;
        } else {
            if (value != plain->index_ml) plain->last_use_ms = city->now_ms;
            plain->alert = city->now_ms - plain->last_use_ms > 24 * 60 * MINUTE_MS;
        }
        plain->index_ml = value;
        plain->last_good_ms = city->now_ms;
    }
    return micro_cpu_s() - begun;
}

static double round_of(struct city *city, double (*minute)(struct city *city))
{
    double spent = 0;
    for (int i = 0; i < ROUND_MINUTES; i++, city->now_ms += MINUTE_MS) {
        live(city);
        spent += minute(city);
    }
    return spent / ROUND_MINUTES / SUBJECTS * 1e9;
}

static double ours(void *ctx)
{
    return round_of(ctx, minute_of_ours);
}

static double naive(void *ctx)
{
    return round_of(ctx, minute_of_naive);
}

static void measure(struct city *city, const char *domain, const char *order)
{
    char what[80];
    snprintf(what, sizeof what, "%s: a reading, %s", domain, order);
    micro_measure(&(struct micro){what, "ns", NAIVE, ours, naive}, city);
}

static void tell_size(const char *domain, const char *what, size_t bytes, const char *peer)
{
    char text[80];
    snprintf(text, sizeof text, "%s: %s", domain, what);
    micro_tell(text, (double)bytes, "B", peer);
}

static void bench(enum subject_domain domain, const char *name)
{
    struct city city = {.domain = domain, .dice = 20261122, .now_ms = START_MS};
    build(&city);
    (void)ours(&city); /* first readings, first touch of the memory, first uses */
    (void)ours(&city);
    measure(&city, name, "in order");
    shuffle(&city);
    measure(&city, name, "at random");
    tell_size(name, "state of the rules", core_state_size(domain), "-");
    tell_size(name, "state of the rules", sizeof(struct plain), NAIVE);
    tell_size(name, "lives of the alerts", (size_t)core_alert_count(domain) * sizeof(struct alert_life), "-");
    tell_size(name, "in all, with name, policy, counters and index", core_size(&city.capacity) / SUBJECTS, "-");
    free(city.core_memory);
    free(city.names);
    free(city.plain);
    free(city.value);
    free(city.order);
}

void rules_bench(void)
{
    bench(SUBJECT_HOME, "home");
    bench(SUBJECT_LEVEL, "level");
}
