#include "tests/unit/firmware/bench.h"

#include <string.h>

static struct bench the_bench;

uint16_t bench_crc(const uint8_t *bytes, size_t size)
{
    unsigned crc = 0xffff;
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0xa001u : crc >> 1;
    }
    return (uint16_t)crc;
}

static size_t add_crc(uint8_t *bytes, size_t size)
{
    uint16_t crc = bench_crc(bytes, size);
    bytes[size] = (uint8_t)crc;
    bytes[size + 1] = (uint8_t)(crc >> 8);
    return size + 2;
}

struct bench *bench_start(void)
{
    struct bench *bench = &the_bench;
    memset(bench, 0, sizeof *bench);
    bench->clock.now_us = 1000;
    bench->time = sim_clock_port(&bench->clock);
    sim_uart_join(&bench->node_sensors, &bench->sensor_end, &bench->clock);
    sim_uart_join(&bench->node_gateway, &bench->gateway_end, &bench->clock);
    sim_system_init(&bench->system, BENCH_SERIAL, bench->retained, sizeof bench->retained);
    bench->gateway_end.settings = (struct sw_line_settings){115200, 'N', 1};
    bench->ports = (struct node_ports){
        &bench->node_sensors.port,  &bench->node_gateway.port, &bench->time, &bench->system.port, BENCH_UNIT,
        bench->gateway_end.settings};
    (void)bench_restart_node(bench, SW_RESET_POWER_ON);
    return bench;
}

int bench_restart_node(struct bench *bench, enum sw_reset_reason reason)
{
    bench->system.port.reset_reason = reason;
    bench->node_due_us = bench->clock.now_us;
    return node_init(&bench->node, &bench->ports);
}

struct bench_sensor *bench_add_sensor(struct bench *bench, uint8_t unit, enum sw_profile_id profile)
{
    for (unsigned i = 0; i < BENCH_SENSORS; i++) {
        struct bench_sensor *sensor = &bench->sensors[i];
        if (sensor->unit != 0) continue;
        sensor->unit = unit;
        sensor->profile = sw_profile_by_id(profile);
        sensor->turnaround_us = 5000;
        return sensor;
    }
    return NULL;
}

static size_t compose_registers(const struct bench_sensor *sensor, uint8_t *bytes, uint8_t count)
{
    struct sw_writer writer = sw_writer_over(bytes, 254);
    sw_write_u8(&writer, sensor->manner == SENSOR_OTHER_UNIT ? (uint8_t)(sensor->unit + 100) : sensor->unit);
    sw_write_u8(&writer, sensor->manner == SENSOR_OTHER_FUNCTION ? 0x06 : sensor->profile->node_block.function);
    sw_write_u8(&writer, (uint8_t)(count * 2));
    for (unsigned i = 0; i < count; i++)
        sw_write_u16(&writer, sensor->registers[i]);
    return sw_writer_size(&writer);
}

static size_t compose_exception(const struct bench_sensor *sensor, uint8_t *bytes)
{
    bytes[0] = sensor->unit;
    bytes[1] = sensor->profile->node_block.function | 0x80;
    bytes[2] = sensor->exception;
    return 3;
}

static void reply_with(struct bench *bench, struct bench_sensor *sensor, uint8_t count)
{
    struct bench_reply *reply = &bench->replies[sensor - bench->sensors];
    if (sensor->manner == SENSOR_ONE_REGISTER_LESS) count--;
    size_t size = sensor->manner == SENSOR_EXCEPTION ? compose_exception(sensor, reply->bytes)
                                                     : compose_registers(sensor, reply->bytes, count);
    reply->size = add_crc(reply->bytes, size);
    if (sensor->manner == SENSOR_WRONG_CRC) reply->bytes[reply->size - 1] ^= 0x01;
    if (sensor->manner == SENSOR_GAP_INSIDE) bench->sensor_end.fault = (struct sim_fault){SIM_FAULT_DELAY, 3, 1, 2500};
    reply->at_us = bench->clock.now_us + sensor->turnaround_us;
}

static bool on_this_line(const struct bench *bench, const struct bench_sensor *sensor)
{
    const struct sw_line_settings *line = &bench->node_sensors.settings;
    const struct sw_line_settings *own = &sensor->profile->line;
    return line->baud == own->baud && line->parity == own->parity && line->stop_bits == own->stop_bits;
}

static void hear_request(struct bench *bench, const uint8_t *bytes)
{
    struct sw_reader reader = sw_reader_over(bytes, 6);
    uint8_t unit = sw_read_u8(&reader);
    uint8_t function = sw_read_u8(&reader);
    uint16_t address = sw_read_u16(&reader);
    uint16_t count = sw_read_u16(&reader);
    for (unsigned i = 0; i < BENCH_SENSORS; i++) {
        struct bench_sensor *sensor = &bench->sensors[i];
        if (sensor->unit != unit || !on_this_line(bench, sensor) || sensor->profile->node_block.function != function ||
            sensor->profile->node_block.address != address || sensor->profile->node_block.count != count)
            continue;
        sensor->requests++;
        if (sensor->manner != SENSOR_DEAD) reply_with(bench, sensor, (uint8_t)count);
        if (sensor->manner_count > 0 && --sensor->manner_count == 0) sensor->manner = SENSOR_ANSWERS;
        return;
    }
}

static void poll_sensors(struct bench *bench)
{
    struct port_byte byte;
    bench->sensor_end.settings = bench->node_sensors.settings;
    while (bench->sensor_end.port.receive(bench->sensor_end.port.ctx, &byte)) {
        bench->heard[bench->heard_size++] = byte.value;
        if (bench->heard_size < 8) continue;
        bench->heard_size = 0;
        if (bench_crc(bench->heard, 8) == 0) hear_request(bench, bench->heard);
    }
    for (unsigned i = 0; i < BENCH_SENSORS; i++) {
        struct bench_reply *reply = &bench->replies[i];
        if (reply->size == 0 || reply->at_us > bench->clock.now_us) continue;
        (void)bench->sensor_end.port.send(bench->sensor_end.port.ctx, reply->bytes, reply->size);
        reply->size = 0;
    }
}

static void poll_gateway(struct bench *bench)
{
    struct port_byte byte;
    while (bench->gateway_end.port.receive(bench->gateway_end.port.ctx, &byte)) {
        if (bench->answer_size < sizeof bench->answer) bench->answer[bench->answer_size++] = byte.value;
        bench->answer_end_us = byte.at_us;
    }
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t next_event_us(const struct bench *bench)
{
    uint64_t next = bench->node_due_us;
    next = earlier(next, sim_uart_next_arrival(&bench->node_sensors));
    next = earlier(next, sim_uart_next_arrival(&bench->sensor_end));
    next = earlier(next, sim_uart_next_arrival(&bench->node_gateway));
    next = earlier(next, sim_uart_next_arrival(&bench->gateway_end));
    for (unsigned i = 0; i < BENCH_SENSORS; i++)
        if (bench->replies[i].size > 0) next = earlier(next, bench->replies[i].at_us);
    return next;
}

static void step(struct bench *bench, uint64_t end_us)
{
    uint64_t next = earlier(next_event_us(bench), end_us);
    bench->clock.now_us = next > bench->clock.now_us ? next : bench->clock.now_us + 1;
    poll_sensors(bench);
    poll_gateway(bench);
    bench->node_due_us = node_poll(&bench->node);
    bench->node_polls++;
}

void bench_run(struct bench *bench, uint64_t duration_us)
{
    uint64_t end_us = bench->clock.now_us + duration_us;
    while (bench->clock.now_us < end_us)
        step(bench, end_us);
}

size_t bench_ask(struct bench *bench, const uint8_t *request, size_t size)
{
    uint8_t frame[264];
    bench_run(bench, 2000);
    memcpy(frame, request, size);
    bench->answer_size = 0;
    (void)bench->gateway_end.port.send(bench->gateway_end.port.ctx, frame, add_crc(frame, size));
    uint64_t limit_us = bench->clock.now_us + 500000;
    while (bench->clock.now_us < limit_us) {
        step(bench, limit_us);
        bool silent = sim_uart_next_arrival(&bench->gateway_end) == SIM_NEVER;
        if (bench->answer_size > 0 && silent && !rtu_link_transmitting(&bench->node.gateway_link)) break;
    }
    if (bench->answer_size < 4 || bench_crc(bench->answer, bench->answer_size) != 0) return 0;
    return bench->answer_size - 2;
}

/* Takes exceptions and wrong shapes out of the way of the ready-made requests. */
static int judge_answer(const struct bench *bench, size_t size, uint8_t function)
{
    if (size == 3 && bench->answer[1] == (function | 0x80)) return bench->answer[2];
    return size >= 3 && bench->answer[0] == BENCH_UNIT && bench->answer[1] == function ? 0 : -1;
}

static int take_values(const struct bench *bench, size_t size, uint16_t count, uint16_t *values)
{
    struct sw_reader reader = sw_reader_over(bench->answer + 2, size - 2);
    if (sw_read_u8(&reader) != count * 2) return -1;
    for (unsigned i = 0; i < count; i++)
        values[i] = sw_read_u16(&reader);
    return reader.failed || sw_reader_left(&reader) > 0 ? -1 : 0;
}

int bench_read(struct bench *bench, uint8_t function, uint16_t address, uint16_t count, uint16_t *values)
{
    uint8_t request[8];
    struct sw_writer writer = sw_writer_over(request, sizeof request);
    sw_write_u8(&writer, BENCH_UNIT);
    sw_write_u8(&writer, function);
    sw_write_u16(&writer, address);
    sw_write_u16(&writer, count);
    size_t size = bench_ask(bench, request, sw_writer_size(&writer));
    int result = judge_answer(bench, size, function);
    return result == 0 ? take_values(bench, size, count, values) : result;
}

int bench_write(struct bench *bench, uint16_t address, uint16_t count, const uint16_t *values)
{
    uint8_t request[264];
    struct sw_writer writer = sw_writer_over(request, sizeof request);
    sw_write_u8(&writer, BENCH_UNIT);
    sw_write_u8(&writer, 0x10);
    sw_write_u16(&writer, address);
    sw_write_u16(&writer, count);
    sw_write_u8(&writer, (uint8_t)(count * 2));
    for (unsigned i = 0; i < count; i++)
        sw_write_u16(&writer, values[i]);
    size_t size = bench_ask(bench, request, sw_writer_size(&writer));
    return judge_answer(bench, size, 0x10);
}

int bench_read_write(struct bench *bench, uint16_t read_address, uint16_t read_count, uint16_t write_address,
                     uint16_t write_count, const uint16_t *write_values, uint16_t *read_values)
{
    uint8_t request[264];
    struct sw_writer writer = sw_writer_over(request, sizeof request);
    sw_write_u8(&writer, BENCH_UNIT);
    sw_write_u8(&writer, 0x17);
    sw_write_u16(&writer, read_address);
    sw_write_u16(&writer, read_count);
    sw_write_u16(&writer, write_address);
    sw_write_u16(&writer, write_count);
    sw_write_u8(&writer, (uint8_t)(write_count * 2));
    for (unsigned i = 0; i < write_count; i++)
        sw_write_u16(&writer, write_values[i]);
    size_t size = bench_ask(bench, request, sw_writer_size(&writer));
    int result = judge_answer(bench, size, 0x17);
    return result == 0 ? take_values(bench, size, read_count, read_values) : result;
}

uint32_t bench_input(struct bench *bench, uint16_t address, unsigned words)
{
    uint16_t values[2] = {0, 0};
    if (bench_read(bench, 0x04, address, (uint16_t)words, values) != 0) return UINT32_MAX;
    return words == 2 ? (uint32_t)values[0] << 16 | values[1] : values[0];
}

int bench_configure_slot(struct bench *bench, unsigned slot, const struct slot_config *config)
{
    const uint16_t word = SW_NODE_UNLOCK_WORD;
    const uint16_t values[] = {config->profile, config->unit_id, config->sample_period_ds, config->report_delta,
                               config->heartbeat_s};
    int result = bench_write(bench, SW_NODE_HOLDING_UNLOCK, 1, &word);
    if (result != 0) return result;
    return bench_write(bench, (uint16_t)(SW_NODE_SLOT_CONFIG_BASE + slot * SW_NODE_SLOT_CONFIG_STRIDE),
                       SW_NODE_SLOT_CONFIG_REGISTERS, values);
}

int bench_open_log(struct bench *bench, uint16_t epoch)
{
    const uint16_t values[] = {epoch, 0, 0};
    return bench_write(bench, SW_NODE_HOLDING_LOG_OPEN_EPOCH, 3, values);
}

int bench_fetch(struct bench *bench, uint16_t epoch, uint32_t acknowledged, struct sw_node_window_header *header,
                struct sw_record *records)
{
    const uint16_t acknowledge[] = {epoch, (uint16_t)(acknowledged >> 16), (uint16_t)acknowledged};
    uint16_t window[SW_NODE_WINDOW_REGISTERS];
    int result = bench_read_write(bench, SW_NODE_HOLDING_WINDOW, SW_NODE_WINDOW_REGISTERS,
                                  SW_NODE_HOLDING_LOG_ACK_EPOCH, 3, acknowledge, window);
    if (result != 0) return result;
    struct sw_reader reader = sw_reader_over(bench->answer + 3, 250);
    if (sw_node_window_header_decode(&reader, header) != SW_OK) return -1;
    for (unsigned i = 0; i < header->count; i++)
        if (sw_record_decode(&reader, &records[i]) != SW_OK) return -1;
    return 0;
}

void bench_put_u32(uint16_t *registers, uint32_t value, enum sw_byte_order order)
{
    uint8_t a = (uint8_t)(value >> 24), b = (uint8_t)(value >> 16), c = (uint8_t)(value >> 8), d = (uint8_t)value;
    const uint8_t orders[4][4] = {
        [SW_ORDER_ABCD] = {a, b, c, d},
        [SW_ORDER_DCBA] = {d, c, b, a},
        [SW_ORDER_BADC] = {b, a, d, c},
        [SW_ORDER_CDAB] = {c, d, a, b},
    };
    registers[0] = (uint16_t)(orders[order][0] << 8 | orders[order][1]);
    registers[1] = (uint16_t)(orders[order][2] << 8 | orders[order][3]);
}

void bench_put_float(uint16_t *registers, float value, enum sw_byte_order order)
{
    uint32_t raw;
    memcpy(&raw, &value, sizeof raw);
    bench_put_u32(registers, raw, order);
}
