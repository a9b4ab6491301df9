/* A site and the sensors whose water comes to it. */
#include <string.h>

#include "core_fixture.h"

struct sewer {
    struct world *world;
    uint32_t pipe, second, site, rain, home;
};

static struct sewer sewer_new(void)
{
    struct policy policy = policy_city_default();
    struct sewer sewer = {.world = world_new(5)};
    sewer.pipe = world_add(sewer.world, SUBJECT_LEVEL, "pipe-1", CORE_NO_PARENT, &policy);
    sewer.second = world_add(sewer.world, SUBJECT_LEVEL, "pipe-2", CORE_NO_PARENT, &policy);
    sewer.site = world_add(sewer.world, SUBJECT_LEVEL, "site-1", CORE_NO_PARENT, &policy);
    sewer.rain = world_add(sewer.world, SUBJECT_RAIN, "rain-1", CORE_NO_PARENT, &policy);
    sewer.home = world_add(sewer.world, SUBJECT_HOME, "home-1", CORE_NO_PARENT, &policy);
    return sewer;
}

static void only_other_levels_may_be_upstream_of_a_level(void **state)
{
    (void)state;
    struct sewer sewer = sewer_new();
    const uint32_t pipes[] = {sewer.pipe, sewer.second}, many[CORE_UPSTREAM_MAX + 1] = {0};
    const uint32_t beyond = core_subject_count(sewer.world->core);
    struct core *core = sewer.world->core;
    assert_int_equal(core_set_upstream(core, sewer.site, pipes, 2), SW_OK);
    assert_int_equal(core_set_upstream(core, sewer.pipe, &sewer.site, 1), SW_OK); /* in a circle */
    assert_int_equal(core_set_upstream(core, sewer.site, &sewer.site, 1), SW_ERROR_INVALID_ARGUMENT);
    assert_int_equal(core_set_upstream(core, sewer.site, &sewer.rain, 1), SW_ERROR_INVALID_ARGUMENT);
    assert_int_equal(core_set_upstream(core, sewer.site, &sewer.home, 1), SW_ERROR_INVALID_ARGUMENT);
    assert_int_equal(core_set_upstream(core, sewer.home, pipes, 2), SW_ERROR_INVALID_ARGUMENT);
    assert_int_equal(core_set_upstream(core, sewer.site, &beyond, 1), SW_ERROR_INVALID_ARGUMENT);
    assert_int_equal(core_set_upstream(core, sewer.site, many, CORE_UPSTREAM_MAX + 1), SW_ERROR_INVALID_ARGUMENT);
    world_free(sewer.world);
}

/* Every pipe and the site have a reading each minute: dry, then as the arguments rise. */
static void rain_falls(struct sewer *sewer, int64_t pipe_um_min, int64_t second_um_min, int64_t site_um_min)
{
    for (int64_t minute = 0; minute < 10; minute++) {
        int64_t time_ms = T0 + minute * MINUTE, wet = minute < 3 ? 0 : minute - 2;
        world_read(sewer->world, sewer->pipe, SW_READING_LEVEL, time_ms, wet * pipe_um_min);
        world_read(sewer->world, sewer->second, SW_READING_LEVEL, time_ms, wet * second_um_min);
        world_read(sewer->world, sewer->site, SW_READING_LEVEL, time_ms, wet * site_um_min);
    }
}

static const struct sw_alert *alert_of(const struct world *world, const char *subject, enum sw_colour colour)
{
    for (uint32_t i = 0; i < world->alert_count; i++) {
        const struct sw_alert *alert = &world->alerts[i];
        if (alert->kind == SW_ALERT_KIND_LEVEL && alert->colour == colour && strcmp(alert->subject, subject) == 0)
            return alert;
    }
    fail_msg("no alert of %s", subject);
    return NULL;
}

static void the_alert_names_the_sensor_upstream_that_says_the_same(void **state)
{
    (void)state;
    struct sewer sewer = sewer_new();
    const uint32_t pipes[] = {sewer.pipe, sewer.second};
    assert_int_equal(core_set_upstream(sewer.world->core, sewer.site, pipes, 2), SW_OK);
    rain_falls(&sewer, 0, 15 * MM, 15 * MM);
    const struct sw_evidence *evidence = &alert_of(sewer.world, "site-1", SW_COLOUR_YELLOW)->evidence;
    assert_string_equal(evidence->upstream, "pipe-2");
    assert_int_equal(evidence->agree, 1);
    assert_int_equal(evidence->disagree, 1);
    assert_int_equal(evidence->certainty, SW_CERTAINTY_OBSERVED);
    assert_string_equal(alert_of(sewer.world, "pipe-2", SW_COLOUR_YELLOW)->evidence.upstream, "");
    world_free(sewer.world);
}

static void dry_pipes_upstream_lower_the_certainty(void **state)
{
    (void)state;
    struct sewer sewer = sewer_new();
    assert_int_equal(core_set_upstream(sewer.world->core, sewer.site, &sewer.pipe, 1), SW_OK);
    rain_falls(&sewer, 0, 0, 15 * MM);
    const struct sw_evidence *evidence = &alert_of(sewer.world, "site-1", SW_COLOUR_YELLOW)->evidence;
    assert_string_equal(evidence->upstream, "");
    assert_int_equal(evidence->disagree, 1);
    assert_int_equal(evidence->certainty, SW_CERTAINTY_POSSIBLE);
    world_free(sewer.world);
}

static void a_restored_site_still_asks_upstream(void **state)
{
    (void)state;
    struct sewer sewer = sewer_new();
    uint8_t bytes[CORE_SNAPSHOT_SIZE_MAX];
    assert_int_equal(core_set_upstream(sewer.world->core, sewer.site, &sewer.pipe, 1), SW_OK);
    size_t size = core_snapshot(sewer.world->core, sewer.site, bytes, sizeof bytes);
    assert_int_equal(core_restore(sewer.world->core, sewer.site, bytes, size), SW_OK);
    rain_falls(&sewer, 15 * MM, 0, 15 * MM);
    assert_string_equal(alert_of(sewer.world, "site-1", SW_COLOUR_YELLOW)->evidence.upstream, "pipe-1");
    world_free(sewer.world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_other_levels_may_be_upstream_of_a_level),
        cmocka_unit_test(the_alert_names_the_sensor_upstream_that_says_the_same),
        cmocka_unit_test(dry_pipes_upstream_lower_the_certainty),
        cmocka_unit_test(a_restored_site_still_asks_upstream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
