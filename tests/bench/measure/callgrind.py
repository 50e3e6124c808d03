"""lazaret-submission under valgrind's callgrind: instructions of a fixed run, without those of the start."""

import re
import subprocess

from stack.trouble import Trouble

OVERRIDES = ["server.threads=1", "auth.threads=1"]
TOTAL = re.compile(r"^(?:summary|totals): (\d+)", re.M)
# A thread's outermost functions do not return while we count, and callgrind then takes what they call for their own.
OUTERMOST = re.compile(r"clone |start_thread|0x\w+  \[libstdc\+\+|std::thread::_State_impl|asio::(io_context|detail::scheduler)::run\(")
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
            name = readable(match[2])
            if inclusive or not OUTERMOST.match(name):
                rows.append((cost / messages, cost / total, name))
    return rows[:length]


def readable(name):
    """A function without its source file, its object's folder and the parts of types that say nothing."""
    name = re.sub(r"^[^:\s]*:(?!:)", "", name)
    name = re.sub(r"\s\[[^\]]*/([^/\]]+)\]$", r"  [\1]", name)
    for long, short in SHORTER:
        name = re.sub(long, short, name)
    return name


SHORTER = [(r"\bboost::asio::", "asio::"), (r"\blazaret::", ""), (r"std::__cxx11::", "std::"),
           (r"std::basic_string(_view)?<char, std::char_traits<char>(, std::allocator<char> )?>", r"std::string\1"),
           (r"std::chrono::duration<long, std::ratio<1l, 1000000l> >", "Duration"),
           (r"asio::io_context::basic_executor_type<std::allocator<void>, \w+>", "Executor"),
           (r"^(.+?)\(.*Frame\*\)( const)? \[clone \.(actor|destroy)\]", r"\1 [coroutine, \3]")]
