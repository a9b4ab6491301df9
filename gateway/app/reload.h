/* Another configuration while the gateway runs (docs/configuration.md#reload).
 *
 * The files are read and checked on the thread pool. Then all that follows from them is made anew beside what there is,
 * takes over what is known, and changes places with it in one step of the loop. On an error nothing has changed. */
#ifndef GATEWAY_APP_RELOAD_H
#define GATEWAY_APP_RELOAD_H

#include "app/gateway_state.h"

/* The command: answers it, now or once the new configuration is in force. */
void reload_on_command(struct gateway *gateway, const struct publisher_command *from,
                       const struct message_command *command);

/* At the end, when nothing looks at the configuration any more. */
void reload_free(struct gateway *gateway);

#endif
