"""The published sets, where they are there: the fixed rules must come out as others have counted them."""

import os
import pathlib
import sys
import time

from backtest import check, equal, main, near

DATA = pathlib.Path(os.environ.get("STILLWATER_DATA") or pathlib.Path(__file__).parents[3] / "../shared/data")


def homes_of_one(backtest):
    """A model of "nothing in T" in another language, over the same six homes, counted 671, 194 and 71 alarms."""
    start = time.monotonic()
    rows = backtest.rows("daiad", DATA)
    seconds = time.monotonic() - start
    check(seconds < 60, f"the set took {seconds:.1f} s")
    near(rows["all 6", "nothing in 8 h"]["home_months"], 71.0, 0.1, "home-months")
    for rule, alarms in (("nothing in 8 h", 671), ("nothing in 12 h", 194), ("nothing in 24 h", 71)):
        equal(rows["all 6", rule]["alarms"], alarms, f"alarms of {rule}")
    check(rows["all 6", "less than 10 L in 12 h"]["alarms_per_home_month"] > 8, "less than 10 L in 12 h is noisy")
    ours = rows["all 6", "built-in policy"]
    print(f"ours: {ours['alarms_per_home_month']} alarms per home-month, {ours['delay_median_h']} h in the median")


def the_other_sets_can_be_read(backtest):
    for name in ("weusedto", "ampds2", "logan"):
        backtest.rows(name, DATA)


def no_flood_of_100_mm_is_missed(backtest):
    rows = backtest.rows("floodnet", DATA)
    ours, line = rows["all 113", "built-in policy"], rows["all 113", "100 mm line"]
    equal(line["events_100mm"], 353, "floods of 100 mm and more")
    equal(line["events_250mm"], 81, "floods of 250 mm and more")
    equal((ours["events_100mm_missed"], ours["events_50mm_missed"]), (0, 0), "floods missed")
    check(ours["lead_median_min"] >= line["lead_median_min"], "lead is not less than that of the line")


if not (DATA / "water_daiad/homes").is_dir() or not (DATA / "flood_floodnet/profiles.csv").is_file():
    print(f"skipped: no shared data at {DATA}; set STILLWATER_DATA")
    sys.exit(77)
main([homes_of_one, the_other_sets_can_be_read, no_flood_of_100_mm_is_missed])
