#!/usr/bin/python3
"""A flooded street that nobody answers for: the alert goes from the worker's deputy to the district and to the city,
through kills of the gateway, each level once, until somebody acknowledges it."""

import datetime
import json
import subprocess
import time

from case import check, run
from rig import PATIENCE_S

DEADLINE_S = 2
STREET, DISTRICT, CITY = "demo/north/canal-street", "demo/north", "demo"
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def people():
    """The worker of the street comes in half a day from now."""
    start = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=12)
    return f"""\
schema: stillwater.people/1
people:
  - {{id: officer-1}}
  - {{id: officer-3}}
  - {{id: worker-7, hours: ['{DAYS[start.weekday()]} {start:%H}:00-{start:%H}:59'], deputies: [worker-8]}}
  - {{id: worker-8}}
areas:
  - {{grid: {CITY}, responsible: officer-1, acknowledge_s: {{red: {DEADLINE_S}}}}}
  - {{grid: {DISTRICT}, responsible: officer-3}}
  - {{grid: {STREET}, responsible: worker-7}}
"""


def config(rig, port):
    rig.path("people.yaml").write_text(people())
    return f"""\
schema: stillwater.gateway/1
city: demo
gateway: gw-1
store: {{path: {rig.store}}}
mqtt: {{host: 127.0.0.1, port: {rig.port}}}
registry: {{people: {rig.path("people.yaml")}}}
policy:
  level: {{bands_mm: {{blue: 50, yellow: 100, orange: 250, red: 400}}}}
  rise: {{lowest: off}}
subjects:
  - {{id: site-1, place: {{grid: {STREET}/cell-4}}}}
lines:
  - id: line-1
    port: {port}
    baud: 115200
    timeout_ms: 2000
    devices:
      - {{id: dev-1, unit_id: 21, profile: geolux-lx80, subject: site-1, poll_interval_ms: 500}}
"""


def sensor_line(rig):
    """A level sensor on a serial line of two terminals; the gateway's end of it."""
    ends = rig.line("line")
    rig.sensors("sensors", ends[0], "sensors:\n  - {unit_id: 21, profile: geolux-lx80, name: level, level_mm: 500}\n")
    return ends[1]


class Scene:
    def __init__(self, rig):
        self.rig = rig
        rig.broker()
        self.centre = rig.centre()
        self.config = config(rig, sensor_line(rig))
        self.gateway = rig.gateway(self.config)

    def told(self):
        return sorted(self.rig.alerts(self.centre, "level", "site-1"), key=lambda alert: alert["revision"])

    def wait_for(self, level, repeat=0):
        def reached():
            for alert in self.told():
                who = alert["escalation"]
                if (who["level"], who.get("repeat", 0)) == (level, repeat):
                    return alert
            return None

        return self.rig.wait(f"level {level}, repeat {repeat}", reached)

    def kill_gateway(self):
        self.rig.dismiss(self.gateway)
        self.gateway.kill()
        self.gateway = self.rig.gateway(self.config)


def stays_acknowledged(rig, scene, alert):
    argv = [rig.build / "gateway/centre/stillwater-centre", "acknowledge", "--broker", f"127.0.0.1:{rig.port}", "--city", "demo"]
    argv += ["--gateway", "gw-1", "--timeout", str(PATIENCE_S), "--alert", alert, "--by", "officer-1"]
    done = subprocess.run(argv, capture_output=True, text=True)
    check(done.returncode == 0, f"acknowledged: {(done.stdout + done.stderr).strip()}")
    rig.wait("the acknowledgement at the centre", lambda: scene.told()[-1]["state"] == "acknowledged")
    time.sleep(3 * DEADLINE_S)
    last = scene.told()[-1]
    check(last["state"] == "acknowledged" and "deadline" not in last["escalation"], f"nothing comes after it: {json.dumps(last)}")


def test(rig, _):
    scene = Scene(rig)
    first = scene.wait_for(0)
    check(first["colour"] == "red" and first["escalation"]["area"] == STREET, f"it begins in its street: {first['escalation']}")
    who = (first["escalation"]["responsible"], first["escalation"].get("deputy_of"))
    check(who == ("worker-8", "worker-7"), f"with the deputy of whom it is not the hour: {who}")
    check("worker-8 for worker-7 has until" in scene.centre.log(400), "the centre says who has until when")
    scene.kill_gateway()
    district = scene.wait_for(1)
    check(district["escalation"]["responsible"] == "officer-3", f"then the district: {district.get('note')}")
    scene.kill_gateway()
    time.sleep(2 * DEADLINE_S)
    scene.kill_gateway()
    check(scene.wait_for(2)["escalation"]["responsible"] == "officer-1", "then the city")
    again = scene.wait_for(2, repeat=1)
    check("alarmed again at demo (officer-1)" in again["note"], f"and the city again: {again['note']}")
    stays_acknowledged(rig, scene, first["id"])
    told = scene.told()
    check([alert["revision"] for alert in told] == list(range(1, len(told) + 1)), f"every revision came once: {len(told)}")
    steps = [(alert["escalation"]["level"], alert["escalation"].get("repeat", 0)) for alert in told if alert["state"] == "raised"]
    expected = [(0, 0), (1, 0), (2, 0)] + [(2, repeat) for repeat in range(1, len(steps) - 2)]
    check(steps == expected, f"no level was skipped or told twice: {steps}")


if __name__ == "__main__":
    run(test)
