/* What the broker keeps for us: taken, found again, taken away, and not permitted. */
#include "rig.h"

#include <stdio.h>
#include <string.h>

#define TOPIC       "stillwater/northport/gw-1/area/northport/east"
#define STATE_TOPIC "stillwater/northport/gw-1/state/canal-3"

static void receive(const struct broker *broker, char *output, size_t size)
{
    char port[8];
    (void)snprintf(port, sizeof port, "%u", broker->port);
    const char *const listen[] = {
        "mosquitto_sub", "-V", "5", "-h", "127.0.0.1", "-p", port, "-t", "stillwater/northport/gw-1/area/#", "-F",
        "%t %r %C %p",   "-W", "1", NULL};
    (void)broker_run_tool(output, size, listen);
}

static bool one_is_taken(struct rig *rig)
{
    return rig->retained_taken[PUBLISHER_AREAS] == 1;
}

static bool all_are_taken(struct rig *rig)
{
    return rig->retained_taken[PUBLISHER_AREAS] == 1 + PUBLISHER_RETAINED_UNDER_WAY_MAX;
}

static bool one_was_kept(struct rig *rig)
{
    return rig->retained_kept[PUBLISHER_AREAS] == 1;
}

static bool one_is_refused(struct rig *rig)
{
    return rig->retained_refused[PUBLISHER_AREAS] == 1;
}

static void an_area_stays_at_the_broker_until_it_is_taken_away(void **state)
{
    (void)state;
    struct broker broker;
    struct rig rig;
    char output[512];
    broker_open(&broker, "");
    rig_init(&rig, broker.port);
    rig_start(&rig);
    assert_int_equal(publisher_set_retained(rig.publisher, PUBLISHER_AREAS, TOPIC, "{}"), SW_ERROR_BUSY);
    rig_run_until(&rig, rig_is_up);
    assert_int_equal(publisher_set_retained(rig.publisher, PUBLISHER_AREAS, TOPIC, "{\"colour\":\"red\"}"), SW_OK);
    rig_run_until(&rig, one_is_taken);
    receive(&broker, output, sizeof output);
    assert_non_null(strstr(output, TOPIC " 1 application/json {\"colour\":\"red\"}"));
    rig_run_ms(&rig, 100);
    assert_int_equal(rig.retained_kept[PUBLISHER_AREAS], 0); /* what it publishes itself is no news */
    rig_close(&rig, NULL);

    /* The next run finds it, and takes it away. */
    rig_init(&rig, broker.port);
    rig_start(&rig);
    rig_run_until(&rig, one_was_kept);
    assert_string_equal(rig.kept, TOPIC);
    rig_run_until(&rig, rig_is_up);
    assert_int_equal(publisher_set_retained(rig.publisher, PUBLISHER_AREAS, TOPIC, ""), SW_OK);
    rig_run_until(&rig, one_is_taken);
    receive(&broker, output, sizeof output);
    assert_null(strstr(output, "area"));
    rig_close(&rig, NULL);
    broker_close(&broker);
}

static void one_at_first_then_as_many_as_may_be(void **state)
{
    (void)state;
    struct broker broker;
    struct rig rig;
    rig_open(&rig, &broker, "");
    assert_int_equal(publisher_set_retained(rig.publisher, PUBLISHER_AREAS, TOPIC, "{}"), SW_OK);
    assert_int_equal(publisher_set_retained(rig.publisher, PUBLISHER_AREAS, TOPIC, "{}"), SW_ERROR_BUSY);
    rig_run_until(&rig, one_is_taken);
    for (int i = 0; i < PUBLISHER_RETAINED_UNDER_WAY_MAX; i++)
        assert_int_equal(publisher_set_retained(rig.publisher, PUBLISHER_AREAS, TOPIC, "{}"), SW_OK);
    assert_int_equal(publisher_set_retained(rig.publisher, PUBLISHER_AREAS, TOPIC, "{}"), SW_ERROR_BUSY);
    rig_run_until(&rig, all_are_taken);
    assert_int_equal(publisher_set_retained(rig.publisher, PUBLISHER_AREAS, "stillwater/northport/gw-1/area/#", "{}"),
                     SW_ERROR_INVALID_ARGUMENT);
    rig_close(&rig, NULL);
    broker_close(&broker);
}

static void a_refusal_is_told_and_the_link_comes_back(void **state)
{
    (void)state;
    struct broker broker;
    struct rig rig;
    broker_open_with_acl(
        &broker, "topic write stillwater/northport/gw-1/status\ntopic read stillwater/northport/gw-1/command\n");
    rig_connect(&rig, broker.port);
    assert_int_equal(publisher_set_retained(rig.publisher, PUBLISHER_AREAS, TOPIC, "{}"), SW_OK);
    rig_run_until(&rig, one_is_refused);
    rig_run_ms(&rig, 300);
    rig_run_until(&rig, rig_is_up);
    assert_int_equal(rig.retained_taken[PUBLISHER_AREAS], 0);
    rig_close(&rig, NULL);
    broker_close(&broker);
}

static bool a_state_was_kept(struct rig *rig)
{
    return rig->retained_kept[PUBLISHER_STATES] == 1;
}

static bool a_state_is_taken(struct rig *rig)
{
    return rig->retained_taken[PUBLISHER_STATES] == 1;
}

/* An access list may permit one kind and not the other. */
static void kinds_do_not_wait_for_each_other(void **state)
{
    (void)state;
    struct broker broker;
    struct rig rig;
    rig_open(&rig, &broker, "");
    assert_int_equal(publisher_set_retained(rig.publisher, PUBLISHER_AREAS, TOPIC, "{}"), SW_OK);
    assert_int_equal(publisher_set_retained(rig.publisher, PUBLISHER_STATES, STATE_TOPIC, "{}"), SW_OK);
    assert_int_equal(publisher_set_retained(rig.publisher, PUBLISHER_STATES, STATE_TOPIC, "{}"), SW_ERROR_BUSY);
    rig_run_until(&rig, one_is_taken);
    rig_run_until(&rig, a_state_is_taken);
    rig_close(&rig, NULL);

    rig_init(&rig, broker.port);
    rig_start(&rig);
    rig_run_until(&rig, one_was_kept);
    rig_run_until(&rig, a_state_was_kept);
    rig_close(&rig, NULL);
    broker_close(&broker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_area_stays_at_the_broker_until_it_is_taken_away),
        cmocka_unit_test(one_at_first_then_as_many_as_may_be),
        cmocka_unit_test(kinds_do_not_wait_for_each_other),
        cmocka_unit_test(a_refusal_is_told_and_the_link_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
