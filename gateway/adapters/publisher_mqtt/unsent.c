#include "adapters/publisher_mqtt/unsent.h"

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define WAIT_MS 20

static int most(int descriptor)
{
    struct tcp_info info = {.tcpi_delivery_rate = 0};
    socklen_t size = sizeof info;
    if (getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return UNSENT_LEAST;
    uint64_t bytes = info.tcpi_delivery_rate / 1000 * WAIT_MS;
    return bytes < UNSENT_LEAST ? UNSENT_LEAST : bytes > UNSENT_MOST ? UNSENT_MOST : (int)bytes;
}

bool unsent_is_little(int descriptor)
{
    int unsent = 0;
    if (ioctl(descriptor, SIOCOUTQ, &unsent) != 0) return false;
    return unsent <= UNSENT_LEAST || unsent <= most(descriptor);
}
