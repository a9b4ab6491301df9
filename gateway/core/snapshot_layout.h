/* Which fields a snapshot has, in which order and width: one description, walked in both directions, so that what is
 * written is what is read. What stands around them is in snapshot_format.h. */
#ifndef GATEWAY_CORE_SNAPSHOT_LAYOUT_H
#define GATEWAY_CORE_SNAPSHOT_LAYOUT_H

#include "core/core_state.h"
#include "stillwater/byte_cursor.h"

struct walk {
    bool writing;
    bool malformed; /* read a value no field can have */
    struct sw_writer out;
    struct sw_reader in;
};

/* Writes what is pointed to, or reads into it. After reading, `malformed` or a failed reader says that it is no
 * snapshot of this layout. */
void snapshot_walk_subject(struct walk *walk, struct subject *subject, int64_t *last_tick_ms);
void snapshot_walk_holds(struct walk *walk, struct holds *holds);
/* By name: what is of a subject that the core does not have is left out. */
void snapshot_walk_flaps(struct walk *walk, const struct core *core, struct flaps *flaps);
void snapshot_walk_drills(struct walk *walk, struct drill *drills, uint32_t *count);

#endif
