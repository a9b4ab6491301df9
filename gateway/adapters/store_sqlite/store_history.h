/* What a store holds of a time, read back. For programs beside the daemon: opens the file for reading only, sees it as
 * it was when it was opened, and needs no lock of the daemon's. Every call blocks; each returns SW_OK, or an error that
 * store_history_text() puts in words. */
#ifndef GATEWAY_ADAPTERS_STORE_SQLITE_STORE_HISTORY_H
#define GATEWAY_ADAPTERS_STORE_SQLITE_STORE_HISTORY_H

#include <stddef.h>
#include <stdint.h>

#include "ports/store.h"

struct store_history;

int store_history_open(const char *path, struct store_history **history, char *text, size_t text_size);
void store_history_close(struct store_history *history);

/* Readings and node events (subject "") from `from` up to `to`, in the order of their times. Takes as long as there are
 * such, not as long as the store is. */
int store_history_readings(struct store_history *history, struct sw_wall from, struct sw_wall to, void *ctx,
                           void (*each)(void *ctx, const struct store_reading *reading));

/* Every revision, alert by alert, of those that were open at any time from `from` up to `to`. The alert's evidence is
 * the rule alone; `body` is what was published. */
int store_history_alerts(struct store_history *history, struct sw_wall from, struct sw_wall to, void *ctx,
                         void (*each)(void *ctx, const struct sw_alert *alert, const char *body));

/* The last feedback on each alert. */
int store_history_feedback(struct store_history *history, void *ctx,
                           void (*each)(void *ctx, const struct store_feedback *feedback));

int store_history_snapshots(struct store_history *history, void *ctx,
                            void (*each)(void *ctx, int domain, const char *name, const uint8_t *bytes, size_t size));

/* What the last error was. */
void store_history_text(struct store_history *history, char *text, size_t text_size);

#endif
