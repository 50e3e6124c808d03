"""One work measured: rounds in which each side has its turn, so that a machine that gets slower does so for both."""

import statistics
import time

from stack.processes import wait_until

WARM_UP = 100  # messages that nobody counts


class Bench:
    """What measurements have in common. `open_server(overrides)` makes a Server, `tell` shows what is going on."""

    def __init__(self, sink, load, open_server, options, tell):
        self.sink, self.load, self.open_server, self.options, self.tell = sink, load, open_server, options, tell

    def measure(self, work):
        return getattr(self, "_" + work.kind)(work)

    def _turn(self, work, port, server, messages=0):
        """One side's turn: the generator's figures, and those of the server where there is one."""
        before, cpu = self.sink.counts(), server and server.cpu_seconds()
        figures = self.load.run(port, work, "--time", self.options.time, *(["--messages", messages] if messages else []))
        wanted = before["messages"] + figures["messages"]
        wait_until(lambda: self.sink.counts()["messages"] >= wanted, 10)
        after = self.sink.counts()
        figures["arrived"] = after["messages"] - before["messages"]
        # Where an answer was lost the sink may have more; where none was, both have seen the same messages, each once.
        seen = (int(after["fingerprint"], 16) - int(before["fingerprint"], 16)) % 2**64
        same = figures["arrived"] == figures["messages"] and seen == int(figures["fingerprint"], 16)
        figures["sound"] = same or bool(figures["failures"]) and figures["arrived"] >= figures["messages"]
        if server:
            figures["cpu_s_per_1000"] = 1000 * (server.cpu_seconds() - cpu) / max(1, figures["messages"])
            figures["memory_mib"] = server.memory_kib() / 1024
        return figures

    def _rounds(self, work, sides):
        """sides: name -> (port, server or None). Every round has each side once, and the order turns from round to round."""
        for port, server in sides.values():
            self._turn(work, port, server, WARM_UP)
        out = {name: [] for name in sides}
        for number in range(self.options.rounds):
            order = list(sides.items())
            for name, (port, server) in order if number % 2 == 0 else reversed(order):
                self.tell(f"{work.name} {work.title}: round {number + 1} of {self.options.rounds}, {name}")
                out[name].append(self._turn(work, port, server))
        return {name: summary(figures) for name, figures in out.items()}

    def _against_direct(self, work):
        with self.open_server() as server:
            return self._rounds(work, {"direct": (self.sink.port, None), "lazaret": (server.port_of[work.tls], server)})

    def _speed(self, work):
        sides = self._against_direct(work)
        return {**sides, "ratio": ratio(sides["lazaret"], sides["direct"], "rate")}

    def _latency(self, work):
        sides = self._against_direct(work)
        added = {name: sides["lazaret"]["latency_ms"][name] - sides["direct"]["latency_ms"][name] for name in ("p50", "p99")}
        return {**sides, "added_ms": added}

    def _rules(self, work):
        with self.open_server() as plain, self.open_server(with_rules=True) as ruled:
            sides = self._rounds(work, {"without": (plain.port_of[work.tls], plain), "with": (ruled.port_of[work.tls], ruled)})
        return {**sides, "ratio": ratio(sides["with"], sides["without"], "rate"),
                "cpu_ratio": ratio(sides["with"], sides["without"], "cpu_s_per_1000")}

    def _memory(self, work):
        with self.open_server() as server:
            port = server.port_of[work.tls]
            self._turn(work, port, server, WARM_UP)
            self.tell(f"{work.name} {work.title}: a new client's messages before")
            alone = self._turn(work, port, server)
            before = server.memory_kib()
            self.tell(f"{work.name} {work.title}: opening {self.options.idle} connections")

            def whilst(held):
                time.sleep(0.2)  # what the last handshakes left behind is given back
                memory = server.memory_kib()
                self.tell(f"{work.name} {work.title}: {held} idle, a new client's messages meanwhile")
                return held, memory, self._turn(work, port, server)

            (held, memory, meanwhile), left = self.load.hold(port, work, self.options.idle, whilst)
            return {"held": held, "dropped": held - left, "kib_each": (memory - before) / max(1, held),
                    "alone": summary([alone]), "meanwhile": summary([meanwhile])}


def summary(rounds):
    """Medians over the rounds; sums of what failed; and the rounds themselves."""
    def median(get):
        return statistics.median(get(one) for one in rounds)

    failures = {}
    for one in rounds:
        for what, count in one["failures"].items():
            failures[what] = failures.get(what, 0) + count
    out = {"rate": median(lambda one: one["rate"]), "messages": sum(one["messages"] for one in rounds),
           "arrived": sum(one["arrived"] for one in rounds), "failures": failures, "rounds": rounds,
           "latency_ms": {name: median(lambda one, name=name: one["latency_ms"][name]) for name in ("p50", "p99", "max")}}
    for name in ("cpu_s_per_1000", "memory_mib"):
        if name in rounds[0]:
            out[name] = median(lambda one, name=name: one[name])
    return out


def ratio(one, other, figure):
    """Median over the rounds of one side's figure by the other's in the same round."""
    pairs = [(a[figure], b[figure]) for a, b in zip(one["rounds"], other["rounds"])]
    return statistics.median(a / b for a, b in pairs if b) if any(b for _, b in pairs) else 0
