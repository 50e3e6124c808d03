#!/usr/bin/env python3
"""A subscriber whose PC turns into a bot is noticed, ticketed and confined without hands; a customer who mistypes is not. The
ticket is signed, survives a receiver that is away, and comes once."""

import json
import re
import sys
import threading
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.instance import Case, main  # noqa: E402
from demo import actors  # noqa: E402


class InfectedSubscriber(Case):
    def tickets(self):
        file = self.lazaret.layout.tickets / "tickets.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def infect(self, login):
        """A bot that sends until it is refused at MAIL, and what it tried."""
        heard = threading.Event()

        def hear(_, outcome):
            if outcome.stage == "mail" and outcome.code == 550:
                heard.set()

        bot = actors.Bot(actors.Person("R-1", login, "", "residential"), self.lazaret.sender(login=login), hear, 7)
        bot.start()
        self.eventually(heard.is_set, "the bot is refused at MAIL", 60)
        actors.wait_all([bot], 30)
        return bot.outcomes

    def test_the_whole_way(self):
        self.lazaret.receiver.stop()
        neighbour = self.lazaret.sender(login="flat@test.example")
        self.assertTrue(neighbour.send(["nobody-mistyped@isle.example"], "typo", "x").is_sent)
        outcomes = self.infect("home@test.example")
        leaked = [outcome for outcome in outcomes if outcome.is_sent]
        refused = [outcome for outcome in outcomes if outcome.stage == "mail"]
        self.assertLess(len(leaked), 60)
        self.assertRegex(refused[0].text, r"5\.7\.1")

        self.assertEqual(self.lazaret.sql("SELECT DISTINCT subscriber FROM quarantine"), [["R-1"]])
        self.assertEqual(self.lazaret.number("SELECT count(*) FROM incident WHERE subscriber = 'R-1'"), 1)
        self.assertTrue(neighbour.send(["paul@isle.example"], "still here", "x").is_sent)
        shown = self.lazaret.cli_json("incident", "list")
        self.assertIn("R-1", json.dumps(shown))
        explained = self.lazaret.cli("explain", "R-1")
        self.assertEqual(explained.returncode, 0, explained.stderr)
        self.assertIn("block", explained.stdout)

        # Looking back: what would have been decided, and who it was, out of the table of events.
        self.eventually(lambda: self.lazaret.number("SELECT count(*) FROM event WHERE type = 'delivery_result' AND subscriber = 'R-1'"),
                        "results of the bot's mail")
        looked_back = self.lazaret.cli_json("backtest", "--from-database", "--days", "1")
        self.assertEqual([one["subscriber"] for one in looked_back["confined"]], ["R-1"])
        self.assertGreaterEqual(looked_back["refused_by_quarantine"], 1)
        culprits = self.lazaret.cli_json("culprit", "--since", "1h")
        self.assertGreaterEqual(culprits["standing_out"], 1)
        self.assertEqual(culprits["culprits"][0]["subscriber"], "R-1")

        # The receiver is away: the ticket waits in the outbox, is tried, and comes once when it is back.
        self.eventually(lambda: self.lazaret.number("SELECT coalesce(max(attempts), 0) FROM outbox") >= 1, "the ticket was tried", 30)
        self.assertEqual(self.tickets(), [])
        self.lazaret.start_receiver()
        self.eventually(self.tickets, "the ticket is delivered", 60)
        self.eventually(lambda: self.lazaret.number("SELECT count(*) FROM outbox WHERE delivered_at IS NULL") == 0, "nothing waits", 60)
        opened = [ticket for ticket in self.tickets() if ticket["body"]["type"] == "incident.opened"]
        self.assertEqual(len(opened), 1)
        self.assertIn("R-1", json.dumps(opened[0]["body"]))
        self.assertTrue(opened[0]["body"]["data"]["exhibits"], "the rules have refused some of it before")
        for exhibit in opened[0]["body"]["data"]["exhibits"]:
            self.assertIn("To: ***@", exhibit["header"])
            self.assertNotRegex(exhibit["header"] + exhibit["excerpt"], r"nobody-|[a-z]\d+@")
        self.assertNotIn(" 401 ", self.lazaret.log_of("receiver"))
        self.eventually(lambda: self.lazaret.sql("SELECT ticket FROM incident WHERE subscriber = 'R-1'") == [[opened[0]["ticket"]]],
                        "the incident knows its ticket", 30)

        # Our own refusals are no evidence: the bot goes on against the lock, and nothing is added.
        score = self.lazaret.sql("SELECT score FROM incident WHERE subscriber = 'R-1'")
        sender = self.lazaret.sender(login="home@test.example")
        for _ in range(20):
            self.assertEqual(sender.send(["nobody-x@isle.example"], "again", "x").stage, "mail")
        with urllib.request.urlopen(self.lazaret.metrics_url("submission"), timeout=10) as answer:
            refused = re.search(r"(?m)^lazaret_quarantine_refusals_total (\S+)$", answer.read().decode())
        self.assertGreaterEqual(float(refused[1]), 20)
        self.eventually(lambda: self.lazaret.number("SELECT count(*) FROM event WHERE subscriber = 'R-1' AND refused_by = 'quarantine'") >= 5,
                        "the first of a minute are told one by one")
        self.assertEqual(self.lazaret.sql("SELECT score FROM incident WHERE subscriber = 'R-1'"), score)


if __name__ == "__main__":
    main()
