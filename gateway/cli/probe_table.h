/* What was read of an unknown device, as a table of everything it may mean, and as the beginning of a sensor profile.
 */
#ifndef GATEWAY_CLI_PROBE_TABLE_H
#define GATEWAY_CLI_PROBE_TABLE_H

#include <stdio.h>

#include "cli/probe_line.h"
#include "cli/probe_values.h"

#define PROBE_SHOWN_MAX 16

/* What the device shows on its own display. */
struct probe_wanted {
    struct probe_shown shown;
    const char *text;    /* as typed */
    const char *reading; /* name of a reading kind; NULL = not said */
};

struct probe_result {
    const struct probe_way *way;
    struct probe_ask ask;
    const uint16_t *registers;
    const uint16_t *before; /* the same, read earlier; NULL = read once */
    const struct probe_wanted *wanted;
    size_t wanted_count;
    uint32_t timeout_ms; /* that a profile should give the device */
};

/* Every interpretation of every register, with marks: '=' is what the device shows, '~' has moved as something measured
 * does, '*' looks like it. */
void probe_table_print(const struct probe_result *result, FILE *to);

/* In the form of profiles/; what is marked best of each register. */
void probe_profile_print(const struct probe_result *result, FILE *to);

#endif
