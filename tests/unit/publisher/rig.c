#include "rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "message/message.h"

#define LIMIT_MS 60000

static void on_link(void *ctx, bool up, const char *text)
{
    struct rig *rig = ctx;
    rig->up = up;
    rig->link_events++;
    (void)snprintf(rig->link_text, sizeof rig->link_text, "%s", text);
    if (up && rig->on_up) rig->on_up(rig);
}

static void on_taken(void *ctx, int64_t token)
{
    struct rig *rig = ctx;
    assert_in_range(token, 0, RIG_TOKENS_MAX - 1);
    rig->taken[token]++;
    rig->taken_count++;
}

static void on_cap_done(void *ctx, bool taken)
{
    struct rig *rig = ctx;
    *(taken ? &rig->caps_taken : &rig->caps_refused) += 1;
}

static void on_command(void *ctx, const struct publisher_command *command)
{
    struct rig *rig = ctx;
    rig->commands++;
    (void)snprintf(rig->command, sizeof rig->command, "%.*s", (int)command->payload_size, command->payload);
    (void)snprintf(rig->response_topic, sizeof rig->response_topic, "%s",
                   command->response_topic ? command->response_topic : "");
    (void)snprintf(rig->correlation, sizeof rig->correlation, "%.*s", (int)command->correlation_size,
                   command->correlation ? (const char *)command->correlation : "");
    if (rig->answer) assert_int_equal(publisher_reply(rig->publisher, command, rig->answer), SW_OK);
}

static void on_telemetry_done(void *ctx, enum publisher_telemetry of, bool taken)
{
    struct rig *rig = ctx;
    assert_int_equal(of, PUBLISHER_TELEMETRY_SITES);
    *(taken ? &rig->telemetry_taken : &rig->telemetry_refused) += 1;
}

static void on_retained_done(void *ctx, enum publisher_retained kind, bool taken)
{
    struct rig *rig = ctx;
    (taken ? rig->retained_taken : rig->retained_refused)[kind]++;
}

static void on_retained_kept(void *ctx, enum publisher_retained kind, const char *topic)
{
    struct rig *rig = ctx;
    rig->retained_kept[kind]++;
    (void)snprintf(rig->kept, sizeof rig->kept, "%s", topic);
}

static void on_weather(void *ctx, const char *payload, size_t size)
{
    struct rig *rig = ctx;
    rig->weathers++;
    (void)snprintf(rig->weather, sizeof rig->weather, "%.*s", (int)size, payload);
}

static void on_receipt(void *ctx, const char *payload, size_t size)
{
    struct rig *rig = ctx;
    rig->receipts++;
    (void)snprintf(rig->receipt, sizeof rig->receipt, "%.*s", (int)size, payload);
}

void rig_init(struct rig *rig, uint16_t port)
{
    memset(rig, 0, sizeof *rig);
    assert_int_equal(uv_loop_init(&rig->loop), 0);
    (void)snprintf(rig->config.city, SW_ID_SIZE, "northport");
    (void)snprintf(rig->config.gateway, SW_ID_SIZE, "gw-1");
    rig->config.mqtt.host = strdup("127.0.0.1");
    rig->config.mqtt.port = port;
    rig->config.mqtt.keepalive_s = 10;
    rig->config.mqtt.inflight = 20;
}

static int start(struct rig *rig, char *text, size_t text_size)
{
    struct publisher_events events = {.ctx = rig,
                                      .link = on_link,
                                      .taken = on_taken,
                                      .cap_done = on_cap_done,
                                      .receipt = on_receipt,
                                      .command = on_command,
                                      .retained_done = on_retained_done,
                                      .telemetry_done = on_telemetry_done,
                                      .retained_kept = on_retained_kept,
                                      .weather = on_weather};
    return publisher_start(&rig->loop, &rig->config, RIG_WILL, events, &rig->publisher, text, text_size);
}

void rig_start(struct rig *rig)
{
    char text[256] = "";
    int error = start(rig, text, sizeof text);
    if (error != SW_OK) print_error("%s\n", text);
    assert_int_equal(error, SW_OK);
}

void rig_assert_start_fails(struct rig *rig, const char *text)
{
    char found[256] = "";
    assert_int_not_equal(start(rig, found, sizeof found), SW_OK);
    assert_non_null(strstr(found, text));
    rig->publisher = NULL;
    rig_close(rig, NULL);
}

static void on_wake(uv_timer_t *timer)
{
    (void)timer;
}

static bool never(struct rig *rig)
{
    (void)rig;
    return false;
}

static bool run(struct rig *rig, bool (*done)(struct rig *rig), uint64_t limit_ms)
{
    /* Wakes the loop often enough for conditions that no event of the loop makes true. */
    uv_timer_t wake;
    assert_int_equal(uv_timer_init(&rig->loop, &wake), 0);
    assert_int_equal(uv_timer_start(&wake, on_wake, 5, 5), 0);
    uint64_t end = uv_hrtime() / 1000000 + limit_ms;
    bool reached;
    while (!(reached = done(rig)) && uv_hrtime() / 1000000 < end)
        (void)uv_run(&rig->loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&wake, NULL);
    (void)uv_run(&rig->loop, UV_RUN_NOWAIT);
    return reached;
}

void rig_run_until(struct rig *rig, bool (*done)(struct rig *rig))
{
    bool reached = run(rig, done, LIMIT_MS);
    if (!reached) print_error("link: %s, \"%s\"\n", rig->up ? "up" : "down", rig->link_text);
    assert_true(reached);
}

void rig_run_ms(struct rig *rig, uint64_t ms)
{
    (void)run(rig, never, ms);
}

static void on_closed(void *ctx)
{
    struct rig *rig = ctx;
    rig->closed = true;
}

static bool is_closed(struct rig *rig)
{
    return rig->closed;
}

void rig_close(struct rig *rig, const char *last_status)
{
    if (rig->publisher) {
        publisher_close(rig->publisher, last_status, on_closed, rig);
        assert_false(rig->closed);
        rig_run_until(rig, is_closed);
    }
    (void)uv_run(&rig->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&rig->loop), 0);
    free(rig->config.mqtt.host);
    free(rig->config.mqtt.username);
    free(rig->config.mqtt.password_file);
    free(rig->config.mqtt.ca_file);
    free(rig->config.mqtt.certificate_file);
    free(rig->config.mqtt.key_file);
}

void rig_connect(struct rig *rig, uint16_t port)
{
    rig_init(rig, port);
    rig_start(rig);
    rig_run_until(rig, rig_is_up);
}

void rig_open(struct rig *rig, struct broker *broker, const char *settings)
{
    broker_open(broker, settings);
    rig_connect(rig, broker->port);
}

bool rig_is_up(struct rig *rig)
{
    return rig->up;
}

bool rig_is_down(struct rig *rig)
{
    return !rig->up && rig->link_events > 0;
}

void rig_assert_text(const struct rig *rig, const char *text)
{
    if (!strstr(rig->link_text, text)) print_error("link text is \"%s\", expected \"%s\"\n", rig->link_text, text);
    assert_non_null(strstr(rig->link_text, text));
}

char *rig_alert(int number, uint32_t revision)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    struct sw_alert alert = {
        .revision = revision,
        .kind = SW_ALERT_KIND_COVER_OPEN,
        .state = SW_ALERT_STATE_RAISED,
        .colour = SW_COLOUR_ORANGE,
        .peak = SW_COLOUR_ORANGE,
        .evidence = {.rule = SW_ALERT_RULE_COVER_SWITCH, .coverage_permille = -1},
    };
    alert.onset = alert.raised_at = alert.updated_at = sw_wall_from_ms((int64_t)now.tv_sec * 1000);
    (void)snprintf(alert.subject, sizeof alert.subject, "cover-%d", number);
    (void)snprintf(alert.id, sizeof alert.id, "gw-1.cover_open.cover-%d.20261122T034000000Z", number);
    static const struct message_escalation escalation = {.level = 2, .area = "northport", .responsible = "officer-1"};
    struct message_alert_about about = {.city = "northport", .gateway = "gw-1", .escalation = &escalation};
    char *body = message_alert_encode(&alert, &about);
    assert_non_null(body);
    return body;
}
