/* A node with its sensors: the firmware that runs on the boards, over simulated lines. It lives in a time of its own,
 * by a crystal that is a little off, and is moved on when somebody asks it. */
#ifndef TESTS_SIM_NODE_H
#define TESTS_SIM_NODE_H

#include "sim/sim.h"

#define NODE_REPLY_MAX 256u

void nodes_make(void);
void nodes_free(void);

/* What happens to a frame on its way. */
enum frame_fault {
    FRAME_WELL,
    FRAME_REQUEST_LOST,
    FRAME_REQUEST_BROKEN, /* a byte of it is turned over */
    FRAME_REQUEST_TWICE,
    FRAME_REPLY_LOST,
    FRAME_REPLY_BROKEN,
    FRAME_REPLY_LATE, /* comes when nobody waits for it any more */
    FRAME_FAULT_COUNT
};

/* One exchange at sim.now_us, which goes on by as long as it takes. `request` has its CRC. Returns the size of the
 * reply, its CRC included; 0 when none came. */
size_t node_exchange(uint32_t node, const uint8_t *request, size_t size, enum frame_fault fault, uint32_t timeout_ms,
                     uint8_t reply[NODE_REPLY_MAX]);

/* A watchdog: memory that is kept over a reset is kept. */
void node_reset(uint32_t node);
void node_power_off(uint32_t node);
/* `memory_kept`: the power came back in time. */
void node_power_on(uint32_t node, bool memory_kept);
bool node_is_on(uint32_t node);

/* When the gateway last had all its records: what is lost with its memory is not older. */
int64_t node_drained_us(uint32_t node);
/* Records that it gave up because it was full. */
uint32_t node_lost(uint32_t node);
uint32_t node_serial(uint32_t node);

#endif
