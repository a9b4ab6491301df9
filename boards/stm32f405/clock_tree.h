/* The clocks the board runs from.
 *
 *   crystal (STM32_HSE_HZ, 8 MHz on the Olimex STM32-H405) or, when it does not start, the 16 MHz RC oscillator
 *     -> PLL, VCO 336 MHz -> SYSCLK = HCLK = 84 MHz
 *          APB1 42 MHz: USART2;  APB1 timers 84 MHz: TIM2
 *          APB2 84 MHz: USART1
 *          SysTick reference HCLK / 8 = 10.5 MHz
 *   without a PLL everything runs from the 16 MHz RC oscillator.
 *
 * 84 MHz and not the chip's 168: a node has little to do, and half the clock is half the current. */
#ifndef BOARDS_STM32F405_CLOCK_TREE_H
#define BOARDS_STM32F405_CLOCK_TREE_H

#include <stdbool.h>
#include <stdint.h>

struct clock_tree {
    uint32_t apb1_hz;
    uint32_t apb2_hz;
    uint32_t timer_hz;   /* what TIM2 divides */
    uint32_t systick_hz; /* reference of SysTick, HCLK / 8 */
    bool modelled;       /* false: no clock controller answers, so this is the emulator */
};

/* Bounded: returns within some milliseconds whatever does not start. */
struct clock_tree clock_tree_start(void);

#endif
