/* What stillwater-centre can be asked to do. All return the exit status. */
#ifndef GATEWAY_CENTRE_RUN_H
#define GATEWAY_CENTRE_RUN_H

#include <signal.h>
#include <stddef.h>

#include "centre/connection.h"
#include "centre/options.h"

enum exit_status { EXIT_ACCEPTED = 0, EXIT_REFUSED = 1, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_NO_ANSWER = 3 };

/* `stop` becomes non-zero when the program is to end. */
int run_watch(const struct options *options, const volatile sig_atomic_t *stop);
int run_board(const struct options *options, const volatile sig_atomic_t *stop);
int run_map(const struct options *options, const volatile sig_atomic_t *stop);
int run_command(const struct options *options, const volatile sig_atomic_t *stop);
int run_weather(const struct options *options, const volatile sig_atomic_t *stop);
int run_report(const struct options *options, const volatile sig_atomic_t *stop);

/* Sends `body` to `topic` and tells what the first gateway answers. `noun`: what is sent, for people. */
int run_request(const struct options *options, const char *noun, const char *topic, const char *body,
                const volatile sig_atomic_t *stop);

/* Publishes a command to the gateway; its result will come to `response_topic` with this correlation. */
int request_command(struct connection *connection, const char *city, const char *gateway,
                    const struct message_command *command, const char *response_topic, const char *correlation);

/* Tries until end_s (monotonic) or until told to stop. SW_OK or SW_ERROR_BROKER, and the reasons on stderr. */
int connect_until(struct connection *connection, const char *const *topics, size_t topic_count, double end_s,
                  const volatile sig_atomic_t *stop);

/* 16 random hexadecimal digits. */
void random_token(char token[CONNECTION_CORRELATION_SIZE]);

double monotonic_s(void);

#endif
