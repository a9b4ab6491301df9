/* Command line of stillwater-node. */
#ifndef BOARDS_NATIVE_OPTIONS_H
#define BOARDS_NATIVE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "stillwater/sensor_profile.h"

struct options {
    const char *sensors;  /* device towards the sensors */
    const char *gateway;  /* device towards the gateway */
    const char *retained; /* NULL = not kept */
    uint32_t serial;
    uint8_t unit_id;
    struct sw_line_settings gateway_line;
    bool help;
};

/* False, and a sentence on stderr, when the command line is not usable. */
bool options_parse(int argc, char **argv, struct options *options);

void options_print_usage(void);

#endif
