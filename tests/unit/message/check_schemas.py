#!/usr/bin/python3
"""Checks real bodies against docs/schema/, and the schemas against the vocabulary tables.

usage: check_schemas.py SCHEMA_FOLDER MESSAGE_BODIES
"""
import collections
import copy
import json
import pathlib
import subprocess
import sys

import jsonschema

NAMES = ("alert", "status", "area", "state", "command", "command-result", "weather", "receipt", "incident", "home", "report",
         "telemetry")


def load(folder):
    validators = {}
    for name in NAMES:
        schema = json.loads((folder / f"{name}.schema.json").read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator.check_schema(schema)
        validators[name] = jsonschema.Draft202012Validator(schema)
    return validators


def enum_at(schema, path):
    for step in path.split("."):
        schema = schema["properties"][step]
        schema = schema.get("items", schema)
    return schema["enum"]


def objects_of(schema, body):
    """Every object of a body, with the schema that speaks of it."""
    yield schema, body, ()
    for name, value in body.items():
        inner = schema["properties"][name]
        if isinstance(value, dict) and "properties" in inner:
            for found_schema, found, path in objects_of(inner, value):
                yield found_schema, found, (name, *path)


def mutants(schema, body):
    """Bodies that are wrong in one place."""
    for part, found, path in objects_of(schema, body):
        def changed(edit):
            copied = copy.deepcopy(body)
            target = copied
            for step in path:
                target = target[step]
            edit(target)
            return copied

        yield "extra member", changed(lambda target: target.update(surprise=1))
        for name in part.get("required", ()):
            yield f"without {name}", changed(lambda target, n=name: target.pop(n))
        for name in found:
            yield f"{name} is null", changed(lambda target, n=name: target.update({n: None}))
            inner = part["properties"][name]
            if "enum" in inner or "const" in inner:
                yield f"{name} is another word", changed(lambda target, n=name: target.update({n: "surprise"}))


def main():
    validators = load(pathlib.Path(sys.argv[1]))
    output = subprocess.run([sys.argv[2]], check=True, capture_output=True).stdout.decode("utf-8")
    counts = collections.Counter()
    seen = collections.defaultdict(set)
    problems = []
    for line in output.splitlines():
        what, text = line.split("\t", 1)
        value = json.loads(text)
        counts[what] += 1
        if what == "vocabulary":
            name, path = value["path"].split(":")
            expected = {word for word in value["names"] if word}
            found = set(enum_at(validators[name].schema, path))
            if found != expected:
                problems.append(f"{name}.schema.json {path}: {sorted(found ^ expected)} only in one of schema and table")
        elif what in ("taken", "refused"):
            if validators["command"].is_valid(value) != (what == "taken"):
                problems.append(f"the decoder has {what} what the schema has not: {text}")
        else:
            for error in validators[what].iter_errors(value):
                problems.append(f"{what}: {error.json_path}: {error.message}: {text}")
            if what == "alert":
                seen["alert"].add((value["kind"], value["state"]))
            if counts[what] <= 40:
                for change, mutant in mutants(validators[what].schema, value):
                    counts["mutants"] += 1
                    if validators[what].is_valid(mutant):
                        problems.append(f"{what} schema lets pass: {change}: {json.dumps(mutant)}")
        if len(problems) > 10:
            break

    schema = validators["alert"].schema
    expected = len(enum_at(schema, "kind")) * len(enum_at(schema, "state"))
    if len(seen["alert"]) != expected:
        problems.append(f"only {len(seen['alert'])} of {expected} kinds and states were tried")
    for what, least in (("alert", 6000), ("status", 9), ("area", 300), ("state", 100), ("command", 9), ("command-result", 20), ("weather", 4), ("receipt", 2), ("report", 20), ("incident", 100), ("home", 60), ("telemetry", 40),
                        ("vocabulary", 14),
                        ("taken", 5), ("refused", 25), ("mutants", 1000)):
        if counts[what] < least:
            problems.append(f"only {counts[what]} lines of {what}")
    for problem in problems:
        print(problem)
    print(dict(counts))
    return 1 if problems else 0


sys.exit(main())
