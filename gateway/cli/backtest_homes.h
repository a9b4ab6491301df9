/* Homes of any set: scores of the policies under test and of the fixed rules, by home and pooled. */
#ifndef GATEWAY_CLI_BACKTEST_HOMES_H
#define GATEWAY_CLI_BACKTEST_HOMES_H

#include "cli/backtest.h"
#include "cli/backtest_series.h"

/* Fills table and plot. `zone`: that the homes live by, in place of the policies' own; `title` is over the plot. */
bool backtest_homes(struct backtest *backtest, const struct series_list *homes, const struct time_zone *zone,
                    const char *title);

#endif
