/* A store in a folder of its own, on a loop of its own. */
#ifndef TESTS_UNIT_STORE_STORE_FIXTURE_H
#define TESTS_UNIT_STORE_STORE_FIXTURE_H

#include "ports/store.h"

#define FIXTURE_ROWS_MAX 64

/* Makes a file of version 5, whose readings are not in it, one of version 4 that has none; that one one of version 3,
 * that one of version 2, and that one of version 1. */
#define FIXTURE_TO_VERSION_4                                                                                           \
    "CREATE TABLE readings (id INTEGER PRIMARY KEY, serial INTEGER NOT NULL, epoch INTEGER NOT NULL,"                  \
    " sequence INTEGER NOT NULL, subject TEXT NOT NULL, kind INTEGER NOT NULL, quality INTEGER NOT NULL,"              \
    " reason INTEGER NOT NULL, clock_quality INTEGER NOT NULL, time_ms INTEGER NOT NULL,"                              \
    " value_milli INTEGER NOT NULL, taken_ms INTEGER NOT NULL DEFAULT 0,"                                              \
    " doubted INTEGER NOT NULL DEFAULT 0) STRICT;"                                                                     \
    "CREATE UNIQUE INDEX readings_of_nodes ON readings (serial, epoch, sequence) WHERE serial <> 0;"                   \
    "CREATE UNIQUE INDEX readings_of_devices ON readings (subject, kind, time_ms) WHERE serial = 0;"                   \
    "CREATE TABLE cursors (serial INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, sequence INTEGER NOT NULL) STRICT;"     \
    "PRAGMA user_version = 4;"
#define FIXTURE_TO_VERSION_3                                                                                           \
    FIXTURE_TO_VERSION_4                                                                                               \
    "ALTER TABLE readings DROP COLUMN taken_ms; ALTER TABLE readings DROP COLUMN doubted;"                             \
    "CREATE TABLE snapshot_rows (domain INTEGER NOT NULL, subject TEXT NOT NULL, bytes BLOB NOT NULL,"                 \
    " PRIMARY KEY (domain, subject)) STRICT, WITHOUT ROWID;"                                                           \
    "INSERT INTO snapshot_rows SELECT domain, subject, bytes FROM snapshots; DROP TABLE snapshots;"                    \
    "ALTER TABLE snapshot_rows RENAME TO snapshots; DELETE FROM state WHERE name IN ('position', 'checkpoint');"       \
    "PRAGMA user_version = 3;"
#define FIXTURE_TO_VERSION_2                                                                                           \
    "DROP TABLE trail; DROP TABLE reports; DROP INDEX outbox_lines; DROP INDEX outbox_of_subjects;"                    \
    "CREATE TABLE alert_rows (alert_id TEXT NOT NULL, revision INTEGER NOT NULL, kind INTEGER NOT NULL,"               \
    " state INTEGER NOT NULL, colour INTEGER NOT NULL, peak INTEGER NOT NULL, subject TEXT NOT NULL,"                  \
    " onset_ms INTEGER NOT NULL, raised_at_ms INTEGER NOT NULL, updated_at_ms INTEGER NOT NULL,"                       \
    " rule INTEGER NOT NULL, actor TEXT NOT NULL, note TEXT NOT NULL, body TEXT NOT NULL,"                             \
    " PRIMARY KEY (alert_id, revision)) STRICT, WITHOUT ROWID;"                                                        \
    "INSERT INTO alert_rows SELECT * FROM alerts; DROP TABLE alerts; ALTER TABLE alert_rows RENAME TO alerts;"         \
    "ALTER TABLE outbox DROP COLUMN subject; ALTER TABLE outbox DROP COLUMN colour; ALTER TABLE outbox DROP COLUMN "   \
    "place; PRAGMA user_version = 2;"
#define FIXTURE_TO_VERSION_1 "DROP TABLE feedback; PRAGMA user_version = 1"

struct fixture {
    char folder[64], path[128];
    uv_loop_t loop;
    struct store *store;

    int commits_finished;
    int commit_error;
    char commit_text[512];
    struct store_batch *returned;

    int reads_finished;
    size_t row_count;
    int64_t row_ids[FIXTURE_ROWS_MAX], row_places[FIXTURE_ROWS_MAX];
    size_t row_stretches[FIXTURE_ROWS_MAX];
    uint32_t row_revisions[FIXTURE_ROWS_MAX];
    struct store_outbox_row last_row; /* its texts are gone */
    char first_topic[SW_TOPIC_SIZE], first_payload[128];
    bool closed;
};

void fixture_init(struct fixture *fixture);
/* Opens the fixture's store; fails the test when that does not work. */
void fixture_open(struct fixture *fixture);
int fixture_try_open(struct fixture *fixture, char *text, size_t text_size);
void fixture_close(struct fixture *fixture);
/* Ends the loop and removes the folder. */
void fixture_destroy(struct fixture *fixture);

/* Hands the batch over and waits for the result. */
int fixture_commit(struct fixture *fixture, struct store_batch *batch);
/* Of all lines, the worst colour first. */
void fixture_read_outbox(struct fixture *fixture, int64_t after_place, size_t limit);
void fixture_read_stretches(struct fixture *fixture, const struct store_outbox_stretch *stretches, size_t count,
                            size_t limit);

/* Runs the line in a shell: its exit status, with what it said in `output`. */
int fixture_run(const char *line, char *output, size_t size);

/* One number from the file, through a connection of the test's own. */
int64_t fixture_number(const struct fixture *fixture, const char *sql);

struct store_reading sample_reading(uint32_t sequence);
struct sw_alert sample_alert(uint32_t revision);
/* Readings first..last, their cursor, a snapshot and revision `revision` of an alert (0 = none). */
struct store_batch *sample_batch(uint32_t first, uint32_t last, uint32_t revision);
/* Commits revision `revision` of the subject's alert number `nth`. */
void fixture_add_alert(struct fixture *fixture, const char *subject, unsigned nth, uint32_t revision,
                       enum sw_colour colour);

#endif
