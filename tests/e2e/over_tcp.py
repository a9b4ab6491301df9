#!/usr/bin/python3
"""The same three river probes behind Modbus TCP, behind a serial server that is dialled, and behind a 4G unit that dials in:
each of them tells of a flood, once, and the 4G unit comes back after its connection is lost.

What stands between the gateway and the sensors' line is a stand-in for such boxes, written here and not in C.
"""

import contextlib
import os
import socket
import struct
import termios
import threading
import time
import tty

from case import check, run

UNITS = {"site-tcp": 21, "site-server": 22, "site-4g": 23}
REGISTRATION = b"\x01DTU-7"
REPLY_S = 2.0


def crc(data):
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ 0xA001 if value & 1 else value >> 1
    return struct.pack("<H", value)


class SensorsLine:
    """The far end of a serial line: one request at a time, whoever asks."""

    def __init__(self, tty_path):
        self.fd = os.open(tty_path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        tty.setraw(self.fd)
        self.lock = threading.Lock()

    def ask(self, frame):
        """The reply of a read, without its CRC; None when nobody answers."""
        with self.lock:
            termios.tcflush(self.fd, termios.TCIFLUSH)
            os.write(self.fd, frame + crc(frame))
            reply, until = b"", time.monotonic() + REPLY_S
            while time.monotonic() < until:
                with contextlib.suppress(BlockingIOError):
                    reply += os.read(self.fd, 300)
                if len(reply) >= 5 and crc(reply[:-2]) == reply[-2:]:
                    return reply[:-2]
                time.sleep(0.002)
            return None


def take(connection, size):
    data = b""
    while len(data) < size:
        piece = connection.recv(size - len(data))
        if not piece:
            raise ConnectionError
        data += piece
    return data


def serve_tcp(line, connection):
    """Modbus TCP in, RTU out."""
    while True:
        transaction, protocol, size = struct.unpack(">HHH", take(connection, 6))
        reply = line.ask(take(connection, size))
        if reply:
            connection.sendall(struct.pack(">HHH", transaction, protocol, len(reply)) + reply)


def serve_rtu(line, connection):
    """RTU in and out; a reply comes in two pieces, as over a network."""
    while True:
        reply = line.ask(take(connection, 8)[:-2])
        if reply:
            connection.sendall(reply[:3])
            time.sleep(0.02)
            connection.sendall(reply[3:] + crc(reply))


def listen(line, serve):
    """A box that is dialled. Returns its port."""
    server = socket.create_server(("127.0.0.1", 0))

    def accept():
        while True:
            connection, _ = server.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with contextlib.suppress(OSError):
                serve(line, connection)
            connection.close()

    threading.Thread(target=accept, daemon=True).start()
    return server.getsockname()[1]


def dial(line, port):
    """A 4G unit: dials, says who it is, and serves until it is cut off. Returns its connection."""
    connection = socket.create_connection(("127.0.0.1", port))
    connection.sendall(REGISTRATION)

    def serve():
        with contextlib.suppress(OSError):
            serve_rtu(line, connection)

    threading.Thread(target=serve, daemon=True).start()
    return connection


def reserve_port():
    """As the rig does it for the broker: bound and never listening, so that the gateway alone gets it."""
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", 0))
    return holder


def device(subject):
    return f"devices: [{{id: dev-{subject}, unit_id: {UNITS[subject]}, profile: geolux-lx80, subject: {subject}, poll_interval_ms: 200}}]"


def config(rig, tcp, server, dial_in):
    subjects = "".join(f"  - {{id: {subject}}}\n" for subject in UNITS)
    return f"""\
schema: stillwater.gateway/1
city: demo
gateway: gw-1
store: {{path: {rig.store}}}
mqtt: {{host: 127.0.0.1, port: {rig.port}}}
policy:
  level: {{bands_mm: {{blue: 50, yellow: 100, orange: 250, red: 400}}, deadband_mm: 10}}
  level_quality: {{quarantine_after: 0}}
  silent: {{bus_s: 3}}
subjects:
{subjects}lines:
  - {{id: by-tcp, transport: tcp, host: localhost, tcp_port: {tcp}, {device("site-tcp")}}}
  - {{id: by-server, transport: rtu_over_tcp, host: 127.0.0.1, tcp_port: {server}, {device("site-server")}}}
  - id: by-4g
    transport: rtu_over_tcp_listen
    listen: 127.0.0.1
    tcp_port: {dial_in}
    registration: "hex:{REGISTRATION.hex(" ")}"
    {device("site-4g")}
"""


def scenario():
    rows = (f"  - {{unit_id: {unit}, profile: geolux-lx80, name: {subject}, level_mm: 20}}" for subject, unit in UNITS.items())
    return "sensors:\n" + "\n".join(rows) + "\n"


def test(rig, _):
    near, far = rig.line("probes")
    sensors = rig.sensors("sensors", far, scenario())
    line = SensorsLine(near)
    rig.broker()
    centre = rig.centre()
    holder = reserve_port()
    dial_in = holder.getsockname()[1]
    gateway = rig.gateway(config(rig, listen(line, serve_tcp), listen(line, serve_rtu), dial_in))

    rig.wait("the alert of a line nobody has dialled", lambda: rig.alerts(centre, "bus_silent", "by-4g", "raised"))
    unit = dial(line, dial_in)
    rig.wait("its end", lambda: rig.alerts(centre, "bus_silent", "by-4g", "cleared"))
    check(not rig.alerts(centre, "bus_silent", "by-tcp") and not rig.alerts(centre, "bus_silent", "by-server"), "the other lines are up")

    unit.shutdown(socket.SHUT_RDWR)
    unit.close()
    rig.wait("the unit's loss", lambda: "the far side has hung up" in gateway.log(400))
    dial(line, dial_in)
    for subject in UNITS:
        rig.tell(sensors, f"{{sensor: {subject}, level_mm: 450}}")
    for subject in UNITS:
        red = rig.wait(f"red at {subject}", lambda s=subject: [a for a in rig.alerts(centre, "level", s) if a["colour"] == "red"])
        check(red[0]["subject"] == subject, f"{subject} is red: {red[0]['headline']}")
    for subject in UNITS:
        check(len({a["id"] for a in rig.alerts(centre, "level", subject)}) == 1, f"{subject} has one level alert")
    status = gateway.stop()
    rig.dismiss(gateway)
    check(status == 0, "the gateway ends cleanly")


if __name__ == "__main__":
    run(test)
