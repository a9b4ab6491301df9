#include "app/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/journal.h"
#include "app/log.h"
#include "message/message.h"

static void reply(struct gateway *gateway, const struct publisher_command *to,
                  const struct message_command_result *result)
{
    char *body = message_command_result_encode(result, gateway->clock.wall());
    if (!body || publisher_reply(gateway->publisher, to, body) != SW_OK)
        log_event(LOG_LEVEL_WARNING, "command", "the answer could not be sent");
    free(body);
}

static void refuse(struct gateway *gateway, const struct publisher_command *command, const char *alert_id,
                   uint32_t revision, int error, const char *text)
{
    struct message_command_result result = {alert_id, revision, error, text};
    gateway->counters.commands_refused++;
    log_event(LOG_LEVEL_WARNING, "command", "refused, %s: %s", sw_error_name(error), text);
    reply(gateway, command, &result);
}

static struct waiting_command *free_place(struct gateway *gateway)
{
    for (uint32_t i = 0; i < COMMANDS_WAITING_MAX; i++)
        if (gateway->commands[i].stage == STAGE_NONE) return &gateway->commands[i];
    return NULL;
}

static void clear(struct waiting_command *waiting)
{
    free(waiting->response_topic);
    free(waiting->correlation);
    *waiting = (struct waiting_command){.stage = STAGE_NONE};
}

/* Keeps what the answer needs; the publisher's own copy is gone after the call. */
static bool remember(struct waiting_command *waiting, const struct publisher_command *command)
{
    if (command->response_topic) waiting->response_topic = strdup(command->response_topic);
    if (command->correlation) {
        waiting->correlation = malloc(command->correlation_size + 1);
        waiting->correlation_size = command->correlation_size;
        if (waiting->correlation) memcpy(waiting->correlation, command->correlation, command->correlation_size);
    }
    bool whole =
        (!command->response_topic || waiting->response_topic) && (!command->correlation || waiting->correlation);
    if (!whole) clear(waiting);
    return whole;
}

static void describe_refusal(const struct message_command *command, int error, char *text, size_t size)
{
    switch (error) {
    case SW_ERROR_NOT_FOUND:
        snprintf(text, size, "no open alert has the id %.120s", command->alert_id);
        break;
    case SW_ERROR_STALE:
        snprintf(text, size, "revision %u is not the alert's present one", command->revision);
        break;
    case SW_ERROR_NOT_PERMITTED:
        snprintf(text, size, "%s is not possible in the alert's present state", sw_alert_action_name(command->action));
        break;
    default:
        snprintf(text, size, "%s", sw_error_text(error));
    }
}

static void carry_out(struct gateway *gateway, const struct publisher_command *from,
                      const struct message_command *command, struct waiting_command *waiting)
{
    char text[MESSAGE_RESULT_TEXT_SIZE];
    int error = core_on_action(gateway->core, command->alert_id, command->revision, command->action, command->by,
                               command->note, gateway->clock.wall());
    if (error) {
        describe_refusal(command, error, text, sizeof text);
        refuse(gateway, from, command->alert_id, command->revision, error, text);
        clear(waiting);
        return;
    }
    waiting->stage = STAGE_OPEN;
    waiting->revision = gateway->command_revision;
    waiting->action = command->action;
    snprintf(waiting->alert_id, sizeof waiting->alert_id, "%s", command->alert_id);
    log_event(LOG_LEVEL_INFO, "command", "%s of %s", sw_alert_action_name(command->action), command->alert_id);
    journal_flush(gateway);
}

void commands_on_command(struct gateway *gateway, const struct publisher_command *from)
{
    struct message_command command;
    char text[MESSAGE_RESULT_TEXT_SIZE] = "";
    gateway->counters.commands++;
    int error = message_command_decode(from->payload, from->payload_size, &command, text, sizeof text);
    if (error) {
        refuse(gateway, from, "", 0, error, text);
        return;
    }
    struct waiting_command *waiting = free_place(gateway);
    if (!waiting || !remember(waiting, from)) {
        refuse(gateway, from, command.alert_id, command.revision, SW_ERROR_BUSY,
               "too many commands wait for the store; try again");
        return;
    }
    carry_out(gateway, from, &command, waiting);
}

void commands_answer_committed(struct gateway *gateway)
{
    static const char *const done[SW_ALERT_ACTION_COUNT] = {[SW_ALERT_ACTION_ACKNOWLEDGE] = "acknowledged",
                                                            [SW_ALERT_ACTION_DISPATCH] = "dispatched",
                                                            [SW_ALERT_ACTION_RESOLVE] = "resolved"};
    for (uint32_t i = 0; i < COMMANDS_WAITING_MAX; i++) {
        struct waiting_command *waiting = &gateway->commands[i];
        if (waiting->stage != STAGE_UNDER_WAY) continue;
        struct publisher_command to = {.response_topic = waiting->response_topic,
                                       .correlation = waiting->correlation,
                                       .correlation_size = waiting->correlation_size};
        struct message_command_result result = {waiting->alert_id, waiting->revision, SW_OK,
                                                done[waiting->action] ? done[waiting->action] : "done"};
        if (gateway->publisher) reply(gateway, &to, &result);
        clear(waiting);
    }
}

void commands_free(struct gateway *gateway)
{
    for (uint32_t i = 0; i < COMMANDS_WAITING_MAX; i++)
        clear(&gateway->commands[i]);
}
