/* One suite as a program on the host; SUITE names it. */
#include <stdio.h>

#include "tests/unit/firmware/suites.h"

void check_write(const char *text)
{
    fputs(text, stdout);
}

int main(void)
{
    return check_suite_run(&SUITE) == 0 ? 0 : 1;
}
