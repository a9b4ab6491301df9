/* Alerts as OASIS CAP 1.2. Made from the JSON body, so that the two never say different things. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message/message.h"
#include "message/message_json.h"
#include "message/message_text.h"
#include "stillwater/error.h"

#define CAP_NAMESPACE "urn:oasis:names:tc:emergency:cap:1.2"

/* Where the sensor stands, not how far the water reaches. */
#define CIRCLE_KM "0.1"

/* What CAP wants to know of a kind. Only water is the public's business; everything else may be about a home, and then
 * neither its coordinates nor its cell are told. */
static const struct {
    const char *category; /* NULL: Other */
    bool is_public, has_place;
} kinds[SW_ALERT_KIND_COUNT] = {
    [SW_ALERT_KIND_LEVEL] = {"Met", true, true},
    [SW_ALERT_KIND_LEVEL_SOON] = {"Met", true, true},
    [SW_ALERT_KIND_COVER_OPEN] = {"Safety", false, true},
    [SW_ALERT_KIND_NO_USE] = {"Health", false, false},
    [SW_ALERT_KIND_LEAK] = {"Infra", false, false},
    [SW_ALERT_KIND_BURST] = {"Infra", false, false},
    [SW_ALERT_KIND_BACKFLOW] = {"Infra", false, false},
    [SW_ALERT_KIND_HIGH_USE] = {"Infra", false, false},
    [SW_ALERT_KIND_METER_FAULT] = {"Infra", false, false},
    [SW_ALERT_KIND_SENSOR_SILENT] = {"Infra", false, false},
    [SW_ALERT_KIND_NODE_SILENT] = {"Infra", false, false},
    [SW_ALERT_KIND_BUS_SILENT] = {"Infra", false, false},
    [SW_ALERT_KIND_SENSOR_QUALITY] = {"Infra", false, false},
    [SW_ALERT_KIND_BATTERY_LOW] = {"Infra", false, false},
    [SW_ALERT_KIND_STORE_FULL] = {"Infra", false, false},
    [SW_ALERT_KIND_STORE_DAMAGED] = {"Infra", false, false},
    [SW_ALERT_KIND_REPORTED] = {"Safety", false, false},
};

/* The members of the body that the summary does not have. */
struct rest {
    char certainty[16];
    struct sw_wall onset;
    char grid[SW_AREA_PATH_SIZE];
    bool has_point;
    double latitude, longitude;
};

static void read_place(struct rest *rest, const json_t *place)
{
    const json_t *grid = json_object_get(place, "grid");
    const json_t *latitude = json_object_get(place, "latitude"), *longitude = json_object_get(place, "longitude");
    if (json_is_string(grid)) (void)snprintf(rest->grid, sizeof rest->grid, "%s", json_string_value(grid));
    rest->has_point = json_is_number(latitude) && json_is_number(longitude);
    if (!rest->has_point) return;
    rest->latitude = json_number_value(latitude);
    rest->longitude = json_number_value(longitude);
}

static int read_rest(const char *body, struct rest *rest)
{
    char text[64];
    size_t size = strlen(body);
    memset(rest, 0, sizeof *rest);
    struct json_reader reader = json_reader_open(body, size, size, SW_SCHEMA_ALERT, text, sizeof text);
    json_read_string(&reader, "certainty", JSON_REQUIRED, rest->certainty, sizeof rest->certainty);
    json_read_time(&reader, "onset", &rest->onset);
    if (!reader.failed) read_place(rest, json_object_get(reader.root, "place"));
    return json_reader_close(&reader);
}

/* ---- XML ---- */

/* Clean UTF-8 from the body; what is left that XML 1.0 does not have is U+FFFE and U+FFFF. */
static void put_text(FILE *out, const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '&')
            (void)fputs("&amp;", out);
        else if (*at == '<')
            (void)fputs("&lt;", out);
        else if (*at == '>')
            (void)fputs("&gt;", out);
        else if (strncmp(at, "\xef\xbf\xbe", 3) == 0 || strncmp(at, "\xef\xbf\xbf", 3) == 0)
            at += 2, (void)fputc('?', out);
        else
            (void)fputc(*at, out);
    }
}

static void put(FILE *out, const char *name, const char *text)
{
    (void)fprintf(out, "<%s>", name);
    put_text(out, text);
    (void)fprintf(out, "</%s>", name);
}

static void put_pair(FILE *out, const char *name, const char *value_name, const char *value)
{
    (void)fprintf(out, "<%s>", name);
    put(out, "valueName", value_name);
    put(out, "value", value);
    (void)fprintf(out, "</%s>", name);
}

#define CAP_TIME_SIZE 32

/* Whole seconds; "+00:00", since the standard allows no "Z". */
static void format_time(struct sw_wall time, char out[CAP_TIME_SIZE])
{
    message_time_format(time, out);
    (void)snprintf(out + strlen("2026-11-22T03:40:00"), CAP_TIME_SIZE - strlen("2026-11-22T03:40:00"), "+00:00");
}

static void put_time(FILE *out, const char *name, struct sw_wall time)
{
    char text[CAP_TIME_SIZE];
    format_time(time, text);
    put(out, name, text);
}

/* ---- the message ---- */

#define SENDER_SIZE     (2 * SW_ID_SIZE)
#define IDENTIFIER_SIZE (SW_ALERT_ID_SIZE + 16)

static void sender_of(const struct message_alert_summary *alert, char out[SENDER_SIZE])
{
    (void)snprintf(out, SENDER_SIZE, "%s@%s", alert->gateway, alert->city);
}

/* Of ids alone: no space, comma, '<' or '&'. */
static void identifier_of(const struct message_alert_summary *alert, uint32_t revision, char out[IDENTIFIER_SIZE])
{
    (void)snprintf(out, IDENTIFIER_SIZE, "%s.%u", alert->id, revision);
}

/* The one before always; of the others those that have not expired yet. Oldest first. */
static void put_references(FILE *out, const struct message_alert_summary *alert,
                           const struct message_cap_earlier *earlier, size_t count)
{
    char sender[SENDER_SIZE], identifier[IDENTIFIER_SIZE], sent[CAP_TIME_SIZE];
    sender_of(alert, sender);
    while (count > 1 && earlier[count - 1].updated_at.ms + MESSAGE_EXPIRES_MS <= alert->updated_at.ms)
        count--;
    (void)fputs("<references>", out);
    for (size_t i = count; i-- > 0;) {
        identifier_of(alert, earlier[i].revision, identifier);
        format_time(earlier[i].updated_at, sent);
        (void)fprintf(out, "%s,%s,%s%s", sender, identifier, sent, i > 0 ? " " : "");
    }
    (void)fputs("</references>", out);
}

static void put_head(FILE *out, const struct message_alert_summary *alert, const struct message_cap_earlier *earlier,
                     size_t count)
{
    char sender[SENDER_SIZE], identifier[IDENTIFIER_SIZE];
    sender_of(alert, sender);
    identifier_of(alert, alert->revision, identifier);
    bool is_over = !sw_alert_state_is_open(alert->state);
    put(out, "identifier", identifier);
    put(out, "sender", sender);
    put_time(out, "sent", alert->updated_at);
    put(out, "status", alert->drill ? "Exercise" : "Actual");
    /* A cancel cancels something; what was over before anybody heard of it is an alert of the past. */
    put(out, "msgType", count == 0 ? "Alert" : is_over ? "Cancel" : "Update");
    put(out, "scope", kinds[alert->kind].is_public ? "Public" : "Restricted");
    if (!kinds[alert->kind].is_public) put(out, "restriction", "The city's duty centre and those it sends");
    if (alert->drill) put(out, "note", "DRILL: nothing was measured and nothing has happened");
    if (count > 0) put_references(out, alert, earlier, count);
    if (alert->incident[0] != '\0') put(out, "incidents", alert->incident);
}

static void put_area(FILE *out, const struct message_alert_summary *alert, const struct rest *rest)
{
    char path[SW_AREA_PATH_SIZE];
    bool has_place = kinds[alert->kind].has_place;
    (void)snprintf(path, sizeof path, "%s", rest->grid[0] != '\0' ? rest->grid : alert->city);
    char *last = strrchr(path, '/');
    if (!has_place && last) *last = '\0';
    (void)fputs("<area>", out);
    put(out, "areaDesc", path);
    if (has_place && rest->has_point)
        (void)fprintf(out, "<circle>%.6f,%.6f " CIRCLE_KM "</circle>", rest->latitude, rest->longitude);
    put_pair(out, "geocode", "stillwater-grid", path);
    (void)fputs("</area>", out);
}

static void put_info(FILE *out, const struct message_alert_summary *alert, const struct rest *rest)
{
    char revision[16];
    (void)snprintf(revision, sizeof revision, "%u", alert->revision);
    (void)fputs("<info>", out);
    put(out, "language", "en");
    put(out, "category", kinds[alert->kind].category ? kinds[alert->kind].category : "Other");
    put(out, "event", sw_alert_kind_description(alert->kind));
    bool is_known_over = !sw_alert_state_is_open(alert->state) && alert->state != SW_ALERT_STATE_EXPIRED;
    if (is_known_over) put(out, "responseType", "AllClear");
    put(out, "urgency", sw_colour_cap_urgency(alert->colour));
    put(out, "severity", sw_colour_cap_severity(alert->colour));
    put(out, "certainty", rest->certainty);
    put_time(out, "onset", rest->onset);
    put_time(out, "expires", alert->expires);
    (void)fputs("<senderName>Stillwater gateway ", out);
    (void)fprintf(out, "%s, %s</senderName>", alert->gateway, alert->city);
    put(out, "headline", alert->headline);
    (void)fputs("<description>", out);
    put_text(out, alert->headline);
    (void)fprintf(out, ". Alert %s, revision %u: %s, %s.</description>", alert->id, alert->revision,
                  sw_alert_state_name(alert->state), sw_colour_name(alert->colour));
    put_pair(out, "parameter", "stillwater-kind", sw_alert_kind_name(alert->kind));
    put_pair(out, "parameter", "stillwater-state", sw_alert_state_name(alert->state));
    put_pair(out, "parameter", "stillwater-colour", sw_colour_name(alert->colour));
    put_pair(out, "parameter", "stillwater-alert", alert->id);
    put_pair(out, "parameter", "stillwater-revision", revision);
    put_area(out, alert, rest);
    (void)fputs("</info>", out);
}

int message_cap_encode(const char *body, const struct message_cap_earlier *earlier, size_t count, char **cap)
{
    struct message_alert_summary alert;
    struct rest rest;
    char text[128];
    size_t size = 0;
    *cap = NULL;
    int error = message_alert_decode(body, strlen(body), &alert, text, sizeof text);
    if (error == SW_OK) error = read_rest(body, &rest);
    if (error != SW_OK || !sw_alert_kind_is_coloured(alert.kind) || alert.state == SW_ALERT_STATE_PENDING) return error;
    FILE *out = open_memstream(cap, &size);
    if (!out) return SW_ERROR_NO_SPACE;
    (void)fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?><alert xmlns=\"" CAP_NAMESPACE "\">", out);
    put_head(out, &alert, earlier, count);
    put_info(out, &alert, &rest);
    (void)fputs("</alert>", out);
    bool failed = ferror(out) != 0;
    if (fclose(out) == 0 && !failed) return SW_OK;
    free(*cap);
    *cap = NULL;
    return SW_ERROR_NO_SPACE;
}
