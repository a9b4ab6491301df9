#include "app/outbox.h"

#include <stdio.h>
#include <string.h>

#include "app/cap.h"
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

/* The line that is to go first: usually the first one, but none waits for ever behind those before it. */
static size_t starved_line(const struct gateway *gateway)
{
    const struct outbox_pump *outbox = &gateway->outbox;
    size_t starved = 0;
    int64_t longest_ms = OUTBOX_STARVED_MS - 1;
    for (size_t i = 1; i < OUTBOX_LINES; i++) {
        int64_t waited_ms = sw_mono_diff_ms(gateway->clock.mono(), outbox->lines[i].served);
        if (waited_ms <= longest_ms) continue;
        longest_ms = waited_ms;
        starved = i;
    }
    return starved;
}

static void ask_for_new(struct gateway *gateway, uint32_t room)
{
    struct outbox_pump *outbox = &gateway->outbox;
    struct store_outbox_stretch stretches[OUTBOX_LINES];
    size_t first = starved_line(gateway);
    outbox->asked[0] = first;
    for (size_t i = 0, at = 1; i < OUTBOX_LINES; i++)
        if (i != first) outbox->asked[at++] = i;
    for (size_t i = 0; i < OUTBOX_LINES; i++)
        stretches[i] = outbox->lines[outbox->asked[i]].stretch;
    outbox->asked_newest = store_outbox_newest(gateway->store);
    outbox->woken = false;
    outbox->reading = store_read_outbox(gateway->store, stretches, OUTBOX_LINES, room) == SW_OK;
}

void outbox_pump(struct gateway *gateway)
{
    struct outbox_pump *outbox = &gateway->outbox;
    uint32_t room = room_of(gateway);
    if (gateway->phase > PHASE_DRAIN || !outbox->up || outbox->reading || room == 0 || !states_are_told(gateway) ||
        !publisher_ready(gateway->publisher))
        return;
    outbox->reading_again = outbox->exhausted;
    outbox->reading_generation = outbox->generation;
    outbox->asked_rows = room;
    /* No pass while stopping: what has no receipt is sent again after the next start. */
    if (!outbox->exhausted)
        ask_for_new(gateway, room);
    else if (outbox->resend.active && gateway->phase == PHASE_RUNNING)
        outbox->reading = store_read_outbox(gateway->store, outbox->resend.lines, SW_COLOUR_COUNT, room) == SW_OK;
}

static void serve_all(struct gateway *gateway)
{
    for (size_t i = 0; i < OUTBOX_LINES; i++)
        gateway->outbox.lines[i].served = gateway->clock.mono();
}

void outbox_wake(struct gateway *gateway)
{
    if (gateway->outbox.exhausted) serve_all(gateway);
    gateway->outbox.exhausted = false;
    gateway->outbox.woken = true;
    outbox_pump(gateway);
}

/* ---- passes ---- */

/* The nth worst colour's rows of the places behind `after`. */
static struct store_outbox_stretch line_up(size_t nth, int64_t after, int64_t until)
{
    enum sw_colour colour = (enum sw_colour)(SW_COLOUR_COUNT - 1 - nth);
    return (struct store_outbox_stretch){colour, {after, INT64_MAX}, until};
}

static void plan_pass(struct gateway *gateway, int64_t wait_ms)
{
    struct resend *resend = &gateway->outbox.resend;
    resend->active = false;
    resend->wait_ms = wait_ms;
    resend->until = gateway->outbox.sent_until;
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
    for (size_t i = 0; i < SW_COLOUR_COUNT; i++)
        resend->lines[i] = line_up(i, resend->settled, resend->until);
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
    if (!publisher_ready(gateway->publisher) || !cap_send(gateway, row, replayed)) return false;
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

/* It has been seen to the end, or has its turn. */
static void note_served(struct gateway *gateway, size_t stretches)
{
    for (size_t i = 0; i < stretches; i++)
        gateway->outbox.lines[gateway->outbox.asked[i]].served = gateway->clock.mono();
}

/* Return false when the publisher is busy. */
static bool send_new(struct gateway *gateway, const struct store_outbox_row *rows, size_t count)
{
    struct outbox_pump *outbox = &gateway->outbox;
    if (count == 0 && !outbox->woken) {
        outbox->exhausted = true;
        outbox->sent_until = outbox->asked_newest;
    }
    note_served(gateway, count < outbox->asked_rows ? OUTBOX_LINES : rows[count - 1].stretch + 1);
    for (size_t i = 0; i < count && room_of(gateway) > 0; i++) {
        const struct store_outbox_row *row = &rows[i];
        /* One that was taken along to a worse line has perhaps been sent from its old place; then it goes twice. */
        if (!is_under_way(outbox, row->id) && !send_row(gateway, row, row->id <= outbox->backlog)) return false;
        outbox->lines[outbox->asked[row->stretch]].stretch.after = (struct store_outbox_place){row->place, row->id};
    }
    return true;
}

static bool send_again(struct gateway *gateway, const struct store_outbox_row *rows, size_t count)
{
    struct outbox_pump *outbox = &gateway->outbox;
    struct resend *resend = &outbox->resend;
    size_t i = 0;
    for (; i < count && room_of(gateway) > 0; i++) {
        if (!is_under_way(outbox, rows[i].id) && !send_row(gateway, &rows[i], true)) return false;
        resend->lines[rows[i].stretch].after = (struct store_outbox_place){rows[i].place, rows[i].id};
        resend->left++;
    }
    if (i == count && count < outbox->asked_rows) end_pass(gateway);
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
    outbox->sent_until = 0;
    outbox->inflight_count = 0;
    outbox->backlog = store_outbox_newest(gateway->store);
    /* From the first place; the store does not show again those that are done, whatever their order. */
    for (size_t i = 0; i < SW_COLOUR_COUNT; i++) {
        outbox->lines[i].stretch = line_up(i, outbox->backlog, INT64_MAX);
        outbox->lines[SW_COLOUR_COUNT + i].stretch = line_up(i, 0, outbox->backlog);
    }
    serve_all(gateway);
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
