#!/usr/bin/env python3
"""DNS lists (RFC 5782) by a name server: rbldnsd's, which is what the lists themselves run, and ones that refuse, say nothing
or list everything. None of those lists anybody."""

import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.instance import BUILD, SKIPPED, main  # noqa: E402
from support.nameserver import NameServer, Rbldnsd  # noqa: E402


def look_up(server, kind, zone, *subjects):
    done = subprocess.run([BUILD / "libs/dns/dns_probe", server, kind, zone, *subjects], capture_output=True, text=True, timeout=60,
                          check=False)
    assert done.returncode == 0 and "Sanitizer" not in done.stderr, done.stderr
    return done.stdout.split()


class ByRbldnsd(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Rbldnsd({"xbl.example:ip4set": [":127.0.0.4:infected", "127.0.0.2", "192.0.2.0/28"],
                              "dbl.example:dnset": [":127.0.1.2:spam", "test", "evil.example", ".all.example"],
                              "v6.example:ip6trie": [":127.0.0.2:listed", "2001:db8:0:7::/64"]})
        cls.addClassCleanup(cls.server.remove)

    def test_addresses(self):
        self.assertEqual(look_up(self.server.address, "addresses", "xbl.example", "192.0.2.7", "192.0.2.99", "127.0.0.2"),
                         ["192.0.2.7", "127.0.0.2"])
        self.assertEqual(look_up(self.server.address, "addresses", "v6.example", "2001:db8:0:7::25", "2001:db8:0:8::25"),
                         ["2001:db8:0:7::25"])

    def test_domains(self):
        self.assertEqual(look_up(self.server.address, "domains", "dbl.example", "evil.example", "good.example", "www.all.example"),
                         ["evil.example", "www.all.example"])

    def test_a_zone_that_is_not_there(self):
        self.assertEqual(look_up(self.server.address, "domains", "other.example", "evil.example"), [])


class ByOneThatMisbehaves(unittest.TestCase):
    def server(self, **settings):
        made = NameServer(**settings)
        self.addCleanup(made.close)
        return made

    def test_one_that_answers_as_it_should(self):
        server = self.server(records={"evil.example.dbl.example": "127.0.1.2"})
        self.assertEqual(look_up(server.address, "domains", "dbl.example", "evil.example", "good.example"), ["evil.example"])
        self.assertIn("invalid.dbl.example", server.asked)

    def test_one_that_lists_everything(self):
        self.assertEqual(look_up(self.server(everything="127.0.0.2").address, "domains", "dbl.example", "good.example"), ["off"])

    def test_one_in_the_hands_of_an_advertiser(self):
        self.assertEqual(look_up(self.server(everything="203.0.113.80").address, "addresses", "xbl.example", "192.0.2.7"), ["off"])

    def test_one_that_refuses(self):
        self.assertEqual(look_up(self.server(everything="127.255.255.254").address, "domains", "dbl.example", "good.example"), ["off"])

    def test_one_that_says_nothing(self):
        server = self.server(everything="127.0.0.2")
        server.silent = True
        self.assertEqual(look_up(server.address, "domains", "dbl.example", "evil.example"), [])


if __name__ == "__main__":
    if not Rbldnsd.is_installed():
        sys.exit(SKIPPED)
    main()
