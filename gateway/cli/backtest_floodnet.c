#include "cli/backtest.h"

bool backtest_floodnet(struct backtest *backtest)
{
    (void)backtest;
    fputs("stillwater backtest: the set floodnet cannot be read yet\n", stderr);
    return false;
}
