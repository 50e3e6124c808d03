"""What every measurement needs: a folder for the time being, a certificate, the sink and the generator."""

import itertools
import resource
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from stack.trouble import Trouble

from . import rules
from .programs import Load, Sink, find
from .server import Server, make_certificate


def tell(text):
    """What goes on, on stderr: one line that replaces the one before on a terminal."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text[:110]}", end="\n" if not text else "", file=sys.stderr, flush=True)
    elif text:
        print(text, file=sys.stderr, flush=True)


def answer(name, work):
    """The exit status of `work`; trouble is told in its own words."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return work()
    except Trouble as trouble:
        if trouble.details:
            print(trouble.details, file=sys.stderr)
        print(f"{name}: {trouble}", file=sys.stderr)
        return trouble.status
    except KeyboardInterrupt:
        return 130


class Workbench:
    """`with Workbench(build_tree) as bench:`; `binary` is another lazaret-submission than the tree's, `overrides` are options
    of its configuration."""

    def __init__(self, build, binary=None, overrides=()):
        self.binary = Path(binary).resolve() if binary else find(build, "lazaret-submission")
        self.load = Load(find(build, "lazaret-bench-load"))
        self.sink_program = find(build, "lazaret-bench-sink")
        self.overrides = list(overrides)
        self.numbers = itertools.count(1)

    def __enter__(self):
        raise_file_limit()
        self.folder = Path(tempfile.mkdtemp(prefix="lazaret-bench-"))
        try:
            self.certificate = make_certificate(self.folder)
            self.sink = Sink(self.sink_program, *self.certificate).__enter__()
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        return self

    def __exit__(self, *error):
        self.sink.__exit__(*error)
        shutil.rmtree(self.folder, ignore_errors=True)

    def server(self, with_rules=False, overrides=(), **how):
        """A Server in front of the sink."""
        folder = self.folder / f"server-{next(self.numbers)}"
        folder.mkdir()
        overrides = [*self.overrides, *overrides]
        if with_rules:
            rules.write(folder / "rules.toml")
            overrides.append(f"content.rules_file={folder / 'rules.toml'}")
        return Server(self.binary, folder, *self.certificate, self.sink.port, overrides, **how)


def raise_file_limit():
    """Thousands of connections are thousands of descriptors, in the programs started from here too."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
