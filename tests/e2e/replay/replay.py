"""What the tests of `stillwater replay` share: writing readings, running the command, reading its alerts."""

import datetime
import json
import pathlib
import subprocess

from suite import check, equal, run_all

UTC = datetime.timezone.utc
START = datetime.datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = datetime.timedelta(minutes=1)
HOUR = datetime.timedelta(hours=1)
DAY = datetime.timedelta(days=1)
HEADER = "time,subject,kind,value\n"
# For exact models: of all that is judged of a home's use, the rule volume_below alone, with its built-in figures.
# Faults of meters and silence are told all the same: compare with Result.of().
VOLUME_BELOW_ALONE = """\
schema: stillwater.gateway/1
city: c
gateway: replay
policy:
  nothing_in: {window_s: 0}
  no_real_use: {window_s: 0}
  habit: {enabled: off}
  drip: {most_l_per_day: 0}
  leak: {advice_s: 0}
  burst: {flow_l_per_min: 0}
  day_volume: {limit_l: 0}
  backflow: {volume_l: 0}
  notes: {first_use: off, slow_change: off}
"""


def stamp(time):
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{time.microsecond // 1000:03d}Z"


def parse(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def row(time, subject, kind, value):
    return f"{stamp(time)},{subject},{kind},{value}\n"


class Result:
    def __init__(self, done, alerts):
        self.status, self.stderr, self.stdout = done.returncode, done.stderr, done.stdout
        self.alerts = alerts

    def of(self, *kinds):
        return [a for a in self.alerts if a["kind"] in kinds]


class Replay:
    def __init__(self, build, folder):
        self.program = pathlib.Path(build) / "gateway/cli/stillwater"
        self.folder = pathlib.Path(folder)

    def path(self, name):
        return self.folder / name

    def command(self, *argv, **options):
        return subprocess.run([self.program, *map(str, argv)], capture_output=True, text=True, timeout=120, **options)

    def run(self, rows, config=None, header=HEADER):
        """Replays rows (strings with line ends) and checks what every run has to keep."""
        readings, alerts = self.path("readings.csv"), self.path("alerts.jsonl")
        readings.write_text(header + "".join(rows), newline="")
        argv = ["replay", "--readings", readings, "--alerts", alerts]
        if config:
            self.path("gateway.yaml").write_text(config)
            argv += ["--config", self.path("gateway.yaml")]
        done = self.command(*argv)
        check(done.returncode in (0, 3), f"replay ends with {done.returncode}: {done.stderr}")
        result = Result(done, [json.loads(line) for line in alerts.read_text().splitlines()])
        check_revisions(result.alerts)
        return result


def check_revisions(alerts):
    last = {}
    for alert in alerts:
        before = last.get(alert["id"])
        equal(alert["revision"], before["revision"] + 1 if before else 1, f"revision of {alert['id']}")
        check(not before or before["state"] != "cleared", f"{alert['id']} goes on after it was cleared")
        last[alert["id"]] = alert


def main(tests):
    run_all(Replay, tests)
