/* What a subject knows, to compare it with what another core knows. */
#ifndef TESTS_UNIT_CORE_SUBJECT_STATE_H
#define TESTS_UNIT_CORE_SUBJECT_STATE_H

#include <string.h>

#include "core/core_state.h"

/* Its snapshot without what is no part of that: the head, the time of the last tick, the checksum. Returns its size. */
static inline size_t subject_state(struct core *core, uint32_t subject, uint8_t bytes[CORE_SNAPSHOT_SIZE_MAX])
{
    bool dirty = core->subjects[subject].dirty, must_save = core->subjects[subject].must_save;
    size_t size = core_snapshot(core, subject, bytes, CORE_SNAPSHOT_SIZE_MAX);
    core->subjects[subject].dirty = dirty;
    core->subjects[subject].must_save = must_save;
    memset(bytes, 0, 12);
    memset(bytes + size - 4, 0, 4);
    return size;
}

#endif
