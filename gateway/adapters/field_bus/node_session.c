#include "node_session.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "node_window.h"
#include "stillwater/error.h"

#define CLOCK_TOLERANCE_MS 500
#define CLOCK_REFRESH_US   ((int64_t)600 * 1000000)
/* A node whose clock does not stay as set is not set with every poll. */
#define CLOCK_PAUSE_US ((int64_t)10 * 1000000)
/* Between two looks at something only a person or the loop can put right. */
#define SLOW_RETRY_US ((int64_t)5 * 1000000)

#define IDENTITY_REGISTERS (SW_NODE_INPUT_LOG_CAPACITY + 2)
#define HEALTH_REGISTERS   (SW_NODE_INPUT_CLOCK_QUALITY + 1 - SW_NODE_INPUT_BOOT_COUNT)

void node_session_init(struct node_session *session, struct line_context *line, const struct config_line *config,
                       uint32_t index, int64_t due_us)
{
    const struct config_node *node = &config->nodes[index];
    *session = (struct node_session){
        .station = {.type = STATION_NODE, .index = index, .line = line, .due_us = due_us, .unit_id = node->unit_id},
        .config = node,
        .poll_due_us = due_us};
    unit_health_init(&session->station.health, config->poll_interval_ms, UNIT_BACKOFF_NODE_MS);
    /* Whoever set the clock before: this process has not, so its refresh is due. */
    session->clock_set_us = due_us - CLOCK_REFRESH_US;
}

void node_session_reconnect(struct node_session *session, int64_t now_us)
{
    session->state = NODE_IDENTIFY;
    session->station.due_us = now_us;
}

/* ---- telling the loop ---- */

static struct field_event event_of(const struct node_session *session, enum field_event_type type, int error)
{
    return (struct field_event){.type = type,
                                .line = session->station.line->line,
                                .node = session->station.index,
                                .error = error,
                                .serial = session->serial};
}

__attribute__((format(printf, 3, 4))) static void notice(const struct node_session *session, int error,
                                                         const char *format, ...)
{
    struct field_event event = event_of(session, FIELD_EVENT_NOTICE, error);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(event.text, sizeof event.text, format, arguments);
    va_end(arguments);
    line_post(session->station.line, &event);
}

static void link_up(struct node_session *session)
{
    if (session->link == NODE_LINK_UP) return;
    session->link = NODE_LINK_UP;
    struct field_event event = event_of(session, FIELD_EVENT_NODE_LINK, SW_OK);
    event.up = true;
    snprintf(event.text, sizeof event.text, "unit %u answers, serial %lu", session->config->unit_id,
             (unsigned long)session->serial);
    line_post(session->station.line, &event);
}

__attribute__((format(printf, 3, 4))) static void link_down(struct node_session *session, int error, const char *format,
                                                            ...)
{
    if (session->link == NODE_LINK_DOWN) return;
    session->link = NODE_LINK_DOWN;
    struct field_event event = event_of(session, FIELD_EVENT_NODE_LINK, error);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(event.text, sizeof event.text, format, arguments);
    va_end(arguments);
    line_post(session->station.line, &event);
}

/* ---- scheduling ---- */

/* Any failure may be the first sign of a node being exchanged for another: whoever answers next is recognised before
 * an acknowledge is sent to it. */
static void failed(struct node_session *session, int error)
{
    struct unit_health *health = &session->station.health;
    session->state = NODE_IDENTIFY;
    session->station.due_us = session->now_us + unit_health_failed(health, session->now_us);
    if (unit_health_is_down(health, session->now_us))
        link_down(session, error, "unit %u on %s: %lu requests in a row failed, the last one: %s",
                  session->config->unit_id, session->station.line->config->id, (unsigned long)health->failures,
                  sw_error_text(error));
}

/* What answers cannot be used as it is. */
static void refuse(struct node_session *session)
{
    session->known = false;
    session->state = NODE_IDENTIFY;
    session->station.due_us = session->now_us + SLOW_RETRY_US;
}

static void enter(struct node_session *session, enum node_state state)
{
    session->state = state;
    session->station.due_us = session->now_us;
}

static void enter_poll(struct node_session *session)
{
    session->state = NODE_POLL;
    session->station.due_us = session->awaiting ? STATION_NEVER_US : session->poll_due_us;
}

static void ask_to_open(struct node_session *session)
{
    session->state = NODE_LOG_UNOPENED;
    session->station.due_us = session->now_us + SLOW_RETRY_US;
    struct field_event event = event_of(session, FIELD_EVENT_LOG_UNOPENED, SW_OK);
    line_post(session->station.line, &event);
}

/* The node is known: what it needs next. */
static void proceed(struct node_session *session)
{
    if (!session->configured)
        enter(session, NODE_SLOT_READ);
    else if (session->clock_wanted)
        enter(session, NODE_CLOCK);
    else if (session->epoch != 0)
        enter_poll(session);
    else if (session->open_ordered)
        enter(session, NODE_LOG_OPEN);
    else
        ask_to_open(session);
}

void node_session_order(struct node_session *session, const struct node_order *order, int64_t now_us)
{
    session->now_us = now_us;
    if (order->acknowledge) {
        if (order->acknowledge_epoch == session->epoch && order->acknowledge_sequence > session->acknowledged)
            session->acknowledged = order->acknowledge_sequence;
        if (session->awaiting) {
            session->awaiting = false;
            /* Only progress speeds things up: a store that cannot write must not make the bus spin. */
            if (session->more && session->acknowledged >= session->last_sequence) session->poll_due_us = now_us;
            if (session->state == NODE_POLL) enter_poll(session);
        }
    }
    if (order->open_log) {
        session->open_ordered = true;
        session->open_epoch = order->open_epoch;
        session->open_base = order->open_base;
        /* An answer that is under way is taken for what was asked. */
        if (session->state == NODE_LOG_UNOPENED && !session->station.busy) enter(session, NODE_LOG_OPEN);
    }
}

/* ---- exchanges ---- */

static struct field_request read_registers(const struct node_session *session, uint8_t function, unsigned address,
                                           unsigned count)
{
    return field_request_read(session->config->unit_id, function,
                              (struct field_block){(uint16_t)address, (uint8_t)count});
}

static struct field_request write_registers(const struct node_session *session, unsigned address, unsigned count,
                                            const uint16_t *values)
{
    return field_request_write(session->config->unit_id, (struct field_block){(uint16_t)address, (uint8_t)count},
                               values);
}

static uint32_t join(const uint16_t *registers)
{
    return (uint32_t)registers[0] << 16 | registers[1];
}

static void split(uint32_t value, uint16_t *registers)
{
    registers[0] = (uint16_t)(value >> 16);
    registers[1] = (uint16_t)value;
}

/* ---- recognising ---- */

static uint8_t highest_slot(const struct config_node *config)
{
    uint8_t highest = 0;
    for (uint32_t i = 0; i < config->slot_count; i++)
        if (config->slots[i].slot > highest) highest = config->slots[i].slot;
    return highest;
}

static bool identity_fits(struct node_session *session, const uint16_t *identity)
{
    unsigned unit_id = session->config->unit_id;
    uint16_t version = identity[SW_NODE_INPUT_MAP_VERSION];
    uint16_t slot_count = identity[SW_NODE_INPUT_SLOT_COUNT];
    if (identity[SW_NODE_INPUT_MAGIC] != SW_NODE_MAGIC) {
        link_down(session, SW_ERROR_VERSION, "unit %u is not a Stillwater node: magic 0x%04x, expected 0x%04x", unit_id,
                  identity[SW_NODE_INPUT_MAGIC], SW_NODE_MAGIC);
        return false;
    }
    if (version != SW_NODE_MAP_VERSION) {
        link_down(session, SW_ERROR_VERSION, "unit %u has register map version %u, this gateway understands %u",
                  unit_id, version, SW_NODE_MAP_VERSION);
        return false;
    }
    if (session->config->slot_count > 0 && highest_slot(session->config) >= slot_count) {
        link_down(session, SW_ERROR_CONFIG, "unit %u has slots 0 to %d, the configuration uses slot %u", unit_id,
                  (int)slot_count - 1, highest_slot(session->config));
        return false;
    }
    return true;
}

static void forget_node(struct node_session *session, uint32_t serial)
{
    session->serial = serial;
    session->known = false;
    session->epoch = 0;
    session->acknowledged = 0;
    session->awaiting = false;
    session->configured = false;
    session->slot = 0;
    session->open_ordered = false;
    session->clock_not_before_us = 0;
    record_time_reset(&session->time);
}

static struct field_request ask_identity(struct node_session *session)
{
    return read_registers(session, 4, SW_NODE_INPUT_MAGIC, IDENTITY_REGISTERS);
}

static int take_identity(struct node_session *session, int result, const struct exchange_reply *reply)
{
    if (sw_error_is_exception(result)) {
        link_down(session, result, "unit %u is not a Stillwater node: its identity is not readable: %s",
                  session->config->unit_id, sw_error_text(result));
        refuse(session);
        return SW_OK;
    }
    if (result != SW_OK) return result;
    if (!identity_fits(session, reply->registers)) {
        refuse(session);
        return SW_OK;
    }
    uint32_t serial = join(&reply->registers[SW_NODE_INPUT_SERIAL]);
    if (serial != session->serial) {
        if (session->known)
            notice(session, SW_OK, "another node answers: serial %lu instead of %lu", (unsigned long)serial,
                   (unsigned long)session->serial);
        forget_node(session, serial);
    }
    session->slot_count = reply->registers[SW_NODE_INPUT_SLOT_COUNT];
    if (session->slot_count > SW_NODE_SLOT_COUNT) session->slot_count = SW_NODE_SLOT_COUNT;
    enter(session, NODE_HEALTH);
    return SW_OK;
}

static void restarted(struct node_session *session, uint16_t boot)
{
    notice(session, SW_OK, "the node has restarted (boot %u, before: %u)", boot, session->boot);
    session->configured = false;
    session->slot = 0;
    session->clock_not_before_us = 0;
}

static struct field_request ask_health(struct node_session *session)
{
    return read_registers(session, 4, SW_NODE_INPUT_BOOT_COUNT, HEALTH_REGISTERS);
}

static int take_health(struct node_session *session, int result, const struct exchange_reply *reply)
{
    if (result != SW_OK) return result;
    const uint16_t *health = reply->registers;
    uint16_t boot = (uint16_t)join(&health[0]);
    uint16_t epoch = health[SW_NODE_INPUT_LOG_EPOCH - SW_NODE_INPUT_BOOT_COUNT];
    uint16_t quality = health[SW_NODE_INPUT_CLOCK_QUALITY - SW_NODE_INPUT_BOOT_COUNT];
    /* Boots are counted since the log was new, so the first boot of a new log may have the number of the one before. */
    bool has_new_log = epoch == 0 && session->epoch != 0;
    if (session->known && (boot != session->boot || has_new_log)) restarted(session, boot);
    if (epoch != session->epoch) {
        session->acknowledged = 0;
        session->awaiting = false;
    }
    session->known = true;
    session->boot = boot;
    session->epoch = epoch;
    if (epoch != 0) session->open_ordered = false;
    if (quality == SW_CLOCK_UNSET && session->now_us >= session->clock_not_before_us) session->clock_wanted = true;
    link_up(session);
    proceed(session);
    return SW_OK;
}

/* ---- configuring ---- */

static uint16_t clamp(uint32_t value, uint16_t low, uint16_t high)
{
    if (value < low) return low;
    return value > high ? high : (uint16_t)value;
}

/* What a slot's registers are to be; all zero for one that the configuration does not use. */
static void wanted_slot(const struct config_node *config, uint8_t slot,
                        uint16_t registers[SW_NODE_SLOT_CONFIG_REGISTERS])
{
    for (unsigned i = 0; i < SW_NODE_SLOT_CONFIG_REGISTERS; i++)
        registers[i] = 0;
    for (uint32_t i = 0; i < config->slot_count; i++) {
        const struct config_slot *wanted = &config->slots[i];
        if (wanted->slot != slot) continue;
        registers[SW_NODE_SLOT_CONFIG_PROFILE] = (uint16_t)wanted->profile->id;
        registers[SW_NODE_SLOT_CONFIG_UNIT_ID] = wanted->unit_id;
        registers[SW_NODE_SLOT_CONFIG_SAMPLE_PERIOD] = clamp(wanted->sample_period_ms / 100, 1, 36000);
        registers[SW_NODE_SLOT_CONFIG_REPORT_DELTA] = clamp(wanted->report_delta, 0, UINT16_MAX);
        registers[SW_NODE_SLOT_CONFIG_HEARTBEAT] = clamp(wanted->heartbeat_s, 1, 36000);
    }
}

static bool slot_differs(const uint16_t *wanted, const uint16_t *present)
{
    if (wanted[SW_NODE_SLOT_CONFIG_PROFILE] == SW_PROFILE_NONE &&
        present[SW_NODE_SLOT_CONFIG_PROFILE] == SW_PROFILE_NONE)
        return false;
    for (unsigned i = 0; i < SW_NODE_SLOT_CONFIG_REGISTERS; i++)
        if (wanted[i] != present[i]) return true;
    return false;
}

static unsigned slot_address(uint8_t slot)
{
    return SW_NODE_SLOT_CONFIG_BASE + slot * SW_NODE_SLOT_CONFIG_STRIDE;
}

static void next_slot(struct node_session *session)
{
    session->slot++;
    session->configured = session->slot >= session->slot_count;
    proceed(session);
}

/* A slot that cannot be configured costs its own sensor, not the others'. */
static int slot_refused(struct node_session *session, int result)
{
    notice(session, result, "slot %u does not take its configuration: %s", session->slot, sw_error_text(result));
    next_slot(session);
    return SW_OK;
}

static struct field_request ask_slot(struct node_session *session)
{
    return read_registers(session, 3, slot_address(session->slot), SW_NODE_SLOT_CONFIG_REGISTERS);
}

static int take_slot(struct node_session *session, int result, const struct exchange_reply *reply)
{
    if (sw_error_is_exception(result)) return slot_refused(session, result);
    if (result != SW_OK) return result;
    uint16_t wanted[SW_NODE_SLOT_CONFIG_REGISTERS];
    wanted_slot(session->config, session->slot, wanted);
    if (slot_differs(wanted, reply->registers))
        enter(session, NODE_SLOT_UNLOCK);
    else
        next_slot(session);
    return SW_OK;
}

static struct field_request ask_slot_unlock(struct node_session *session)
{
    const uint16_t word = SW_NODE_UNLOCK_WORD;
    return write_registers(session, SW_NODE_HOLDING_UNLOCK, 1, &word);
}

static int take_slot_unlock(struct node_session *session, int result, const struct exchange_reply *reply)
{
    (void)reply;
    if (sw_error_is_exception(result)) return slot_refused(session, result);
    if (result != SW_OK) return result;
    enter(session, NODE_SLOT_WRITE);
    return SW_OK;
}

static struct field_request ask_slot_write(struct node_session *session)
{
    uint16_t wanted[SW_NODE_SLOT_CONFIG_REGISTERS];
    wanted_slot(session->config, session->slot, wanted);
    return write_registers(session, slot_address(session->slot), SW_NODE_SLOT_CONFIG_REGISTERS, wanted);
}

static int take_slot_write(struct node_session *session, int result, const struct exchange_reply *reply)
{
    (void)reply;
    uint16_t wanted[SW_NODE_SLOT_CONFIG_REGISTERS];
    wanted_slot(session->config, session->slot, wanted);
    if (sw_error_is_exception(result)) return slot_refused(session, result);
    if (result != SW_OK) return result;
    if (wanted[SW_NODE_SLOT_CONFIG_PROFILE] == SW_PROFILE_NONE)
        notice(session, SW_OK, "slot %u cleared", session->slot);
    else
        notice(session, SW_OK, "slot %u configured for unit %u", session->slot, wanted[SW_NODE_SLOT_CONFIG_UNIT_ID]);
    next_slot(session);
    return SW_OK;
}

/* ---- clock ---- */

static struct field_request ask_clock(struct node_session *session)
{
    int64_t arrives_ms = session->station.line->wall_now().ms + session->round_trip_us / 2000;
    uint16_t values[3];
    split((uint32_t)(arrives_ms / 1000), values);
    values[2] = (uint16_t)(arrives_ms % 1000);
    return field_request_write_read(session->config->unit_id, (struct field_block){SW_NODE_HOLDING_CLOCK_SECONDS, 3},
                                    values, (struct field_block){SW_NODE_HOLDING_CLOCK_ERROR, 2});
}

static int take_clock(struct node_session *session, int result, const struct exchange_reply *reply)
{
    if (result != SW_OK && !sw_error_is_exception(result)) return result;

    session->clock_wanted = false;
    session->clock_set_us = session->now_us;
    session->clock_not_before_us = session->clock_set_us + CLOCK_PAUSE_US;
    if (result == SW_OK) {
        session->station.line->counters.clock_sets++;
        long error_ms = (int32_t)join(reply->registers);
        /* The register is saturated: a clock that never ran is decades behind. */
        if (error_ms == INT32_MAX)
            notice(session, SW_OK, "clock set for the first time");
        else
            notice(session, SW_OK, "clock set; it was off by %ld ms (positive: behind)", error_ms);
    } else {
        notice(session, result, "the node does not take the time: %s", sw_error_text(result));
    }
    proceed(session);
    return SW_OK;
}

/* Looks at the node's clock as a window shows it. */
static void judge_clock(struct node_session *session, const struct sw_node_window_header *header, struct sw_wall at)
{
    if (session->now_us < session->clock_not_before_us) return;
    int64_t error_ms = at.ms - ((int64_t)header->clock_s * 1000 + header->clock_ms);
    session->clock_wanted = header->clock_quality == SW_CLOCK_UNSET || llabs(error_ms) > CLOCK_TOLERANCE_MS ||
                            session->now_us - session->clock_set_us >= CLOCK_REFRESH_US;
}

/* ---- log ---- */

static struct field_request ask_log_open(struct node_session *session)
{
    uint16_t values[3] = {session->open_epoch};
    split(session->open_base, &values[1]);
    return write_registers(session, SW_NODE_HOLDING_LOG_OPEN_EPOCH, 3, values);
}

static int take_log_open(struct node_session *session, int result, const struct exchange_reply *reply)
{
    (void)reply;
    if (result != SW_OK && !sw_error_is_exception(result)) return result;
    session->open_ordered = false;
    enter(session, NODE_HEALTH);
    if (result == SW_OK) {
        record_time_reset(&session->time); /* a node that has lost its log has lost the number of its boot, too */
        notice(session, SW_OK, "log opened with epoch %u after sequence %lu", session->open_epoch,
               (unsigned long)session->open_base);
    } else {
        notice(session, result, "the node does not open its log: %s", sw_error_text(result));
        session->station.due_us = session->now_us + SLOW_RETRY_US;
    }
    return SW_OK;
}

static void post_batch(struct node_session *session, const struct node_window *window, struct sw_wall at)
{
    struct field_event event = event_of(session, FIELD_EVENT_BATCH, SW_OK);
    struct field_bus_batch *batch = &event.batch;
    *batch = (struct field_bus_batch){.line = session->station.line->line,
                                      .node = session->station.index,
                                      .serial = session->serial,
                                      .epoch = session->epoch,
                                      .count = window->count,
                                      .drained = window->drained,
                                      .seen_until = at};
    struct record_wall walls[SW_NODE_WINDOW_RECORDS];
    record_time_of(&session->time, window->records, window->count, at, walls);
    for (uint16_t i = 0; i < window->count; i++) {
        batch->records[i] = window->records[i];
        batch->times[i] = walls[i].time;
        batch->clock[i] = walls[i].clock;
        if (walls[i].clamped) session->station.line->counters.clamped_times++;
    }
    session->awaiting = window->count > 0;
    session->more = !window->drained;
    if (window->count > 0) session->last_sequence = window->records[window->count - 1].sequence;
    line_post(session->station.line, &event);
}

/* The record at the front of the log cannot be read. Its frame had a good CRC, so it will not get better; kept, it
 * would block every record behind it for ever. It is given up, and that is said. */
static void give_up_front(struct node_session *session, const struct node_window *window)
{
    session->station.line->counters.malformed_records++;
    notice(session, SW_ERROR_MALFORMED, "record %lu is malformed and is given up",
           (unsigned long)window->header.oldest);
    if (window->header.oldest > session->acknowledged) session->acknowledged = window->header.oldest;
}

static int take_window(struct node_session *session, const struct exchange_reply *reply)
{
    struct node_window window;
    if (node_window_decode(reply->registers, &window) != SW_OK) {
        session->station.line->counters.malformed_records++;
        notice(session, SW_ERROR_MALFORMED, "the log window's header is malformed");
        return SW_ERROR_MALFORMED;
    }
    if (window.header.serial != session->serial || window.header.boot != session->boot) {
        /* Another node, or the same after a restart. Its records are still there once it has been recognised. */
        session->state = NODE_IDENTIFY;
        session->station.due_us = session->poll_due_us;
        return SW_OK;
    }
    struct sw_wall at = line_wall_at(session->station.line, reply->first_byte_us, session->now_us);
    record_time_observe(&session->time, &window.header, at);
    judge_clock(session, &window.header, at);
    if (window.malformed && window.count == 0)
        give_up_front(session, &window);
    else
        post_batch(session, &window, at);
    proceed(session);
    return SW_OK;
}

static struct field_request ask_window(struct node_session *session)
{
    uint16_t values[3] = {session->epoch};
    split(session->acknowledged, &values[1]);
    return field_request_write_read(session->config->unit_id, (struct field_block){SW_NODE_HOLDING_LOG_ACK_EPOCH, 3},
                                    values, (struct field_block){SW_NODE_HOLDING_WINDOW, SW_NODE_WINDOW_REGISTERS});
}

static int take_poll(struct node_session *session, int result, const struct exchange_reply *reply)
{
    session->poll_due_us = unit_health_next_poll(&session->station.health, session->poll_due_us, session->now_us);
    if (result == SW_ERROR_EXCEPTION_VALUE) {
        notice(session, result, "the node refuses to acknowledge sequence %lu of epoch %u",
               (unsigned long)session->acknowledged, session->epoch);
        session->acknowledged = 0;
        session->state = NODE_IDENTIFY;
        session->station.due_us = session->poll_due_us;
        return SW_OK;
    }
    return result == SW_OK ? take_window(session, reply) : result;
}

/* ---- steps ---- */

static const struct {
    struct field_request (*ask)(struct node_session *session);
    int (*take)(struct node_session *session, int result, const struct exchange_reply *reply);
} steps[] = {
    [NODE_IDENTIFY] = {ask_identity, take_identity},
    [NODE_HEALTH] = {ask_health, take_health},
    [NODE_SLOT_READ] = {ask_slot, take_slot},
    [NODE_SLOT_UNLOCK] = {ask_slot_unlock, take_slot_unlock},
    [NODE_SLOT_WRITE] = {ask_slot_write, take_slot_write},
    [NODE_CLOCK] = {ask_clock, take_clock},
    /* Nobody has answered yet: see whether the node is still there, then ask again. */
    [NODE_LOG_UNOPENED] = {ask_health, take_health},
    [NODE_LOG_OPEN] = {ask_log_open, take_log_open},
    [NODE_POLL] = {ask_window, take_poll},
};

void node_session_begin(struct node_session *session, int64_t now_us, struct exchange *out)
{
    session->now_us = now_us;
    *out = (struct exchange){.request = steps[session->state].ask(session),
                             .timeout_ms = session->station.line->config->timeout_ms};
}

void node_session_end(struct node_session *session, int result, const struct exchange_reply *reply, int64_t now_us)
{
    session->now_us = now_us;
    if (result == SW_OK || sw_error_is_exception(result))
        session->round_trip_us = reply->first_byte_us - reply->sent_us;
    result = steps[session->state].take(session, result, reply);
    if (result == SW_OK)
        unit_health_succeeded(&session->station.health);
    else
        failed(session, result);
}
