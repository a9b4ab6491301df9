#include "adapters/store_sqlite/readings/readings_erase.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stillwater/error.h"

/* A log written anew, block by block. */
struct rewriting {
    struct readings_file *file;
    const char *name;
    struct readings_series *series; /* as they were, and are known already */
    uint32_t defined;               /* in blocks before this one */
    struct log_file made;
    int slot;
    struct readings_block block;
    int64_t position;
    bool is_first, is_head;
    int error;
};

static bool is_erased(const struct rewriting *rewriting, uint32_t series)
{
    return series < rewriting->series->count &&
           strcmp(readings_series_name(rewriting->series, series), rewriting->name) == 0;
}

/* Names that are given away go into a list of their own, which is what blocks are written with. */
static int rename_series(const struct rewriting *rewriting, struct readings_series *renamed)
{
    int error = SW_OK;
    for (uint32_t i = 0; !error && i < rewriting->series->count; i++) {
        char erased[SERIES_NAME_SIZE];
        (void)snprintf(erased, sizeof erased, SERIES_ERASED "%u", i);
        error = readings_series_put(renamed, i,
                                    is_erased(rewriting, i) ? erased : readings_series_name(rewriting->series, i),
                                    rewriting->series->entries[i].kind);
    }
    return error;
}

static int write_block(struct rewriting *rewriting, const struct readings_series *renamed, uint32_t defined_until)
{
    size_t size;
    struct readings_series known = *renamed;
    known.count = defined_until;
    uint32_t first = rewriting->is_head ? 0 : rewriting->defined;
    uint8_t *bytes = readings_block_write(&rewriting->block, &known, first, &size);
    if (!bytes) return SW_ERROR_NO_SPACE;
    readings_block_set_position(bytes, rewriting->position);
    int error = rewriting->is_head ? log_file_begin(rewriting->file->path, rewriting->slot, rewriting->made.first,
                                                    bytes, size, &rewriting->made)
                                   : log_file_append(&rewriting->made, bytes, size, false);
    free(bytes);
    rewriting->defined = defined_until;
    return error;
}

struct taken {
    struct rewriting *rewriting;
    const struct readings_series *renamed;
    uint32_t defined_until;
};

static void end_block(struct taken *taken)
{
    struct rewriting *rewriting = taken->rewriting;
    if (!rewriting->error && !rewriting->is_first)
        rewriting->error = write_block(rewriting, taken->renamed, taken->defined_until);
    readings_block_clear(&rewriting->block);
    rewriting->is_first = false;
}

static void begin_block(void *ctx, bool head, int64_t position)
{
    struct taken *taken = ctx;
    end_block(taken);
    taken->rewriting->is_head = head;
    taken->rewriting->position = position;
}

static void take_series(void *ctx, uint32_t number, const char *name, uint8_t kind)
{
    struct taken *taken = ctx;
    (void)name;
    (void)kind;
    if (number >= taken->defined_until) taken->defined_until = number + 1;
}

static void take_cursor(void *ctx, const struct readings_cursor *cursor)
{
    struct rewriting *rewriting = ((struct taken *)ctx)->rewriting;
    if (!rewriting->error) rewriting->error = readings_block_add_cursor(&rewriting->block, cursor);
}

/* Only a head's are not those of its readings. */
static void take_records(void *ctx, const struct readings_records *records)
{
    struct rewriting *rewriting = ((struct taken *)ctx)->rewriting;
    if (!rewriting->error && rewriting->is_head)
        rewriting->error = readings_block_keep_records(&rewriting->block, records);
}

static void take_reading(void *ctx, int64_t position, const struct log_reading *stored)
{
    struct rewriting *rewriting = ((struct taken *)ctx)->rewriting;
    struct log_reading kept = *stored;
    (void)position;
    if (is_erased(rewriting, stored->series)) {
        kept.reading.value_milli = 0;
        kept.reading.quality = SW_QUALITY_MISSING;
        kept.reading.reason = SW_REASON_NONE;
        kept.doubted = false;
    }
    if (!rewriting->error) rewriting->error = readings_block_add(&rewriting->block, &kept);
}

/* The new one takes the old one's place when all of it is there. */
static int rewrite_log(struct readings_file *file, int slot, const char *name, struct readings_series *series)
{
    struct readings_series renamed = {0};
    struct log_file *log = &file->logs[slot];
    struct rewriting rewriting = {.file = file,
                                  .name = name,
                                  .series = series,
                                  .made = {.fd = -1, .first = log->first},
                                  .slot = slot,
                                  .is_first = true};
    struct taken taken = {&rewriting, &renamed, 0};
    struct block_visitor visitor = {
        .ctx = &taken, .series = take_series, .cursor = take_cursor, .records = take_records, .reading = take_reading};
    struct log_walk walk = {.block = begin_block, .ctx = &taken};
    int error = rename_series(&rewriting, &renamed);
    if (!error) error = log_file_walk(log, &visitor, &walk);
    end_block(&taken);
    if (!error) error = rewriting.error;
    if (!error) error = log_file_finish(file->path, slot, &rewriting.made);
    readings_series_free(&renamed);
    readings_block_free(&rewriting.block);
    if (error) {
        log_file_close(&rewriting.made);
        return error;
    }
    log_file_close(log);
    *log = rewriting.made;
    return SW_OK;
}

static bool run_for(sqlite3 *db, const char *sql, const char *name)
{
    sqlite3_stmt *s = NULL;
    bool good = sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK &&
                sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC) == SQLITE_OK && sqlite3_step(s) == SQLITE_DONE;
    sqlite3_finalize(s);
    return good;
}

static bool erase_rows(struct readings_file *file, const char *name)
{
    static const char *const statements[] = {
        "UPDATE state SET value = value - (SELECT ifnull(sum(count), 0) FROM chunks WHERE series IN"
        " (SELECT number FROM series WHERE name = ?1)) - (SELECT ifnull(sum(count), 0) FROM tails WHERE series IN"
        " (SELECT number FROM series WHERE name = ?1)) WHERE name = 'readings'",
        "DELETE FROM chunks WHERE series IN (SELECT number FROM series WHERE name = ?1)",
        "DELETE FROM tails WHERE series IN (SELECT number FROM series WHERE name = ?1)",
        "DELETE FROM aggregates WHERE series IN (SELECT number FROM series WHERE name = ?1)",
        "UPDATE series SET name = '" SERIES_ERASED "' || number WHERE name = ?1",
    };
    sqlite3 *db = file->database.db;
    bool good = sqlite_file_run(db, "PRAGMA secure_delete = ON") && sqlite_file_run(db, "BEGIN IMMEDIATE");
    for (size_t i = 0; good && i < sizeof statements / sizeof statements[0]; i++)
        good = run_for(db, statements[i], name);
    return good && sqlite_file_run(db, "COMMIT") && sqlite_file_run(db, "VACUUM") &&
           sqlite_file_run(db, "PRAGMA wal_checkpoint(TRUNCATE)");
}

int readings_erase(struct readings_file *file, const char *name, char *text, size_t text_size)
{
    struct readings_series series = {0};
    int error = readings_file_load_series(file, &series);
    for (int slot = 0; !error && slot < LOG_SLOTS; slot++)
        if (file->logs[slot].fd >= 0) error = rewrite_log(file, slot, name, &series);
    readings_series_free(&series);
    if (!error && !erase_rows(file, name)) return readings_database_failed(&file->database, text, text_size);
    if (error) (void)snprintf(text, text_size, "%s: %s", file->path, sw_error_text(error));
    return error;
}
