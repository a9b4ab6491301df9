"""The small town of the demo and the end-to-end tests: two nodes, two lines, what hangs on them, and a configuration
whose times are shortened from hours to seconds so that a person can watch. The lines' timeout is longer than hardware
needs: on a busy machine the emulator takes tens of milliseconds for a byte."""

import sqlite3

HOME_A, HOME_B = "home-4f21", "home-7c03"
RIVER, PIPE, RAIN, COVER = "site-river-3", "site-pipe-9", "rain-2", "cover-17"
# Silence of a sensor or a node is told after this. Beside a host that stops single processes for two seconds a node may
# not answer for a dozen (a lost request costs 4 s and a pause), and a sensor not be read for as long.
SILENT_S = 30
NODE_HOME, NODE_DRAIN = "node-home", "node-drain"
STREET = "demo/north/canal-street"
HOMES_CELL, WATER_CELL = f"{STREET}/cell-4", f"{STREET}/cell-5"

HOME_SENSORS = """\
sensors:
  - {unit_id: 11, profile: xintai, name: meter-a, index_l: 123456, flow_l_per_min: 30}
  - {unit_id: 12, profile: bove, name: meter-b, index_l: 98765, flow_l_per_min: 30}
"""

DRAIN_SENSORS = """\
sensors:
  - {unit_id: 21, profile: geolux-lx80, name: river, level_mm: 20}
  - {unit_id: 22, profile: qdy30a, name: pipe, level_mm: 15}
  - {unit_id: 23, profile: stillwater-rain, name: rain, rain_mm: 812}
  - {unit_id: 31, profile: stillwater-manhole, name: cover}
"""


# Nobody answers in the town but where a test says so: time enough that nothing goes up by itself.
PEOPLE = f"""\
schema: stillwater.people/1
people:
  - {{id: officer-1}}
  - {{id: officer-3, deputies: [officer-1]}}
  - {{id: worker-7, deputies: [worker-8]}}
  - {{id: worker-8}}
areas:
  - {{grid: demo, responsible: officer-1, acknowledge_s: {{red: 3600, orange: 3600}}}}
  - {{grid: demo/north, responsible: officer-3}}
  - {{grid: {STREET}, responsible: worker-7}}
"""


# What lies near: a camera and a shelter in the street, a store of sandbags at the other end of the town.
PLACES = """\
{"type": "FeatureCollection", "features": [
  {"type": "Feature", "geometry": {"type": "Point", "coordinates": [120.5873, 31.3006]},
   "properties": {"id": "cam-17", "kind": "camera"}},
  {"type": "Feature", "geometry": {"type": "Point", "coordinates": [120.5901, 31.2990]},
   "properties": {"id": "school-3", "kind": "shelter", "name": "Mill School", "capacity": 200}},
  {"type": "Feature", "geometry": {"type": "Point", "coordinates": [120.5800, 31.2900]},
   "properties": {"id": "depot-1", "kind": "store", "name": "Works depot", "hours": "24/7"}}]}
"""


def config(rig, home_line, drain_line, node_silent_s):
    rig.path("people.yaml").write_text(PEOPLE)
    rig.path("places.geojson").write_text(PLACES)
    return f"""\
schema: stillwater.gateway/1
city: demo
gateway: gw-1
store: {{path: {rig.store}}}
mqtt: {{host: 127.0.0.1, port: {rig.port}}}
registry: {{people: {rig.path("people.yaml")}, places: {rig.path("places.geojson")}}}
policy:
  no_use: {{volume_l: 2, window_s: 20, coverage_pct: 80, observed_gap_s: 5}}
  drip: {{pause_s: 3}}
  level: {{bands_mm: {{blue: 50, yellow: 100, orange: 250, red: 400}}, deadband_mm: 10, off_delay_s: 2}}
  cover: {{tilt_deg: 10, tilt_deadband_deg: 2, off_delay_s: 2}}
  silent: {{home_s: {SILENT_S}, level_s: {SILENT_S}, cover_s: {SILENT_S}, rain_s: {SILENT_S}, node_s: {node_silent_s}, bus_s: 5}}
subjects:
  - {{id: {HOME_A}, place: {{latitude: 31.2989, longitude: 120.5853, grid: {HOMES_CELL}}}}}
  - {{id: {HOME_B}, place: {{latitude: 31.2991, longitude: 120.5860, grid: {HOMES_CELL}}}}}
  - {{id: {RIVER}, place: {{latitude: 31.3001, longitude: 120.5871, grid: {WATER_CELL}}}}}
  - {{id: {PIPE}, place: {{latitude: 31.3002, longitude: 120.5874, grid: {WATER_CELL}}}}}
  - {{id: {RAIN}, place: {{latitude: 31.3000, longitude: 120.5870, grid: {WATER_CELL}}}}}
  - {{id: {COVER}, place: {{latitude: 31.3003, longitude: 120.5875, grid: {WATER_CELL}}}}}
lines:
  - id: line-home
    port: {home_line}
    baud: 115200
    timeout_ms: 2000
    nodes:
      - id: {NODE_HOME}
        unit_id: 1
        slots:
          - {{slot: 0, profile: xintai, unit_id: 11, subject: {HOME_A}, sample_period_ms: 1000, heartbeat_s: 2}}
          - {{slot: 1, profile: bove, unit_id: 12, subject: {HOME_B}, sample_period_ms: 1000, heartbeat_s: 2}}
  - id: line-drain
    port: {drain_line}
    baud: 115200
    timeout_ms: 2000
    nodes:
      - id: {NODE_DRAIN}
        unit_id: 1
        slots:
          - {{slot: 0, profile: geolux-lx80, unit_id: 21, subject: {RIVER}, sample_period_ms: 1000, heartbeat_s: 2}}
          - {{slot: 1, profile: qdy30a, unit_id: 22, subject: {PIPE}, sample_period_ms: 1000, heartbeat_s: 2}}
          - {{slot: 2, profile: stillwater-rain, unit_id: 23, subject: {RAIN}, sample_period_ms: 1000, heartbeat_s: 2}}
          - {{slot: 3, profile: stillwater-manhole, unit_id: 31, subject: {COVER}, sample_period_ms: 1000, heartbeat_s: 2}}
"""


class Town:
    """The town running in a rig: broker, two emulated nodes with their sensors, gateway, centre."""

    def __init__(self, rig, centre_options=(), node_silent_s=SILENT_S):
        self.rig = rig
        self.broker = rig.broker()
        self.home = rig.node("home", "stm32f405", 1001)
        self.drain = rig.node("drain", "mps2-an385", 1002)
        self.home_sensor_wire = rig.wire("home-sensors-line", self.home.sensor_socket)
        self.drain_sensor_wire = rig.wire("drain-sensors-line", self.drain.sensor_socket)
        self.home_wire = rig.wire("home-line", self.home.gateway_socket)
        self.drain_wire = rig.wire("drain-line", self.drain.gateway_socket)
        self.home_sensors = rig.sensors("home-sensors", self.home_sensor_wire.link, HOME_SENSORS)
        self.drain_sensors = rig.sensors("drain-sensors", self.drain_sensor_wire.link, DRAIN_SENSORS)
        self.centre = rig.centre(*centre_options)
        self.config = config(rig, self.home_wire.link, self.drain_wire.link, node_silent_s)
        self.gateway = None
        self.start_gateway()

    def start_gateway(self):
        self.gateway = self.rig.gateway(self.config)

    def stop_gateway(self):
        status = self.gateway.stop()
        self.rig.dismiss(self.gateway)
        return status

    def kill_drain_node(self):
        self.rig.dismiss(self.drain)
        self.drain.kill()

    def start_drain_node(self):
        self.drain = self.rig.node("drain", "mps2-an385", 1002)

    def wait_for_readings(self):
        """Until every sensor has delivered its first reading to the store, and the centre has heard of the gateway: from
        then on it takes commands."""
        subjects = {HOME_A, HOME_B, RIVER, PIPE, RAIN, COVER}

        def all_there():
            try:
                rows = self.rig.query("SELECT DISTINCT subject FROM readings WHERE quality = 0")
            except sqlite3.Error:  # the store is still being made
                return False
            return subjects <= {row[0] for row in rows}

        self.rig.wait("a reading of every sensor", all_there)
        self.rig.wait("the gateway's status at the centre", lambda: self.rig.messages(self.centre))
