#include "boards/cortex-m/stack_paint.h"

#include "boards/cortex-m/linker_symbols.h"

uint16_t stack_paint_free(void)
{
    static const uint32_t *lowest_used;
    if (!lowest_used) lowest_used = __stack_top;
    const uint32_t *at = __stack_bottom;
    while (at < lowest_used && *at == STACK_PAINT)
        at++;
    lowest_used = at;
    uintptr_t free = (uintptr_t)at - (uintptr_t)__stack_bottom;
    return free < 0xfffe ? (uint16_t)free : 0xfffe;
}
