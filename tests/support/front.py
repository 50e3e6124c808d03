"""A second Postfix, in front of Lazaret: with customers' logins, and options of docs/operations/ways-in.md."""

import re
import smtplib
import socketserver
import subprocess
import sys
import threading
from base64 import b64decode
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "deploy"))

from stack import ports  # noqa: E402
from stack.postfix import Postfix, write  # noqa: E402

MAIN = """compatibility_level = 3.6
queue_directory = @DIRECTORY@/queue
data_directory = @DIRECTORY@/data
mail_owner = postfix
setgid_group = postdrop
maillog_file = @LOG@
maillog_file_prefixes = @LOG@
syslog_name = front
inet_interfaces = loopback-only
inet_protocols = all
myhostname = front.isp.example
mydestination =
mynetworks = 127.0.0.0/8 192.0.2.0/24 198.51.100.0/24 203.0.113.0/24
alias_maps =
alias_database =
biff = no
smtpd_peername_lookup = no
smtpd_relay_restrictions = permit_sasl_authenticated, permit_mynetworks, reject
smtpd_authorized_xclient_hosts = 127.0.0.0/8
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:@LOGINS@
smtpd_error_sleep_time = 0
smtpd_client_connection_count_limit = 0
default_transport = smtp:[127.0.0.1]:@BACK@
"""

MASTER = """@PORT@     inet n - n - - smtpd
@OPTIONS@
cleanup    unix n - n - 0 cleanup
qmgr       unix n - n 300 1 qmgr
rewrite    unix - - n - - trivial-rewrite
bounce     unix - - n - 0 bounce
defer      unix - - n - 0 bounce
trace      unix - - n - 0 bounce
proxymap   unix - - n - - proxymap
smtp       unix - - n - - smtp
error      unix - - n - - error
retry      unix - - n - - error
anvil      unix - - n - 1 anvil
scache     unix - - n - 1 scache
tlsmgr     unix - - n 1000? 1 tlsmgr
postlog    unix-dgram n - n - 1 postlogd
"""


def documented(way):
    """The lines of docs/operations/ways-in.md for the front's master.cf."""
    text = (TOP / "docs" / "operations" / "ways-in.md").read_text()
    return re.search(rf"^```{way}\n(.*?)^```", text, re.M | re.S).group(1)


class _Logins(socketserver.StreamRequestHandler):
    """Dovecot's side of the protocol that Postfix speaks: every login is right."""

    def handle(self):
        self.wfile.write(b"VERSION\t1\t2\nMECH\tPLAIN\tplaintext\nSPID\t1\nCUID\t1\nCOOKIE\t" + b"0" * 32 + b"\nDONE\n")
        for line in self.rfile:
            words = line.decode().rstrip("\n").split("\t")
            if words[0] == "AUTH":
                response = next(word[5:] for word in words if word.startswith("resp="))
                login = b64decode(response).split(b"\0")[1].decode()
                self.wfile.write(f"OK\t{words[1]}\tuser={login}\n".encode())


class Front(Postfix):
    """`options`: lines for its smtpd in master.cf."""

    def __init__(self, layout, back, options):
        self.layout = layout
        self.port = ports.free()
        folder = layout.state / f"front-{self.port}"
        self.folder, self.etc, self.queue, self.log = folder, folder / "etc", folder / "queue", layout.log / f"front-{self.port}.log"
        self.back, self.options = back, options
        self.logins = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Logins)
        self.logins.daemon_threads = True
        threading.Thread(target=self.logins.serve_forever, daemon=True).start()

    def make(self):
        for folder in (self.folder, self.etc, self.queue, self.folder / "data"):
            folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["chown", "postfix", self.folder / "data"], check=True)
        (self.folder / "data").chmod(0o700)
        values = {"DIRECTORY": self.folder, "LOG": self.log, "LOGINS": self.logins.server_address[1], "BACK": self.back,
                  "PORT": f"127.0.0.1:{self.port}", "OPTIONS": self.options.rstrip("\n")}
        for name, text in (("main.cf", MAIN), ("master.cf", MASTER)):
            for key, value in values.items():
                text = text.replace(f"@{key}@", str(value))
            write(self.etc / name, text)

    def stop(self):
        gone = super().stop()
        self.logins.shutdown()
        self.logins.server_close()
        return gone

    def connect(self, client=None, login=None):
        """A session as if from the address `client`, logged in as `login`."""
        session = smtplib.SMTP("127.0.0.1", self.port, local_hostname="pc.home.example", timeout=60)
        session.ehlo()
        if client:
            code, text = session.docmd("XCLIENT", f"ADDR={client} PORT=4711 NAME=pc.home.example")
            assert code == 220, text
            session.ehlo()
        if login:
            session.login(login, "any")
        return session

    def send(self, message_id, recipients=("paul@isle.example",), client=None, login=None, text="Hello."):
        """(stage, code, text) of what ended it; stage "sent" is success."""
        session = self.connect(client, login)
        try:
            code, answer = session.mail("one@test.example")
            if code != 250:
                return "mail", code, answer.decode()
            refused = [session.rcpt(name) for name in recipients]
            refused = [(code, answer) for code, answer in refused if code != 250]
            if len(refused) == len(recipients):
                return "rcpt", refused[-1][0], refused[-1][1].decode()
            code, answer = session.data(f"From: <one@test.example>\r\nSubject: x\r\nDate: Mon, 1 Jan 2024 00:00:00 +0000\r\n"
                                        f"Message-ID: {message_id}\r\n\r\n{text}\r\n".encode())
            return "sent" if code == 250 else "data", code, answer.decode()
        finally:
            session.close()
