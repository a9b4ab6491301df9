#include "sim/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message/message.h"
#include "sim/agenda.h"
#include "sim/broker.h"
#include "sim/centre.h"
#include "sim/host.h"
#include "sim/node.h"
#include "sim/store.h"
#include "sim/table.h"
#include "sim/world.h"

/* Between what happens and what is told of it lie a sampling period, a heartbeat and a clock that is off. */
#define SLACK_OF_SENSORS (3 * HOUR)
#define SLACK_OF_CLOCKS  (5 * MINUTE)

/* How often what is retained is looked at, and how long it has to get there. */
#define MOMENT  (7 * MINUTE)
#define SETTLED (2 * MINUTE)

struct doubt {
    uint32_t node;
    int64_t from_us, to_us;
};

static struct {
    struct doubt *doubts;
    size_t doubt_count, doubt_capacity;
    bool *order_used;
    size_t order_capacity;
} check;

struct check_counts check_counts;

/* ---- at every moment ---- */

void check_reading(uint32_t node, uint32_t before, const struct store_reading *row)
{
    if (row->sequence <= before)
        sim_fail("record %u of epoch %u of node %u is stored twice: %u was stored before", (unsigned)row->sequence,
                 row->epoch, (unsigned)node, (unsigned)before);
    uint32_t missing = row->sequence - before - 1;
    if (missing > node_lost(node))
        sim_fail("node %u: record %u of epoch %u is stored after %u, %u between them are missing and were not given up",
                 (unsigned)node, (unsigned)row->sequence, row->epoch, (unsigned)before, (unsigned)missing);
}

static bool leads_to(enum sw_alert_state from, enum sw_alert_state to)
{
    for (int action = SW_ALERT_ACTION_NONE + 1; action < SW_ALERT_ACTION_COUNT; action++)
        if (sw_alert_transition(from, (enum sw_alert_action)action) == to) return true;
    return false;
}

static void use_order(size_t number)
{
    if (number >= check.order_capacity) {
        size_t capacity = 2 * number + 64;
        check.order_used = sim_grown(check.order_used, capacity, sizeof *check.order_used);
        memset(check.order_used + check.order_capacity, 0, capacity - check.order_capacity);
        check.order_capacity = capacity;
    }
    if (check.order_used[number]) sim_fail("order %zu is carried out twice", number);
    check.order_used[number] = true;
}

/* A person's revision goes back to one order of a person, for this alert and this action. */
static void check_person(enum sw_alert_state before, const struct sw_alert *alert)
{
    size_t number;
    if (sscanf(alert->note, "order %zu", &number) != 1 || number >= centre_order_count())
        sim_fail("%s revision %u says it was \"%s\" by %s: nobody ordered that", alert->id, (unsigned)alert->revision,
                 alert->note, alert->actor);
    const struct centre_order *order = centre_order(number);
    if (strcmp(order->id, alert->id) != 0 || sw_alert_transition(before, order->action) != alert->state)
        sim_fail("%s revision %u is %s by order %zu, which was to %s %s", alert->id, (unsigned)alert->revision,
                 sw_alert_state_name(alert->state), number, sw_alert_action_name(order->action), order->id);
    use_order(number);
}

void check_revision(const struct sw_alert *before, const struct sw_alert *alert)
{
    uint32_t last = before ? before->revision : 0;
    if (alert->revision != last + 1)
        sim_fail("%s: revision %u is stored after revision %u", alert->id, (unsigned)alert->revision, (unsigned)last);
    if (!before) {
        bool note = !sw_alert_kind_is_coloured(alert->kind);
        if (!sw_alert_state_is_open(alert->state) && !note)
            sim_fail("%s begins as %s", alert->id, sw_alert_state_name(alert->state));
        return;
    }
    if (!leads_to(before->state, alert->state))
        sim_fail("%s: revision %u is %s after %s, and nothing leads there", alert->id, (unsigned)alert->revision,
                 sw_alert_state_name(alert->state), sw_alert_state_name(before->state));
    bool by_person = strcmp(alert->actor, "officer") == 0;
    if (by_person) check_person(before->state, alert);
    bool settled = alert->state == SW_ALERT_STATE_ACKNOWLEDGED || alert->state == SW_ALERT_STATE_DISPATCHED ||
                   alert->state == SW_ALERT_STATE_RESOLVED;
    if (!by_person && settled && alert->state != before->state)
        sim_fail("%s: revision %u is %s, and no person did it", alert->id, (unsigned)alert->revision,
                 sw_alert_state_name(alert->state));
}

static struct message_alert_summary summary_of(const char *body)
{
    struct message_alert_summary summary;
    char text[256];
    if (message_alert_decode(body, strlen(body), &summary, text, sizeof text) != SW_OK)
        sim_fail("a body cannot be read: %s: %s", text, body);
    return summary;
}

void check_step(const char *before_body, const char *body)
{
    struct message_alert_summary before = summary_of(before_body), now = summary_of(body);
    const struct message_escalation *from = &before.escalation, *to = &now.escalation;
    bool up = to->level == from->level + 1 || (to->level == from->level && to->repeat == from->repeat + 1);
    bool allowed_up = up && now.state == SW_ALERT_STATE_RAISED && from->deadline.ms != 0;
    bool same = to->level == from->level && (to->repeat == from->repeat || now.state != before.state) &&
                strcmp(to->responsible, from->responsible) == 0;
    bool anew = now.state == SW_ALERT_STATE_RAISED && before.state != SW_ALERT_STATE_RAISED;
    check_counts.escalations += up;
    if (!same && !anew && !allowed_up)
        sim_fail("%s: revision %u is with %s, level %u, repeat %u, after %s, level %u, repeat %u", now.id,
                 (unsigned)now.revision, to->responsible, (unsigned)to->level, (unsigned)to->repeat, from->responsible,
                 (unsigned)from->level, (unsigned)from->repeat);
}

void check_publish(int64_t row, const char *topic, const char *payload)
{
    if (row < 1 || (size_t)row > disk_revision_count())
        sim_fail("row %lld is sent, and the store has no such row in its outbox: %s", (long long)row, topic);
    const struct stored_revision *stored = disk_revision((size_t)row - 1);
    if (strcmp(stored->topic, topic) != 0 || strcmp(stored->body, payload) != 0)
        sim_fail("row %lld is sent as %s, and is not what is stored: %s", (long long)row, topic, stored->topic);
}

void check_doubt(uint32_t node, int64_t from_us, int64_t to_us)
{
    if (check.doubt_count == check.doubt_capacity) {
        check.doubt_capacity = check.doubt_capacity ? 2 * check.doubt_capacity : 64;
        check.doubts = sim_grown(check.doubts, check.doubt_capacity, sizeof *check.doubts);
    }
    check.doubts[check.doubt_count++] = (struct doubt){node, from_us, to_us};
}

/* ---- from time to time ---- */

/* Is there an open alert of the subject whose name ends the topic? */
static void check_state(const char *topic, const char *payload)
{
    const char *branch = strstr(topic, "/" SW_TOPIC_STATE "/");
    const struct stored_revision *row;
    if (!branch) return;
    const char *subject = branch + strlen("/" SW_TOPIC_STATE "/");
    for (size_t i = 0; (row = disk_present(i)) != NULL; i++)
        if (strcmp(row->subject, subject) == 0 && sw_alert_state_is_open(row->state)) return;
    sim_fail("the broker retains %s, and nothing is open there: %s", topic, payload);
}

static void check_open(const struct stored_revision *row)
{
    char topic[SW_TOPIC_SIZE], revision[32];
    snprintf(topic, sizeof topic, "stillwater/simtown/gw/" SW_TOPIC_STATE "/%s", row->subject);
    snprintf(revision, sizeof revision, "\"revision\":%u", (unsigned)row->revision);
    const char *payload = broker_retained(topic);
    if (!payload || !strstr(payload, row->id) || !strstr(payload, revision))
        sim_fail("%s revision %u is %s, and the broker retains on %s: %s", row->id, (unsigned)row->revision,
                 sw_alert_state_name(row->state), topic, payload ? payload : "nothing");
}

/* Whether what is stored has had the time to get there. */
static bool is_settled(void)
{
    size_t count = disk_revision_count();
    int64_t up_us = broker_up_since_us();
    return up_us < sim.now_us - SETTLED && (count == 0 || disk_revision(count - 1)->stored_us < sim.now_us - SETTLED);
}

static void check_moment(void *ctx, uint64_t unused)
{
    const struct stored_revision *row;
    (void)ctx, (void)unused;
    agenda_add(sim.now_us + MOMENT, check_moment, NULL, 0);
    if (!is_settled()) return;
    for (size_t i = 0; (row = disk_present(i)) != NULL; i++)
        if (sw_alert_state_is_open(row->state)) check_open(row);
    broker_each_retained(check_state);
    check_counts.moments++;
}

void check_begin(void)
{
    agenda_add(MOMENT, check_moment, NULL, 0);
}

/* ---- at the end: the world and its alerts ---- */

static bool overlap(int64_t from_us, int64_t to_us, int64_t other_from_us, int64_t other_to_us)
{
    return from_us < other_to_us && other_from_us < to_us;
}

static bool is_doubtful(uint32_t node, int64_t from_us, int64_t to_us)
{
    for (size_t i = 0; i < check.doubt_count; i++) {
        const struct doubt *doubt = &check.doubts[i];
        if (doubt->node != CHECK_ALL && doubt->node != node) continue;
        if (overlap(from_us, to_us, doubt->from_us, doubt->to_us)) return true;
    }
    return false;
}

static bool gateway_was_off(int64_t from_us, int64_t to_us)
{
    for (size_t i = 0; i < host_pause_count(); i++) {
        struct host_pause pause = host_pause_at(i);
        if (overlap(from_us, to_us, pause.from_us, pause.to_us)) return true;
    }
    return false;
}

/* The line itself, or another node on it: when nobody on a line answers, that is told instead. */
static bool line_was_off(const struct episode *off)
{
    for (size_t i = 0; i < world.episode_count; i++) {
        const struct episode *other = &world.episodes[i];
        if (other == off || !overlap(off->from_us - HOUR, off->to_us + HOUR, other->from_us, other->to_us)) continue;
        uint32_t line = world_line_of_node(off->subject);
        if (other->kind == EPISODE_PORT && other->subject == line) return true;
        if (other->kind == EPISODE_NODE_OFF && world_line_of_node(other->subject) == line) return true;
    }
    return false;
}

enum verdict { MUST_NOT, MAY, MUST };

static const struct {
    enum sw_alert_kind kind;
    int64_t never_us, surely_us; /* up to this long it is no alert; from this long it is one */
} rules[] = {
    [EPISODE_STILL] = {SW_ALERT_KIND_NO_USE, 11 * HOUR, 16 * HOUR},
    [EPISODE_FLOOD] = {SW_ALERT_KIND_LEVEL, 0, HOUR},
    [EPISODE_OPEN] = {SW_ALERT_KIND_COVER_OPEN, 0, 30 * MINUTE},
    [EPISODE_NODE_OFF] = {SW_ALERT_KIND_NODE_SILENT, 0, 0},
    [EPISODE_PORT] = {SW_ALERT_KIND_BUS_SILENT, 50 * SECOND, 10 * MINUTE},
};

static bool disturbed(const struct episode *episode)
{
    int64_t from_us = episode->from_us - HOUR, to_us = episode->to_us + HOUR;
    switch (episode->kind) {
    case EPISODE_PORT:
        return gateway_was_off(from_us, to_us) || is_doubtful(CHECK_ALL, from_us, to_us);
    case EPISODE_NODE_OFF:
        return gateway_was_off(from_us, to_us) || line_was_off(episode) || is_doubtful(CHECK_ALL, from_us, to_us);
    default:
        return is_doubtful(world_node_of(episode->kind, episode->subject), from_us, to_us);
    }
}

static enum verdict verdict_of(const struct episode *episode)
{
    int64_t never_us = rules[episode->kind].never_us, surely_us = rules[episode->kind].surely_us;
    if (episode->kind == EPISODE_NODE_OFF) {
        /* It may have answered just before, and be asked just after. */
        never_us = (host_silent_s() - 2 * host_poll_s()) * SECOND;
        surely_us = (host_silent_s() + 2 * host_poll_s()) * SECOND;
    }
    bool long_enough = episode->held_us >= surely_us, too_short = episode->held_us <= never_us;
    if (disturbed(episode)) return MAY;
    return long_enough ? MUST : too_short ? MUST_NOT : MAY;
}

static int64_t true_us(struct sw_wall wall)
{
    return sw_wall_diff_ms(wall, sim_true_wall(0)) * 1000;
}

static void describe(const struct episode *episode, char *text, size_t size)
{
    char name[WORLD_NAME_SIZE];
    world_name(episode->kind, episode->subject, name);
    snprintf(text, size, "%s, day %.3f to %.3f (%.1f h)", name, (double)episode->from_us / (double)DAY,
             (double)episode->to_us / (double)DAY, (double)episode->held_us / (double)HOUR);
}

/* How far the alert lies from the episode, in time: 0 = within it; INT64_MAX = it cannot be about it. */
static int64_t distance(const struct stored_revision *row, const struct episode *episode)
{
    int64_t onset_us = true_us(row->onset), slack_us = SLACK_OF_SENSORS;
    if (episode->kind == EPISODE_PORT) slack_us = SLACK_OF_CLOCKS;
    if (episode->kind == EPISODE_NODE_OFF) slack_us = 2 * host_poll_s() * SECOND + SLACK_OF_CLOCKS;
    int64_t before_us = episode->from_us - onset_us, after_us = onset_us - episode->to_us;
    int64_t off_us = before_us > after_us ? before_us : after_us;
    return off_us > slack_us ? INT64_MAX : off_us > 0 ? off_us : 0;
}

static const struct stored_revision *last_revision(const char *id)
{
    const struct stored_revision *last = NULL;
    for (size_t i = 0; i < disk_revision_count(); i++)
        if (strcmp(disk_revision(i)->id, id) == 0) last = disk_revision(i);
    return last;
}

static void check_flood(const struct episode *flood, const struct stored_revision *first)
{
    const struct stored_revision *last = last_revision(first->id);
    if (last->peak != flood->colour)
        sim_fail("%s: the water stood in the %s band for %.1f h, the alert never was worse than %s", first->id,
                 sw_colour_name(flood->colour), (double)flood->held_us / (double)HOUR, sw_colour_name(last->peak));
}

struct finding {
    size_t count;
    const struct stored_revision *first;
};

static void check_episode(const struct episode *episode, const struct finding *finding)
{
    char text[96];
    describe(episode, text, sizeof text);
    enum verdict verdict = verdict_of(episode);
    check_counts.expected += verdict == MUST;
    check_counts.possible += verdict == MAY;
    if (verdict == MUST && finding->count == 0) sim_fail("no alert tells of %s", text);
    if (verdict == MUST && finding->count > 1) sim_fail("%zu alerts tell of %s", finding->count, text);
    if (verdict == MUST_NOT && finding->count > 0)
        sim_fail("%s tells of %s, which is nothing yet", finding->first->id, text);
    if (verdict == MUST && episode->kind == EPISODE_FLOOD) check_flood(episode, finding->first);
}

/* The episode that an alert is about: the nearest one of its subject. */
static struct finding *explain(const struct stored_revision *row, struct finding *findings)
{
    struct finding *nearest = NULL;
    int64_t least_us = INT64_MAX;
    char name[WORLD_NAME_SIZE];
    for (size_t i = 0; i < world.episode_count; i++) {
        const struct episode *episode = &world.episodes[i];
        if (rules[episode->kind].kind != row->kind) continue;
        int64_t off_us = distance(row, episode);
        if (off_us >= least_us) continue;
        world_name(episode->kind, episode->subject, name);
        if (strcmp(row->subject, name) != 0) continue;
        least_us = off_us;
        nearest = &findings[i];
    }
    return nearest;
}

/* Nobody answers on a line whose nodes have no power. */
static bool line_is_doubtful(uint32_t line, int64_t from_us, int64_t to_us)
{
    for (uint32_t node = 0; node < world.nodes; node++)
        if (world_line_of_node(node) == line && is_doubtful(node, from_us, to_us)) return true;
    return false;
}

static void check_unexplained(const struct stored_revision *row)
{
    enum episode_kind kind;
    uint32_t subject;
    int64_t onset_us = true_us(row->onset);
    if (!world_parse(row->subject, &kind, &subject)) sim_fail("%s is about nothing in the world", row->id);
    int64_t from_us = onset_us - DAY;
    bool explained = kind == EPISODE_PORT ? line_is_doubtful(subject, from_us, row->stored_us)
                                          : is_doubtful(world_node_of(kind, subject), from_us, row->stored_us);
    if (!explained)
        sim_fail("%s: nothing in the world explains it (raised on day %.3f)", row->id,
                 (double)row->stored_us / (double)DAY);
}

static void check_world(void)
{
    struct finding *findings = sim_zeroed(world.episode_count, sizeof *findings);
    for (size_t i = 0; i < disk_revision_count(); i++) {
        const struct stored_revision *row = disk_revision(i);
        if (row->revision != 1) continue;
        check_counts.found++;
        struct finding *finding = explain(row, findings);
        if (finding) {
            finding->count++;
            finding->first = row;
        } else if (row->kind != SW_ALERT_KIND_SENSOR_SILENT) { /* that follows from many a fault, and is not foretold */
            check_unexplained(row);
        }
    }
    for (size_t i = 0; i < world.episode_count; i++)
        check_episode(&world.episodes[i], &findings[i]);
    free(findings);
}

/* ---- at the end: the centre ---- */

static void check_centre(void)
{
    struct table places = {.size = 0};
    char name[SW_ALERT_ID_SIZE + 16];
    for (size_t i = 0; i < centre_row_count(); i++) {
        const struct centre_row *row = centre_row(i);
        snprintf(name, sizeof name, "%s %u", row->id, (unsigned)row->revision);
        if (table_find(&places, name) != TABLE_NONE) sim_fail("the centre has %s twice", name);
        table_add(&places, name, (uint32_t)i);
    }
    for (size_t i = 0; i < disk_revision_count(); i++) {
        const struct stored_revision *row = disk_revision(i);
        snprintf(name, sizeof name, "%s %u", row->id, (unsigned)row->revision);
        uint32_t place = table_find(&places, name);
        if (place == TABLE_NONE) sim_fail("the centre never got %s", name);
        if (centre_row(place)->state != row->state || centre_row(place)->colour != row->colour)
            sim_fail("the centre has %s as %s, the gateway as %s", name, sw_alert_state_name(centre_row(place)->state),
                     sw_alert_state_name(row->state));
    }
    if (centre_row_count() != disk_revision_count())
        sim_fail("the centre has %zu revisions, the gateway %zu", centre_row_count(), disk_revision_count());
    if (disk_outbox_left() > 0) sim_fail("%zu rows are still in the outbox", disk_outbox_left());
    table_free(&places);
}

/* What a person was told is done is done. */
static void check_orders(void)
{
    for (size_t number = 0; number < centre_order_count(); number++) {
        const struct centre_order *order = centre_order(number);
        bool used = number < check.order_capacity && check.order_used[number];
        if (order->accepted && !used)
            sim_fail("order %zu, to %s %s, was accepted as revision %u, which is not stored", number,
                     sw_alert_action_name(order->action), order->id, (unsigned)order->revision);
    }
}

/* Nothing goes on any more, so nothing is open any more. */
static void check_rest(void)
{
    struct table seen = {.size = 0};
    for (size_t i = disk_revision_count(); i > 0; i--) {
        const struct stored_revision *row = disk_revision(i - 1);
        if (table_find(&seen, row->id) != TABLE_NONE) continue;
        table_add(&seen, row->id, 0);
        if (sw_alert_state_is_open(row->state))
            sim_fail("%s is still %s, days after all was over: %s", row->id, sw_alert_state_name(row->state),
                     row->body);
    }
    table_free(&seen);
}

static void check_retained(const char *topic, const char *payload)
{
    struct message_area area;
    struct message_status_summary status;
    char text[256];
    if (strstr(topic, "/status")) {
        if (message_status_decode(payload, strlen(payload), &status, text, sizeof text) != SW_OK ||
            status.state != MESSAGE_STATUS_ONLINE || status.open_alerts != 0)
            sim_fail("the broker retains a status that is not true: %s", payload);
    } else if (strstr(topic, "/area/")) {
        if (message_area_decode(payload, strlen(payload), &area, text, sizeof text) != SW_OK ||
            area.colour != SW_COLOUR_GREEN)
            sim_fail("the broker retains an area that is not true: %s", payload);
    } else {
        sim_fail("the broker retains %s, and nothing is open: %s", topic, payload);
    }
}

void check_end(void)
{
    check_world();
    check_centre();
    check_orders();
    check_rest();
    broker_each_retained(check_retained);
}

void check_free(void)
{
    free(check.doubts);
    free(check.order_used);
}
