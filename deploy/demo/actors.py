"""The people of the demonstration: each a thread that sends mail until it is told to stop."""

import csv
import random
import threading
import time
from dataclasses import dataclass

from stack.trouble import Trouble

from . import texts
from .sender import Sender


@dataclass(frozen=True)
class Person:
    subscriber: str
    login: str
    password: str
    plan: str

    @property
    def name(self):
        return self.login.partition("@")[0]


def read_people(path):
    with open(path, newline="", encoding="utf-8-sig") as file:
        return [Person(row["subscriber"], row["login"], row["password"], row["plan"]) for row in csv.DictReader(file) if row.get("login")]


def network_subscriber(path):
    """The subscriber that mail from this machine belongs to on the relay listener, if the networks name one."""
    with open(path, newline="", encoding="utf-8-sig") as file:
        return next((row["subscriber"] for row in csv.DictReader(file)
                     if row.get("cidr", "").startswith("127.") and row.get("relay") == "yes"), None)


class Actor(threading.Thread):
    """Calls `heard(actor, outcome)` after each attempt."""

    def __init__(self, person, sender, heard, seed):
        super().__init__(name=person.name, daemon=True)
        self.person, self.sender, self.heard = person, sender, heard
        self.random = random.Random(seed)
        self.over = threading.Event()
        self.outcomes = []

    def attempt(self, recipients, subject, text):
        outcome = self.sender.send(recipients, subject, text)
        self.outcomes.append(outcome)
        self.heard(self, outcome)


class Ordinary(Actor):
    """A message every few seconds to one or two friends; `mistypes` once sends to an address that does not exist."""

    def __init__(self, *arguments, pause, mistypes=False):
        super().__init__(*arguments)
        self.pause, self.mistypes = pause, mistypes

    def run(self):
        stories = self.random.sample(texts.ORDINARY, len(texts.ORDINARY))
        self.over.wait(self.random.uniform(0, self.pause))
        count = 0
        while not self.over.is_set():
            subject, text = stories[count % len(stories)]
            friends = self.random.sample(texts.FRIENDS, self.random.choice((1, 1, 1, 2)))
            if self.mistypes and count == 1:
                friends = [texts.MISTYPED]
            self.attempt(friends, subject, text)
            count += 1
            self.over.wait(self.random.uniform(0.6, 1.4) * self.pause)


class Bot(Actor):
    """Spam to a list of which half no longer exists, as fast as it is told; slower once nothing goes through."""

    pause = 0.35

    def run(self):
        count = 0
        while not self.over.is_set():
            subject, text = texts.SPAM[(count * 5) % len(texts.SPAM)]
            self.attempt([self._stranger() for _ in range(self.random.choice((1, 2, 3)))],
                         subject, f"{text}\r\n\r\n{self.random.randrange(10**9)}")
            count += 1
            self.over.wait(self.pause)

    def _stranger(self):
        name = f"{self.random.choice('abcdefghjklmnprstw')}{self.random.randrange(10**6)}"
        return ("nobody-" if self.random.random() < 0.5 else "") + f"{name}@{self.random.choice(texts.STRANGERS)}"


def make_sender(stack, listener, person):
    return Sender(listener, stack.listener(listener), stack.layout.tls / "ca.pem", person.login, person.password,
                  helo=f"{person.name}.home.example")


def cast(stack, people, heard, bot, seed):
    """An actor for each: the one that the network names uses port 25, the others 587 and 465 in turn."""
    by_network = network_subscriber(stack.networks) if stack.listener("relay") else None
    with_login = [name for name in ("submission", "submissions") if stack.listener(name)]
    if not with_login:
        raise Trouble("the demonstration needs a listener with login: submission.listen or submissions.listen", 2)
    actors = []
    for number, person in enumerate(people):
        listener = "relay" if person.subscriber == by_network else with_login[number % len(with_login)]
        actors.append(Ordinary(person, make_sender(stack, listener, person), heard, seed + number, pause=8.0, mistypes=number == 2))
    infected = Bot(bot, make_sender(stack, with_login[0], bot), heard, seed + 1000)
    return actors, infected


def wait_all(actors, seconds):
    deadline = time.monotonic() + seconds
    for actor in actors:
        actor.over.set()
    for actor in actors:
        actor.join(max(0, deadline - time.monotonic()))
