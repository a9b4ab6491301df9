"""`stillwater replay` of a year of one home at one reading a minute; beside it SQLite importing the same file with one
window query a day, as someone without replay would do it."""

import datetime
import random
import subprocess
import time

from rig import Rig

MINUTES = 365 * 24 * 60
RUNS = 5


def write_year(file):
    chance = random.Random(1)
    at = datetime.datetime(2025, 1, 1, tzinfo=datetime.timezone.utc)
    index = 1000.0
    with open(file, "w") as out:
        out.write("time,subject,kind,value\n")
        for minute in range(MINUTES):
            hour = minute // 60 % 24
            if 6 <= hour < 23 and chance.random() < 0.05:
                index += chance.randint(1, 12)
            out.write(f"{(at + datetime.timedelta(minutes=minute)).strftime('%Y-%m-%dT%H:%M:%SZ')},home-1,water_index_l,{index:.1f}\n")


def best_of(argv, **options):
    times = []
    for _ in range(RUNS):
        start = time.monotonic()
        subprocess.run(argv, check=True, capture_output=True, **options)
        times.append(time.monotonic() - start)
    return sorted(times)[RUNS // 2]


def run(options):
    with Rig(options.build) as rig:
        year = rig.path("year.csv")
        write_year(year)
        ours = best_of([rig.build / "gateway/cli/stillwater", "replay", "--readings", year, "--alerts", "/dev/null"])
        script = (
            f".mode csv\n.import {year} r\n"
            "SELECT substr(time,1,10) day, max(value+0)-min(value+0) l FROM r GROUP BY day HAVING l < 2;\n"
        )
        sqlite = best_of(["sqlite3", ":memory:"], input=script.encode())
    yield "a year at one reading a minute, median", ours, "s", ""
    yield "rows a second", (MINUTES / ours), "1/s", ""
    yield "import and one query a day, median", sqlite, "s", "sqlite3"
    yield "sqlite3 time over ours", sqlite / ours, "ratio", ""
