#!/usr/bin/python3
"""A cover that somebody works on: silenced over a power cut, raised when the silence ends, then in maintenance."""

from case import check, run
from people import in_an_hour, statuses, tell
from town import COVER, Town

REASON = "hinge is replaced"


def opens(rig, town):
    rig.tell(town.drain_sensors, "{sensor: cover, open: true, tilt_deg: 40}")
    sql = "SELECT count(*) FROM readings WHERE subject = ? AND value_milli >= 39000"
    rig.wait("the open cover in the store", lambda: rig.query(sql, COVER)[0][0] > 0)


def silence(rig, town):
    status, said = tell(rig, "silence", "--subject", COVER, "--until", in_an_hour(), "--by", "officer-4", "--note", REASON)
    check(status == 0 and said.startswith(f"accepted: {COVER}: silenced up to orange until 20"), f"silenced: {said}")
    status, said = tell(rig, "silence", "--area", "demo/nowhere", "--until", in_an_hour(), "--by", "o", "--note", "n")
    check((status, said) == (1, "refused (NOT_FOUND): no subject lies in demo/nowhere"), f"an unknown area: {said}")
    rig.wait("the silence in the status", lambda: statuses(rig, town)[-1].get("holds"))
    hold = statuses(rig, town)[-1]["holds"][0]
    check((hold["subject"], hold["colour"], hold["by"]) == (COVER, "orange", "officer-4"), f"all can see it: {hold}")
    check("note" not in hold, "but not why")
    opens(rig, town)
    town.gateway.kill()
    rig.dismiss(town.gateway)
    before = len(statuses(rig, town))
    town.start_gateway()
    rig.wait("the silence after the power cut", lambda: [m for m in statuses(rig, town)[before:] if m.get("holds")])
    check(rig.alerts(town.centre, "cover_open", COVER) == [], "nobody is told of the cover")
    status, said = tell(rig, "unsilence", "--subject", COVER, "--by", "officer-4")
    check((status, said) == (0, f"accepted: {COVER}: no longer silenced"), f"ended: {said}")
    raised = rig.wait("the alert", lambda: rig.alerts(town.centre, "cover_open", COVER, "raised"))[0]
    check(raised["note"] == f"was held back, silenced by officer-4: {REASON}", f"it says why it comes late: {raised}")
    check(raised["onset"] < raised["raised_at"], "and since when it holds")


def maintenance(rig, town):
    status, said = tell(rig, "maintenance", "--subject", COVER, "--until", in_an_hour(), "--by", "fitter-2")
    check(status == 0 and said.startswith(f"accepted: {COVER}: in maintenance until 20"), f"in maintenance: {said}")
    cleared = rig.wait("the end of the alert", lambda: rig.alerts(town.centre, "cover_open", COVER, "cleared"))[0]
    check(cleared["actor"] == "fitter-2", f"by whom: {cleared}")
    sql = "SELECT count(*) FROM readings WHERE subject = ? AND quality = 1 AND reason = 15"
    rig.wait("readings that nobody judges", lambda: rig.query(sql, COVER)[0][0] > 2)
    check(len(rig.alerts(town.centre, "cover_open", COVER, "raised")) == 1, "and nobody does")
    status, said = tell(rig, "serviced", "--subject", COVER, "--by", "fitter-2")
    check((status, said) == (0, f"accepted: {COVER}: watched again"), f"done: {said}")
    again = rig.wait("a new alert", lambda: rig.alerts(town.centre, "cover_open", COVER, "raised")[1:])[0]
    check(again["id"] != cleared["id"], "it is another one")


def test(rig, _options):
    town = Town(rig)
    town.wait_for_readings()
    silence(rig, town)
    maintenance(rig, town)
    check(REASON not in town.gateway.log(100000), "no reason is in the log")
    check(town.stop_gateway() == 0, "the gateway ends with status 0")


if __name__ == "__main__":
    run(test)
