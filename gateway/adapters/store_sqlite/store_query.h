/* SQL over a store, for programs beside the daemon: opens the file for reading only and needs no lock of the daemon's.
 */
#ifndef GATEWAY_ADAPTERS_STORE_SQLITE_STORE_QUERY_H
#define GATEWAY_ADAPTERS_STORE_SQLITE_STORE_QUERY_H

#include <stddef.h>
#include <stdint.h>

enum store_query_type { STORE_QUERY_NULL, STORE_QUERY_INTEGER, STORE_QUERY_REAL, STORE_QUERY_TEXT };

struct store_query_value {
    enum store_query_type type; /* bytes are NULL */
    int64_t integer;
    double real;
    const char *text; /* during the call */
};

/* `given`: for the places (?) of the statement. Blocks. SW_OK, or an error and a sentence in `text`. */
int store_query(const char *path, const char *sql, const char *const *given, size_t given_count, void *ctx,
                void (*each)(void *ctx, const struct store_query_value *values, size_t count), char *text,
                size_t text_size);

#endif
