#!/usr/bin/env python3
"""What clamd, spamd and rspamd mind is refused at the end of DATA, in the words that docs show; a scanner that is killed, hung or
slow has its stated consequence, and is used again when it is back; thresholds and modes follow a reload."""

import json
import signal
import socket
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.instance import SKIPPED, Case, main  # noqa: E402
from support.scanned import ScannedInstance  # noqa: E402
from support.scanners import EICAR, GTUBE, Clamd, Rspamd, Spamd  # noqa: E402
from stack import ports  # noqa: E402

VIRUS = "5.7.1 The message contains malware and was not sent. What to do: https://help.isp.example/virus?case="
EXHAUSTED = "4.7.1 The message could not be checked just now, and you have reached your limit of such messages; try again in "
SPAM = "5.7.1 The message looks like spam or malware and was not sent. What to do: https://help.isp.example/content?case="
UNJUDGED = "4.7.1 The message could not be checked just now; please try again later"


class StandIn:
    """Where clamd is looked for: answers each client in a thread of its own."""

    def __init__(self):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.server.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                client, _ = self.server.accept()
            except OSError:
                return
            threading.Thread(target=self.answer, args=(client,), daemon=True).start()

    def close(self):
        self.server.close()


class Slow(StandIn):
    """A way to clamd on which the answer takes its time."""

    def __init__(self, behind, seconds):
        self.behind, self.seconds = behind, seconds
        super().__init__()

    def answer(self, client):
        with client, socket.create_connection(("127.0.0.1", self.behind)) as daemon:
            threading.Thread(target=self._copy, args=(client, daemon), daemon=True).start()
            answer = b"".join(iter(lambda: daemon.recv(4096), b""))
            time.sleep(self.seconds)
            client.sendall(answer)

    @staticmethod
    def _copy(client, daemon):
        try:
            for octets in iter(lambda: client.recv(65536), b""):
                daemon.sendall(octets)
        except OSError:
            pass


class Dated(StandIn):
    """Tells a version with a date, as clamd with the signatures of ClamAV does, and nothing else."""
    VERSION, BUILT = b"ClamAV 1.4.6/27500/Mon Jan 19 10:42:00 2026\0", 1768819320

    def answer(self, client):
        with client:
            if client.recv(100) == b"zVERSION\0":
                client.sendall(self.VERSION)


class Scanned(Case):
    """The daemons serve all tests of a class; the classes below are tests."""
    instance = ScannedInstance
    daemons = ()

    @classmethod
    def setUpClass(cls):
        for daemon_class in cls.daemons:
            daemon = daemon_class()
            cls.addClassCleanup(daemon.remove)
            daemon.start()
            setattr(cls, daemon.name, daemon)
        cls.options = {"sections": cls.sections()}

    def send(self, text="Shall we have lunch?", subject="lunch", sender=None):
        return (sender or self.lazaret.sender()).send(["paul@isle.example"], subject, text)

    def send_all(self, count=6, **what):
        """Several clients at once; their outcomes."""
        with ThreadPoolExecutor(count) as pool:
            return list(pool.map(lambda _: self.send(**what), range(count)))

    def findings(self, count=1):
        """Of the events of messages so far, newest last."""
        self.eventually(lambda: self.lazaret.number("SELECT count(*) FROM event WHERE type LIKE 'message_%'") >= count,
                        "the events are in the database")
        return [row[0] for row in self.lazaret.sql("SELECT array_to_string(findings, ',') FROM event WHERE type LIKE 'message_%' "
                                                   "ORDER BY sequence")]

    def reload(self, section, key, literal):
        before = self.lazaret.reloads()
        self.lazaret.reload(section, key, literal)
        self.eventually(lambda: self.lazaret.reloads() > before, "the configuration is read again", 20)


class AllThree(Scanned):
    daemons = (Clamd, Spamd, Rspamd)

    @classmethod
    def sections(cls):
        return {"clamav": {"address": cls.clamd.local},
                "spamassassin": {"address": cls.spamd.remote, "mode": "enforce"},
                "rspamd": {"address": cls.rspamd.local, "mode": "enforce", "settings_id": "outbound"},
                "exhibits": {"per_subscriber": 2},
                "content": {"scan_timeout": "60s"}}

    def test_virus_and_spam_are_refused(self):
        virus = self.send(EICAR.decode())
        self.assertEqual((virus.stage, virus.code), ("data", 550), virus.text)
        self.assertTrue(virus.text.startswith(VIRUS), virus.text)
        spam = self.send(f"Dear Paul, paul@isle.example,\r\n{GTUBE.decode()}\r\nhttps://evil.example/off?who=paul%40isle.example",
                         subject="=?utf-8?Q?F=C3=BCr_paul=40isle.example?=")
        self.assertEqual((spam.stage, spam.code), ("data", 550), spam.text)
        self.assertTrue(spam.text.startswith(SPAM), spam.text)
        innocent = self.send()
        self.assertTrue(innocent.is_sent, innocent.text)
        mail = self.deliveries()
        self.assertIn(innocent.message_id, mail)
        self.assertNotIn(virus.message_id, mail)
        self.assertNotIn(spam.message_id, mail)
        found = self.findings(count=3)
        self.assertIn("clamav.Eicar-Test.UNOFFICIAL:enforce:1000", found[0])
        for part in ("spamassassin:enforce:", "spamassassin.GTUBE:enforce:0", "rspamd:enforce:10", "rspamd.GTUBE:enforce:0"):
            self.assertIn(part, found[1])
        self.assertNotIn("scan_", "".join(found))
        for scanner in ("clamav", "spamassassin", "rspamd"):
            asked = sum(self.lazaret.metric("lazaret_scan_total", scanner=scanner, result=result) for result in ("clean", "found"))
            self.assertEqual(asked, 3, scanner)
            self.assertEqual(self.lazaret.metric("lazaret_scan_duration_seconds_count", scanner=scanner), 3)
        self.expect_exhibits()

        # Only noted from now on: the same message passes, and goes into the event.
        for scanner in ("spamassassin", "rspamd"):
            self.reload(scanner, "mode", '"warn"')
        noted = self.send(GTUBE.decode())
        self.assertTrue(noted.is_sent, noted.text)
        self.assertIn("rspamd:warn:10", self.findings(count=4)[3])

        # Enforced, but beyond no threshold save that of the tag.
        self.reload("spamassassin", "mode", '"enforce"')
        self.reload("content", "reject_score", "1000.0")
        self.reload("content", "tag_score", "3.0")
        tagged = self.send(GTUBE.decode())
        self.assertTrue(tagged.is_sent, tagged.text)
        messages = self.deliveries().messages
        self.assertEqual(messages[tagged.message_id]["X-Spam-Flag"], "YES")
        self.assertIsNone(messages[noted.message_id]["X-Spam-Flag"])
        self.assertIn("tagged:enforce:0", self.findings(count=5)[4])

        # The client hears 250, and nothing arrives.
        self.reload("content", "virus", '"discard"')
        discarded = self.send(EICAR.decode())
        self.assertTrue(discarded.is_sent, discarded.text)
        self.assertNotIn(discarded.message_id, self.deliveries())
        self.findings(count=6)
        (row,) = self.lazaret.sql("SELECT refused_by, reason, reply_code FROM event WHERE type = 'message_refused' ORDER BY sequence DESC LIMIT 1")
        self.assertEqual([str(cell) for cell in row], ["content", "clamav.Eicar-Test.UNOFFICIAL", "250"])
        self.assertEqual(self.lazaret.metric("lazaret_messages_total", verdict="discarded"), 1)
        self.assertEqual(self.lazaret.metric("lazaret_exhibits_total", result="beyond"), 1, "two an hour are kept")
        self.assertEqual(self.lazaret.number("SELECT count(*) FROM exhibit"), 2)

    def expect_exhibits(self):
        """Of the virus and the spam something is kept, in which nobody is named who was to have them."""
        spam, virus = self.lazaret.cli_json("exhibit", "S-1")
        self.assertEqual((virus["became"], virus["reason"]), ("refused", "clamav.Eicar-Test.UNOFFICIAL"))
        for line in ("To: ***@isle.example", "Subject: F\u00fcr ***@isle.example", "From: "):
            self.assertIn(line, spam["header"])
        self.assertTrue(spam["excerpt"].startswith("Dear ***, ***@isle.example,\nXJS*C4"), spam)
        self.assertTrue(spam["excerpt"].endswith("\nhttps://evil.example/off?***"), spam)
        shown = self.lazaret.cli("exhibit", spam["trace"])
        self.assertEqual(shown.returncode, 0, shown.stderr)
        self.assertIn("refused for spamassassin", shown.stdout)
        self.assertIn("Dear ***, ***@isle.example,", shown.stdout)
        self.assertEqual(self.lazaret.cli("exhibit", spam["trace"], "--original").returncode, 1, "none is kept unless that is wanted")
        for table in ("exhibit", "event"):
            self.assertEqual(self.lazaret.number(f"SELECT count(*) FROM {table} x WHERE x::text ILIKE '%paul%'"), 0, table)

    def test_the_command_line_says_the_same_and_sends_nothing(self):
        with tempfile.NamedTemporaryFile("wb", suffix=".eml") as file:
            Path(file.name).chmod(0o644)
            file.write(b"From: ann@isle.example\nSubject: x\n\n" + EICAR + b"\n")
            file.flush()
            done = self.lazaret.cli("scan", file.name, "--json")
            told = json.loads(done.stdout)
            self.assertEqual((done.returncode, told["verdict"], told["reason"]), (1, "refuse", "clamav.Eicar-Test.UNOFFICIAL"), done)
            self.assertEqual([one["name"] for one in told["scanners"]], ["clamav", "spamassassin", "rspamd"])
            text = self.lazaret.cli("scan", file.name).stdout
            self.assertIn("verdict: refuse because of clamav.Eicar-Test.UNOFFICIAL", text)
            self.assertIn("rspamd", text)
        with tempfile.NamedTemporaryFile("wb", suffix=".eml") as file:
            Path(file.name).chmod(0o644)
            file.write(b"From: ann@isle.example\nTo: bob@isle.example\nSubject: lunch\n\nShall we?\n")
            file.flush()
            done = self.lazaret.cli("scan", file.name, "--json")
            self.assertEqual((done.returncode, json.loads(done.stdout)["verdict"]), (0, "accept"), done)
        self.assertEqual(self.lazaret.number("SELECT count(*) FROM event WHERE type LIKE 'message_%'"), 0)


class InTrouble(Scanned):
    """ClamAV must not be away, rspamd may be: the defaults."""
    daemons = (Clamd,)
    TIMEOUT = 3  # seconds

    @classmethod
    def sections(cls):
        cls.nobody = f"127.0.0.1:{ports.free()}"
        return {"clamav": {"address": cls.clamd.remote, "timeout": f"{cls.TIMEOUT}s"},
                "rspamd": {"address": cls.nobody, "mode": "enforce"}, "server": {"threads": 2}, "content": {"unjudged_share": 0.1}}

    def setUp(self):
        if self.clamd.child is None:
            self.clamd.start()
        super().setUp()

    def expect_deferred(self, outcomes, within):
        for outcome in outcomes:
            self.assertEqual((outcome.stage, outcome.code, outcome.text), ("data", 451, UNJUDGED))
            self.assertLess(outcome.at - outcome.began, within)

    def expect_back(self):
        self.eventually(lambda: all(outcome.is_sent for outcome in self.send_all()), "mail flows again", 30)
        self.eventually(lambda: self.lazaret.metric("lazaret_scan_breakers_open", scanner="clamav") == 0, "nobody leaves it alone", 30)

    def test_killed_hung_and_back(self):
        outcomes = self.send_all()
        self.assertEqual({outcome.stage for outcome in outcomes}, {"sent"}, [outcome.text for outcome in outcomes])
        for told in self.findings(count=len(outcomes)):
            self.assertEqual(told, "scan_failed.rspamd:enforce:0")

        self.clamd.stop(signal.SIGKILL)
        for _ in range(4):
            self.expect_deferred(self.send_all(), 15)
        self.assertGreater(self.lazaret.metric("lazaret_scan_breakers_open", scanner="clamav"), 0)
        self.assertGreater(self.lazaret.metric("lazaret_scan_total", scanner="clamav", result="failed"), 0)
        self.assertGreater(self.lazaret.metric("lazaret_scan_total", scanner="clamav", result="open"), 0)
        self.assertIn("scanner_away", self.lazaret.log_of("lazaret-submission"))
        self.assertEqual(self.lazaret.number("SELECT count(*) FROM event WHERE refused_by = 'content'"), 0)
        self.clamd.start()
        self.expect_back()

        self.clamd.signal_all(signal.SIGSTOP)
        try:
            self.expect_deferred(self.send_all(), self.TIMEOUT + 15)
        finally:
            self.clamd.signal_all(signal.SIGCONT)
        self.expect_back()
        self.assertNotIn("Eicar", "".join(self.findings()))
        self.expect_limits_of_what_nobody_has_judged()

    def _events_of(self, subscriber, count):
        rows = self.lazaret.sql("SELECT refused_by, coalesce(reason, ''), array_to_string(findings, ',') FROM event "
                                f"WHERE subscriber = '{subscriber}' AND type LIKE 'message_%' ORDER BY sequence")
        return rows if len(rows) == count else None

    def expect_limits_of_what_nobody_has_judged(self):
        sender = self.lazaret.sender(login="home@test.example")  # of a plan with 30 a minute
        outcomes = [self.send(sender=sender) for _ in range(4)]
        self.assertEqual([outcome.stage for outcome in outcomes], ["sent"] * 3 + ["data"], [outcome.text for outcome in outcomes])
        self.assertEqual(outcomes[3].code, 450)
        self.assertTrue(outcomes[3].text.startswith(EXHAUSTED), outcomes[3].text)
        rows = self.eventually(lambda: self._events_of("R-1", 4), "its events are in the database")
        noted = "scan_failed.rspamd:enforce:0"
        self.assertEqual(rows, [["nobody", "", noted]] * 3 + [["limit", "unjudged.messages_per_minute", noted]])
        self.assertEqual(self.lazaret.metric("lazaret_ratelimit_hits_total", limit="unjudged", action="defer"), 1)
        self.reload("rspamd", "mode", '"off"')  # nobody is missed any more
        free = self.send(sender=sender)
        self.assertTrue(free.is_sent, free.text)

    def test_a_stop_waits_for_no_longer_than_the_deadline(self):
        self.clamd.signal_all(signal.SIGSTOP)
        try:
            with ThreadPoolExecutor(1) as pool:
                sending = pool.submit(self.send)
                self.eventually(lambda: any(one["state"] == "scan" for one in self.lazaret.cli_json("session", "list")),
                                "a session waits for scanners", 20)
                self.lazaret.submission.send(signal.SIGTERM)
                self.expect_deferred([sending.result()], self.TIMEOUT + 15)
            self.assertTrue(self.lazaret.submission.wait_gone(30), "it ends by itself")
            self.assertEqual(self.lazaret.submission.status, 0)
        finally:
            self.clamd.signal_all(signal.SIGCONT)

    def test_slow(self):
        slow = Slow(self.clamd.port, 1)
        self.addCleanup(slow.close)
        self.reload("clamav", "address", f'"{slow.address}"')
        outcomes = self.send_all()
        self.assertEqual({outcome.stage for outcome in outcomes}, {"sent"}, [outcome.text for outcome in outcomes])
        self.assertGreaterEqual(min(outcome.at - outcome.began for outcome in outcomes), 1)
        virus = self.send(EICAR.decode())
        self.assertEqual(virus.code, 550, virus.text)
        # Too slow, and nobody minds: the file says so.
        self.reload("clamav", "timeout", '"300ms"')
        self.reload("clamav", "away", '"accept"')
        passed = self.send()
        self.assertTrue(passed.is_sent, passed.text)
        self.assertIn("scan_failed.clamav:enforce:0", self.findings(count=len(outcomes) + 2)[-1])


class AgeOfSignatures(Scanned):
    @classmethod
    def sections(cls):
        cls.dated = Dated()
        cls.addClassCleanup(cls.dated.close)
        return {"clamav": {"address": cls.dated.address}}

    def test_it_is_a_metric(self):
        name = "lazaret_clamav_database_timestamp_seconds"
        self.eventually(lambda: self.lazaret.metric(name) == Dated.BUILT, "the metric has the date of the signatures", 30)


if __name__ == "__main__":
    if not all(daemon.is_installed() for daemon in (Clamd, Spamd, Rspamd)):
        sys.exit(SKIPPED)
    main()
