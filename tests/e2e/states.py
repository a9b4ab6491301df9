#!/usr/bin/python3
"""Whoever comes late finds what is open on retained topics: after a restart of the broker, of the gateway, and of a
gateway that watches less than before. What is over is found no more.

No sensors: lines whose ports do not exist raise an alert each.
"""

import json
import subprocess

from case import check, run

START = "stillwater/demo/gw-1/state/"


def config(rig, lines):
    text = "".join(
        f"  - id: line-{i}\n    port: {rig.path(f'no-port-{i}')}\n    devices:\n"
        f"      - {{id: dev-{i}, unit_id: 1, profile: geolux-lx80, subject: site-{i}}}\n"
        for i in lines
    )
    subjects = "".join(f"  - {{id: site-{i}}}\n" for i in lines)
    return (
        f"schema: stillwater.gateway/1\ncity: demo\ngateway: gw-1\nstore: {{path: {rig.store}}}\n"
        f"mqtt: {{host: 127.0.0.1, port: {rig.port}, done_on: puback}}\n"
        f"policy: {{silent: {{bus_s: 1, level_s: 86400}}}}\nsubjects:\n{subjects}lines:\n{text}"
    )


def retained(rig):
    """Subject: state, as a client that connects now is told."""
    argv = ["mosquitto_sub", "-V", "5", "-p", str(rig.port), "-q", "1", "-t", START + "#", "--retained-only", "-W", "1"]
    out = subprocess.run([*argv, "-F", "%t %p"], capture_output=True, text=True).stdout
    rows = [line.split(" ", 1) for line in out.splitlines() if line.startswith(START)]
    return {topic.removeprefix(START): json.loads(body) for topic, body in rows}


def wait_for(rig, what, subjects):
    """What is retained once it is of exactly these subjects."""
    return rig.wait(what, lambda: (found := retained(rig)) and set(found) == set(subjects) and found)


def command(rig, verb, alert):
    body = {"schema": "stillwater.command/1", "command": verb, "alert": alert, "by": "officer-1"}
    argv = ["mosquitto_pub", "-V", "5", "-p", str(rig.port), "-q", "1", "-t", "stillwater/demo/gw-1/command"]
    subprocess.run([*argv, "-m", json.dumps(body)], check=True)


def kill(rig, part):
    rig.dismiss(part)
    part.kill()


def test(rig, _):
    broker = rig.broker(persistence=False)
    gateway = rig.gateway(config(rig, range(3)))
    found = wait_for(rig, "the states of three lines", ["line-0", "line-1", "line-2"])
    first = found["line-0"]["alerts"][0]
    check((first["kind"], first["state"], first["revision"]) == ("bus_silent", "raised", 1), f"line-0 has an open alert: {first}")

    kill(rig, broker)
    rig.broker(persistence=False)
    again = wait_for(rig, "the states at a broker that has forgotten all", found)
    check(again["line-0"]["alerts"] == found["line-0"]["alerts"], "the broker is told the same as before")

    command(rig, "acknowledge", first["id"])
    rig.wait("the acknowledgement", lambda: retained(rig)["line-0"]["alerts"][0]["state"] == "acknowledged")
    command(rig, "resolve", found["line-1"]["alerts"][0]["id"])
    wait_for(rig, "line-1 to be taken away", ["line-0", "line-2"])

    kill(rig, gateway)
    check(set(retained(rig)) == {"line-0", "line-2"}, "a killed gateway leaves its states")
    rig.gateway(config(rig, range(2)))
    found = wait_for(rig, "line-2, watched no longer, to be taken away", ["line-0"])
    alert = found["line-0"]["alerts"][0]
    check((alert["id"], alert["state"], alert["actor"]) == (first["id"], "acknowledged", "officer-1"), f"line-0 is as it was: {alert}")
    check(alert["headline"] == first["headline"], "headline and all")


if __name__ == "__main__":
    run(test)
