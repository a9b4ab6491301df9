/* Requests to the debugger or emulator a test image runs under (Arm semihosting). Never part of a node image: without
 * a debugger the first request stops the core. */
#ifndef TESTS_ARM_IMAGE_SEMIHOSTING_H
#define TESTS_ARM_IMAGE_SEMIHOSTING_H

/* Writes to the console; zero-terminated. */
void semihosting_write(const char *text);

/* Ends the emulator with this exit status. */
_Noreturn void semihosting_exit(int status);

#endif
