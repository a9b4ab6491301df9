#include "app/outbox.h"

#include <string.h>

#include "app/log.h"

static uint32_t window_of(const struct gateway *gateway)
{
    uint32_t inflight = gateway->config->mqtt.inflight;
    return inflight < INFLIGHT_MAX ? inflight : INFLIGHT_MAX;
}

/* Asks for rows when some can be sent. */
static void pump(struct gateway *gateway)
{
    struct outbox_pump *outbox = &gateway->outbox;
    uint32_t room = window_of(gateway) - outbox->inflight_count;
    if (gateway->phase > PHASE_DRAIN || !outbox->up || outbox->reading || outbox->exhausted || room == 0 ||
        !publisher_ready(gateway->publisher))
        return;
    outbox->reading = store_read_outbox(gateway->store, outbox->last_sent, room) == SW_OK;
    outbox->reading_generation = outbox->generation;
    outbox->woken = false;
}

void outbox_wake(struct gateway *gateway)
{
    gateway->outbox.exhausted = false;
    gateway->outbox.woken = true;
    pump(gateway);
}

void outbox_tick(struct gateway *gateway)
{
    pump(gateway);
}

/* False when the row has to wait. One that will never go is passed over, or no other would go either: it stays in the
 * outbox and is tried again after the next connect. */
static bool send_row(struct gateway *gateway, const struct store_outbox_row *row)
{
    struct outbox_pump *outbox = &gateway->outbox;
    int error = publisher_send(gateway->publisher, row->topic, row->payload, row->id);
    if (error == SW_ERROR_BUSY) return false;
    if (error)
        log_event(LOG_LEVEL_ERROR, "outbox", "%s revision %u cannot be published and is left in the outbox: %s",
                  row->alert_id, row->revision, sw_error_text(error));
    else
        outbox->inflight[outbox->inflight_count++] = row->id;
    outbox->last_sent = row->id;
    return true;
}

void outbox_on_rows(struct gateway *gateway, const struct store_outbox_row *rows, size_t count)
{
    struct outbox_pump *outbox = &gateway->outbox;
    outbox->reading = false;
    bool valid = outbox->up && outbox->reading_generation == outbox->generation;
    bool busy = false;
    if (valid && count == 0 && !outbox->woken) outbox->exhausted = true;
    for (size_t i = 0; valid && !busy && i < count && outbox->inflight_count < window_of(gateway); i++)
        busy = !send_row(gateway, &rows[i]);
    /* A publisher that says it is ready and takes nothing is asked again with the next tick, not in a circle. */
    if (!busy) pump(gateway);
    gateway_advance(gateway);
}

void outbox_on_delivered(struct gateway *gateway, int64_t id)
{
    struct outbox_pump *outbox = &gateway->outbox;
    for (uint32_t i = 0; i < outbox->inflight_count; i++) {
        if (outbox->inflight[i] != id) continue;
        outbox->inflight[i] = outbox->inflight[--outbox->inflight_count];
        break;
    }
    if (store_outbox_done(gateway->store, id) != SW_OK)
        log_event(LOG_LEVEL_WARNING, "outbox", "row %lld stays and will be sent once more: no memory", (long long)id);
    pump(gateway);
    gateway_advance(gateway);
}

void outbox_on_link(struct gateway *gateway, bool up)
{
    struct outbox_pump *outbox = &gateway->outbox;
    outbox->up = up;
    outbox->generation++;
    /* From the oldest; the store does not show again those that were taken, whatever their order. */
    outbox->last_sent = 0;
    outbox->inflight_count = 0;
    outbox_wake(gateway);
    gateway_advance(gateway);
}

bool outbox_is_drained(const struct gateway *gateway)
{
    const struct outbox_pump *outbox = &gateway->outbox;
    return !outbox->up || (outbox->exhausted && outbox->inflight_count == 0 && !outbox->reading);
}
