/* All that a store holds of one subject, a home above all, beside its readings: shown, or taken out for good. What is
 * taken out leaves the trail whole: docs/audit.md. Blocking; for programs beside the daemon. */
#ifndef GATEWAY_ADAPTERS_STORE_SQLITE_STORE_HOME_H
#define GATEWAY_ADAPTERS_STORE_SQLITE_STORE_HOME_H

#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>

#include "ports/store.h"

/* Every row about it, table by table: snapshots, alerts, feedback, reports, outbox, trail. Reads beside the daemon. The
 * row is the statement's and holds during the call. SW_OK, or an error and a sentence in `text`. */
int store_home_each(const char *path, const char *home, void *ctx,
                    void (*each)(void *ctx, const char *table, sqlite3_stmt *row), char *text, size_t text_size);

struct store_erasure {
    const char *home;
    const char *by, *why; /* for the trail */
};

struct store_erased {
    int64_t readings, snapshots, alerts, feedback, reports, outbox, trail;
};

/* Takes them out, readings and all, and adds a row to the trail that says that it was done, not of whom. SW_OK;
 * SW_ERROR_STORE, also while the daemon runs; SW_ERROR_NOT_PERMITTED when one of its alerts is open, or
 * readings of an older version are not taken over yet; SW_ERROR_NOT_FOUND when there is nothing. What was cut off is
 * ended by doing it again. */
int store_home_erase(const char *path, const struct store_erasure *erasure, struct store_erased *erased, char *text,
                     size_t text_size);

#endif
