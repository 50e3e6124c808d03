#!/usr/bin/env python3
"""A confinement made by hand binds sessions that are already open, and a release frees them again."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.instance import Case, main  # noqa: E402


class QuarantineReachesOpenSessions(Case):
    def test_add_and_release(self):
        sender = self.lazaret.sender()
        session = sender.connect()
        other = self.lazaret.sender(login="two@test.example").connect()

        def answer():
            code, text = session.mail("one@test.example")
            session.rset()
            return code, text.decode()

        self.assertEqual(answer()[0], 250)
        done = self.lazaret.cli("quarantine", "add", "S-1", "--reason", "spam from a stolen password")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.eventually(lambda: answer()[0] == 550, "the open session is refused at MAIL", 10)
        self.assertIn("stolen password", answer()[1])
        self.assertEqual(other.mail("two@test.example")[0], 250, "others go on")
        (entry,) = [row for row in self.lazaret.sql("SELECT subscriber, level, reason, released_at IS NULL FROM quarantine")]
        self.assertEqual(entry, ["S-1", "block", "spam from a stolen password", "t"])

        done = self.lazaret.cli("quarantine", "release", "S-1", "--reason", "cleaned")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.eventually(lambda: answer()[0] == 250, "the open session may send again", 10)
        self.assertTrue(sender.send(["paul@isle.example"], "free", "again", session=session).is_sent)
        session.quit()

        # A little mail may pass at level throttle, whatever the plan.
        done = self.lazaret.cli("quarantine", "add", "S-1", "--level", "throttle", "--reason", "a web form is being mended")
        self.assertEqual(done.returncode, 0, done.stderr)
        answers = []

        def is_refused():
            answers.append(sender.send(["paul@isle.example"], "slow", "text"))
            return not answers[-1].is_sent

        self.eventually(is_refused, "the limit of the plan called throttled is reached", 20)
        self.assertEqual(answers[-1].code, 450)
        self.assertIn("limit of messages per minute", answers[-1].text)
        other.quit()


if __name__ == "__main__":
    main()
