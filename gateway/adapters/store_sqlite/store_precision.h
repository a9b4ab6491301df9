/* What came of the alerts in a store, counted. For programs beside the daemon: opens the file for reading only, reads
 * it in one short transaction, and needs no lock of the daemon's. */
#ifndef GATEWAY_ADAPTERS_STORE_SQLITE_STORE_PRECISION_H
#define GATEWAY_ADAPTERS_STORE_SQLITE_STORE_PRECISION_H

#include <stddef.h>
#include <stdint.h>

#include "stillwater/alert.h"
#include "stillwater/people.h"

/* One row: alerts of one kind and one rule, or of one kind and one subject. */
struct store_precision {
    enum sw_alert_kind kind;  /* may be of a newer version */
    enum sw_alert_rule rule;  /* that raised them; NONE in rows of a subject */
    char subject[SW_ID_SIZE]; /* "" in rows of a rule */
    uint64_t alerts;
    uint64_t with_feedback; /* an alert's last feedback counts */
    uint64_t outcomes[SW_OUTCOME_COUNT];
};

/* Alerts raised at `since` or later. First all rows of rules by kind and rule, then all of subjects by subject and
 * kind. SW_OK, or an error and a sentence that names the file in `text`. Blocks. */
int store_precision_read(const char *path, struct sw_wall since, void *ctx,
                         void (*each)(void *ctx, const struct store_precision *row), char *text, size_t text_size);

#endif
