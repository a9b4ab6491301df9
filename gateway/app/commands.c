#include "app/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/journal.h"
#include "app/log.h"
#include "app/reload.h"
#include "app/states.h"
#include "app/status.h"
#include "app/storm.h"
#include "message/message.h"

/* Long enough to call people and drive there. */
#define DRILL_UNLESS_TOLD_MS INT64_C(3600000)

static void reply(struct gateway *gateway, const struct publisher_command *to,
                  const struct message_command_result *result)
{
    char *body = message_command_result_encode(result, gateway->clock.wall());
    if (!body || publisher_reply(gateway->publisher, to, body) != SW_OK)
        log_event(LOG_LEVEL_WARNING, "command", "the answer could not be sent");
    free(body);
}

static void refuse(struct gateway *gateway, const struct publisher_command *to, const struct message_command *command,
                   int error, const char *text)
{
    struct message_command_result result = {command->alert_id, command->revision, error, text, command->subject};
    gateway->counters.commands_refused++;
    /* What could not be read may hold a piece of a note; who sent it is told what it was. */
    log_event(LOG_LEVEL_WARNING, "command", "refused, %s: %s", sw_error_name(error),
              error == SW_ERROR_MESSAGE ? sw_error_text(error) : text);
    reply(gateway, to, &result);
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

static void describe_drill_refusal(const struct message_command *command, int error, char *text, size_t size)
{
    const char *kind = sw_alert_kind_name(command->kind);
    switch (error) {
    case SW_ERROR_NOT_FOUND:
        snprintf(text, size, "no subject %s can have an alert of kind %s", command->subject, kind);
        break;
    case SW_ERROR_NOT_PERMITTED:
        snprintf(text, size, "a %s drill of %s goes on already", kind, command->subject);
        break;
    case SW_ERROR_INVALID_ARGUMENT:
        snprintf(text, size, "until: expected a time in the future, at most 24 hours ahead");
        break;
    case SW_ERROR_BUSY:
        snprintf(text, size, "%d drills go on already, no more may", CORE_DRILLS_MAX);
        break;
    default:
        snprintf(text, size, "%s", sw_error_text(error));
    }
}

static void describe_hold_refusal(const struct message_command *command, int error, char *text, size_t size)
{
    bool sets = command->verb == MESSAGE_VERB_SILENCE || command->verb == MESSAGE_VERB_MAINTENANCE;
    bool by_area = command->area[0] != '\0';
    switch (error) {
    case SW_ERROR_NOT_FOUND:
        if (!sets)
            snprintf(text, size, "nothing of this kind is in force for %s", by_area ? command->area : command->subject);
        else if (by_area)
            snprintf(text, size, "no subject lies in %s", command->area);
        else
            snprintf(text, size, "no %s has the id %s",
                     command->verb == MESSAGE_VERB_MAINTENANCE ? "sensor" : "subject", command->subject);
        break;
    case SW_ERROR_INVALID_ARGUMENT:
        snprintf(text, size, "until: expected a time in the future, at most 31 days ahead");
        break;
    case SW_ERROR_BUSY:
        snprintf(text, size, "%d silences and maintenances are in force already, no more may", HOLDS_MAX);
        break;
    default:
        snprintf(text, size, "%s", sw_error_text(error));
    }
}

static bool is_about_hold(const struct message_command *command)
{
    return command->verb == MESSAGE_VERB_SILENCE || command->verb == MESSAGE_VERB_UNSILENCE ||
           command->verb == MESSAGE_VERB_MAINTENANCE || command->verb == MESSAGE_VERB_SERVICED;
}

static bool is_of_storm(const struct message_command *command)
{
    return command->verb == MESSAGE_VERB_STORM || command->verb == MESSAGE_VERB_CALM;
}

static void describe_storm_refusal(int error, char *text, size_t size)
{
    if (error == SW_ERROR_INVALID_ARGUMENT)
        snprintf(text, size, "until: expected a time in the future, at most 31 days ahead");
    else
        snprintf(text, size, "storm watch is not on");
}

/* NONE when none of this id is open. */
static enum sw_alert_state state_of(const struct gateway *gateway, const char *alert_id)
{
    uint32_t subject;
    enum sw_alert_kind kind;
    const struct open_alert *open = NULL;
    if (core_find_open_alert(gateway->core, alert_id, &subject, &kind) == SW_OK)
        open = open_alerts_of(gateway->open, subject, kind, alert_id);
    return open ? open->state : SW_ALERT_STATE_NONE;
}

static void describe_refusal(const struct gateway *gateway, const struct message_command *command, int error,
                             char *text, size_t size)
{
    if (command->verb == MESSAGE_VERB_DRILL) {
        describe_drill_refusal(command, error, text, size);
        return;
    }
    if (is_about_hold(command)) {
        describe_hold_refusal(command, error, text, size);
        return;
    }
    if (is_of_storm(command)) {
        describe_storm_refusal(error, text, size);
        return;
    }
    bool about_home = command->verb == MESSAGE_VERB_AWAY || command->verb == MESSAGE_VERB_BACK;
    switch (error) {
    case SW_ERROR_NOT_FOUND:
        if (about_home)
            snprintf(text, size, "no home has the id %s", command->subject);
        else
            snprintf(text, size, "no %salert has the id %.120s", command->verb == MESSAGE_VERB_ACT ? "open " : "",
                     command->alert_id);
        break;
    case SW_ERROR_STALE:
        snprintf(text, size, "revision %u is not the alert's present one", command->revision);
        break;
    case SW_ERROR_NOT_PERMITTED:
        if (about_home)
            snprintf(text, size, "%s is not set away", command->subject);
        else
            snprintf(text, size, "%s is not possible: the alert is %s", message_command_name(command),
                     sw_alert_state_name(state_of(gateway, command->alert_id)));
        break;
    case SW_ERROR_INVALID_ARGUMENT:
        snprintf(text, size, "until: expected a time in the future, at most 366 days ahead");
        break;
    default:
        snprintf(text, size, "%s", sw_error_text(error));
    }
}

static void add_feedback(struct gateway *gateway, const struct message_command *command,
                         struct waiting_command *waiting)
{
    struct store_feedback feedback = {.outcome = command->outcome, .time = gateway->clock.wall()};
    snprintf(feedback.alert_id, sizeof feedback.alert_id, "%s", command->alert_id);
    snprintf(feedback.by, sizeof feedback.by, "%s", command->by);
    snprintf(feedback.note, sizeof feedback.note, "%s", command->note);
    waiting->feedback = journal_feedback(gateway, &feedback);
}

static int act(struct gateway *gateway, const struct message_command *command, struct waiting_command *waiting)
{
    static const char *const done[SW_ALERT_ACTION_COUNT] = {[SW_ALERT_ACTION_ACKNOWLEDGE] = "acknowledged",
                                                            [SW_ALERT_ACTION_DISPATCH] = "dispatched",
                                                            [SW_ALERT_ACTION_RESOLVE] = "resolved"};
    int error = core_on_action(gateway->core, command->alert_id, command->revision, command->action, command->by,
                               command->note, gateway->clock.wall());
    if (error) return error;
    waiting->revision = gateway->command_revision;
    snprintf(waiting->text, sizeof waiting->text, "%s", done[command->action]);
    if (command->outcome == SW_OUTCOME_NONE) return SW_OK;
    add_feedback(gateway, command, waiting);
    gateway->counters.feedback++;
    return SW_OK;
}

/* The setting is a change of the home's state and nothing else: its snapshot is what has to be stored. */
static void store_home(struct gateway *gateway, uint32_t home)
{
    uint8_t bytes[CORE_SNAPSHOT_SIZE_MAX];
    size_t size = core_snapshot(gateway->core, home, bytes, sizeof bytes);
    journal_snapshot(gateway, SUBJECT_HOME, core_subject_name(gateway->core, home), bytes, size);
    states_on_setting(gateway, home);
}

static int set_away(struct gateway *gateway, const struct message_command *command, struct waiting_command *waiting)
{
    uint32_t home;
    char time[MESSAGE_TIME_SIZE];
    message_time_format(command->until, time);
    if (command->verb == MESSAGE_VERB_BACK)
        snprintf(waiting->text, sizeof waiting->text, "back");
    else
        snprintf(waiting->text, sizeof waiting->text, "%s until %s", sw_away_name(command->mode), time);
    if (core_find_subject(gateway->core, SUBJECT_HOME, command->subject, &home) != SW_OK) return SW_ERROR_NOT_FOUND;
    /* Open alerts are cleared with a note; without one of the officer's own it says why. */
    int error = core_set_away(gateway->core, home, command->mode, command->until, command->by,
                              command->note[0] != '\0' ? command->note : waiting->text, gateway->clock.wall());
    if (!error) store_home(gateway, home);
    return error;
}

/* Refusals name the member that is wrong: what is left for the core are subject, time, and what goes on already. */
static int start_drill(struct gateway *gateway, const struct message_command *command, struct waiting_command *waiting)
{
    struct sw_wall now = gateway->clock.wall();
    struct sw_wall until =
        sw_wall_known(command->until) ? command->until : sw_wall_from_ms(now.ms + DRILL_UNLESS_TOLD_MS);
    int error = core_start_drill(gateway->core, command->subject, command->kind, command->colour, until, command->by,
                                 command->note, now);
    if (error) return error;
    char time[MESSAGE_TIME_SIZE];
    message_time_format(until, time);
    waiting->revision = gateway->command_revision;
    snprintf(waiting->alert_id, sizeof waiting->alert_id, "%s", gateway->command_alert);
    snprintf(waiting->text, sizeof waiting->text, "drill until %s", time);
    return SW_OK;
}

static int set_hold(struct gateway *gateway, const struct message_command *command, struct waiting_command *waiting)
{
    bool is_silence = command->verb == MESSAGE_VERB_SILENCE || command->verb == MESSAGE_VERB_UNSILENCE;
    bool sets = command->verb == MESSAGE_VERB_SILENCE || command->verb == MESSAGE_VERB_MAINTENANCE;
    struct sw_wall now = gateway->clock.wall();
    struct hold hold = {.reason = is_silence ? HOLD_SILENCE : HOLD_MAINTENANCE,
                        .kind = command->kind,
                        .most = command->colour,
                        .until = command->until};
    char time[MESSAGE_TIME_SIZE];
    memcpy(hold.subject, command->subject, sizeof hold.subject);
    memcpy(hold.area, command->area, sizeof hold.area);
    memcpy(hold.by, command->by, sizeof hold.by);
    memcpy(hold.note, command->note, sizeof hold.note);
    message_time_format(command->until, time);
    if (!sets)
        snprintf(waiting->text, sizeof waiting->text, is_silence ? "no longer silenced" : "watched again");
    else if (is_silence)
        snprintf(waiting->text, sizeof waiting->text, "silenced up to %s until %s", sw_colour_name(hold.most), time);
    else
        snprintf(waiting->text, sizeof waiting->text, "in maintenance until %s", time);
    int error = sets ? core_hold(gateway->core, &hold, now) : core_release(gateway->core, &hold, now);
    if (!error) status_soon(gateway);
    return error;
}

static int set_storm(struct gateway *gateway, const struct message_command *command, struct waiting_command *waiting)
{
    int error = storm_command(gateway, command);
    if (error) return error;
    char time[MESSAGE_TIME_SIZE];
    message_time_format(command->until, time);
    snprintf(waiting->subject, sizeof waiting->subject, "%s", gateway->config->gateway);
    if (command->verb == MESSAGE_VERB_STORM)
        snprintf(waiting->text, sizeof waiting->text, "storm watch until %s", time);
    else
        snprintf(waiting->text, sizeof waiting->text, "storm watch off");
    return SW_OK;
}

static int take_feedback(struct gateway *gateway, const struct message_command *command,
                         struct waiting_command *waiting)
{
    add_feedback(gateway, command, waiting);
    waiting->only_feedback = true;
    snprintf(waiting->text, sizeof waiting->text, "%s", sw_outcome_name(command->outcome));
    return SW_OK;
}

/* What changes an alert or brings feedback is in the trail by that. */
static void add_to_trail(struct gateway *gateway, const struct message_command *command,
                         const struct waiting_command *waiting)
{
    struct store_command row = {.time = gateway->clock.wall()};
    if (command->verb == MESSAGE_VERB_ACT || command->verb == MESSAGE_VERB_FEEDBACK) return;
    snprintf(row.about, sizeof row.about, "%s", command->area[0] != '\0' ? command->area : waiting->subject);
    snprintf(row.text, sizeof row.text, "%s", waiting->text);
    snprintf(row.by, sizeof row.by, "%s", command->by);
    snprintf(row.note, sizeof row.note, "%s", command->note);
    journal_command(gateway, &row);
}

static void carry_out(struct gateway *gateway, const struct publisher_command *from,
                      const struct message_command *command, struct waiting_command *waiting)
{
    char text[MESSAGE_RESULT_TEXT_SIZE];
    int error = command->verb == MESSAGE_VERB_ACT        ? act(gateway, command, waiting)
                : command->verb == MESSAGE_VERB_FEEDBACK ? take_feedback(gateway, command, waiting)
                : command->verb == MESSAGE_VERB_DRILL    ? start_drill(gateway, command, waiting)
                : is_about_hold(command)                 ? set_hold(gateway, command, waiting)
                : is_of_storm(command)                   ? set_storm(gateway, command, waiting)
                                                         : set_away(gateway, command, waiting);
    if (error) {
        describe_refusal(gateway, command, error, text, sizeof text);
        refuse(gateway, from, command, error, text);
        clear(waiting);
        return;
    }
    if (command->subject[0] != '\0') snprintf(waiting->subject, sizeof waiting->subject, "%s", command->subject);
    add_to_trail(gateway, command, waiting);
    waiting->stage = STAGE_OPEN;
    if (command->alert_id[0] != '\0') snprintf(waiting->alert_id, sizeof waiting->alert_id, "%s", command->alert_id);
    log_event(LOG_LEVEL_INFO, "command", "%s of %s by %s: %s", message_command_name(command),
              waiting->subject[0] != '\0' ? waiting->subject
              : command->area[0] != '\0'  ? command->area
                                          : command->alert_id,
              command->by, waiting->text);
    journal_flush(gateway);
}

void commands_on_command(struct gateway *gateway, const struct publisher_command *from)
{
    struct message_command command;
    char text[MESSAGE_RESULT_TEXT_SIZE] = "";
    gateway->counters.commands++;
    int error = message_command_decode(from->payload, from->payload_size, &command, text, sizeof text);
    if (error) {
        refuse(gateway, from, &command, error, text);
        return;
    }
    if (command.verb == MESSAGE_VERB_RELOAD) {
        reload_on_command(gateway, from, &command);
        return;
    }
    struct waiting_command *waiting = free_place(gateway);
    if (!waiting || !remember(waiting, from)) {
        refuse(gateway, from, &command, SW_ERROR_BUSY, "too many commands wait for the store; try again");
        return;
    }
    carry_out(gateway, from, &command, waiting);
}

void commands_answer(struct gateway *gateway, const struct publisher_command *to, int error, const char *text)
{
    struct message_command_result result = {"", 0, error, text, NULL};
    reply(gateway, to, &result);
}

/* Without room the answer is lost, not what it is about. */
void commands_answer_later(struct gateway *gateway, const struct publisher_command *to, const char *alert_id,
                           uint32_t revision, const char *text)
{
    struct waiting_command *waiting = free_place(gateway);
    if (!waiting || !remember(waiting, to)) return;
    waiting->stage = STAGE_OPEN;
    waiting->revision = revision;
    snprintf(waiting->alert_id, sizeof waiting->alert_id, "%s", alert_id);
    snprintf(waiting->text, sizeof waiting->text, "%s", text);
}

/* Whether there is such an alert was for the store to say: those that are over are there only. */
static void answer_feedback(struct gateway *gateway, const struct publisher_command *to,
                            const struct waiting_command *waiting, const struct store_batch *batch)
{
    struct message_command_result result = {waiting->alert_id, 0, SW_OK, waiting->text, NULL};
    if (store_batch_feedback_stored(batch, waiting->feedback)) {
        gateway->counters.feedback++;
        reply(gateway, to, &result);
        return;
    }
    struct message_command command = {.verb = MESSAGE_VERB_FEEDBACK};
    char text[MESSAGE_RESULT_TEXT_SIZE];
    snprintf(command.alert_id, sizeof command.alert_id, "%s", waiting->alert_id);
    describe_refusal(gateway, &command, SW_ERROR_NOT_FOUND, text, sizeof text);
    refuse(gateway, to, &command, SW_ERROR_NOT_FOUND, text);
}

void commands_answer_committed(struct gateway *gateway, const struct store_batch *batch)
{
    for (uint32_t i = 0; i < COMMANDS_WAITING_MAX; i++) {
        struct waiting_command *waiting = &gateway->commands[i];
        if (waiting->stage != STAGE_UNDER_WAY) continue;
        struct publisher_command to = {.response_topic = waiting->response_topic,
                                       .correlation = waiting->correlation,
                                       .correlation_size = waiting->correlation_size};
        struct message_command_result result = {waiting->alert_id, waiting->revision, SW_OK, waiting->text,
                                                waiting->subject};
        if (gateway->publisher && waiting->only_feedback)
            answer_feedback(gateway, &to, waiting, batch);
        else if (gateway->publisher)
            reply(gateway, &to, &result);
        clear(waiting);
    }
}

void commands_free(struct gateway *gateway)
{
    for (uint32_t i = 0; i < COMMANDS_WAITING_MAX; i++)
        clear(&gateway->commands[i]);
}
