/* A publisher on a loop of its own, and all it said. */
#ifndef TESTS_UNIT_PUBLISHER_RIG_H
#define TESTS_UNIT_PUBLISHER_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <uv.h>

#include "config/gateway_config.h"
#include "ports/publisher.h"
#include "stillwater/alert.h"
#include "stillwater/error.h"
#include "support/broker.h"

#define RIG_TOKENS_MAX 512
#define RIG_WILL       "{\"state\":\"offline\"}"

struct rig {
    uv_loop_t loop;
    struct gateway_config config;
    struct publisher *publisher;
    bool up, closed;
    unsigned link_events;
    char link_text[512];
    unsigned taken[RIG_TOKENS_MAX];
    unsigned taken_count;
    unsigned caps_taken, caps_refused;
    unsigned receipts;
    char receipt[512];
    unsigned commands;
    char command[512], response_topic[256], correlation[64];
    unsigned retained_taken[PUBLISHER_RETAINED_COUNT], retained_refused[PUBLISHER_RETAINED_COUNT];
    unsigned telemetry_taken, telemetry_refused;
    unsigned retained_kept[PUBLISHER_RETAINED_COUNT];
    char kept[512]; /* topic of the last one */
    unsigned weathers;
    char weather[512];
    const char *answer;             /* sent to every command; NULL = none */
    void (*on_up)(struct rig *rig); /* NULL = nothing */
};

/* Gateway "gw-1" of city "northport" towards 127.0.0.1; tests change rig->config before rig_start(). */
void rig_init(struct rig *rig, uint16_t port);
void rig_start(struct rig *rig);

/* Both, and runs until the link is up. */
void rig_connect(struct rig *rig, uint16_t port);

/* The same to a broker that it opens: broker_close() is owed after rig_close(). */
void rig_open(struct rig *rig, struct broker *broker, const char *settings);

/* Runs the loop until `done` says so; fails the test after 60 s. */
void rig_run_until(struct rig *rig, bool (*done)(struct rig *rig));
void rig_run_ms(struct rig *rig, uint64_t ms);

/* Closes the publisher with this status (NULL = none) and asserts that nothing of it is left in the loop. */
void rig_close(struct rig *rig, const char *last_status);

bool rig_is_up(struct rig *rig);
bool rig_is_down(struct rig *rig); /* and has said so */

/* The text of the last link event holds this. */
void rig_assert_text(const struct rig *rig, const char *text);

/* publisher_start() with rig->config must fail with this text. */
void rig_assert_start_fails(struct rig *rig, const char *text);

/* A body as the encoder makes it, for alert number `number`; free() it. */
char *rig_alert(int number, uint32_t revision);

#endif
