"""Homes of the DAIAD set (github DAIAD/data, CC BY-SA 4.0) as gaps between uses.

The totals stand on the wall clock of mainland Spain; here they are taken to UTC and seen on that country's standard
time the whole year, as a gateway sees them whose policy has one utc_offset_min. Local clocks make no better model:
docs/decisions/0007-habit.md."""

import csv
import datetime
import pathlib
from zoneinfo import ZoneInfo

HOUR_S = 3600
SPAIN = ZoneInfo("Europe/Madrid")
STANDARD_OFFSET_S = HOUR_S
OBSERVED_GAP_S = 9000  # policy_city_default(): no_use.observed_gap_ms
DEFICIT_MAX_L = 20     # METER_DEFICIT_MAX_ML: so much run back is counted up again
MONTH_H = 730.5


def households(data):
    with open(pathlib.Path(data, "water_daiad", "households.csv")) as file:
        return {row["home"]: int(row["members"]) for row in csv.DictReader(file)}


def to_utc_s(wall, after_s):
    """Of the hour that comes twice the second is told from the first by its order."""
    for fold in (0, 1):
        time_s = int(wall.replace(tzinfo=SPAIN, fold=fold).timestamp())
        if time_s > after_s:
            return time_s
    return None


def intervals(data, home):
    """(from_s, to_s, use) between readings in order; times on standard local time."""
    last_s, total, top = 0, None, 0
    with open(pathlib.Path(data, "water_daiad", "homes", home + ".csv")) as file:
        for row in csv.DictReader(file):
            time_s = to_utc_s(datetime.datetime.fromisoformat(row["local_time"]), last_s)
            if time_s is None:
                continue
            index = int(row["index_l"])
            if total is not None:
                yield last_s + STANDARD_OFFSET_S, time_s + STANDARD_OFFSET_S, index > top
                top = max(index, top) if top - index <= DEFICIT_MAX_L else index
            else:
                top = index
            last_s, total = time_s, index
