/* A gateway that is nothing but its publisher, for tests of those who talk to one.
 *
 *   fake-gateway PORT CITY GATEWAY ALERTS
 *
 * Connects to 127.0.0.1:PORT, sets its status, sends ALERTS cover alerts (revision 1), then carries out commands on
 * them: the next revision is published, the command answered. A message that is not a command is answered with the
 * reason. On SIGTERM it stops cleanly. Says on stdout what happens, one line each. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uv.h>

#include "message/message.h"
#include "ports/publisher.h"
#include "stillwater/error.h"

#define ALERTS_MAX 1000

struct fake {
    uv_loop_t loop;
    uv_signal_t terminate;
    struct gateway_config config;
    struct publisher *publisher;
    struct sw_alert alerts[ALERTS_MAX];
    bool pending[ALERTS_MAX];
    int count;
};

static struct sw_wall now(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_REALTIME, &time);
    return sw_wall_from_ms((int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000);
}

static char *status_body(const struct fake *fake, enum message_status_state state)
{
    struct message_counter counter = {"alerts", (uint64_t)fake->count};
    struct message_status status = {
        .city = fake->config.city,
        .gateway = fake->config.gateway,
        .state = state,
        .time = now(),
        .since = now(),
        .trouble = "",
        .counters = &counter,
        .counter_count = 1,
    };
    return message_status_encode(&status);
}

static void send_pending(struct fake *fake)
{
    for (int i = 0; i < fake->count && publisher_ready(fake->publisher); i++) {
        if (!fake->pending[i]) continue;
        char topic[SW_TOPIC_SIZE];
        const struct sw_alert *alert = &fake->alerts[i];
        (void)snprintf(topic, sizeof topic, "%s/%s/%s/%s/%s", SW_TOPIC_ROOT, fake->config.city, fake->config.gateway,
                       SW_TOPIC_ALERT, alert->id);
        char *body = message_alert_encode(
            alert, &(struct message_alert_about){.city = fake->config.city, .gateway = fake->config.gateway});
        if (body && publisher_send(fake->publisher, topic, body, i, false) == SW_OK) fake->pending[i] = false;
        free(body);
    }
}

static void on_link(void *ctx, bool up, const char *text)
{
    struct fake *fake = ctx;
    (void)printf("%s %s\n", up ? "up" : "down", text);
    if (up) send_pending(fake);
}

static void on_taken(void *ctx, int64_t token)
{
    (void)printf("taken %lld\n", (long long)token);
    send_pending(ctx);
}

static int carry_out(struct fake *fake, const struct message_command *command, uint32_t *revision)
{
    for (int i = 0; i < fake->count; i++) {
        struct sw_alert *alert = &fake->alerts[i];
        if (strcmp(alert->id, command->alert_id) != 0) continue;
        *revision = alert->revision;
        if (command->revision != 0 && command->revision != alert->revision) return SW_ERROR_STALE;
        enum sw_alert_state next = sw_alert_transition(alert->state, command->action);
        if (next == SW_ALERT_STATE_NONE) return SW_ERROR_NOT_PERMITTED;
        alert->state = next;
        *revision = ++alert->revision;
        alert->updated_at = now();
        (void)snprintf(alert->actor, sizeof alert->actor, "%s", command->by);
        (void)snprintf(alert->note, sizeof alert->note, "%s", command->note);
        fake->pending[i] = true;
        return SW_OK;
    }
    return SW_ERROR_NOT_FOUND;
}

static void on_command(void *ctx, const struct publisher_command *message)
{
    struct fake *fake = ctx;
    struct message_command command;
    char text[256] = "";
    uint32_t revision = 0;
    int error = message_command_decode(message->payload, message->payload_size, &command, text, sizeof text);
    if (error == SW_OK) {
        error = carry_out(fake, &command, &revision);
        (void)snprintf(text, sizeof text, "%s", sw_error_text(error));
    }
    (void)printf("command %s: %s\n", sw_error_name(error), text);
    struct message_command_result result = {command.alert_id, revision, error, text, NULL};
    char *body = message_command_result_encode(&result, now());
    if (body) (void)publisher_reply(fake->publisher, message, body);
    free(body);
    send_pending(fake);
}

static void on_closed(void *ctx)
{
    (void)ctx;
    (void)printf("stopped\n");
}

static void on_terminate(uv_signal_t *signal, int number)
{
    struct fake *fake = signal->data;
    (void)number;
    uv_close((uv_handle_t *)signal, NULL);
    char *body = status_body(fake, MESSAGE_STATUS_STOPPED);
    publisher_close(fake->publisher, body, on_closed, fake);
    free(body);
}

static void make_alerts(struct fake *fake)
{
    for (int i = 0; i < fake->count; i++) {
        struct sw_alert *alert = &fake->alerts[i];
        *alert = (struct sw_alert){
            .revision = 1,
            .kind = SW_ALERT_KIND_COVER_OPEN,
            .state = SW_ALERT_STATE_RAISED,
            .colour = i % 2 ? SW_COLOUR_YELLOW : SW_COLOUR_ORANGE,
            .peak = SW_COLOUR_ORANGE,
            .onset = now(),
            .raised_at = now(),
            .updated_at = now(),
            .evidence = {.rule = SW_ALERT_RULE_COVER_SWITCH, .coverage_permille = -1},
        };
        (void)snprintf(alert->subject, sizeof alert->subject, "cover-%d", i);
        (void)snprintf(alert->id, sizeof alert->id, "%s.cover_open.cover-%d.20261122T034000000Z", fake->config.gateway,
                       i);
        fake->pending[i] = true;
    }
}

int main(int argc, char **argv)
{
    static struct fake fake;
    char text[256] = "";
    if (argc != 5) return 2;
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    (void)snprintf(fake.config.city, SW_ID_SIZE, "%s", argv[2]);
    (void)snprintf(fake.config.gateway, SW_ID_SIZE, "%s", argv[3]);
    char host[] = "127.0.0.1";
    fake.config.mqtt = (struct config_mqtt){.host = host,
                                            .port = (uint16_t)atoi(argv[1]),
                                            .keepalive_s = 10,
                                            .inflight = 20,
                                            .done_on = CONFIG_DONE_ON_PUBACK};
    fake.count = atoi(argv[4]);
    if (fake.count < 0 || fake.count > ALERTS_MAX) return 2;
    make_alerts(&fake);

    (void)uv_loop_init(&fake.loop);
    (void)uv_signal_init(&fake.loop, &fake.terminate);
    fake.terminate.data = &fake;
    (void)uv_signal_start(&fake.terminate, on_terminate, SIGTERM);
    char *will = status_body(&fake, MESSAGE_STATUS_OFFLINE);
    char *status = status_body(&fake, MESSAGE_STATUS_ONLINE);
    struct publisher_events events = {.ctx = &fake, .link = on_link, .taken = on_taken, .command = on_command};
    if (!will || !status ||
        publisher_start(&fake.loop, &fake.config, will, events, &fake.publisher, text, sizeof text) != SW_OK) {
        (void)fprintf(stderr, "%s\n", text);
        return 1;
    }
    (void)publisher_set_status(fake.publisher, status);
    (void)uv_run(&fake.loop, UV_RUN_DEFAULT);
    free(will);
    free(status);
    return uv_loop_close(&fake.loop) == 0 ? 0 : 1;
}
