#!/usr/bin/python3
"""The gateway one would write in an afternoon: pymodbus reads, paho publishes. All in one asyncio loop: one connection a
device with TCP_NODELAY, a task a device, its time within the interval its own; a message a poll, QoS 0, written at once.

  pymodbus_paho.py FIRST_ADDRESS PORT CONNECTIONS UNITS INTERVAL_MS BROKER_PORT TOPIC

An interval of 0 is flat out."""

import asyncio
import ipaddress
import json
import resource
import socket
import sys

import paho.mqtt.client as mqtt
from pymodbus.client import AsyncModbusTcpClient

REGISTERS = 10
TIMEOUT_S = 0.5


def connect_broker(port):
    client = mqtt.Client()
    client.on_socket_open = lambda _client, _data, sock: sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    client.connect("127.0.0.1", port)
    return client


async def look_after(broker):
    """What a loop of paho's own would do, without a thread of it."""
    asyncio.get_running_loop().add_reader(broker.socket(), broker.loop_read)
    while True:
        broker.loop_misc()
        if broker.want_write():
            broker.loop_write()
        await asyncio.sleep(0.1)


async def connect_device(host, port):
    while True:
        client = AsyncModbusTcpClient(host, port=port)
        if await client.connect():
            return client
        await asyncio.sleep(1)


async def poll(client, unit, topic, broker):
    try:
        answer = await asyncio.wait_for(client.read_holding_registers(0, REGISTERS, slave=unit), TIMEOUT_S)
    except asyncio.TimeoutError:
        return
    if not answer.isError():
        broker.publish(topic, json.dumps(answer.registers, separators=(",", ":")))


async def connection(host, port, units, start_s, interval_s, broker):
    """The units behind a connection one after the other, as a serial line behind it would have it."""
    client = await connect_device(host, port)
    loop = asyncio.get_running_loop()
    due = loop.time() + start_s
    while True:
        for unit, topic in units:
            await poll(client, unit, topic, broker)
        due = max(due + interval_s, loop.time())
        await asyncio.sleep(due - loop.time())


async def main(first, port, connections, units, interval_ms, broker_port, topic):
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    broker = connect_broker(broker_port)
    interval_s = interval_ms / 1000
    jobs = []
    for i in range(connections):
        behind = [(unit + 1, f"{topic}/{i * units + unit}") for unit in range(units)]
        jobs.append(connection(str(first + i), port, behind, i / connections * interval_s, interval_s, broker))
    await asyncio.gather(look_after(broker), *jobs)


if __name__ == "__main__":
    first, *numbers, topic = sys.argv[1:]
    asyncio.run(main(ipaddress.ip_address(first), *map(int, numbers), topic))
