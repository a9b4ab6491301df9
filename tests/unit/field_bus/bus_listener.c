#include "bus_listener.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int64_t listener_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static struct sw_wall wall_now(void)
{
    return sw_wall_from_ms(LISTENER_WALL_MS + listener_now_ms());
}

static void note(struct listener *listener)
{
    if (listener->closing) listener->calls_after_close++;
}

static void on_batch(void *ctx, const struct field_bus_batch *batch)
{
    struct listener *listener = ctx;
    note(listener);
    listener->batches++;
    if (batch->count == 0) listener->empty_batches++;
    listener->last_batch = *batch;
    for (uint32_t i = 0; i < batch->count && listener->record_count < LISTENER_RECORDS_MAX; i++) {
        listener->records[listener->record_count] = batch->records[i];
        listener->times[listener->record_count] = batch->times[i];
        listener->clock[listener->record_count++] = batch->clock[i];
    }
    if (!listener->acknowledge || batch->count == 0) return;
    listener->given = batch->records[batch->count - 1].sequence;
    field_bus_acknowledge(listener->bus, batch->line, batch->node, batch->epoch, listener->given);
}

static void on_sample(void *ctx, const struct field_bus_sample *sample)
{
    struct listener *listener = ctx;
    note(listener);
    if (listener->sample_count < LISTENER_SAMPLES_MAX) listener->samples[listener->sample_count++] = *sample;
}

static void on_node_link(void *ctx, uint32_t line, uint32_t node, bool up, int error, const char *text)
{
    struct listener *listener = ctx;
    (void)line;
    (void)node;
    note(listener);
    listener->node_up = up;
    listener->node_changes++;
    listener->node_error = error;
    snprintf(listener->node_text, sizeof listener->node_text, "%s", text);
}

static void on_line_link(void *ctx, uint32_t line, bool up, const char *text)
{
    struct listener *listener = ctx;
    (void)line;
    note(listener);
    listener->line_up = up;
    listener->line_changes++;
    snprintf(listener->line_text, sizeof listener->line_text, "%s", text);
}

static void on_log_unopened(void *ctx, uint32_t line, uint32_t node, uint32_t serial)
{
    struct listener *listener = ctx;
    (void)serial;
    note(listener);
    listener->unopened++;
    if (listener->open_log) field_bus_open_log(listener->bus, line, node, 9, 100);
}

static void on_notice(void *ctx, uint32_t line, uint32_t node, int error, const char *text)
{
    struct listener *listener = ctx;
    (void)line;
    (void)node;
    (void)error;
    note(listener);
    if (listener->notice_count == LISTENER_NOTICES_MAX) return;
    snprintf(listener->notices[listener->notice_count++], sizeof listener->notices[0], "%s", text);
}

static void on_stranger(void *ctx, const char *text)
{
    struct listener *listener = ctx;
    note(listener);
    listener->strangers++;
    snprintf(listener->stranger, sizeof listener->stranger, "%s", text);
}

static void on_beat(uv_timer_t *timer)
{
    (void)timer;
}

struct listener *listener_new(const char *port)
{
    struct listener *listener = calloc(1, sizeof *listener);
    assert_non_null(listener);
    listener->node_up = listener->line_up = -1;
    listener->acknowledge = true;
    strcpy(listener->loopback, "127.0.0.1");
    listener->line = (struct config_line){.id = "line",
                                          .port = strdup(port),
                                          .settings = {115200, 'N', 1},
                                          .poll_interval_ms = 30,
                                          .timeout_ms = 10000,
                                          .nodes = listener->nodes,
                                          .devices = listener->devices};
    listener->config.lines = &listener->line;
    listener->config.line_count = 1;
    assert_int_equal(uv_loop_init(&listener->loop), 0);
    return listener;
}

void listener_use_tcp(struct listener *listener, enum config_transport transport, uint16_t tcp_port)
{
    struct config_line *line = &listener->line;
    bool listens = transport == CONFIG_RTU_OVER_TCP_LISTEN;
    free(line->port);
    line->port = NULL;
    line->transport = transport;
    line->host = listens ? NULL : listener->loopback;
    line->listen = listens ? listener->loopback : NULL;
    line->tcp_port = tcp_port;
    line->outstanding = 1;
}

void listener_add_node(struct listener *listener, uint8_t unit_id)
{
    struct config_node *node = &listener->nodes[listener->line.node_count++];
    *node = (struct config_node){.id = "node", .unit_id = unit_id, .slots = listener->slots};
}

void listener_add_slot(struct listener *listener, uint8_t slot, enum sw_profile_id profile, uint8_t unit_id)
{
    listener->slots[listener->nodes[0].slot_count++] = (struct config_slot){.slot = slot,
                                                                            .profile = sw_profile_by_id(profile),
                                                                            .unit_id = unit_id,
                                                                            .sample_period_ms = 1500,
                                                                            .report_delta = 20,
                                                                            .heartbeat_s = 60};
}

void listener_add_device(struct listener *listener, uint8_t unit_id, enum sw_profile_id profile, uint32_t poll_ms)
{
    listener->devices[listener->line.device_count++] = (struct config_device){
        .id = "device", .unit_id = unit_id, .profile = sw_profile_by_id(profile), .poll_interval_ms = poll_ms};
}

void listener_start(struct listener *listener)
{
    struct field_bus_events events = {.ctx = listener,
                                      .batch = on_batch,
                                      .sample = on_sample,
                                      .node_link = on_node_link,
                                      .line_link = on_line_link,
                                      .log_unopened = on_log_unopened,
                                      .notice = on_notice,
                                      .stranger = on_stranger};
    uv_timer_init(&listener->loop, &listener->beat);
    uv_timer_start(&listener->beat, on_beat, 10, 10);
    assert_int_equal(field_bus_start(&listener->loop, &listener->config, wall_now, events, &listener->bus), SW_OK);
}

void listener_run_ms(struct listener *listener, int64_t ms)
{
    int64_t end = listener_now_ms() + ms;
    while (listener_now_ms() < end)
        uv_run(&listener->loop, UV_RUN_ONCE);
}

bool listener_noticed(const struct listener *listener, const char *words)
{
    for (uint32_t i = 0; i < listener->notice_count; i++)
        if (strstr(listener->notices[i], words) != NULL) return true;
    return false;
}

static void on_closed(void *ctx)
{
    struct listener *listener = ctx;
    if (listener->closed) listener->calls_after_close++;
    listener->closed = true;
}

void listener_finish(struct listener *listener)
{
    listener->closing = true;
    field_bus_close(listener->bus, on_closed, listener);
    uv_close((uv_handle_t *)&listener->beat, NULL);
    while (!listener->closed)
        uv_run(&listener->loop, UV_RUN_ONCE);
    uv_run(&listener->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&listener->loop), 0);
    assert_int_equal(listener->calls_after_close, 0);
    free(listener->line.port);
    free(listener);
}
