/* Registers of the MPS2 board with the AN385 image that the board code uses (Arm DAI0385, DDI0479 for the CMSDK). */
#ifndef BOARDS_MPS2_AN385_MPS2_AN385_H
#define BOARDS_MPS2_AN385_MPS2_AN385_H

#include <stdint.h>

struct cmsdk_uart {
    volatile uint32_t data, state, ctrl, intstatus, bauddiv; /* writing 1s to intstatus clears */
};

#define CMSDK_UART_STATE_TXFULL    (1u << 0)
#define CMSDK_UART_STATE_RXFULL    (1u << 1)
#define CMSDK_UART_STATE_RXOVERRUN (1u << 3)
#define CMSDK_UART_CTRL_TXEN       (1u << 0)
#define CMSDK_UART_CTRL_RXEN       (1u << 1)
#define CMSDK_UART_CTRL_TXINTEN    (1u << 2)
#define CMSDK_UART_CTRL_RXINTEN    (1u << 3)
#define CMSDK_UART_INT_TX          (1u << 0)
#define CMSDK_UART_INT_RX          (1u << 1)

struct cmsdk_watchdog {
    volatile uint32_t load, value, control, intclr, ris, mis;
};

#define CMSDK_WATCHDOG_INTEN 1u
#define CMSDK_WATCHDOG_RESEN 2u

struct mps2_fpgaio {
    volatile uint32_t led0, reserved0, button, reserved1, clk1hz, clk100hz, counter, prescale;
};

#define MPS2_UART0         ((struct cmsdk_uart *)0x40004000u)
#define MPS2_UART1         ((struct cmsdk_uart *)0x40005000u)
#define MPS2_WATCHDOG      ((struct cmsdk_watchdog *)0x40008000u)
#define MPS2_WATCHDOG_LOCK ((volatile uint32_t *)0x40008C00u)
#define MPS2_FPGAIO        ((struct mps2_fpgaio *)0x40028000u)

#define MPS2_CLOCK_HZ 25000000u

#define MPS2_IRQ_UART0_RX 0
#define MPS2_IRQ_UART0_TX 1
#define MPS2_IRQ_UART1_RX 2
#define MPS2_IRQ_UART1_TX 3
#define MPS2_IRQ_COUNT    32

#endif
