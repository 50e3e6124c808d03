#!/usr/bin/env python3
"""/metrics of both daemons is well formed, and counts what happened."""

import re
import subprocess
import sys
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.instance import TOP, Case, main  # noqa: E402
from support.scanned import ScannedInstance  # noqa: E402


class MetricsAreValid(Case):
    instance = ScannedInstance  # with what has metrics of its own
    options = {"sections": {"dns": {"servers": "127.0.0.1:1"}, "dns_list": [{"name": "dbl", "zone": "dbl.example", "of": "domains"}]}}

    def fetch(self, daemon, page="metrics"):
        with urllib.request.urlopen(self.lazaret.metrics_url(daemon).replace("metrics", page), timeout=10) as answer:
            self.assertEqual(answer.status, 200)
            return answer.read().decode()

    def test_text_and_counts(self):
        for number in range(5):
            self.assertTrue(self.lazaret.sender().send(["paul@isle.example"], f"m{number}", "x").is_sent)
        for daemon in ("submission", "engine"):
            text = self.fetch(daemon)
            checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False)
            self.assertEqual(checked.returncode, 0, f"{daemon}: {checked.stdout}{checked.stderr}")
            self.assertGreater(len(re.findall(r"^lazaret_\w+", text, re.M)), 5)
            self.assertTrue(self.fetch(daemon, "healthz"))
            (self.lazaret.folder / f"{daemon}.metrics").write_text(text)
        text = (self.lazaret.folder / "submission.metrics").read_text()
        counts = re.findall(r'(?m)^lazaret_messages_total\{[^}]*listener="submission"[^}]*\} (\S+)$', text)
        self.assertEqual(sum(map(float, counts)), 5)

    def test_dashboards_name_what_exists(self):
        check = TOP / "dashboards" / "check.py"
        arguments = []
        for daemon in ("submission", "engine"):
            file = self.lazaret.folder / f"{daemon}.metrics"
            file.write_text(self.fetch(daemon))
            arguments += [f"--{daemon}", file]
        done = subprocess.run([sys.executable, check, *map(str, arguments), "--complete"], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    main()
