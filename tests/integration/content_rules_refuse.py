#!/usr/bin/env python3
"""A message that an enforced rule meets is refused at the end of DATA and goes nowhere; one that only a rule in mode warn meets
arrives, and its event says so."""

import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.instance import Case, main  # noqa: E402


class ContentRules(Case):
    def test_enforce_and_warn(self):
        sender = self.lazaret.sender()
        refused = sender.send(["paul@isle.example"], "spins", "Take this exclusive\r\ncasino bonus.", "<refused@test.example>")
        self.assertEqual((refused.stage, refused.code), ("data", 550), refused.text)
        self.assertTrue(refused.text.startswith("5.7.1"), refused.text)
        noted = sender.send(["paul@isle.example"], "Your account is suspended", "Look at it.", "<noted@test.example>")
        self.assertTrue(noted.is_sent, noted.text)
        mail = self.deliveries()
        self.assertIn("<noted@test.example>", mail)
        self.assertNotIn("<refused@test.example>", mail)
        self.eventually(lambda: self.lazaret.number("SELECT count(*) FROM event WHERE type LIKE 'message_%'") == 2, "both are events")
        (row,) = self.lazaret.sql("SELECT refused_by, array_to_string(findings, ',') FROM event WHERE type = 'message_refused'")
        self.assertEqual(row[0], "content")
        self.assertIn("casino-bonus", row[1])
        (row,) = self.lazaret.sql("SELECT array_to_string(findings, ',') FROM event WHERE type = 'message_relayed'")
        self.assertIn("subject-account-suspended:warn", row[0])

    def test_scan_tells_tags_and_each_check(self):
        with tempfile.NamedTemporaryFile("w", suffix=".eml") as file:
            Path(file.name).chmod(0o644)
            file.write("From: ann@isle.example\nSubject: x\n\nSee http://some.duckdns.org/now\n")
            file.flush()
            told = json.loads(self.lazaret.cli("scan", file.name, "--json").stdout)
            self.assertEqual([(each["name"], each["tags"]) for each in told["findings"]], [("link-to-dynamic-dns", ["link"])])
            self.assertEqual([(each["name"], each["findings"]) for each in told["checks"]], [("rules", 1), ("attachments", 0)])
            self.assertIn("attachments", self.lazaret.cli("scan", file.name).stdout)


if __name__ == "__main__":
    main()
