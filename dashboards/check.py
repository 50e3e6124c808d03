#!/usr/bin/env python3
"""Checks boards and alert rules without Grafana and without a running Prometheus.

    check.py                                   boards, rules and metrics.txt against each other, and promtool
    check.py --submission FILE --engine FILE   besides, saved /metrics answers against metrics.txt
    check.py ... --complete                    besides, every listed metric must be in the answers

Every metric and label that a panel or a rule names must be in metrics.txt. Exit status 0, 1 with one line per
finding, 77 when promtool is missing (the other checks have passed then).
"""
import argparse
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
RULES = os.path.join(HERE, "prometheus", "lazaret.rules.yml")
RULE_TESTS = os.path.join(HERE, "prometheus", "lazaret.rules.test.yml")
SERVER_LABELS = {"job", "instance"}  # added by Prometheus to every series
SUFFIXES = {"_bucket": {"le"}, "_sum": set(), "_count": set()}

findings = []


def fail(where, what):
    findings.append(f"{where}: {what}")


# --- metrics.txt ---------------------------------------------------------------------------------------------

def read_golden():
    """name -> (type, program, set of labels)"""
    golden = {}
    with open(os.path.join(HERE, "metrics.txt"), encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            fields = line.split("#")[0].split()
            if not fields:
                continue
            where = f"metrics.txt:{number}"
            if len(fields) not in (3, 4):
                fail(where, "expected: name type program [label,label]")
                continue
            name, kind, program = fields[:3]
            if name in golden:
                fail(where, f"{name} is listed twice")
            if kind not in ("counter", "gauge", "histogram"):
                fail(where, f"{kind} is not a type")
            if program not in ("submission", "engine", "both"):
                fail(where, f"{program} is not a program")
            if (kind == "counter") != name.endswith("_total"):
                fail(where, f"{name}: counters, and only they, end in _total")
            golden[name] = (kind, program, set(fields[3].split(",")) if len(fields) == 4 else set())
    return golden


def labels_of(golden, name):
    """Labels that a series of this name may have; None when the name is unknown."""
    if name == "up":
        return SERVER_LABELS
    if name in golden and golden[name][0] != "histogram":
        return golden[name][2] | SERVER_LABELS
    for suffix, more in SUFFIXES.items():
        base = name.removesuffix(suffix)
        if base != name and golden.get(base, ("",))[0] == "histogram":
            return golden[base][2] | more | SERVER_LABELS
    return None


# --- PromQL, as far as names go --------------------------------------------------------------------------------

def selectors(expression):
    """(metric, {label: matcher}) of every selector; strings may hold anything."""
    for match in re.finditer(r"([a-zA-Z_:][\w:]*)\s*(\{(?:[^\"}]|\"(?:\\.|[^\"\\])*\")*\})?(\s*\[)?", expression):
        name, braces, bracket = match.groups()
        if braces or bracket or name.startswith(("lazaret_", "process_")) or name == "up":
            pairs = re.findall(r"(\w+)\s*(=~|!~|!=|=)\s*\"((?:\\.|[^\"\\])*)\"", braces or "")
            yield name, {label: operator + value for label, operator, value in pairs}


def check_names(where, expression, golden):
    without_strings = re.sub(r"\"(?:\\.|[^\"\\])*\"", '""', expression)
    known = set()
    for name, matchers in selectors(expression):
        labels = labels_of(golden, name)
        if labels is None:
            fail(where, f"{name} is not in metrics.txt")
            return
        known |= labels
        for label in matchers:
            if label not in labels:
                fail(where, f"{name} has no label {label}")
    for group in re.findall(r"\b(?:by|without|on|ignoring)\s*\(([^)]*)\)", without_strings):
        for label in filter(None, (part.strip() for part in group.split(","))):
            if label not in known:
                fail(where, f"no metric of the expression has the label {label}")


# --- boards ------------------------------------------------------------------------------------------------------

def check_template(where, board):
    variables = {variable["name"]: variable for variable in board["templating"]["list"]}
    source = variables.get("datasource", {})
    if source.get("type") != "datasource" or source.get("query") != "prometheus":
        fail(where, "needs a variable datasource of type datasource for prometheus")
    for name in ("job", "instance"):
        variable = variables.get(name, {})
        if variable.get("type") != "query" or not variable.get("multi") or variable.get("allValue") != ".+":
            fail(where, f"needs a query variable {name} with multi and allValue .+")
        if variable.get("refresh") != 2:
            fail(where, f"variable {name} must be read again when the time range changes (refresh 2)")


def check_target(where, expression, golden):
    check_names(where, expression, golden)
    for name, matchers in selectors(expression):
        for label in ("job", "instance"):
            if matchers.get(label) != f"=~${label}":
                fail(where, f'{name} needs {label}=~"${label}"')
    if re.search(r"\[(?!\$__rate_interval\])", re.sub(r"\"[^\"]*\"", "", expression)):
        fail(where, "ranges are [$__rate_interval]")


def check_board(path, golden):
    """Returns (place, expression) of everything that is asked of Prometheus."""
    name = os.path.basename(path)
    with open(path, encoding="utf-8") as text:
        board = json.load(text)
    for key, wanted in (("id", None), ("schemaVersion", 39), ("editable", False)):
        if board.get(key, "missing") != wanted:
            fail(name, f"{key} must be {json.dumps(wanted)}")
    if not board.get("uid") or not board.get("title"):
        fail(name, "needs uid and title")
    check_template(name, board)
    asked = []
    numbers = set()
    for panel in board["panels"]:
        where = f"{name}: panel {panel.get('title') or panel.get('id')!r}"
        if panel["type"] == "row":
            continue
        if panel["id"] in numbers:
            fail(where, "its id is taken")
        numbers.add(panel["id"])
        if not panel.get("title") or not panel.get("description"):
            fail(where, "needs title and description")
        if not panel.get("fieldConfig", {}).get("defaults", {}).get("unit"):
            fail(where, "needs a unit")
        if panel.get("datasource", {}).get("uid") != "${datasource}":
            fail(where, "must use ${datasource}")
        if not panel.get("targets"):
            fail(where, "asks nothing")
        for target in panel.get("targets", []):
            asked.append((f"{where} {target['refId']}", target["expr"]))
        letters = [target["refId"] for target in panel.get("targets", [])]
        if len(set(letters)) != len(letters):
            fail(where, "two targets have the same refId")
    for note in board["annotations"]["list"]:
        if "expr" in note:
            asked.append((f"{name}: annotation {note['name']}", note["expr"]))
    for where, expression in asked:
        check_target(where, expression, golden)
    return asked


# --- rules -------------------------------------------------------------------------------------------------------

def check_rules(golden):
    """Reads only the shape our rule files have: one line per key; promtool reads them properly."""
    with open(RULES, encoding="utf-8") as text:
        rules = text.read()
    with open(RULE_TESTS, encoding="utf-8") as text:
        tests = text.read()
    blocks = re.split(r"^ *- alert: *", rules, flags=re.M)[1:]
    if not blocks:
        fail("rules", "no alert found")
    for block in blocks:
        alert = block.split("\n", 1)[0].strip()
        where = f"alert {alert}"
        expression = re.search(r"^ *expr: (.+)$", block, flags=re.M)
        if not expression:
            fail(where, "needs expr on one line")
            continue
        check_names(where, expression[1], golden)
        for key in ("severity:", "summary:", "description:"):
            if key not in block:
                fail(where, f"needs {key[:-1]}")
        cases = re.findall(rf"alertname: {alert}\n *eval_time: .*\n *exp_alerts:(.*)", tests)
        if not any(case.strip() == "[]" for case in cases) or not any(case.strip() == "" for case in cases):
            fail(where, "needs a test in which it fires and one in which it does not")


# --- promtool ------------------------------------------------------------------------------------------------------

def promtool(*arguments, **options):
    done = subprocess.run(["promtool", *arguments], capture_output=True, text=True, check=False, **options)
    if done.returncode != 0:
        fail("promtool " + " ".join(os.path.basename(a) for a in arguments), (done.stdout + done.stderr).strip())


def check_expressions(folder, asked):
    """Hands panel expressions to promtool as recording rules; true when all are valid PromQL."""
    rules = []
    for number, (_, expression) in enumerate(asked):
        plain = re.sub(r"\$\w+", ".*", expression.replace("$__rate_interval", "5m"))
        rules.append({"record": f"panel:{number}", "expr": plain})
    path = os.path.join(folder, "panels.yml")
    with open(path, "w", encoding="utf-8") as text:
        json.dump({"groups": [{"name": "panels", "rules": rules}]}, text)  # JSON is YAML
    done = subprocess.run(["promtool", "check", "rules", path], capture_output=True, text=True, check=False)
    if done.returncode != 0 and len(asked) == 1:
        fail(asked[0][0], (done.stdout + done.stderr).strip())
    return done.returncode == 0


def check_with_promtool(asked):
    promtool("check", "rules", RULES)
    promtool("test", "rules", RULE_TESTS)
    with tempfile.TemporaryDirectory() as folder:
        if not check_expressions(folder, asked):
            for one in asked:  # which of them it is
                check_expressions(folder, [one])


# --- live answers ----------------------------------------------------------------------------------------------------

def check_live(path, program, golden, complete):
    with open(path, encoding="utf-8") as text:
        answer = text.read()
    where = f"/metrics of {program}"
    kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", answer, flags=re.M))
    for name, kind in kinds.items():
        if name not in golden:
            fail(where, f"{name} is not in metrics.txt")
        elif golden[name][0] != kind:
            fail(where, f"{name} is a {kind}, metrics.txt says {golden[name][0]}")
        elif golden[name][1] not in (program, "both"):
            fail(where, f"{name} belongs to {golden[name][1]} after metrics.txt")
    for line in answer.splitlines():
        match = re.match(r"([a-zA-Z_:][\w:]*)(?:\{(.*)\})? \S+$", line)
        if not match:
            if line and not line.startswith("#"):
                fail(where, f"not a sample: {line}")
            continue
        found = set(re.findall(r"(\w+)=\"(?:\\.|[^\"\\])*\"", match[2] or ""))
        allowed = labels_of(golden, match[1])
        if allowed is not None and found != allowed - SERVER_LABELS:
            fail(where, f"{match[1]} has the labels {sorted(found)}, metrics.txt says "
                        f"{sorted(allowed - SERVER_LABELS)}")
    if complete:
        for name, (_, owner, _) in golden.items():
            if owner in (program, "both") and name not in kinds:
                fail(where, f"{name} is missing")
    if shutil.which("promtool"):
        promtool("check", "metrics", input=answer)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--submission", metavar="FILE", help="saved /metrics of lazaret-submission")
    parser.add_argument("--engine", metavar="FILE", help="saved /metrics of lazaret-engine")
    parser.add_argument("--complete", action="store_true", help="every listed metric must be in the answers")
    arguments = parser.parse_args()

    golden = read_golden()
    asked = []
    boards = sorted(glob.glob(os.path.join(HERE, "grafana", "*.json")))
    if not boards:
        fail("grafana", "no board found")
    for path in boards:
        asked += check_board(path, golden)
    check_rules(golden)
    for program in ("submission", "engine"):
        path = getattr(arguments, program)
        if path:
            check_live(path, program, golden, arguments.complete)
    if shutil.which("promtool"):
        check_with_promtool(asked)
    for finding in findings:
        print(finding)
    if findings:
        return 1
    print(f"{len(golden)} metrics, {len(boards)} boards, {len(asked)} expressions: no finding")
    return 0 if shutil.which("promtool") else 77


if __name__ == "__main__":
    sys.exit(main())
