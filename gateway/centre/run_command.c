#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "centre/run.h"
#include "stillwater/error.h"

#define SLICE_MS 100

double monotonic_s(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void random_token(char token[CONNECTION_CORRELATION_SIZE])
{
    uint64_t dice = 0;
    if (getrandom(&dice, sizeof dice, 0) != (ssize_t)sizeof dice) dice = (uint64_t)(monotonic_s() * 1e9);
    (void)snprintf(token, CONNECTION_CORRELATION_SIZE, "%016llx", (unsigned long long)dice);
}

static void command_topic(const char *city, const char *gateway, char topic[SW_TOPIC_SIZE])
{
    (void)snprintf(topic, SW_TOPIC_SIZE, SW_TOPIC_ROOT "/%s/%s/" SW_TOPIC_COMMAND, city, gateway);
}

int request_command(struct connection *connection, const char *city, const char *gateway,
                    const struct message_command *command, const char *response_topic, const char *correlation)
{
    char topic[SW_TOPIC_SIZE];
    command_topic(city, gateway, topic);
    char *body = message_command_encode(command);
    if (!body) return SW_ERROR_NO_SPACE;
    int error = connection_request(connection, topic, body, response_topic, correlation);
    free(body);
    return error;
}

static int tell_result(const struct options *options, const struct connection_message *message)
{
    struct message_command_answer answer;
    char reason[256];
    if (message_command_result_decode(message->payload, message->size, &answer, reason, sizeof reason) != SW_OK) {
        (void)fprintf(stderr, "the gateway's answer is not valid: %s\n", reason);
        return EXIT_NO_ANSWER;
    }
    if (options->json)
        (void)printf("%.*s\n", (int)message->size, message->payload);
    else if (answer.accepted && options->mode == OPTIONS_REPORT)
        (void)printf("report %s: %s%s%s\n", options->report.id, answer.text,
                     answer.alert_id[0] != '\0' ? " alert " : "", answer.alert_id);
    else if (answer.accepted && answer.revision > 0)
        (void)printf("accepted: alert %s is now at revision %u\n", answer.alert_id, answer.revision);
    else if (answer.accepted)
        (void)printf("accepted: %s%s%s%s\n", answer.subject[0] != '\0' || answer.alert_id[0] == '\0' ? "" : "alert ",
                     answer.subject[0] != '\0' ? answer.subject : answer.alert_id,
                     answer.subject[0] != '\0' || answer.alert_id[0] != '\0' ? ": " : "", answer.text);
    else
        (void)printf("refused (%s): %s\n", answer.error, answer.text);
    return answer.accepted ? EXIT_ACCEPTED : EXIT_REFUSED;
}

/* The first message on our response topic with our correlation is the answer; anything else is not for us. */
static int await_result(struct connection *connection, const struct options *options, const char *noun,
                        const char *correlation, double end_s, const volatile sig_atomic_t *stop)
{
    while (!*stop && monotonic_s() < end_s) {
        struct connection_message message;
        int got = connection_receive(connection, SLICE_MS, &message);
        if (got < 0) {
            (void)fprintf(stderr, "%s: the connection was lost\n", options->broker.uri);
            return EXIT_NO_ANSWER;
        }
        bool ours = got > 0 && strcmp(message.correlation, correlation) == 0;
        int status = ours ? tell_result(options, &message) : EXIT_NO_ANSWER;
        connection_release(&message);
        if (ours) return status;
    }
    if (options->mode == OPTIONS_REPORT)
        (void)fprintf(
            stderr,
            "no gateway answered within %g s: none does where none watches, or without --grid; the same --id may be "
            "sent again\n",
            options->timeout_s);
    else
        (void)fprintf(stderr, "gateway %s did not answer within %g s; the %s may still have been carried out\n",
                      options->gateways[0], options->timeout_s, noun);
    return EXIT_NO_ANSWER;
}

int connect_until(struct connection *connection, const char *const *topics, size_t topic_count, double end_s,
                  const volatile sig_atomic_t *stop)
{
    char text[512] = "", told[512] = "";
    for (;;) {
        if (connection_connect(connection, topics, topic_count, text, sizeof text) == SW_OK) return SW_OK;
        if (strcmp(text, told) != 0) (void)fprintf(stderr, "%s\n", text);
        (void)snprintf(told, sizeof told, "%s", text);
        if (*stop || monotonic_s() + 0.5 >= end_s) return SW_ERROR_BROKER;
        struct timespec pause = {0, 500000000};
        (void)nanosleep(&pause, NULL);
    }
}

int run_request(const struct options *options, const char *noun, const char *topic, const char *body,
                const volatile sig_atomic_t *stop)
{
    char correlation[CONNECTION_CORRELATION_SIZE], client_id[SW_ID_SIZE], response_topic[SW_TOPIC_SIZE], text[512];
    random_token(correlation);
    if (options->client_id)
        (void)snprintf(client_id, sizeof client_id, "%s", options->client_id);
    else
        (void)snprintf(client_id, sizeof client_id, "%s-%s", noun, correlation);
    (void)snprintf(response_topic, sizeof response_topic,
                   SW_TOPIC_ROOT "/%s/" SW_TOPIC_CENTRE "/%s/" SW_TOPIC_CENTRE_RESULT, options->city, client_id);
    struct connection *connection = connection_new(&options->broker, client_id, false, text, sizeof text);
    if (!connection) {
        (void)fprintf(stderr, "%s\n", text);
        return EXIT_USAGE;
    }
    double end_s = monotonic_s() + options->timeout_s;
    int status = EXIT_NO_ANSWER;
    const char *const topics[] = {response_topic};
    if (connect_until(connection, topics, 1, end_s, stop) == SW_OK) {
        int error = connection_request(connection, topic, body, response_topic, correlation);
        if (error == SW_OK)
            status = await_result(connection, options, noun, correlation, end_s, stop);
        else
            (void)fprintf(stderr, "%s: the %s could not be sent: %s\n", options->broker.uri, noun,
                          sw_error_text(error));
    }
    connection_free(connection);
    return status;
}

int run_command(const struct options *options, const volatile sig_atomic_t *stop)
{
    char topic[SW_TOPIC_SIZE];
    command_topic(options->city, options->gateways[0], topic);
    char *body = message_command_encode(&options->command);
    int status = body ? run_request(options, "command", topic, body, stop) : EXIT_NO_ANSWER;
    free(body);
    return status;
}
