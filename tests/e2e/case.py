"""What the end-to-end tests share: a command line, a rig, and checks that say what was expected."""

import argparse
import signal
import sys

from rig import Rig, RigError


class Failed(Exception):
    pass


def check(condition, text):
    if not condition:
        raise Failed(text)
    print(f"ok: {text}", flush=True)


def run(test, add_arguments=lambda parser: None):
    """Runs test(rig, options) in a rig of its own and ends the process with its verdict."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--build", required=True)
    arguments.add_argument("--keep", action="store_true")
    add_arguments(arguments)
    options = arguments.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        with Rig(options.build, options.keep) as rig:
            try:
                test(rig, options)
            except Failed as failure:
                print(f"FAILED: expected: {failure}", file=sys.stderr)
                for part in rig.parts:
                    print(f"--- {part.name}\n{part.log()}", file=sys.stderr)
                sys.exit(1)
    except RigError as error:
        print(f"FAILED: {error}", file=sys.stderr)
        sys.exit(1)
