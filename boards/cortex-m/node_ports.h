/* The firmware's ports, built from what a board gives (board.h). */
#ifndef BOARDS_CORTEX_M_NODE_PORTS_H
#define BOARDS_CORTEX_M_NODE_PORTS_H

#include "firmware/port.h"

struct cortex_m_ports {
    struct port_uart lines[2]; /* enum board_line */
    struct port_time time;
    struct port_system system;
    struct node_ports node;
};

/* Starts the board and fills in the ports; the watchdog is left to the caller. *ports outlives the node. */
void cortex_m_ports_open(struct cortex_m_ports *ports);

#endif
