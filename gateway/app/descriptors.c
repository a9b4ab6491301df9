#include "app/descriptors.h"

#include <stdio.h>
#include <sys/resource.h>

/* Store, broker, serial ports, log and what dials in and has not said who it is. */
#define BESIDES_LINES 160

void descriptors_raise(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

bool descriptors_are_few(const struct gateway_config *config, char *text, size_t text_size)
{
    struct rlimit limit;
    rlim_t wanted = BESIDES_LINES;
    for (uint32_t i = 0; i < config->line_count; i++)
        if (config->lines[i].transport != CONFIG_RTU) wanted++;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_max >= wanted) return false;
    snprintf(text, text_size,
             "a process may have %llu files and connections open here, these lines may need %llu: raise the hard limit"
             " (LimitNOFILE= of the service)",
             (unsigned long long)limit.rlim_max, (unsigned long long)wanted);
    return true;
}
