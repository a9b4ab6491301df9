#!/usr/bin/python3
"""The disk fills up under a gateway: the centre is told, alerts still go out, and the trail stands up to a check.

A file system of its own, of some megabytes, is the disk; lines without ports raise alerts, feedback makes rows.
"""

import contextlib
import json
import os
import sqlite3
import subprocess
import sys

from case import check, run

SKIPPED = 77
LINES = 2
DISK_MB = 12


def config(rig):
    lines = "".join(
        f"  - id: line-{i}\n    port: {rig.path(f'no-port-{i}')}\n    devices:\n"
        f"      - {{id: dev-{i}, unit_id: 1, profile: geolux-lx80, subject: site-{i}}}\n"
        for i in range(LINES)
    )
    subjects = "".join(f"  - {{id: site-{i}}}\n" for i in range(LINES))
    return (
        f"schema: stillwater.gateway/1\ncity: demo\ngateway: gw-1\nstore: {{path: {rig.store}, reserve_mb: 2}}\n"
        f"mqtt: {{host: 127.0.0.1, port: {rig.port}, resend_after_s: 1, resend_after_max_s: 2}}\n"
        f"policy: {{silent: {{bus_s: 1, level_s: 86400}}}}\nsubjects:\n{subjects}lines:\n{lines}"
    )


@contextlib.contextmanager
def small_disk(rig):
    disk = rig.path("disk")
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "stillwater", disk], capture_output=True).returncode:
        print("mounting a small file system is not permitted here")
        sys.exit(SKIPPED)
    rig.store = disk / "gateway.db"
    try:
        yield disk
    finally:
        for part in reversed(rig.parts):
            part.stop(timeout=5)
        subprocess.run(["umount", disk], check=True)


def fill(disk):
    """Another program's file takes all there is."""
    with open(disk / "others", "wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    return os.statvfs(disk).f_bavail


def command(rig, **members):
    body = {"schema": "stillwater.command/1", "by": "officer-1", **members}
    argv = ["mosquitto_pub", "-V", "5", "-h", "127.0.0.1", "-p", str(rig.port), "-q", "1"]
    subprocess.run([*argv, "-t", "stillwater/demo/gw-1/command", "-m", json.dumps(body)], check=True)


def statuses(rig, centre):
    return [m for m in rig.messages(centre) if m["schema"].startswith("stillwater.status/") and m["state"] == "online"]


def audit(rig, *words, store=None):
    argv = [rig.build / "gateway/cli/stillwater", "audit", words[0], "--store", store or rig.store, *words[1:]]
    done = subprocess.run(argv, capture_output=True, text=True)
    return done.returncode, done.stdout


def the_disk_fills_up(rig, centre, disk):
    rig.wait("an alert of each line", lambda: len(rig.alerts(centre, "bus_silent")) == LINES)
    first, second = sorted({a["id"] for a in rig.alerts(centre, "bus_silent")})
    check(fill(disk) == 0, "the disk is full to the last block")

    def told():
        command(rig, command="feedback", alert=first, outcome="false_alarm", note="x" * 250)
        return rig.alerts(centre, "store_full", "gw-1", "raised")

    full = rig.wait("the alert of the full disk", told, interval=0)[0]
    check(full["colour"] == "orange" and full["evidence"]["rule"] == "disk_full", f"the centre is told: {full['headline']}")
    command(rig, command="dispatch", alert=second)
    rig.wait("a dispatch while it is full", lambda: rig.alerts(centre, "bus_silent", state="dispatched"))
    rig.wait("receipts for all", lambda: rig.query("SELECT count(*) FROM outbox")[0][0] == 0)
    check(not any(m.get("unstored") for m in rig.messages(centre)), "alerts go out while the disk is full, stored and receipted")
    rig.wait("a status that says so", lambda: "the disk is full" in statuses(rig, centre)[-1].get("trouble", ""))
    return full["id"]


def the_trail_is_whole(rig, centre, alert):
    head = statuses(rig, centre)[-1]["trail"]
    status, said = audit(rig, "verify", "--head", head)
    check(status == 0, f"the trail holds against the head the centre kept: {said.split()[1]} rows")
    status, said = audit(rig, "show", "--alert", alert)
    check(status == 0 and "the gateway" in said and "cleared green" in said, "and tells the alert's steps")
    copy = rig.path("copy.db")
    with contextlib.closing(sqlite3.connect(rig.store)) as store, contextlib.closing(sqlite3.connect(copy)) as changed:
        store.backup(changed)
        changed.execute("UPDATE alerts SET note = 'nothing' WHERE alert_id = ? AND revision = 1", (alert,))
        changed.commit()
    status, said = audit(rig, "verify", store=copy)
    check(status == 1 and "BROKEN" in said, "a note that was changed behind its back shows")


def test(rig, _):
    rig.broker()
    centre = rig.centre()
    with small_disk(rig) as disk:
        rig.gateway(config(rig))
        alert = the_disk_fills_up(rig, centre, disk)
        (disk / "others").unlink()
        rig.wait("the end of the alert", lambda: rig.alerts(centre, "store_full", "gw-1", "cleared"))
        the_trail_is_whole(rig, centre, alert)


if __name__ == "__main__":
    run(test)
