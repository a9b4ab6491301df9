#include "firmware/serve/register_map.h"
#include "firmware/serve/server.h"

static bool writable(const struct server *server, const struct map_field *field, uint64_t now_us)
{
    switch (field->access) {
    case MAP_RW:
    case MAP_WO:
        return true;
    case MAP_LOCKED:
        return server->unlocked && now_us < server->unlocked_until_us;
    default:
        return false;
    }
}

/* Registers that have their meaning only together, and so are written in one request. */
struct write_group {
    uint16_t start;
    uint16_t count;
};

static struct write_group group_of(const struct map_place *place)
{
    if (place->area == MAP_SLOT_CONFIG)
        return (struct write_group){(uint16_t)(place->start - place->field->address), SW_NODE_SLOT_CONFIG_REGISTERS};
    switch (place->start) {
    case SW_NODE_HOLDING_CLOCK_SECONDS:
    case SW_NODE_HOLDING_CLOCK_MILLIS:
        return (struct write_group){SW_NODE_HOLDING_CLOCK_SECONDS, 3};
    case SW_NODE_HOLDING_LOG_OPEN_EPOCH:
    case SW_NODE_HOLDING_LOG_OPEN_BASE:
        return (struct write_group){SW_NODE_HOLDING_LOG_OPEN_EPOCH, 3};
    case SW_NODE_HOLDING_LOG_ACK_EPOCH:
    case SW_NODE_HOLDING_LOG_ACK_SEQUENCE:
        return (struct write_group){SW_NODE_HOLDING_LOG_ACK_EPOCH, 3};
    default:
        return (struct write_group){place->start, place->field->words};
    }
}

static enum server_exception check_shape(const struct server *server, uint16_t address, uint16_t count, uint64_t now_us)
{
    enum server_exception exception = SERVER_NO_EXCEPTION;
    for (uint32_t at = address; at < (uint32_t)address + count; at++) {
        struct map_place place = map_find_holding((uint16_t)at);
        if (at > UINT16_MAX || place.area == MAP_NONE || !writable(server, place.field, now_us))
            return SERVER_ILLEGAL_ADDRESS;
        struct write_group group = group_of(&place);
        if (group.start < address || (uint32_t)group.start + group.count > (uint32_t)address + count)
            exception = SERVER_ILLEGAL_VALUE;
    }
    return exception;
}

static struct slot_config read_slot_config(struct sw_reader *values)
{
    struct slot_config config;
    config.profile = sw_read_u16(values);
    config.unit_id = sw_read_u16(values);
    config.sample_period_ds = sw_read_u16(values);
    config.report_delta = sw_read_u16(values);
    config.heartbeat_s = sw_read_u16(values);
    return config;
}

static struct sw_wall read_clock(struct sw_reader *values, bool *valid)
{
    uint32_t seconds = sw_read_u32(values);
    uint16_t millis = sw_read_u16(values);
    *valid = !values->failed && seconds != 0 && millis <= 999;
    return sw_wall_from_ms((int64_t)seconds * 1000 + millis);
}

/* One field or group at `place`: reads its values and says whether they are acceptable. */
static bool acceptable(const struct server *server, const struct map_place *place, struct sw_reader *values)
{
    if (place->area == MAP_SLOT_CONFIG) {
        struct slot_config config = read_slot_config(values);
        return slot_config_check(&config) == SW_OK;
    }
    bool valid = true;
    switch (place->start) {
    case SW_NODE_HOLDING_CLOCK_SECONDS:
        read_clock(values, &valid);
        return valid;
    case SW_NODE_HOLDING_LOG_OPEN_EPOCH: {
        uint16_t epoch = sw_read_u16(values);
        return record_log_check_open(server->context.log, epoch, sw_read_u32(values)) == SW_OK;
    }
    case SW_NODE_HOLDING_LOG_ACK_EPOCH: {
        uint16_t epoch = sw_read_u16(values);
        return record_log_check_acknowledge(server->context.log, epoch, sw_read_u32(values)) == SW_OK;
    }
    case SW_NODE_HOLDING_COMMAND:
        return sw_read_u16(values) <= SW_NODE_COMMAND_RESTART;
    default:
        sw_read_u16(values);
        return true;
    }
}

enum server_exception server_check_write(const struct server *server, uint16_t address, uint16_t count,
                                         struct sw_reader values, uint64_t now_us)
{
    enum server_exception exception = check_shape(server, address, count, now_us);
    for (uint32_t at = address; exception == SERVER_NO_EXCEPTION && at < (uint32_t)address + count;) {
        struct map_place place = map_find_holding((uint16_t)at);
        if (!acceptable(server, &place, &values) || values.failed) exception = SERVER_ILLEGAL_VALUE;
        at += group_of(&place).count;
    }
    return exception;
}

static void set_clock(struct server *server, struct sw_wall wall, uint64_t now_us)
{
    struct node_clock *clock = server->context.clock;
    bool matters = node_clock_quality(clock, now_us) == SW_CLOCK_UNSET;
    int32_t error_ms = node_clock_set(clock, now_us, wall);
    matters = matters || error_ms >= NODE_CLOCK_EVENT_MS || error_ms <= -NODE_CLOCK_EVENT_MS;
    if (!matters) return;
    struct sw_record record = {.slot = SW_RECORD_NO_SLOT, .kind = SW_RECORD_EVENT_CLOCK_SET, .value = error_ms};
    node_clock_stamp(clock, now_us, &record);
    record_log_append(server->context.log, &record);
}

static void unlock(struct server *server, uint16_t word, uint64_t now_us)
{
    server->unlocked = word == SW_NODE_UNLOCK_WORD;
    server->unlocked_until_us = now_us + SW_NODE_UNLOCK_S * UINT64_C(1000000);
}

static void write_at(struct server *server, const struct map_place *place, struct sw_reader *values, uint64_t now_us)
{
    if (place->area == MAP_SLOT_CONFIG) {
        struct slot_config config = read_slot_config(values);
        sampler_configure(server->context.sampler, place->slot, &config, now_us);
        return;
    }
    bool valid;
    uint16_t word;
    switch (place->start) {
    case SW_NODE_HOLDING_CLOCK_SECONDS:
        set_clock(server, read_clock(values, &valid), now_us);
        break;
    case SW_NODE_HOLDING_LOG_OPEN_EPOCH:
        word = sw_read_u16(values);
        record_log_open(server->context.log, word, sw_read_u32(values));
        break;
    case SW_NODE_HOLDING_LOG_ACK_EPOCH:
        word = sw_read_u16(values);
        record_log_acknowledge(server->context.log, word, sw_read_u32(values));
        break;
    case SW_NODE_HOLDING_UNLOCK:
        unlock(server, sw_read_u16(values), now_us);
        break;
    case SW_NODE_HOLDING_COMMAND:
        if (sw_read_u16(values) == SW_NODE_COMMAND_RESTART) server->restart_pending = true;
        break;
    default:
        break;
    }
}

void server_write(struct server *server, uint16_t address, uint16_t count, struct sw_reader values, uint64_t now_us)
{
    for (uint32_t at = address; at < (uint32_t)address + count;) {
        struct map_place place = map_find_holding((uint16_t)at);
        uint16_t step = group_of(&place).count;
        write_at(server, &place, &values, now_us);
        at += step;
    }
}
