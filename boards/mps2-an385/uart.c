#include "boards/mps2-an385/uart.h"

#include "boards/cortex-m/board.h"
#include "boards/cortex-m/cortex_m.h"
#include "boards/cortex-m/monotonic.h"
#include "stillwater/error.h"

/* Loads what there is room for. Called from the interrupt handler and from sending(): either alone carries a frame
 * through. Interrupts are masked. */
static void pump(struct uart *uart)
{
    const uint8_t *at = uart->send_at;
    if (!at) return;
    while (at < uart->send_end && !(uart->registers->state & CMSDK_UART_STATE_TXFULL)) {
        uart->registers->data = *at++;
        uart->loaded_at_us = board_counter_us();
    }
    uart->send_at = at;
    if (at < uart->send_end || (uart->registers->state & CMSDK_UART_STATE_TXFULL)) return;
    /* The UART does not tell when its shift register is empty: what was loaded last has at most the byte before it
     * and itself to go. */
    if (board_counter_us() - uart->loaded_at_us >= 2 * uart->character_us) uart->send_at = NULL;
}

/* With one byte of buffer an overrun is a byte that is gone: the one that stands is marked, and the frame with it. */
static void take_received(struct uart *uart)
{
    uint32_t state;
    while ((state = uart->registers->state) & CMSDK_UART_STATE_RXFULL) {
        struct byte_ring_entry entry = {
            .at_us = board_counter_us(),
            .value = (uint8_t)uart->registers->data,
            .damaged = (state & CMSDK_UART_STATE_RXOVERRUN) != 0,
        };
        if (entry.damaged) uart->registers->state = CMSDK_UART_STATE_RXOVERRUN;
        byte_ring_put(&uart->received, entry);
    }
}

void uart_handle_interrupt(struct uart *uart)
{
    uint32_t primask = cm_mask_interrupts();
    /* Cleared first: a byte that comes while we look raises it again. */
    uart->registers->intstatus = CMSDK_UART_INT_TX | CMSDK_UART_INT_RX;
    take_received(uart);
    pump(uart);
    cm_restore_interrupts(primask);
}

static int configure(void *ctx, const struct sw_line_settings *settings)
{
    struct uart *uart = ctx;
    if (settings->parity != 'N' || settings->stop_bits != 1 || settings->baud == 0) return SW_ERROR_INVALID_ARGUMENT;
    uint32_t divider = (MPS2_CLOCK_HZ + settings->baud / 2) / settings->baud;
    if (divider < 16 || divider > 0xfffff) return SW_ERROR_INVALID_ARGUMENT;

    uint32_t primask = cm_mask_interrupts();
    uart->registers->ctrl = 0;
    uart->registers->bauddiv = divider;
    uart->registers->intstatus = CMSDK_UART_INT_TX | CMSDK_UART_INT_RX;
    uart->send_at = NULL;
    uart->character_us = (10u * 1000000u + settings->baud - 1) / settings->baud;
    byte_ring_clear(&uart->received);
    uart->registers->ctrl =
        CMSDK_UART_CTRL_TXEN | CMSDK_UART_CTRL_RXEN | CMSDK_UART_CTRL_TXINTEN | CMSDK_UART_CTRL_RXINTEN;
    cm_restore_interrupts(primask);
    return SW_OK;
}

static bool receive(void *ctx, struct port_byte *byte)
{
    struct uart *uart = ctx;
    struct byte_ring_entry entry;
    if (!byte_ring_take(&uart->received, &entry)) return false;
    byte->at_us = monotonic_widen_us(entry.at_us);
    byte->value = entry.value;
    byte->damaged = entry.damaged;
    return true;
}

static int send(void *ctx, const uint8_t *bytes, size_t size)
{
    struct uart *uart = ctx;
    if (uart->send_at) return SW_ERROR_BUSY;
    if (size == 0) return SW_OK;
    uint32_t primask = cm_mask_interrupts();
    uart->send_at = bytes;
    uart->send_end = bytes + size;
    pump(uart);
    cm_restore_interrupts(primask);
    return SW_OK;
}

static bool sending(void *ctx)
{
    struct uart *uart = ctx;
    uint32_t primask = cm_mask_interrupts();
    pump(uart);
    bool busy = uart->send_at != NULL;
    cm_restore_interrupts(primask);
    return busy;
}

void uart_open(struct uart *uart, struct port_uart *port)
{
    *port =
        (struct port_uart){.ctx = uart, .configure = configure, .receive = receive, .send = send, .sending = sending};
}
