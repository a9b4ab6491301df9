/* Arm MPS2 FPGA board with the AN385 image (Cortex-M3, 25 MHz).
 *
 *   UART0  the gateway's line
 *   UART1  the sensors' line
 *
 * Each goes, from where the AN385 image leads it out, over an adapter to RS-485 that turns round by itself: the node
 * drives no enable pin here.
 *
 * One 25 MHz clock feeds everything: core, SysTick, both UARTs, watchdog, and the FPGA's prescaled counter, which
 * counts microseconds. The UARTs know 8N1 only: sensors with parity need another board. */
#ifndef BOARDS_MPS2_AN385_BOARD_H
#define BOARDS_MPS2_AN385_BOARD_H

#define MPS2_AN385_CONFIG_PAGE 0x003FF000u

/* The board has no unique id: a node without a configuration page has this serial number. */
#define MPS2_AN385_SERIAL 385u

#endif
