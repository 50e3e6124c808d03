"""An instance whose mail is looked at by scanners, with sections of its configuration that a test may change."""

import re
import signal
import urllib.request

from .instance import Instance


class ScannedInstance(Instance):
    """`sections`: section -> {key: value}, or a list of these for tables that may stand several times; in the file, so that a
    reload can change them."""

    def __init__(self, sections, **options):
        self.more = sections
        super().__init__(**options)

    def _sections(self):
        sections = super()._sections()
        for name, values in self.more.items():
            if isinstance(values, list):
                sections[name] = values
            else:
                sections.setdefault(name, {}).update(values)
        return sections

    def reload(self, section, key, literal):
        """One option changed, with a literal of TOML, and SIGHUP; returns when the log tells that it is in force."""
        file = self.layout.file
        head, name, rest = re.split(rf"(?m)^(\[{section}\]\n)", file.read_text(), maxsplit=1)
        body, *others = re.split(r"(?m)^(?=\[)", rest, maxsplit=1)
        body = re.sub(rf"(?m)^{key} = .*\n", "", body)
        file.write_text(f"{head}{name}{key} = {literal}\n{body}{''.join(others)}")
        self.submission.send(signal.SIGHUP)

    def reloads(self):
        return self.log_of("lazaret-submission").count("event=reloaded")

    def metric(self, name, **labels):
        """The sum of all series of the name with these labels."""
        with urllib.request.urlopen(self.metrics_url("submission"), timeout=10) as answer:
            text = answer.read().decode()
        series = re.findall(rf"(?m)^{name}(?:\{{([^}}]*)\}})? (\S+)$", text)
        wanted = [f'{label}="{value}"' for label, value in labels.items()]
        return sum(float(value) for found, value in series if all(pair in found.split(",") for pair in wanted))
