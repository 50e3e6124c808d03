"""What is measured: each work is a kind of client, and for how many of them at once."""

from dataclasses import dataclass

KIB_MESSAGE = 4096


@dataclass(frozen=True)
class Work:
    name: str
    title: str
    tls: bool = False           # STARTTLS and AUTH on the submission port; else the relay port
    clients: int = 16           # connections at once
    per_connection: int = 1     # messages of each
    size: int = KIB_MESSAGE     # octets of a message
    rate: float = 0             # connections per second whatever becomes of them; 0 is as fast as it goes
    kind: str = "speed"         # or "memory", "rules", "latency"

    def arguments(self):
        """For lazaret-bench-load."""
        out = ["--clients", self.clients, "--per-connection", self.per_connection, "--size", self.size]
        if self.rate:
            out += ["--rate", self.rate]
        if self.tls:
            out += ["--starttls", "--user", "bench", "--password", "benchpass"]
        return out


WORKS = {work.name: work for work in (
    Work("W1", "plaintext, 1 message a connection"),
    Work("W2", "plaintext, 100 messages a connection", per_connection=100),
    Work("W3", "STARTTLS and AUTH, 1 message a connection", tls=True, clients=64),
    Work("W4", "STARTTLS and AUTH, 20 messages a connection", tls=True, clients=32, per_connection=20),
    Work("W5", "1 MB messages, 5 a connection", clients=4, per_connection=5, size=1_000_000),
    Work("W6", "idle after EHLO", kind="memory"),
    Work("W6T", "idle after STARTTLS and AUTH", tls=True, kind="memory"),
    Work("W7", "30 KB text with and without 1,000 rules", clients=8, per_connection=20, size=30_000, kind="rules"),
    Work("L1", "plaintext at 50 messages/s", rate=50, clients=1, kind="latency"),
    Work("L3", "STARTTLS and AUTH at 50 messages/s", tls=True, rate=50, clients=1, kind="latency"),
)}
