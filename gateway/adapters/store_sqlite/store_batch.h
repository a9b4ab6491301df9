/* Inside of a batch: rows of all kinds, in the order they were added. */
#ifndef GATEWAY_ADAPTERS_STORE_SQLITE_STORE_BATCH_H
#define GATEWAY_ADAPTERS_STORE_SQLITE_STORE_BATCH_H

#include "ports/store.h"

/* A store_reading in little room: many wait while a disk is slow. Those of one subject mostly come one after the
 * other, and share its name. */
struct batch_reading {
    int64_t time_ms, value_milli, taken_ms;
    uint32_t serial, sequence;
    uint32_t subject; /* of the batch's */
    uint16_t epoch;
    uint8_t kind, quality, reason, clock_quality;
    bool doubted;
};

struct batch_subject {
    char id[SW_ID_SIZE];
};

struct batch_snapshot {
    int domain;
    char name[SW_ALERT_ID_SIZE];
    uint8_t *bytes;
    size_t size;     /* 0 = it is taken away */
    size_t readings; /* of the batch, before it */
};

struct batch_alert {
    struct sw_alert alert;
    char *topic, *payload;
};

struct batch_feedback {
    struct store_feedback feedback;
    bool stored; /* by the last try */
};

struct store_batch {
    int64_t checkpoint; /* 0 = none */
    bool readings_done; /* readings and cursors are stored, or left out, and have had their positions */
    int64_t position;   /* then: the last one before them */
    struct batch_reading *readings;
    struct batch_subject *subjects;
    struct store_cursor *cursors;
    struct batch_snapshot *snapshots;
    struct batch_alert *alerts;
    struct batch_feedback *feedback;
    struct store_command *commands;
    struct store_report *reports;
    size_t reading_count, subject_count, cursor_count, snapshot_count, alert_count, feedback_count, command_count;
    size_t report_count, report_capacity;
    size_t reading_capacity, subject_capacity, cursor_capacity, snapshot_capacity, alert_capacity, feedback_capacity,
        command_capacity;
};

struct store_reading store_batch_reading(const struct store_batch *batch, size_t index);

#endif
