#include "core/detect/cover_mount.h"

#define DEGREE 1000
#define TURN   (360 * DEGREE)

struct cover_mount_policy cover_mount_policy_default(void)
{
    return (struct cover_mount_policy){.learn = false, .angle_mdeg = 0, .agree_mdeg = 2 * DEGREE, .learn_samples = 5};
}

/* The short way from `from` to `to`: a unit upside down goes from 179 to -179 degrees by two. */
static int64_t turn_between(int64_t from_mdeg, int64_t to_mdeg)
{
    int64_t turn_mdeg = (to_mdeg - from_mdeg) % TURN;
    if (turn_mdeg > TURN / 2) turn_mdeg -= TURN;
    if (turn_mdeg < -TURN / 2) turn_mdeg += TURN;
    return turn_mdeg;
}

static void learn(struct cover_mount *mount, const struct cover_mount_policy *policy, int64_t angle_mdeg)
{
    int64_t off_mdeg = turn_between(mount->angle_mdeg, angle_mdeg);
    if (mount->count == 0 || off_mdeg > policy->agree_mdeg || off_mdeg < -policy->agree_mdeg) {
        *mount = (struct cover_mount){.angle_mdeg = (int32_t)angle_mdeg};
        off_mdeg = 0;
    }
    mount->sum_mdeg += (int32_t)off_mdeg;
    mount->count++;
    if (mount->count < policy->learn_samples) return;
    mount->angle_mdeg += mount->sum_mdeg / mount->count;
    mount->known = true;
}

bool cover_mount_take(struct cover_mount *mount, const struct cover_mount_policy *policy, int64_t angle_mdeg,
                      bool switch_open, int64_t *tilt_mdeg)
{
    if (!policy->learn) {
        *tilt_mdeg = turn_between(policy->angle_mdeg, angle_mdeg);
        return true;
    }
    if (!mount->known && !switch_open) learn(mount, policy, turn_between(0, angle_mdeg));
    if (!mount->known) return false;
    *tilt_mdeg = turn_between(mount->angle_mdeg, angle_mdeg);
    return true;
}
