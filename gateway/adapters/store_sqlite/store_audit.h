/* Whether a store's trail is as it was written, and what it says of an alert. For programs beside the daemon: opens the
 * file for reading only, in one view of it, and needs no lock of the daemon's. */
#ifndef GATEWAY_ADAPTERS_STORE_SQLITE_STORE_AUDIT_H
#define GATEWAY_ADAPTERS_STORE_SQLITE_STORE_AUDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "adapters/store_sqlite/store_trail.h"

#define STORE_AUDIT_VALUE_SIZE 96

struct store_audit {
    int64_t rows;                 /* that fit together, from the first on */
    int64_t before;               /* alert revisions and feedback from before the trail */
    struct sw_wall first, last;   /* times of the first and the last of them */
    struct store_trail_head head; /* the last of them */
    bool broken;
    struct {
        int64_t sequence;
        char what[64]; /* a column, or what it speaks for */
        char expected[STORE_AUDIT_VALUE_SIZE], found[STORE_AUDIT_VALUE_SIZE];
    } fault; /* the first, when broken */
};

/* `told`: a row's hash as somebody kept it; NULL = nobody did. SW_OK also when the trail is broken; an error and a
 * sentence that names the file in `text` when it could not be read. */
int store_audit_verify(const char *path, const struct store_trail_head *told, struct store_audit *audit, char *text,
                       size_t text_size);

/* Rows about an alert or subject, oldest first. Errors as above. */
int store_audit_each(const char *path, const char *about, void *ctx,
                     void (*each)(void *ctx, const struct trail_row *row), char *text, size_t text_size);

#endif
