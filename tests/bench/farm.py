"""The farm of devices with its subscriber, a process of its own: tests/bench/farm/."""

import json
import os
import subprocess


class Farm:
    def __init__(self, rig, load, topics):
        argv = [rig.build / "tests/bench/bench_farm", "--broker", rig.port, "--topics", topics, *load.farm_options()]
        self.process = subprocess.Popen(
            [str(a) for a in argv], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self.port = int(self.read().split()[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()

    def read(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the farm has ended")
        return line

    def say(self, command):
        self.process.stdin.write(command + "\n")

    def window(self):
        """What has come since the last begin."""
        self.say("end")
        return json.loads(self.read())


def cpu_ns(pid):
    """What the scheduler has given the process's threads."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/schedstat") as file:
            total += int(file.read().split()[0])
    return total


def rss_mb(pid):
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def own_mb(pid):
    """RSS without the pages of files: what the process itself has written."""
    with open(f"/proc/{pid}/statm") as file:
        numbers = file.read().split()
    return (int(numbers[1]) - int(numbers[2])) * os.sysconf("SC_PAGE_SIZE") / 1e6
