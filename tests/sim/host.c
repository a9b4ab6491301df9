#include "sim/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/gateway.h"
#include "core/escalation/duty.h"
#include "sim/agenda.h"
#include "sim/broker.h"
#include "sim/store.h"
#include "sim/world.h"

static struct {
    uv_loop_t loop;
    struct gateway_config *config;
    struct gateway *gateway; /* NULL while off */
    bool stopped;
    uint64_t life;
    struct dice dice;
    int64_t pause_most_us;
    struct host_pause *pauses;
    size_t pause_count, pause_capacity;
} host;

unsigned host_poll_s(void)
{
    return host_is_large() ? 600 : 60;
}

unsigned host_silent_s(void)
{
    return host_is_large() ? 5400 : 1800;
}

bool host_is_large(void)
{
    return sim.homes > 100;
}

/* In a large world as late as a busy machine may be without being taken for one that slept. */
static int64_t tick_us(void)
{
    return host_is_large() ? 5 * SECOND / 2 : SECOND;
}

/* ---- configuration ---- */

/* Rules whose word the oracle can check: no use in twelve hours, bands of a river, covers, nodes and lines. */
static const char head[] =
    "schema: stillwater.gateway/1\n"
    "city: simtown\n"
    "gateway: gw\n"
    "store: {path: /sim/store.db}\n"
    "mqtt: {host: broker, inflight: %u, resend_after_s: 10, resend_after_max_s: 120}\n"
    "policy:\n"
    "  no_use: {volume_l: 2, window_s: 43200}\n"
    "  nothing_in: {window_s: 0}\n"
    "  no_real_use: {window_s: 0}\n"
    "  habit: {enabled: off}\n"
    "  notes: {slow_change: off}\n"
    "  drip: {most_l_per_day: 0}\n"
    "  leak: {advice_s: 0}\n"
    "  burst: {flow_l_per_min: 0}\n"
    "  backflow: {volume_l: 0}\n"
    "  meter_fault: {stuck_s: 0}\n"
    "  level: {bands_mm: {blue: %d, yellow: %d, orange: %d, red: %d}, deadband_mm: 50, off_delay_s: 600, dries: off}\n"
    "  level_quality: {flat_river_s: 0, river_fall_mm: 0}\n"
    "  rise: {lowest: off}\n"
    "  agreement: {neighbour_m: 0, rain_m: 0}\n"
    "  silent: {node_s: %u, bus_s: 60, home_s: 43200, level_s: 7200, cover_s: 14400}\n"
    "  latency: {home_s: 0, level_s: 0, cover_s: 0}\n"; /* the world is asked seldom, so that days pass in seconds */

static void write_subjects(FILE *out, enum episode_kind kind, uint32_t count)
{
    char name[WORLD_NAME_SIZE];
    for (uint32_t i = 0; i < count; i++) {
        world_name(kind, i, name);
        fprintf(out, "  - {id: %s, place: {grid: simtown/street-%u}}\n", name, (unsigned)(world_node_of(kind, i) % 7));
    }
}

static void write_slot(FILE *out, unsigned slot, const char *profile, enum episode_kind kind, uint32_t subject,
                       const char *pace)
{
    char name[WORLD_NAME_SIZE];
    world_name(kind, subject, name);
    fprintf(out, "          - {slot: %u, profile: %s, unit_id: %u, subject: %s, %s}\n", slot, profile, slot + 1, name,
            pace);
}

static void write_node(FILE *out, uint32_t node)
{
    fprintf(out, "      - id: node-%u\n        unit_id: %u\n        slots:\n", (unsigned)node,
            (unsigned)(1 + node % WORLD_NODES_A_LINE));
    uint32_t first = node * WORLD_HOMES_A_NODE;
    for (uint32_t i = 0; i < WORLD_HOMES_A_NODE && first + i < world.homes; i++)
        write_slot(out, i, "bove", EPISODE_STILL, first + i,
                   "sample_period_ms: 900000, report_delta: 10, heartbeat_s: 7200");
    if (node < world.sites)
        write_slot(out, WORLD_SLOT_SITE, "geolux-lx80", EPISODE_FLOOD, node,
                   "sample_period_ms: 300000, report_delta: 100, heartbeat_s: 1800");
    if (node < world.covers)
        write_slot(out, WORLD_SLOT_COVER, "stillwater-manhole", EPISODE_OPEN, node,
                   "sample_period_ms: 300000, report_delta: 20, heartbeat_s: 7200");
}

static void write_config(FILE *out)
{
    fprintf(out, head, HOST_INFLIGHT, world_band_mm[SW_COLOUR_BLUE], world_band_mm[SW_COLOUR_YELLOW],
            world_band_mm[SW_COLOUR_ORANGE], world_band_mm[SW_COLOUR_RED], host_silent_s());
    fprintf(out, "subjects:\n");
    write_subjects(out, EPISODE_STILL, world.homes);
    write_subjects(out, EPISODE_FLOOD, world.sites);
    write_subjects(out, EPISODE_OPEN, world.covers);
    fprintf(out, "lines:\n");
    for (uint32_t line = 0; line < world.lines; line++) {
        fprintf(out, "  - id: line-%u\n    port: /sim/line-%u\n    poll_interval_ms: %u\n    nodes:\n", (unsigned)line,
                (unsigned)line, host_poll_s() * 1000);
        for (uint32_t node = line * WORLD_NODES_A_LINE; node < world.nodes && world_line_of_node(node) == line; node++)
            write_node(out, node);
    }
}

static void on_problem(void *ctx, const char *file, unsigned line, const char *field, const char *text)
{
    (void)ctx;
    sim_fail("the configuration is refused, %s:%u: %s: %s", file, line, field, text);
}

/* Of two streets alerts go up to the city, where red ones are told again and again; one of them has nobody at night. */
static struct duty_hours by_day[7];
static struct duty_person people[] = {{.id = "officer-1"}, {.id = "worker-1"}, {.id = "worker-2"}};
static struct duty_area areas[] = {
    {.path = "simtown", .parent = DUTY_NONE, .responsible = 0, .acknowledge_ms = {[SW_COLOUR_RED] = 1200000}},
    {.path = "simtown/street-0",
     .parent = 0,
     .depth = 1,
     .responsible = 1,
     .acknowledge_ms = {[SW_COLOUR_ORANGE] = 3600000, [SW_COLOUR_RED] = 1200000},
     .dispatch_ms = {[SW_COLOUR_RED] = 3600000}},
    {.path = "simtown/street-6",
     .parent = 0,
     .depth = 1,
     .responsible = 2,
     .acknowledge_ms = {[SW_COLOUR_ORANGE] = 3600000, [SW_COLOUR_RED] = 1200000}}};
static const struct duty_roster roster = {.people = people, .person_count = 3, .areas = areas, .area_count = 3};

static void make_hours(void)
{
    for (unsigned day = 0; day < 7; day++)
        by_day[day] = (struct duty_hours){(uint16_t)(day * 1440 + 480), (uint16_t)(day * 1440 + 960)};
    people[2].hours = by_day;
    people[2].hours_count = 7;
}

static void load_config(void)
{
    char path[] = "/tmp/stillwater-sim-XXXXXX";
    int descriptor = mkstemp(path);
    FILE *out = descriptor >= 0 ? fdopen(descriptor, "w") : NULL;
    if (!out) sim_fail("%s cannot be written", path);
    write_config(out);
    fclose(out);
    struct config_report report = {NULL, on_problem};
    (void)config_load(path, CONFIG_FOR_DAEMON, report, &host.config);
    unlink(path);
    make_hours();
    host.config->duty = &roster;
}

/* ---- life ---- */

static void tick(void *ctx, uint64_t life)
{
    (void)ctx;
    if (life != host.life || !host.gateway) return;
    gateway_tick(host.gateway);
    agenda_add(sim.now_us + tick_us(), tick, NULL, life);
}

static void start(void *ctx, uint64_t life)
{
    char text[256] = "";
    struct gateway_clock clock = {sim_wall, sim_mono};
    (void)ctx;
    if (life != host.life) return;
    if (host.pause_count > 0) host.pauses[host.pause_count - 1].to_us = sim.now_us;
    if (gateway_start(&host.loop, host.config, clock, &host.gateway, text, sizeof text) != SW_OK)
        sim_fail("the gateway does not start: %s", text);
    agenda_add(sim.now_us + tick_us(), tick, NULL, life);
}

static void on_stopped(void *ctx)
{
    (void)ctx;
    host.stopped = true;
}

static void note_pause(void)
{
    if (host.pause_count == host.pause_capacity) {
        host.pause_capacity = host.pause_capacity ? 2 * host.pause_capacity : 64;
        host.pauses = sim_grown(host.pauses, host.pause_capacity, sizeof *host.pauses);
    }
    host.pauses[host.pause_count++] = (struct host_pause){sim.now_us, INT64_MAX};
}

/* The daemon is led to its end with nothing behind its ports any more, which is a way to free its memory that every
 * part of it takes part in. Nothing of this can be seen from outside; the time it waits for its disk does not pass. */
static void end_daemon(void)
{
    int64_t now_us = sim.now_us;
    broker_lose_gateway();
    host.stopped = false;
    gateway_stop(host.gateway, on_stopped, NULL);
    for (int i = 0; i < 100 && !host.stopped; i++) {
        disk_power_cut();
        sim.now_us += SECOND;
        gateway_tick(host.gateway);
        (void)uv_run(&host.loop, UV_RUN_NOWAIT);
    }
    if (!host.stopped) sim_fail("the gateway does not come to its end");
    host.gateway = NULL;
    sim.now_us = now_us;
}

void host_power_cut(void)
{
    if (!host.gateway) return;
    sim_tell("the gateway has no power");
    host.life++;
    end_daemon();
    note_pause();
    agenda_add(sim.now_us + dice_between(&host.dice, SECOND, host.pause_most_us), start, NULL, host.life);
}

void host_set_pause(int64_t most_us)
{
    host.pause_most_us = most_us;
}

bool host_is_on(void)
{
    return host.gateway != NULL;
}

size_t host_pause_count(void)
{
    return host.pause_count;
}

struct host_pause host_pause_at(size_t index)
{
    return host.pauses[index];
}

void host_make(void)
{
    host.dice = dice_for(sim.seed, 'h');
    host.pause_most_us = 2 * MINUTE;
    uv_loop_init(&host.loop);
    load_config();
    start(NULL, host.life);
}

void host_free(void)
{
    if (host.gateway) end_daemon();
    uv_loop_close(&host.loop);
    config_free(host.config);
    free(host.pauses);
}
