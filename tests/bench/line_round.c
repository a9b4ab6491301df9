/* How long a line's round really takes, beside its plan: the field bus asks devices that it may ask at any time, so the
 * line is never idle.
 *
 *   line_round PORT BAUD UNITS SECONDS SILENT
 *
 * Unit ids go from 1, water meters and level sensors in turn; the last SILENT of them do not answer. Prints three
 * figures in ms: the round measured, the one planned with the usual answer, the one planned with the latest. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "config/line_timing.h"
#include "ports/field_bus.h"
#include "stillwater/error.h"

#define UNITS_MAX 247

struct round {
    uint32_t silent;
    struct field_bus *bus;
    uv_timer_t phase;
    uint64_t seconds;
    bool counting;
    uint64_t good, failed, begun_ns, took_ns;
};

static struct sw_wall wall_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return sw_wall_from_ms((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000);
}

static void on_sample(void *ctx, const struct field_bus_sample *sample)
{
    struct round *round = ctx;
    if (!round->counting) return;
    if (sample->error == SW_OK)
        round->good++;
    else
        round->failed++;
}

static void on_batch(void *ctx, const struct field_bus_batch *batch)
{
    (void)ctx;
    (void)batch;
}

static void on_node_link(void *ctx, uint32_t line, uint32_t node, bool up, int error, const char *text)
{
    (void)ctx;
    (void)line;
    (void)node;
    (void)up;
    (void)error;
    (void)text;
}

static void on_line_link(void *ctx, uint32_t line, bool up, const char *text)
{
    (void)ctx;
    (void)line;
    if (!up) fprintf(stderr, "line_round: %s\n", text);
}

static void on_log_unopened(void *ctx, uint32_t line, uint32_t node, uint32_t serial)
{
    (void)ctx;
    (void)line;
    (void)node;
    (void)serial;
}

static void on_closed(void *ctx)
{
    struct round *round = ctx;
    uv_close((uv_handle_t *)&round->phase, NULL);
}

static void on_end(uv_timer_t *timer)
{
    struct round *round = timer->data;
    round->took_ns = uv_hrtime() - round->begun_ns;
    round->counting = false;
    field_bus_close(round->bus, on_closed, round);
}

static void on_warm(uv_timer_t *timer)
{
    struct round *round = timer->data;
    round->counting = true;
    round->begun_ns = uv_hrtime();
    uv_timer_start(timer, on_end, 1000 * round->seconds, 0);
}

static void measure(struct round *round, const struct gateway_config *config)
{
    const struct field_bus_events events = {.ctx = round,
                                            .batch = on_batch,
                                            .sample = on_sample,
                                            .node_link = on_node_link,
                                            .line_link = on_line_link,
                                            .log_unopened = on_log_unopened};
    uv_loop_t loop;
    uv_loop_init(&loop);
    uv_timer_init(&loop, &round->phase);
    round->phase.data = round;
    if (field_bus_start(&loop, config, wall_now, events, &round->bus) != SW_OK) exit(EXIT_FAILURE);
    uv_timer_start(&round->phase, on_warm, 1000 * round->seconds / 2, 0);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
}

int main(int count, char **arguments)
{
    static struct config_device devices[UNITS_MAX];
    if (count != 6) return EXIT_FAILURE;
    uint32_t units = (uint32_t)strtoul(arguments[3], NULL, 10), silent = (uint32_t)strtoul(arguments[5], NULL, 10);
    struct config_line line = {.id = "line",
                               .port = arguments[1],
                               .settings = {(uint32_t)strtoul(arguments[2], NULL, 10), 'N', 1},
                               .timeout_ms = 300,
                               .devices = devices,
                               .device_count = units};
    struct gateway_config config = {.lines = &line, .line_count = 1};
    struct round round = {.silent = silent, .seconds = strtoul(arguments[4], NULL, 10)};
    if (units == 0 || units > UNITS_MAX || silent >= units) return EXIT_FAILURE;
    for (uint32_t i = 0; i < units; i++)
        devices[i] = (struct config_device){.unit_id = (uint8_t)(i + 1),
                                            .profile = sw_profile_by_name(i % 2 == 0 ? "xintai" : "geolux-lx80"),
                                            .poll_interval_ms = 1};
    measure(&round, &config);
    if (round.good == 0) return EXIT_FAILURE;
    struct line_plan plan = line_timing_plan(&line);
    int64_t usual_us = line_plan_usual_us(&plan), longest_us = line_plan_silent_us(&plan, silent);
    double rounds = (double)round.good / (units - silent);
    printf("%.3f %.3f %.3f\n", (double)round.took_ns / 1e6 / rounds, (double)usual_us / 1000,
           (double)longest_us / 1000);
    return EXIT_SUCCESS;
}
