/* Readings read back, series by series, from chunks and log together. For any process, beside the daemon or without it:
 * opens files for reading only, and its transactions last no longer than a call, so that the daemon's WAL can be
 * emptied in between. What the log holds is kept in memory from the first call on. For one thread; calls block. */
#ifndef GATEWAY_ADAPTERS_STORE_SQLITE_READINGS_READINGS_READER_H
#define GATEWAY_ADAPTERS_STORE_SQLITE_READINGS_READINGS_READER_H

#include "adapters/store_sqlite/readings/readings_aggregate.h"
#include "adapters/store_sqlite/readings/readings_block.h"

struct readings_reader;

/* SW_OK, SW_ERROR_NOT_FOUND (no such file), or another error; `text` gets a sentence that names the file. */
int readings_reader_open(const char *path, struct readings_reader **reader, char *text, size_t text_size);
void readings_reader_close(struct readings_reader *reader);

/* Looks at what has been written since. All calls below see readings as of the last time, or later. */
int readings_reader_refresh(struct readings_reader *reader);

/* All series there are, by number. The reader's own; as of the last refresh. */
const struct readings_series *readings_reader_series(const struct readings_reader *reader);
/* Nodes' records by epoch; *count of them. The reader's own. */
const struct readings_records *readings_reader_records(const struct readings_reader *reader, size_t *count);

/* Readings of a series from `from_ms` up to `to_ms`, both included, in the order of their times. */
int readings_reader_each(struct readings_reader *reader, uint32_t series, int64_t from_ms, int64_t to_ms, void *ctx,
                         void (*each)(void *ctx, const struct series_reading *reading));
/* The same as an array, the reader's until its next call. */
int readings_reader_read(struct readings_reader *reader, uint32_t series, int64_t from_ms, int64_t to_ms,
                         const struct series_reading **readings, size_t *count);

/* What readings of a series came to, for each span of `step_ms` in which there was any, by the hour or by the day, say:
 * spans begin at multiples of it (UTC). Of days whose readings have been dropped there are aggregates when the step is
 * of whole days. Those who begin before `from_ms` or end after `to_ms` are told whole. */
int readings_reader_aggregates(struct readings_reader *reader, uint32_t series, int64_t from_ms, int64_t to_ms,
                               int64_t step_ms, void *ctx,
                               void (*each)(void *ctx, const struct readings_aggregate *aggregate));

/* What the last error was. */
void readings_reader_text(struct readings_reader *reader, char *text, size_t text_size);

#endif
