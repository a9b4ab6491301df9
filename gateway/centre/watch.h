/* What the centre does with a message: checks it, tells a duplicate, writes it down, says it in a sentence, stores it
 * and makes the receipt. No network. */
#ifndef GATEWAY_CENTRE_WATCH_H
#define GATEWAY_CENTRE_WATCH_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "centre/archive.h"
#include "centre/options.h"
#include "message/message.h"

#define WATCH_GATEWAYS_MAX 4096 /* more are watched as well, but not counted one by one */

struct watch_settings {
    const struct options *options; /* filter and rules */
    FILE *sentences;               /* NULL = none */
    FILE *complaints;              /* messages that are not valid, with topic and reason */
    void *ctx;
    /* A rule says that this alert is to be acknowledged. */
    void (*acknowledge)(void *ctx, const struct message_alert_summary *alert, const char *by);
    /* Revisions of this gateway that the store has committed. */
    void (*receipt)(void *ctx, const char *city, const char *gateway, const struct message_receipt *receipt);
};

struct watch_counters {
    uint64_t received, alerts, statuses, areas, incidents, duplicates, malformed, receipts; /* receipts: revisions */
    uint32_t gateways;
};

struct watch;

/* Opens the archive options->json and the store options->store name. NULL and `text` on error. Settings' pointers must
 * outlive the watch. */
struct watch *watch_new(const struct watch_settings *settings, char *text, size_t text_size);

/* SW_OK also for messages that are not valid; an error (and `text`) when archive or store cannot be written.
 * `response_topic` is the message's, "" = none: an alert gets a receipt when that is its gateway's receipt topic. */
int watch_take(struct watch *watch, const char *topic, const char *payload, size_t size, const char *response_topic,
               char *text, size_t text_size);

/* Commits what was taken, then hands out the receipts. To be called when no message is waiting; watch_take() calls it
 * itself once MESSAGE_RECEIPT_MAX alerts wait. On error nothing since the last commit is stored and no receipt is due.
 */
int watch_commit(struct watch *watch, char *text, size_t text_size);

struct watch_counters watch_counters(const struct watch *watch);
void watch_free(struct watch *watch);

#endif
