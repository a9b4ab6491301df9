/* The bodies of MQTT messages and of replay's output: JSON after the schemas in docs/schema/, made and read with
 * jansson. Encoders return a string from malloc, one line without line end; NULL only when memory is refused.
 *
 * Every body starts with `schema`; members come in a fixed order; what does not apply is left out, never null. Numbers
 * are decimals of the unit named beside them. Decoders take bytes from outside: they check type, range, length and
 * UTF-8 of every member they hand on, and refuse a member given twice. No function here keeps state or reads a clock.
 */
#ifndef GATEWAY_MESSAGE_MESSAGE_H
#define GATEWAY_MESSAGE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/gateway_config.h"
#include "core/alert/hold.h"
#include "core/area/area.h"
#include "core/near/near.h"
#include "stillwater/alert.h"
#include "stillwater/people.h"
#include "stillwater/report.h"

/* RFC 3339 in UTC with milliseconds, "2026-11-22T03:40:00.000Z". */
#define MESSAGE_TIME_SIZE 32
void message_time_format(struct sw_wall time, char out[MESSAGE_TIME_SIZE]);
/* RFC 3339 with any offset, with or without fraction. SW_OK or SW_ERROR_MALFORMED. */
int message_time_parse(const char *text, struct sw_wall *time);

/* `expires` of an alert: updated_at plus this. As long as a centre's session at the broker lasts: nothing renews an
 * open alert that does not change, and a centre that was away for days has to learn of it, and that another is over. */
#define MESSAGE_EXPIRES_MS INT64_C(604800000)

/* Who has to act on an alert, and until when (docs/escalation.md). */
struct message_escalation {
    uint32_t level; /* levels above the alert's own area */
    char area[SW_AREA_PATH_SIZE];
    char responsible[SW_ID_SIZE]; /* "" = not known: there is no escalation */
    char deputy_of[SW_ID_SIZE];   /* "" = nobody */
    uint32_t repeat;              /* how often it was alarmed again at the top */
    struct sw_wall deadline;      /* 0 = none */
};

/* How many people and sensors have spoken of an alert. */
struct message_reports {
    uint32_t workers, citizens, sensors;
    uint32_t disagree; /* who says that nothing is wrong */
    struct sw_wall last;
    enum sw_report_kind told; /* what this very revision tells of; NONE: it is not somebody's report */
};

/* What an alert's message says beside the alert itself. Pointers are the caller's; what is NULL or not known is left
 * out. */
struct message_alert_about {
    const char *city, *gateway;
    const struct config_place *place;
    const struct message_escalation *escalation;
    const char *incident;          /* id of the one it belongs to */
    const struct near_found *near; /* the nearest first; at most SW_PLACES_NEAR_MAX */
    uint32_t near_count;
    const struct message_reports *reports;
};

/* stillwater.alert/1. */
char *message_alert_encode(const struct sw_alert *alert, const struct message_alert_about *about);

/* One English sentence for a duty officer, without final stop, made from the alert's own figures. Cut to fit. */
#define MESSAGE_HEADLINE_SIZE 320
void message_alert_headline(const struct sw_alert *alert, char out[MESSAGE_HEADLINE_SIZE]);

#define MESSAGE_NEAR_SIZE 192

/* What a receiver needs of an alert to route it, tell a duplicate and show it. */
struct message_alert_summary {
    char id[SW_ALERT_ID_SIZE];
    uint32_t revision;
    char city[SW_ID_SIZE], gateway[SW_ID_SIZE], subject[SW_ID_SIZE];
    enum sw_alert_kind kind;
    enum sw_alert_state state;
    enum sw_colour colour;
    bool drill;
    bool unstored; /* its gateway could not store it yet: it may come again, and otherwise */
    char headline[MESSAGE_HEADLINE_SIZE];
    char area[SW_AREA_PATH_SIZE]; /* "" = not known */
    struct sw_wall raised_at, updated_at, expires;
    char actor[SW_ALERT_ACTOR_SIZE], note[SW_ALERT_NOTE_SIZE]; /* "" = none */
    char incident[SW_ALERT_ID_SIZE];                           /* "" = none */
    struct message_escalation escalation;
    enum sw_report_kind told;     /* this revision is a report of `actor`; NONE: it is not */
    char near[MESSAGE_NEAR_SIZE]; /* "camera cam-17 45 m, shelter school-3 120 m"; the nearest three, "" = none */
};

/* SW_OK, or SW_ERROR_MESSAGE with `text` as in message_command_decode. Members this build does not know are let pass:
 * a newer gateway's alert must not be lost because it says more. */
int message_alert_decode(const char *payload, size_t size, struct message_alert_summary *summary, char *text,
                         size_t text_size);

/* The body of an alert that its gateway cannot store, from what it was to be: says so, and is for people only. From
 * malloc; NULL when memory is refused. */
char *message_alert_unstored(const char *body);

/* OASIS CAP 1.2 of an alert's JSON body: Alert, then Update, and Cancel once it is over; Exercise for a drill. *cap is
 * from malloc; NULL with SW_OK for a note, which is no warning of anything, and for what is pending. `earlier`: the
 * revisions before it, newest first, MESSAGE_CAP_EARLIER_MAX at most; those that are still in force are named in
 * `references`. */
#define MESSAGE_CAP_EARLIER_MAX 32
struct message_cap_earlier {
    uint32_t revision;
    struct sw_wall updated_at;
};
int message_cap_encode(const char *body, const struct message_cap_earlier *earlier, size_t count, char **cap);

/* stillwater.command/1: an action on an open alert, what is known of a home, or what came of an alert. */
enum message_verb {
    MESSAGE_VERB_ACT = 0,     /* `action` says which: alert_id, revision; resolve may have an outcome */
    MESSAGE_VERB_AWAY,        /* subject, mode, until */
    MESSAGE_VERB_BACK,        /* subject */
    MESSAGE_VERB_FEEDBACK,    /* alert_id, outcome; of open and of closed alerts */
    MESSAGE_VERB_DRILL,       /* subject, kind, colour, until */
    MESSAGE_VERB_SILENCE,     /* subject or area, kind, colour, until; the note says why */
    MESSAGE_VERB_UNSILENCE,   /* subject or area, kind */
    MESSAGE_VERB_MAINTENANCE, /* subject, until */
    MESSAGE_VERB_SERVICED,    /* subject */
    MESSAGE_VERB_STORM,       /* until: storm watch on */
    MESSAGE_VERB_CALM,        /* and off */
    MESSAGE_VERB_RELOAD,      /* read the configuration anew */
};

/* Members that a verb does not have are zero. */
struct message_command {
    enum message_verb verb;
    enum sw_alert_action action;
    char alert_id[SW_ALERT_ID_SIZE];
    uint32_t revision;       /* 0 = not given */
    enum sw_outcome outcome; /* NONE = not given */
    char subject[SW_ID_SIZE];
    char area[SW_AREA_PATH_SIZE];
    enum sw_away mode;
    enum sw_alert_kind kind;
    enum sw_colour colour; /* green = not given */
    struct sw_wall until;
    char by[SW_ALERT_ACTOR_SIZE];
    char note[SW_ALERT_NOTE_SIZE];
};

/* "acknowledge", "away", ... */
const char *message_command_name(const struct message_command *command);
/* Fills in verb and action; SW_ERROR_NOT_FOUND for a word that is no command. */
int message_command_from_name(const char *name, struct message_command *command);
#define MESSAGE_COMMAND_NAMES                                                                                          \
    "acknowledge, dispatch, resolve, away, back, feedback, drill, silence, unsilence, maintenance, serviced, storm, "  \
    "calm or reload"

/* Checks every member. On SW_ERROR_MESSAGE `text` says which member (or which line and column) is wrong and what was
 * expected. `payload` need not be terminated. */
int message_command_decode(const char *payload, size_t size, struct message_command *command, char *text,
                           size_t text_size);
char *message_command_encode(const struct message_command *command);

#define MESSAGE_RESULT_TEXT_SIZE 256

/* stillwater.command-result/1: `error` from error.def, `text` for people; revision = the alert's after the command. */
struct message_command_result {
    const char *alert_id; /* "" when the command was not about an alert, or could not be read */
    uint32_t revision;    /* 0 = left out */
    int error;
    const char *text;
    const char *subject; /* NULL or "" when the command was not about a home */
};
char *message_command_result_encode(const struct message_command_result *result, struct sw_wall now);

struct message_command_answer {
    char alert_id[SW_ALERT_ID_SIZE]; /* "" = not about an alert, or the gateway could not read the command */
    uint32_t revision;               /* 0 = not given */
    char subject[SW_ID_SIZE];        /* "" = not about a home */
    bool accepted;
    char error[32]; /* name from error.def, "OK" when accepted */
    char text[MESSAGE_RESULT_TEXT_SIZE];
};
int message_command_result_decode(const char *payload, size_t size, struct message_command_answer *answer, char *text,
                                  size_t text_size);

/* No warning lasts longer; one that does is a slip of the pen. */
#define MESSAGE_WEATHER_MAX_MS (31LL * 24 * 3600 * 1000)

/* stillwater.weather/1: the city's present warning, for all its gateways. Green: there is none any more. */
struct message_weather {
    enum sw_colour colour; /* never blue */
    struct sw_wall until;
    char by[SW_ALERT_ACTOR_SIZE];
    char text[SW_ALERT_NOTE_SIZE]; /* "" = none */
};

/* As message_command_decode. */
int message_weather_decode(const char *payload, size_t size, struct message_weather *weather, char *text,
                           size_t text_size);
char *message_weather_encode(const struct message_weather *weather);

/* stillwater.report/1: what somebody has seen. */
struct message_report {
    char id[SW_ID_SIZE]; /* chosen by whoever reports; used once */
    enum sw_report_source source;
    enum sw_report_kind kind;
    struct sw_wall time;
    struct config_place place;
    enum sw_colour colour; /* workers only; green = not given */
    char by[SW_ALERT_ACTOR_SIZE];
    char text[SW_ALERT_NOTE_SIZE]; /* "" = none */
};

/* As message_command_decode. */
int message_report_decode(const char *payload, size_t size, struct message_report *report, char *text,
                          size_t text_size);
char *message_report_encode(const struct message_report *report);

/* stillwater.receipt/1: alert revisions that a centre has stored durably. A machine's word, nobody has looked at them.
 */
#define MESSAGE_RECEIPT_MAX 100

struct message_receipt_item {
    char alert_id[SW_ALERT_ID_SIZE];
    uint32_t revision;
};

struct message_receipt {
    char centre[SW_ID_SIZE];
    struct sw_wall time;
    uint32_t count; /* from 1 */
    struct message_receipt_item items[MESSAGE_RECEIPT_MAX];
};
char *message_receipt_encode(const struct message_receipt *receipt);
/* As message_command_decode; on error *receipt is empty. */
int message_receipt_decode(const char *payload, size_t size, struct message_receipt *receipt, char *text,
                           size_t text_size);

/* stillwater.status/1: state, since when, version, and every counter of the gateway as name and value. */
enum message_status_state { MESSAGE_STATUS_ONLINE, MESSAGE_STATUS_OFFLINE, MESSAGE_STATUS_STOPPED };

struct message_counter {
    const char *name;
    uint64_t value;
};

#define MESSAGE_TRAIL_SIZE 88

/* Storm watch; `since` 0: it is off. */
struct message_storm {
    struct sw_wall since;
    struct sw_wall until; /* set by hand; 0 = not */
    char why[32];         /* "by_hand", "weather_warning", "alert" */
};

/* Which configuration is in force: told apart from others by a hash of its files, and since when. */
struct message_configuration {
    char hash[17]; /* 16 hex digits; "" = not known */
    struct sw_wall since;
};

struct message_status {
    const char *city, *gateway;
    enum message_status_state state; /* OFFLINE is the will: the gateway was lost; STOPPED: it was shut down */
    struct sw_wall time, since;
    uint32_t open_alerts;
    const char *trouble;                 /* "" or a sentence: what does not work at the moment (disk full, line down) */
    int64_t outage_hours_left;           /* negative = left out */
    const char *trail;                   /* its newest row, "SEQUENCE:HASH"; NULL or "" = left out */
    const struct hold *holds[HOLDS_MAX]; /* in force, none of a home */
    size_t hold_count;
    struct message_storm storm;
    struct message_configuration configuration;
    const struct message_counter *counters;
    size_t counter_count;
};
char *message_status_encode(const struct message_status *status);

struct message_status_summary {
    char city[SW_ID_SIZE], gateway[SW_ID_SIZE];
    enum message_status_state state;
    struct sw_wall time, since;
    uint32_t open_alerts;
    char trouble[MESSAGE_HEADLINE_SIZE];
    bool has_outage_hours_left;
    uint32_t outage_hours_left;
    char trail[MESSAGE_TRAIL_SIZE]; /* "" = not given */
    struct message_storm storm;
    struct message_configuration configuration;
};
int message_status_decode(const char *payload, size_t size, struct message_status_summary *summary, char *text,
                          size_t text_size);

const char *message_status_state_name(enum message_status_state state);

/* stillwater.incident/1: water and cover alerts that are near one another, as one (core/incident/). Members that are
 * not listed are counted. */
#define MESSAGE_INCIDENT_MEMBERS_MAX 25u

enum message_incident_state { MESSAGE_INCIDENT_OPEN, MESSAGE_INCIDENT_OVER, MESSAGE_INCIDENT_MERGED };

struct message_incident {
    char id[SW_ALERT_ID_SIZE];
    uint32_t revision;
    char city[SW_ID_SIZE], gateway[SW_ID_SIZE];
    enum message_incident_state state;
    char merged_into[SW_ALERT_ID_SIZE]; /* "" = not merged */
    enum sw_colour colour, peak;
    struct sw_wall since, updated_at;
    char area[SW_AREA_PATH_SIZE]; /* the smallest that holds all its members; "" = not known */
    bool has_centre;
    double latitude, longitude;
    uint32_t alerts, open, unacknowledged, subjects; /* alerts: open and over */
    uint32_t member_count;
    struct message_incident_member {
        char alert_id[SW_ALERT_ID_SIZE], subject[SW_ID_SIZE];
        enum sw_alert_kind kind;
        enum sw_alert_state state;
        enum sw_colour colour;
        struct sw_wall raised_at;
    } members[MESSAGE_INCIDENT_MEMBERS_MAX]; /* open ones, worst first */
};
char *message_incident_encode(const struct message_incident *incident);
/* As message_area_decode. */
int message_incident_decode(const char *payload, size_t size, struct message_incident *incident, char *text,
                            size_t text_size);
const char *message_incident_state_name(enum message_incident_state state);

/* stillwater.area/1: the colour of a place. What is not watched there is left out; homes are told as one, and no
 * message names one. */
struct message_area {
    char city[SW_ID_SIZE], gateway[SW_ID_SIZE];
    char area[SW_AREA_PATH_SIZE];
    struct sw_wall time; /* when this was made */
    enum sw_colour colour;
    bool unknown;
    struct area_count level, cover;
    uint32_t reported[SW_COLOUR_COUNT]; /* none are green */
    uint32_t rain_watched, rain_unknown;
    uint32_t homes_watched;
    enum sw_colour homes_colour;
    bool homes_unknown;
    uint32_t worst_count;
    struct message_area_sensor {
        char subject[SW_ID_SIZE];
        bool is_cover;
        enum sw_colour colour;
    } worst[AREA_WORST_MAX];
};
char *message_area_encode(const struct message_area *area);
/* As message_status_decode; members this build does not know are let pass. */
int message_area_decode(const char *payload, size_t size, struct message_area *area, char *text, size_t text_size);

/* stillwater.state/1: what is open of a subject. It goes on a retained topic, and there is none where nothing is open.
 */
struct message_state_alert {
    const char *id;
    uint32_t revision;
    bool drill;
    enum sw_alert_kind kind;
    enum sw_alert_state state;
    enum sw_colour colour;
    struct sw_wall raised_at, updated_at;
    const char *headline;
    const char *actor; /* who brought it into its state; "" = the gateway itself */
    const char *area;  /* "" or NULL = not known */
    char incident[SW_ALERT_ID_SIZE];
    struct message_escalation escalation;
};

/* More than any subject can have open. */
#define MESSAGE_STATE_ALERTS_MAX 64

struct message_state {
    const char *city, *gateway, *subject;
    struct sw_wall time; /* when this was made */
    const struct message_state_alert *alerts;
    size_t count; /* from 1 */
};
char *message_state_encode(const struct message_state *state);
struct message_state_head {
    char city[SW_ID_SIZE], gateway[SW_ID_SIZE], subject[SW_ID_SIZE];
    struct sw_wall time;
};
/* Calls each() with every alert in it, as far as a state tells of one: no note, nothing near, no `expires`. Errors as
 * message_command_decode, before the first call. */
int message_state_decode(const char *payload, size_t size, struct message_state_head *head, void *ctx,
                         void (*each)(void *ctx, const struct message_alert_summary *alert), char *text,
                         size_t text_size);

/* stillwater.home/1: what a family sees of one home, and what their Home Assistant reads. */
enum message_home_state {
    MESSAGE_HOME_UNKNOWN, /* no data, or not enough of it */
    MESSAGE_HOME_USING,
    MESSAGE_HOME_QUIET,
    MESSAGE_HOME_NO_USE,
    MESSAGE_HOME_ALERT, /* of another kind */
    MESSAGE_HOME_AWAY,
};

#define MESSAGE_HOME_KINDS_MAX 16

struct message_home {
    const char *city, *gateway, *subject;
    struct sw_wall time;
    enum message_home_state state;
    enum sw_colour colour; /* the worst that is open */
    uint32_t kind_count;   /* of real alerts that are open, notes left out */
    enum sw_alert_kind kinds[MESSAGE_HOME_KINDS_MAX];
    bool drill;                /* an exercise goes on */
    struct sw_wall last_use;   /* 0 = not known */
    int32_t coverage_permille; /* -1 = does not apply */
};
char *message_home_encode(const struct message_home *home);

/* How Home Assistant is told of the home as a device. `subject` "": a filter of all of the gateway. */
#define MESSAGE_DISCOVERY_TOPIC_SIZE (SW_ID_SIZE + sizeof SW_TOPIC_ROOT + 6 * SW_ID_SIZE + 32)
void message_discovery_topic(const char *prefix, const char *city, const char *gateway, const char *subject,
                             char out[MESSAGE_DISCOVERY_TOPIC_SIZE]);
/* The way back: the home that a topic of the filter is about. False when it is none. */
bool message_discovery_subject(const char *topic, char subject[SW_ID_SIZE]);
char *message_discovery_encode(const char *city, const char *gateway, const char *subject);

#endif
