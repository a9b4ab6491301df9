/* Readings that go. What they came to on each of their days stays. */
#ifndef GATEWAY_ADAPTERS_STORE_SQLITE_READINGS_READINGS_RETAIN_H
#define GATEWAY_ADAPTERS_STORE_SQLITE_READINGS_READINGS_RETAIN_H

#include "adapters/store_sqlite/readings/readings_file.h"

/* What a call has dropped. */
struct readings_dropped {
    uint64_t readings;
    int64_t newest_ms;
};

/* The chunks that were full first, some of them; when none is left what is too few for a chunk, and then the log's
 * readings one call later. dropped->readings is 0 when there are none at all. */
int readings_drop_oldest(struct readings_file *file, struct readings_dropped *dropped, char *text, size_t text_size);

/* From when on readings of each kind are kept; 0 = all. */
struct readings_keep {
    int64_t from_ms[256];
};

/* Looks at the next series, some hundred of them, and drops what is older. A chunk goes when all of it is, and what is
 * kept of one that is in part is written anew once a day at most. *round: all series have had their turn. */
int readings_drop_older(struct readings_file *file, const struct readings_keep *keep, struct readings_dropped *dropped,
                        bool *round, char *text, size_t text_size);

#endif
