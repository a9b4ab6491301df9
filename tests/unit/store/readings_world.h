/* The readings' files in a folder of their own, and a model that keeps in memory all they should hold. */
#ifndef TESTS_UNIT_STORE_READINGS_WORLD_H
#define TESTS_UNIT_STORE_READINGS_WORLD_H

#include <sys/types.h>

#include "adapters/store_sqlite/readings/readings_file.h"
#include "adapters/store_sqlite/readings/readings_reader.h"

struct model_reading {
    uint32_t series;
    struct series_reading reading;
};

struct world {
    char folder[64], path[96], text[READINGS_TEXT_SIZE];
    struct readings_file file;
    struct readings_series series;
    uint32_t stored_series;
    struct readings_block block; /* what the next commit stores */
    uint32_t sequence;
    struct model_reading *model; /* all that was stored and not repeated, in the order in which it came */
    size_t count;
    uint64_t dice;
};

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)

int world_set_up(void **state);
/* Closes the file and removes the folder. */
int world_tear_down(void **state);

/* Opens the file; after readings_file_close() that is the next start. */
void world_open(struct world *world);

/* 0 to end - 1, the same in each run. */
uint64_t world_roll(struct world *world, uint64_t end);

/* The number of the water meter of home `nth`. */
uint32_t world_series(struct world *world, unsigned nth);
/* A good one. */
struct series_reading world_reading(int64_t time_ms, int64_t value_milli);

/* To the block and to the model. */
void world_add(struct world *world, uint32_t series, struct series_reading reading);
/* Likewise; a doubted record of a node. */
void world_add_record(struct world *world, unsigned nth, uint32_t serial, uint16_t epoch, uint32_t sequence);
/* A reading a second, of one of so many series after the other. */
void world_add_in_turn(struct world *world, unsigned readings, unsigned series, int64_t *clock);
/* Of eight series at random, with all that may be odd about readings. */
void world_add_some(struct world *world, unsigned readings, int64_t *clock);

/* Stores the block, durably, and empties it. */
void world_commit(struct world *world);
/* Moves all of the log into the database. */
void world_move_all(struct world *world);

/* Fails unless a reader finds what the model has of the series between the times, both included. */
void world_check_series(struct world *world, struct readings_reader *reader, uint32_t series, int64_t from_ms,
                        int64_t to_ms);
/* The same of all series, through a reader of its own. */
void world_check(struct world *world);

/* What the file knows of the node's records; fails when it does not know the node. */
const struct readings_records *world_records(const struct world *world, uint32_t serial);

/* How many files of the folder have `part` in their names; removes them when told to. */
size_t world_files_with(const struct world *world, const char *part, bool remove_them);
off_t world_file_size(const char *path);

#endif
