"""System calls of lazaret-submission during a run, counted by strace."""

import re
import signal
import subprocess

from stack.processes import wait_until
from stack.trouble import Trouble

ROW = re.compile(r"^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:(\d+)\s+)?(\w+)$", re.M)


def count(server, folder, run):
    """name -> (calls, errors) of all threads while run() lasts."""
    table, said = folder / "strace.txt", folder / "strace.err"
    with open(said, "wb") as output:
        tracer = subprocess.Popen(["strace", "-c", "-f", "-o", str(table), "-p", str(server.pid)], stdin=subprocess.DEVNULL,
                                  stdout=output, stderr=output)
    if not wait_until(lambda: "attached" in said.read_text() or tracer.poll() is not None, 10) or tracer.poll() is not None:
        raise Trouble("strace cannot look at lazaret-submission", details=said.read_text())
    try:
        run()
    finally:
        tracer.send_signal(signal.SIGINT)
        tracer.wait(20)
    found = {name: (int(calls), int(errors or 0)) for calls, errors, name in ROW.findall(table.read_text())}
    found.pop("total", None)
    return found
