/* What all parts of the simulation share. The gateway finds its ports by link, so there is one world a process. */
#ifndef TESTS_SIM_SIM_H
#define TESTS_SIM_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/dice.h"
#include "stillwater/time.h"

#define SECOND INT64_C(1000000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

/* A fault that no real part has: the checks have to see it (mutations.def). */
enum mutation {
    MUTATION_NONE,
#define SIM_MUTATION(name, text, what) MUTATION_##name,
#include "sim/mutations.def"
#undef SIM_MUTATION
    MUTATION_COUNT
};

struct sim {
    uint64_t seed;
    unsigned homes, days;
    bool faults; /* while on, things go wrong */
    bool tells;  /* the gateway's log is printed */
    enum mutation mutation;
    int64_t now_us; /* true time since the world began; while a line has its turn, the line's */
};
extern struct sim sim;

/* True the first time and then one time in `one_in`: a mutation that has to meet with something else to show. */
bool sim_mutates(enum mutation mutation, uint64_t one_in);

/* The gateway's clocks. The wall clock is stepped and drifts, the other one never goes wrong. */
struct sw_wall sim_wall(void);
struct sw_mono sim_mono(void);
/* The wall clock is off by this from now on, and runs so much faster. */
void sim_set_clock(int64_t offset_ms, int32_t drift_ppm);
/* What a wall clock that is right says. */
struct sw_wall sim_true_wall(int64_t at_us);

/* With --tell: what happens in the world, among what the gateway logs. */
void sim_tell(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Says what is wrong, when, and how to see it again; ends the process with status 1. */
_Noreturn void sim_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Memory, or the end. */
void *sim_zeroed(size_t count, size_t size);
void *sim_grown(void *memory, size_t count, size_t size);
char *sim_copied(const char *text);

#endif
