"""The demonstration: a dozen subscribers send mail, one turns into a bot, and Lazaret confines it. Everything shown is
read from the servers' answers, the Maildirs, the ticket receiver and the CLI; the figures are counted."""

import random
import threading
import time

from stack.processes import wait_until
from stack.terminal import colour, say

from . import actors, closing
from .mailbox import Bounces, Inbox
from .watch import Cases, Tickets, rows

CALM = 20         # seconds of ordinary mail before the infection
PATIENCE = 60     # seconds within which the bot must be confined
AFTERMATH = 15    # seconds of life after it
ARRIVAL = 30      # seconds within which everything acknowledged must have been delivered


def able_bots(people, by_network):
    """Who may turn into a bot: it logs in, and its plan has limits."""
    return [person for person in people if person.subscriber != by_network and person.plan != "unlimited"]


def why_none(stack):
    """Why these subscribers cannot act in it, None if they can."""
    people = actors.read_people(stack.subscribers)
    if len({person.subscriber for person in people}) < 2:
        return f"it needs two subscribers with a login and a password in {stack.subscribers}"
    if not able_bots(people, actors.network_subscriber(stack.networks)):
        return f"it needs a subscriber with a login and a plan other than unlimited in {stack.subscribers}, and not the one of 127.0.0.0/8"
    return None


class Demonstration:
    def __init__(self, stack):
        self.stack = stack
        self.lock = threading.Lock()
        self.began = time.time()
        self.arrived, self.returned = set(), set()
        self.infected_at = None
        self.tickets, self.incidents, self.quarantines = [], [], []
        self.shown = {}

    # --- telling -------------------------------------------------------------------------------------------------------

    def tell(self, mark, text, tint=None):
        line = f"{time.time() - self.began:6.1f} s  {mark:<10} {text}"
        say(colour(line, tint) if tint else line)

    def tell_some(self, kind, limit, *line):
        """The first few of a kind, then every tenth."""
        self.shown[kind] = count = self.shown.get(kind, 0) + 1
        if count <= limit or count % 10 == 0:
            self.tell(*line)

    def sent(self, actor, outcome):
        with self.lock:
            if actor is not self.bot:
                if not outcome.is_sent:
                    self.tell("refused", f"{actor.person.name} at {outcome.stage}: {outcome.code} {outcome.text}", "red")
                return
            if self.infected_at is None:
                self.infected_at = outcome.began
            if outcome.is_sent:
                self.tell_some("leak", 6, "bot", f"“{outcome.subject}” to {len(outcome.recipients)}: got through", "yellow")
            elif outcome.stage == "mail":
                actor.pause = 1.5
                self.tell_some("locked", 3, "bot", f"tries again, is refused at MAIL: {outcome.code} {outcome.text}", "red")
            else:
                self.tell_some(outcome.stage, 3, "bot", f"“{outcome.subject}” refused at {outcome.stage.upper()}: "
                                                        f"{outcome.code} {outcome.text}", "magenta")

    def case(self, kind, row):
        with self.lock:
            (self.incidents if kind == "incident" else self.quarantines).append(row)
            who = self.who(row["subscriber"])
            if kind == "quarantine":
                until = f" until {row['expiry']}" if row.get("expiry") else ""
                self.tell("QUARANTINE", f"{who}: {row['level']}{until}: {row['reason']}", "red")
                return
        details = self.stack.cli_json("incident", "show", row["id"])
        with self.lock:
            self.tell("SUSPICION", f"{who}: {details.get('summary', '')} (score {details['score']:.1f}, threshold {details['threshold']:.1f})", "bold")
            for entry in details.get("evidence", []):
                word = "because" if entry["llr"] > 0 else "although"
                self.tell("", f"  {word} {entry['reason']} ({entry['kind']}, {entry['count']} times, weight {entry['llr']:+.1f})", "bold")

    def ticket(self, entry):
        with self.lock:
            self.tickets.append(entry)
            body = entry["body"]
            data = body.get("data", body)
            self.tell("TICKET", f"{entry['ticket']} at the receiver, signature checked: {body.get('type', '')} "
                                f"{data.get('subscriber', '')}: {data.get('summary', '')}", "cyan")

    def arrival(self, arrival):
        with self.lock:
            self.arrived.add((arrival.message_id, arrival.recipient))
            if arrival.sender != self.bot.person.login:
                self.tell("arrived", colour(f"{arrival.sender.partition('@')[0]:<8} → {arrival.recipient:<24} “{arrival.subject}”", "green"))

    def who(self, subscriber):
        names = [person.name for person in self.people if person.subscriber == subscriber]
        return f"{subscriber} ({names[0]})" if names else subscriber

    # --- the story -----------------------------------------------------------------------------------------------------

    def run(self):
        self.prepare()
        say(f"\n{colour('The demonstration', 'bold')}: {len(self.ordinary)} subscribers send ordinary mail; in {CALM} seconds "
            f"{self.bot.person.name}'s PC turns into a bot.\n")
        self.began = time.time()
        watcher = threading.Thread(target=self.watch, daemon=True)
        self.cases.start()
        watcher.start()
        try:
            for actor in self.ordinary:
                actor.start()
            time.sleep(CALM)
            self.infect()
            wait_until(self.is_confined, PATIENCE, 0.1)
            time.sleep(AFTERMATH)
            actors.wait_all([*self.ordinary, self.bot], 30)
            wait_until(lambda: not self.missing(), ARRIVAL, 0.1)
        finally:
            self.over.set()
            self.cases.over.set()
            watcher.join(5)
            self.cases.join(10)
        passed = closing.summary(self)
        closing.what_to_try(self)
        return 0 if passed else 1

    def prepare(self):
        self.people = actors.read_people(self.stack.subscribers)
        confined = {row["subscriber"] for row in rows(self.stack.cli_json("quarantine", "list"))}
        for person in self.people:
            if person.subscriber in confined:
                self.stack.cli("quarantine", "release", person.subscriber, "--reason", "a new demonstration begins")
                confined.discard(person.subscriber)
        bot = self.choose_bot()
        people = [person for person in self.people if person.subscriber != bot.subscriber][:11]
        self.ordinary, self.bot = actors.cast(self.stack, people, self.sent, bot, random.randrange(10**6))
        self.inbox, self.bounces = Inbox(self.stack.layout.mail), Bounces(self.stack.layout.bounces)
        self.inbox.skip_present()
        self.bounces.skip_present()
        self.ticket_file = Tickets(self.stack.layout.tickets / "tickets.jsonl")
        self.cases = Cases(self.stack, self.case)
        self.over = threading.Event()

    def choose_bot(self):
        """A residential subscriber who has not been one yet, while there is one: the engine remembers."""
        by_network = actors.network_subscriber(self.stack.networks)
        able = able_bots(self.people, by_network)
        known = [row["subscriber"] for row in rows(self.stack.cli_json("incident", "list"))]
        return min(able, key=lambda person: (person.plan != "residential", known.count(person.subscriber), -self.people.index(person)))

    def infect(self):
        with self.lock:
            self.tell("INFECTION", f"{self.who(self.bot.person.subscriber)}: the PC now sends spam on its own, half of it to addresses "
                                   "that do not exist", "bold")
        self.bot.start()

    def is_confined(self):
        return any(outcome.stage == "mail" and outcome.code >= 500 for outcome in list(self.bot.outcomes))

    def watch(self):
        while not self.over.wait(0.15):
            self.look()

    def look(self):
        for arrival in self.inbox.arrivals():
            self.arrival(arrival)
        for returned in self.bounces.returned():
            with self.lock:
                self.returned.add(returned)
        for entry in self.ticket_file.fresh():
            self.ticket(entry)

    def missing(self):
        """(Message-ID, recipient) of what was acknowledged and has neither arrived nor been returned."""
        with self.lock:
            owed = {(outcome.message_id, recipient) for actor in [*self.ordinary, self.bot] for outcome in list(actor.outcomes)
                    if outcome.is_sent for recipient in outcome.recipients}
            return owed - self.arrived - self.returned
