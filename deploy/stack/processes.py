"""Programs in the background, found again by pid file, also by another run of this one."""

import errno
import os
import signal
import subprocess
import time

from .trouble import Trouble


def wait_until(condition, seconds, pause=0.02):
    """The first true value of condition(), or its last false one when the deadline has passed."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value or time.monotonic() > deadline:
            return value
        time.sleep(pause)


def started_at(pid):
    """When a process started, in clock ticks since boot: with the pid it names a process for good. None if it is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else fields[19]


def tail(path, lines=8):
    try:
        with open(path, "rb") as file:
            file.seek(max(0, os.path.getsize(path) - 20000))
            return "\n".join(file.read().decode("utf-8", "replace").splitlines()[-lines:])
    except OSError:
        return ""


class Program:
    """One program: `start` it, ask whether it is `alive`, `stop` it gently or `kill` it. Its output goes to `log`."""

    def __init__(self, name, layout, arguments=None, user=None, groups=(), environment=None, stop_signal=signal.SIGTERM):
        self.name = name
        self.arguments = arguments
        self.user = user
        self.groups = groups
        self.environment = environment
        self.stop_signal = stop_signal
        self.log = layout.log / f"{name}.log"
        self.pid_file = layout.run / f"{name}.pid"
        self.child = None
        self.status = None  # exit status, known to the run that started it

    @property
    def pid(self):
        """The live process's id, else None."""
        self._reap()
        try:
            pid, started = self.pid_file.read_text().split()
        except (OSError, ValueError):
            return None
        return int(pid) if started_at(int(pid)) == started else None

    def alive(self):
        return self.pid is not None

    def _reap(self):
        if self.child is not None and self.child.poll() is not None:
            self.status = self.child.returncode
            self.child = None

    def _await_status(self):
        """Takes the exit status of a child seen as ended: it may have ended between asking for its status and looking at
        /proc."""
        if self.child is not None:
            self.child.wait(10)
            self._reap()

    def start(self):
        if self.alive():
            raise Trouble(f"{self.name} runs already (process {self.pid})")
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", **(self.environment or {})}
        identity = {"user": self.user, "group": self.user, "extra_groups": list(self.groups)} if self.user else {}
        self.status = None
        with open(self.log, "ab") as log:
            self.child = subprocess.Popen(
                [str(word) for word in self.arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/",
                env=environment, start_new_session=True, umask=0o027, **identity)
        started = started_at(self.child.pid)
        if started is not None:
            self.pid_file.write_text(f"{self.child.pid} {started}\n")

    def wait_ready(self, ready, seconds, what):
        """Waits until ready() is true while the program lives (another may answer on its port); one that ends instead,
        or stays silent, is told with its last words."""
        while_alive = wait_until(lambda: (ready() and "ready") if self.alive() else "ended", seconds, 0.03)
        if while_alive == "ready":
            return
        if while_alive == "ended":
            self._await_status()
            status = self.status if self.status is not None else 1
            raise Trouble(f"{self.name} did not start (exit status {status})", max(status, 1), tail(self.log))
        raise Trouble(f"{self.name} runs, but {what} within {seconds} s; its log is {self.log}", 1, tail(self.log))

    def send(self, number):
        pid = self.pid
        if pid is not None:
            try:
                os.kill(pid, number)
            except OSError as error:
                if error.errno != errno.ESRCH:
                    raise

    def wait_gone(self, seconds):
        gone = wait_until(lambda: not self.alive(), seconds)
        if gone:
            self._await_status()
        return gone

    def stop(self, seconds=20):
        """Asks, waits, and only then kills. True if it went by itself."""
        if not self.alive():
            self.pid_file.unlink(missing_ok=True)
            return True
        self.send(self.stop_signal)
        gently = bool(self.wait_gone(seconds))
        if not gently:
            self.kill()
        self.pid_file.unlink(missing_ok=True)
        return gently

    def kill(self):
        self.send(signal.SIGKILL)
        self.wait_gone(10)
