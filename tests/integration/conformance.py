#!/usr/bin/env python3
"""The black-box SMTP tester, a selection of its classes, where it stands beside the checkout; skipped elsewhere."""

import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.instance import SKIPPED, TOP, Instance  # noqa: E402

TESTER = Path(os.environ.get("LAZARET_SHARED", TOP.parent / "shared")) / "conformance" / "smtpconf.py"
CLASSES = os.environ.get("LAZARET_CONFORMANCE", "state,syntax,auth,starttls,transparency,downstream")
SINK = 2526  # the tester's own next hop
SUBSCRIBERS = "subscriber,login,password,plan,class\nC-1,tester,s3cret-Pass,unlimited,trusted\n"
NETWORKS = "cidr,class,relay,subscriber,plan\n127.0.0.1/32,trusted,yes,C-1,unlimited\n"
OPTIONS = ["server.max_message_size=5000000B", "server.command_timeout=5s", "server.data_timeout=5s", "next_hop.reply_timeout=5s",
           "next_hop.data_timeout=5s", "next_hop.connect_timeout=5s", "content.mode=off"]


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
                   "--idle-timeout", "5", "--downstream-timeout", "5", "--class", CLASSES, "--sink-dir", lazaret.folder / "sink"]
        status = subprocess.run(list(map(str, command)), check=False).returncode
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
