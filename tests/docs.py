#!/usr/bin/env python3
"""Every file of this tree that README.md and docs/*.md name in back quotes must exist. Names without a folder in
docs/flow.md are in services/submission, as its first line says. Exit status 1 with file and line of each that is not."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TREE = ("cmake", "dashboards", "deploy", "docs", "libs", "services", "sql", "tests")
ELSEWHERE = ("state_dir/",)  # made while Lazaret runs
PATH = re.compile(r"[\w.-]+(/[\w.-]+)*/?")
EXTENSION = re.compile(r"[^/]\.[a-z]\w*$")


def is_named(name: str, is_flow: bool) -> bool:
    """Whether it is meant as a path of this tree."""
    if not PATH.fullmatch(name) or name.startswith(ELSEWHERE + ("../",)):
        return False
    if "/" not in name:
        return is_flow and name.endswith((".cpp", ".hpp"))
    return name.split("/")[0] in TREE or EXTENSION.search(name) is not None


def main() -> int:
    found = seen = 0
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        is_flow = path.name == "flow.md"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            for name in " ".join(re.findall(r"`([^`]+)`", line)).split():
                if not is_named(name, is_flow):
                    continue
                seen += 1
                if not (ROOT / ("services/submission" if "/" not in name else "") / name).exists():
                    print(f"{path.relative_to(ROOT)}:{number}: {name} does not exist")
                    found += 1
    print(f"docs: {seen} paths, {found} missing")
    return 1 if found or not seen else 0


if __name__ == "__main__":
    sys.exit(main())
