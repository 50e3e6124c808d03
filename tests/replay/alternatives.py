"""What others do against the same: limits, thresholds and a sequential test on one kind of evidence, counted as Lazaret is.

Each detector sees messages and delivery results in the order of time and says True when the subscriber is to be confined. A
confinement holds for a day; what the subscriber sends meanwhile does not exist, for it is refused."""

import collections
import json
import math

HOUR, DAY = 3600, 86400


class Detector:
    """`message` and `result`: whether this tips it. `forget`: the subscriber was confined, begin anew."""

    def message(self, event):
        return False

    def result(self, event):
        return False

    def forget(self, who):
        pass


class FixedLimit(Detector):
    """Messages of a client address in a fixed hour that begins with its first one, as Postfix's anvil counts."""

    def __init__(self, limit=100):
        self.limit, self.windows = limit, {}

    def message(self, event):
        begin, count = self.windows.get(event["client_ip"], (-math.inf, 0))
        if event["ts"] - begin >= HOUR:
            begin, count = event["ts"], 0
        self.windows[event["client_ip"]] = (begin, count + 1)
        return count + 1 > self.limit


class SlidingHour(Detector):
    """What was counted of each subscriber within the last hour."""

    def __init__(self):
        self.seen = collections.defaultdict(collections.deque)
        self.sums = collections.Counter()

    def add(self, who, at, count):
        queue = self.seen[who]
        queue.append((at, count))
        self.sums[who] += count
        while queue[0][0] < at - HOUR:
            self.sums[who] -= queue.popleft()[1]
        return len(queue), self.sums[who]

    def forget(self, who):
        self.seen.pop(who, None)
        self.sums.pop(who, None)


class VerdictCount(SlidingHour):
    def __init__(self, least=30):
        super().__init__()
        self.least = least

    def message(self, event):
        return event["content"] == "spam" and self.add(event["subscriber"], event["ts"], 1)[1] >= self.least


class VerdictShare(SlidingHour):
    def __init__(self, least=6, share=0.5):
        super().__init__()
        self.least, self.share = least, share

    def message(self, event):
        messages, caught = self.add(event["subscriber"], event["ts"], event["content"] == "spam")
        return messages >= self.least and caught >= self.share * messages


class NonexistentRecipients(SlidingHour):
    def __init__(self, least=100):
        super().__init__()
        self.least = least

    def result(self, event):
        return event["nonexistent"] > 0 and self.add(event["subscriber"], event["ts"], event["nonexistent"])[1] >= self.least


class Spot(Detector):
    """Wald's sequential test on verdicts; when it takes the subscriber for honest it begins anew."""

    def __init__(self, alpha=0.01, beta=0.01, theta0=0.2, theta1=0.9):
        self.caught, self.passed = math.log(theta1 / theta0), math.log((1 - theta1) / (1 - theta0))
        self.guilty, self.honest = math.log((1 - beta) / alpha), math.log(beta / (1 - alpha))
        self.walks = collections.Counter()

    def message(self, event):
        if event["content"] == "unknown":
            return False
        walk = self.walks[event["subscriber"]] + (self.caught if event["content"] == "spam" else self.passed)
        self.walks[event["subscriber"]] = 0 if walk <= self.honest else walk
        return walk >= self.guilty

    def forget(self, who):
        self.walks.pop(who, None)


DETECTORS = {"nothing": Detector, "100 messages/h per address": FixedLimit, "30 spam verdicts/h": VerdictCount,
             "6 messages/h, half of them spam": VerdictShare, "SPOT": Spot, "100 nonexistent recipients/h": NonexistentRecipients}


def decide(recording):
    """The decisions of each of them on a recording, {name: [decision]}."""
    everybody = [(detector(), {}, []) for detector in DETECTORS.values()]
    sent = {}
    with recording.open() as lines:
        for line in lines:
            event = json.loads(line)
            is_message = event["type"] == "message"
            if is_message:
                sent[event["id"]] = (event["subscriber"], event["ts"])
            else:
                event["subscriber"], begun = sent[event["message"]]
            who, at = event["subscriber"], event["ts"]
            for detector, until, decisions in everybody:
                free = until.get(who, 0)
                if (at if is_message else begun) < free:
                    continue
                if not (detector.message(event) if is_message else detector.result(event)):
                    continue
                until[who] = at + DAY
                detector.forget(who)
                decisions.append({"ts": at, "subscriber": who, "action": "confine", "message": event["id"] if is_message else None})
    return {name: decisions for name, (_, _, decisions) in zip(DETECTORS, everybody)}
