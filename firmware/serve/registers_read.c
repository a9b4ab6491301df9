#include "firmware/health/health.h"
#include "firmware/serve/register_map.h"
#include "firmware/serve/server.h"
#include "firmware/version.h"

static uint32_t identity_value(const struct server *server, uint16_t address)
{
    switch (address) {
    case SW_NODE_INPUT_MAGIC:
        return SW_NODE_MAGIC;
    case SW_NODE_INPUT_MAP_VERSION:
        return SW_NODE_MAP_VERSION;
    case SW_NODE_INPUT_FIRMWARE_VERSION:
        return FIRMWARE_VERSION_MAJOR << 8 | FIRMWARE_VERSION_MINOR;
    case SW_NODE_INPUT_FIRMWARE_PATCH:
        return FIRMWARE_VERSION_PATCH;
    case SW_NODE_INPUT_BOARD:
        return server->context.system->board;
    case SW_NODE_INPUT_SERIAL:
        return server->context.system->serial;
    case SW_NODE_INPUT_SLOT_COUNT:
        return SW_NODE_SLOT_COUNT;
    case SW_NODE_INPUT_LOG_CAPACITY:
        return server->context.log->pool.capacity;
    default:
        return 0;
    }
}

static uint32_t log_value(const struct record_log *log, uint16_t address)
{
    switch (address) {
    case SW_NODE_INPUT_BOOT_COUNT:
        return log->header.boot_count;
    case SW_NODE_INPUT_LOG_EPOCH:
        return log->header.epoch;
    case SW_NODE_INPUT_LOG_COUNT:
        return record_log_count(log);
    case SW_NODE_INPUT_LOG_OLDEST:
        return record_log_oldest(log);
    case SW_NODE_INPUT_LOG_NEWEST:
        return record_log_newest(log);
    case SW_NODE_INPUT_LOG_LOST:
        return log->header.lost;
    default:
        return 0;
    }
}

static uint32_t input_value(const struct server *server, uint16_t address, uint64_t now_us)
{
    const struct port_system *system = server->context.system;
    switch (address) {
    case SW_NODE_INPUT_RESET_REASON:
        return system->reset_reason;
    case SW_NODE_INPUT_UPTIME:
        return health_uptime_s(now_us);
    case SW_NODE_INPUT_SUPPLY:
        return system->supply_mv(system->ctx);
    case SW_NODE_INPUT_STACK_FREE:
        return system->stack_free(system->ctx);
    case SW_NODE_INPUT_CLOCK_QUALITY:
        return node_clock_quality(server->context.clock, now_us);
    case SW_NODE_INPUT_SERVER_REQUESTS:
        return server->requests;
    case SW_NODE_INPUT_SERVER_ERRORS:
        return server->errors;
    default:
        return address < SW_NODE_INPUT_BOOT_COUNT ? identity_value(server, address)
                                                  : log_value(server->context.log, address);
    }
}

static uint32_t status_value(const struct sample_slot *slot, uint16_t offset, uint64_t now_us)
{
    switch (offset) {
    case SW_NODE_SLOT_STATUS_STATE:
        return slot->state;
    case SW_NODE_SLOT_STATUS_PROFILE:
        return slot->config.profile;
    case SW_NODE_SLOT_STATUS_UNIT_ID:
        return slot->config.unit_id;
    case SW_NODE_SLOT_STATUS_KIND:
        return slot->profile ? sw_profile_point(slot->profile, 0)->kind : SW_READING_NONE;
    case SW_NODE_SLOT_STATUS_QUALITY:
        return (uint32_t)slot->last_quality << 8 | slot->last_reason;
    case SW_NODE_SLOT_STATUS_AGE:
        return sampler_age_s(slot, now_us);
    case SW_NODE_SLOT_STATUS_VALUE:
        return (uint32_t)slot->last_value;
    default:
        return 0;
    }
}

static uint32_t bus_value(const struct bus_statistics *statistics, uint16_t offset)
{
    switch (offset) {
    case SW_NODE_SLOT_BUS_REQUESTS:
        return statistics->requests;
    case SW_NODE_SLOT_BUS_TIMEOUTS:
        return statistics->timeouts;
    case SW_NODE_SLOT_BUS_CRC_ERRORS:
        return statistics->crc_errors;
    case SW_NODE_SLOT_BUS_LATE_FRAMES:
        return statistics->late_frames;
    case SW_NODE_SLOT_BUS_EXCEPTIONS:
        return statistics->exceptions;
    case SW_NODE_SLOT_BUS_WRONG_REPLIES:
        return statistics->wrong_replies;
    case SW_NODE_SLOT_BUS_RESPONSE_MS:
        return statistics->response_ms;
    default:
        return 0;
    }
}

static uint32_t config_value(const struct slot_config *config, uint16_t offset)
{
    switch (offset) {
    case SW_NODE_SLOT_CONFIG_PROFILE:
        return config->profile;
    case SW_NODE_SLOT_CONFIG_UNIT_ID:
        return config->unit_id;
    case SW_NODE_SLOT_CONFIG_SAMPLE_PERIOD:
        return config->sample_period_ds;
    case SW_NODE_SLOT_CONFIG_REPORT_DELTA:
        return config->report_delta;
    case SW_NODE_SLOT_CONFIG_HEARTBEAT:
        return config->heartbeat_s;
    default:
        return 0;
    }
}

/* Write-only registers, the commands included, read as 0. */
static uint32_t holding_value(const struct server *server, uint16_t address, uint64_t now_us)
{
    int64_t wall_ms = node_clock_wall(server->context.clock, now_us).ms;
    switch (address) {
    case SW_NODE_HOLDING_CLOCK_SECONDS:
        return (uint32_t)(wall_ms / 1000);
    case SW_NODE_HOLDING_CLOCK_MILLIS:
        return (uint32_t)(wall_ms % 1000);
    case SW_NODE_HOLDING_CLOCK_ERROR:
        return (uint32_t)server->context.clock->last_error_ms;
    default:
        return 0;
    }
}

static uint32_t value_at(const struct server *server, const struct map_place *place, uint64_t now_us)
{
    const struct sample_slot *slot = &server->context.sampler->slots[place->slot];
    switch (place->area) {
    case MAP_INPUT:
        return input_value(server, place->start, now_us);
    case MAP_HOLDING:
        return holding_value(server, place->start, now_us);
    case MAP_SLOT_STATUS:
        return status_value(slot, place->field->address, now_us);
    case MAP_SLOT_BUS:
        return bus_value(&slot->statistics, place->field->address);
    case MAP_SLOT_CONFIG:
        return config_value(&slot->config, place->field->address);
    case MAP_NONE:
        break;
    }
    return 0;
}

/* One register: the high word of a 32-bit value comes first. `now_us` is the same for the whole request, so a value
 * read in two words is of one instant. */
static void write_word(const struct server *server, const struct map_place *place, uint16_t address, uint64_t now_us,
                       struct sw_writer *out)
{
    uint32_t value = value_at(server, place, now_us);
    bool high = place->field->words == 2 && address == place->start;
    sw_write_u16(out, (uint16_t)(high ? value >> 16 : value));
}

enum server_exception server_read_inputs(const struct server *server, uint16_t address, uint16_t count, uint64_t now_us,
                                         struct sw_writer *out)
{
    for (uint32_t at = address; at < (uint32_t)address + count; at++) {
        struct map_place place = map_find_input((uint16_t)at);
        if (place.area == MAP_NONE || at > UINT16_MAX) return SERVER_ILLEGAL_ADDRESS;
        write_word(server, &place, (uint16_t)at, now_us, out);
    }
    return SERVER_NO_EXCEPTION;
}

static struct sw_node_window_header window_header(const struct server *server, uint64_t now_us)
{
    const struct server_context *context = &server->context;
    int64_t uptime_ms = node_clock_uptime(now_us).ms;
    int64_t wall_ms = node_clock_wall(context->clock, now_us).ms;
    return (struct sw_node_window_header){
        .serial = context->system->serial,
        .boot = (uint16_t)context->log->header.boot_count,
        .oldest = record_log_oldest(context->log),
        .newest = record_log_newest(context->log),
        .uptime_s = (uint32_t)(uptime_ms / 1000),
        .uptime_ms = (uint16_t)(uptime_ms % 1000),
        .clock_s = (uint32_t)(wall_ms / 1000),
        .clock_ms = (uint16_t)(wall_ms % 1000),
        .clock_quality = (uint16_t)node_clock_quality(context->clock, now_us),
    };
}

/* Only records that fit whole into the registers asked for are given. */
static enum server_exception read_window(struct server *server, uint16_t count, uint64_t now_us, struct sw_writer *out)
{
    struct sw_record records[SW_NODE_WINDOW_RECORDS];
    uint8_t header_bytes[SW_NODE_WINDOW_HEADER * 2];
    if (count > SW_NODE_WINDOW_REGISTERS) return SERVER_ILLEGAL_ADDRESS;
    size_t room = count < SW_NODE_WINDOW_HEADER ? 0 : (count - SW_NODE_WINDOW_HEADER) / SW_RECORD_REGISTERS;
    /* Reading the records first: one found damaged changes the numbers in the header. */
    size_t record_count = record_log_read(server->context.log, records, room);
    struct sw_node_window_header header = window_header(server, now_us);
    header.count = (uint16_t)record_count;

    struct sw_writer header_writer = sw_writer_over(header_bytes, sizeof header_bytes);
    sw_node_window_header_encode(&header, &header_writer);
    size_t end = sw_writer_size(out) + (size_t)count * 2;
    for (size_t i = 0; i < sizeof header_bytes && sw_writer_size(out) < end; i++)
        sw_write_u8(out, header_bytes[i]);
    for (size_t i = 0; i < record_count; i++)
        sw_record_encode(&records[i], out);
    while (!out->failed && sw_writer_size(out) < end)
        sw_write_u8(out, 0);
    return SERVER_NO_EXCEPTION;
}

enum server_exception server_read_holdings(struct server *server, uint16_t address, uint16_t count, uint64_t now_us,
                                           struct sw_writer *out)
{
    if (address == SW_NODE_HOLDING_WINDOW) return read_window(server, count, now_us, out);
    for (uint32_t at = address; at < (uint32_t)address + count; at++) {
        struct map_place place = map_find_holding((uint16_t)at);
        if (place.area == MAP_NONE || at > UINT16_MAX || place.start == SW_NODE_HOLDING_WINDOW)
            return SERVER_ILLEGAL_ADDRESS;
        write_word(server, &place, (uint16_t)at, now_us, out);
    }
    return SERVER_NO_EXCEPTION;
}
