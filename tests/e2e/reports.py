#!/usr/bin/python3
"""What a worker and citizens report: it opens an alert, is told of a sensor's that comes later, confirms it, and all of it
outlives a kill of the gateway; with each alert what is near it."""

import json
import subprocess

from case import check, run
from rig import PATIENCE_S

CELL = "demo/north/canal-street/cell-5"
HERE = (31.3001, 120.5871)
SECRET = "red-bicycle-at-the-fence"

PLACES = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [longitude, latitude]},
            "properties": {"id": name, "kind": kind, **more},
        }
        for name, kind, latitude, longitude, more in (
            ("cam-17", "camera", 31.3005, 120.5871, {}),
            ("cam-99", "camera", 31.3101, 120.5871, {}),
            ("school-3", "shelter", 31.3051, 120.5871, {"name": "Mill School", "capacity": 200}),
        )
    ],
}


def config(rig, port):
    rig.path("places.geojson").write_text(json.dumps(PLACES))
    return f"""\
schema: stillwater.gateway/1
city: demo
gateway: gw-1
store: {{path: {rig.store}}}
mqtt: {{host: 127.0.0.1, port: {rig.port}}}
registry: {{places: {rig.path("places.geojson")}}}
reports: {{areas: [demo/north], per_reporter: 3}}
policy:
  level: {{bands_mm: {{blue: 50, yellow: 100, orange: 250, red: 400}}}}
  rise: {{lowest: off}}
subjects:
  - {{id: site-1, place: {{latitude: {HERE[0]}, longitude: {HERE[1]}, grid: {CELL}}}}}
lines:
  - id: line-1
    port: {port}
    baud: 115200
    timeout_ms: 2000
    devices:
      - {{id: dev-1, unit_id: 21, profile: geolux-lx80, subject: site-1, poll_interval_ms: 500}}
"""


def sensor_line(rig):
    """A level sensor on a serial line of two terminals; it, and the gateway's end of the line."""
    ends = rig.line("line")
    part = rig.sensors("sensors", ends[0], "sensors:\n  - {unit_id: 21, profile: geolux-lx80, name: level, level_mm: 20}\n")
    return part, ends[1]


def report(rig, *options, at=HERE, kind="flood", source="worker", by="worker-7"):
    """Runs stillwater-centre; its exit status and what it said."""
    argv = [rig.build / "gateway/centre/stillwater-centre", "report", "--broker", f"127.0.0.1:{rig.port}", "--city", "demo"]
    argv += ["--kind", kind, f"--at={at[0]},{at[1]}", "--grid", CELL, "--source", source, "--by", by]
    argv += ["--portal", "portal-1"] if source == "citizen" else []
    done = subprocess.run([*map(str, argv), *options, "--timeout", str(PATIENCE_S)], capture_output=True, text=True)
    return done.returncode, (done.stdout + done.stderr).strip()


def newest(rig, centre, kind):
    return rig.alerts(centre, kind)[-1]


def open_one(rig, centre):
    status, said = report(rig, "--id", "r-1", "--text", SECRET, source="citizen", by="c-1")
    check((status, said) == (0, "report r-1: taken"), f"a citizen's report is taken: {said}")
    alert = rig.wait("an alert of its own", lambda: rig.alerts(centre, "reported", state="raised"))[0]
    check((alert["colour"], alert["certainty"]) == ("yellow", "Possible"), f"yellow, by one citizen: {alert}")
    check(alert["place"]["latitude"] == HERE[0], f"at the place of the report: {alert['place']}")
    near = [(place["kind"], place["id"]) for place in alert["near"]]
    check(near == [("camera", "cam-17"), ("shelter", "school-3")], f"with what is near it: {alert['near']}")
    check(40 <= alert["near"][0]["distance_m"] <= 50, f"and how far: {alert['near'][0]}")
    rig.wait("the same in the sentence", lambda: "near: camera cam-17 44 m" in centre.log(100))
    return alert["id"]


def kill_gateway(rig, gateway, text):
    rig.dismiss(gateway)
    gateway.kill()
    connected = gateway.log(10000).count("mqtt: connected")
    again = rig.gateway(text)
    rig.wait("the gateway to connect again", lambda: again.log(10000).count("mqtt: connected") > connected)
    return again


def confirm(rig, centre, alert):
    status, said = report(rig, "--id", "r-1", source="citizen", by="c-1")
    check((status, said) == (0, "report r-1: taken"), f"the same report once more: {said}")
    status, said = report(rig, "--id", "r-2", source="citizen", by="c-2")
    check(status == 0, f"a second citizen: {said}")
    rig.wait("orange", lambda: newest(rig, centre, "reported")["colour"] == "orange")
    check(newest(rig, centre, "reported")["revision"] == 2, "one more revision, by the second of them alone")
    status, said = report(rig, "--id", "r-3", "--colour", "red", "--text", "knee-deep")
    check((status, said) == (0, f"report r-3: confirms alert {alert}"), f"a worker confirms it: {said}")
    rig.wait("red", lambda: newest(rig, centre, "reported")["colour"] == "red")
    told = newest(rig, centre, "reported")
    check((told["certainty"], told["actor"], told["note"]) == ("Observed", "worker-7", "knee-deep"), f"as the worker said: {told}")
    check((told["reports"]["workers"], told["reports"]["citizens"]) == (1, 2), f"and all are counted: {told['reports']}")


def sensor_follows(rig, centre, sensors, alert):
    rig.tell(sensors, "{sensor: level, level_mm: 300}")
    level = rig.wait("the sensor's alert", lambda: rig.alerts(centre, "level", "site-1", "raised"))[0]
    rig.wait("the link", lambda: newest(rig, centre, "reported")["reports"]["sensors"] == 1)
    check(level["id"] in newest(rig, centre, "reported")["note"], "the reported alert names the sensor's")
    check(newest(rig, centre, "reported")["id"] == alert, "and is the same alert still")
    status, said = report(rig, "--id", "r-4", kind="all_clear")
    check(status == 0 and "speaks against alert" in said, f"a worker who finds nothing: {said}")
    check([a["state"] for a in rig.alerts(centre, "level")] == ["raised"] * len(rig.alerts(centre, "level")), "clears nothing")


def refusals(rig):
    status, said = report(rig, "--id", "r-5")
    check(status == 0, f"the third of the hour: {said}")
    status, said = report(rig, "--id", "r-6")
    expected = "refused (BUSY): by: has reported too often within an hour"
    check((status, said) == (1, expected), f"who reports too often is told: {said}")
    status, said = report(rig, "--id", "r-7", at=(10, 10), kind="leak", by="worker-8")
    check(status == 0 and said.startswith("report r-7: opens alert gw-1.reported.reported-2."), f"elsewhere in our area: {said}")


def test(rig, _options):
    rig.broker()
    centre = rig.centre()
    sensors, port = sensor_line(rig)
    text = config(rig, port)
    gateway = rig.gateway(text)
    rig.wait("the gateway to connect", lambda: "mqtt: connected" in gateway.log(100))
    alert = open_one(rig, centre)
    gateway = kill_gateway(rig, gateway, text)
    confirm(rig, centre, alert)
    sensor_follows(rig, centre, sensors, alert)
    refusals(rig)
    check(SECRET not in gateway.log(100000), "what a citizen wrote is in no log")
    check(SECRET not in centre.json.read_text(), "and on no topic")
    check(rig.query("SELECT text FROM reports WHERE report_id = 'r-1'") == [(SECRET,)], "it is in the store")
    check(gateway.stop() == 0, "the gateway ends with status 0")
    rig.dismiss(gateway)


if __name__ == "__main__":
    run(test)
