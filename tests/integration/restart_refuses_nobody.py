#!/usr/bin/env python3
"""Sockets that the service manager holds: while lazaret-submission restarts again and again under load, no client is refused or
reset, sessions in progress end with a 421 between two messages, and everything acknowledged arrives."""

import os
import signal
import smtplib
import socket
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.instance import Case, main  # noqa: E402
from support.load import Load, nothing_lost  # noqa: E402
from stack.processes import Program, started_at  # noqa: E402

LISTENERS = ("submission", "submissions", "relay")
RESTARTS = 4
# What systemd does between fork and exec (sd_listen_fds(3)).
HAND_OVER = """
import fcntl, os, sys
held = [fcntl.fcntl(int(number), fcntl.F_DUPFD, 100) for number in sys.argv[1].split(",")]
for at, number in enumerate(held):
    os.dup2(number, 3 + at)
os.environ |= {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": str(len(held))}
if sys.argv[2]:
    os.environ["LISTEN_FDNAMES"] = sys.argv[2]
os.execv(sys.argv[3], sys.argv[3:])
"""


class Held(Program):
    """A program that gets listening sockets and a place to say how far it is."""

    sockets, names, manager = (), "", None

    def start(self):
        self.status = None
        numbers = [held.fileno() for held in self.sockets]
        words = ["/usr/bin/python3", "-c", HAND_OVER, ",".join(map(str, numbers)), self.names, *map(str, self.arguments)]
        environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "NOTIFY_SOCKET": self.manager, **(self.environment or {})}
        with open(self.log, "ab") as log:
            self.child = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", env=environment,
                                          start_new_session=True, umask=0o027, user=self.user, group=self.user, pass_fds=numbers)
        self.pid_file.write_text(f"{self.child.pid} {started_at(self.child.pid)}\n")


class StrictLoad(Load):
    """Clients for whom anything but an SMTP reply is an offence."""

    def __init__(self, instance, threads):
        super().__init__(instance, threads)
        self.offences = []
        self.told_to_go = 0

    def _send(self, listener, login, seed):
        sender = self.instance.sender(listener, login, timeout=60)
        while not self.over.is_set():
            try:
                session = sender.connect()
            except smtplib.SMTPResponseException as error:
                self._note(listener, error.smtp_code, error)
                continue
            except (OSError, smtplib.SMTPException) as error:
                self._note(listener, 0, error)
                continue
            for _ in range(5):
                if self.over.is_set() or not self._strictly(listener, sender, session):
                    break
            try:
                session.quit()
            except (OSError, smtplib.SMTPException):
                session.close()

    def _strictly(self, listener, sender, session):
        with self.lock:
            number = len(self.acknowledged) + len(self.refused) + 1
        outcome = sender.send([f"box{number % 50}@load.example"], f"load {number}", "x" * 2000, None, session)
        if outcome.is_sent:
            with self.lock:
                self.acknowledged[outcome.message_id] = outcome.recipients
        else:
            self._note(listener, outcome.code, f"{outcome.stage}: {outcome.code} {outcome.text}")
        return outcome.is_sent

    def _note(self, listener, code, what):
        with self.lock:
            if code == 421:
                self.told_to_go += 1
            else:
                self.offences.append(f"{listener}: {type(what).__name__} {what}")


class RestartRefusesNobody(Case):
    running = False

    def test_restarts_under_load(self):
        lazaret = self.lazaret
        lazaret.prepare()
        held = Held("lazaret-submission", lazaret.layout, lazaret.submission.arguments, lazaret.submission.user,
                    environment=lazaret.environment)
        held.sockets = [socket.create_server(lazaret.listener(name), backlog=4096) for name in LISTENERS]
        for one in held.sockets:
            self.addCleanup(one.close)
        held.manager = "@lazaret-test-" + str(os.getpid())
        manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(manager.close)
        manager.bind("\0" + held.manager[1:])
        manager.settimeout(60)
        held.names = ":".join(LISTENERS)
        lazaret.submission = held
        lazaret.start()
        self.assertEqual(manager.recv(100), b"READY=1")

        with StrictLoad(lazaret, threads=6) as load:
            for round_ in range(RESTARTS):
                seen = load.count()
                self.eventually(lambda seen=seen: load.count() > seen + 20, f"mail flows before restart {round_}", 60)
                held.send(signal.SIGTERM)
                self.assertEqual(manager.recv(100), b"STOPPING=1")
                self.assertTrue(held.wait_gone(60), "it ends by itself")
                self.assertEqual(held.status, 0)
                held.names = "" if round_ % 2 else ":".join(LISTENERS)  # by port or by name
                held.start()
                self.assertEqual(manager.recv(100), b"READY=1")
            seen = load.count()
            self.eventually(lambda: load.count() > seen + 20, "mail flows after the last restart", 60)
        self.assertEqual(load.offences, [])
        self.assertGreater(load.told_to_go, 0, "no session was open at any of the restarts")
        nothing_lost(self, load)

    def test_sockets_that_make_no_sense(self):
        lazaret = self.lazaret
        lazaret.prepare()
        lazaret.start_database()
        held = Held("lazaret-submission", lazaret.layout, lazaret.submission.arguments, lazaret.submission.user,
                    environment=lazaret.environment)
        lazaret.submission = held
        idle = socket.socket()
        self.addCleanup(idle.close)
        held.manager, held.sockets = "@nobody", [idle]
        held.start()
        self.assertTrue(held.wait_gone(30))
        self.assertEqual(held.status, 69)
        held.status = None
        self.assertIn("descriptor 3 in LISTEN_FDS is no listening stream socket", lazaret.log_of("lazaret-submission"))


if __name__ == "__main__":
    main()
