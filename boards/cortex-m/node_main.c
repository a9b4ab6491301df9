/* The node image of every Cortex-M board: open the ports, run the node, sleep in between. */
#include "boards/cortex-m/board.h"
#include "boards/cortex-m/boot_marker.h"
#include "boards/cortex-m/node_ports.h"
#include "firmware/app/node.h"
#include "firmware/app/node_state.h"
#include "stillwater/error.h"

static struct cortex_m_ports ports;
static struct node node;

int main(void)
{
    cortex_m_ports_open(&ports);
    /* Returning starts the node again (startup.c): there is nothing useful a node without a log could do. */
    if (node_init(&node, &ports.node) != SW_OK) return 1;
    board_watchdog_start();
    for (;;) {
        uint64_t next_us = node_poll(&node);
        ports.system.sleep(ports.system.ctx, next_us);
    }
}
