#include "device_poll.h"

#include <string.h>

#include "stillwater/error.h"

void device_poll_init(struct device_poll *device, struct line_context *context, uint32_t index, int64_t due_us)
{
    *device = (struct device_poll){
        .context = context, .config = &context->config->devices[index], .index = index, .due_us = due_us};
    unit_health_init(&device->health, device->config->poll_interval_ms, UNIT_BACKOFF_DEVICE_MS);
}

/* The profile says how long the device takes, the line how long the way to it does. */
static struct rtu_timing timing_of(const struct device_poll *device)
{
    const struct sw_profile *profile = device->config->profile;
    uint32_t line_ms = device->context->config->timeout_ms;
    return (struct rtu_timing){.timeout_ms = profile->timeout_ms > line_ms ? profile->timeout_ms : line_ms,
                               .extra_gap_us = profile->extra_gap_us};
}

static void schedule(struct device_poll *device, int result)
{
    int64_t now = rtu_now_us();
    if (result == SW_OK) {
        unit_health_succeeded(&device->health);
        device->due_us = unit_health_next_poll(&device->health, device->due_us, now);
    } else {
        device->due_us = now + unit_health_failed(&device->health, now);
    }
}

/* The first block's reply is when the sample was taken. */
static int read_blocks(struct device_poll *device, uint16_t *registers, int64_t *at_us)
{
    const struct sw_profile *profile = device->config->profile;
    struct rtu_timing timing = timing_of(device);
    int result = SW_OK;
    for (size_t i = 0; result == SW_OK && i < profile->block_count; i++) {
        const struct sw_profile_block *block = &profile->blocks[i];
        struct rtu_request request = rtu_request_read(device->config->unit_id, block->function,
                                                      (struct rtu_block){block->address, block->count});
        struct rtu_reply reply;
        result = rtu_line_exchange(&device->context->rtu, &request, &timing, &device->doubtful, &reply);
        if (result != SW_OK) break;
        memcpy(registers, reply.registers, block->count * sizeof *registers);
        registers += block->count;
        if (i == 0) *at_us = reply.first_byte_us;
    }
    return result;
}

int device_poll_step(struct device_poll *device)
{
    uint16_t registers[SW_PROFILE_REGISTERS_MAX];
    int64_t at_us = 0;
    int result = read_blocks(device, registers, &at_us);
    if (result == RTU_STOPPED || result == SW_ERROR_PORT) return result;
    schedule(device, result);

    struct field_event event = {.type = FIELD_EVENT_SAMPLE};
    struct field_bus_sample *sample = &event.sample;
    *sample = (struct field_bus_sample){.line = device->context->line, .device = device->index, .error = result};
    sample->time = line_wall_at(device->context, result == SW_OK ? at_us : rtu_now_us());
    if (result == SW_OK) sample->count = (uint8_t)sw_profile_decode(device->config->profile, registers, sample->values);
    mailbox_post(device->context->mailbox, &event);
    return SW_OK;
}
