/* The log window of a node: registers in, header and records out. Pure. */
#ifndef FIELD_BUS_NODE_WINDOW_H
#define FIELD_BUS_NODE_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include "stillwater/node_map.h"

struct node_window {
    struct sw_node_window_header header;
    struct sw_record records[SW_NODE_WINDOW_RECORDS];
    uint16_t count; /* records in front of the first malformed one, in rising order of sequence */
    bool malformed; /* the record after them does not have the shape of the format */
    bool drained;   /* the node holds nothing newer than these records */
};

/* SW_OK; SW_ERROR_MALFORMED when not even the header can be used. */
int node_window_decode(const uint16_t registers[SW_NODE_WINDOW_REGISTERS], struct node_window *window);

#endif
