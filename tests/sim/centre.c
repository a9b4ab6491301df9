#include "sim/centre.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message/message.h"
#include "sim/agenda.h"
#include "sim/broker.h"
#include "sim/table.h"

#define COMMIT_LEAST_US 20000
#define COMMIT_MOST_US  400000
#define ONE_IN_KILLED   20 /* of its commits, before and after */

struct task {
    char id[SW_ALERT_ID_SIZE];
    uint32_t revision;
    enum sw_alert_kind kind;
    enum sw_alert_action action;
};

static struct {
    bool there, dumb;
    struct dice dice;
    struct centre_row *rows;
    size_t row_count, row_capacity;
    struct table places; /* "id revision" */
    /* In memory until the next commit; to be receipted after it. */
    struct message_alert_summary *pending;
    size_t pending_count, pending_capacity;
    bool commit_planned;
    uint64_t incarnation;
    struct centre_order *orders;
    size_t order_count, order_capacity;
} centre;

static void name_of(const char *id, uint32_t revision, char *name, size_t size)
{
    snprintf(name, size, "%s %u", id, (unsigned)revision);
}

/* ---- people ---- */

static void act(void *ctx, uint64_t unused);

static void plan(const struct message_alert_summary *alert, uint32_t revision, enum sw_alert_action action,
                 int64_t least_us, int64_t most_us)
{
    struct task *task = sim_zeroed(1, sizeof *task);
    memcpy(task->id, alert->id, sizeof task->id);
    task->revision = revision;
    task->kind = alert->kind;
    task->action = action;
    agenda_add_owned(sim.now_us + dice_between(&centre.dice, least_us, most_us), act, task, 0, free);
}

/* Most alerts are acknowledged; of those, some get somebody sent. A home or a cover may be settled before the gateway
 * sees that it is over; whether water has gone is for the water to say. */
static void answer_alert(const struct message_alert_summary *alert)
{
    bool settled_by_people = alert->kind == SW_ALERT_KIND_NO_USE || alert->kind == SW_ALERT_KIND_COVER_OPEN;
    switch (alert->state) {
    case SW_ALERT_STATE_RAISED:
        if (!dice_hit(&centre.dice, 4)) plan(alert, alert->revision, SW_ALERT_ACTION_ACKNOWLEDGE, MINUTE, HOUR);
        break;
    case SW_ALERT_STATE_ACKNOWLEDGED:
        if (dice_hit(&centre.dice, 2)) plan(alert, alert->revision, SW_ALERT_ACTION_DISPATCH, 10 * MINUTE, 2 * HOUR);
        break;
    case SW_ALERT_STATE_DISPATCHED:
        if (settled_by_people && dice_hit(&centre.dice, 2))
            plan(alert, alert->revision, SW_ALERT_ACTION_RESOLVE, 10 * MINUTE, 3 * HOUR);
        break;
    default:
        break;
    }
}

static size_t note_order(const struct task *task)
{
    if (centre.order_count == centre.order_capacity) {
        centre.order_capacity = centre.order_capacity ? 2 * centre.order_capacity : 256;
        centre.orders = sim_grown(centre.orders, centre.order_capacity, sizeof *centre.orders);
    }
    struct centre_order *order = &centre.orders[centre.order_count];
    *order = (struct centre_order){.action = task->action};
    memcpy(order->id, task->id, sizeof order->id);
    return centre.order_count++;
}

static void act(void *ctx, uint64_t unused)
{
    struct task *task = ctx;
    (void)unused;
    if (centre.there) {
        size_t number = note_order(task);
        struct message_command command = {
            .verb = MESSAGE_VERB_ACT, .action = task->action, .revision = task->revision, .by = "officer"};
        memcpy(command.alert_id, task->id, sizeof command.alert_id);
        snprintf(command.note, sizeof command.note, "order %zu", number);
        if (sim_mutates(MUTATION_CONFUSE_COMMAND, 5)) command.action = SW_ALERT_ACTION_RESOLVE;
        char *payload = message_command_encode(&command);
        broker_send_command(payload, number);
        free(payload);
    }
    free(task);
}

void centre_take_answer(const char *payload, size_t number)
{
    struct message_command_answer answer;
    char text[256];
    if (message_command_result_decode(payload, strlen(payload), &answer, text, sizeof text) != SW_OK)
        sim_fail("an answer to a command cannot be read: %s", text);
    struct centre_order *order = &centre.orders[number];
    if (strcmp(order->id, answer.alert_id) != 0)
        sim_fail("order %zu is for %s, and is answered for %s", number, order->id, answer.alert_id);
    order->accepted = answer.accepted;
    order->revision = answer.revision;
}

/* ---- the machine ---- */

static void keep(const struct message_alert_summary *alert)
{
    char name[SW_ALERT_ID_SIZE + 16];
    name_of(alert->id, alert->revision, name, sizeof name);
    bool known = table_find(&centre.places, name) != TABLE_NONE;
    if (known && sim.mutation != MUTATION_KEEP_DOUBLES) return;
    if (centre.row_count == centre.row_capacity) {
        centre.row_capacity = centre.row_capacity ? 2 * centre.row_capacity : 256;
        centre.rows = sim_grown(centre.rows, centre.row_capacity, sizeof *centre.rows);
    }
    struct centre_row *row = &centre.rows[centre.row_count];
    *row = (struct centre_row){
        .revision = alert->revision, .state = alert->state, .colour = alert->colour, .stored_us = sim.now_us};
    memcpy(row->id, alert->id, sizeof row->id);
    if (!known) table_add(&centre.places, name, (uint32_t)centre.row_count);
    centre.row_count++;
    if (!known) answer_alert(alert);
}

static void give_receipts(size_t from, size_t to)
{
    struct message_receipt receipt = {.centre = "centre", .time = sim_true_wall(sim.now_us)};
    for (; from < to; from++) {
        struct message_receipt_item *item = &receipt.items[receipt.count++];
        memcpy(item->alert_id, centre.pending[from].id, sizeof item->alert_id);
        item->revision = centre.pending[from].revision;
    }
    char *payload = message_receipt_encode(&receipt);
    if (!centre.dumb) broker_send_receipt(payload);
    free(payload);
}

static void give_all_receipts(void)
{
    for (size_t from = 0; from < centre.pending_count; from += MESSAGE_RECEIPT_MAX) {
        size_t to =
            from + MESSAGE_RECEIPT_MAX < centre.pending_count ? from + MESSAGE_RECEIPT_MAX : centre.pending_count;
        give_receipts(from, to);
    }
}

static void come_back(void *ctx, uint64_t unused)
{
    (void)ctx, (void)unused;
    centre_return();
}

/* Its power may go right before it stores, and right after. */
static bool is_killed(void)
{
    if (!sim.faults || !dice_hit(&centre.dice, ONE_IN_KILLED)) return false;
    centre_leave(false);
    agenda_add(sim.now_us + dice_between(&centre.dice, SECOND, MINUTE), come_back, NULL, 0);
    return true;
}

static void commit(void *ctx, uint64_t incarnation)
{
    (void)ctx;
    if (incarnation != centre.incarnation) return;
    centre.commit_planned = false;
    if (is_killed()) return;
    for (size_t i = 0; i < centre.pending_count; i++)
        keep(&centre.pending[i]);
    if (is_killed()) return;
    give_all_receipts();
    centre.pending_count = 0;
}

void centre_take(const char *payload)
{
    struct message_alert_summary alert;
    char text[256];
    if (message_alert_decode(payload, strlen(payload), &alert, text, sizeof text) != SW_OK)
        sim_fail("an alert cannot be read at the centre: %s", text);
    if (centre.pending_count == centre.pending_capacity) {
        centre.pending_capacity = centre.pending_capacity ? 2 * centre.pending_capacity : 16;
        centre.pending = sim_grown(centre.pending, centre.pending_capacity, sizeof *centre.pending);
    }
    centre.pending[centre.pending_count++] = alert;
    if (sim.mutation == MUTATION_EARLY_RECEIPT) give_receipts(centre.pending_count - 1, centre.pending_count);
    if (centre.commit_planned) return;
    centre.commit_planned = true;
    agenda_add(sim.now_us + dice_between(&centre.dice, COMMIT_LEAST_US, COMMIT_MOST_US), commit, NULL,
               centre.incarnation);
}

void centre_leave(bool kept)
{
    sim_tell("the centre is gone");
    centre.there = false;
    if (!kept) {
        centre.incarnation++;
        centre.commit_planned = false;
        centre.pending_count = 0;
    }
    broker_centre_changed();
}

void centre_return(void)
{
    sim_tell("the centre is there");
    centre.there = true;
    broker_centre_changed();
}

void centre_set_dumb(bool dumb)
{
    sim_tell("the centre %s receipts", dumb ? "gives no" : "gives");
    centre.dumb = dumb;
}

bool centre_is_there(void)
{
    return centre.there;
}

size_t centre_row_count(void)
{
    return centre.row_count;
}

const struct centre_row *centre_row(size_t index)
{
    return &centre.rows[index];
}

size_t centre_order_count(void)
{
    return centre.order_count;
}

const struct centre_order *centre_order(size_t number)
{
    return &centre.orders[number];
}

void centre_make(void)
{
    centre.there = true;
    centre.dice = dice_for(sim.seed, 'c');
}

void centre_free(void)
{
    free(centre.rows);
    free(centre.pending);
    free(centre.orders);
    table_free(&centre.places);
}
