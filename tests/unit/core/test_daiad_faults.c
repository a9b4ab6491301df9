/* Faults that real meters have, as the DAIAD trial recorded them (github DAIAD/data, CC BY-SA 4.0): totals in whole
 * litres, once an hour, stamped by a local clock with daylight saving time. None of them may lead to a false use, a
 * negative or giant one, or a false "no use". The series themselves are read from the shared data where there are any;
 * of each fault there is a twin made here, which runs everywhere. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core_fixture.h"
#include "meter_run.h"

static struct meter_total totals[METER_RUN_MAX];
static struct meter_run run;

/* ---- twins ---- */

/* A home that uses 4 L in each hour from 6 to 22 h, read once an hour for `days`. */
static int make_home(int days)
{
    int64_t total_ml = 300000 * LITRE;
    int count = 0;
    for (int hour = 0; hour < days * 24; hour++) {
        if (hour % 24 >= 6 && hour % 24 < 22) total_ml += 4 * LITRE;
        totals[count++] = (struct meter_total){T0 + hour * HOUR, total_ml, total_ml};
    }
    return count;
}

static void run_made(int count, const char *name)
{
    meter_run_begin(&run, name);
    for (int i = 0; i < count; i++)
        meter_run_take(&run, &totals[i]);
    assert_int_equal(run.no_use_alerts, 0);
    assert_int_equal(run.nothing_alerts, 0);
}

static void twin_of_the_negative_steps_of_d15(void **state)
{
    (void)state;
    int count = make_home(60);
    int steps = 0;
    /* At night the total goes back by 1 to 6 L, and the next use counts up from there. */
    for (int day = 10; day < 50; day++)
        for (int hour = 1; hour <= 5; hour++) {
            int back = 1 + day % 6;
            totals[day * 24 + hour].index_ml -= back * LITRE;
            if (hour == 1) steps++;
        }
    run_made(count, "twin of D15");
    assert_int_equal(run.events[METER_RAN_BACK], steps);
    assert_int_equal(run.fault_alerts, 1);
    assert_int_equal(run.backflow_alerts, 0);
}

static void twin_of_the_jump_of_248243_litres_and_back(void **state)
{
    (void)state;
    for (int hours = 1; hours <= 100; hours += 33) {
        int count = make_home(30);
        for (int i = 0; i < hours; i++)
            totals[10 * 24 + 7 + i].index_ml += 248243 * LITRE;
        run_made(count, "twin of the jump");
        /* A single wrong value is counted, a series of them is told until the right one is back. */
        assert_int_equal(run.fault_alerts, hours > 1);
        assert_int_equal(run.fault.reason, METER_FAULT_NONE);
        assert_int_equal(run.backflow_alerts, 0);
        if (hours == 1) assert_int_equal(run.events[METER_ODD_WITHDRAWN], 1);
        if (hours > 1) assert_int_equal(run.events[METER_SERIES_RESTORED], 1);
    }
}

static void twin_of_the_step_of_12288_litres_of_d36(void **state)
{
    (void)state;
    /* Readings of a second clock, 19 min after the hour's, show 12, 12288 and 3076 L less. */
    static const int64_t back[] = {12, 12288, 3076};
    int made = make_home(30);
    struct meter_total odd[3];
    int after = 10 * 24 + 10;
    for (int i = 0; i < 3; i++) {
        odd[i] = totals[after + i];
        odd[i].time_ms += 19 * MINUTE;
        odd[i].index_ml -= back[i] * LITRE;
    }
    meter_run_begin(&run, "twin of D36");
    for (int i = 0; i < made; i++) {
        meter_run_take(&run, &totals[i]);
        if (i >= after && i < after + 3) meter_run_take(&run, &odd[i - after]);
    }
    assert_int_equal(run.events[METER_ODD_WITHDRAWN], 3);
    assert_int_equal(run.no_use_alerts + run.nothing_alerts + run.fault_alerts + run.backflow_alerts, 0);
}

static void twin_of_the_duplicate_stamps(void **state)
{
    (void)state;
    int made = make_home(30);
    meter_run_begin(&run, "twin of the duplicates");
    for (int i = 0; i < made; i++) {
        meter_run_take(&run, &totals[i]);
        struct meter_total again = totals[i];
        again.index_ml += i % 3 * LITRE; /* some with another value, as in D05 */
        meter_run_take(&run, &again);
    }
    assert_int_equal(run.repeated, made);
    assert_int_equal(run.no_use_alerts + run.nothing_alerts + run.fault_alerts + run.backflow_alerts, 0);
}

static void twin_of_the_missing_hour_and_the_double_hour(void **state)
{
    (void)state;
    int made = make_home(30);
    /* Local stamps that are taken for UTC: one hour forward on day 10, one back on day 20. */
    for (int i = 0; i < made; i++) {
        if (i >= 10 * 24 + 2) totals[i].time_ms += HOUR;
        if (i >= 20 * 24 + 2) totals[i].time_ms -= HOUR;
    }
    run_made(made, "twin of the clock changes");
    assert_int_equal(run.repeated, 1);
    assert_int_equal(run.fault_alerts + run.backflow_alerts, 0);
}

static void twin_of_gaps_of_days(void **state)
{
    (void)state;
    static const int gaps_h[] = {25, 65, 201, 714, 1177}; /* D02, D24, D87 */
    for (size_t k = 0; k < sizeof gaps_h / sizeof gaps_h[0]; k++) {
        int made = make_home(90);
        meter_run_begin(&run, "twin of the gaps");
        for (int i = 0; i < made; i++)
            if (i < 20 * 24 || i >= 20 * 24 + gaps_h[k]) meter_run_take(&run, &totals[i]);
        assert_int_equal(run.no_use_alerts + run.nothing_alerts + run.fault_alerts + run.backflow_alerts, 0);
    }
}

/* ---- the series themselves ---- */

static const char *data_folder(void)
{
    static char folder[1024];
    const char *data = getenv("STILLWATER_DATA");
    snprintf(folder, sizeof folder, "%s/water_daiad/homes", data && *data ? data : SHARED_DATA);
    return folder;
}

static bool data_absent(void)
{
    DIR *folder = opendir(data_folder());
    if (folder) return closedir(folder) != 0;
    print_message("skipped: no shared data at %s; set STILLWATER_DATA\n", data_folder());
    return true;
}

/* Days since 1970-01-01 of a date of the Gregorian calendar. */
static int64_t days_of(int year, int month, int day)
{
    static const int before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    int64_t leaps = (year - 1) / 4 - (year - 1) / 100 + (year - 1) / 400 - 477;
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return (year - 1970) * INT64_C(365) + leaps + before[month - 1] + (leap && month > 2) + day - 1;
}

/* 01:00 UTC of the last Sunday of a month with 31 days: when clocks change in the EU. */
static int64_t change_ms(int year, int month)
{
    int64_t last = days_of(year, month, 31);
    return (last - (last + 4) % 7) * DAY + HOUR; /* 1970-01-01 was a Thursday */
}

enum clock { CLOCK_UTC, CLOCK_LOCAL }; /* stamps put right, or taken for UTC as they are */

/* Spanish local time, as milliseconds of a clock without a zone, to UTC. In the double hour the first pass is summer
 * time, and the second begins where stamps stop to grow. */
static int64_t utc_of(int64_t local_ms, int64_t before_utc_ms)
{
    int year = 1970 + (int)(local_ms / (DAY * 365 + DAY / 4));
    bool summer = local_ms - HOUR >= change_ms(year, 3) && local_ms - 2 * HOUR < change_ms(year, 10);
    int64_t utc_ms = local_ms - (summer ? 2 : 1) * HOUR;
    bool double_hour = summer && utc_ms >= change_ms(year, 10) - HOUR;
    return double_hour && utc_ms <= before_utc_ms ? utc_ms + HOUR : utc_ms;
}

static int read_home(const char *name, enum clock clock)
{
    char path[1200], line[128];
    snprintf(path, sizeof path, "%s/%s.csv", data_folder(), name);
    FILE *file = fopen(path, "r");
    if (!file) fail_msg("%s cannot be read", path);
    int count = 0;
    while (fgets(line, sizeof line, file)) {
        int year, month, day, hour, minute, second;
        long long litres;
        if (sscanf(line, "%d-%d-%dT%d:%d:%d,%lld", &year, &month, &day, &hour, &minute, &second, &litres) != 7)
            continue;
        assert_true(count < METER_RUN_MAX);
        int64_t local_ms = days_of(year, month, day) * DAY + hour * HOUR + minute * MINUTE + second * SECOND;
        int64_t before_ms = count ? totals[count - 1].time_ms : 0;
        int64_t time_ms = clock == CLOCK_UTC ? utc_of(local_ms, before_ms) : local_ms;
        totals[count++] = (struct meter_total){time_ms, litres * LITRE, 0};
    }
    fclose(file);
    return count;
}

/* Wrong by hindsight: two totals in a row of the week after are lower by more than what runs back. A total that is too
 * low does not matter to the highest one. */
static bool is_wrong(int i, int count)
{
    int64_t least_ml = totals[i].index_ml - METER_DEFICIT_MAX_ML;
    for (int j = i + 1; j + 1 < count && j <= i + 7 * 24; j++)
        if (totals[j].index_ml < least_ml && totals[j + 1].index_ml < least_ml) return true;
    return false;
}

/* The highest total so far of those that are not wrong; repeated stamps are not looked at, as in the core. */
static int tell_truth(int count)
{
    int kept = 1;
    for (int i = 1; i < count; i++)
        if (totals[i].time_ms > totals[kept - 1].time_ms) totals[kept++] = totals[i];
    int64_t highest_ml = totals[0].index_ml;
    for (int i = 0; i < kept; i++) {
        if (!is_wrong(i, kept) && totals[i].index_ml > highest_ml) highest_ml = totals[i].index_ml;
        totals[i].truth_ml = highest_ml;
    }
    return kept;
}

struct found {
    int homes, negative, repeated, jumps, gaps, faults, backflows, doubles;
    int64_t span_ms;
};

static void run_home(const char *name, enum clock clock, bool report, struct found *found)
{
    int count = read_home(name, clock);
    found->homes++;
    for (int i = 1; i < count; i++) {
        found->negative += totals[i].index_ml < totals[i - 1].index_ml;
        found->jumps += totals[i].index_ml - totals[i - 1].index_ml > 100000 * LITRE;
        found->gaps += totals[i].time_ms - totals[i - 1].time_ms >= 25 * HOUR;
    }
    int kept = tell_truth(count);
    found->repeated += count - kept;
    meter_run_begin(&run, name);
    run.report = report;
    for (int i = 0; i < kept; i++)
        meter_run_take(&run, &totals[i]);
    found->faults += run.fault_alerts;
    found->backflows += run.backflow_alerts;
    found->span_ms += run.span_ms;
}

static void run_homes(enum clock clock, bool report, struct found *found)
{
    DIR *folder = opendir(data_folder());
    assert_non_null(folder);
    char name[64];
    for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
        size_t length = strlen(entry->d_name);
        if (length < 5 || length >= sizeof name || strcmp(entry->d_name + length - 4, ".csv") != 0) continue;
        memcpy(name, entry->d_name, length - 4);
        name[length - 4] = '\0';
        run_home(name, clock, report, found);
    }
    closedir(folder);
}

/* A named home of the set. False, with a message, where there are no data or another part of the set. */
static bool run_named(const char *name, enum clock clock, struct found *found)
{
    char path[1200];
    snprintf(path, sizeof path, "%s/%s.csv", data_folder(), name);
    FILE *file = fopen(path, "r");
    if (!file) {
        print_message("skipped: no home %s at %s\n", name, data_folder());
        return false;
    }
    fclose(file);
    memset(found, 0, sizeof *found);
    run_home(name, clock, false, found);
    return true;
}

static void the_negative_steps_of_11_homes(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int negative, faults;
    } homes[] = {{"D06", 1, 0}, {"D12", 1, 0}, {"D15", 163, 1}, {"D36", 3, 0}, {"D45", 1, 0}, {"D48", 1, 0},
                 {"D51", 4, 0}, {"D66", 2, 0}, {"D78", 1, 0},   {"D81", 2, 0}, {"D90", 2, 0}};
    struct found found;
    for (size_t i = 0; i < sizeof homes / sizeof homes[0]; i++) {
        if (!run_named(homes[i].name, CLOCK_UTC, &found)) skip();
        if (found.negative != homes[i].negative || found.faults != homes[i].faults || found.backflows != 0)
            fail_msg("%s: %d steps back, %d faults told, %d backflows", homes[i].name, found.negative, found.faults,
                     found.backflows);
    }
}

static void the_step_of_12288_litres_of_d36(void **state)
{
    (void)state;
    struct found found;
    if (!run_named("D36", CLOCK_UTC, &found)) skip();
    int64_t least_ml = 0;
    for (int i = 1; i < run.count; i++)
        if (run.taken[i].index_ml - run.taken[i - 1].index_ml < least_ml)
            least_ml = run.taken[i].index_ml - run.taken[i - 1].index_ml;
    assert_int_equal(least_ml, -12288 * LITRE);
    assert_int_equal(run.events[METER_SERIES_REPLACED], 0);
    assert_int_equal(found.faults, 0);
}

static void the_duplicate_stamps_of_the_double_hour(void **state)
{
    (void)state;
    /* In D05 and D78 the second of the two has another value, in D48 the hour's readings stand in the wrong order. */
    static const char *const homes[] = {"D02", "D05", "D15", "D48", "D72", "D78"};
    struct found found;
    for (size_t i = 0; i < sizeof homes / sizeof homes[0]; i++) {
        if (!run_named(homes[i], CLOCK_LOCAL, &found)) skip();
        assert_int_equal(found.repeated, 1);
        if (!run_named(homes[i], CLOCK_UTC, &found)) skip();
        assert_int_equal(found.repeated, 0);
    }
}

static void the_gaps_of_days_of_d24_d87_and_d90(void **state)
{
    (void)state;
    static const char *const homes[] = {"D24", "D87", "D90"};
    static const int gaps[] = {42, 39, 35};
    struct found found;
    for (size_t i = 0; i < sizeof homes / sizeof homes[0]; i++) {
        if (!run_named(homes[i], CLOCK_UTC, &found)) skip();
        assert_in_range(found.gaps, gaps[i] - 1, gaps[i] + 1); /* one may be 25 h by one clock only */
        assert_int_equal(found.faults + found.backflows, 0);
    }
}

static void all_homes_by_utc(void **state)
{
    (void)state;
    if (data_absent()) skip();
    struct found found = {0};
    run_homes(CLOCK_UTC, true, &found);
    double months = (double)found.span_ms / (double)DAY / 30.4375;
    print_message(
        "%d homes, %.1f home-months: %d negative steps, %d jumps over 100 m3, %d stamps not later than the one "
        "before, %d gaps of 25 h and more; %d meter_fault (%.3f per home-month), %d backflow\n",
        found.homes, months, found.negative, found.jumps, found.repeated, found.gaps, found.faults,
        (double)found.faults / months, found.backflows);
}

static void all_homes_with_local_time_taken_for_utc(void **state)
{
    (void)state;
    if (data_absent()) skip();
    struct found found = {0};
    run_homes(CLOCK_LOCAL, false, &found);
    print_message("%d homes, %d stamps not later than the one before\n", found.homes, found.repeated);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(twin_of_the_negative_steps_of_d15),
        cmocka_unit_test(twin_of_the_jump_of_248243_litres_and_back),
        cmocka_unit_test(twin_of_the_step_of_12288_litres_of_d36),
        cmocka_unit_test(twin_of_the_duplicate_stamps),
        cmocka_unit_test(twin_of_the_missing_hour_and_the_double_hour),
        cmocka_unit_test(twin_of_gaps_of_days),
        cmocka_unit_test(the_negative_steps_of_11_homes),
        cmocka_unit_test(the_step_of_12288_litres_of_d36),
        cmocka_unit_test(the_duplicate_stamps_of_the_double_hour),
        cmocka_unit_test(the_gaps_of_days_of_d24_d87_and_d90),
        cmocka_unit_test(all_homes_by_utc),
        cmocka_unit_test(all_homes_with_local_time_taken_for_utc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
