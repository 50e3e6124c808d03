#!/usr/bin/env python3
"""kill -9 of PostgreSQL under load: no client notices, even through a restart of lazaret-submission, and no event is missing
once it is back."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.instance import Case, main  # noqa: E402
from support.load import Load, nothing_lost  # noqa: E402


class KillPostgres(Case):
    def test_mail_goes_on(self):
        with Load(self.lazaret) as load:
            for round_ in range(2):
                goal = load.count() + 40
                self.eventually(lambda goal=goal: load.count() >= goal, f"mail flows in round {round_}", 60)
                self.lazaret.postgres.kill()
                goal = load.count() + 60
                self.eventually(lambda goal=goal: load.count() >= goal, "mail flows without PostgreSQL", 60)
                self.lazaret.postgres.start()
        self.assertEqual(load.refused, [], "nobody was refused for it")
        nothing_lost(self, load)

    def test_even_through_a_restart(self):
        with Load(self.lazaret) as load:
            self.eventually(lambda: load.count() >= 30, "mail flows", 60)
            self.lazaret.postgres.kill()
            self.lazaret.submission.kill()
            self.lazaret.start_submission()
            goal = load.count() + 40
            self.eventually(lambda: load.count() >= goal, "mail flows from the snapshot on disk", 60)
            self.lazaret.postgres.start()
        nothing_lost(self, load)


if __name__ == "__main__":
    main()
