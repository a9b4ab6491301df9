#include "tests/unit/firmware/suites.h"

int firmware_suites_run(void)
{
    const struct check_suite *const suites[] = {
        &contracts_suite,     &profile_suite, &framing_suite, &bus_suite,   &log_suite,
        &log_power_cut_suite, &sampler_suite, &server_suite,  &clock_suite, &node_suite,
    };
    int failed = 0;
    for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++)
        failed += check_suite_run(suites[i]);
    return failed;
}
