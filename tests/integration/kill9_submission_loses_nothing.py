#!/usr/bin/env python3
"""kill -9 of lazaret-submission under load, again and again: what a client was promised is in Postfix, and its event in
PostgreSQL."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.instance import Case, main  # noqa: E402
from support.load import Load, nothing_lost  # noqa: E402


class KillSubmission(Case):
    def test_counts(self):
        with Load(self.lazaret) as load:
            for round_ in range(3):
                goal = load.count() + 60
                self.eventually(lambda goal=goal: load.count() >= goal, f"mail flows in round {round_}", 60)
                self.lazaret.submission.kill()
                self.lazaret.start_submission()
            goal = load.count() + 30
            self.eventually(lambda: load.count() >= goal, "mail flows after the last restart", 60)
        nothing_lost(self, load)


if __name__ == "__main__":
    main()
