/* Readings that were stored after their subjects' snapshots are handed to the core once more, at a start. */
#ifndef GATEWAY_APP_CATCH_UP_H
#define GATEWAY_APP_CATCH_UP_H

#include "app/gateway_state.h"

/* After the snapshots have been taken back and before anything new. What it decides was never committed, else it would
 * be in a snapshot. SW_OK, or SW_ERROR_NO_SPACE and `text` says so. */
int catch_up(struct gateway *gateway, char *text, size_t text_size);

#endif
