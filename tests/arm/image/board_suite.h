#ifndef TESTS_ARM_IMAGE_BOARD_SUITE_H
#define TESTS_ARM_IMAGE_BOARD_SUITE_H

/* Starts the board and tests what boards/cortex-m/ and boards/<name>/ do. Returns the number of tests that failed. */
int board_suite_run(void);

#endif
