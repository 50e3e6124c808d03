#!/usr/bin/env python3
"""What keeps a daemon from starting is told in one sentence: a taken port, a certificate that cannot be read."""

import os
import signal
import socket
import sys
import tempfile
import unittest
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.instance import Case, main  # noqa: E402
from stack import processes, users  # noqa: E402
from stack.layout import own  # noqa: E402
from stack.trouble import Trouble  # noqa: E402


class BadStart(Case):
    def restart(self, program, start):
        """The sentence on stderr and the exit status of a daemon that must not come up."""
        self.assertTrue(program.stop())
        program.log.write_text("")
        with self.assertRaises(Trouble):
            start()
        status, program.status = program.status, None
        lines = [line for line in program.log.read_text().splitlines() if line.startswith(f"{program.name}: ")]
        self.assertEqual(len(lines), 1, program.log.read_text())
        return status, lines[0]

    def test_port_taken(self):
        host, port = self.lazaret.listener("submission")
        self.assertTrue(self.lazaret.submission.stop())
        with socket.socket() as taken:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            taken.bind((host, port))
            taken.listen()
            status, line = self.restart(self.lazaret.submission, self.lazaret.start_submission)
        self.assertEqual(status, 69)
        self.assertIn(f"{host}:{port}", line)
        self.assertIn("in use", line)
        self.lazaret.start_submission()

    def test_certificate_unreadable(self):
        key = self.lazaret.layout.tls / "key.pem"
        key.chmod(0o600)
        own(key, "root", "root")
        status, line = self.restart(self.lazaret.submission, self.lazaret.start_submission)
        self.assertEqual(status, 78)
        self.assertIn(str(key), line)
        self.assertIn("ermission denied", line)
        own(key, "root", users.SUBMISSION, 0o640)
        self.lazaret.start_submission()


class ExitStatus(unittest.TestCase):
    def test_kept_when_the_program_ends_between_two_looks(self):
        """The first look at the child finds it running, the next one, at /proc, finds it dead."""
        look = processes.started_at

        def dead(pid):
            os.kill(pid, signal.SIGTERM)
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
            return look(pid)

        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            program = processes.Program("sleeper", SimpleNamespace(log=folder, run=folder), ["sleep", "600"])
            program.start()
            with mock.patch.object(processes, "started_at", dead), self.assertRaises(Trouble):
                program.wait_ready(lambda: False, 30, "is silent")
        self.assertEqual(program.status, -signal.SIGTERM)


if __name__ == "__main__":
    main()
