#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "message/message_telemetry.h"

#define HEAD "{\"schema\":\"stillwater.telemetry/1\",\"city\":\"northport\",\"gateway\":\"gw-1\",\"samples\":["

static struct message_telemetry telemetry;

static struct message_reading level(int64_t value_milli)
{
    return (struct message_reading){.subject = "canal-3",
                                    .kind = SW_READING_LEVEL,
                                    .value_milli = value_milli,
                                    .time = sw_wall_from_ms(1795318800000)};
}

static void add(struct message_reading reading)
{
    assert_true(message_telemetry_add(&telemetry, &reading));
}

static void assert_text(const char *expected)
{
    assert_string_equal(message_telemetry_text(&telemetry), expected);
}

static int begin(void **state)
{
    (void)state;
    message_telemetry_init(&telemetry, "northport", "gw-1");
    return 0;
}

static void readings_of_one_subject_and_time_share_a_sample(void **state)
{
    (void)state;
    struct message_reading reading = level(123400);
    add(reading);
    reading.kind = SW_READING_BATTERY;
    reading.value_milli = 3610;
    reading.quality = SW_QUALITY_SUSPECT;
    reading.reason = SW_REASON_RATE;
    add(reading);
    assert_text(HEAD "{\"subject\":\"canal-3\",\"time\":\"2026-11-22T03:40:00.000Z\",\"readings\":["
                     "{\"kind\":\"level_mm\",\"value\":123.4},"
                     "{\"kind\":\"battery_v\",\"value\":3.61,\"quality\":\"suspect\",\"reason\":\"rate\"}]}]}");
    /* It has not ended there. */
    reading.time.ms += 61007;
    reading.estimated_time = true;
    reading.quality = SW_QUALITY_MISSING;
    reading.reason = SW_REASON_TIMEOUT;
    add(reading);
    reading.subject = "canal-4";
    add(reading);
    assert_text(HEAD "{\"subject\":\"canal-3\",\"time\":\"2026-11-22T03:40:00.000Z\",\"readings\":["
                     "{\"kind\":\"level_mm\",\"value\":123.4},"
                     "{\"kind\":\"battery_v\",\"value\":3.61,\"quality\":\"suspect\",\"reason\":\"rate\"}]},"
                     "{\"subject\":\"canal-3\",\"time\":\"2026-11-22T03:41:01.007Z\",\"estimated_time\":true,"
                     "\"readings\":[{\"kind\":\"battery_v\",\"quality\":\"missing\",\"reason\":\"timeout\"}]},"
                     "{\"subject\":\"canal-4\",\"time\":\"2026-11-22T03:41:01.007Z\",\"estimated_time\":true,"
                     "\"readings\":[{\"kind\":\"battery_v\",\"quality\":\"missing\",\"reason\":\"timeout\"}]}]}");
    message_telemetry_clear(&telemetry);
    add(level(0));
    assert_text(HEAD "{\"subject\":\"canal-3\",\"time\":\"2026-11-22T03:40:00.000Z\",\"readings\":["
                     "{\"kind\":\"level_mm\",\"value\":0}]}]}");
}

static void thousandths_are_decimals(void **state)
{
    (void)state;
    static const struct {
        int64_t milli;
        const char *text;
    } cases[] = {
        {0, "0"},
        {1, "0.001"},
        {10, "0.01"},
        {100, "0.1"},
        {1000, "1"},
        {1001, "1.001"},
        {-1, "-0.001"},
        {-100, "-0.1"},
        {-1050, "-1.05"},
        {123456000, "123456"},
        {INT64_MAX, "9223372036854775.807"},
        {INT64_MIN, "-9223372036854775.808"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char expected[256] = HEAD "{\"subject\":\"canal-3\",\"time\":\"2026-11-22T03:40:00.000Z\",\"readings\":["
                                  "{\"kind\":\"level_mm\",\"value\":";
        message_telemetry_clear(&telemetry);
        add(level(cases[i].milli));
        strcat(strcat(expected, cases[i].text), "}]}]}");
        assert_text(expected);
    }
}

static void a_full_message_takes_nothing_and_is_whole(void **state)
{
    (void)state;
    struct message_reading reading = {.subject = "a-subject-whose-name-is-as-long-as-they-may-be-of-sixty-three.ch",
                                      .kind = SW_READING_WATER_REVERSE_INDEX,
                                      .value_milli = INT64_MIN,
                                      .quality = SW_QUALITY_SUSPECT,
                                      .reason = SW_REASON_COUNTER_BACK,
                                      .estimated_time = true};
    char subject[SW_ID_SIZE];
    size_t count = 0;
    memcpy(subject, reading.subject, SW_ID_LENGTH_MAX);
    subject[SW_ID_LENGTH_MAX] = '\0';
    reading.subject = subject;
    for (; reading.time.ms++, message_telemetry_add(&telemetry, &reading); count++)
        ;
    size_t size = strlen(message_telemetry_text(&telemetry));
    assert_in_range(size, MESSAGE_TELEMETRY_SIZE - 640, MESSAGE_TELEMETRY_SIZE - 1);
    assert_false(message_telemetry_add(&telemetry, &reading));
    const char *text = message_telemetry_text(&telemetry);
    assert_int_equal(strlen(text), size);
    json_t *body = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(body);
    assert_int_equal(json_array_size(json_object_get(body, "samples")), count);
    json_decref(body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(readings_of_one_subject_and_time_share_a_sample, begin),
        cmocka_unit_test_setup(thousandths_are_decimals, begin),
        cmocka_unit_test_setup(a_full_message_takes_nothing_and_is_whole, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
