#!/usr/bin/env python3
"""Two instances under different homes live side by side; one says what it is doing, writes endpoints.json, and stops alone."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.instance import Case, Instance, main  # noqa: E402
from stack.trouble import Trouble  # noqa: E402


class SideBySide(Case):
    options = {"overrides": ["submissions.listen="]}

    def test_two(self):
        other = Instance()
        self.addCleanup(other.remove)
        self.addCleanup(other.stop)
        other.start()
        told = json.loads(self.lazaret.layout.endpoints.read_text())
        self.assertEqual(set(told), {"submission", "relay", "ca_file", "config", "cli", "database", "metrics", "journal"})
        self.assertEqual(set(told["metrics"]), {"submission", "engine"})
        for name in ("ca_file", "config", "cli", "journal"):
            self.assertTrue(Path(told[name]).exists(), name)
        self.assertEqual((told["submission"]["host"], told["submission"]["port"]), self.lazaret.listener("submission"))
        with self.assertRaises(Trouble):
            self.lazaret.start()
        self.assertTrue(other.stop())
        self.assertTrue(all(self.lazaret.status().values()), self.lazaret.status())
        self.assertTrue(self.lazaret.sender().send(["paul@isle.example"], "alone", "x").is_sent)

    def test_a_second_start_keeps_ports_and_data(self):
        first = self.lazaret.layout.endpoints.read_text()
        self.assertEqual(self.lazaret.cli("quarantine", "add", "S-2", "--reason", "stays").returncode, 0)
        self.assertTrue(self.lazaret.stop())
        self.assertFalse(self.lazaret.layout.endpoints.exists())
        self.lazaret.start()
        self.assertEqual(self.lazaret.layout.endpoints.read_text(), first)
        self.assertEqual(self.lazaret.sender(login="two@test.example").send(["paul@isle.example"], "no", "x").stage, "mail")


if __name__ == "__main__":
    main()
