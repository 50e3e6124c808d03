#!/usr/bin/env python3
"""clamd, spamd and rspamd from Debian say what they think of EICAR, GTUBE and an innocent message; none of them away, hung or
overrun is a verdict, and each is used again when it is back."""

import json
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.instance import BUILD, SKIPPED, main  # noqa: E402
from stack.processes import wait_until  # noqa: E402
from support.scanners import EICAR, GTUBE, Clamd, Rspamd, Spamd  # noqa: E402

HEADER = (b"From: Ann <ann@isle.example>\r\nTo: bob@far.example\r\nSubject: lunch on Monday\r\n"
          b"Date: Sat, 21 Nov 2026 10:00:00 +0000\r\nMessage-ID: <%s@isle.example>\r\n\r\n")
# As a mail program hands it in, without Date and Message-ID, from a dynamic address, with Lazaret's Received in front.
AT_HOME = (b"Received: from [192.168.1.20] (dynamic-192-0-2-7.dsl.isp.example [192.0.2.7])\r\n\tby smtp.isp.example (Lazaret) with ESMTPSA "
           b"id 01JD00000000000000000PROBE;\r\n\tSat, 21 Nov 2026 10:00:00 +0000\r\n"
           b"From: Ann <ann@isle.example>\r\nTo: bob@far.example\r\nSubject: lunch on Monday\r\n\r\n"
           b"Shall we have lunch on Monday? I know a place by the river.\r\n")
CLEAN = HEADER % b"clean" + b"Shall we have lunch on Monday? I know a place by the river.\r\n"


class Judged:
    """One daemon; the classes below are tests."""
    daemon_class, scanner = None, ""

    @classmethod
    def setUpClass(cls):
        cls.daemon = cls.daemon_class()
        cls.addClassCleanup(cls.daemon.remove)
        cls.daemon.start()

    def scan(self, message, endpoint=None, milliseconds=30_000):
        with tempfile.NamedTemporaryFile(suffix=".eml") as file:
            file.write(message)
            file.flush()
            done = subprocess.run([BUILD / "libs/scan/scan_probe", self.scanner, endpoint or self.daemon.local, file.name, str(milliseconds)],
                                  capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("Sanitizer", done.stderr)
        return json.loads(done.stdout)

    def expect_clean(self, outcome):
        self.assertEqual((outcome["state"], outcome["wish"]), ("clean", "none"), outcome)

    def test_an_innocent_message(self):
        for endpoint in (self.daemon.local, self.daemon.remote):
            self.expect_clean(self.scan(CLEAN, endpoint))

    def test_messages_that_are_hardly_any(self):
        for message in (b"", b"x", b"\r\n", b"no line end", HEADER % b"empty", bytes(range(256)) * 100):
            self.assertEqual(self.scan(message)["failure"], "", message[:20])

    def test_a_larger_message(self):
        line = b"A line of a longer letter, which says nothing that anybody would mind.\r\n"
        self.expect_clean(self.scan(HEADER % b"large" + line * (300_000 // len(line))))

    def test_hung_killed_and_back(self):
        self.daemon.signal_all(signal.SIGSTOP)
        try:
            outcome = self.scan(CLEAN, milliseconds=300)
        finally:
            self.daemon.signal_all(signal.SIGCONT)
        self.assertEqual((outcome["state"], outcome["findings"]), ("failed", {}), outcome)
        self.assertIn("no answer in time", outcome["failure"])
        self.expect_clean(self.scan(CLEAN))
        self.daemon.stop()
        for endpoint in (self.daemon.local, self.daemon.remote):
            outcome = self.scan(CLEAN, endpoint)
            self.assertEqual((outcome["state"], outcome["findings"]), ("failed", {}), outcome)
        self.daemon.start()
        self.expect_clean(self.scan(CLEAN))


class ByClamd(Judged, unittest.TestCase):
    daemon_class, scanner = Clamd, "clamav"

    def test_eicar(self):
        for endpoint in (self.daemon.local, self.daemon.remote):
            outcome = self.scan(HEADER % b"eicar" + EICAR + b"\r\n", endpoint)
            self.assertEqual((outcome["state"], outcome["wish"]), ("found", "virus"), outcome)
            self.assertEqual(list(outcome["findings"]), ["clamav.Eicar-Test.UNOFFICIAL"])

    def test_at_the_end_of_what_it_takes(self):
        room = Clamd.STREAM_MAX - len(HEADER % b"full") - len(EICAR)
        outcome = self.scan(HEADER % b"full" + b"a" * room + EICAR)
        self.assertEqual(outcome["wish"], "virus", outcome)

    def test_more_than_it_takes(self):
        for size in (Clamd.STREAM_MAX + 1, 15_000_000):
            for endpoint in (self.daemon.local, self.daemon.remote):
                outcome = self.scan(b"a" * size, endpoint)
                self.assertEqual(outcome["state"], "skipped", outcome)
                self.assertIn("StreamMaxLength", outcome["failure"])

    def test_more_than_we_send(self):
        self.assertEqual(self.scan(b"a" * 21_000_000)["failure"], "clamav: larger than its size limit")

    def test_version(self):
        done = subprocess.run([BUILD / "libs/scan/scan_probe", "version", self.daemon.local], capture_output=True, text=True,
                              timeout=60, check=True)
        version = json.loads(done.stdout)
        self.assertRegex(version["engine"], r"^\d+\.\d+")
        self.assertEqual(version["database"], 0)  # a database of one's own has no date


class BySpamd(Judged, unittest.TestCase):
    daemon_class, scanner = Spamd, "spamassassin"

    def test_gtube(self):
        outcome = self.scan(HEADER % b"gtube" + GTUBE + b"\r\n")
        self.assertEqual((outcome["state"], outcome["wish"]), ("found", "spam"), outcome)
        self.assertGreaterEqual(outcome["score"], 999)
        self.assertIn("spamassassin.GTUBE", outcome["findings"])

    def test_the_settings_that_operators_install(self):
        self.assertEqual(self.daemon.lint(), "")

    def test_a_subscriber_at_home_is_no_spammer(self):
        outcome = self.scan(AT_HOME)
        self.expect_clean(outcome)
        for name in outcome["findings"]:
            self.assertNotRegex(name, r"RDNS|HELO|RCVD|SPF|DKIM|MISSING_(DATE|MID)|DYN|ALL_TRUSTED", outcome)


class ByRspamd(Judged, unittest.TestCase):
    daemon_class, scanner = Rspamd, "rspamd"

    def test_gtube(self):
        outcome = self.scan(HEADER % b"gtube" + GTUBE + b"\r\n")
        self.assertEqual((outcome["state"], outcome["wish"]), ("found", "reject"), outcome)
        self.assertIn("rspamd.GTUBE", outcome["findings"])

    def test_the_settings_that_operators_install(self):
        self.assertEqual(self.daemon.lint(), "")

    def test_a_subscriber_at_home_is_no_spammer(self):
        outcome = self.scan(AT_HOME)
        self.expect_clean(outcome)
        for name in outcome["findings"]:
            self.assertNotRegex(name, r"HFILTER|ONCE_RECEIVED|RDNS|SPF|DKIM|DMARC|ARC_|MISSING_(DATE|MID)|DIRECT_TO_MX", outcome)

    def test_it_knows_who_sends_and_that_it_is_outbound(self):
        self.expect_clean(self.scan(CLEAN))
        lines = wait_until(lambda: [line for line in self.daemon.log().splitlines() if "id: <clean@isle.example>" in line
                                    and "task_write_log" in line], 30)
        line = lines[-1]
        for part in ("qid: <01JD00000000000000000PROBE>", "ip: 192.0.2.7", "user: ann@isle.example", "from: <ann@isle.example>",
                     "rcpts: <bob@far.example,cy@far.example>", "settings_id: outbound"):
            self.assertIn(part, line)


if __name__ == "__main__":
    if not all(daemon.is_installed() for daemon in (Clamd, Spamd, Rspamd)):
        sys.exit(SKIPPED)
    main()
