/* The harness of the small benchmarks: the same thing done our way and the way one would do it first, by turns, several
 * times over; of each the median and how far the rounds lie apart. */
#ifndef BENCH_MICRO_H
#define BENCH_MICRO_H

#define MICRO_ROUNDS 7

struct micro {
    const char *what; /* is measured */
    const char *unit; /* of the figure that a round returns */
    const char *naive;
    double (*ours)(void *ctx);
    double (*peer)(void *ctx);
};

/* Prints a figure a line: metric, value, unit, peer ("-" = ours). */
void micro_measure(const struct micro *micro, void *ctx);
void micro_tell(const char *what, double value, const char *unit, const char *peer);

/* Of this process alone, as the machine may be shared; and by the clock on the wall, for what waits for a disk. */
double micro_cpu_s(void);
double micro_wall_s(void);

/* Ends the program when there is no memory. */
void *micro_must(void *memory);

/* 64 bits, of which the upper ones are good; the same ones in each run. */
unsigned long long micro_roll(unsigned long long *dice);

/* The benchmarks. */
void rules_bench(void);
void life_bench(void);
void near_bench(void);
void outbox_bench(void);
void chunk_bench(void);

#endif
