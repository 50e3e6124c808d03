"""What tests/bench/instructions does when everything is built."""

import argparse
import json
import sys
import time
from dataclasses import replace
from pathlib import Path

from stack.trouble import Trouble

from . import callgrind, syscalls
from .workbench import Workbench, answer, tell
from .works import WORKS

MESSAGES = {"W1": 500, "W2": 1000, "W3": 200}
WARM_UP = 60
LENGTH = 25  # of lists
PATIENCE = 120


def arguments(words=None):
    parser = argparse.ArgumentParser(prog="tests/bench/instructions", add_help=False)
    parser.add_argument("--work", default=",".join(MESSAGES))
    parser.add_argument("--messages", type=int, default=0)
    parser.add_argument("--clients", type=int, default=1)
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--syscalls", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--binary", type=Path)
    parser.add_argument("--set", action="append", default=[], dest="overrides")
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--build", type=Path, required=True)
    options = parser.parse_args(words)
    names = [name for name in options.work.upper().split(",") if name]
    wrong = [name for name in names if name not in WORKS or WORKS[name].kind != "speed"]
    if wrong or not names:
        parser.error(f"no work {', '.join(wrong)}; there are {', '.join(name for name in WORKS if WORKS[name].kind == 'speed')}")
    options.works = [replace(WORKS[name], clients=options.clients) for name in names]
    return options


class Measurement:
    """One work: what its messages cost, per message."""

    def __init__(self, workbench, work, options):
        self.workbench, self.work, self.options = workbench, work, options
        self.messages = options.messages or MESSAGES.get(work.name, 200)

    def _send(self, server, messages):
        figures = self.workbench.load.run(server.port_of[self.work.tls], self.work, "--messages", messages, "--time", 3600)
        if figures["failures"] or figures["messages"] != messages:
            raise Trouble(f"{self.work.name}: {figures['messages']} of {messages} messages went through: {figures['failures']}")

    def instructions(self):
        folder = self.workbench.folder / f"callgrind-{self.work.name}"
        folder.mkdir()
        tell(f"{self.work.name}: starting under callgrind")
        with self.workbench.server(overrides=callgrind.OVERRIDES, prefix=callgrind.prefix(folder), patience=PATIENCE) as server:
            self._send(server, WARM_UP)
            tell(f"{self.work.name}: counting the instructions of {self.messages} messages")
            began = time.monotonic()
            total, file = callgrind.count(server, folder, lambda: self._send(server, self.messages))
            # What goes on all the time, timers and the search for the database, grows with the time a slow machine takes.
            took = time.monotonic() - began
            tell(f"{self.work.name}: counting those of nothing, for {took:.0f} s")
            idle, _ = callgrind.count(server, folder, lambda: time.sleep(took))
        total -= idle
        out = {"messages": self.messages, "instructions_per_message": total / self.messages}
        if self.options.profile:
            for name, inclusive in (("self", False), ("inclusive", True)):
                out[name] = callgrind.top(file, self.messages, inclusive, LENGTH)
        if self.options.keep:
            self.options.keep.mkdir(parents=True, exist_ok=True)
            (self.options.keep / f"{self.work.name}.callgrind").write_bytes(file.read_bytes())
        return out

    def syscalls(self):
        tell(f"{self.work.name}: counting the system calls of {self.messages} messages")
        with self.workbench.server(overrides=callgrind.OVERRIDES) as server:
            self._send(server, WARM_UP)
            found = syscalls.count(server, self.workbench.folder, lambda: self._send(server, self.messages))
        each = {name: {"calls": calls / self.messages, "errors": errors / self.messages} for name, (calls, errors) in
                sorted(found.items(), key=lambda item: -item[1][0])}
        return {"calls_per_message": sum(one["calls"] for one in each.values()), "by_name": each}


def show(name, result):
    print(f"{name}  {result['instructions_per_message']:>12,.0f} instructions per message")
    for kind in ("self", "inclusive"):
        if kind in result:
            print(f"\n  {kind}, instructions per message and share")
            for cost, share, function in result[kind]:
                print(f"  {cost:>12,.0f} {100 * share:5.1f} %  {function[:160]}")
            print()
    if "syscalls" in result:
        calls = result["syscalls"]
        print(f"\n  {calls['calls_per_message']:.2f} system calls per message")
        for call, each in calls["by_name"].items():
            if each["calls"] >= 0.005:
                print(f"  {each['calls']:>12.2f}  {call}" + (f" ({each['errors']:.2f} in vain)" if each["errors"] >= 0.005 else ""))
        print()


def run(options):
    results = {}
    with Workbench(options.build, options.binary, options.overrides) as workbench:
        for work in options.works:
            measurement = Measurement(workbench, work, options)
            results[work.name] = measurement.instructions()
            if options.syscalls:
                results[work.name]["syscalls"] = measurement.syscalls()
            if not options.json:
                if sys.stderr.isatty():
                    tell("")
                show(work.name, results[work.name])
    if options.json:
        print(json.dumps(results, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(answer("instructions", lambda: run(arguments())))
