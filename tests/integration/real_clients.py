#!/usr/bin/env python3
"""Programs and servers that customers have relay through Lazaret, with AUTH over STARTTLS and over TLS from the first octet:
twenty messages each way, and what arrives is what was sent, once for each recipient."""

import shutil
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.instance import Case, main  # noqa: E402
from support.messages import twenty  # noqa: E402
from support.programs import PROGRAMS  # noqa: E402
from support.smarthosts import SMARTHOSTS  # noqa: E402

LOGIN, PASSWORD = "one@test.example", "pass-One-1"
WAYS = (("STARTTLS", "submission", False), ("TLS", "submissions", True))
ARRIVAL = 120  # seconds for a server to hand all its messages over


class RealClients(Case):
    def relay(self, kind):
        for way, listener, implicit_tls in WAYS:
            with self.subTest(client=kind.name, way=way):
                self.relay_one_way(kind, way, listener, implicit_tls)

    def relay_one_way(self, kind, way, listener, implicit_tls):
        folder = self.lazaret.folder / f"{kind.__name__}-{way}"
        folder.mkdir()
        folder.chmod(0o755)
        ca = folder / "ca.pem"
        shutil.copy(self.lazaret.layout.tls / "ca.pem", ca)
        ca.chmod(0o644)
        client = kind(folder, ca, self.lazaret.listener(listener)[1], implicit_tls, LOGIN, PASSWORD)
        messages = twenty(f"{kind.__name__}-{way}".lower())
        began = time.monotonic()
        self.addCleanup(client.stop)
        client.start()
        for message in messages:
            client.send(message)
        wanted = {(message.message_id, recipient) for message in messages for recipient in message.recipients}
        if hasattr(client, "is_server"):
            try:
                self.eventually(lambda: wanted <= self.arrived().keys(), f"all messages of {client.name} arrive", ARRIVAL)
            except AssertionError:
                print(client.last_words(), file=sys.stderr)
                raise
        arrived = self.arrived()
        client.stop()
        for message in messages:
            for recipient in message.recipients:
                copies = arrived.get((message.message_id, recipient), [])
                self.assertEqual(len(copies), 1, f"copies of {message.kind!r} for {recipient}")
                self.assertEqual(message.faults(copies[0]), [], f"{message.kind!r} for {recipient}")
        print(f"{client.name:15} {client.version():28} {way:9} {len(messages)} messages, {len(wanted)} copies, "
              f"{time.monotonic() - began:.1f} s{', DSN' if client.has_dsn else ''}", flush=True)

    def arrived(self):
        """What lies in the Maildir: (Message-ID, recipient) -> the files' octets, as the next hop took them."""
        self.eventually(self.lazaret.postfix.is_idle, "Postfix's queue is empty")
        found = {}
        for file in (Path(self.lazaret.layout.mail) / "new").iterdir():
            octets = file.read_bytes()
            fields = dict(line.split(b": ", 1) for line in octets.partition(b"\n\n")[0].splitlines()
                          if line.startswith((b"Message-ID: ", b"Delivered-To: ")))
            key = fields.get(b"Message-ID", b"").decode().strip(), fields.get(b"Delivered-To", b"").decode().strip()
            found.setdefault(key, []).append(octets)
        return found


def test_of(kind):
    return lambda self: self.relay(kind)


for one in (*PROGRAMS, *SMARTHOSTS):
    setattr(RealClients, f"test_{one.__name__.lower()}", test_of(one))


if __name__ == "__main__":
    main()
