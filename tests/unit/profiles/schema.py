"""schema.py PROFILES STILLWATER: profile.schema.json, the profiles and the loader tell the same.

All profiles fit the schema. Each case of bad.yaml changes a good profile: `stillwater profile` says exactly what is wrong,
by line and field, and the schema refuses it, too, unless only a program can know (schema: passes)."""

import pathlib
import re
import subprocess
import sys
import tempfile

import jsonschema
import json
import yaml

HERE = pathlib.Path(__file__).parent


def wrong_of(schema, text):
    try:
        return [error.message for error in schema.iter_errors(yaml.safe_load(text))]
    except yaml.YAMLError as error:
        return [str(error)]


def told_by(stillwater, folder, text):
    file = pathlib.Path(folder) / "station.yaml"
    file.write_text(text)
    run = subprocess.run([stillwater, "profile", file], capture_output=True, text=True, timeout=60)
    if run.returncode not in (0, 2):
        raise SystemExit(f"stillwater profile ended with {run.returncode}: {run.stderr}")
    return run.returncode, [line.removeprefix(f"{file}:") for line in run.stderr.splitlines()]


def check_case(schema, stillwater, folder, good, case):
    if good.count(case["replace"]) != 1:
        return [f"{case['replace']!r} is not once in the good profile"]
    text = good.replace(case["replace"], case["with"])
    status, told = told_by(stillwater, folder, text)
    problems = [f"told {line!r}, which is not expected" for line in told if line not in case["told"]]
    problems += [f"expected {line!r}, which is not told" for line in case["told"] if line not in told]
    if status != 2:
        problems.append(f"exit status {status}")
    passes = not wrong_of(schema, text)
    if passes != (case.get("schema") == "passes"):
        problems.append("the schema lets it pass" if passes else "the schema refuses it")
    return problems


def main(profiles, stillwater):
    failed = 0
    definition = json.loads((pathlib.Path(profiles) / "profile.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(definition)
    schema = jsonschema.Draft202012Validator(definition)
    files = sorted(pathlib.Path(profiles).glob("*.yaml"))
    for file in files:
        for wrong in wrong_of(schema, file.read_text()):
            print(f"{file}: {wrong}")
            failed += 1
    kinds = re.findall(r'SW_READING_KIND\(\d+, \w+, "(\w+)"', (HERE / "../../../include/stillwater/reading.def").read_text())
    if sorted(kinds) != sorted(definition["$defs"]["reading"]["enum"]):
        print("profile.schema.json: its readings are not those of reading.def")
        failed += 1
    corpus = yaml.safe_load((HERE / "bad.yaml").read_text())
    with tempfile.TemporaryDirectory() as folder:
        status, told = told_by(stillwater, folder, corpus["good"])
        if status != 0 or told or wrong_of(schema, corpus["good"]):
            print(f"the good profile is refused: {told} {wrong_of(schema, corpus['good'])}")
            failed += 1
        for case in corpus["bad"]:
            for problem in check_case(schema, stillwater, folder, corpus["good"], case):
                print(f"{case['with']!r}: {problem}")
                failed += 1
    print(f"{len(files)} profiles, {len(corpus['bad'])} bad ones")
    return 1 if failed or not files else 0


sys.exit(main(*sys.argv[1:]))
