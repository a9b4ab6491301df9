/* Host and port as people write them: an address of IPv6 stands in brackets. */
#ifndef ADAPTERS_HOST_PORT_H
#define ADAPTERS_HOST_PORT_H

#include <stdint.h>

#define HOST_PORT_SIZE 96 /* a longer name is cut */

struct host_port {
    char text[HOST_PORT_SIZE];
};

struct host_port host_port_of(const char *host, uint16_t port);

#endif
