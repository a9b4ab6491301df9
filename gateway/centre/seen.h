/* Which messages were seen before: a bounded set of (key, revision).
 *
 * Policy: when it is full the oldest entry makes room. A duplicate comes back soon (the sender repeats what was not
 * confirmed when a link broke), so the last SEEN_CAPACITY messages are far more than can be repeated; one that comes
 * later than that is shown again rather than lost. */
#ifndef GATEWAY_CENTRE_SEEN_H
#define GATEWAY_CENTRE_SEEN_H

#include <stdbool.h>
#include <stdint.h>

#include "stillwater/topics.h"

#define SEEN_CAPACITY 32768
#define SEEN_KEY_SIZE (SW_ID_SIZE + SW_ALERT_ID_SIZE)

struct seen;

struct seen *seen_new(uint32_t capacity); /* NULL when memory is refused */
void seen_free(struct seen *seen);

/* True when this pair is new; it is known from then on. The key is cut to SEEN_KEY_SIZE - 1 bytes. */
bool seen_add(struct seen *seen, const char *key, uint32_t revision);

#endif
