#!/usr/bin/env python3
"""Holds check_host() against the test suite for RFC 7208 of openspf.org, which one brings along: its cases are not ours to copy.

    tests/spf_suite.py rfc7208-tests.yml

Works with dns_probe of LAZARET_BUILD_DIR, else build/sanitize; needs PyYAML. Exit status 1 with one line for each case that differs.
"""

import os
import socket
import struct
import subprocess
import sys
import threading
from pathlib import Path

import yaml

TOP = Path(__file__).resolve().parents[1]
PROBE = Path(os.environ.get("LAZARET_BUILD_DIR", TOP / "build" / "sanitize")) / "libs" / "dns" / "dns_probe"
TYPES = {"A": 1, "CNAME": 5, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28}
SERVER_FAILURE, NO_SUCH_NAME = 2, 3


def encoded(name):
    labels = [label.encode("latin-1") for label in name.rstrip(".").split(".")]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def strings(value):
    """RFC 1035 3.3.14; a list in the suite is one record of several strings."""
    pieces = []
    for text in value if isinstance(value, list) else [value]:
        octets = text.encode("latin-1")
        pieces += [octets[at:at + 255] for at in range(0, max(len(octets), 1), 255)]
    return b"".join(bytes([len(piece)]) + piece for piece in pieces)


def data(kind, value):
    if kind == "A":
        return socket.inet_aton(value)
    if kind == "AAAA":
        return socket.inet_pton(socket.AF_INET6, value)
    if kind == "MX":
        return struct.pack(">H", value[0]) + encoded(value[1])
    return strings(value) if kind == "TXT" else encoded(value)


class Zones:
    """Serves what a chapter of the suite says is in the DNS."""

    def __init__(self):
        self.names = {}
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def load(self, zones):
        """What is written as SPF stands for TXT, where there is no TXT."""
        self.names = {}
        for name, records in zones.items():
            has_text = any(isinstance(record, dict) and "TXT" in record for record in records)
            more = [{"TXT": record["SPF"]} for record in records if isinstance(record, dict) and "SPF" in record and not has_text]
            self.names[name.lower().rstrip(".")] = list(records) + more

    def look_up(self, name, kind, depth=0):
        """(RCODE, [(owner, type, RDATA)])"""
        if name.lower() not in self.names:
            return NO_SUCH_NAME, []
        found, silent = [], False
        for record in self.names[name.lower()]:
            if record == "TIMEOUT":
                silent = True
                continue
            (its_kind, value), = record.items()
            if its_kind == kind and value == "TIMEOUT":
                return SERVER_FAILURE, []
            if its_kind == kind and value != "NONE":
                found.append((name, kind, data(kind, value)))
            if its_kind == "CNAME" and depth < 8:
                code, behind = self.look_up(value, kind, depth + 1)
                return code, [(name, "CNAME", encoded(value)), *behind]
        return (SERVER_FAILURE if silent and not found else 0), found

    def _serve(self):
        while True:
            query, peer = self.socket.recvfrom(4096)
            labels, at = [], 12
            while query[at]:
                labels.append(query[at + 1:at + 1 + query[at]].decode("latin-1"))
                at += query[at] + 1
            (code,) = struct.unpack(">H", query[at + 1:at + 3])
            kind = next((kind for kind, number in TYPES.items() if number == code), "")
            status, records = self.look_up(".".join(labels), kind)
            reply = query[:2] + struct.pack(">5H", 0x8180 | status, 1, len(records), 0, 0) + query[12:at + 5]
            for owner, its_kind, octets in records:
                name = b"\xc0\x0c" if owner == ".".join(labels) else encoded(owner)
                reply += name + struct.pack(">2HIH", TYPES[its_kind], 1, 60, len(octets)) + octets
            self.socket.sendto(reply, peer)


def result(zones, case):
    sender = case["mailfrom"] or case["helo"]
    local, _, domain = sender.rpartition("@")
    words = [PROBE, zones.address, "spf", case["host"], domain, local or "postmaster", case["helo"]]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    return done.stdout.strip() or done.stderr.strip()


def main():
    zones, cases, differ = Zones(), 0, 0
    for chapter in yaml.safe_load_all(Path(sys.argv[1]).read_text(encoding="utf-8")):
        zones.load(chapter.get("zonedata") or {})
        for name, case in chapter["tests"].items():
            wanted = case["result"] if isinstance(case["result"], list) else [case["result"]]
            cases += 1
            got = result(zones, case)
            if got not in wanted:
                differ += 1
                print(f"{chapter['description']}: {name}: {got}, not {' or '.join(wanted)}")
    print(f"{cases} cases, {differ} differ")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
