/* DAIAD (github DAIAD/data): totals of 33 homes in whole litres, hourly, on the wall clock of Spain's mainland. */
#include <stdlib.h>

#include "cli/backtest_file.h"
#include "cli/backtest_homes.h"

static bool read_home(struct backtest *backtest, struct series *home)
{
    static const char *const columns[] = {"local_time", "index_l"};
    char name[SW_ID_SIZE + 32];
    (void)snprintf(name, sizeof name, "water_daiad/homes/%s.csv", home->name);
    struct backtest_file *file = backtest_file_open(backtest->options.data, name, columns, 2, &backtest->bad_rows);
    if (!file) return false;
    bool done = true;
    int64_t wall_ms, index_ml, utc_ms = 0;
    while (done && backtest_file_next(file)) {
        if (!backtest_file_wall_clock(file, 0, &wall_ms) || !backtest_file_milli(file, 1, &index_ml)) continue;
        utc_ms = series_utc(&series_central_europe, wall_ms, utc_ms);
        done = series_add(home, utc_ms, index_ml) || backtest_out_of_memory();
    }
    done = done && !file->failed;
    backtest_file_close(file);
    return done;
}

static bool read_households(struct backtest *backtest, struct series_list *homes)
{
    static const char *const columns[] = {"home", "members"};
    struct backtest_file *file =
        backtest_file_open(backtest->options.data, "water_daiad/households.csv", columns, 2, &backtest->bad_rows);
    if (!file) return false;
    bool done = true;
    int64_t members_milli;
    while (done && backtest_file_next(file)) {
        const char *name = backtest_file_text(file, 0);
        if (!sw_id_valid(name)) {
            backtest_file_bad(file, 0, "the name of a home such as D01");
            continue;
        }
        if (!backtest_file_milli(file, 1, &members_milli)) continue;
        if (!backtest_chosen(backtest, name, members_milli == 1000)) continue;
        struct series *home = series_list_add(homes, name);
        done = home ? read_home(backtest, home) : backtest_out_of_memory();
    }
    done = done && !file->failed;
    backtest_file_close(file);
    return done;
}

bool backtest_daiad(struct backtest *backtest)
{
    struct series_list homes = {0};
    bool done = read_households(backtest, &homes) &&
                backtest_homes(backtest, &homes, &series_central_europe, "DAIAD homes, hourly totals");
    series_list_free(&homes);
    return done;
}
