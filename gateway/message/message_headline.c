#include "message/message.h"

#include "message/message_text.h"

static const char *subject_word(enum sw_alert_kind kind)
{
    switch (kind) {
    case SW_ALERT_KIND_NO_USE:
        return "Home";
    case SW_ALERT_KIND_LEVEL:
        return "Site";
    case SW_ALERT_KIND_COVER_OPEN:
        return "Cover";
    case SW_ALERT_KIND_SENSOR_SILENT:
        return "Sensor";
    case SW_ALERT_KIND_NODE_SILENT:
        return "Node";
    case SW_ALERT_KIND_BUS_SILENT:
        return "Line";
    case SW_ALERT_KIND_NONE:
    case SW_ALERT_KIND_COUNT:
        break;
    }
    return "Subject";
}

static void add_no_use(struct message_line *line, const struct sw_evidence *evidence)
{
    if (evidence->value_kind == SW_READING_NONE) {
        message_line_add(line, "next to no water used in ");
        message_line_add_duration(line, evidence->window_ms);
    } else {
        message_line_add(line, "less than ");
        message_line_add_milli(line, evidence->threshold_milli, 0);
        message_line_add(line, " L used in ");
        message_line_add_duration(line, evidence->window_ms);
        message_line_add(line, " (");
        message_line_add_milli(line, evidence->value_milli, 1);
        message_line_add(line, " L)");
    }
    if (sw_wall_known(evidence->last_use)) {
        message_line_add(line, "; last use ");
        message_line_add_minute(line, evidence->last_use);
    } else {
        message_line_add(line, "; no use seen since observation began");
    }
}

static void add_level(struct message_line *line, const struct sw_alert *alert)
{
    const struct sw_evidence *evidence = &alert->evidence;
    message_line_add(line, "water level in the %s band", sw_colour_name(alert->colour));
    if (evidence->value_kind == SW_READING_NONE) return;
    message_line_add(line, ", ");
    message_line_add_milli(line, evidence->value_milli, 0);
    message_line_add(line, " mm (band begins at ");
    message_line_add_milli(line, evidence->threshold_milli, 0);
    message_line_add(line, " mm)");
}

static void add_cover(struct message_line *line, const struct sw_evidence *evidence)
{
    if (evidence->rule == SW_ALERT_RULE_COVER_SWITCH || evidence->value_kind != SW_READING_COVER_TILT) {
        message_line_add(line, "open, by its switch");
        return;
    }
    message_line_add(line, "tilted by ");
    message_line_add_milli(line, evidence->value_milli, 0);
    message_line_add(line, " degrees (limit ");
    message_line_add_milli(line, evidence->threshold_milli, 0);
    message_line_add(line, ")");
}

static void add_silence(struct message_line *line, const struct sw_evidence *evidence, const char *what,
                        const char *last)
{
    message_line_add(line, "%s", what);
    if (evidence->window_ms > 0) {
        message_line_add(line, " for ");
        message_line_add_duration(line, evidence->window_ms);
    }
    if (sw_wall_known(evidence->last_good)) {
        message_line_add(line, "; %s ", last);
        message_line_add_minute(line, evidence->last_good);
    }
}

static void add_condition(struct message_line *line, const struct sw_alert *alert)
{
    switch (alert->kind) {
    case SW_ALERT_KIND_NO_USE:
        add_no_use(line, &alert->evidence);
        break;
    case SW_ALERT_KIND_LEVEL:
        add_level(line, alert);
        break;
    case SW_ALERT_KIND_COVER_OPEN:
        add_cover(line, &alert->evidence);
        break;
    case SW_ALERT_KIND_SENSOR_SILENT:
        add_silence(line, &alert->evidence, "no good reading", "last one");
        break;
    case SW_ALERT_KIND_NODE_SILENT:
        add_silence(line, &alert->evidence, "no reply", "last one");
        message_line_add(line, "; its sensors are unknown");
        break;
    case SW_ALERT_KIND_BUS_SILENT:
        message_line_add(line, "the port has failed; everything on it is unknown");
        break;
    case SW_ALERT_KIND_NONE:
    case SW_ALERT_KIND_COUNT:
        break;
    }
}

static const char *end_of(enum sw_alert_kind kind)
{
    switch (kind) {
    case SW_ALERT_KIND_NO_USE:
        return "water is used again";
    case SW_ALERT_KIND_LEVEL:
        return "water level below all bands again";
    case SW_ALERT_KIND_COVER_OPEN:
        return "closed again";
    case SW_ALERT_KIND_SENSOR_SILENT:
        return "readings are back";
    case SW_ALERT_KIND_NODE_SILENT:
        return "answers again";
    case SW_ALERT_KIND_BUS_SILENT:
        return "works again";
    case SW_ALERT_KIND_NONE:
    case SW_ALERT_KIND_COUNT:
        break;
    }
    return "over";
}

static void add_end(struct message_line *line, const struct sw_alert *alert)
{
    message_line_add(line, "%s", end_of(alert->kind));
    if (alert->kind == SW_ALERT_KIND_NO_USE && sw_wall_known(alert->evidence.last_use)) {
        message_line_add(line, "; last use ");
        message_line_add_minute(line, alert->evidence.last_use);
    }
    if (alert->kind == SW_ALERT_KIND_LEVEL && alert->evidence.value_kind == SW_READING_LEVEL) {
        message_line_add(line, ", ");
        message_line_add_milli(line, alert->evidence.value_milli, 0);
        message_line_add(line, " mm");
    }
}

void message_alert_headline(const struct sw_alert *alert, char out[MESSAGE_HEADLINE_SIZE])
{
    struct message_line line = message_line_over(out, MESSAGE_HEADLINE_SIZE);
    message_line_add(&line, "%s %s: ", subject_word(alert->kind), alert->subject);
    if (alert->state == SW_ALERT_STATE_CLEARED) {
        add_end(&line, alert);
    } else if (alert->state == SW_ALERT_STATE_RESOLVED) {
        message_line_add(&line, "closed by a person (%s)", sw_alert_kind_description(alert->kind));
    } else {
        add_condition(&line, alert);
    }
}
