/* AMPds2 (github aucad/sensor-data, Makonin 2016): one family, a year, the total at each minute in which it changed.
 * The meter was read every minute: where nothing changed the total is read again. */
#include "cli/backtest_file.h"
#include "cli/backtest_homes.h"

#define MINUTE_MS INT64_C(60000)

static const struct time_zone vancouver = {.standard_min = -8 * 60,
                                           .summer_min = -7 * 60,
                                           .begins = {.month = 3, .week = 2, .weekday = 0, .at_min = 120},
                                           .ends = {.month = 11, .week = 1, .weekday = 0, .at_min = 120}};

static bool add_minutes(struct series *home, int64_t time_ms, int64_t index_ml)
{
    while (home->count > 0 && home->readings[home->count - 1].time_ms + MINUTE_MS < time_ms) {
        const struct series_reading *last = &home->readings[home->count - 1];
        if (!series_add(home, last->time_ms + MINUTE_MS, last->value_milli)) return false;
    }
    return series_add(home, time_ms, index_ml);
}

bool backtest_ampds2(struct backtest *backtest)
{
    static const char *const columns[] = {"utc", "index_l"};
    struct backtest_file *file = backtest_file_open(
        backtest->options.data, "water_ampds2/whole_house_changes_year1.csv", columns, 2, &backtest->bad_rows);
    if (!file) return false;
    struct series_list homes = {0};
    struct series *home = series_list_add(&homes, "ampds2");
    bool done = home || backtest_out_of_memory();
    int64_t time_ms, index_ml;
    while (done && backtest_file_next(file)) {
        if (!backtest_file_time(file, 0, &time_ms) || !backtest_file_milli(file, 1, &index_ml)) continue;
        done = add_minutes(home, time_ms, index_ml) || backtest_out_of_memory();
    }
    done =
        done && !file->failed && backtest_homes(backtest, &homes, &vancouver, "AMPds2, a family, a reading a minute");
    backtest_file_close(file);
    series_list_free(&homes);
    return done;
}
