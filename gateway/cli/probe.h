/* The command `stillwater probe`; docs/probe.md is its manual. */
#ifndef GATEWAY_CLI_PROBE_H
#define GATEWAY_CLI_PROBE_H

int probe_main(int argc, char **argv);

#endif
