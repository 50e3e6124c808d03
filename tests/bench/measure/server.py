"""lazaret-submission as it is measured: authentication, limits, journal and metrics on, no PostgreSQL. Who may send is in the
snapshot that a node keeps for the time without its database."""

import base64
import hashlib
import hmac
import json
import os
import re
import subprocess
from pathlib import Path
from types import SimpleNamespace

from stack import ports
from stack.processes import Program
from stack.trouble import Trouble

CONFIGURATION = """[node]
name = "bench"
hostname = "mx.bench.example"
state_dir = "{state}"
[submission]
listen = "127.0.0.1:{submission}"
[relay]
listen = "127.0.0.1:{relay}"
[tls]
certificate = "{certificate}"
key = "{key}"
[server]
drain_timeout = "2s"
[next_hop]
address = "127.0.0.1:{next_hop}"
[database]
connection = "host={folder} dbname=nowhere"
[metrics]
submission_listen = "127.0.0.1:{metrics}"
"""
PLENTY = {"minute": 1_000_000_000, "hour": 2_000_000_000, "day": 4_000_000_000}  # limits that are counted and never reached


def verifier(password, iterations=4096):
    """RFC 5803."""
    salt = os.urandom(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, iterations)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    salt, stored, server = (base64.b64encode(part).decode() for part in (salt, stored, server))
    return f"SCRAM-SHA-256${iterations}:{salt}${stored}:{server}"


def snapshot():
    return {"version": 1, "plans": [{"name": "plenty", "messages": PLENTY, "recipients": PLENTY}],
            "subscribers": [{"id": "B-1", "plan": "plenty", "class": "business", "protected": False}],
            "accounts": [{"login": "bench", "subscriber": "B-1", "verifier": verifier("benchpass")}],
            "networks": [{"block": "127.0.0.0/8", "class": "trusted", "relay": True, "subscriber": "B-1", "plan": "plenty"}],
            "quarantine": []}


def make_certificate(folder):
    """(certificate, key) for localhost, ECDSA P-256, signed by itself."""
    certificate, key = folder / "cert.pem", folder / "key.pem"
    done = subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                           "-subj", "/CN=localhost", "-keyout", key, "-out", certificate], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Trouble("openssl req failed", details=done.stderr[-500:])
    return certificate, key


class Server:
    """`with Server(...) as server:` runs one in `folder`, with `overrides` as --set takes them; `prefix` runs it under another
    program."""

    def __init__(self, program, folder, certificate, key, next_hop, overrides=(), prefix=(), patience=20, environment=None):
        folder = Path(folder)
        state = folder / "state"
        state.mkdir(parents=True)
        (state / "snapshot.json").write_text(json.dumps(snapshot()))
        taken = []
        for _ in range(3):
            taken.append(ports.free(taken))
        self.port_of = dict(zip((True, False), taken))  # by Work.tls
        self.patience = patience
        configuration = folder / "lazaret.toml"
        configuration.write_text(CONFIGURATION.format(
            state=state, folder=folder, certificate=certificate, key=key, next_hop=next_hop, submission=taken[0], relay=taken[1],
            metrics=taken[2]))
        command = [*prefix, program, "--config", configuration, *(word for one in overrides for word in ("--set", one))]
        self.program = Program("lazaret-submission", SimpleNamespace(log=folder, run=folder), command, environment=environment)

    def __enter__(self):
        self.program.start()
        try:
            self.program.wait_ready(lambda: all(ports.answers("127.0.0.1", port) for port in self.port_of.values()), self.patience,
                                    "does not listen")
        except BaseException:
            self.program.kill()
            raise
        return self

    def __exit__(self, *_):
        self.program.stop(self.patience)

    @property
    def pid(self):
        pid = self.program.pid
        if pid is None:
            raise Trouble("lazaret-submission has ended", details=self.program.log.read_text(errors="replace")[-1000:])
        return pid

    def cpu_seconds(self):
        """User and system time of all its threads, in nanoseconds where the kernel tells."""
        try:
            return sum(int(file.read_text().split()[0]) for file in Path(f"/proc/{self.pid}/task").glob("*/schedstat")) / 1e9
        except (OSError, IndexError):
            fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_kib(self):
        """Its resident memory."""
        return int(re.search(r"^VmRSS:\s+(\d+)", Path(f"/proc/{self.pid}/status").read_text(), re.M)[1])
