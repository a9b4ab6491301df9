/* What alerts and states say alike. Internal to gateway/message. */
#ifndef GATEWAY_MESSAGE_MESSAGE_ESCALATION_H
#define GATEWAY_MESSAGE_MESSAGE_ESCALATION_H

#include "message/message.h"
#include "message/message_json.h"

/* Left out where nobody is responsible. */
void json_add_escalation(struct json_builder *body, const struct message_escalation *escalation);
void json_read_escalation(struct json_reader *outer, struct message_escalation *escalation);

/* The members that an alert and its entry in a state share. */
void message_alert_read_common(struct json_reader *reader, struct message_alert_summary *summary);

#endif
