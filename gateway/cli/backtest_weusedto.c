/* WEUSEDTO (github AnnaDiMauro/WEUSEDTO-Data): a flat with one occupant, minutes with flow, and hours with the number
 * of loggers that worked. A total is made of them as a meter would show it, read every minute of the hours in which all
 * loggers worked; in other hours use may be missing, so nothing is read. */
#include "cli/backtest_file.h"
#include "cli/backtest_homes.h"

#define MINUTE_MS       INT64_C(60000)
#define HOUR_MS         (60 * MINUTE_MS)
#define LOGGERS_MILLI   4000
#define EXPECTED_IN_ROW "a time later than that of the row before"

/* Minutes with flow, as a series of ml. */
static bool read_flows(struct backtest *backtest, struct series *flows)
{
    static const char *const columns[] = {"timestamp", "value"};
    struct backtest_file *file = backtest_file_open(backtest->options.data, "water_weusedto/flat_1min_nonzero.csv",
                                                    columns, 2, &backtest->bad_rows);
    if (!file) return false;
    bool done = true;
    int64_t time_ms, flow_ml, last_ms = 0;
    while (done && backtest_file_next(file)) {
        if (!backtest_file_time(file, 0, &time_ms) || !backtest_file_milli(file, 1, &flow_ml)) continue;
        if (time_ms <= last_ms) {
            backtest_file_bad(file, 0, EXPECTED_IN_ROW);
            continue;
        }
        last_ms = time_ms;
        done = series_add(flows, time_ms, flow_ml) || backtest_out_of_memory();
    }
    done = done && !file->failed;
    backtest_file_close(file);
    return done;
}

struct made_up_meter {
    const struct series *flows;
    size_t next;
    int64_t total_ml;
    int64_t pulse_ml;
};

/* The meter is read at the end of every minute of the hour. */
static bool read_hour(struct made_up_meter *meter, int64_t hour_ms, struct series *flat)
{
    for (int64_t end_ms = hour_ms + MINUTE_MS; end_ms <= hour_ms + HOUR_MS; end_ms += MINUTE_MS) {
        while (meter->next < meter->flows->count && meter->flows->readings[meter->next].time_ms < end_ms)
            meter->total_ml += meter->flows->readings[meter->next++].value_milli;
        if (!series_add(flat, end_ms, meter->total_ml - meter->total_ml % meter->pulse_ml)) return false;
    }
    return true;
}

static bool read_hours(struct backtest *backtest, const struct series *flows, struct series *flat)
{
    static const char *const columns[] = {"timestamp", "loggers_alive"};
    struct backtest_file *file =
        backtest_file_open(backtest->options.data, "water_weusedto/flat_1h.csv", columns, 2, &backtest->bad_rows);
    if (!file) return false;
    struct made_up_meter meter = {.flows = flows, .pulse_ml = backtest->options.pulse_ml};
    bool done = true;
    int64_t hour_ms, alive_milli, last_ms = 0;
    while (done && backtest_file_next(file)) {
        if (!backtest_file_time(file, 0, &hour_ms) || !backtest_file_milli(file, 1, &alive_milli)) continue;
        if (hour_ms < last_ms + HOUR_MS) {
            backtest_file_bad(file, 0, EXPECTED_IN_ROW);
            continue;
        }
        last_ms = hour_ms;
        if (alive_milli >= LOGGERS_MILLI) done = read_hour(&meter, hour_ms, flat) || backtest_out_of_memory();
    }
    done = done && !file->failed;
    backtest_file_close(file);
    return done;
}

bool backtest_weusedto(struct backtest *backtest)
{
    struct series_list flows = {0}, homes = {0};
    struct series *flow = series_list_add(&flows, "flows");
    struct series *flat = series_list_add(&homes, "weusedto");
    bool done = (flow && flat) || backtest_out_of_memory();
    done = done && read_flows(backtest, flow) && read_hours(backtest, flow, flat) &&
           backtest_homes(backtest, &homes, &series_central_europe,
                          "WEUSEDTO, a flat with one occupant, a reading a minute");
    series_list_free(&flows);
    series_list_free(&homes);
    return done;
}
