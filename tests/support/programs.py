"""Mail programs that people have, each sending one message to Lazaret in its own way. A program is told where (`port`, and
whether TLS begins with STARTTLS or with the connection), as whom, and what; it raises an exception when it fails."""

import json
import smtplib
import ssl
import subprocess
from pathlib import Path

LIMIT = 60  # seconds for one message


def call(command, octets=b"", environment=None):
    done = subprocess.run([str(word) for word in command], input=octets, capture_output=True, check=False, timeout=LIMIT, cwd="/",
                          env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/nonexistent", **(environment or {})})
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}: {(done.stderr + done.stdout).decode(errors='replace')[-500:]}")
    return done.stdout.decode(errors="replace")


class Program:
    """`folder` is for its files, `ca` the authority of Lazaret's certificate."""
    has_dsn = False

    def __init__(self, folder, ca, port, implicit_tls, login, password):
        self.folder, self.ca, self.port, self.implicit_tls = Path(folder), str(ca), port, implicit_tls
        self.login, self.password = login, password

    def send(self, message):
        raise NotImplementedError

    def start(self):
        pass

    def stop(self):
        pass

    def file_of(self, message, end=b"\r\n"):
        path = self.folder / "message.eml"
        path.write_bytes(message.octets(end))
        return path


class Smtplib(Program):
    name, has_dsn = "Python smtplib", True

    def version(self):
        return call(["python3", "--version"]).split()[1]

    def send(self, message):
        context = ssl.create_default_context(cafile=self.ca)
        if self.implicit_tls:
            session = smtplib.SMTP_SSL("localhost", self.port, timeout=LIMIT, context=context)
        else:
            session = smtplib.SMTP("localhost", self.port, timeout=LIMIT)
            session.starttls(context=context)
        with session:
            session.login(self.login, self.password)
            options = ["NOTIFY=SUCCESS,FAILURE"] if message.dsn else []
            refused = session.sendmail(self.login, message.recipients, message.octets(), ["BODY=8BITMIME"], options)
            if refused:
                raise RuntimeError(f"refused: {refused}")


class Curl(Program):
    name = "curl"

    def version(self):
        return call(["curl", "--version"]).split()[1]

    def send(self, message):
        scheme = "smtps" if self.implicit_tls else "smtp"
        password = self.folder / "netrc"
        password.write_text(f"machine localhost login {self.login} password {self.password}\n")
        to = [word for one in message.recipients for word in ("--mail-rcpt", one)]
        call(["curl", "--silent", "--show-error", "--ssl-reqd", "--cacert", self.ca, "--netrc-file", password, "--url",
              f"{scheme}://localhost:{self.port}/pc.home.example", "--mail-from", self.login, *to, "--upload-file", self.file_of(message)])


class Swaks(Program):
    name = "swaks"

    def version(self):
        return call(["swaks", "--version"]).split()[2]

    def send(self, message):
        # As it is on the wire: swaks' own preparation takes a line with a dot at the end for the end, and %WORDS% for its own.
        wire = b"\r\n" + message.octets().removesuffix(b"\r\n")
        path = self.folder / "message.eml"
        path.write_bytes(wire.replace(b"\r\n.", b"\r\n..").removeprefix(b"\r\n") + b"\r\n.")
        call(["swaks", "--server", "localhost", "--port", self.port, "--tls-on-connect" if self.implicit_tls else "--tls", "--tls-verify",
              "--tls-ca-path", self.ca, "--auth", "PLAIN", "--auth-user", self.login, "--auth-password", self.password, "--from", self.login,
              "--to", ",".join(message.recipients), "--data", f"@{path}", "--no-data-fixup", "--suppress-data"])


class Msmtp(Program):
    name, has_dsn = "msmtp", True

    def version(self):
        return call(["msmtp", "--version"]).split()[2]

    def send(self, message):
        settings = self.folder / "msmtprc"
        settings.touch(mode=0o600)
        settings.write_text(f"account default\nhost localhost\nport {self.port}\nfrom {self.login}\nauth on\nuser {self.login}\n"
                            f"password {self.password}\ntls on\ntls_starttls {'off' if self.implicit_tls else 'on'}\ntls_trust_file {self.ca}\n"
                            + ("dsn_notify success,failure\ndsn_return headers\n" if message.dsn else ""))
        call(["msmtp", f"--file={settings}", "--", *message.recipients], message.octets(b"\n"))


class Nodemailer(Program):
    name, has_dsn = "nodemailer", True
    SCRIPT = """
const nodemailer = require('nodemailer'), fs = require('fs');
const told = JSON.parse(fs.readFileSync(process.argv[2]));
const transport = nodemailer.createTransport({host: '127.0.0.1', port: told.port, secure: told.implicit, requireTLS: true,
  auth: {user: told.login, pass: told.password}, tls: {ca: fs.readFileSync(told.ca)}});
transport.sendMail({envelope: told.envelope, raw: fs.readFileSync(told.file)}).then(
  done => process.exit(done.rejected.length), error => { console.error(error.message); process.exit(1); });
"""

    def version(self):
        return call(["node", "-p", "require('nodemailer/package.json').version"], environment={"NODE_PATH": "/usr/share/nodejs"}).strip()

    def send(self, message):
        script, told = self.folder / "send.js", self.folder / "told.json"
        script.write_text(self.SCRIPT)
        envelope = {"from": self.login, "to": message.recipients, "use8BitMime": True}
        if message.dsn:
            envelope["dsn"] = {"return": "headers", "notify": ["success", "failure"]}
        told.write_text(json.dumps({"port": self.port, "implicit": self.implicit_tls, "login": self.login, "password": self.password,
                                    "ca": self.ca, "file": str(self.file_of(message)), "envelope": envelope}))
        call(["node", script, told], environment={"NODE_PATH": "/usr/share/nodejs", "NODE_EXTRA_CA_CERTS": self.ca})


PROGRAMS = (Smtplib, Curl, Swaks, Msmtp, Nodemailer)

