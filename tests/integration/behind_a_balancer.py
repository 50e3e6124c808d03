#!/usr/bin/env python3
"""Behind a balancer the client's own address counts, told by a PROXY header that is believed from the balancer alone."""

import shutil
import smtplib
import socket
import ssl
import struct
import sys
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.instance import Case, main  # noqa: E402
from stack import ports  # noqa: E402
from stack.processes import Program  # noqa: E402

BALANCER = "127.0.0.9"
NETWORKS = """cidr,class,relay,subscriber,plan
127.0.0.1/32,trusted,yes,N-1,unlimited
127.0.0.5/32,static,yes,S-2,
198.51.100.0/24,dynamic,yes,R-1,
"""
V2 = b"\r\n\r\n\0\r\nQUIT\n"


def v1(address):
    return f"PROXY TCP4 {address} 192.0.2.1 4711 25\r\n".encode()


def v2(address, tlvs=b""):
    block = socket.inet_aton(address) + socket.inet_aton("192.0.2.1") + struct.pack("!HH", 4711, 25) + tlvs
    return V2 + b"\x21\x11" + struct.pack("!H", len(block)) + block


LOCAL = V2 + b"\x20\x00\x00\x00"


class BehindABalancer(Case):
    options = {"networks": NETWORKS,
               "overrides": [f"{name}.proxy_from={BALANCER}/32" for name in ("submission", "submissions", "relay")]
               + ["server.max_connections_per_address=2", "server.greet_pause=0s"]}

    def raw(self, header=b"", listener="relay", source=BALANCER):
        connection = socket.create_connection(self.lazaret.listener(listener), timeout=30, source_address=(source, 0))
        self.addCleanup(connection.close)
        connection.sendall(header)
        return connection

    def heard(self, connection):
        """The next reply, b"" where the connection ends."""
        answer = b""
        try:
            while not answer.endswith(b"\r\n"):
                more = connection.recv(4096)
                if not more:
                    break
                answer += more
        except ConnectionResetError:
            pass
        return answer

    def counted(self, listener, result):
        with urllib.request.urlopen(self.lazaret.metrics_url("submission"), timeout=10) as answer:
            for line in answer.read().decode().splitlines():
                if line.startswith("lazaret_connections_total") and f'listener="{listener}"' in line and f'result="{result}"' in line:
                    return float(line.split()[-1])
        return 0

    def event(self, message_listener):
        return self.lazaret.sql("SELECT subscriber, host(client) FROM event WHERE type = 'message_relayed' AND listener = "
                                f"'{message_listener}' ORDER BY sequence DESC LIMIT 1")

    def test_haproxy(self):
        if not shutil.which("haproxy"):
            self.skipTest("haproxy is not installed")
        at = {(listener, word): ports.free() for listener in ("relay", "submissions") for word in ("send-proxy", "send-proxy-v2")}
        text = "global\n  maxconn 100\ndefaults\n  mode tcp\n  timeout connect 10s\n  timeout client 60s\n  timeout server 60s\n"
        for (listener, word), port in at.items():
            host, there = self.lazaret.listener(listener)
            text += (f"listen {listener}-{word}\n  bind 127.0.0.1:{port}\n"
                     f"  server lazaret {host}:{there} source {BALANCER} {word} check check-send-proxy inter 500ms\n")
        file = self.lazaret.layout.config / "haproxy.cfg"
        file.write_text(text)
        haproxy = Program("haproxy", self.lazaret.layout, ["/usr/sbin/haproxy", "-db", "-f", file])
        self.addCleanup(haproxy.stop)
        haproxy.start()
        context = ssl.create_default_context(cafile=self.lazaret.layout.tls / "ca.pem")
        for (listener, word), port in at.items():
            haproxy.wait_ready(lambda where=port: ports.answers("127.0.0.1", where), 20, "accepts no connection")
            if listener == "relay":
                session = smtplib.SMTP("127.0.0.1", port, timeout=30, source_address=("127.0.0.5", 0))
            else:
                session = smtplib.SMTP_SSL("127.0.0.1", port, timeout=30, context=context, source_address=("127.0.0.5", 0))
                session.login("one@test.example", "pass-One-1")
            session.sendmail("one@test.example", ["paul@isle.example"], f"Message-ID: <{listener}-{word}@test.example>\r\n\r\nx\r\n")
            session.quit()
            self.assertIn(f"<{listener}-{word}@test.example>", self.deliveries())
            wanted = [["S-2" if listener == "relay" else "S-1", "127.0.0.5"]]
            self.eventually(lambda name=listener, row=wanted: self.event(name) == row, f"the client's address by {word} on {listener}")
        self.assertIn("orig_client=unknown[127.0.0.5]", self.lazaret.postfix.log.read_text())
        self.assertEqual(self.counted("relay", "no_proxy_header"), 0, "health checks are no offence")

    def test_headers(self):
        for header in (v1("198.51.100.7"), v2("198.51.100.7"), v2("198.51.100.7", b"\x04\x00\x03abc")):
            connection = self.raw(header + b"")
            self.assertTrue(self.heard(connection).startswith(b"220 "), header)
            connection.sendall(b"QUIT\r\n")
            self.assertTrue(self.heard(connection).startswith(b"221 "))
        connection = self.raw()
        for octet in v2("198.51.100.7"):
            connection.sendall(bytes([octet]))
        self.assertTrue(self.heard(connection).startswith(b"220 "), "in pieces")
        self.assertTrue(self.heard(self.raw(v1("203.0.113.7"))).startswith(b"554 5.7.1 203.0.113.7"), "a network that may not relay")

    def test_health_checks_are_greeted(self):
        for header in (LOCAL, b"PROXY UNKNOWN\r\n"):
            connection = self.raw(header)
            self.assertTrue(self.heard(connection).startswith(b"220 "), header)
            connection.sendall(b"QUIT\r\n")
            self.assertTrue(self.heard(connection).startswith(b"221 "))
        connection = self.raw(LOCAL)
        self.heard(connection)
        for command, code in ((b"HELO balancer", b"250"), (b"MAIL FROM:<a@test.example>", b"554")):
            connection.sendall(command + b"\r\n")
            self.assertTrue(self.heard(connection).startswith(code), "it has no network that may relay")

    def test_no_header(self):
        self.assertEqual(self.heard(self.raw(b"EHLO pc.home.example\r\n")), b"")
        self.assertEqual(self.heard(self.raw(b"PROXY TCP4 nobody 192.0.2.1 1 2\r\n")), b"")
        self.assertEqual(self.heard(self.raw(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello", "submissions")), b"")
        self.assertEqual(self.heard(self.raw(b"PROXY TCP4 ")), b"", "one that never ends its header is closed")
        self.assertEqual(self.counted("relay", "no_proxy_header"), 3)
        self.assertIn("proxy_header_missing", self.lazaret.log_of("lazaret-submission"))

    def test_others_headers_are_bad_commands(self):
        connection = self.raw(source="127.0.0.1")
        self.assertTrue(self.heard(connection).startswith(b"220 "))
        connection.sendall(v1("198.51.100.7"))
        self.assertTrue(self.heard(connection).startswith(b"500 "))

    def test_places_are_the_clients(self):
        first = [self.raw(v1("198.51.100.7")) for _ in range(2)]
        for connection in first:
            self.assertTrue(self.heard(connection).startswith(b"220 "))
        self.assertTrue(self.heard(self.raw(v2("198.51.100.7"))).startswith(b"421 4.7.0"))
        self.assertTrue(self.heard(self.raw(v2("198.51.100.8"))).startswith(b"220 "), "a neighbour has places of his own")


if __name__ == "__main__":
    main()
