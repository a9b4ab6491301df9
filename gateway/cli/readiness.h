/* stillwater readiness: is every sensor fit for the season, and what is missing (docs/storm.md). */
#ifndef GATEWAY_CLI_READINESS_H
#define GATEWAY_CLI_READINESS_H

int readiness_main(int argc, char **argv);

#endif
