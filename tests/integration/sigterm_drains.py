#!/usr/bin/env python3
"""SIGTERM: nobody new comes in, a message under way is finished and acknowledged, and the program ends by itself."""

import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.instance import Case, main  # noqa: E402
from stack import ports  # noqa: E402


class SigtermDrains(Case):
    def test_message_under_way(self):
        session = self.lazaret.sender().connect()
        idle = self.lazaret.sender(login="two@test.example").connect()
        session.mail("one@test.example")
        session.rcpt("paul@isle.example")
        self.assertEqual(session.docmd("DATA")[0], 354)
        session.send(b"Subject: under way\r\nMessage-ID: <drain@test.example>\r\n\r\nfirst half\r\n")
        self.lazaret.submission.send(signal.SIGTERM)
        host, port = self.lazaret.listener("submission")
        self.eventually(lambda: not ports.answers(host, port), "no new connection is taken", 10)
        self.assertTrue(self.lazaret.submission.alive())
        session.send(b"second half\r\n.\r\n")
        code, text = session.getreply()
        self.assertEqual(code, 250, text)
        self.assertTrue(self.lazaret.submission.wait_gone(30), "it ends by itself")
        self.assertEqual(self.lazaret.submission.status, 0)
        session.close()
        idle.close()
        self.assertIn("<drain@test.example>", self.deliveries())
        self.assertEqual(self.lazaret.number("SELECT count(*) FROM event WHERE type = 'message_relayed'"), 1)


if __name__ == "__main__":
    main()
