/* The gateway's state, shared by the parts of the application. Everything here lives on the loop's thread. */
#ifndef GATEWAY_APP_GATEWAY_STATE_H
#define GATEWAY_APP_GATEWAY_STATE_H

#include "app/gateway.h"
#include "app/loop_lag.h"
#include "app/permission.h"
#include "core/alert/open_alerts.h"
#include "core/area/area.h"
#include "core/core.h"
#include "core/escalation/escalation.h"
#include "core/incident/incident.h"
#include "core/outage/outage.h"
#include "core/storm/storm.h"
#include "message/message.h"
#include "ports/field_bus.h"
#include "ports/publisher.h"
#include "ports/store.h"
#include "registry/places.h"

#define NO_SUBJECT           UINT32_MAX
#define COMMANDS_WAITING_MAX 64u
#define INFLIGHT_MAX         100u
#define TROUBLE_SIZE         320u
#define COMMAND_TEXT_SIZE    64u

/* Where something that must be durable first has got to. */
enum stage {
    STAGE_NONE,
    STAGE_OPEN,      /* its rows are in the batch being filled */
    STAGE_UNDER_WAY, /* in the batch being committed, or tried again */
};

/* Which subject a sensor's readings belong to. */
struct target {
    uint32_t subject;                    /* index in the configuration; NO_SUBJECT = nobody */
    uint32_t core[SUBJECT_DOMAIN_COUNT]; /* index in the core for each domain; NO_SUBJECT = none */
};

struct node_state {
    uint32_t line, node;
    const char *id;
    uint32_t core;
    struct target slots[SW_NODE_SLOT_COUNT];
    uint32_t serial; /* 0 = has not been heard of */
    uint16_t epoch;
    uint32_t sequence; /* the last record handed to core and journal; 0 = none of this epoch */
    enum stage acknowledge;
    enum stage opening; /* of a new log: its cursor is made durable before the node is told */
    bool serial_refused;
};

struct device_state {
    const char *id;
    uint32_t core;
    struct target target;
    const struct sw_profile *profile;
    int last_error;
};

struct line_state {
    const char *id;
    uint32_t core;
    bool up;
    char trouble[128];
    struct node_state *nodes;
    struct device_state *devices;
};

/* A command whose answer waits for the commit of what it changed. */
struct waiting_command {
    enum stage stage;
    char alert_id[SW_ALERT_ID_SIZE]; /* "" = it is about a home */
    char subject[SW_ID_SIZE];        /* "" = it is about an alert */
    uint32_t revision;               /* 0 = the alert has no new one */
    char text[COMMAND_TEXT_SIZE];
    bool only_feedback;
    size_t feedback;      /* index in the batch */
    char *response_topic; /* NULL = none */
    uint8_t *correlation;
    size_t correlation_size;
};

/* Snapshots of all that readings have changed: some with each commit, until every subject has had its turn. */
struct checkpoint {
    bool under_way;
    uint32_t next;    /* subject */
    int64_t begun;    /* the store's position then */
    int64_t position; /* every reading up to here is in the snapshots */
    struct sw_mono at;
};

/* What goes into the store: one batch being filled, one being committed. */
struct journal {
    struct store_batch *open;
    struct store_batch *under_way; /* kept until it is stored */
    bool in_store;                 /* the store has it now; else it waits for the next try */
    uint64_t batch, stored;        /* numbers of the batch being filled, from 1, and of the last one stored */
    struct sw_mono retry_at;
    int64_t retry_after_ms;
    bool abandoned;           /* at the end only: what could not be stored stays with the nodes */
    bool urgent;              /* somebody waits for the batch being filled */
    bool draining;            /* a node has more records, and waits for it */
    struct sw_mono commit_at; /* of the last one */
    uv_timer_t timer;         /* to the next one */
    struct sw_mono timer_at;  /* while it runs */
    struct sw_mono nodes_at;  /* when the nodes' snapshots were wanted last */
    struct checkpoint checkpoint;
    struct sw_mono failing_since;     /* while there is trouble */
    size_t told_under_way, told_open; /* alerts of the two batches that were told unstored */
    char trouble[TROUBLE_SIZE];       /* "" = the last commit went well */
};

/* Rows that were sent and are not done are sent again, in passes from the first place on. */
struct resend {
    bool active;                                        /* a pass is under way */
    struct store_outbox_stretch lines[SW_COLOUR_COUNT]; /* worst first; where it has got to in each */
    int64_t until;   /* the last place it takes; between passes: that of the next one */
    int64_t settled; /* up to here every row is done */
    uint32_t left;   /* rows this pass has found */
    struct sw_mono due;
    int64_t wait_ms; /* until the next pass; doubles */
    bool heard;      /* a receipt has come since the pass before */
    bool silent;     /* none came in the whole wait before this pass */
};

/* Lines of the outbox as they are sent for the first time on a connection: what was decided since, the worst colour
 * first, and then in the same way what was there before. */
#define OUTBOX_LINES (2 * SW_COLOUR_COUNT)

struct outbox_line {
    struct store_outbox_stretch stretch; /* what is left of it */
    struct sw_mono served;               /* when it last had a row sent, or none to send */
};

/* The way from the outbox to the publisher. */
struct outbox_pump {
    bool up;                    /* link to the broker */
    bool reading;               /* rows have been asked for */
    bool reading_again;         /* they are for the pass */
    size_t asked[OUTBOX_LINES]; /* the line of each stretch that was asked for */
    uint32_t asked_rows;
    int64_t asked_newest; /* the newest row there was then */
    bool woken;           /* rows may have been added since they were asked for */
    bool exhausted;       /* the last look found nothing new, and nothing has been added since */
    int64_t sent_until;   /* up to this place every row has been handed over */
    struct outbox_line lines[OUTBOX_LINES];
    unsigned generation; /* of the link: rows asked for before it was lost are not sent after */
    unsigned reading_generation;
    int64_t inflight[INFLIGHT_MAX]; /* handed over, no PUBACK yet */
    uint32_t inflight_count;
    int64_t backlog; /* rows up to this one were there before the connection */
    uint32_t credit; /* rows that may be sent before the centre is heard of again */
    struct resend resend;
    char trouble[TROUBLE_SIZE]; /* "" = receipts come, or are not waited for */
};

/* Room in the store. */
struct space {
    uint32_t core;           /* subject */
    enum sw_alert_rule rule; /* what is wrong; NONE = nothing */
    struct outage outage;
    uint64_t kept_bytes;                         /* that the outage has been told of */
    uint64_t readings_damaged, database_damaged; /* files that have been told of */
    bool wal_long;                               /* as has been told */
    struct sw_wall newest;                       /* in the store at the start, or the time of the start */
    struct sw_mono since;
};

/* What the city has been told of an area. */
struct area_told {
    bool known;  /* told on this connection */
    bool is_due; /* in area_pump.due */
    struct sw_mono at;
    struct area_report report;
};

/* Topics of one kind that the broker keeps for us. */
struct retained {
    bool up; /* link to the broker */
    struct permission permission;
    char **stale; /* what the broker holds and is true of nothing any more; NULL until there are some */
    uint32_t stale_count;
    uint64_t published;
};

/* A home that a family watches. */
struct shown_home {
    uint32_t core;
    bool device_due; /* Home Assistant is to be told of it */
    bool known;      /* its state has been told on this connection */
    struct sw_mono told_at;
    struct message_home told;
};

struct home_assistant {
    struct shown_home *homes;
    uint32_t count;
    uint32_t next_device, next_state; /* to be looked at; `count` = all have been since the last tick */
};

/* The way from the register of open alerts to the states' retained topics. */
struct state_pump {
    uint64_t *batch; /* by subject: the journal's batch with its newest revision */
    uint32_t *due;   /* ring of subjects to be told, each at most once */
    uint32_t due_first, due_count;
    bool *is_due;
    bool first; /* what was open at the connect has not been told yet */
    struct sw_mono up_at;
};

/* The way from the core to the areas' retained topics. */
struct area_pump {
    void *map_memory;
    struct area_map *map; /* subjects have the core's indices */
    uint32_t *noted;      /* subjects with a new alert revision since the last tick */
    uint32_t noted_count;
    bool *is_noted; /* by subject */
    uint32_t next_judged;
    struct area_told *told; /* by area */
    uint32_t *due;          /* ring of areas to be told, each at most once */
    uint32_t due_first, due_count;
};

/* Which alerts belong together, and the way from there to the incidents' retained topics. */
struct incidents {
    void *memory;
    struct incident_book *book; /* subjects have the core's indices */
    struct incident_told {      /* by slot */
        bool is_due;
        bool said_over;             /* its last message has gone; what is left is to take it from the broker */
        struct sw_mono numbered_at; /* its last revision */
        uint64_t batch;             /* the journal's batch with the revision that is due */
    } * told;
};

/* Who has to act on the open alerts. */
struct escalation_pump {
    struct escalation *of;             /* by slot of the register of open alerts; NULL = no people file */
    const struct escalation *climbing; /* the step whose revision is being made */
    bool up;                           /* link to the broker */
    struct sw_mono up_since;
};

#define REPORTED_PLACES_MAX 32u
#define REPORT_RAISED_MAX   64u

/* A sensor's alert that may tell of what was reported before; looked at with the next tick. */
struct raised_alert {
    uint32_t subject;
    enum sw_alert_kind kind;
};

/* A place of the core that is lent to what is reported. */
struct reported_place {
    char name[24];
    struct config_place place;
};

/* What people report, and where. */
struct report_room {
    struct report_desk *desk;
    struct reported_place *places;
    uint32_t first_place, place_count;  /* of the core */
    const struct report_heard *opening; /* the report whose alert is being raised; NULL = none is */
    enum sw_report_kind telling;        /* of somebody, about an open alert whose revision is being made */
    struct raised_alert raised[REPORT_RAISED_MAX];
    uint32_t raised_count;
};

/* The way from readings to the telemetry's topics. */
struct telemetry {
    bool up;       /* link to the broker */
    bool *is_home; /* by subject of the configuration; NULL = nothing is told */
    struct telemetry_channel {
        struct message_telemetry *message; /* NULL = nothing is told of these */
        struct permission permission;
        char topic[SW_TOPIC_SIZE];
    } channels[PUBLISHER_TELEMETRY_COUNT];
    uv_timer_t timer; /* runs while something is gathered */
};

/* A configuration that was read by the gateway itself, with the files it names. */
struct loaded {
    struct gateway_config *config; /* NULL = none */
    struct duty_roster *roster;
    struct places places; /* until it is in force */
    char hash[17];
};

struct reload_answer {
    bool wanted;
    char *response_topic; /* NULL = none */
    uint8_t *correlation;
    size_t correlation_size;
};

/* The way from a changed file to the configuration in force. */
struct reload {
    char *file; /* NULL: there is none to read */
    void (*replaced)(void *ctx);
    void *replaced_ctx;
    struct message_configuration configuration;
    struct loaded present, former; /* former: until the bus has let go of it */
    bool under_way, settling, again;
    char by[SW_ALERT_ACTOR_SIZE], note[SW_ALERT_NOTE_SIZE];
    struct reload_answer answer;
};

struct gateway_counters {
    uint64_t reports, reports_refused, reports_limited, reports_repeated, reports_elsewhere;
    uint64_t reports_opening, reports_confirming;
    uint64_t records_repeated, records_unassigned, records_missing, samples_dropped;
    uint64_t commands, commands_refused, alerts, feedback, weather_refused;
    uint64_t receipts, receipts_refused, alerts_replayed, alerts_unstored, escalations;
    uint64_t telemetry_readings, telemetry_dropped, reloads, reloads_refused;
};

enum phase { PHASE_RUNNING, PHASE_BUS, PHASE_COMMIT, PHASE_DRAIN, PHASE_PUBLISHER, PHASE_STORE, PHASE_TIMER };

struct gateway {
    uv_loop_t *loop;
    const struct gateway_config *config;
    struct gateway_clock clock;
    uv_timer_t timer;
    unsigned open_handles; /* the gateway's own, the telemetry's among them */

    void *core_memory;
    struct core *core;
    int64_t *positions;       /* while it starts: of each subject's snapshot */
    uint32_t *config_subject; /* by core index: index in the configuration, NO_SUBJECT for nodes, lines and devices */
    struct line_state *lines;
    void *open_memory;
    struct open_alerts *open;
    struct report_room reports;
    struct places places; /* none where the configuration names no registry */

    struct store *store;
    struct field_bus *bus;
    struct publisher *publisher;

    struct journal journal;
    struct space space;
    struct outbox_pump outbox;
    struct permission cap; /* beside the alerts */
    struct home_assistant home_assistant;
    struct retained retained[PUBLISHER_RETAINED_COUNT];
    struct area_pump areas;
    struct incidents incidents;
    struct {
        struct storm state;
        bool told; /* since the start, to the bus */
    } storm;
    struct state_pump states;
    struct escalation_pump escalations;
    struct telemetry telemetry;
    struct reload reload;
    struct loop_lag lag;
    struct waiting_command commands[COMMANDS_WAITING_MAX];
    uint32_t command_revision; /* of the alert changed by the command in hand */
    char command_alert[SW_ALERT_ID_SIZE];
    struct gateway_counters counters;

    struct sw_wall since;
    struct sw_wall last_wall;
    struct sw_mono last_mono;
    struct sw_mono status_at;
    char status_trouble[TROUBLE_SIZE];

    enum phase phase;
    struct sw_mono phase_until;
    bool failed_at_start;
    void (*stopped)(void *ctx);
    void *stopped_ctx;
};

/* One of open_handles is closed; with the last one the gateway is gone. */
void gateway_release(struct gateway *gateway);

/* Takes the next step of stopping when the present one is over. Nothing while running. */
void gateway_advance(struct gateway *gateway);

#endif
