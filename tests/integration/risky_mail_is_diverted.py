#!/usr/bin/env python3
"""Mail that reaches content.divert_score, and all mail of a subscriber who is confined at level divert, leaves through the
high-risk pool, all other mail through the usual one, and each says so."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.instance import Case, main  # noqa: E402
from support.hops import HopInstance  # noqa: E402


class Pools(HopInstance):
    """The second next hop is the high-risk pool."""

    def _sections(self):
        sections = super()._sections()
        usual, risky = sections["next_hop"]["address"]
        sections["next_hop"] = {"address": usual, "divert_address": risky}
        sections["content"] |= {"reject_score": 1000, "divert_score": 5, "tag_score": 5}
        return sections


class RiskyMailIsDiverted(Case):
    instance = Pools
    options = {"second": True}

    def arrives_through(self, hop, outcome):
        self.assertTrue(outcome.is_sent, outcome.text)
        self.eventually(lambda: outcome.message_id in self.deliveries(), "it is delivered")
        return outcome.message_id in hop.log.read_text()

    def test_divert(self):
        sender = self.lazaret.sender()
        usual = sender.send(["paul@isle.example"], "lunch", "Shall we?")
        risky = sender.send(["paul@isle.example", "anna@harbour.example"], "spins", "Take this exclusive\r\ncasino bonus.")
        self.assertTrue(self.arrives_through(self.lazaret.postfix, usual))
        self.assertTrue(self.arrives_through(self.lazaret.second, risky))
        self.assertFalse(self.arrives_through(self.lazaret.second, usual))
        self.assertFalse(self.arrives_through(self.lazaret.postfix, risky))
        mail = self.deliveries()
        self.assertEqual(mail.messages[risky.message_id]["X-Spam-Flag"], "YES")
        self.assertIsNone(mail.messages[usual.message_id]["X-Spam-Flag"])
        self.eventually(lambda: self.lazaret.number("SELECT count(*) FROM event WHERE type = 'message_relayed'") == 2, "both are events")
        rows = self.lazaret.sql("SELECT array_to_string(findings, ',') FROM event WHERE type = 'message_relayed' ORDER BY sequence")
        self.assertEqual(rows[0][0], "")
        self.assertTrue(rows[1][0].endswith("tagged:enforce:0,diverted:enforce:0"), rows)
        (kept,) = self.lazaret.cli_json("exhibit", "S-1")
        self.assertEqual((kept["became"], kept["excerpt"]), ("diverted", "Take this exclusive\ncasino bonus."), kept)
        self.confine_to_the_pool()

    def confine_to_the_pool(self):
        confined, other = self.lazaret.sender(), self.lazaret.sender(login="two@test.example")
        self.lazaret.cli("quarantine", "add", "S-1", "--level", "divert", "--reason", "its mail looks odd")

        def is_diverted():
            return self.arrives_through(self.lazaret.second, confined.send(["paul@isle.example"], "lunch", "Shall we?"))

        self.eventually(is_diverted, "its mail leaves through the high-risk pool", 20)
        usual = other.send(["paul@isle.example"], "lunch", "Shall we?")
        self.assertTrue(self.arrives_through(self.lazaret.postfix, usual), "others go on as ever")
        (row,) = self.lazaret.sql("SELECT array_to_string(findings, ',') FROM event WHERE type = 'message_relayed' AND "
                                  "subscriber = 'S-1' ORDER BY sequence DESC LIMIT 1")
        self.assertEqual(row, ["diverted:enforce:0"])
        self.assertEqual(self.lazaret.number("SELECT count(*) FROM exhibit"), 1, "of none but the risky one, since it is not its content")
        self.lazaret.cli("quarantine", "release", "S-1", "--reason", "it was a mailing")
        self.eventually(lambda: not is_diverted(), "it is free again", 20)

    def test_the_pool_is_away(self):
        self.lazaret.second.stop()
        risky = self.lazaret.sender().send(["paul@isle.example"], "spins", "Take this exclusive\r\ncasino bonus.")
        self.assertEqual((risky.stage, risky.code // 100), ("data", 4), risky.text)
        usual = self.lazaret.sender().send(["paul@isle.example"], "lunch", "Shall we?")
        self.assertTrue(usual.is_sent, usual.text)
        self.assertNotIn(risky.message_id, self.deliveries())


if __name__ == "__main__":
    main()
