"""The load generator and the sink (tests/bench/programs)."""

import json
import subprocess
from pathlib import Path

from stack.trouble import Trouble


def find(folder, name):
    """A program of a build tree."""
    path = next((path for path in Path(folder).rglob(name) if path.is_file()), None)
    if path is None:
        raise Trouble(f"{folder} has no {name}: ninja -C {folder} {name}")
    return path


class Sink:
    """The next hop. `with Sink(...) as sink:` runs one on a free port."""

    def __init__(self, program, certificate, key):
        self.command = [program, "--certificate", certificate, "--key", key]

    def __enter__(self):
        self.child = subprocess.Popen([str(word) for word in self.command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = self._line()["port"]
        return self

    def __exit__(self, *_):
        self.child.stdin.close()
        self.child.wait(10)

    def counts(self):
        """messages, octets and connections since its start, and the fingerprint of the messages' numbers."""
        self.child.stdin.write("\n")
        self.child.stdin.flush()
        return self._line()

    def _line(self):
        line = self.child.stdout.readline()
        if not line:
            raise Trouble("the sink has ended")
        return json.loads(line)


class Load:
    """The load generator, with its options for one server."""

    def __init__(self, program):
        self.program = program

    def run(self, port, work, *more):
        """One run of a work to its end; its figures."""
        done = subprocess.run(self._command(port, work, more), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=False)
        if not done.stdout:
            raise Trouble(f"{self.program.name} failed with status {done.returncode}")
        return json.loads(done.stdout)

    def hold(self, port, work, count, whilst):
        """Holds `count` idle connections, calls whilst(how many there are); (its result, how many were left after it)."""
        with subprocess.Popen(self._command(port, work, ["--hold", count, "--time", 300]), stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True) as child:
            line = child.stdout.readline()
            if not line:
                raise Trouble(f"{self.program.name} failed")
            try:
                result = whilst(json.loads(line)["held"])
            finally:
                child.stdin.close()
            return result, json.loads(child.stdout.readline())["held"]

    def _command(self, port, work, more):
        return [str(word) for word in (self.program, "--port", port, *work.arguments(), *more)]
