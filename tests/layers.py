#!/usr/bin/env python3
"""The layers, read from #include lines: lower ones know nothing of higher ones, and a few libraries have one home each.
CMake's targets say the same; this also catches what a header drags in by a path. Exit status 1 with one line per breach."""

import re
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
LAYERS = [["core"], ["log", "metrics", "config", "arguments"], ["smtp", "message", "spf", "subscriber", "event", "verdict"],
          ["auth", "limits", "policy", "detect", "mime"], ["net", "dns", "store"], ["scan", "relay", "respond", "files"]]
LAYER = {folder: number for number, folders in enumerate(LAYERS) for folder in folders}
SERVICES = len(LAYERS)
SERVICE_FOLDERS = {"submission", "engine", "cli", "portal"}

# (what is included, who may, why)
HOMES = [
    (re.compile(r"boost/(asio|beast)"), lambda folder, layer: layer >= 4, "Asio stays in layer 4 and above"),
    (re.compile(r"pqxx/|libpq"), lambda folder, layer: folder == "store", "PostgreSQL is spoken in store only"),
    (re.compile(r"toml\+\+|toml\.hpp"), lambda folder, layer: folder in ("config", "scan"), "TOML is read in config and scan only"),
    (re.compile(r"CLI/"), lambda folder, layer: folder == "arguments", "command lines are read in arguments only"),
    (re.compile(r"gmime/|glib|iconv\.h|idn2|libpsl"), lambda folder, layer: folder == "mime", "MIME, charsets and IDN are read in mime only"),
    (re.compile(r"ares\.h"), lambda folder, layer: folder == "dns", "c-ares is dns's business"),
    (re.compile(r"openssl/ssl\.h"), lambda folder, layer: folder == "net", "TLS is net's business"),
    (re.compile(r"(sys/socket|netinet/.*|netdb)\.h"), lambda folder, layer: folder == "core" or layer >= 4,
     "sockets stay in layer 4 and above; core has their address types"),
]
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')


def includes(path):
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1), match.group(1) or match.group(2)


def breaches(path, folder, layer):
    """`folder` holds the file and belongs to `layer`; yields sentences."""
    for number, own, name in includes(path):
        place = f"{path.relative_to(TOP)}:{number}"
        first = name.split("/")[0]
        if own and "/" in own:
            if first in SERVICE_FOLDERS:
                if folder != first:
                    yield f"{place}: {folder} includes {own}, which belongs to the program {first}"
                continue
            if first not in LAYER:
                yield f"{place}: {own} belongs to no known folder"
                continue
            if LAYER[first] > layer:
                yield f"{place}: {folder} (layer {layer}) includes {own} (layer {LAYER[first]})"
        for pattern, may, why in HOMES:
            if pattern.match(name) and not may(folder, layer):
                yield f"{place}: {folder} includes {name}: {why}"


def main():
    found, files = [], 0
    for path in sorted([*TOP.glob("libs/**/*.[ch]pp"), *TOP.glob("services/**/*.[ch]pp")]):
        root, folder = path.relative_to(TOP).parts[:2]
        if root == "libs" and folder not in LAYER:
            found.append(f"{path.relative_to(TOP)}: libs/{folder} has no layer; name it in tests/layers.py and design")
            continue
        files += 1
        found += breaches(path, folder, LAYER[folder] if root == "libs" else SERVICES)
    print("\n".join(found) if found else f"{files} files keep to their layers")
    return 1 if found or files == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
