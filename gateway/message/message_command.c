#include "message/message.h"

#include <string.h>

#include "message/message_json.h"
#include "stillwater/error.h"

#define COMMAND_SIZE_MAX 4096u

/* Of the actions in alert.def these are a person's; the others are the core's own. */
static bool is_command(enum sw_alert_action action)
{
    return action == SW_ALERT_ACTION_ACKNOWLEDGE || action == SW_ALERT_ACTION_DISPATCH ||
           action == SW_ALERT_ACTION_RESOLVE;
}

static void read_action(struct json_reader *reader, enum sw_alert_action *action)
{
    char name[32] = "";
    json_read_string(reader, "command", JSON_REQUIRED, name, sizeof name);
    if (reader->failed) return;
    *action = sw_alert_action_from_name(name);
    if (!is_command(*action))
        json_reader_fail(reader, "command: found \"%s\", expected acknowledge, dispatch or resolve", name);
}

int message_command_decode(const char *payload, size_t size, struct message_command *command, char *text,
                           size_t text_size)
{
    static const char *const members[] = {"schema", "command", "alert", "revision", "by", "note"};
    memset(command, 0, sizeof *command);
    struct json_reader reader = json_reader_open(payload, size, COMMAND_SIZE_MAX, SW_SCHEMA_COMMAND, text, text_size);
    json_read_only(&reader, members, sizeof members / sizeof members[0]);
    read_action(&reader, &command->action);
    json_read_alert_id(&reader, "alert", JSON_REQUIRED, command->alert_id);
    json_read_count(&reader, "revision", JSON_OPTIONAL, 1, &command->revision);
    json_read_id(&reader, "by", JSON_REQUIRED, command->by, sizeof command->by);
    json_read_string(&reader, "note", JSON_OPTIONAL, command->note, sizeof command->note);
    int error = json_reader_close(&reader);
    /* Half a command must not be mistaken for one. */
    if (error != SW_OK) memset(command, 0, sizeof *command);
    return error;
}

char *message_command_encode(const struct message_command *command)
{
    struct json_builder body = json_builder_new();
    json_add_string(&body, "schema", SW_SCHEMA_COMMAND);
    json_add_string(&body, "command", sw_alert_action_name(command->action));
    json_add_string(&body, "alert", command->alert_id);
    if (command->revision > 0) json_add_integer(&body, "revision", command->revision);
    json_add_string(&body, "by", command->by);
    json_add_text(&body, "note", command->note);
    return json_builder_finish(&body);
}

char *message_command_result_encode(const struct message_command_result *result, struct sw_wall now)
{
    struct json_builder body = json_builder_new();
    json_add_string(&body, "schema", SW_SCHEMA_COMMAND_RESULT);
    json_add_text(&body, "alert", result->alert_id);
    if (result->revision > 0) json_add_integer(&body, "revision", result->revision);
    json_add(&body, "accepted", json_boolean(result->error == SW_OK));
    json_add_string(&body, "error", sw_error_name(result->error));
    json_add_cut_string(&body, "text", result->text, MESSAGE_RESULT_TEXT_SIZE);
    json_add_time(&body, "time", now);
    return json_builder_finish(&body);
}

int message_command_result_decode(const char *payload, size_t size, struct message_command_answer *answer, char *text,
                                  size_t text_size)
{
    memset(answer, 0, sizeof *answer);
    struct json_reader reader =
        json_reader_open(payload, size, COMMAND_SIZE_MAX, SW_SCHEMA_COMMAND_RESULT, text, text_size);
    json_read_alert_id(&reader, "alert", JSON_OPTIONAL, answer->alert_id);
    json_read_count(&reader, "revision", JSON_OPTIONAL, 1, &answer->revision);
    json_read_bool(&reader, "accepted", &answer->accepted);
    json_read_string(&reader, "error", JSON_REQUIRED, answer->error, sizeof answer->error);
    json_read_string(&reader, "text", JSON_REQUIRED, answer->text, sizeof answer->text);
    return json_reader_close(&reader);
}
