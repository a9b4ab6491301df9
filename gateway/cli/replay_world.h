/* The core with the subjects of a file: they are made when their first reading comes, and all data come through one
 * source, the file. Time is the file's. */
#ifndef GATEWAY_CLI_REPLAY_WORLD_H
#define GATEWAY_CLI_REPLAY_WORLD_H

#include <stdio.h>

#include "cli/reading_row.h"
#include "config/gateway_config.h"
#include "core/core.h"

struct replay_counts {
    uint64_t readings;
    uint64_t not_used; /* not good, repeated or not plausible, as the core judged them */
    uint64_t raised[SW_ALERT_KIND_COUNT];
    uint64_t revisions;
};

struct replay_world;

/* One line a revision goes to `alerts`, which stays the caller's, as does `config`. NULL when memory is refused. */
struct replay_world *replay_world_new(const struct gateway_config *config, FILE *alerts);
void replay_world_free(struct replay_world *world);

/* SW_OK; SW_ERROR_STALE when the row is older than the last one, which changes nothing; SW_ERROR_NO_SPACE when memory
 * is refused. */
int replay_world_take(struct replay_world *world, const struct reading_row *row);

/* Judges what the last reading left to judge at its own time. Nothing is judged beyond it. SW_OK, or SW_ERROR_NO_SPACE
 * when an alert could not be written for want of memory. */
int replay_world_finish(struct replay_world *world);

uint32_t replay_world_subject_count(const struct replay_world *world);
const struct replay_counts *replay_world_counts(const struct replay_world *world);

#endif
