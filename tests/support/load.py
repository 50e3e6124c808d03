"""Subscribers who send without pause, and remember what was acknowledged."""

import itertools
import random
import smtplib
import threading
import time


class Load:
    """`with Load(instance): ...` keeps sending on every listener from several threads, a few messages per session, and comes
    back after any failure. `acknowledged` maps Message-ID to its recipients once the 250 after the final dot was read."""

    LOGINS = ("one@test.example", "two@test.example", "three@test.example", "four@test.example")
    _numbers = itertools.count(1)

    def __init__(self, instance, threads=6):
        self.instance = instance
        self.acknowledged = {}
        self.refused = []  # (stage, code, text): answers that were not 250
        self.lock = threading.Lock()
        self.over = threading.Event()
        listeners = [name for name in ("submission", "submissions", "relay") if instance.listener(name)]
        self.threads = [threading.Thread(target=self._send, args=(listeners[i % len(listeners)], self.LOGINS[i % len(self.LOGINS)], i),
                                         daemon=True) for i in range(threads)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.over.set()
        for thread in self.threads:
            thread.join(60)
        stuck = [thread for thread in self.threads if thread.is_alive()]
        if stuck:
            raise AssertionError(f"{len(stuck)} clients hang")

    def count(self):
        with self.lock:
            return len(self.acknowledged)

    def _send(self, listener, login, seed):
        chance = random.Random(seed)
        sender = self.instance.sender(listener, login, timeout=20)
        while not self.over.is_set():
            try:
                session = sender.connect()
            except (OSError, smtplib.SMTPException):
                time.sleep(0.05)
                continue
            for _ in range(chance.randint(1, 8)):
                if self.over.is_set() or not self._one(sender, session, chance):
                    break
            try:
                session.quit()
            except (OSError, smtplib.SMTPException):
                session.close()

    def _one(self, sender, session, chance):
        number = next(self._numbers)
        recipients = [f"box{chance.randrange(50)}@load.example"] + (["second@load.example"] if chance.random() < 0.3 else [])
        outcome = sender.send(recipients, f"load {number}", "x" * chance.choice((10, 500, 5000)), f"<load-{number}@test.example>", session)
        with self.lock:
            if outcome.is_sent:
                self.acknowledged[outcome.message_id] = outcome.recipients
            elif outcome.code > 0:
                self.refused.append((outcome.stage, outcome.code, outcome.text))
        return outcome.is_sent


def nothing_lost(case, load):
    """Every acknowledged message is in Postfix's Maildir, once for each recipient, and has exactly one event in PostgreSQL."""
    mail = case.deliveries()
    lost = [message_id for message_id in load.acknowledged if message_id not in mail]
    case.assertEqual(lost, [], f"acknowledged and not delivered, of {len(load.acknowledged)}")
    for message_id, recipients in load.acknowledged.items():
        for recipient in recipients:
            case.assertEqual(mail.copies[message_id, recipient], 1, f"copies of {message_id} for {recipient}")
    owed = {mail.traces[message_id] for message_id in load.acknowledged}

    def events():
        rows = case.lazaret.sql("SELECT trace, count(*) FROM event WHERE type = 'message_relayed' GROUP BY trace")
        return {trace: int(count) for trace, count in rows}

    case.eventually(lambda: owed <= events().keys(), "every acknowledged message has its event in PostgreSQL", 60)
    case.assertEqual({trace: count for trace, count in events().items() if count != 1}, {}, "events that came twice")
    gaps = case.lazaret.number("SELECT coalesce(max(sequence), 0) - count(*) FROM event WHERE node = 'test'")
    case.assertEqual(gaps, 0, "sequence numbers without an event")
    return mail
