#!/usr/bin/python3
"""A storm, and kill -9 of gateway, broker and centre at random moments of it: nothing lost, nothing double at the centre.

Eight level sensors, four behind a node and four on the gateway's own line, go up and down by chance while officers act on
whatever alert they have heard of. CI does a few kills, `tools/test --sweep` hundreds.
"""

import collections
import contextlib
import json
import random
import re
import sqlite3
import subprocess
import time

from case import check, run
from rig import PATIENCE_S, ROOT

NODE_SENSORS, LINE_SENSORS = range(21, 25), range(41, 45)
SITES = {unit: f"site-{unit}" for unit in (*NODE_SENSORS, *LINE_SENSORS)}
LEVELS_MM = (20, 20, 70, 130, 300, 450)
CALM_MM, RED_MM = 20, 450
# The off-delay, and what may pass between two readings.
CALM_FOR_MS = 5000
VERBS = ("acknowledge", "acknowledge", "dispatch", "resolve")
DEFINITIONS = ROOT / "include/stillwater/alert.def"


def scenario(units):
    return "sensors:\n" + "".join(
        f"  - {{unit_id: {unit}, profile: geolux-lx80, name: s{unit}, level_mm: {CALM_MM}}}\n" for unit in units
    )


def config(rig, node_line, own_line):
    subjects = "".join(f"  - {{id: {site}}}\n" for site in SITES.values())
    slots = "".join(
        f"          - {{slot: {i}, profile: geolux-lx80, unit_id: {unit}, subject: {SITES[unit]}, sample_period_ms: 1000, heartbeat_s: 2}}\n"
        for i, unit in enumerate(NODE_SENSORS)
    )
    devices = "".join(
        f"      - {{id: dev-{unit}, unit_id: {unit}, profile: geolux-lx80, subject: {SITES[unit]}, poll_interval_ms: 500}}\n"
        for unit in LINE_SENSORS
    )
    return f"""\
schema: stillwater.gateway/1
city: demo
gateway: gw-1
store: {{path: {rig.store}}}
mqtt: {{host: 127.0.0.1, port: {rig.port}, resend_after_s: 1, resend_after_max_s: 2}}
policy:
  level: {{bands_mm: {{blue: 50, yellow: 100, orange: 250, red: 400}}, deadband_mm: 10, off_delay_s: 1}}
  level_quality: {{quarantine_after: 0}}
  noise: {{flap_raises: 0}}
  silent: {{level_s: 86400, node_s: 86400, bus_s: 3600}}
subjects:
{subjects}lines:
  - id: line-node
    port: {node_line}
    baud: 115200
    timeout_ms: 2000
    nodes:
      - id: node-1
        unit_id: 1
        slots:
{slots}  - id: line-own
    port: {own_line}
    baud: 9600
    timeout_ms: 2000
    devices:
{devices}"""


class Storm:
    def __init__(self, rig, seed):
        self.rig = rig
        self.random = random.Random(seed)
        self.broker = rig.broker()
        self.centre = rig.centre()
        node_sensors, own_sensors, node_line = rig.line("node-sensors"), rig.line("own-line"), rig.line("node-line")
        self.players = {
            **dict.fromkeys(NODE_SENSORS, rig.sensors("sensors-of-node", node_sensors[0], scenario(NODE_SENSORS))),
            **dict.fromkeys(LINE_SENSORS, rig.sensors("sensors-of-line", own_sensors[0], scenario(LINE_SENSORS))),
        }
        argv = [rig.build / "boards/native/stillwater-node", "--sensors", node_sensors[1], "--gateway", node_line[0], "--serial", "1001"]
        rig.start("node", argv)
        self.config = config(rig, node_line[1], own_sensors[1])
        self.gateway = rig.gateway(self.config)
        self.commands = 0

    def set_level(self, unit, level_mm):
        self.rig.tell(self.players[unit], f"{{sensor: s{unit}, level_mm: {level_mm}}}")

    def set_all(self, level_mm):
        for unit in SITES:
            self.set_level(unit, level_mm)

    def calm_down(self):
        """Until every sensor has been read low for longer than the off-delay: what an officer resolved is raised again only
        after its water has gone."""
        self.set_all(CALM_MM)
        low = "SELECT MAX(time_ms) - ifnull(MAX(iif(value_milli > ?, time_ms, NULL)), 0) FROM readings WHERE subject = ? AND kind = 2"
        self.rig.wait("low water everywhere", lambda: all(self.rig.query(low, CALM_MM * 1000, s)[0][0] > CALM_FOR_MS for s in SITES.values()))
        self.rig.wait("every alert to be over", lambda: self.open() == [])

    def act(self):
        """An officer's command about an alert the centre has heard of, open or not; what is refused is refused."""
        heard = self.rig.alerts(self.centre)
        if not heard:
            return
        alert = self.random.choice(heard[-20:])["id"]
        verb = self.random.choice(VERBS)
        body = {"schema": "stillwater.command/1", "command": verb, "alert": alert, "by": "officer-1"}
        argv = ["mosquitto_pub", "-V", "5", "-h", "127.0.0.1", "-p", str(self.rig.port), "-q", "1"]
        subprocess.run([*argv, "-t", "stillwater/demo/gw-1/command", "-m", json.dumps(body)], check=True)
        self.commands += 1

    def blow(self, seconds):
        """So long a storm, whose next moment nobody knows."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.set_level(self.random.choice(list(SITES)), self.random.choice(LEVELS_MM))
            if self.random.random() < 0.2:
                self.act()
            time.sleep(min(self.random.uniform(0, 0.15), max(0, end - time.monotonic())))

    def kill(self, name):
        part = getattr(self, name)
        self.rig.dismiss(part)
        part.kill()
        if name == "gateway":
            self.gateway = self.rig.gateway(self.config)
        elif name == "broker":
            self.broker = self.rig.broker()
        else:
            self.centre = self.rig.centre()

    # --- what is there at the end

    def decided(self):
        return self.rig.query("SELECT alert_id, revision, body FROM alerts ORDER BY alert_id, revision")

    def stored(self):
        with contextlib.closing(sqlite3.connect(f"file:{self.centre.store}?mode=ro", uri=True, timeout=PATIENCE_S)) as db:
            return db.execute("SELECT alert_id, revision, body FROM received ORDER BY alert_id, revision").fetchall()

    def open(self):
        """Subjects with an alert that is not over."""
        last = {}
        for alert, _, body in self.decided():
            last[alert] = json.loads(body)
        return [body["subject"] for body in last.values() if body["state"] in ("raised", "acknowledged", "dispatched")]

    def outbox(self):
        return self.rig.query("SELECT COUNT(*) FROM outbox")[0][0]


def transitions():
    """(from, to) of the table of transitions."""
    found = re.findall(r"^SW_ALERT_TRANSITION\((\w+), \w+, (\w+)\)", DEFINITIONS.read_text(), re.M)
    return {(a.lower(), b.lower()) for a, b in found}


def check_lives(decided):
    lives = collections.defaultdict(list)
    for alert, _, body in decided:
        lives[alert].append(json.loads(body))
    legal = transitions()
    wrong = []
    for alert, revisions in lives.items():
        if [r["revision"] for r in revisions] != list(range(1, len(revisions) + 1)):
            wrong.append(f"{alert}: revisions {[r['revision'] for r in revisions]}")
        if revisions[0]["state"] != "raised":
            wrong.append(f"{alert}: begins as {revisions[0]['state']}")
        steps = [(a["state"], b["state"]) for a, b in zip(revisions, revisions[1:])]
        wrong += [f"{alert}: {step}" for step in steps if step not in legal]
    check(not wrong, f"every alert's revisions are one whole life of legal steps {wrong[:5]}")
    spans = collections.defaultdict(list)
    for revisions in lives.values():
        spans[revisions[0]["kind"], revisions[0]["subject"]].append((revisions[0]["updated_at"], revisions[-1]["updated_at"]))
    double = [(key, b) for key, times in spans.items() for a, b in zip(sorted(times), sorted(times)[1:]) if b[0] < a[1]]
    check(not double, f"of {len(lives)} alerts no two of one kind and subject were open at once {double[:2]}")


def check_nothing_lost(rig, storm):
    decided, stored = storm.decided(), storm.stored()
    check(decided == stored, f"all {len(decided)} revisions are at the centre, each once and as decided ({len(stored)} there)")
    check_lives(decided)
    audit = subprocess.run([rig.build / "gateway/cli/stillwater", "audit", "verify", "--store", rig.store], capture_output=True, text=True)
    check(audit.returncode == 0, f"the trail is whole: {(audit.stdout + audit.stderr).strip()[:200]}")
    rows = rig.query("SELECT epoch, COUNT(*), MAX(sequence) - MIN(sequence) + 1 FROM readings WHERE serial = 1001 GROUP BY epoch")
    check(rows and all(count == span for _, count, span in rows), f"the node's records are stored without hole or double: {rows}")


def add_arguments(parser):
    for name, count in (("gateways", 12), ("brokers", 2), ("centres", 2)):
        parser.add_argument(f"--{name}", type=int, default=count, help=f"kills (default {count})")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))


def test(rig, options):
    print(f"repeat with --seed {options.seed}", flush=True)
    storm = Storm(rig, options.seed)
    rig.wait("a reading of every sensor", lambda: set(SITES.values()) <= readings_of(rig))
    kills = ["gateway"] * options.gateways + ["broker"] * options.brokers + ["centre"] * options.centres
    storm.random.shuffle(kills)
    for name in kills:
        storm.blow(storm.random.uniform(0.05, 2))
        storm.kill(name)
    counts = collections.Counter(kills)
    print(f"ok: killed {dict(counts)} in a storm of {len(storm.decided())} revisions and {storm.commands} commands", flush=True)
    storm.calm_down()
    storm.set_all(RED_MM)
    rig.wait("a new alert of every sensor", lambda: sorted(storm.open()) == sorted(SITES.values()))
    storm.calm_down()
    rig.wait("an empty outbox", lambda: storm.outbox() == 0)
    check_nothing_lost(rig, storm)
    check(storm.gateway.stop() == 0, "the gateway ends with status 0")
    rig.dismiss(storm.gateway)


def readings_of(rig):
    try:
        return {row[0] for row in rig.query("SELECT DISTINCT subject FROM readings WHERE quality = 0")}
    except sqlite3.Error:  # the store is still being made
        return set()


if __name__ == "__main__":
    run(test, add_arguments)
