/* The life of an alert: raised, worse, acknowledged, over, of 100,000 subjects, a step of all after the other. Beside
 * it a row in a table of SQLite, in memory and all in one transaction: how it is mostly done. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/alert/life_cycle.h"
#include "micro/micro.h"

#define SUBJECTS 100000
#define STEPS    4
#define START_MS INT64_C(1767225600000) /* 2026-01-01T00:00:00Z */

struct town {
    struct alert_life *lives;
    int64_t now_ms;
    uint64_t revisions, rows;
    sqlite3 *database;
    sqlite3_stmt *raise, *change;
};

static const struct {
    enum sw_alert_action action; /* NONE = what follows from the condition */
    enum sw_colour colour;
    enum sw_alert_state state;
} steps[STEPS] = {{SW_ALERT_ACTION_NONE, SW_COLOUR_ORANGE, SW_ALERT_STATE_RAISED},
                  {SW_ALERT_ACTION_NONE, SW_COLOUR_RED, SW_ALERT_STATE_RAISED},
                  {SW_ALERT_ACTION_ACKNOWLEDGE, SW_COLOUR_RED, SW_ALERT_STATE_ACKNOWLEDGED},
                  {SW_ALERT_ACTION_NONE, SW_COLOUR_GREEN, SW_ALERT_STATE_CLEARED}};

static void step(struct town *town, struct alert_life *life, int nth)
{
    struct sw_alert alert;
    const struct condition condition = {
        .decided = true, .colour = steps[nth].colour, .onset_ms = town->now_ms, .rule = SW_ALERT_RULE_LEVEL_BAND};
    if (steps[nth].action != SW_ALERT_ACTION_NONE) {
        (void)alert_life_act(life, steps[nth].action);
    } else {
        enum sw_alert_action action = alert_life_follow(life, &condition);
        if (action == SW_ALERT_ACTION_NONE) return;
        alert_life_step(life, action, condition.colour, condition.rule, condition.onset_ms, town->now_ms);
    }
    alert_life_describe(life, SW_ALERT_KIND_LEVEL, &alert);
    town->revisions += alert.state == steps[nth].state;
}

static double ours(void *ctx)
{
    struct town *town = ctx;
    double begun = micro_cpu_s();
    for (int nth = 0; nth < STEPS; nth++, town->now_ms += 60000)
        for (uint32_t i = 0; i < SUBJECTS; i++)
            step(town, &town->lives[i], nth);
    return (micro_cpu_s() - begun) / SUBJECTS / STEPS * 1e9;
}

static void write_row(struct town *town, uint32_t subject, int nth)
{
    sqlite3_stmt *statement = nth == 0 ? town->raise : town->change;
    sqlite3_bind_int(statement, 1, (int)subject);
    sqlite3_bind_int(statement, 2, (int)steps[nth].colour);
    sqlite3_bind_int(statement, 3, (int)steps[nth].state);
    sqlite3_bind_int64(statement, 4, town->now_ms);
    (void)sqlite3_step(statement);
    sqlite3_reset(statement);
    town->rows += (uint64_t)sqlite3_changes(town->database);
}

static double table(void *ctx)
{
    struct town *town = ctx;
    double begun = micro_cpu_s();
    sqlite3_exec(town->database, "BEGIN", NULL, NULL, NULL);
    for (int nth = 0; nth < STEPS; nth++, town->now_ms += 60000)
        for (uint32_t i = 0; i < SUBJECTS; i++)
            write_row(town, i, nth);
    sqlite3_exec(town->database, "COMMIT", NULL, NULL, NULL);
    return (micro_cpu_s() - begun) / SUBJECTS / STEPS * 1e9;
}

static void open_table(struct town *town)
{
    int error = sqlite3_open(":memory:", &town->database);
    if (!error)
        error = sqlite3_exec(
            town->database, "CREATE TABLE alerts(subject INTEGER PRIMARY KEY, colour, state, revision, onset, updated)",
            NULL, NULL, NULL);
    if (!error)
        error = sqlite3_prepare_v2(town->database, "INSERT OR REPLACE INTO alerts VALUES(?1, ?2, ?3, 1, ?4, ?4)", -1,
                                   &town->raise, NULL);
    if (!error)
        error = sqlite3_prepare_v2(
            town->database,
            "UPDATE alerts SET colour = ?2, state = ?3, revision = revision + 1, updated = ?4 WHERE subject = ?1", -1,
            &town->change, NULL);
    if (!error) return;
    fprintf(stderr, "micro: %s\n", sqlite3_errmsg(town->database));
    exit(1);
}

void life_bench(void)
{
    struct town town = {.now_ms = START_MS};
    town.lives = micro_must(calloc(SUBJECTS, sizeof *town.lives));
    open_table(&town);
    micro_measure(&(struct micro){"a step of an alert's life", "ns", "row in SQLite, in memory", ours, table}, &town);
    if (town.revisions != town.rows) {
        fputs("micro: not every step was a revision\n", stderr);
        exit(1);
    }
    micro_tell("state of a life", sizeof(struct alert_life), "B", "-");
    sqlite3_finalize(town.raise);
    sqlite3_finalize(town.change);
    sqlite3_close(town.database);
    free(town.lives);
}
