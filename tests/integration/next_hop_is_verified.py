#!/usr/bin/env python3
"""STARTTLS towards Postfix: a certificate of the right authority passes, another one is no next hop at all."""

import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.hops import HopInstance  # noqa: E402
from support.instance import Case, main  # noqa: E402

LINES = ["smtpd_tls_security_level = encrypt", "smtpd_tls_cert_file = {tls}/cert.pem", "smtpd_tls_key_file = {tls}/key.pem",
         "smtpd_tls_loglevel = 1"]


class NextHopTls(Case):
    instance = HopInstance
    options = {"lines": LINES, "overrides": ["next_hop.tls=verify", "next_hop.health_interval=200ms"]}
    running = False

    def start(self, authority):
        self.lazaret.overrides.append(("next_hop", "tls_ca_file", str(authority)))
        self.lazaret.start()

    def test_right_authority(self):
        self.start(self.lazaret.layout.tls / "ca.pem")
        outcome = self.lazaret.sender().send(["box1@tls.example"], "verified", "text")
        self.assertTrue(outcome.is_sent, outcome)
        self.assertIn(outcome.message_id, self.deliveries())
        self.assertRegex(self.lazaret.postfix.log.read_text(), r"TLS connection established from .*TLSv1\.[23]")

    def test_wrong_authority(self):
        folder = self.lazaret.folder
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                        "/CN=stranger", "-days", "2", "-keyout", folder / "stranger.key", "-out", folder / "stranger.pem"],
                       check=True, capture_output=True)
        self.start(folder / "stranger.pem")
        outcome = self.lazaret.sender().send(["box1@tls.example"], "not verified", "text")
        self.assertEqual((outcome.stage, outcome.code), ("rcpt", 451), outcome)
        log = self.lazaret.log_of("lazaret-submission")
        self.assertRegex(log, r"next_hop_away.*TLS: .*certificate")


if __name__ == "__main__":
    main()
