"""The gateway as a whole beside its peers: devices on Modbus TCP, readings out by MQTT.

Per load and contender one process is started, watched until all devices are read, and then measured for a window: its CPU
as the scheduler accounts for it, its RSS, the polls its devices saw, and the time from a device's reply to the subscriber.
Figures are medians of the runs; the spread is that from the lowest to the highest, in per cent of the median."""

import dataclasses
import json
import os
import signal
import statistics
import subprocess
import sys
import time

from contenders import NodeRed, Ours, Pymodbus
from farm import Farm, cpu_ns, rss_mb
from rig import Rig

CONNECT_S = 120  # until all devices are read, or one interval if that is longer
WARM_UP_S = 3
TROUBLE_S = 20
USUAL_S = 10  # RSS rises and falls while readings are compacted
POINTS = 10  # readings of a poll
EVERYONE = (Ours, Pymodbus, NodeRed)


@dataclasses.dataclass(frozen=True)
class Load:
    name: str
    connections: int
    interval_ms: int  # 0 = flat out
    units: int = 1  # behind each connection
    silent_unit: int = 0
    delay_us: int = 0  # a request takes the line behind a connection for so long,
    silence_us: int = 0  # one to the silent unit for so long
    window_s: float = 10
    contenders: tuple = (Ours,)
    trouble: str = ""  # subscriber, broker, disk: what is slow for a while

    @property
    def devices(self):
        return self.connections * self.units

    @property
    def answering(self):
        return self.connections * (self.units - (self.silent_unit > 0))

    def farm_options(self):
        threads = 2 if self.interval_ms == 0 else 1
        return (
            ["--devices", self.devices, "--units", self.units, "--points", POINTS, "--threads", threads]
            + ["--silent-unit", self.silent_unit, "--delay-us", self.delay_us, "--silence-us", self.silence_us]
        )


LOADS = (
    Load("100 x 1/s", 100, 1000, window_s=15, contenders=EVERYONE),
    Load("1,000 x 1/s", 1000, 1000, contenders=EVERYONE),
    Load("flat out, 1,000", 1000, 0, contenders=EVERYONE),
    *(Load(f"{n},000 x 1/s", n * 1000, 1000) for n in (2, 3, 4, 5)),
    Load("10,000 x 1/min", 100, 60_000, units=100, window_s=60),
    # The serial line behind the connection is busy for two thirds of the time when all answer; for the silent unit it
    # waits as long as the client does.
    Load("1 of 100 units silent", 1, 3000, 100, 50, delay_us=20_000, silence_us=500_000, window_s=60, contenders=EVERYONE),
    *(Load(f"overload, slow {what}", 1000, 0, trouble=what, contenders=who)
      for what, who in (("subscriber", EVERYONE), ("broker", EVERYONE), ("disk", (Ours,)))),
)


def wait_until_read(rig, farm, load):
    """All devices that answer are read, and what they say arrives."""
    farm.say("begin")
    timeout = max(CONNECT_S, 2 * load.interval_ms / 1000)
    rig.wait(f"all devices of {load.name}", lambda: farm.window()["heard"] >= load.answering * 0.99, timeout, interval=0.5)
    time.sleep(WARM_UP_S)


def window(farm, load, pid):
    """The figures of a window by metric, with their unit."""
    farm.say(f"begin {load.interval_ms}")
    begun, cpu = time.monotonic(), cpu_ns(pid)
    time.sleep(load.window_s)
    spent, cpu = time.monotonic() - begun, cpu_ns(pid) - cpu
    heard = farm.window()
    figures = {
        ("polls", "1/s"): heard["polls"] / spent,
        ("readings", "1/s"): heard["readings"] / spent,
        ("CPU per 1,000 polls", "ms"): cpu / 1e6 / heard["polls"] * 1000,
        ("CPU", "% of a core"): cpu / 1e7 / spent,
        ("RSS", "MB"): rss_mb(pid),
        ("reply to subscriber, p50", "ms"): heard["p50_ms"],
        ("reply to subscriber, p99", "ms"): heard["p99_ms"],
        ("values repeated or stale", ""): heard["repeated"] + heard["stale"],
    }
    if load.interval_ms > 0:
        figures["polls missed", ""] = heard["missed"]
        wanted = load.answering * spent * 1000 / load.interval_ms
        figures["readings delivered", "%"] = heard["arrived"] / wanted * 100
    return figures


def begin_trouble(load, farm, broker):
    if load.trouble == "subscriber":
        farm.say("pause")
    elif load.trouble == "broker":
        broker.process.send_signal(signal.SIGSTOP)


def end_trouble(load, farm, broker):
    if load.trouble == "subscriber":
        farm.say("resume")
    elif load.trouble == "broker":
        broker.process.send_signal(signal.SIGCONT)


def status_of(rig):
    """The gateway's last status."""
    argv = ["mosquitto_sub", "-p", str(rig.port), "-t", "stillwater/demo/gw-1/status", "-C", "1", "-W", "5"]
    return json.loads(subprocess.run(argv, check=True, capture_output=True).stdout)


def most_rss_mb(pid, seconds):
    most = 0.0
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        most = max(most, rss_mb(pid))
        time.sleep(0.1)
    return most


def lost(rig, part):
    """What the gateway says it has left out, since its start."""
    rig.dismiss(part)
    part.stop()
    counters = status_of(rig)["counters"]
    return {
        ("readings not published, counted", ""): counters["telemetry_dropped"],
        ("readings not stored, counted", ""): counters["samples_dropped"],
    }


def overload(rig, farm, load, part, broker):
    """Something is slow for a while: the memory taken until it is over, and readings a second once it is."""
    before = most_rss_mb(part.process.pid, USUAL_S)
    begin_trouble(load, farm, broker)
    most = most_rss_mb(part.process.pid, TROUBLE_S)
    end_trouble(load, farm, broker)
    time.sleep(WARM_UP_S)
    farm.say("begin")
    begun = time.monotonic()
    time.sleep(load.window_s)
    heard = farm.window()
    return {
        ("RSS before, at most", "MB"): before,
        ("RSS, growth", "%"): (most / before - 1) * 100,
        ("readings after it", "1/s"): heard["readings"] / (time.monotonic() - begun),
    }


def measure(build, contender, load):
    with Rig(build) as rig:
        broker = rig.broker(persistence=False)
        with Farm(rig, load, contender.topics) as farm:
            part = contender.start(rig, load, farm.port)
            wait_until_read(rig, farm, load)
            if load.trouble:
                figures = overload(rig, farm, load, part, broker)
            else:
                figures = window(farm, load, part.process.pid)
            return figures | lost(rig, part) if contender is Ours else figures


def spread_pct(values):
    middle = statistics.median(values)
    return (max(values) - min(values)) / middle * 100 if middle else 0


def figures_of(load, contender, options):
    runs = []
    for n in range(options.runs):
        runs.append(measure(options.build, contender, load))
        who = contender.name or "ours"
        print(f"  {load.name}, {who}, run {n + 1}, load of the machine {os.getloadavg()[0]:.1f}", file=sys.stderr)
    for metric, unit in runs[0]:
        values = [figures[metric, unit] for figures in runs]
        yield f"{load.name}: {metric}", statistics.median(values), unit, contender.name
        if len(values) > 1 and any(values):
            yield f"{load.name}: {metric}, spread", spread_pct(values), "%", contender.name


def run(options):
    names = [load.name for load in LOADS]
    wanted = options.load or names
    for name in wanted:
        if name not in names:
            raise SystemExit(f"no load {name!r}; there are: {'; '.join(names)}")
    loads = [load for load in LOADS if load.name in wanted]
    for contender in {contender for load in loads for contender in load.contenders}:
        contender.install(options.build)
    for load in loads:
        for contender in load.contenders:
            yield from figures_of(load, contender, options)
