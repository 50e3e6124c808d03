#!/usr/bin/env python3
"""`lazaret session list` and `kill` and `lazaret trace` on a running daemon: who is connected, what is said, and never a
password or a message's content."""

import base64
import json
import os
import pwd
import signal
import smtplib
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.instance import PASSWORDS, Case, main  # noqa: E402

LOGIN = "one@test.example"


class Trace:
    """`lazaret trace` in the background, its lines collected in a file."""

    def __init__(self, case, *filters):
        self.case = case
        self.out = case.lazaret.folder / "trace.out"
        self.err = case.lazaret.folder / "trace.err"
        with open(self.out, "wb") as out, open(self.err, "wb") as err:
            self.process = subprocess.Popen([str(case.lazaret.layout.bin / "lazaret-cli"), "trace", *filters], stdout=out, stderr=err,
                                            env={"PATH": os.environ["PATH"], **case.lazaret.environment})
        case.addCleanup(self.process.kill)
        case.eventually(lambda: "watching" in self.err.read_text(), "it watches")

    def text(self):
        return self.out.read_text()

    def lines(self):
        return [json.loads(line) for line in self.text().splitlines()]

    def end(self):
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(20)


class SessionsAreSeenAndEnded(Case):
    def sessions(self, *filters):
        return self.lazaret.cli_json("session", "list", *filters)

    def test_list(self):
        self.assertEqual(self.sessions(), [])
        first = self.lazaret.sender().connect()
        second = self.lazaret.sender("submissions", "two@test.example").connect()
        relay = smtplib.SMTP(*self.lazaret.listener("relay"), timeout=20)
        seen = {one["listener"]: one for one in self.sessions()}
        self.assertEqual(sorted(seen), ["relay", "submission", "submissions"])
        self.assertEqual((seen["submission"]["account"], seen["submission"]["subscriber"]), (LOGIN, "S-1"))
        self.assertEqual(seen["submission"]["state"], "command")
        self.assertEqual(seen["submission"]["tls"], "TLSv1.3")
        self.assertEqual((seen["relay"]["tls"], seen["relay"]["subscriber"]), ("", "N-1"))
        self.assertEqual([one["listener"] for one in self.sessions("--account", "Two@Test.Example")], ["submissions"])
        self.assertEqual([one["listener"] for one in self.sessions("--subscriber", "N-1")], ["relay"])
        self.assertEqual(len(self.sessions("--ip", "127.0.0.0/8")), 3)
        self.assertEqual(self.sessions("--ip", "192.0.2.0/24"), [])
        self.assertEqual(len(self.sessions("--most", "2")), 2)
        sent = self.lazaret.sender().send(["paul@isle.example"], "count me", "x" * 5000, session=first)
        self.assertTrue(sent.is_sent, sent)
        first.mail(LOGIN)
        busy = self.sessions("--account", LOGIN)[0]
        self.assertEqual((busy["messages"], busy["state"]), (1, "transaction"))
        self.assertGreater(busy["octets"], 5000)
        table = self.lazaret.cli("session", "list").stdout
        self.assertEqual(len(table.splitlines()), 4)
        self.assertIn(LOGIN, table)
        for session in (first, second, relay):
            session.close()
        self.eventually(lambda: self.sessions() == [], "who left is gone from the list")

    def test_kill(self):
        keep = self.lazaret.sender(login="two@test.example").connect()
        idle, busy = self.lazaret.sender().connect(), self.lazaret.sender().connect()
        busy.mail(LOGIN)
        busy.rcpt("paul@isle.example")
        self.assertEqual(busy.docmd("DATA")[0], 354)
        busy.send(b"Subject: half\r\n\r\nand no end")
        done = self.lazaret.cli("session", "kill", "--account", LOGIN)
        self.assertEqual((done.returncode, done.stdout), (0, "ended 2 sessions\n"), done.stderr)
        for session in (idle, busy):
            code, text = session.getreply()
            self.assertEqual((code, text[:5]), (421, b"4.3.2"))
        self.assertEqual(keep.noop()[0], 250)
        self.eventually(lambda: len(self.sessions()) == 1, "the others are gone")
        one = self.sessions()[0]["id"]
        self.assertEqual(self.lazaret.cli("session", "kill", one + 100).returncode, 1)
        self.assertEqual(self.lazaret.cli_json("session", "kill", one), {"killed": 1})
        self.assertEqual(keep.getreply()[0], 421)
        self.assertEqual(self.lazaret.cli("session", "kill").returncode, 2, "without a filter nobody is ended")
        self.assertIn("sessions_killed", self.lazaret.log_of("lazaret-submission"))

    def test_trace_hides_secrets(self):
        trace = Trace(self, "--ip", "127.0.0.0/8", "--json")
        outcome = self.lazaret.sender().send(["paul@isle.example"], "unseen subject", "unseen body")  # AUTH PLAIN
        self.assertTrue(outcome.is_sent, outcome)
        session = self.lazaret.sender("submissions", "two@test.example", "wrong").connect
        self.assertRaises(smtplib.SMTPAuthenticationError, session)
        relay = smtplib.SMTP(*self.lazaret.listener("relay"), timeout=20)
        relay.docmd("NOOP \x1b]0;owned\x07\x7f")
        lost = base64.b64encode(b"a password out of step").decode()
        relay.docmd(lost)
        relay.quit()
        self.eventually(lambda: trace.text().count('"closed"') >= 3, "the sessions' ends are told")
        self.assertEqual(trace.end(), 0, trace.err.read_text())
        lines = trace.lines()
        said = [line["line"] for line in lines if line["side"] == "client"]
        self.assertIn("AUTH PLAIN ***", said)
        self.assertIn("rcpt to:<paul@isle.example>", " ".join(said).lower())
        self.assertTrue(any(line.startswith("(content, ") for line in said), said)
        self.assertIn("250 2.1.0 Sender ok", [line["line"] for line in lines if line["side"] == "server"])
        self.assertTrue(any("TLSv1.3" in line["line"] for line in lines if line["side"] == "note"))
        text = trace.text()
        password = PASSWORDS[LOGIN]
        for secret in (password, base64.b64encode(f"\0{LOGIN}\0{password}".encode()).decode(), base64.b64encode(password.encode()).decode(),
                       base64.b64encode(b"wrong").decode(), lost, "unseen"):
            self.assertNotIn(secret, text)
        self.assertNotIn("\x1b", text)
        self.assertNotIn("\\u001b", text)

    def test_trace_of_an_account(self):
        trace = Trace(self, "--account", LOGIN)
        self.assertTrue(self.lazaret.sender(login="two@test.example").send(["paul@isle.example"], "other", "x").is_sent)
        self.assertTrue(self.lazaret.sender().send(["paul@isle.example"], "mine", "x").is_sent)
        self.eventually(lambda: "-- closed" in trace.text(), "the session's end is told")
        self.assertEqual(trace.end(), 0)
        self.assertIn("c: mail from:<one@test.example>", trace.text().lower())
        self.assertNotIn("two@test.example", trace.text())

    def test_nobody_there_or_not_allowed(self):
        nobody = pwd.getpwnam("nobody")
        done = subprocess.run([str(self.lazaret.layout.bin / "lazaret-cli"), "session", "list"], capture_output=True, text=True, check=False,
                              timeout=60, cwd="/", user=nobody.pw_uid, group=nobody.pw_gid, extra_groups=[], env={"PATH": "/usr/bin:/bin"})
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("you may not use", done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1)
        trace = Trace(self, "--ip", "127.0.0.1")
        self.assertTrue(self.lazaret.submission.stop())
        self.assertEqual(trace.process.wait(20), 69)
        for words in (("session", "list"), ("session", "kill", "1"), ("trace", "--ip", "127.0.0.1")):
            done = self.lazaret.cli(*words)
            self.assertEqual(done.returncode, 69, done.stderr)
            self.assertIn("does not run here", done.stderr)
            self.assertEqual(len(done.stderr.splitlines()), 1)


if __name__ == "__main__":
    main()
