/* The gateway's store in memory: batches all or nothing, with the disk's faults. What is committed outlives the
 * gateway; what is not goes with the power. Everything that becomes durable passes the checks here. */
#ifndef TESTS_SIM_STORE_H
#define TESTS_SIM_STORE_H

#include "ports/store.h"
#include "sim/sim.h"

void disk_make(void);
void disk_free(void);

/* The gateway's power has gone: what was under way is lost. Answers it still waits for come as failures. */
void disk_power_cut(void);
void disk_set_full(bool full);
/* One store operation in so many is met by a power cut, before it takes hold or before anybody hears of it; 0 = none.
 */
void disk_set_cuts(uint64_t one_in);

/* Every revision ever committed, in order. */
struct stored_revision {
    char id[SW_ALERT_ID_SIZE];
    uint32_t revision;
    enum sw_alert_kind kind;
    enum sw_alert_state state;
    enum sw_colour colour, peak;
    char subject[SW_ID_SIZE];
    char actor[SW_ALERT_ACTOR_SIZE], note[SW_ALERT_NOTE_SIZE];
    struct sw_wall onset;
    int64_t stored_us;   /* true time of the commit */
    char *topic, *body;  /* of the outbox row */
    enum sw_colour line; /* of the outbox, and the place in it (ports/store.h) */
    int64_t place;
    bool done;
};
size_t disk_revision_count(void);
const struct stored_revision *disk_revision(size_t index);
/* The last revision of each alert, in no order; NULL behind the last one. */
const struct stored_revision *disk_present(size_t index);
/* Rows of the outbox that are not done. */
size_t disk_outbox_left(void);

struct disk_counts {
    uint64_t commits, failures, readings, repeated, lost_rows;
};
extern struct disk_counts disk_counts;

#endif
