/* The firmware's unit tests, and those of the board's own code, as an image for the target. */
#include "board_suite.h"
#include "semihosting.h"
#include "tests/support/check.h"
#include "tests/unit/firmware/suites.h"

void Fault_Handler(void);

void check_write(const char *text)
{
    semihosting_write(text);
}

/* A fault is a failed run, not a restart. */
void Fault_Handler(void)
{
    semihosting_write("FAILED by a fault\n");
    semihosting_exit(1);
}

int main(void)
{
    int failed = board_suite_run() + firmware_suites_run();
    semihosting_write(failed == 0 ? "all passed\n" : "some failed\n");
    semihosting_exit(failed == 0 ? 0 : 1);
}
