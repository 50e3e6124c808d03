#!/usr/bin/env python3
"""Two Postfix instances, one of them killed with -9 under load, and started again: nothing acknowledged is lost, and the
clients hardly notice."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.hops import HopInstance  # noqa: E402
from support.instance import Case, main  # noqa: E402
from support.load import Load, nothing_lost  # noqa: E402


class FailOver(Case):
    instance = HopInstance
    options = {"second": True, "overrides": ["next_hop.health_interval=200ms"]}

    def deliveries(self):
        self.eventually(self.lazaret.second.is_idle, "the second queue is empty")
        return super().deliveries()

    def relayed_by(self, hop):
        return hop.log.read_text(errors="replace").count("queue active")

    def test_counts(self):
        with Load(self.lazaret) as load:
            for _ in range(3):
                goal = load.count() + 50
                self.eventually(lambda goal=goal: load.count() >= goal, "mail flows through both", 60)
                before = len(load.refused)
                self.lazaret.second.kill()
                goal = load.count() + 50
                self.eventually(lambda goal=goal: load.count() >= goal, "mail flows through the other", 60)
                # Whoever had just sent its final dot, or was promised what only a dead process knew.
                during = load.refused[before:]
                self.assertLessEqual(len(during), len(load.threads), f"refused in the failover: {during}")
                self.lazaret.second.start()
                here = self.relayed_by(self.lazaret.second)
                self.eventually(lambda here=here: self.relayed_by(self.lazaret.second) > here, "it is used again", 30)
        self.assertLessEqual({code // 100 for _, code, _ in load.refused}, {4}, "only temporary refusals")
        nothing_lost(self, load)
        log = self.lazaret.log_of("lazaret-submission")
        self.assertEqual(log.count("next_hop_away"), log.count("next_hop_back"))
        self.assertGreaterEqual(log.count("next_hop_away"), 3)


if __name__ == "__main__":
    main()
