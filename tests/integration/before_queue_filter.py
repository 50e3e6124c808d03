#!/usr/bin/env python3
"""Between a front Postfix that keeps port 587 and a back one: the client is whom the front names, our refusals are the client's
answers, and with Lazaret away nothing is lost."""

import smtplib
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support import front  # noqa: E402
from support.instance import Case, main  # noqa: E402
from stack import ports  # noqa: E402

FILTER, POLICY = ports.free(), ports.free()
NETWORKS = """cidr,class,relay,subscriber,plan
127.0.0.1/32,trusted,yes,N-1,unlimited
198.51.100.7/32,static,no,S-2,
203.0.113.0/24,dynamic,no,R-1,
"""


class BeforeQueueFilter(Case):
    options = {"networks": NETWORKS, "overrides": [f"filter.listen=127.0.0.1:{FILTER}", f"policy.listen=127.0.0.1:{POLICY}"]}

    def setUp(self):
        super().setUp()
        lines = front.documented("filter").replace("127.0.0.1:10024", f"127.0.0.1:{FILTER}")
        self.front = self.start(lines)

    def start(self, lines):
        instance = front.Front(self.lazaret.layout, self.lazaret.ports["next_hop"], lines)
        self.addCleanup(instance.stop)
        instance.make()
        instance.start()
        return instance

    def event(self, message_id_or_type):
        return self.lazaret.sql(f"SELECT subscriber, account, host(client), listener, helo FROM event WHERE type = '{message_id_or_type}'"
                                " ORDER BY sequence DESC LIMIT 1")

    def test_the_client_is_whom_the_front_names(self):
        stage, code, text = self.front.send("<clean@test.example>", ["paul@isle.example", "ines@isle.example"], client="198.51.100.7")
        self.assertEqual((stage, code), ("sent", 250), text)
        mail = self.deliveries()
        self.assertEqual(mail.copies["<clean@test.example>", "ines@isle.example"], 1)
        self.assertEqual(mail.messages["<clean@test.example>"].get_payload().strip(), "Hello.")
        received = mail.messages["<clean@test.example>"].get_all("Received")
        self.assertEqual(len(received), 2, "the front's and the back's")
        self.assertIn("front.isp.example", received[-1])
        self.assertIn("orig_client=pc.home.example[198.51.100.7]", self.lazaret.postfix.log.read_text())
        self.eventually(lambda: self.event("message_relayed"), "the event is there")
        self.assertEqual(self.event("message_relayed"), [["S-2", "", "198.51.100.7", "filter", "pc.home.example"]])

    def test_refusals_are_ours(self):
        stage, code, text = self.front.send("<spam@test.example>", client="198.51.100.7", text="Take this exclusive\r\ncasino bonus.")
        self.assertEqual((stage, code), ("data", 550), text)
        self.assertTrue(text.startswith("5.7.1 The message looks like spam"), text)
        done = self.lazaret.cli("quarantine", "add", "R-1", "--reason", "Your PC sends spam")
        self.assertEqual(done.returncode, 0, done.stderr)
        blocked = self.eventually(lambda: self._blocked(), "the confinement is known")
        self.assertIn("Your PC sends spam", blocked)
        self.assertNotIn("<spam@test.example>", self.deliveries())

    def _blocked(self):
        stage, code, text = self.front.send("<blocked@test.example>", client="203.0.113.9")
        return stage != "sent" and code == 550 and text

    def test_operators_find_the_client(self):
        with smtplib.SMTP("127.0.0.1", FILTER, timeout=20) as inside:
            inside.ehlo("front.isp.example")
            self.assertEqual(inside.docmd("XFORWARD", "ADDR=198.51.100.7 PORT=4711 HELO=pc.home.example")[0], 250)
            (found,) = self.lazaret.cli_json("session", "list", "--ip", "198.51.100.0/24")
            self.assertEqual((found["client"], found["listener"]), ("198.51.100.7", "filter"))
            self.assertEqual(len(self.lazaret.cli_json("session", "list", "--ip", "127.0.0.1")), 1, "by the front's address, too")
            done = self.lazaret.cli("session", "kill", "--ip", "198.51.100.7")
            self.assertEqual((done.returncode, done.stdout), (0, "ended 1 session\n"), done.stderr)
            self.assertEqual(inside.getreply()[0], 421)

    def test_lazaret_away(self):
        self.lazaret.submission.stop()
        stage, code, text = self.front.send("<away@test.example>", client="198.51.100.7")
        self.assertEqual(code // 100, 4, (stage, text))

    def test_the_login_comes_by_the_policy_server_and_the_message_counts_once(self):
        lines = (front.documented("filter") + front.documented("policy")).replace("127.0.0.1:10024", f"127.0.0.1:{FILTER}")
        both = self.start(lines.replace("127.0.0.1:10023", f"127.0.0.1:{POLICY}"))
        stage, code, text = both.send("<login@test.example>", ["paul@isle.example", "ines@isle.example"], client="203.0.113.9",
                                      login="three@test.example")
        self.assertEqual((stage, code), ("sent", 250), text)
        self.eventually(lambda: self.event("message_relayed"), "the event is there")
        self.assertEqual(self.event("message_relayed"), [["S-3", "three@test.example", "203.0.113.9", "filter", "pc.home.example"]])
        self.lazaret.submission.stop()
        self.lazaret.start_submission()
        self.eventually(lambda: self.lazaret.number("SELECT count(*) FROM event WHERE type LIKE 'message_%'") >= 1, "events are shipped")
        self.assertEqual(self.lazaret.number("SELECT count(*) FROM event WHERE type LIKE 'message_%'"), 1, "counted once")

    def test_others_are_not_believed(self):
        with smtplib.SMTP(*self.lazaret.listener("relay"), timeout=20) as direct:
            direct.ehlo()
            self.assertNotIn("xforward", direct.esmtp_features)
            self.assertEqual(direct.docmd("XFORWARD", "ADDR=198.51.100.7")[0], 502)
        with self.assertRaises(smtplib.SMTPConnectError) as caught:
            smtplib.SMTP("127.0.0.1", FILTER, timeout=20, source_address=("127.0.0.77", 0))
        self.assertEqual(caught.exception.smtp_code, 554)


if __name__ == "__main__":
    main()
