#!/usr/bin/python3
"""Broker, centre and gateway are killed where it hurts; at the end the centre has stored every revision, and each once.

No sensors: lines whose ports do not exist raise an alert each, and commands give them more revisions.
"""

import contextlib
import json
import sqlite3
import subprocess

from case import check, run
from rig import PATIENCE_S

LINES = 12
LISTENER = ("-t", "stillwater/demo/gw-1/alert/#", "-F", "%p")


def config(rig):
    lines = "".join(
        f"  - id: line-{i}\n    port: {rig.path(f'no-port-{i}')}\n    devices:\n"
        f"      - {{id: dev-{i}, unit_id: 1, profile: geolux-lx80, subject: site-{i}}}\n"
        for i in range(LINES)
    )
    subjects = "".join(f"  - {{id: site-{i}}}\n" for i in range(LINES))
    return (
        f"schema: stillwater.gateway/1\ncity: demo\ngateway: gw-1\nstore: {{path: {rig.store}}}\n"
        f"mqtt: {{host: 127.0.0.1, port: {rig.port}, resend_after_s: 1, resend_after_max_s: 2}}\n"
        f"policy: {{silent: {{bus_s: 1, level_s: 86400}}}}\nsubjects:\n{subjects}lines:\n{lines}"
    )


class Scene:
    def __init__(self, rig):
        self.rig = rig
        self.listeners = 0
        self.broker = rig.broker(persistence=False)
        self.centre = rig.centre()
        self.gateway = rig.gateway(config(rig))

    def kill(self, part):
        self.rig.dismiss(part)
        part.kill()

    def start_broker(self):
        self.broker = self.rig.broker(persistence=False)

    def start_gateway(self):
        self.gateway = self.rig.gateway(config(self.rig))

    def start_centre(self):
        connected = self.centre.log(400).count("connected to")
        self.centre = self.rig.centre()
        self.rig.wait("the centre to subscribe", lambda: self.centre.log(400).count("connected to") > connected)

    def listener(self):
        """Anybody else who hears the alerts: what it has, the broker has taken."""
        self.listeners += 1
        argv = ["stdbuf", "-oL", "mosquitto_sub", "-V", "5", "-d", "-h", "127.0.0.1", "-p", self.rig.port, "-q", "1", *LISTENER]
        part = self.rig.start(f"listener-{self.listeners}", argv)
        self.rig.dismiss(part)
        self.rig.wait("the listener's subscription", lambda: "Subscribed" in part.log())
        return part

    @staticmethod
    def heard(listener):
        """(id, revision) of what it has heard."""
        lines = listener.log_path.read_text().split("\n")[:-1]
        bodies = [json.loads(line) for line in lines if line.startswith("{")]
        return {(b["id"], b["revision"]) for b in bodies}

    def decided(self, revision=None):
        with contextlib.suppress(sqlite3.Error):  # the store is still being made
            rows = self.rig.query("SELECT alert_id, revision, body FROM alerts WHERE revision = ifnull(?, revision)", revision)
            return {(alert, number): body for alert, number, body in rows}
        return {}

    def stored(self):
        """What the centre has committed: (id, revision) and body of each row."""
        with contextlib.closing(sqlite3.connect(f"file:{self.centre.store}?mode=ro", uri=True, timeout=PATIENCE_S)) as db:
            return db.execute("SELECT alert_id, revision, body FROM received").fetchall()

    def shown(self):
        return [(a["id"], a["revision"]) for a in self.rig.alerts(self.centre)]

    def command(self, verb):
        for alert, _ in sorted(self.decided(1)):
            body = {"schema": "stillwater.command/1", "command": verb, "alert": alert, "by": "officer-1"}
            argv = ["mosquitto_pub", "-V", "5", "-h", "127.0.0.1", "-p", str(self.rig.port), "-q", "1"]
            subprocess.run([*argv, "-t", "stillwater/demo/gw-1/command", "-m", json.dumps(body)], check=True)

    def outbox(self):
        return self.rig.query("SELECT COUNT(*) FROM outbox")[0][0]

    def settle(self, what):
        self.rig.wait(f"an empty outbox after {what}", lambda: self.outbox() == 0)
        check(sorted(self.decided().items()) == sorted(((a, r), b) for a, r, b in self.stored()),
              f"{what}: all {len(self.decided())} revisions are at the centre, each once and as it was decided")


def received_and_not_committed(rig, scene, verb, revision):
    """A reader's tool holds the centre's database: it receives, and cannot commit until the tool lets go."""
    held = sqlite3.connect(scene.centre.store, timeout=PATIENCE_S, isolation_level=None)
    held.execute("BEGIN IMMEDIATE")
    scene.command(verb)
    rig.wait(f"revision {revision} to be received", lambda: any(shown == revision for _, shown in scene.shown()))
    return held


def broker_lost_between_puback_and_delivery(rig, scene):
    rig.wait("an alert of each line", lambda: len(scene.decided(1)) == LINES)
    scene.settle("the first alerts")
    scene.kill(scene.centre)
    listener = scene.listener()
    scene.command("acknowledge")
    rig.wait("revision 2 at the broker", lambda: set(scene.decided(2)) <= scene.heard(listener) and len(scene.decided(2)) == LINES)
    check(scene.outbox() == LINES, "the broker has taken all, and no row is done by that")
    scene.kill(scene.broker)
    scene.start_broker()
    scene.start_centre()
    scene.settle("the broker's loss")


def centre_killed_before_its_commit(rig, scene):
    before = len(scene.stored())
    held = received_and_not_committed(rig, scene, "dispatch", 3)
    scene.kill(scene.centre)
    held.close()
    check(len(scene.stored()) == before, "what the centre had received and not committed is gone with it")
    check(scene.outbox() > 0, "and is still in the gateway's outbox")
    scene.start_centre()
    scene.settle("the centre's kill before its commit")


def gateway_and_centre_killed_around_the_commit(rig, scene):
    before = len(scene.stored())
    held = received_and_not_committed(rig, scene, "resolve", 4)
    rig.wait("revision 4 in the store", lambda: len(scene.decided(4)) == LINES)
    scene.kill(scene.gateway)
    held.close()
    rig.wait("the commit", lambda: len(scene.stored()) > before)
    check(scene.outbox() == LINES, "the receipts found no gateway")
    scene.kill(scene.centre)
    scene.start_centre()
    scene.start_gateway()
    scene.settle("the kill of the gateway, and of the centre after its commit")


def test(rig, _):
    scene = Scene(rig)
    broker_lost_between_puback_and_delivery(rig, scene)
    centre_killed_before_its_commit(rig, scene)
    gateway_and_centre_killed_around_the_commit(rig, scene)
    shown = scene.shown()
    check(len(shown) == len(set(shown)), f"no revision was shown twice ({len(shown)} lines)")


if __name__ == "__main__":
    run(test)
