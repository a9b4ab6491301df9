#!/usr/bin/python3
"""A second verifier, from docs/audit.md alone. Prints "whole" or the number of the first row that is broken."""

import hashlib
import sqlite3
import sys

ALERTS = "SELECT * FROM alerts WHERE alert_id = ? AND revision = ?"
FEEDBACK = "SELECT * FROM feedback WHERE alert_id = ? AND id = ?"
EMPTIED = "SELECT sequence, hash FROM trail WHERE event = 'erased' AND number = ? ORDER BY sequence"
BEFORE = [
    """SELECT * FROM alerts WHERE (alert_id, revision) NOT IN (SELECT about, number FROM trail WHERE event = 'alert')
       ORDER BY alert_id, revision""",
    """SELECT * FROM feedback WHERE (alert_id, id) NOT IN (SELECT about, number FROM trail WHERE event = 'feedback')
       ORDER BY id""",
]


def digest(fields):
    encoded = [str(field).encode() for field in fields]
    return hashlib.sha256(b"".join(b"%d:%s," % (len(field), field) for field in encoded)).hexdigest()


def content(db, event, about, number):
    if event in ("begin", "command"):
        return None
    if event == "erase":
        return digest(field for row in db.execute(EMPTIED, (number,)) for field in row)
    rows = db.execute({"alert": ALERTS, "feedback": FEEDBACK}[event], (about, number)).fetchall()
    return digest(field for row in rows for field in row)


def first_broken(db):
    before, expected, emptied, accounted = "", 1, 0, 0
    now = [row for sql in BEFORE for row in db.execute(sql)]
    for *row, kept in db.execute("SELECT * FROM trail ORDER BY sequence").fetchall():
        sequence, _, _, event, about, number, was, became, _, covered = row
        if sequence != expected:
            return expected
        if event == "erased":
            emptied += 1
        elif digest([before, *row]) != kept or covered != (content(db, event, about, number) or covered):
            return expected
        if event == "begin":
            left = number, covered
        if event == "erase":
            left = int(became), was
            accounted += db.execute("SELECT count(*) FROM trail WHERE event = 'erased' AND number = ?", (number,)).fetchone()[0]
        before, expected = kept, sequence + 1
    if expected > 1 and emptied != accounted:
        return expected - 1
    return 1 if expected == 1 or left != (len(now), digest(field for row in now for field in row)) else None


print(first_broken(sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)) or "whole")
