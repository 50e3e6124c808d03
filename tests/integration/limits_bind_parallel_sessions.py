#!/usr/bin/env python3
"""Many sessions of one subscriber at once send no more than its plan allows, and what is given up costs nothing."""

import re
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.instance import Case, main  # noqa: E402

PER_MINUTE = 30  # messages of plan residential


class LimitsBind(Case):
    def flood(self, login, sessions, each):
        """Outcomes of `sessions` clients that send `each` messages at the same time, and how long it took."""
        outcomes, gate = [], threading.Barrier(sessions)

        def client():
            sender = self.lazaret.sender(login=login)
            session = sender.connect()
            gate.wait()
            for _ in range(each):
                outcomes.append(sender.send(["paul@isle.example"], "flood", "x", session=session))
            session.quit()

        threads = [threading.Thread(target=client) for _ in range(sessions)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
        return outcomes

    def test_no_overshoot(self):
        began = time.monotonic()
        outcomes = self.flood("home@test.example", 8, 10)
        elapsed = time.monotonic() - began
        sent = [outcome for outcome in outcomes if outcome.is_sent]
        refused = [outcome for outcome in outcomes if not outcome.is_sent]
        self.assertEqual(len(outcomes), 80)
        self.assertGreaterEqual(len(sent), PER_MINUTE, "the plan's messages are never refused")
        self.assertLessEqual(len(sent), PER_MINUTE + int(elapsed * PER_MINUTE / 60) + 1, "the plan is never exceeded")
        self.assertEqual({outcome.code // 100 for outcome in refused}, {4}, "a limit defers")
        self.assertEqual({outcome.stage for outcome in refused}, {"rcpt"})
        told = len(refused) + self.refused_again("home@test.example", 60)
        self.lazaret.submission.stop()
        self.lazaret.start_submission()
        events = "SELECT reason FROM event WHERE subscriber = 'R-1' AND refused_by = 'limit'"
        self.eventually(lambda: sum(self.times(*row) for row in self.lazaret.sql(events)) == told, "every refusal by limit is told of")
        self.assertLess(self.lazaret.number(f"SELECT count(*) FROM ({events}) AS told"), told / 2, "but not each by an event")
        self.assertLess(self.lazaret.log_of("lazaret-submission").count("event=message_refused"), told / 2, "nor by a line")

    @staticmethod
    def times(reason):
        repeated = re.search(r", repeated (\d+) times$", reason)
        return int(repeated[1]) if repeated else 1

    def refused_again(self, login, rounds):
        """A client that only asks, and drops the transaction at the 450; how often it got one."""
        session, refused = self.lazaret.sender(login=login).connect(), 0
        for _ in range(rounds):
            self.assertEqual(session.mail(login)[0], 250)
            refused += session.rcpt("paul@isle.example")[0] == 450
            session.rset()
        session.quit()
        return refused

    def test_what_is_given_up_is_given_back(self):
        session = self.lazaret.sender(login="flat@test.example").connect()
        for _ in range(3 * PER_MINUTE):
            self.assertEqual(session.mail("flat@test.example")[0], 250)
            self.assertEqual(session.rcpt("paul@isle.example")[0], 250)
            self.assertEqual(session.rset()[0], 250)
        session.quit()
        sent = [outcome for outcome in self.flood("flat@test.example", 3, 10) if outcome.is_sent]
        self.assertEqual(len(sent), PER_MINUTE)

    def test_others_are_not_touched(self):
        self.flood("home@test.example", 4, 10)
        self.assertTrue(self.lazaret.sender(login="one@test.example").send(["paul@isle.example"], "other", "x").is_sent)


if __name__ == "__main__":
    main()
