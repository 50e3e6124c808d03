"""What deploy/quickstart runs after packages and build."""

import argparse
import fcntl
import os
import signal
import sys
import time

from . import terminal
from .layout import Layout
from .stack import Stack
from .trouble import Trouble


def arguments():
    parser = argparse.ArgumentParser(prog="deploy/quickstart", allow_abbrev=False)
    parser.add_argument("--home", required=True)
    parser.add_argument("--next-hop")
    parser.add_argument("--subscribers")
    parser.add_argument("--networks")
    parser.add_argument("--set", action="append", default=[], dest="overrides")
    for flag in ("--no-demo", "--once", "--background", "--stop", "--status"):
        parser.add_argument(flag, action="store_true")
    options = parser.parse_args()
    if options.once and (options.background or options.no_demo):
        parser.error("--once runs the demonstration: it goes with neither --background nor --no-demo")
    if options.once and options.next_hop:
        parser.error("--once counts what arrives in the private Postfix: it does not go with --next-hop")
    return options


def show_status(stack):
    running = stack.status()
    if not any(running.values()):
        terminal.say(f"nothing runs under {stack.layout.home}")
        return 3
    for name, pid in running.items():
        terminal.say(f"  {name:<20} {'process ' + str(pid) if pid else terminal.colour('not running', 'red')}")
    terminal.say(f"  {'where':<20} {stack.layout.endpoints}")
    return 0


def stop(stack):
    if not any(stack.status().values()):
        terminal.say(f"nothing runs under {stack.layout.home}")
        return 0
    gently = stack.stop()
    terminal.say("stopped" if gently else "stopped, but not everything ended by itself within its time")
    return 0 if gently else 1


def stay(stack):
    """Until Ctrl-C, SIGTERM, or a --stop from elsewhere. A program that ends is told once."""
    terminal.say(f"\nEverything runs until Ctrl-C. Logs: {stack.layout.home / 'state' / 'log'}")
    told = set()
    while any(stack.status().values()):
        for name, pid in stack.status().items():
            if pid is None and name not in told:
                told.add(name)
                terminal.say(terminal.colour(f"{name} has ended; see its log", "red"))
        time.sleep(1)


def run(options):
    stack = Stack(options.home, options.subscribers, options.networks, options.next_hop, options.overrides, tell=terminal.step)
    if options.stop:
        return stop(stack)
    if options.status:
        return show_status(stack)
    layout = Layout(options.home)
    layout.make()
    with open(layout.run / "lock", "w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Trouble(f"another start under {layout.home} is under way") from None
        if layout.is_elsewhere:
            terminal.say(f"  the servers' users cannot work in {layout.home}: the state lies in {layout.state}")
        began = time.monotonic()
        stack.start()
        terminal.say(f"  up in {time.monotonic() - began:.1f} s; addresses in {layout.endpoints}")
    if options.background:
        return 0
    try:
        status = 0
        if not options.no_demo and not options.next_hop:
            from demo.demo import Demonstration, why_none  # only here: tests of the stack do without it
            reason = why_none(stack)
            if reason and options.once:
                raise Trouble(f"no demonstration: {reason}", 2)
            if reason:
                terminal.say(f"  no demonstration: {reason}")
            else:
                status = Demonstration(stack).run()
        elif options.next_hop and not options.no_demo:
            terminal.say("  no demonstration: it counts what arrives in the private Postfix, and --next-hop names another server")
        if not options.once:
            stay(stack)
            status = 0
        return status
    except KeyboardInterrupt:
        return 130 if options.once else 0
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        terminal.say("\nstopping")
        stack.stop()


def main():
    os.umask(0o022)  # the servers' users read what root writes here; what is secret gets its mode by name
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        return run(arguments())
    except Trouble as trouble:
        terminal.awake()
        if trouble.details:
            print(trouble.details, file=sys.stderr)
        print(f"quickstart: {trouble}", file=sys.stderr)
        return trouble.status
    except KeyboardInterrupt:
        return 130


sys.exit(main())
