/* From reset to main(): vector table, memory, stack paint. Retained memory is not touched. */
#include <stdint.h>

#include "boards/cortex-m/board.h"
#include "boards/cortex-m/boot_marker.h"
#include "boards/cortex-m/cortex_m.h"
#include "boards/cortex-m/linker_symbols.h"
#include "boards/cortex-m/stack_paint.h"

int main(void);

/* The hardware and the linker know these by name. */
_Noreturn void Reset_Handler(void);
void Fault_Handler(void);
void NMI_Handler(void);
void SysTick_Handler(void);

/* A node that cannot go on starts again, and says afterwards that it was not asked to. */
__attribute__((weak)) void Fault_Handler(void)
{
    boot_marker_write(SW_RESET_WATCHDOG);
    cm_reset_system();
}

/* Where the watchdog has a first stage, it comes here; the reset then follows at once. */
__attribute__((weak)) void NMI_Handler(void)
{
    Fault_Handler();
}

/* The alarm has done its work by waking the core; it fires once. */
__attribute__((weak)) void SysTick_Handler(void)
{
    *CM_SYST_CSR = 0;
}

union core_vector {
    uint32_t *stack_top;
    board_handler handler;
};

__attribute__((section(".vectors.core"), used)) static const union core_vector core_vectors[16] = {
    [0] = {.stack_top = __stack_top},  [1] = {.handler = Reset_Handler},    [2] = {.handler = NMI_Handler},
    [3] = {.handler = Fault_Handler},  [4] = {.handler = Fault_Handler},    [5] = {.handler = Fault_Handler},
    [6] = {.handler = Fault_Handler},  [11] = {.handler = Fault_Handler},   [12] = {.handler = Fault_Handler},
    [14] = {.handler = Fault_Handler}, [15] = {.handler = SysTick_Handler},
};

/* Runs before .data and .bss exist, hence volatile: the loops must not become calls of memcpy and memset, which may
 * rely on them, and the paint must not reach the words in use just now. */
_Noreturn void Reset_Handler(void)
{
    uint32_t *volatile here = (uint32_t *)__builtin_frame_address(0);
    for (volatile uint32_t *at = __stack_bottom; at < here - 16; at++)
        *at = STACK_PAINT;
    const uint32_t *load = __data_load;
    for (volatile uint32_t *at = __data_start; at < __data_end; at++)
        *at = *load++;
    for (volatile uint32_t *at = __bss_start; at < __bss_end; at++)
        *at = 0;
    cm_barrier();
    (void)main();
    Fault_Handler();
    for (;;) {
    }
}
