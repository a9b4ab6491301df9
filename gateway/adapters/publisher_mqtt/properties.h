/* What a message of MQTT 5 carries beside its body. */
#ifndef GATEWAY_ADAPTERS_PUBLISHER_MQTT_PROPERTIES_H
#define GATEWAY_ADAPTERS_PUBLISHER_MQTT_PROPERTIES_H

#include <mosquitto.h>

#include "ports/publisher.h"

/* Properties of an alert say again what a subscriber sorts by, so that it need not read the body, which is `payload`
 * whatever the message carries. `response_topic` "": no answer is wanted. MOSQ_ERR_*; either way *properties is the
 * caller's to free. */
int properties_of_alert(const char *payload, const char *content_type, const char *response_topic, bool replayed,
                        mosquitto_property **properties);

/* Of the answer to a command. As above. */
int properties_of_reply(const struct publisher_command *command, mosquitto_property **properties);

/* A message that may be answered; properties_release_command() is owed. */
struct publisher_command properties_read_command(const struct mosquitto_message *message,
                                                 const mosquitto_property *properties);
void properties_release_command(const struct publisher_command *command);

#endif
