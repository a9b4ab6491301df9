/* The command line of stillwater-centre. */
#ifndef GATEWAY_CENTRE_OPTIONS_H
#define GATEWAY_CENTRE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "message/message.h"
#include "stillwater/alert.h"
#include "stillwater/topics.h"

#define OPTIONS_GATEWAYS_MAX 64
#define OPTIONS_RULES_MAX    32

/* --acknowledge KIND[:COLOUR]=BY */
struct acknowledge_rule {
    enum sw_alert_kind kind;
    enum sw_colour colour; /* SW_COLOUR_COUNT = any */
    char by[SW_ALERT_ACTOR_SIZE];
};

/* How to reach the broker. Strings are the caller's. */
struct broker_options {
    char uri[320]; /* tcp://host:port or ssl://host:port, as paho wants it */
    const char *username, *password_file;
    const char *ca_file, *certificate_file, *key_file;
};

enum options_mode {
    OPTIONS_WATCH,
    OPTIONS_BOARD,
    OPTIONS_MAP,
    OPTIONS_COMMAND,
    OPTIONS_WEATHER,
    OPTIONS_REPORT,
    OPTIONS_HELP
};

struct options {
    enum options_mode mode;
    struct broker_options broker;
    const char *client_id; /* NULL = chosen by mode */
    const char *json;      /* NULL = none */
    const char *store;     /* watch: NULL = none, and so no receipts */

    const char *city; /* watch: NULL = all */
    const char *gateways[OPTIONS_GATEWAYS_MAX];
    size_t gateway_count; /* watch, board, map: 0 = all; map: 1 at most */
    bool once;            /* board: print it and end */
    double duration_s;    /* watch: 0 = until told to stop */
    struct acknowledge_rule rules[OPTIONS_RULES_MAX];
    size_t rule_count;

    struct message_command command;
    struct message_report report; /* id "" and time 0 = chosen as it is sent */
    const char *portal;           /* of a citizen's report */
    bool has_colour;
    struct message_weather weather; /* until 0 = not given, with green only */
    double timeout_s;
};

/* SW_OK, or SW_ERROR_INVALID_ARGUMENT and a sentence in `text`. Strings of argv are pointed to, not copied. */
int options_parse(int argc, char **argv, struct options *options, char *text, size_t text_size);

extern const char options_usage[];

#endif
