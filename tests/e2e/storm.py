#!/usr/bin/python3
"""A storm from end to end: watch by hand, one incident of two sensors over a power cut, the board, and the report
afterwards."""

import datetime
import json
import subprocess

from case import check, run
from people import in_an_hour, statuses, tell
from town import COVER, RIVER, Town


def incidents(rig, town):
    return [m for m in rig.messages(town.centre) if m["schema"] == "stillwater.incident/1"]


def watch(rig, town):
    status, said = tell(rig, "calm", "--by", "officer-1")
    check((status, said) == (1, "refused (NOT_PERMITTED): storm watch is not on"), f"there is none to end: {said}")
    status, said = tell(rig, "storm", "--until", in_an_hour(), "--by", "officer-1")
    check(status == 0 and said.startswith("accepted: gw-1: storm watch until 20"), f"on by hand: {said}")
    on = rig.wait("storm watch in the status", lambda: [m for m in statuses(rig, town) if m.get("storm")])[0]
    check(on["storm"]["why"] == "by_hand", f"all can see it: {on['storm']}")


def flood(rig, town):
    rig.tell(town.drain_sensors, "{sensor: river, level_mm: 300}")
    rig.tell(town.drain_sensors, "{sensor: cover, open: true, tilt_deg: 40}")
    first = rig.wait("the incident", lambda: [m for m in incidents(rig, town) if m["state"] == "open"])[0]
    check(first["area"].startswith("demo/north/canal-street"), f"it says where: {first}")
    town.gateway.kill()
    rig.dismiss(town.gateway)
    before = len(incidents(rig, town))
    town.start_gateway()
    rig.tell(town.drain_sensors, "{sensor: river, level_mm: 450}")
    red = rig.wait("it in red", lambda: [m for m in incidents(rig, town)[before:] if m["colour"] == "red"])[0]
    check(red["id"] == first["id"] and red["revision"] > first["revision"], "one incident over the power cut")
    check({member["subject"] for member in red["members"]} == {RIVER, COVER}, f"of both sensors: {red['members']}")
    worse = rig.wait("the red alert", lambda: [m for m in rig.alerts(town.centre, "level", RIVER) if m["colour"] == "red"])
    check(worse[0].get("incident") == first["id"], "and the alert names it")
    sql = "SELECT count(*) FROM readings WHERE subject = ? AND value_milli >= 449000"
    rig.tell(town.drain_sensors, "{sensor: river, level_mm: 452}")
    rig.wait("the peak read twice", lambda: rig.query(sql, RIVER)[0][0] > 1)
    on = rig.wait("the status after it", lambda: statuses(rig, town)[-1].get("storm"))
    check(on["why"] == "by_hand", "storm watch goes on, too")


def board(rig):
    """The officer who sits down now sees it, without having heard any of it."""
    centre = rig.build / "gateway/centre/stillwater-centre"
    words = ["board", "--once", "--broker", f"127.0.0.1:{rig.port}", "--timeout", "10"]
    shown = subprocess.run([centre, *words], capture_output=True, text=True, check=True).stdout
    lines = shown.splitlines()
    worst = next(i for i, line in enumerate(lines) if line.startswith("COLOUR")) + 1
    check(any(line.startswith("STORM WATCH: ") and "by hand" in line for line in lines), f"storm watch is told:\n{shown}")
    check(any(line.startswith("INCIDENT: ") and ": red, " in line for line in lines), f"and the incident:\n{shown}")
    check(lines[worst].split()[0] == "red" and RIVER in lines[worst], f"the river is the worst:\n{shown}")
    check("north/canal-street" in lines[worst], f"with its place:\n{shown}")


def report(rig, begin):
    end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=1)
    page = rig.path("report.html")
    stillwater = rig.build / "gateway/cli/stillwater"
    words = ["--config", rig.path("gateway.yaml"), "--store", rig.store]
    out = subprocess.run([stillwater, "report", *words, "--from", begin.isoformat(), "--to", end.isoformat(), "--json",
                          "--html", page], capture_output=True, text=True, check=True).stdout
    told = json.loads(out)
    river = next(sensor for sensor in told["sensors"] if sensor["subject"] == RIVER)
    check(450 <= river["peak_mm"] <= 452 and river["band"] == "red" and not river["missed"], f"the report has its peak: {river}")
    check(page.read_text().count("<svg viewBox") == 2, "and draws both levels")
    ready = subprocess.run([stillwater, "readiness", *words, "--days", "1", "--json"], capture_output=True, text=True)
    told = json.loads(ready.stdout)
    check(len(told["sensors"]) == 6, f"readiness looks at all sensors: {len(told['sensors'])}")


def test(rig, _options):
    begin = datetime.datetime.now(datetime.timezone.utc)
    town = Town(rig)
    town.wait_for_readings()
    watch(rig, town)
    flood(rig, town)
    board(rig)
    report(rig, begin)
    check(town.stop_gateway() == 0, "the gateway ends with status 0")


if __name__ == "__main__":
    run(test)
