/* Collects what is wrong with a file: counts the problems and hands each to the caller's report. */
#ifndef GATEWAY_CONFIG_CONFIG_PROBLEMS_H
#define GATEWAY_CONFIG_CONFIG_PROBLEMS_H

#include "config/gateway_config.h"

struct config_problems {
    struct config_report report;
    const char *file;
    unsigned count;
};

__attribute__((format(printf, 4, 5))) void config_problem(struct config_problems *problems, unsigned line,
                                                          const char *field, const char *format, ...);

#endif
