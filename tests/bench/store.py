"""What it costs to store readings and to read them back; beside it the naive way, a row for each in SQLite.

STILLWATER_BENCH_DAYS: quarter-hourly readings of 10,000 sensors for so many days; 105 are 100 million."""

import csv
import datetime
import os
import pathlib
import subprocess
import tempfile

SENSORS = 10_000
DAYS = int(os.environ.get("STILLWATER_BENCH_DAYS", "31"))
ROW_SENSORS = 1_000  # the naive way is told of fewer: it gets slower the more there are
STEADY_HOURS = 2
DATA = pathlib.Path(os.environ.get("STILLWATER_DATA", pathlib.Path(__file__).parents[3] / "shared" / "data"))


def run(options):
    program = pathlib.Path(options.build) / "tests" / "bench" / "bench_store"
    yield from figures(program, "", "fill", SENSORS, DAYS)
    yield from figures(program, "", "steady", SENSORS, STEADY_HOURS)
    yield from figures(program, "rows in SQLite", "rows", ROW_SENSORS, 30)
    if DATA.is_dir():
        yield from figures(program, "", "take", household="\n".join(household_lines()))


def figures(program, peer, command, *arguments, household=None):
    with tempfile.TemporaryDirectory(prefix="stillwater-bench-", dir="/var/tmp") as folder:
        call = [program, command, folder, *map(str, arguments)]
        out = subprocess.run(call, check=True, stdout=subprocess.PIPE, text=True, input=household)
    for line in out.stdout.splitlines():
        metric, value, unit = line.split("\t")
        if command == "take" and "compacted" in metric:
            metric = "household " + metric
        yield metric, float(value), unit, peer


def household_lines():
    """All real meters at hand, as they report: series, milliseconds, thousandths of a litre."""
    readings = []
    homes = sorted((DATA / "water_daiad" / "homes").glob("*.csv"))
    for series, path in enumerate(homes):
        readings += [(at, series, value) for at, value in rows(path, "local_time", "index_l")]
    readings += [
        (at, len(homes), value)
        for at, value in rows(DATA / "water_ampds2" / "whole_house_changes_year1.csv", "utc", "index_l")
    ]
    for series, name in enumerate(("flat_1h.csv", "flat_1min_nonzero.csv"), len(homes) + 1):
        total = 0
        for at, value in rows(DATA / "water_weusedto" / name, "timestamp", "value"):
            total += value
            readings.append((at, series, total))
    return [f"{series} {at} {value}" for at, series, value in sorted(readings)]


def rows(path, time, value):
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            at = datetime.datetime.fromisoformat(row[time].replace("Z", "+00:00"))
            if at.tzinfo is None:
                at = at.replace(tzinfo=datetime.timezone.utc)
            yield int(at.timestamp() * 1000), round(float(row[value]) * 1000)
