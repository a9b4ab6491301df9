/* A text in an allocation of its exact size, as it comes off the wire: without an end, so that a read past it is seen.
 */
#ifndef TESTS_SUPPORT_EXACT_H
#define TESTS_SUPPORT_EXACT_H

#include <stdlib.h>
#include <string.h>

/* The caller frees it. */
static inline char *exact_copy(const char *text, size_t size)
{
    char *copy = malloc(size > 0 ? size : 1);
    if (!copy) abort();
    memcpy(copy, text, size);
    return copy;
}

#endif
