#!/usr/bin/env python3
"""kill -9 of lazaret-engine under load: mail goes on meanwhile, and afterwards each delivery has exactly one result. Of two
engines the one that is left does the other's work, and each message counts once."""

import copy
import json
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

    def test_two_engines(self):
        """Each knows its part; when one is killed the other goes on where it stood, and shares again when it is back."""
        first = self.lazaret.engine
        second = copy.copy(first)
        second.name, second.log, second.pid_file, second.child = "second", first.log.with_name("lazaret-second.log"), \
            first.pid_file.with_name("second.pid"), None
        second.arguments = [*first.arguments, "--set", "engine.postfix_logs=[]", "--set", "metrics.engine_listen="]
        second.start()
        self.addCleanup(second.stop)

        def shares():
            return sorted(int(count) for _, count in self.lazaret.sql("SELECT owner, count(*) FROM engine_shard GROUP BY owner"))

        self.eventually(lambda: shares() == [8, 8], "the work is shared", 30)
        with Load(self.lazaret) as load:
            for killed in (first, second):
                self.eventually(lambda goal=load.count() + 40: load.count() >= goal, "mail flows", 60)
                killed.kill()
                self.eventually(lambda: shares() == [16], "the other takes over", 30)
                self.eventually(lambda goal=load.count() + 20: load.count() >= goal, "mail flows with one engine", 60)
                killed.start()
                self.eventually(lambda: shares() == [8, 8], "the work is shared again", 30)
        self.assertEqual(load.refused, [])

        def sent():
            return dict(self.lazaret.sql("SELECT subscriber, count(*) FROM event WHERE type = 'message_relayed' GROUP BY 1"))

        def seen():
            rows = self.lazaret.sql("SELECT subscriber, state FROM engine_state WHERE subscriber NOT LIKE '%/%'")
            return {subscriber: str(json.loads(state)["messages"]) for subscriber, state in rows}

        self.eventually(lambda: seen() == sent(), "each message is counted by one engine, once", 60)
        self.assertEqual(sum(map(int, sent().values())), len(load.acknowledged))


if __name__ == "__main__":
    main()
