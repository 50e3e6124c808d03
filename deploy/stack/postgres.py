"""A private PostgreSQL cluster: one Unix socket, no TCP, peer authentication."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

from . import users
from .layout import own
from .processes import Program
from .trouble import Trouble

# Which operating system user may be which role.
IDENTITIES = [(users.SUBMISSION, "lazaret_submission"), (users.ENGINE, "lazaret_engine"), ("root", "lazaret_cli"),
              ("root", "lazaret_owner"), ("root", "postgres"), ("postgres", "postgres")]


def binaries():
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        raise Trouble("PostgreSQL is not installed: apt-get install postgresql")
    return found[-1].parent


class Postgres:
    def __init__(self, layout):
        self.layout = layout
        self.program = Program("postgresql", layout, user=users.POSTGRES, stop_signal=signal.SIGINT)  # SIGINT: fast shutdown
        self.connection = f"host={layout.sockets} dbname=lazaret"

    def exists(self):
        return (self.layout.cluster / "PG_VERSION").exists()

    def make(self):
        """The cluster, its owner role and the database; nothing where they are already."""
        cluster, sockets = self.layout.cluster, self.layout.sockets
        own(sockets, users.POSTGRES, mode=0o755)
        self.program.arguments = [binaries() / "postgres", "-D", cluster]
        if self.exists():
            return
        shutil.rmtree(cluster, ignore_errors=True)
        own(cluster, users.POSTGRES, mode=0o700)
        made = subprocess.run([binaries() / "initdb", "-D", cluster, "-U", "postgres", "--auth=peer", "--encoding=UTF8", "--no-locale",
                               "--no-sync", "--no-instructions"], capture_output=True, text=True, check=False, cwd="/", user=users.POSTGRES,
                              group=users.POSTGRES, extra_groups=[])
        if made.returncode != 0:
            raise Trouble("initdb failed", details=(made.stdout + made.stderr)[-1500:])
        self._write("pg_hba.conf", "local all all peer map=lazaret\n")
        self._write("pg_ident.conf", "".join(f"lazaret {user} {role}\n" for user, role in IDENTITIES))
        with open(cluster / "postgresql.conf", "a", encoding="utf-8") as file:
            file.write(f"\nlisten_addresses = ''\nunix_socket_directories = '{sockets}'\nmax_connections = 50\n"
                       "timezone = 'UTC'\nlog_timezone = 'UTC'\nlog_line_prefix = '%m [%p] %q%u '\n")

    def _write(self, name, text):
        path = self.layout.cluster / name
        path.write_text(text)
        own(path, users.POSTGRES, mode=0o600)

    def start(self):
        (self.layout.cluster / "postmaster.pid").exists() and self._forget_dead()
        self.program.start()
        self.program.wait_ready(lambda: self.answers("postgres"), 60, "answers no query")

    def _forget_dead(self):
        """After a kill -9 the old server's children may hold the cluster for a moment; a new one starts when they are gone."""
        pid = int((self.layout.cluster / "postmaster.pid").read_text().split()[0])
        if not os.path.exists(f"/proc/{pid}"):
            (self.layout.cluster / "postmaster.pid").unlink()

    def ensure_database(self):
        """The role that owns the schema, able to make the others, and its database. `lazaret db migrate` does the rest."""
        self.run("DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'lazaret_owner') THEN "
                 "CREATE ROLE lazaret_owner LOGIN CREATEROLE; END IF; END $$", database="postgres")
        if not self.run("SELECT 1 FROM pg_database WHERE datname = 'lazaret'", database="postgres"):
            self.run("CREATE DATABASE lazaret OWNER lazaret_owner", database="postgres")

    def run(self, statement, user="postgres", database="lazaret", timeout=30):
        """Rows as lists of text."""
        return [line.split("\x1f") for line in self._psql(["-c", statement], None, user, database, timeout).splitlines()]

    def script(self, text, user="postgres", database="lazaret", timeout=600):
        """Several statements, with the data of COPY ... FROM STDIN between them; ends at the first error."""
        self._psql(["-f", "-"], text, user, database, timeout)

    def _psql(self, arguments, text, user, database, timeout):
        done = subprocess.run(
            [binaries() / "psql", "-X", "-q", "-At", "-F", "\x1f", "-v", "ON_ERROR_STOP=1", "-h", self.layout.sockets, "-U", user, "-d",
             database, *arguments], input=text, capture_output=True, encoding="utf-8", check=False, timeout=timeout,
            env={"PATH": "/usr/bin:/bin", "PGCONNECT_TIMEOUT": "5", "PGOPTIONS": "-c search_path=lazaret,public"})
        if done.returncode != 0:
            raise Trouble("PostgreSQL refused a statement", details=done.stderr.strip())
        return done.stdout

    def answers(self, database="lazaret"):
        try:
            return bool(self.run("SELECT 1", database=database, timeout=10))
        except (Trouble, subprocess.TimeoutExpired):
            return False

    def alive(self):
        return self.program.alive()

    def stop(self):
        return self.program.stop()

    def kill(self):
        """kill -9 of the server itself; its children notice and end."""
        self.program.kill()
