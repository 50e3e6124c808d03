"""What tests/bench/run does when everything is built."""

import argparse
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

from . import report
from .rounds import Bench
from .workbench import Workbench, answer, tell
from .works import WORKS


def arguments(words=None):
    parser = argparse.ArgumentParser(prog="tests/bench/run", add_help=False)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--work", default=",".join(WORKS))
    parser.add_argument("--time", type=float, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--idle", type=int, default=4000)
    parser.add_argument("--binary", type=Path)
    parser.add_argument("--set", action="append", default=[], dest="overrides")
    parser.add_argument("--build", type=Path, required=True)
    options = parser.parse_args(words)
    names = [name for name in options.work.upper().split(",") if name]
    unknown = [name for name in names if name not in WORKS]
    if unknown:
        parser.error(f"no work {', '.join(unknown)}; there are {', '.join(WORKS)}")
    if not names or options.rounds < 1 or options.time <= 0 or options.idle < 1:
        parser.error("nothing to measure")
    options.works = [WORKS[name] for name in names]
    return options


def machine():
    """What a reader has to know about where the figures come from."""
    try:
        model = next(line.split(":")[1].strip() for line in open("/proc/cpuinfo", encoding="utf-8") if line.startswith("model name"))
    except (OSError, StopIteration):
        model = platform.machine()
    return {"cores": os.cpu_count(), "processor": model, "kernel": platform.release()}


def version(binary):
    return subprocess.run([binary, "--version"], capture_output=True, text=True, check=False).stdout.strip()


def run(options):
    with Workbench(options.build, options.binary, options.overrides) as workbench:
        bench = Bench(workbench.sink, workbench.load, workbench.server, options, tell)
        results = {work.name: bench.measure(work) for work in options.works}
        if sys.stderr.isatty():
            tell("")
        whole = {"machine": machine(), "program": version(workbench.binary), "time": options.time, "rounds": options.rounds,
                 "set": options.overrides, "works": results}
    if options.json:
        print(json.dumps(whole, indent=1))
    else:
        print(f"{whole['program']}; {options.rounds} rounds of {options.time:g} s; {whole['machine']['cores']} x "
              f"{whole['machine']['processor']}, Linux {whole['machine']['kernel']}\n\n{report.table(results)}")
    lost = [name for name, result in results.items() if not report.all_arrived(result)]
    if lost:
        print(f"acknowledged and not arrived: {', '.join(lost)}", file=sys.stderr)
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(answer("bench", lambda: run(arguments())))
