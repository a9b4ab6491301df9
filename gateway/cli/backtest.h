/* The command `stillwater backtest`; docs/backtest.md is its manual. Here is what its files share: options, the
 * policies under test, and where results go. A set's file reads its data and fills table and plot. */
#ifndef GATEWAY_CLI_BACKTEST_H
#define GATEWAY_CLI_BACKTEST_H

#include "cli/backtest_svg.h"
#include "cli/backtest_table.h"
#include "config/gateway_config.h"
#include "stillwater/time.h"

#define BACKTEST_POLICIES_MAX 32
#define BACKTEST_NAME_SIZE    48

struct backtest_options {
    const char *configs[BACKTEST_POLICIES_MAX];
    size_t config_count;
    const char *set, *data, *csv, *svg, *json;
    const char *subjects; /* "one", "all", "half-a", "half-b" or a list of names parted by commas; NULL = the set's own
                             default */
    int64_t cut_every_hours; /* of observed time */
    int64_t pulse_ml;        /* what one step of a meter made from flows is worth */
    int64_t drip_l_day;      /* homes: a made-up drip on top of the series; 0 = none */
    int64_t drip_lot_ml;     /* which passes so much at once */
    bool without_absences;   /* homes: leave out stretches without use of 36 h and more */
    bool help;
};

/* A policy under test. */
struct backtest_policy {
    char name[BACKTEST_NAME_SIZE]; /* of its file, without folder and ending */
    struct gateway_config *config;
};

struct backtest {
    struct backtest_options options;
    struct backtest_policy policies[BACKTEST_POLICIES_MAX];
    size_t policy_count; /* at least 1 */
    uint64_t bad_rows;
    struct table table;
    struct plot plot;
};

/* argv[0] is "backtest". */
int backtest_main(int argc, char **argv);

/* Each fills table and plot; false after the reason was told on standard error. */
bool backtest_daiad(struct backtest *backtest);
bool backtest_weusedto(struct backtest *backtest);
bool backtest_ampds2(struct backtest *backtest);
bool backtest_floodnet(struct backtest *backtest);
bool backtest_logan(struct backtest *backtest);

/* Tells it and says false. */
bool backtest_out_of_memory(void);

/* Whether a subject is in --homes. `alone`: a home of one person, or any other subject. */
bool backtest_chosen(const struct backtest *backtest, const char *name, bool alone);

#endif
