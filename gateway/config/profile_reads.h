/* Which blocks of registers are read for the points and guards of a profile: neighbours in one request. */
#ifndef GATEWAY_CONFIG_PROFILE_READS_H
#define GATEWAY_CONFIG_PROFILE_READS_H

#include <stdint.h>

#include "stillwater/sensor_profile.h"

/* One Modbus request reads as many. */
#define PROFILE_BLOCK_REGISTERS_MAX 125

/* The fewest blocks for the first `point_count` points and the guards that are about any of them; between two wanted
 * registers up to `merge_gap` others are read along. Returns how many there are, of which the first
 * SW_PROFILE_BLOCKS_MAX were written. */
size_t profile_reads(const struct sw_profile *profile, size_t point_count, uint32_t merge_gap,
                     struct sw_profile_block blocks[SW_PROFILE_BLOCKS_MAX]);

#endif
