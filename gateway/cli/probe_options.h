/* The command line of `stillwater probe`. */
#ifndef GATEWAY_CLI_PROBE_OPTIONS_H
#define GATEWAY_CLI_PROBE_OPTIONS_H

#include "cli/probe_table.h"

enum probe_scan { PROBE_SCAN_NOTHING, PROBE_SCAN_UNITS, PROBE_SCAN_REGISTERS };

struct probe_options {
    struct probe_way way;
    uint8_t unit_id;
    uint8_t function;
    uint32_t address, count; /* of --scan registers more than one request reads */
    enum probe_scan scan;
    double watch_s; /* 0 = read once */
    struct probe_wanted wanted[PROBE_SHOWN_MAX];
    size_t wanted_count;
    char readings[PROBE_SHOWN_MAX][32]; /* names in wanted[] */
    char shown[PROBE_SHOWN_MAX][32];
    bool help;
};

extern const char probe_usage[];

/* False when something is wrong, after a word to stderr. */
bool probe_options_parse(int argc, char **argv, struct probe_options *options);

#endif
