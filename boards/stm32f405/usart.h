/* A USART of the STM32F405 with an RS-485 driver behind it. */
#ifndef BOARDS_STM32F405_USART_H
#define BOARDS_STM32F405_USART_H

#include "boards/cortex-m/byte_ring.h"
#include "boards/stm32f405/stm32f405.h"
#include "firmware/port.h"

struct usart {
    struct stm32_usart *registers;
    uint32_t clock_hz;
    struct stm32_gpio *driver_enable_port;
    uint32_t driver_enable_pin;
    uint32_t character_us;
    /* What is being sent; NULL when nothing is. Main loop and interrupt handler both move it on, with interrupts
     * masked. */
    const uint8_t *volatile send_at;
    const uint8_t *send_end;
    struct byte_ring received;
};

void usart_open(struct usart *usart, struct port_uart *port);

/* From the interrupt handler: takes what came in, sends what can go. */
void usart_handle_interrupt(struct usart *usart);

#endif
