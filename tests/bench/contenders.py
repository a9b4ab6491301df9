"""What is measured: stillwaterd, and what one would take instead. Each is started for a load and is one process."""

import ipaddress
import os
import pathlib
import shutil
import subprocess
import sys

from peers import node_red
from rig import ROOT

HERE = pathlib.Path(__file__).resolve().parent
FIRST_ADDRESS = "127.1.0.1"  # of the farm's devices: farm/devices.h
TOPIC = "bench"
SLOW_DISK_MS = 300


class Ours:
    """With its store and all rules on; only that every reading is published, too, is not what it does by itself. It
    promises the city nothing: a sensor asked once a minute could not be in time."""

    name = ""
    topics = "stillwater/demo/gw-1/telemetry/#"
    FLAT_OUT_MS = 20  # as often as the configuration allows: 50,000 polls a second of 1,000 devices

    @staticmethod
    def install(_build):
        pass

    @classmethod
    def config(cls, rig, load, port):
        first = ipaddress.ip_address(FIRST_ADDRESS)
        subjects = "".join(f"  - {{id: site-{i}}}\n" for i in range(load.devices))
        lines = ""
        for i in range(load.connections):
            lines += f"  - id: line-{i}\n    transport: tcp\n    host: {first + i}\n    tcp_port: {port}\n    trip_ms: 1\n    devices:\n"
            for unit in range(load.units):
                n = i * load.units + unit
                lines += f"      - {{id: dev-{n}, unit_id: {unit + 1}, profile: farm-station, subject: site-{n}, "
                lines += f"poll_interval_ms: {load.interval_ms or cls.FLAT_OUT_MS}}}\n"
        return f"""\
schema: stillwater.gateway/1
city: demo
gateway: gw-1
store: {{path: {rig.store}}}
mqtt: {{host: 127.0.0.1, port: {rig.port}, telemetry: sites}}
profiles: {HERE / "profiles"}
policy: {{latency: {{home_s: 0, level_s: 0, cover_s: 0}}, level: {{bands_mm: {{blue: 90000, yellow: 91000, orange: 92000, red: 93000}}, range_max_mm: 100000}}}}
subjects:
{subjects}lines:
{lines}"""

    @classmethod
    def start(cls, rig, load, port):
        file = rig.path("gateway.yaml")
        file.write_text(cls.config(rig, load, port))
        env = dict(os.environ)
        if load.trouble == "disk":
            env |= {"LD_PRELOAD": str(rig.build / "tests/bench/libbench_slow_disk.so"), "SLOW_DISK_MS": str(SLOW_DISK_MS)}
        return rig.start("gateway", [rig.build / "gateway/app/stillwaterd", "--config", file], env)


class Pymodbus:
    name = "pymodbus + paho"
    topics = f"{TOPIC}/#"

    @staticmethod
    def install(_build):
        subprocess.run([ROOT / "tools/setup", HERE / "packages.txt"], check=True)

    @staticmethod
    def start(rig, load, port):
        numbers = [port, load.connections, load.units, load.interval_ms, rig.port]
        return rig.start("pymodbus", ["/usr/bin/python3", HERE / "peers/pymodbus_paho.py", FIRST_ADDRESS, *numbers, TOPIC])


class NodeRed:
    name = "Node-RED + contrib-modbus"
    topics = f"{TOPIC}/#"

    @classmethod
    def install(cls, build):
        """Into the build folder, once; again when the versions have changed."""
        if not shutil.which("npm"):
            npm = pathlib.Path(build) / "npm.txt"
            npm.write_text("npm\n")
            subprocess.run([ROOT / "tools/setup", npm], check=True)
        cls.home = pathlib.Path(build).resolve().parent / "bench-node-red"
        cls.home.mkdir(exist_ok=True)
        wanted = (HERE / "peers/package.json").read_text()
        installed = cls.home / "installed.json"
        if installed.exists() and installed.read_text() == wanted:
            return
        (cls.home / "package.json").write_text(wanted)
        print("bench: installing Node-RED", file=sys.stderr)
        subprocess.run(
            ["npm", "install", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], cwd=cls.home, check=True
        )
        installed.write_text(wanted)

    @classmethod
    def start(cls, rig, load, port):
        user = rig.path("node-red")
        user.mkdir()
        (user / "node_modules").symlink_to(cls.home / "node_modules")
        (user / "package.json").write_text((HERE / "peers/package.json").read_text())
        (user / "settings.js").write_text(node_red.SETTINGS)
        flow = node_red.flow(FIRST_ADDRESS, port, load.connections, load.units, load.interval_ms, rig.port, TOPIC)
        (user / "flows.json").write_text(flow)
        red = cls.home / "node_modules/node-red/red.js"
        return rig.start("node-red", [shutil.which("node"), red, "--userDir", user, "--settings", user / "settings.js"])
