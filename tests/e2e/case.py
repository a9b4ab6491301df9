"""What the end-to-end tests share: a command line, a rig, and checks that say what was expected."""

import argparse
import signal
import sys
import time
import traceback

from rig import Rig, RigError

# Below the limit of ctest, which kills without a word.
TEST_LIMIT_S = 580


class Failed(Exception):
    pass


def check(condition, text):
    if not condition:
        raise Failed(f"expected: {text}")
    print(f"ok: {text}", flush=True)


def out_of_time(*_):
    raise Failed(f"the whole test took longer than {TEST_LIMIT_S} s")


def run(test, add_arguments=lambda parser: None):
    """Runs test(rig, options) in a rig of its own and ends the process with its verdict. Why it failed is the last line."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--build", required=True)
    arguments.add_argument("--keep", action="store_true")
    add_arguments(arguments)
    options = arguments.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    signal.signal(signal.SIGALRM, out_of_time)
    signal.alarm(TEST_LIMIT_S)
    start = time.monotonic()
    try:
        with Rig(options.build, options.keep) as rig:
            test(rig, options)
    except Exception as error:
        reason = str(error)
        if not isinstance(error, (Failed, RigError)):
            reason = f"{type(error).__name__}: {error}"
        frames = traceback.extract_tb(error.__traceback__)
        where = [frame for frame in frames if frame.filename == test.__code__.co_filename]
        at = f"{where[-1].name}(), line {where[-1].lineno}" if where else "the set-up"
        sys.exit(f"FAILED after {time.monotonic() - start:.0f} s in {at}: {reason[:400]}")
