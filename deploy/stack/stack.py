"""One whole instance: what belongs to it, in the order in which it starts."""

import hashlib
import json
import os
import secrets
import shutil
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

from . import certificates, configuration, ports, subscribers, users
from .layout import SOURCE, Layout, is_reachable, own
from .postfix import Postfix
from .postgres import Postgres
from .processes import Program
from .trouble import Trouble

LISTENERS = ("submission", "submissions", "relay")
PORTS = (*LISTENERS, "metrics_submission", "metrics_engine", "next_hop", "tickets")
RULES = SOURCE / "deploy" / "config" / "rules.toml"
RECEIVER = SOURCE / "deploy" / "demo" / "receiver.py"


def built(preset="release"):
    """The programs where the build left them, or the one that LAZARET_BUILD_DIR names."""
    services = Path(os.environ.get("LAZARET_BUILD_DIR") or SOURCE / "build" / preset).absolute() / "services"
    return {"lazaret-submission": services / "submission" / "lazaret-submission",
            "lazaret-engine": services / "engine" / "lazaret-engine", "lazaret": services / "cli" / "lazaret"}


class Stack:
    """`prepare` makes the files, `start` the processes. `tell(name, text)` hears of each step that is done."""

    def __init__(self, home, subscribers=None, networks=None, next_hop=None, overrides=(), programs=None, environment=None,
                 tell=lambda name, text: None):
        self.layout = Layout(home)
        self.subscribers = Path(subscribers or SOURCE / "deploy" / "demo" / "subscribers.csv").absolute()
        self.networks = Path(networks or SOURCE / "deploy" / "demo" / "networks.csv").absolute()
        self.next_hop = next_hop
        self.overrides = [configuration.parse_override(text) for text in overrides]
        self.programs = programs or built()
        self.environment = environment or {}
        self.tell = tell
        self.ports = {}
        self.postgres = Postgres(self.layout)
        self.postfix = None
        self.submission = Program("lazaret-submission", self.layout, user=users.SUBMISSION, environment=self.environment)
        self.engine = Program("lazaret-engine", self.layout, user=users.ENGINE, environment=self.environment)
        self.receiver = Program("receiver", self.layout, user=users.DEMO)
        self._read_ports()
        self._make_postfix()

    # --- files ---------------------------------------------------------------------------------------------------------

    def _read_ports(self):
        try:
            self.ports = json.loads((self.layout.state / "ports.json").read_text())
        except (OSError, ValueError):
            self.ports = {}

    def _choose_ports(self):
        """Chosen once and kept, so that a second start answers where the first did."""
        for name in PORTS:
            if name not in self.ports:
                self.ports[name] = ports.free(self.ports.values())
        (self.layout.state / "ports.json").write_text(json.dumps(self.ports, indent=1) + "\n")

    def _make_postfix(self):
        if self.next_hop is None and "next_hop" in self.ports:
            self.postfix = Postfix(self.layout, self.ports["next_hop"])

    def prepare(self):
        users.ensure()
        self.layout.make()
        self._choose_ports()
        self._make_postfix()
        self._install_programs()
        certificates.ensure(self.layout, users.SUBMISSION)
        own(self.layout.node, users.SUBMISSION, mode=0o750)
        own(self.layout.control.parent, users.SUBMISSION, mode=0o750)
        own(self.layout.tickets, users.DEMO, mode=0o755)
        # The keys: of the hashes that stand for recipients, read by both daemons; of the tickets' signatures.
        self._secret("hash_key", secrets.token_hex(32), users.SUBMISSION, users.ENGINE)
        self._secret("tickets", "whsec_" + _base64(secrets.token_bytes(32)), users.ENGINE, users.DEMO)
        self._install_rules()
        _copy(RECEIVER, self.layout.bin / "receiver.py")
        self.sections = self._sections()
        self.overrides = [(section, key, self._settled(section, key, value)) for section, key, value in self.overrides]
        configuration.merge(self.sections, self.overrides)
        self.layout.file.write_text(configuration.render(self.sections))
        self._write_cli()
        flags = self._flags()
        self.submission.arguments = [self.layout.bin / "lazaret-submission", *flags]
        self.engine.arguments = [self.layout.bin / "lazaret-engine", *flags]
        self.receiver.arguments = ["/usr/bin/python3", self.layout.bin / "receiver.py", "--port", self.ports["tickets"],
                                   "--secret-file", self.layout.secrets / "tickets", "--output", self.layout.tickets / "tickets.jsonl"]

    def _install_programs(self):
        """Links to what was built, or copies where the checkout lies in a place that the servers' users cannot enter."""
        for name, origin in self.programs.items():
            if not Path(origin).exists():
                raise Trouble(f"{origin} is missing: the build did not make {name}")
            copy = self.layout.bin / name
            if is_reachable(origin):
                if not (copy.is_symlink() and os.readlink(copy) == str(origin)):
                    copy.unlink(missing_ok=True)
                    copy.symlink_to(origin)
                continue
            if copy.is_symlink():
                copy.unlink()
            there = copy.stat() if copy.exists() else None
            here = Path(origin).stat()
            if there is None or (there.st_size, there.st_mtime_ns) != (here.st_size, here.st_mtime_ns):
                fresh = copy.with_suffix(".new")
                shutil.copy2(origin, fresh)
                fresh.chmod(0o755)
                fresh.replace(copy)

    def _install_rules(self):
        """The instance's own copy follows the shipped rules until somebody edits it."""
        if not RULES.exists():
            return
        rules, shipped = self.layout.config / "rules.toml", self.layout.config / "rules.shipped"
        if not rules.exists() or (shipped.exists() and rules.read_bytes() == shipped.read_bytes()):
            _copy(RULES, shipped)
            _copy(RULES, rules)
        self.tell("rules", f"to be edited in {self.layout.home / 'state' / 'config' / 'rules.toml'}")

    def _secret(self, name, text, owner, group):
        path = self.layout.secrets / name
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(text + "\n")
        own(path, owner, group, 0o440)

    def _sections(self):
        layout, at = self.layout, lambda name: f"127.0.0.1:{self.ports[name]}"
        sections = {
            "node": {"name": "quickstart", "hostname": "localhost", "state_dir": str(layout.node),
                     "hash_key_file": str(layout.secrets / "hash_key"), "control_socket": str(layout.control)},
            **{name: {"listen": at(name)} for name in LISTENERS},
            "server": {"help_url": "https://help.isp.example/{reason}?case={token}"},
            "tls": {"certificate": str(layout.tls / "cert.pem"), "key": str(layout.tls / "key.pem")},
            "next_hop": {"address": self.next_hop or at("next_hop")},
            "content": {"rules_file": str(layout.config / "rules.toml") if RULES.exists() else ""},
            "database": {"connection": self.postgres.connection},
            "metrics": {"submission_listen": at("metrics_submission"), "engine_listen": at("metrics_engine")},
            "engine": {"postfix_logs": [str(self.postfix.log)] if self.postfix else []},
            "tickets": {"url": f"http://{at('tickets')}/tickets", "secret_file": str(layout.secrets / "tickets")},
        }
        return sections

    def _flags(self):
        return ["--config", str(self.layout.file)] + [word for section, key, value in self.overrides
                                                      for word in ("--set", f"{section}.{key}={value}")]

    def _settled(self, section, key, value):
        """Port 0 of a listener becomes the one chosen for it: endpoints.json has to name it."""
        chosen = self.sections.get(section, {}).get(key, "")
        is_listener = key.endswith("listen") and value.endswith(":0") and chosen
        return value[:-1] + chosen.rpartition(":")[2] if is_listener else value

    def _write_cli(self):
        """The administrator's command with this instance's configuration already named."""
        quoted = " ".join("'" + word.replace("'", "'\\''") + "'" for word in [str(self.layout.bin / "lazaret"), *self._flags()])
        wrapper = self.layout.bin / "lazaret-cli"
        wrapper.write_text(f'#!/bin/sh\nexec {quoted} "$@"\n')
        wrapper.chmod(0o755)

    # --- processes -----------------------------------------------------------------------------------------------------

    def start(self):
        """Everything, each waited for until it answers. What had started is stopped again when something does not."""
        running = [name for name, state in self.status().items() if state]
        if running:
            raise Trouble(f"{', '.join(running)} run{'s' if len(running) == 1 else ''} already under {self.layout.home}; "
                          "--status shows it, --stop ends it")
        self.prepare()
        self.check_configuration()
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self):
        self.start_database()
        if self.postfix:
            self.postfix.make()
            self.postfix.start()
            self.tell("Postfix", f"127.0.0.1:{self.postfix.port}, delivers into {self.layout.home / 'state' / 'mail'}")
        self.start_receiver()
        self.start_submission()
        self.start_engine()
        self.write_endpoints()

    def check_configuration(self):
        done = self.cli("config", "check")
        if done.returncode != 0:
            raise Trouble((done.stderr or done.stdout).strip(), done.returncode)

    def start_database(self):
        if not self.postgres.exists():
            self._import_stamp().unlink(missing_ok=True)
        self.postgres.make()
        self.postgres.start()
        self.postgres.ensure_database()
        done = self.cli("db", "migrate")
        if done.returncode != 0:
            raise Trouble(f"lazaret db migrate: {(done.stderr or done.stdout).strip()}", done.returncode)
        self.tell("PostgreSQL", f"a cluster of its own, socket in {self.postgres.layout.sockets}")
        self.import_subscribers()

    def import_subscribers(self):
        """The CSV files, when they are not what was imported last. What they do not name goes."""
        try:
            content = hashlib.sha256(self.subscribers.read_bytes() + b"\0" + self.networks.read_bytes()).hexdigest()
        except OSError as error:
            raise Trouble(f"cannot read {error.filename}: {error.strerror}", 2) from None
        stamp = self._import_stamp()
        if not stamp.exists() or stamp.read_text() != content:
            stamp.unlink(missing_ok=True)
            done = self.cli("subscriber", "import", "--subscribers", self.subscribers, "--networks", self.networks)
            if done.returncode != 0:
                raise Trouble((done.stderr or done.stdout).strip(), done.returncode)
            subscribers.prune(self.postgres, self.subscribers, self.networks)
            stamp.write_text(content)
            self.tell("subscribers", done.stdout.strip().splitlines()[-1] if done.stdout.strip() else "imported")

    def _import_stamp(self):
        return self.layout.config / "imported"

    def start_receiver(self):
        self.receiver.start()
        self.receiver.wait_ready(lambda: ports.answers("127.0.0.1", self.ports["tickets"]), 20, "accepts no connection")

    def start_submission(self):
        self._start_daemon(self.submission, self.metrics_url("submission"), [self.listener(name) for name in LISTENERS])
        where = ", ".join(f"{name} {self.listener(name)[1]}" for name in LISTENERS if self.listener(name))
        self.tell("submission", f"ports on {self._first_host()}: {where}")

    def start_engine(self):
        self._start_daemon(self.engine, self.metrics_url("engine"), [])
        self.tell("engine", "watches, opens incidents, confines")

    def _start_daemon(self, program, url, listeners):
        program.start()
        listeners = [where for where in listeners if where]
        program.wait_ready(lambda: all(ports.answers(*where) for where in listeners) and (not url or healthy(url)), 60,
                           "does not answer" + (f" {url.replace('/metrics', '/healthz')}" if url else ""))

    def _first_host(self):
        return next((self.listener(name)[0] for name in LISTENERS if self.listener(name)), "no address")

    def parts(self):
        """Everything that runs, in the order of stopping."""
        postfix = self.postfix if self.postfix and self.postfix.etc.exists() else None
        return [part for part in (self.submission, self.engine, self.receiver, postfix, self.postgres.program) if part]

    def stop(self):
        """True if everything went by itself."""
        self.layout.endpoints.unlink(missing_ok=True)
        return all([part.stop() for part in self.parts()])

    def status(self):
        return {part.name: part.pid for part in self.parts()}

    # --- where things are ----------------------------------------------------------------------------------------------

    def listener(self, name):
        """(host, port) of a listener, None where it is turned off."""
        text = self.sections[name]["listen"]
        try:
            return ports.split(text) if text else None
        except ValueError as error:
            raise Trouble(f"{name}.listen: {error}", 78) from None

    def metrics_url(self, daemon):
        text = self.sections["metrics"][f"{daemon}_listen"]
        return f"http://{text}/metrics" if text else None

    def write_endpoints(self):
        told = {name: dict(zip(("host", "port"), self.listener(name))) for name in LISTENERS if self.listener(name)}
        metrics = {name: self.metrics_url(name) for name in ("submission", "engine") if self.metrics_url(name)}
        told |= {"ca_file": str(self.layout.tls / "ca.pem"), "config": str(self.layout.file),
                 "cli": str(self.layout.bin / "lazaret-cli"), "database": f"{self.postgres.connection} user=lazaret_cli",
                 "metrics": metrics, "journal": self._journal()}
        fresh = self.layout.endpoints.with_suffix(".new")
        fresh.write_text(json.dumps(told, indent=1) + "\n")
        fresh.replace(self.layout.endpoints)

    def _journal(self):
        named = [value for section, key, value in self.overrides if (section, key) == ("journal", "dir")]
        return named[-1] if named else str(Path(self.sections["node"]["state_dir"]) / "journal")

    def cli(self, *arguments, timeout=120):
        return subprocess.run([str(self.layout.bin / "lazaret-cli"), *map(str, arguments)], capture_output=True, text=True,
                              check=False, timeout=timeout, cwd="/", env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **self.environment})

    def cli_json(self, *arguments):
        done = self.cli(*arguments, "--json")
        if done.returncode != 0:
            raise Trouble(f"lazaret {' '.join(map(str, arguments))}: {(done.stderr or done.stdout).strip()}", done.returncode)
        return json.loads(done.stdout)


def _copy(origin, copy):
    """Readable for the servers' users, whatever the mode in the checkout is."""
    shutil.copyfile(origin, copy)
    copy.chmod(0o644)


def healthy(metrics_url):
    try:
        with urllib.request.urlopen(metrics_url.replace("/metrics", "/healthz"), timeout=2) as answer:
            return answer.status == 200
    except (OSError, urllib.error.URLError):
        return False


def _base64(octets):
    import base64
    return base64.b64encode(octets).decode()
