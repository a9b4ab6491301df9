#!/usr/bin/python3
"""Three nodes, behind Modbus TCP, behind a serial server that is dialled, and behind a 4G unit that dials in, over IPv6 where
there is one: connections are cut and the gateway is killed at random moments, and every record is stored once.
"""

import contextlib
import random
import socket
import sqlite3
import struct
import threading
import time

from case import check, run
from over_tcp import REGISTRATION, SensorsLine, crc, reserve_port, take

NODES = {"tcp": 1, "server": 2, "4g": 3}
SENSOR = 21


# Where in a request that writes the count of bytes stands that follow it.
COUNT_AT = {0x10: 6, 0x17: 10}


def take_request(connection):
    """An RTU request, without its CRC."""
    frame = take(connection, 2)
    count_at = COUNT_AT.get(frame[1])
    frame += take(connection, count_at - 1 if count_at else 4)
    frame += take(connection, frame[count_at] if count_at else 0)
    take(connection, 2)
    return frame


class Box:
    """What stands between the gateway and one node's line; its connection can be cut."""

    def __init__(self, tty_path):
        self.line = SensorsLine(tty_path)
        self.connections = []

    def serve_tcp(self, connection):
        while True:
            transaction, protocol, size = struct.unpack(">HHH", take(connection, 6))
            reply = self.line.ask(take(connection, size))
            if reply:
                connection.sendall(struct.pack(">HHH", transaction, protocol, len(reply)) + reply)

    def serve_rtu(self, connection):
        while True:
            reply = self.line.ask(take_request(connection))
            if reply:
                connection.sendall(reply[:3])
                time.sleep(0.01)
                connection.sendall(reply[3:] + crc(reply))

    def serve(self, connection, protocol):
        self.connections.append(connection)
        with contextlib.suppress(OSError):
            protocol(connection)
        connection.close()

    def listen(self, family, address, protocol):
        """A box that is dialled. Returns its port."""
        server = socket.create_server((address, 0), family=family)

        def accept():
            while True:
                connection, _ = server.accept()
                threading.Thread(target=self.serve, args=(connection, protocol), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        return server.getsockname()[1]

    def dial(self, address, port):
        """A 4G unit, which dials again as long as it lives."""

        def keep_dialling():
            while True:
                with contextlib.suppress(OSError):
                    connection = socket.create_connection((address, port))
                    connection.sendall(REGISTRATION)
                    self.serve(connection, self.serve_rtu)
                time.sleep(0.3)

        threading.Thread(target=keep_dialling, daemon=True).start()

    def cut(self):
        while self.connections:
            with contextlib.suppress(OSError):
                self.connections.pop().shutdown(socket.SHUT_RDWR)


def has_ipv6():
    with contextlib.suppress(OSError):
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        return True
    return False


def node(name):
    unit = NODES[name]
    slot = f"{{slot: 0, profile: geolux-lx80, unit_id: {SENSOR}, subject: site-{name}, sample_period_ms: 100, report_delta: 0, heartbeat_s: 1}}"
    return f"nodes: [{{id: node-{name}, unit_id: {unit}, slots: [{slot}]}}]"


def config(rig, host, any_address, ports):
    subjects = "".join(f"  - {{id: site-{name}}}\n" for name in NODES)
    return f"""\
schema: stillwater.gateway/1
city: demo
gateway: gw-1
store: {{path: {rig.store}}}
mqtt: {{host: 127.0.0.1, port: {rig.port}}}
subjects:
{subjects}lines:
  - {{id: by-tcp, transport: tcp, host: "{host}", tcp_port: {ports["tcp"]}, timeout_ms: 1000, {node("tcp")}}}
  - {{id: by-server, transport: rtu_over_tcp, host: "{host}", tcp_port: {ports["server"]}, timeout_ms: 1000, {node("server")}}}
  - id: by-4g
    transport: rtu_over_tcp_listen
    listen: "{any_address}"
    tcp_port: {ports["4g"]}
    registration: "hex:{REGISTRATION.hex(" ")}"
    timeout_ms: 1000
    {node("4g")}
"""


def start_node(rig, name):
    sensor, sensors = rig.line(f"sensor-{name}")
    rig.sensors(f"sensors-{name}", sensors, f"sensors:\n  - {{unit_id: {SENSOR}, profile: geolux-lx80, name: s, level_mm: 20}}\n")
    near, far = rig.line(f"line-{name}")
    argv = [rig.build / "boards/native/stillwater-node", "--sensors", sensor, "--gateway", far]
    rig.start(f"node-{name}", [*argv, "--serial", 1000 + NODES[name], "--unit-id", NODES[name]])
    return Box(near)


def spans(rig):
    """Of each node: records stored, and how many numbers they span."""
    with contextlib.suppress(sqlite3.Error):  # the store is still being made
        rows = rig.query("SELECT serial, COUNT(*), MAX(sequence) - MIN(sequence) + 1 FROM readings WHERE serial != 0 GROUP BY serial, epoch")
        return {serial: (count, span) for serial, count, span in rows}
    return {}


def add_arguments(parser):
    parser.add_argument("--cuts", type=int, default=12)
    parser.add_argument("--kills", type=int, default=6)


def test(rig, options):
    boxes = {name: start_node(rig, name) for name in NODES}
    rig.broker()
    ipv6 = has_ipv6()
    family, host, any_address = (socket.AF_INET6, "::1", "::") if ipv6 else (socket.AF_INET, "127.0.0.1", "0.0.0.0")
    holder = reserve_port()
    ports = {
        "tcp": boxes["tcp"].listen(family, host, boxes["tcp"].serve_tcp),
        "server": boxes["server"].listen(family, host, boxes["server"].serve_rtu),
        "4g": holder.getsockname()[1],
    }
    text = config(rig, host, any_address, ports)
    gateway = rig.gateway(text)
    boxes["4g"].dial(host, ports["4g"])
    rig.wait("records of every node", lambda: len(spans(rig)) == len(NODES))
    faults = ["cut"] * options.cuts + ["kill"] * options.kills
    random.shuffle(faults)
    for fault in faults:
        time.sleep(random.uniform(0.05, 1.5))
        if fault == "cut":
            boxes[random.choice(list(boxes))].cut()
            continue
        rig.dismiss(gateway)
        gateway.kill()
        gateway = rig.gateway(text)
    before = spans(rig)
    rig.wait("more records of every node", lambda: all(spans(rig)[serial][0] > before[serial][0] + 20 for serial in before))
    status = gateway.stop()
    rig.dismiss(gateway)
    check(status == 0, "the gateway ends cleanly")
    found = spans(rig)
    check(all(count == span for count, span in found.values()), f"no record is lost or doubled: {found}")


if __name__ == "__main__":
    run(test, add_arguments)
