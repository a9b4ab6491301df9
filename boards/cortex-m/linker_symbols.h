/* Addresses the linker script defines (sections.ld). Only their addresses mean something. */
#ifndef BOARDS_CORTEX_M_LINKER_SYMBOLS_H
#define BOARDS_CORTEX_M_LINKER_SYMBOLS_H

#include <stdint.h>

extern uint32_t __stack_bottom[], __stack_top[];
extern uint32_t __data_start[], __data_end[];
extern const uint32_t __data_load[];
extern uint32_t __bss_start[], __bss_end[];
extern uint8_t __retained_start[], __retained_end[];

#endif
