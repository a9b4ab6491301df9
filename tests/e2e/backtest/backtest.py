"""What the tests of `stillwater backtest` share: running it and reading its tables."""

import json
import pathlib
import subprocess
import xml.dom.minidom

from suite import check, equal, run_all


def near(found, expected, tolerance, what):
    check(abs(found - expected) <= tolerance, f"{what}: found {found}, expected {expected} give or take {tolerance}")


class Backtest:
    def __init__(self, build, folder):
        self.program = pathlib.Path(build) / "gateway/cli/stillwater"
        self.folder = pathlib.Path(folder)

    def command(self, *argv):
        return subprocess.run([self.program, "backtest", *map(str, argv)], capture_output=True, text=True, timeout=240)

    def rows(self, name, data, *argv, status=0):
        """Rows of the JSON by (subject, rule); the other outputs are looked at, too."""
        files = {kind: self.folder / f"{name}.{kind}" for kind in ("json", "csv", "svg")}
        options = [text for kind, file in files.items() for text in (f"--{kind}", file)]
        done = self.command("--set", name, "--data", data, *options, *argv)
        equal(done.returncode, status, f"exit status of {name}: {done.stderr}")
        told = json.loads(files["json"].read_text())
        equal(told["set"], name, "set in the JSON")
        lines = files["csv"].read_text().splitlines()
        equal(len(lines), len(told["rows"]) + 1, "rows of the CSV")
        equal({line.count(",") for line in lines if '"' not in line}, {lines[0].count(",")}, "fields of the CSV")
        equal(xml.dom.minidom.parse(str(files["svg"])).documentElement.tagName, "svg", "root of the picture")
        check(len(done.stdout.splitlines()) > 2, f"a table is printed: {done.stdout}")
        return {(row["subject"], row["rule"]): row for row in told["rows"]}


def main(tests):
    run_all(Backtest, tests)
