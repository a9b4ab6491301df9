/* A name with several addresses, of which only a later one is any good. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>

#include "bus_listener.h"
#include "model_node.h"

#define UNIT 4

/* In place of the system's: whatever the name, ::1 comes first and 127.0.0.1 last, as of a host with both families. */
int getaddrinfo(const char *restrict name, const char *restrict service, const struct addrinfo *restrict hints,
                struct addrinfo **restrict found)
{
    static struct sockaddr_in6 first = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    static struct sockaddr_in last = {.sin_family = AF_INET};
    static struct addrinfo answers[2];
    (void)name, (void)service, (void)hints;
    last.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    answers[0] = (struct addrinfo){.ai_family = AF_INET6,
                                   .ai_addrlen = sizeof first,
                                   .ai_addr = (struct sockaddr *)&first,
                                   .ai_next = &answers[1]};
    answers[1] = (struct addrinfo){
        .ai_family = AF_INET, .ai_addrlen = sizeof last, .ai_addr = (struct sockaddr *)&last, .ai_next = NULL};
    *found = answers;
    return 0;
}

void freeaddrinfo(struct addrinfo *found)
{
    (void)found;
}

static void every_address_of_a_name_is_tried(void **state)
{
    (void)state;
    char name[] = "plc-1.city.example";
    struct scripted_slave slave;
    struct model_node node;
    model_node_init(&node, UNIT, 70001);
    slave_init(&slave, model_node_handle, &node);
    slave_listen(&slave, true);
    struct listener *gateway = listener_new("");
    listener_use_tcp(gateway, CONFIG_TCP, slave.tcp_port);
    gateway->line.host = name;
    listener_add_node(gateway, UNIT);
    listener_start(gateway);
    listener_until(gateway, gateway->node_up == 1);
    /* The first of them was tried, and refused. */
    assert_int_equal(field_bus_line_counters(gateway->bus, 0).port_failures, 1);
    listener_finish(gateway);
    slave_disconnect(&slave);
    slave_remove(&slave);
    model_node_destroy(&node);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_address_of_a_name_is_tried)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
