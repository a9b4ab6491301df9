/* What the centre does with a message: checks it, tells a duplicate, writes it down, says it in a sentence. No network.
 */
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
};

struct watch_counters {
    uint64_t received, alerts, statuses, areas, duplicates, malformed;
    uint32_t gateways;
};

struct watch;

/* Opens the archive options->json names. NULL and `text` on error. Settings' pointers must outlive the watch. */
struct watch *watch_new(const struct watch_settings *settings, char *text, size_t text_size);

/* SW_OK also for messages that are not valid; an error (and `text`) when the archive cannot be written. */
int watch_take(struct watch *watch, const char *topic, const char *payload, size_t size, char *text, size_t text_size);

struct watch_counters watch_counters(const struct watch *watch);
void watch_free(struct watch *watch);

#endif
