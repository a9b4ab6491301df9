#include "app/outbox.h"

#include <stdio.h>
#include <string.h>

#include "app/log.h"
#include "app/states.h"
#include "message/message.h"

static bool waits_for_receipts(const struct gateway *gateway)
{
    return gateway->config->mqtt.done_on == CONFIG_DONE_ON_RECEIPT;
}

/* How many rows may be sent now. */
static uint32_t room_of(const struct gateway *gateway)
{
    uint32_t window = gateway->config->mqtt.inflight < INFLIGHT_MAX ? gateway->config->mqtt.inflight : INFLIGHT_MAX;
    uint32_t room = window - gateway->outbox.inflight_count;
    return waits_for_receipts(gateway) && gateway->outbox.credit < room ? gateway->outbox.credit : room;
}

void outbox_pump(struct gateway *gateway)
{
    struct outbox_pump *outbox = &gateway->outbox;
    uint32_t room = room_of(gateway);
    if (gateway->phase > PHASE_DRAIN || !outbox->up || outbox->reading || room == 0 || !states_are_told(gateway) ||
        !publisher_ready(gateway->publisher))
        return;
    outbox->reading_again = outbox->exhausted;
    /* No pass while stopping: what has no receipt is sent again after the next start. */
    if (outbox->exhausted && (!outbox->resend.active || gateway->phase != PHASE_RUNNING)) return;
    int64_t after = outbox->reading_again ? outbox->resend.at : outbox->last_sent;
    outbox->reading = store_read_outbox(gateway->store, after, room) == SW_OK;
    outbox->reading_generation = outbox->generation;
    if (!outbox->reading_again) outbox->woken = false;
}

void outbox_wake(struct gateway *gateway)
{
    gateway->outbox.exhausted = false;
    gateway->outbox.woken = true;
    outbox_pump(gateway);
}

/* ---- passes ---- */

static void plan_pass(struct gateway *gateway, int64_t wait_ms)
{
    struct resend *resend = &gateway->outbox.resend;
    resend->active = false;
    resend->wait_ms = wait_ms;
    resend->until = gateway->outbox.last_sent;
    resend->due = sw_mono_from_ms(gateway->clock.mono().ms + wait_ms);
}

static int64_t first_wait_ms(const struct gateway *gateway)
{
    return INT64_C(1000) * gateway->config->mqtt.resend_after_s;
}

static void start_pass(struct gateway *gateway)
{
    struct resend *resend = &gateway->outbox.resend;
    if (resend->until <= resend->settled) {
        plan_pass(gateway, first_wait_ms(gateway));
        return;
    }
    resend->active = true;
    resend->at = resend->settled;
    resend->left = 0;
    resend->silent = !resend->heard;
    resend->heard = false;
}

static void end_pass(struct gateway *gateway)
{
    struct resend *resend = &gateway->outbox.resend;
    int64_t longest_ms = INT64_C(1000) * gateway->config->mqtt.resend_after_max_s;
    int64_t wait_ms = 2 * resend->wait_ms < longest_ms ? 2 * resend->wait_ms : longest_ms;
    if (resend->left == 0) {
        resend->settled = resend->until;
        wait_ms = first_wait_ms(gateway);
    } else {
        log_event(LOG_LEVEL_WARNING, "outbox",
                  "%u alert revisions without a receipt were sent again; next time in %lld s", resend->left,
                  (long long)(wait_ms / 1000));
    }
    if (resend->left > 0 && resend->silent && !resend->heard)
        snprintf(gateway->outbox.trouble, TROUBLE_SIZE, "no receipt from the centre, alerts are sent again");
    plan_pass(gateway, wait_ms);
}

void outbox_tick(struct gateway *gateway)
{
    struct outbox_pump *outbox = &gateway->outbox;
    outbox->credit += OUTBOX_CREDIT_TICK;
    if (outbox->credit > OUTBOX_CREDIT_MAX) outbox->credit = OUTBOX_CREDIT_MAX;
    bool due = sw_mono_diff_ms(gateway->clock.mono(), outbox->resend.due) >= 0;
    if (gateway->phase == PHASE_RUNNING && outbox->up && waits_for_receipts(gateway) && !outbox->resend.active && due)
        start_pass(gateway);
    outbox_pump(gateway);
}

/* ---- rows ---- */

static bool is_under_way(const struct outbox_pump *outbox, int64_t id)
{
    for (uint32_t i = 0; i < outbox->inflight_count; i++)
        if (outbox->inflight[i] == id) return true;
    return false;
}

/* False when the row has to wait. One that will never go is passed over, or no other would go either: it stays in the
 * outbox and is tried again with the next pass or connection. */
static bool send_row(struct gateway *gateway, const struct store_outbox_row *row, bool replayed)
{
    struct outbox_pump *outbox = &gateway->outbox;
    int error = publisher_send(gateway->publisher, row->topic, row->payload, row->id, replayed);
    if (error == SW_ERROR_BUSY) return false;
    if (error) {
        log_event(LOG_LEVEL_ERROR, "outbox", "%s revision %u cannot be published and is left in the outbox: %s",
                  row->alert_id, row->revision, sw_error_text(error));
        return true;
    }
    outbox->inflight[outbox->inflight_count++] = row->id;
    if (outbox->credit > 0) outbox->credit--;
    gateway->counters.alerts_replayed += replayed;
    return true;
}

/* Return false when the publisher is busy. */
static bool send_new(struct gateway *gateway, const struct store_outbox_row *rows, size_t count)
{
    struct outbox_pump *outbox = &gateway->outbox;
    if (count == 0 && !outbox->woken) outbox->exhausted = true;
    for (size_t i = 0; i < count && room_of(gateway) > 0; i++) {
        if (!send_row(gateway, &rows[i], rows[i].id <= outbox->backlog)) return false;
        outbox->last_sent = rows[i].id;
    }
    return true;
}

static bool send_again(struct gateway *gateway, const struct store_outbox_row *rows, size_t count)
{
    struct outbox_pump *outbox = &gateway->outbox;
    struct resend *resend = &outbox->resend;
    size_t i = 0;
    for (; i < count && rows[i].id <= resend->until && room_of(gateway) > 0; i++) {
        if (!is_under_way(outbox, rows[i].id) && !send_row(gateway, &rows[i], true)) return false;
        resend->at = rows[i].id;
        resend->left++;
    }
    if (i < count ? rows[i].id > resend->until : count == 0 || resend->at >= resend->until) end_pass(gateway);
    return true;
}

void outbox_on_rows(struct gateway *gateway, const struct store_outbox_row *rows, size_t count)
{
    struct outbox_pump *outbox = &gateway->outbox;
    outbox->reading = false;
    bool taken = true;
    if (outbox->up && outbox->reading_generation == outbox->generation)
        taken = outbox->reading_again ? send_again(gateway, rows, count) : send_new(gateway, rows, count);
    /* A publisher that says it is ready and takes nothing is asked again with the next tick, not in a circle. */
    if (taken) outbox_pump(gateway);
    gateway_advance(gateway);
}

void outbox_on_taken(struct gateway *gateway, int64_t id)
{
    struct outbox_pump *outbox = &gateway->outbox;
    for (uint32_t i = 0; i < outbox->inflight_count; i++) {
        if (outbox->inflight[i] != id) continue;
        outbox->inflight[i] = outbox->inflight[--outbox->inflight_count];
        break;
    }
    if (!waits_for_receipts(gateway) && store_outbox_done(gateway->store, id) != SW_OK)
        log_event(LOG_LEVEL_WARNING, "outbox", "row %lld stays and will be sent once more: no memory", (long long)id);
    outbox_pump(gateway);
    gateway_advance(gateway);
}

/* The centre is there (again): the time starts over. */
static void hear(struct gateway *gateway, uint32_t revisions)
{
    struct outbox_pump *outbox = &gateway->outbox;
    struct resend *resend = &outbox->resend;
    resend->heard = true;
    outbox->trouble[0] = '\0';
    outbox->credit = outbox->credit + revisions < OUTBOX_CREDIT_MAX ? outbox->credit + revisions : OUTBOX_CREDIT_MAX;
    if (!resend->silent) return;
    resend->silent = false;
    if (resend->active)
        resend->wait_ms = first_wait_ms(gateway) / 2; /* doubled when the pass ends */
    else if (resend->wait_ms > first_wait_ms(gateway))
        plan_pass(gateway, first_wait_ms(gateway));
}

void outbox_on_receipt(struct gateway *gateway, const char *payload, size_t size)
{
    struct message_receipt receipt;
    char text[256] = "";
    if (message_receipt_decode(payload, size, &receipt, text, sizeof text) != SW_OK) {
        gateway->counters.receipts_refused++;
        log_event(LOG_LEVEL_WARNING, "outbox", "a receipt counts for nothing: %s", text);
        return;
    }
    for (uint32_t i = 0; i < receipt.count; i++) {
        const struct message_receipt_item *item = &receipt.items[i];
        if (store_outbox_done_revision(gateway->store, item->alert_id, item->revision) != SW_OK)
            log_event(LOG_LEVEL_WARNING, "outbox", "%s revision %u stays and will be sent once more: no memory",
                      item->alert_id, item->revision);
    }
    gateway->counters.receipts += receipt.count;
    hear(gateway, receipt.count);
    outbox_pump(gateway);
    gateway_advance(gateway);
}

void outbox_on_link(struct gateway *gateway, bool up)
{
    struct outbox_pump *outbox = &gateway->outbox;
    outbox->up = up;
    outbox->generation++;
    /* From the oldest; the store does not show again those that are done, whatever their order. */
    outbox->last_sent = 0;
    outbox->inflight_count = 0;
    outbox->backlog = store_outbox_newest(gateway->store);
    outbox->credit = OUTBOX_CREDIT_MAX;
    outbox->resend = (struct resend){.settled = 0};
    plan_pass(gateway, first_wait_ms(gateway));
    outbox_wake(gateway);
    gateway_advance(gateway);
}

bool outbox_is_drained(const struct gateway *gateway)
{
    const struct outbox_pump *outbox = &gateway->outbox;
    return !outbox->up || (outbox->exhausted && outbox->inflight_count == 0 && !outbox->reading);
}

bool outbox_is_sending(const struct gateway *gateway)
{
    const struct outbox_pump *outbox = &gateway->outbox;
    return outbox->up && !outbox->exhausted && (outbox->credit > 0 || !waits_for_receipts(gateway));
}
