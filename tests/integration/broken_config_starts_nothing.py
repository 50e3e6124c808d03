#!/usr/bin/env python3
"""A wrong configuration ends each program with 78 and a sentence that names file, line and column; nothing has started."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.instance import Case, main, run_program  # noqa: E402
from stack.trouble import Trouble  # noqa: E402


class BrokenConfig(Case):
    running = False

    def test_programs(self):
        file = self.lazaret.folder / "broken.toml"
        file.write_text('[node]\nname = "a"\n\n[server]\nthreads = "many"\n')
        for name, arguments in (("lazaret-submission", []), ("lazaret-engine", []), ("lazaret", ["config", "check"])):
            done = run_program(self.lazaret, name, "--config", file, *arguments)
            self.assertEqual(done.returncode, 78, name)
            self.assertRegex(done.stderr + done.stdout, r"broken\.toml:5:1?\d: server\.threads: .*many.*expected", name)

    def test_the_whole_start(self):
        self.lazaret.overrides.append(("server", "thread", "4"))
        with self.assertRaises(Trouble) as refused:
            self.lazaret.start()
        self.assertEqual(refused.exception.status, 78)
        self.assertIn("server.thread", str(refused.exception))
        self.assertEqual({pid for pid in self.lazaret.status().values()}, {None})
        self.assertFalse(self.lazaret.layout.endpoints.exists())


if __name__ == "__main__":
    main()
