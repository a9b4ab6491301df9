"""What happens for each reading and each alert, in a program that does nothing else, beside the way one would do it first:
median and spread of seven rounds (micro/)."""

import pathlib
import subprocess

PARTS = ("rules", "life", "near", "outbox", "chunk")


def run(options):
    program = pathlib.Path(options.build) / "tests" / "bench" / "bench_micro"
    for part in PARTS:
        out = subprocess.run([program, part], check=True, capture_output=True, text=True)
        for line in out.stdout.splitlines():
            metric, value, unit, peer = line.split("\t")
            yield f"{part}: {metric}", float(value), unit, "" if peer == "-" else peer
