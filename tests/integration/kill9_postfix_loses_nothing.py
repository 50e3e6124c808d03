#!/usr/bin/env python3
"""kill -9 of all of Postfix under load: clients are told 4xx meanwhile, and nothing acknowledged is lost."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.instance import Case, main  # noqa: E402
from support.load import Load, nothing_lost  # noqa: E402


class KillPostfix(Case):
    def test_counts(self):
        with Load(self.lazaret) as load:
            for round_ in range(3):
                goal = load.count() + 50
                self.eventually(lambda goal=goal: load.count() >= goal, f"mail flows in round {round_}", 60)
                self.lazaret.postfix.kill()
                seen = len(load.refused) + 10
                self.eventually(lambda seen=seen: len(load.refused) >= seen, "clients get an answer without Postfix", 60)
                self.lazaret.postfix.start()
            goal = load.count() + 30
            self.eventually(lambda: load.count() >= goal, "mail flows again", 60)
        self.assertEqual({code // 100 for _, code, _ in load.refused}, {4}, "only temporary refusals")
        nothing_lost(self, load)


if __name__ == "__main__":
    main()
