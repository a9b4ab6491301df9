#!/usr/bin/python3
"""Every way a message to the gateway can be wrong: refused by name, counted, and without effect.

The ways are made from the schemas in docs/schema/, so that a command that is added is tried without another word here:
of each valid example, each member is left out, given twice, and replaced by what it must not be; what the schema still
lets pass is dropped. Then what only the gateway can know: unknown and foreign alerts, old revisions, illegal steps.
"""

import copy
import datetime
import json
import subprocess

import jsonschema
from case import check, run
from rig import ROOT

BASE = "stillwater/demo/gw-1/"
SITE, HOME, PORTLESS = "site-1", "home-1", "line-0"
CENTRE, STRANGER, WORKER = "city-centre", "stranger", "worker-7"
CHUNK = 40
WRONG_VALUES = (None, True, 7, -1, 1.5, 4294967296, "", "x" * 300, "bad id!", "a/b", "tab\there", "2020-01-01T00:00:00Z", "yesterday", [], {}, [1], {"a": 1})
RAW = (b"", b"open the gates", b"[]", b"7", b"null", b'"text"', b"{}", b"{" * 2000, b'{"schema":', b'{"schema":"\xff\xfe"}', b"x" * 100_000)


def config(rig):
    return f"""\
schema: stillwater.gateway/1
city: demo
gateway: gw-1
store: {{path: {rig.store}}}
mqtt: {{host: 127.0.0.1, port: {rig.port}, username: gw-1, password_file: {rig.path("password")}, resend_after_s: 3600}}
policy: {{silent: {{bus_s: 1, level_s: 86400, home_s: 86400}}}}
reports: {{areas: [demo/north]}}
subjects:
  - {{id: {SITE}, place: {{latitude: 31.3, longitude: 120.6, grid: demo/north/c1}}}}
  - {{id: {HOME}}}
lines:
  - id: {PORTLESS}
    port: {rig.path("no-port")}
    devices:
      - {{id: dev-1, unit_id: 1, profile: geolux-lx80, subject: {SITE}}}
      - {{id: dev-2, unit_id: 2, profile: xintai, subject: {HOME}}}
"""


def schema_of(name):
    return json.loads((ROOT / f"docs/schema/{name}.schema.json").read_text())


def in_hours(hours):
    time = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=hours)
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def value_of(schema, definition, name, known):
    """A valid value of a member."""
    if name in known:
        return known[name]
    definition = {**schema["$defs"].get(definition.get("$ref", "").rpartition("/")[2], {}), **definition}
    if "const" in definition or "enum" in definition:
        return definition.get("const") or definition["enum"][0]
    kind = definition.get("type")
    return definition.get("minimum", 1) if kind in ("integer", "number") else {"string": "x-1", "array": [], "object": {}, "boolean": True}[kind]


def examples_of_commands(schema, known):
    """The shortest valid command of each verb, with the members its branch of the schema requires."""
    for branch in schema["allOf"]:
        for verb in branch["if"]["properties"]["command"].get("enum") or [branch["if"]["properties"]["command"]["const"]]:
            body = {"schema": "stillwater.command/1", "command": verb}
            one_of = branch["then"].get("oneOf", [{}])[0].get("required", ())
            for name in (*branch["then"].get("required", ()), *one_of, "by"):
                body[name] = value_of(schema, schema["properties"][name], name, known)
            yield body


def mutants_of(schema, example):
    """(what is wrong, member, text)."""
    validator = jsonschema.Draft202012Validator(schema)
    assert validator.is_valid(example), f"{example}: {list(validator.iter_errors(example))[:1]}"
    for name in example:
        body = copy.deepcopy(example)
        value = body.pop(name)
        yield f"without {name}", name, json.dumps(body)
        yield f"{name} twice", name, json.dumps(example)[:-1] + f", {json.dumps(name)}: {json.dumps(value)}}}"
        for wrong in WRONG_VALUES:
            body = {**example, name: wrong}
            if not validator.is_valid(body):
                yield f"{name} is {json.dumps(wrong)[:24]}", name, json.dumps(body)
    for name, definition in {**schema["properties"], "surplus": {"type": "string"}}.items():
        if name in example:
            continue
        body = {**example, name: value_of(schema, definition, name, {})}
        if not validator.is_valid(body):
            yield f"{name}, which it must not have", name, json.dumps(body)


def access_list():
    """The one docs/mqtt.md tells to set up, for this city."""
    text = (ROOT / "docs/mqtt.md").read_text()
    return text.split("stillwater.acl`, for gateways")[1].split("```")[1].replace("northport", "demo")


class Scene:
    def __init__(self, rig):
        self.rig = rig
        rig.broker(users=("gw-1", CENTRE, STRANGER, WORKER), access=access_list())
        rig.path("password").write_text("gw-1\n")
        argv = ["stdbuf", "-oL", "mosquitto_sub", "-d", *self.client(CENTRE)]
        self.listener = rig.start("results", [*argv, "-t", BASE + "command/result"])
        self.statuses = rig.start("statuses", [*argv, "-t", BASE + "status"])
        for part in (self.listener, self.statuses):
            rig.wait("the subscription", lambda part=part: "Subscribed" in part.log())
        self.gateway = rig.gateway(config(rig))
        rig.wait("an alert", lambda: "revision 1: raised" in self.gateway.log())
        self.alert = next(line.split()[2] for line in self.gateway.log().splitlines() if "revision 1: raised" in line)
        rig.wait("the gateway's connection", lambda: "connected to" in self.gateway.log())

    def client(self, user):
        return ["-V", "5", "-h", "127.0.0.1", "-p", str(self.rig.port), "-u", user, "-P", user, "-q", "1"]

    @staticmethod
    def bodies(part):
        lines = part.log_path.read_text(errors="replace").split("\n")[:-1]
        return [json.loads(line) for line in lines if line.startswith("{")]

    def publish(self, topic, texts, user=None):
        """QoS 1, one connection, in this order. What the broker does not permit it says, and takes no notice of."""
        argv = ["mosquitto_pub", *self.client(user or CENTRE), "-t", topic, "-l"]
        subprocess.run(argv, input=b"\n".join(texts) + b"\n", check=user is None, stderr=subprocess.DEVNULL)

    def ask(self, texts, topic=BASE + "command"):
        """The answers to messages, in their order."""
        answers = []
        for at in range(0, len(texts), CHUNK):
            chunk = texts[at : at + CHUNK]
            before = len(self.bodies(self.listener))
            self.publish(topic, chunk)
            self.rig.wait("an answer to each", lambda n=before + len(chunk): len(self.bodies(self.listener)) >= n)
            answers += self.bodies(self.listener)[before:]
        return answers

    def counters(self):
        return self.bodies(self.statuses)[-1]["counters"]

    def state(self):
        """All that is kept but readings, times of day, and how nodes and lines are (domains 5 to 7)."""
        tables = [name for (name,) in self.rig.query("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        kept = [t for t in tables if t not in ("readings", "state", "outbox") and not t.startswith("sqlite_")]
        rows = {table: self.rig.query(f"SELECT * FROM {table}") for table in kept}
        rows["snapshots"] = [row for row in rows["snapshots"] if not 5 <= row[0] <= 7]
        return rows


def refused(answers, cases, names_member=True):
    """Each one refused, in words; those about a member name it."""
    for (what, member, text), answer in zip(cases, answers, strict=True):
        if answer["accepted"] or answer["error"] == "OK" or not answer["text"]:
            check(False, f"{what} is refused: {text[:120]}: {answer}")
        if names_member and member not in answer["text"] and "line 1" not in answer["text"]:
            check(False, f"the refusal of {what} names {member}: {answer['text']!r}")


def wrong_commands(scene):
    schema = schema_of("command")
    known = {"alert": scene.alert, "subject": HOME, "until": in_hours(1), "by": "officer-1"}
    examples = list(examples_of_commands(schema, known))
    verbs = schema["properties"]["command"]["enum"]
    check(sorted(e["command"] for e in examples) == sorted(verbs), f"an example of each of {len(verbs)} commands")
    for example in examples:
        cases = list(mutants_of(schema, example))
        refused(scene.ask([text.encode() for _, _, text in cases]), cases)
        print(f"ok: {example['command']}: {len(cases)} ways to be wrong, each refused by name", flush=True)
    raw = [text for text in RAW if text]
    for text, answer in zip(raw, scene.ask(raw), strict=True):
        check(not answer["accepted"] and answer["text"], f"{text[:24]!r} is refused: {answer['text'][:70]}")


def what_only_the_gateway_knows(scene):
    command = {"schema": "stillwater.command/1", "command": "acknowledge", "alert": scene.alert, "by": "officer-1"}
    nobody = "gw-1.level.none.20260101T000000000Z"
    cases = [
        ({**command, "alert": nobody}, "NOT_FOUND", nobody),
        ({**command, "alert": scene.alert.replace("gw-1", "gw-2", 1)}, "NOT_FOUND", "gw-2"),
        ({**command, "revision": 7}, "STALE", "revision 7"),
        ({**command, "command": "away", "alert": None, "subject": "nobody", "mode": "away", "until": in_hours(1)}, "NOT_FOUND", "nobody"),
        ({**command, "command": "away", "alert": None, "subject": HOME, "mode": "away", "until": in_hours(-1)}, "INVALID_ARGUMENT", "until"),
        ({**command, "command": "away", "alert": None, "subject": HOME, "mode": "away", "until": in_hours(24 * 400)}, "INVALID_ARGUMENT", "until"),
        ({**command, "command": "back", "alert": None, "subject": HOME}, "NOT_PERMITTED", HOME),
        ({**command, "command": "feedback", "alert": nobody, "outcome": "absent"}, "NOT_FOUND", nobody),
    ]
    texts = [json.dumps({k: v for k, v in body.items() if v is not None}).encode() for body, _, _ in cases]
    for (body, error, word), answer in zip(cases, scene.ask(texts), strict=True):
        right = answer["error"] == error and word in answer["text"]
        check(right, f"{body['command']}: {error}, naming {word}: {answer['error']}: {answer['text'][:90]}")


def illegal_steps(scene):
    """After dispatch nobody can acknowledge; after the end nothing is left to do."""
    command = {"schema": "stillwater.command/1", "alert": scene.alert, "by": "officer-1"}
    verbs = ("dispatch", "acknowledge", "resolve", "acknowledge", "dispatch", "resolve")
    found = [scene.ask([json.dumps({**command, "command": verb}).encode()])[0]["error"] for verb in verbs]
    check(found == ["OK", "NOT_PERMITTED", "OK", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND"], f"{list(zip(verbs, found))}")


def what_has_no_answer(scene):
    """No answer to a receipt, for it comes from a machine; all are counted, and told in the log."""
    receipt = {"schema": "stillwater.receipt/1", "centre": "c-1", "time": in_hours(0), "stored": [{"alert": scene.alert, "revision": 1}]}
    cases = [text.encode() for _, _, text in mutants_of(schema_of("receipt"), receipt)] + [text for text in RAW if text]
    scene.publish(BASE + "receipt", cases)
    scene.publish(BASE + "receipt", [json.dumps({**receipt, "stored": [{"alert": "gw-2.level.x.20260101T000000000Z", "revision": 1}]}).encode()])
    weather = {"schema": "stillwater.weather/1", "colour": "orange", "until": in_hours(1), "by": "met-office"}
    warnings = list(mutants_of(schema_of("weather"), weather))
    refused(scene.ask([text.encode() for _, _, text in warnings], "stillwater/demo/weather"), warnings)
    return {
        "receipts_refused": len(cases),
        "receipts_unknown": 1,
        "weather_refused": len(warnings),
        "weather_colour": 0,
        "reports_refused": reports(scene),
    }


def reports(scene):
    """Nor to a report that does not ask for one: how many were refused."""
    report = {"schema": "stillwater.report/1", "id": "r-1", "source": "worker", "kind": "flood", "time": in_hours(0)}
    report |= {"place": {"latitude": 31.3, "longitude": 120.6, "grid": "demo/north/c1"}, "by": WORKER}
    cases = [text.encode() for _, _, text in mutants_of(schema_of("report"), report)] + [text for text in RAW if text]
    cases += [json.dumps({**report, **wrong}).encode() for wrong in ({"source": "citizen"}, {"by": "somebody-else"}, {"time": in_hours(2)})]
    scene.publish(f"stillwater/demo/report/worker/{WORKER}", cases, WORKER)
    return len(cases)


def without_the_right(scene):
    """The broker keeps from the gateway what a stranger says."""
    command = {"schema": "stillwater.command/1", "command": "resolve", "alert": scene.alert, "by": "officer-1"}
    weather = {"schema": "stillwater.weather/1", "colour": "red", "until": in_hours(1), "by": "met-office"}
    receipt = {"schema": "stillwater.receipt/1", "centre": "c-1", "time": in_hours(0), "stored": [{"alert": scene.alert, "revision": 1}]}
    for topic, body in ((BASE + "command", command), ("stillwater/demo/weather", weather), (BASE + "receipt", receipt)):
        scene.publish(topic, [json.dumps(body).encode()], STRANGER)


def farewell(scene, expected):
    check(scene.gateway.stop() == 0, "the gateway ends with status 0")
    scene.rig.dismiss(scene.gateway)
    scene.rig.wait("its last status", lambda: scene.bodies(scene.statuses)[-1]["state"] == "stopped")
    found = {name: scene.counters().get(name) for name in expected}
    check(found == expected, f"its last status counts {expected}: {found}")


def test(rig, _):
    scene = Scene(rig)
    before = scene.state()
    without_the_right(scene)
    wrong_commands(scene)
    what_only_the_gateway_knows(scene)
    counted = what_has_no_answer(scene)
    changed = [table for table, rows in scene.state().items() if rows != before[table]]
    check(not changed, f"nothing that is kept has changed {changed}")
    check(rig.query("SELECT COUNT(*) FROM outbox")[0][0] == 1, "no receipt has counted, and no stranger's")
    illegal_steps(scene)
    farewell(scene, counted)


if __name__ == "__main__":
    run(test)
