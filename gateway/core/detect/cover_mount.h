/* The angle at which a cover unit was installed. A unit that reports its angle against the vertical is compared with
 * it: tilt is what is away from there. The angle is given, or learned from the first readings that agree while the
 * switch does not say open. Nothing is said of the tilt until it is known. */
#ifndef GATEWAY_CORE_DETECT_COVER_MOUNT_H
#define GATEWAY_CORE_DETECT_COVER_MOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/policy.h"

/* Starts zeroed. */
struct cover_mount {
    int32_t angle_mdeg; /* learned; until then the first reading of the row */
    int32_t sum_mdeg;   /* of the differences from it */
    uint8_t count;
    bool known;
};

struct cover_mount_policy cover_mount_policy_default(void);

/* A good reading of the angle. True when `tilt_mdeg` has been set: the angle away from the installation, the short way
 * round, -180..180 degrees. */
bool cover_mount_take(struct cover_mount *mount, const struct cover_mount_policy *policy, int64_t angle_mdeg,
                      bool switch_open, int64_t *tilt_mdeg);

#endif
