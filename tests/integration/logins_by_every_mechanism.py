#!/usr/bin/env python3
"""Every kind of verifier with every mechanism that it can serve, binding to the channel, and what failures earn."""

import contextlib
import smtplib
import ssl
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support import sasl  # noqa: E402
from support.instance import Case, main  # noqa: E402

MECHANISMS = "SCRAM-SHA-256-PLUS,SCRAM-SHA-256,PLAIN,LOGIN,CRAM-MD5"
SHA512 = "$6$rounds=1000$saltsalt$bbY.T.ZpN43KapLdmlSbP6MmxBlkMSbhrh.Y1rmY0fYaRO/t.4sKqUiU.Z8byKf8Oa1yagMn/0fncuHSYrb9h."  # pencil
SUBSCRIBERS = f"""subscriber,login,password,plan,class
S-1,one@test.example,pass-One-1,unlimited,static
S-2,old@test.example,{{SHA512-CRYPT}}{SHA512},unlimited,static
S-3,shared@test.example,{{SHARED}}pass-Shared-3,unlimited,static
S-4,victim@test.example,pass-Victim-4,unlimited,static
"""


class Logins(Case):
    options = {"subscribers": SUBSCRIBERS, "networks": "cidr,class,relay,subscriber,plan\n192.0.2.0/24,static,no,,unlimited\n",
               "overrides": [f"auth.mechanisms={MECHANISMS}", "auth.failure_delay=10ms", "auth.max_failures=100"]}

    @contextlib.contextmanager
    def client(self, source="127.0.0.1"):
        context = ssl.create_default_context(cafile=str(self.lazaret.layout.tls / "ca.pem"))
        context.check_hostname = False
        host, port = self.lazaret.listener("submission")
        with smtplib.SMTP(host, port, timeout=20, source_address=(source, 0)) as session:
            session.ehlo()
            session.starttls(context=context)
            session.ehlo()
            yield session

    def code(self, how, *arguments, source="127.0.0.1", **options):
        with self.client(source) as session:
            return how(session, *arguments, **options)[0]

    def test_verifiers_and_mechanisms(self):
        with self.client() as session:
            self.assertEqual(session.esmtp_features["auth"].split(), MECHANISMS.split(","))
        for login, password, ways in (("one@test.example", "pass-One-1", (sasl.plain, sasl.login, sasl.scram)),
                                      ("old@test.example", "pencil", (sasl.plain, sasl.login)),
                                      ("shared@test.example", "pass-Shared-3", (sasl.plain, sasl.login, sasl.scram, sasl.cram_md5))):
            for way in (sasl.plain, sasl.login, sasl.scram, sasl.cram_md5):
                self.assertEqual(self.code(way, login, password), 235 if way in ways else 535, (login, way.__name__))
            self.assertEqual(self.code(sasl.scram, login, password, plus=True), 235 if sasl.scram in ways else 535)
            self.assertEqual(self.code(sasl.plain, login.upper(), password), 235)
        self.assertEqual(self.code(sasl.plain, "one@test.example", "pass-One-1", authzid="old@test.example"), 535)

    def test_binding_to_the_channel(self):
        one = ("one@test.example", "pass-One-1")
        self.assertEqual(self.code(sasl.scram, *one, plus=True), 235)
        self.assertEqual(self.code(sasl.scram, *one, plus=True, bound=bytes(32)), 535)  # somebody in between
        self.assertEqual(self.code(sasl.scram, *one, header=b"y,,"), 535)  # who hid -PLUS from the client
        self.assertEqual(self.code(sasl.scram, *one, header=b"n,,"), 235)

    def test_nothing_tells_who_exists(self):
        with self.client() as session:
            first = sasl.salt_of(session, "nobody@test.example")
            known = sasl.salt_of(session, "one@test.example")
            old = sasl.salt_of(session, "old@test.example")
        with self.client() as session:
            self.assertEqual(sasl.salt_of(session, "NOBODY@test.example"), first)
        self.assertEqual({len(first)}, {len(known), len(old)})
        with self.client() as session:
            answers = {sasl.plain(session, who, "wrong") for who in ("one@test.example", "nobody@test.example", "old@test.example")}
        self.assertEqual(len(answers), 1, answers)

    def test_an_attack_on_an_account_spares_its_owner(self):
        victim = "victim@test.example"
        self.assertEqual(self.code(sasl.plain, victim, "pass-Victim-4", source="127.0.0.2"), 235)
        codes = [self.code(sasl.plain, victim, f"guess-{number}", source=f"127.0.{number}.9") for number in range(1, 40)]
        self.assertEqual(codes[0], 535)
        self.assertEqual(codes[-1], 454)
        self.assertEqual(self.code(sasl.plain, victim, "pass-Victim-4", source="127.0.99.9"), 454)
        self.assertEqual(self.code(sasl.plain, victim, "pass-Victim-4", source="127.0.0.2"), 235)
        self.assertEqual(self.code(sasl.scram, victim, "pass-Victim-4", source="127.0.0.2"), 235)
        self.eventually(lambda: self.lazaret.number(f"SELECT count(*) FROM event WHERE type = 'login_failed' AND account = '{victim}'") >= 20,
                        "failures are events")

    def test_scram_at_a_hash_of_crypt_is_a_habit_and_no_attack(self):
        codes = [self.code(sasl.scram, "old@test.example", "pencil", source="127.3.3.3") for _ in range(30)]
        self.assertEqual(set(codes), {535}, "a right password, said so that it cannot be checked")
        self.assertEqual(self.code(sasl.plain, "old@test.example", "pencil", source="127.3.3.3"), 235)
        known = [self.code(sasl.scram, "one@test.example", "pencil", source="127.4.4.4") for _ in range(30)]
        self.assertEqual((known[0], known[-1]), (535, 454), "a wrong password earns a pause")
        said = "SELECT count(*) FROM event WHERE type = 'login_failed' AND account = 'old@test.example' AND refused_by"
        self.eventually(lambda: self.lazaret.number(said + " = 'unavailable' AND reason LIKE 'no keys for SCRAM-SHA-256%'") >= 5, "it is told")
        self.assertEqual(self.lazaret.number(said + " = 'nobody'"), 0, "it is no evidence")

    def test_an_address_that_tries_many_accounts_waits(self):
        codes = [self.code(sasl.plain, f"user{number}@test.example", "guess", source="127.1.1.1") for number in range(30)]
        self.assertEqual(codes[:6], [535] * 6)
        self.assertEqual(codes[-1], 454)
        self.assertEqual(self.code(sasl.plain, "one@test.example", "pass-One-1", source="127.2.2.2"), 235)


if __name__ == "__main__":
    main()
