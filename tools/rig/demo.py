#!/usr/bin/python3
"""The demo: two minutes in the life of a small town, then a real household in which the water stops."""

import argparse
import shutil
import signal
import sys
import time

from expect import Expected, ExpectedArea, judge, judge_areas
from household import show_household
from rig import Rig, RigError
from town import COVER, HOME_A, HOME_B, HOMES_CELL, NODE_DRAIN, RIVER, STREET, WATER_CELL, Town

EXPECTED = [
    Expected("no_use", HOME_A, states=("raised", "acknowledged", "cleared")),
    Expected("level", RIVER, colours=("blue", "yellow", "orange", "red", "orange", "yellow", "blue", "green")),
    Expected("level_soon", RIVER, times=2),  # orange, then red
    Expected("cover_open", COVER, times=2),
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
        self.street = None

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
            elif m.get("schema") == "stillwater.area/1" and m["area"] == STREET:
                self.hear_street(m)
            elif m.get("schema") == "stillwater.status/1" and m["state"] != "online":
                self.say("centre", f"gateway {m['gateway']} is {m['state']}")
        self.told = len(messages)

    def hear_street(self, area):
        """What a person sees on the map: the colour, and whether it can be trusted."""
        seen = (area["colour"], area["unknown"])
        if seen != self.street:
            doubt = ", unknown" if area["unknown"] else ""
            self.say("map", f"{area['colour'].upper():<6} {area['area']}{doubt}", area["colour"])
        self.street = seen

    def until(self, what, condition, timeout):
        def listening():
            self.hear()
            return condition()

        self.town.rig.wait(what, listening, timeout)

    def pause(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.hear()
            time.sleep(0.1)

    def until_alert(self, kind, subject, state, count=1, timeout=45):
        rig, centre = self.town.rig, self.town.centre
        self.until(
            f"{kind} of {subject}: {state}",
            lambda: len(rig.alerts(centre, kind, subject, state)) >= count,
            timeout,
        )


def river_to(story, town, rig, steps, kind="level"):
    """Moves the river step by step, and waits for the colour of each: on a busy machine an emulated node samples late, and
    a band passed through in a second could be missed."""
    for level_mm, colour in steps:
        heard = len(rig.alerts(town.centre, kind, RIVER))
        rig.tell(town.drain_sensors, f"{{sensor: river, level_mm: {level_mm}, over_s: 2.5}}")
        story.until(
            f"the river to be {colour}",
            lambda: any(m["colour"] == colour for m in rig.alerts(town.centre, kind, RIVER)[heard:]),
            45,
        )


def home_and_river(story, town, rig):
    story.say("town", f"{HOME_A}: the water stops running. {RIVER}: the river begins to rise.")
    rig.tell(town.home_sensors, "{sensor: meter-a, flow_l_per_min: 0}")
    river_to(story, town, rig, ((70, "blue"), (150, "yellow")))
    river_to(story, town, rig, ((225, "orange"),), "level_soon")
    river_to(story, town, rig, ((300, "orange"),))
    story.say("town", f"{COVER}: the flood lifts a manhole cover.")
    rig.tell(town.drain_sensors, "{sensor: cover, open: true, tilt_deg: 35}")
    story.until_alert("cover_open", COVER, "raised")
    river_to(story, town, rig, ((360, "red"),), "level_soon")
    river_to(story, town, rig, ((450, "red"),))
    story.say("town", "The rain is over; the river falls. A worker closes the cover.")
    rig.tell(town.drain_sensors, "{sensor: cover, open: false, tilt_deg: 1}")
    river_to(story, town, rig, ((320, "orange"), (170, "yellow")))
    story.until_alert("no_use", HOME_A, "acknowledged")
    story.say("town", f"{HOME_A}: a worker has knocked; water is used again.")
    rig.tell(town.home_sensors, "{sensor: meter-a, flow_l_per_min: 30}")
    river_to(story, town, rig, ((65, "blue"), (20, "green")))
    story.until_alert("no_use", HOME_A, "cleared")
    story.until_alert("cover_open", COVER, "cleared")


def dead_sensor(story, town, rig):
    story.say("town", f"{HOME_B}: the water meter dies. That is no data, not no use.")
    rig.tell(town.home_sensors, "{sensor: meter-b, fault: silent}")
    story.until_alert("sensor_silent", HOME_B, "raised")
    story.say("town", f"{HOME_B}: a maintainer replaces the cable.")
    rig.tell(town.home_sensors, "{sensor: meter-b, fault: none}")
    story.until_alert("sensor_silent", HOME_B, "cleared")


def killed_node(story, town, rig):
    story.say("town", f"{NODE_DRAIN}: its line to the gateway is cut. It goes on sampling; a cover opens and closes unseen.")
    rig.tell(town.drain_wire, "cut")
    story.pause(1.5)
    rig.tell(town.drain_sensors, "{sensor: cover, open: true, tilt_deg: 40}")
    story.pause(4)
    rig.tell(town.drain_sensors, "{sensor: cover, open: false, tilt_deg: 1}")
    story.pause(5)
    story.say("town", f"{NODE_DRAIN}: the node is killed (kill -9 of the emulator).")
    town.kill_drain_node()
    story.until_alert("node_silent", NODE_DRAIN, "raised")
    story.say("town", f"{NODE_DRAIN}: the node starts again and the line is mended. Its log has survived.")
    town.start_drain_node()
    rig.tell(town.drain_wire, "join")
    story.until_alert("node_silent", NODE_DRAIN, "cleared")
    story.until_alert("cover_open", COVER, "cleared", count=2)
    story.until("the street to be green and known", lambda: story.street == ("green", False), 20)


def tell(rig, colourful, json_file):
    town = Town(rig, ("--acknowledge", "no_use=officer-12"))
    try:
        town.wait_for_readings()
        story = Story(town, colourful)
        story.say("town", "Two homes use water, the river is low, the cover is shut; every sensor reports.")
        story.pause(3)
        home_and_river(story, town, rig)
        dead_sensor(story, town, rig)
        killed_node(story, town, rig)
        story.pause(2)
        story.say("town", "All is quiet again.")
        status = town.stop_gateway()
        story.pause(1)
        messages = rig.messages(town.centre)
        wrong = judge(messages, EXPECTED) + judge_areas(messages, EXPECTED_AREAS, hidden=[HOMES_CELL])
        if status != 0:
            wrong.append(f"stillwaterd ended with status {status}, expected 0")
        return wrong
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
