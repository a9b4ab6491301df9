/* The parts of the Armv7-M architecture that our boards use: interrupt mask, NVIC, SysTick, reset. */
#ifndef BOARDS_CORTEX_M_CORTEX_M_H
#define BOARDS_CORTEX_M_CORTEX_M_H

#include <stdint.h>

static inline volatile uint32_t *cm_register(uintptr_t address)
{
    return (volatile uint32_t *)address;
}

#define CM_SYST_CSR   cm_register(0xE000E010u)
#define CM_SYST_RVR   cm_register(0xE000E014u)
#define CM_SYST_CVR   cm_register(0xE000E018u)
#define CM_NVIC_ISER0 cm_register(0xE000E100u)
#define CM_SCB_AIRCR  cm_register(0xE000ED0Cu)

#define CM_SYST_CSR_ENABLE    (1u << 0)
#define CM_SYST_CSR_TICKINT   (1u << 1)
#define CM_SYST_CSR_CLKSOURCE (1u << 2) /* processor clock; else the board's reference */
#define CM_SYST_RVR_MAX       0x00ffffffu

#define CM_AIRCR_SYSRESETREQ ((0x05FAu << 16) | (1u << 2))

/* Returns what cm_restore_interrupts() wants back, so that the two nest. */
static inline uint32_t cm_mask_interrupts(void)
{
    uint32_t primask;
    __asm volatile("mrs %0, primask\n\tcpsid i" : "=r"(primask)::"memory");
    return primask;
}

static inline void cm_restore_interrupts(uint32_t primask)
{
    __asm volatile("msr primask, %0" ::"r"(primask) : "memory");
}

/* Wakes for a pending interrupt even while interrupts are masked: look, then sleep, without a race. */
static inline void cm_wait_for_interrupt(void)
{
    __asm volatile("dsb\n\twfi" ::: "memory");
}

static inline void cm_barrier(void)
{
    __asm volatile("dsb\n\tisb" ::: "memory");
}

static inline void cm_enable_interrupt(unsigned number)
{
    CM_NVIC_ISER0[number / 32] = 1u << (number % 32);
}

_Noreturn static inline void cm_reset_system(void)
{
    cm_barrier();
    *CM_SCB_AIRCR = CM_AIRCR_SYSRESETREQ;
    cm_barrier();
    for (;;) {
    }
}

#endif
