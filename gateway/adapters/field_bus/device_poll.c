#include "device_poll.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stillwater/error.h"

struct device_poll *device_poll_new(struct line_context *line, const struct config_device *config, uint32_t index,
                                    int64_t due_us)
{
    size_t registers = (size_t)config->profile->identity.count + config->profile->register_count;
    struct device_poll *device = malloc(sizeof *device + registers * sizeof device->registers[0]);
    if (device == NULL) return NULL;
    *device = (struct device_poll){
        .station = {.type = STATION_DEVICE, .index = index, .line = line, .due_us = due_us, .unit_id = config->unit_id},
        .config = config,
        .known = config->identity != NULL};
    if (device->known)
        memcpy(device->registers, config->identity, config->profile->identity.count * sizeof device->registers[0]);
    unit_health_init(&device->station.health, config->poll_interval_ms, UNIT_BACKOFF_DEVICE_MS);
    device_poll_reconnect(device);
    return device;
}

/* The next sample begins with its first request. */
static void start_over(struct device_poll *device, bool identify)
{
    device->block = 0;
    device->identify = identify && device->config->profile->identity.count > 0;
}

void device_poll_reconnect(struct device_poll *device)
{
    start_over(device, true);
}

static const struct sw_profile_block *next_block(const struct device_poll *device)
{
    const struct sw_profile *profile = device->config->profile;
    return device->identify ? &profile->identity : &profile->blocks[device->block];
}

/* The profile says how long the device takes, the line how long the way to it does. */
void device_poll_begin(struct device_poll *device, struct exchange *out)
{
    const struct sw_profile *profile = device->config->profile;
    const struct sw_profile_block *block = next_block(device);
    uint32_t line_ms = device->station.line->config->timeout_ms;
    out->request = field_request_read(device->station.unit_id, block->function,
                                      (struct field_block){block->address, block->count});
    out->timeout_ms = profile->timeout_ms > line_ms ? profile->timeout_ms : line_ms;
    out->extra_gap_us = profile->extra_gap_us;
}

/* ---- the end of a poll ---- */

static struct field_event sample_of(const struct device_poll *device, int error, struct sw_wall time)
{
    const struct station *station = &device->station;
    struct field_event event = {.type = FIELD_EVENT_SAMPLE, .line = station->line->line};
    event.sample =
        (struct field_bus_sample){.line = station->line->line, .device = station->index, .error = error, .time = time};
    return event;
}

static void failed(struct device_poll *device, int error, int64_t now_us)
{
    struct station *station = &device->station;
    start_over(device, true);
    station->due_us = now_us + unit_health_failed(&station->health, now_us);
    struct field_event event = sample_of(device, error, line_wall_at(station->line, now_us, now_us));
    line_post(station->line, &event);
}

static void answered(struct device_poll *device, int64_t now_us)
{
    struct station *station = &device->station;
    unit_health_succeeded(&station->health);
    station->due_us = unit_health_next_poll(&station->health, station->due_us, now_us);
}

static void read_all(struct device_poll *device, int64_t now_us)
{
    const struct sw_profile *profile = device->config->profile;
    const struct line_context *line = device->station.line;
    start_over(device, false);
    answered(device, now_us);
    struct field_event event = sample_of(device, SW_OK, line_wall_at(line, device->first_block_us, now_us));
    event.sample.count =
        (uint8_t)sw_profile_decode(profile, &device->registers[profile->identity.count], event.sample.values);
    line_post(line, &event);
}

static void take_block(struct device_poll *device, const struct exchange_reply *reply, int64_t now_us)
{
    const struct sw_profile *profile = device->config->profile;
    uint16_t *registers = &device->registers[profile->identity.count];
    for (uint8_t i = 0; i < device->block; i++)
        registers += profile->blocks[i].count;
    memcpy(registers, reply->registers, profile->blocks[device->block].count * sizeof *registers);
    if (device->block == 0) device->first_block_us = reply->first_byte_us;
    device->block++;
    if (device->block == profile->block_count) read_all(device, now_us);
}

/* ---- identity ---- */

static void print_identity(char *text, size_t size, const uint16_t *registers, uint8_t count)
{
    size_t used = 0;
    for (uint8_t i = 0; i < count && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, i == 0 ? "%04x" : " %04x", registers[i]);
}

static void tell_of_another(struct device_poll *device, const uint16_t *registers, uint8_t count)
{
    const struct station *station = &device->station;
    char now[5 * SW_PROFILE_IDENTITY_MAX + 1], before[5 * SW_PROFILE_IDENTITY_MAX + 1];
    print_identity(now, sizeof now, registers, count);
    print_identity(before, sizeof before, device->registers, count);
    struct field_event event = {.type = FIELD_EVENT_DEVICE_NOTICE,
                                .line = station->line->line,
                                .device = station->index,
                                .error = SW_ERROR_OTHER_DEVICE};
    snprintf(event.text, sizeof event.text, "another device answers at unit %u: identity %s instead of %s",
             station->unit_id, now, before);
    line_post(station->line, &event);
}

static void tell_that_it_is_back(const struct device_poll *device)
{
    const struct station *station = &device->station;
    struct field_event event = {
        .type = FIELD_EVENT_DEVICE_NOTICE, .line = station->line->line, .device = station->index, .error = SW_OK};
    snprintf(event.text, sizeof event.text, "the known device answers again at unit %u", station->unit_id);
    line_post(station->line, &event);
}

/* As the configuration wants it, for whoever reads the log. */
static void tell_identity(const struct device_poll *device)
{
    const struct station *station = &device->station;
    char identity[5 * SW_PROFILE_IDENTITY_MAX + 1];
    print_identity(identity, sizeof identity, device->registers, device->config->profile->identity.count);
    struct field_event event = {
        .type = FIELD_EVENT_DEVICE_NOTICE, .line = station->line->line, .device = station->index, .error = SW_OK};
    snprintf(event.text, sizeof event.text, "unit %u has identity %s", station->unit_id, identity);
    line_post(station->line, &event);
}

static void take_identity(struct device_poll *device, const uint16_t *registers, int64_t now_us)
{
    uint8_t count = device->config->profile->identity.count;
    size_t size = count * sizeof *registers;
    if (!device->known) {
        memcpy(device->registers, registers, size);
        device->known = true;
        tell_identity(device);
    }
    if (memcmp(device->registers, registers, size) == 0) {
        if (device->other) tell_that_it_is_back(device);
        device->other = device->identify = false;
        return;
    }
    struct line_context *line = device->station.line;
    if (!device->other) {
        line->counters.other_devices++;
        tell_of_another(device, registers, count);
    }
    device->other = true;
    answered(device, now_us);
    struct field_event event = sample_of(device, SW_ERROR_OTHER_DEVICE, line_wall_at(line, now_us, now_us));
    line_post(line, &event);
}

/* Not every model of a device has the registers. Where they have been read once it is another device. */
static bool has_no_identity(const struct device_poll *device, int result)
{
    bool refused = result == SW_ERROR_EXCEPTION_FUNCTION || result == SW_ERROR_EXCEPTION_ADDRESS ||
                   result == SW_ERROR_EXCEPTION_VALUE;
    return device->identify && !device->known && refused;
}

static void go_without_identity(struct device_poll *device, int result)
{
    const struct station *station = &device->station;
    device->identify = false;
    if (device->nameless) return;
    device->nameless = true;
    struct field_event event = {
        .type = FIELD_EVENT_DEVICE_NOTICE, .line = station->line->line, .device = station->index, .error = result};
    snprintf(event.text, sizeof event.text, "unit %u does not tell its identity (%s): an exchange will not be noticed",
             station->unit_id, sw_error_text(result));
    line_post(station->line, &event);
}

void device_poll_end(struct device_poll *device, int result, const struct exchange_reply *reply, int64_t now_us)
{
    if (has_no_identity(device, result))
        go_without_identity(device, result);
    else if (result != SW_OK)
        failed(device, result, now_us);
    else if (device->identify)
        take_identity(device, reply->registers, now_us);
    else
        take_block(device, reply, now_us);
}
