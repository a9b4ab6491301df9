"""The gateway as a whole beside its peers: devices on Modbus TCP, readings out by MQTT.

Per load and contender one process is started, watched until all devices are read, and then measured for a window: its CPU
as the scheduler accounts for it, its RSS, the polls its devices saw, and the time from a device's reply to the subscriber.
Figures are medians of the runs; the spread is that from the lowest to the highest, in per cent of the median."""

import dataclasses
import os
import statistics
import sys
import time

import contenders
from farm import Farm, cpu_ns, rss_mb
from rig import Rig

CONNECT_S = 120  # until all devices are read
WARM_UP_S = 3


@dataclasses.dataclass(frozen=True)
class Load:
    name: str
    connections: int
    interval_ms: int  # 0 = flat out
    units: int = 1  # behind each connection
    silent_unit: int = 0
    delay_us: int = 0
    window_s: float = 10

    @property
    def devices(self):
        return self.connections * self.units

    def farm_options(self):
        return (
            ["--devices", self.devices, "--units", self.units, "--points", 10, "--threads", 2 if self.interval_ms == 0 else 1]
            + ["--silent-unit", self.silent_unit, "--delay-us", self.delay_us]
        )


LOADS = {
    load.name: load
    for load in (
        Load("100 x 1/s", 100, 1000, window_s=15),
        Load("1,000 x 1/s", 1000, 1000),
        Load("flat out, 1,000", 1000, 0),
    )
}


def wait_until_read(rig, farm, load):
    """All devices that answer are read, and what they say arrives."""
    answering = load.connections * (load.units - (load.silent_unit > 0))

    def all_heard():
        farm.say("begin")
        time.sleep(max(1.0, 1.5 * load.interval_ms / 1000))
        return farm.window()["heard"] >= answering * 0.99

    rig.wait(f"all devices of {load.name}", all_heard, timeout=CONNECT_S)


def measure(build, contender, load):
    """One run: the figures by metric, with their unit."""
    with Rig(build) as rig:
        rig.broker(persistence=False)
        with Farm(rig, load, contender.topics) as farm:
            part = contender.start(rig, load, farm.port)
            wait_until_read(rig, farm, load)
            time.sleep(WARM_UP_S)
            pid = part.process.pid
            farm.say(f"begin {load.interval_ms}")
            begun, cpu = time.monotonic(), cpu_ns(pid)
            time.sleep(load.window_s)
            spent, cpu = time.monotonic() - begun, cpu_ns(pid) - cpu
            heard = farm.window()
            return {
                ("polls", "1/s"): heard["polls"] / spent,
                ("readings", "1/s"): heard["readings"] / spent,
                ("CPU per 1,000 polls", "ms"): cpu / 1e6 / heard["polls"] * 1000,
                ("CPU", "% of a core"): cpu / 1e7 / spent,
                ("RSS", "MB"): rss_mb(pid),
                ("reply to subscriber, p50", "ms"): heard["p50_ms"],
                ("reply to subscriber, p99", "ms"): heard["p99_ms"],
                ("polls missed", ""): heard["missed"],
                ("values repeated or stale", ""): heard["repeated"] + heard["stale"],
            }


def spread_pct(values):
    middle = statistics.median(values)
    return (max(values) - min(values)) / middle * 100 if middle else 0


def run(options):
    everyone = [contenders.Pymodbus, contenders.NodeRed]
    for contender in everyone:
        contender.install(options.build)
    for load in LOADS.values():
        if options.loads and load.name not in options.loads:
            continue
        for contender in everyone:
            name = contender.name
            runs = []
            for n in range(options.runs):
                runs.append(measure(options.build, contender, load))
                print(f"  {load.name}, {name or 'ours'}, run {n + 1}, load of the machine {os.getloadavg()[0]:.1f}", file=sys.stderr)
            for metric, unit in runs[0]:
                values = [figures[metric, unit] for figures in runs]
                yield f"{load.name}: {metric}", statistics.median(values), unit, name
                if len(values) > 1 and any(values):
                    yield f"{load.name}: {metric}, spread", spread_pct(values), "%", name
