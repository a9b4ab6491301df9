/* simulate: the gateway, its nodes and its city in one process, from one seed. See README.md beside this file. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/log.h"
#include "sim/agenda.h"
#include "sim/broker.h"
#include "sim/bus.h"
#include "sim/centre.h"
#include "sim/check.h"
#include "sim/faults.h"
#include "sim/host.h"
#include "sim/node.h"
#include "sim/store.h"
#include "sim/world.h"

#define EXIT_USAGE   2
#define WORLD_BEGINS INT64_C(1790000000000) /* ms since 1970 */

struct sim sim = {.seed = 1, .homes = 28, .days = 6, .faults = true};

static const struct {
    const char *name, *what;
} mutations[MUTATION_COUNT] = {
#define SIM_MUTATION(name, text, what) [MUTATION_##name] = {text, what},
#include "sim/mutations.def"
#undef SIM_MUTATION
};

static struct dice mutation_dice;

static struct {
    int64_t since_us; /* of the offset and the drift */
    int64_t offset_us;
    int32_t drift_ppm;
} wall;

/* ---- sim.h ---- */

bool sim_mutates(enum mutation mutation, uint64_t one_in)
{
    return sim.mutation == mutation && dice_hit(&mutation_dice, one_in);
}

static int64_t wall_offset_us(void)
{
    return wall.offset_us + (sim.now_us - wall.since_us) / 1000000 * wall.drift_ppm;
}

struct sw_wall sim_true_wall(int64_t at_us)
{
    return sw_wall_from_ms(WORLD_BEGINS + at_us / 1000);
}

struct sw_wall sim_wall(void)
{
    return sim_true_wall(sim.now_us + wall_offset_us());
}

struct sw_mono sim_mono(void)
{
    return sw_mono_from_ms(sim.now_us / 1000 + 1000);
}

void sim_set_clock(int64_t offset_ms, int32_t drift_ppm)
{
    sim_tell("the wall clock is off by %.1f s", (double)offset_ms / 1000);
    wall.since_us = sim.now_us;
    wall.offset_us = offset_ms * 1000;
    wall.drift_ppm = drift_ppm;
}

void sim_tell(const char *format, ...)
{
    va_list arguments;
    if (!sim.tells) return;
    printf("%10.5f ** ", (double)sim.now_us / (double)DAY);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
}

static void print_command(FILE *out)
{
    fprintf(out, "simulate --seed %" PRIu64 " --homes %u --days %u", sim.seed, sim.homes, sim.days);
    if (sim.mutation != MUTATION_NONE) fprintf(out, " --mutate %s", mutations[sim.mutation].name);
}

void sim_fail(const char *format, ...)
{
    va_list arguments;
    fflush(stdout);
    fprintf(stderr, "FAILED on day %.4f: ", (double)sim.now_us / (double)DAY);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, "\nsee it again with: ");
    print_command(stderr);
    fprintf(stderr, "\n");
    _Exit(EXIT_FAILURE);
}

static void *or_end(void *memory)
{
    if (!memory) sim_fail("no memory");
    return memory;
}

void *sim_zeroed(size_t count, size_t size)
{
    return or_end(calloc(count ? count : 1, size));
}

void *sim_grown(void *memory, size_t count, size_t size)
{
    return or_end(realloc(memory, count * size));
}

char *sim_copied(const char *text)
{
    return or_end(strdup(text));
}

/* In place of app/log.c. */
void log_event(enum log_level level, const char *area, const char *format, ...)
{
    static const char *const names[] = {"error", "warning", "info"};
    if (!sim.tells) return;
    va_list arguments;
    printf("%10.5f %s: %s: ", (double)sim.now_us / (double)DAY, names[level], area);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
}

/* ---- options ---- */

static void usage(FILE *out)
{
    fprintf(
        out,
        "usage: simulate [--seed N] [--homes N] [--days N] [--tell] [--mutate NAME]\n\n"
        "Plays a city of so many homes for so many days, faults and all, and checks that no alert is lost, doubled\n"
        "or left lying. Exit status 0: all is well; 1: a check has failed; 2: these words.\n\nmutations:\n");
    for (int i = MUTATION_NONE + 1; i < MUTATION_COUNT; i++)
        fprintf(out, "  %-18s %s\n", mutations[i].name, mutations[i].what);
}

static uint64_t number(const char *option, const char *text, uint64_t least, uint64_t most)
{
    char *end;
    errno = 0;
    uint64_t value = strtoull(text, &end, 10);
    if (errno == 0 && *end == '\0' && end != text && text[0] != '-' && value >= least && value <= most) return value;
    fprintf(stderr, "simulate: --%s %s: expected a number from %" PRIu64 " to %" PRIu64 "\n", option, text, least,
            most);
    exit(EXIT_USAGE);
}

static enum mutation mutation_named(const char *name)
{
    for (int i = MUTATION_NONE + 1; i < MUTATION_COUNT; i++)
        if (strcmp(mutations[i].name, name) == 0) return (enum mutation)i;
    fprintf(stderr, "simulate: --mutate %s: there is no such mutation; --help names them\n", name);
    exit(EXIT_USAGE);
}

static void read_options(int argc, char **argv)
{
    static const struct option options[] = {
        {"seed", required_argument, NULL, 's'},
        {"homes", required_argument, NULL, 'n'},
        {"days", required_argument, NULL, 'd'},
        {"mutate", required_argument, NULL, 'm'},
        {"tell", no_argument, NULL, 't'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (option) {
        case 's':
            sim.seed = number("seed", optarg, 0, UINT64_MAX);
            break;
        case 'n':
            sim.homes = (unsigned)number("homes", optarg, 1, 20000);
            break;
        case 'd':
            sim.days = (unsigned)number("days", optarg, 1, 400);
            break;
        case 'm':
            sim.mutation = mutation_named(optarg);
            break;
        case 't':
            sim.tells = true;
            break;
        case 'h':
            usage(stdout);
            exit(EXIT_SUCCESS);
        default:
            usage(stderr);
            exit(EXIT_USAGE);
        }
    }
}

/* ---- the run ---- */

static void play(int64_t until_us)
{
    while (agenda_step(until_us))
        continue;
}

static void tell(void)
{
    print_command(stdout);
    printf(": %" PRIu64 " alerts, %" PRIu64 " episodes that had to raise one and %" PRIu64 " that might\n",
           check_counts.found, check_counts.expected, check_counts.possible);
    printf("  %" PRIu64 " exchanges (%" PRIu64 " with a fault), %" PRIu64 " records, %" PRIu64 " commits (%" PRIu64
           " failed), %zu power cuts\n",
           bus_counts.exchanges, bus_counts.faults, disk_counts.readings, disk_counts.commits, disk_counts.failures,
           host_pause_count());
    printf("  %zu revisions in %" PRIu64 " messages (%" PRIu64 " lost and %" PRIu64
           " doubled by the broker), %zu orders, %" PRIu64 " times somebody above was asked\n",
           disk_revision_count(), broker_counts.published, broker_counts.lost, broker_counts.doubled,
           centre_order_count(), check_counts.escalations);
}

static void end(void)
{
    host_free();
    agenda_free();
    bus_free();
    nodes_free();
    broker_free();
    centre_free();
    disk_free();
    check_free();
    world_free();
}

int main(int argc, char **argv)
{
    read_options(argc, argv);
    mutation_dice = dice_for(sim.seed, 'x');
    world_make();
    nodes_make();
    bus_make();
    disk_make();
    broker_make();
    centre_make();
    host_make();
    faults_make();
    check_begin();
    play(sim.days * DAY);
    faults_end();
    play(world_end_us());
    check_end();
    tell();
    end();
    return EXIT_SUCCESS;
}
