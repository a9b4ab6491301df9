/* The configuration of the sensor slots, kept in retained memory: a node that restarts while its gateway is away goes
 * on sampling. */
#ifndef FIRMWARE_SAMPLE_SLOT_STORE_H
#define FIRMWARE_SAMPLE_SLOT_STORE_H

#include "firmware/log/retained.h"
#include "stillwater/node_map.h"

/* As in the map (SW_NODE_SLOT_CONFIG), in this order. */
struct slot_config {
    uint16_t profile; /* 0 = slot not used */
    uint16_t unit_id;
    uint16_t sample_period_ds;
    uint16_t report_delta;
    uint16_t heartbeat_s;
};

#define SLOT_STORE_VERSION 1u
/* Version word, then three words a slot. */
#define SLOT_STORE_CONTENT (1u + 3u * SW_NODE_SLOT_COUNT)
#define SLOT_STORE_WORDS   RETAINED_PAIR_WORDS(SLOT_STORE_CONTENT)

struct slot_store {
    struct retained_pair pair;
    uint32_t content[SLOT_STORE_CONTENT];
};

/* SW_OK, or SW_ERROR_INVALID_ARGUMENT when a value is outside the map's range. An unused slot may hold anything. */
int slot_config_check(const struct slot_config *config);

/* Takes over what retained memory holds at word `at`, else all slots are unused. */
void slot_store_init(struct slot_store *store, const struct retained *memory, size_t at);

struct slot_config slot_store_get(const struct slot_store *store, unsigned slot);
void slot_store_set(struct slot_store *store, unsigned slot, const struct slot_config *config);

#endif
