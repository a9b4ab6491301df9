#!/usr/bin/python3
"""Makes the configuration page of a node (boards/cortex-m/node_config.h), to be flashed beside the image.

    boards/node_config.py --serial 40017 --unit-id 3 -o node.bin
"""

import argparse
import struct
import sys
import zlib

MAGIC = 0x434E5753
VERSION = 1
SIZE = 32

# Where the page lies on each board; the same numbers as in boards/<board>/board.ld.
PAGE_ADDRESS = {"stm32f405": 0x080E0000, "mps2-an385": 0x003FF000}


def make_page(serial=0, unit_id=1, baud=115200, parity="N", stop_bits=1, slack_us=0):
    """The 32 bytes of the page. Raises ValueError naming the field that is out of its range."""
    if not 0 <= serial <= 0xFFFFFFFF:
        raise ValueError(f"serial {serial}: expected 0 (the board's own) to 4294967295")
    if not 1 <= unit_id <= 247:
        raise ValueError(f"unit id {unit_id}: expected 1 to 247")
    if not 1200 <= baud <= 1000000:
        raise ValueError(f"baud {baud}: expected 1200 to 1000000")
    if parity not in ("N", "E", "O"):
        raise ValueError(f"parity {parity}: expected N, E or O")
    if stop_bits not in (1, 2):
        raise ValueError(f"stop bits {stop_bits}: expected 1 or 2")
    if not 0 <= slack_us <= 1000000:
        raise ValueError(f"slack {slack_us} us: expected 0 to 1000000")
    body = struct.pack("<IHHIBcBBIII", MAGIC, VERSION, SIZE, serial, unit_id, parity.encode(), stop_bits, 0, baud,
                       slack_us, 0)
    return body + struct.pack("<I", zlib.crc32(body))


def add_arguments(parser, slack_us):
    parser.add_argument("--serial", type=int, default=0, help="serial number; 0 = the board's own (default)")
    parser.add_argument("--unit-id", type=int, default=1, help="unit id towards the gateway (default %(default)s)")
    parser.add_argument("--baud", type=int, default=115200, help="of the gateway's line (default %(default)s)")
    parser.add_argument("--parity", choices="NEO", default="N", help="of the gateway's line (default %(default)s)")
    parser.add_argument("--stop-bits", type=int, default=1, help="of the gateway's line (default %(default)s)")
    parser.add_argument("--slack-us", type=int, default=slack_us,
                        help="added to every silence of the framing (default %(default)s)")


def page_from(arguments):
    return make_page(arguments.serial, arguments.unit_id, arguments.baud, arguments.parity, arguments.stop_bits,
                     arguments.slack_us)


def main():
    parser = argparse.ArgumentParser(description="Make the configuration page of a node.")
    add_arguments(parser, slack_us=0)
    parser.add_argument("-o", "--output", required=True, help="file to write")
    arguments = parser.parse_args()
    try:
        page = page_from(arguments)
    except ValueError as error:
        parser.error(str(error))
    with open(arguments.output, "wb") as output:
        output.write(page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
