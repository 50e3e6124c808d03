#!/usr/bin/env python3
"""A front Postfix that delivers by itself asks Lazaret: limits bind, the confined are refused in our words, all others pass, and
with Lazaret away Postfix's own default action applies."""

import socket
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support import front  # noqa: E402
from support.instance import Case, main  # noqa: E402
from stack import ports  # noqa: E402

POLICY = ports.free()
NETWORKS = "cidr,class,relay,subscriber,plan\n127.0.0.1/32,trusted,yes,N-1,unlimited\n203.0.113.0/24,dynamic,no,R-2,\n"


def request(**attributes):
    return "".join(f"{name}={value}\n" for name, value in {"request": "smtpd_access_policy", **attributes}.items()).encode() + b"\n"


class PolicyDelegation(Case):
    options = {"networks": NETWORKS, "overrides": [f"policy.listen=127.0.0.1:{POLICY}"]}

    def setUp(self):
        super().setUp()
        self.front = self.start(front.documented("policy"))

    def start(self, lines):
        instance = front.Front(self.lazaret.layout, self.lazaret.ports["next_hop"], lines.replace("127.0.0.1:10023", f"127.0.0.1:{POLICY}"))
        self.addCleanup(instance.stop)
        instance.make()
        instance.start()
        return instance

    def ask(self, connection, **attributes):
        connection.sendall(request(**attributes))
        answer = b""
        while not answer.endswith(b"\n\n"):
            more = connection.recv(4096)
            if not more:
                return None
            answer += more
        return answer.decode().strip()

    def events(self, kind):
        return self.lazaret.sql("SELECT subscriber, account, host(client), listener, refused_by, jsonb_array_length(recipients), size > 0"
                                f" FROM event WHERE type = '{kind}'")

    def test_dunno_passes(self):
        stage, code, text = self.front.send("<passes@test.example>", ["paul@isle.example", "ines@isle.example"], "198.51.100.9",
                                            "one@test.example")
        self.assertEqual((stage, code), ("sent", 250), text)
        self.eventually(lambda: self.front.is_idle() and self.lazaret.postfix.is_idle() and "<passes@test.example>" in self.deliveries(),
                        "the message arrives")
        rows = self.eventually(lambda: self.events("message_relayed"), "the event is there")
        self.assertEqual(rows[0][:5], ["S-1", "one@test.example", "198.51.100.9", "policy", "nobody"], rows)
        self.assertEqual(rows[0][5:], ["2", "t"], "recipients and size")

    def test_quarantine_refuses_in_our_words(self):
        done = self.lazaret.cli("quarantine", "add", "S-1", "--reason", "Your PC sends spam")
        self.assertEqual(done.returncode, 0, done.stderr)
        text = self.eventually(self._blocked, "the confinement is known")
        self.assertIn("5.7.1 <paul@isle.example>: Recipient address rejected: Sending mail is blocked for you: Your PC sends spam", text)
        rows = self.eventually(lambda: self.events("message_refused"), "the refusal is an event")
        self.assertEqual(rows[0][3:5], ["policy", "quarantine"])

    def _blocked(self):
        stage, code, text = self.front.send("<blocked@test.example>", login="one@test.example")
        return stage == "rcpt" and code == 550 and text

    def limit(self):
        """Messages in a minute for the plan residential."""
        return self.lazaret.number("SELECT messages_per_minute FROM plan WHERE name = 'residential'")

    def test_limits_bind(self):
        self._limits_bind(self.front)

    def test_limits_bind_where_only_recipients_are_asked_about(self):
        only = [line for line in front.documented("policy").splitlines() if "recipient" in line]
        self._limits_bind(self.start("\n".join(only)))

    def _limits_bind(self, server):
        limit, began = self.limit(), time.monotonic()
        outcomes = [server.send(f"<limit-{i}@test.example>", login="home@test.example") for i in range(limit + 5)]
        elapsed = time.monotonic() - began
        sent = sum(stage == "sent" for stage, _, _ in outcomes)
        self.assertGreaterEqual(sent, limit, "the plan's messages are never refused")
        self.assertLessEqual(sent, limit + int(elapsed * limit / 60) if elapsed >= 60 else limit, "the plan is never exceeded")
        for stage, code, text in outcomes:
            if stage != "sent":
                self.assertEqual((stage, code), ("rcpt", 450), text)
                self.assertIn("You have reached your limit of messages per minute", text)

    def test_lazaret_away(self):
        self.lazaret.submission.stop()
        stage, code, text = self.front.send("<away@test.example>", login="one@test.example")
        self.assertEqual((stage, code), ("rcpt", 451), text)
        self.assertIn("4.3.5", text)

    def test_what_cannot_be_understood_gets_no_answer(self):
        for wrong in (b"EHLO x\r\n", b"request=junk\n\n", b"\n", b"request=smtpd_access_policy\nsize=x\n\n", request(protocol_state="RCPT"),
                      b"request=smtpd_access_policy\nsender=" + b"x" * 5000):
            with socket.create_connection(("127.0.0.1", POLICY), timeout=20) as connection:
                connection.sendall(wrong)
                try:
                    self.assertEqual(connection.recv(100), b"", wrong)
                except ConnectionResetError:
                    pass
        with socket.create_connection(("127.0.0.1", POLICY), timeout=20) as connection:
            asked = {"protocol_state": "RCPT", "instance": "1.2.3", "sender": "a@test.example", "recipient": "b@isle.example",
                     "client_address": "203.0.113.7", "client_port": "9"}
            self.assertEqual(self.ask(connection, **asked), "action=DUNNO")
            self.assertEqual(self.ask(connection, **{**asked, "protocol_state": "END-OF-MESSAGE", "recipient_count": 1, "size": 99}),
                             "action=DUNNO")
        with socket.create_connection(("127.0.0.1", POLICY), timeout=20, source_address=("127.0.0.77", 0)) as stranger:
            try:
                self.assertEqual(stranger.recv(100), b"")
            except ConnectionResetError:
                pass


if __name__ == "__main__":
    main()
