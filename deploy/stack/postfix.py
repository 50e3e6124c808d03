"""A private Postfix: the next hop that delivers everything into one Maildir."""

import os
import pwd
import signal
import stat
import subprocess
import time
from pathlib import Path

from . import ports, users
from .layout import SOURCE, own
from .processes import started_at, tail, wait_until
from .trouble import Trouble

TEMPLATES = SOURCE / "deploy" / "postfix"


def write(file, text):
    """What was changed in this very second Postfix reads again and again, until that is over: two seconds for each start."""
    file.write_text(text)
    os.utime(file, (time.time() - 10,) * 2)


class Postfix:
    name = "postfix"

    def __init__(self, layout, port):
        self.layout = layout
        self.port = port
        self.etc = layout.postfix / "etc"
        self.queue = layout.postfix / "queue"
        self.log = layout.log / "postfix.log"

    def make(self):
        demo = pwd.getpwnam(users.DEMO)
        self.etc.mkdir(parents=True, exist_ok=True)
        self.queue.mkdir(exist_ok=True)
        own(self.layout.postfix / "data", "postfix", mode=0o700)
        for maildir in (self.layout.mail, self.layout.bounces):
            for folder in (maildir, maildir / "new", maildir / "cur", maildir / "tmp"):
                own(folder, users.DEMO, mode=0o755)
        self.log.touch()
        own(self.log, "root", users.ENGINE, 0o640)
        values = {"DIRECTORY": self.layout.postfix, "LOG": self.log, "MAIL": self.layout.state, "UID": demo.pw_uid,
                  "GID": demo.pw_gid, "LISTEN": f"127.0.0.1:{self.port}"}
        for name in ("main.cf", "master.cf", "mailboxes"):
            text = (TEMPLATES / name).read_text()
            for key, value in values.items():
                text = text.replace(f"@{key}@", str(value))
            write(self.etc / name, text)

    def _command(self, word):
        return subprocess.run(["postfix", "-c", self.etc, word], capture_output=True, text=True, check=False, cwd="/",
                              stdin=subprocess.DEVNULL, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C"})

    @property
    def pid(self):
        """The master's process id, else None. Postfix locks the file while it runs; the name rules out a reused id."""
        try:
            pid = int((self.queue / "pid" / "master.pid").read_text())
            return pid if started_at(pid) and Path(f"/proc/{pid}/comm").read_text().strip() == "master" else None
        except (OSError, ValueError):
            return None

    def alive(self):
        return self.pid is not None

    def start(self):
        # Its own check of the queue may fail while what a kill has left of the last one still goes away, and now and then for
        # good; the file is Postfix's own way to start without it.
        def started():
            return self._command("start").returncode == 0 or self.alive()

        if not wait_until(started, 10, 0.5):
            (self.queue / "quick-start").touch()
            if not wait_until(started, 10, 0.5):
                done = self._command("start")
                raise Trouble("Postfix cannot be started", details=done.stderr[-800:] + tail(self.log))
        if not wait_until(lambda: ports.answers("127.0.0.1", self.port), 20):
            raise Trouble(f"Postfix does not answer on 127.0.0.1:{self.port}", details=tail(self.log))

    def stop(self):
        if not self.alive():
            return True
        self._command("stop")
        return bool(wait_until(lambda: not self.alive(), 20))

    def family(self):
        """Process ids of the master and everything it started."""
        master = self.pid
        if master is None:
            return []
        found = [master]
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                try:
                    with open(f"/proc/{entry}/stat", encoding="utf-8", errors="replace") as file:
                        if int(file.read().rpartition(")")[2].split()[1]) == master:
                            found.append(int(entry))
                except OSError:
                    continue
        return found

    def kill(self):
        """kill -9 of all its processes at once."""
        if master := self.pid:
            os.kill(master, signal.SIGSTOP)  # who starts no more children while they are counted
        family = self.family()
        for pid in family:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        wait_until(lambda: not any(started_at(pid) for pid in family), 10)

    def is_idle(self):
        """Nothing waits for delivery. Files without the x bit are unfinished: a kill left them, nobody was told 250."""
        for name in ("maildrop", "incoming", "active", "deferred"):
            for folder, _, files in os.walk(self.queue / name):
                for file in files:
                    try:
                        if os.stat(os.path.join(folder, file)).st_mode & stat.S_IXUSR:
                            return False
                    except FileNotFoundError:
                        return False  # moved on while we looked
        return True
