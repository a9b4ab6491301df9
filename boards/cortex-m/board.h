/* What a board gives to the code shared by all Cortex-M boards. boards/<name>/ implements it; cortex-m/node_main.c
 * builds the firmware's ports from it. Main-loop context unless said otherwise; nothing here blocks. */
#ifndef BOARDS_CORTEX_M_BOARD_H
#define BOARDS_CORTEX_M_BOARD_H

#include <stdbool.h>
#include <stdint.h>

#include "firmware/port.h"

enum board_line { BOARD_LINE_GATEWAY, BOARD_LINE_SENSORS, BOARD_LINE_COUNT };

/* Handlers of the device's own interrupts, in the order of their numbers; the linker puts them behind the sixteen
 * of the architecture. A board defines it with section ".vectors.device". */
typedef void (*board_handler)(void);

/* Clocks, pins and the free-running counter. Called once, first of all. Bounded in time, whatever the hardware does. */
void board_start(void);

/* A 32-bit counter of microseconds that runs from the crystal and never stops. Any context. */
uint32_t board_counter_us(void);

/* What SysTick counts, for the alarm that ends a sleep. */
struct board_alarm_clock {
    uint32_t hz;
    bool processor_clock;
};
struct board_alarm_clock board_alarm_clock(void);

/* The hardware's own record of the last reset; SW_RESET_UNKNOWN where it keeps none (boot_marker.h then decides). */
enum sw_reset_reason board_reset_reason(void);

/* The serial number of a node whose configuration page and build give none. */
uint32_t board_serial(void);

enum sw_board board_identity(void);

/* Where the configuration page lies (node_config.h); readable for NODE_CONFIG_SIZE bytes. */
const uint8_t *board_config_page(void);

/* Once started it cannot be stopped; without a feed for some seconds it resets the node. */
void board_watchdog_start(void);
void board_watchdog_feed(void);

/* Fills in a line's port, silence_slack_us excepted, and lets its interrupts in. */
void board_line_open(enum board_line line, struct port_uart *port);

/* True when the line has bytes nobody has taken yet. Interrupts may be masked. */
bool board_line_pending(enum board_line line);

/* While the line is sending: time one character takes; 0 when idle. A sleep is cut to it, so that sending goes on
 * where no transmit interrupt comes. Interrupts may be masked. */
uint32_t board_line_sending_us(enum board_line line);

#endif
