/* Readings as a table of SQL, for programs beside the daemon: "readings", with the columns serial, epoch, sequence (0
 * once a record lies in a chunk), subject ("" for events of a node), kind, quality, reason, clock_quality, time_ms and
 * value_milli. What is asked for by subject, kind or time_ms is looked for, and not all that there is. */
#ifndef GATEWAY_ADAPTERS_STORE_SQLITE_STORE_TABLE_H
#define GATEWAY_ADAPTERS_STORE_SQLITE_STORE_TABLE_H

#include <sqlite3.h>
#include <stdbool.h>

/* The table is there on this connection from now on, with the readings of the store at `path`. False on error, which
 * the connection tells. A store that has no readings has an empty one. */
bool store_table_add(sqlite3 *db, const char *path);

#endif
