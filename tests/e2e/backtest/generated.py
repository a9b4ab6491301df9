"""Small sets in the shape of the published ones, made so that the answers are known. What is asked of our own policy
holds for any that is any good; exact figures are asked of the fixed rules only."""

import datetime

from backtest import check, equal, main, near

START = datetime.datetime(2026, 1, 5)
HOUR = datetime.timedelta(hours=1)
MINUTE = datetime.timedelta(minutes=1)
DAYS = 70


def write(folder, name, header, lines):
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(header + "\n" + "".join(line + "\n" for line in lines))
    return file


def litres_at(hour, away_days=()):
    return 10 if hour % 24 in (7, 12, 19) and hour // 24 not in away_days else 0


def homes(folder):
    """H1 lives alone and is away on days 40 and 41 (from 19 o'clock to 7 o'clock: 60 h); H2 are two."""
    for name, away in (("H1", (40, 41)), ("H2", ())):
        total, lines = 500, []
        for hour in range(DAYS * 24):
            total += litres_at(hour, away)
            lines.append(f"{(START + hour * HOUR).isoformat()},{total}")
        write(folder, f"water_daiad/homes/{name}.csv", "local_time,index_l", lines)
    write(folder, "water_daiad/households.csv", "home,members", ["H1,1", "H2,2"])


def homes_of_one_and_of_all(backtest):
    homes(backtest.folder)
    rows = backtest.rows("daiad", backtest.folder)
    equal({subject for subject, _ in rows}, {"all 1"}, "subjects")
    # Across the change to summer time the wall clock leaves out an hour, so H1 is seen for an hour less.
    fixed = rows["all 1", "nothing in 24 h"]
    equal((fixed["alarms"], fixed["alarms_under_24h_per_home_month"]), (1, 0), "alarms of nothing in 24 h")
    near(fixed["home_months"], DAYS / 30.4375, 0.06, "home-months")
    near(fixed["delay_median_h"], 24, 0.01, "delay of nothing in 24 h")
    equal(rows["all 1", "nothing in 8 h"]["alarms"], DAYS - 3, "alarms of nothing in 8 h: every night but two away")
    equal(rows["all 1", "nothing in 12 h"]["alarms"], 1, "alarms of nothing in 12 h: a night ends as it gets so long")
    equal(rows["all 1", "nothing in 14 h"]["alarms"], 1, "alarms of nothing in 14 h")
    ours = rows["all 1", "built-in policy"]
    check(ours["untold_percent"] == 0, "our alarm comes after every cut")
    rows = backtest.rows("daiad", backtest.folder, "--homes", "all")
    equal({subject for subject, _ in rows}, {"all 2", "H1", "H2"}, "subjects of all homes")
    equal(rows["H2", "nothing in 24 h"]["alarms"], 0, "alarms in H2")


def absences_left_out(backtest):
    homes(backtest.folder)
    rows = backtest.rows("daiad", backtest.folder, "--without-absences")
    equal(rows["all 1", "nothing in 24 h"]["alarms"], 0, "alarms")


def several_policies_make_a_curve(backtest):
    homes(backtest.folder)
    options = []
    for hours in (16, 20):
        file = backtest.folder / f"still-{hours}.yaml"
        file.write_text("schema: stillwater.gateway/1\ncity: demo\ngateway: gw-1\n"
                        f"policy:\n  no_use: {{volume_l: 1, window_s: {hours * 3600}}}\n")
        options += ["--config", file]
    rows = backtest.rows("daiad", backtest.folder, *options)
    check(("all 1", "still-16") in rows and ("all 1", "still-20") in rows, f"rows of both: {sorted(rows)}")
    picture = (backtest.folder / "daiad.svg").read_text()
    check("still-16" in picture and picture.count("<polyline") == 2, "the picture joins both")


def the_same_twice(backtest):
    homes(backtest.folder)
    texts = []
    for _ in range(2):
        backtest.rows("daiad", backtest.folder, "--homes", "all")
        texts.append((backtest.folder / "daiad.csv").read_text())
    equal(texts[0], texts[1], "two runs")


def a_family_by_changes(backtest):
    total, lines = 100.0, []
    for hour in range(40 * 24):
        if not litres_at(hour): continue
        total += 3.785
        lines.append(f"{(START + hour * HOUR).isoformat()}Z,{total:.3f}")
    write(backtest.folder, "water_ampds2/whole_house_changes_year1.csv", "utc,index_l", lines)
    rows = backtest.rows("ampds2", backtest.folder)
    near(rows["all 1", "nothing in 8 h"]["delay_median_h"], 8, 0.02, "delay of nothing in 8 h")
    equal(rows["all 1", "nothing in 14 h"]["alarms"], 0, "alarms of nothing in 14 h")


def a_flat_by_minutes(backtest):
    hours = [START + hour * HOUR for hour in range(40 * 24)]
    write(backtest.folder, "water_weusedto/flat_1h.csv", "timestamp,value,loggers_alive",
          [f"{time.isoformat()}Z,0,{3 if n % 24 == 3 else 4}" for n, time in enumerate(hours)])
    write(backtest.folder, "water_weusedto/flat_1min_nonzero.csv", "timestamp,value",
          [f"{(time + 5 * MINUTE).isoformat()}Z,4.5" for n, time in enumerate(hours) if litres_at(n)])
    rows = backtest.rows("weusedto", backtest.folder)
    near(rows["all 1", "nothing in 8 h"]["home_months"], 40 / 30.4375, 0.03, "home-months")
    near(rows["all 1", "nothing in 8 h"]["delay_median_h"], 8, 0.02, "delay of nothing in 8 h")


FLOOD = [0, 20, 60, 100, 160, 220, 260, 300, 200, 100, 40, 0]
PUDDLE = [0, 30, 60, 75, 30, 0]


def floods(backtest):
    lines = []
    for event, (sensor, depths) in enumerate((("s-1", FLOOD), ("s-1", PUDDLE), ("s-2", FLOOD))):
        start = START + datetime.timedelta(days=3 * event)
        lines += [f"{(start + n * MINUTE).isoformat()}Z,{depth},{sensor},E{event}" for n, depth in enumerate(depths)]
    write(backtest.folder, "flood_floodnet/profiles.csv", "timestamp,depth_mm,series_id,event_id", lines)
    write(backtest.folder, "flood_floodnet/sensors.csv", "series_id,installed,removed",
          ["s-1,2025-12-01,", "s-2,2025-12-01,2026-01-20", "s-3,2025-12-01,"])
    rows = backtest.rows("floodnet", backtest.folder)
    line = rows["all 2", "100 mm line"]
    equal((line["events_50mm"], line["events_50mm_missed"]), (3, 1), "floods of 50 mm; missed by the line")
    equal((line["warned"], line["warned_never_250mm"]), (2, 0), "warned of")
    near(line["lead_median_min"], 3, 0.01, "lead of the line")
    ours = rows["all 2", "built-in policy"]
    equal((ours["events_100mm_missed"], ours["events_50mm_missed"], ours["band_errors"]), (0, 0, 0), "our misses")
    check(ours["lead_median_min"] >= 3, "our lead is not less than the line's")
    rows = backtest.rows("floodnet", backtest.folder, "--sensors", "s-2")
    equal(rows["all 1", "100 mm line"]["events"], 1, "floods of the one sensor")


def stage(backtest):
    for site in ("FranklinBasin2014", "MainStreet2019", "Mendon2020", "TonyGrove2020", "WaterLab2020"):
        lines = []
        for n in range(400):
            spike = site == "Mendon2020" and n == 200
            raw = "" if n == 10 else f"{80 if spike else 50 + n % 3 * 0.1:.2f}"
            lines.append(f"{(START + n * 15 * MINUTE).isoformat()}.000:00,{raw},{1 if spike else 0}")
        write(backtest.folder, f"stage_logan/{site}.csv", "time,raw_cm,label", lines)
    rows = backtest.rows("logan", backtest.folder)
    row = rows["Mendon2020", "step over 10 cm"]
    equal((row["samples"], row["labelled"], row["flagged"]), (399, 1, 2), "samples, labels and flags")
    equal((row["precision"], row["recall"]), (0.5, 1), "precision and recall")
    check("precision" not in rows["WaterLab2020", "step over 10 cm"], "no flags, no precision")


def bad_rows_are_told_with_place_and_expectation(backtest):
    homes(backtest.folder)
    file = backtest.folder / "water_daiad/homes/H1.csv"
    lines = file.read_text().splitlines()
    lines[5] = "yesterday,510"
    lines[7] = lines[7].split(",")[0] + ",much"
    lines[9] = lines[9].split(",")[0]
    file.write_text("\n".join(lines) + "\n")
    done = backtest.command("--set", "daiad", "--data", backtest.folder)
    equal(done.returncode, 3, "exit status")
    for line, column, found in ((6, "local_time", '"yesterday"'), (8, "index_l", '"much"'), (10, "index_l", "nothing")):
        told = [text for text in done.stderr.splitlines()
                if f"homes/H1.csv:{line}: column {column}: found {found}, expected" in text]
        equal(len(told), 1, f"messages on line {line}: {done.stderr}")
    check("3 bad rows" in done.stderr, "bad rows are counted")


def what_cannot_be_used_ends_with_2(backtest):
    homes(backtest.folder)
    data = ("--data", backtest.folder)
    (backtest.folder / "water_ampds2").mkdir()
    (backtest.folder / "water_ampds2/whole_house_changes_year1.csv").write_text("utc,litres\n")
    (backtest.folder / "bad.yaml").write_text("city: [\n")
    for argv, found in (((), "Usage"),
                        (("--set", "daiad"), "Usage"),
                        (("--set", "moon", *data), '"moon", expected daiad'),
                        (("--set", "logan", *data), "FranklinBasin2014.csv: No such file"),
                        (("--set", "ampds2", *data), "changes_year1.csv:1: column index_l is missing"),
                        (("--set", "daiad", *data, "--homes", "D99"), "no home of the set"),
                        (("--set", "daiad", *data, "--cut-every", "0"), '--cut-every: found "0", expected a whole'),
                        (("--set", "daiad", *data, "--config", backtest.folder / "bad.yaml"), "bad.yaml"),
                        (("--set", "daiad", *data, "--csv", "/nowhere/x.csv"), "cannot open /nowhere/x.csv"),
                        (("--set", "daiad", *data, "--json", "/dev/full"), "cannot write /dev/full")):
        done = backtest.command(*argv)
        equal(done.returncode, 2, f"exit status of {argv}: {done.stderr}")
        check(found in done.stderr, f"{done.stderr!r} says {found!r}")
    done = backtest.command("--help")
    equal((done.returncode, done.stderr), (0, ""), "--help")


main([homes_of_one_and_of_all, absences_left_out, several_policies_make_a_curve, the_same_twice, a_family_by_changes,
      a_flat_by_minutes, floods, stage, bad_rows_are_told_with_place_and_expectation, what_cannot_be_used_ends_with_2])
