"""What the administrator would see meanwhile: incidents, quarantine and tickets, as they appear."""

import json
import threading

from stack.trouble import Trouble


def rows(value):
    """The list in an answer of the CLI, which may stand in an object."""
    if isinstance(value, dict):
        value = next((entry for entry in value.values() if isinstance(entry, list)), [])
    return value


class Tickets:
    """The lines that the receiver wrote, each handed out once."""

    def __init__(self, path):
        self.path = path
        self.position = path.stat().st_size if path.exists() else 0

    def fresh(self):
        if not self.path.exists():
            return []
        with open(self.path, "rb") as file:
            file.seek(self.position)
            octets = file.read()
        whole = octets[:octets.rfind(b"\n") + 1]
        self.position += len(whole)
        return [json.loads(line) for line in whole.splitlines()]


class Cases(threading.Thread):
    """Asks the CLI for incidents and quarantine, a few times a second, and tells about new ones."""

    def __init__(self, stack, heard):
        super().__init__(daemon=True)
        self.stack, self.heard = stack, heard
        self.over = threading.Event()
        self.known = {"incident": self._ids("incident"), "quarantine": self._ids("quarantine")}

    def _ids(self, kind):
        return {row["id"] for row in rows(self.stack.cli_json(kind, "list"))}

    def run(self):
        while not self.over.is_set():
            for kind in ("incident", "quarantine"):
                try:
                    for row in rows(self.stack.cli_json(kind, "list")):
                        if row["id"] not in self.known[kind]:
                            self.known[kind].add(row["id"])
                            self.heard(kind, row)
                except (Trouble, ValueError):
                    continue  # asked again in a moment; the summary fails if it never answers
            self.over.wait(0.2)
