/* All suites of firmware logic. They run as one program each on the host and all together in an image on the target. */
#ifndef TESTS_UNIT_FIRMWARE_SUITES_H
#define TESTS_UNIT_FIRMWARE_SUITES_H

#include "tests/support/check.h"

extern const struct check_suite contracts_suite;
extern const struct check_suite profile_suite;
extern const struct check_suite framing_suite;
extern const struct check_suite bus_suite;
extern const struct check_suite log_suite;
extern const struct check_suite log_power_cut_suite;
extern const struct check_suite sampler_suite;
extern const struct check_suite server_suite;
extern const struct check_suite clock_suite;
extern const struct check_suite node_suite;

/* Runs all of them; the number of tests that failed. */
int firmware_suites_run(void);

#endif
