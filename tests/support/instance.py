"""A whole Lazaret for one test: the sanitized build, a folder of its own, gone afterwards."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "deploy"))

from demo.sender import Sender  # noqa: E402
from stack.layout import is_reachable  # noqa: E402
from stack.processes import tail, wait_until  # noqa: E402
from stack.stack import Stack, built  # noqa: E402

SKIPPED = 77
BUILD = Path(os.environ.get("LAZARET_BUILD_DIR", TOP / "build" / "sanitize"))
SANITIZERS = {"ASAN_OPTIONS": "detect_stack_use_after_return=1:strict_string_checks=1", "UBSAN_OPTIONS": "print_stacktrace=1"}
FINDING = re.compile(r"ERROR: \w+Sanitizer|runtime error:|terminate called")

SUBSCRIBERS = """subscriber,login,password,plan,class
S-1,one@test.example,pass-One-1,unlimited,static
S-2,two@test.example,pass-Two-2,unlimited,static
S-3,three@test.example,pass-Three-3,unlimited,static
S-4,four@test.example,pass-Four-4,unlimited,static
R-1,home@test.example,pass-Home-1,residential,dynamic
R-2,flat@test.example,pass-Flat-2,residential,dynamic
N-1,,,unlimited,trusted
"""
PASSWORDS = {line.split(",")[1]: line.split(",")[2] for line in SUBSCRIBERS.splitlines()[1:] if line.split(",")[1]}
NETWORKS = "cidr,class,relay,subscriber,plan\n127.0.0.1/32,trusted,yes,N-1,unlimited\n127.0.0.0/8,trusted,no,,unlimited\n"


def programs():
    """The sanitized programs, where the servers' users can reach them."""
    found = built("sanitize")
    if is_reachable(BUILD):
        return found
    shared = Path("/var/lib/lazaret-quickstart/tests")
    shared.mkdir(parents=True, exist_ok=True)
    shared.chmod(0o755)
    for name, path in found.items():
        copy = shared / name
        if not copy.exists() or copy.stat().st_mtime_ns != path.stat().st_mtime_ns:
            descriptor, fresh = tempfile.mkstemp(dir=shared)
            os.close(descriptor)  # a program that somebody may write to cannot be started
            fresh = Path(fresh)
            shutil.copy2(path, fresh)
            fresh.chmod(0o755)
            fresh.replace(copy)
        found[name] = copy
    return found


class Instance(Stack):
    def __init__(self, subscribers=SUBSCRIBERS, networks=NETWORKS, overrides=(), next_hop=None):
        os.umask(0o022)  # as deploy/quickstart
        self.folder = Path(tempfile.mkdtemp(prefix="lazaret-test-"))
        self.folder.chmod(0o755)
        (self.folder / "subscribers.csv").write_text(subscribers)
        (self.folder / "networks.csv").write_text(networks)
        super().__init__(self.folder / "home", self.folder / "subscribers.csv", self.folder / "networks.csv", next_hop,
                         ["node.name=test", *overrides], programs(), SANITIZERS)

    def sender(self, listener="submission", login="one@test.example", password=None, **options):
        return Sender(listener, self.listener(listener), self.layout.tls / "ca.pem", login,
                      password or PASSWORDS.get(login, ""), **options)

    def sql(self, statement):
        return self.postgres.run(statement)

    def number(self, statement):
        return int(self.sql(statement)[0][0])

    def log_of(self, name):
        return (self.layout.log / f"{name}.log").read_text(errors="replace")

    def findings(self):
        """Lines in which a sanitizer, or a dying program, says something."""
        return [f"{file.name}: {line}" for file in sorted(self.layout.log.glob("lazaret-*.log"))
                for line in file.read_text(errors="replace").splitlines() if FINDING.search(line)]

    def remove(self):
        if "LAZARET_TEST_KEEP" not in os.environ:
            shutil.rmtree(self.folder, ignore_errors=True)
            if self.layout.is_elsewhere:
                shutil.rmtree(self.layout.state, ignore_errors=True)


class Case(unittest.TestCase):
    """A test with a running instance in `self.lazaret`. At its end the daemons must stop by themselves, and no sanitizer
    may have spoken; a failure shows the ends of the logs."""

    instance = Instance
    options = {}   # of `instance`
    running = True  # False: the test starts what it needs

    def setUp(self):
        self.lazaret = self.instance(**self.options)
        self.addCleanup(self.lazaret.remove)
        self.addCleanup(self._tell_logs)
        self.addCleanup(self._stop)
        if self.running:
            self.lazaret.start()

    def _stop(self):
        gently = self.lazaret.stop()
        self.assertEqual(self.lazaret.findings(), [])
        self.assertTrue(gently, "a program did not end by itself")
        for program in (self.lazaret.submission, self.lazaret.engine):
            self.assertIn(program.status, (None, 0, -9), f"exit status of {program.name}")

    def _tell_logs(self):
        outcome = self._outcome
        failed = any(error for _, error in getattr(outcome.result, "errors", []) + getattr(outcome.result, "failures", []))
        if failed:
            for file in sorted(self.lazaret.layout.log.glob("*.log")):
                print(f"--- {file.name}\n{tail(file, 25)}", file=sys.stderr)

    def eventually(self, condition, what, seconds=30):
        """Polls until condition() is true; the test fails with `what` when it never is."""
        value = wait_until(condition, seconds, 0.05)
        self.assertTrue(value, f"{what}, within {seconds} s")
        return value

    def deliveries(self):
        """The mail that arrived, read when everything acknowledged has been delivered."""
        from .mail import Mail
        self.eventually(self.lazaret.postfix.is_idle, "Postfix's queue is empty")
        return Mail(self.lazaret.layout.mail)


def run_program(instance, name, *arguments, timeout=60):
    """A program of the build run to its end."""
    return subprocess.run([str(instance.programs[name]), *map(str, arguments)], capture_output=True, text=True, check=False,
                          timeout=timeout, cwd="/", env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **SANITIZERS})


def main():
    if os.geteuid() != 0:
        sys.exit("integration tests start servers under users of their own: run them as root")
    unittest.main(module="__main__", verbosity=2)
