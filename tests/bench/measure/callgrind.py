"""lazaret-submission under valgrind's callgrind: instructions of a fixed run, without those of the start."""

import re
import subprocess

from stack.trouble import Trouble

OVERRIDES = ["server.threads=1", "auth.threads=1"]
TOTAL = re.compile(r"^(?:summary|totals): (\d+)", re.M)
LINE = re.compile(r"^\s*([\d,]+)(?: \([ \d.]+%\))?\s+(\S.*)$")


def prefix(folder):
    """What goes in front of the program."""
    return ["valgrind", "--quiet", "--tool=callgrind", "--dump-line=no", f"--callgrind-out-file={folder}/callgrind.out"]


def control(action, pid):
    done = subprocess.run(["callgrind_control", action, str(pid)], capture_output=True, text=True, check=False)
    if done.returncode != 0 or "Error" in done.stdout + done.stderr:
        raise Trouble(f"callgrind_control {action} failed", details=done.stdout + done.stderr)


def count(server, folder, run):
    """Instructions of all threads while run() lasts, and the file that knows whose they were. Counting begins at zero when
    whatever happens once has happened, and the call stacks of the threads are known."""
    before = set(folder.glob("callgrind.out*"))
    control("--zero", server.pid)
    run()
    control("--dump", server.pid)
    made = sorted(set(folder.glob("callgrind.out*")) - before)
    if not made:
        raise Trouble("callgrind wrote nothing")
    found = TOTAL.findall(made[0].read_text(errors="replace"))
    return int(found[-1]), made[0]


def top(file, messages, inclusive, length):
    """The functions that cost most, [(instructions per message, share of all, name)]."""
    done = subprocess.run(["callgrind_annotate", "--threshold=100", "--show-percs=no", f"--inclusive={'yes' if inclusive else 'no'}",
                           file], capture_output=True, text=True, check=False)
    rows, total = [], None
    for line in done.stdout.splitlines():
        match = LINE.match(line)
        if not match:
            continue
        cost = int(match[1].replace(",", ""))
        if "PROGRAM TOTALS" in match[2]:
            total = cost
        elif total:
            rows.append((cost / messages, cost / total, readable(match[2])))
    return rows[:length]


def readable(name):
    """A function without its source file, object file and the parts of Asio's types that say nothing."""
    name = re.sub(r"^[^:\s]*:(?!:)", "", name)
    name = re.sub(r"\s\[[^\]]*/([^/\]]+)\]$", r"  [\1]", name)
    name = name.replace("boost::asio::", "asio::").replace("lazaret::", "").replace("std::__cxx11::", "std::")
    name = name.replace("std::basic_string<char, std::char_traits<char>, std::allocator<char> >", "std::string")
    return re.sub(r"asio::io_context::basic_executor_type<std::allocator<void>, 0[a-z]*>", "Executor", name)
