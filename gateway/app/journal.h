/* What must be durable together: readings, cursors, the state of the core and the alerts that came out of it.
 *
 * Rows are gathered in one batch while another one is being committed (group commit). A batch that could not be
 * committed is kept and tried again, before all newer rows; until it is stored no node is told that its records are,
 * so nodes keep them. Plain devices keep nothing: their readings are left out, and counted, once
 * JOURNAL_SAMPLE_LIMIT rows wait. Alerts are never left out; off-delays bound their rate. */
#ifndef GATEWAY_APP_JOURNAL_H
#define GATEWAY_APP_JOURNAL_H

#include "app/gateway_state.h"

#define JOURNAL_SAMPLE_LIMIT      10000u
#define JOURNAL_RETRY_MIN_MS      1000
#define JOURNAL_RETRY_MAX_MS      30000
#define JOURNAL_SNAPSHOT_AFTER_MS 10000 /* a changed state without a row of its own waits this long at most */

int journal_init(struct gateway *gateway);
void journal_free(struct gateway *gateway);

/* Memory refused for a row ends the process: the core would be ahead of the store, and the last stored state is the
 * one to go on from. */
void journal_reading(struct gateway *gateway, const struct store_reading *reading);
void journal_cursor(struct gateway *gateway, const struct store_cursor *cursor);
void journal_snapshot(struct gateway *gateway, int domain, const char *name, const uint8_t *bytes, size_t size);
/* Takes a snapshot away. */
void journal_forget(struct gateway *gateway, int domain, const char *name);
void journal_alert(struct gateway *gateway, uint32_t subject, const struct sw_alert *alert);
/* Its index in the batch being filled. */
size_t journal_feedback(struct gateway *gateway, const struct store_feedback *feedback);
void journal_report(struct gateway *gateway, const struct store_report *report);
void journal_command(struct gateway *gateway, const struct store_command *command);

/* Whether a plain device's reading may be added. */
bool journal_has_room(const struct gateway *gateway);

/* An alert does not wait for a store that fails for longer: it is told as unstored, and told again once it is stored.
 */
#define JOURNAL_UNSTORED_AFTER_MS 5000

/* Starts a commit when there is something to commit and none is under way. Called after every event. */
void journal_flush(struct gateway *gateway);

/* Lets polling of a node go on although its records are not stored yet. */
void journal_poll_on(struct gateway *gateway, const struct node_state *node);

/* Tries a failed commit again when its time has come. */
void journal_tick(struct gateway *gateway);

/* Nothing waits to be stored (or it has been given up at the end). */
bool journal_is_idle(const struct gateway *gateway);

/* The store's answer. */
void journal_committed(struct gateway *gateway, struct store_batch *batch, int error, const char *text);

#endif
