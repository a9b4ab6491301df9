"""The plan of a line against the line: devices on a wire with real byte times, asked without a pause, so that a round takes
as long as it can. What `stillwaterd --check` predicts must not be less than what is measured, nor more by a quarter of it.
As usual: each device answers 20 ms after the request. At the latest: shortly before its profile's limit; and with one
in ten that does not answer at all."""

import pathlib
import subprocess

from rig import Rig

BAUD = 9600
UNITS = 20
SECONDS = 30
LIMIT_MS = 300  # of both profiles


def scenario(units, turnaround_ms):
    lines = [
        f"  - {{unit_id: {i + 1}, profile: {('xintai', 'geolux-lx80')[i % 2]}, name: s{i + 1}, turnaround_ms: {turnaround_ms}}}"
        for i in range(units)
    ]
    return "sensors:\n" + "\n".join(lines) + "\n"


def measured(build, turnaround_ms, silent):
    """The round measured and the two planned, in ms."""
    with Rig(build) as rig:
        ends = rig.path("a.tty"), rig.path("b.tty")
        wire = [rig.build / "tools/wire/stillwater-wire", "--link", ends[0], "--link", ends[1], "--baud", BAUD, "--bits", 10]
        rig.start("wire", wire)
        rig.wait("the wire", lambda: all(end.exists() for end in ends))
        rig.sensors("sensors", ends[0], scenario(UNITS - silent, turnaround_ms))
        program = pathlib.Path(build) / "tests/bench/bench_line_round"
        out = subprocess.run([program, ends[1], str(BAUD), str(UNITS), str(SECONDS), str(silent)], check=True, capture_output=True)
        return [float(figure) for figure in out.stdout.split()]


def run(options):
    cases = (
        ("as usual", 20, 0, 1),
        ("at the latest", LIMIT_MS - 20, 0, 2),
        ("at the latest, one in ten silent", LIMIT_MS - 20, UNITS // 10, 2),
    )
    for name, turnaround_ms, silent, which in cases:
        figures = measured(options.build, turnaround_ms, silent)
        ratio = figures[0] / figures[which]
        yield f"{name}: round", figures[0], "ms", ""
        yield f"{name}: round planned", figures[which], "ms", "plan"
        yield f"{name}: measured by planned", ratio, "ratio", ""
        if not 0.75 <= ratio <= 1:
            raise SystemExit(f"plan: {name}: {figures[0]:.1f} ms measured, {figures[which]:.1f} ms planned")
