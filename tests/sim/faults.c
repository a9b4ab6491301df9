#include "sim/faults.h"

#include "sim/agenda.h"
#include "sim/broker.h"
#include "sim/bus.h"
#include "sim/centre.h"
#include "sim/check.h"
#include "sim/host.h"
#include "sim/node.h"
#include "sim/store.h"
#include "sim/world.h"

/* Steps of the wall clock that a time server makes; the oracle allows for them. */
#define STEP_MOST_MS 90000

static struct dice dice;

struct fault {
    int64_t mean_us; /* time between two of them */
    void (*happen)(void);
};

static int64_t for_a_while(int64_t least_us, int64_t most_us, int64_t longest_us, unsigned longest_one_in)
{
    return dice_hit(&dice, longest_one_in) ? longest_us : dice_between(&dice, least_us, most_us);
}

/* ---- the gateway's machine ---- */

static void cut_power(void)
{
    host_set_pause(for_a_while(5 * SECOND, 2 * MINUTE, 20 * HOUR, 8));
    host_power_cut();
    host_set_pause(2 * MINUTE);
}

/* Some make room, and some switch it off and on again first. */
static void empty_disk(void *ctx, uint64_t number)
{
    (void)ctx, (void)number;
    if (dice_hit(&dice, 3)) host_power_cut();
    disk_set_full(false);
}

static void fill_disk(void)
{
    disk_set_full(true);
    agenda_add(sim.now_us + dice_between(&dice, MINUTE, 3 * HOUR), empty_disk, NULL, 0);
}

/* Now and then somebody sets it by hours, and a time server sets it right again: nobody knows then what a reading's
 * time is worth. */
static void set_right(void *ctx, uint64_t number)
{
    (void)ctx, (void)number;
    sim_set_clock(0, 0);
}

static void set_clock(void)
{
    if (dice_hit(&dice, 12)) {
        int64_t off_us = dice_between(&dice, 10 * MINUTE, 2 * HOUR);
        sim_set_clock(dice_between(&dice, -5, 5) * 3600000, 0);
        check_doubt(CHECK_ALL, sim.now_us - 6 * HOUR, sim.now_us + off_us + 6 * HOUR);
        agenda_add(sim.now_us + off_us, set_right, NULL, 0);
    } else {
        sim_set_clock(dice_between(&dice, -STEP_MOST_MS, STEP_MOST_MS), (int32_t)dice_between(&dice, -100, 100));
    }
}

/* ---- the way to the city ---- */

static void power_broker(void *ctx, uint64_t number)
{
    (void)ctx, (void)number;
    broker_set_power(true);
}

static void lose_broker(void)
{
    broker_set_power(false);
    agenda_add(sim.now_us + for_a_while(10 * SECOND, 2 * HOUR, DAY, 5), power_broker, NULL, 0);
}

static void centre_comes(void *ctx, uint64_t number)
{
    (void)ctx, (void)number;
    centre_return();
}

static void end_centre(void)
{
    centre_leave(dice_hit(&dice, 2));
    agenda_add(sim.now_us + for_a_while(5 * SECOND, HOUR, 12 * HOUR, 8), centre_comes, NULL, 0);
}

static void centre_speaks(void *ctx, uint64_t number)
{
    (void)ctx, (void)number;
    centre_set_dumb(false);
}

static void silence_centre(void)
{
    centre_set_dumb(true);
    agenda_add(sim.now_us + dice_between(&dice, MINUTE, 10 * HOUR), centre_speaks, NULL, 0);
}

/* ---- the field ---- */

static uint32_t any_node(void)
{
    return (uint32_t)dice_between(&dice, 0, world.nodes - 1);
}

static void reset_node(void)
{
    node_reset(any_node());
}

static void power_node(void *ctx, uint64_t number)
{
    uint32_t node = (uint32_t)(number >> 1);
    (void)ctx;
    node_power_on(node, number & 1);
}

/* Off for a moment, or long enough to be told; what it had in its memory is gone more often than not. */
static void power_off_node(void)
{
    uint32_t node = any_node();
    if (!node_is_on(node)) return;
    bool kept = dice_hit(&dice, 3);
    int64_t off_us = for_a_while(10 * SECOND, 20 * MINUTE, dice_between(&dice, 2 * HOUR, 8 * HOUR), 3);
    node_power_off(node);
    check_doubt(node, kept ? sim.now_us : node_drained_us(node), sim.now_us + off_us);
    struct episode off = {EPISODE_NODE_OFF, node, sim.now_us, sim.now_us + off_us, off_us, SW_COLOUR_GREEN};
    world_add_episode(&off);
    agenda_add(sim.now_us + off_us, power_node, NULL, (uint64_t)node << 1 | kept);
}

static void plug_in(void *ctx, uint64_t line)
{
    (void)ctx;
    bus_set_port((uint32_t)line, true);
}

static void unplug(void)
{
    uint32_t line = (uint32_t)dice_between(&dice, 0, world.lines - 1);
    int64_t off_us = for_a_while(SECOND, 40 * SECOND, dice_between(&dice, 15 * MINUTE, 3 * HOUR), 2);
    if (!bus_port_is_there(line)) return;
    bus_set_port(line, false);
    struct episode off = {EPISODE_PORT, line, sim.now_us, sim.now_us + off_us, off_us, SW_COLOUR_GREEN};
    world_add_episode(&off);
    agenda_add(sim.now_us + off_us, plug_in, NULL, line);
}

/* ---- by weight ---- */

static const struct fault faults[] = {
    {DAY, cut_power},          {2 * DAY, fill_disk},          {DAY, set_clock},
    {DAY, lose_broker},        {5 * HOUR, broker_break_link}, {8 * HOUR, end_centre},
    {2 * DAY, silence_centre}, {6 * HOUR, reset_node},        {DAY, power_off_node},
    {3 * DAY, unplug},
};
#define FAULT_COUNT (sizeof faults / sizeof faults[0])

static void strike(void *ctx, uint64_t number)
{
    const struct fault *fault = &faults[number];
    (void)ctx;
    if (!sim.faults) return;
    fault->happen();
    agenda_add(sim.now_us + dice_between(&dice, 1, 2 * fault->mean_us), strike, NULL, number);
}

void faults_make(void)
{
    dice = dice_for(sim.seed, 'f');
    /* About two a day, whatever the size of the world. */
    uint64_t commits_a_day = (uint64_t)world.nodes * (86400 / host_poll_s());
    disk_set_cuts(commits_a_day / 2 + 1);
    for (uint64_t i = 0; i < FAULT_COUNT; i++)
        agenda_add(dice_between(&dice, 1, 2 * faults[i].mean_us), strike, NULL, i);
}

/* What is broken has its own end on the agenda; the rest is mended here. */
void faults_end(void)
{
    sim.faults = false;
    sim_set_clock(0, 0);
    disk_set_full(false);
    broker_set_power(true);
    centre_set_dumb(false);
    if (!centre_is_there()) centre_return();
}
