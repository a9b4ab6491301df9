/* MQTT topics and message schemas: the contract between gateway and city centre (MQTT 5).
 *
 *   stillwater/<city>/<gateway>/status            retained, QoS 1; also the will ("offline")
 *   stillwater/<city>/<gateway>/alert/<id>        one message per alert revision, QoS 1, not retained
 *   stillwater/<city>/<gateway>/cap/<id>          the same as OASIS CAP 1.2 (XML), QoS 1, where mqtt.cap is on
 *   stillwater/<city>/<gateway>/home/<subject>    what a family sees of one home, retained, QoS 1; only of homes with
 *                                                 home_assistant: on
 *   stillwater/<city>/<gateway>/area/<path>       colour of a place (city/district/street/cell), retained, QoS 1;
 *                                                 empty when the place is watched no longer
 *   stillwater/<city>/<gateway>/incident/<id>     water and cover alerts that are near one another, as one; retained,
 *                                                 QoS 1; empty when it is over
 *   stillwater/<city>/<gateway>/state/<subject>   open alerts of a subject, retained, QoS 1; empty when none is open
 *   stillwater/<city>/<gateway>/telemetry/site    readings as they come, QoS 0, not retained, and those of homes on
 *   stillwater/<city>/<gateway>/telemetry/home    a topic of their own; only where mqtt.telemetry asks for them
 *   stillwater/<city>/<gateway>/command           centre to gateway, QoS 1
 *   stillwater/<city>/<gateway>/command/result    gateway's answer, QoS 1, also to the MQTT 5 response topic
 *   stillwater/<city>/<gateway>/receipt           centre to gateway, QoS 0: alert revisions the centre has stored; the
 *                                                 response topic of each alert, and no other place is answered to
 *   stillwater/<city>/weather                     centre to all gateways, retained, QoS 1: the present weather warning
 *   stillwater/<city>/report/worker/<id>          what a worker has seen, to all gateways, QoS 1
 *   stillwater/<city>/report/citizen/<portal>     what a citizen has, by way of a portal, QoS 1
 *   stillwater/<city>/centre/<client>/result      response topics; a gateway answers to no other place, so that a
 *                                                 command cannot make it publish anywhere
 *
 * Bodies are UTF-8 JSON, one object each, with a `schema` member; the schemas are in docs/schema/. Names in topics
 * and bodies are pseudonymous ids: SW_ID_* below. */
#ifndef STILLWATER_TOPICS_H
#define STILLWATER_TOPICS_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define SW_TOPIC_ROOT           "stillwater"
#define SW_TOPIC_STATUS         "status"
#define SW_TOPIC_ALERT          "alert"
#define SW_TOPIC_AREA           "area"
#define SW_TOPIC_INCIDENT       "incident"
#define SW_TOPIC_STATE          "state"
#define SW_TOPIC_TELEMETRY      "telemetry"
#define SW_TOPIC_COMMAND        "command"
#define SW_TOPIC_COMMAND_RESULT "command/result"
#define SW_TOPIC_HOME           "home"
#define SW_TOPIC_CAP            "cap"
#define SW_TOPIC_RECEIPT        "receipt"
#define SW_TOPIC_WEATHER        "weather"
#define SW_TOPIC_REPORT         "report"
#define SW_TOPIC_CENTRE         "centre"
#define SW_TOPIC_CENTRE_RESULT  "result"

#define SW_SCHEMA_ALERT          "stillwater.alert/1"
#define SW_SCHEMA_STATUS         "stillwater.status/1"
#define SW_SCHEMA_HOME           "stillwater.home/1"
#define SW_SCHEMA_AREA           "stillwater.area/1"
#define SW_SCHEMA_INCIDENT       "stillwater.incident/1"
#define SW_SCHEMA_STATE          "stillwater.state/1"
#define SW_SCHEMA_TELEMETRY      "stillwater.telemetry/1"
#define SW_SCHEMA_COMMAND        "stillwater.command/1"
#define SW_SCHEMA_COMMAND_RESULT "stillwater.command-result/1"
#define SW_SCHEMA_RECEIPT        "stillwater.receipt/1"
#define SW_SCHEMA_WEATHER        "stillwater.weather/1"
#define SW_SCHEMA_REPORT         "stillwater.report/1"

/* User property of an alert that was, or may have been, sent before, or is told late; its value is "true". */
#define SW_PROPERTY_REPLAYED "replayed"
/* The same of an alert that is an exercise. */
#define SW_PROPERTY_DRILL "drill"
/* And of one that the gateway cannot store. */
#define SW_PROPERTY_UNSTORED "unstored"

#define SW_CONTENT_TYPE_JSON "application/json"
#define SW_CONTENT_TYPE_CAP  "application/cap+xml"

/* City, gateway, line, node and subject ids: 1..63 characters of A-Z a-z 0-9 - _ and '.', the first one a letter
 * or digit. Never a resident's name or address. */
#define SW_ID_LENGTH_MAX 63
#define SW_ID_SIZE       (SW_ID_LENGTH_MAX + 1)

/* <gateway>.<kind>.<subject>.<onset as YYYYMMDDTHHMMSSmmmZ>, and behind that .drill where it is an exercise */
#define SW_ALERT_ID_SIZE (SW_ID_SIZE + 16 + SW_ID_SIZE + 32)

/* Path of an area, levels joined by '/': city/district/street/cell, or of any other depth. */
#define SW_AREA_PATH_LENGTH_MAX 127
#define SW_AREA_PATH_SIZE       (SW_AREA_PATH_LENGTH_MAX + 1)

#define SW_TOPIC_SIZE (sizeof SW_TOPIC_ROOT + 2 * SW_ID_SIZE + sizeof SW_TOPIC_ALERT + SW_ALERT_ID_SIZE + 4)

static inline bool sw_id_valid(const char *id)
{
    size_t length = 0;
    for (; id[length] != '\0'; length++) {
        char c = id[length];
        bool alphanumeric = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!alphanumeric && (length == 0 || (c != '-' && c != '_' && c != '.'))) return false;
    }
    return length >= 1 && length <= SW_ID_LENGTH_MAX;
}

/* Levels of 1 byte or more, joined by '/', SW_AREA_PATH_LENGTH_MAX bytes at most; no control characters and no '+' or
 * '#', which mean something else in a topic. */
static inline bool sw_area_path_valid(const char *path)
{
    size_t length = 0, level = 0;
    for (; path[length] != '\0'; length++) {
        unsigned char c = (unsigned char)path[length];
        if (length == SW_AREA_PATH_LENGTH_MAX || c < 0x20 || c == 0x7f || c == '+' || c == '#') return false;
        if (c == '/' && level == 0) return false;
        level = c == '/' ? 0 : level + 1;
    }
    return level > 0;
}

/* The area itself, or one below it. */
static inline bool sw_area_path_is_in(const char *path, const char *area)
{
    size_t length = strlen(area);
    return strncmp(path, area, length) == 0 && (path[length] == '\0' || path[length] == '/');
}

#endif
