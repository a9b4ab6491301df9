/* A node that hangs: the watchdog has to start it again, and the second run has to know why. */
#include "boards/cortex-m/board.h"
#include "boards/cortex-m/cortex_m.h"
#include "boards/cortex-m/node_ports.h"
#include "semihosting.h"

static struct cortex_m_ports ports;

int main(void)
{
    cortex_m_ports_open(&ports);
    switch (ports.system.reset_reason) {
    case SW_RESET_POWER_ON:
        semihosting_write("hanging with interrupts masked\n");
        board_watchdog_start();
        cm_mask_interrupts();
        for (;;) {
        }
    case SW_RESET_WATCHDOG:
        semihosting_write("started again by the watchdog\n");
        semihosting_exit(0);
    default:
        semihosting_write("FAILED: started again for another reason\n");
        semihosting_exit(1);
    }
}
