#!/usr/bin/env python3
"""One wrong line in a CSV file is told with its number, and nothing of the file is taken over."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.instance import Case, main  # noqa: E402

HEADER = "subscriber,login,password,plan,class\n"
GOOD = "X-1,new@test.example,pass-New-1,residential,dynamic\n"
WRONG_SUBSCRIBERS = {
    "unknown plan": (HEADER + GOOD + "X-2,b@test.example,p,gold,dynamic\n", 3),
    "unknown class": (HEADER + GOOD + "X-2,b@test.example,p,business,floating\n", 3),
    "too few fields": (HEADER + GOOD + GOOD.replace("X-1,new", "X-2,b").replace(",dynamic", ""), 3),
    "login twice": (HEADER + GOOD + GOOD.replace("X-1", "X-2"), 3),
    "no subscriber": (HEADER + GOOD + ",b@test.example,p,business,static\n", 3),
    "open quote": (HEADER + GOOD + 'X-2,"b@test.example,p,business,static\n', 3),
    "wrong header": ("customer,login,password,plan,class\n" + GOOD, 1),
}
WRONG_NETWORKS = {
    "no block": ("cidr,class,relay,subscriber,plan\n10.0.0.0/8,static,yes,S-1,\n10.0.0.0/33,static,yes,S-1,\n", 3),
    "relay is neither": ("cidr,class,relay,subscriber,plan\n10.0.0.0/8,static,yes,S-1,\n10.1.0.0/16,static,maybe,S-1,\n", 3),
    "unknown subscriber": ("cidr,class,relay,subscriber,plan\n10.0.0.0/8,static,yes,S-1,\n10.1.0.0/16,static,no,Q-9,\n", 3),
}


class WrongCsv(Case):
    def check(self, option, name, text, line):
        file = self.lazaret.folder / "wrong.csv"
        file.write_text(text)
        done = self.lazaret.cli("subscriber", "import", option, file)
        self.assertNotEqual(done.returncode, 0, name)
        self.assertIn(f"wrong.csv:{line}", done.stderr, name)

    def test_subscribers(self):
        before = self.lazaret.sql("SELECT id, plan, class FROM subscriber ORDER BY id")
        for name, (text, line) in WRONG_SUBSCRIBERS.items():
            with self.subTest(name):
                self.check("--subscribers", name, text, line)
                self.assertEqual(self.lazaret.sql("SELECT id, plan, class FROM subscriber ORDER BY id"), before)
        self.assertEqual(self.lazaret.number("SELECT count(*) FROM account WHERE login = 'new@test.example'"), 0)

    def test_networks(self):
        for name, (text, line) in WRONG_NETWORKS.items():
            with self.subTest(name):
                self.check("--networks", name, text, line)
                self.assertEqual(self.lazaret.number("SELECT count(*) FROM network WHERE block <<= '10.0.0.0/8'"), 0)

    def test_a_right_file_is_taken_at_once(self):
        file = self.lazaret.folder / "right.csv"
        file.write_text(HEADER + GOOD)
        done = self.lazaret.cli("subscriber", "import", "--subscribers", file)
        self.assertEqual(done.returncode, 0, done.stderr)
        sender = self.lazaret.sender(login="new@test.example", password="pass-New-1")
        self.eventually(lambda: sender.send(["paul@isle.example"], "new", "x").is_sent, "the new subscriber may send", 10)


if __name__ == "__main__":
    main()
