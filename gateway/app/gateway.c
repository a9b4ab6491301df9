#include "app/gateway.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/alerts.h"
#include "app/areas.h"
#include "app/cap.h"
#include "app/catch_up.h"
#include "app/commands.h"
#include "app/escalations.h"
#include "app/gateway_state.h"
#include "app/home_assistant.h"
#include "app/incidents.h"
#include "app/journal.h"
#include "app/log.h"
#include "app/nearby.h"
#include "app/outbox.h"
#include "app/records.h"
#include "app/reload.h"
#include "app/reports.h"
#include "app/retained.h"
#include "app/retired.h"
#include "app/space.h"
#include "app/states.h"
#include "app/status.h"
#include "app/storm.h"
#include "app/subjects.h"
#include "app/telemetry.h"
#include "app/weather.h"

#define TICK_MS       1000
#define STOP_TICK_MS  20
#define COMMIT_FOR_MS 5000
#define DRAIN_FOR_MS  2000
#define STEP_MS       2000

/* ---- effects of the core ---- */

static void on_alert(void *ctx, uint32_t subject, const struct sw_alert *alert)
{
    alerts_on_revision(ctx, subject, alert);
}

/* ---- events of the ports, handed to the part they are for ---- */

static void on_batch(void *ctx, const struct field_bus_batch *batch)
{
    records_on_batch(ctx, batch);
}

static void on_sample(void *ctx, const struct field_bus_sample *sample)
{
    records_on_sample(ctx, sample);
}

static void on_node_link(void *ctx, uint32_t line, uint32_t node, bool up, int error, const char *text)
{
    (void)error;
    records_on_node_link(ctx, line, node, up, text);
}

static void on_line_link(void *ctx, uint32_t line, bool up, const char *text)
{
    records_on_line_link(ctx, line, up, text);
}

static void on_log_unopened(void *ctx, uint32_t line, uint32_t node, uint32_t serial)
{
    records_on_log_unopened(ctx, line, node, serial);
}

static void on_notice(void *ctx, uint32_t line, uint32_t node, int error, const char *text)
{
    const struct gateway *gateway = ctx;
    log_event(error ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO, gateway->lines[line].nodes[node].id, "%s", text);
}

static void on_device_notice(void *ctx, uint32_t line, uint32_t device, int error, const char *text)
{
    const struct gateway *gateway = ctx;
    log_event(error ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO, gateway->lines[line].devices[device].id, "%s", text);
}

static void on_stranger(void *ctx, const char *text)
{
    (void)ctx;
    log_event(LOG_LEVEL_WARNING, "field-bus", "%s", text);
}

static void on_committed(void *ctx, struct store_batch *batch, int error, const char *text)
{
    journal_committed(ctx, batch, error, text);
}

/* Alerts wait for the first states of a connection, and later states for alerts. */
static void on_states_may_go(struct gateway *gateway)
{
    states_pump(gateway);
    outbox_pump(gateway);
}

static void on_outbox(void *ctx, const struct store_outbox_row *rows, size_t count)
{
    outbox_on_rows(ctx, rows, count);
    states_pump(ctx);
}

static void on_link(void *ctx, bool up, const char *text)
{
    log_event(up ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING, "mqtt", "%s", text);
    cap_on_link(ctx, up);
    states_on_link(ctx, up);
    outbox_on_link(ctx, up);
    areas_on_link(ctx, up);
    incidents_on_link(ctx, up);
    home_assistant_on_link(ctx, up);
    escalations_on_link(ctx, up);
    telemetry_on_link(ctx, up);
}

static void on_taken(void *ctx, int64_t token)
{
    outbox_on_taken(ctx, token);
}

static void on_cap_done(void *ctx, bool taken)
{
    cap_on_done(ctx, taken);
    outbox_pump(ctx);
}

static void on_telemetry_done(void *ctx, enum publisher_telemetry of, bool taken)
{
    telemetry_on_done(ctx, of, taken);
}

static void on_receipt(void *ctx, const char *payload, size_t size)
{
    outbox_on_receipt(ctx, payload, size);
}

static void on_command(void *ctx, const struct publisher_command *command)
{
    struct gateway *gateway = ctx;
    /* Once stopping, nothing could be stored and answered any more; the centre gets no answer and asks again. */
    if (gateway->phase == PHASE_RUNNING) commands_on_command(gateway, command);
}

static void on_report(void *ctx, const char *source, const char *who, const struct publisher_command *report)
{
    struct gateway *gateway = ctx;
    if (gateway->phase == PHASE_RUNNING) reports_on_message(gateway, source, who, report);
}

static void on_weather(void *ctx, const char *payload, size_t size)
{
    struct gateway *gateway = ctx;
    if (gateway->phase == PHASE_RUNNING) weather_on_message(gateway, payload, size);
}

static void on_birth(void *ctx)
{
    home_assistant_on_birth(ctx);
}

static void on_retained_done(void *ctx, enum publisher_retained kind, bool taken)
{
    retained_on_done(ctx, kind, taken);
    if (kind == PUBLISHER_AREAS) areas_pump(ctx);
    if (kind == PUBLISHER_STATES) on_states_may_go(ctx);
    if (kind == PUBLISHER_INCIDENTS) incidents_pump(ctx);
    if (kind == PUBLISHER_HOMES || kind == PUBLISHER_DISCOVERY) home_assistant_pump(ctx);
}

static void on_retained_kept(void *ctx, enum publisher_retained kind, const char *topic)
{
    if (kind == PUBLISHER_AREAS) areas_on_kept(ctx, topic);
    if (kind == PUBLISHER_STATES) states_on_kept(ctx, topic);
    if (kind == PUBLISHER_INCIDENTS) incidents_on_kept(ctx, topic);
    if (kind == PUBLISHER_HOMES || kind == PUBLISHER_DISCOVERY) home_assistant_on_kept(ctx, kind, topic);
}

/* ---- time ---- */

/* The wall clock against the monotonic one: a step explains a strange gap in the readings later. After a step forward,
 * or a sleep, nobody is silent because the time has gone by without them. */
static void watch_clock(struct gateway *gateway)
{
    struct sw_wall wall = gateway->clock.wall();
    struct sw_mono mono = gateway->clock.mono();
    int64_t step_ms = sw_wall_diff_ms(wall, gateway->last_wall) - sw_mono_diff_ms(mono, gateway->last_mono);
    if (step_ms > STEP_MS || step_ms < -STEP_MS) {
        log_event(LOG_LEVEL_WARNING, "clock", "the wall clock was set by %+.3f s", (double)step_ms / 1000);
        escalations_on_clock_set(gateway, step_ms);
    }
    if (sw_wall_diff_ms(wall, gateway->last_wall) > TICK_MS + STEP_MS) core_resume(gateway->core);
    gateway->last_wall = wall;
    gateway->last_mono = mono;
}

void gateway_tick(struct gateway *gateway)
{
    if (gateway->phase == PHASE_RUNNING) {
        watch_clock(gateway);
        core_tick(gateway->core, gateway->clock.wall());
        space_tick(gateway);
        escalations_tick(gateway);
        reports_tick(gateway);
        areas_tick(gateway);
        incidents_tick(gateway);
        storm_tick(gateway);
        states_tick(gateway);
        home_assistant_tick(gateway);
        status_tick(gateway);
    }
    if (gateway->phase <= PHASE_DRAIN) {
        journal_tick(gateway);
        outbox_tick(gateway);
    }
    gateway_advance(gateway);
}

static void on_timer(uv_timer_t *timer)
{
    gateway_tick(timer->data);
}

/* ---- end ---- */

void gateway_release(struct gateway *gateway)
{
    if (--gateway->open_handles > 0) return;
    void (*stopped)(void *) = gateway->stopped;
    void *ctx = gateway->stopped_ctx;
    commands_free(gateway);
    journal_free(gateway);
    areas_free(gateway);
    incidents_free(gateway);
    states_free(gateway);
    home_assistant_free(gateway);
    retained_free(gateway);
    escalations_free(gateway);
    telemetry_free(gateway);
    alerts_free(gateway);
    nearby_close(gateway);
    reports_free(gateway);
    subjects_free(gateway);
    reload_free(gateway);
    free(gateway);
    if (stopped) stopped(ctx);
}

static void on_timer_closed(uv_handle_t *handle)
{
    gateway_release(handle->data);
}

static void close_timers(struct gateway *gateway)
{
    gateway->phase = PHASE_TIMER;
    uv_close((uv_handle_t *)&gateway->timer, on_timer_closed);
    uv_close((uv_handle_t *)&gateway->journal.timer, on_timer_closed);
    uv_close((uv_handle_t *)&gateway->telemetry.timer, on_timer_closed);
    uv_close((uv_handle_t *)&gateway->lag.timer, on_timer_closed);
}

static void on_store_closed(void *ctx)
{
    struct gateway *gateway = ctx;
    gateway->store = NULL;
    close_timers(gateway);
}

static void close_store(struct gateway *gateway)
{
    gateway->phase = PHASE_STORE;
    if (gateway->store)
        store_close(gateway->store, on_store_closed, gateway);
    else
        close_timers(gateway);
}

static void on_publisher_closed(void *ctx)
{
    struct gateway *gateway = ctx;
    gateway->publisher = NULL;
    close_store(gateway);
}

static void close_publisher(struct gateway *gateway)
{
    gateway->phase = PHASE_PUBLISHER;
    if (!gateway->publisher) {
        close_store(gateway);
        return;
    }
    char *last = status_encode(gateway, MESSAGE_STATUS_STOPPED);
    publisher_close(gateway->publisher, last, on_publisher_closed, gateway);
    free(last);
}

static void enter_phase(struct gateway *gateway, enum phase phase, int64_t for_ms)
{
    gateway->phase = phase;
    gateway->phase_until = sw_mono_from_ms(gateway->clock.mono().ms + for_ms);
}

static bool phase_is_late(const struct gateway *gateway)
{
    return sw_mono_diff_ms(gateway->clock.mono(), gateway->phase_until) >= 0;
}

void gateway_advance(struct gateway *gateway)
{
    if (gateway->phase == PHASE_COMMIT) {
        journal_flush(gateway);
        if (!journal_is_idle(gateway) && !phase_is_late(gateway)) return;
        enter_phase(gateway, PHASE_DRAIN, DRAIN_FOR_MS);
        outbox_wake(gateway);
    }
    if (gateway->phase == PHASE_DRAIN && (outbox_is_drained(gateway) || phase_is_late(gateway)))
        close_publisher(gateway);
}

static void on_bus_closed(void *ctx)
{
    struct gateway *gateway = ctx;
    gateway->bus = NULL;
    enter_phase(gateway, PHASE_COMMIT, COMMIT_FOR_MS);
    gateway_advance(gateway);
}

void gateway_stop(struct gateway *gateway, void (*stopped)(void *ctx), void *ctx)
{
    if (gateway->phase != PHASE_RUNNING) return;
    gateway->stopped = stopped;
    gateway->stopped_ctx = ctx;
    gateway->phase = PHASE_BUS;
    uv_timer_start(&gateway->timer, on_timer, STOP_TICK_MS, STOP_TICK_MS);
    field_bus_close(gateway->bus, on_bus_closed, gateway);
}

/* ---- start ---- */

static int open_store(struct gateway *gateway, char *text, size_t text_size)
{
    struct store_events events = {gateway, on_committed, on_outbox};
    int error = store_open(gateway->loop, gateway->config->store_path, events, &gateway->store, text, text_size);
    if (!error) error = journal_init(gateway);
    if (error) return error;
    space_begin(gateway);
    subjects_restore(gateway);
    alerts_restore(gateway);
    reports_restore(gateway);
    escalations_restore(gateway);
    storm_begin(gateway);
    retired_resolve(gateway);
    int64_t behind_ms = sw_wall_diff_ms(store_load_last_time(gateway->store), gateway->since);
    if (behind_ms > STEP_MS)
        log_event(LOG_LEVEL_WARNING, "clock", "the wall clock is %.0f s behind the newest time in the store",
                  (double)behind_ms / 1000);
    return SW_OK;
}

static int build_alerts(struct gateway *gateway, char *text, size_t text_size)
{
    int error = alerts_build(gateway);
    if (!error) error = reports_build(gateway);
    if (!error) error = states_build(gateway);
    if (!error) error = home_assistant_build(gateway);
    if (!error) error = escalations_build(gateway);
    if (error) snprintf(text, text_size, "no memory for the alerts");
    return error;
}

static int build_areas(struct gateway *gateway, char *text, size_t text_size)
{
    int error = areas_build(gateway);
    if (!error) error = incidents_build(gateway);
    if (error) snprintf(text, text_size, "no memory for areas and incidents");
    return error;
}

static int build_telemetry(struct gateway *gateway, char *text, size_t text_size)
{
    int error = telemetry_build(gateway);
    if (error) snprintf(text, text_size, "no memory for the telemetry");
    return error;
}

static int start_publisher(struct gateway *gateway, char *text, size_t text_size)
{
    struct publisher_events events = {.ctx = gateway,
                                      .link = on_link,
                                      .taken = on_taken,
                                      .cap_done = on_cap_done,
                                      .telemetry_done = on_telemetry_done,
                                      .receipt = on_receipt,
                                      .command = on_command,
                                      .weather = on_weather,
                                      .report = on_report,
                                      .retained_done = on_retained_done,
                                      .retained_kept = on_retained_kept,
                                      .birth = on_birth};
    char *will = status_encode(gateway, MESSAGE_STATUS_OFFLINE);
    int error = SW_ERROR_NO_SPACE;
    snprintf(text, text_size, "no memory for the will");
    if (will)
        error = publisher_start(gateway->loop, gateway->config, will, events, &gateway->publisher, text, text_size);
    free(will);
    return error;
}

static int start_bus(struct gateway *gateway, char *text, size_t text_size)
{
    struct field_bus_events events = {.ctx = gateway,
                                      .batch = on_batch,
                                      .sample = on_sample,
                                      .node_link = on_node_link,
                                      .line_link = on_line_link,
                                      .log_unopened = on_log_unopened,
                                      .notice = on_notice,
                                      .device_notice = on_device_notice,
                                      .stranger = on_stranger};
    int error = field_bus_start(gateway->loop, gateway->config, gateway->clock.wall, events, &gateway->bus);
    if (error) snprintf(text, text_size, "the field bus cannot be started: %s", sw_error_text(error));
    return error;
}

int gateway_start(uv_loop_t *loop, const struct gateway_config *config, struct gateway_clock clock,
                  struct gateway **out, char *text, size_t text_size)
{
    struct gateway *gateway = calloc(1, sizeof *gateway);
    *out = NULL;
    if (!gateway) {
        snprintf(text, text_size, "no memory");
        return SW_ERROR_NO_SPACE;
    }
    gateway->loop = loop;
    gateway->config = config;
    gateway->clock = clock;
    gateway->since = gateway->last_wall = clock.wall();
    gateway->last_mono = clock.mono();
    status_soon(gateway);
    gateway->timer.data = gateway->journal.timer.data = gateway->telemetry.timer.data = gateway->lag.timer.data =
        gateway;
    uv_timer_init(loop, &gateway->timer);
    uv_timer_init(loop, &gateway->journal.timer);
    uv_timer_init(loop, &gateway->telemetry.timer);
    uv_timer_init(loop, &gateway->lag.timer);
    gateway->open_handles = 4;

    struct core_sink sink = {gateway, on_alert};
    int error = nearby_open(gateway, text, text_size);
    if (!error) error = subjects_build(gateway, sink, text, text_size);
    if (!error) error = build_alerts(gateway, text, text_size);
    if (!error) error = open_store(gateway, text, text_size);
    if (!error) error = build_areas(gateway, text, text_size);
    if (!error) error = catch_up(gateway, text, text_size);
    if (!error) error = build_telemetry(gateway, text, text_size);
    if (!error) error = start_publisher(gateway, text, text_size);
    if (!error) error = start_bus(gateway, text, text_size);
    if (error) {
        close_publisher(gateway);
        return error;
    }
    uv_timer_start(&gateway->timer, on_timer, TICK_MS, TICK_MS);
    loop_lag_start(&gateway->lag);
    status_tick(gateway);
    *out = gateway;
    return SW_OK;
}
