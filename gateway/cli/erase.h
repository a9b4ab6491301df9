/* The command `stillwater erase`; docs/export.md is its manual. */
#ifndef GATEWAY_CLI_ERASE_H
#define GATEWAY_CLI_ERASE_H

int erase_main(int argc, char **argv);

#endif
