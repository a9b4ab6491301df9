#!/usr/bin/python3
"""Runs the benchmarks by name and writes their figures."""

import argparse
import json
import os
import platform
import sys

import gateway
import latency
import micro
import plan
import replay_speed
import report
import store
import storm

BENCHES = {
    "gateway": gateway.run,
    "latency": latency.run,
    "micro": micro.run,
    "plan": plan.run,
    "replay": replay_speed.run,
    "store": store.run,
    "storm": storm.run,
}


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--build", required=True)
    arguments.add_argument("--json", metavar="FILE")
    arguments.add_argument("--runs", type=int, default=5, help="of which the median is told")
    arguments.add_argument("--load", action="append", help="gateway: only this one, e.g. '100 x 1/s'; may be repeated")
    arguments.add_argument("--report", metavar="DIR", help="writes the figures with pictures to DIR/index.html")
    arguments.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHES))
    options = arguments.parse_args()
    unknown = [n for n in options.names if n not in BENCHES]
    if unknown:
        arguments.error(f"no benchmark {unknown[0]!r}; there are: {', '.join(BENCHES)}")

    machine = f"{os.cpu_count()} cores, {platform.machine()}, Linux {platform.release()}, load {os.getloadavg()[0]:.1f}"
    print(f"machine: {machine}")
    out = open(options.json, "w", buffering=1) if options.json else open(os.devnull, "w")
    figures = []
    for name in options.names or BENCHES:
        for metric, value, unit, peer in BENCHES[name](options):
            figures.append({"bench": name, "metric": metric, "value": value, "unit": unit, "peer": peer})
            out.write(json.dumps(figures[-1]) + "\n")
            print(f"{name:<10} {metric:<44} {value:>12.4g} {unit:<6} {peer}", flush=True)
    out.close()
    if options.report:
        report.write(options.report, machine, figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
