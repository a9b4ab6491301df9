/* The configuration of stillwaterd and of `stillwater replay`: YAML in, a checked struct out.
 * Shape and example: docs/configuration.md. Loading: config_load.c (libcyaml for shape, a second pass for sense). */
#ifndef GATEWAY_CONFIG_GATEWAY_CONFIG_H
#define GATEWAY_CONFIG_GATEWAY_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/core.h"
#include "core/incident/incident.h"
#include "core/near/near.h"
#include "core/report/report_desk.h"
#include "core/storm/storm.h"
#include "stillwater/sensor_profile.h"
#include "stillwater/topics.h"

struct config_place {
    bool known;
    double latitude, longitude; /* WGS 84 degrees */
    char grid[128];             /* city/district/street/cell, "" = not given */
};

/* Subjects with a policy in common. */
struct config_group {
    char id[SW_ID_SIZE];
    struct policy policy; /* the city's, with the group's own settings laid over it */
};

struct config_subject {
    char id[SW_ID_SIZE];
    struct config_place place;
    bool home_assistant; /* a home that a family watches with Home Assistant */
    const struct config_subject *upstream[CORE_UPSTREAM_MAX];
    uint32_t upstream_count;
    const struct policy *policy; /* the group's or else the city's; with settings of this subject's own laid over it */
    struct policy *own_policy;   /* then, or NULL */
};

/* A sensor behind a node. */
struct config_slot {
    uint8_t slot;
    const struct sw_profile *profile;
    uint8_t unit_id;
    uint32_t subject; /* index in subjects */
    uint32_t sample_period_ms;
    uint32_t report_delta; /* wire steps of the profile's first point */
    uint32_t heartbeat_s;
};

struct config_node {
    char id[SW_ID_SIZE];
    uint8_t unit_id;
    struct config_slot *slots;
    uint32_t slot_count;
};

/* A sensor wired to the gateway's own line. */
struct config_device {
    char id[SW_ID_SIZE];
    uint8_t unit_id;
    const struct sw_profile *profile;
    uint32_t subject;
    uint32_t poll_interval_ms;
    uint16_t *identity; /* what the registers of the profile's identity hold; NULL: whoever answers first */
};

/* How a line's units are reached. */
enum config_transport {
    CONFIG_RTU,                 /* Modbus RTU on a serial port */
    CONFIG_TCP,                 /* Modbus TCP, dialled out */
    CONFIG_RTU_OVER_TCP,        /* RTU frames over a connection that is dialled out */
    CONFIG_RTU_OVER_TCP_LISTEN, /* RTU frames over a connection that the far unit dials */
};

#define CONFIG_REGISTRATION_MAX 64

struct config_line {
    char id[SW_ID_SIZE];
    enum config_transport transport;
    char *port;                       /* path of the serial device; NULL unless CONFIG_RTU */
    struct sw_line_settings settings; /* with RTU over TCP, the baud at the far end */
    char *host;                       /* NULL unless it is dialled */
    char *listen;                     /* own address; NULL unless CONFIG_RTU_OVER_TCP_LISTEN */
    uint16_t tcp_port;
    uint8_t *registration; /* packet by which the far unit announces itself; NULL unless it dials */
    uint8_t registration_size;
    uint8_t outstanding;       /* requests under way on the connection at most */
    uint32_t trip_ms;          /* of a request and its reply over the network, for the plan */
    uint32_t poll_interval_ms; /* nodes */
    uint32_t timeout_ms;
    struct config_node *nodes;
    uint32_t node_count;
    struct config_device *devices;
    uint32_t device_count;
    bool plan_fails; /* only of a configuration that is refused */
};

/* What makes an alert revision delivered. */
enum config_done_on {
    CONFIG_DONE_ON_RECEIPT, /* the centre says that it has stored it */
    CONFIG_DONE_ON_PUBACK,  /* the broker has taken it, and may still lose it */
};

/* Whose readings are published as they come. */
enum config_telemetry {
    CONFIG_TELEMETRY_OFF,
    CONFIG_TELEMETRY_SITES, /* all but those of homes */
    CONFIG_TELEMETRY_ALL,
};

struct config_mqtt {
    char *host;
    uint16_t port;
    uint32_t keepalive_s;
    uint32_t inflight; /* alerts under way at most */
    enum config_done_on done_on;
    uint32_t resend_after_s, resend_after_max_s;
    bool cap; /* alerts go out as CAP 1.2, too */
    enum config_telemetry telemetry;
    char *discovery_prefix; /* of Home Assistant */
    char *username;         /* NULL = none */
    char *password_file;    /* NULL = none; first line is the password */
    char *ca_file;          /* NULL = no TLS */
    char *certificate_file; /* NULL = no client certificate */
    char *key_file;
};

struct config_storm {
    struct storm_rules rules;
    uint32_t poll_interval_ms; /* while it is on, at most */
};

/* Files about the city that all its gateways share; NULL = none. */
struct config_registry {
    char *people;
    char *places;            /* GeoJSON */
    struct near_reach reach; /* how far it is looked for what is near an alert */
};

/* What people report (app/reports.h). */
struct config_reports {
    char **areas; /* paths: a report from below one of these that fits no alert opens one here */
    uint32_t area_count;
    struct report_policy policy;
    int64_t expire_ms;
};

struct duty_roster;

/* Sensor profiles of a folder, by name (config/profile_file.h). */
struct profile_folder {
    char *path;
    struct profile_file **files;
    size_t count;
};

struct gateway_config {
    char city[SW_ID_SIZE];
    char gateway[SW_ID_SIZE];
    char *store_path;                              /* NULL where the file has no store section (replay) */
    uint32_t store_quota_mb;                       /* 0 = the disk */
    uint32_t store_keep_days[SW_READING_KIND_END]; /* of each kind; place 0: of what is none; 0 = for ever */
    uint32_t store_reserve_mb;
    struct config_mqtt mqtt; /* host NULL where the file has no mqtt section (replay) */
    struct incident_rules incident;
    struct config_storm storm;
    struct config_registry registry;
    struct config_reports reports;
    struct profile_folder profiles; /* the operator's own */
    const struct duty_roster *duty; /* what registry.people says; set by whoever loads it (registry/people.h) */
    struct policy policy;
    struct config_group *groups;
    uint32_t group_count;
    struct config_subject *subjects;
    uint32_t subject_count;
    struct config_line *lines;
    uint32_t line_count;
};

/* Called for each problem found: where it is (file, line 0 = whole file, path of the field such as
 * "lines[0].nodes[1].unit_id") and a sentence that says what was found and what was expected. */
struct config_report {
    void *ctx;
    void (*problem)(void *ctx, const char *file, unsigned line, const char *field, const char *text);
};

/* What the file is for: a daemon needs lines, store and mqtt; a replay needs none of them. */
enum config_use { CONFIG_FOR_DAEMON, CONFIG_FOR_REPLAY };

/* SW_OK and *config (free with config_free), or SW_ERROR_CONFIG after at least one problem was reported. */
int config_load(const char *file, enum config_use use, struct config_report report, struct gateway_config **config);

/* For the daemon, to look at it: where nothing is wrong but that lines cannot do what is asked of them, *config is
 * there with the error too, those lines marked (plan_fails); else NULL. */
int config_load_to_check(const char *file, struct config_report report, struct gateway_config **config);

/* The built-in city policy, no subjects, gateway id "replay". NULL when memory is refused. */
struct gateway_config *config_built_in(void);

/* What the file says of a subject; NULL for a name it does not know. Part of the configuration. */
const struct config_subject *config_subject_named(const struct gateway_config *config, const char *id);
/* Its own policy, or the city's for a name the file does not know. */
const struct policy *config_policy_of(const struct gateway_config *config, const char *id);

void config_free(struct gateway_config *config);

#endif
