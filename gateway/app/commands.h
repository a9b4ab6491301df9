/* Commands from the centre: what is to become of an alert, what came of one, and who is at home. Every one is answered:
 * at once when it is refused, after the commit of what it changed when it is carried out. */
#ifndef GATEWAY_APP_COMMANDS_H
#define GATEWAY_APP_COMMANDS_H

#include "app/gateway_state.h"

void commands_on_command(struct gateway *gateway, const struct publisher_command *command);

/* To what is no command but is answered as one: at once, or once all that is in the batch being filled is durable. */
void commands_answer(struct gateway *gateway, const struct publisher_command *to, int error, const char *text);
void commands_answer_later(struct gateway *gateway, const struct publisher_command *to, const char *alert_id,
                           uint32_t revision, const char *text);

/* Answers those whose change is durable now, in `batch`. */
void commands_answer_committed(struct gateway *gateway, const struct store_batch *batch);

void commands_free(struct gateway *gateway);

#endif
