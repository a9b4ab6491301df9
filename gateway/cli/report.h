/* stillwater report: what happened in a storm, how fast it was answered, what was missed (docs/storm.md). */
#ifndef GATEWAY_CLI_REPORT_H
#define GATEWAY_CLI_REPORT_H

int report_main(int argc, char **argv);

#endif
