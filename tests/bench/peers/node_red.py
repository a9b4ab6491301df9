"""Node-RED's flow and settings for a load.

At a fixed rate a Modbus-Read node a device, wired to one MQTT-out. Flat out a Modbus-Flex-Getter a device whose answer is
its next question: of all ways to ask as fast as it can, the one that builds no queue. No editor, no log, no status of the
nodes, and, with one device a connection, no queue of the client."""

import ipaddress
import json

REGISTERS = 10
TIMEOUT_MS = 500
QUESTION = {"fc": 3, "address": 0, "quantity": REGISTERS}


def client(i, host, port, units):
    return {
        "id": f"client{i}",
        "type": "modbus-client",
        "clienttype": "tcp",
        "tcpHost": host,
        "tcpPort": port,
        "tcpType": "DEFAULT",
        "unit_id": 1,
        # Units behind one connection are asked one after the other.
        "bufferCommands": units > 1,
        "parallelUnitIdsAllowed": units == 1,
        "commandDelay": 1,
        # It asks all units at once, so that the last one waits for all the others.
        "clientTimeout": TIMEOUT_MS * (6 if units > 1 else 1),
        "reconnectOnTimeout": False,
        "reconnectTimeout": 2000,
    }


def reader(device, server, unit, interval_ms, topic):
    return {
        "id": f"read{device}",
        "z": "flow",
        "type": "modbus-read",
        "topic": f"{topic}/{device}",
        "unitid": unit,
        "dataType": "HoldingRegister",
        "adr": 0,
        "quantity": REGISTERS,
        "rate": interval_ms,
        "rateUnit": "ms",
        "server": server,
        "showStatusActivities": False,
        "showErrors": False,
        "wires": [["out"], []],
    }


def loop(device, server, unit, topic):
    """Inject once, then ask, publish the first output and turn the second into the next question."""
    question = json.dumps({**QUESTION, "unitid": unit})
    return [
        {
            "id": f"start{device}",
            "z": "flow",
            "type": "inject",
            "once": True,
            "onceDelay": 15,
            "topic": f"{topic}/{device}",
            "props": [{"p": "payload", "v": question, "vt": "json"}, {"p": "topic", "vt": "str"}],
            "wires": [[f"get{device}"]],
        },
        {
            "id": f"get{device}",
            "z": "flow",
            "type": "modbus-flex-getter",
            "server": server,
            "emptyMsgOnFail": True,
            "keepMsgProperties": False,
            "showStatusActivities": False,
            "showErrors": False,
            "wires": [["out"], [f"next{device}"]],
        },
        {
            "id": f"next{device}",
            "z": "flow",
            "type": "change",
            "rules": [{"t": "set", "p": "payload", "pt": "msg", "to": question, "tot": "json"}],
            "wires": [[f"get{device}"]],
        },
    ]


def flow(first, port, connections, units, interval_ms, broker_port, topic):
    nodes = [
        {"id": "flow", "type": "tab", "label": "bench"},
        {
            "id": "broker",
            "type": "mqtt-broker",
            "broker": "127.0.0.1",
            "port": broker_port,
            "autoConnect": True,
            "protocolVersion": 4,
            "keepalive": 60,
            "cleansession": True,
        },
        {"id": "out", "z": "flow", "type": "mqtt out", "topic": "", "qos": "0", "retain": "false", "broker": "broker", "wires": []},
    ]
    for i in range(connections):
        nodes.append(client(i, str(ipaddress.ip_address(first) + i), port, units))
        for unit in range(1, units + 1):
            device = i * units + unit - 1
            if interval_ms > 0:
                nodes.append(reader(device, f"client{i}", unit, interval_ms, topic))
            else:
                nodes += loop(device, f"client{i}", unit, topic)
    return json.dumps(nodes)


SETTINGS = """\
module.exports = {
  uiHost: "127.0.0.1", uiPort: 0, httpAdminRoot: false, httpNodeRoot: false, disableEditor: true, flowFile: "flows.json",
  nodesDir: [], contextStorage: {default: {module: "memory"}}, logging: {console: {level: "error", metrics: false}},
  telemetry: {enabled: false, updateNotification: false},
}
"""
