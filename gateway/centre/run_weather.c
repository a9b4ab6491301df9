#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "centre/run.h"
#include "stillwater/error.h"

/* Retained: a gateway that starts tomorrow hears of it, too. Green is retained like any other, so that a gateway which
 * was away learns that the warning is over. */
static int retain(struct connection *connection, const struct options *options, double end_s)
{
    char topic[SW_TOPIC_SIZE];
    struct message_weather weather = options->weather;
    if (!sw_wall_known(weather.until)) weather.until = sw_wall_from_ms((int64_t)time(NULL) * 1000);
    (void)snprintf(topic, sizeof topic, SW_TOPIC_ROOT "/%s/" SW_TOPIC_WEATHER, options->city);
    char *body = message_weather_encode(&weather);
    double left_s = end_s - monotonic_s();
    int error = body ? connection_retain(connection, topic, body, left_s > 0 ? (unsigned)(left_s * 1000) : 1)
                     : SW_ERROR_NO_SPACE;
    free(body);
    return error;
}

int run_weather(const struct options *options, const volatile sig_atomic_t *stop)
{
    char token[CONNECTION_CORRELATION_SIZE], client_id[SW_ID_SIZE], text[512];
    /* Retained, it would take the place of a right one, and every gateway would refuse it. */
    if (options->weather.until.ms - (int64_t)time(NULL) * 1000 > MESSAGE_WEATHER_MAX_MS) {
        (void)fprintf(stderr, "--until: expected at most 31 days ahead\n");
        return EXIT_USAGE;
    }
    random_token(token);
    if (options->client_id)
        (void)snprintf(client_id, sizeof client_id, "%s", options->client_id);
    else
        (void)snprintf(client_id, sizeof client_id, "weather-%s", token);
    struct connection *connection = connection_new(&options->broker, client_id, false, text, sizeof text);
    if (!connection) {
        (void)fprintf(stderr, "%s\n", text);
        return EXIT_USAGE;
    }
    double end_s = monotonic_s() + options->timeout_s;
    int error = connect_until(connection, NULL, 0, end_s, stop);
    if (error == SW_OK) {
        error = retain(connection, options, end_s);
        if (error == SW_OK)
            (void)printf("weather %s: taken by the broker\n", sw_colour_name(options->weather.colour));
        else
            (void)fprintf(stderr, "%s: the broker has not taken the warning: %s\n", options->broker.uri,
                          sw_error_text(error));
    }
    connection_free(connection);
    return error == SW_OK ? EXIT_ACCEPTED : EXIT_NO_ANSWER;
}
