#include "boards/native/sim_port.h"

#include <string.h>

static uint64_t clock_now(void *ctx)
{
    const struct sim_clock *clock = ctx;
    return clock->now_us;
}

struct port_time sim_clock_port(struct sim_clock *clock)
{
    struct port_time time = {clock, clock_now};
    return time;
}

uint32_t sim_character_us(const struct sw_line_settings *settings)
{
    uint32_t bits = 1u + 8u + (settings->parity == 'N' ? 0u : 1u) + settings->stop_bits;
    return (bits * 1000000u + settings->baud - 1) / settings->baud;
}

static int configure(void *ctx, const struct sw_line_settings *settings)
{
    struct sim_uart *uart = ctx;
    if (settings->baud == 0) return SW_ERROR_INVALID_ARGUMENT;
    uart->settings = *settings;
    uart->queue_count = 0;
    uart->configured++;
    return SW_OK;
}

static bool receive(void *ctx, struct port_byte *byte)
{
    struct sim_uart *uart = ctx;
    if (sim_uart_next_arrival(uart) > uart->clock->now_us) return false;
    *byte = uart->queue[uart->queue_head];
    uart->queue_head = (uart->queue_head + 1) % SIM_QUEUE_SIZE;
    uart->queue_count--;
    return true;
}

static void enqueue(struct sim_uart *uart, struct port_byte byte)
{
    if (uart->queue_count == SIM_QUEUE_SIZE) {
        uart->overruns++;
        return;
    }
    uart->queue[(uart->queue_head + uart->queue_count) % SIM_QUEUE_SIZE] = byte;
    uart->queue_count++;
}

static bool fault_strikes(struct sim_fault *fault)
{
    if (fault->kind == SIM_FAULT_NONE) return false;
    if (fault->skip > 0) {
        fault->skip--;
        return false;
    }
    return fault->count > 0;
}

/* Returns false when the byte gets lost. */
static bool apply_fault(struct sim_fault *fault, struct port_byte *byte, uint64_t *at_us)
{
    if (!fault_strikes(fault)) return true;
    fault->count--;
    switch (fault->kind) {
    case SIM_FAULT_DROP:
        return false;
    case SIM_FAULT_CORRUPT:
        byte->value ^= 0x10;
        return true;
    case SIM_FAULT_DAMAGE:
        byte->damaged = true;
        return true;
    case SIM_FAULT_DELAY:
        *at_us += fault->delay_us;
        return true;
    case SIM_FAULT_NONE:
        break;
    }
    return true;
}

static bool same_settings(const struct sw_line_settings *a, const struct sw_line_settings *b)
{
    return a->baud == b->baud && a->parity == b->parity && a->stop_bits == b->stop_bits;
}

static int send(void *ctx, const uint8_t *bytes, size_t size)
{
    struct sim_uart *uart = ctx;
    if (uart->port.sending(uart)) return SW_ERROR_BUSY;
    uint64_t at_us = uart->clock->now_us;
    for (size_t i = 0; i < size; i++) {
        at_us += sim_character_us(&uart->settings);
        struct port_byte byte = {.value = bytes[i], .damaged = !same_settings(&uart->settings, &uart->peer->settings)};
        bool arrives = apply_fault(&uart->fault, &byte, &at_us);
        byte.at_us = at_us;
        if (arrives && !uart->cut) enqueue(uart->peer, byte);
    }
    uart->transmit_end_us = at_us;
    return SW_OK;
}

static bool sending(void *ctx)
{
    const struct sim_uart *uart = ctx;
    return uart->clock->now_us < uart->transmit_end_us || (uart->hangs && uart->transmit_end_us > 0);
}

static void init_end(struct sim_uart *uart, struct sim_uart *peer, struct sim_clock *clock)
{
    memset(uart, 0, sizeof *uart);
    uart->port = (struct port_uart){uart, configure, receive, send, sending, 0};
    uart->clock = clock;
    uart->peer = peer;
    uart->settings = (struct sw_line_settings){9600, 'N', 1};
}

void sim_uart_join(struct sim_uart *a, struct sim_uart *b, struct sim_clock *clock)
{
    init_end(a, b, clock);
    init_end(b, a, clock);
}

uint64_t sim_uart_next_arrival(const struct sim_uart *uart)
{
    return uart->queue_count > 0 ? uart->queue[uart->queue_head].at_us : SIM_NEVER;
}

static uint16_t supply_mv(void *ctx)
{
    const struct sim_system *system = ctx;
    return system->supply_mv;
}

static uint16_t stack_free(void *ctx)
{
    const struct sim_system *system = ctx;
    return system->stack_free;
}

static void feed_watchdog(void *ctx)
{
    struct sim_system *system = ctx;
    system->watchdog_fed++;
}

static void restart(void *ctx)
{
    struct sim_system *system = ctx;
    system->restarts++;
}

/* Time belongs to whoever owns the clock. */
static void sleep_until(void *ctx, uint64_t until_us)
{
    (void)ctx;
    (void)until_us;
}

void sim_system_init(struct sim_system *system, uint32_t serial, void *retained, size_t retained_size)
{
    *system = (struct sim_system){.supply_mv = 3300, .stack_free = 0xffff};
    system->port = (struct port_system){
        .ctx = system,
        .serial = serial,
        .board = SW_BOARD_NATIVE,
        .reset_reason = SW_RESET_POWER_ON,
        .retained = retained,
        .retained_size = retained_size,
        .supply_mv = supply_mv,
        .stack_free = stack_free,
        .feed_watchdog = feed_watchdog,
        .restart = restart,
        .sleep = sleep_until,
    };
}
