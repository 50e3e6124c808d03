#!/usr/bin/env python3
"""One connection to Postfix in all: a client that stalls in DATA, or between recipients, does not keep it from others, and
its own message arrives when it goes on."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.instance import Case, main  # noqa: E402


class SlowClients(Case):
    options = {"overrides": ["next_hop.max_connections=1", "server.threads=1"]}

    def another_gets_through(self, subject):
        outcome = self.lazaret.sender("submission", "two@test.example").send(["box2@slow.example"], subject, "text")
        self.assertTrue(outcome.is_sent, outcome)
        return outcome.message_id

    def test_stalled(self):
        session = self.lazaret.sender().connect()
        self.assertEqual(session.mail("one@test.example")[0], 250)
        self.assertEqual(session.rcpt("box1@slow.example")[0], 250)
        ids = [self.another_gets_through("while one is between recipients")]
        self.assertEqual(session.rcpt("box3@slow.example")[0], 250)
        self.assertEqual(session.docmd("DATA")[0], 354)
        session.send("From: <one@test.example>\r\nMessage-ID: <slow@test.example>\r\nSubject: slow\r\n")
        ids.append(self.another_gets_through("while one is in its content"))
        session.send("\r\ntext\r\n.\r\n")
        self.assertEqual(session.getreply()[0], 250)
        session.quit()
        mail = self.deliveries()
        for message_id in ids:
            self.assertEqual(mail.copies[message_id, "box2@slow.example"], 1)
        for box in ("box1", "box3"):
            self.assertEqual(mail.copies["<slow@test.example>", f"{box}@slow.example"], 1)


if __name__ == "__main__":
    main()
