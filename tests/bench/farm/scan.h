/* Takes devices and values out of the messages of the programs that are measured. */
#ifndef BENCH_SCAN_H
#define BENCH_SCAN_H

#include <stddef.h>

#include "farm/board.h"

/* The caller holds the board's lock. Not terminated: neither topic nor payload. */
void scan_message(struct board *board, const char *topic, size_t topic_size, const char *payload, size_t size,
                  int64_t now_us);

#endif
