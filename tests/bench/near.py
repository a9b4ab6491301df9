"""What it costs an alert to say what is near, with 100,000 places; beside it the plain scan of all of them."""

import pathlib
import subprocess

PLACES = 100_000
ALERTS = 100_000


def run(options):
    program = pathlib.Path(options.build) / "tests" / "bench" / "bench_near"
    out = subprocess.run([program, str(PLACES), str(ALERTS)], check=True, capture_output=True, text=True)
    for line in out.stdout.splitlines():
        metric, value, unit, peer = line.split("\t")
        yield metric, float(value), unit, "" if peer == "-" else peer
