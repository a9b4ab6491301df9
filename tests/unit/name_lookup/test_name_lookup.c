/* Names looked up off the loop: an answer comes once, and none comes to whoever has left. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "adapters/name_lookup/host_port.h"
#include "adapters/name_lookup/name_lookup.h"

/* More than libuv has threads: some are under way when they are left, some wait. */
#define LOOKUPS 64

struct asker {
    unsigned answers;
    int error;
    char address[INET_ADDRSTRLEN];
};

static void on_answered(void *ctx, int uv_error, const struct addrinfo *found)
{
    struct asker *asker = ctx;
    asker->answers++;
    asker->error = uv_error;
    if (found)
        (void)uv_ip4_name((const struct sockaddr_in *)(const void *)found->ai_addr, asker->address, INET_ADDRSTRLEN);
}

static struct name_lookup *look_up(uv_loop_t *loop, const char *host, struct asker *asker)
{
    const struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST};
    struct name_lookup *lookup = NULL;
    assert_int_equal(name_lookup_start(loop, host, &hints, on_answered, asker, &lookup), 0);
    assert_non_null(lookup);
    return lookup;
}

static void an_answer_comes_once(void **state)
{
    (void)state;
    uv_loop_t loop;
    struct asker good = {0}, bad = {0};
    assert_int_equal(uv_loop_init(&loop), 0);
    (void)look_up(&loop, "192.0.2.7", &good);
    (void)look_up(&loop, "no address", &bad);
    assert_int_equal(good.answers + bad.answers, 0);
    assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(good.answers, 1);
    assert_int_equal(good.error, 0);
    assert_string_equal(good.address, "192.0.2.7");
    assert_int_equal(bad.answers, 1);
    assert_int_not_equal(bad.error, 0);
    assert_string_equal(bad.address, "");
    assert_int_equal(uv_loop_close(&loop), 0);
}

static void a_name_that_no_name_can_be_is_refused_at_once(void **state)
{
    (void)state;
    uv_loop_t loop;
    struct asker asker = {0};
    struct name_lookup *lookup = NULL;
    char host[2000];
    memset(host, 'a', sizeof host - 1);
    host[sizeof host - 1] = '\0';
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_not_equal(name_lookup_start(&loop, host, NULL, on_answered, &asker, &lookup), 0);
    assert_null(lookup);
    assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(asker.answers, 0);
    assert_int_equal(uv_loop_close(&loop), 0);
}

static void whoever_has_left_hears_nothing(void **state)
{
    (void)state;
    uv_loop_t loop;
    struct asker gone = {0}, stays = {0};
    struct name_lookup *lookups[LOOKUPS];
    assert_int_equal(uv_loop_init(&loop), 0);
    for (size_t i = 0; i < LOOKUPS; i++)
        lookups[i] = look_up(&loop, "192.0.2.7", &gone);
    (void)look_up(&loop, "192.0.2.7", &stays);
    for (size_t i = 0; i < LOOKUPS; i++)
        name_lookup_leave(lookups[i]);
    assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(gone.answers, 0);
    assert_int_equal(stays.answers, 1);
    assert_int_equal(uv_loop_close(&loop), 0);
}

static void an_address_of_ipv6_stands_in_brackets(void **state)
{
    (void)state;
    char longest[200];
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_string_equal(host_port_of("plc.example", 502).text, "plc.example:502");
    assert_string_equal(host_port_of("192.0.2.7", 65535).text, "192.0.2.7:65535");
    assert_string_equal(host_port_of("2001:db8::7", 1883).text, "[2001:db8::7]:1883");
    assert_string_equal(host_port_of("::", 502).text, "[::]:502");
    assert_int_equal(strlen(host_port_of(longest, 65535).text), 86);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_comes_once),
        cmocka_unit_test(a_name_that_no_name_can_be_is_refused_at_once),
        cmocka_unit_test(whoever_has_left_hears_nothing),
        cmocka_unit_test(an_address_of_ipv6_stands_in_brackets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
