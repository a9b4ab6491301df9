/* Readings of a store from before version 5, whose rows are moved into the readings' files once. */
#ifndef GATEWAY_ADAPTERS_STORE_SQLITE_STORE_TAKEOVER_H
#define GATEWAY_ADAPTERS_STORE_SQLITE_STORE_TAKEOVER_H

#include "adapters/store_sqlite/store_database.h"
#include "adapters/store_sqlite/store_readings.h"

/* Opens the readings of the database; first takes over the rows that are still in it, if any. Begun anew by the next
 * start when it does not get to its end. SW_OK: store_readings_close is owed. */
int store_takeover_open(struct store_database *database, struct store_readings *readings, char *text, size_t text_size);

#endif
