#include "boards/stm32f405/clock_tree.h"

#include "boards/stm32f405/stm32f405.h"

#define HSI_HZ 16000000u
#define PLL_HZ 84000000u

/* The PLL compares at 1 MHz, multiplies by 336 and divides by 4 (code 1); 7 gives the unused USB clock its 48 MHz. */
#define PLL_N 336u
#define PLL_P (1u << 16)
#define PLL_Q (7u << 24)
/* Bits that are to stay as they are. */
#define PLL_RESERVED 0xf0000000u

/* Polls of a ready bit: over 10 ms at 16 MHz, where a crystal needs about 2 and a PLL 0.3. */
#define READY_POLLS 40000u

/* Two wait states for 60 to 90 MHz at 3.3 V; prefetch and both caches on. */
#define FLASH_ACR_84MHZ (2u | 1u << 8 | 1u << 9 | 1u << 10)

static bool wait_for(volatile uint32_t *word, uint32_t mask, uint32_t value)
{
    for (uint32_t i = 0; i < READY_POLLS; i++)
        if ((*word & mask) == value) return true;
    return false;
}

static bool start_pll(void)
{
    struct stm32_rcc *rcc = STM32_RCC;
    rcc->cr |= RCC_CR_HSEON;
    bool crystal = wait_for(&rcc->cr, RCC_CR_HSERDY, RCC_CR_HSERDY);
    uint32_t divider = (crystal ? STM32_HSE_HZ : HSI_HZ) / 1000000u;
    rcc->pllcfgr =
        (rcc->pllcfgr & PLL_RESERVED) | divider | PLL_N << 6 | PLL_P | (crystal ? RCC_PLLCFGR_SRC_HSE : 0) | PLL_Q;
    rcc->cr |= RCC_CR_PLLON;
    if (!wait_for(&rcc->cr, RCC_CR_PLLRDY, RCC_CR_PLLRDY)) return false;
    *STM32_FLASH_ACR = FLASH_ACR_84MHZ;
    rcc->cfgr = RCC_CFGR_PPRE1_DIV2 | RCC_CFGR_SW_PLL;
    return wait_for(&rcc->cfgr, RCC_CFGR_SWS_MASK, RCC_CFGR_SWS_PLL);
}

struct clock_tree clock_tree_start(void)
{
    /* A running F405 always shows at least one oscillator here. QEMU 7.2 has no clock controller and reads 0; it
     * feeds its timers 1 GHz and SysTick's reference 168 MHz / 8, whatever anybody asks for. */
    if (STM32_RCC->cr == 0) {
        return (struct clock_tree){
            .apb1_hz = 42000000, .apb2_hz = 84000000, .timer_hz = 1000000000, .systick_hz = 21000000};
    }
    STM32_RCC->apb1enr |= RCC_APB1ENR_PWR;
    if (start_pll()) {
        return (struct clock_tree){
            .apb1_hz = PLL_HZ / 2, .apb2_hz = PLL_HZ, .timer_hz = PLL_HZ, .systick_hz = PLL_HZ / 8, .modelled = true};
    }
    /* What did not lock is not selected either: the chip still runs from its RC oscillator. */
    STM32_RCC->cfgr = 0;
    return (struct clock_tree){
        .apb1_hz = HSI_HZ, .apb2_hz = HSI_HZ, .timer_hz = HSI_HZ, .systick_hz = HSI_HZ / 8, .modelled = true};
}
