#!/usr/bin/env python3
"""The black-box SMTP tester, all its classes but the slow one, where it stands beside the checkout; skipped elsewhere.

No "must" may fail. A "should" may where docs/standards.md names the case, with the reason. LAZARET_CONFORMANCE names other
classes ("slow", "state,auth"), or "all"."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.instance import SKIPPED, TOP, Instance  # noqa: E402

TESTER = Path(os.environ.get("LAZARET_SHARED", TOP.parent / "shared")) / "conformance" / "smtpconf.py"
STANDARDS = TOP / "docs" / "standards.md"
SINK = 2526  # the tester's own next hop
SUBSCRIBERS = "subscriber,login,password,plan,class\nC-1,tester,s3cret-Pass,unlimited,trusted\n"
NETWORKS = "cidr,class,relay,subscriber,plan\n127.0.0.1/32,trusted,yes,C-1,unlimited\n"
OPTIONS = ["server.max_message_size=5000000B", "server.command_timeout=5s", "server.data_timeout=5s", "next_hop.reply_timeout=5s",
           "next_hop.data_timeout=5s", "next_hop.connect_timeout=5s", "content.mode=off"]


def classes():
    told = os.environ.get("LAZARET_CONFORMANCE", "")
    if told and told != "all":
        return told
    listed = subprocess.run([sys.executable, TESTER, "--list"], capture_output=True, text=True, check=True).stdout
    found = {words[2] for words in map(str.split, listed.splitlines()) if len(words) > 3}
    return ",".join(sorted(found if told else found - {"slow"}))


def excused():
    """The cases of the table in docs/standards.md: "G43 (should)", "F04, F60-F66"."""
    named = set()
    for line in STANDARDS.read_text().partition("## What the conformance cases ask")[2].partition("\n## ")[0].splitlines():
        for letter, first, last in re.findall(r"([A-Z])(\d\d)(?:-[A-Z](\d\d))?", line.split("|")[1] if line.startswith("|") else ""):
            named |= {f"{letter}{number:02}" for number in range(int(first), int(last or first) + 1)}
    return named


def judge(results):
    """What must not be, one line each."""
    failed = [case for case in results if case["verdict"] in ("FAIL", "ERROR")]
    found = [f"{case['id']}: a must that fails" for case in failed if case["level"] == "M"]
    found += [f"{case['id']}: a should that fails and is not in {STANDARDS.name}" for case in failed
              if case["level"] == "S" and case["id"] not in excused()]
    return found if results else ["no case was run"]


def main():
    if not TESTER.exists():
        print(f"{TESTER} is not there")
        return SKIPPED
    lazaret = Instance(SUBSCRIBERS, NETWORKS, OPTIONS, next_hop=f"127.0.0.1:{SINK}")
    try:
        lazaret.start()
        ports = {name: str(lazaret.listener(listener)[1])
                 for name, listener in (("--port-587", "submission"), ("--port-465", "submissions"), ("--port-25", "relay"))}
        command = [sys.executable, TESTER, "--host", "127.0.0.1", *(word for pair in ports.items() for word in pair), "--user", "tester",
                   "--pass", "s3cret-Pass", "--cafile", lazaret.layout.tls / "ca.pem", "--servername", "localhost", "--sink-port", SINK,
                   "--idle-timeout", "5", "--downstream-timeout", "5", "--class", classes(), "--sink-dir", lazaret.folder / "sink", "--json", lazaret.folder / "cases.json"]
        status = subprocess.run(list(map(str, command)), check=False).returncode
        if (lazaret.folder / "cases.json").exists():
            for fault in judge(json.loads((lazaret.folder / "cases.json").read_text())):
                print(fault)
                status = status or 1
        gently = lazaret.stop()
        for finding in lazaret.findings():
            print(finding)
            status = status or 1
        return status or (0 if gently else 1)
    finally:
        lazaret.stop()
        lazaret.remove()


if __name__ == "__main__":
    sys.exit(main())
