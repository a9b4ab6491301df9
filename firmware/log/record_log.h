/* The record log: keeps records in retained memory until the gateway has acknowledged them.
 *
 * Shape. A header, kept twice, and a pool of record slots, each with its own CRC. A record may sit in any slot; two
 * lists in order of sequence, telemetry and events, tell which slots are in use. The lists are made anew from the
 * records at start, so nothing that a reset can tear is trusted.
 *
 * When full, a sixteenth of the log is given up at once: oldest telemetry first, events (SW_RECORD_EVENT_* except
 * LOG_GAP, and cover_open readings) only when no telemetry is left. The header takes note before anything is
 * overwritten, and a LOG_GAP record before the next record says how many. A LOG_GAP that is given up itself is counted
 * into the next one, so that the LOG_GAP records still kept or acknowledged sum up to LOG_LOST.
 *
 * Sequence numbers in retained memory are relative; the gateway sees them with the base it opened the log with. Epoch 0
 * is a log that has not been opened: it fills, but gives nothing out (docs/decisions/0001-record-log-epochs.md). */
#ifndef FIRMWARE_LOG_RECORD_LOG_H
#define FIRMWARE_LOG_RECORD_LOG_H

#include "firmware/log/log_pool.h"
#include "firmware/log/retained.h"
#include "stillwater/record_format.h"

/* As it lies in retained memory, word by word. Sequences are relative. */
struct record_log_header {
    uint32_t magic;
    uint32_t version;
    uint32_t capacity;
    uint32_t epoch;
    uint32_t base; /* public sequence = base + relative sequence */
    uint32_t boot_count;
    uint32_t newest;            /* 0 = none */
    uint32_t acknowledged;      /* everything up to here is the gateway's */
    uint32_t telemetry_lost_to; /* telemetry up to here has been given up */
    uint32_t events_lost_to;    /* events up to here have been given up */
    uint32_t lost;              /* records given up or found damaged since the log was new */
    uint32_t lost_told;         /* of these, told by LOG_GAP records that the gateway has acknowledged */
    uint32_t kept;
};

#define RECORD_LOG_HEADER_WORDS (sizeof(struct record_log_header) / sizeof(uint32_t))
#define RECORD_LOG_CAPACITY_MIN 32u
#define RECORD_LOG_CAPACITY_MAX 0xfffeu

/* Words of retained memory that a log of `capacity` records takes. */
#define RECORD_LOG_WORDS(capacity) (RETAINED_PAIR_WORDS(RECORD_LOG_HEADER_WORDS) + (size_t)(capacity)*LOG_SLOT_WORDS)

struct record_log {
    struct retained_pair headers;
    struct record_log_header header;
    struct log_pool pool;
    struct log_list telemetry, events, unused;
    uint32_t gap_pending; /* lost, and in no LOG_GAP record yet: what the next one has to tell */
};

/* Takes over the log that lies in memory from word `at` to its end and counts the boot, or makes a new one when nothing
 * there checks out. Records found damaged are dropped and told by a LOG_GAP record before the next append.
 * SW_ERROR_NO_SPACE when there is no room for RECORD_LOG_CAPACITY_MIN records. */
int record_log_init(struct record_log *log, const struct retained *memory, size_t at);

/* Appends the record; sets its sequence (the public one) and boot. Older records are given up when the log is full. */
void record_log_append(struct record_log *log, struct sw_record *record);

/* Copies the oldest records kept, at most `max`, with public sequences. 0 while the epoch is 0. A record found damaged
 * is dropped, never given out. */
size_t record_log_read(struct record_log *log, struct sw_record *records, size_t max);

/* Whether record_log_acknowledge would do anything but fail: SW_OK; SW_ERROR_STALE when the log is of another epoch or
 * has none; SW_ERROR_INVALID_ARGUMENT when `sequence` is newer than the newest record. */
int record_log_check_acknowledge(const struct record_log *log, uint16_t epoch, uint32_t sequence);

/* Releases every record up to `sequence`. Errors as above, and then nothing is released. An older sequence than already
 * acknowledged releases nothing and is no error. */
int record_log_acknowledge(struct record_log *log, uint16_t epoch, uint32_t sequence);

/* Whether record_log_open would succeed: SW_OK; SW_ERROR_NOT_PERMITTED when the log has an epoch already;
 * SW_ERROR_INVALID_ARGUMENT for epoch 0 or a base that leaves no room for further numbers. */
int record_log_check_open(const struct record_log *log, uint16_t epoch, uint32_t base);

/* Gives a new log its epoch and base: records already in it go out as base + 1 and on. */
int record_log_open(struct record_log *log, uint16_t epoch, uint32_t base);

static inline uint32_t record_log_newest(const struct record_log *log)
{
    return log->header.base + log->header.newest;
}

/* Newest + 1 when the log is empty. */
uint32_t record_log_oldest(const struct record_log *log);

static inline uint32_t record_log_count(const struct record_log *log)
{
    return (uint32_t)log->telemetry.count + log->events.count;
}

#endif
