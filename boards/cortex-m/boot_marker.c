#include "boards/cortex-m/boot_marker.h"

#include <stdint.h>

#define BOOT_MARKER_MAGIC 0x5357424du /* 'SWBM' */

__attribute__((section(".retained_marker"))) static volatile struct {
    uint32_t magic;
    uint32_t reason;
    uint32_t inverse; /* of the reason: memory that came up at random has not got it right by chance */
} marker;

void boot_marker_write(enum sw_reset_reason reason)
{
    marker.magic = BOOT_MARKER_MAGIC;
    marker.reason = (uint32_t)reason;
    marker.inverse = ~(uint32_t)reason;
}

enum sw_reset_reason boot_marker_exchange(void)
{
    uint32_t reason = marker.reason;
    bool whole = marker.magic == BOOT_MARKER_MAGIC && marker.inverse == ~reason && reason <= SW_RESET_COMMAND;
    boot_marker_write(SW_RESET_PIN);
    return whole ? (enum sw_reset_reason)reason : SW_RESET_POWER_ON;
}
