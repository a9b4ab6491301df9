"""10,000 alerts in one go, a quarter of them red, through stillwaterd to a subscriber: with the link up, and waiting in the
outbox until there is a link. Beside it the same messages from mosquitto_pub -l through the same broker.

Only the field bus is not the real one (storm_bus.c): readings, core, store, outbox, MQTT, broker and the centre, which
stores and gives receipts, are.
"""

import json
import signal
import subprocess

from rig import Rig

SENSORS, A_LINE = 10_000, 240
COLOURS = ("red", "orange", "yellow", "blue")
LISTEN = ["stdbuf", "-oL", "mosquitto_sub", "-V", "5", "-q", "1", "-F", "%U %p"]
TOPICS = ("stillwater/demo/gw-1/status", "stillwater/demo/gw-1/alert/#")


def config(rig):
    subjects = "".join(f"  - {{id: site-{i}}}\n" for i in range(SENSORS))
    lines = ""
    for i in range(SENSORS):
        if i % A_LINE == 0:
            lines += f"  - id: line-{i // A_LINE}\n    port: /dev/none-{i // A_LINE}\n    devices:\n"
        lines += f"      - {{id: dev-{i}, unit_id: {1 + i % A_LINE}, profile: geolux-lx80, subject: site-{i}}}\n"
    return f"""\
schema: stillwater.gateway/1
city: demo
gateway: gw-1
store: {{path: {rig.store}}}
mqtt: {{host: 127.0.0.1, port: {rig.port}, inflight: 100}}
policy: {{level: {{bands_mm: {{blue: 50, yellow: 100, orange: 250, red: 400}}}}}}
subjects:
{subjects}lines:
{lines}"""


class Listener:
    """Anybody who hears the messages, with the time at which each came."""

    def __init__(self, rig, name, *topics):
        filters = [word for topic in topics for word in ("-t", topic)]
        self.part = rig.start(name, [*LISTEN, "-d", "-p", rig.port, *filters])
        rig.wait(f"{name} to subscribe", lambda: "Subscribed" in self.part.log())

    def heard(self, schema):
        lines = self.part.log_path.read_text().split("\n")[:-1]
        rows = [line.split(" ", 1) for line in lines if line[:1].isdigit() and schema in line]
        return [(float(time), json.loads(body)) for time, body in rows]

    def alerts(self, rig):
        """All of them, once they are there."""
        counted = lambda: self.part.log_path.read_bytes().count(b"stillwater.alert/1")
        rig.wait(f"10,000 alerts at the {self.part.name}", lambda: counted() >= SENSORS, interval=0.1)
        return self.heard("stillwater.alert/1")


def storm(rig, gateway):
    gateway.process.send_signal(signal.SIGUSR1)

    def raised():
        return rig.query("SELECT COUNT(*) FROM alerts")[0][0] == SENSORS

    rig.wait("10,000 alerts in the store", raised, interval=0.1)
    first, last = rig.query("SELECT MIN(raised_at_ms), MAX(raised_at_ms) FROM alerts")[0]
    return first / 1000, last / 1000


def start_gateway(rig):
    file = rig.path("gateway.yaml")
    file.write_text(config(rig))
    gateway = rig.start("gateway", [rig.build / "tests/bench/bench_stillwaterd", "--config", file])
    rig.wait("the gateway to run", lambda: "runs, store" in gateway.log())
    return gateway


def figures(heard, start, what):
    """Times from `start`, and how many came before one of a worse colour."""
    assert len({body["id"] for _, body in heard}) == SENSORS
    times = {colour: [time for time, body in heard if body["colour"] == colour] for colour in COLOURS}
    worst, early = len(COLOURS), 0
    for _, body in reversed(heard):
        rank = COLOURS.index(body["colour"])
        early += rank > worst
        worst = min(worst, rank)
    yield f"{what}: first red", min(times["red"]) - start, "s", ""
    yield f"{what}: last red", max(times["red"]) - start, "s", ""
    yield f"{what}: last of all", max(time for time, _ in heard) - start, "s", ""
    yield f"{what}: before one of a worse colour", early, "", ""


def link_up(build):
    with Rig(build) as rig:
        rig.broker()
        rig.centre()
        listener = Listener(rig, "listener", *TOPICS)
        gateway = start_gateway(rig)
        rig.wait("the link", lambda: "connected to" in gateway.log())
        first, last = storm(rig, gateway)
        heard = listener.alerts(rig)
        yield "raised within", last - first, "s", ""
        yield from figures(heard, first, "link up")


def link_comes_up(build):
    with Rig(build) as rig:
        broker = rig.broker()  # takes the port for us
        rig.dismiss(broker)
        broker.kill()
        gateway = start_gateway(rig)
        storm(rig, gateway)
        # Nobody is to miss the first alerts.
        gateway.process.send_signal(signal.SIGSTOP)
        rig.broker()
        rig.centre()
        listener = Listener(rig, "listener", *TOPICS)
        gateway.process.send_signal(signal.SIGCONT)
        heard = listener.alerts(rig)
        connected = min(time for time, body in listener.heard("stillwater.status/1") if body["state"] == "online")
        yield from figures(heard, connected, "link comes up")
        yield from peer(rig, [body for _, body in heard])


def peer(rig, bodies):
    listener = Listener(rig, "peer", "bench")
    text = "".join(json.dumps(body, separators=(",", ":")) + "\n" for body in bodies)
    argv = ["mosquitto_pub", "-V", "5", "-p", str(rig.port), "-q", "1", "-t", "bench", "-l"]
    subprocess.run(argv, input=text, text=True, check=True)
    heard = listener.alerts(rig)
    times = [time for time, _ in heard]
    red = [time for time, body in heard if body["colour"] == "red"]
    yield "last red", max(red) - min(times), "s", "mosquitto_pub -l"
    yield "last of all", max(times) - min(times), "s", "mosquitto_pub -l"


def run(options):
    yield from link_up(options.build)
    yield from link_comes_up(options.build)
