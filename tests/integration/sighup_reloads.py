#!/usr/bin/env python3
"""SIGHUP takes over what may change while running, a new certificate too; a wrong file changes nothing."""

import signal
import smtplib
import ssl
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.instance import Case, main  # noqa: E402
from stack import certificates, users  # noqa: E402


class SighupReloads(Case):
    def size(self):
        host, port = self.lazaret.listener("relay")
        with smtplib.SMTP(host, port, timeout=20) as session:
            session.ehlo()
            return int(session.esmtp_features["size"])

    def write(self, option):
        file = self.lazaret.layout.file
        file.write_text(self.original.replace("[server]\n", f"[server]\n{option}\n"))
        self.lazaret.submission.send(signal.SIGHUP)

    def test_options(self):
        self.original = self.lazaret.layout.file.read_text()
        self.assertIn("[server]\n", self.original)
        session = self.lazaret.sender().connect()
        self.write('max_message_size = "1MiB"')
        self.eventually(lambda: self.size() == 1 << 20, "the new size is announced", 10)
        self.assertEqual(session.noop()[0], 250, "open sessions live on")
        self.write("max_message_size = true")
        self.eventually(lambda: "max_message_size" in self.lazaret.log_of("lazaret-submission"), "the wrong file is reported", 10)
        self.assertEqual(self.size(), 1 << 20)
        self.assertTrue(self.lazaret.submission.alive())
        session.quit()

    def test_certificate(self):
        host, port = self.lazaret.listener("submissions")
        before = ssl.get_server_certificate((host, port))
        folder = self.lazaret.layout.tls
        (folder / "cert.pem").unlink()
        certificates.ensure(self.lazaret.layout, users.SUBMISSION)
        self.assertNotEqual((folder / "cert.pem").read_text(), before)
        self.lazaret.submission.send(signal.SIGHUP)
        wanted = (folder / "cert.pem").read_text().strip()
        self.eventually(lambda: ssl.get_server_certificate((host, port)).strip() == wanted, "the new certificate is shown", 10)
        self.assertTrue(self.lazaret.sender("submissions").send(["paul@isle.example"], "new CA", "x").is_sent)


if __name__ == "__main__":
    main()
