/* The plan as --check prints it: the example of docs/planning.md, line by line, and the other transports. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/plan_table.h"
#include "stillwater/error.h"

#define HEAD                                                                                                           \
    "schema: stillwater.gateway/1\ncity: suzhou\ngateway: gw-17\nstore: {path: gateway.db}\nmqtt: {host: localhost}\n" \
    "subjects: [{id: home-4f21}, {id: site-2}, {id: pipe-7}]\nlines:\n"

static void on_problem(void *ctx, const char *file, unsigned line, const char *field, const char *text)
{
    (void)ctx;
    fail_msg("%s:%u: %s: %s", file, line, field, text);
}

/* The caller frees it. */
static char *table_of(const char *lines)
{
    char path[] = "/tmp/stillwater-plan-XXXXXX", *text = NULL;
    size_t size;
    struct gateway_config *config;
    FILE *out = fdopen(mkstemp(path), "w");
    assert_non_null(out);
    fprintf(out, HEAD "%s", lines);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(config_load(path, CONFIG_FOR_DAEMON, (struct config_report){NULL, on_problem}, &config), SW_OK);
    unlink(path);
    out = open_memstream(&text, &size);
    plan_table_print(config, out);
    assert_int_equal(fclose(out), 0);
    config_free(config);
    return text;
}

static void the_example_of_the_page_is_what_is_printed(void **state)
{
    (void)state;
    static char page[65536];
    char *table =
        table_of("  - id: line-1\n    port: /dev/ttyUSB0\n    baud: 9600\n    nodes:\n      - id: node-home\n"
                 "        unit_id: 1\n        slots: [{slot: 0, profile: xintai, unit_id: 11, subject: home-4f21}]\n"
                 "    devices:\n      - {id: dev-3, unit_id: 5, profile: geolux-lx80, subject: site-2}\n"
                 "      - {id: dev-4, unit_id: 6, profile: qdy30a, subject: pipe-7}\n");
    FILE *file = fopen(PLANNING_DOC, "r");
    assert_non_null(file);
    page[fread(page, 1, sizeof page - 1, file)] = '\0';
    fclose(file);
    bool there = strstr(page, table) != NULL;
    if (!there) fputs(table, stderr);
    free(table);
    if (!there) fail_msg("docs/planning.md lacks what stands above");
}

static void each_transport_says_how_it_is_reached(void **state)
{
    (void)state;
    static const char *const said[] = {
        "lines[0] line-1: Modbus TCP to a.example port 502, 4 at once, there and back 1 ms, the gateway 4 ms",
        /* 2 x 12 bytes out: the MBAP header has the unit id in it */
        "geolux-lx80            2   0.0 ms      24 B 0.0 ms",
        "lines[1] line-2: RTU over TCP to b.example port 4001, there and back 50 ms, 2400 baud 8N1: ",
        "lines[2] line-3: RTU over TCP dialled in at port 9000, there and back 50 ms, 9600 baud 8N1: ",
    };
    char *table = table_of("  - {id: line-1, transport: tcp, host: a.example, outstanding: 4, trip_ms: 1,\n"
                           "     devices: [{id: dev-1, unit_id: 5, profile: geolux-lx80, subject: site-2}]}\n"
                           "  - {id: line-2, transport: rtu_over_tcp, host: b.example, tcp_port: 4001, baud: 2400,\n"
                           "     devices: [{id: dev-2, unit_id: 5, profile: qdy30a, subject: pipe-7}]}\n"
                           "  - {id: line-3, transport: rtu_over_tcp_listen, tcp_port: 9000, registration: dtu-17,\n"
                           "     devices: [{id: dev-3, unit_id: 5, profile: xintai, subject: home-4f21}]}\n");
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++)
        if (!strstr(table, said[i])) fail_msg("expected \"%s\" in\n%s", said[i], table);
    free(table);
}

/* With the way, 1 ms, and the gateway's own 4 ms the farm of the benchmark takes 6 ms; 25 ms if nothing were known. */
static void a_profile_says_how_fast_its_device_answers(void **state)
{
    (void)state;
    static const char said[] = "2 to 500 ms      29 B 0.0 ms   6.0 ms";
    char *table = table_of("  - {id: line-1, transport: tcp, host: a.example, trip_ms: 1, devices: [{id: dev-1,\n"
                           "     unit_id: 5, profile: farm-station, subject: site-2, poll_interval_ms: 20}]}\n"
                           "profiles: " FARM_PROFILES "\n");
    if (!strstr(table, said)) fail_msg("expected \"%s\" in\n%s", said, table);
    free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_of_the_page_is_what_is_printed),
        cmocka_unit_test(each_transport_says_how_it_is_reached),
        cmocka_unit_test(a_profile_says_how_fast_its_device_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
