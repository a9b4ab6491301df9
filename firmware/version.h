/* Version of the node firmware, in the identity registers. */
#ifndef FIRMWARE_VERSION_H
#define FIRMWARE_VERSION_H

#define FIRMWARE_VERSION_MAJOR 0u
#define FIRMWARE_VERSION_MINOR 1u
#define FIRMWARE_VERSION_PATCH 0u

#endif
