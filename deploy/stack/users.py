"""The unprivileged users that the servers run under."""

import pwd
import subprocess

from .processes import wait_until
from .trouble import Trouble

SUBMISSION = "lazaret-submission"
ENGINE = "lazaret-engine"
DEMO = "lazaret-demo"  # owns the delivered mail and runs the ticket receiver
POSTGRES = "postgres"


def _exists(name):
    try:
        return pwd.getpwnam(name) is not None
    except KeyError:
        return False


def ensure():
    """Makes those that are missing. Another run may be doing the same: useradd then fails, or finds its file locked."""
    for name in (SUBMISSION, ENGINE, DEMO):
        made = None

        def make(name=name):
            nonlocal made
            if _exists(name):
                return True
            made = subprocess.run(["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent",
                                   "--shell", "/usr/sbin/nologin", name], capture_output=True, text=True, check=False)
            return _exists(name)

        if not wait_until(make, 10):
            raise Trouble(f"cannot make the user {name}: {made.stderr.strip()}")
