/* What is left in the store and nobody would ever end: alerts of subjects, nodes and lines that the configuration no
 * longer has, and alerts whose state the core could not take back. */
#ifndef GATEWAY_APP_RETIRED_H
#define GATEWAY_APP_RETIRED_H

#include "app/gateway_state.h"

/* Resolves those, and lets these expire. After subjects_restore. */
void retired_resolve(struct gateway *gateway);

/* The same of those that the core before a reload had. */
void retired_resolve_of(struct gateway *gateway, struct core *before);

#endif
