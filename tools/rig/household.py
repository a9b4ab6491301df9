"""The 24 h rule on a household: months of hourly readings through `stillwater replay`, then the water stops."""

import csv
import datetime
import json
import os
import pathlib
import random
import subprocess

from rig import ROOT

HOUR = datetime.timedelta(hours=1)


def data_folder():
    return pathlib.Path(os.environ.get("STILLWATER_DATA", ROOT.parent / "shared/data"))


def real_household():
    """(source, [(time, litres)]) of one person living alone, winter 2016/17, or None where the data set is absent."""
    file = data_folder() / "water_daiad/homes/D03.csv"
    if not file.exists():
        return None
    rows = []
    with open(file, newline="") as f:
        for row in csv.DictReader(f):
            local = datetime.datetime.fromisoformat(row["local_time"])
            # Winter time only, so that the local clock has one offset.
            if datetime.datetime(2016, 11, 1) <= local < datetime.datetime(2016, 12, 12):
                at = local.replace(tzinfo=datetime.timezone(HOUR))
                if not rows or at > rows[-1][0]:
                    rows.append((at, int(row["index_l"])))
    return "a real one-person household (DAIAD D03, CC BY-SA 4.0)", rows


def made_household():
    """A household made from a fixed seed: someone up from 7 to 23, a few draws an hour."""
    chance = random.Random(20261122)
    at = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone(HOUR))
    index, rows = 4711, []
    for _ in range(24 * 40):
        rows.append((at, index))
        if 7 <= at.hour < 23:
            index += chance.choice((0, 3, 6, 9, 40))
        at += HOUR
    return "a made-up household (no data set here)", rows


def stop_water(rows, still_hours=30):
    """Cuts the series at a use and holds the index from there on. Returns rows and the time of the last use."""
    cut = next(i for i in range(len(rows) - 24, 0, -1) if rows[i][1] - rows[i - 1][1] >= 5)
    kept = rows[: cut + 1]
    for hour in range(1, still_hours + 1):
        kept.append((kept[cut][0] + hour * HOUR, kept[cut][1]))
    return kept, kept[cut][0]


def show_household(rig):
    """Replays and tells; returns what is not as expected."""
    source, rows = real_household() or made_household()
    rows, last_use = stop_water(rows)
    readings, alerts = rig.path("household.csv"), rig.path("household.jsonl")
    with open(readings, "w", newline="") as f:
        out = csv.writer(f)
        out.writerow(("time", "subject", "kind", "value"))
        out.writerows((at.isoformat(), "home-d03", "water_index_l", litres) for at, litres in rows)
    replay = subprocess.run(
        [rig.build / "gateway/cli/stillwater", "replay", "--readings", readings, "--alerts", alerts],
        capture_output=True,
        text=True,
    )
    if replay.returncode != 0:
        return [f"stillwater replay ended with status {replay.returncode}: {replay.stderr.strip()}"]

    days = (rows[-1][0] - rows[0][0]).days
    print(f"\nReplay of {source}: {days} days, {len(rows)} readings; the water stops at {last_use:%d %b %Y %H:%M}.")
    found = None
    for line in alerts.read_text().splitlines():
        alert = json.loads(line)
        raised = datetime.datetime.fromisoformat(alert["raised_at"].replace("Z", "+00:00"))
        print(f"  {alert['raised_at']}  {alert['colour'].upper():<6} {alert['state']}: {alert['headline']}")
        if alert["kind"] == "no_use" and alert["state"] == "raised" and raised > last_use:
            found = raised
    if found is None:
        return ["replay: the water stopped and no_use was not raised"]
    delay = found - last_use
    print(f"  The alert came {delay.total_seconds() / 3600:.1f} h after the last use seen.")
    if not datetime.timedelta(hours=20) <= delay <= datetime.timedelta(hours=26):
        return [f"replay: no_use came {delay} after the last use, expected about 24 h"]
    return []
