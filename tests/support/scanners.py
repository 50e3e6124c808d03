"""The real daemons that scan mail, each private to one test: own folder, own sockets, ended by its process id. None of them
asks anybody on the Internet."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

from stack import ports
from stack.processes import tail, wait_until

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"  # what operators install
# In pieces, so that no virus scanner takes this file for what it tests.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE!$H+H*"
GTUBE = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*" + b"GTUBE-STANDARD-ANTI-UBE-" + b"TEST-EMAIL*C.34X"


class Daemon:
    """`start` returns when it answers; `local` and `remote` are its sockets as Lazaret writes them."""
    name, program, user = "", "", ""
    PATIENCE = 120  # seconds; rspamd compiles thousands of patterns first

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix=f"lazaret-{self.name}-"))
        self.folder.chmod(0o755)
        self.work = self.folder / "work"
        self.work.mkdir()
        shutil.chown(self.work, self.user, self.user)
        self.socket = self.work / "socket"
        self.port = ports.free()
        self.local, self.remote = f"unix:{self.socket}", f"127.0.0.1:{self.port}"
        self.out = self.folder / "out"
        self.child = None
        self.configure()

    @classmethod
    def is_installed(cls):
        return Path(cls.program).exists()

    def configure(self):
        pass

    def command(self):
        raise NotImplementedError

    def log(self):
        return self.out.read_text(errors="replace")

    def _answers(self):
        if not ports.answers("127.0.0.1", self.port):
            return False
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(self.socket))
                return True
            except OSError:
                return False

    def start(self):
        with open(self.out, "ab") as out:
            self.child = subprocess.Popen([str(word) for word in self.command()], stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                          cwd="/", start_new_session=True, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"})
        if not wait_until(lambda: self._answers() or self.child.poll() is not None, self.PATIENCE) or self.child.poll() is not None:
            raise RuntimeError(f"{self.name} did not start\n{tail(self.out)}")

    def signal_all(self, number):
        """To it and its children."""
        os.killpg(self.child.pid, number)

    def stop(self, number=signal.SIGTERM):
        if not self.child:
            return
        self.child.send_signal(number)
        self.child.wait(60)
        self.child = None
        self.socket.unlink(missing_ok=True)

    def remove(self):
        try:
            self.stop()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)


class Clamd(Daemon):
    name, program, user = "clamd", "/usr/sbin/clamd", "clamav"
    STREAM_MAX = 1024 * 1024

    def configure(self):
        database = self.folder / "database"
        database.mkdir()
        (database / "test.ndb").write_text(f"Eicar-Test:0:*:{EICAR.hex()}\n")
        (self.folder / "clamd.conf").write_text(
            f"Foreground yes\nUser {self.user}\nDatabaseDirectory {database}\nLocalSocket {self.socket}\nLocalSocketMode 666\n"
            f"TCPSocket {self.port}\nTCPAddr 127.0.0.1\nStreamMaxLength {self.STREAM_MAX}\nTemporaryDirectory {self.work}\nMaxThreads 4\n"
            "ExtendedDetectionInfo yes\n")  # as Debian has it

    def command(self):
        return [self.program, f"--config-file={self.folder / 'clamd.conf'}"]


class Spamd(Daemon):
    name, program, user = "spamd", "/usr/sbin/spamd", "debian-spamd"

    def configure(self):
        self.site = self.folder / "site"
        self.site.mkdir()
        for plugins in Path("/etc/spamassassin").glob("*.pre"):
            shutil.copy(plugins, self.site)
        shutil.copy(DEPLOY / "spamassassin/local.cf", self.site)

    def command(self):
        # Only its own rules (-L), nobody's preferences (-x).
        return [self.program, "-L", "-x", f"--siteconfigpath={self.site}", "-u", self.user, "-g", self.user, "-i", "127.0.0.1",
                "-p", self.port, "-m", "2", f"--socketpath={self.socket}", "--socketmode=0666", "-H", self.work, "-s", "stderr"]

    def lint(self):
        """What SpamAssassin has against its settings; "" for nothing."""
        done = subprocess.run(["/usr/bin/spamassassin", "--lint", f"--siteconfigpath={self.site}"], capture_output=True, text=True,
                              timeout=120, check=False)
        return done.stdout + done.stderr + (f"exit status {done.returncode}" if done.returncode else "")


class Rspamd(Daemon):
    name, program, user = "rspamd", "/usr/bin/rspamd", "_rspamd"

    def configure(self):
        local = self.folder / "local.d"
        local.mkdir()
        (local / "worker-normal.inc").write_text(
            f'bind_socket = "127.0.0.1:{self.port}";\nbind_socket = "{self.socket} mode=0666";\ncount = 1;\n')
        for other in ("controller", "proxy"):
            (local / f"worker-{other}.inc").write_text("enabled = false;\n")
        (local / "options.inc").write_text(
            (DEPLOY / "rspamd/options.inc").read_text() +
            'disable_hyperscan = true;\ndns { nameserver = ["127.0.0.1:9"]; timeout = 0.1s; retransmits = 1; }\n')
        (local / "logging.inc").write_text('type = "console";\n')
        shutil.copy(DEPLOY / "rspamd/settings.conf", local)

    def command(self):
        return [self.program, "-f", "-u", self.user, "-g", self.user, f"--var=LOCAL_CONFDIR={self.folder}",
                *self._folders()]

    def _folders(self):
        return [f"--var={name}={self.work}" for name in ("DBDIR", "RUNDIR", "LOGDIR")]

    def lint(self):
        """What rspamd has against its settings; "" for nothing."""
        done = subprocess.run(["/usr/bin/rspamadm", f"--var=LOCAL_CONFDIR={self.folder}", *self._folders(), "configtest"],
                              capture_output=True, text=True, timeout=120, check=False)
        return "" if done.returncode == 0 and "syntax OK" in done.stdout else done.stdout + done.stderr
