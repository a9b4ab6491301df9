#include "sim/broker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ports/publisher.h"
#include "ports/store.h"
#include "sim/agenda.h"
#include "sim/centre.h"
#include "sim/check.h"
#include "sim/host.h"
#include "sim/table.h"

#define LEAST_WAY_US  5000
#define MOST_WAY_US   200000
#define ONE_IN_LOST   200 /* while faults are on: of receipts, commands and answers */
#define ONE_IN_DOUBLE 100
#define ONE_IN_LATE   50

struct publisher {
    struct publisher_events events;
    char *will;
    bool up;
    int64_t up_since_us;
    bool alive;
    uint64_t connection; /* what was sent over an earlier one is not answered over this one */
    uint32_t inflight;
    struct {
        uint32_t under_way;
        bool taken;
    } retained[PUBLISHER_RETAINED_COUNT];
};

/* A message on its way to the gateway or from it. */
struct letter {
    enum { LETTER_ALERT, LETTER_RECEIPT, LETTER_COMMAND, LETTER_ANSWER } type;
    char *payload;
    int64_t token; /* of an alert; or the number of the order */
    uint64_t connection;
};

struct retained {
    char *topic, *payload;
};

static struct publisher publisher;
struct broker_counts broker_counts;

static struct {
    bool on;
    struct dice dice;
    char **waiting; /* for the centre, oldest first */
    size_t waiting_count, waiting_capacity;
    int64_t last_us;      /* when the centre gets what was handed over last */
    uint64_t incarnation; /* what is on its way to the centre dies with the broker */
    struct retained *retained;
    size_t retained_count, retained_capacity;
    struct table retained_places;
} broker;

static int64_t way_us(void)
{
    return dice_between(&broker.dice, LEAST_WAY_US, MOST_WAY_US);
}

static bool goes_wrong(uint64_t one_in)
{
    return sim.faults && dice_hit(&broker.dice, one_in);
}

/* ---- what is retained ---- */

static void retain(const char *topic, const char *payload)
{
    uint32_t place = table_find(&broker.retained_places, topic);
    if (place == TABLE_NONE) {
        if (broker.retained_count == broker.retained_capacity) {
            broker.retained_capacity = broker.retained_capacity ? 2 * broker.retained_capacity : 64;
            broker.retained = sim_grown(broker.retained, broker.retained_capacity, sizeof *broker.retained);
        }
        place = (uint32_t)broker.retained_count++;
        broker.retained[place] = (struct retained){sim_copied(topic), NULL};
        table_add(&broker.retained_places, topic, place);
    }
    free(broker.retained[place].payload);
    broker.retained[place].payload = payload[0] == '\0' ? NULL : sim_copied(payload);
}

const char *broker_retained(const char *topic)
{
    uint32_t place = table_find(&broker.retained_places, topic);
    return place == TABLE_NONE ? NULL : broker.retained[place].payload;
}

void broker_each_retained(void (*each)(const char *topic, const char *payload))
{
    for (size_t i = 0; i < broker.retained_count; i++)
        if (broker.retained[i].payload) each(broker.retained[i].topic, broker.retained[i].payload);
}

/* ---- to the centre ---- */

static void hand_to_centre(void *ctx, uint64_t incarnation)
{
    char *payload = ctx;
    if (incarnation != broker.incarnation) {
        broker_counts.lost++;
        free(payload);
        return;
    }
    if (centre_is_there()) {
        centre_take(payload);
        free(payload);
        return;
    }
    if (broker.waiting_count == broker.waiting_capacity) {
        broker.waiting_capacity = broker.waiting_capacity ? 2 * broker.waiting_capacity : 64;
        broker.waiting = sim_grown(broker.waiting, broker.waiting_capacity, sizeof *broker.waiting);
    }
    broker.waiting[broker.waiting_count++] = payload;
    if (broker.waiting_count > broker_counts.waiting_most) broker_counts.waiting_most = broker.waiting_count;
}

/* In order, as TCP keeps it, but for what goes wrong. */
static void send_to_centre(const char *payload)
{
    int64_t at_us = sim.now_us + way_us();
    if (at_us < broker.last_us) at_us = broker.last_us;
    if (goes_wrong(ONE_IN_LATE))
        at_us += dice_between(&broker.dice, SECOND, 30 * SECOND);
    else
        broker.last_us = at_us;
    agenda_add_owned(at_us, hand_to_centre, sim_copied(payload), broker.incarnation, free);
}

void broker_centre_changed(void)
{
    if (!centre_is_there()) return;
    for (size_t i = 0; i < broker.waiting_count; i++) {
        send_to_centre(broker.waiting[i]);
        free(broker.waiting[i]);
    }
    broker.waiting_count = 0;
}

/* ---- the gateway's connection ---- */

static const char *status_topic(void)
{
    return "stillwater/simtown/gw/status";
}

static void lose_link(const char *why)
{
    if (!publisher.up) return;
    publisher.up = false;
    publisher.connection++;
    publisher.inflight = 0;
    publisher.events.link(publisher.events.ctx, false, why);
}

static const char *retained_kinds[PUBLISHER_RETAINED_COUNT] = {
    [PUBLISHER_AREAS] = "/" SW_TOPIC_AREA "/",         [PUBLISHER_STATES] = "/" SW_TOPIC_STATE "/",
    [PUBLISHER_INCIDENTS] = "/" SW_TOPIC_INCIDENT "/", [PUBLISHER_HOMES] = "/" SW_TOPIC_HOME "/",
    [PUBLISHER_DISCOVERY] = "homeassistant/",
};

static void tell_kept(void)
{
    for (int kind = 0; kind < PUBLISHER_RETAINED_COUNT; kind++)
        for (size_t i = 0; i < broker.retained_count && publisher.up; i++)
            if (broker.retained[i].payload && strstr(broker.retained[i].topic, retained_kinds[kind]))
                publisher.events.retained_kept(publisher.events.ctx, (enum publisher_retained)kind,
                                               broker.retained[i].topic);
}

static void connect_again(void *ctx, uint64_t connection)
{
    (void)ctx;
    if (!publisher.alive || publisher.up || connection != publisher.connection) return;
    if (!broker.on) {
        agenda_add(sim.now_us + dice_between(&broker.dice, SECOND, 30 * SECOND), connect_again, NULL, connection);
        return;
    }
    publisher.up = true;
    publisher.up_since_us = sim.now_us;
    publisher.connection++;
    memset(publisher.retained, 0, sizeof publisher.retained);
    broker_counts.connects++;
    publisher.events.link(publisher.events.ctx, true, "connected");
    tell_kept();
}

static void connect_soon(void)
{
    agenda_add(sim.now_us + dice_between(&broker.dice, SECOND / 2, 30 * SECOND), connect_again, NULL,
               publisher.connection);
}

int64_t broker_up_since_us(void)
{
    return publisher.up ? publisher.up_since_us : INT64_MAX;
}

void broker_break_link(void)
{
    if (!publisher.up) return;
    lose_link("the connection was lost");
    connect_soon();
}

void broker_lose_gateway(void)
{
    if (publisher.up) retain(status_topic(), publisher.will);
    lose_link("gone");
    publisher.alive = false;
}

void broker_set_power(bool on)
{
    sim_tell("the broker %s", on ? "is there" : "is gone");
    if (!on) {
        broker_counts.lost += broker.waiting_count;
        while (broker.waiting_count > 0)
            free(broker.waiting[--broker.waiting_count]);
        broker.incarnation++;
        broker_break_link();
    }
    broker.on = on;
}

/* ---- letters ---- */

static void free_letter(void *ctx)
{
    struct letter *letter = ctx;
    free(letter->payload);
    free(letter);
}

static void post(struct letter letter, agenda_act *arrives)
{
    struct letter *copy = sim_zeroed(1, sizeof *copy);
    *copy = letter;
    copy->connection = publisher.connection;
    agenda_add_owned(sim.now_us + way_us(), arrives, copy, 0, free_letter);
}

static void on_puback(void *ctx, uint64_t unused)
{
    struct letter *letter = ctx;
    (void)unused;
    if (publisher.up && letter->connection == publisher.connection) {
        publisher.inflight--;
        publisher.events.taken(publisher.events.ctx, letter->token);
    }
    free_letter(letter);
}

/* A message of a connection that broke meanwhile may have come through or not. */
static void on_alert(void *ctx, uint64_t unused)
{
    struct letter *letter = ctx;
    (void)unused;
    bool same = letter->connection == publisher.connection;
    if (broker.on && (same || dice_hit(&broker.dice, 2))) {
        send_to_centre(letter->payload);
        if (goes_wrong(ONE_IN_DOUBLE)) {
            broker_counts.doubled++;
            send_to_centre(letter->payload);
        }
        if (same) post((struct letter){LETTER_ALERT, NULL, letter->token, 0}, on_puback);
    }
    free_letter(letter);
}

static void on_letter(void *ctx, uint64_t unused)
{
    struct letter *letter = ctx;
    (void)unused;
    if (publisher.up && letter->connection == publisher.connection && !goes_wrong(ONE_IN_LOST)) {
        size_t size = strlen(letter->payload);
        struct publisher_command command = {.payload = letter->payload,
                                            .payload_size = size,
                                            .correlation = (const uint8_t *)&letter->token,
                                            .correlation_size = sizeof letter->token};
        if (letter->type == LETTER_RECEIPT) publisher.events.receipt(publisher.events.ctx, letter->payload, size);
        if (letter->type == LETTER_COMMAND) publisher.events.command(publisher.events.ctx, &command);
        if (letter->type == LETTER_ANSWER && centre_is_there())
            centre_take_answer(letter->payload, (size_t)letter->token);
    }
    free_letter(letter);
}

void broker_send_receipt(const char *payload)
{
    if (broker.on) post((struct letter){LETTER_RECEIPT, sim_copied(payload), 0, 0}, on_letter);
}

void broker_send_command(const char *payload, size_t number)
{
    if (broker.on) post((struct letter){LETTER_COMMAND, sim_copied(payload), (int64_t)number, 0}, on_letter);
}

/* ---- the port: publisher.h ---- */

int publisher_start(uv_loop_t *loop, const struct gateway_config *config, const char *will,
                    struct publisher_events events, struct publisher **out, char *text, size_t text_size)
{
    (void)loop, (void)config, (void)text, (void)text_size;
    free(publisher.will);
    publisher = (struct publisher){
        .events = events, .will = sim_copied(will), .alive = true, .connection = publisher.connection + 1};
    connect_soon();
    *out = &publisher;
    return SW_OK;
}

bool publisher_ready(const struct publisher *unused)
{
    (void)unused;
    return publisher.up && publisher.inflight < HOST_INFLIGHT;
}

int publisher_send(struct publisher *unused, const char *topic, const char *payload, int64_t token, bool replayed)
{
    (void)unused, (void)replayed;
    if (!publisher_ready(&publisher)) return SW_ERROR_BUSY;
    check_publish(token, topic, payload);
    publisher.inflight++;
    broker_counts.published++;
    if (sim_mutates(MUTATION_DROP_ROW, 5))
        (void)store_outbox_done(NULL, token);
    else
        post((struct letter){LETTER_ALERT, sim_copied(payload), token, 0}, on_alert);
    return SW_OK;
}

/* For people at once, and for nobody's books. */
int publisher_send_unstored(struct publisher *unused, const char *topic, const char *payload)
{
    (void)unused, (void)topic, (void)payload;
    return SW_OK;
}

/* The simulated gateway has mqtt.cap off. */
int publisher_send_cap(struct publisher *unused, const char *topic, const char *cap, const char *payload, bool replayed)
{
    (void)unused, (void)topic, (void)cap, (void)payload, (void)replayed;
    return SW_ERROR_NOT_PERMITTED;
}

int publisher_set_status(struct publisher *unused, const char *payload)
{
    (void)unused;
    if (publisher.up) retain(status_topic(), payload);
    return SW_OK;
}

/* A large world's broker permits no areas. */
static bool permits(int kind)
{
    return kind != PUBLISHER_AREAS || !host_is_large();
}

static void on_retained(void *ctx, uint64_t connection)
{
    size_t kind = (size_t)((const char **)ctx - retained_kinds);
    if (!publisher.up || connection != publisher.connection) return;
    publisher.retained[kind].under_way--;
    publisher.retained[kind].taken = true;
    publisher.events.retained_done(publisher.events.ctx, (enum publisher_retained)kind, permits((int)kind));
}

int publisher_set_retained(struct publisher *unused, enum publisher_retained kind, const char *topic,
                           const char *payload)
{
    (void)unused;
    uint32_t most = publisher.retained[kind].taken ? PUBLISHER_RETAINED_UNDER_WAY_MAX : 1;
    if (!publisher.up || publisher.retained[kind].under_way >= most) return SW_ERROR_BUSY;
    publisher.retained[kind].under_way++;
    if (permits((int)kind) && !sim_mutates(MUTATION_LOSE_STATE, 3)) retain(topic, payload);
    agenda_add(sim.now_us + way_us(), on_retained, &retained_kinds[kind], publisher.connection);
    return SW_OK;
}

/* Configurations do not change in this world. */
int publisher_apply(struct publisher *unused, const struct gateway_config *config, char *text, size_t text_size)
{
    (void)unused, (void)config, (void)text, (void)text_size;
    return SW_ERROR_BUSY;
}

/* The world's gateways have it switched off. */
int publisher_send_telemetry(struct publisher *unused, enum publisher_telemetry of, const char *topic,
                             const char *payload)
{
    (void)unused, (void)of, (void)topic, (void)payload;
    return SW_ERROR_BUSY;
}

int publisher_reply(struct publisher *unused, const struct publisher_command *command, const char *payload)
{
    int64_t number;
    (void)unused;
    if (!publisher.up) return SW_ERROR_BUSY;
    if (command->correlation_size != sizeof number) sim_fail("an answer has not the correlation data of its command");
    memcpy(&number, command->correlation, sizeof number);
    post((struct letter){LETTER_ANSWER, sim_copied(payload), number, 0}, on_letter);
    return SW_OK;
}

struct publisher_counters publisher_counters(const struct publisher *unused)
{
    (void)unused;
    return (struct publisher_counters){.connects = broker_counts.connects, .published = broker_counts.published};
}

void publisher_close(struct publisher *unused, const char *last_status, void (*closed)(void *ctx), void *ctx)
{
    (void)unused, (void)last_status;
    closed(ctx);
}

/* ---- begin and end ---- */

void broker_make(void)
{
    broker.on = true;
    broker.dice = dice_for(sim.seed, 'm');
}

void broker_free(void)
{
    for (size_t i = 0; i < broker.retained_count; i++) {
        free(broker.retained[i].topic);
        free(broker.retained[i].payload);
    }
    while (broker.waiting_count > 0)
        free(broker.waiting[--broker.waiting_count]);
    free(broker.waiting);
    free(broker.retained);
    free(publisher.will);
    table_free(&broker.retained_places);
}
