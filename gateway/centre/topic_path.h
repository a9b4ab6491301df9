/* Topics of a gateway, taken apart (stillwater/topics.h). */
#ifndef GATEWAY_CENTRE_TOPIC_PATH_H
#define GATEWAY_CENTRE_TOPIC_PATH_H

#include "stillwater/topics.h"

enum topic_branch {
    TOPIC_OTHER,
    TOPIC_STATUS,
    TOPIC_ALERT,
    TOPIC_AREA,
    TOPIC_STATE,
    TOPIC_INCIDENT,
    TOPIC_CENTRE_RESULT
};

struct topic_path {
    enum topic_branch branch;
    char city[SW_ID_SIZE];
    char gateway[SW_ID_SIZE];
    char alert_id[SW_ALERT_ID_SIZE]; /* TOPIC_ALERT, TOPIC_INCIDENT */
    char area[SW_AREA_PATH_SIZE];    /* TOPIC_AREA */
};

/* TOPIC_OTHER for everything that is not exactly one of the branches, with valid ids. */
struct topic_path topic_path_parse(const char *topic);

#endif
