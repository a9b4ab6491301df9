#include "adapters/name_lookup/host_port.h"

#include <stdio.h>
#include <string.h>

struct host_port host_port_of(const char *host, uint16_t port)
{
    struct host_port made;
    (void)snprintf(made.text, sizeof made.text, strchr(host, ':') ? "[%.80s]:%u" : "%.80s:%u", host, (unsigned)port);
    return made;
}
