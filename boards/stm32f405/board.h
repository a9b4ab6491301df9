/* STM32F405 node: Olimex STM32-H405 or any board with the same chip and an 8 MHz crystal.
 *
 *   pin   function        goes to
 *   PA9   USART1_TX  AF7  DI of the gateway's RS-485 driver
 *   PA10  USART1_RX  AF7  RO of the gateway's RS-485 driver
 *   PA8   output          DE and /RE (tied together) of the gateway's RS-485 driver, high = sending
 *   PA2   USART2_TX  AF7  DI of the sensors' RS-485 driver
 *   PA3   USART2_RX  AF7  RO of the sensors' RS-485 driver
 *   PA1   output          DE and /RE of the sensors' RS-485 driver, high = sending
 *   PA13  SWDIO, PA14 SWCLK, NRST: flashing and debugging
 *
 * With /RE tied to DE the node does not hear itself. Clocks: clock_tree.h. */
#ifndef BOARDS_STM32F405_BOARD_H
#define BOARDS_STM32F405_BOARD_H

#define STM32F405_GATEWAY_TX 9u
#define STM32F405_GATEWAY_RX 10u
#define STM32F405_GATEWAY_DE 8u
#define STM32F405_SENSORS_TX 2u
#define STM32F405_SENSORS_RX 3u
#define STM32F405_SENSORS_DE 1u

#define STM32F405_CONFIG_PAGE 0x080E0000u

/* The serial number of a node on the emulator that was given none. */
#define STM32F405_EMULATED_SERIAL 405u

#endif
