#!/usr/bin/python3
"""What others hear of a gateway, through a real broker with the access lists the documents tell to set up: a warning
system that reads CAP, a family that watches one home with Home Assistant, and the readings of sites for who draws
curves; a drill is marked to the first two."""

import json
import re
import subprocess
import xml.etree.ElementTree as ET

import jsonschema

from case import check, run
from rig import PATIENCE_S, ROOT

HOME, NEIGHBOUR, SITE, RIVER = "home-4f21", "home-7c03", "canal-3", "river-1"
GATEWAY, CENTRE, WARNINGS, FAMILY, CURVES = "gw-1", "city-centre", "warning-system", "family-4f21", "hydrology"
DEVICE = f"homeassistant/device/stillwater-demo-gw-1/{HOME}/config"
STATE = f"stillwater/demo/gw-1/home/{HOME}"
STATUS = "stillwater/demo/gw-1/status"
CAP = "{urn:oasis:names:tc:emergency:cap:1.2}"


def config(rig, home_assistant):
    return f"""\
schema: stillwater.gateway/1
city: demo
gateway: {GATEWAY}
store: {{path: {rig.store}}}
mqtt: {{host: 127.0.0.1, port: {rig.port}, username: gw-1, password_file: {rig.path(GATEWAY)}, cap: on, telemetry: all}}
policy:
  no_use: {{volume_l: 2, window_s: 4, coverage_pct: 50, observed_gap_s: 3}}
  drip: {{pause_s: 1}}
  silent: {{bus_s: 1}}
subjects:
  - {{id: {HOME}, home_assistant: {home_assistant}, place: {{latitude: 31.3, longitude: 120.5, grid: demo/north/mill-lane/c7}}}}
  - {{id: {NEIGHBOUR}}}
  - {{id: {SITE}, place: {{latitude: 31.25, longitude: 120.5, grid: demo/north/canal/c5}}}}
  - {{id: {RIVER}}}
lines:
  - id: line-1
    port: {rig.path("meter-gateway")}
    timeout_ms: 1000
    devices:
      - {{id: dev-1, unit_id: 11, profile: xintai, subject: {HOME}, poll_interval_ms: 500}}
      - {{id: dev-4, unit_id: 21, profile: geolux-lx80, subject: {RIVER}, poll_interval_ms: 500}}
  - id: line-0
    port: {rig.path("no-port")}
    devices:
      - {{id: dev-2, unit_id: 2, profile: xintai, subject: {NEIGHBOUR}}}
      - {{id: dev-3, unit_id: 3, profile: geolux-lx80, subject: {SITE}}}
"""


def access_list():
    """Those of the documents, for this city."""
    mqtt = (ROOT / "docs/mqtt.md").read_text().split("stillwater.acl`, for gateways")[1].split("```")[1]
    families = (ROOT / "docs/home-assistant.md").read_text().split("## One home")[1].split("```")[1]
    return (mqtt + families).replace("northport", "demo")


METER = """\
sensors:
  - {unit_id: 11, profile: xintai, name: meter, index_l: 123456, flow_l_per_min: 30}
  - {unit_id: 21, profile: geolux-lx80, name: river, level_mm: 20}
"""


class Scene:
    def __init__(self, rig):
        self.rig = rig
        near, far = rig.path("meter-gateway"), rig.path("meter-sensor")
        rig.start("wire", [rig.build / "tools/wire/stillwater-wire", "--link", near, "--link", far, "--control", rig.path("wire.ctl")])
        rig.wait("the line", lambda: near.exists() and far.exists())
        self.meter = rig.sensors("meter", far, METER)
        users = (GATEWAY, CENTRE, WARNINGS, FAMILY, CURVES)
        rig.broker(users=users, access=access_list())
        for user in users:
            rig.path(user).write_text(f"{user}\n")
        self.centre = rig.centre("--username", CENTRE, "--password-file", rig.path(CENTRE), "--city", "demo")
        self.warnings = self.listen(WARNINGS)
        self.family = self.listen(FAMILY)
        self.curves = self.listen(CURVES)
        self.gateway = rig.gateway(config(rig, "on"))

    def client(self, user):
        return ["-V", "5", "-h", "127.0.0.1", "-p", str(self.rig.port), "-u", user, "-P", user]

    def listen(self, user, name=None):
        """Hears all that the access list lets it hear."""
        argv = ["stdbuf", "-oL", "mosquitto_sub", "-d", *self.client(user), "-q", "1", "-t", "#", "-F", "MESSAGE\t%t\t%r\t%C\t%P\t%p"]
        part = self.rig.start(name or f"listener-{user}", argv)
        self.rig.wait("the subscription", lambda: "Subscribed" in part.log(100))
        return part

    @staticmethod
    def heard(part, topic=""):
        """(topic, retained, content type, user properties, payload) of the topics that begin with this one."""
        lines = part.log_path.read_text().split("\n")[:-1]
        return [m for m in (line.split("\t")[1:] for line in lines if line.startswith("MESSAGE\t")) if m[0].startswith(topic)]

    def caps(self):
        return [(m, ET.fromstring(m[4])) for m in self.heard(self.warnings)]

    def caps_of(self, alert, kind=None):
        """(message, CAP) of an alert, once each, in their order."""
        found = {}
        for message, cap in self.caps():
            if alert in cap.findtext(CAP + "identifier") and kind in (None, cap.findtext(CAP + "msgType")):
                found.setdefault(cap.findtext(CAP + "identifier"), (message, cap))
        return list(found.values())

    def tell(self, verb, *options):
        argv = [self.rig.build / "gateway/centre/stillwater-centre", verb, "--broker", f"127.0.0.1:{self.rig.port}", "--city", "demo"]
        argv += ["--gateway", GATEWAY, "--timeout", str(PATIENCE_S), "--by", "officer-12"]
        argv += ["--username", CENTRE, "--password-file", self.rig.path(CENTRE)]
        done = subprocess.run([*argv, *options], capture_output=True, text=True)
        check(done.returncode == 0, f"{verb}: {(done.stdout + done.stderr).strip()}")
        return done.stdout

    def map(self):
        argv = [self.rig.build / "gateway/centre/stillwater-centre", "map", "--broker", f"127.0.0.1:{self.rig.port}", "--city", "demo"]
        argv += ["--username", CENTRE, "--password-file", self.rig.path(CENTRE)]
        return subprocess.run(argv, capture_output=True, text=True).stdout

    def restart(self, home_assistant):
        self.rig.dismiss(self.gateway)
        self.gateway.kill()
        self.gateway = self.rig.gateway(config(self.rig, home_assistant))

    def state(self):
        states = self.heard(self.family, STATE)
        return json.loads(states[-1][4]) if states and states[-1][4] else {}


def a_real_alert(scene):
    scene.rig.wait("CAP of the line's alert", lambda: scene.caps_of("gw-1.bus_silent.line-0"))
    message, cap = scene.caps_of("gw-1.bus_silent.line-0")[0]
    check(message[2] == "application/cap+xml", f"content type {message[2]}")
    found = [cap.findtext(CAP + name) for name in ("status", "msgType", "scope")]
    check(found == ["Actual", "Alert", "Restricted"], f"a real alert, for the city alone: {found}")


def a_drill(scene):
    said = scene.tell("drill", "--subject", SITE, "--kind", "level", "--colour", "red", "--note", "yearly")
    alert = re.search(r"gw-1\.level\.canal-3\.\d{8}T\d{9}Z\.drill", said).group()
    scene.rig.wait("CAP of the drill", lambda: scene.caps_of(alert))
    message, cap = scene.caps_of(alert)[0]
    found = [cap.findtext(CAP + name) for name in ("status", "msgType", "scope")]
    check(found == ["Exercise", "Alert", "Public"], f"a drill in CAP: {found}")
    check("drill:true" in message[3] and cap.find(f".//{CAP}headline").text.startswith("DRILL: "), f"marked: {message[3]}")
    check(cap.find(f".//{CAP}circle").text == "31.250000,120.500000 0.1", "where the site is")
    scene.rig.wait("the drill at the centre", lambda: scene.rig.alerts(scene.centre, "level", SITE, "raised"))
    body = scene.rig.alerts(scene.centre, "level", SITE, "raised")[0]
    check(body["drill"] is True and body["id"] == alert, "marked in the body")
    check("DRILL: Site canal-3" in scene.centre.log(400), "and on the centre's screen")
    scene.rig.wait("the drill on the map", lambda: "DRILL: Site canal-3: exercise, red" in scene.map())
    check("red     " not in scene.map(), "which it does not colour")
    scene.tell("acknowledge", "--alert", alert)
    scene.restart("on")
    scene.rig.wait("the gateway's new connection", lambda: "connected to" in scene.gateway.log(400))
    scene.tell("resolve", "--alert", alert)
    scene.rig.wait("its end in CAP", lambda: scene.caps_of(alert, "Cancel"))
    caps = [cap for _, cap in scene.caps_of(alert)]
    kinds = [cap.findtext(CAP + "msgType") for cap in caps]
    check(kinds == ["Alert", "Update", "Cancel"], f"over a kill of the gateway: {kinds}")
    named = [[r.split(",")[1] for r in (cap.findtext(CAP + "references") or "").split()] for cap in caps]
    check(named == [[], [f"{alert}.1"], [f"{alert}.1", f"{alert}.2"]], f"each names those before it: {named}")


def all_are_valid(scene):
    names = []
    for number, (message, _) in enumerate(scene.caps()):
        names.append(scene.rig.path(f"cap-{number}.xml"))
        names[-1].write_text(message[4])
    xsd = ROOT / "docs/schema/cap-1.2.xsd"
    done = subprocess.run(["xmllint", "--noout", "--nonet", "--schema", xsd, *names], capture_output=True, text=True)
    check(done.returncode == 0, f"{len(names)} CAP messages are valid: {done.stderr if done.returncode else ''}")
    topics = {m[0].split("/")[3] for m in scene.heard(scene.warnings)}
    check(topics == {"cap"}, f"the warning system hears {topics}")


def a_family(scene):
    scene.rig.wait("the home's device", lambda: scene.heard(scene.family, DEVICE))
    scene.rig.wait("the home's state", lambda: scene.state())
    device = json.loads(scene.heard(scene.family, DEVICE)[0][4])
    check(device["state_topic"] == STATE and len(device["components"]) == 5, "a device with five entities")
    scene.rig.wait("water in use", lambda: scene.state()["state"] == "using")
    check(scene.state()["problem"] is False and "last_use" in scene.state(), "while water is used there is no problem")
    scene.tell("drill", "--subject", HOME, "--kind", "no_use", "--colour", "orange")
    scene.rig.wait("the drill in the home's state", lambda: scene.state().get("drill"))
    check(scene.state()["problem"] is False, "a drill is no problem")
    scene.rig.tell(scene.meter, "{sensor: meter, flow_l_per_min: 0}")
    scene.rig.wait("a problem", lambda: scene.state()["problem"])
    found = {name: scene.state()[name] for name in ("state", "colour", "alerts", "drill")}
    expected = {"state": "no_use", "colour": "orange", "alerts": ["no_use"], "drill": True}
    check(found == expected, f"an alert of the same kind beside the drill: {found}")

    def real_caps():
        return [m[4] for m, cap in scene.caps_of(f"gw-1.no_use.{HOME}") if cap.findtext(CAP + "status") == "Actual"]

    scene.rig.wait("its CAP", real_caps)
    check(not any(word in real_caps()[0] for word in ("<circle>", "mill-lane/c7")), "in CAP, where the home is stays untold")
    before = len(scene.heard(scene.family, DEVICE))
    publish = ["mosquitto_pub", *scene.client(FAMILY), "-q", "1", "-t", "homeassistant/status", "-m", "online"]
    subprocess.run(publish, check=True)
    scene.rig.wait("the device again", lambda: len(scene.heard(scene.family, DEVICE)) > before)
    topics = {m[0] for m in scene.heard(scene.family)}
    check(topics == {DEVICE, STATE, STATUS}, f"the family hears of its home and no other: {sorted(topics)}")


def curves(scene):
    schema = json.loads((ROOT / "docs/schema/telemetry.schema.json").read_text())
    scene.rig.wait("readings", lambda: len(scene.heard(scene.curves)) > 3)
    messages = scene.heard(scene.curves)
    for message in messages:
        jsonschema.Draft202012Validator(schema).validate(json.loads(message[4]))
    samples = [sample for message in messages for sample in json.loads(message[4])["samples"]]
    check({m[0] for m in messages} == {"stillwater/demo/gw-1/telemetry/site"}, "curves are drawn from one topic")
    check({m[1] for m in messages} == {"0"}, "of which nothing is retained")
    check({s["subject"] for s in samples} == {RIVER}, "and which has the readings of no home")
    readings = [reading for sample in samples for reading in sample["readings"]]
    check({"kind": "level_mm", "value": 20} in readings, f"{len(readings)} readings, the first {readings[0]}")


def an_opt_out(scene):
    scene.restart("off")
    for topic in (DEVICE, STATE):
        scene.rig.wait(f"{topic} to be taken away", lambda topic=topic: scene.heard(scene.family, topic)[-1][4] == "")
    late = scene.listen(FAMILY, "late-family")
    scene.rig.wait("the status", lambda: scene.heard(late, STATUS))
    check([m[0] for m in scene.heard(late) if m[0] != STATUS] == [], "who looks later finds nothing of the home")


def test(rig, _options):
    scene = Scene(rig)
    a_real_alert(scene)
    a_family(scene)
    a_drill(scene)
    curves(scene)
    all_are_valid(scene)
    an_opt_out(scene)
    rig.wait("an empty outbox", lambda: rig.query("SELECT count(*) FROM outbox") == [(0,)])
    print("ok: the receipts have finished every row", flush=True)


if __name__ == "__main__":
    run(test)
