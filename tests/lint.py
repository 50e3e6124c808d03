#!/usr/bin/env python3
"""Lines that a reviewer would refuse, found by shape: what GCC 12.2 miscompiles inside coroutines (docs/hacking.md,
compiler notes), and calls that have no place in this project. Exit status 1 with file and line of each."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# (what is wrong, pattern)
RULES = [
    ("capturing lambda inside co_await", re.compile(r"co_await [^;]*\[[^\]&]+\]\s*\(")),
    ("braced aggregate inside co_await", re.compile(r"co_await [^;]*\(\{")),
    ("co_await inside ?:", re.compile(r"\?\s*co_await|:\s*co_await [^;]*;\s*//\s*else")),
    ("co_await joined by && or ||", re.compile(r"(&&|\|\|)\s*!?co_await|co_await [^;]*(&&|\|\|) ")),
    ("co_await as what a switch is about", re.compile(r"switch \([^)]*co_await")),
    ("system() runs a shell", re.compile(r"\b(std::)?system\(")),
    ("strcpy, sprintf and kin have no bound", re.compile(r"\b(strcpy|strcat|sprintf|gets)\(")),
    ("std::stoi and kin throw on input", re.compile(r"std::sto(i|l|ul|ull|d)\(")),
    ("work left undone", re.compile(r"\b(TODO|FIXME|XXX)\b")),
]


def code_only(line: str) -> str:
    """Without string literals and // comments, so that prose about a shape is not the shape."""
    return re.sub(r'"(\\.|[^"\\])*"', '""', line).split("//")[0]


def main() -> int:
    found = 0
    for folder in ("libs", "services"):
        for path in sorted((ROOT / folder).rglob("*.[ch]pp")):
            if path.name.endswith("_test.cpp"):
                continue
            name = str(path.relative_to(ROOT))
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                for what, pattern in RULES:
                    text = line if what == "work left undone" else code_only(line)
                    if pattern.search(text):
                        print(f"{name}:{number}: {what}: {line.strip()}")
                        found += 1
    print(f"lint: {found} found" if found else "lint: nothing found")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
