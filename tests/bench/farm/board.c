#include "farm/board.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int64_t board_now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

bool board_init(struct board *board, uint32_t device_count, uint32_t points)
{
    board->devices = calloc(device_count, sizeof *board->devices);
    board->device_count = device_count;
    board->points = points;
    board->latency_size = 1 << 16;
    board->latency_us = malloc(board->latency_size * sizeof *board->latency_us);
    pthread_mutex_init(&board->lock, NULL);
    return board->devices && board->latency_us;
}

void board_asked(struct board *board, uint32_t index, int64_t now_us)
{
    struct board_device *device = &board->devices[index];
    int64_t interval_us = atomic_load_explicit(&board->interval_us, memory_order_relaxed);
    if (interval_us > 0 && device->asked_us > 0) {
        int64_t polls = (now_us - device->asked_us + interval_us / 2) / interval_us;
        if (polls > 1) atomic_fetch_add_explicit(&board->counters.missed, (uint64_t)polls - 1, memory_order_relaxed);
    }
    device->asked_us = now_us;
}

uint16_t board_told(struct board *board, uint32_t index, int64_t now_us)
{
    struct board_device *device = &board->devices[index];
    uint32_t sequence = atomic_load_explicit(&device->sequence, memory_order_relaxed) % BOARD_SEQUENCE_MAX + 1;
    atomic_store_explicit(&device->sent_us[sequence % BOARD_SENT_COUNT], now_us, memory_order_relaxed);
    atomic_store_explicit(&device->sequence, sequence, memory_order_release);
    atomic_fetch_add_explicit(&board->counters.polls, 1, memory_order_relaxed);
    return (uint16_t)sequence;
}

/* By how many replies `to` is newer than `from`; less than 0 = older. */
static int32_t steps(uint32_t from, uint32_t to)
{
    int32_t ahead = (int32_t)((to + BOARD_SEQUENCE_MAX - from) % BOARD_SEQUENCE_MAX);
    return ahead > BOARD_SEQUENCE_MAX / 2 ? ahead - BOARD_SEQUENCE_MAX : ahead;
}

static void keep_latency(struct board *board, int64_t us)
{
    if (board->latency_count == board->latency_size) {
        uint32_t *more = realloc(board->latency_us, 2 * board->latency_size * sizeof *more);
        if (!more) return;
        board->latency_us = more;
        board->latency_size *= 2;
    }
    board->latency_us[board->latency_count++] = us < 0 ? 0 : us > INT32_MAX ? INT32_MAX : (uint32_t)us;
}

void board_heard(struct board *board, uint32_t index, uint32_t value, int64_t now_us)
{
    struct board_device *device = &board->devices[index];
    uint32_t told = atomic_load_explicit(&device->sequence, memory_order_acquire);
    int32_t newer = device->seen == 0 ? 1 : steps(device->seen, value), behind = steps(value, told);
    board->counters.values++;
    if (told == 0 || value == 0 || value > BOARD_SEQUENCE_MAX) {
        board->counters.foreign++;
    } else if (newer < 0 || behind < 0 || behind >= BOARD_SENT_COUNT) {
        board->counters.stale++;
    } else if (newer > 0) {
        device->seen = value;
        device->seen_values = 1;
        board->counters.readings++;
        board->counters.arrived++;
        board->counters.heard += !device->heard;
        device->heard = true;
        keep_latency(board,
                     now_us - atomic_load_explicit(&device->sent_us[value % BOARD_SENT_COUNT], memory_order_relaxed));
    } else if (device->seen_values < board->points) {
        device->seen_values++;
        board->counters.readings++;
    } else {
        board->counters.repeated++;
    }
}

void board_reset(struct board *board)
{
    pthread_mutex_lock(&board->lock);
    struct board_counters *counters = &board->counters;
    atomic_store(&counters->polls, 0);
    atomic_store(&counters->ignored, 0);
    atomic_store(&counters->missed, 0);
    atomic_store(&counters->bad, 0);
    counters->messages = counters->bytes = counters->readings = counters->values = counters->arrived = 0;
    counters->heard = 0;
    for (uint32_t i = 0; i < board->device_count; i++)
        board->devices[i].heard = false;
    counters->repeated = counters->stale = counters->foreign = 0;
    board->latency_count = 0;
    pthread_mutex_unlock(&board->lock);
}

static int by_size(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

static double quantile_ms(const struct board *board, double part)
{
    if (board->latency_count == 0) return -1;
    return board->latency_us[(uint64_t)(part * (double)(board->latency_count - 1))] / 1e3;
}

void board_print(struct board *board)
{
    pthread_mutex_lock(&board->lock);
    const struct board_counters *c = &board->counters;
    qsort(board->latency_us, board->latency_count, sizeof *board->latency_us, by_size);
    printf("{\"polls\": %" PRIu64 ", \"ignored\": %" PRIu64 ", \"missed\": %" PRIu64 ", \"bad\": %" PRIu64
           ", \"messages\": %" PRIu64 ", \"bytes\": %" PRIu64 ", \"readings\": %" PRIu64 ", \"arrived\": %" PRIu64
           ", \"heard\": %" PRIu64 ", \"repeated\": %" PRIu64 ", \"stale\": %" PRIu64 ", \"foreign\": %" PRIu64,
           atomic_load(&c->polls), atomic_load(&c->ignored), atomic_load(&c->missed), atomic_load(&c->bad), c->messages,
           c->bytes, c->readings, c->arrived, c->heard, c->repeated, c->stale, c->foreign);
    printf(", \"p50_ms\": %.3f, \"p99_ms\": %.3f, \"max_ms\": %.3f}\n", quantile_ms(board, 0.5),
           quantile_ms(board, 0.99), quantile_ms(board, 1));
    fflush(stdout);
    pthread_mutex_unlock(&board->lock);
}
