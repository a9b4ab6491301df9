/* Room for what must be kept: readings are dropped before anything else, and a file beside the database is
 * given back to a full disk. Blocking; one caller at a time, as store_database. */
#ifndef GATEWAY_ADAPTERS_STORE_SQLITE_STORE_SPACE_H
#define GATEWAY_ADAPTERS_STORE_SQLITE_STORE_SPACE_H

#include "adapters/store_sqlite/store_database.h"
#include "adapters/store_sqlite/store_readings.h"

struct store_space {
    struct store_limits limits;
    struct store_room room; /* as measured last */
    int64_t page_bytes;
    bool has_reserve;
    int64_t waited_at_ms; /* for readers, to make the WAL short */
    int wal_wait_ms;      /* so long with the next time */
    int64_t looked_at_ms; /* when all series had been looked at for readings that are not to be kept */
};

/* After store_database_open. Makes the reserve, or finds the disk full. */
void store_space_open(struct store_space *space, struct store_database *database, struct store_readings *readings,
                      const struct store_limits *limits);

/* Readings first, then what rests on them; on a full disk once more with the reserve given up and the batch's readings
 * left out. */
int store_space_write(struct store_space *space, struct store_database *database, struct store_readings *readings,
                      struct store_batch *batch, const struct store_done *done, size_t done_count,
                      struct store_written *written, char *text, size_t text_size);

/* A few short transactions, if room is wanted. */
void store_space_tidy(struct store_space *space, struct store_database *database, struct store_readings *readings,
                      struct sw_wall now, const struct store_keep *keep);

#endif
