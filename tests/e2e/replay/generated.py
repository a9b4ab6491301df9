"""Generated households, drains and covers: what is raised, when, and nothing else. Times are exact where one rule is on
alone; what the built-in policy promises of homes is checked in one test."""

import datetime
import random

from replay import DAY, HOUR, MINUTE, START, VOLUME_BELOW_ALONE, check, equal, main, parse, row, stamp

SECOND = datetime.timedelta(seconds=1)


def home(name, days, period, stops=None, seed=1, away=()):
    """Readings of a home that uses water by day; none after `stops`; no readings within the spans of `away`. Returns the
    rows as (time, text) and the time of the last reading that showed use."""
    chance = random.Random(seed)
    rows, index, last_use, time = [], 1000.0, None, START
    while time < START + days * DAY:
        used = 6 <= time.hour < 23 and chance.random() < 0.05 * (period / MINUTE)
        if used and (stops is None or time <= stops):
            index += chance.randint(2, 12)  # each use alone is enough for the rule
            last_use = time
        if not any(start <= time < end for start, end in away):
            rows.append((time, row(time, name, "water_index_l", f"{index:.1f}")))
        time += period
    return rows, last_use


def texts(*parts):
    """Rows of several subjects in time order."""
    return [text for _, text in sorted((r for part in parts for r in part), key=lambda r: r[0])]


def water_stops_and_the_alert_comes_24_h_after_the_last_use(replay):
    for period in (MINUTE, 15 * MINUTE, HOUR):
        for seed in range(1, 6):
            stops = START + 4 * DAY + seed * 3 * HOUR
            rows, last_use = home("home-1", 8, period, stops, seed)
            alerts = replay.run(texts(rows), VOLUME_BELOW_ALONE).alerts
            equal([(a["kind"], a["state"]) for a in alerts], [("no_use", "raised")], f"alerts at one each {period}")
            equal(alerts[0]["onset"], stamp(last_use), "onset")
            late = parse(alerts[0]["raised_at"]) - last_use - DAY
            check(datetime.timedelta(0) <= late <= period, f"raised {late} after 24 h at one reading each {period}")
            equal(alerts[0]["evidence"]["coverage_pct"], 100, "coverage")
            equal(alerts[0]["evidence"]["value"], 0, "volume in the window")
            equal(alerts[0]["colour"], "orange", "colour")


def a_home_in_use_raises_nothing(replay):
    rows, _ = home("home-1", 60, 10 * MINUTE)
    result = replay.run(texts(rows), VOLUME_BELOW_ALONE)
    equal((result.status, result.alerts), (0, []), "alerts")


def dripping(rows, start, litres_a_reading, digits=3):
    """The same home with a tap that drips after `start`, by a meter that shows so many digits of a litre."""
    changed, litres = [], 0.0
    for time, text in rows:
        litres += litres_a_reading if time > start else 0
        index = float(text.rsplit(",", 1)[1]) + litres
        shown = int(index * 10**digits + 1e-6) / 10**digits
        changed.append((time, row(time, "home-1", "water_index_l", f"{shown:.3f}")))
    return changed


def a_drip_does_not_hide_a_still_home(replay):
    rows, last_use = home("home-1", 6, MINUTE, START + 2 * DAY)
    alerts = replay.run(texts(dripping(rows, last_use, 0.001)), VOLUME_BELOW_ALONE).alerts
    equal([a["kind"] for a in alerts], ["no_use"], "alerts")
    check(parse(alerts[0]["raised_at"]) - last_use <= DAY + HOUR, "a drip of 1.44 L a day delays the alert by hours")
    check(0 < alerts[0]["evidence"]["value"] < 2, "the drip is not in the evidence")


def gaps_in_the_data_are_not_no_use(replay):
    """Water goes on behind the gaps; the meter cannot be read for 5 h to 3 days again and again."""
    away, start = [], START + 2 * DAY
    for hours in (5, 8, 12, 20, 26, 48, 72):
        away.append((start, start + hours * HOUR))
        start += hours * HOUR + DAY
    rows, _ = home("home-1", 30, 10 * MINUTE, away=away)
    result = replay.run(texts(rows), VOLUME_BELOW_ALONE)
    equal(result.of("no_use"), [], "no_use alerts")
    long_gaps = sum(end - begin > 6 * HOUR for begin, end in away)
    equal(len([a for a in result.of("sensor_silent") if a["state"] == "raised"]), long_gaps, "silences told")
    equal(len([a for a in result.of("sensor_silent") if a["state"] == "cleared"]), long_gaps, "silences ended")


def a_still_home_behind_a_gap_is_told_once_enough_was_seen(replay):
    stops = START + 3 * DAY
    rows, last_use = home("home-1", 8, 10 * MINUTE, stops, away=[(stops, stops + 30 * HOUR)])
    alerts = replay.run(texts(rows), VOLUME_BELOW_ALONE).of("no_use")
    equal(len(alerts), 1, "no_use alerts")
    raised = parse(alerts[0]["raised_at"])
    # 80 % of the window observed: a fifth of a day of the gap may still be in it.
    enough = stops + 30 * HOUR + 0.8 * DAY
    check(enough <= raised <= enough + 20 * MINUTE, f"raised at {raised}, enough was seen at {enough}")
    check(80 <= alerts[0]["evidence"]["coverage_pct"] < 81, f"coverage {alerts[0]['evidence']['coverage_pct']}")


def water_comes_back_and_the_alert_is_cleared(replay):
    rows, last_use = home("home-1", 5, MINUTE, START + 2 * DAY)
    index = float(rows[-1][1].rsplit(",", 1)[1])
    back = START + 5 * DAY
    rows += [(back + i * MINUTE, row(back + i * MINUTE, "home-1", "water_index_l", index + 3)) for i in range(100)]
    alerts = replay.run(texts(rows), VOLUME_BELOW_ALONE).alerts
    equal([(a["revision"], a["state"]) for a in alerts], [(1, "raised"), (2, "cleared")], "revisions")
    equal(parse(alerts[1]["updated_at"]), back, "cleared at")
    equal(alerts[1]["id"], alerts[0]["id"], "id")


def with_wrong_totals(rows):
    rows = list(rows)
    for i in range(50, len(rows), 37):
        time, text = rows[i]
        index = float(text.rsplit(",", 1)[1])
        wrong = index + random.Random(i).choice([248243, -12288, 1 << 24, -index, 4294967.295])
        rows[i] = (time, row(time, "home-1", "water_index_l", f"{wrong:.3f}"))
    return rows


def exchanged(rows, when, lower=1000):
    """The same home; its meter is exchanged for one that shows so much less."""
    new = []
    for time, text in rows:
        index = float(text.rsplit(",", 1)[1])
        new.append((time, row(time, "home-1", "water_index_l", index + (lower if time < when else 0))))
    return new


def wrong_totals_make_no_alert_and_end_none(replay):
    rows, last_use = home("home-1", 6, 10 * MINUTE, START + 3 * DAY)
    alerts = replay.run(texts(with_wrong_totals(rows)), VOLUME_BELOW_ALONE).of("no_use")
    equal([(a["kind"], a["state"]) for a in alerts], [("no_use", "raised")], "alerts")
    late = parse(alerts[0]["raised_at"]) - last_use - DAY
    check(datetime.timedelta(0) <= late <= 30 * MINUTE, f"raised {late} after 24 h")


def an_exchanged_meter_neither_raises_nor_hides(replay):
    rows, last_use = home("home-1", 6, 10 * MINUTE, START + 3 * DAY)
    alerts = replay.run(texts(exchanged(rows, START + 2 * DAY)), VOLUME_BELOW_ALONE).of("no_use")
    equal([(a["kind"], a["state"]) for a in alerts], [("no_use", "raised")], "alerts")
    late = parse(alerts[0]["raised_at"]) - last_use - DAY
    check(datetime.timedelta(0) <= late <= 10 * MINUTE, f"raised {late} after 24 h")


def levels(name, millimetres, period=MINUTE):
    return [(START + i * period, row(START + i * period, name, "level_mm", mm)) for i, mm in enumerate(millimetres)]


def a_flood_rises_and_falls_through_the_bands(replay):
    rise = [0, 20, 49.9, 50, 99, 100, 249, 250, 399, 400, 800]
    fall = [390] * 7 + [245] * 7 + [200] * 7 + [91] * 7 + [89] * 7 + [41] * 7 + [39] * 7
    result = replay.run(texts(levels("drain-1", rise + fall)))
    found = [(a["revision"], a["state"], a["colour"], a["evidence"]["value"]) for a in result.of("level")]
    equal(found, [(1, "raised", "blue", 50), (2, "raised", "yellow", 100), (3, "raised", "orange", 250),
                  (4, "raised", "red", 400), (5, "raised", "orange", 245), (6, "raised", "yellow", 200),
                  (7, "raised", "blue", 89), (8, "cleared", "green", 39)], "revisions")
    equal({a["onset"] for a in result.of("level")}, {stamp(START + 3 * MINUTE)}, "onset")
    equal({a["peak_colour"] for a in result.of("level")[3:]}, {"red"}, "peak")


def a_sample_over_all_bands_is_red_at_once(replay):
    alerts = replay.run(texts(levels("drain-1", [0, 0, 2000]))).of("level")
    equal([(a["colour"], a["raised_at"]) for a in alerts], [("red", stamp(START + 2 * MINUTE))], "alerts")


def values_no_level_sensor_can_measure_are_neither_flood_nor_sign_of_life(replay):
    rows = levels("drain-1", [0] * 10 + [65535, -32768] * 40)
    alerts = replay.run(texts(rows)).of("level", "sensor_silent")
    equal([a["kind"] for a in alerts], ["sensor_silent"], "alerts")
    equal(alerts[0]["onset"], stamp(START + 9 * MINUTE), "onset")
    # There is a row at the very end of the limit: the file tells only after it that it has nothing else of that time.
    equal(alerts[0]["raised_at"], stamp(START + 69 * MINUTE + SECOND), "raised at")


def delays_run_out_inside_a_pause_of_the_file(replay):
    config = """\
schema: stillwater.gateway/1
city: c
gateway: g
policy: {level: {on_delay_s: 120}}
"""
    rows = levels("drain-1", [0, 300]) + [(START + 5 * HOUR, row(START + 5 * HOUR, "drain-1", "level_mm", 0))]
    found = [(a["kind"], a["colour"], a["raised_at"]) for a in
             replay.run(texts(rows), config).of("level", "sensor_silent")]
    equal(found, [("level", "orange", stamp(START + 3 * MINUTE)),
                  ("sensor_silent", "yellow", stamp(START + 61 * MINUTE)),
                  ("sensor_silent", "green", stamp(START + 61 * MINUTE))], "alerts")


def a_silent_sensor_among_others_is_told_and_ends(replay):
    rows = levels("drain-1", [0] * 60) + levels("drain-2", [0] * 400)
    back = START + 200 * MINUTE
    rows.append((back, row(back, "drain-1", "level_mm", 0)))
    found = [(a["subject"], a["state"], a["updated_at"]) for a in replay.run(texts(rows)).of("sensor_silent")]
    equal(found[:2], [("drain-1", "raised", stamp(START + 119 * MINUTE + SECOND)), ("drain-1", "cleared", stamp(back))], "silence")
    equal(found[2:], [("drain-1", "raised", stamp(START + 260 * MINUTE + SECOND))], "second silence")


def covers(replay):
    def at(seconds, kind, value):
        time = START + seconds * SECOND
        return (time, row(time, "cover-1", kind, value))

    rows = [at(0, "cover_open", "false"), at(1, "cover_tilt_deg", 1.5), at(60, "cover_open", "true"),
            at(65, "cover_tilt_deg", 80), at(120, "cover_tilt_deg", 2), at(121, "cover_open", 0),
            at(300, "cover_tilt_deg", -12.5), at(360, "cover_tilt_deg", 9), at(420, "cover_tilt_deg", 7.9),
            at(425, "cover_tilt_deg", 11), at(430, "cover_tilt_deg", 0), at(600, "cover_tilt_deg", 0)]
    alerts = replay.run(texts(rows)).of("cover_open")
    found = [(a["revision"], a["state"], a["evidence"]["rule"], a["updated_at"]) for a in alerts]
    equal(found, [(1, "raised", "cover_switch", stamp(START + 60 * SECOND)),
                  (2, "cleared", "cover_switch", stamp(START + 131 * SECOND)),
                  (1, "raised", "cover_tilt", stamp(START + 300 * SECOND)),
                  (2, "cleared", "cover_tilt", stamp(START + 440 * SECOND))], "revisions")


def sewer(upstream, pipe, latitude=48.2, policy="{}"):
    """Every minute a pipe's reading, then that of the site below, which rises by 9 mm a minute from the half hour on."""
    config = f"""\
schema: stillwater.gateway/1
city: c
gateway: g
subjects:
  - {{id: site-1, upstream: [{upstream}], place: {{latitude: 48.1, longitude: 11.5}}, policy: {policy}}}
  - {{id: pipe-1, place: {{latitude: {latitude}, longitude: 11.5}}}}
"""
    site = [0] * 30 + [9 * i for i in range(1, 40)]
    return config, texts(levels("pipe-1", pipe), levels("site-1", site))


def first_of(result, kind, colour):
    return next(a for a in result.of(kind) if a["subject"] == "site-1" and a["colour"] == colour)


def a_pipe_that_rises_upstream_makes_the_warning_earlier_and_surer(replay):
    """11 km apart: too far for neighbours."""
    rises, dry = [0] * 20 + [12 * i for i in range(1, 50)], [0] * 69
    alone, agreed, denied = (replay.run(rows, config) for config, rows in (
        sewer("", rises), sewer("pipe-1", rises), sewer("pipe-1", dry)))
    warned = {name: parse(first_of(result, "level_soon", "orange")["raised_at"])
              for name, result in (("alone", alone), ("agreed", agreed), ("denied", denied))}
    check(warned["agreed"] < warned["alone"], f"warned at {warned}")
    equal(warned["denied"], warned["alone"], "warned, the pipe dry")
    for name, result, soon, reached, upstream in (("alone", alone, "Possible", "Observed", None),
                                                  ("agreed", agreed, "Likely", "Observed", "pipe-1"),
                                                  ("denied", denied, "Unlikely", "Possible", None)):
        for kind, certainty in (("level_soon", soon), ("level", reached)):
            alert = first_of(result, kind, "orange")
            equal((alert["certainty"], alert["evidence"].get("upstream")), (certainty, upstream), f"{kind}, {name}")
    check("rising upstream at pipe-1" in first_of(agreed, "level", "orange")["headline"], "headline")


def a_crest_that_passed_upstream_is_on_its_way(replay):
    """The pipe is dry again for an hour when the water is here."""
    passed = [0] * 5 + [12, 24, 36, 48, 60, 60, 60, 60, 48, 36, 24, 12] + [0] * 112
    site = [0] * 90 + [9 * i for i in range(1, 40)]
    for travel, certainty, upstream in ((0, "Possible", None), (7200, "Observed", "pipe-1")):
        config, _ = sewer("pipe-1", [], policy=f"{{agreement: {{travel_s: {travel}}}}}")
        rows = texts(levels("pipe-1", passed), levels("site-1", site))
        alert = first_of(replay.run(rows, config), "level", "orange")
        equal((alert["certainty"], alert["evidence"].get("upstream")), (certainty, upstream), f"travel of {travel} s")


def who_is_near_is_for_the_city_to_say(replay):
    """667 m apart."""
    rises = [0] * 20 + [12 * i for i in range(1, 50)]
    for policy, agree in (("{}", None), ("{agreement: {neighbour_m: 700}}", 1),
                          ("{agreement: {neighbour_m: 700, neighbour_s: 30}}", 1),
                          ("{agreement: {neighbour_m: 700, rising_mm_per_min: 13}}", None)):
        config, rows = sewer("", rises, 48.106, policy)
        alert = first_of(replay.run(rows, config), "level", "orange")
        equal(alert["evidence"].get("agree"), agree, policy)
        check("upstream" not in alert["evidence"], "a neighbour is not upstream")


def a_warning_comes_as_early_as_the_city_wants(replay):
    raised = []
    for horizon in (300, 900, 1800):
        config, rows = sewer("", [0] * 69, policy=f"{{rise: {{seldom: {{horizon_s: {horizon}}}}}}}")
        raised.append(first_of(replay.run(rows, config), "level_soon", "orange")["raised_at"])
    equal(raised, sorted(set(raised), reverse=True), "raised at horizons that grow")


def a_city_may_believe_a_sensor_always(replay):
    """A blip of one reading; the next day a flood that is gone within two."""
    level = [0] * 60 + [300] + [0] * 1440 + [300, 300] + [0] * 60
    for after, colours in ((1, ["orange"]), (2, ["orange", "orange"]), (0, ["orange", "orange"])):
        config, _ = sewer("", [], policy=f"{{level_quality: {{quarantine_after: {after}}}}}")
        alerts = replay.run(texts(levels("site-1", level)), config).of("level")
        equal([a["peak_colour"] for a in alerts if a["revision"] == 1 and a["state"] == "raised"], colours,
              f"alerts, quarantine after {after}")


def the_end_of_the_file_is_the_end_of_time(replay):
    rows, _ = home("home-1", 2, HOUR)
    alerts = replay.run(texts(rows, levels("drain-1", [0]))).alerts
    equal([a["subject"] for a in alerts], ["drain-1"], "alerts")
    for alert in alerts:
        check(parse(alert["updated_at"]) <= rows[-1][0], f"{alert['id']} lies behind the last row")


def subjects_far_more_than_expected_keep_their_state(replay):
    """900 homes, more than the core is first made for; every third one goes still. What they use is uneven, as no drip
    is."""
    rows, stills = [], set()
    for n in range(900):
        still = n % 3 == 0
        if still:
            stills.add(f"h{n}")
        chance, index = random.Random(n), 1000
        for hour in range(0, 60, 2):
            index += 0 if still and hour > 20 else chance.randint(2, 150)
            time = START + hour * HOUR + n * SECOND
            rows.append((time, row(time, f"h{n}", "water_index_l", index)))
    result = replay.run(texts(rows))
    equal({a["subject"] for a in result.of("no_use")}, stills, "still homes")
    equal(len(result.of("no_use")), len(stills), "alerts")
    for alert in result.of("no_use"):
        late = parse(alert["raised_at"]) - parse(alert["onset"])
        equal(late, DAY, f"delay of {alert['subject']}")


def promise_a_still_home_is_told(replay):
    for period, digits in ((MINUTE, 3), (15 * MINUTE, 1), (HOUR, 0)):
        for litres_an_hour in (0, 1, 5):
            stops = START + 4 * DAY + litres_an_hour * HOUR
            rows, last_use = home("home-1", 8, period, stops, litres_an_hour + 1)
            rows = dripping(rows, START + 2 * DAY, litres_an_hour * (period / HOUR), digits)
            what = f"one reading each {period}, a drip of {litres_an_hour} L/h"
            result = replay.run(texts(rows))
            alerts = result.of("no_use")
            equal([a["state"] for a in alerts], ["raised"], f"no_use, {what}")
            late = parse(alerts[0]["raised_at"]) - last_use
            check(datetime.timedelta(0) < late <= DAY + HOUR, f"told {late} after the last use, {what}")
            leaks = [a["colour"] for a in result.of("leak")]
            equal(leaks, ["blue", "yellow"] if litres_an_hour else [], f"leak, {what}")


def promise_a_home_in_use_is_left_alone(replay):
    for period in (MINUTE, 10 * MINUTE, HOUR):
        rows, _ = home("home-1", 60, period)
        found = {a["kind"] for a in replay.run(texts(rows)).alerts}
        check(found <= {"quiet", "slow_change", "first_use"}, f"{found} of a home in use, one reading each {period}")


def promise_faults_of_the_meter_are_told_as_such(replay):
    rows, _ = home("home-1", 30, 10 * MINUTE)
    wrong = replay.run(texts(with_wrong_totals(rows)))
    equal({a["kind"] for a in wrong.of("meter_fault", "no_use", "burst")}, {"meter_fault"}, "kinds of wrong totals")
    equal(wrong.of("meter_fault")[0]["state"], "raised", "wrong totals")
    new = replay.run(texts(exchanged(rows, START + 2 * DAY, 50000))).of("meter_fault", "no_use", "burst")
    equal([(a["kind"], a["state"]) for a in new], [("meter_fault", "raised"), ("meter_fault", "cleared")], "exchanged")
    equal(new[0]["evidence"]["rule"], "index_set_back", "exchanged")
    stood = parse(new[1]["updated_at"]) - parse(new[0]["raised_at"])
    check(14 * DAY <= stood <= 14 * DAY + HOUR, f"an exchange is told for {stood}")


def promise_bursts_and_backflow_are_told(replay):
    rows, _ = home("home-1", 4, MINUTE)
    breaks = START + 3 * DAY + 2 * HOUR
    burst = []
    for time, text in rows:
        flown = 15 * min(120, max(0, (time - breaks) / MINUTE))
        burst.append((time, row(time, "home-1", "water_index_l", f"{float(text.rsplit(',', 1)[1]) + flown:.1f}")))
    found = [(a["kind"], a["state"]) for a in replay.run(texts(burst)).of("burst", "meter_fault", "no_use")]
    equal(found, [("burst", "raised"), ("burst", "cleared")], "15 L/min for two hours")
    index = float(rows[-1][1].rsplit(",", 1)[1])
    for litres in range(1, 16):
        time = rows[-1][0] + MINUTE
        rows.append((time, row(time, "home-1", "water_index_l", index - litres)))
    found = [(a["kind"], a["state"]) for a in replay.run(texts(rows)).of("backflow", "no_use", "burst")]
    equal(found, [("backflow", "raised")], "15 L run back")


def the_built_in_policy_keeps_its_promises(replay):
    promise_a_still_home_is_told(replay)
    promise_a_home_in_use_is_left_alone(replay)
    promise_faults_of_the_meter_are_told_as_such(replay)
    promise_bursts_and_backflow_are_told(replay)


main([value for value in list(globals().values())
      if callable(value) and getattr(value, "__module__", "") == "__main__"
      and value.__code__.co_varnames[:1] == ("replay",) and not value.__name__.startswith("promise_")])
