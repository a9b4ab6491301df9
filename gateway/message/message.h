/* The bodies of MQTT messages and of replay's output: JSON after the schemas in docs/schema/, made and read with
 * jansson. Encoders return a string from malloc, one line without line end; NULL only when memory is refused. */
#ifndef GATEWAY_MESSAGE_MESSAGE_H
#define GATEWAY_MESSAGE_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include "config/gateway_config.h"
#include "stillwater/alert.h"

/* RFC 3339 in UTC with milliseconds, "2026-11-22T03:40:00.000Z". */
#define MESSAGE_TIME_SIZE 32
void message_time_format(struct sw_wall time, char out[MESSAGE_TIME_SIZE]);
/* RFC 3339 with any offset, with or without fraction. SW_OK or SW_ERROR_MALFORMED. */
int message_time_parse(const char *text, struct sw_wall *time);

/* stillwater.alert/1. `place` may be NULL or not known: then the body has none. */
char *message_alert_encode(const struct sw_alert *alert, const char *city, const char *gateway,
                           const struct config_place *place);

/* stillwater.command/1 */
struct message_command {
    char alert_id[SW_ALERT_ID_SIZE];
    uint32_t revision; /* 0 = not given */
    enum sw_alert_action action;
    char by[SW_ALERT_ACTOR_SIZE];
    char note[SW_ALERT_NOTE_SIZE];
};

/* Checks every member. On SW_ERROR_MESSAGE `text` says which member (or which line and column) is wrong and what was
 * expected. `payload` need not be terminated. */
int message_command_decode(const char *payload, size_t size, struct message_command *command, char *text,
                           size_t text_size);
char *message_command_encode(const struct message_command *command);

/* stillwater.command-result/1: `error` from error.def, `text` for people; revision = the alert's after the command. */
struct message_command_result {
    const char *alert_id; /* "" when the command could not be read */
    uint32_t revision;
    int error;
    const char *text;
};
char *message_command_result_encode(const struct message_command_result *result, struct sw_wall now);

/* stillwater.status/1: state, since when, version, and every counter of the gateway as name and value. */
enum message_status_state { MESSAGE_STATUS_ONLINE, MESSAGE_STATUS_OFFLINE, MESSAGE_STATUS_STOPPED };

struct message_counter {
    const char *name;
    uint64_t value;
};

struct message_status {
    const char *city, *gateway;
    enum message_status_state state; /* OFFLINE is the will: the gateway was lost; STOPPED: it was shut down */
    struct sw_wall time, since;
    uint32_t open_alerts;
    const char *trouble; /* "" or a sentence: what does not work at the moment (disk full, line down) */
    const struct message_counter *counters;
    size_t counter_count;
};
char *message_status_encode(const struct message_status *status);

#endif
