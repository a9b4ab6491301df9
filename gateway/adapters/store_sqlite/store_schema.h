/* The tables, and opening a file as a store. Described in docs/store.md. */
#ifndef GATEWAY_ADAPTERS_STORE_SQLITE_STORE_SCHEMA_H
#define GATEWAY_ADAPTERS_STORE_SQLITE_STORE_SCHEMA_H

#include <sqlite3.h>
#include <stddef.h>

#define STORE_BUSY_TIMEOUT_MS 5000 /* another program may hold the file for a moment */

/* Ends the taking over of readings from before version 5 (store_takeover.h); in a new file there are none, and the
 * readings beside it are not to be removed. */
#define STORE_TAKEN_OVER                                                                                               \
    "DROP TABLE old_readings; DROP TABLE old_cursors;"                                                                 \
    "DELETE FROM state WHERE name IN ('readings', 'thinned_to', 'position');"

/* Sets the connection up, makes the tables in a new file, and adds those that an older version did not have. SW_OK, or
 * an error with a reason in `text`. `beginning` is what the trail of a new file says of it. */
int store_schema_prepare(sqlite3 *db, const char *path, const char *beginning, char *text, size_t text_size);

/* For readers: SW_OK when the file is a store of this version. Changes nothing. */
int store_schema_check(sqlite3 *db, const char *path, char *text, size_t text_size);

#endif
