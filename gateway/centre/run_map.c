#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "centre/area_table.h"
#include "centre/run.h"
#include "centre/topic_path.h"
#include "stillwater/error.h"

#define SLICE_MS 100
/* What the broker has retained comes at once; a broker far away has been seen to pause within it. */
#define QUIET_S 1.0

#define DRILLS_MAX 256

struct mapper {
    const struct options *options;
    struct area_table *table;
    bool colourful;
    uint32_t shown;
    char *drills[DRILLS_MAX]; /* headlines */
    size_t drill_count;
};

static void show(void *ctx, const struct area_merged *merged)
{
    struct mapper *mapper = ctx;
    char sentence[AREA_SENTENCE_SIZE];
    const char *path = merged->area.area, *name = strrchr(path, '/');
    int depth = 0;
    for (const char *at = path; *at != '\0'; at++)
        depth += *at == '/';
    name = name ? name + 1 : path;
    area_merged_describe(merged, sentence);
    int width = 36 - 2 * depth;
    (void)printf("%*s%-*s ", 2 * depth, "", width > 1 ? width : 1, name);
    if (mapper->colourful) (void)printf("\033[%dm", area_paint(merged->area.colour));
    (void)printf("%-6s", sw_colour_name(merged->area.colour));
    if (mapper->colourful) (void)printf("\033[0m");
    (void)printf("  %-7s  %s\n", merged->area.unknown ? "unknown" : "", sentence);
    mapper->shown++;
}

/* They colour nothing: whoever looks at the map is told why others run. */
static void note_drill(void *ctx, const struct message_alert_summary *alert)
{
    struct mapper *mapper = ctx;
    if (!alert->drill) return;
    for (size_t i = 0; i < mapper->drill_count; i++)
        if (strcmp(mapper->drills[i], alert->headline) == 0) return;
    char *copy = mapper->drill_count < DRILLS_MAX ? strdup(alert->headline) : NULL;
    if (copy) mapper->drills[mapper->drill_count++] = copy;
}

static void show_drills(struct mapper *mapper)
{
    for (size_t i = 0; i < mapper->drill_count; i++) {
        (void)printf("%s\n", mapper->drills[i]);
        free(mapper->drills[i]);
    }
}

static void take(struct mapper *mapper, const struct connection_message *message)
{
    struct topic_path path = topic_path_parse(message->topic);
    struct message_area area;
    struct message_status_summary status;
    struct message_state_head head;
    char reason[256] = "the body is not of this topic";
    if (message->size == 0) {
        if (path.branch == TOPIC_AREA) area_table_drop(mapper->table, path.city, path.gateway, path.area);
        return;
    }
    if (path.branch == TOPIC_AREA &&
        message_area_decode(message->payload, message->size, &area, reason, sizeof reason) == SW_OK &&
        strcmp(area.city, path.city) == 0 && strcmp(area.gateway, path.gateway) == 0 &&
        strcmp(area.area, path.area) == 0) {
        (void)area_table_take(mapper->table, &area, false);
    } else if (path.branch == TOPIC_STATUS &&
               message_status_decode(message->payload, message->size, &status, reason, sizeof reason) == SW_OK) {
        (void)area_table_gateway(mapper->table, path.city, path.gateway, status.state != MESSAGE_STATUS_ONLINE);
    } else if (path.branch != TOPIC_STATE || message_state_decode(message->payload, message->size, &head, mapper,
                                                                  note_drill, reason, sizeof reason) != SW_OK) {
        (void)fprintf(stderr, "a message is not valid: %s\n", reason);
    }
}

static int receive_until_quiet(struct mapper *mapper, struct connection *connection, const volatile sig_atomic_t *stop)
{
    double end_s = monotonic_s() + mapper->options->timeout_s, last_s = monotonic_s();
    while (!*stop && monotonic_s() < end_s && monotonic_s() - last_s < QUIET_S) {
        struct connection_message message;
        int got = connection_receive(connection, SLICE_MS, &message);
        if (got < 0) return got;
        if (got > 0) {
            take(mapper, &message);
            last_s = monotonic_s();
        }
        connection_release(&message);
    }
    return SW_OK;
}

static int connect_to_map(const struct options *options, struct connection *connection, char *text, size_t text_size)
{
    char areas[SW_TOPIC_SIZE], status[SW_TOPIC_SIZE], states[SW_TOPIC_SIZE];
    const char *city = options->city ? options->city : "+";
    const char *gateway = options->gateway_count > 0 ? options->gateways[0] : "+";
    (void)snprintf(areas, sizeof areas, SW_TOPIC_ROOT "/%s/%s/" SW_TOPIC_AREA "/#", city, gateway);
    (void)snprintf(status, sizeof status, SW_TOPIC_ROOT "/%s/%s/" SW_TOPIC_STATUS, city, gateway);
    (void)snprintf(states, sizeof states, SW_TOPIC_ROOT "/%s/%s/" SW_TOPIC_STATE "/#", city, gateway);
    const char *const topics[] = {status, areas, states};
    return connection_connect(connection, topics, 3, text, text_size);
}

int run_map(const struct options *options, const volatile sig_atomic_t *stop)
{
    struct mapper mapper = {.options = options, .table = area_table_new(), .colourful = isatty(STDOUT_FILENO) == 1};
    char token[CONNECTION_CORRELATION_SIZE], client_id[SW_ID_SIZE], text[512] = "no memory";
    random_token(token);
    (void)snprintf(client_id, sizeof client_id, "map-%s", token);
    struct connection *connection =
        mapper.table ? connection_new(&options->broker, options->client_id ? options->client_id : client_id, false,
                                      text, sizeof text)
                     : NULL;
    int status = connection ? 0 : EXIT_USAGE;
    if (connection && connect_to_map(options, connection, text, sizeof text) != SW_OK) status = EXIT_NO_ANSWER;
    if (status != 0) {
        (void)fprintf(stderr, "%s\n", text);
    } else if (receive_until_quiet(&mapper, connection, stop) != SW_OK) {
        (void)fprintf(stderr, "%s: the connection was lost\n", options->broker.uri);
        status = EXIT_NO_ANSWER;
    } else {
        area_table_each(mapper.table, &mapper, show);
        show_drills(&mapper);
        if (mapper.shown == 0) (void)fprintf(stderr, "%s: no areas\n", options->broker.uri);
    }
    connection_free(connection);
    area_table_free(mapper.table);
    return status;
}
