#include "message/message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message/message_escalation.h"
#include "message/message_json.h"
#include "stillwater/error.h"

#define ALERT_SIZE_MAX 16384u

static bool is_silence(enum sw_alert_kind kind)
{
    return kind == SW_ALERT_KIND_SENSOR_SILENT || kind == SW_ALERT_KIND_NODE_SILENT || kind == SW_ALERT_KIND_BUS_SILENT;
}

static void add_habit(struct json_builder *object, const struct sw_evidence *evidence)
{
    if (evidence->habit == SW_HABIT_NONE) return;
    json_add_string(object, "habit", evidence->habit == SW_HABIT_LEARNED ? "learned" : "learning");
    if (evidence->usual_high_ms <= 0) return;
    json_add_milli(object, "usual_s", evidence->usual_low_ms);
    json_add_milli(object, "usual_max_s", evidence->usual_high_ms);
}

static void add_forecast(struct json_builder *object, const struct sw_evidence *evidence)
{
    if (evidence->rate_known) json_add_milli(object, "rate_per_h", evidence->rate_milli_per_h);
    if (evidence->forecast_max_ms <= 0) return;
    json_add_milli(object, "forecast_min_s", evidence->forecast_min_ms);
    json_add_milli(object, "forecast_s", evidence->forecast_ms);
    json_add_milli(object, "forecast_max_s", evidence->forecast_max_ms);
}

static void add_agreement(struct json_builder *object, const struct sw_evidence *evidence)
{
    if (evidence->agree == 0 && evidence->disagree == 0) return;
    json_add_integer(object, "agree", evidence->agree);
    json_add_integer(object, "disagree", evidence->disagree);
    json_add_text(object, "upstream", evidence->upstream);
}

/* CAP 1.2 certainty: what a worker has seen is observed, and two who agree make it likely. A drill and silence tell
 * nothing of the world; what was seen in part, or at an estimated time, is likely. */
static const char *certainty(const struct sw_alert *alert, const struct message_reports *reports)
{
    static const char *const names[] = {[SW_CERTAINTY_UNLIKELY] = "Unlikely",
                                        [SW_CERTAINTY_POSSIBLE] = "Possible",
                                        [SW_CERTAINTY_LIKELY] = "Likely",
                                        [SW_CERTAINTY_OBSERVED] = "Observed"};
    if (alert->drill || is_silence(alert->kind)) return "Unknown";
    const struct sw_evidence *evidence = &alert->evidence;
    if (reports && reports->workers > 0) return names[SW_CERTAINTY_OBSERVED];
    bool is_agreed = reports && (reports->citizens >= 2 || reports->sensors > 0);
    if (alert->kind == SW_ALERT_KIND_REPORTED) return names[is_agreed ? SW_CERTAINTY_LIKELY : SW_CERTAINTY_POSSIBLE];
    if (is_agreed && evidence->certainty != SW_CERTAINTY_AUTO && evidence->certainty < SW_CERTAINTY_LIKELY)
        return names[SW_CERTAINTY_LIKELY];
    if (evidence->certainty != SW_CERTAINTY_AUTO) return names[evidence->certainty];
    bool partial = evidence->coverage_permille >= 0 && evidence->coverage_permille < 1000;
    return partial || evidence->estimated_time ? "Likely" : "Observed";
}

static void add_place(struct json_builder *body, const struct config_place *place)
{
    if (!place || !place->known) return;
    struct json_builder object = json_builder_new();
    json_add(&object, "latitude", json_real(place->latitude));
    json_add(&object, "longitude", json_real(place->longitude));
    json_add_text(&object, "grid", place->grid);
    json_add_object(body, "place", &object);
}

/* What a registry says of public places; nothing of the alert's own subject. */
static json_t *encode_place(const struct near_found *found)
{
    const struct near_place *place = found->place;
    struct json_builder object = json_builder_new();
    json_add_string(&object, "kind", sw_place_kind_name(place->kind));
    json_add_string(&object, "id", place->id);
    if (place->name) json_add_string(&object, "name", place->name);
    json_add_integer(&object, "distance_m", (int64_t)(found->distance_m + 0.5));
    json_add_integer(&object, "bearing", (int64_t)(found->bearing_deg + 0.5) % 360);
    if (place->capacity > 0) json_add_integer(&object, "capacity", place->capacity);
    if (place->hours) json_add_string(&object, "hours", place->hours);
    if (!object.failed) return object.root;
    json_decref(object.root);
    return NULL;
}

static void add_reports(struct json_builder *body, const struct message_reports *reports)
{
    if (!reports) return;
    struct json_builder object = json_builder_new();
    json_add_integer(&object, "workers", reports->workers);
    json_add_integer(&object, "citizens", reports->citizens);
    json_add_integer(&object, "sensors", reports->sensors);
    json_add_integer(&object, "disagree", reports->disagree);
    json_add_time(&object, "last", reports->last);
    if (reports->told != SW_REPORT_NONE) json_add_string(&object, "told", sw_report_kind_name(reports->told));
    json_add_object(body, "reports", &object);
}

static void add_near(struct json_builder *body, const struct near_found *found, uint32_t count)
{
    if (count == 0) return;
    json_t *list = json_array();
    for (uint32_t i = 0; i < count; i++)
        if (json_array_append_new(list, encode_place(&found[i])) != 0) body->failed = true;
    json_add(body, "near", list);
}

static void add_evidence(struct json_builder *body, const struct sw_evidence *evidence)
{
    struct json_builder object = json_builder_new();
    json_add_string(&object, "rule", sw_alert_rule_name(evidence->rule));
    if (evidence->window_ms > 0) json_add_milli(&object, "window_s", evidence->window_ms);
    if (evidence->coverage_permille >= 0)
        json_add_milli(&object, "coverage_pct", (int64_t)evidence->coverage_permille * 100);
    json_add_known_time(&object, "last_good", evidence->last_good);
    json_add_known_time(&object, "last_use", evidence->last_use);
    const struct sw_reading_kind_info *kind = sw_reading_kind_info((unsigned)evidence->value_kind);
    if (kind) {
        json_add_milli(&object, "value", evidence->value_milli);
        json_add_milli(&object, "threshold", evidence->threshold_milli);
        json_add_text(&object, "unit", kind->unit);
        json_add_string(&object, "reading_kind", kind->name);
    }
    add_habit(&object, evidence);
    add_forecast(&object, evidence);
    add_agreement(&object, evidence);
    if (evidence->count > 0) json_add_integer(&object, "count", evidence->count);
    if (evidence->flaps > 0) json_add_integer(&object, "flaps", evidence->flaps);
    json_add(&object, "estimated_time", json_boolean(evidence->estimated_time));
    json_add_object(body, "evidence", &object);
}

static void add_times(struct json_builder *body, const struct sw_alert *alert)
{
    json_add_time(body, "onset", alert->onset);
    json_add_time(body, "raised_at", alert->raised_at);
    json_add_time(body, "updated_at", alert->updated_at);
    json_add_time(body, "expires", sw_wall_from_ms(alert->updated_at.ms + MESSAGE_EXPIRES_MS));
}

char *message_alert_encode(const struct sw_alert *alert, const struct message_alert_about *about)
{
    char headline[MESSAGE_HEADLINE_SIZE];
    message_alert_headline(alert, headline);

    struct json_builder body = json_builder_new();
    json_add_string(&body, "schema", SW_SCHEMA_ALERT);
    json_add_string(&body, "id", alert->id);
    json_add_integer(&body, "revision", alert->revision);
    json_add_string(&body, "city", about->city);
    json_add_string(&body, "gateway", about->gateway);
    json_add_string(&body, "kind", sw_alert_kind_name(alert->kind));
    json_add_string(&body, "state", sw_alert_state_name(alert->state));
    json_add_string(&body, "colour", sw_colour_name(alert->colour));
    json_add_string(&body, "peak_colour", sw_colour_name(alert->peak));
    json_add_string(&body, "severity", sw_colour_cap_severity(alert->colour));
    json_add_string(&body, "urgency", sw_colour_cap_urgency(alert->colour));
    json_add_string(&body, "certainty", certainty(alert, about->reports));
    json_add_string(&body, "subject", alert->subject);
    if (alert->drill) json_add(&body, "drill", json_true());
    json_add_string(&body, "headline", headline);
    add_times(&body, alert);
    json_add_text(&body, "actor", alert->actor);
    json_add_text(&body, "note", alert->note);
    add_place(&body, about->place);
    if (about->incident) json_add_string(&body, "incident", about->incident);
    json_add_escalation(&body, about->escalation);
    add_near(&body, about->near, about->near_count);
    add_reports(&body, about->reports);
    add_evidence(&body, &alert->evidence);
    return json_builder_finish(&body);
}

void message_alert_read_common(struct json_reader *reader, struct message_alert_summary *summary)
{
    char kind[32] = "", state[32] = "", colour[32] = "";
    json_read_alert_id(reader, "id", JSON_REQUIRED, summary->id);
    json_read_count(reader, "revision", JSON_REQUIRED, 1, &summary->revision);
    if (json_read_present(reader, "drill", JSON_OPTIONAL)) json_read_bool(reader, "drill", &summary->drill);
    json_read_string(reader, "headline", JSON_REQUIRED, summary->headline, sizeof summary->headline);
    json_read_time(reader, "raised_at", &summary->raised_at);
    json_read_time(reader, "updated_at", &summary->updated_at);
    json_read_string(reader, "actor", JSON_OPTIONAL, summary->actor, sizeof summary->actor);
    json_read_alert_id(reader, "incident", JSON_OPTIONAL, summary->incident);
    json_read_escalation(reader, &summary->escalation);
    json_read_string(reader, "kind", JSON_REQUIRED, kind, sizeof kind);
    json_read_string(reader, "state", JSON_REQUIRED, state, sizeof state);
    json_read_string(reader, "colour", JSON_REQUIRED, colour, sizeof colour);
    if (reader->failed) return;
    summary->kind = sw_alert_kind_from_name(kind);
    summary->state = sw_alert_state_from_name(state);
    summary->colour = sw_colour_from_name(colour);
    if (summary->kind == SW_ALERT_KIND_NONE) json_reader_fail(reader, "kind: \"%s\" is not an alert kind", kind);
    if (summary->state == SW_ALERT_STATE_NONE) json_reader_fail(reader, "state: \"%s\" is not an alert state", state);
    if (summary->colour == SW_COLOUR_COUNT) json_reader_fail(reader, "colour: \"%s\" is not a colour", colour);
}

static void read_grid(const struct json_reader *reader, char area[SW_AREA_PATH_SIZE])
{
    const char *grid = json_string_value(json_object_get(json_object_get(reader->root, "place"), "grid"));
    if (!reader->failed && grid && sw_area_path_valid(grid)) (void)snprintf(area, SW_AREA_PATH_SIZE, "%s", grid);
}

/* One that is not as it should be is left out: the alert counts. */
static void read_near(const struct json_reader *reader, char out[MESSAGE_NEAR_SIZE])
{
    const json_t *list = json_object_get(reader->root, "near");
    size_t used = 0;
    for (size_t i = 0; i < 3 && i < json_array_size(list); i++) {
        const json_t *place = json_array_get(list, i);
        const char *kind = json_string_value(json_object_get(place, "kind"));
        const char *id = json_string_value(json_object_get(place, "id"));
        json_int_t distance_m = json_integer_value(json_object_get(place, "distance_m"));
        if (!kind || !id || !sw_id_valid(kind) || !sw_id_valid(id)) continue;
        int length = snprintf(out + used, MESSAGE_NEAR_SIZE - used, "%s%s %s %lld m", used > 0 ? ", " : "", kind, id,
                              (long long)distance_m);
        if (used + (size_t)length >= MESSAGE_NEAR_SIZE) {
            out[used] = '\0';
            return;
        }
        used += (size_t)length;
    }
}

/* One this build does not know is left out, too. */
static enum sw_report_kind read_told(const struct json_reader *reader)
{
    const char *told = json_string_value(json_object_get(json_object_get(reader->root, "reports"), "told"));
    return told ? sw_report_kind_from_name(told) : SW_REPORT_NONE;
}

int message_alert_decode(const char *payload, size_t size, struct message_alert_summary *summary, char *text,
                         size_t text_size)
{
    memset(summary, 0, sizeof *summary);
    struct json_reader reader = json_reader_open(payload, size, ALERT_SIZE_MAX, SW_SCHEMA_ALERT, text, text_size);
    json_read_id(&reader, "city", JSON_REQUIRED, summary->city, sizeof summary->city);
    json_read_id(&reader, "gateway", JSON_REQUIRED, summary->gateway, sizeof summary->gateway);
    json_read_id(&reader, "subject", JSON_REQUIRED, summary->subject, sizeof summary->subject);
    message_alert_read_common(&reader, summary);
    if (json_read_present(&reader, "unstored", JSON_OPTIONAL)) json_read_bool(&reader, "unstored", &summary->unstored);
    json_read_time(&reader, "expires", &summary->expires);
    json_read_string(&reader, "note", JSON_OPTIONAL, summary->note, sizeof summary->note);
    read_grid(&reader, summary->area);
    if (!reader.failed) read_near(&reader, summary->near);
    if (!reader.failed) summary->told = read_told(&reader);
    return json_reader_close(&reader);
}

char *message_alert_unstored(const char *body)
{
    static const char mark[] = ",\"unstored\":true}";
    size_t length = strlen(body);
    char *marked = malloc(length + sizeof mark);
    if (!marked || length == 0) {
        free(marked);
        return NULL;
    }
    /* In place of the last brace. */
    memcpy(marked, body, length - 1);
    memcpy(marked + length - 1, mark, sizeof mark);
    return marked;
}
