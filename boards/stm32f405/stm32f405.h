/* Registers of the STM32F405 that the board code uses (ST RM0090). */
#ifndef BOARDS_STM32F405_STM32F405_H
#define BOARDS_STM32F405_STM32F405_H

#include <stdint.h>

struct stm32_rcc {
    volatile uint32_t cr, pllcfgr, cfgr, cir;
    volatile uint32_t ahb1rstr, ahb2rstr, ahb3rstr, reserved0;
    volatile uint32_t apb1rstr, apb2rstr, reserved1[2];
    volatile uint32_t ahb1enr, ahb2enr, ahb3enr, reserved2;
    volatile uint32_t apb1enr, apb2enr, reserved3[2];
    volatile uint32_t ahb1lpenr, ahb2lpenr, ahb3lpenr, reserved4;
    volatile uint32_t apb1lpenr, apb2lpenr, reserved5[2];
    volatile uint32_t bdcr, csr;
};

#define RCC_CR_HSION        (1u << 0)
#define RCC_CR_HSEON        (1u << 16)
#define RCC_CR_HSERDY       (1u << 17)
#define RCC_CR_PLLON        (1u << 24)
#define RCC_CR_PLLRDY       (1u << 25)
#define RCC_PLLCFGR_SRC_HSE (1u << 22)
#define RCC_CFGR_SW_PLL     2u
#define RCC_CFGR_SWS_MASK   (3u << 2)
#define RCC_CFGR_SWS_PLL    (2u << 2)
#define RCC_CFGR_PPRE1_DIV2 (4u << 10)
#define RCC_AHB1ENR_GPIOA   (1u << 0)
#define RCC_AHB1ENR_GPIOB   (1u << 1)
#define RCC_APB1ENR_TIM2    (1u << 0)
#define RCC_APB1ENR_USART2  (1u << 17)
#define RCC_APB1ENR_PWR     (1u << 28)
#define RCC_APB2ENR_USART1  (1u << 4)
#define RCC_CSR_RMVF        (1u << 24)
#define RCC_CSR_BORRSTF     (1u << 25)
#define RCC_CSR_PINRSTF     (1u << 26)
#define RCC_CSR_PORRSTF     (1u << 27)
#define RCC_CSR_SFTRSTF     (1u << 28)
#define RCC_CSR_IWDGRSTF    (1u << 29)
#define RCC_CSR_WWDGRSTF    (1u << 30)

struct stm32_gpio {
    volatile uint32_t moder, otyper, ospeedr, pupdr, idr, odr, bsrr, lckr, afr[2];
};

struct stm32_usart {
    volatile uint32_t sr, dr, brr, cr1, cr2, cr3, gtpr;
};

#define USART_SR_PE      (1u << 0)
#define USART_SR_FE      (1u << 1)
#define USART_SR_NF      (1u << 2)
#define USART_SR_ORE     (1u << 3)
#define USART_SR_RXNE    (1u << 5)
#define USART_SR_TC      (1u << 6)
#define USART_SR_TXE     (1u << 7)
#define USART_CR1_RE     (1u << 2)
#define USART_CR1_TE     (1u << 3)
#define USART_CR1_RXNEIE (1u << 5)
#define USART_CR1_TCIE   (1u << 6)
#define USART_CR1_TXEIE  (1u << 7)
#define USART_CR1_PS     (1u << 9)
#define USART_CR1_PCE    (1u << 10)
#define USART_CR1_M      (1u << 12)
#define USART_CR1_UE     (1u << 13)
#define USART_CR2_STOP_2 (2u << 12)

struct stm32_timer {
    volatile uint32_t cr1, cr2, smcr, dier, sr, egr, ccmr1, ccmr2, ccer, cnt, psc, arr;
};

struct stm32_iwdg {
    volatile uint32_t kr, pr, rlr, sr;
};

#define STM32_TIM2      ((struct stm32_timer *)0x40000000u)
#define STM32_IWDG      ((struct stm32_iwdg *)0x40003000u)
#define STM32_USART2    ((struct stm32_usart *)0x40004400u)
#define STM32_PWR_CR    ((volatile uint32_t *)0x40007000u)
#define STM32_USART1    ((struct stm32_usart *)0x40011000u)
#define STM32_GPIOA     ((struct stm32_gpio *)0x40020000u)
#define STM32_GPIOB     ((struct stm32_gpio *)0x40020400u)
#define STM32_RCC       ((struct stm32_rcc *)0x40023800u)
#define STM32_FLASH_ACR ((volatile uint32_t *)0x40023C00u)
#define STM32_UNIQUE_ID ((const volatile uint32_t *)0x1FFF7A10u)

#define STM32_IRQ_USART1 37
#define STM32_IRQ_USART2 38
#define STM32_IRQ_COUNT  82

#endif
