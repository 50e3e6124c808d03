"""What arrived: reading the private Postfix's two Maildirs."""

import email
import email.policy
import os
from dataclasses import dataclass
from email.parser import BytesHeaderParser

_headers = BytesHeaderParser(policy=email.policy.compat32)


@dataclass(frozen=True)
class Arrival:
    message_id: str
    recipient: str
    sender: str
    subject: str
    path: str


class Maildir:
    """Hands out each file of a Maildir once."""

    def __init__(self, path):
        self.folder = os.path.join(path, "new")
        self.seen = set()

    def skip_present(self):
        self.seen.update(self._names())

    def _names(self):
        try:
            return os.listdir(self.folder)
        except FileNotFoundError:
            return []

    def fresh(self):
        for name in sorted(set(self._names()) - self.seen):
            self.seen.add(name)
            yield os.path.join(self.folder, name)


class Inbox(Maildir):
    def arrivals(self):
        for path in self.fresh():
            with open(path, "rb") as file:
                message = _headers.parse(file)
            yield Arrival(_one(message, "Message-ID"), _one(message, "Delivered-To") or _one(message, "X-Original-To"),
                          _one(message, "From").strip("<>"), _one(message, "Subject"), path)


class Bounces(Maildir):
    def returned(self):
        """(Message-ID, recipient) of each message that Postfix gave back."""
        for path in self.fresh():
            with open(path, "rb") as file:
                report = email.message_from_binary_file(file)
            recipients, message_id = [], ""
            for part in report.walk():
                if part.get("Final-Recipient"):
                    recipients.append(part["Final-Recipient"].partition(";")[2].strip())
                if part.get_content_type() in ("message/rfc822", "text/rfc822-headers") and part.is_multipart():
                    message_id = _one(part.get_payload(0), "Message-ID")
            for recipient in recipients:
                yield message_id, recipient


def _one(message, name):
    return str(message.get(name, "")).strip()
