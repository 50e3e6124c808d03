"""A recording with its labels, and how decisions on it are counted: the same for every detector.

Leaked is an abusive message sent before its sender's first confinement, without the one that tips the decision. A confinement
of somebody who is not abusing (yet) is a false one, counted once per subscriber and day of the days that are judged; tickets on
the innocent likewise."""

import collections
import gzip
import json
import statistics

DAY = 86400
NEVER = float("inf")


class Truth:
    """Who is what. `abuse`: of each offender the times and ids of its abusive messages."""

    def __init__(self, judged, end, kinds, onsets):
        self.judged, self.end, self.kinds, self.onsets = judged, end, kinds, onsets
        self.abuse = collections.defaultdict(list)

    @classmethod
    def invented(cls, labels, recording):
        """Of generate.py."""
        read = json.loads(labels.read_text())
        truth, abusive = cls(read["judged"], read["end"], read["kinds"], read["onsets"]), set(read["abusive"])
        with recording.open() as lines:
            for line in lines:
                event = json.loads(line)
                if event["type"] == "message" and event["id"] in abusive:
                    truth.abuse[event["subscriber"]].append((event["ts"], event["id"]))
        return truth

    @classmethod
    def public(cls, folder):
        """Of the public replay."""
        read = json.loads((folder / "truth.json").read_text())
        kinds = dict.fromkeys(read["all_subscribers"], "ham") | {one["subscriber"]: one["kind"] for one in read["special"]}
        onsets = {one["subscriber"]: one["onset"] for one in read["special"] if one["abusive"]}
        truth = cls(read["meta"]["eval_start"], read["meta"]["end"], kinds, onsets)
        with gzip.open(folder / "events.jsonl.gz", "rt") as lines:
            for line in lines:
                event = json.loads(line)
                if event["label"].startswith(("spam", "back")):
                    truth.abuse[event["subscriber"]].append((event["ts"], event["id"]))
        return truth

    def innocent_days(self, who):
        return max(0, min(self.onsets.get(who, self.end), self.end) - self.judged) / DAY


class Score:
    """Of one detector over one or more recordings."""

    def __init__(self):
        self.leaks, self.times, self.days = collections.defaultdict(list), collections.defaultdict(list), collections.Counter()
        self.confined, self.ticketed = collections.Counter(), collections.Counter()
        self.each = []  # of a recording: found, offenders, mean leak, false confinements per 10,000 subscriber-days

    def add(self, truth, decisions):
        """`decisions`: dicts with ts, subscriber, action and message, in the order of time."""
        first, wrong = {}, {"confine": set(), "ticket": set()}
        for decision in decisions:
            who, at, action = decision["subscriber"], decision["ts"], decision["action"]
            if at >= truth.onsets.get(who, NEVER):
                if action == "confine":
                    first.setdefault(who, (at, decision["message"]))
            elif action in wrong and at >= truth.judged:
                wrong[action].add((who, int(at // DAY)))
        leaks, times = {}, {}
        for who, onset in truth.onsets.items():
            at, tipped = first.get(who, (NEVER, None))
            leaks[who] = sum(when <= at and message != tipped for when, message in truth.abuse[who])
            times[who] = at - onset
            self.leaks[truth.kinds[who]].append(leaks[who])
            self.times[truth.kinds[who]].append(times[who])
        days = 0
        for who, kind in truth.kinds.items():
            self.days[kind] += truth.innocent_days(who)
            days += truth.innocent_days(who)
        for action, counted in (("confine", self.confined), ("ticket", self.ticketed)):
            counted.update(truth.kinds[who] for who, _ in wrong[action])
        self.each.append((len(first), len(leaks), statistics.mean(leaks.values()), len(wrong["confine"]) / days * 1e4))

    def _row(self, kinds):
        leaks, times = ([x for kind in kinds for x in of[kind]] for of in (self.leaks, self.times))
        median = statistics.median(times)
        return {"offenders": len(leaks), "found": sum(at < NEVER for at in times), "leak_mean": round(statistics.mean(leaks), 1),
                "leak_median": statistics.median(leaks), "leak_worst": max(leaks),
                "median_seconds": round(median, 1) if median < NEVER else None}

    def _false(self, counted):
        return {"per_10000_subscriber_days": round(counted.total() / self.days.total() * 1e4, 2),
                "by_kind": {kind: {"count": count, "per_10000_subscriber_days": round(count / self.days[kind] * 1e4, 1)}
                            for kind, count in sorted(counted.items())}}

    def figures(self):
        """All of it, for printing and for --json."""
        return {"all": self._row(self.leaks), "kinds": {kind: self._row([kind]) for kind in sorted(self.leaks)},
                "subscriber_days": round(self.days.total()), "false_confinements": self._false(self.confined),
                "false_tickets": self._false(self.ticketed),
                "worst_recording": {"found": min(found for found, *_ in self.each), "leak_mean": round(max(leak for _, _, leak, _ in self.each), 1),
                                    "false_confinements": round(max(false for *_, false in self.each), 2)}}
