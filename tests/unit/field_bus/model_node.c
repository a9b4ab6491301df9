#include "model_node.h"

#include <string.h>

void model_node_init(struct model_node *node, uint8_t unit_id, uint32_t serial)
{
    memset(node, 0, sizeof *node);
    pthread_mutex_init(&node->lock, NULL);
    node->unit_id = unit_id;
    node->serial = serial;
    node->magic = SW_NODE_MAGIC;
    node->map_version = SW_NODE_MAP_VERSION;
    node->slot_count = SW_NODE_SLOT_COUNT;
    node->boot = 1;
    node->epoch = 3;
    node->started_us = slave_now_us();
}

void model_node_destroy(struct model_node *node)
{
    pthread_mutex_destroy(&node->lock);
}

static int64_t uptime_ms(const struct model_node *node)
{
    return (slave_now_us() - node->started_us) / 1000;
}

static void add(struct model_node *node, struct sw_record record)
{
    record.sequence = ++node->newest;
    node->records[record.sequence % MODEL_RECORDS_MAX] = record;
}

void model_node_add_record(struct model_node *node, struct sw_record record)
{
    pthread_mutex_lock(&node->lock);
    add(node, record);
    pthread_mutex_unlock(&node->lock);
}

uint32_t model_node_add(struct model_node *node)
{
    pthread_mutex_lock(&node->lock);
    int64_t stamp_ms = uptime_ms(node) + (node->clock_set ? node->clock_offset_ms : 0);
    add(node, (struct sw_record){.seconds = (uint32_t)(stamp_ms / 1000),
                                 .millis = (uint16_t)(stamp_ms % 1000),
                                 .boot = (uint16_t)node->boot,
                                 .kind = SW_READING_LEVEL,
                                 .clock_quality = node->clock_set ? SW_CLOCK_SET : SW_CLOCK_UNSET,
                                 .value = (int32_t)node->newest + 1});
    uint32_t sequence = node->newest;
    pthread_mutex_unlock(&node->lock);
    return sequence;
}

void model_node_restart(struct model_node *node)
{
    pthread_mutex_lock(&node->lock);
    node->boot++;
    node->started_us = slave_now_us();
    node->clock_set = false;
    memset(node->slots, 0, sizeof node->slots);
    pthread_mutex_unlock(&node->lock);
}

static void put32(uint16_t *registers, uint32_t value)
{
    registers[0] = (uint16_t)(value >> 16);
    registers[1] = (uint16_t)value;
}

static uint32_t get32(const uint16_t *registers)
{
    return (uint32_t)registers[0] << 16 | registers[1];
}

static void identity(const struct model_node *node, uint16_t *out)
{
    out[SW_NODE_INPUT_MAGIC] = node->magic;
    out[SW_NODE_INPUT_MAP_VERSION] = node->map_version;
    put32(&out[SW_NODE_INPUT_SERIAL], node->serial);
    out[SW_NODE_INPUT_SLOT_COUNT] = node->slot_count;
    put32(&out[SW_NODE_INPUT_LOG_CAPACITY], MODEL_RECORDS_MAX);
}

static void health(const struct model_node *node, uint16_t *out)
{
    put32(&out[0], node->boot);
    out[SW_NODE_INPUT_LOG_EPOCH - SW_NODE_INPUT_BOOT_COUNT] = node->epoch;
    out[SW_NODE_INPUT_CLOCK_QUALITY - SW_NODE_INPUT_BOOT_COUNT] = node->clock_set ? SW_CLOCK_SET : SW_CLOCK_UNSET;
}

static void window(const struct model_node *node, uint16_t *out)
{
    uint8_t bytes[2 * SW_NODE_WINDOW_REGISTERS] = {0};
    struct sw_writer writer = sw_writer_over(bytes, sizeof bytes);
    int64_t up = uptime_ms(node);
    int64_t wall = node->clock_set ? up + node->clock_offset_ms : 0;
    uint32_t left = node->newest - node->acknowledged;
    struct sw_node_window_header header = {
        .serial = node->serial,
        .boot = (uint16_t)node->boot,
        .count = (uint16_t)(left < SW_NODE_WINDOW_RECORDS ? left : SW_NODE_WINDOW_RECORDS),
        .oldest = node->acknowledged + 1,
        .newest = node->newest,
        .uptime_s = (uint32_t)(up / 1000),
        .uptime_ms = (uint16_t)(up % 1000),
        .clock_s = (uint32_t)(wall / 1000),
        .clock_ms = (uint16_t)(wall % 1000),
        .clock_quality = node->clock_set ? SW_CLOCK_SET : SW_CLOCK_UNSET,
    };
    sw_node_window_header_encode(&header, &writer);
    for (uint32_t i = 0; i < header.count; i++) {
        struct sw_record record = node->records[(header.oldest + i) % MODEL_RECORDS_MAX];
        if (record.sequence == node->malformed) record.quality = 9;
        sw_record_encode(&record, &writer);
    }
    for (unsigned i = 0; i < SW_NODE_WINDOW_REGISTERS; i++)
        out[i] = (uint16_t)((unsigned)bytes[2 * i] << 8 | bytes[2 * i + 1]);
}

static void set_clock(struct model_node *node, const uint16_t *values)
{
    int64_t wall_ms = (int64_t)get32(values) * 1000 + values[2];
    int64_t was_ms = node->clock_set ? uptime_ms(node) + node->clock_offset_ms : 0;
    int64_t error_ms = wall_ms - was_ms;
    node->clock_error_ms = error_ms > INT32_MAX ? INT32_MAX : (int32_t)error_ms;
    node->clock_offset_ms = wall_ms - uptime_ms(node);
    node->clock_set = true;
    node->clock_writes++;
}

/* The exception code, 0 = done. */
static uint8_t acknowledge(struct model_node *node, const uint16_t *values)
{
    uint32_t sequence = get32(&values[1]);
    if (sequence > node->highest_acknowledge) node->highest_acknowledge = sequence;
    if (values[0] != node->epoch || sequence > node->newest) {
        node->refused_acknowledges++;
        return 3;
    }
    if (sequence > node->acknowledged) node->acknowledged = sequence;
    return 0;
}

static uint8_t write_block(struct model_node *node, unsigned address, unsigned count, const uint16_t *values)
{
    if (address == SW_NODE_HOLDING_CLOCK_SECONDS && count == 3) {
        set_clock(node, values);
        return 0;
    }
    if (address == SW_NODE_HOLDING_UNLOCK && count == 1) {
        node->unlocked = values[0] == SW_NODE_UNLOCK_WORD;
        return 0;
    }
    if (address == SW_NODE_HOLDING_LOG_OPEN_EPOCH && count == 3) {
        if (node->epoch != 0) return 3;
        node->epoch = values[0];
        return 0;
    }
    if (address == SW_NODE_HOLDING_LOG_ACK_EPOCH && count == 3) return acknowledge(node, values);
    unsigned slot = (address - SW_NODE_SLOT_CONFIG_BASE) / SW_NODE_SLOT_CONFIG_STRIDE;
    if (address < SW_NODE_SLOT_CONFIG_BASE || slot >= node->slot_count || count != SW_NODE_SLOT_CONFIG_REGISTERS)
        return 2;
    if (!node->unlocked) return 3;
    memcpy(node->slots[slot], values, sizeof node->slots[slot]);
    node->slot_writes++;
    return 0;
}

static uint8_t read_holding(struct model_node *node, unsigned address, unsigned count, uint16_t *out)
{
    if (address == SW_NODE_HOLDING_WINDOW && count <= SW_NODE_WINDOW_REGISTERS) {
        window(node, out);
        return 0;
    }
    if (address == SW_NODE_HOLDING_CLOCK_ERROR && count == 2) {
        put32(out, (uint32_t)node->clock_error_ms);
        return 0;
    }
    unsigned slot = (address - SW_NODE_SLOT_CONFIG_BASE) / SW_NODE_SLOT_CONFIG_STRIDE;
    if (address < SW_NODE_SLOT_CONFIG_BASE || slot >= node->slot_count || count != SW_NODE_SLOT_CONFIG_REGISTERS)
        return 2;
    memcpy(out, node->slots[slot], sizeof node->slots[slot]);
    return 0;
}

static unsigned word(const uint8_t *bytes)
{
    return (unsigned)bytes[0] << 8 | bytes[1];
}

/* The exception code, 0 = `count` registers to answer with, 0 of them = echo the request's head. */
static uint8_t carry_out(struct model_node *node, const uint8_t *request, uint16_t *registers, unsigned *count)
{
    unsigned address = word(&request[2]);
    uint16_t values[SLAVE_FRAME_MAX / 2];
    *count = word(&request[4]);
    memset(registers, 0, 2 * SW_NODE_WINDOW_REGISTERS);
    switch (request[1]) {
    case 4:
        if (address == SW_NODE_INPUT_MAGIC)
            identity(node, registers);
        else if (address == SW_NODE_INPUT_BOOT_COUNT)
            health(node, registers);
        else
            return 2;
        return 0;
    case 3:
        return read_holding(node, address, *count, registers);
    case 16:
        for (unsigned i = 0; i < *count; i++)
            values[i] = (uint16_t)word(&request[7 + 2 * i]);
        unsigned written = *count;
        *count = 0;
        return write_block(node, address, written, values);
    case 23: {
        unsigned write_count = word(&request[8]);
        for (unsigned i = 0; i < write_count; i++)
            values[i] = (uint16_t)word(&request[11 + 2 * i]);
        uint8_t code = write_block(node, word(&request[6]), write_count, values);
        return code != 0 ? code : read_holding(node, address, *count, registers);
    }
    default:
        return 1;
    }
}

void model_node_handle(void *ctx, struct scripted_slave *slave, const uint8_t *request, size_t size)
{
    struct model_node *node = ctx;
    (void)size;
    if (request[0] != node->unit_id) return;
    uint16_t registers[SW_NODE_WINDOW_REGISTERS];
    unsigned count;
    pthread_mutex_lock(&node->lock);
    bool poll = request[1] == 23 && word(&request[2]) == SW_NODE_HOLDING_WINDOW;
    bool lost = poll && node->ignore_polls > 0;
    if (lost) node->ignore_polls--;
    uint8_t code = lost ? 0 : carry_out(node, request, registers, &count);
    if (poll && !lost) node->polls++;
    if (poll && !lost && node->drop_replies > 0) {
        node->drop_replies--;
        lost = true;
    }
    pthread_mutex_unlock(&node->lock);
    if (lost) return;
    if (code != 0)
        slave_send_exception(slave, request, code);
    else if (count == 0)
        slave_send(slave, request, 6);
    else
        slave_send_registers(slave, request[0], request[1], registers, count);
}
