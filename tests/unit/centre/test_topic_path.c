/* Topics taken apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "centre/topic_path.h"

static void topics_of_a_gateway_are_told_apart(void **state)
{
    (void)state;
    struct topic_path path = topic_path_parse("stillwater/northport/gw-1/status");
    assert_int_equal(path.branch, TOPIC_STATUS);
    assert_string_equal(path.city, "northport");
    assert_string_equal(path.gateway, "gw-1");
    path = topic_path_parse("stillwater/northport/gw-1/alert/gw-1.level.canal-3.20261122T034000000Z");
    assert_int_equal(path.branch, TOPIC_ALERT);
    assert_string_equal(path.alert_id, "gw-1.level.canal-3.20261122T034000000Z");
    path = topic_path_parse("stillwater/northport/gw-1/area/northport/east/mill lane");
    assert_int_equal(path.branch, TOPIC_AREA);
    assert_string_equal(path.area, "northport/east/mill lane");
    assert_int_equal(topic_path_parse("stillwater/northport/gw-1/state/canal-3").branch, TOPIC_STATE);
    path = topic_path_parse("stillwater/northport/gw-1/incident/gw-1.incident.canal-3.20261122T034000000Z");
    assert_int_equal(path.branch, TOPIC_INCIDENT);
    assert_string_equal(path.alert_id, "gw-1.incident.canal-3.20261122T034000000Z");
    path = topic_path_parse("stillwater/northport/centre/watch-all/result");
    assert_int_equal(path.branch, TOPIC_CENTRE_RESULT);
}

static void other_topics_belong_to_nobody(void **state)
{
    (void)state;
    const char *const others[] = {
        "",
        "/",
        "stillwater",
        "stillwater/",
        "stillwater/northport/gw-1",
        "stillwater/northport/gw-1/",
        "stillwater/northport/gw-1/state",
        "stillwater/northport/gw-1/status/more",
        "stillwater/northport/gw-1/alert",
        "stillwater/northport/gw-1/alert/",
        "stillwater/northport/gw-1/alert/a/b",
        "stillwater/northport/gw-1/incident",
        "stillwater/northport/gw-1/incident/a/b",
        "stillwater/northport/gw-1/area",
        "stillwater/northport/gw-1/area/",
        "stillwater/northport/gw-1/area/a//b",
        "stillwater/northport/gw-1/area/a/",
        "stillwater/northport/gw-1/alert/a/",
        "stillwater//gw-1/status",
        "stillwater/northport//status",
        "/stillwater/northport/gw-1/status",
        "Stillwater/northport/gw-1/status",
        "stillwater/north port/gw-1/status",
        "stillwater/northport/.gw/status",
        "stillwater/northport/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/status",
    };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        char *exact = strdup(others[i]);
        if (topic_path_parse(exact).branch != TOPIC_OTHER) fail_msg("%s", exact);
        free(exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(topics_of_a_gateway_are_told_apart),
        cmocka_unit_test(other_topics_belong_to_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
