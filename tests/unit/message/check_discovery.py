#!/usr/bin/python3
"""Holds what the gateway tells Home Assistant to the rules of its MQTT integration, as its documentation has them for
the discovery of a device. Home Assistant itself is not installed here: this is written from the rules alone, and the
templates are filled in by the template language it uses.

usage: check_discovery.py DISCOVERY_BODIES
"""
import datetime
import json
import re
import subprocess
import sys

import jinja2

ROOT = {"device", "origin", "components", "state_topic", "qos", "availability_topic", "availability_template"}
COMMON = {"platform", "name", "unique_id", "device_class", "entity_category", "value_template", "json_attributes_topic"}
MEMBERS = {"binary_sensor": COMMON, "sensor": COMMON | {"unit_of_measurement", "state_class", "options"}}
CLASSES = {"binary_sensor": {"problem"}, "sensor": {"enum", "timestamp"}}
DEVICE = {"identifiers", "name", "manufacturer", "model"}


def filled(template, value):
    return jinja2.Environment(undefined=jinja2.StrictUndefined).from_string(template).render(value_json=value)


def check_config(topic, config, uniques):
    """Everything about one device that is wrong."""
    if not re.fullmatch(r"homeassistant/device/[a-zA-Z0-9_-]+/[a-zA-Z0-9_-]+/config", topic):
        yield f"topic {topic}"
    if set(config) != ROOT or not set(config["device"]) <= DEVICE or not config["device"]["identifiers"]:
        yield f"members {sorted(config)} {sorted(config['device'])}"
    if "name" not in config["origin"]:
        yield "the origin has no name"
    for name, component in config["components"].items():
        platform = component.get("platform")
        if platform not in MEMBERS or not set(component) <= MEMBERS[platform]:
            yield f"{name}: {component}"
            continue
        if not component.get("unique_id") or component["unique_id"] in uniques:
            yield f"{name}: unique_id {component.get('unique_id')}"
        uniques.add(component["unique_id"])
        kind = component.get("device_class")
        if kind and kind not in CLASSES[platform]:
            yield f"{name}: device_class {kind}"
        if component.get("entity_category", "diagnostic") not in ("diagnostic", "config"):
            yield f"{name}: entity_category"
        if (kind == "enum") != ("options" in component) or (kind == "enum" and "state_class" in component):
            yield f"{name}: options go with enum, and state_class does not"
    for state, available in (("online", "online"), ("offline", "offline"), ("stopped", "offline")):
        if filled(config["availability_template"], {"state": state}) != available:
            yield f"availability of {state}"


def check_state(config, topic, state):
    """What the entities would show of a state; "None" is how a template says that it is not known."""
    if topic != config["state_topic"]:
        yield f"{topic} is not the state topic"
    shown = {name: filled(c["value_template"], state) for name, c in config["components"].items()}
    if shown["problem"] != ("ON" if state["problem"] else "OFF") or shown["drill"] != ("ON" if state["drill"] else "OFF"):
        yield f"a binary sensor shows {shown}"
    if shown["state"] not in config["components"]["state"]["options"]:
        yield f"{shown['state']} is none of the options"
    if "last_use" in state and datetime.datetime.fromisoformat(shown["last_use"].replace("Z", "+00:00")).tzinfo is None:
        yield f"a timestamp without a zone: {shown['last_use']}"
    if "last_use" not in state and shown["last_use"] != "None":
        yield f"last use shows {shown['last_use']}"
    if shown["coverage"] != (str(state["coverage_pct"]) if "coverage_pct" in state else "None"):
        yield f"coverage shows {shown['coverage']}"


def main():
    output = subprocess.run([sys.argv[1]], check=True, capture_output=True, text=True).stdout
    lines = [line.split("\t") for line in output.splitlines()]
    problems, topics, uniques, states = [], set(), set(), 0
    for topic, body in lines:
        body = json.loads(body)
        if topic.startswith("homeassistant/"):
            config = body
            problems += [f"{topic}: {wrong}" for wrong in check_config(topic, config, uniques)]
            problems += [f"{topic} twice"] if topic in topics else []
            topics.add(topic)
        else:
            states += 1
            problems += [f"{topic}: {wrong}" for wrong in check_state(config, topic, body)]
    if len(topics) < 5 or states < 10 or len(uniques) != 5 * len(topics):
        problems.append(f"only {len(topics)} devices, {states} states, {len(uniques)} entities")
    print(*problems, sep="\n")
    return 1 if problems else 0


sys.exit(main())
