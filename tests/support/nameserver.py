"""Name servers on loopback: one of our own that says what a test wants, and rbldnsd from Debian, which publishes DNS lists."""

import shutil
import socket
import struct
import subprocess
import tempfile
import threading
from pathlib import Path

from stack.processes import tail, wait_until


class NameServer:
    """Answers questions for A and TXT records over UDP in a thread of its own. `records`: name -> address or list of addresses;
    `everything`: an address for all other names, which otherwise do not exist; `texts`: name -> text, of at most 255 octets;
    `silent`: says nothing at all."""

    def __init__(self, records=None, everything=None, texts=None):
        self.records, self.everything, self.silent = dict(records or {}), everything, False
        self.texts = dict(texts or {})
        self.asked = []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def close(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as poke:
            poke.sendto(b"", self.socket.getsockname())
        self.thread.join(30)
        self.socket.close()

    def _serve(self):
        while True:
            query, peer = self.socket.recvfrom(1500)
            if not query:
                return
            reply = self._reply(query)
            if reply:
                self.socket.sendto(reply, peer)

    def _reply(self, query):
        """RFC 1035 4.1: header, the one question, its records."""
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode("latin-1").lower())
            at += query[at] + 1
        name, question = ".".join(labels), query[12:at + 5]
        self.asked.append(name)
        if self.silent:
            return None
        (kind,) = struct.unpack(">H", query[at + 1:at + 3])
        if kind == 16:
            found = [bytes([len(self.texts[name])]) + self.texts[name].encode()] if name in self.texts else []
        else:
            addresses = self.records.get(name, self.everything) or []
            found = [socket.inet_aton(address) for address in ([addresses] if isinstance(addresses, str) else addresses)]
        reply = query[:2] + struct.pack(">5H", 0x8180 | (0 if found else 3), 1, len(found), 0, 0) + question
        for data in found:
            reply += struct.pack(">3HIH", 0xC00C, kind, 1, 60, len(data)) + data
        return reply


class Rbldnsd:
    """`zones`: "name:type" -> the lines of its file, as rbldnsd(8) has them: "dbl.example:dnset"."""
    program = "/usr/sbin/rbldnsd"

    def __init__(self, zones):
        self.folder = Path(tempfile.mkdtemp(prefix="lazaret-rbldnsd-"))
        self.folder.chmod(0o755)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        names = []
        for number, (zone, lines) in enumerate(zones.items()):
            (self.folder / f"zone{number}").write_text("\n".join(lines) + "\n")
            names.append(f"{zone}:zone{number}")
        self.out = self.folder / "out"
        with open(self.out, "ab") as out:
            self.child = subprocess.Popen([self.program, "-n", "-b", f"127.0.0.1/{self.port}", "-w", str(self.folder), "-u", "nobody",
                                           *names], stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd="/")
        if not wait_until(lambda: "started" in self.out.read_text() or self.child.poll() is not None, 30) or self.child.poll() is not None:
            raise RuntimeError(f"rbldnsd did not start\n{tail(self.out)}")

    @classmethod
    def is_installed(cls):
        return Path(cls.program).exists()

    def remove(self):
        self.child.terminate()
        self.child.wait(30)
        shutil.rmtree(self.folder, ignore_errors=True)
