/* What must be durable together: readings, cursors, the state of the core and the alerts that came out of it.
 *
 * Rows are gathered in one batch while another one is being committed (group commit). A batch that could not be
 * committed is kept and tried again, before all newer rows; until it is stored no node is told that its records are,
 * so nodes keep them. Plain devices keep nothing: their readings are left out, and counted, once
 * JOURNAL_SAMPLE_LIMIT rows wait. Alerts are never left out; off-delays bound their rate. */
#ifndef GATEWAY_APP_JOURNAL_H
#define GATEWAY_APP_JOURNAL_H

#include "app/gateway_state.h"

#define JOURNAL_SAMPLE_LIMIT      40000u
#define JOURNAL_RETRY_MIN_MS      1000
#define JOURNAL_RETRY_MAX_MS      30000
#define JOURNAL_SNAPSHOT_AFTER_MS 10000 /* a changed state without a row of its own waits this long at most */

/* Readings wait for others: an fsync wears a memory card, and stalls it. Alerts, commands and reports wait for nothing,
 * and take along what waits. A node with a backlog is not asked for more until the last records are stored. */
#define JOURNAL_READINGS_MS 500
#define JOURNAL_NODE_MS     100
#define JOURNAL_ROWS_MAX    5000u /* more do not wait; bounds memory */

/* A checkpoint begins after so many readings for each subject, or so long after the last one. A snapshot costs 2 KB of
 * writing (in the WAL and the database; a home's is 1 KB), so 16 B for each reading; and a start hands in the readings
 * of two checkpoints at most, half a million a second. Should the readings be lost, no state is older than a day. */
#define JOURNAL_CHECKPOINT_READINGS 128
#define JOURNAL_CHECKPOINT_MS       (INT64_C(24) * 3600 * 1000)
/* So many subjects have their turn with one commit: a millisecond of the loop. */
#define JOURNAL_CHECKPOINT_STEP 256u

/* Once the store is open. */
int journal_init(struct gateway *gateway);
void journal_free(struct gateway *gateway);

/* Memory refused for a row ends the process: the core would be ahead of the store, and the last stored state is the
 * one to go on from. */
void journal_reading(struct gateway *gateway, const struct store_reading *reading);
void journal_cursor(struct gateway *gateway, const struct store_cursor *cursor);
void journal_snapshot(struct gateway *gateway, int domain, const char *name, const uint8_t *bytes, size_t size);
/* The newest there is, whether it is committed or not; returns its size, 0 = there is none. */
size_t journal_load_snapshot(const struct gateway *gateway, int domain, const char *name, uint8_t *bytes, size_t size);
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

/* The batch being filled waits no longer than a node with a backlog does, or not at all. */
enum journal_hurry { JOURNAL_HURRY_NODE, JOURNAL_HURRY_ALL };
void journal_hurry(struct gateway *gateway, enum journal_hurry hurry);

/* The next checkpoint begins now, and not where the last one has got to: subjects have other places. */
void journal_checkpoint(struct gateway *gateway);

/* Starts a commit when there is something to commit, its time has come and none is under way. Called after every event.
 */
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
