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

static const char *const verb_names[] = {
    [MESSAGE_VERB_AWAY] = "away",
    [MESSAGE_VERB_BACK] = "back",
    [MESSAGE_VERB_FEEDBACK] = "feedback",
    [MESSAGE_VERB_DRILL] = "drill",
    [MESSAGE_VERB_SILENCE] = "silence",
    [MESSAGE_VERB_UNSILENCE] = "unsilence",
    [MESSAGE_VERB_MAINTENANCE] = "maintenance",
    [MESSAGE_VERB_SERVICED] = "serviced",
    [MESSAGE_VERB_STORM] = "storm",
    [MESSAGE_VERB_CALM] = "calm",
    [MESSAGE_VERB_RELOAD] = "reload",
};

#define VERB_COUNT (sizeof verb_names / sizeof verb_names[0])

const char *message_command_name(const struct message_command *command)
{
    if (command->verb == MESSAGE_VERB_ACT) return sw_alert_action_name(command->action);
    return (unsigned)command->verb < VERB_COUNT ? verb_names[command->verb] : "unknown";
}

int message_command_from_name(const char *name, struct message_command *command)
{
    command->verb = MESSAGE_VERB_ACT;
    command->action = sw_alert_action_from_name(name);
    if (is_command(command->action)) return SW_OK;
    command->action = SW_ALERT_ACTION_NONE;
    for (unsigned i = MESSAGE_VERB_AWAY; i < VERB_COUNT; i++) {
        if (strcmp(name, verb_names[i]) != 0) continue;
        command->verb = (enum message_verb)i;
        return SW_OK;
    }
    return SW_ERROR_NOT_FOUND;
}

static void read_name(struct json_reader *reader, struct message_command *command)
{
    char name[32] = "";
    json_read_string(reader, "command", JSON_REQUIRED, name, sizeof name);
    if (!reader->failed && message_command_from_name(name, command) != SW_OK)
        json_reader_fail(reader, "command: found \"%s\", expected " MESSAGE_COMMAND_NAMES, name);
}

static void read_outcome(struct json_reader *reader, enum json_presence presence, enum sw_outcome *outcome)
{
    char name[32] = "";
    if (!json_read_present(reader, "outcome", presence)) return;
    json_read_string(reader, "outcome", presence, name, sizeof name);
    *outcome = sw_outcome_from_name(name);
    if (*outcome == SW_OUTCOME_NONE)
        json_reader_fail(reader, "outcome: found \"%s\", expected false_alarm, absent, assisted or emergency", name);
}

static void read_mode(struct json_reader *reader, enum sw_away *mode)
{
    char name[32] = "";
    json_read_string(reader, "mode", JSON_REQUIRED, name, sizeof name);
    *mode = sw_away_from_name(name);
    if (*mode == SW_AWAY_NONE) json_reader_fail(reader, "mode: found \"%s\", expected away, hospital or visitor", name);
}

static void read_drill(struct json_reader *reader, struct message_command *command)
{
    char kind[32] = "", colour[32] = "";
    json_read_id(reader, "subject", JSON_REQUIRED, command->subject, sizeof command->subject);
    json_read_string(reader, "kind", JSON_REQUIRED, kind, sizeof kind);
    json_read_string(reader, "colour", JSON_REQUIRED, colour, sizeof colour);
    if (json_read_present(reader, "until", JSON_OPTIONAL)) json_read_time(reader, "until", &command->until);
    if (reader->failed) return;
    command->kind = sw_alert_kind_from_name(kind);
    command->colour = sw_colour_from_name(colour);
    if (!sw_alert_kind_is_coloured(command->kind))
        json_reader_fail(reader, "kind: found \"%s\", expected an alert kind that has a colour", kind);
    else if (command->colour == SW_COLOUR_GREEN || command->colour == SW_COLOUR_COUNT)
        json_reader_fail(reader, "colour: found \"%s\", expected blue, yellow, orange or red", colour);
}

/* Whom a silence is for: one subject, or an area; and of which kind. */
static void read_scope(struct json_reader *reader, struct message_command *command)
{
    char kind[32] = "";
    bool by_area = json_read_present(reader, "area", JSON_OPTIONAL);
    if (by_area && json_read_present(reader, "subject", JSON_OPTIONAL))
        json_reader_fail(reader, "area: found beside subject, expected one of the two");
    else if (by_area)
        json_read_area_path(reader, "area", command->area);
    else
        json_read_id(reader, "subject", JSON_REQUIRED, command->subject, sizeof command->subject);
    if (!json_read_present(reader, "kind", JSON_OPTIONAL)) return;
    json_read_string(reader, "kind", JSON_REQUIRED, kind, sizeof kind);
    command->kind = sw_alert_kind_from_name(kind);
    if (command->kind == SW_ALERT_KIND_NONE)
        json_reader_fail(reader, "kind: found \"%s\", expected an alert kind", kind);
}

static void read_silence(struct json_reader *reader, struct message_command *command)
{
    char colour[32] = "orange";
    read_scope(reader, command);
    if (json_read_present(reader, "colour", JSON_OPTIONAL))
        json_read_string(reader, "colour", JSON_REQUIRED, colour, sizeof colour);
    json_read_time(reader, "until", &command->until);
    (void)json_read_present(reader, "note", JSON_REQUIRED);
    if (reader->failed) return;
    command->colour = sw_colour_from_name(colour);
    if (command->colour == SW_COLOUR_GREEN || command->colour == SW_COLOUR_COUNT)
        json_reader_fail(reader, "colour: found \"%s\", expected blue, yellow, orange or red", colour);
}

static void read_act(struct json_reader *reader, struct message_command *command)
{
    static const char *const members[] = {"schema", "command", "alert", "revision", "by", "note", "outcome"};
    bool may_have_outcome = command->action == SW_ALERT_ACTION_RESOLVE;
    json_read_only(reader, members, sizeof members / sizeof members[0] - (may_have_outcome ? 0 : 1));
    json_read_alert_id(reader, "alert", JSON_REQUIRED, command->alert_id);
    json_read_count(reader, "revision", JSON_OPTIONAL, 1, &command->revision);
    if (may_have_outcome) read_outcome(reader, JSON_OPTIONAL, &command->outcome);
}

static void read_rest(struct json_reader *reader, struct message_command *command)
{
    static const char *const away[] = {"schema", "command", "subject", "mode", "until", "by", "note"};
    static const char *const back[] = {"schema", "command", "subject", "by", "note"};
    static const char *const feedback[] = {"schema", "command", "alert", "outcome", "by", "note"};
    static const char *const silence[] = {"schema", "command", "subject", "area", "kind",
                                          "colour", "until",   "by",      "note"};
    static const char *const unsilence[] = {"schema", "command", "subject", "area", "kind", "by", "note"};
    static const char *const maintenance[] = {"schema", "command", "subject", "until", "by", "note"};
    static const char *const drill[] = {"schema", "command", "subject", "kind", "colour", "until", "by", "note"};
    static const char *const storm[] = {"schema", "command", "until", "by", "note"};
    static const char *const bare[] = {"schema", "command", "by", "note"};
    switch (command->verb) {
    case MESSAGE_VERB_ACT:
        read_act(reader, command);
        break;
    case MESSAGE_VERB_AWAY:
        json_read_only(reader, away, sizeof away / sizeof away[0]);
        json_read_id(reader, "subject", JSON_REQUIRED, command->subject, sizeof command->subject);
        read_mode(reader, &command->mode);
        json_read_time(reader, "until", &command->until);
        break;
    case MESSAGE_VERB_BACK:
    case MESSAGE_VERB_SERVICED:
        json_read_only(reader, back, sizeof back / sizeof back[0]);
        json_read_id(reader, "subject", JSON_REQUIRED, command->subject, sizeof command->subject);
        break;
    case MESSAGE_VERB_FEEDBACK:
        json_read_only(reader, feedback, sizeof feedback / sizeof feedback[0]);
        json_read_alert_id(reader, "alert", JSON_REQUIRED, command->alert_id);
        read_outcome(reader, JSON_REQUIRED, &command->outcome);
        break;
    case MESSAGE_VERB_DRILL:
        json_read_only(reader, drill, sizeof drill / sizeof drill[0]);
        read_drill(reader, command);
        break;
    case MESSAGE_VERB_SILENCE:
        json_read_only(reader, silence, sizeof silence / sizeof silence[0]);
        read_silence(reader, command);
        break;
    case MESSAGE_VERB_UNSILENCE:
        json_read_only(reader, unsilence, sizeof unsilence / sizeof unsilence[0]);
        read_scope(reader, command);
        break;
    case MESSAGE_VERB_MAINTENANCE:
        json_read_only(reader, maintenance, sizeof maintenance / sizeof maintenance[0]);
        json_read_id(reader, "subject", JSON_REQUIRED, command->subject, sizeof command->subject);
        json_read_time(reader, "until", &command->until);
        break;
    case MESSAGE_VERB_STORM:
        json_read_only(reader, storm, sizeof storm / sizeof storm[0]);
        json_read_time(reader, "until", &command->until);
        break;
    case MESSAGE_VERB_CALM:
    case MESSAGE_VERB_RELOAD:
        json_read_only(reader, bare, sizeof bare / sizeof bare[0]);
        break;
    }
    json_read_id(reader, "by", JSON_REQUIRED, command->by, sizeof command->by);
    json_read_string(reader, "note", JSON_OPTIONAL, command->note, sizeof command->note);
}

int message_command_decode(const char *payload, size_t size, struct message_command *command, char *text,
                           size_t text_size)
{
    memset(command, 0, sizeof *command);
    struct json_reader reader = json_reader_open(payload, size, COMMAND_SIZE_MAX, SW_SCHEMA_COMMAND, text, text_size);
    read_name(&reader, command);
    if (!reader.failed) read_rest(&reader, command);
    int error = json_reader_close(&reader);
    /* Half a command must not be mistaken for one. */
    if (error != SW_OK) memset(command, 0, sizeof *command);
    return error;
}

char *message_command_encode(const struct message_command *command)
{
    struct json_builder body = json_builder_new();
    json_add_string(&body, "schema", SW_SCHEMA_COMMAND);
    json_add_string(&body, "command", message_command_name(command));
    json_add_text(&body, "alert", command->alert_id);
    json_add_text(&body, "subject", command->subject);
    json_add_text(&body, "area", command->area);
    if (command->revision > 0) json_add_integer(&body, "revision", command->revision);
    if (command->mode != SW_AWAY_NONE) json_add_string(&body, "mode", sw_away_name(command->mode));
    if (command->kind != SW_ALERT_KIND_NONE) json_add_string(&body, "kind", sw_alert_kind_name(command->kind));
    if (command->colour != SW_COLOUR_GREEN) json_add_string(&body, "colour", sw_colour_name(command->colour));
    json_add_known_time(&body, "until", command->until);
    if (command->outcome != SW_OUTCOME_NONE) json_add_string(&body, "outcome", sw_outcome_name(command->outcome));
    json_add_string(&body, "by", command->by);
    json_add_text(&body, "note", command->note);
    return json_builder_finish(&body);
}

char *message_command_result_encode(const struct message_command_result *result, struct sw_wall now)
{
    struct json_builder body = json_builder_new();
    json_add_string(&body, "schema", SW_SCHEMA_COMMAND_RESULT);
    json_add_text(&body, "alert", result->alert_id);
    json_add_text(&body, "subject", result->subject ? result->subject : "");
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
    json_read_id(&reader, "subject", JSON_OPTIONAL, answer->subject, sizeof answer->subject);
    json_read_bool(&reader, "accepted", &answer->accepted);
    json_read_string(&reader, "error", JSON_REQUIRED, answer->error, sizeof answer->error);
    json_read_string(&reader, "text", JSON_REQUIRED, answer->text, sizeof answer->text);
    return json_reader_close(&reader);
}
