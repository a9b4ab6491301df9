#!/usr/bin/python3
"""A gateway that goes on and on: 200 sensors at 1 Hz, with store, rules and telemetry. Its memory stays where it was, no poll
is missed, every reading arrives once, and the loop is never long away.

Memory is taken as the median of half a minute: for some milliseconds of each minute readings that are being compacted
take some more. Pages of programs and libraries that the start alone needed were given back, and come back one by one as
the code is used: what is looked at is the memory that the gateway itself has written, and all of it only after --warm-up
seconds that are enough for that.

How late the loop is says as much about the machine as about the gateway, so that it is told always and asked for with
--lag only."""

import argparse
import statistics
import sys
import time

from contenders import Ours
from farm import Farm, own_mb, rss_mb
from gateway import POINTS, Load, status_of, wait_until_read
from rig import Rig

LOAD = Load("200 x 1/s", 200, 1000)
WARM_UP_S = 75  # until readings have been compacted for the first time
SETTLED_S = 300  # until the code that is used has been used
LEVEL_S = 30
GROWTH_PCT = 5.0
LAG_P99_MS = 50.0


def level(pid, seconds):
    """The usual memory of the time: its own, and all."""
    samples = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        samples.append((own_mb(pid), rss_mb(pid)))
        time.sleep(0.5)
    return tuple(map(statistics.median, zip(*samples)))


def watch(pid, seconds):
    """The memory at the begin and at the most."""
    levels = [level(pid, LEVEL_S) for _ in range(int(seconds / LEVEL_S))]
    return levels[0], tuple(map(max, zip(*levels)))


def soak(build, seconds, warm_up):
    with Rig(build) as rig:
        rig.broker(persistence=False)
        with Farm(rig, LOAD, Ours.topics) as farm:
            gateway = Ours.start(rig, LOAD, farm.port)
            wait_until_read(rig, farm, LOAD)
            time.sleep(warm_up)
            farm.say(f"begin {LOAD.interval_ms}")
            first, most = watch(gateway.process.pid, seconds)
            heard = farm.window()
            rig.dismiss(gateway)
            status = gateway.stop()
            return status, first, most, heard, status_of(rig)["counters"]


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--build", required=True)
    arguments.add_argument("--seconds", type=float, default=60)
    arguments.add_argument("--warm-up", type=float, default=WARM_UP_S)
    arguments.add_argument("--lag", action="store_true", help="fail when the loop is late")
    options = arguments.parse_args()
    status, first, most, heard, counters = soak(options.build, options.seconds, options.warm_up)
    lag_ms = counters["loop_lag_p99_us"] / 1000
    print(f"own memory {first[0]:.2f} MB at first, {most[0]:.2f} at most; RSS {first[1]:.2f} and {most[1]:.2f}; {heard['polls']} polls, {heard['missed']} missed; "
          f"{heard['readings']} readings, {heard['repeated']} repeated, {heard['stale']} stale; "
          f"loop lag p99 {lag_ms:.1f} ms, longest {counters['loop_lag_longest_us'] / 1000:.1f} ms")
    checks = {
        "the gateway ends with status 0": status == 0,
        f"its own memory stays within {GROWTH_PCT} %": most[0] <= first[0] * (1 + GROWTH_PCT / 100),
        "no poll is missed": heard["missed"] == 0 and heard["polls"] >= LOAD.devices * (options.seconds - 1),
        "all readings of all polls arrive, but the last": heard["readings"] >= (heard["polls"] - LOAD.devices) * POINTS,
        "none arrives twice or late": heard["repeated"] + heard["stale"] == 0,
        "everything was stored": counters["samples_dropped"] == 0 and counters["store_failures"] == 0,
    }
    if options.warm_up >= SETTLED_S:
        checks[f"RSS stays within {GROWTH_PCT} %"] = most[1] <= first[1] * (1 + GROWTH_PCT / 100)
    if options.lag:
        checks[f"99 of 100 times the loop is at most {LAG_P99_MS} ms late"] = lag_ms <= LAG_P99_MS
    for text, held in checks.items():
        print(f"{'ok' if held else 'FAILED'}: {text}")
    return 0 if all(checks.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
