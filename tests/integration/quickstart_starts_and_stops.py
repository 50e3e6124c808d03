#!/usr/bin/env python3
"""deploy/quickstart as somebody types it: what it starts, says and leaves behind, and its exit statuses."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.instance import BUILD, TOP, main  # noqa: E402
from stack.layout import Layout  # noqa: E402


class Quickstart(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="lazaret-test-"))
        self.folder.chmod(0o755)
        self.layout = Layout(self.folder / "home")
        self.addCleanup(self.remove)

    def remove(self):
        self.run_it("--stop")
        shutil.rmtree(self.folder, ignore_errors=True)
        if self.layout.is_elsewhere:
            shutil.rmtree(self.layout.state, ignore_errors=True)

    def run_it(self, *arguments):
        """The exit status and what it says. A file and no pipe: what stays behind holds no end of it."""
        with open(self.folder / "said", "w+", encoding="utf-8") as said:
            done = subprocess.run([TOP / "deploy" / "quickstart", "--home", self.layout.home, *arguments], stdin=subprocess.DEVNULL,
                                  stdout=said, stderr=subprocess.STDOUT, check=False, timeout=120, cwd="/",
                                  env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "LAZARET_BUILD_DIR": str(BUILD)})
            said.seek(0)
            return done.returncode, said.read()

    def test_from_start_to_stop(self):
        self.assertEqual(self.run_it("--nonsense"), (2, "unknown option --nonsense; see --help\n"))
        self.assertEqual(self.run_it("--status"), (3, f"nothing runs under {self.layout.home}\n"))
        status, said = self.run_it("--background", "--no-demo", "--set", "submissions.listen=")
        self.assertEqual(status, 0, said)
        self.assertIn(f"addresses in {self.layout.endpoints}", said)
        self.assertFalse((self.layout.home / "build.log").exists(), "nothing is built")
        told = json.loads(self.layout.endpoints.read_text())
        self.assertNotIn("submissions", told)
        for name in ("ca_file", "config", "cli", "journal"):
            self.assertTrue(Path(told[name]).exists(), name)
        with socket.create_connection((told["relay"]["host"], told["relay"]["port"]), timeout=20) as client:
            self.assertEqual(client.recv(4), b"220 ")
        self.assertEqual(subprocess.run([told["cli"], "config", "check"], stdout=subprocess.DEVNULL, check=False).returncode, 0)

        status, said = self.run_it("--status")
        self.assertEqual(status, 0, said)
        for name in ("postgresql", "postfix", "lazaret-submission", "lazaret-engine"):
            self.assertRegex(said, rf"(?m)^ +{name} +process \d+$")
        status, again = self.run_it("--background")
        self.assertEqual((status, self.run_it("--status")), (1, (0, said)), again)

        self.assertEqual(self.run_it("--stop"), (0, "stopped\n"))
        self.assertFalse(self.layout.endpoints.exists())
        self.assertEqual(self.run_it("--status")[0], 3)
        self.assertEqual(self.run_it("--stop"), (0, f"nothing runs under {self.layout.home}\n"))


if __name__ == "__main__":
    main()
