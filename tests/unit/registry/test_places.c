/* The registry of places: what is taken, and every way a file can be wrong, with the exact message. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "registry/places.h"
#include "stillwater/error.h"

#define FEATURE(geometry, properties) "{\"type\":\"Feature\",\"geometry\":" geometry ",\"properties\":" properties "}"
#define POINT(coordinates)            "{\"type\":\"Point\",\"coordinates\":" coordinates "}"
#define COLLECTION(features)          "{\"type\":\"FeatureCollection\",\"features\":[" features "]}"
#define GOOD                          FEATURE(POINT("[120.5853,31.2989]"), "{\"id\":\"cam-1\",\"kind\":\"camera\"}")
#define WITH(properties)              COLLECTION(GOOD "," FEATURE(POINT("[120.58,31.29]"), properties))
#define AT(coordinates)               COLLECTION(FEATURE(POINT(coordinates), "{\"id\":\"cam-1\",\"kind\":\"camera\"}"))

static char problems[4096];
static unsigned problem_count;

static void on_problem(void *ctx, const char *file, unsigned line, const char *field, const char *text)
{
    (void)ctx;
    (void)file;
    size_t used = strlen(problems);
    (void)snprintf(problems + used, sizeof problems - used, "%u: %s: %s\n", line, field, text);
    problem_count++;
}

static int load(const char *text, struct places *places)
{
    char path[] = "/tmp/stillwater-places-XXXXXX";
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, text, strlen(text)), (ssize_t)strlen(text));
    close(descriptor);
    problems[0] = '\0';
    problem_count = 0;
    int error = places_load(path, (struct config_report){NULL, on_problem}, places);
    unlink(path);
    return error;
}

static void a_registry_is_taken_longitude_first(void **state)
{
    (void)state;
    struct places places;
    struct near_found found[SW_PLACES_NEAR_MAX];
    const char *text = COLLECTION(GOOD "," FEATURE(POINT("[120.586,31.299,4.5]"),
                                                   "{\"id\":\"school-3\",\"kind\":\"shelter\",\"name\":\"Mill "
                                                   "School\",\"capacity\":200,\"hours\":\"24/7\",\"x\":1}"));
    assert_int_equal(load(text, &places), SW_OK);
    assert_int_equal(places.count, 2);
    struct globe_point here = globe_point(31.2989, 120.5853);
    assert_int_equal(near_find_all(&places.near, &here, &(struct near_reach){300, 3000}, found), 2);
    assert_string_equal(found[0].place->id, "cam-1");
    assert_true(found[0].distance_m < 0.001);
    assert_null(found[0].place->name);
    assert_string_equal(found[1].place->id, "school-3");
    assert_string_equal(found[1].place->name, "Mill School");
    assert_string_equal(found[1].place->hours, "24/7");
    assert_int_equal(found[1].place->capacity, 200);
    places_free(&places);
}

static void an_empty_registry_is_no_mistake(void **state)
{
    (void)state;
    struct places places;
    assert_int_equal(load(COLLECTION(""), &places), SW_OK);
    assert_int_equal(places.count, 0);
    places_free(&places);
}

static void what_is_wrong_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *text, *problem;
    } cases[] = {
        {"", "1: : not JSON: '[' or '{' expected near end of file; expected a GeoJSON file\n"},
        {"[]", "0: : expected a FeatureCollection of GeoJSON (RFC 7946)\n"},
        {"{\"type\":\"FeatureCollection\"}", "0: : expected a FeatureCollection of GeoJSON (RFC 7946)\n"},
        {COLLECTION("7"), "0: features[0]: expected a Feature with properties\n"},
        {AT("[31.2989,120.5853]"), "0: features[0].geometry.coordinates: found [31.2989, 120.585]; expected longitude "
                                   "-180 to 180, latitude -90 to 90: longitude comes first\n"},
        {AT("[181,91]"), "0: features[0].geometry.coordinates: found [181, 91]; expected longitude -180 to 180, "
                         "latitude -90 to 90\n"},
        {AT("[120]"), "0: features[0].geometry.coordinates: expected [longitude, latitude]: two numbers\n"},
        {AT("[\"120\",31]"), "0: features[0].geometry.coordinates: expected [longitude, latitude]: two numbers\n"},
        {COLLECTION(FEATURE("{\"type\":\"Polygon\",\"coordinates\":[]}", "{\"id\":\"a\",\"kind\":\"pump\"}")),
         "0: features[0].geometry.type: found \"Polygon\"; expected \"Point\"\n"},
        {COLLECTION(FEATURE("null", "{\"id\":\"a\",\"kind\":\"pump\"}")),
         "0: features[0].geometry.type: found \"\"; expected \"Point\"\n"},
        {WITH("{\"kind\":\"pump\"}"), "0: features[1].properties.id: found \"\"; expected an id: 1 to 63 of A-Z a-z "
                                      "0-9 - _ and '.', the first a letter or digit\n"},
        {WITH("{\"id\":\"b\",\"kind\":\"shelterr\"}"), "0: features[1].properties.kind: found \"shelterr\"; expected "
                                                       "one of camera, shelter, pump, store, clinic\n"},
        {WITH("{\"id\":\"b\",\"kind\":\"pump\",\"name\":7}"),
         "0: features[1].properties.name: expected a text of 1 to 64 bytes without control characters\n"},
        {WITH("{\"id\":\"b\",\"kind\":\"pump\",\"hours\":\"a\\u001b[0m\"}"),
         "0: features[1].properties.hours: expected a text of 1 to 64 bytes without control characters\n"},
        {WITH("{\"id\":\"b\",\"kind\":\"shelter\",\"capacity\":0}"),
         "0: features[1].properties.capacity: expected an integer from 1 to 1000000\n"},
        {WITH("{\"id\":\"cam-1\",\"kind\":\"pump\"}"),
         "0: features[1].properties.id: cam-1 is the id of features[0] already; expected an id used once\n"},
        {WITH("{\"id\":\"b c\",\"kind\":\"x\"}"),
         "0: features[1].properties.id: found \"b c\"; expected an id: 1 to 63 of A-Z a-z 0-9 - _ and '.', the first "
         "a letter or digit\n"
         "0: features[1].properties.kind: found \"x\"; expected one of camera, shelter, pump, store, clinic\n"},
    };
    struct places places;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(load(cases[i].text, &places), SW_ERROR_CONFIG);
        assert_string_equal(problems, cases[i].problem);
        assert_null(places.list);
    }
}

static void a_file_that_is_all_wrong_is_told_in_twenty_lines(void **state)
{
    (void)state;
    static char text[8192];
    struct places places;
    size_t used = (size_t)snprintf(text, sizeof text, "{\"type\":\"FeatureCollection\",\"features\":[0");
    for (int i = 0; i < 1000; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, ",0");
    (void)snprintf(text + used, sizeof text - used, "]}");
    assert_int_equal(load(text, &places), SW_ERROR_CONFIG);
    assert_int_equal(problem_count, 20);
}

static void a_file_that_is_not_there_is_named(void **state)
{
    (void)state;
    struct places places;
    problems[0] = '\0';
    assert_int_equal(places_load("/nowhere/places.json", (struct config_report){NULL, on_problem}, &places),
                     SW_ERROR_CONFIG);
    assert_non_null(strstr(problems, "No such file"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_registry_is_taken_longitude_first),
        cmocka_unit_test(an_empty_registry_is_no_mistake),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(a_file_that_is_all_wrong_is_told_in_twenty_lines),
        cmocka_unit_test(a_file_that_is_not_there_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
