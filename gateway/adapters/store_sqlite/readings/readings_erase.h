/* Readings of some series taken out for good, of files that nobody else has open. */
#ifndef GATEWAY_ADAPTERS_STORE_SQLITE_READINGS_READINGS_ERASE_H
#define GATEWAY_ADAPTERS_STORE_SQLITE_READINGS_READINGS_ERASE_H

#include "adapters/store_sqlite/readings/readings_file.h"

/* What series are called whose readings have been erased. */
#define SERIES_ERASED "erased/"

/* Erases what is stored under this name: chunks and aggregates go, and their bytes are written over; in the log, whose
 * positions stay, readings lose their values; and nothing says any more what the name was. Can be taken up again when
 * it has failed in between. */
int readings_erase(struct readings_file *file, const char *name, char *text, size_t text_size);

#endif
