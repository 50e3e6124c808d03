#!/usr/bin/env python3
"""auth.backend = "dovecot": a real Dovecot knows the passwords, Lazaret the subscribers. Away, it costs logins and nothing else."""

import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support import sasl  # noqa: E402
from support.instance import SKIPPED, main  # noqa: E402
from integration import logins_by_every_mechanism as logins  # noqa: E402  (not its class: its tests would run here, too)

CONFIG = """base_dir = {base}/run
state_dir = {base}/state
log_path = {base}/log
protocols =
ssl = no
auth_mechanisms = plain login scram-sha-256 cram-md5
auth_failure_delay = 0 secs
disable_plaintext_auth = no
passdb {{
  driver = passwd-file
  args = {base}/users
}}
service auth {{
  unix_listener {base}/auth {{
    mode = 0666
  }}
}}
"""
USERS = """one@test.example:{PLAIN}dove-One-1
stranger@test.example:{PLAIN}dove-Stranger
"""


class Dovecot:
    def __init__(self):
        self.base = Path(tempfile.mkdtemp(prefix="lazaret-dovecot-"))
        self.base.chmod(0o755)
        self.socket = self.base / "auth"
        (self.base / "users").write_text(USERS)
        (self.base / "dovecot.conf").write_text(CONFIG.format(base=self.base))
        self.child = None

    def start(self):
        self.child = subprocess.Popen(["/usr/sbin/dovecot", "-F", "-c", str(self.base / "dovecot.conf")],
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def stop(self):
        if self.child:
            self.child.send_signal(signal.SIGTERM)
            self.child.wait(20)
            self.child = None

    def log(self):
        try:
            return (self.base / "log").read_text(errors="replace")
        except OSError:
            return ""


class WithDovecot(logins.Logins):
    def setUp(self):
        self.dovecot = Dovecot()
        self.addCleanup(shutil.rmtree, self.dovecot.base, True)
        self.addCleanup(self.dovecot.stop)
        self.options = {"networks": self.options["networks"], "overrides": [
            *self.options["overrides"], "auth.backend=dovecot", f"auth.dovecot_socket={self.dovecot.socket}"]}
        self.dovecot.start()
        super().setUp()

    # What the base class tests needs accounts of its own.
    test_verifiers_and_mechanisms = test_binding_to_the_channel = test_nothing_tells_who_exists = None
    test_an_attack_on_an_account_spares_its_owner = test_an_address_that_tries_many_accounts_waits = None
    test_scram_at_a_hash_of_crypt_is_a_habit_and_no_attack = None

    def ready(self):
        self.eventually(lambda: self.code(sasl.plain, "one@test.example", "dove-One-1") == 235, "Dovecot is asked\n" + self.dovecot.log())

    def test_dovecot_decides(self):
        self.ready()
        with self.client() as session:
            self.assertEqual(session.esmtp_features["auth"].split(), ["SCRAM-SHA-256", "PLAIN", "LOGIN", "CRAM-MD5"])
        for way in (sasl.plain, sasl.login, sasl.scram, sasl.cram_md5):
            self.assertEqual(self.code(way, "one@test.example", "dove-One-1"), 235, way.__name__)
            self.assertEqual(self.code(way, "one@test.example", "wrong"), 535, way.__name__)
        self.assertEqual(self.code(sasl.plain, "one@test.example", "pass-One-1"), 535)  # the password that Lazaret has
        self.assertEqual(self.code(sasl.plain, "stranger@test.example", "dove-Stranger"), 535)  # nobody's login

    def test_while_it_is_away(self):
        self.ready()
        self.dovecot.stop()
        self.eventually(lambda: self.code(sasl.plain, "one@test.example", "dove-One-1") == 454, "logins wait")
        with self.client() as session:
            self.assertIn("PLAIN", session.esmtp_features["auth"])
        self.dovecot.start()
        self.ready()


if __name__ == "__main__":
    if not Path("/usr/sbin/dovecot").exists():
        sys.exit(SKIPPED)
    main()
