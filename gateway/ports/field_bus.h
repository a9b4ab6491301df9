/* Port: the field bus. Polls nodes and plain Modbus devices and hands what they said to the loop.
 *
 * All functions are called from, and all callbacks run on, the loop's thread; none of them blocks. Implementation:
 * adapters/field_bus/. Delivery is at least once: after a restart of the gateway, or
 * when an acknowledge did not reach the node, records come again; their identity is (serial, epoch, sequence). */
#ifndef GATEWAY_PORTS_FIELD_BUS_H
#define GATEWAY_PORTS_FIELD_BUS_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "config/gateway_config.h"
#include "stillwater/node_map.h"
#include "stillwater/sensor_profile.h"

/* Records of a node that follow the cursor. */
struct field_bus_batch {
    uint32_t line, node; /* indices in the configuration */
    uint32_t serial;
    uint16_t epoch;
    struct sw_record records[SW_NODE_WINDOW_RECORDS];
    struct sw_wall times[SW_NODE_WINDOW_RECORDS]; /* wall time of each record, corrected where possible */
    enum sw_clock_quality clock[SW_NODE_WINDOW_RECORDS];
    uint16_t count;            /* 0: the node answered and has nothing new; no acknowledge is awaited then */
    bool drained;              /* nothing newer is left on the node */
    struct sw_wall seen_until; /* wall time of the answer */
};

/* One exchange with a plain device: its points, or an error and no points. */
struct field_bus_sample {
    uint32_t line, device;
    int error;
    struct sw_point_value values[SW_PROFILE_POINTS_MAX];
    uint8_t count;
    struct sw_wall time;
};

struct field_bus_counters {
    uint64_t requests, replies, timeouts, crc_errors, wrong_replies, exceptions, late_frames, port_failures;
    uint64_t malformed_records; /* log windows or records that do not have the shape of the format; never passed on */
    uint64_t clamped_times;     /* records more than a second in the future: their time became that of the answer */
    uint64_t clock_sets;
    uint64_t other_devices; /* times another device answered where a known one had */
};

struct field_bus_events {
    void *ctx;
    /* A batch with records: the node is not asked for more until field_bus_acknowledge() for it. An empty one says
     * that the node is alive; polling goes on by itself. */
    void (*batch)(void *ctx, const struct field_bus_batch *batch);
    void (*sample)(void *ctx, const struct field_bus_sample *sample);
    /* Changes only, the first state included. `error` says why when up is false; text is for people and valid during
     * the call. While a line is down nothing is said of its nodes: they are unknown. */
    void (*node_link)(void *ctx, uint32_t line, uint32_t node, bool up, int error, const char *text);
    void (*line_link)(void *ctx, uint32_t line, bool up, const char *text);
    /* A new log on the node needs an epoch: answer with field_bus_open_log(). Asked again every few seconds until it
     * is answered. */
    void (*log_unopened)(void *ctx, uint32_t line, uint32_t node, uint32_t serial);
    /* For the log, may be NULL: a node has restarted, its clock was set, its configuration changed, a record was
     * malformed. error is SW_OK where nothing is wrong. */
    void (*notice)(void *ctx, uint32_t line, uint32_t node, int error, const char *text);
    /* The same of a device, may be NULL: another one answers in its place (SW_ERROR_OTHER_DEVICE; its samples have that
     * error until the known one is back), or the known one again; or it does not tell who it is (an exception). */
    void (*device_notice)(void *ctx, uint32_t line, uint32_t device, int error, const char *text);
    /* For the log, may be NULL: somebody dialled in and was hung up on, since no line has such a unit. Once a minute
     * for each port at most. */
    void (*stranger)(void *ctx, const char *text);
};

struct field_bus;

/* The wall clock comes as a function so that tests can set it; it is called from the lines' threads. Starts polling at
 * once. `config` outlives the bus. SW_OK, or SW_ERROR_SYSTEM / SW_ERROR_NO_SPACE: then there is nothing to close. */
int field_bus_start(uv_loop_t *loop, const struct gateway_config *config, struct sw_wall (*wall_now)(void),
                    struct field_bus_events events, struct field_bus **bus);

/* Everything of the node's log up to `sequence` is durable (or: nothing to say, poll on, with the last one again).
 * Tells the node at the next exchange, which follows at once when more records wait there, else with the next poll. An
 * acknowledge for another epoch than the node's present one is not passed on, but lets polling continue. */
void field_bus_acknowledge(struct field_bus *bus, uint32_t line, uint32_t node, uint16_t epoch, uint32_t sequence);

/* Gives a new log its epoch and the sequence its numbering goes on from. */
void field_bus_open_log(struct field_bus *bus, uint32_t line, uint32_t node, uint16_t epoch, uint32_t base);

/* Storm watch: nodes and devices that are polled more seldom than this are polled so often from the next poll on; 0: as
 * configured. A unit counts as down after the time it always does. */
void field_bus_hurry(struct field_bus *bus, uint32_t interval_ms);

/* Goes over to another configuration, without a pause for what stays. Lines and their units are known again by their
 * ids. A unit whose own settings and whose line's are the same goes on as if nothing had happened: no poll is missed or
 * doubled, the connection, the thread and what is known of a node or a device stay, and its state is not told again.
 * What differs is ended; what is new begins as after field_bus_start().
 *
 * On an error nothing has changed: SW_ERROR_NO_SPACE, SW_ERROR_SYSTEM, or SW_ERROR_BUSY while an earlier call has not
 * settled. After SW_OK the lines and units in calls and events have the indices of `next`, and nothing more is said of
 * what was removed. The configuration before it may be freed when settled(ctx) is called, from the loop and not within
 * this call, after a request's timeout at the latest; not at all when the bus is closed before. */
int field_bus_apply(struct field_bus *bus, const struct gateway_config *next, void (*settled)(void *ctx), void *ctx);

struct field_bus_counters field_bus_line_counters(const struct field_bus *bus, uint32_t line);

/* Ends the threads (within a request's timeout), then calls closed() from the loop. No other callback comes once this
 * has been called; may be called from a callback. */
void field_bus_close(struct field_bus *bus, void (*closed)(void *ctx), void *ctx);

#endif
