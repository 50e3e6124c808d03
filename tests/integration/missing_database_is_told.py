#!/usr/bin/env python3
"""Without PostgreSQL the CLI says so in one sentence, and a submission node that never had a snapshot does not start."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.instance import Case, main  # noqa: E402
from stack.trouble import Trouble  # noqa: E402


class MissingDatabase(Case):
    def test_cli(self):
        self.lazaret.postgres.stop()
        for command in (["subscriber", "list"], ["quarantine", "list"], ["incident", "list"], ["explain", "S-1"], ["db", "migrate"]):
            done = self.lazaret.cli(*command)
            self.assertNotIn(done.returncode, (0, 70), command)
            self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
            self.assertRegex(done.stderr, "database|PostgreSQL")
            self.assertEqual(done.stdout, "")

    def test_submission_without_any_snapshot(self):
        self.assertTrue(self.lazaret.submission.stop())
        self.lazaret.postgres.stop()
        (self.lazaret.layout.node / "snapshot.json").unlink()
        self.lazaret.submission.log.write_text("")
        with self.assertRaises(Trouble):
            self.lazaret.start_submission()
        self.assertEqual(self.lazaret.submission.status, 69)
        self.lazaret.submission.status = None
        self.assertRegex(self.lazaret.submission.log.read_text(), r"lazaret-submission: .*(database|PostgreSQL)")
        self.lazaret.postgres.start()
        self.lazaret.start_submission()
        self.assertTrue(self.lazaret.sender().send(["paul@isle.example"], "back", "x").is_sent)


if __name__ == "__main__":
    main()
