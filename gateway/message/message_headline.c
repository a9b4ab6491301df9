#include "message/message.h"

#include <string.h>

#include "message/message_text.h"

/* What a subject is called, and how its alert ends. */
static const struct {
    const char *subject, *end;
} words[SW_ALERT_KIND_COUNT] = {
    [SW_ALERT_KIND_NONE] = {"Subject", "over"},
    [SW_ALERT_KIND_NO_USE] = {"Home", "water is used again"},
    [SW_ALERT_KIND_LEVEL] = {"Site", "water level below all bands again"},
    [SW_ALERT_KIND_COVER_OPEN] = {"Cover", "closed again"},
    [SW_ALERT_KIND_SENSOR_SILENT] = {"Sensor", "readings are back"},
    [SW_ALERT_KIND_NODE_SILENT] = {"Node", "answers again"},
    [SW_ALERT_KIND_BUS_SILENT] = {"Line", "works again"},
    [SW_ALERT_KIND_QUIET] = {"Home", "water is used again"},
    [SW_ALERT_KIND_LEAK] = {"Home", "an hour without flow: the leak has stopped"},
    [SW_ALERT_KIND_BURST] = {"Home", "the high flow has stopped"},
    [SW_ALERT_KIND_BACKFLOW] = {"Home", "no water runs back any more"},
    [SW_ALERT_KIND_METER_FAULT] = {"Meter", "its totals are sound again"},
    [SW_ALERT_KIND_HIGH_USE] = {"Home", "a new day has begun"},
    [SW_ALERT_KIND_SLOW_CHANGE] = {"Home", "the habits are as before"},
    [SW_ALERT_KIND_FIRST_USE] = {"Home", "the day is over"},
    [SW_ALERT_KIND_LEVEL_SOON] =
        {"Site", "warning over: the band was reached, is not expected any more, or cannot be foretold"},
    [SW_ALERT_KIND_SENSOR_QUALITY] = {"Sensor", "readings can be trusted again"},
    [SW_ALERT_KIND_BATTERY_LOW] = {"Sensor", "battery voltage is sound again"},
    [SW_ALERT_KIND_BACK] = {"Home", "watched again: "},
    [SW_ALERT_KIND_STORE_FULL] = {"Gateway", "its store has room again"},
    [SW_ALERT_KIND_STORE_DAMAGED] = {"Gateway",
                                     "a file of its store was damaged: a day ago, and it goes on with a new one"},
    [SW_ALERT_KIND_REPORTED] = {"Place", "over"},
};

static void add_last_use(struct message_line *line, const struct sw_evidence *evidence)
{
    if (sw_wall_known(evidence->last_use)) {
        message_line_add(line, "; last use ");
        message_line_add_minute(line, evidence->last_use);
    } else {
        message_line_add(line, "; no use seen since observation began");
    }
}

/* What the home itself usually does, or that it is not known yet. */
static void add_usual(struct message_line *line, const struct sw_evidence *evidence)
{
    if (evidence->habit == SW_HABIT_LEARNING) message_line_add(line, "; the home's own habit is still being learned");
    if (evidence->habit != SW_HABIT_LEARNED || evidence->usual_high_ms <= 0) return;
    message_line_add(line, "; usually still for ");
    message_line_add_duration(line, evidence->usual_low_ms);
    message_line_add(line, " to ");
    message_line_add_duration(line, evidence->usual_high_ms);
}

static void add_no_use(struct message_line *line, const struct sw_evidence *evidence)
{
    if (evidence->rule == SW_ALERT_RULE_VOLUME_BELOW && evidence->value_kind != SW_READING_NONE) {
        message_line_add(line, "less than ");
        message_line_add_milli(line, evidence->threshold_milli, 0);
        message_line_add(line, " L used in ");
        message_line_add_duration(line, evidence->window_ms);
        message_line_add(line, " (");
        message_line_add_milli(line, evidence->value_milli, 1);
        message_line_add(line, " L)");
    } else {
        message_line_add(line, evidence->rule == SW_ALERT_RULE_VOLUME_BELOW  ? "next to no water used in "
                               : evidence->rule == SW_ALERT_RULE_NO_REAL_USE ? "no more than a drip passes for "
                                                                             : "no water used for ");
        message_line_add_duration(line, evidence->window_ms);
    }
    add_last_use(line, evidence);
    add_usual(line, evidence);
}

static void add_amount(struct message_line *line, const struct sw_evidence *evidence, const char *what,
                       const char *limit)
{
    message_line_add(line, "%s", what);
    if (evidence->value_kind == SW_READING_NONE) return;
    const struct sw_reading_kind_info *kind = sw_reading_kind_info((unsigned)evidence->value_kind);
    message_line_add(line, ": ");
    message_line_add_milli(line, evidence->value_milli, 1);
    message_line_add(line, " %s", kind ? kind->unit : "");
    if (evidence->window_ms > 0) {
        message_line_add(line, " in ");
        message_line_add_duration(line, evidence->window_ms);
    }
    if (evidence->threshold_milli == 0) return;
    message_line_add(line, " (%s ", limit);
    message_line_add_milli(line, evidence->threshold_milli, 1);
    message_line_add(line, ")");
}

static void add_upstream(struct message_line *line, const struct sw_evidence *evidence)
{
    if (evidence->upstream[0] != '\0') message_line_add(line, "; rising upstream at %s", evidence->upstream);
}

static void add_level_soon(struct message_line *line, const struct sw_alert *alert)
{
    const struct sw_evidence *evidence = &alert->evidence;
    message_line_add(line, "%s band expected soon", sw_colour_name(alert->colour));
    if (evidence->forecast_max_ms > 0) {
        message_line_add(line, ", in about ");
        message_line_add_duration(line, evidence->forecast_ms);
        message_line_add(line, " (");
        message_line_add_duration(line, evidence->forecast_min_ms);
        message_line_add(line, " to ");
        message_line_add_duration(line, evidence->forecast_max_ms);
        message_line_add(line, ")");
    }
    message_line_add(line, "; now ");
    message_line_add_milli(line, evidence->value_milli, 0);
    message_line_add(line, " mm, band begins at ");
    message_line_add_milli(line, evidence->threshold_milli, 0);
    message_line_add(line, " mm");
    add_upstream(line, evidence);
}

/* What a rule says in words; for kinds whose rules tell more than the kind. */
static void add_rule(struct message_line *line, const struct sw_alert *alert)
{
    message_line_add(line, "%s", sw_alert_rule_description(alert->evidence.rule));
    if (alert->evidence.count > 0) message_line_add(line, ", %u times in 30 days", alert->evidence.count);
}

static void add_level(struct message_line *line, const struct sw_alert *alert)
{
    const struct sw_evidence *evidence = &alert->evidence;
    bool top = evidence->rule == SW_ALERT_RULE_OVER_THE_TOP;
    if (evidence->value_kind == SW_READING_COVER_FLOAT) {
        message_line_add(line, "water at the cover, by its float");
        return;
    }
    if (top)
        message_line_add(line, "water over the top of the bank or pipe");
    else
        message_line_add(line, "water level in the %s band", sw_colour_name(alert->colour));
    if (evidence->value_kind == SW_READING_NONE) return;
    message_line_add(line, ", ");
    message_line_add_milli(line, evidence->value_milli, 0);
    message_line_add(line, " mm (%s ", top ? "top at" : "band begins at");
    message_line_add_milli(line, evidence->threshold_milli, 0);
    message_line_add(line, " mm)");
    add_upstream(line, evidence);
}

static void add_cover(struct message_line *line, const struct sw_evidence *evidence)
{
    if (evidence->rule == SW_ALERT_RULE_COVER_SWITCH || evidence->value_kind != SW_READING_COVER_TILT) {
        message_line_add(line, "open, by its switch");
    } else {
        message_line_add(line, "tilted by ");
        message_line_add_milli(line, evidence->value_milli, 0);
        message_line_add(line, " degrees (limit ");
        message_line_add_milli(line, evidence->threshold_milli, 0);
        message_line_add(line, ")");
    }
    if (evidence->rule == SW_ALERT_RULE_COVER_AND_LEVEL) message_line_add(line, ", over rising water");
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
        message_line_add(line, "%s; everything on it is unknown",
                         alert->evidence.rule == SW_ALERT_RULE_NOBODY_ANSWERS ? "nothing on it answers"
                                                                              : "the port has failed");
        break;
    case SW_ALERT_KIND_STORE_FULL:
        message_line_add(line, alert->evidence.rule == SW_ALERT_RULE_DISK_FULL
                                   ? "the disk is full; readings are given up, alerts go on"
                                   : "the store's quota does not hold a day of readings");
        break;
    case SW_ALERT_KIND_STORE_DAMAGED:
        message_line_add(line, alert->evidence.rule == SW_ALERT_RULE_DATABASE_DAMAGED
                                   ? "its database is damaged; alerts, trail and states of homes begin anew"
                                   : "a file of readings was damaged and set aside; it goes on with a new one");
        break;
    case SW_ALERT_KIND_QUIET:
        message_line_add(line, "quieter than usual, ");
        add_no_use(line, &alert->evidence);
        break;
    case SW_ALERT_KIND_LEAK:
        add_amount(line, &alert->evidence, "water flows without a still hour", "limit");
        break;
    case SW_ALERT_KIND_BURST:
        add_amount(line, &alert->evidence, "high flow does not stop", "limit");
        break;
    case SW_ALERT_KIND_BACKFLOW:
        add_amount(line, &alert->evidence, "water runs back through the meter", "limit");
        break;
    case SW_ALERT_KIND_HIGH_USE:
        add_amount(line, &alert->evidence, "more water used than agreed", "limit");
        break;
    case SW_ALERT_KIND_LEVEL_SOON:
        add_level_soon(line, alert);
        break;
    case SW_ALERT_KIND_BATTERY_LOW:
        add_amount(line, &alert->evidence, "battery low", "limit");
        break;
    case SW_ALERT_KIND_FIRST_USE:
        message_line_add(line, "water was used today");
        break;
    case SW_ALERT_KIND_METER_FAULT:
    case SW_ALERT_KIND_SENSOR_QUALITY:
    case SW_ALERT_KIND_SLOW_CHANGE:
    case SW_ALERT_KIND_BACK:
    case SW_ALERT_KIND_REPORTED:
        add_rule(line, alert);
        break;
    case SW_ALERT_KIND_NONE:
    case SW_ALERT_KIND_COUNT:
        break;
    }
}

static void add_end(struct message_line *line, const struct sw_alert *alert)
{
    bool by_float = alert->evidence.value_kind == SW_READING_COVER_FLOAT;
    message_line_add(line, "%s", by_float ? "the float at the cover is down again" : words[alert->kind].end);
    if (alert->kind == SW_ALERT_KIND_BACK) add_rule(line, alert);
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

/* Nothing was measured: there are no figures to tell. */
static void add_drill(struct message_line *line, const struct sw_alert *alert)
{
    if (sw_alert_state_is_open(alert->state))
        message_line_add(line, "exercise, %s: %s", sw_colour_name(alert->colour),
                         sw_alert_kind_description(alert->kind));
    else
        message_line_add(line, "the exercise is over (%s)", sw_alert_kind_description(alert->kind));
}

void message_alert_headline(const struct sw_alert *alert, char out[MESSAGE_HEADLINE_SIZE])
{
    struct message_line line = message_line_over(out, MESSAGE_HEADLINE_SIZE);
    bool serviced = alert->evidence.rule == SW_ALERT_RULE_MAINTENANCE_OVER;
    message_line_add(&line, "%s%s %s: ", alert->drill ? "DRILL: " : "",
                     serviced ? "Sensor" : words[alert->kind].subject, alert->subject);
    if (alert->drill) {
        add_drill(&line, alert);
    } else if (alert->state == SW_ALERT_STATE_CLEARED && alert->actor[0] != '\0') {
        message_line_add(&line, "cleared by %s (%s)", alert->actor, sw_alert_kind_description(alert->kind));
    } else if (alert->state == SW_ALERT_STATE_CLEARED) {
        add_end(&line, alert);
    } else if (alert->state == SW_ALERT_STATE_RESOLVED && strcmp(alert->actor, SW_ALERT_ACTOR_CONFIGURATION) == 0) {
        message_line_add(&line, "watched no longer (%s)", sw_alert_kind_description(alert->kind));
    } else if (alert->state == SW_ALERT_STATE_RESOLVED) {
        message_line_add(&line, "closed by a person (%s)", sw_alert_kind_description(alert->kind));
    } else if (alert->state == SW_ALERT_STATE_EXPIRED) {
        message_line_add(&line, "expired, nothing can say whether it is over (%s)",
                         sw_alert_kind_description(alert->kind));
    } else {
        add_condition(&line, alert);
        if (alert->evidence.flaps > 0)
            message_line_add(&line, "; comes and goes, raised %u times lately", alert->evidence.flaps);
    }
}
