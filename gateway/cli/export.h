/* The command `stillwater export`; docs/export.md is its manual. */
#ifndef GATEWAY_CLI_EXPORT_H
#define GATEWAY_CLI_EXPORT_H

int export_main(int argc, char **argv);

#endif
