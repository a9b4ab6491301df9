/* What the devices of the farm have told and when, and what came of it at the subscriber. A device puts the same number
 * into all its registers and counts it up with each reply, so that a value that arrives names the reply it came with.
 *
 * The devices' threads write `sequence` and `sent_us`; the rest of a device is the subscriber's. */
#ifndef BENCH_BOARD_H
#define BENCH_BOARD_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Values are 1..9999 and start again: they fit a signed register and stay far from any limit of a profile. */
#define BOARD_SEQUENCE_MAX 9999
/* So many replies back a value is still known; an older one is stale. */
#define BOARD_SENT_COUNT 128

struct board_device {
    _Atomic uint32_t sequence; /* of the last reply; 0 = none yet */
    _Atomic int64_t sent_us[BOARD_SENT_COUNT];
    int64_t asked_us;     /* devices: the last request, for what was missed */
    uint32_t seen;        /* subscriber: the newest value; 0 = none yet */
    uint32_t seen_values; /* how many readings of it have come */
    bool heard;           /* in this window */
};

struct board_counters {
    _Atomic uint64_t polls;   /* requests answered */
    _Atomic uint64_t ignored; /* requests to silent devices */
    _Atomic uint64_t missed;  /* polls that the interval would have had and that did not come */
    _Atomic uint64_t bad;     /* requests that are none */
    uint64_t messages, bytes; /* subscriber, under `lock` from here on */
    uint64_t readings;        /* values that were not told before */
    uint64_t values;          /* all values */
    uint64_t arrived;         /* replies: the first reading of each */
    uint64_t heard;           /* devices of which something has come */
    uint64_t repeated;        /* the value of a reply told again */
    uint64_t stale;           /* an older value after a newer one */
    uint64_t foreign;         /* text that names no device of the farm, or no number */
};

struct board {
    struct board_device *devices;
    uint32_t device_count;
    uint32_t points;             /* readings of one poll */
    _Atomic int64_t interval_us; /* at which each device is to be asked; 0 = not said */
    struct board_counters counters;
    pthread_mutex_t lock;
    uint32_t *latency_us; /* of each reply that arrived, since the last board_reset() */
    uint64_t latency_count, latency_size;
};

int64_t board_now_us(void);
/* False: no memory. */
bool board_init(struct board *board, uint32_t device_count, uint32_t points);
/* The device is asked now. */
void board_asked(struct board *board, uint32_t device, int64_t now_us);
/* The value of the reply that is about to be sent. */
uint16_t board_told(struct board *board, uint32_t device, int64_t now_us);
/* A value has arrived. The caller holds the lock. */
void board_heard(struct board *board, uint32_t device, uint32_t value, int64_t now_us);
/* A new window begins. */
void board_reset(struct board *board);
/* One line of JSON about the window: counters, and the latencies' quantiles. */
void board_print(struct board *board);

#endif
