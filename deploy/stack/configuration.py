"""The lazaret.toml of an instance: only what differs from the defaults."""

import json

from .trouble import Trouble


def parse_override(text):
    """'SECTION.KEY=VALUE' in its three parts."""
    name, equals, value = text.partition("=")
    section, dot, key = name.partition(".")
    if not (equals and dot and section and key):
        raise Trouble(f"--set {text}: expected SECTION.KEY=VALUE", 2)
    return section, key, value


def _toml(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, list):
        return "[" + ", ".join(_toml(entry) for entry in value) + "]"
    return json.dumps(str(value), ensure_ascii=False)  # a JSON text is a TOML basic string


def render(sections):
    lines = ["# Made by deploy/quickstart at every start; --set changes it. The commented example with every option:",
             "# deploy/config/lazaret.toml"]
    for section, values in sections.items():
        tables = [(f"[{section}]", values)] if isinstance(values, dict) else [(f"[[{section}]]", table) for table in values]
        for head, table in tables:
            lines += ["", head] + [f"{key} = {_toml(value)}" for key, value in table.items()]
    return "\n".join(lines) + "\n"


def merge(sections, overrides):
    """Overrides of what the quickstart itself sets go into the file, which then tells the truth; their types are known here.
    All of them are handed to the programs as well, which know every type."""
    for section, key, value in overrides:
        current = sections.get(section, {}).get(key)
        if isinstance(current, str):
            sections[section][key] = value
    return sections
