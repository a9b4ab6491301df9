#!/usr/bin/python3
"""Checks CAP messages against docs/schema/cap-1.2.xsd, against what the standard says beyond a schema, and against the
JSON bodies they were made from.

usage: check_cap.py XSD CAP_BODIES
"""
import collections
import json
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET

CAP = "{urn:oasis:names:tc:emergency:cap:1.2}"
NOTES = {"quiet", "slow_change", "first_use", "back"}
PUBLIC = {"level", "level_soon"}
WITH_CIRCLE = PUBLIC | {"cover_open"}


def text(element, path):
    return element.findtext("/".join(CAP + step for step in path.split("/")))


def says_wrong(cap, body, earlier):
    """What the standard asks for in words, and whether both bodies say the same."""
    info = cap.find(CAP + "info")
    open_ = body["state"] not in ("cleared", "resolved", "expired")
    references = (text(cap, "references") or "").split()
    area = info.find(CAP + "area")
    public = text(cap, "scope") == "Public"
    path = (body.get("place", {}).get("grid") or body["city"]).replace("\ufffe", "?")
    street = path.rsplit("/", 1)[0]
    located = body["kind"] in WITH_CIRCLE
    seconds = lambda time: time[:19] + "+00:00"
    yield "identifier", text(cap, "identifier") == f"{body['id']}.{body['revision']}"
    yield "sent", text(cap, "sent") == seconds(body["updated_at"])
    yield "onset, expires", (text(info, "onset"), text(info, "expires")) == (seconds(body["onset"]), seconds(body["expires"]))
    yield "msgType", text(cap, "msgType") == ("Alert" if earlier == 0 else "Update" if open_ else "Cancel")
    yield "references where it updates or cancels", (len(references) > 0) == (text(cap, "msgType") != "Alert")
    yield "references name each revision before, oldest first", [r.split(",")[1] for r in references] == [
        f"{body['id']}.{n}" for n in range(body["revision"] - earlier, body["revision"])]
    yield "references of the same sender", all(r.split(",")[0] == text(cap, "sender") for r in references)
    yield "references are dated as CAP is", all(
        re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", r.split(",")[2]) for r in references)
    yield "status", text(cap, "status") == ("Exercise" if body.get("drill") else "Actual")
    yield "a drill's note", (text(cap, "note") or "").startswith("DRILL") == bool(body.get("drill"))
    yield "a drill's headline", text(info, "headline").startswith("DRILL: ") == bool(body.get("drill"))
    yield "scope", public == (body["kind"] in PUBLIC)
    yield "restriction where restricted", (text(cap, "restriction") is not None) == (text(cap, "scope") == "Restricted")
    yield "addresses where private", text(cap, "scope") != "Private"
    yield "severity, urgency, certainty", all(text(info, n) == body[n] for n in ("severity", "urgency", "certainty"))
    yield "headline", text(info, "headline") == body["headline"]
    yield "coordinates of water and covers alone", (area.find(CAP + "circle") is not None) == (located and "place" in body)
    yield "areaDesc", text(area, "areaDesc") == (path if located else street)
    yield "geocode", text(area, "geocode/value") == text(area, "areaDesc")
    yield "nobody's note", "Jane" not in ET.tostring(cap, "unicode")
    if area.find(CAP + "circle") is not None:
        latitude, longitude = map(float, text(area, "circle").split()[0].split(","))
        yield "circle", abs(latitude - body["place"]["latitude"]) < 1e-5 and abs(longitude - body["place"]["longitude"]) < 1e-5


def valid(xsd, messages):
    """For each message whether xmllint takes it."""
    with tempfile.TemporaryDirectory() as folder:
        names = []
        for number, message in enumerate(messages):
            names.append(f"{folder}/{number}.xml")
            with open(names[-1], "w", encoding="utf-8") as file:
                file.write(message)
        told = subprocess.run(["xmllint", "--noout", "--nonet", "--schema", xsd, *names], capture_output=True, text=True)
        return [f"{name} validates" in told.stderr for name in names], told.stderr


def mutants(message):
    """Messages that are wrong in one place."""
    for element in ("identifier", "sender", "sent", "status", "msgType", "scope"):
        yield re.sub(f"<{element}>.*?</{element}>", "", message, count=1)
    for element in ("category", "event", "urgency", "severity", "certainty", "areaDesc"):
        yield re.sub(f"<{element}>.*?</{element}>", "", message, count=1)
    for element in ("status", "msgType", "scope", "category", "urgency", "severity", "certainty"):
        yield re.sub(f"<{element}>.*?</{element}>", f"<{element}>Surprise</{element}>", message, count=1)
    for element in ("sent", "onset", "expires"):
        yield re.sub(f"<{element}>(.*?)\\+00:00<", f"<{element}>\\1Z<", message, count=1)
        yield re.sub(f"<{element}>(.*?)\\+00:00<", f"<{element}>\\1.123+00:00<", message, count=1)
    yield message.replace("<identifier>", "<identifier>a,b ", 1)
    yield message.replace("<sender>", "<sender>a b", 1)
    yield message.replace("<scope>", "<surprise/><scope>", 1)
    yield message.replace("cap:1.2", "cap:1.1", 1)


def main():
    xsd, program = sys.argv[1:]
    output = subprocess.run([program], check=True, capture_output=True).stdout.decode("utf-8")
    rows = [line.split("\t") for line in output.splitlines()]
    counts = collections.Counter()
    problems, messages = [], []
    for body_text, earlier, message in rows:
        body = json.loads(body_text)
        if (message == "") != (body["kind"] in NOTES or body["state"] == "pending"):
            problems.append(f"notes and what is pending, and they alone, are not told: {body_text}")
        if message == "":
            counts["notes"] += 1
            continue
        messages.append(message)
        cap = ET.fromstring(message.encode("utf-8"))
        counts[text(cap, "msgType")] += 1
        counts[text(cap, "scope")] += 1
        counts[text(cap, "status")] += 1
        for what, right in says_wrong(cap, body, int(earlier)):
            counts["rules"] += 1
            if not right:
                problems.append(f"{what}: {message}\n  {body_text}")
    verdicts, told = valid(xsd, messages)
    if not all(verdicts):
        problems.append(told)
    wrong = [mutant for message in messages[:8] for mutant in mutants(message) if mutant not in messages]
    counts["mutants"] = len(wrong)
    for mutant, passes in zip(wrong, valid(xsd, wrong)[0]):
        if passes:
            problems.append(f"the schema lets pass: {mutant}")
    for what in ("Alert", "Update", "Cancel", "Public", "Restricted", "Actual", "Exercise", "notes"):
        if counts[what] < 10:
            problems.append(f"only {counts[what]} of {what}")
    if counts["mutants"] < 150:
        problems.append("too few mutants")
    print(*problems[:10], dict(counts), sep="\n")
    return 1 if problems else 0


sys.exit(main())
