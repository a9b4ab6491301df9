#include "sim/node.h"

#include <stdlib.h>
#include <string.h>

#include "boards/native/sim_port.h"
#include "firmware/app/node.h"
#include "firmware/app/node_state.h"
#include "firmware/rtu/crc16.h"
#include "sim/check.h"
#include "sim/world.h"

/* Records of about three days. */
#define RETAINED_SIZE (64u * 1024u)
#define FIRST_SERIAL  5000u
#define TURNAROUND_US 5000u
#define MILLION       INT64_C(1000000)

struct sim_node {
    bool on;
    uint32_t index;
    int64_t boot_us; /* true time at which its clock stood at 0 */
    int32_t drift_ppm;
    struct dice dice;
    struct sim_clock clock;
    struct port_time time;
    struct sim_uart node_sensors, sensor_end;
    struct sim_uart node_gateway, gateway_end;
    struct sim_system system;
    struct node_ports ports;
    struct node node;
    uint64_t *retained;
    int64_t drained_us;
};

static struct sim_node *nodes;

static uint64_t node_time(const struct sim_node *node, int64_t at_us)
{
    int64_t run_us = at_us - node->boot_us;
    return (uint64_t)(run_us + run_us * node->drift_ppm / MILLION);
}

static int64_t true_time(const struct sim_node *node, uint64_t at_us)
{
    return node->boot_us + (int64_t)at_us - (int64_t)at_us * node->drift_ppm / MILLION;
}

/* ---- sensors ---- */

/* The slot's unit id is its number and one. Returns the registers that the profile asks for. */
static bool sensor_registers(const struct sim_node *node, unsigned slot, const struct sw_profile *profile,
                             uint16_t *registers)
{
    int64_t at_us = true_time(node, node->clock.now_us);
    memset(registers, 0, profile->node_block.count * sizeof *registers);
    if (profile->id == SW_PROFILE_BOVE) {
        uint32_t litres = world_home_litres(node->index * WORLD_HOMES_A_NODE + slot, at_us);
        registers[0] = (uint16_t)litres; /* low word first */
        registers[1] = (uint16_t)(litres >> 16);
        return true;
    }
    if (profile->id == SW_PROFILE_GEOLUX_LX80) {
        registers[0] = (uint16_t)world_site_mm(node->index, at_us);
        return true;
    }
    if (profile->id == SW_PROFILE_MANHOLE) {
        bool open = world_cover_open(node->index, at_us);
        registers[0] = open ? 350 : 5; /* tenths of a degree */
        registers[1] = open;
        registers[2] = 3600;
        return true;
    }
    return false;
}

static size_t compose_reply(const struct sim_node *node, const uint8_t *request, uint8_t *bytes)
{
    uint16_t registers[SW_NODE_WINDOW_REGISTERS];
    unsigned slot = request[0] - 1u;
    if (slot >= SW_NODE_SLOT_COUNT) return 0;
    const struct sw_profile *profile = node->node.sampler.slots[slot].profile;
    if (!profile || !sensor_registers(node, slot, profile, registers)) return 0;
    struct sw_writer writer = sw_writer_over(bytes, NODE_REPLY_MAX);
    sw_write_u8(&writer, request[0]);
    sw_write_u8(&writer, profile->node_block.function);
    sw_write_u8(&writer, (uint8_t)(2 * profile->node_block.count));
    for (unsigned i = 0; i < profile->node_block.count; i++)
        sw_write_u16(&writer, registers[i]);
    size_t size = sw_writer_size(&writer);
    uint16_t crc = crc16_over(bytes, size);
    bytes[size] = (uint8_t)crc;
    bytes[size + 1] = (uint8_t)(crc >> 8);
    return size + 2;
}

/* Takes what is on its way to an end, whenever it arrives. Returns its size, and when the last byte is there. */
static size_t take_all(struct sim_uart *uart, uint8_t *bytes, size_t size, uint64_t *end_us)
{
    size_t count = 0;
    for (; uart->queue_count > 0; uart->queue_count--) {
        const struct port_byte *byte = &uart->queue[uart->queue_head];
        *end_us = byte->at_us;
        if (count < size) bytes[count++] = byte->value;
        uart->queue_head = (uart->queue_head + 1) % SIM_QUEUE_SIZE;
    }
    return count;
}

static void send_at(struct sim_node *node, struct sim_uart *uart, uint64_t at_us, const uint8_t *bytes, size_t size)
{
    uint64_t now_us = node->clock.now_us;
    node->clock.now_us = at_us;
    (void)uart->port.send(uart->port.ctx, bytes, size);
    node->clock.now_us = now_us;
}

static void serve_sensors(struct sim_node *node)
{
    uint8_t request[NODE_REPLY_MAX], reply[NODE_REPLY_MAX];
    uint64_t end_us = 0;
    size_t size = take_all(&node->sensor_end, request, sizeof request, &end_us);
    if (size != 8 || crc16_over(request, size) != 0) return;
    size = compose_reply(node, request, reply);
    if (size == 0) return;
    node->sensor_end.settings = node->node_sensors.settings;
    if (sim.faults && dice_hit(&node->dice, 200)) {
        enum sim_fault_kind kind = dice_hit(&node->dice, 2) ? SIM_FAULT_DROP : SIM_FAULT_CORRUPT;
        node->sensor_end.fault = (struct sim_fault){kind, 2, 1, 0};
    }
    send_at(node, &node->sensor_end, end_us + TURNAROUND_US, reply, size);
}

/* ---- its own time ---- */

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Bytes carry their times, so it is enough to look when the last one is there. */
static uint64_t last_arrival(const struct sim_uart *uart)
{
    if (uart->queue_count == 0) return SIM_NEVER;
    return uart->queue[(uart->queue_head + uart->queue_count - 1) % SIM_QUEUE_SIZE].at_us;
}

/* Not node_poll()'s own answer: that one also wakes four times a second for the watchdog. */
static uint64_t next_wake(const struct sim_node *node)
{
    const struct node *firmware = &node->node;
    uint64_t now_us = node->clock.now_us;
    bool sends = firmware->gateway_link.transmit_state == RTU_TRANSMIT_SENDING;
    bool asks = firmware->sensor_link.transmit_state == RTU_TRANSMIT_SENDING;
    uint64_t serve_us = sends ? node->node_gateway.transmit_end_us : server_due(&firmware->server, now_us);
    uint64_t sample_us = asks ? node->node_sensors.transmit_end_us : sampler_due(&firmware->sampler, now_us);
    uint64_t arrival_us = earlier(last_arrival(&node->node_gateway), last_arrival(&node->node_sensors));
    return earlier(arrival_us, earlier(serve_us, sample_us));
}

/* False when there is nothing to do up to `until_us`; then that is its time. */
static bool step(struct sim_node *node, uint64_t until_us)
{
    uint64_t next_us = next_wake(node);
    if (next_us > until_us) {
        if (until_us > node->clock.now_us) node->clock.now_us = until_us;
        return false;
    }
    node->clock.now_us = next_us > node->clock.now_us ? next_us : node->clock.now_us + 1;
    (void)node_poll(&node->node);
    if (node->sensor_end.queue_count > 0) serve_sensors(node);
    return true;
}

static void catch_up(struct sim_node *node)
{
    uint64_t now_us = node_time(node, sim.now_us);
    while (step(node, now_us))
        continue;
}

/* ---- life ---- */

/* A boot in which no gateway set the clock: its records' times are guessed later. What follows is known again. */
static void note_end_of_boot(struct sim_node *node)
{
    if (!node->node.clock.set) check_doubt(node->index, node->boot_us, sim.now_us);
}

static void start(struct sim_node *node, enum sw_reset_reason reason)
{
    node->boot_us = sim.now_us;
    node->clock.now_us = 0;
    sim_uart_join(&node->node_sensors, &node->sensor_end, &node->clock);
    sim_uart_join(&node->node_gateway, &node->gateway_end, &node->clock);
    node->gateway_end.settings = node->ports.gateway_line;
    node->system.port.reset_reason = reason;
    if (node_init(&node->node, &node->ports) != SW_OK) sim_fail("node %u does not start", (unsigned)node->index);
    (void)node_poll(&node->node);
}

void nodes_make(void)
{
    nodes = sim_zeroed(world.nodes, sizeof *nodes);
    for (uint32_t i = 0; i < world.nodes; i++) {
        struct sim_node *node = &nodes[i];
        node->index = i;
        node->dice = dice_for(sim.seed, UINT64_C(0x6e0000) + i);
        node->drift_ppm = (int32_t)dice_between(&node->dice, -50, 50);
        node->retained = sim_zeroed(1, RETAINED_SIZE);
        node->time = sim_clock_port(&node->clock);
        sim_system_init(&node->system, node_serial(i), node->retained, RETAINED_SIZE);
        node->ports = (struct node_ports){&node->node_sensors.port,
                                          &node->node_gateway.port,
                                          &node->time,
                                          &node->system.port,
                                          (uint8_t)(1 + i % WORLD_NODES_A_LINE),
                                          {115200, 'N', 1}};
        node->on = true;
        start(node, SW_RESET_POWER_ON);
    }
}

void nodes_free(void)
{
    for (uint32_t i = 0; i < world.nodes; i++)
        free(nodes[i].retained);
    free(nodes);
}

void node_reset(uint32_t index)
{
    struct sim_node *node = &nodes[index];
    if (!node->on) return;
    sim_tell("node-%u is reset", (unsigned)index);
    catch_up(node);
    note_end_of_boot(node);
    start(node, SW_RESET_WATCHDOG);
}

void node_power_off(uint32_t index)
{
    sim_tell("node-%u has no power", (unsigned)index);
    catch_up(&nodes[index]);
    note_end_of_boot(&nodes[index]);
    nodes[index].on = false;
}

void node_power_on(uint32_t index, bool memory_kept)
{
    struct sim_node *node = &nodes[index];
    sim_tell("node-%u has power again, its memory is %s", (unsigned)index, memory_kept ? "kept" : "lost");
    if (!memory_kept) memset(node->retained, 0xa5, RETAINED_SIZE);
    node->on = true;
    start(node, memory_kept ? SW_RESET_PIN : SW_RESET_POWER_ON);
}

bool node_is_on(uint32_t index)
{
    return nodes[index].on;
}

int64_t node_drained_us(uint32_t index)
{
    return nodes[index].drained_us;
}

uint32_t node_lost(uint32_t index)
{
    return nodes[index].node.log.header.lost;
}

uint32_t node_serial(uint32_t index)
{
    return FIRST_SERIAL + index;
}

/* ---- exchanges ---- */

static void pass_time(struct sim_node *node, int64_t us)
{
    sim.now_us += us;
    if (node->on) catch_up(node);
}

/* Sends the request and lets the node run until its reply has gone out, or nothing has come in time. */
static size_t ask(struct sim_node *node, const uint8_t *request, size_t size, uint64_t limit_us, uint8_t *reply)
{
    uint64_t end_us = 0;
    (void)node->gateway_end.port.send(node->gateway_end.port.ctx, request, size);
    uint64_t until_us = node->gateway_end.transmit_end_us + limit_us;
    while (node->gateway_end.queue_count == 0 || rtu_link_transmitting(&node->node.gateway_link))
        if (!step(node, until_us)) break;
    return take_all(&node->gateway_end, reply, NODE_REPLY_MAX, &end_us);
}

size_t node_exchange(uint32_t index, const uint8_t *request, size_t size, enum frame_fault fault, uint32_t timeout_ms,
                     uint8_t reply[NODE_REPLY_MAX])
{
    struct sim_node *node = &nodes[index];
    int64_t timeout_us = 1000 * (int64_t)timeout_ms;
    if (!node->on || fault == FRAME_REQUEST_LOST) {
        pass_time(node, timeout_us);
        return 0;
    }
    /* The silence before a request. */
    pass_time(node, 5000);
    uint64_t began_us = node->clock.now_us;
    if (fault == FRAME_REQUEST_BROKEN) node->gateway_end.fault = (struct sim_fault){SIM_FAULT_CORRUPT, 3, 1, 0};
    size_t reply_size = ask(node, request, size, (uint64_t)timeout_us, reply);
    if (fault == FRAME_REQUEST_TWICE) {
        uint8_t ignored[NODE_REPLY_MAX];
        node->clock.now_us += 5000;
        (void)ask(node, request, size, (uint64_t)timeout_us, ignored);
    }
    sim.now_us += (int64_t)(node->clock.now_us - began_us);
    if (fault == FRAME_REPLY_LOST || fault == FRAME_REPLY_LATE) {
        pass_time(node, timeout_us);
        return 0;
    }
    if (fault == FRAME_REPLY_BROKEN && reply_size > 0) reply[reply_size / 2] ^= 0x04;
    if (record_log_count(&node->node.log) == 0) node->drained_us = sim.now_us; /* the gateway has everything */
    return reply_size;
}
