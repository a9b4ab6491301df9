/* A report as one HTML page that needs nothing else and prints well. */
#ifndef GATEWAY_CLI_REPORT_HTML_H
#define GATEWAY_CLI_REPORT_HTML_H

#include <stdio.h>

#include "cli/report_data.h"

/* False when writing failed. */
bool report_html_write(FILE *out, const struct report *report, const struct gateway_config *config);

/* "12 min", "3 h 05 min". */
#define REPORT_SPAN_SIZE 32
void report_span(int64_t ms, char text[REPORT_SPAN_SIZE]);

#endif
