/* Store, field bus and publisher that do what a test tells them, under the names of the real ones. */
#ifndef TESTS_UNIT_APP_FAKE_PORTS_H
#define TESTS_UNIT_APP_FAKE_PORTS_H

#include "app/gateway.h"
#include "core/escalation/duty.h"
#include "message/message.h"
#include "ports/field_bus.h"
#include "ports/publisher.h"
#include "ports/store.h"

#define FAKE_LIST_MAX 512

struct fake_call {
    uint32_t line, node;
    uint16_t epoch;
    uint32_t sequence;
};

struct fake_outbox_row {
    struct sw_alert alert;
    char topic[SW_TOPIC_SIZE];
    char *payload;
    enum sw_colour line;
    int64_t place;
    bool done;
};

struct fake_snapshot {
    int domain;
    char name[SW_ALERT_ID_SIZE];
    uint8_t bytes[4096];
    size_t size;
    int64_t position;
};

struct fake_reply {
    char response_topic[64];
    uint8_t correlation;
    struct message_command_answer answer;
};

struct fake_area {
    char topic[SW_TOPIC_SIZE];
    bool is_empty;
    struct message_area area;
};

/* Its body as text: there is no decoder but the reader's. */
struct fake_state {
    char topic[SW_TOPIC_SIZE];
    char body[4096];
};

struct fake_incident {
    char topic[SW_TOPIC_SIZE];
    bool is_empty;
    struct message_incident incident;
};

struct fake_cap {
    char topic[SW_TOPIC_SIZE];
    char *body;
    size_t alerts_before; /* so many alerts had been handed over */
};

/* Of the kinds that are for families. */
struct fake_shown {
    enum publisher_retained kind;
    char topic[MESSAGE_DISCOVERY_TOPIC_SIZE];
    char payload[2048];
};

struct fake_telemetry {
    enum publisher_telemetry of;
    char topic[SW_TOPIC_SIZE];
    char *text;
};

struct fake_ports {
    int64_t wall_ms, mono_ms;
    bool without_device;            /* in the configuration of the next start */
    bool with_more_devices;         /* the same: on site-2, beside site-1 in a, and on site-3, elsewhere */
    const struct duty_roster *duty; /* the same */
    bool with_reports;  /* the same, also of the first: this gateway opens alerts of reports below c/n, and site-1 has a
                           place */
    bool with_receipts; /* the same: mqtt.done_on; without it puback */
    const char *with_telemetry; /* the same, also of the first: mqtt.telemetry; NULL = off */

    struct store_events store;
    struct store_batch *committing;
    int commits;
    struct store_reading readings[FAKE_LIST_MAX]; /* as stored */
    int64_t positions[FAKE_LIST_MAX];             /* of readings */
    int64_t position, checkpoint;
    size_t reading_count;
    struct store_cursor cursors[16];
    size_t cursor_count;
    struct fake_snapshot snapshots[128];
    size_t snapshot_count;
    struct fake_outbox_row outbox[FAKE_LIST_MAX]; /* id = index + 1 */
    size_t outbox_count;
    struct store_feedback feedback[16];
    struct store_limits limits;
    struct store_keep keep; /* of the last store_tidy */
    struct store_room room;
    uint64_t kept_bytes, cut;
    unsigned tidied;
    struct store_command store_commands[16];
    size_t store_command_count;
    size_t feedback_count;
    struct store_report reports[256];
    size_t report_count;
    bool read_wanted;
    struct store_outbox_stretch stretches[STORE_OUTBOX_STRETCHES_MAX];
    size_t stretch_count;
    size_t read_limit;

    struct field_bus_events bus;
    struct fake_call acknowledges[64], opens[16];
    size_t acknowledge_count, open_count;
    uint32_t hurry_ms;

    const struct gateway_config *publisher_config, *bus_config; /* of the last publisher_apply, field_bus_apply */
    int publisher_error, bus_error;                             /* of them */
    void (*bus_settled)(void *ctx);                             /* owed by field_bus_apply; fake_settle() calls it */
    void *bus_settled_ctx;
    struct publisher_events publisher;
    bool link_up;
    int send_error;
    uint32_t inflight;
    int64_t sent[FAKE_LIST_MAX];
    bool replayed[FAKE_LIST_MAX]; /* of sent */
    struct fake_shown shown[64];
    size_t shown_count;
    struct fake_cap caps[16];
    size_t cap_count;
    struct fake_telemetry telemetry[16];
    size_t telemetry_count;
    int telemetry_error;
    char unstored[4096]; /* the last one */
    size_t unstored_count;
    uint64_t unknown_done;
    size_t sent_count;
    struct fake_area areas[FAKE_LIST_MAX];
    size_t area_count, areas_done; /* handed over, and answered by fake_area_done() */
    struct fake_state states[FAKE_LIST_MAX];
    size_t state_count, states_done;
    struct fake_incident incidents[64];
    size_t incident_count, incidents_done;
    struct fake_reply replies[256];
    size_t reply_count;
    struct message_status_summary status; /* the last one */
    size_t status_count;
    bool store_closed, bus_closed, publisher_closed;
};

extern struct fake_ports fake;

/* A gateway with two nodes and a plain device on one line, started on the fake ports. */
struct gateway_under_test {
    uv_loop_t loop;
    struct gateway_config *config;
    struct gateway *gateway;
    bool stopped;
};

void gateway_begin(struct gateway_under_test *test);
void gateway_begin_with_duty(struct gateway_under_test *test, const struct duty_roster *duty);
void gateway_begin_with_receipts(struct gateway_under_test *test); /* resend_after_s 10, at most 35 */
void gateway_begin_with_more_devices(struct gateway_under_test *test);
/* Ends it as a kill would, and starts another one on what is stored. Rows not committed are gone. */
void gateway_kill_and_begin(struct gateway_under_test *test);
/* Ends with the store answering; checks that nothing is left on the loop. */
void gateway_end(struct gateway_under_test *test);

/* A row that is in the outbox as if it had been committed; its id. */
int64_t fake_outbox_add(const char *subject, enum sw_colour colour);
/* So long that rows that wait for others wait no longer. */
void fake_let_wait(void);
/* The commit under way is done, or the one that begins when rows have waited. On SW_OK its rows are taken over. Fails
 * the test when there is none. */
void fake_commit_done(int error);
/* Answers the outbox request; fails the test when there is none. */
void fake_outbox_answer(void);
/* The bus has let go of the configuration before. */
void fake_settle(void);
void fake_link(bool up);
void fake_taken(int64_t id);
void fake_receipt(const char *payload);
/* The broker answers the oldest area it has not answered yet; fails the test when there is none. */
void fake_area_done(bool taken);
/* All that are and will be under way; returns how many. */
size_t fake_areas_taken(void);
/* The same for states. */
void fake_state_done(bool taken);
size_t fake_states_taken(void);
/* The same for incidents. */
size_t fake_incidents_taken(void);
void fake_advance(struct gateway_under_test *test, int64_t ms);

/* A node's records first..last, one a second, water index on slot 0 (or as told). */
struct field_bus_batch batch_of(uint32_t node, uint32_t serial, uint16_t epoch, uint32_t first, uint32_t last);
void fake_batch(const struct field_bus_batch *batch);
void fake_command(const char *payload);
void fake_report(const char *source, const char *who, const char *payload);
/* "" = taken back */
void fake_weather(const char *payload);

#endif
