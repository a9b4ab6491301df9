#include "adapters/publisher_mqtt/properties.h"

#include <mqtt_protocol.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "message/message.h"
#include "stillwater/error.h"
#include "stillwater/topics.h"

#define ALERT_EXPIRY_MIN_S 3600 /* an alert that waited past its `expires` in the outbox is still one of the record */

static uint32_t seconds_left(struct sw_wall expires)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    int64_t left = expires.ms / 1000 - (int64_t)now.tv_sec;
    return left < ALERT_EXPIRY_MIN_S ? ALERT_EXPIRY_MIN_S : left > UINT32_MAX ? UINT32_MAX : (uint32_t)left;
}

static int add_pair(mosquitto_property **properties, const char *name, const char *value)
{
    return mosquitto_property_add_string_pair(properties, MQTT_PROP_USER_PROPERTY, name, value);
}

static int add_escalation(mosquitto_property **properties, const struct message_escalation *escalation)
{
    char level[16];
    (void)snprintf(level, sizeof level, "%u", escalation->level);
    int error = add_pair(properties, "responsible", escalation->responsible);
    return error == MOSQ_ERR_SUCCESS ? add_pair(properties, "level", level) : error;
}

int properties_of_alert(const char *payload, const char *content_type, const char *response_topic, bool replayed,
                        mosquitto_property **properties)
{
    struct message_alert_summary alert;
    char text[128];
    int error = mosquitto_property_add_byte(properties, MQTT_PROP_PAYLOAD_FORMAT_INDICATOR, 1);
    if (error == MOSQ_ERR_SUCCESS)
        error = mosquitto_property_add_string(properties, MQTT_PROP_CONTENT_TYPE, content_type);
    if (error == MOSQ_ERR_SUCCESS && response_topic[0] != '\0')
        error = mosquitto_property_add_string(properties, MQTT_PROP_RESPONSE_TOPIC, response_topic);
    if (error == MOSQ_ERR_SUCCESS && replayed) error = add_pair(properties, SW_PROPERTY_REPLAYED, "true");
    if (error != MOSQ_ERR_SUCCESS || message_alert_decode(payload, strlen(payload), &alert, text, sizeof text) != SW_OK)
        return error;
    error = mosquitto_property_add_int32(properties, MQTT_PROP_MESSAGE_EXPIRY_INTERVAL, seconds_left(alert.expires));
    if (error == MOSQ_ERR_SUCCESS) error = add_pair(properties, "kind", sw_alert_kind_name(alert.kind));
    if (error == MOSQ_ERR_SUCCESS) error = add_pair(properties, "state", sw_alert_state_name(alert.state));
    if (error == MOSQ_ERR_SUCCESS) error = add_pair(properties, "colour", sw_colour_name(alert.colour));
    /* Who answers for it is not told with CAP, which may go to the public. */
    bool is_cap = strcmp(content_type, SW_CONTENT_TYPE_CAP) == 0;
    if (error == MOSQ_ERR_SUCCESS && !is_cap && alert.escalation.responsible[0] != '\0')
        error = add_escalation(properties, &alert.escalation);
    if (error == MOSQ_ERR_SUCCESS && alert.unstored) error = add_pair(properties, SW_PROPERTY_UNSTORED, "true");
    if (error == MOSQ_ERR_SUCCESS && alert.drill) error = add_pair(properties, SW_PROPERTY_DRILL, "true");
    return error;
}

int properties_of_reply(const struct publisher_command *command, mosquitto_property **properties)
{
    int error = mosquitto_property_add_string(properties, MQTT_PROP_CONTENT_TYPE, SW_CONTENT_TYPE_JSON);
    if (error == MOSQ_ERR_SUCCESS && command->correlation)
        error = mosquitto_property_add_binary(properties, MQTT_PROP_CORRELATION_DATA, command->correlation,
                                              (uint16_t)command->correlation_size);
    return error;
}

struct publisher_command properties_read_command(const struct mosquitto_message *message,
                                                 const mosquitto_property *properties)
{
    char *response_topic = NULL;
    void *correlation = NULL;
    uint16_t correlation_size = 0;
    (void)mosquitto_property_read_string(properties, MQTT_PROP_RESPONSE_TOPIC, &response_topic, false);
    (void)mosquitto_property_read_binary(properties, MQTT_PROP_CORRELATION_DATA, &correlation, &correlation_size,
                                         false);
    return (struct publisher_command){
        .payload = message->payloadlen > 0 ? message->payload : "",
        .payload_size = (size_t)message->payloadlen,
        .response_topic = response_topic,
        .correlation = correlation,
        .correlation_size = correlation_size,
    };
}

void properties_release_command(const struct publisher_command *command)
{
    free((char *)(uintptr_t)command->response_topic);
    free((uint8_t *)(uintptr_t)command->correlation);
}
