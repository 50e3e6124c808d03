#!/usr/bin/env python3
"""Offenders of several kinds and honest neighbours, all by SMTP through Lazaret and Postfix: the engine confines whom a backtest
on the events of that day convicts, and one campaign is one incident that names all who took part."""

import json
import random
import smtplib
import socket
import ssl
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.instance import Case, main  # noqa: E402
from demo import texts  # noqa: E402

BALANCER = "127.0.0.9"
CAMPAIGN = [f"198.51.100.{i}" for i in range(1, 8)]
NETWORKS = "cidr,class,relay,subscriber,plan\n" + "".join(
    f"{address}/32,dynamic,yes,P-{address.rpartition('.')[2]},unlimited\n" for address in CAMPAIGN
) + "203.0.113.5/32,dynamic,yes,B-1,unlimited\n203.0.113.6/32,static,yes,A-1,unlimited\n"
SUBSCRIBERS = "subscriber,login,password,plan,class\nT-1,thea@test.example,pass-Thea-1,unlimited,dynamic\n" + "".join(
    f"F-1,desk{i}@firm.example,pass-Desk-{i},unlimited,business\n" for i in range(4)) + "".join(
    f"G-1,{who}@shop.example,pass-Shop-{who},unlimited,business\n" for who in ("boss", "clerk")) + "".join(
    f"{name},,,unlimited,{klass}\n" for name, klass in [*((f"P-{i}", "dynamic") for i in range(1, 8)), ("B-1", "dynamic"), ("A-1", "static")])


class Proxied(smtplib.SMTP):
    """A client whose address is what the balancer says."""

    def __init__(self, client, helo):
        super().__init__(local_hostname=helo, timeout=60)
        self.client, self._host = client, "localhost"

    def _get_socket(self, host, port, timeout):
        there = socket.create_connection((host, port), timeout, source_address=(BALANCER, 0))
        there.sendall(f"PROXY TCP4 {self.client} 192.0.2.1 4711 25\r\n".encode())
        return there


class EngineDecidesAsBacktest(Case):
    options = {"networks": NETWORKS, "subscribers": SUBSCRIBERS,
               "overrides": [f"{name}.proxy_from={BALANCER}/32" for name in ("submission", "relay")]
               + ["server.greet_pause=0s", "content.rules_file="]}

    def setUp(self):
        super().setUp()
        self.random = random.Random(3)
        self.context = ssl.create_default_context(cafile=self.lazaret.layout.tls / "ca.pem")

    def stranger(self, failing=0.0):
        name = f"{self.random.choice('bcdfgklm')}{self.random.randrange(10**6)}@{self.random.choice(texts.STRANGERS)}"
        return ("nobody-" if self.random.random() < failing else "") + name

    def send(self, client, sender, to, text, helo="pc.home.example", login=None):
        """True when it was taken."""
        session = Proxied(client, helo)
        try:
            session.connect(*self.lazaret.listener("submission" if login else "relay"))
            if login:
                session.starttls(context=self.context)
                session.ehlo()
                session.user, session.password = login
                session.auth("PLAIN", session.auth_plain)
            session.sendmail(sender, [to], f"From: <{sender or 'postmaster@firm.example'}>\r\nTo: <{to}>\r\nSubject: x\r\n\r\n{text}\r\n")
            return True
        except (smtplib.SMTPResponseException, smtplib.SMTPSenderRefused, smtplib.SMTPRecipientsRefused) as error:
            self.assertIn("5.7.1", str(error))
            return False
        finally:
            session.close()

    def sell(self, client, who, to, text):
        return self.send(client, f"{who}@shop.example", to, text, f"{who}-pc", (f"{who}@shop.example", f"pass-Shop-{who}"))

    def test_the_same_decisions(self):
        story = "\r\n".join(text for _, text in texts.ORDINARY[:3])
        for i in range(12):  # honest: a machine's alerts to its owner, a firm's letters
            self.send("203.0.113.6", "alerts@farm.example", "owner@farm.example", f"Disk {i} is nearly full. {story}")
            self.send("192.0.2.10", "desk1@firm.example", self.stranger(), texts.ORDINARY[i % 5][1], "desk1", ("desk1@firm.example", "pass-Desk-1"))
            self.assertTrue(self.sell("192.0.2.11", "clerk", self.stranger(), texts.ORDINARY[i % 5][1]))
        spam = "\r\n".join(text for _, text in texts.SPAM)
        for i in range(8):  # one campaign, a little from each
            for address in CAMPAIGN:
                number = address.rpartition(".")[2]
                for _ in range(2):
                    self.send(address, f"{number}@home.example", self.stranger(0.3), f"{spam}\r\n{i}", f"pc{number}")
        for i in range(60):  # a stolen password, used from many places
            if not self.send(f"192.0.{i % 50}.7", "thea@test.example", self.stranger(0.3), f"{texts.SPAM[i % 5][1]} {i * 7919}",
                             login=("thea@test.example", "pass-Thea-1")):
                break
        for i in range(60):  # the same of one mailbox of two
            if not self.sell(f"100.64.{i % 50}.7", "boss", self.stranger(0.3), f"{texts.SPAM[i % 5][1]} {i * 104729}"):
                break
        for i in range(80):  # a server that bounces spam to forged senders
            if not self.send("203.0.113.5", "", self.stranger(0.4), f"Your message {i} could not be delivered.\r\n{texts.ORDINARY[i % 5][1]}"):
                break

        def engine():
            return {tuple(row) for row in self.lazaret.sql("SELECT DISTINCT subscriber, cause FROM quarantine")}

        self.eventually(lambda: {who for who, _ in engine()} >= {"T-1", "B-1", "G-1"} and len(engine()) >= 5, "offenders are confined", 60)
        self.eventually(lambda: self.all_known() and self.all_taken_over(), "the engine has seen what became of every message", 60)
        confined = engine()
        self.assertFalse({who for who, _ in confined} & {"A-1", "F-1"}, confined)
        causes = dict(confined)
        self.assertEqual((causes["T-1"], causes["B-1"]), ("stolen_account", "backscatter"))

        # No more is confined than what is at fault.
        scopes = {q["subscriber"]: (q["scope"], q["part"]) for q in self.lazaret.cli_json("quarantine", "list")}
        self.assertEqual(scopes["T-1"], ("everything", None))
        self.assertEqual(scopes["B-1"], ("bounces", None))
        self.assertEqual(scopes["G-1"], ("account", "boss@shop.example"))
        self.assertTrue(self.send("203.0.113.5", "info@bounces.example", "customer@farm.example", texts.ORDINARY[0][1]))
        self.assertTrue(self.sell("192.0.2.11", "clerk", "customer@farm.example", texts.ORDINARY[1][1]))
        self.assertFalse(self.send("203.0.113.5", "", self.stranger(), "Your message could not be delivered."))
        self.assertFalse(self.sell("192.0.2.11", "boss", "customer@farm.example", texts.ORDINARY[2][1]))

        incidents = self.lazaret.cli_json("incident", "list")
        senders = {who for who in causes if who.startswith("P-")}
        self.assertGreaterEqual(len(senders), 3)
        (campaign,) = [set(one["subscribers"]) for one in incidents if one["subscriber"] in senders]
        self.assertLessEqual(senders, campaign)
        self.assertLessEqual(campaign - senders, {"T-1", "G-1"}, "nobody else advertises the same hosts")

        # Without confinements that hold, since in a backtest they hold at once and keep evidence away that came in life.
        file = self.lazaret.folder / "decisions.jsonl"
        done = self.lazaret.cli("backtest", "--from-database", "--days", "1", "--decisions", file, "--set", "engine.confine=warn")
        self.assertEqual(done.returncode, 0, done.stderr)
        decided = {json.loads(line)["subscriber"] for line in file.read_text().splitlines()}
        self.assertEqual({who for who in decided if who not in senders}, {"T-1", "B-1", "G-1"})
        # Results come late in life and in their place looking back: who sent the campaign's first messages may get away there.
        self.assertGreaterEqual(len(decided & senders), len(senders) - 2, decided)

    def all_known(self):
        return self.lazaret.number("SELECT (SELECT coalesce(sum(jsonb_array_length(recipients)), 0) FROM event WHERE type = 'message_relayed')"
                           " - (SELECT count(*) FROM event WHERE type = 'delivery_result' AND delivery IN ('sent', 'bounced'))") == 0

    def all_taken_over(self):
        return self.lazaret.number("SELECT count(*) FROM journal_position p LEFT JOIN engine_cursor c USING (node)"
                                   " WHERE c.sequence IS DISTINCT FROM p.sequence") == 0


if __name__ == "__main__":
    main()
