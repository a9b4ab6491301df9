"""Real meters and real floods against slow models of the rules. Exit status 77 where the data are absent."""

import csv
import datetime
import os
import pathlib
import statistics
import sys

from replay import DAY, HOUR, UTC, VOLUME_BELOW_ALONE, check, equal, main, parse, row

DATA = pathlib.Path(os.environ.get("STILLWATER_DATA") or pathlib.Path(__file__).parents[3] / "../shared/data")
GAP = 2.5 * HOUR


def read_home(name):
    """Rows of a home as (time, litres). Local time is taken for UTC, so a row or two at the change of clocks is dropped."""
    rows = []
    for line in csv.DictReader(open(DATA / f"water_daiad/homes/{name}.csv")):
        time = datetime.datetime.fromisoformat(line["local_time"]).replace(tzinfo=UTC)
        if not rows or time > rows[-1][0]:
            rows.append((time, float(line["index_l"])))
    return rows


def homes():
    return sorted(path.stem for path in (DATA / "water_daiad/homes").glob("*.csv"))


def as_text(name, rows):
    return [row(time, name, "water_index_l", litres) for time, litres in rows]


def is_clean(rows):
    return all(0 <= b[1] - a[1] <= 2.2 * max(60, (b[0] - a[0]).total_seconds()) for a, b in zip(rows, rows[1:]))


def model(rows):
    """The rule on every reading, from the whole history: (raised, onset, cleared) of each alert."""
    alerts, last_use = [], None
    for i, (time, _) in enumerate(rows):
        if i and rows[i][1] > rows[i - 1][1]:
            last_use = time
        start, volume, observed, j = time - DAY, 0.0, datetime.timedelta(0), i
        while j > 0 and rows[j][0] > start:
            volume += rows[j][1] - rows[j - 1][1]
            if rows[j][0] - rows[j - 1][0] <= GAP:
                observed += rows[j][0] - max(rows[j - 1][0], start)
            j -= 1
        is_open = bool(alerts) and alerts[-1][2] is None
        if is_open and volume >= 2:
            alerts[-1] = (*alerts[-1][:2], time)
        known = time - rows[0][0] >= DAY and observed // datetime.timedelta(milliseconds=1) * 1000 // 86400000 >= 800
        if not is_open and known and volume < 2:
            alerts.append((time, last_use or start, None))
    return alerts


def alerts_of(result, kind="no_use"):
    found = {}
    for alert in result.of(kind):
        raised, onset = parse(alert["raised_at"]), parse(alert["onset"])
        cleared = parse(alert["updated_at"]) if alert["state"] == "cleared" else None
        found[alert["id"]] = (raised, onset, cleared)
    return list(found.values())


def clean_homes_raise_and_clear_exactly_as_the_model(replay):
    compared = 0
    for name in homes():
        rows = read_home(name)
        if not is_clean(rows):
            continue
        expected = model(rows)
        found = alerts_of(replay.run(as_text(name, rows), VOLUME_BELOW_ALONE))
        equal(found, expected, f"alerts of {name}")
        compared += len(expected)
    check(compared > 50, f"only {compared} alerts were compared")
    print(f"{compared} alerts of clean homes are the model's")


def faults_in_the_other_homes_leave_the_alerts_of_a_cleaned_series(replay):
    """Totals below the highest one so far, and jumps that are taken back, are dropped before the model sees them."""
    for name in homes():
        rows = read_home(name)
        if is_clean(rows):
            continue
        mended = rows[:1]
        for time, litres in rows[1:]:
            most = 2.2 * max(60, (time - mended[-1][0]).total_seconds())
            if 0 <= litres - mended[-1][1] <= most:
                mended.append((time, litres))
            elif -20 <= litres - mended[-1][1] < 0:
                mended.append((time, mended[-1][1]))  # ran back a little: observed, and not use
        expected = [(raised.date(), cleared and cleared.date()) for raised, _, cleared in model(mended)]
        found = [(raised.date(), cleared and cleared.date()) for raised, _, cleared in alerts_of(
            replay.run(as_text(name, rows), VOLUME_BELOW_ALONE))]
        equal(found, expected, f"days of the alerts of {name}")


def cut_series():
    """Series of one-person homes cut at times spread over them: from there on the total stands still. Gives name, time
    of the cut, the last 1,000 rows, and the time of the last growth."""
    for name in ("D01", "D02", "D03", "D04", "D05", "D06"):
        rows = read_home(name)
        for n in range(1, 11):
            cut = len(rows) * n // 12
            still = rows[:cut] + [(time, rows[cut - 1][1]) for time, _ in rows[cut:cut + 120]]
            last_growth = max((b[0] for a, b in zip(still, still[1:]) if b[1] > a[1]), default=None)
            yield name, rows[cut][0], still[-1000:], last_growth


def summary(delays, untold):
    return (f"{len(delays) + untold} cuts: told {statistics.median(delays):.1f} h after the last growth in the median, "
            f"{statistics.quantiles(delays, n=10)[8]:.1f} h at p90; {untold} not told within 120 readings")


def water_that_stops_is_told_24_h_after_the_last_use(replay):
    delays, missed = [], 0
    for name, cut, still, last_use in cut_series():
        found = [a for a in alerts_of(replay.run(as_text(name, still), VOLUME_BELOW_ALONE)) if a[1] == last_use]
        if not found:
            missed += 1
            continue
        check(len(found) == 1, f"{name} cut at {cut}: {len(found)} alerts")
        delays.append((found[0][0] - last_use).total_seconds() / 3600)
        enough = max(b[0] for b in still if still[-1][1] - b[1] >= 2)
        check(found[0][0] - enough > DAY, f"{name} cut at {cut}: told with 2 L in the window")
    print(summary(delays, missed))
    check(statistics.median(delays) <= 25.1, "the median delay is more than a reading over 24 h")
    check(missed <= 6, f"{missed} cuts were never told")


def is_read(rows, since):
    """Readings without a gap for long enough that whatever judges a day can judge the one after `since`."""
    times = [time for time, _ in rows if since <= time <= since + DAY + 2 * GAP]
    return len(times) > 1 and times[-1] - since > DAY + GAP and all(b - a <= GAP for a, b in zip(times, times[1:]))


def first_told(result, kinds, since):
    """How long after `since` the first of these that is open at the end was raised; None when none is."""
    raised = [a[0] for kind in kinds for a in alerts_of(result, kind) if a[2] is None]
    return min(raised) - since if raised else None


def the_built_in_policy_tells_water_that_stops(replay):
    """A home whose meter is read is told within a day, softly at least. The alert may take twice the longest wait, and a
    day that was read, where the meter is not read later on."""
    delays, untold, read = [], [], 0
    for name, cut, still, last_growth in cut_series():
        result = replay.run(as_text(name, still))
        check(len([a for a in alerts_of(result) if a[2] is None]) <= 1, f"{name} cut at {cut}: more than one alert is open")
        softly = first_told(result, ("quiet", "no_use"), last_growth)
        late = first_told(result, ("no_use",), last_growth)
        if is_read(still, last_growth):
            read += 1
            check(softly is not None and softly <= DAY + 1.25 * HOUR, f"{name} cut at {cut}: told softly after {softly}")
            check(late is not None and late <= 6 * DAY, f"{name} cut at {cut}: told after {late}")
        if late is None:
            untold.append((name, cut))
        else:
            delays.append(late.total_seconds() / 3600)
    print(f"built-in policy, {summary(delays, len(untold))}; {read} of them with a meter read throughout")
    check(read >= 30, f"only {read} cuts have a meter that is read throughout")
    check(statistics.median(delays) <= 49, "the median delay is more than a reading over the longest wait")


def the_built_in_policy_leaves_homes_in_use_alone(replay):
    """The two rules of a fixed time, over whole series of one-person homes: absences are in it."""
    count, months = 0, 0.0
    for name in ("D01", "D02", "D03", "D04", "D05", "D06"):
        rows = read_home(name)
        months += (rows[-1][0] - rows[0][0]) / DAY * 12 / 365.25
        found = {a["id"]: a for a in replay.run(as_text(name, rows)).of("no_use")}
        count += sum(a["evidence"]["rule"] in ("volume_below", "nothing_in") for a in found.values())
    print(f"built-in policy, {count} alerts of no use by volume_below and nothing_in in {months:.1f} home-months")
    check(count <= months, "more than one a home and month")


def every_flood_reaches_the_colour_of_its_depth(replay):
    bands = {"blue": 50, "yellow": 100, "orange": 250, "red": 400}
    rows, deepest = [], {}
    for line in csv.DictReader(open(DATA / "flood_floodnet/profiles.csv")):
        depth = float(line["depth_mm"])
        time = parse(line["timestamp"])
        rows.append((time, row(time, line["event_id"], "level_mm", line["depth_mm"])))
        deepest[line["event_id"]] = max(deepest.get(line["event_id"], 0.0), depth)
    rows.sort(key=lambda r: r[0])
    peaks = {}
    for alert in replay.run([text for _, text in rows]).of("level"):
        rank = list(bands).index(alert["peak_colour"])
        peaks[alert["subject"]] = max(peaks.get(alert["subject"], -1), rank)
    for event, depth in deepest.items():
        expected = sum(depth >= threshold for threshold in bands.values()) - 1
        equal(peaks.get(event, -1), expected, f"highest band of {event}, {depth} mm deep")
    deep = sum(depth >= 100 for depth in deepest.values())
    print(f"{deep} of {deep} events of 100 mm and more reached yellow or above")


if not (DATA / "water_daiad/homes").is_dir() or not (DATA / "flood_floodnet/profiles.csv").is_file():
    print(f"skipped: no shared data at {DATA}; set STILLWATER_DATA")
    sys.exit(77)
main([clean_homes_raise_and_clear_exactly_as_the_model, faults_in_the_other_homes_leave_the_alerts_of_a_cleaned_series,
      water_that_stops_is_told_24_h_after_the_last_use, the_built_in_policy_tells_water_that_stops,
      the_built_in_policy_leaves_homes_in_use_alone, every_flood_reaches_the_colour_of_its_depth])
