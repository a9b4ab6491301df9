"""What the tests of the command line share: checks, and a main that runs tests one by one in a folder of their own."""

import argparse
import sys
import tempfile


class Failed(Exception):
    pass


def check(condition, text):
    if not condition:
        raise Failed(text)


def equal(found, expected, what):
    check(found == expected, f"{what}: found {found!r}, expected {expected!r}")


def run_all(make, tests):
    """`make(build, folder)` gives what each test is called with."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--build", required=True)
    options = arguments.parse_args()
    failed = 0
    for test in tests:
        with tempfile.TemporaryDirectory(prefix="stillwater-") as folder:
            try:
                test(make(options.build, folder))
                print(f"ok: {test.__name__}", flush=True)
            except Failed as failure:
                print(f"FAILED: {test.__name__}: {failure}", file=sys.stderr, flush=True)
                failed += 1
    sys.exit(1 if failed else 0)
