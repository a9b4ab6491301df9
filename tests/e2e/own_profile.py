#!/usr/bin/python3
"""The example of docs/profile-author.md from end to end: played, read, and known again after a restart, when another device
stands in its place."""

import json
import pathlib
import re

from case import check, run
from rig import ROOT

PROFILE = "wika-a10"
SUBJECT = "site-7"


def guide_example():
    return re.search(r"```yaml\n(.*?)```", (ROOT / "docs/profile-author.md").read_text(), re.DOTALL).group(1)


def config(rig, profiles, port, identity=""):
    key = f", identity: {identity}" if identity else ""
    return f"""\
schema: stillwater.gateway/1
city: demo
gateway: gw-1
store: {{path: {rig.store}}}
mqtt: {{host: 127.0.0.1, port: {rig.port}, telemetry: sites}}
profiles: {profiles}
subjects:
  - {{id: {SUBJECT}}}
lines:
  - id: line-1
    port: {port}
    devices:
      - {{id: shaft-7, unit_id: 5, profile: {PROFILE}, subject: {SUBJECT}, poll_interval_ms: 500{key}}}
"""


def start_curves(rig):
    argv = ["stdbuf", "-oL", "mosquitto_sub", "-d", "-V", "5", "-h", "127.0.0.1", "-p", str(rig.port)]
    curves = rig.start("curves", [*argv, "-t", "stillwater/demo/gw-1/telemetry/site", "-F", "MESSAGE\t%p"])
    rig.wait("the subscription", lambda: "Subscribed" in curves.log(100))
    return curves


def values(curves):
    """Every value that was told; what is missing has none."""
    lines = curves.log_path.read_text().split("\n")[:-1]
    bodies = [json.loads(line.split("\t")[1]) for line in lines if line.startswith("MESSAGE\t")]
    readings = [reading for body in bodies for sample in body["samples"] for reading in sample["readings"]]
    return [(reading["kind"], reading["value"]) for reading in readings if "value" in reading]


def test(rig, _options):
    profiles = pathlib.Path(rig.path("profiles"))
    profiles.mkdir()
    (profiles / f"{PROFILE}.yaml").write_text(guide_example())
    near, far = rig.line("shaft")
    scenario = f"sensors:\n  - {{unit_id: 5, profile: {PROFILE}, name: shaft, pressure_mpa: 0.21, temperature_c: 9.5, meter_number: 4711}}\n"
    sensors = rig.sensors("sensors", far, scenario, "--profiles", profiles)
    rig.broker()
    curves = start_curves(rig)

    gateway = rig.gateway(config(rig, profiles, near))
    found = rig.wait("readings of the simulated device", lambda: values(curves))
    check(set(found) == {("pressure_kpa", 210), ("temperature_c", 9.5)}, f"they are what is played: {set(found)}")
    identity = re.search("shaft-7: unit 5 has identity (.*)", gateway.log(100)).group(1)
    check(identity == "0000 1267", f"the log says which device it is: {identity}")
    check(gateway.stop() == 0, "the gateway ends with status 0")
    rig.dismiss(gateway)

    rig.tell(sensors, "{sensor: shaft, meter_number: 4712, pressure_mpa: 0.5}")
    gateway = rig.gateway(config(rig, profiles, near, identity), name="restarted")
    warning = "shaft-7: another device answers at unit 5: identity 0000 1268 instead of 0000 1267"
    rig.wait("another device after the restart", lambda: warning in gateway.log(100))

    rig.tell(sensors, "{sensor: shaft, meter_number: 4711, pressure_mpa: 0.22}")
    rig.wait("readings of the device that is meant", lambda: ("pressure_kpa", 220) in values(curves))
    check("the known device answers again at unit 5" in gateway.log(100), "which is told, too")
    check(("pressure_kpa", 500) not in values(curves), "those of the other were not taken")
    check(gateway.stop() == 0, "the gateway ends with status 0")


if __name__ == "__main__":
    run(test)
