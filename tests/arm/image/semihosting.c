#include "semihosting.h"

#include <stdint.h>

#define SYS_WRITE0        0x04u
#define SYS_EXIT_EXTENDED 0x20u

#define ADP_STOPPED_APPLICATION_EXIT 0x20026u

static void request(uint32_t number, uintptr_t argument)
{
    register uint32_t r0 __asm("r0") = number;
    register uintptr_t r1 __asm("r1") = argument;
    __asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

void semihosting_write(const char *text)
{
    request(SYS_WRITE0, (uintptr_t)text);
}

_Noreturn void semihosting_exit(int status)
{
    const uint32_t block[2] = {ADP_STOPPED_APPLICATION_EXIT, (uint32_t)status};
    for (;;)
        request(SYS_EXIT_EXTENDED, (uintptr_t)block);
}
