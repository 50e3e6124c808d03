#!/usr/bin/env python3
"""A message takes its way on 587, 465 and 25 and arrives as it was, with what the trace rules add."""

import re
import smtplib
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.instance import Case, main  # noqa: E402


class MailFlows(Case):
    def test_every_port_relays(self):
        for listener, keyword in (("submission", "ESMTPSA"), ("submissions", "ESMTPSA"), ("relay", "ESMTP")):
            outcome = self.lazaret.sender(listener).send(["paul@isle.example", "ines@isle.example"], f"by {listener}", "A line.\r\n.A dot.",
                                                         f"<{listener}@test.example>")
            self.assertEqual((outcome.stage, outcome.code), ("sent", 250), outcome.text)
            self.assertIn("queued as", outcome.text)  # Postfix's own reply
            mail = self.deliveries()
            message = mail.messages[f"<{listener}@test.example>"]
            self.assertEqual(mail.copies[f"<{listener}@test.example>", "paul@isle.example"], 1)
            self.assertEqual(mail.copies[f"<{listener}@test.example>", "ines@isle.example"], 1)
            self.assertEqual(message.get_payload().replace("\r\n", "\n"), "A line.\n.A dot.\n")
            trace = mail.traces[f"<{listener}@test.example>"]
            ours = next(field for field in message.get_all("Received") if trace in field)
            self.assertRegex(re.sub(r"\s+", " ", ours), rf"by localhost with {keyword} id {re.escape(trace)};")
            self.assertIn(f"orig_queue_id={trace}", self.lazaret.postfix.log.read_text())

    def test_missing_fields_are_added(self):
        session = self.lazaret.sender().connect()
        session.sendmail("one@test.example", ["paul@isle.example"], b"Subject: bare\r\n\r\nNo date, no id.\r\n")
        session.quit()
        mail = self.deliveries()
        (message,) = [message for message in mail.messages.values() if message["Subject"] == "bare"]
        self.assertRegex(message["Message-ID"], r"^<[^@]+@localhost>$")
        self.assertRegex(message["Date"], r"^\w{3}, \d{1,2} \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}")

    def test_octets_beyond_ascii(self):
        session = self.lazaret.sender("submissions").connect()
        session.ehlo()
        self.assertTrue({"8bitmime", "smtputf8", "size", "pipelining", "dsn", "enhancedstatuscodes", "auth"} <= session.esmtp_features.keys())
        self.assertNotIn("chunking", session.esmtp_features)
        session.sendmail("one@test.example", ["jörg@insel.example"], "Subject: Grüße\r\nMessage-ID: <u@test.example>\r\n\r\nSchöne Grüße\r\n".encode(),
                         mail_options=["SMTPUTF8", "BODY=8BITMIME"])
        session.quit()
        self.assertEqual(self.deliveries().messages["<u@test.example>"].get_payload(decode=True).strip(), "Schöne Grüße".encode())

    def test_nothing_goes_without_tls_and_login(self):
        host, port = self.lazaret.listener("submission")
        with smtplib.SMTP(host, port, timeout=20) as plain:
            plain.ehlo()
            self.assertNotIn("auth", plain.esmtp_features)
            self.assertEqual(plain.mail("one@test.example")[0], 530)
            self.assertIn(plain.docmd("AUTH", "PLAIN AG9uZQBvbmU=")[0], (530, 538, 503))
        with self.assertRaises(smtplib.SMTPAuthenticationError) as refused:
            self.lazaret.sender(password="wrong").connect()
        self.assertEqual(refused.exception.smtp_code, 535)
        session = self.lazaret.sender().connect()
        session.close()

    def test_port_25_only_for_networks_that_may(self):
        host, port = self.lazaret.listener("relay")
        with self.assertRaises(smtplib.SMTPException) as refused:
            with smtplib.SMTP(host, port, timeout=20, source_address=("127.0.0.9", 0)) as stranger:
                stranger.ehlo()
                stranger.sendmail("x@test.example", ["y@isle.example"], b"Subject: no\r\n\r\nno\r\n")
        self.assertRegex(str(refused.exception), "55[04]")


if __name__ == "__main__":
    main()
