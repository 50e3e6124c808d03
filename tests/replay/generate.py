#!/usr/bin/env python3
"""generate.py [--seed N] [--verdicts text|none] [--lists mixed|clean] > RECORDING.jsonl

Three weeks of an ISP's outgoing mail, invented from first principles: honest senders of many kinds, awkward ones among
them, and in the last week offenders with parameters drawn anew for each. The same seed gives the same recording. Labels go
to stderr as one JSON object: kind and, for offenders, onset of each subscriber, and the ids of abusive messages.

What a scanner says it says about a text, wherever that is sent. Nothing here has the format of a name or an address that
the detector could know."""

import argparse
import heapq
import json
import math
import random
import sys

START, HISTORY, DAYS, DAY, HOUR = 1_780_272_000, 14, 21, 86400, 3600  # a Monday, 00:00 UTC
JUDGED = START + HISTORY * DAY


class World:
    def __init__(self, seed, verdicts, lists):
        self.seed, self.verdicts, self.lists = seed, verdicts, lists
        self.random = random.Random(seed)
        self.messages, self.kinds, self.onsets, self.caught = [], {}, {}, {}
        self.texts, self.sites, self.habits = 0, {}, {}

    def rng(self, *what):
        return random.Random(f"{self.seed}:{':'.join(map(str, what))}")

    def text(self, abusive=False):
        """A new text: number; whether the scanner dislikes it is a fact about the text."""
        self.texts += 1
        self.caught[self.texts] = self.rng("caught", self.texts).random() < (0.85 if abusive else 0.015)
        return self.texts

    def fingerprint(self, text, r):
        value = self.rng("print", text).getrandbits(64)
        for _ in range(r.choice((0, 0, 1, 2, 3))):
            value ^= 1 << r.randrange(64)
        return f"{value:016x}"

    def links(self, who):
        """Where a message leads: to places that everybody knows, the more of them the better known, and to the sender's own."""
        r, _ = self.habit(who)
        hosts = [f"popular{int(300 * r.random() ** 3)}.example"] if r.random() < 0.35 else []
        return hosts + (self.sites.get(who, []) if r.random() < 0.8 else [])

    def habit(self, who):
        if who not in self.habits:
            r = self.rng("habit", who)
            self.habits[who] = r, f"agent {int(40 * r.random() ** 2)}"
        return self.habits[who]

    def send(self, who, at, rcpts, text, r, sender="", helo="", net="", bad=0.0, account="", abuse=False, hosts=None):
        hosts = self.links(who) if hosts is None else hosts
        if at >= START + DAYS * DAY or not rcpts:
            return
        fails = sum(r.random() < bad for _ in rcpts)
        content = "unknown" if self.verdicts == "none" else "spam" if self.caught[text] else "ham"
        self.messages.append((at, who, rcpts, text, sender, helo, net, content, fails, self.fingerprint(text, r), r.random(), account, abuse,
                              hosts, self.habit(who)[1]))


def address(r, host=None):
    return f"{r.getrandbits(40):010x}@{host or 'd%d.example' % int(r.paretovariate(0.7))}"


def network(r):
    return f"{r.randrange(11, 200)}.{r.randrange(256)}.{r.randrange(256)}.{r.randrange(1, 255)}"


def moments(r, per_day, since, until, office=False):
    """Times of day, with the days and hours at which people write."""
    for day in range(since, until):
        busy = per_day * ((0.1 if office else 0.7) if day % 7 >= 5 else 1.1) * r.lognormvariate(0, 0.5)
        for _ in range(poisson(r, busy)):
            hour = min(max(r.gauss(13, 2.5), 6), 20) if office else (r.gauss(16, 4.5) % 24)
            yield START + day * DAY + hour * HOUR + r.random() * 60


def poisson(r, mean):
    if mean > 50:
        return max(0, round(r.gauss(mean, math.sqrt(mean))))
    n, p, limit = 0, r.random(), math.exp(-mean)
    while p > limit:
        n, p = n + 1, p * r.random()
    return n


def person(world, who, kind="person", since=0, until=DAYS, per_day=None, roams=False, called=None, called_since=0):
    """`called`: the HELO name of all its devices, from a moment on."""
    r = world.rng(who)
    friends = [address(r) for _ in range(r.randrange(4, 60))]
    mine = [address(r) for _ in range(r.choice((1, 1, 1, 2, 3)))]
    devices = [f"{r.getrandbits(24):x}" for _ in range(r.choice((1, 1, 2, 3)))]
    home, mean = network(r), per_day or r.lognormvariate(-0.3, 1.1)
    for at in moments(r, mean, since, until):
        rcpts = [address(r) if r.random() < 0.08 else friends[int(len(friends) * r.random() ** 2)]
                 for _ in range(min(1 + int(r.expovariate(1.4)), 20))]
        away = roams and r.random() < 0.6
        net = network(r) if away else home
        world.send(who, at, sorted(set(rcpts)), world.text(), r, r.choice(mine),
                   called if called and at >= called_since else net if away else r.choice(devices), net, 0.004)
        if r.random() < 0.04:
            home = network(r)
    world.kinds[who] = kind
    return friends, mine[0], devices[0], home


def office(world, who, kind="office", since=0, size=(4, 40), logs_in=None):
    """Colleagues behind one address; their mail comes from one server or from each one's device, with logins or without."""
    r = world.rng(who)
    staff = [(address(r), f"{r.getrandbits(24):x}") for _ in range(r.randrange(*size))]
    world.sites[who] = [f"{who}.example"]
    logs_in = world.rng(who, "logins").random() < 0.4 if logs_in is None else logs_in
    partners, net, by_server = [address(r) for _ in range(400)], network(r), r.random() < 0.6
    for at in moments(r, len(staff) * r.uniform(1, 3), since, DAYS, office=True):
        sender, device = r.choice(staff)
        rcpts = {address(r) if r.random() < 0.15 else partners[int(400 * r.random() ** 2)] for _ in range(1 + int(r.expovariate(2)))}
        world.send(who, at, sorted(rcpts), world.text(), r, sender, "srv" + who if by_server else device, net, 0.012,
                   sender if logs_in else "")
    world.kinds[who] = kind
    return staff, net


def sales(world, who, kind="sales", since=0):
    """A team that writes to people who have never heard of it, each in own words used again and again."""
    r = world.rng(who)
    net, bad = network(r), r.uniform(0.02, 0.08)
    world.sites[who] = [f"{who}.example", "meetings.example"]
    sellers = [(address(r), f"{r.getrandbits(24):x}", world.text(), r.uniform(10, 50)) for _ in range(r.randrange(3, 12))]
    for sender, device, words, per_day in sellers:
        for at in moments(r, per_day, since, DAYS, office=True):
            world.send(who, at, [address(r)], words if r.random() < 0.7 else world.text(), r, sender, device, net, bad, sender)
    world.kinds[who] = kind


def forwarder(world, who):
    r = world.rng(who)
    members, net = [address(r) for _ in range(r.randrange(1, 8))], network(r)
    for at in moments(r, r.uniform(5, 60), 0, DAYS):
        world.send(who, at, [r.choice(members)], world.text(), r, address(r), "fw" + who, net, 0.005)
    world.kinds[who] = "forwarder"


def newsletter(world, who, first=None):
    r = world.rng(who)
    _, sender, device, net = person(world, who, per_day=1)
    sites = [f"{who}.example", f"clicks{world.rng(who, 'clicks').randrange(3)}.example"]  # of software that others use, too
    readers = [address(r) for _ in range(int(r.lognormvariate(6.3, 0.9)) + 80)]
    every, phase, batch, bad = r.choice((1, 7, 7)), r.randrange(7), r.choice((1, 1, 20, 50)), r.uniform(0.002, 0.03)
    if every == 1:
        readers = readers[:300]
    for day in range(phase if first is None else first, DAYS, every if first is None else 99):
        text, at = world.text(), START + day * DAY + r.uniform(7, 18) * HOUR
        readers += [address(r) for _ in range(len(readers) // 60)]
        for i in range(0, len(readers), batch):
            world.send(who, at, readers[i:i + batch], text, r, sender, device, net, bad, hosts=sites)
            at += r.uniform(0.2, 4)
    world.kinds[who] = "newsletter" if first is None else "first newsletter"


def invitation(world, who):
    r = world.rng(who)
    friends, sender, device, net = person(world, who)
    guests = r.sample(friends, min(len(friends), 20)) + [address(r) for _ in range(r.randrange(60, 280))]
    text, at, batch, bad = world.text(), JUDGED + r.uniform(0.3, 6) * DAY, r.choice((1, 1, 10, 30, 500)), r.uniform(0.01, 0.09)
    for i in range(0, len(guests), batch):
        world.send(who, at, guests[i:i + batch], text, r, sender, device, net, bad, hosts=["invitations.example"])
        at += r.uniform(0.5, 30)
    world.kinds[who] = "invitation"


def shop(world, who, template):
    """Confirmations to customers, most of them new, in the words of the shop's software, which others use too."""
    r = world.rng(who)
    sender, net = address(r), network(r)
    world.sites[who] = [f"{who}.example", "payments.example"]
    for at in moments(r, r.uniform(4, 80), 0, DAYS):
        world.send(who, at, [address(r)], template if r.random() < 0.8 else world.text(), r, sender, "shop" + who, net, 0.015)
    world.kinds[who] = "shop"


def alarms(world, who):
    r = world.rng(who)
    owner, sender, net, text = [address(r)], address(r), network(r), world.text()
    for at in moments(r, r.uniform(0.5, 3), 0, DAYS):
        for _ in range(int(r.lognormvariate(3, 1.2))):
            at += r.expovariate(1 / 5)
            world.send(who, at, owner, text, r, sender, "mon" + who, net, 0)
    world.kinds[who] = "alarms"


def bouncer(world, who, onset=None):
    office(world, who)
    r = world.rng(who, "bounces")
    net = network(world.rng(who, "net"))
    for at in moments(r, r.uniform(1, 8), 0, DAYS):
        for _ in range(1 if r.random() < 0.97 else r.randrange(5, 25)):
            at += r.expovariate(1 / 60)
            world.send(who, at, [address(r)], world.text(), r, "", "srv" + who, net, 0.08)
    world.kinds[who] = "bouncer"
    if onset:
        pool, rate, at = [world.text(True) for _ in range(200)], r.uniform(10, 200), onset
        for _ in range(500):
            at += r.expovariate(rate / HOUR)
            world.send(who, at, [address(r)], r.choice(pool), r, "", "srv" + who, net, r.uniform(0.1, 0.4), abuse=True,
                       hosts=[f"{world.habit(who)[0].randrange(50)}-spam.example"])
        offend(world, who, "backscatter", onset)


def petition(world, people, at):
    """People tell their friends, a few of them new, of one site on one day, each in own words and some of them twice."""
    for who in people:
        r = world.rng(who, "petition")
        friends = world.friends[who]
        for _ in range(r.choice((1, 2, 3))):
            rcpts = r.sample(friends[0], min(len(friends[0]), r.randrange(2, 8))) + [address(r) for _ in range(r.randrange(3))]
            world.send(who, at + r.uniform(0, 8 * HOUR), rcpts, world.text(), r, *friends[1:], hosts=["petition.example"])


def chain_letter(world, people, at):
    """A text that people pass on to their friends, a few of them new."""
    text = world.text()
    for who in people:
        r = world.rng(who, "chain")
        friends = world.friends[who]
        rcpts = r.sample(friends[0], min(len(friends[0]), r.randrange(3, 15))) + [address(r) for _ in range(r.randrange(3))]
        world.send(who, at + r.uniform(0, 3 * DAY), rcpts, text, r, *friends[1:], hosts=["chain.example"])


def offend(world, who, kind, onset):
    world.kinds[who], world.onsets[who] = kind, onset


def spam(world, who, kind, onset, texts=None, per_hour=None, hosts=None, called=None):
    """`texts`: [] for own words in each message; `hosts`: where its links lead, [] for other places each time."""
    r, to = world.rng(who, "spam"), world.rng(who, "payload")
    hosts = [f"{to.getrandbits(40):x}.example" for _ in range(to.randrange(1, 3))] if hosts is None else hosts
    _, sender, device, net = person(world, who)
    bad = 0.01 if world.lists == "clean" else r.uniform(0.05, 0.4)
    if texts is None:
        texts = [world.text(True) for _ in range(r.randrange(1, 5))]
    forges, renames, nets, each, lasts = 0.0, 0.0, [net], 1, DAYS * DAY
    if kind == "burst":
        rate, forges, renames = r.uniform(300, 4000), r.choice((0, 1, 1)), r.choice((0, 1))
        each, lasts = r.choice((1, 2, 10)), r.uniform(0.5, 3) * HOUR
    elif kind == "slow":
        rate, forges = r.uniform(6, 50), r.choice((0, 0.3, 1))
    elif kind == "stolen":
        rate, nets, each = r.uniform(20, 250), [network(r) for _ in range(r.randrange(4, 90))], r.choice((1, 8, 20))
        renames = r.choice((0, 1))
    elif kind == "form":
        rate = r.uniform(60, 600)
    else:
        rate = per_hour
    if rate * lasts / HOUR > 500:
        lasts = 500 * HOUR / rate
    at = onset
    while at < onset + lasts:
        leads_to = to.choice(hosts) if hosts else f"{to.getrandbits(40):x}.example"
        world.send(who, at, [address(r) for _ in range(1 + int(r.random() * (2 * each - 1)))],
                   r.choice(texts) if texts else world.text(True), r, address(r) if r.random() < forges else sender,
                   called or (f"{r.getrandbits(30):x}" if r.random() < renames else device), r.choice(nets), bad, abuse=True,
                   hosts=[leads_to] + (["popular0.example"] if to.random() < 0.3 else []))
        at += r.expovariate(rate / HOUR)
    offend(world, who, kind, onset)


def mailbox(world, who, onset):
    """One password of a company with many is stolen: among all the mail of the others it hardly shows."""
    staff, _ = office(world, who, size=(40, 150), logs_in=True)
    r = world.rng(who, "stolen")
    account, _ = r.choice(staff)
    nets, texts = [network(r) for _ in range(r.randrange(2, 60))], [world.text(True) for _ in range(r.randrange(1, 5))]
    rate, bad, forges = r.uniform(15, 200), 0.01 if world.lists == "clean" else r.uniform(0.05, 0.4), r.choice((0, 0, 0.5))
    at, each = onset, r.choice((1, 3, 15))
    for _ in range(500):
        world.send(who, at, [address(r) for _ in range(1 + int(r.random() * (2 * each - 1)))], r.choice(texts), r,
                   address(r) if r.random() < forges else account, f"{r.getrandbits(30):x}", r.choice(nets), bad, account, True,
                   hosts=[f"payload-{who}.example"])
        at += r.expovariate(rate / HOUR)
    offend(world, who, "mailbox", onset)


def runaway(world, who, onset):
    """A script gone wrong says the same to the same few, who may have left long ago."""
    _, net = office(world, who)
    r = world.rng(who, "script")
    owners, sender, text = [address(r) for _ in range(r.randrange(1, 4))], address(r), world.text()
    at, rate, bad = onset, r.uniform(100, 3000), r.choice((0, 0, 1))
    for _ in range(500):
        world.send(who, at, [r.choice(owners)], text, r, sender, "cron" + who, net, bad, abuse=True)
        at += r.expovariate(rate / HOUR)
    offend(world, who, "runaway", onset)


def fill(world):
    r, number = world.random, iter(range(100_000, 999_999, 7))
    name = lambda: "c%d" % next(number)
    onset = lambda: JUDGED + r.uniform(0.1, 5.5) * DAY
    world.friends = {}
    for _ in range(240):
        who = name()
        world.friends[who] = person(world, who)
    chain_letter(world, list(world.friends)[:40], JUDGED + DAY)
    for _ in range(25):
        person(world, name(), "roams", roams=True, per_day=3)
    for _ in range(20):
        person(world, name(), "new person", since=HISTORY + r.randrange(5))
    for _ in range(12):
        office(world, name())
    for _ in range(4):
        office(world, name(), "new office", since=HISTORY + r.randrange(4))
    for _ in range(8):
        forwarder(world, name())
    for _ in range(8):
        newsletter(world, name())
    for _ in range(6):
        newsletter(world, name(), first=HISTORY + r.randrange(7))
    for _ in range(25):
        invitation(world, name())
    for template in (world.text(), world.text()):
        for _ in range(8):
            shop(world, name(), template)
    for _ in range(6):
        alarms(world, name())
    for _ in range(6):
        bouncer(world, name())
    for kind, count in (("burst", 8), ("slow", 12), ("stolen", 8), ("form", 4)):
        for _ in range(count):
            spam(world, name(), kind, onset())
    for size in (15, 40):
        text, begin, per_hour = [world.text(True)], onset(), r.uniform(2, 8)
        for _ in range(size):
            spam(world, name(), "snowshoe", begin + r.uniform(0, 4) * HOUR, text, per_hour, hosts=["snowshoe%d.example" % size])
    for _ in range(4):
        bouncer(world, name(), onset())
    for _ in range(3):
        office(world, name(), "company", size=(40, 150), logs_in=True)
    for _ in range(2):
        office(world, name(), "new company", since=HISTORY + r.randrange(4), size=(40, 150), logs_in=True)
    for _ in range(4):
        sales(world, name())
    for _ in range(2):
        sales(world, name(), "new sales", since=HISTORY + r.randrange(4))
    for _ in range(6):
        mailbox(world, name(), onset())
    for _ in range(4):
        runaway(world, name(), onset())
    for kind, hosts, called in (("one host", ["pills%d.example"], None), ("one HELO name", [], "kit-%d")):
        for size in (15, 40):
            begin, per_hour = onset(), r.uniform(2, 8)
            for _ in range(size):
                spam(world, name(), kind, begin + r.uniform(0, 4) * HOUR, [], per_hour, [host % size for host in hosts],
                     called and called % size)
    petition(world, list(world.friends)[60:100], JUDGED + 3 * DAY + 12 * HOUR)
    for _ in range(40):
        person(world, name(), "common HELO name", called="localhost")
    for _ in range(10):
        person(world, name(), "common HELO name", since=HISTORY + r.randrange(5), called="localhost")
    for _ in range(20):
        person(world, name(), "new device", called="phone", called_since=JUDGED + r.uniform(0, 5) * DAY)


def write(world, out):
    """Returns the ids of abusive messages."""
    pending, abusive = [], []
    for n, (at, who, rcpts, _, sender, helo, net, content, fails, print_, u, account, abuse, hosts, agent) in enumerate(
            sorted(world.messages, key=lambda m: m[0])):
        while pending and pending[0][0] <= at:
            out.write(heapq.heappop(pending)[2])
        out.write(json.dumps({"type": "message", "id": f"m{n}", "ts": round(at, 3), "subscriber": who, "client_ip": net,
                              "account": account or None, "helo": helo,
                              "mail_from": sender, "rcpts": rcpts, "content": content, "fingerprint": print_, "uri_hosts": hosts, "agent": agent}) + "\n")
        if abuse:
            abusive.append(f"m{n}")
        known = round(at + 1 + 90 * u ** 4, 3)
        heapq.heappush(pending, (known, n, json.dumps({"type": "delivery", "ts": known, "message": f"m{n}",
                                                       "delivered": len(rcpts) - fails, "nonexistent": fails}) + "\n"))
    while pending:
        out.write(heapq.heappop(pending)[2])
    return abusive


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--verdicts", choices=("text", "none"), default="text")
    arguments.add_argument("--lists", choices=("mixed", "clean"), default="mixed")
    given = arguments.parse_args()
    made = World(given.seed, given.verdicts, given.lists)
    fill(made)
    abusive = write(made, sys.stdout)
    json.dump({"judged": JUDGED, "end": START + DAYS * DAY, "kinds": made.kinds, "onsets": made.onsets, "abusive": abusive}, sys.stderr)
