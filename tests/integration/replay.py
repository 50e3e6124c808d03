#!/usr/bin/env python3
"""The public replay, a selection of its subscribers, where it stands beside the checkout (skipped elsewhere): `lazaret
backtest` finds abuse in it, leaves habitual mailings alone, and writes what the replay's own score reads."""

import gzip
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from collections import defaultdict
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
SKIPPED = 77
SOURCE = Path(os.environ.get("LAZARET_SHARED", TOP.parent / "shared")) / "replay"
LAZARET = Path(os.environ.get("LAZARET_BUILD_DIR", TOP / "build" / "sanitize")) / "services" / "cli" / "lazaret"
OF_EACH_KIND = {"spam:snowshoe": 6, "ham:newsletter": 4, "ham:mass": 10, "ham:alerts": 4}  # 1 of the others
ORDINARY = 60
DAY = 86400


class Replay(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="lazaret-replay-")
        cls.addClassCleanup(cls.temporary.cleanup)
        cls.folder = Path(cls.temporary.name)
        for script in ("prepare.py", "score.py"):
            shutil.copy(SOURCE / script, cls.folder)
        cls.config = cls.folder / "lazaret.toml"
        with cls.config.open("w") as out:
            subprocess.run([LAZARET, "config", "example"], stdout=out, check=True)
        cls.select()
        cls.input, cls.decisions = cls.folder / "input.jsonl", cls.folder / "decisions.jsonl"
        with cls.input.open("w") as out:
            subprocess.run([sys.executable, "prepare.py", "public", "--verdicts", "campaign", "--draw", "0"], cwd=cls.folder,
                           stdout=out, check=True)
        done = cls.backtest(cls.input, cls.decisions, "--json")
        assert done.returncode == 0, done.stderr
        cls.summary = json.loads(done.stdout)
        cls.decided = [json.loads(line) for line in cls.decisions.read_text().splitlines()]

    @classmethod
    def select(cls):
        """Copies the recording with few of its subscribers."""
        truth = json.loads((SOURCE / "public" / "truth.json").read_text())
        by_kind = defaultdict(list)
        for special in sorted(truth["special"], key=lambda special: special["subscriber"]):
            by_kind[special["kind"]].append(special)
        truth["special"] = [special for kind, list_ in by_kind.items() for special in list_[:OF_EACH_KIND.get(kind, 1)]]
        cls.kinds = {special["subscriber"]: special["kind"] for special in truth["special"]}
        cls.onsets = {special["subscriber"]: special["onset"] for special in truth["special"] if special["abusive"]}
        unusual = {special["subscriber"] for list_ in by_kind.values() for special in list_}
        ordinary = [name for name in truth["all_subscribers"] if name not in unusual][:ORDINARY]
        truth["all_subscribers"] = [*cls.kinds, *ordinary]
        kept = set(truth["all_subscribers"])
        public = cls.folder / "public"
        public.mkdir()
        (public / "truth.json").write_text(json.dumps(truth))
        with gzip.open(SOURCE / "public" / "events.jsonl.gz", "rt") as events, \
                gzip.open(public / "events.jsonl.gz", "wt", compresslevel=1) as out:
            out.writelines(line for line in events if json.loads(line)["subscriber"] in kept)

    @classmethod
    def backtest(cls, source, decisions, *options, **how):
        return subprocess.run([LAZARET, "backtest", "--input", source, "--decisions", decisions, *options], text=True,
                              capture_output=True, env={**os.environ, "LAZARET_CONFIG": str(cls.config)}, **how)

    def test_the_score_reads_the_decisions(self):
        done = subprocess.run([sys.executable, "score.py", "public", self.decisions], cwd=self.folder, text=True,
                              capture_output=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        print(f"{self.summary['lines']} lines, {self.summary['lines_per_second']} a second\n{done.stdout}", flush=True)

    def test_decisions_are_well_formed(self):
        lines = self.input.read_text().splitlines()
        ids = {json.loads(line)["id"] for line in lines if line.startswith('{"type":"message"')}
        ends, last = {}, 0
        for decision in self.decided:
            self.assertLessEqual(last, decision["ts"])
            last = decision["ts"]
            self.assertEqual([key for key in decision if key not in ("campaign", "part")],
                             ["ts", "subscriber", "action", "level", "scope", "cause", "message", "reason"])
            self.assertEqual("part" in decision, decision["scope"] in ("account", "address"))
            self.assertTrue(decision["cause"] and decision["reason"])
            self.assertIn(decision["message"], ids | {None})
            who = decision["subscriber"], decision["scope"], decision.get("part")
            if decision["action"] == "confine":
                self.assertNotIn(who, ends, "nobody is confined twice at a time")
                ends[who] = decision["ts"] + DAY
            else:
                self.assertEqual(decision["action"], "release")
                self.assertAlmostEqual(ends.pop(who), decision["ts"], places=3)
        self.assertEqual(self.summary["confinements"], sum(d["action"] == "confine" for d in self.decided))
        self.assertEqual(self.summary["lines"], len(lines))
        self.assertEqual(self.summary["unmatched_deliveries"], 0)

    def test_abuse_is_found_and_habits_are_not(self):
        confined = defaultdict(list)
        for decision in self.decided:
            if decision["action"] == "confine":
                confined[decision["subscriber"]].append(decision["ts"])
        found = [who for who, onset in self.onsets.items() if any(at >= onset for at in confined[who])]
        self.assertTrue(found)
        habitual = [who for who, kind in self.kinds.items() if kind in ("ham:newsletter", "ham:alerts") and confined[who]]
        self.assertEqual(habitual, [])

    def test_a_pipe_gives_the_same_and_a_switch_decides_nothing(self):
        again = self.folder / "again.jsonl"
        with self.input.open() as source:
            done = self.backtest("-", again, stdin=source)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(again.read_text(), self.decisions.read_text())
        self.assertIn(f"{len(self.summary['confined'])} subscribers of {self.summary['subscribers']} confined", done.stdout)
        packed = self.folder / "input.jsonl.gz"
        packed.write_bytes(gzip.compress(self.input.read_bytes(), 1))
        self.assertEqual(self.backtest(packed, again).returncode, 0)
        self.assertEqual(again.read_text(), self.decisions.read_text(), "compressed is the same")
        self.assertEqual(self.backtest(packed, again, "--without", "content", "--assume", "growth=x1.3").returncode, 0)
        self.assertNotEqual(again.read_text(), self.decisions.read_text())
        self.assertNotIn("content rules", again.read_text())
        first = max(decision["ts"] for decision in self.decided[:3])
        part = self.folder / "part.jsonl"
        part.write_text("".join(line for line in self.input.read_text().splitlines(True) if json.loads(line)["ts"] <= first))
        self.backtest(part, again)
        self.assertTrue(again.read_text())
        done = self.backtest(part, again, "--set", "engine.confine=off")
        self.assertEqual((done.returncode, again.read_text()), (0, ""), done.stderr)

    def test_what_is_wrong_is_told_with_its_place(self):
        out = self.folder / "out.jsonl"
        good = '{"type":"message","id":"p1","ts":1772410155,"subscriber":"s1","rcpts":["a@one.example"]}\n'
        for text, line, said in (('{"type":"message"}\n', 2, "ts: found nothing, expected seconds"),
                                 ("\n{}", 3, 'expected "message" or "delivery"'),
                                 (good.replace("p1", "p2").replace("1772410155", "1772410154"), 2, "no time before"),
                                 ("x" * (1 << 20) + "yz\n", 2, "found a line above 1 MiB")):
            with self.subTest(said):
                file = self.folder / "wrong.jsonl"
                file.write_text(good + text)
                done = self.backtest(file, out)
                self.assertEqual(done.returncode, 1, done.stderr)
                self.assertRegex(done.stderr, rf"^lazaret: {file}:{line}: ")
                self.assertIn(said, done.stderr)
        packed = self.folder / "packed.gz"
        packed.write_bytes(gzip.compress(good.encode())[:-4])
        done = self.backtest(packed, out)
        self.assertEqual(done.returncode, 1, "cut short")
        self.assertIn("cannot be read further", done.stderr)
        for option, value, said in (("--without", "smell", "expected one of content"), ("--assume", "smell=1", "caught_good"),
                                    ("--assume", "growth=much", "expected NAME=VALUE")):
            done = self.backtest(packed, out, option, value)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(said, done.stderr)
        self.assertEqual(self.backtest(self.folder / "nowhere", out).returncode, 1)
        self.assertEqual(self.backtest(packed, packed).returncode, 2)
        self.assertTrue(packed.stat().st_size, "the recording is not overwritten")
        self.assertEqual(self.backtest(packed, out, "--config", self.folder / "nowhere.toml").returncode, 78)


if __name__ == "__main__":
    if not (SOURCE / "prepare.py").exists():
        print(f"{SOURCE} is not there")
        sys.exit(SKIPPED)
    unittest.main(verbosity=2)
