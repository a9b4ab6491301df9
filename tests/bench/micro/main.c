/* Small benchmarks of what happens for each reading or each alert: micro NAME */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "micro/micro.h"

static double seconds_of(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

double micro_cpu_s(void)
{
    return seconds_of(CLOCK_PROCESS_CPUTIME_ID);
}

double micro_wall_s(void)
{
    return seconds_of(CLOCK_MONOTONIC);
}

void *micro_must(void *memory)
{
    if (memory) return memory;
    fputs("micro: no memory\n", stderr);
    exit(1);
}

unsigned long long micro_roll(unsigned long long *dice)
{
    return *dice = *dice * 6364136223846793005ull + 1442695040888963407ull;
}

void micro_tell(const char *what, double value, const char *unit, const char *peer)
{
    printf("%s\t%.6g\t%s\t%s\n", what, value, unit, peer);
    fflush(stdout);
}

static int by_value(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static void tell_rounds(const struct micro *micro, double rounds[MICRO_ROUNDS], const char *peer)
{
    char spread[160];
    qsort(rounds, MICRO_ROUNDS, sizeof *rounds, by_value);
    double median = rounds[MICRO_ROUNDS / 2];
    snprintf(spread, sizeof spread, "%s, spread", micro->what);
    micro_tell(micro->what, median, micro->unit, peer);
    micro_tell(spread, (rounds[MICRO_ROUNDS - 1] - rounds[0]) / median * 100, "%", peer);
}

void micro_measure(const struct micro *micro, void *ctx)
{
    double ours[MICRO_ROUNDS], peer[MICRO_ROUNDS];
    for (int i = 0; i < MICRO_ROUNDS; i++) {
        ours[i] = micro->ours(ctx);
        peer[i] = micro->peer(ctx);
    }
    tell_rounds(micro, ours, "-");
    tell_rounds(micro, peer, micro->naive);
}

int main(int count, char **arguments)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } benches[] = {{"rules", rules_bench},
                   {"life", life_bench},
                   {"near", near_bench},
                   {"outbox", outbox_bench},
                   {"chunk", chunk_bench}};
    for (size_t i = 0; count == 2 && i < sizeof benches / sizeof benches[0]; i++)
        if (strcmp(arguments[1], benches[i].name) == 0) {
            benches[i].run();
            return 0;
        }
    fputs("usage: micro rules|life|near|outbox|chunk\n", stderr);
    return 2;
}
