"""What `stillwater replay` takes for rows, what it says of bad ones, and its exit status."""

import json
import os

from replay import HEADER, START, HOUR, MINUTE, check, equal, main, row, stamp


def bad_rows_are_told_with_place_and_expectation_and_the_rest_goes_on(replay):
    rows = [
        row(START, "d", "level_mm", 0),                          # line 2
        f"{stamp(START + MINUTE)},d,level_mm,deep\n",            # 3
        f"{stamp(START + MINUTE)},d,level,1\n",                  # 4
        f"{stamp(START + MINUTE)},Mrs Li,level_mm,1\n",          # 5
        "today,d,level_mm,1\n",                                  # 6
        f"{stamp(START + MINUTE)},d,level_mm\n",                 # 7
        f"{stamp(START - MINUTE)},d,level_mm,900\n",             # 8
        "\n",                                                    # 9: blank lines are nothing
        f"{stamp(START + MINUTE)},c,cover_open,2\n",             # 10
        f"\"{stamp(START + MINUTE)}\"x,d,level_mm,1\n",          # 11
        row(START + 2 * MINUTE, "d", "level_mm", 120),           # 12
    ]
    result = replay.run(rows)
    equal(result.status, 3, "exit status")
    equal([(a["kind"], a["colour"]) for a in result.alerts], [("level", "yellow")], "alerts")
    for line, column, found in ((3, "value", '"deep"'), (4, "kind", '"level"'), (5, "subject", '"Mrs Li"'),
                                (6, "time", '"today"'), (7, "value", "nothing"), (8, "time", "23:59:00"),
                                (10, "value", '"2"'), (11, "(whole line)", "quote")):
        message = [m for m in result.stderr.splitlines() if f"readings.csv:{line}: column {column}: " in m]
        equal(len(message), 1, f"messages on line {line}, column {column}")
        check(found in message[0] and "expected" in message[0], f"{message[0]} names {found} and what was expected")
    check("10 rows, 8 of them bad; 1 subject;" in result.stderr, f"summary counts rows: {result.stderr}")
    check("1 level" in result.stderr, f"summary counts alerts: {result.stderr}")


def bad_rows_without_end_are_counted_and_not_all_told(replay):
    result = replay.run(["nonsense\n"] * 5000)
    equal(result.status, 3, "exit status")
    check("5000 rows, 5000 of them bad" in result.stderr, "the summary counts all")
    check(len(result.stderr.splitlines()) < 1100, "not all are told")


def columns_in_any_order_with_others_between_and_crlf(replay):
    rows = [f"7.5,{i},drain-1,x,level_mm,{stamp(START + i * MINUTE)}\r\n" for i in (0, 300)]
    rows[1] = rows[1].replace("7.5,", '"0300.0005",')
    result = replay.run(rows, header="battery,n,subject,note,kind,time\r\n".replace("battery", "value"))
    equal(result.status, 0, f"exit status: {result.stderr}")
    level = result.of("level")
    equal([(a["colour"], a["evidence"]["value"]) for a in level], [("orange", 300.001)], "alerts")


def times_with_offsets_and_fractions(replay):
    rows = ["2026-01-01T08:00:00+08:00,d,level_mm,0\n", "2025-12-31T19:01:00.123456-05:00,d,level_mm,60\n"]
    result = replay.run(rows)
    equal(result.status, 0, f"exit status: {result.stderr}")
    equal([a["onset"] for a in result.alerts], ["2026-01-01T00:01:00.123Z"], "onset")


def a_configuration_counts_for_its_subjects(replay):
    config = """\
schema: stillwater.gateway/1
city: suzhou
gateway: gw-17
policy: {level: {bands_mm: {blue: 80}}}
subjects:
  - id: site-2
    place: {latitude: 31.5, longitude: 120.25, grid: suzhou/gusu/17}
    policy: {level: {bands_mm: {blue: off, yellow: off, orange: off, red: 600}}}
"""
    rows = [row(START, "site-1", "level_mm", 70), row(START, "site-2", "level_mm", 500),
            row(START + MINUTE, "site-1", "level_mm", 90), row(START + MINUTE, "site-2", "level_mm", 600)]
    alerts = replay.run(rows, config).of("level")
    equal([(a["subject"], a["colour"], a["city"]) for a in alerts],
          [("site-1", "blue", "suzhou"), ("site-2", "red", "suzhou")], "alerts")
    check(alerts[1]["id"].startswith("gw-17.level.site-2."), alerts[1]["id"])
    equal(alerts[1]["place"]["grid"], "suzhou/gusu/17", "place")
    check("place" not in alerts[0], "a subject without a place has none")


def standard_input_and_output(replay):
    text = HEADER + row(START, "d", "level_mm", 999)
    done = replay.command("replay", "--readings", "-", "--alerts", "-", input=text)
    equal(done.returncode, 0, "exit status")
    alerts = [json.loads(line) for line in done.stdout.splitlines()]
    equal([a["colour"] for a in alerts], ["red"], "alerts on standard output")
    check("It took" in done.stderr, "the summary goes to standard error")


def what_cannot_be_used_ends_with_2(replay):
    good = replay.path("good.csv")
    good.write_text(HEADER)
    out = replay.path("out.jsonl")
    bad_config = replay.path("bad.yaml")
    bad_config.write_text("schema: stillwater.gateway/1\ncity: c\ngateway: g\nsubject: []\n")
    no_header = replay.path("no_header.csv")
    no_header.write_text(row(START, "d", "level_mm", 1))
    empty = replay.path("empty.csv")
    empty.write_text("")
    cases = [
        ([], "Usage"),
        (["frobnicate"], "is not a command"),
        (["replay"], "Usage"),
        (["replay", "--readings", good], "Usage"),
        (["replay", "--readings", good, "--alerts", out, "more"], "Usage"),
        (["replay", "--reading-file", good, "--alerts", out], "Usage"),
        (["replay", "--readings", replay.path("absent.csv"), "--alerts", out], "absent.csv"),
        (["replay", "--readings", replay.folder, "--alerts", out], "irectory"),
        (["replay", "--readings", good, "--alerts", replay.path("no/such/folder")], "no/such/folder"),
        (["replay", "--readings", good, "--alerts", out, "--config", replay.path("absent.yaml")], "absent.yaml"),
        (["replay", "--readings", good, "--alerts", out, "--config", bad_config], "bad.yaml:4"),
        (["replay", "--readings", no_header, "--alerts", out], "header"),
        (["replay", "--readings", empty, "--alerts", out], "header"),
    ]
    for argv, text in cases:
        done = replay.command(*argv)
        equal(done.returncode, 2, f"exit status of {argv} ({done.stderr})")
        check(text in done.stderr, f"{argv} says {text!r}: {done.stderr}")


def a_full_disk_is_told(replay):
    if not os.path.exists("/dev/full"):
        return
    readings = replay.path("readings.csv")
    readings.write_text(HEADER + row(START, "d", "level_mm", 999))
    done = replay.command("replay", "--readings", readings, "--alerts", "/dev/full")
    equal(done.returncode, 2, "exit status")
    check("/dev/full" in done.stderr and "space" in done.stderr, done.stderr)


def a_file_without_rows_is_fine(replay):
    result = replay.run([])
    equal((result.status, result.alerts), (0, []), "result")


def alerts_follow_the_schema(replay):
    try:
        import jsonschema
    except ImportError:
        print("skipped: python3-jsonschema is not installed")
        return
    import pathlib
    schema = json.loads((pathlib.Path(__file__).parents[3] / "docs/schema/alert.schema.json").read_text())
    rows = [row(START, "d", "level_mm", 999), row(START, "c", "cover_open", 1), row(START, "c", "cover_tilt_deg", 50)]
    rows += [row(START + i * HOUR, "h", "water_index_l", 5) for i in range(1, 30)]
    rows += [row(START + 30 * HOUR, "h", "water_index_l", 50)]
    alerts = replay.run(rows).alerts
    kinds = {a["kind"] for a in alerts}
    check(kinds >= {"no_use", "level", "cover_open", "sensor_silent"}, f"only {kinds}")
    for alert in alerts:
        jsonschema.validate(alert, schema)


main([value for value in list(globals().values())
      if callable(value) and getattr(value, "__module__", "") == "__main__"])
