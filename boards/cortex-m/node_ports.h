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

/* What the gateway's line is to be set to: `wanted`, or the default settings where this line cannot have it (parity on
 * an UART without, a divider too wide). A node that could not start its line would start over for ever, unheard. */
struct sw_line_settings cortex_m_gateway_line(const struct port_uart *line, const struct sw_line_settings *wanted);

#endif
