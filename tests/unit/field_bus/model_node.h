/* A node as the register map describes it, as far as the gateway's side needs it, with the faults the tests want.
 * Runs behind a scripted slave; every field is guarded by the lock. */
#ifndef TESTS_FIELD_BUS_MODEL_NODE_H
#define TESTS_FIELD_BUS_MODEL_NODE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "scripted_slave.h"
#include "stillwater/node_map.h"

#define MODEL_RECORDS_MAX 4096

struct model_node {
    pthread_mutex_t lock;
    uint8_t unit_id;
    uint16_t magic, map_version, slot_count;
    uint32_t serial;
    uint32_t boot;
    uint16_t epoch;
    int64_t started_us; /* uptime 0 */
    bool clock_set;
    int64_t clock_offset_ms; /* wall time at uptime 0, when set */
    int32_t clock_error_ms;
    unsigned clock_writes;
    uint16_t slots[SW_NODE_SLOT_COUNT][SW_NODE_SLOT_CONFIG_REGISTERS];
    unsigned slot_writes;
    bool unlocked;

    struct sw_record records[MODEL_RECORDS_MAX]; /* index: sequence % MODEL_RECORDS_MAX */
    uint32_t acknowledged, newest;
    uint32_t highest_acknowledge; /* ever asked for, whether granted or not */
    unsigned polls;
    unsigned refused_acknowledges;

    /* Faults. */
    unsigned ignore_polls; /* so many are lost on the way to the node */
    unsigned drop_replies; /* so many polls are carried out and their reply lost */
    uint32_t malformed;    /* this record goes out with a quality no format knows */
};

void model_node_init(struct model_node *node, uint8_t unit_id, uint32_t serial);
void model_node_destroy(struct model_node *node);

/* One record of slot 0 with value = sequence, stamped as the node's clock stands. */
uint32_t model_node_add(struct model_node *node);
void model_node_add_record(struct model_node *node, struct sw_record record);

/* Restarts: boot count, uptime, clock and slot configuration as after a reset; the log is kept. */
void model_node_restart(struct model_node *node);

/* A slave_handler; ctx is the node. */
void model_node_handle(void *ctx, struct scripted_slave *slave, const uint8_t *request, size_t size);

#endif
