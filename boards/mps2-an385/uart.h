/* A CMSDK UART: eight data bits, no parity, one stop bit, one byte of buffer each way. */
#ifndef BOARDS_MPS2_AN385_UART_H
#define BOARDS_MPS2_AN385_UART_H

#include "boards/cortex-m/byte_ring.h"
#include "boards/mps2-an385/mps2_an385.h"
#include "firmware/port.h"

struct uart {
    struct cmsdk_uart *registers;
    uint32_t character_us;
    /* What is being sent; NULL when nothing is. Main loop and interrupt handler both move it on, with interrupts
     * masked. */
    const uint8_t *volatile send_at;
    const uint8_t *send_end;
    uint32_t loaded_at_us; /* when the last byte went into the buffer */
    struct byte_ring received;
};

void uart_open(struct uart *uart, struct port_uart *port);
void uart_handle_interrupt(struct uart *uart);

#endif
