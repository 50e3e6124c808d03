"""Where everything of one instance lies."""

import hashlib
import os
import re
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]


def is_reachable(path):
    """Whether an unprivileged user can get through to `path`: every folder above it has the x bit for others."""
    path = Path(path)
    return all(not folder.exists() or folder.stat().st_mode & 0o001 for folder in (path, *path.parents))


class Layout:
    """`home` is what the user named. The state itself lies in home/state, or, where other users cannot get there (a
    checkout under /root) or the servers would stumble over the name, below /var/lib with home/state as a link to it."""

    def __init__(self, home):
        self.home = Path(os.path.abspath(home))
        self.tag = hashlib.sha256(os.fsencode(os.path.realpath(self.home))).hexdigest()[:12]
        link = self.home / "state"
        # Postfix and libpq split some of their options at blanks and commas.
        is_plain = re.fullmatch(r"[\w/.+-]+", str(self.home), re.ASCII)
        self.is_elsewhere = not (is_plain and is_reachable(self.home))
        self.state = Path("/var/lib/lazaret-quickstart") / self.tag if self.is_elsewhere else link
        self.endpoints = self.home / "endpoints.json"
        self.bin = self.state / "bin"
        self.config = self.state / "config"
        self.file = self.config / "lazaret.toml"
        self.tls = self.state / "tls"
        self.secrets = self.state / "secrets"
        self.node = self.state / "node"
        self.log = self.state / "log"
        self.run = self.state / "run"
        self.mail = self.state / "mail"
        self.bounces = self.state / "bounces"
        self.tickets = self.state / "tickets"
        self.postfix = self.state / "postfix"
        self.cluster = self.state / "postgresql"
        # The path of a Unix socket has room for 107 octets.
        self.sockets = self.state / "socket"
        if len(os.fsencode(self.sockets / ".s.PGSQL.5432")) > 100:
            self.sockets = Path("/run/lazaret-quickstart") / self.tag
        self.control = self.node / "control.sock"
        if len(os.fsencode(self.control)) > 100:
            self.control = Path("/run/lazaret-quickstart") / f"{self.tag}-control" / "control.sock"

    def make(self):
        self.home.mkdir(parents=True, exist_ok=True)
        self.state.mkdir(parents=True, exist_ok=True)
        link = self.home / "state"
        if self.is_elsewhere and not (link.is_symlink() and os.readlink(link) == str(self.state)):
            link.unlink(missing_ok=True)
            link.symlink_to(self.state)
        for folder in (self.state, self.bin, self.config, self.tls, self.secrets, self.log, self.run, self.postfix):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o755)


def own(path, user, group=None, mode=None):
    """Gives a file or folder to a user and makes the folder if it is missing."""
    import grp
    import pwd
    path = Path(path)
    if not path.exists():
        path.mkdir(parents=True)
    os.chown(path, pwd.getpwnam(user).pw_uid, grp.getgrnam(group or user).gr_gid)
    if mode is not None:
        path.chmod(mode)
