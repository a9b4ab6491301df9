#!/usr/bin/python3
"""What the centre says about homes, alerts and the weather, through a real broker; and what came of the alerts."""

import datetime
import json
import subprocess
import time

from case import check, run
from rig import PATIENCE_S
from town import HOME_A, HOME_B, Town

NOTE = "with-her-son-in-Ghent"


def tell(rig, verb, *options, gateway=("--gateway", "gw-1")):
    """Runs stillwater-centre; its exit status and what it said."""
    argv = [rig.build / "gateway/centre/stillwater-centre", verb, "--broker", f"127.0.0.1:{rig.port}", "--city", "demo"]
    argv += ["--timeout", str(PATIENCE_S)]
    done = subprocess.run([*argv, *gateway, *options], capture_output=True, text=True)
    return done.returncode, (done.stdout + done.stderr).strip()


def in_an_hour():
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)).isoformat(timespec="seconds")


def statuses(rig, town):
    return [m for m in rig.messages(town.centre) if m.get("schema") == "stillwater.status/1"]


def wait_for_counter(rig, town, name, value, after=0):
    """In a status after the first `after` ones; one comes every 30 s."""

    def reached():
        newer = statuses(rig, town)[after:]
        return newer and newer[-1]["counters"].get(name) == value

    rig.wait(f"{name} {value} in the status", reached)
    print(f"ok: the status says {name} {value}", flush=True)


def weather(rig, town):
    status, said = tell(rig, "weather", "--colour", "red", "--until", in_an_hour(), "--by", "met-office", gateway=())
    check((status, said) == (0, "weather red: taken by the broker"), f"a weather warning is published: {said}")
    rig.wait("the warning in the gateway", lambda: "weather: red until" in town.gateway.log(400))
    return town.gateway.log(4000).count("weather: red until")


def stands_still(rig, home):
    sql = "SELECT value_milli FROM readings WHERE subject = ? AND kind = 1 AND quality = 0 ORDER BY time_ms DESC LIMIT 2"
    values = rig.query(sql, home)
    return len(values) == 2 and values[0] == values[1]


def away(rig, town):
    """The water of both homes stops; only the one nobody has spoken of raises an alarm."""
    # First the water: use after the setting would end the absence.
    rig.tell(town.home_sensors, "{sensor: meter-a, flow_l_per_min: 0}")
    rig.wait("two readings of a meter that stands still", lambda: stands_still(rig, HOME_A))
    status, said = tell(rig, "away", "--subject", HOME_A, "--until", in_an_hour(), "--by", "carer-3", "--note", NOTE)
    check(status == 0 and said.startswith(f"accepted: {HOME_A}: away until 20"), f"set away: {said}")
    status, said = tell(rig, "away", "--subject", "home-none", "--until", in_an_hour(), "--by", "carer-3")
    check((status, said) == (1, "refused (NOT_FOUND): no home has the id home-none"), f"an unknown home: {said}")
    rig.tell(town.home_sensors, "{sensor: meter-b, flow_l_per_min: 0}")
    raised = rig.wait("no_use of the other home", lambda: rig.alerts(town.centre, "no_use", HOME_B, "raised"))[0]
    raised_ms = datetime.datetime.fromisoformat(raised["raised_at"].replace("Z", "+00:00")).timestamp() * 1000
    # Its water has stopped before the other's: five seconds later at the latest it would have been told.
    newest = "SELECT MAX(time_ms) FROM readings WHERE subject = ? AND quality = 0"
    rig.wait("later readings of the home", lambda: rig.query(newest, HOME_A)[0][0] > raised_ms + 5000)
    check(rig.alerts(town.centre, "no_use", HOME_A) == [], "a home that is away raises no no_use")


def restart(rig, town, weathers):
    town.stop_gateway()
    rig.wait("the gateway's farewell", lambda: statuses(rig, town)[-1]["state"] == "stopped")
    before = len(statuses(rig, town))
    town.start_gateway()
    rig.wait("the warning again", lambda: town.gateway.log(4000).count("weather: red until") > weathers)
    print("ok: the retained warning came back by itself", flush=True)
    wait_for_counter(rig, town, "homes_away", 1, before)
    wait_for_counter(rig, town, "weather_colour", 4, before)
    check(rig.alerts(town.centre, "no_use", HOME_A) == [], "and the home is still away")


def feedback(rig, town):
    alert = rig.alerts(town.centre, "no_use", HOME_B, "raised")[0]["id"]
    status, said = tell(rig, "feedback", "--alert", alert, "--outcome", "absent", "--by", "carer-3", "--note", NOTE)
    check((status, said) == (0, f"accepted: alert {alert}: absent"), f"feedback on an open alert: {said}")
    status, said = tell(rig, "resolve", "--alert", alert, "--outcome", "false_alarm", "--by", "officer-1")
    check(status == 0 and said.startswith("accepted: "), f"resolved with an outcome: {said}")
    status, said = tell(rig, "feedback", "--alert", alert, "--outcome", "assisted", "--by", "carer-3")
    check((status, said) == (0, f"accepted: alert {alert}: assisted"), f"feedback on a closed alert: {said}")
    wrong = f"gw-1.no_use.{HOME_B}.20200101T000000000Z"
    status, said = tell(rig, "feedback", "--alert", wrong, "--outcome", "absent", "--by", "carer-3")
    check((status, said) == (1, f"refused (NOT_FOUND): no alert has the id {wrong}"), f"an alert that never was: {said}")


def home_again(rig, town):
    """The first use ends the absence; from then on stillness counts."""
    rig.tell(town.home_sensors, "{sensor: meter-a, flow_l_per_min: 30}")
    time.sleep(8)
    rig.tell(town.home_sensors, "{sensor: meter-a, flow_l_per_min: 0}")
    rig.wait("the centre hears of it", lambda: rig.alerts(town.centre, "back", HOME_A, "cleared"))
    status, said = tell(rig, "back", "--subject", HOME_A, "--by", "carer-3")
    check((status, said) == (1, f"refused (NOT_PERMITTED): {HOME_A} is not set away"), f"ended by use: {said}")
    rig.wait("no_use of the home", lambda: rig.alerts(town.centre, "no_use", HOME_A, "raised"))
    print("ok: a home that is back is watched again", flush=True)


def precision(rig, town):
    stillwater = rig.build / "gateway/cli/stillwater"
    store = rig.path("gateway.db")
    table = subprocess.run([stillwater, "precision", "--store", store], capture_output=True, text=True, check=True).stdout
    print(table, flush=True)
    out = subprocess.run([stillwater, "precision", "--store", store, "--json"], capture_output=True, check=True).stdout
    homes = {(row["home"], row["kind"]): row for row in json.loads(out)["homes"]}
    told = homes[(HOME_B, "no_use")]
    check((told["alerts"], told["feedback"]) == (1, 1), f"the alert has feedback: {told}")
    check((told["assisted"], told["precision_pct"]) == (1, 100), f"and its last one counts: {told}")
    check(homes[(HOME_A, "no_use")]["feedback"] == 0, "the other one has none yet")
    rows = rig.query("SELECT count(*) FROM feedback WHERE subject = ?", HOME_B)
    check(rows == [(3,)], f"all that was said is kept: {rows}")
    check(town.gateway.running(), "the gateway runs beside it")


def test(rig, _options):
    town = Town(rig)
    town.wait_for_readings()
    weathers = weather(rig, town)
    away(rig, town)
    restart(rig, town, weathers)
    feedback(rig, town)
    home_again(rig, town)
    precision(rig, town)
    check(NOTE not in town.gateway.log(100000), "no note is in the log")
    check(town.stop_gateway() == 0, "the gateway ends with status 0")


if __name__ == "__main__":
    run(test)
