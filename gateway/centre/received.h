/* What the centre has received: every revision of every alert once, in a SQLite file. What is committed survives a kill
 * and a power cut (WAL, synchronous FULL), and may be receipted. One writer; readers do no harm. */
#ifndef GATEWAY_CENTRE_RECEIVED_H
#define GATEWAY_CENTRE_RECEIVED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "message/message.h"

struct received;

/* Makes the file where there is none. On error `text` names file and reason, and nothing is owed. */
int received_open(struct received **received, const char *path, char *text, size_t text_size);
/* What is not committed is lost. NULL is none. */
void received_close(struct received *received);

/* Also what is not committed yet. With NULL nothing is known. */
int received_has(struct received *received, const char *city, const char *alert_id, uint32_t revision, bool *known,
                 char *text, size_t text_size);

/* Into the transaction under way; one that is there already is left as it is. On error the transaction is taken back.
 */
int received_add(struct received *received, const struct message_alert_summary *alert, const char *body, size_t size,
                 struct sw_wall now, char *text, size_t text_size);
int received_commit(struct received *received, char *text, size_t text_size);

#endif
