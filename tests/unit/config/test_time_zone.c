/* Time zones by name: the rule is read as written, and shows what the system's own clocks show. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/time_zone.h"
#include "core/local_time.h"
#include "stillwater/error.h"

#define ZONES   "/usr/share/zoneinfo"
#define HOUR_S  3600
#define DAY_S   (24 * HOUR_S)
#define FROM_S  2051222400 /* 2035-01-01 */
#define UNTIL_S (FROM_S + 3 * 366 * (time_t)DAY_S)

static void a_rule_is_read_as_written(void **state)
{
    (void)state;
    static const struct {
        const char *rule;
        struct time_zone zone;
    } rules[] = {
        {"UTC0", {0, 0, {0, 0, 0, 0}, {0, 0, 0, 0}}},
        {"<+0545>-5:45", {345, 345, {0, 0, 0, 0}, {0, 0, 0, 0}}},
        {"HST10", {-600, -600, {0, 0, 0, 0}, {0, 0, 0, 0}}},
        {"CET-1CEST,M3.5.0,M10.5.0/3", {60, 120, {3, 5, 0, 120}, {10, 5, 0, 180}}},
        {"EST5EDT4,M3.2.0,M11.1.0", {-300, -240, {3, 2, 0, 120}, {11, 1, 0, 120}}},
        {"<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", {630, 660, {10, 1, 0, 120}, {4, 1, 0, 120}}},
        {"IST-1GMT0,M10.5.0,M3.5.0/1", {60, 0, {10, 5, 0, 120}, {3, 5, 0, 60}}},
        {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", {-120, -60, {3, 5, 0, -60}, {10, 5, 0, 0}}},
        {"IST-2IDT,M3.4.4/26,M10.5.0", {120, 180, {3, 4, 4, 1560}, {10, 5, 0, 120}}},
    };
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        struct time_zone zone;
        const struct time_zone *expected = &rules[i].zone;
        if (!time_zone_parse(rules[i].rule, &zone)) fail_msg("%s is refused", rules[i].rule);
        const int32_t found[] = {zone.standard_min,   zone.summer_min,    zone.begins.month, zone.begins.week,
                                 zone.begins.weekday, zone.begins.at_min, zone.ends.month,   zone.ends.week,
                                 zone.ends.weekday,   zone.ends.at_min};
        const int32_t wanted[] = {expected->standard_min, expected->summer_min,     expected->begins.month,
                                  expected->begins.week,  expected->begins.weekday, expected->begins.at_min,
                                  expected->ends.month,   expected->ends.week,      expected->ends.weekday,
                                  expected->ends.at_min};
        if (memcmp(found, wanted, sizeof found) != 0) fail_msg("%s is read otherwise", rules[i].rule);
    }
}

static void what_is_no_rule_is_refused(void **state)
{
    (void)state;
    static const char *const rules[] = {"",
                                        "CET",
                                        "-1",
                                        "C-1",
                                        "<CET-1",
                                        "CET-1CEST",
                                        "CET-1CEST,M3.5.0",
                                        "CET-1CEST,M3.5.0,M10.5.0/3x",
                                        "CET-1CEST,M13.5.0,M10.5.0/3",
                                        "CET-1CEST,M3.6.0,M10.5.0/3",
                                        "CET-1CEST,M3.5.7,M10.5.0/3",
                                        "CET-1CEST,M3.5.0/168,M10.5.0/3",
                                        "CET-1CEST,J60,J300",
                                        "CET-1:60",
                                        "CET-1:00:30"};
    struct time_zone zone;
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if (time_zone_parse(rules[i], &zone)) fail_msg("%s is taken", rules[i]);
}

/* Compared hour by hour around the changes, and each half day; years ahead, for every release of tzdata has a country
 * that gives up its rule within this year or the next, and only the rule for the times to come is known here. */
static void compare_with_the_system(const char *name)
{
    struct time_zone zone;
    char text[256];
    if (time_zone_named(name, &zone, text, sizeof text) != SW_OK) fail_msg("%s: %s", name, text);
    assert_int_equal(setenv("TZ", name, 1), 0);
    tzset();
    long last_s = 0;
    for (time_t now = FROM_S; now < UNTIL_S; now += DAY_S / 2) {
        struct tm local;
        localtime_r(&now, &local);
        time_t from = local.tm_gmtoff == last_s ? now : now - DAY_S / 2;
        last_s = local.tm_gmtoff;
        for (time_t at = from; at <= now; at += HOUR_S / 2) {
            localtime_r(&at, &local);
            int64_t found_s = local_time_ms(&zone, (int64_t)at * 1000) / 1000 - at;
            if (found_s != local.tm_gmtoff)
                fail_msg("%s at %lld: %lld s ahead of UTC, the system says %ld s", name, (long long)at,
                         (long long)found_s, local.tm_gmtoff);
        }
    }
}

/* Clocks that are set otherwise in Ramadan: their rule for the times to come is what they mostly show. */
static bool goes_by_the_moon(const char *name)
{
    static const char *const zones[] = {"Africa/Casablanca", "Africa/El_Aaiun", "Asia/Gaza", "Asia/Hebron"};
    for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++)
        if (strcmp(name, zones[i]) == 0) return true;
    return false;
}

static void every_zone_shows_what_the_systems_clocks_show(void **state)
{
    (void)state;
    FILE *table = fopen(ZONES "/tzdata.zi", "r");
    char line[512], name[64], rest[2];
    int zones = 0;
    if (!table) skip();
    while (fgets(line, sizeof line, table)) {
        if (sscanf(line, "Z %63s %1s", name, rest) != 2 || goes_by_the_moon(name)) continue;
        compare_with_the_system(name);
        zones++;
    }
    fclose(table);
    assert_in_range(zones, 250, 700);
}

static void problem(const char *name, const char *expected)
{
    struct time_zone zone;
    char text[256];
    assert_int_equal(time_zone_named(name, &zone, text, sizeof text), SW_ERROR_CONFIG);
    assert_string_equal(text, expected);
}

static void a_zone_that_cannot_be_read_is_told(void **state)
{
    (void)state;
    char folder[] = "/tmp/stillwater-zones-XXXXXX", path[128];
    assert_non_null(mkdtemp(folder));
    assert_int_equal(setenv("TZDIR", folder, 1), 0);
    char text[256];
    snprintf(text, sizeof text,
             "no time zone is called Europe/Berlin (%s/Europe/Berlin: No such file or directory);"
             " expected a name such as Europe/Berlin, and tzdata installed",
             folder);
    problem("Europe/Berlin", text);
    static const char *const contents[] = {
        "", "TZ", "TZif", "TZif\n", "TZif2\n\n", "none\nCET-1\n", "TZif2\nCET-1CEST\n"};
    snprintf(path, sizeof path, "%s/Zone", folder);
    snprintf(text, sizeof text, "%s has no rule for the times to come; expected the file of a time zone", path);
    for (size_t i = 0; i < sizeof contents / sizeof contents[0]; i++) {
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        assert_true(fputs(contents[i], file) >= 0);
        fclose(file);
        problem("Zone", text);
    }
    unlink(path);
    rmdir(folder);
    problem("../Zone", "found ../Zone; expected the name of a time zone such as Europe/Berlin");
    problem("/etc/passwd", "found /etc/passwd; expected the name of a time zone such as Europe/Berlin");
    unsetenv("TZDIR");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rule_is_read_as_written),
        cmocka_unit_test(what_is_no_rule_is_refused),
        cmocka_unit_test(every_zone_shows_what_the_systems_clocks_show),
        cmocka_unit_test(a_zone_that_cannot_be_read_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
