/* Weather warnings: what is taken, what is refused, and what is said of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "message/message.h"
#include "stillwater/error.h"
#include "support/exact.h"

#define HEAD "{\"schema\":\"stillwater.weather/1\""
#define REST ",\"until\":\"2026-11-23T06:00:00.000Z\",\"by\":\"met-office\""

static int decode(const char *payload, struct message_weather *weather, char *text, size_t text_size)
{
    size_t size = strlen(payload);
    char *exact = exact_copy(payload, size);
    int error = message_weather_decode(exact, size, weather, text, text_size);
    free(exact);
    return error;
}

static void a_warning_is_encoded_and_decoded(void **state)
{
    (void)state;
    const char payload[] = HEAD ",\"colour\":\"orange\"" REST ",\"text\":\"50 mm in 3 h\"}";
    struct message_weather weather;
    char text[256];
    assert_int_equal(decode(payload, &weather, text, sizeof text), SW_OK);
    assert_int_equal(weather.colour, SW_COLOUR_ORANGE);
    assert_int_equal(weather.until.ms, INT64_C(1795413600000));
    assert_string_equal(weather.by, "met-office");
    assert_string_equal(weather.text, "50 mm in 3 h");
    char *body = message_weather_encode(&weather);
    assert_string_equal(body, payload);
    free(body);
    assert_int_equal(decode(HEAD ",\"colour\":\"green\"" REST "}", &weather, text, sizeof text), SW_OK);
    assert_int_equal(weather.colour, SW_COLOUR_GREEN);
}

static void a_wrong_one_is_refused_with_its_reason(void **state)
{
    (void)state;
    static const struct {
        const char *payload, *reason;
    } wrong[] = {
        {"", "line 1, column 0: unexpected token near end of file"},
        {"red", "line 1, column 3: invalid token near 'red'"},
        {"[]", "found an array, expected an object"},
        {"{}", "schema: missing"},
        {"{\"schema\":\"stillwater.weather/2\"}",
         "schema: found \"stillwater.weather/2\", expected \"stillwater.weather/1\""},
        {HEAD "}", "colour: missing"},
        {HEAD ",\"colour\":4" REST "}", "colour: found an integer, expected a string"},
        {HEAD ",\"colour\":\"blue\"" REST "}", "colour: found \"blue\", expected green, yellow, orange or red"},
        {HEAD ",\"colour\":\"purple\"" REST "}", "colour: found \"purple\", expected green, yellow, orange or red"},
        {HEAD ",\"colour\":\"red\",\"by\":\"o\"}", "until: missing"},
        {HEAD ",\"colour\":\"red\",\"until\":\"soon\",\"by\":\"o\"}",
         "until: found \"soon\", expected an RFC 3339 time"},
        {HEAD ",\"colour\":\"red\",\"until\":\"2026-11-23T06:00:00Z\"}", "by: missing"},
        {HEAD ",\"colour\":\"red\"" REST ",\"place\":\"x\"}", "place: no such member"},
        {HEAD ",\"colour\":\"red\"" REST ",\"text\":\"a\\nb\"}", "text: holds a control character at byte 1"},
    };
    static const struct message_weather nothing;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct message_weather weather;
        char text[256] = "";
        assert_int_equal(decode(wrong[i].payload, &weather, text, sizeof text), SW_ERROR_MESSAGE);
        assert_string_equal(text, wrong[i].reason);
        assert_memory_equal(&weather, &nothing, sizeof nothing);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_warning_is_encoded_and_decoded),
        cmocka_unit_test(a_wrong_one_is_refused_with_its_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
