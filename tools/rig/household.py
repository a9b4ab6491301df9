"""Stillness in a household: months of hourly readings through `stillwater replay`, then the water stops. Once by the 24 h
rule alone, once with the home's own habit."""

import csv
import datetime
import json
import os
import pathlib
import random
import subprocess

from rig import ROOT, RigError

HOUR = datetime.timedelta(hours=1)
# The city's rules without the home's own habit.
RULE_OF_24_H = """\
schema: stillwater.gateway/1
city: demo
gateway: replay
policy: {habit: {enabled: off}}
"""


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


def replay(rig, readings, last_use, config=None):
    """Replays, tells what was raised or ended after the last use, and returns when no_use came (None: it did not)."""
    alerts, argv = rig.path("household.jsonl"), []
    if config:
        rig.path("household.yaml").write_text(config)
        argv = ["--config", rig.path("household.yaml")]
    command = [rig.build / "gateway/cli/stillwater", "replay", "--readings", readings, "--alerts", alerts, *argv]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise RigError(f"stillwater replay ended with status {done.returncode}: {done.stderr.strip()}")
    found = None
    for line in alerts.read_text().splitlines():
        alert = json.loads(line)
        raised = datetime.datetime.fromisoformat(alert["raised_at"].replace("Z", "+00:00"))
        if raised <= last_use:
            continue
        print(f"    {alert['raised_at']}  {alert['colour'].upper():<6} {alert['state']}: {alert['headline']}")
        if alert["kind"] == "no_use" and alert["state"] == "raised":
            found = raised
    return found


def show_household(rig):
    """Replays and tells; returns what is not as expected."""
    source, rows = real_household() or made_household()
    rows, last_use = stop_water(rows)
    readings = rig.path("household.csv")
    with open(readings, "w", newline="") as f:
        out = csv.writer(f)
        out.writerow(("time", "subject", "kind", "value"))
        out.writerows((at.isoformat(), "home-d03", "water_index_l", litres) for at, litres in rows)

    days = (rows[-1][0] - rows[0][0]).days
    print(f"\nReplay of {source}: {days} days, {len(rows)} readings; the water stops at {last_use:%d %b %Y %H:%M}.")
    wrong = []
    print("  By the city's 24 h rule:")
    by_rule = replay(rig, readings, last_use, RULE_OF_24_H)
    print("  By the home's own habit, learned in four weeks:")
    by_habit = replay(rig, readings, last_use)
    for name, found, least, most in (("24 h rule", by_rule, 20, 26), ("habit", by_habit, 8, 26)):
        if found is None:
            wrong.append(f"replay: the water stopped and the {name} did not raise no_use")
            continue
        hours = (found - last_use).total_seconds() / 3600
        print(f"  The {name} told it {hours:.1f} h after the last use.")
        if not least <= hours <= most:
            wrong.append(f"replay: the {name} told it after {hours:.1f} h, expected {least} to {most}")
    return wrong
