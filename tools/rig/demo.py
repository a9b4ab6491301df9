#!/usr/bin/python3
"""The demo: two minutes in the life of a small town, then a real household in which the water stops."""

import argparse
import shutil
import signal
import subprocess
import sys
import time

from expect import Expected, ExpectedArea, judge, judge_areas
from household import show_household
from rig import Rig, RigError
from town import COVER, HOME_A, HOME_B, HOMES_CELL, NODE_DRAIN, RIVER, STREET, WATER_CELL, Town

EXPECTED = [
    Expected("no_use", HOME_A, states=("raised", "acknowledged", "cleared")),
    Expected("level", RIVER, colours=("blue", "yellow", "orange", "red", "orange", "yellow", "blue", "green")),
    # Of orange, then of red; or one that worsens, where the machine is so slow that the rate of rise is known by then.
    Expected("level_soon", RIVER, times=(1, 2)),
    Expected("cover_open", COVER, times=(2,)),
    Expected("sensor_silent", HOME_B),
    Expected("node_silent", NODE_DRAIN),
]

EXPECTED_AREAS = [
    ExpectedArea(path, ("green", "red", "green")) for path in (WATER_CELL, STREET, "demo/north", "demo")
]

PAINT = {"green": 32, "blue": 34, "yellow": 33, "orange": 91, "red": 31}
COLOURS = list(PAINT)


class Story:
    """Tells what is done to the town and what the city's subscriber hears, in the order it happens."""

    def __init__(self, town, colourful):
        self.town, self.colourful = town, colourful
        self.start = time.monotonic()
        self.told = 0
        self.last = {}
        self.areas = {}

    def say(self, who, text, colour=None):
        stamp = f"{time.monotonic() - self.start:5.1f} s"
        if colour and self.colourful:
            text = f"\033[{PAINT[colour]}m{text}\033[0m"
        print(f"{stamp}  {who:<7} {text}", flush=True)

    def what_changed(self, alert):
        """The state, or, where only the colour has changed, which way."""
        before, self.last[alert["id"]] = self.last.get(alert["id"]), alert
        if before and before["state"] == alert["state"] and before["colour"] != alert["colour"]:
            return "worsens" if COLOURS.index(alert["colour"]) > COLOURS.index(before["colour"]) else "eases"
        return alert["state"]

    def hear(self):
        """Prints the messages that have come since last time."""
        messages = self.town.rig.messages(self.town.centre)
        for m in messages[self.told :]:
            if m.get("schema") == "stillwater.alert/1":
                self.say("centre", f"{m['colour'].upper():<6} {self.what_changed(m):<13} {m['headline']}", m["colour"])
            elif m.get("schema") == "stillwater.area/1":
                self.hear_area(m)
            elif m.get("schema") == "stillwater.status/1" and m["state"] != "online":
                self.say("centre", f"gateway {m['gateway']} is {m['state']}")
        self.told = len(messages)

    def hear_area(self, area):
        """What a person sees on the map: the colour, and whether it can be trusted."""
        path, seen = area["area"], (area["colour"], area["unknown"])
        if path == STREET and seen != self.areas.get(path):
            doubt = ", unknown" if area["unknown"] else ""
            self.say("map", f"{area['colour'].upper():<6} {path}{doubt}", area["colour"])
        self.areas[path] = seen

    def until(self, what, condition):
        def listening():
            self.hear()
            return condition()

        self.town.rig.wait(what, listening)

    def pause(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.hear()
            time.sleep(0.1)

    def until_alert(self, kind, subject, state, count=1):
        rig, centre = self.town.rig, self.town.centre
        self.until(
            f"{kind} of {subject}: {state} for the {count}. time",
            lambda: len(rig.alerts(centre, kind, subject, state)) >= count,
        )


def move_river(town, rig, level_mm):
    rig.tell(town.drain_sensors, f"{{sensor: river, level_mm: {level_mm}, over_s: 2.5}}")


def river_to(story, town, rig, *steps):
    """Moves the river step by step, and waits for the colour of each: on a busy machine an emulated node samples late, and
    a band passed through in a second could be missed."""
    for level_mm, colour in steps:
        heard = len(rig.alerts(town.centre, "level", RIVER))
        move_river(town, rig, level_mm)
        story.until(
            f"the river to be {colour} at {level_mm} mm",
            lambda: any(m["colour"] == colour for m in rig.alerts(town.centre, "level", RIVER)[heard:]),
        )


def river_until_warned_of(story, town, rig, level_mm, colour):
    """The warning comes at this level at the latest; a worse one says as much."""
    enough = COLOURS[COLOURS.index(colour) :]
    move_river(town, rig, level_mm)
    story.until(
        f"a warning of {colour} at {level_mm} mm",
        lambda: any(m["colour"] in enough for m in rig.alerts(town.centre, "level_soon", RIVER)),
    )


def flood(story, town, rig):
    story.say("town", f"{HOME_A}: the water stops running. {RIVER}: the river begins to rise.")
    rig.tell(town.home_sensors, "{sensor: meter-a, flow_l_per_min: 0}")
    river_to(story, town, rig, (70, "blue"), (150, "yellow"))
    river_until_warned_of(story, town, rig, 225, "orange")
    river_to(story, town, rig, (300, "orange"))
    story.say("town", f"{COVER}: the flood lifts a manhole cover.")
    rig.tell(town.drain_sensors, "{sensor: cover, open: true, tilt_deg: 35}")
    story.until_alert("cover_open", COVER, "raised")
    river_until_warned_of(story, town, rig, 360, "red")
    river_to(story, town, rig, (450, "red"))


def show_board(story, rig):
    story.say("town", "What the officer on duty sees now, with stillwater-centre board:")
    command = [rig.build / "gateway/centre/stillwater-centre", "board", "--once", "--broker", f"127.0.0.1:{rig.port}"]
    done = subprocess.run(command, stdout=None if story.colourful else subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise RigError(f"the board ended with status {done.returncode}, expected 0")
    print(done.stdout or "", flush=True)


def meter_dies(story, town, rig):
    story.say("town", f"{HOME_B}: the water meter dies. That is no data, not no use.")
    rig.tell(town.home_sensors, "{sensor: meter-b, fault: silent}")


def ebb(story, town, rig):
    story.say("town", "The rain is over; the river falls. A worker closes the cover.")
    rig.tell(town.drain_sensors, "{sensor: cover, open: false, tilt_deg: 1}")
    river_to(story, town, rig, (320, "orange"), (170, "yellow"))
    story.until_alert("no_use", HOME_A, "acknowledged")
    story.say("town", f"{HOME_A}: a worker has knocked; water is used again.")
    rig.tell(town.home_sensors, "{sensor: meter-a, flow_l_per_min: 30}")
    river_to(story, town, rig, (65, "blue"), (20, "green"))
    story.until_alert("no_use", HOME_A, "cleared")
    story.until_alert("cover_open", COVER, "cleared")


def meter_is_mended(story, town, rig):
    story.until_alert("sensor_silent", HOME_B, "raised")
    story.say("town", f"{HOME_B}: a maintainer replaces the cable.")
    rig.tell(town.home_sensors, "{sensor: meter-b, fault: none}")
    story.until_alert("sensor_silent", HOME_B, "cleared")


def killed_node(story, town, rig):
    story.say("town", f"{NODE_DRAIN}: its line to the gateway is cut. It goes on sampling; a cover opens and closes unseen.")
    rig.tell(town.drain_wire, "cut")
    story.pause(1.5)
    rig.tell(town.drain_sensors, "{sensor: cover, open: true, tilt_deg: 40}")
    # Nobody but the node sees how often it samples: long enough for a machine that stops it for seconds.
    story.pause(7)
    rig.tell(town.drain_sensors, "{sensor: cover, open: false, tilt_deg: 1}")
    story.pause(2)
    story.say("town", f"{NODE_DRAIN}: the node is killed (kill -9 of the emulator).")
    town.kill_drain_node()
    story.until_alert("node_silent", NODE_DRAIN, "raised")
    story.say("town", f"{NODE_DRAIN}: the node starts again and the line is mended. Its log has survived.")
    town.start_drain_node()
    rig.tell(town.drain_wire, "join")
    story.until_alert("node_silent", NODE_DRAIN, "cleared")
    story.until_alert("cover_open", COVER, "cleared", count=2)
    story.until(
        "all places to be green and known",
        lambda: all(story.areas.get(area.path) == ("green", False) for area in EXPECTED_AREAS),
    )


def tell(rig, colourful, json_file):
    town = Town(rig, ("--acknowledge", "no_use=officer-12"))
    try:
        town.wait_for_readings()
        story = Story(town, colourful)
        story.say("town", "Two homes use water, the river is low, the cover is shut; every sensor reports.")
        story.pause(3)
        flood(story, town, rig)
        show_board(story, rig)
        meter_dies(story, town, rig)
        ebb(story, town, rig)
        meter_is_mended(story, town, rig)
        killed_node(story, town, rig)
        story.pause(2)
        story.say("town", "All is quiet again.")
        status = town.stop_gateway()
        if status != 0:
            return [f"stillwaterd ended with status {status}, expected 0"]
        # The gateway's last word: all that it had to say has come.
        story.until("the gateway's farewell", lambda: any(m.get("state") == "stopped" for m in rig.messages(town.centre)))
        messages = rig.messages(town.centre)
        return judge(messages, EXPECTED) + judge_areas(messages, EXPECTED_AREAS, hidden=[HOMES_CELL])
    finally:
        if json_file and town.centre.json.exists():
            shutil.copyfile(town.centre.json, json_file)


def end(*_):
    """SIGTERM ends the demo as Ctrl-C does: the rig stops its parts."""
    raise KeyboardInterrupt


def main():
    signal.signal(signal.SIGTERM, end)
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--build", required=True, help="directory the project was built in")
    arguments.add_argument("--headless", action="store_true", help="plain text, no colours")
    arguments.add_argument("--json", metavar="FILE", help="every message the subscriber received, one JSON object a line")
    arguments.add_argument("--keep", action="store_true", help="keep the directory with logs and store")
    options = arguments.parse_args()

    colourful = sys.stdout.isatty() and not options.headless
    try:
        with Rig(options.build, options.keep) as rig:
            wrong = tell(rig, colourful, options.json)
            wrong += show_household(rig)
            if wrong:
                rig.show()
    except RigError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("demo: stopped", file=sys.stderr)
        return 130
    for sentence in wrong:
        print(f"demo: {sentence}", file=sys.stderr)
    if not wrong:
        print("demo: every expected alert was raised, updated and cleared exactly once.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
