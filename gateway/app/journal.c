#include "app/journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/commands.h"
#include "app/escalations.h"
#include "app/incidents.h"
#include "app/log.h"
#include "app/nearby.h"
#include "app/outbox.h"
#include "app/reports.h"
#include "app/states.h"
#include "app/subjects.h"
#include "message/message.h"

int journal_init(struct gateway *gateway)
{
    struct journal *journal = &gateway->journal;
    struct sw_mono now = gateway->clock.mono();
    journal->open = store_batch_new();
    journal->batch = 1;
    journal->retry_after_ms = JOURNAL_RETRY_MIN_MS;
    journal->nodes_at = now;
    journal->checkpoint = (struct checkpoint){.position = store_load_checkpoint(gateway->store), .at = now};
    return journal->open ? SW_OK : SW_ERROR_NO_SPACE;
}

void journal_free(struct gateway *gateway)
{
    store_batch_free(gateway->journal.open);
    store_batch_free(gateway->journal.under_way);
}

static void must(int error)
{
    if (!error) return;
    log_event(LOG_LEVEL_ERROR, "store", "no memory for what has to be stored: ending, to go on from the stored state");
    exit(EXIT_FAILURE);
}

void journal_reading(struct gateway *gateway, const struct store_reading *reading)
{
    must(store_batch_add_reading(gateway->journal.open, reading));
}

void journal_cursor(struct gateway *gateway, const struct store_cursor *cursor)
{
    must(store_batch_add_cursor(gateway->journal.open, cursor));
}

void journal_snapshot(struct gateway *gateway, int domain, const char *name, const uint8_t *bytes, size_t size)
{
    if (size > 0) must(store_batch_add_snapshot(gateway->journal.open, domain, name, bytes, size));
}

void journal_forget(struct gateway *gateway, int domain, const char *name)
{
    must(store_batch_add_snapshot(gateway->journal.open, domain, name, NULL, 0));
}

size_t journal_load_snapshot(const struct gateway *gateway, int domain, const char *name, uint8_t *bytes, size_t size)
{
    const struct store_batch *batches[] = {gateway->journal.open, gateway->journal.under_way};
    for (size_t i = 0; i < sizeof batches / sizeof batches[0]; i++) {
        const uint8_t *waiting;
        size_t waiting_size;
        if (!batches[i] || !store_batch_snapshot(batches[i], domain, name, &waiting, &waiting_size)) continue;
        if (waiting_size > size) return 0;
        memcpy(bytes, waiting, waiting_size);
        return waiting_size;
    }
    return store_load_snapshot(gateway->store, domain, name, bytes, size, NULL);
}

void journal_alert(struct gateway *gateway, uint32_t subject, const struct sw_alert *alert)
{
    char topic[SW_TOPIC_SIZE], incident[SW_ALERT_ID_SIZE];
    const struct gateway_config *config = gateway->config;
    snprintf(topic, sizeof topic, SW_TOPIC_ROOT "/%s/%s/" SW_TOPIC_ALERT "/%s", config->city, config->gateway,
             alert->id);
    struct message_escalation escalation;
    escalations_on_revision(gateway, subject, alert, &escalation);
    struct near_found near[SW_PLACES_NEAR_MAX];
    struct message_alert_about about = {
        .city = config->city,
        .gateway = config->gateway,
        .place = subjects_place(gateway, subject),
        .escalation = &escalation,
        .near = near,
        .incident = incidents_id(gateway, subject, alert->kind, alert->evidence.rule, alert->drill, incident)};
    about.near_count = nearby_find(gateway, about.place, near);
    struct message_reports reports;
    about.reports = reports_of(gateway, alert, &reports);
    journal_hurry(gateway, JOURNAL_HURRY_ALL);
    char *body = message_alert_encode(alert, &about);
    must(body ? store_batch_add_alert(gateway->journal.open, alert, topic, body) : SW_ERROR_NO_SPACE);
    free(body);
}

size_t journal_feedback(struct gateway *gateway, const struct store_feedback *feedback)
{
    size_t index = 0;
    journal_hurry(gateway, JOURNAL_HURRY_ALL);
    must(store_batch_add_feedback(gateway->journal.open, feedback, &index));
    return index;
}

void journal_report(struct gateway *gateway, const struct store_report *report)
{
    journal_hurry(gateway, JOURNAL_HURRY_ALL);
    must(store_batch_add_report(gateway->journal.open, report));
}

void journal_command(struct gateway *gateway, const struct store_command *command)
{
    journal_hurry(gateway, JOURNAL_HURRY_ALL);
    must(store_batch_add_command(gateway->journal.open, command));
}

bool journal_has_room(const struct gateway *gateway)
{
    return store_batch_size(gateway->journal.open) < JOURNAL_SAMPLE_LIMIT;
}

static void add_held(struct gateway *gateway)
{
    static uint8_t bytes[CORE_HELD_SIZE_MAX];
    journal_snapshot(gateway, STORE_SNAPSHOT_HELD, "held", bytes,
                     core_held_snapshot(gateway->core, bytes, sizeof bytes));
}

static void want(struct gateway *gateway, uint32_t first, uint32_t end)
{
    for (uint32_t i = first; i < end; i++)
        core_want_snapshot(gateway->core, i);
}

static void want_nodes(struct gateway *gateway)
{
    for (uint32_t l = 0; l < gateway->config->line_count; l++)
        for (uint32_t n = 0; n < gateway->config->lines[l].node_count; n++)
            core_want_snapshot(gateway->core, gateway->lines[l].nodes[n].core);
    gateway->journal.nodes_at = gateway->clock.mono();
}

static bool nodes_are_due(const struct gateway *gateway)
{
    int64_t since_ms = sw_mono_diff_ms(gateway->clock.mono(), gateway->journal.nodes_at);
    if (gateway->phase == PHASE_RUNNING && since_ms < CORE_ALIVE_SAVE_MS) return false;
    for (uint32_t l = 0; l < gateway->config->line_count; l++)
        for (uint32_t n = 0; n < gateway->config->lines[l].node_count; n++)
            if (core_snapshot_dirty(gateway->core, gateway->lines[l].nodes[n].core)) return true;
    return false;
}

static bool checkpoint_is_due(const struct gateway *gateway)
{
    const struct checkpoint *checkpoint = &gateway->journal.checkpoint;
    int64_t readings = store_position(gateway->store) - checkpoint->position;
    if (readings == 0) return false;
    return readings >= (int64_t)core_subject_count(gateway->core) * JOURNAL_CHECKPOINT_READINGS ||
           sw_mono_diff_ms(gateway->clock.mono(), checkpoint->at) >= JOURNAL_CHECKPOINT_MS ||
           gateway->phase != PHASE_RUNNING;
}

/* Some have their turn. With the last of them every reading from before the checkpoint is in a snapshot. */
static void step_checkpoint(struct gateway *gateway)
{
    struct checkpoint *checkpoint = &gateway->journal.checkpoint;
    uint32_t count = core_subject_count(gateway->core), first = checkpoint->next;
    uint32_t end = count - first > JOURNAL_CHECKPOINT_STEP ? first + JOURNAL_CHECKPOINT_STEP : count;
    want(gateway, first, end);
    checkpoint->next = end;
    checkpoint->under_way = end < count;
    if (checkpoint->under_way) return;
    checkpoint->position = checkpoint->begun;
    store_batch_set_checkpoint(gateway->journal.open, checkpoint->position);
}

static void want_snapshots(struct gateway *gateway)
{
    struct journal *journal = &gateway->journal;
    if (!journal->checkpoint.under_way && checkpoint_is_due(gateway))
        journal->checkpoint = (struct checkpoint){.under_way = true,
                                                  .begun = store_position(gateway->store),
                                                  .position = journal->checkpoint.position,
                                                  .at = gateway->clock.mono()};
    if (journal->checkpoint.under_way) step_checkpoint(gateway);
    if (nodes_are_due(gateway)) want_nodes(gateway);
    /* Then it leaves readings out, and nothing could bring back what they have changed. */
    if (store_room(gateway->store).full) want(gateway, 0, core_subject_count(gateway->core));
}

/* The state of subjects as of all rows before it in the batch. */
static void add_snapshots(struct gateway *gateway)
{
    uint8_t bytes[CORE_SNAPSHOT_SIZE_MAX];
    want_snapshots(gateway);
    bool any = core_snapshots_due(gateway->core);
    for (uint32_t i = 0; any && i < core_subject_count(gateway->core); i++) {
        if (!core_snapshot_due(gateway->core, i)) continue;
        size_t size = core_snapshot(gateway->core, i, bytes, sizeof bytes);
        journal_snapshot(gateway, (int)core_subject_domain(gateway->core, i), core_subject_name(gateway->core, i),
                         bytes, size);
    }
    if (core_drills_dirty(gateway->core))
        journal_snapshot(gateway, STORE_SNAPSHOT_DRILLS, "drills", bytes,
                         core_drills_snapshot(gateway->core, bytes, sizeof bytes));
    incidents_save(gateway);
    if (core_held_dirty(gateway->core)) add_held(gateway);
}

static void move_stage(enum stage *stage, enum stage from, enum stage to)
{
    if (*stage == from) *stage = to;
}

static void move_all(struct gateway *gateway, enum stage from, enum stage to)
{
    for (uint32_t l = 0; l < gateway->config->line_count; l++)
        for (uint32_t n = 0; n < gateway->config->lines[l].node_count; n++) {
            move_stage(&gateway->lines[l].nodes[n].acknowledge, from, to);
            move_stage(&gateway->lines[l].nodes[n].opening, from, to);
        }
    for (uint32_t i = 0; i < COMMANDS_WAITING_MAX; i++)
        move_stage(&gateway->commands[i].stage, from, to);
}

/* Those from *told on; the rest waits for the link. */
static void tell_batch_unstored(struct gateway *gateway, const struct store_batch *batch, size_t *told)
{
    const char *topic, *payload;
    while (store_batch_alert(batch, *told, &topic, &payload)) {
        char *body = message_alert_unstored(payload);
        int error = body ? publisher_send_unstored(gateway->publisher, topic, body) : SW_ERROR_NO_SPACE;
        free(body);
        if (error == SW_ERROR_BUSY) return;
        if (error) log_event(LOG_LEVEL_ERROR, "store", "%s: not told unstored: %s", topic, sw_error_text(error));
        gateway->counters.alerts_unstored += error == SW_OK;
        *told += 1;
    }
}

static void tell_unstored(struct gateway *gateway)
{
    struct journal *journal = &gateway->journal;
    int64_t failing_ms = sw_mono_diff_ms(gateway->clock.mono(), journal->failing_since);
    if (journal->trouble[0] == '\0' || failing_ms < JOURNAL_UNSTORED_AFTER_MS || !gateway->publisher) return;
    if (journal->under_way) tell_batch_unstored(gateway, journal->under_way, &journal->told_under_way);
    tell_batch_unstored(gateway, journal->open, &journal->told_open);
}

static void hand_over(struct gateway *gateway)
{
    struct journal *journal = &gateway->journal;
    journal->in_store = store_commit(gateway->store, journal->under_way) == SW_OK;
    if (!journal->in_store) journal->retry_at = gateway->clock.mono();
}

static void start_commit(struct gateway *gateway)
{
    struct journal *journal = &gateway->journal;
    add_snapshots(gateway);
    struct store_batch *next = store_batch_new();
    must(next ? SW_OK : SW_ERROR_NO_SPACE);
    journal->under_way = journal->open;
    journal->told_under_way = journal->told_open;
    journal->told_open = 0;
    journal->open = next;
    journal->batch++;
    journal->urgent = journal->draining = false;
    journal->commit_at = gateway->clock.mono();
    move_all(gateway, STAGE_OPEN, STAGE_UNDER_WAY);
    hand_over(gateway);
}

void journal_hurry(struct gateway *gateway, enum journal_hurry hurry)
{
    *(hurry == JOURNAL_HURRY_ALL ? &gateway->journal.urgent : &gateway->journal.draining) = true;
}

/* Changes that have no row of their own. */
static bool snapshots_are_due(struct gateway *gateway)
{
    return gateway->journal.checkpoint.under_way || checkpoint_is_due(gateway) || nodes_are_due(gateway) ||
           core_snapshots_due(gateway->core);
}

static bool may_commit(const struct gateway *gateway)
{
    const struct journal *journal = &gateway->journal;
    return !journal->under_way && !journal->abandoned && gateway->phase <= PHASE_DRAIN;
}

void journal_checkpoint(struct gateway *gateway)
{
    struct checkpoint *checkpoint = &gateway->journal.checkpoint;
    checkpoint->under_way = false;
    checkpoint->at = sw_mono_from_ms(gateway->clock.mono().ms - JOURNAL_CHECKPOINT_MS);
}

static int64_t since_commit_ms(const struct gateway *gateway)
{
    return sw_mono_diff_ms(gateway->clock.mono(), gateway->journal.commit_at);
}

/* What is there, from the last commit on. */
static int64_t waits_ms(const struct journal *journal)
{
    if (journal->urgent || store_batch_size(journal->open) >= JOURNAL_ROWS_MAX) return 0;
    return journal->draining ? JOURNAL_NODE_MS : JOURNAL_READINGS_MS;
}

static void on_timer(uv_timer_t *timer)
{
    journal_flush(timer->data);
}

static void wake_in(struct gateway *gateway, int64_t ms)
{
    struct journal *journal = &gateway->journal;
    struct sw_mono at = sw_mono_from_ms(gateway->clock.mono().ms + ms);
    if (uv_is_active((uv_handle_t *)&journal->timer) && sw_mono_diff_ms(journal->timer_at, at) <= 0) return;
    uv_timer_start(&journal->timer, on_timer, (uint64_t)ms, 0);
    journal->timer_at = at;
}

void journal_flush(struct gateway *gateway)
{
    struct journal *journal = &gateway->journal;
    bool any = store_batch_size(journal->open) > 0 || journal->checkpoint.under_way;
    if (!may_commit(gateway)) return;
    if (gateway->phase != PHASE_RUNNING) {
        if (any || snapshots_are_due(gateway)) start_commit(gateway);
        return;
    }
    int64_t left_ms = waits_ms(journal) - since_commit_ms(gateway);
    if (any && left_ms > 0) wake_in(gateway, left_ms);
    if (any && left_ms <= 0) start_commit(gateway);
}

void journal_tick(struct gateway *gateway)
{
    struct journal *journal = &gateway->journal;
    if (journal->under_way && !journal->in_store && !journal->abandoned &&
        sw_mono_diff_ms(gateway->clock.mono(), journal->retry_at) >= 0)
        hand_over(gateway);
    tell_unstored(gateway);
    journal_flush(gateway);
    if (may_commit(gateway) && since_commit_ms(gateway) >= JOURNAL_SNAPSHOT_AFTER_MS && snapshots_are_due(gateway))
        start_commit(gateway);
}

bool journal_is_idle(const struct gateway *gateway)
{
    const struct journal *journal = &gateway->journal;
    if (journal->abandoned) return !journal->in_store;
    return !journal->under_way && store_batch_size(journal->open) == 0;
}

/* Everything that waited for the batch: nodes may forget their records, new logs may be opened, commands answered. */
static void tell_all(struct gateway *gateway, const struct store_batch *batch)
{
    for (uint32_t l = 0; l < gateway->config->line_count; l++)
        for (uint32_t n = 0; n < gateway->config->lines[l].node_count; n++) {
            struct node_state *node = &gateway->lines[l].nodes[n];
            if (gateway->bus && node->acknowledge == STAGE_UNDER_WAY)
                field_bus_acknowledge(gateway->bus, l, n, node->epoch, node->sequence);
            if (gateway->bus && node->opening == STAGE_UNDER_WAY)
                field_bus_open_log(gateway->bus, l, n, node->epoch, node->sequence);
        }
    commands_answer_committed(gateway, batch);
    move_all(gateway, STAGE_UNDER_WAY, STAGE_NONE);
}

/* A node that waits for its acknowledge is not polled, and would soon count as silent. It is told again what is
 * durable, which is nothing new: it keeps its records and sends them again. */
void journal_poll_on(struct gateway *gateway, const struct node_state *node)
{
    struct store_cursor durable = {.serial = node->serial};
    (void)store_load_cursor(gateway->store, node->serial, &durable);
    field_bus_acknowledge(gateway->bus, node->line, node->node, durable.epoch, durable.sequence);
}

static void poll_all_on(struct gateway *gateway)
{
    for (uint32_t l = 0; gateway->bus && l < gateway->config->line_count; l++)
        for (uint32_t n = 0; n < gateway->config->lines[l].node_count; n++)
            if (gateway->lines[l].nodes[n].acknowledge != STAGE_NONE)
                journal_poll_on(gateway, &gateway->lines[l].nodes[n]);
}

static void commit_failed(struct gateway *gateway, const char *text)
{
    struct journal *journal = &gateway->journal;
    journal->retry_at = sw_mono_from_ms(gateway->clock.mono().ms + journal->retry_after_ms);
    journal->retry_after_ms *= 2;
    if (journal->retry_after_ms > JOURNAL_RETRY_MAX_MS) journal->retry_after_ms = JOURNAL_RETRY_MAX_MS;
    if (journal->trouble[0] == '\0') journal->failing_since = gateway->clock.mono();
    if (journal->trouble[0] == '\0')
        log_event(LOG_LEVEL_ERROR, "store", "%s; %zu rows are kept and tried again, nodes keep their records", text,
                  store_batch_size(journal->under_way));
    snprintf(journal->trouble, sizeof journal->trouble, "%s", text);
    poll_all_on(gateway);
    if (gateway->phase != PHASE_RUNNING) {
        journal->abandoned = true;
        log_event(LOG_LEVEL_ERROR, "store",
                  "ending with %zu rows not stored; records among them are still on the nodes",
                  store_batch_size(journal->under_way) + store_batch_size(journal->open));
    }
}

void journal_committed(struct gateway *gateway, struct store_batch *batch, int error, const char *text)
{
    struct journal *journal = &gateway->journal;
    journal->in_store = false;
    if (error) {
        commit_failed(gateway, text);
    } else {
        if (journal->trouble[0] != '\0') log_event(LOG_LEVEL_INFO, "store", "stores again");
        journal->trouble[0] = '\0';
        journal->retry_after_ms = JOURNAL_RETRY_MIN_MS;
        journal->under_way = NULL;
        journal->stored = journal->batch - 1;
        tell_all(gateway, batch);
        store_batch_free(batch);
        incidents_pump(gateway);
        outbox_wake(gateway);
        states_pump(gateway);
        journal_flush(gateway);
    }
    gateway_advance(gateway);
}
