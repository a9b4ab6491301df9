#!/usr/bin/python3
"""The gateway stands still for longer than any silence may last; afterwards no reading is missing and none is double."""

import time

from case import check, run
from town import COVER, HOME_A, SILENT_S, Town


def sequences(rig):
    rows = rig.query("SELECT serial, epoch, sequence FROM readings WHERE serial != 0 ORDER BY serial, epoch, sequence")
    logs = {}
    for serial, epoch, sequence in rows:
        logs.setdefault((serial, epoch), []).append(sequence)
    return logs


def longest_gap_ms(rig, subject):
    times = [t for (t,) in rig.query("SELECT time_ms FROM readings WHERE subject = ? AND kind = 1 ORDER BY time_ms", subject)]
    return max(b - a for a, b in zip(times, times[1:]))


def test(rig, options):
    town = Town(rig)
    town.wait_for_readings()
    check(town.stop_gateway() == 0, "the gateway ends with status 0 on SIGTERM")
    before = {log: seen[-1] for log, seen in sequences(rig).items()}
    time.sleep(options.stop_seconds)
    started_ms = time.time() * 1000
    town.start_gateway()

    def caught_up():
        # A node hands its records over in order: one from after the stop comes after all of the backlog.
        newest = dict(rig.query("SELECT serial, MAX(time_ms) FROM readings WHERE serial != 0 GROUP BY serial"))
        return all(newest[serial] > started_ms for serial, _ in before)

    rig.wait("the backlog of both nodes", caught_up)
    after = sequences(rig)
    check(set(after) == {(1001, 1), (1002, 1)}, f"two logs, each in its first epoch: {sorted(after)}")
    for log, seen in sorted(after.items()):
        check(seen == list(range(1, seen[-1] + 1)), f"node {log[0]}: sequences 1 to {seen[-1]}, none missing, none double")
    doubles = rig.query(
        "SELECT serial, subject, kind, time_ms, COUNT(*) FROM readings WHERE subject != '' "
        "GROUP BY serial, subject, kind, time_ms HAVING COUNT(*) > 1"
    )
    check(doubles == [], f"no sensor has two readings of one time: {doubles[:3]}")
    gap = longest_gap_ms(rig, HOME_A)
    # Shorter than the stop by far.
    check(gap < SILENT_S * 1000, f"the meter's readings go on through the stop (longest gap {gap} ms)")
    rig.tell(town.drain_sensors, "{sensor: cover, open: true}")
    rig.wait("cover_open after all that", lambda: rig.alerts(town.centre, "cover_open", COVER, "raised"))
    alerts = [a["headline"] for a in rig.alerts(town.centre) if a["subject"] != COVER]
    check(alerts == [], f"the stop raised no alert: {alerts}")


if __name__ == "__main__":
    run(test, lambda parser: parser.add_argument("--stop-seconds", type=int, default=40))
