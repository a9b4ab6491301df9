"""What a reading costs the core at a million subjects, and what it keeps of each; beside it, in the same run, a loop over
an array of structs that does only the fixed rule."""

import pathlib
import subprocess

SUBJECTS = 1_000_000
ROUNDS = 30  # minutes: two of the quarters of an hour by which still homes are looked at


def run(options):
    program = pathlib.Path(options.build) / "tests" / "bench" / "bench_core_cost"
    for domain in ("home", "level"):
        out = subprocess.run([program, domain, str(SUBJECTS), str(ROUNDS)], check=True, capture_output=True, text=True)
        for line in out.stdout.splitlines():
            metric, value, unit, peer = line.split("\t")
            yield f"{domain}: {metric}", float(value), unit, "" if peer == "-" else peer
