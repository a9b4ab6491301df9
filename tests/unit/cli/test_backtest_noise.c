#include <stdlib.h>
#include <string.h>

#include "cli/backtest_noise.h"
#include "core_fixture.h"

static size_t kind_of(const char *name)
{
    size_t kind = 0;
    while (kind < NOISE_KIND_COUNT && strcmp(noise_kind_name(kind), name) != 0)
        kind++;
    assert_true(kind < NOISE_KIND_COUNT);
    return kind;
}

static struct noise_sensor make(const char *name, uint64_t seed, const struct series *flood)
{
    struct noise_sensor sensor = {0};
    assert_true(noise_sensor_make(&sensor, kind_of(name), seed, &flood, flood ? 1 : 0));
    assert_int_equal(sensor.samples.count, NOISE_DAYS * 1440);
    return sensor;
}

static void the_same_seed_makes_the_same_sensor(void **state)
{
    (void)state;
    for (size_t kind = 0; kind < NOISE_KIND_COUNT; kind++) {
        struct noise_sensor one = make(noise_kind_name(kind), 3, NULL), other = make(noise_kind_name(kind), 3, NULL);
        assert_memory_equal(one.samples.readings, other.samples.readings,
                            one.samples.count * sizeof *one.samples.readings);
        noise_sensor_free(&one);
        noise_sensor_free(&other);
    }
}

static void what_is_made_up_is_what_its_name_says(void **state)
{
    (void)state;
    struct noise_score score = {0};
    struct noise_sensor sensor = make("dry", 1, NULL);
    noise_score_line(&sensor, 50 * MM, &score);
    assert_int_equal(score.false_alarms, 0);
    noise_sensor_free(&sensor);

    sensor = make("blips", 1, NULL);
    noise_score_line(&sensor, 50 * MM, &score);
    assert_in_range(score.false_alarms, 150, 250);
    for (size_t i = 0; i < sensor.samples.count; i++)
        assert_true(sensor.samples.readings[i].value_milli <= 403 * MM);
    noise_sensor_free(&sensor);
}

/* Half an hour that rises to 80 mm and falls again, as water does, every three days. */
static void floods_are_laid_over_and_found(void **state)
{
    (void)state;
    struct series flood = {.name = "street"};
    for (int minute = 0; minute <= 30; minute++)
        assert_true(series_add(&flood, T0 + minute * MINUTE, (80 - 4 * labs(minute - 15L)) * MM));
    struct noise_sensor sensor = make("dry", 1, &flood);
    assert_int_equal(sensor.floods.count, 20);
    assert_int_equal(sensor.floods.readings[0].value_milli - sensor.floods.readings[0].time_ms, 30 * MINUTE);
    struct noise_score line = {0}, high = {0}, core = {0};
    struct policy policy = policy_city_default();
    noise_score_line(&sensor, 50 * MM, &line);
    noise_score_line(&sensor, 100 * MM, &high);
    assert_true(noise_score_core(&sensor, &policy, &core));
    assert_int_equal(line.floods, 20);
    assert_int_equal(line.found, 20);
    assert_int_equal(line.false_alarms, 0);
    assert_int_equal(high.found, 0);
    assert_int_equal(core.floods, 20);
    assert_int_equal(core.found, 20);
    noise_sensor_free(&sensor);
    free(flood.readings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seed_makes_the_same_sensor),
        cmocka_unit_test(what_is_made_up_is_what_its_name_says),
        cmocka_unit_test(floods_are_laid_over_and_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
