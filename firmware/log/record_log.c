#include "firmware/log/record_log.h"

#include <string.h>

#define LOG_MAGIC   0x53574c47u /* "SWLG" */
#define LOG_VERSION 1u

/* Giving up record by record would put a LOG_GAP record between any two. */
#define GIVE_UP_PART 16u
#define GIVE_UP_MIN  2u /* room for the LOG_GAP record and the one to append */

_Static_assert(RECORD_LOG_HEADER_WORDS <= RETAINED_CONTENT_MAX, "a header fits a retained pair");

static bool is_event(const struct sw_record *record)
{
    return record->kind == SW_READING_COVER_OPEN || (record->kind >= 0x80 && record->kind != SW_RECORD_EVENT_LOG_GAP);
}

static void save_header(struct record_log *log)
{
    uint32_t words[RECORD_LOG_HEADER_WORDS];
    log->header.kept = record_log_count(log);
    memcpy(words, &log->header, sizeof words);
    retained_pair_save(&log->headers, words);
}

static bool still_wanted(const struct record_log *log, const struct sw_record *record)
{
    uint32_t lost_to = is_event(record) ? log->header.events_lost_to : log->header.telemetry_lost_to;
    return record->sequence > log->header.acknowledged && record->sequence > lost_to;
}

/* A reset after a record was written and before the header told of it: the record counts. */
static void take_in_beyond_header(struct record_log *log, const struct sw_record *record, uint32_t *expected)
{
    if (record->sequence > log->header.newest) log->header.newest = record->sequence;
    (*expected)++;
}

/* Makes the lists from what the slots hold. Records that the header expects and no slot has are lost. */
static void rebuild(struct record_log *log)
{
    const uint32_t newest = log->header.newest;
    uint32_t expected = log->header.kept;
    uint32_t told = log->header.lost_told;
    log->telemetry = log->events = log->unused = log_list_empty();
    for (uint16_t slot = 0; slot < log->pool.capacity; slot++) {
        struct sw_record record;
        struct log_list *list = &log->unused;
        if (log_pool_read(&log->pool, slot, &record) && still_wanted(log, &record)) {
            list = is_event(&record) ? &log->events : &log->telemetry;
            if (record.sequence > newest) take_in_beyond_header(log, &record, &expected);
            if (record.kind == SW_RECORD_EVENT_LOG_GAP) told += (uint32_t)record.value;
        }
        log_list_push(&log->pool, list, slot);
    }
    log->pool.damaged = false;
    log_list_sort(&log->pool, &log->telemetry);
    log_list_sort(&log->pool, &log->events);
    if (expected > record_log_count(log)) log->header.lost += expected - record_log_count(log);
    /* Whatever no LOG_GAP record tells, because it was damaged itself or never written, the next one does. */
    log->gap_pending = log->header.lost > told ? log->header.lost - told : 0;
}

static void make_new(struct record_log *log, struct record_log_header start)
{
    for (uint16_t slot = 0; slot < log->pool.capacity; slot++)
        log_pool_clear(&log->pool, slot);
    log->header = start;
    log->header.magic = LOG_MAGIC;
    log->header.version = LOG_VERSION;
    log->header.capacity = log->pool.capacity;
    rebuild(log);
}

int record_log_init(struct record_log *log, const struct retained *memory, size_t at)
{
    memset(log, 0, sizeof *log);
    if (memory->count < at + RECORD_LOG_WORDS(RECORD_LOG_CAPACITY_MIN)) return SW_ERROR_NO_SPACE;
    size_t room = (memory->count - at - RECORD_LOG_WORDS(0)) / LOG_SLOT_WORDS;
    log->pool.memory = memory;
    log->pool.at = at + RECORD_LOG_WORDS(0);
    log->pool.capacity = (uint16_t)(room < RECORD_LOG_CAPACITY_MAX ? room : RECORD_LOG_CAPACITY_MAX);

    uint32_t words[RECORD_LOG_HEADER_WORDS];
    bool found = retained_pair_load(&log->headers, memory, at, words, RECORD_LOG_HEADER_WORDS);
    if (found) memcpy(&log->header, words, sizeof log->header);
    if (found && log->header.magic == LOG_MAGIC && log->header.version == LOG_VERSION &&
        log->header.capacity == log->pool.capacity)
        rebuild(log);
    else
        make_new(log, (struct record_log_header){0});
    log->header.boot_count++;
    save_header(log);
    return SW_OK;
}

/* After 2^32 records the numbers are used up: a new log, which the gateway has to open again. */
static void renew(struct record_log *log)
{
    uint32_t lost = record_log_count(log);
    make_new(log, (struct record_log_header){.boot_count = log->header.boot_count,
                                             .lost = log->header.lost + lost,
                                             .lost_told = log->header.lost_told});
    save_header(log);
}

static void give_up_first(struct record_log *log, struct log_list *list)
{
    struct sw_record record;
    uint16_t slot = log_list_pop(&log->pool, list);
    if (slot == LOG_SLOT_NONE) return;
    uint32_t sequence = log_pool_sequence(&log->pool, slot);
    if (list == &log->events)
        log->header.events_lost_to = sequence;
    else
        log->header.telemetry_lost_to = sequence;
    log->header.lost++;
    log->gap_pending++;
    if (log_pool_read(&log->pool, slot, &record) && record.kind == SW_RECORD_EVENT_LOG_GAP)
        log->gap_pending += (uint32_t)record.value;
    log_list_push(&log->pool, &log->unused, slot);
}

static void make_room(struct record_log *log)
{
    unsigned wanted = log->pool.capacity / GIVE_UP_PART;
    if (wanted < GIVE_UP_MIN) wanted = GIVE_UP_MIN;
    for (unsigned freed = 0; freed < wanted; freed++) {
        if (log->telemetry.count > 0)
            give_up_first(log, &log->telemetry);
        else if (freed < GIVE_UP_MIN)
            give_up_first(log, &log->events);
    }
    save_header(log);
}

/* The slot first, the header after: a reset in between leaves either no record or one that is found at start. */
static void put(struct record_log *log, struct sw_record *record)
{
    uint16_t slot = log_list_pop(&log->pool, &log->unused);
    if (slot == LOG_SLOT_NONE) {
        log->header.lost++;
        log->gap_pending++;
        return;
    }
    record->sequence = log->header.newest + 1;
    record->boot = (uint16_t)log->header.boot_count;
    log_pool_write(&log->pool, slot, record);
    log_list_push(&log->pool, is_event(record) ? &log->events : &log->telemetry, slot);
    log->header.newest = record->sequence;
}

static void put_gap(struct record_log *log, const struct sw_record *stamp)
{
    struct sw_record gap = *stamp;
    uint32_t given_up = log->gap_pending;
    gap.kind = SW_RECORD_EVENT_LOG_GAP;
    gap.slot = SW_RECORD_NO_SLOT;
    gap.quality = SW_QUALITY_GOOD;
    gap.reason = SW_REASON_NONE;
    gap.value = given_up > INT32_MAX ? INT32_MAX : (int32_t)given_up;
    log->gap_pending = 0;
    put(log, &gap);
    save_header(log);
}

/* A list whose links a fault has changed is made anew before it is relied on. */
static void mend(struct record_log *log)
{
    if (!log->pool.damaged) return;
    rebuild(log);
    save_header(log);
}

void record_log_append(struct record_log *log, struct sw_record *record)
{
    mend(log);
    if (log->header.newest >= UINT32_MAX - 1 - log->header.base) renew(log);
    if (log->unused.count < (log->gap_pending > 0 ? 2 : 1)) {
        make_room(log);
        mend(log);
    }
    if (log->gap_pending > 0) put_gap(log, record);
    put(log, record);
    save_header(log);
    record->sequence += log->header.base;
}

/* False when something met on the way does not check out. */
static bool read_oldest(struct record_log *log, struct sw_record *records, size_t max, size_t *count)
{
    uint16_t telemetry = log->telemetry.head, event = log->events.head;
    uint32_t before = log->header.acknowledged;
    for (*count = 0; *count < max && (telemetry != LOG_SLOT_NONE || event != LOG_SLOT_NONE); (*count)++) {
        bool from_events =
            telemetry == LOG_SLOT_NONE ||
            (event != LOG_SLOT_NONE && log_pool_sequence(&log->pool, event) < log_pool_sequence(&log->pool, telemetry));
        uint16_t *slot = from_events ? &event : &telemetry;
        struct sw_record *record = &records[*count];
        if (!log_pool_read(&log->pool, *slot, record) || record->sequence <= before) return false;
        before = record->sequence;
        record->sequence += log->header.base;
        *slot = log_pool_next(&log->pool, *slot);
    }
    return !log->pool.damaged;
}

size_t record_log_read(struct record_log *log, struct sw_record *records, size_t max)
{
    size_t count = 0;
    if (log->header.epoch == 0) return 0;
    if (read_oldest(log, records, max, &count)) return count;
    log->pool.damaged = true;
    mend(log);
    return read_oldest(log, records, max, &count) ? count : 0;
}

uint32_t record_log_oldest(const struct record_log *log)
{
    uint32_t oldest = log->header.newest + 1;
    if (log->telemetry.count > 0) oldest = log_pool_sequence(&log->pool, log->telemetry.head);
    if (log->events.count > 0) {
        uint32_t event = log_pool_sequence(&log->pool, log->events.head);
        if (event < oldest) oldest = event;
    }
    return log->header.base + oldest;
}

int record_log_check_acknowledge(const struct record_log *log, uint16_t epoch, uint32_t sequence)
{
    if (epoch == 0 || epoch != log->header.epoch) return SW_ERROR_STALE;
    return sequence > record_log_newest(log) ? SW_ERROR_INVALID_ARGUMENT : SW_OK;
}

static void release(struct record_log *log, struct log_list *list, uint32_t up_to)
{
    while (list->count > 0) {
        struct sw_record record;
        /* Of a damaged record nobody knows whether the gateway has it: leave it to mend(), which counts it as lost. */
        if (!log_pool_read(&log->pool, list->head, &record)) log->pool.damaged = true;
        if (log->pool.damaged || record.sequence > up_to) return;
        if (record.kind == SW_RECORD_EVENT_LOG_GAP) log->header.lost_told += (uint32_t)record.value;
        log_list_push(&log->pool, &log->unused, log_list_pop(&log->pool, list));
    }
}

int record_log_acknowledge(struct record_log *log, uint16_t epoch, uint32_t sequence)
{
    int error = record_log_check_acknowledge(log, epoch, sequence);
    if (error != SW_OK) return error;
    if (sequence <= log->header.base + log->header.acknowledged) return SW_OK;
    mend(log);
    log->header.acknowledged = sequence - log->header.base;
    release(log, &log->telemetry, log->header.acknowledged);
    release(log, &log->events, log->header.acknowledged);
    /* Links are rebuilt from the records, so it does no harm that they changed before the header is safe. */
    save_header(log);
    mend(log);
    return SW_OK;
}

int record_log_check_open(const struct record_log *log, uint16_t epoch, uint32_t base)
{
    if (log->header.epoch != 0) return SW_ERROR_NOT_PERMITTED;
    if (epoch == 0 || base > UINT32_MAX - 2 - log->header.newest) return SW_ERROR_INVALID_ARGUMENT;
    return SW_OK;
}

int record_log_open(struct record_log *log, uint16_t epoch, uint32_t base)
{
    int error = record_log_check_open(log, epoch, base);
    if (error != SW_OK) return error;
    log->header.epoch = epoch;
    log->header.base = base;
    save_header(log);
    return SW_OK;
}
