#include "boards/mps2-an385/board.h"

#include "boards/cortex-m/board.h"
#include "boards/cortex-m/cortex_m.h"
#include "boards/mps2-an385/mps2_an385.h"
#include "boards/mps2-an385/uart.h"

/* The first expiry is an NMI, which writes down why and resets (startup.c); the second resets in any case. */
#define WATCHDOG_SECONDS 4u
#define WATCHDOG_UNLOCK  0x1ACCE551u

static struct uart uarts[BOARD_LINE_COUNT];

void UART0_Handler(void);
void UART1_Handler(void);

void UART0_Handler(void)
{
    uart_handle_interrupt(&uarts[BOARD_LINE_GATEWAY]);
}

void UART1_Handler(void)
{
    uart_handle_interrupt(&uarts[BOARD_LINE_SENSORS]);
}

__attribute__((section(".vectors.device"), used)) static const board_handler device_vectors[MPS2_IRQ_COUNT] = {
    [MPS2_IRQ_UART0_RX] = UART0_Handler,
    [MPS2_IRQ_UART0_TX] = UART0_Handler,
    [MPS2_IRQ_UART1_RX] = UART1_Handler,
    [MPS2_IRQ_UART1_TX] = UART1_Handler,
};

void board_start(void)
{
    MPS2_FPGAIO->prescale = MPS2_CLOCK_HZ / 1000000u - 1;
    MPS2_FPGAIO->counter = 0; /* keeps running over a reset that is not a power cut */
}

uint32_t board_counter_us(void)
{
    return MPS2_FPGAIO->counter;
}

struct board_alarm_clock board_alarm_clock(void)
{
    return (struct board_alarm_clock){.hz = MPS2_CLOCK_HZ, .processor_clock = true};
}

/* The FPGA keeps no record; the marker in retained memory tells. */
enum sw_reset_reason board_reset_reason(void)
{
    return SW_RESET_UNKNOWN;
}

uint32_t board_serial(void)
{
    return MPS2_AN385_SERIAL;
}

enum sw_board board_identity(void)
{
    return SW_BOARD_MPS2_AN385;
}

const uint8_t *board_config_page(void)
{
    return (const uint8_t *)MPS2_AN385_CONFIG_PAGE;
}

void board_watchdog_start(void)
{
    *MPS2_WATCHDOG_LOCK = WATCHDOG_UNLOCK;
    MPS2_WATCHDOG->load = WATCHDOG_SECONDS * MPS2_CLOCK_HZ;
    MPS2_WATCHDOG->control = CMSDK_WATCHDOG_INTEN | CMSDK_WATCHDOG_RESEN;
}

void board_watchdog_feed(void)
{
    MPS2_WATCHDOG->intclr = 1;
}

void board_line_open(enum board_line line, struct port_uart *port)
{
    bool gateway = line == BOARD_LINE_GATEWAY;
    uarts[line].registers = gateway ? MPS2_UART0 : MPS2_UART1;
    uart_open(&uarts[line], port);
    cm_enable_interrupt(gateway ? MPS2_IRQ_UART0_RX : MPS2_IRQ_UART1_RX);
    cm_enable_interrupt(gateway ? MPS2_IRQ_UART0_TX : MPS2_IRQ_UART1_TX);
}

bool board_line_pending(enum board_line line)
{
    return byte_ring_pending(&uarts[line].received);
}

uint32_t board_line_sending_us(enum board_line line)
{
    return uarts[line].send_at ? uarts[line].character_us : 0;
}
