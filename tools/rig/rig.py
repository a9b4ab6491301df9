"""A rig: all the real parts of the system, started in a directory of their own and stopped together.

Used by the demo, the end-to-end tests and the benchmarks. Every part is a process of its own with its own log; serial
lines are PTYs, emulated UARTs are UNIX sockets, the broker listens on a free port of the loopback interface.
"""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]


class RigError(Exception):
    """A part did not do what the rig needs; the text says which and shows its log."""


class Part:
    """One process."""

    def __init__(self, name, argv, log_path, env=None):
        self.name = name
        self.argv = [str(a) for a in argv]
        self.log_path = log_path
        with open(log_path, "ab") as log:
            self.process = subprocess.Popen(
                self.argv, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, env=env, start_new_session=True
            )

    def running(self):
        return self.process.poll() is None

    def log(self, lines=25):
        text = pathlib.Path(self.log_path).read_text(errors="replace").splitlines()
        return "\n".join(text[-lines:])

    def stop(self, timeout=10):
        """SIGTERM, then SIGKILL; returns the exit status."""
        if self.running():
            self.process.terminate()
            try:
                self.process.wait(timeout)
            except subprocess.TimeoutExpired:
                self.kill()
        return self.process.returncode

    def kill(self):
        if self.running():
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait()


class Rig:
    def __init__(self, build, keep=False):
        self.build = pathlib.Path(build).resolve()
        self.keep = keep
        # UNIX socket paths have to stay under 108 characters.
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="stillwater-", dir="/tmp"))
        self.parts = []

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.close()

    def close(self):
        for part in reversed(self.parts):
            part.stop(timeout=5)
        self.parts = []
        if self.keep:
            print(f"rig: kept {self.dir}", file=sys.stderr)
        else:
            shutil.rmtree(self.dir, ignore_errors=True)

    def path(self, name):
        return self.dir / name

    def start(self, name, argv, env=None):
        part = Part(name, argv, self.path(f"{name}.log"), env)
        self.parts.append(part)
        return part

    def forget(self, part):
        """The part is stopped and will not be stopped again."""
        self.parts = [p for p in self.parts if p is not part]

    def wait(self, what, condition, timeout=20.0, interval=0.05, parts=()):
        """Waits until condition() is true and returns its value; fails with the logs of `parts`."""
        end = time.monotonic() + timeout
        while True:
            value = condition()
            if value:
                return value
            for part in parts:
                if not part.running():
                    raise RigError(f"{part.name} ended with status {part.process.returncode}:\n{part.log()}")
            if time.monotonic() > end:
                logs = "\n".join(f"--- {p.name}\n{p.log()}" for p in (parts or self.parts))
                raise RigError(f"waited {timeout:.0f} s for: {what}\n{logs}")
            time.sleep(interval)

    # --- the parts, in the order data flows

    def sensors(self, name, port, scenario):
        """The sensors of one RS-485 line; `scenario` is the text of a scenario file."""
        file = self.path(f"{name}.yaml")
        file.write_text(scenario)
        control = self.path(f"{name}.ctl")
        part = self.start(
            name,
            [self.build / "tools/sensors/stillwater-sensors", "--port", port, "--scenario", file, "--control", control],
        )
        part.control = control
        self.wait(f"{name} to listen for control", control.exists, parts=[part])
        return part

    @staticmethod
    def tell(part, line):
        """One control line to a sensors or wire process."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.connect(str(part.control))
            s.send(line.encode())

    def wire(self, name, unix_socket):
        """A serial line that stays there while the emulator at its other end comes and goes."""
        link = self.path(f"{name}.tty")
        control = self.path(f"{name}.ctl")
        part = self.start(
            name,
            [self.build / "tools/wire/stillwater-wire", "--link", link, "--socket", unix_socket, "--control", control],
        )
        part.link, part.control = link, control
        self.wait(f"{name} to make its PTY", link.exists, parts=[part])
        return part

    def node(self, name, board, serial, unit_id=1):
        """An emulated node: the Arm image of `board`. Started again with the same name it keeps its retained memory,
        where the board has it."""
        image = self.build / f"boards/{board}/stillwater-node-{board}.elf"
        argv = [ROOT / "tools/emulate-node", "--board", board, "--image", image, "--serial", serial, "--unit-id", unit_id]
        for option, suffix in (("--gateway-socket", "gw"), ("--sensor-socket", "sn"), ("--qmp-socket", "qmp")):
            argv += [option, self.path(f"{name}.{suffix}")]
        if board == "mps2-an385":
            argv += ["--retained", self.path(f"{name}.nv")]
        for suffix in ("gw", "sn", "qmp"):
            self.path(f"{name}.{suffix}").unlink(missing_ok=True)
        part = self.start(name, argv)
        part.gateway_socket, part.sensor_socket = self.path(f"{name}.gw"), self.path(f"{name}.sn")
        self.wait(f"{name} to start", part.gateway_socket.exists, parts=[part])
        return part

    def broker(self, name="broker"):
        """A private mosquitto. self.port is its port on 127.0.0.1; started again it keeps the port and its database."""
        if not hasattr(self, "port"):
            with socket.socket() as s:
                s.bind(("127.0.0.1", 0))
                self.port = s.getsockname()[1]
        data = self.path("broker-data")
        data.mkdir(exist_ok=True)
        if os.getuid() == 0:
            shutil.chown(data, "mosquitto", "mosquitto")
            self.dir.chmod(0o755)
        config = self.path("mosquitto.conf")
        config.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\npersistence true\n"
            f"persistence_location {data}/\nautosave_interval 5\nmax_queued_messages 100000\nset_tcp_nodelay true\n"
        )
        part = self.start(name, [shutil.which("mosquitto", path=os.environ["PATH"] + ":/usr/sbin"), "-c", config])

        def listening():
            with socket.socket() as s:
                return s.connect_ex(("127.0.0.1", self.port)) == 0

        self.wait("the broker to listen", listening, parts=[part])
        return part

    def gateway(self, config, name="gateway"):
        file = self.path("gateway.yaml")
        file.write_text(config)
        return self.start(name, [self.build / "gateway/app/stillwaterd", "--config", file])

    def centre(self, *options, name="centre"):
        """The city's subscriber. part.json is the file its messages go to."""
        file = self.path(f"{name}.jsonl")
        part = self.start(
            name,
            [self.build / "gateway/centre/stillwater-centre", "--broker", f"127.0.0.1:{self.port}", "--json", file, *options],
        )
        part.json = file
        # Alerts are not retained: what is sent before the first subscription is not for this centre.
        self.wait(f"{name} to subscribe", lambda: "connected to" in part.log(200), parts=[part])
        return part

    # --- what came out

    @staticmethod
    def messages(part):
        """Messages the centre has written so far, whole lines only."""
        if not part.json.exists():
            return []
        lines = part.json.read_text().split("\n")[:-1]
        return [json.loads(line) for line in lines]

    @classmethod
    def alerts(cls, part, kind=None, subject=None, state=None):
        return [
            m
            for m in cls.messages(part)
            if m.get("schema", "").startswith("stillwater.alert/")
            and kind in (None, m["kind"])
            and subject in (None, m["subject"])
            and state in (None, m["state"])
        ]

    def query(self, sql, *args):
        """Rows of the gateway's store, read beside the running gateway."""
        # Closed at once: a reader left open would keep the gateway from folding its WAL back.
        with contextlib.closing(sqlite3.connect(f"file:{self.path('gateway.db')}?mode=ro", uri=True, timeout=10)) as db:
            return db.execute(sql, args).fetchall()
