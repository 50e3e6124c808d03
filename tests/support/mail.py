"""What lies in Postfix's Maildir, by Message-ID."""

import os
import re
from collections import Counter
from email.parser import BytesParser
from email.policy import compat32

TRACE = re.compile(r"by localhost with \S+ id ([^\s;]+)")


class Mail:
    def __init__(self, maildir):
        self.copies = Counter()   # (Message-ID, recipient) -> files
        self.traces = {}          # Message-ID -> our trace id
        self.messages = {}        # Message-ID -> one of the messages
        folder = os.path.join(maildir, "new")
        for name in os.listdir(folder):
            with open(os.path.join(folder, name), "rb") as file:
                octets = file.read()
            message = BytesParser(policy=compat32).parsebytes(octets)
            message_id = str(message["Message-ID"]).strip()
            self.copies[message_id, str(message["Delivered-To"])] += 1
            self.messages[message_id] = message
            for received in message.get_all("Received", []):
                match = TRACE.search(re.sub(r"\s+", " ", str(received)))
                if match:
                    self.traces[message_id] = match.group(1)

    def __contains__(self, message_id):
        return message_id in self.messages
