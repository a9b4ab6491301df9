#include "centre/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stillwater/error.h"

#define PORT_PLAIN        1883
#define PORT_TLS          8883
#define TIMEOUT_DEFAULT_S 10.0
#define SECONDS_MAX       1e7

const char options_usage[] =
    "Watch the alerts of a city's gateways:\n"
    "  stillwater-centre --broker HOST[:PORT]|URL [--city CITY] [--gateway GATEWAY]...\n"
    "                    [--json FILE|-] [--store FILE] [--duration SECONDS] [--client-id ID]\n"
    "                    [--acknowledge KIND[:COLOUR]=BY]...\n"
    "  Receipts are sent only of what --store has committed.\n"
    "\n"
    "See what is worst, on a screen that follows, or once as text:\n"
    "  stillwater-centre board --broker HOST[:PORT]|URL [--city CITY] [--gateway GATEWAY]...\n"
    "                    [--once] [--timeout SECONDS] [--client-id ID]\n"
    "\n"
    "Print the present colours of places, as a table:\n"
    "  stillwater-centre map --broker HOST[:PORT]|URL [--city CITY] [--gateway GATEWAY]\n"
    "                    [--timeout SECONDS] [--client-id ID]\n"
    "\n"
    "Act on one alert; exit status 0 accepted, 1 refused, 2 usage, 3 no answer:\n"
    "  stillwater-centre acknowledge|dispatch|resolve --broker HOST[:PORT]|URL --city CITY\n"
    "                    --gateway GATEWAY --alert ID [--revision N] --by NAME [--note TEXT]\n"
    "                    [--timeout SECONDS] [--json -]\n"
    "\n"
    "Say what came of an alert, open or over:\n"
    "  stillwater-centre feedback --broker ... --city CITY --gateway GATEWAY --alert ID\n"
    "                    --outcome false_alarm|absent|assisted|emergency --by NAME\n"
    "                    [--note TEXT]; resolve takes --outcome, too\n"
    "\n"
    "Say who is at home, or that somebody is back:\n"
    "  stillwater-centre away --broker ... --city CITY --gateway GATEWAY --subject HOME\n"
    "                    [--mode away|hospital|visitor] --until TIME --by NAME [--note TEXT]\n"
    "  stillwater-centre back --broker ... --city CITY --gateway GATEWAY --subject HOME\n"
    "                    --by NAME [--note TEXT]\n"
    "\n"
    "Keep alerts back that somebody looks after, up to orange or the colour given:\n"
    "  stillwater-centre silence --broker ... --city CITY --gateway GATEWAY\n"
    "                    --subject SUBJECT|--area GRID/PATH [--kind KIND] [--colour COLOUR]\n"
    "                    --until TIME --by NAME --note WHY\n"
    "  stillwater-centre unsilence --broker ... --city CITY --gateway GATEWAY\n"
    "                    --subject SUBJECT|--area GRID/PATH [--kind KIND] --by NAME\n"
    "Say that a sensor is worked on, or that it is done:\n"
    "  stillwater-centre maintenance --broker ... --city CITY --gateway GATEWAY\n"
    "                    --subject SENSOR --until TIME --by NAME [--note TEXT]\n"
    "  stillwater-centre serviced --broker ... --city CITY --gateway GATEWAY\n"
    "                    --subject SENSOR --by NAME [--note TEXT]\n"
    "\n"
    "Raise a drill: an alert that goes the whole way, marked as an exercise everywhere:\n"
    "  stillwater-centre drill --broker ... --city CITY --gateway GATEWAY --subject SUBJECT\n"
    "                    --kind KIND --colour blue|yellow|orange|red [--until TIME]\n"
    "                    --by NAME [--note TEXT]; without --until for an hour\n"
    "\n"
    "Switch storm watch on, or off before its time:\n"
    "  stillwater-centre storm --broker ... --city CITY --gateway GATEWAY --until TIME --by NAME\n"
    "                    [--note TEXT]\n"
    "  stillwater-centre calm --broker ... --city CITY --gateway GATEWAY --by NAME [--note TEXT]\n"
    "\n"
    "Make a gateway read its configuration anew; refused where the file is wrong:\n"
    "  stillwater-centre reload --broker ... --city CITY --gateway GATEWAY --by NAME [--note TEXT]\n"
    "\n"
    "Warn all gateways of a city of the weather; green takes the warning back:\n"
    "  stillwater-centre weather --broker ... --city CITY --colour yellow|orange|red|green\n"
    "                    --until TIME --by NAME [--text TEXT] [--timeout SECONDS]\n"
    "\n"
    "Report what somebody has seen; exit status 0 taken, 1 refused, 2 usage, 3 no gateway's answer:\n"
    "  stillwater-centre report --broker ... --city CITY --kind flood|cover_open|person_needs_help|leak|\n"
    "                    sensor_fault|all_clear --at LATITUDE,LONGITUDE [--grid PATH] --by ID\n"
    "                    --source worker [--colour COLOUR] | --source citizen --portal ID\n"
    "                    [--id ID] [--text TEXT] [--timeout SECONDS] [--json -]\n"
    "\n"
    "All: [--username NAME [--password-file FILE]]\n"
    "     [--ca-file FILE [--certificate-file FILE --key-file FILE]]\n"
    "TIME is RFC 3339 with an offset, as 2026-12-24T18:00:00+01:00.\n"
    "A URL is tcp://, mqtt://, ssl:// or mqtts://HOST[:PORT]; --ca-file alone means TLS.\n";

static int fail(char *text, size_t text_size, const char *what, const char *more)
{
    (void)snprintf(text, text_size, "%s: %s", what, more);
    return SW_ERROR_INVALID_ARGUMENT;
}

static bool take_prefix(const char **at, const char *prefix)
{
    size_t length = strlen(prefix);
    if (strncmp(*at, prefix, length) != 0) return false;
    *at += length;
    return true;
}

/* The port behind the last colon, unless that colon is inside an IPv6 address without brackets or there is none. */
static bool split_port(const char *at, int *host_length, unsigned long *port)
{
    const char *colon = strrchr(at, ':');
    const char *bracket = strrchr(at, ']');
    if (!colon || (bracket && colon < bracket)) {
        *host_length = (int)strlen(at);
        return *host_length > 0;
    }
    char *end;
    *host_length = (int)(colon - at);
    *port = strtoul(colon + 1, &end, 10);
    bool is_number = colon[1] >= '0' && colon[1] <= '9' && *end == '\0';
    bool one_colon = bracket || memchr(at, ':', (size_t)*host_length) == NULL;
    return is_number && one_colon && *port >= 1 && *port <= UINT16_MAX && *host_length > 0;
}

static int parse_broker(const char *value, bool has_ca_file, char *uri, size_t uri_size, char *text, size_t text_size)
{
    const char *at = value;
    bool plain = take_prefix(&at, "tcp://") || take_prefix(&at, "mqtt://");
    bool tls = !plain && (take_prefix(&at, "ssl://") || take_prefix(&at, "mqtts://"));
    if (!plain && !tls) tls = has_ca_file;
    if (plain && has_ca_file)
        return fail(text, text_size, "--broker", "this URL is without TLS, but --ca-file is given");
    if (tls && !has_ca_file) return fail(text, text_size, "--ca-file", "missing, needed for TLS");
    unsigned long port = tls ? PORT_TLS : PORT_PLAIN;
    int host_length = 0;
    if (strstr(at, "//") || strlen(at) > 255 || !split_port(at, &host_length, &port))
        return fail(text, text_size, "--broker", "expected HOST, HOST:PORT or a URL");
    /* paho compares an IPv6 address with the certificate bracket and all. */
    if (tls && at[0] == '[')
        return fail(text, text_size, "--broker", "with TLS expected a name or an IPv4 address, not one of IPv6");
    (void)snprintf(uri, uri_size, "%s://%.*s:%lu", tls ? "ssl" : "tcp", host_length, at, port);
    return SW_OK;
}

static int parse_rule(const char *value, struct acknowledge_rule *rule)
{
    char kind[32], colour[32] = "";
    const char *equals = strchr(value, '=');
    size_t length = equals ? (size_t)(equals - value) : 0;
    if (length == 0 || length >= sizeof kind) return SW_ERROR_INVALID_ARGUMENT;
    memcpy(kind, value, length);
    kind[length] = '\0';
    char *colon = strchr(kind, ':');
    if (colon) {
        *colon = '\0';
        (void)snprintf(colour, sizeof colour, "%s", colon + 1);
    }
    rule->kind = sw_alert_kind_from_name(kind);
    rule->colour = colon ? sw_colour_from_name(colour) : SW_COLOUR_COUNT;
    if (rule->kind == SW_ALERT_KIND_NONE || (colon && rule->colour == SW_COLOUR_COUNT) || !sw_id_valid(equals + 1))
        return SW_ERROR_INVALID_ARGUMENT;
    (void)snprintf(rule->by, sizeof rule->by, "%s", equals + 1);
    return SW_OK;
}

static int parse_seconds(const char *value, double *seconds)
{
    char *end;
    *seconds = strtod(value, &end);
    bool good = end != value && *end == '\0' && *seconds > 0 && *seconds <= SECONDS_MAX;
    return good ? SW_OK : SW_ERROR_INVALID_ARGUMENT;
}

static int parse_revision(const char *value, uint32_t *revision)
{
    char *end;
    unsigned long long number = strtoull(value, &end, 10);
    if (value[0] < '0' || value[0] > '9' || *end != '\0' || number < 1 || number > UINT32_MAX)
        return SW_ERROR_INVALID_ARGUMENT;
    *revision = (uint32_t)number;
    return SW_OK;
}

enum letter {
    LETTER_BROKER = 256,
    LETTER_CITY,
    LETTER_GATEWAY,
    LETTER_USERNAME,
    LETTER_PASSWORD_FILE,
    LETTER_CA_FILE,
    LETTER_CERTIFICATE_FILE,
    LETTER_KEY_FILE,
    LETTER_JSON,
    LETTER_STORE,
    LETTER_DURATION,
    LETTER_CLIENT_ID,
    LETTER_ACKNOWLEDGE,
    LETTER_ONCE,
    LETTER_ALERT,
    LETTER_REVISION,
    LETTER_BY,
    LETTER_NOTE,
    LETTER_OUTCOME,
    LETTER_SUBJECT,
    LETTER_AREA,
    LETTER_MODE,
    LETTER_KIND,
    LETTER_UNTIL,
    LETTER_COLOUR,
    LETTER_TEXT,
    LETTER_TIMEOUT,
    LETTER_AT,
    LETTER_GRID,
    LETTER_SOURCE,
    LETTER_PORTAL,
    LETTER_ID,
    LETTER_HELP,
};

/* Which broker, how, and who is meant: the same for every command. */
#define CONNECTION_OPTIONS                                                                                             \
    {"broker", required_argument, NULL, LETTER_BROKER}, {"city", required_argument, NULL, LETTER_CITY},                \
        {"gateway", required_argument, NULL, LETTER_GATEWAY}, {"username", required_argument, NULL, LETTER_USERNAME},  \
        {"password-file", required_argument, NULL, LETTER_PASSWORD_FILE},                                              \
        {"ca-file", required_argument, NULL, LETTER_CA_FILE},                                                          \
        {"certificate-file", required_argument, NULL, LETTER_CERTIFICATE_FILE},                                        \
    {                                                                                                                  \
        "key-file", required_argument, NULL, LETTER_KEY_FILE                                                           \
    }

static const struct option watch_options[] = {
    CONNECTION_OPTIONS,
    {"json", required_argument, NULL, LETTER_JSON},
    {"store", required_argument, NULL, LETTER_STORE},
    {"client-id", required_argument, NULL, LETTER_CLIENT_ID},
    {"duration", required_argument, NULL, LETTER_DURATION},
    {"acknowledge", required_argument, NULL, LETTER_ACKNOWLEDGE},
    {"help", no_argument, NULL, LETTER_HELP},
    {NULL, 0, NULL, 0},
};

static const struct option board_options[] = {
    CONNECTION_OPTIONS,
    {"client-id", required_argument, NULL, LETTER_CLIENT_ID},
    {"timeout", required_argument, NULL, LETTER_TIMEOUT},
    {"once", no_argument, NULL, LETTER_ONCE},
    {"help", no_argument, NULL, LETTER_HELP},
    {NULL, 0, NULL, 0},
};

static const struct option map_options[] = {
    CONNECTION_OPTIONS,
    {"client-id", required_argument, NULL, LETTER_CLIENT_ID},
    {"timeout", required_argument, NULL, LETTER_TIMEOUT},
    {"help", no_argument, NULL, LETTER_HELP},
    {NULL, 0, NULL, 0},
};

static const struct option command_options[] = {
    CONNECTION_OPTIONS,
    {"json", required_argument, NULL, LETTER_JSON},
    {"client-id", required_argument, NULL, LETTER_CLIENT_ID},
    {"alert", required_argument, NULL, LETTER_ALERT},
    {"revision", required_argument, NULL, LETTER_REVISION},
    {"by", required_argument, NULL, LETTER_BY},
    {"note", required_argument, NULL, LETTER_NOTE},
    {"outcome", required_argument, NULL, LETTER_OUTCOME},
    {"subject", required_argument, NULL, LETTER_SUBJECT},
    {"area", required_argument, NULL, LETTER_AREA},
    {"mode", required_argument, NULL, LETTER_MODE},
    {"kind", required_argument, NULL, LETTER_KIND},
    {"colour", required_argument, NULL, LETTER_COLOUR},
    {"until", required_argument, NULL, LETTER_UNTIL},
    {"timeout", required_argument, NULL, LETTER_TIMEOUT},
    {"help", no_argument, NULL, LETTER_HELP},
    {NULL, 0, NULL, 0},
};

static const struct option weather_options[] = {
    {"broker", required_argument, NULL, LETTER_BROKER},
    {"city", required_argument, NULL, LETTER_CITY},
    {"username", required_argument, NULL, LETTER_USERNAME},
    {"password-file", required_argument, NULL, LETTER_PASSWORD_FILE},
    {"ca-file", required_argument, NULL, LETTER_CA_FILE},
    {"certificate-file", required_argument, NULL, LETTER_CERTIFICATE_FILE},
    {"key-file", required_argument, NULL, LETTER_KEY_FILE},
    {"client-id", required_argument, NULL, LETTER_CLIENT_ID},
    {"colour", required_argument, NULL, LETTER_COLOUR},
    {"until", required_argument, NULL, LETTER_UNTIL},
    {"by", required_argument, NULL, LETTER_BY},
    {"text", required_argument, NULL, LETTER_TEXT},
    {"timeout", required_argument, NULL, LETTER_TIMEOUT},
    {"help", no_argument, NULL, LETTER_HELP},
    {NULL, 0, NULL, 0},
};

static const struct option report_options[] = {
    CONNECTION_OPTIONS,
    {"json", required_argument, NULL, LETTER_JSON},
    {"client-id", required_argument, NULL, LETTER_CLIENT_ID},
    {"kind", required_argument, NULL, LETTER_KIND},
    {"at", required_argument, NULL, LETTER_AT},
    {"grid", required_argument, NULL, LETTER_GRID},
    {"by", required_argument, NULL, LETTER_BY},
    {"source", required_argument, NULL, LETTER_SOURCE},
    {"portal", required_argument, NULL, LETTER_PORTAL},
    {"colour", required_argument, NULL, LETTER_COLOUR},
    {"id", required_argument, NULL, LETTER_ID},
    {"text", required_argument, NULL, LETTER_TEXT},
    {"timeout", required_argument, NULL, LETTER_TIMEOUT},
    {"help", no_argument, NULL, LETTER_HELP},
    {NULL, 0, NULL, 0},
};

static const struct option *options_of(enum options_mode mode)
{
    switch (mode) {
    case OPTIONS_COMMAND:
        return command_options;
    case OPTIONS_WEATHER:
        return weather_options;
    case OPTIONS_REPORT:
        return report_options;
    case OPTIONS_BOARD:
        return board_options;
    case OPTIONS_MAP:
        return map_options;
    case OPTIONS_WATCH:
    case OPTIONS_HELP:
        break;
    }
    return watch_options;
}

static int take_broker_option(struct options *options, int letter, const char *value, const char **broker)
{
    switch (letter) {
    case LETTER_BROKER:
        *broker = value;
        return SW_OK;
    case LETTER_USERNAME:
        options->broker.username = value;
        return SW_OK;
    case LETTER_PASSWORD_FILE:
        options->broker.password_file = value;
        return SW_OK;
    case LETTER_CA_FILE:
        options->broker.ca_file = value;
        return SW_OK;
    case LETTER_CERTIFICATE_FILE:
        options->broker.certificate_file = value;
        return SW_OK;
    case LETTER_KEY_FILE:
        options->broker.key_file = value;
        return SW_OK;
    default:
        return SW_ERROR_NOT_FOUND;
    }
}

static int copy_fitting(char *out, size_t size, const char *value)
{
    if (value[0] == '\0' || strlen(value) >= size) return SW_ERROR_INVALID_ARGUMENT;
    memcpy(out, value, strlen(value) + 1);
    return SW_OK;
}

static bool is_weather_colour(enum sw_colour colour)
{
    return colour != SW_COLOUR_COUNT && colour != SW_COLOUR_BLUE;
}

/* What is known of homes, alerts and the weather. NULL, or what was expected. */
static const char *take_people_option(struct options *options, int letter, char *value)
{
    struct message_command *command = &options->command;
    switch (letter) {
    case LETTER_OUTCOME:
        command->outcome = sw_outcome_from_name(value);
        return command->outcome != SW_OUTCOME_NONE ? NULL
                                                   : "--outcome: expected false_alarm, absent, assisted or emergency";
    case LETTER_SUBJECT:
        (void)copy_fitting(command->subject, sizeof command->subject, value);
        return sw_id_valid(value) ? NULL : "--subject: expected an id";
    case LETTER_AREA:
        (void)copy_fitting(command->area, sizeof command->area, value);
        return sw_area_path_valid(value) ? NULL : "--area: expected a path as city/district/street";
    case LETTER_MODE:
        command->mode = sw_away_from_name(value);
        return command->mode != SW_AWAY_NONE ? NULL : "--mode: expected away, hospital or visitor";
    case LETTER_KIND:
        command->kind = sw_alert_kind_from_name(value);
        if (command->verb != MESSAGE_VERB_DRILL)
            return command->kind != SW_ALERT_KIND_NONE ? NULL : "--kind: expected an alert kind";
        return sw_alert_kind_is_coloured(command->kind) ? NULL : "--kind: expected an alert kind that has a colour";
    case LETTER_UNTIL:
        if (message_time_parse(value, &command->until) != SW_OK)
            return "--until: expected a time as 2026-12-24T18:00:00+01:00";
        options->weather.until = command->until;
        return NULL;
    case LETTER_COLOUR:
        if (options->mode == OPTIONS_COMMAND) {
            command->colour = sw_colour_from_name(value);
            bool good = command->colour != SW_COLOUR_GREEN && command->colour != SW_COLOUR_COUNT;
            return good ? NULL : "--colour: expected blue, yellow, orange or red";
        }
        options->weather.colour = sw_colour_from_name(value);
        options->has_colour = true;
        return is_weather_colour(options->weather.colour) ? NULL : "--colour: expected green, yellow, orange or red";
    case LETTER_TEXT:
        return copy_fitting(options->weather.text, sizeof options->weather.text, value) == SW_OK
                   ? NULL
                   : "--text: expected 1 to 255 bytes";
    default:
        return "unknown option";
    }
}

static bool parse_point(const char *value, struct config_place *place)
{
    char *comma, *end;
    place->latitude = strtod(value, &comma);
    place->longitude = *comma == ',' ? strtod(comma + 1, &end) : 0;
    place->known = comma != value && *comma == ',' && end != comma + 1 && *end == '\0' && place->latitude >= -90 &&
                   place->latitude <= 90 && place->longitude >= -180 && place->longitude <= 180;
    return place->known;
}

/* What somebody has seen. NULL, or what was expected. */
static const char *take_report_option(struct options *options, int letter, char *value)
{
    struct message_report *report = &options->report;
    switch (letter) {
    case LETTER_KIND:
        report->kind = sw_report_kind_from_name(value);
        return report->kind != SW_REPORT_NONE
                   ? NULL
                   : "--kind: expected flood, cover_open, person_needs_help, leak, sensor_fault or all_clear";
    case LETTER_AT:
        return parse_point(value, &report->place) ? NULL : "--at: expected LATITUDE,LONGITUDE in degrees";
    case LETTER_GRID:
        (void)copy_fitting(report->place.grid, sizeof report->place.grid, value);
        return sw_area_path_valid(value) ? NULL : "--grid: expected a path as city/district/street/cell";
    case LETTER_SOURCE:
        report->source = sw_report_source_from_name(value);
        return report->source == SW_REPORT_SOURCE_WORKER || report->source == SW_REPORT_SOURCE_CITIZEN
                   ? NULL
                   : "--source: expected worker or citizen";
    case LETTER_PORTAL:
        options->portal = value;
        return sw_id_valid(value) ? NULL : "--portal: expected an id";
    case LETTER_COLOUR:
        report->colour = sw_colour_from_name(value);
        return report->colour != SW_COLOUR_GREEN && report->colour != SW_COLOUR_COUNT
                   ? NULL
                   : "--colour: expected blue, yellow, orange or red";
    case LETTER_ID:
        (void)copy_fitting(report->id, sizeof report->id, value);
        return sw_id_valid(value) ? NULL : "--id: expected an id";
    case LETTER_TEXT:
        return copy_fitting(report->text, sizeof report->text, value) == SW_OK ? NULL
                                                                               : "--text: expected 1 to 255 bytes";
    default:
        return "unknown option";
    }
}

/* NULL, or what was expected. */
static const char *take_option(struct options *options, int letter, char *value)
{
    struct message_command *command = &options->command;
    switch (letter) {
    case LETTER_CITY:
        options->city = value;
        return sw_id_valid(value) ? NULL : "--city: expected an id";
    case LETTER_GATEWAY:
        if (options->gateway_count == OPTIONS_GATEWAYS_MAX) return "--gateway: too many";
        options->gateways[options->gateway_count++] = value;
        return sw_id_valid(value) ? NULL : "--gateway: expected an id";
    case LETTER_JSON:
        options->json = value;
        return NULL;
    case LETTER_STORE:
        options->store = value;
        return NULL;
    case LETTER_CLIENT_ID:
        options->client_id = value;
        return sw_id_valid(value) ? NULL : "--client-id: expected an id";
    case LETTER_ONCE:
        options->once = true;
        return NULL;
    case LETTER_DURATION:
        return parse_seconds(value, &options->duration_s) == SW_OK ? NULL : "--duration: expected seconds";
    case LETTER_TIMEOUT:
        return parse_seconds(value, &options->timeout_s) == SW_OK ? NULL : "--timeout: expected seconds";
    case LETTER_ACKNOWLEDGE:
        if (options->rule_count == OPTIONS_RULES_MAX) return "--acknowledge: too many";
        return parse_rule(value, &options->rules[options->rule_count++]) == SW_OK
                   ? NULL
                   : "--acknowledge: expected KIND=BY or KIND:COLOUR=BY";
    case LETTER_ALERT:
        return copy_fitting(command->alert_id, sizeof command->alert_id, value) == SW_OK
                   ? NULL
                   : "--alert: expected an alert id";
    case LETTER_REVISION:
        return parse_revision(value, &command->revision) == SW_OK ? NULL : "--revision: expected a number from 1";
    case LETTER_BY:
        (void)copy_fitting(command->by, sizeof command->by, value);
        return sw_id_valid(value) ? NULL : "--by: expected an id, not a name with spaces";
    case LETTER_NOTE:
        return copy_fitting(command->note, sizeof command->note, value) == SW_OK ? NULL
                                                                                 : "--note: expected 1 to 255 bytes";
    default:
        return options->mode == OPTIONS_REPORT ? take_report_option(options, letter, value)
                                               : take_people_option(options, letter, value);
    }
}

/* Members of the message, by their options. */
enum member {
    MEMBER_ALERT = 1 << 0,
    MEMBER_SUBJECT = 1 << 1,
    MEMBER_AREA = 1 << 2,
    MEMBER_KIND = 1 << 3,
    MEMBER_COLOUR = 1 << 4,
    MEMBER_UNTIL = 1 << 5,
    MEMBER_OUTCOME = 1 << 6,
    MEMBER_BY = 1 << 7,
    MEMBER_NOTE = 1 << 8,
    MEMBER_REVISION = 1 << 9,
    MEMBER_MODE = 1 << 10,
};

static const char *const member_options[] = {"--alert",   "--subject", "--area", "--kind",     "--colour", "--until",
                                             "--outcome", "--by",      "--note", "--revision", "--mode"};

static unsigned members_given(const struct message_command *command)
{
    return (command->alert_id[0] != '\0' ? MEMBER_ALERT : 0u) | (command->subject[0] != '\0' ? MEMBER_SUBJECT : 0u) |
           (command->area[0] != '\0' ? MEMBER_AREA : 0u) | (command->kind != SW_ALERT_KIND_NONE ? MEMBER_KIND : 0u) |
           (command->colour != SW_COLOUR_GREEN ? MEMBER_COLOUR : 0u) |
           (sw_wall_known(command->until) ? MEMBER_UNTIL : 0u) |
           (command->outcome != SW_OUTCOME_NONE ? MEMBER_OUTCOME : 0u) | (command->by[0] != '\0' ? MEMBER_BY : 0u) |
           (command->note[0] != '\0' ? MEMBER_NOTE : 0u) | (command->revision > 0 ? MEMBER_REVISION : 0u) |
           (command->mode != SW_AWAY_NONE ? MEMBER_MODE : 0u);
}

/* NULL, or the option that is wrong; `missing` says how. Of a silence, area stands for subject. */
static const char *check_members(const struct message_command *command, bool *missing)
{
    static const struct {
        unsigned must, may;
    } members[] = {
        [MESSAGE_VERB_ACT] = {MEMBER_ALERT, MEMBER_REVISION},
        [MESSAGE_VERB_AWAY] = {MEMBER_SUBJECT | MEMBER_UNTIL, MEMBER_MODE},
        [MESSAGE_VERB_BACK] = {MEMBER_SUBJECT, 0},
        [MESSAGE_VERB_FEEDBACK] = {MEMBER_ALERT | MEMBER_OUTCOME, 0},
        [MESSAGE_VERB_DRILL] = {MEMBER_SUBJECT | MEMBER_KIND | MEMBER_COLOUR, MEMBER_UNTIL},
        [MESSAGE_VERB_SILENCE] = {MEMBER_SUBJECT | MEMBER_UNTIL | MEMBER_NOTE,
                                  MEMBER_AREA | MEMBER_KIND | MEMBER_COLOUR},
        [MESSAGE_VERB_UNSILENCE] = {MEMBER_SUBJECT, MEMBER_AREA | MEMBER_KIND},
        [MESSAGE_VERB_MAINTENANCE] = {MEMBER_SUBJECT | MEMBER_UNTIL, 0},
        [MESSAGE_VERB_SERVICED] = {MEMBER_SUBJECT, 0},
        [MESSAGE_VERB_STORM] = {MEMBER_UNTIL, 0},
        [MESSAGE_VERB_CALM] = {0, 0},
        [MESSAGE_VERB_RELOAD] = {0, 0},
    };
    unsigned given = members_given(command), must = members[command->verb].must | MEMBER_BY;
    unsigned may = must | members[command->verb].may | MEMBER_NOTE;
    if (command->action == SW_ALERT_ACTION_RESOLVE) may |= MEMBER_OUTCOME;
    if ((may & given & MEMBER_AREA) != 0) {
        must &= ~(unsigned)MEMBER_SUBJECT;
        may &= ~(unsigned)MEMBER_SUBJECT;
    }
    unsigned wrong = must & ~given;
    *missing = wrong != 0;
    if (!*missing) wrong = given & ~may;
    for (unsigned i = 0; i < sizeof member_options / sizeof member_options[0]; i++)
        if ((wrong >> i & 1) != 0) return member_options[i];
    return NULL;
}

static int check_command(struct options *options, char *text, size_t text_size)
{
    struct message_command *command = &options->command;
    bool missing = false;
    if (!options->city) return fail(text, text_size, "--city", "missing");
    if (options->gateway_count != 1) return fail(text, text_size, "--gateway", "expected exactly one");
    const char *wrong = check_members(command, &missing);
    if (wrong && missing) return fail(text, text_size, wrong, "missing");
    bool has_scope = command->verb == MESSAGE_VERB_SILENCE || command->verb == MESSAGE_VERB_UNSILENCE;
    if (has_scope && command->subject[0] != '\0' && command->area[0] != '\0')
        return fail(text, text_size, "--area", "expected either this or --subject");
    if (wrong) {
        (void)snprintf(text, text_size, "%s: %s has no such option", wrong, message_command_name(command));
        return SW_ERROR_INVALID_ARGUMENT;
    }
    if (options->json && strcmp(options->json, "-") != 0) return fail(text, text_size, "--json", "expected -");
    if (command->verb == MESSAGE_VERB_AWAY && command->mode == SW_AWAY_NONE) command->mode = SW_AWAY_AWAY;
    if (command->verb == MESSAGE_VERB_SILENCE && command->colour == SW_COLOUR_GREEN) command->colour = SW_COLOUR_ORANGE;
    return SW_OK;
}

static int check_report(struct options *options, char *text, size_t text_size)
{
    struct message_report *report = &options->report;
    bool is_worker = report->source == SW_REPORT_SOURCE_WORKER;
    if (!options->city) return fail(text, text_size, "--city", "missing");
    if (report->kind == SW_REPORT_NONE) return fail(text, text_size, "--kind", "missing");
    if (!report->place.known) return fail(text, text_size, "--at", "missing");
    if (options->command.by[0] == '\0') return fail(text, text_size, "--by", "missing");
    if (report->source == SW_REPORT_SOURCE_NONE) return fail(text, text_size, "--source", "missing");
    if (is_worker == (options->portal != NULL))
        return fail(text, text_size, "--portal", is_worker ? "only with --source citizen" : "missing");
    if (!is_worker && report->colour != SW_COLOUR_GREEN)
        return fail(text, text_size, "--colour", "only with --source worker");
    memcpy(report->by, options->command.by, sizeof report->by);
    return SW_OK;
}

static int check_weather(struct options *options, char *text, size_t text_size)
{
    if (!options->city) return fail(text, text_size, "--city", "missing");
    if (!options->has_colour) return fail(text, text_size, "--colour", "missing");
    if (options->weather.colour != SW_COLOUR_GREEN && !sw_wall_known(options->weather.until))
        return fail(text, text_size, "--until", "missing");
    if (options->command.by[0] == '\0') return fail(text, text_size, "--by", "missing");
    memcpy(options->weather.by, options->command.by, sizeof options->weather.by);
    return SW_OK;
}

static int check_rest(struct options *options, const char *broker, char *text, size_t text_size)
{
    const struct broker_options *access = &options->broker;
    if (!broker) return fail(text, text_size, "--broker", "missing");
    if (access->password_file && !access->username) return fail(text, text_size, "--username", "missing");
    if ((access->certificate_file != NULL) != (access->key_file != NULL))
        return fail(text, text_size, "--certificate-file and --key-file", "expected both or neither");
    if (access->certificate_file && !access->ca_file) return fail(text, text_size, "--ca-file", "missing");
    if (options->mode == OPTIONS_MAP && options->gateway_count > 1)
        return fail(text, text_size, "--gateway", "expected one at most");
    int error = SW_OK;
    if (options->mode == OPTIONS_COMMAND) error = check_command(options, text, text_size);
    if (options->mode == OPTIONS_WEATHER) error = check_weather(options, text, text_size);
    if (options->mode == OPTIONS_REPORT) error = check_report(options, text, text_size);
    if (error != SW_OK) return error;
    return parse_broker(broker, access->ca_file != NULL, options->broker.uri, sizeof options->broker.uri, text,
                        text_size);
}

/* A first word without dashes is the command; there is no other word. */
static int take_mode(int *argc, char ***argv, struct options *options, char *text, size_t text_size)
{
    if (*argc < 2 || (*argv)[1][0] == '-') return SW_OK;
    const char *word = (*argv)[1];
    options->mode = strcmp(word, "board") == 0     ? OPTIONS_BOARD
                    : strcmp(word, "map") == 0     ? OPTIONS_MAP
                    : strcmp(word, "weather") == 0 ? OPTIONS_WEATHER
                    : strcmp(word, "report") == 0  ? OPTIONS_REPORT
                                                   : OPTIONS_COMMAND;
    if (options->mode == OPTIONS_COMMAND && message_command_from_name(word, &options->command) != SW_OK)
        return fail(text, text_size, word, "expected board, map, weather, report, " MESSAGE_COMMAND_NAMES);
    (*argc)--;
    (*argv)++;
    return SW_OK;
}

int options_parse(int argc, char **argv, struct options *options, char *text, size_t text_size)
{
    *options = (struct options){.mode = OPTIONS_WATCH, .timeout_s = TIMEOUT_DEFAULT_S};
    int error = take_mode(&argc, &argv, options, text, text_size);
    if (error != SW_OK) return error;
    const char *broker = NULL;
    optind = 0; /* glibc: start over, also for a second call */
    opterr = 0;
    for (;;) {
        int at = optind == 0 ? 1 : optind;
        int letter = getopt_long(argc, argv, "", options_of(options->mode), NULL);
        if (letter == -1) break;
        if (letter == LETTER_HELP) {
            options->mode = OPTIONS_HELP;
            return SW_OK;
        }
        if (letter == '?') return fail(text, text_size, argv[at], "unknown option, or its value is missing");
        if (take_broker_option(options, letter, optarg, &broker) == SW_OK) continue;
        const char *expected = take_option(options, letter, optarg);
        if (expected) return fail(text, text_size, expected, optarg);
    }
    if (optind < argc) return fail(text, text_size, argv[optind], "unexpected");
    return check_rest(options, broker, text, text_size);
}
