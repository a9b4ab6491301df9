"""Judges what the subscriber received: every expected alert raised, updated and cleared exactly once, nothing else."""

from collections import defaultdict


class Expected:
    """Alerts of one kind for one subject: as many as one of `times` says. `colours` must appear in this order (others may
    stand between), `states` each at least once."""

    def __init__(self, kind, subject, times=(1,), colours=(), states=("raised", "cleared")):
        self.kind, self.subject, self.times, self.colours, self.states = kind, subject, times, colours, states


class ExpectedArea:
    """The colour of a place: `colours` must appear in this order (others may stand between); the last word on it is the
    last of them, and known."""

    def __init__(self, path, colours):
        self.path, self.colours = path, colours


def in_order(wanted, seen):
    rest = iter(seen)
    return all(any(w == s for s in rest) for w in wanted)


def told(revisions):
    """What a reader needs to see of one alert."""
    return ", ".join(f"{m['updated_at'][11:19]} {m['state']} {m['colour']}" for m in revisions)


def judge_life(alert_id, revisions):
    """What is wrong with the revisions of one alert; an empty list when they are one whole life."""
    wrong = []
    numbers = [m["revision"] for m in revisions]
    if numbers != list(range(1, len(numbers) + 1)):
        wrong.append(f"{alert_id}: revisions {numbers}, expected 1 to {max(numbers)} once each, in order")
    if revisions[0]["state"] != "raised":
        wrong.append(f"{alert_id}: begins as {revisions[0]['state']}, expected raised")
    if revisions[-1]["state"] not in ("cleared", "resolved"):
        wrong.append(f"{alert_id}: ends as {revisions[-1]['state']}, expected cleared")
    return wrong


def judge_areas(messages, expected, hidden=()):
    """What is wrong with the areas: the expected ones, none of the `hidden` ones, and nobody's home in any."""
    wrong = []
    lives = defaultdict(list)
    for message in messages:
        if message.get("schema") == "stillwater.area/1":
            lives[message["area"]].append(message)
            if "home-" in str(message):
                wrong.append(f"area {message['area']} tells of a home: {message}")
    for e in expected:
        colours = [m["colour"] for m in lives[e.path]]
        if not in_order(e.colours, colours):
            wrong.append(f"area {e.path}: colours {colours}, expected {list(e.colours)} in this order")
        elif lives[e.path][-1]["colour"] != e.colours[-1] or lives[e.path][-1]["unknown"]:
            wrong.append(f"area {e.path} ends as {lives[e.path][-1]}, expected {e.colours[-1]} and known")
    for path in hidden:
        if path in lives:
            wrong.append(f"area {path} is told of, but two homes are too few for a map")
    return wrong


def judge(messages, expected):
    """A list of sentences, one for each thing that is not as expected."""
    lives = defaultdict(list)
    for message in messages:
        if message.get("schema") == "stillwater.alert/1":
            lives[message["id"]].append(message)

    wrong = []
    by_subject = defaultdict(list)
    for alert_id, revisions in lives.items():
        wrong += judge_life(alert_id, revisions)
        by_subject[(revisions[0]["kind"], revisions[0]["subject"])].append(revisions)

    for e in expected:
        found = by_subject.pop((e.kind, e.subject), [])
        if len(found) not in e.times:
            lives = "; ".join(told(revisions) for revisions in found)
            expected_times = " or ".join(map(str, e.times))
            wrong.append(f"{e.kind} of {e.subject}: {len(found)} alerts, expected {expected_times} ({lives})")
        for revisions in found:
            colours = [m["colour"] for m in revisions]
            states = {m["state"] for m in revisions}
            if not in_order(e.colours, colours):
                wrong.append(f"{e.kind} of {e.subject}: colours {colours}, expected {list(e.colours)} in this order")
            if not set(e.states) <= states:
                wrong.append(f"{e.kind} of {e.subject}: states {sorted(states)}, expected {sorted(e.states)}")
    for (kind, subject), found in by_subject.items():
        wrong.append(f"{kind} of {subject}: not expected at all ({'; '.join(told(revisions) for revisions in found)})")
    return wrong
