"""One subscriber's mail program: sends a message and says what each step was answered."""

import email.utils
import smtplib
import socket
import ssl
import time
from dataclasses import dataclass, field


@dataclass
class Outcome:
    """What became of one attempt. `stage` is where it ended: sent, or connect, auth, mail, rcpt, data with the reply."""
    message_id: str
    subject: str
    stage: str
    code: int = 0
    text: str = ""
    began: float = field(default_factory=time.time)
    at: float = 0.0  # when it ended
    recipients: list = field(default_factory=list)  # those accepted
    refused: dict = field(default_factory=dict)     # recipient -> (code, text)

    @property
    def is_sent(self):
        return self.stage == "sent"


class Sender:
    """`listener` is submission (STARTTLS and AUTH), submissions (TLS and AUTH) or relay (neither, known by its network)."""

    def __init__(self, listener, address, ca_file, login, password, helo="pc.home.example", timeout=30):
        self.listener, self.address, self.login, self.password = listener, address, login, password
        self.helo, self.timeout = helo, timeout
        self.context = ssl.create_default_context(cafile=ca_file)

    def connect(self):
        """An SMTP session that may send; smtplib's exceptions and OSError if there is none."""
        host, port = self.address
        arguments = {"local_hostname": self.helo, "timeout": self.timeout}
        if self.listener == "submissions":
            session = smtplib.SMTP_SSL(host, port, context=self.context, **arguments)
        else:
            session = smtplib.SMTP(host, port, **arguments)
        try:
            session.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            _greet(session)
            if self.listener == "submission":
                session.starttls(context=self.context)
                _greet(session)
            if self.listener != "relay":
                _log_in(session, self.login, self.password)
            return session
        except BaseException:
            session.close()
            raise

    def send(self, recipients, subject, text, message_id=None, session=None, headers=()):
        """One message, in a session of its own unless one is given."""
        message_id = message_id or email.utils.make_msgid(domain="demo.example")
        outcome = Outcome(message_id, subject, "connect")
        own = session is None
        try:
            if own:
                session = self.connect()
            self._transaction(session, outcome, recipients, subject, text, headers)
        except smtplib.SMTPAuthenticationError as error:
            outcome.stage, outcome.code, outcome.text = "auth", error.smtp_code, _text(error.smtp_error)
        except smtplib.SMTPResponseException as error:
            outcome.code, outcome.text = error.smtp_code, _text(error.smtp_error)
        except (OSError, smtplib.SMTPException) as error:
            outcome.text = str(error) or type(error).__name__
        finally:
            if own and session is not None:
                try:
                    session.quit()
                except (OSError, smtplib.SMTPException):
                    session.close()
        outcome.at = time.time()
        return outcome

    def _transaction(self, session, outcome, recipients, subject, text, headers):
        outcome.stage = "mail"
        code, answer = session.mail(self.login)
        if code != 250:
            outcome.code, outcome.text = code, _text(answer)
            return
        outcome.stage = "rcpt"
        for recipient in recipients:
            code, answer = session.rcpt(recipient)
            if code in (250, 251):
                outcome.recipients.append(recipient)
            else:
                outcome.refused[recipient] = (code, _text(answer))
                outcome.code, outcome.text = code, _text(answer)
        if not outcome.recipients:
            session.rset()
            return
        outcome.stage = "data"
        lines = [f"From: <{self.login}>", "To: " + ", ".join(f"<{name}>" for name in recipients), f"Subject: {subject}",
                 f"Date: {email.utils.formatdate(localtime=False)}", f"Message-ID: {outcome.message_id}", *headers, "MIME-Version: 1.0",
                 "Content-Type: text/plain; charset=utf-8", "", text, ""]
        code, answer = session.data("\r\n".join(lines).encode())
        outcome.code, outcome.text = code, _text(answer)
        if code == 250:
            outcome.stage = "sent"


def _log_in(session, login, password):
    # Not session.login(): answered with a 421, it tries the next mechanism on the closed connection and the reply is lost.
    session.user, session.password = login, password
    session.auth("PLAIN", session.auth_plain)


def _greet(session):
    code, answer = session.ehlo()
    if code != 250:  # smtplib would say HELO to who has just said 421 and closed
        raise smtplib.SMTPHeloError(code, answer)


def _text(octets):
    return octets.decode("utf-8", "replace").replace("\n", " ") if isinstance(octets, bytes) else str(octets)
