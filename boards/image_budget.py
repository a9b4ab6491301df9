#!/usr/bin/python3
"""Weighs a node image: flash, RAM, and the deepest its stack can ever get. Fails above the budget.

The stack is worked out, not measured: gcc's call graphs (-fcallgraph-info=su, one .ci file beside each object) say
what every function puts on the stack and whom it calls. Library functions come without one; for them the disassembly
of the image says the same. A call through a pointer may reach every function whose address is taken anywhere in the
image, unless --calls names its targets. To the deepest path from main comes the deepest one from an interrupt
handler, with the frame the core pushes; handlers have one priority, so they do not nest. Recursion, and a frame
without a bound, fail the build.
"""

import argparse
import os
import re
import subprocess
import sys

INDIRECT = "__indirect_call"
# Eight words, and one to align the stack to eight bytes (Armv7-M ARM, B1.5.6).
EXCEPTION_FRAME = 36
TOOLS = "arm-none-eabi-"
OBJECTS = (".o", ".obj")


class BudgetError(Exception):
    pass


class Graph:
    """Functions by title: 'file:name' for static ones, 'name' for the others, as in .ci files."""

    def __init__(self):
        self.frames = {}
        self.calls = {}

    def add_call(self, caller, target):
        self.calls.setdefault(caller, set()).add(target)

    def titles_named(self, name):
        return [title for title in self.frames if plain_name(title) == name]


def plain_name(title):
    return title.rsplit(":", 1)[-1]


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def files_below(folder, suffix):
    for path, folders, names in os.walk(folder):
        # The on-target tests are another image, with functions of their own.
        folders[:] = [name for name in folders if name != "tests"]
        yield from (os.path.join(path, name) for name in sorted(names) if name.endswith(suffix))


def read_call_graph(path, graph):
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            node = re.match(r'node: \{ title: "([^"]+)" label: "[^"]*?(\d+) bytes \(([a-z,]+)\)', line)
            if node:
                if node[3] not in ("static", "dynamic,bounded"):
                    raise BudgetError(f"{node[1]}: its stack frame has no bound")
                graph.frames[node[1]] = int(node[2])
            edge = re.match(r'edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"', line)
            if edge:
                graph.add_call(edge[1], edge[2])


def pushed_bytes(instruction, operands):
    """What one instruction takes off the stack pointer."""
    if instruction.startswith("push") or (instruction.startswith("stmdb") and operands.startswith("sp!")):
        registers = operands[operands.index("{") + 1:operands.index("}")]
        count = 0
        for item in registers.split(","):
            first, _, last = item.strip().partition("-")
            count += int(last[1:]) - int(first[1:]) + 1 if last else 1
        return 4 * count
    subtract = re.match(r"sp, (?:sp, )?#(\d+)", operands)
    if instruction.startswith("sub") and subtract:
        return int(subtract[1])
    store = re.match(r"\w+, (?:\w+, )?\[sp, #-(\d+)\]!", operands)
    if instruction.startswith("str") and store:
        return int(store[1])
    return 0


def read_disassembly(elf, graph):
    """Adds the functions no .ci file knows: those of the C library and of libgcc."""
    known = {plain_name(title) for title in graph.frames}
    function = None
    for line in run(TOOLS + "objdump", "-d", "--no-show-raw-insn", elf).splitlines():
        start = re.match(r"[0-9a-f]+ <([^>]+)>:", line)
        if start:
            function = None if start[1] in known else start[1]
            if function:
                graph.frames.setdefault(function, 0)
            continue
        code = re.match(r"\s*[0-9a-f]+:\s+(\S+)\s*(.*)", line)
        if not function or not code:
            continue
        graph.frames[function] += pushed_bytes(code[1], code[2])
        target = re.search(r"<([^>+]+)>", code[2])
        if code[1].startswith("b") and target and target[1] != function:
            graph.add_call(function, target[1])
        if code[1].startswith("blx") and not target:
            graph.add_call(function, INDIRECT)


def settle_names(elf, graph):
    """Library functions have several names for one address, of which the disassembly shows one; and gcc notes calls
    that the final code does without. Afterwards every call goes to a function with a known frame, or is gone."""
    linked = {}
    for line in run(TOOLS + "nm", elf).splitlines():
        address, _, name = line.split()
        linked.setdefault(address, []).append(name)
    shown = {}
    for names in linked.values():
        known = next((name for name in names if name in graph.frames), None)
        shown.update((name, known) for name in names)
    for caller, targets in graph.calls.items():
        settled = {target if target in graph.frames or target == INDIRECT else shown.get(target) for target in targets}
        graph.calls[caller] = settled - {None}


def stored_addresses(objects):
    """(section, name) for every place in the objects' code and data that holds the address of a function."""
    for path in files_below(objects, OBJECTS):
        section = ""
        for line in run(TOOLS + "objdump", "-r", path).splitlines():
            heading = re.match(r"RELOCATION RECORDS FOR \[(.+)\]", line)
            if heading:
                section = heading[1]
            entry = re.match(r"[0-9a-f]+ R_ARM_(?:ABS32|THM_MOVW_ABS_NC)\s+(?:\.text\.)?([\w.]+)", line)
            # A function's own address in its own section is the jump table of a switch.
            if entry and not section.startswith((".debug", ".ARM.")) and section != ".text." + entry[1]:
                yield section, entry[1]


def address_taken(objects, graph):
    """Functions that a call through a pointer can reach, and those that an interrupt can."""
    pointers, handlers = set(), set()
    for section, name in stored_addresses(objects):
        if not section.startswith(".vectors"):
            pointers.update(graph.titles_named(name))
        elif name != "Reset_Handler":
            handlers.update(graph.titles_named(name))
    return pointers, handlers


def read_indirect_calls(path, graph):
    """Lines 'caller: target target ...'; '#' begins a comment."""
    table = {}
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            text = line.split("#", 1)[0].strip()
            if not text:
                continue
            caller, colon, targets = text.partition(":")
            if not colon:
                raise BudgetError(f"{path}:{number}: expected 'caller: target ...'")
            titles = [title for name in targets.split() for title in graph.titles_named(name)]
            table[caller.strip()] = titles
    return table


def resolve_indirect(graph, taken, table):
    for caller, targets in graph.calls.items():
        if INDIRECT in targets:
            targets.discard(INDIRECT)
            targets.update(table.get(plain_name(caller), taken))


def deepest(graph, title, known, path):
    """(bytes, [functions]) of the deepest path from here on."""
    if title in known:
        return known[title]
    if title in path:
        names = [plain_name(step) for step in path[path.index(title):] + [title]]
        raise BudgetError("recursion: " + " -> ".join(names))
    below = (0, [])
    for target in sorted(graph.calls.get(title, ())):
        candidate = deepest(graph, target, known, path + [title])
        if candidate[0] > below[0]:
            below = candidate
    known[title] = (graph.frames[title] + below[0], [plain_name(title)] + below[1])
    return known[title]


def worst_stack(elf, objects, calls):
    graph = Graph()
    for path in files_below(objects, ".ci"):
        read_call_graph(path, graph)
    read_disassembly(elf, graph)
    settle_names(elf, graph)
    pointers, handlers = address_taken(objects, graph)
    resolve_indirect(graph, pointers, read_indirect_calls(calls, graph))
    known = {}
    reset, reset_path = deepest(graph, "Reset_Handler", known, [])
    handlers = [deepest(graph, title, known, []) for title in handlers]
    handler, handler_path = max(handlers, default=(0, []))
    return reset + EXCEPTION_FRAME + handler, reset_path, handler_path


def section_sizes(elf):
    sizes = {}
    for line in run(TOOLS + "size", "-A", elf).splitlines():
        parts = line.split()
        if len(parts) == 3 and parts[0].startswith("."):
            sizes[parts[0]] = int(parts[1])
    return sizes


def main():
    parser = argparse.ArgumentParser(description="Weigh a node image against its budget.")
    parser.add_argument("--elf", required=True)
    parser.add_argument("--objects", required=True, help="build directory with the .o and .ci files")
    parser.add_argument("--calls", required=True, help="table of indirect calls")
    for name in ("flash", "ram", "stack"):
        parser.add_argument("--" + name, required=True, type=int, metavar="BYTES")
    arguments = parser.parse_args()

    sizes = section_sizes(arguments.elf)
    stack_room = sizes[".stack"]
    try:
        stack, reset_path, handler_path = worst_stack(arguments.elf, arguments.objects, arguments.calls)
    except BudgetError as error:
        print(f"image_budget: {error}", file=sys.stderr)
        return 1
    flash = sum(sizes.get(name, 0) for name in (".vectors", ".text", ".data"))
    ram = sum(sizes.get(name, 0) for name in (".stack", ".data", ".bss"))
    print(f"== firmware {os.path.basename(arguments.elf)}")
    figures = (("flash", flash, arguments.flash), ("RAM", ram, arguments.ram), ("stack", stack, arguments.stack))
    for name, used, budget in figures:
        print(f"  {name:<6}{used:>8} of {budget:>8} bytes")
    print(f"  deepest: {' > '.join(reset_path)}")
    print(f"  + interrupt: {' > '.join(handler_path)}")
    over = [name for name, used, budget in figures if used > budget]
    if stack > stack_room:
        over.append(f"stack (the linker script gives it {stack_room})")
    if over:
        print(f"image_budget: over budget: {', '.join(over)}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
