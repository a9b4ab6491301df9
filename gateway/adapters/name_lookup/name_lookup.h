/* Looks a name up in a thread of libuv's. Nothing calls that thread back, and a dead name server holds it for many
 * seconds; so whoever asked may go first. */
#ifndef ADAPTERS_NAME_LOOKUP_H
#define ADAPTERS_NAME_LOOKUP_H

#include <uv.h>

struct name_lookup;

/* `found` is NULL unless uv_error is 0, and freed once this returns. */
typedef void name_lookup_answered(void *asker, int uv_error, const struct addrinfo *found);

/* 0, then answered() comes once, from the loop; or an error of libuv, then no answer follows. */
int name_lookup_start(uv_loop_t *loop, const char *host, const struct addrinfo *hints, name_lookup_answered *answered,
                      void *asker, struct name_lookup **out);

/* No answer comes any more. The loop has no handle of it left, but runs until the thread is done, unless it is stopped.
 */
void name_lookup_leave(struct name_lookup *lookup);

#endif
