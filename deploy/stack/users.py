"""The unprivileged users that the servers run under."""

import pwd
import subprocess

from .trouble import Trouble

SUBMISSION = "lazaret-submission"
ENGINE = "lazaret-engine"
DEMO = "lazaret-demo"  # owns the delivered mail and runs the ticket receiver
POSTGRES = "postgres"


def ensure():
    for name in (SUBMISSION, ENGINE, DEMO):
        try:
            pwd.getpwnam(name)
        except KeyError:
            made = subprocess.run(["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent",
                                   "--shell", "/usr/sbin/nologin", name], capture_output=True, text=True, check=False)
            if made.returncode not in (0, 9):  # 9: another run was quicker
                raise Trouble(f"cannot make the user {name}: {made.stderr.strip()}") from None
