/* The store's readings: what is in batches as it goes into the readings' files (readings/), and comes out again.
 * Blocking; one caller at a time, as store_database. */
#ifndef GATEWAY_ADAPTERS_STORE_SQLITE_STORE_READINGS_H
#define GATEWAY_ADAPTERS_STORE_SQLITE_STORE_READINGS_H

#include "adapters/store_sqlite/readings/readings_file.h"
#include "adapters/store_sqlite/readings/readings_retain.h"
#include "adapters/store_sqlite/store_batch.h"

/* The files are named after the store's. */
#define STORE_READINGS_END "-readings"

struct store_readings {
    struct readings_file file;
    struct readings_series series;
    uint32_t series_stored; /* those below are in the files */
    struct readings_block block;
    uint64_t stored;   /* readings, since it was opened */
    int64_t newest_ms; /* the latest time of any reading stored; 0 = none */
};

void store_readings_path(const char *store_path, char *path, size_t size);

/* SW_OK: close is owed. */
int store_readings_open(struct store_readings *readings, const char *store_path, char *text, size_t text_size);
void store_readings_close(struct store_readings *readings);

/* Readings and cursors of the batch, durable when it returns; without `with_readings` they only have their positions.
 * A batch that comes again, because something else of it could not be stored, is passed over. On error
 * (SW_ERROR_STORE_FULL, SW_ERROR_STORE) nothing of them is stored. */
int store_readings_write(struct store_readings *readings, struct store_batch *batch, bool with_readings, char *text,
                         size_t text_size);

/* The last position that a reading has had. */
static inline int64_t store_readings_position(const struct store_readings *readings)
{
    return readings->file.next_position - 1;
}
/* Readings up to this position are not asked for again (store_readings_each_since) and may be moved. */
void store_readings_checkpoint(struct store_readings *readings, int64_t position);
/* No position up to this one is given again. */
void store_readings_pass(struct store_readings *readings, int64_t position);

int store_readings_each_since(struct store_readings *readings, int64_t position, void *ctx,
                              void (*each)(void *ctx, int64_t position, const struct store_reading *reading));

/* The subject that a series' name stands for; "" and *serial for events of a node itself. */
void store_readings_subject(const char *name, char subject[SW_ID_SIZE], uint32_t *serial);

#endif
