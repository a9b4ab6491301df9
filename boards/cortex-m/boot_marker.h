/* A word in retained memory by which the next start knows why this run ended. */
#ifndef BOARDS_CORTEX_M_BOOT_MARKER_H
#define BOARDS_CORTEX_M_BOOT_MARKER_H

#include "stillwater/node_map.h"

/* Any context, faults included. */
void boot_marker_write(enum sw_reset_reason reason);

/* What the last run wrote: SW_RESET_POWER_ON when memory was lost. Then writes SW_RESET_PIN, which stands unless a
 * restart or the watchdog says otherwise before the next start. Once per start. */
enum sw_reset_reason boot_marker_exchange(void);

#endif
