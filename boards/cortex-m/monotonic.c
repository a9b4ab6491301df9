#include "boards/cortex-m/monotonic.h"

#include "boards/cortex-m/board.h"
#include "boards/cortex-m/cortex_m.h"

static uint64_t last_us;

uint64_t monotonic_now_us(void)
{
    uint32_t primask = cm_mask_interrupts();
    last_us += (uint32_t)(board_counter_us() - (uint32_t)last_us);
    uint64_t now_us = last_us;
    cm_restore_interrupts(primask);
    return now_us;
}

uint64_t monotonic_widen_us(uint32_t at_us)
{
    uint64_t now_us = monotonic_now_us();
    return now_us - (uint32_t)((uint32_t)now_us - at_us);
}
