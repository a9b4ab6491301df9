#include "boards/stm32f405/usart.h"

#include "boards/cortex-m/board.h"
#include "boards/cortex-m/cortex_m.h"
#include "boards/cortex-m/monotonic.h"
#include "stillwater/error.h"

#define RECEIVE_ERRORS (USART_SR_PE | USART_SR_FE | USART_SR_NF | USART_SR_ORE)

static void drive_line(const struct usart *usart, bool drive)
{
    usart->driver_enable_port->bsrr = 1u << (drive ? usart->driver_enable_pin : usart->driver_enable_pin + 16);
}

/* Writes what the transmitter has room for; lets go of the line when the last stop bit is out. Called from the
 * interrupt handler and from sending(): either alone carries a frame through. Interrupts are masked. */
static void pump(struct usart *usart)
{
    struct stm32_usart *registers = usart->registers;
    const uint8_t *at = usart->send_at;
    if (!at) return;
    while (at < usart->send_end && (registers->sr & USART_SR_TXE))
        registers->dr = *at++;
    usart->send_at = at;
    if (at < usart->send_end) return;
    /* Out of bytes: from now on only the end of the last one is of interest. */
    registers->cr1 = (registers->cr1 & ~USART_CR1_TXEIE) | USART_CR1_TCIE;
    if (!(registers->sr & USART_SR_TC)) return;
    registers->cr1 &= ~USART_CR1_TCIE;
    drive_line(usart, false);
    usart->send_at = NULL;
}

static void take_received(struct usart *usart)
{
    uint32_t status;
    /* Reading DR after SR clears the errors, an overrun without a byte included. */
    while ((status = usart->registers->sr) & (USART_SR_RXNE | USART_SR_ORE)) {
        struct byte_ring_entry entry = {
            .at_us = board_counter_us(),
            .value = (uint8_t)usart->registers->dr, /* drops the parity bit of a 9-bit character */
            .damaged = (status & RECEIVE_ERRORS) != 0,
        };
        byte_ring_put(&usart->received, entry);
    }
}

void usart_handle_interrupt(struct usart *usart)
{
    uint32_t primask = cm_mask_interrupts();
    take_received(usart);
    pump(usart);
    cm_restore_interrupts(primask);
}

static int configure(void *ctx, const struct sw_line_settings *settings)
{
    struct usart *usart = ctx;
    bool parity = settings->parity == 'E' || settings->parity == 'O';
    if (!parity && settings->parity != 'N') return SW_ERROR_INVALID_ARGUMENT;
    if (settings->stop_bits != 1 && settings->stop_bits != 2) return SW_ERROR_INVALID_ARGUMENT;
    if (settings->baud == 0) return SW_ERROR_INVALID_ARGUMENT;
    /* Sixteen samples a bit: the divider in sixteenths is just clock over baud. */
    uint32_t divider = (usart->clock_hz + settings->baud / 2) / settings->baud;
    if (divider < 16 || divider > 0xffff) return SW_ERROR_INVALID_ARGUMENT;

    uint32_t primask = cm_mask_interrupts();
    struct stm32_usart *registers = usart->registers;
    registers->cr1 = 0;
    registers->brr = divider;
    registers->cr2 = settings->stop_bits == 2 ? USART_CR2_STOP_2 : 0;
    usart->send_at = NULL;
    drive_line(usart, false);
    byte_ring_clear(&usart->received);
    /* With parity the character has nine bits, the ninth being the parity. */
    registers->cr1 = USART_CR1_UE | USART_CR1_RE | USART_CR1_TE | USART_CR1_RXNEIE |
                     (parity ? USART_CR1_M | USART_CR1_PCE : 0) | (settings->parity == 'O' ? USART_CR1_PS : 0);
    uint32_t bits = 9u + (parity ? 1u : 0u) + settings->stop_bits;
    usart->character_us = (bits * 1000000u + settings->baud - 1) / settings->baud;
    cm_restore_interrupts(primask);
    return SW_OK;
}

static bool receive(void *ctx, struct port_byte *byte)
{
    struct usart *usart = ctx;
    struct byte_ring_entry entry;
    if (!byte_ring_take(&usart->received, &entry)) return false;
    byte->at_us = monotonic_widen_us(entry.at_us);
    byte->value = entry.value;
    byte->damaged = entry.damaged;
    return true;
}

static int send(void *ctx, const uint8_t *bytes, size_t size)
{
    struct usart *usart = ctx;
    if (usart->send_at) return SW_ERROR_BUSY;
    if (size == 0) return SW_OK;
    uint32_t primask = cm_mask_interrupts();
    drive_line(usart, true);
    usart->send_at = bytes;
    usart->send_end = bytes + size;
    usart->registers->cr1 |= USART_CR1_TXEIE;
    pump(usart);
    cm_restore_interrupts(primask);
    return SW_OK;
}

static bool sending(void *ctx)
{
    struct usart *usart = ctx;
    uint32_t primask = cm_mask_interrupts();
    pump(usart);
    bool busy = usart->send_at != NULL;
    cm_restore_interrupts(primask);
    return busy;
}

void usart_open(struct usart *usart, struct port_uart *port)
{
    *port =
        (struct port_uart){.ctx = usart, .configure = configure, .receive = receive, .send = send, .sending = sending};
}
