#!/usr/bin/env python3
"""tests/bench measures what it says: a fraction of a second of each work against this build. No figure is judged; their shape is,
and that every acknowledged message reached the sink."""

import json
import os
import subprocess
import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
WORKS = "W1,W2,W3,W4,W5,W6,W6T,W7,L1"
SIDES = {"W7": ("without", "with"), "W6": ("alone", "meanwhile"), "W6T": ("alone", "meanwhile")}


class BenchTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        done = subprocess.run([HERE / "run", "--json", "--work", WORKS, "--time", "0.3", "--rounds", "1", "--idle", "40"],
                              capture_output=True, text=True, check=False, env={"PATH": "/usr/bin:/bin", **os.environ})
        cls.status, cls.said = done.returncode, done.stderr
        cls.whole = json.loads(done.stdout) if done.stdout else {}

    def test_ends_well(self):
        self.assertEqual(self.status, 0, self.said)
        self.assertIn("lazaret-submission", self.whole["program"])
        self.assertEqual(list(self.whole["works"]), WORKS.split(","))

    def test_every_acknowledged_message_arrived(self):
        for name, result in self.whole["works"].items():
            for side in SIDES.get(name, ("direct", "lazaret")):
                with self.subTest(work=name, side=side):
                    figures = result[side]
                    self.assertGreater(figures["messages"], 0)
                    self.assertEqual(figures["failures"], {})
                    self.assertEqual(figures["arrived"], figures["messages"])
                    self.assertTrue(all(turn["sound"] for turn in figures["rounds"]))

    def test_figures_are_there(self):
        works = self.whole["works"]
        for name in ("W1", "W2", "W3", "W4", "W5"):
            with self.subTest(work=name):
                self.assertGreater(works[name]["lazaret"]["cpu_s_per_1000"], 0)
                self.assertGreater(works[name]["lazaret"]["memory_mib"], 0)
                self.assertGreater(works[name]["ratio"], 0)
        for name in ("W6", "W6T"):
            self.assertEqual((works[name]["held"], works[name]["dropped"]), (40, 0))
        self.assertGreater(works["W7"]["cpu_ratio"], 0)
        self.assertEqual(set(works["L1"]["added_ms"]), {"p50", "p99"})


if __name__ == "__main__":
    unittest.main(verbosity=2)
