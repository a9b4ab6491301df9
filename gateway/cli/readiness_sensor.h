/* What `stillwater readiness` finds out: every sensor and node of a configuration, judged by a store. */
#ifndef GATEWAY_CLI_READINESS_SENSOR_H
#define GATEWAY_CLI_READINESS_SENSOR_H

#include "config/gateway_config.h"
#include "core/alert/hold.h"

enum readiness_verdict { READINESS_READY, READINESS_DOUBTFUL, READINESS_MISSING, READINESS_VERDICT_COUNT };

#define READINESS_FINDINGS_MAX 8
#define READINESS_FINDING_SIZE 160

/* One point of a sensor would be too fine: a sensor is what somebody drives to. */
struct readiness_sensor {
    const struct config_subject *subject;
    const struct sw_profile *profile;
    char name[SW_ID_SIZE + 12]; /* "node-1 slot 3" or the device's id */
    uint32_t node;              /* index in nodes; UINT32_MAX = wired to the gateway's own line */
    bool is_home;
    int64_t expected_ms, silence_ms; /* between two records; counts as silent */
    uint64_t readings, good, estimated;
    struct sw_wall last; /* good one */
    int64_t longest_gap_ms;
    bool moves;         /* its value has changed */
    int64_t battery_mv; /* 0 = not known */
    enum readiness_verdict verdict;
    char findings[READINESS_FINDINGS_MAX][READINESS_FINDING_SIZE];
    uint32_t finding_count;
};

struct readiness_node {
    const struct config_node *config;
    uint32_t serial; /* 0 = has delivered nothing in this time */
    struct sw_wall alive;
    uint64_t boots, lost;
    enum readiness_verdict verdict;
    char finding[READINESS_FINDING_SIZE];
};

struct readiness {
    struct sw_wall from, to;
    struct readiness_sensor *sensors;
    uint32_t sensor_count;
    struct readiness_node *nodes;
    uint32_t node_count;
    struct holds holds;                       /* silences and maintenance, as the store has them */
    uint32_t counts[READINESS_VERDICT_COUNT]; /* sensors and nodes */
};

/* `from` and `to` are the caller's. SW_OK, or an error and why; readiness_free is owed either way. */
int readiness_read(struct readiness *readiness, const struct gateway_config *config, const char *store, char *text,
                   size_t text_size);
void readiness_free(struct readiness *readiness);

#endif
