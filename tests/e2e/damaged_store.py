#!/usr/bin/python3
"""Both files of a stopped gateway's store are damaged: it starts, sets them aside, and the centre is told what is lost."""

import contextlib
import sqlite3

from case import check, run


def config(rig):
    return (
        f"schema: stillwater.gateway/1\ncity: demo\ngateway: gw-1\nstore: {{path: {rig.store}}}\n"
        f"mqtt: {{host: 127.0.0.1, port: {rig.port}}}\npolicy: {{silent: {{bus_s: 1, level_s: 86400}}}}\n"
        f"subjects:\n  - {{id: site-1}}\nlines:\n  - id: line-1\n    port: {rig.path('no-port')}\n    devices:\n"
        f"      - {{id: dev-1, unit_id: 1, profile: geolux-lx80, subject: site-1}}\n"
    )


def damage(path):
    with open(path, "r+b") as file:
        file.seek(100)
        file.write(b"\xff" * 2000)


def test(rig, _):
    rig.broker()
    centre = rig.centre()
    gateway = rig.gateway(config(rig))
    rig.wait("an alert of the line", lambda: rig.alerts(centre, "bus_silent", "line-1"))
    gateway.stop()
    rig.dismiss(gateway)
    readings = rig.store.with_name(rig.store.name + "-readings")
    damage(rig.store)
    damage(readings)
    rig.gateway(config(rig), "gateway-again")

    def told():
        alerts = rig.alerts(centre, "store_damaged", "gw-1", "raised")
        named = {alert.get("note", "").split(" is damaged")[0] for alert in alerts}
        return named == {str(rig.store), str(readings)} and alerts

    alerts = rig.wait("an alert that names both files", told)
    check(len({a["id"] for a in alerts}) == 1 and alerts[-1]["colour"] == "orange", "one orange alert names both files")
    rig.wait("the line's alert once more", lambda: len({a["id"] for a in rig.alerts(centre, "bus_silent", "line-1")}) == 2)
    check(len(list(rig.store.parent.glob("*.corrupt-*"))) == 2, "both were set aside, and the new store works")
    with contextlib.closing(sqlite3.connect(rig.store)) as store:
        why = store.execute("SELECT why FROM trail WHERE sequence = 1").fetchone()[0]
    check(".corrupt-" in why, f"its trail begins with it: {why}")


if __name__ == "__main__":
    run(test)
