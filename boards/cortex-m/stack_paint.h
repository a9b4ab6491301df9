/* How much of the main stack has ever been used: startup paints it, and what still has the paint was never touched. */
#ifndef BOARDS_CORTEX_M_STACK_PAINT_H
#define BOARDS_CORTEX_M_STACK_PAINT_H

#include <stdint.h>

#define STACK_PAINT 0xa5a5a5a5u

/* Bytes never used since start, saturated below 0xffff (which means "not measured" in the register map). The mark
 * only moves down, so each call resumes where the last one ended and is short. */
uint16_t stack_paint_free(void);

#endif
