#!/usr/bin/env python3
"""kill -9 of lazaret-engine under load: mail goes on meanwhile, and afterwards each delivery has exactly one result."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.instance import Case, main  # noqa: E402
from support.load import Load, nothing_lost  # noqa: E402


class KillEngine(Case):
    def test_counts(self):
        with Load(self.lazaret) as load:
            for round_ in range(3):
                goal = load.count() + 40
                self.eventually(lambda goal=goal: load.count() >= goal, f"mail flows in round {round_}", 60)
                self.lazaret.engine.kill()
                goal = load.count() + 20
                self.eventually(lambda goal=goal: load.count() >= goal, "mail flows without the engine", 60)
                self.lazaret.start_engine()
        self.assertEqual(load.refused, [])
        mail = nothing_lost(self, load)
        owed = {mail.traces[message_id]: len(recipients) for message_id, recipients in load.acknowledged.items()}

        def results():
            rows = self.lazaret.sql("SELECT trace, count(*) FROM event WHERE type = 'delivery_result' AND delivery = 'sent' GROUP BY trace")
            return {trace: int(count) for trace, count in rows}

        self.eventually(lambda: all(results().get(trace, 0) >= count for trace, count in owed.items()),
                        "every delivery has its result in PostgreSQL", 60)
        self.assertEqual({trace: count for trace, count in results().items() if trace in owed and count != owed[trace]}, {},
                         "results that came twice")


if __name__ == "__main__":
    main()
