#!/usr/bin/python3
"""Another configuration while the gateway runs: by signal and by the centre, right and wrong. A device that none of it is
about does not miss a poll."""

import datetime
import json
import re
import signal
import subprocess

from case import check, run
from rig import PATIENCE_S

RIVER, DRAIN = "river-1", "drain-2"
POLL_MS = 250


def config(rig, blue_mm=50, drain=False, extra=""):
    subject = f"  - {{id: {DRAIN}, place: {{grid: demo/south}}}}\n" if drain else ""
    line = f"""\
  - id: line-0
    port: {rig.path("drain-a.tty")}
    timeout_ms: 1000
    devices:
      - {{id: dev-2, unit_id: 22, profile: geolux-lx80, subject: {DRAIN}, poll_interval_ms: {POLL_MS}}}
"""
    return f"""\
schema: stillwater.gateway/1
city: demo
gateway: gw-1
store: {{path: {rig.store}}}
mqtt: {{host: 127.0.0.1, port: {rig.port}, telemetry: sites}}
policy:
  level: {{bands_mm: {{blue: {blue_mm}}}, on_delay_s: 0, off_delay_s: 1}}
subjects:
{subject}  - {{id: {RIVER}, place: {{grid: demo/north}}}}
lines:
{line if drain else ""}  - id: line-1
    port: {rig.path("river-a.tty")}
    timeout_ms: 1000
    devices:
      - {{id: dev-1, unit_id: 21, profile: geolux-lx80, subject: {RIVER}, poll_interval_ms: {POLL_MS}}}
{extra}"""


class Scene:
    def __init__(self, rig):
        self.rig = rig
        self.sensors = {}
        for name, unit in (("river", 21), ("drain", 22)):
            ends = rig.line(name)
            scenario = f"sensors:\n  - {{unit_id: {unit}, profile: geolux-lx80, name: level, level_mm: 20}}\n"
            self.sensors[name] = rig.sensors(f"{name}-sensors", ends[1], scenario)
        rig.broker()
        self.centre = rig.centre("--city", "demo")
        argv = ["stdbuf", "-oL", "mosquitto_sub", "-d", "-V", "5", "-h", "127.0.0.1", "-p", str(rig.port)]
        self.curves = rig.start("curves", [*argv, "-t", "stillwater/demo/gw-1/telemetry/site", "-F", "MESSAGE\t%p"])
        rig.wait("the subscription", lambda: "Subscribed" in self.curves.log(100))
        self.gateway = rig.gateway(config(rig))
        rig.wait("readings of the river", lambda: self.times(RIVER))

    def write(self, text):
        self.rig.path("gateway.yaml").write_text(text)

    def hang_up(self):
        self.gateway.process.send_signal(signal.SIGHUP)

    def ask(self):
        """What the centre hears of the command `reload`, and its exit status."""
        argv = [self.rig.build / "gateway/centre/stillwater-centre", "reload", "--broker", f"127.0.0.1:{self.rig.port}"]
        argv += ["--city", "demo", "--gateway", "gw-1", "--timeout", str(PATIENCE_S), "--by", "officer-1"]
        done = subprocess.run(argv, capture_output=True, text=True)
        return done.returncode, (done.stdout + done.stderr).strip()

    def level(self, name, level_mm):
        self.rig.tell(self.sensors[name], f"{{sensor: level, level_mm: {level_mm}}}")

    def times(self, subject):
        """When it was read, in seconds."""
        lines = self.curves.log_path.read_text().split("\n")[:-1]
        bodies = [json.loads(line.split("\t")[1]) for line in lines if line.startswith("MESSAGE\t")]
        samples = [sample for body in bodies for sample in body["samples"] if sample["subject"] == subject]
        return [datetime.datetime.fromisoformat(s["time"].replace("Z", "+00:00")).timestamp() for s in samples]

    def alerts(self, subject, state):
        return self.rig.alerts(self.centre, "level", subject, state)

    def configuration(self):
        found = [m for m in self.rig.messages(self.centre) if m["schema"].startswith("stillwater.status/")]
        return found[-1].get("configuration", {}).get("hash", "") if found else ""

    def kept_states(self):
        argv = ["mosquitto_sub", "-V", "5", "-h", "127.0.0.1", "-p", str(self.rig.port), "-W", "1", "-F", "%t"]
        done = subprocess.run([*argv, "-t", "stillwater/demo/gw-1/state/#"], capture_output=True, text=True)
        return [topic.split("/")[-1] for topic in done.stdout.split()]


def a_device_is_added(scene):
    rig = scene.rig
    rig.wait("the first status", scene.configuration)
    before = scene.configuration()
    scene.write(config(rig, drain=True))
    scene.hang_up()
    rig.wait("readings of the drain", lambda: scene.times(DRAIN))
    rig.wait("another configuration in the status", lambda: scene.configuration() != before)
    check(scene.gateway.log(100).count("daemon: gateway gw-1") == 1, "without a restart")


def a_threshold_is_changed(scene):
    scene.level("river", 60)
    scene.rig.wait("an alert of the river", lambda: scene.alerts(RIVER, "raised"))
    scene.write(config(scene.rig, blue_mm=90, drain=True))
    status, said = scene.ask()
    check(status == 0 and re.fullmatch("accepted: configuration [0-9a-f]{16}", said), f"the centre is told: {said}")
    cleared = scene.rig.wait("its end", lambda: scene.alerts(RIVER, "cleared"))[0]
    check(cleared["id"] == scene.alerts(RIVER, "raised")[0]["id"], "it is the same alert that is over")


def a_file_that_is_wrong_is_refused(scene):
    before = scene.configuration()
    scene.write(config(scene.rig, blue_mm="high", drain=True))
    status, said = scene.ask()
    file = re.escape(str(scene.rig.path("gateway.yaml")))
    expected = f"refused \\(CONFIG\\): {file}:7: policy\\.level\\.bands_mm\\.blue: found high; expected .*"
    check(status == 1 and re.fullmatch(expected, said), f"and says where: {said}")
    scene.write(config(scene.rig, drain=True, extra="surprise: 1\n"))
    scene.hang_up()
    scene.rig.wait("the refusal in the log", lambda: "surprise" in scene.gateway.log(100))
    check("the configuration before goes on" in scene.gateway.log(100), "the one before goes on")
    check(scene.configuration() == before, "as the status says")


def a_subject_is_removed(scene):
    scene.level("drain", 300)
    raised = scene.rig.wait("an alert of the drain", lambda: scene.alerts(DRAIN, "raised"))[0]
    scene.rig.wait("its state at the broker", lambda: DRAIN in scene.kept_states())
    scene.write(config(scene.rig))
    scene.hang_up()
    over = scene.rig.wait("its end", lambda: scene.alerts(DRAIN, "resolved"))[0]
    check((over["id"], over["actor"]) == (raised["id"], "configuration"), f"who ended it: {over.get('note')}")
    scene.rig.wait("no state of it at the broker", lambda: DRAIN not in scene.kept_states())
    scene.rig.wait("an empty outbox", lambda: scene.rig.query("SELECT count(*) FROM outbox") == [(0,)])


def the_river_went_on(scene):
    times = scene.times(RIVER)
    longest_ms = max(1000 * (after - before) for before, after in zip(times, times[1:]))
    check(longest_ms < 4 * POLL_MS, f"{len(times)} polls every {POLL_MS} ms, the longest pause {longest_ms:.0f} ms")
    check(scene.gateway.log(1000).count("line-1: ") == 1, "its line was opened once")


def test(rig, _options):
    scene = Scene(rig)
    a_device_is_added(scene)
    a_threshold_is_changed(scene)
    a_file_that_is_wrong_is_refused(scene)
    a_subject_is_removed(scene)
    the_river_went_on(scene)
    check(scene.gateway.stop() == 0, "the gateway ends with status 0")


if __name__ == "__main__":
    run(test)
