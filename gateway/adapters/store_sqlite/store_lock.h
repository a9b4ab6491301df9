/* One process at a time writes to a store. */
#ifndef GATEWAY_ADAPTERS_STORE_SQLITE_STORE_LOCK_H
#define GATEWAY_ADAPTERS_STORE_SQLITE_STORE_LOCK_H

#include <stddef.h>

/* SW_OK and a descriptor that holds the lock until it is closed. SW_ERROR_STORE when another process has it, or the
 * lock file cannot be made: `text` says so, and *descriptor is -1. */
int store_lock_take(const char *path, int *descriptor, char *text, size_t text_size);

#endif
