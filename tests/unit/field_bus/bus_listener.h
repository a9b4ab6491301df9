/* The gateway's side in a test: a loop, a bus, and a memory of everything the bus said. */
#ifndef TESTS_FIELD_BUS_BUS_LISTENER_H
#define TESTS_FIELD_BUS_BUS_LISTENER_H

#include <stdbool.h>
#include <stdint.h>

#include "ports/field_bus.h"

#define LISTENER_RECORDS_MAX 4096
#define LISTENER_SAMPLES_MAX 1024
#define LISTENER_NOTICES_MAX 256

/* 2026-11-22T00:00:00Z plus monotonic time since listener_start: what the gateway takes for wall time. */
#define LISTENER_WALL_MS INT64_C(1795305600000)

struct listener {
    uv_loop_t loop;
    uv_timer_t beat; /* lets conditions be looked at while nothing happens */
    struct field_bus *bus;
    struct gateway_config config;
    struct config_line line;
    char loopback[16]; /* 127.0.0.1 */
    struct config_node nodes[4];
    struct config_slot slots[4];
    struct config_device devices[4];

    bool acknowledge; /* at once, each batch */
    bool open_log;    /* answer log_unopened with epoch 9, base 100 */
    uint32_t given;   /* the highest sequence acknowledged */
    struct sw_record records[LISTENER_RECORDS_MAX];
    struct sw_wall times[LISTENER_RECORDS_MAX];
    enum sw_clock_quality clock[LISTENER_RECORDS_MAX];
    uint32_t record_count;
    uint32_t batches, empty_batches;
    struct field_bus_batch last_batch;
    struct field_bus_sample samples[LISTENER_SAMPLES_MAX];
    uint32_t sample_count;
    int node_up; /* -1 = nothing said yet */
    uint32_t node_changes;
    int node_error;
    char node_text[256];
    int line_up; /* -1 = nothing said yet */
    uint32_t line_changes;
    char line_text[256];
    uint32_t unopened;
    char stranger[256];
    uint32_t strangers;
    char notices[LISTENER_NOTICES_MAX][256];
    uint32_t notice_count;
    bool closing, closed;
    uint32_t calls_after_close; /* after field_bus_close(), other than closed() */
};

/* One line at 115200 baud on `port`, poll interval 30 ms, no units yet. The timeout of 10 s outlasts a host that takes
 * a core away for a while; a test that makes requests go unanswered sets a shorter one. */
struct listener *listener_new(const char *port);
void listener_add_node(struct listener *listener, uint8_t unit_id);
void listener_add_slot(struct listener *listener, uint8_t slot, enum sw_profile_id profile, uint8_t unit_id);
void listener_add_device(struct listener *listener, uint8_t unit_id, enum sw_profile_id profile, uint32_t poll_ms);
void listener_start(struct listener *listener);

/* The line is reached over TCP instead: `transport` at 127.0.0.1. */
void listener_use_tcp(struct listener *listener, enum config_transport transport, uint16_t tcp_port);
/* Runs the loop until the condition holds; fails the test when it does not in 60 s. */
#define listener_until(listener, condition)                                                                            \
    do {                                                                                                               \
        int64_t begun_ = listener_now_ms();                                                                            \
        while (!(condition)) {                                                                                         \
            if (listener_now_ms() - begun_ > 60000) fail_msg("never came true: %s", #condition);                       \
            uv_run(&(listener)->loop, UV_RUN_ONCE);                                                                    \
        }                                                                                                              \
    } while (0)
void listener_run_ms(struct listener *listener, int64_t ms);
int64_t listener_now_ms(void);
bool listener_noticed(const struct listener *listener, const char *words);

/* Closes the bus, runs the loop empty, checks that it closes with 0 and that nothing was said after the close. */
void listener_finish(struct listener *listener);

#endif
