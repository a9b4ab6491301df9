#include "cli/backtest.h"

bool backtest_logan(struct backtest *backtest)
{
    (void)backtest;
    fputs("stillwater backtest: the set logan cannot be read yet\n", stderr);
    return false;
}
