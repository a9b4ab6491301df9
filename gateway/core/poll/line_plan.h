/* Whether a line can do what is asked of it: how long one round takes in which every unit is asked once, how much of
 * its time is taken, and how late a change at a sensor is told at worst. Pure.
 *
 * A line asks the unit that has been due for longest, so between a unit's turn and its next each other unit has one
 * turn at most: nobody waits longer than a round. */
#ifndef GATEWAY_CORE_POLL_LINE_PLAN_H
#define GATEWAY_CORE_POLL_LINE_PLAN_H

#include "core/poll/exchange_time.h"

/* After a question that was not answered, the units that did not answer before wait so many times what it took: however
 * many they are, they get a tenth of a serial line's time at most, and a twentieth of a connection's. */
#define POLL_SILENT_PAUSE_SERIAL 9
#define POLL_SILENT_PAUSE_TCP    19

/* A reading is decided, the alert committed with a sync of the disk, and handed to the broker: an SD card takes tens of
 * ms for the sync, and some hundred when it is busy with itself. */
#define POLL_TELL_US 500000

/* A node is asked for its next window once the one before is stored, and readings are committed twice a second. */
#define POLL_COMMIT_US 500000

struct line_plan {
    uint32_t at_once;      /* requests under way at the same time */
    uint32_t silent_pause; /* POLL_SILENT_PAUSE_*; 0: silent units do not wait */
    uint32_t units;
    int64_t usual_us, longest_us; /* one round, one unit after the other */
    int64_t least_us;             /* the fastest unit, when it answers as late as it may */
    int64_t silent_us;            /* the unit whose silence costs most */
    int64_t sum_ppm, most_ppm;    /* of all units, and of one: usual time by interval */
};

struct line_plan line_plan_empty(uint32_t at_once, uint32_t silent_pause);

/* A unit that is asked once in `interval_us`. */
void line_plan_add(struct line_plan *plan, const struct exchange_time *poll, int64_t interval_us);

/* Part of the line's time that is taken when all answer as usual: over 1,000,000 it cannot keep the intervals. No unit
 * has two requests under way. */
int64_t line_plan_load_ppm(const struct line_plan *plan);

/* A round in which all answer as usual, and one in which all answer as late as they may. */
int64_t line_plan_usual_us(const struct line_plan *plan);
int64_t line_plan_longest_us(const struct line_plan *plan);

/* The latter while `silent` of the units, those with which it is worst, do not answer at all: what the others take, and
 * what these do. */
struct silent_round {
    int64_t answered_us, silent_us;
};

/* Never less than without: who is silent may take less time than the same unit when it answers late. */
struct silent_round line_plan_silent(const struct line_plan *plan, uint32_t silent);
int64_t line_plan_silent_us(const struct line_plan *plan, uint32_t silent);

/* A tenth of the units, and one at least: what a line has to bear without breaking its promise. */
uint32_t line_plan_tenth(const struct line_plan *plan);

/* The way of a change from the sensor to the city, at worst. 0 where a part does not apply. */
struct alarm_path {
    int64_t sample_us;  /* until a node samples, or the heartbeat by which a home is judged */
    int64_t sensors_us; /* the node's round of its sensors */
    int64_t poll_us;    /* until the gateway wants to ask */
    int64_t round_us;   /* until the line has come round, its own exchange included */
    int64_t windows_us; /* records of the node that go before */
    int64_t tell_us;
};

int64_t alarm_path_us(const struct alarm_path *path);

#endif
