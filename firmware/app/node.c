#include "firmware/app/node.h"

#include <string.h>

#include "firmware/app/node_state.h"

/* What the sensors' line starts with; each request brings its own profile's settings. */
static const struct sw_line_settings first_sensor_line = {9600, 'N', 1};

static uint64_t now(const struct node *node)
{
    return node->ports.time->now_us(node->ports.time->ctx);
}

static void record_boot(struct node *node, uint64_t now_us)
{
    struct sw_record record = {
        .slot = SW_RECORD_NO_SLOT, .kind = SW_RECORD_EVENT_BOOT, .value = (int32_t)node->ports.system->reset_reason};
    node_clock_stamp(&node->clock, now_us, &record);
    record_log_append(&node->log, &record);
}

int node_init(struct node *node, const struct node_ports *ports)
{
    memset(node, 0, sizeof *node);
    node->ports = *ports;
    node->retained.words = ports->system->retained;
    node->retained.count = ports->system->retained_size / sizeof(uint32_t);
    node->health.system = ports->system;
    uint64_t now_us = now(node);

    int error = record_log_init(&node->log, &node->retained, SLOT_STORE_WORDS);
    if (error == SW_OK) error = rtu_link_init(&node->sensor_link, ports->sensors, &first_sensor_line, now_us);
    if (error == SW_OK) error = rtu_link_init(&node->gateway_link, ports->gateway, &ports->gateway_line, now_us);
    if (error != SW_OK) return error;

    record_boot(node, now_us);
    bus_master_init(&node->master, &node->sensor_link, &first_sensor_line);
    sampler_init(&node->sampler, &node->master, &node->log, &node->clock, &node->retained, 0, now_us);
    struct server_context context = {ports->system, &node->clock, &node->log, &node->sampler};
    server_init(&node->server, &node->gateway_link, ports->unit_id, &context);
    return SW_OK;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t node_poll(struct node *node)
{
    uint64_t now_us = now(node);
    server_poll(&node->server, now_us);
    if (!rtu_link_stuck(&node->gateway_link, now_us)) health_report(&node->health, HEALTH_SERVE);
    sampler_poll(&node->sampler, now_us);
    health_report(&node->health, HEALTH_SAMPLE);
    if (bus_master_healthy(&node->master, now_us)) health_report(&node->health, HEALTH_SENSE);
    health_end_pass(&node->health);

    uint64_t due_us = earlier(server_due(&node->server, now_us), sampler_due(&node->sampler, now_us));
    return earlier(due_us, now_us + HEALTH_PASS_INTERVAL_US);
}
