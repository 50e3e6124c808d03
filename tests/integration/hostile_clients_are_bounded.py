#!/usr/bin/env python3
"""Clients that talk before the greeting, err again and again, or come in crowds from one network."""

import re
import signal
import socket
import sys
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.instance import Case, main  # noqa: E402

NETWORKS = """cidr,class,relay,subscriber,plan
127.0.0.1/32,trusted,yes,N-1,unlimited
127.0.1.0/24,dynamic,yes,,unlimited
127.0.2.0/24,business,yes,S-2,unlimited
"""


class Client:
    """Octets over a connection from a chosen address."""

    def __init__(self, case, source, first=b"", listener="relay"):
        self.socket = socket.socket()
        case.addCleanup(self.socket.close)
        self.socket.settimeout(20)
        self.socket.bind((source, 0))
        self.socket.connect(case.lazaret.listener(listener))
        if first:
            self.socket.sendall(first)
        self.file = self.socket.makefile("rb")

    def reply(self):
        """The next reply's lines as one text, '' at the end."""
        text = ""
        while True:
            line = self.file.readline().decode()
            text += line
            if line[3:4] != "-":
                return text

    def say(self, line):
        self.socket.sendall(line.encode() + b"\r\n")
        return self.reply()


class HostileClientsAreBounded(Case):
    options = {"networks": NETWORKS, "overrides": ["server.tarpit=80ms", "server.max_connections_per_network=3"]}

    def metric(self, pattern):
        with urllib.request.urlopen(self.lazaret.metrics_url("submission"), timeout=10) as answer:
            found = re.findall(rf"(?m)^{pattern} (\S+)$", answer.read().decode())
        return sum(map(float, found))

    def connections(self, result):
        return self.metric(rf'lazaret_connections_total\{{listener="relay",result="{result}"\}}')

    def test_early_talker(self):
        early = Client(self, "127.0.1.1", b"EHLO bot.example\r\nMAIL FROM:<a@bot.example>\r\nNOOP\r\n")
        self.assertRegex(early.reply(), r"^554 5\.5\.0 ")
        for _ in range(3):
            self.assertRegex(early.reply(), r"^503 5\.5\.1 ", "until QUIT nothing else is heard")
        self.assertRegex(early.say("QUIT"), r"^221 ")
        self.assertEqual(early.reply(), "")
        self.assertEqual(self.connections("early_talker"), 1)
        for _ in range(3):
            self.assertRegex(Client(self, "127.0.1.1", b"EHLO bot.example\r\n").reply(), r"^554 ")
        self.assertEqual(self.connections("early_talker"), 4)
        events = "SELECT reply_code, reason FROM event WHERE type = 'connection_refused'"
        self.eventually(lambda: self.lazaret.sql(events), "the refusal is an event")
        self.assertEqual(len(self.lazaret.sql(events)), 1, "one a minute for each client")

    def test_who_waited_waits_once(self):
        self.assertRegex(Client(self, "127.0.1.2").reply(), r"^220 ")
        file = self.lazaret.layout.file
        file.write_text(file.read_text().replace("[server]\n", '[server]\ngreet_pause = "60s"\n'))
        self.lazaret.submission.send(signal.SIGHUP)
        self.eventually(lambda: "the new configuration is in force" in self.lazaret.log_of("lazaret-submission"), "it is reloaded")
        # Longer than these clients' patience: only those who need not wait hear anything.
        self.assertRegex(Client(self, "127.0.1.2").reply(), r"^220 ")
        self.assertRegex(Client(self, "127.0.0.1").reply(), r"^220 ", "never for trusted networks")

    def test_errors_come_late(self):
        client = Client(self, "127.0.0.1")
        client.reply()
        self.assertRegex(client.say("EHLO pc.example"), r"^250")
        client.socket.sendall(b"BAD\r\n" * 7 + b"NOOP\r\n")
        for _ in range(7):
            self.assertRegex(client.reply(), r"^500 ")
        self.assertRegex(client.reply(), r"^250 ")
        self.assertEqual(self.metric("lazaret_tarpitted_replies_total"), 5)

    def test_stranger_is_told_and_may_say_quit(self):
        stranger = Client(self, "127.0.9.1")
        self.assertRegex(stranger.reply(), r"^554 5\.7\.1 ")
        self.assertRegex(stranger.say("EHLO pc.example"), r"^503 ")
        self.assertRegex(stranger.say("QUIT"), r"^221 ")
        self.assertEqual(self.connections("network_not_allowed"), 1)

    def test_connections_without_a_handshake(self):
        failed = r'lazaret_tls_handshakes_total\{[^}]*result="failed"[^}]*\}'
        before = self.metric(failed)
        for _ in range(5):
            Client(self, "127.0.1.3", listener="submissions").socket.close()
        self.eventually(lambda: self.metric(failed) >= before + 5, "all of them are counted")
        lines = re.findall(r"event=tls_failed .* client=127\.0\.1\.3 ", self.lazaret.log_of("lazaret-submission"))
        self.assertEqual(len(lines), 1, "one line a minute for each client")

    def test_crowds_of_one_network(self):
        crowd = [Client(self, f"127.0.2.{number}") for number in (1, 2, 3)]
        for client in crowd:
            self.assertRegex(client.reply(), r"^220 ")
        self.assertRegex(Client(self, "127.0.2.4").reply(), r"^421 4\.7\.0 ")
        self.assertEqual(self.connections("too_many_from_network"), 1)
        self.assertRegex(Client(self, "127.0.1.9").reply(), r"^220 ", "other networks go on")
        trusted = [Client(self, "127.0.0.1") for _ in range(5)]
        for client in trusted:
            self.assertRegex(client.reply(), r"^220 ")
        self.assertRegex(crowd[0].say("QUIT"), r"^221 ")
        crowd[0].reply()
        self.eventually(lambda: Client(self, "127.0.2.4").reply()[:3] == "220", "a place that is free is given again")


if __name__ == "__main__":
    main()
