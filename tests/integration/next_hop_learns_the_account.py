#!/usr/bin/env python3
"""XCLIENT LOGIN: Postfix's log has each message's own account, though all share one connection, and none where none is."""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.hops import HopInstance  # noqa: E402
from support.instance import Case, main  # noqa: E402

LINES = ["smtpd_authorized_xclient_hosts = $mynetworks", "smtpd_sasl_auth_enable = yes"]


class NextHopLearnsTheAccount(Case):
    instance = HopInstance
    options = {"lines": LINES, "overrides": ["next_hop.xclient_login=true", "next_hop.max_connections=1", "server.threads=1"]}

    def accounts(self):
        """Message-ID -> sasl_username, or "", as Postfix logged them."""
        log = self.lazaret.postfix.log.read_text(errors="replace")
        clients = dict(re.findall(r"smtpd\[\d+\]: (\w+): client=(.*)", log))
        found = {}
        for queue_id, message_id in re.findall(r"cleanup\[\d+\]: (\w+): message-id=(\S+)", log):
            login = re.search(r"sasl_username=([^,\s]+)", clients.get(queue_id, ""))
            found[message_id] = login.group(1) if login else ""
        return found

    def test_accounts(self):
        sent = {}
        for listener, login in [("submission", "one@test.example"), ("submissions", "two@test.example"), ("relay", ""),
                                ("submission", "two@test.example"), ("relay", ""), ("submission", "one@test.example")]:
            sender = self.lazaret.sender(listener, login or "one@test.example")
            outcome = sender.send(["box1@account.example"], "whose", "text")
            self.assertTrue(outcome.is_sent, outcome)
            sent[outcome.message_id] = login
        self.eventually(lambda: sent.keys() <= self.accounts().keys(), "all are in Postfix's log", 20)
        self.assertEqual({message_id: self.accounts()[message_id] for message_id in sent}, sent)


if __name__ == "__main__":
    main()
