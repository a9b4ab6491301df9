/* The command `stillwater precision`; docs/people.md is its manual. */
#ifndef GATEWAY_CLI_PRECISION_H
#define GATEWAY_CLI_PRECISION_H

/* argv[0] is "precision". Exit status: 0, or 2 for wrong usage or a store that cannot be read. */
int precision_main(int argc, char **argv);

#endif
