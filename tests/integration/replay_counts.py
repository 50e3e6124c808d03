#!/usr/bin/env python3
"""What tests/replay counts, on recordings small enough to count by hand: leaks, times and false decisions of any detector, the
alternatives beside Lazaret, and the scoring of tests/replay/nab."""

import importlib.machinery
import importlib.util
import json
import math
import sys
import tempfile
import unittest
from pathlib import Path

REPLAY = Path(__file__).resolve().parents[1] / "replay"
sys.path.insert(0, str(REPLAY))

from alternatives import decide  # noqa: E402
from recording import DAY, Score, Truth  # noqa: E402

JUDGED = 20_000 * DAY


def script(name):
    loader = importlib.machinery.SourceFileLoader(name, str(REPLAY / name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module


def decision(who, at, action="confine", message=None):
    return {"ts": at, "subscriber": who, "action": action, "message": message}


class Counts(unittest.TestCase):
    def setUp(self):
        self.truth = Truth(JUDGED, JUDGED + 10 * DAY, {"bot": "burst", "slow": "slow", "anna": "person"},
                           {"bot": JUDGED + 5 * DAY, "slow": JUDGED})
        for who in ("bot", "slow"):
            self.truth.abuse[who] = [(self.truth.onsets[who] + i, f"{who}{i}") for i in range(10)]

    def test_leaks_and_times(self):
        onset = self.truth.onsets["bot"]
        score = Score()
        score.add(self.truth, [decision("bot", onset + 4, message="bot4"), decision("bot", onset + 6), decision("slow", JUDGED + 3, "ticket")])
        figures = score.figures()
        self.assertEqual(figures["kinds"]["burst"], {"offenders": 1, "found": 1, "leak_mean": 4, "leak_median": 4, "leak_worst": 4,
                                                     "median_seconds": 4})
        self.assertEqual((figures["kinds"]["slow"]["found"], figures["kinds"]["slow"]["leak_mean"]), (0, 10), "a ticket stops nobody")
        self.assertIsNone(figures["kinds"]["slow"]["median_seconds"])
        self.assertEqual(figures["all"]["leak_mean"], 7)
        self.assertEqual(figures["false_confinements"]["by_kind"], {})

    def test_a_result_that_tips_it_comes_after_its_message(self):
        score = Score()
        score.add(self.truth, [decision("bot", self.truth.onsets["bot"] + 4.5)])
        self.assertEqual(score.figures()["kinds"]["burst"]["leak_mean"], 5)

    def test_false_decisions_count_once_a_day_and_only_while_it_is_judged(self):
        score = Score()
        score.add(self.truth, [decision("anna", JUDGED - 1), decision("anna", JUDGED + 1), decision("anna", JUDGED + 2),
                               decision("bot", JUDGED + DAY), decision("anna", JUDGED + 2 * DAY, "ticket")])
        figures = score.figures()
        self.assertEqual(figures["subscriber_days"], 15, "of an offender those before its time")
        self.assertEqual({kind: one["count"] for kind, one in figures["false_confinements"]["by_kind"].items()}, {"burst": 1, "person": 1})
        self.assertAlmostEqual(figures["false_confinements"]["per_10000_subscriber_days"], 2 / 15 * 1e4, 1)
        self.assertEqual(figures["false_tickets"]["by_kind"]["person"]["count"], 1)
        self.assertEqual(figures["all"]["found"], 0, "before its time is not found")

    def test_the_worst_recording_is_told(self):
        score = Score()
        score.add(self.truth, [decision("slow", JUDGED, message="slow0"), decision("bot", self.truth.onsets["bot"], message="bot0")])
        score.add(self.truth, [])
        self.assertEqual(score.figures()["worst_recording"], {"found": 0, "leak_mean": 10, "false_confinements": 0})


class Alternatives(unittest.TestCase):
    def decide(self, count, every, content="spam", nonexistent=0):
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
            for i in range(count):
                at = JUDGED + i * every
                file.write(json.dumps({"type": "message", "id": f"m{i}", "ts": at, "subscriber": "s", "client_ip": "192.0.2.1",
                                       "content": content}) + "\n")
                file.write(json.dumps({"type": "delivery", "ts": at, "message": f"m{i}", "nonexistent": nonexistent}) + "\n")
            file.flush()
            return {name: [made["message"] for made in decisions] for name, decisions in decide(Path(file.name)).items()}

    def test_each_convicts_where_it_says(self):
        self.assertEqual(self.decide(120, 1), {"nothing": [], "100 messages/h per address": ["m100"], "30 spam verdicts/h": ["m29"],
                                               "6 messages/h, half of them spam": ["m5"], "SPOT": ["m3"],
                                               "100 nonexistent recipients/h": []})

    def test_a_result_convicts_without_a_message(self):
        self.assertEqual(self.decide(120, 1, "ham", 4)["100 nonexistent recipients/h"], [None])

    def test_what_is_slow_passes_limits_but_not_a_test_that_remembers(self):
        slow = self.decide(40, 1000)
        self.assertEqual([name for name, made in slow.items() if made], ["SPOT"])

    def test_without_verdicts_nothing_is_told_of_them(self):
        self.assertEqual([name for name, made in self.decide(90, 1, "unknown").items() if made], [])

    def test_who_is_confined_is_not_seen_for_a_day(self):
        self.assertEqual(self.decide(20, 3600 * 6)["SPOT"], ["m3", "m10", "m17"], "three refused, then four anew")


class Nab(unittest.TestCase):
    WEIGHTS = {"tpWeight": 1, "fpWeight": 0.5, "fnWeight": 1}

    def total(self, scores):
        nab = script("nab")
        series = nab.Series("one", [f"t{i}" for i in range(100)], [("t50", "t59")], scores)
        rows = sorted(series.worth(), key=lambda row: -row[0])
        self.assertEqual(len(rows), 85, "the first 15 % do not count")
        return nab.best(rows, self.WEIGHTS)

    def test_at_once_is_worth_one_and_nothing_costs_a_miss(self):
        total, threshold, nothing = self.total([float(i == 50) for i in range(100)])
        self.assertAlmostEqual(total, 1)
        self.assertEqual((threshold, nothing), (1, -1))

    def test_later_is_worth_less(self):
        total, _, _ = self.total([float(i == 58) for i in range(100)])
        self.assertAlmostEqual(total, (2 / (1 + math.exp(-1)) - 1) / (2 / (1 + math.exp(-5)) - 1))

    def test_a_false_one_costs_its_weight(self):
        total, _, _ = self.total([float(i in (30, 50)) for i in range(100)])
        self.assertAlmostEqual(total, 1 - 0.5)

    def test_no_threshold_is_better_than_a_bad_one(self):
        total, threshold, nothing = self.total([float(i == 30) for i in range(100)])
        self.assertEqual((total, threshold), (nothing, math.inf))


if __name__ == "__main__":
    unittest.main(verbosity=2)
