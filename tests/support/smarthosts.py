"""Mail servers of customers, with Lazaret as their smarthost: they log in and relay everything there. Each takes mail on a
loopback port without asking.

Postfix is installed. The packages of Exim and OpenSMTPD conflict with it, so they are fetched, unpacked and run from a
folder. Both insist on users and folders of their own under /etc and /var, which they see in a mount namespace of theirs; the
machine's stay as they are."""

import os
import shutil
import signal
import smtplib
import subprocess
import sys
import unittest
from pathlib import Path

from .instance import BUILD
from .programs import LIMIT, Program, call

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "deploy"))
from stack import ports  # noqa: E402
from stack.layout import own  # noqa: E402
from stack.processes import tail, wait_until  # noqa: E402

# What programs look for in /etc; nothing else of the machine's is seen there.
ETC = ("hosts", "host.conf", "nsswitch.conf", "resolv.conf", "services", "protocols", "localtime", "ld.so.cache", "ld.so.conf",
       "ld.so.conf.d", "ssl/openssl.cnf", "alternatives")
KEPT = BUILD / "packages"


class Smarthost(Program):
    """A server that relays by itself: `send` hands it the message, which arrives some time later."""
    is_server = True

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.listen = ports.free([self.port])
        self.log = self.folder / "log"
        self.log.touch()

    def send(self, message):
        with smtplib.SMTP("127.0.0.1", self.listen, timeout=LIMIT) as session:
            session.ehlo()
            options = ["NOTIFY=SUCCESS,FAILURE"] if message.dsn and session.has_extn("dsn") else []
            body = ["BODY=8BITMIME"] if session.has_extn("8bitmime") else []
            refused = session.sendmail(self.login, message.recipients, message.octets(), body, options)
            if refused:
                raise RuntimeError(f"{self.name} refused: {refused}")

    def wait_ready(self):
        if not wait_until(lambda: ports.answers("127.0.0.1", self.listen), 20):
            raise RuntimeError(f"{self.name} does not answer: {tail(self.log)}")

    def last_words(self):
        return tail(self.log, 15)


class PostfixClient(Smarthost):
    name, has_dsn = "Postfix", True

    def version(self):
        return call(["/usr/sbin/postconf", "-d", "-h", "mail_version"]).strip()

    def start(self):
        etc, queue = self.folder / "etc", self.folder / "queue"
        etc.mkdir()
        queue.mkdir()
        own(self.folder / "data", "postfix", mode=0o700)
        (etc / "password").write_text(f"[localhost]:{self.port} {self.login}:{self.password}\n")
        (etc / "password").chmod(0o600)
        (etc / "main.cf").write_text(f"""compatibility_level = 3.6
queue_directory = {queue}
data_directory = {self.folder / 'data'}
mail_owner = postfix
setgid_group = postdrop
maillog_file = {self.log}
maillog_file_prefixes = {self.folder}
inet_interfaces = loopback-only
inet_protocols = ipv4
smtp_host_lookup = native
myhostname = office.customer.example
mydestination =
mynetworks = 127.0.0.0/8
alias_maps =
smtpd_relay_restrictions = permit_mynetworks, reject
relayhost = [localhost]:{self.port}
smtp_sasl_auth_enable = yes
smtp_sasl_password_maps = texthash:{etc / 'password'}
smtp_sasl_security_options = noanonymous
smtp_tls_security_level = secure
smtp_tls_secure_cert_match = localhost
smtp_tls_CAfile = {self.ca}
smtp_tls_wrappermode = {'yes' if self.implicit_tls else 'no'}
""")
        services = ("cleanup unix n - n - 0 cleanup", "qmgr unix n - n 300 1 qmgr", "rewrite unix - - n - - trivial-rewrite",
                    "bounce unix - - n - 0 bounce", "defer unix - - n - 0 bounce", "trace unix - - n - 0 bounce", "smtp unix - - n - - smtp",
                    "error unix - - n - - error", "retry unix - - n - - error", "discard unix - - n - - discard", "anvil unix - - n - 1 anvil",
                    "proxymap unix - - n - - proxymap", "scache unix - - n - 1 scache", "tlsmgr unix - - n 1000? 1 tlsmgr",
                    "postlog unix-dgram n - n - 1 postlogd")
        (etc / "master.cf").write_text("\n".join((f"127.0.0.1:{self.listen} inet n - n - - smtpd", *services, "")))
        self._postfix("start")
        self.wait_ready()

    def _postfix(self, word):
        return subprocess.run(["/usr/sbin/postfix", "-c", self.folder / "etc", word], capture_output=True, check=False, cwd="/",
                              stdin=subprocess.DEVNULL, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C"})

    def stop(self):
        self._postfix("stop")


class Unpacked(Smarthost):
    """A server that cannot be installed beside Postfix."""
    packages, users, folders = (), (), ()

    def unpack(self):
        """The packages' files, fetched once per Debian version and kept for the next run."""
        if subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode != 0:
            raise unittest.SkipTest(f"{self.name} needs a mount namespace of its own, which cannot be had here (a chroot?)")
        KEPT.mkdir(parents=True, exist_ok=True)
        self.root = self.folder / "root"
        for package in self.packages:
            version = call(["apt-cache", "show", "--no-all-versions", package]).partition("\nVersion: ")[2].split("\n")[0]
            files = [file for file in KEPT.glob(f"{package}_*.deb") if version.replace(":", "%3a") in file.name]
            if not files:
                subprocess.run(["apt-get", "download", "-q", package], cwd=KEPT, check=True, capture_output=True, timeout=300)
                files = [file for file in KEPT.glob(f"{package}_*.deb") if version.replace(":", "%3a") in file.name]
            call(["dpkg-deb", "-x", files[0], self.root])

    def make_machine(self):
        """Its own /etc, /var and /run."""
        machine = self.folder / "machine"
        for folder in ("etc/ssl", "var/log", "var/tmp", "var/mail", "run", *self.folders):
            (machine / folder).mkdir(parents=True, exist_ok=True)
        (machine / "var/run").symlink_to("/run")
        for name in ETC:
            there = Path("/etc") / name
            if there.is_dir():
                shutil.copytree(there, machine / "etc" / name, symlinks=True)
            elif there.exists():
                shutil.copy2(there, machine / "etc" / name)
        passwd, group = ["root:x:0:0::/root:/bin/sh", "nobody:x:65534:65534::/nonexistent:/bin/false"], ["root:x:0:", "mail:x:8:", "nogroup:x:65534:"]
        for number, user in enumerate(self.users, 64001):
            passwd.append(f"{user}:x:{number}:{number}::/nonexistent:/bin/false")
            group.append(f"{user}:x:{number}:")
        (machine / "etc/passwd").write_text("\n".join(passwd) + "\n")
        (machine / "etc/group").write_text("\n".join(group) + "\n")
        return machine

    def run_inside(self, machine, command):
        """Starts `command`, which sees `machine`'s folders as its own and stays in the foreground."""
        mounts = "".join(f"mount --bind '{machine / name}' /{name} && " for name in ("etc", "var", "run"))
        with open(self.log, "ab") as log:
            self.child = subprocess.Popen(["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c",
                                           mounts + 'exec "$@"', "sh", *map(str, command)],
                                          stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/",
                                          env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"})

    def stop(self):
        if getattr(self, "child", None) is None or self.child.poll() is not None:
            return
        # The namespace's first process takes all the others with it. unshare does not pass a signal on, and who changes its user
        # has undone --kill-child.
        for pid in Path(f"/proc/{self.child.pid}/task/{self.child.pid}/children").read_text().split():
            os.kill(int(pid), signal.SIGKILL)
        self.child.wait(20)


class EximClient(Unpacked):
    name = "Exim"
    packages, users, folders = ("exim4-daemon-light",), ("Debian-exim",), ("var/spool/exim4", "var/log/exim4", "etc/exim4", "run/exim4")

    def version(self):
        return subprocess.run(["dpkg-deb", "-f", next(KEPT.glob("exim4-daemon-light_*.deb")), "Version"],
                              capture_output=True, text=True, check=True).stdout.strip()

    def start(self):
        self.unpack()
        machine = self.make_machine()
        logs = self.folder / "logs"
        logs.mkdir()
        for folder in (logs, *(machine / name for name in self.folders)):
            os.chown(folder, 64001, 64001)
        os.chown(machine / "etc/exim4", 0, 0)
        program = self.root / "usr/sbin/exim4"
        settings = machine / "etc/exim4/exim.conf"
        (machine / "etc/exim4/trusted_configs").write_text("/etc/exim4/exim.conf\n")
        settings.write_text(f"""exim_path = {program}
primary_hostname = office.customer.example
domainlist everything = *
local_interfaces = 127.0.0.1
daemon_smtp_ports = {self.listen}
acl_smtp_rcpt = accept
acl_smtp_data = accept
host_lookup =
rfc1413_query_timeout = 0s
log_file_path = {logs}/%slog
keep_environment =
tls_advertise_hosts =
dsn_advertise_hosts = *
smtp_accept_queue_per_connection = 0
queue_only = false
begin routers
smarthost:
  driver = manualroute
  domains = +everything
  route_list = * localhost byname
  host_find_failed = fail
  self = send
  transport = smarthost
begin transports
smarthost:
  driver = smtp
  port = {self.port}
  {'protocol = smtps' if self.implicit_tls else ''}
  hosts_require_auth = *
  hosts_require_tls = *
  tls_verify_certificates = {self.ca}
  tls_verify_hosts = *
  tls_verify_cert_hostnames = *
  allow_localhost
begin retry
* * F,1m,1s
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  client_send = ^{self.login}^{self.password}
""")
        self.run_inside(machine, [program, "-C", "/etc/exim4/exim.conf", "-bdf", "-q2s"])
        self.wait_ready()

    def last_words(self):
        return "\n".join(tail(file, 12) for file in [*sorted(self.folder.glob("logs/*")), self.log])


class OpensmtpdClient(Unpacked):
    name = "OpenSMTPD"
    packages, users = ("opensmtpd",), ("opensmtpd", "opensmtpq")
    folders = ("var/spool/smtpd", "var/lib/opensmtpd/empty")

    def version(self):
        return subprocess.run(["dpkg-deb", "-f", next(KEPT.glob("opensmtpd_*.deb")), "Version"],
                              capture_output=True, text=True, check=True).stdout.strip()

    def start(self):
        self.unpack()
        machine = self.make_machine()
        (machine / "var/spool/smtpd").chmod(0o711)
        for folder, user, group, mode in (("queue", 64002, 0, 0o700), ("corrupt", 64002, 0, 0o700), ("incoming", 64002, 0, 0o700),
                                          ("offline", 0, 64002, 0o770), ("purge", 64002, 0, 0o700), ("temporary", 64002, 0, 0o700)):
            path = machine / "var/spool/smtpd" / folder
            path.mkdir()
            os.chown(path, user, group)
            path.chmod(mode)
        secrets = machine / "etc/secrets"
        secrets.write_text(f"lazaret {self.login}:{self.password}\n")
        secrets.chmod(0o600)
        (machine / "etc/ssl/certs").mkdir()
        shutil.copy(self.ca, machine / "etc/ssl/certs/ca-certificates.crt")  # against which it checks who hears the password
        (machine / "etc/mailname").write_text("office.customer.example\n")
        scheme = "smtps" if self.implicit_tls else "smtp+tls"
        (machine / "etc/smtpd.conf").write_text(f"""table secrets file:/etc/secrets
listen on 127.0.0.1 port {self.listen} hostname office.customer.example
action "smarthost" relay host "{scheme}://lazaret@localhost:{self.port}" auth <secrets> helo office.customer.example
match from any for any action "smarthost"
""")
        self.run_inside(machine, [self.root / "usr/sbin/smtpd", "-d", "-f", "/etc/smtpd.conf"])
        self.wait_ready()


SMARTHOSTS = (PostfixClient, EximClient, OpensmtpdClient)
