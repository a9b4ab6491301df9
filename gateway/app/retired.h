/* What is left in the store of subjects, nodes and lines that the configuration no longer has. */
#ifndef GATEWAY_APP_RETIRED_H
#define GATEWAY_APP_RETIRED_H

#include "app/gateway_state.h"

/* Resolves the alerts they have left open; nothing else would ever end those. After subjects_restore. */
void retired_resolve(struct gateway *gateway);

#endif
