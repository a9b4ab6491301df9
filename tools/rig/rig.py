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

# Only what hangs takes so long: a slow or shared host may stop a process for seconds, and several one after the other.
PATIENCE_S = 90.0


class RigError(Exception):
    """A part did not do what the rig needs. The text is short; Rig.show() has shown the logs before it."""


class Part:
    """One process."""

    def __init__(self, name, argv, log_path, env=None):
        self.name = name
        self.dismissed = False
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

    def trouble(self, lines):
        """The last lines of the log, and before them the last warnings and errors, whenever they were."""
        text = pathlib.Path(self.log_path).read_text(errors="replace").splitlines()
        serious = [line for line in text[:-lines] if line.startswith(("warning:", "error:"))]
        return serious[-lines:] + text[-lines:]

    def stop(self, timeout=PATIENCE_S):
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


# What is shown of a log's end when a run has failed; of a part that is not named here two lines.
LINES_OF = {"gateway": 7, "centre": 8}
LINES_OF_ENDED = 10


class Rig:
    def __init__(self, build, keep=False):
        self.build = pathlib.Path(build).resolve()
        self.keep = keep
        # UNIX socket paths have to stay under 108 characters.
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="stillwater-", dir="/tmp"))
        self.store = self.dir / "gateway.db"
        self.parts = []
        self.port_holder = None

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if isinstance(value, Exception):
            self.show()
        self.close()

    def close(self):
        for part in reversed(self.parts):
            part.stop(timeout=5)
        self.parts = []
        if self.port_holder:
            self.port_holder.close()
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

    @staticmethod
    def dismiss(part):
        """The part may end, or has ended, without that being a failure."""
        part.dismissed = True

    def wait(self, what, condition, timeout=PATIENCE_S, interval=0.05):
        """Waits until condition() is true and returns its value. Fails at once when a part has ended."""
        start = time.monotonic()
        while True:
            value = condition()
            if value:
                return value
            waited = time.monotonic() - start
            for part in self.parts:
                if not part.dismissed and not part.running():
                    status = part.process.returncode
                    raise RigError(f"{part.name} ended with status {status} while waiting for: {what} ({waited:.1f} s)")
            if waited > timeout:
                raise RigError(f"waited {waited:.0f} s for: {what}")
            time.sleep(interval)

    def show(self):
        """What there is to see of a run that has failed, in few lines: of a long log, CI shows the end."""
        sys.stdout.flush()
        mute = []
        # Of parts of one name, which share a log, the last one.
        for part in {part.name: part for part in self.parts}.values():
            ended = not part.running()
            lines = part.trouble(LINES_OF_ENDED if ended and not part.dismissed else LINES_OF.get(part.name, 2))
            if not lines and not ended:
                mute.append(part.name)
                continue
            state = f" ended with status {part.process.returncode}" if ended else ""
            print(f"--- {part.name}{state}", *(line[:180] for line in lines), sep="\n", file=sys.stderr)
        print(f"--- running, without a word: {', '.join(mute) or 'none'}", file=sys.stderr)
        with contextlib.suppress(sqlite3.Error):
            now_ms = time.time() * 1000
            rows = self.query(
                "SELECT subject, quality, MAX(time_ms) AS last FROM readings WHERE subject != '' GROUP BY subject ORDER BY last LIMIT 12"
            )
            ages = [f"{subject} {(now_ms - at) / 1000:.1f} s ago, quality {quality}" for subject, quality, at in rows]
            print(f"--- last readings stored: {'; '.join(ages) or 'none'}", file=sys.stderr)

    # --- the parts, in the order data flows

    def sensors(self, name, port, scenario, *options):
        """The sensors of one RS-485 line; `scenario` is the text of a scenario file."""
        file = self.path(f"{name}.yaml")
        file.write_text(scenario)
        control = self.path(f"{name}.ctl")
        part = self.start(
            name,
            [self.build / "tools/sensors/stillwater-sensors", "--port", port, "--scenario", file, "--control", control, *options],
        )
        part.control = control
        self.wait(f"{name} to listen for control", control.exists)
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
        self.wait(f"{name} to make its PTY", link.exists)
        return part

    def line(self, name):
        """A serial line between two programs: its two ends."""
        ends = self.path(f"{name}-a.tty"), self.path(f"{name}-b.tty")
        self.start(name, [self.build / "tools/wire/stillwater-wire", "--link", ends[0], "--link", ends[1]])
        self.wait(f"{name} to make its PTYs", lambda: all(end.exists() for end in ends))
        return ends

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
        self.wait(f"{name} to start", part.gateway_socket.exists)
        return part

    def broker(self, name="broker", persistence=True, users=(), access=""):
        """A private mosquitto. self.port is its port on 127.0.0.1; started again it keeps the port and its database.
        With `users` it lets in nobody else, each with its name for a password, and `access` is its access list."""
        if not self.port_holder:
            # Bound and never listening: mosquitto, which sets SO_REUSEADDR too, may listen there, and for as long as the
            # rig lives no other program is given the port, for its own broker or as the near end of a connection.
            self.port_holder = socket.socket()
            self.port_holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.port_holder.bind(("127.0.0.1", 0))
            self.port = self.port_holder.getsockname()[1]
        data = self.path("broker-data")
        data.mkdir(exist_ok=True)
        if os.getuid() == 0:
            shutil.chown(data, "mosquitto", "mosquitto")
            self.dir.chmod(0o755)
        config = self.path("mosquitto.conf")
        config.write_text(
            f"listener {self.port} 127.0.0.1\n{self.admission(users, access)}persistence {str(persistence).lower()}\n"
            f"persistence_location {data}/\nautosave_interval 5\nmax_queued_messages 100000\nset_tcp_nodelay true\n"
        )
        part = self.start(name, [shutil.which("mosquitto", path=os.environ["PATH"] + ":/usr/sbin"), "-c", config])

        def listening():
            with socket.socket() as s:
                return s.connect_ex(("127.0.0.1", self.port)) == 0

        self.wait("the broker to listen", listening)
        return part

    def admission(self, users, access):
        """Who may do what, in mosquitto's words."""
        if not users:
            return "allow_anonymous true\n"
        passwords, acl = self.path("broker-data/passwords"), self.path("broker-data/acl")
        for file, text in ((passwords, "".join(f"{user}:{user}\n" for user in users)), (acl, access)):
            file.write_text(text)
            if os.getuid() == 0:
                shutil.chown(file, "mosquitto", "mosquitto")
        subprocess.run(["mosquitto_passwd", "-U", passwords], check=True)
        return f"allow_anonymous false\npassword_file {passwords}\nacl_file {acl}\n"

    def gateway(self, config, name="gateway"):
        file = self.path("gateway.yaml")
        file.write_text(config)
        return self.start(name, [self.build / "gateway/app/stillwaterd", "--config", file])

    def centre(self, *options, name="centre"):
        """The city's subscriber. part.json is the file its messages go to, part.store the database of what it receipts."""
        file = self.path(f"{name}.jsonl")
        store = self.path(f"{name}.db")
        part = self.start(
            name,
            [self.build / "gateway/centre/stillwater-centre", "--broker", f"127.0.0.1:{self.port}"]
            + ["--json", file, "--store", store, *options],
        )
        part.json, part.store = file, store
        # Alerts are not retained: what is sent before the first subscription is not for this centre.
        self.wait(f"{name} to subscribe", lambda: "connected to" in part.log(200))
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
        """Rows of the gateway's store, read beside the running gateway. Readings are no table of SQLite's own."""
        if "readings" in sql:
            call = [self.build / "gateway" / "cli" / "stillwater", "query", "--store", self.store, sql, *map(str, args)]
            out = subprocess.run(call, capture_output=True, text=True, timeout=PATIENCE_S)
            if out.returncode != 0:
                raise sqlite3.OperationalError(out.stderr.strip())
            return [tuple(json.loads(line)) for line in out.stdout.splitlines()]
        # Closed at once: a reader left open would keep the gateway from folding its WAL back.
        with contextlib.closing(sqlite3.connect(f"file:{self.store}?mode=ro", uri=True, timeout=PATIENCE_S)) as db:
            return db.execute(sql, args).fetchall()
