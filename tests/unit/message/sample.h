/* An alert as the core makes it, for the tests of this folder. */
#ifndef TESTS_UNIT_MESSAGE_SAMPLE_H
#define TESTS_UNIT_MESSAGE_SAMPLE_H

#include <stdio.h>

#include "message/message.h"

/* 2026-11-21T07:14:00Z */
#define SAMPLE_LAST_USE_MS INT64_C(1795245240000)

static inline struct sw_alert sample_no_use(void)
{
    struct sw_alert alert = {
        .id = "gw-1.no_use.home-4f21.20261122T071500000Z",
        .revision = 1,
        .kind = SW_ALERT_KIND_NO_USE,
        .state = SW_ALERT_STATE_RAISED,
        .colour = SW_COLOUR_ORANGE,
        .peak = SW_COLOUR_ORANGE,
        .subject = "home-4f21",
        .onset = {SAMPLE_LAST_USE_MS},
        .raised_at = {SAMPLE_LAST_USE_MS + 86460000},
        .updated_at = {SAMPLE_LAST_USE_MS + 86460123},
        .evidence =
            {
                .rule = SW_ALERT_RULE_VOLUME_BELOW,
                .window_ms = 86400000,
                .coverage_permille = 1000,
                .last_good = {SAMPLE_LAST_USE_MS + 86460000},
                .last_use = {SAMPLE_LAST_USE_MS},
                .value_kind = SW_READING_WATER_INDEX,
                .value_milli = 0,
                .threshold_milli = 2000,
            },
    };
    return alert;
}

#endif
