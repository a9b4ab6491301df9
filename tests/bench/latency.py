"""Cover open to subscriber: from the moment the simulated sensor's switch opens to the alert in the centre's file, through
the emulated node, its RS-485 line, the gateway at its default poll, the store and the broker. In the same run, the
same number of messages straight from a publisher to the subscriber's broker: what the last hop alone costs."""

import statistics
import subprocess
import time

from rig import Rig
from town import COVER, Town

TRIALS = 30
GB_T_41401_S = 30.0  # GB/T 41401-2022: wake-up to alarm at the platform


def percentile(values, percent):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(percent / 100 * (len(ordered) - 1)))]


def cover_trials(rig, town):
    seconds = []
    for trial in range(1, TRIALS + 1):
        # Not in step with the poll: every phase of it is hit.
        time.sleep(0.137 * (trial % 7))
        start = time.monotonic()
        rig.tell(town.drain_sensors, "{sensor: cover, open: true}")
        rig.wait(
            "cover_open raised",
            lambda: len(rig.alerts(town.centre, "cover_open", COVER, "raised")) >= trial,
            interval=0.005,
        )
        seconds.append(time.monotonic() - start)
        rig.tell(town.drain_sensors, "{sensor: cover, open: false}")
        rig.wait("cover_open cleared", lambda: len(rig.alerts(town.centre, "cover_open", COVER, "cleared")) >= trial)
    return seconds


def broker_trials(rig):
    """mosquitto_pub to mosquitto_sub through the same broker."""
    heard = rig.path("heard.txt")
    port = str(rig.port)
    with open(heard, "wb") as out:
        listener = subprocess.Popen(["mosquitto_sub", "-p", port, "-q", "1", "-t", "bench"], stdout=out)
    try:
        time.sleep(0.5)
        seconds = []
        for trial in range(1, TRIALS + 1):
            start = time.monotonic()
            subprocess.run(["mosquitto_pub", "-p", port, "-q", "1", "-t", "bench", "-m", str(trial)], check=True)
            rig.wait("the message", lambda: heard.read_bytes().count(b"\n") >= trial, interval=0.002)
            seconds.append(time.monotonic() - start)
        return seconds
    finally:
        listener.terminate()
        listener.wait()


def run(options):
    with Rig(options.build) as rig:
        town = Town(rig)
        town.wait_for_readings()
        ours = cover_trials(rig, town)
        bare = broker_trials(rig)
    for name, values, peer in (("cover open to subscriber", ours, ""), ("one message", bare, "mosquitto_pub to _sub")):
        yield f"{name}, p50", statistics.median(values), "s", peer
        yield f"{name}, p95", percentile(values, 95), "s", peer
        yield f"{name}, max", max(values), "s", peer
    yield "GB/T 41401 limit over our max", GB_T_41401_S / max(ours), "ratio", ""
