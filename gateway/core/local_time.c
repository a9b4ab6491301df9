#include "core/local_time.h"

#define MINUTE_MS         INT64_C(60000)
#define DAY_MS            (24 * 60 * MINUTE_MS)
#define DAYS_BEFORE_1970  719162 /* since the year 1 */
#define WEEKDAY_OF_1970   4      /* a Thursday */
#define DAYS_IN_400_YEARS 146097

static int64_t floor_divided(int64_t value, int64_t by)
{
    int64_t quotient = value / by;
    return quotient * by > value ? quotient - 1 : quotient;
}

/* The first of January, in days since 1970. */
static int64_t year_begin(int64_t year)
{
    int64_t before = year - 1;
    return 365 * before + floor_divided(before, 4) - floor_divided(before, 100) + floor_divided(before, 400) -
           DAYS_BEFORE_1970;
}

static int64_t year_of(int64_t day)
{
    int64_t year = 1970 + floor_divided(day * 400, DAYS_IN_400_YEARS);
    if (year_begin(year) > day) year--;
    return year_begin(year + 1) <= day ? year + 1 : year;
}

/* `offset_min`: of the clocks before the change. */
static int64_t change_ms(const struct clock_change *change, int64_t year, int32_t offset_min)
{
    static const int16_t before_month[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};
    bool leap = year_begin(year + 1) - year_begin(year) == 366;
    int64_t first = year_begin(year) + before_month[change->month - 1] + (leap && change->month > 2);
    int64_t next = year_begin(year) + before_month[change->month] + (leap && change->month > 1);
    int64_t weekday = WEEKDAY_OF_1970 + first - 7 * floor_divided(WEEKDAY_OF_1970 + first, 7);
    int64_t day = first + (change->weekday - weekday + 7) % 7 + 7 * (change->week - 1);
    if (day >= next) day -= 7; /* the fifth is the last */
    return day * DAY_MS + (change->at_min - offset_min) * MINUTE_MS;
}

static bool changes(const struct time_zone *zone)
{
    return zone->begins.month != 0 && zone->summer_min != zone->standard_min;
}

static int32_t offset_min(const struct time_zone *zone, int64_t utc_ms)
{
    if (!changes(zone)) return zone->standard_min;
    int64_t year = year_of(floor_divided(utc_ms + zone->standard_min * MINUTE_MS, DAY_MS));
    int64_t begins_ms = change_ms(&zone->begins, year, zone->standard_min);
    int64_t ends_ms = change_ms(&zone->ends, year, zone->summer_min);
    bool begun = utc_ms >= begins_ms, ended = utc_ms >= ends_ms;
    /* In the south summer begins in one year and ends in the next. */
    bool summer = begins_ms < ends_ms ? begun && !ended : begun || !ended;
    return summer ? zone->summer_min : zone->standard_min;
}

int64_t local_time_ms(const struct time_zone *zone, int64_t utc_ms)
{
    return utc_ms + offset_min(zone, utc_ms) * MINUTE_MS;
}

int64_t local_time_to_utc_ms(const struct time_zone *zone, int64_t local_ms)
{
    bool ahead = zone->summer_min > zone->standard_min;
    int32_t fast_min = ahead ? zone->summer_min : zone->standard_min;
    int32_t slow_min = ahead ? zone->standard_min : zone->summer_min;
    int64_t early_ms = local_ms - fast_min * MINUTE_MS, late_ms = local_ms - slow_min * MINUTE_MS;
    if (!changes(zone)) return local_ms - zone->standard_min * MINUTE_MS;
    if (local_time_ms(zone, early_ms) == local_ms) return early_ms;
    if (local_time_ms(zone, late_ms) == local_ms) return late_ms;
    return change_ms(ahead ? &zone->begins : &zone->ends, year_of(floor_divided(local_ms, DAY_MS)), slow_min);
}

struct time_zone local_time_fixed(int32_t offset)
{
    return (struct time_zone){.standard_min = (int16_t)offset, .summer_min = (int16_t)offset};
}
