"""Lines for a person: plain when the output is no terminal."""

import os
import sys
import threading

COLOURS = {"red": "31", "green": "32", "yellow": "33", "blue": "34", "magenta": "35", "cyan": "36", "grey": "90", "bold": "1"}
_lock = threading.Lock()


def is_terminal():
    return sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb" and "NO_COLOR" not in os.environ


def colour(text, name):
    return f"\033[{COLOURS[name]}m{text}\033[0m" if is_terminal() else text


def say(text=""):
    with _lock:
        print(text, flush=True)


def step(name, text):
    """A finished step of the start."""
    say(f"  {colour('✓' if is_terminal() else '-', 'green')} {name:<12} {text}")


def sleeping(text):
    """What is awaited right now; replaced by the next line. Only a terminal shows it."""
    if is_terminal():
        with _lock:
            print(f"\r\033[K  … {text}", end="\r", flush=True)


def awake():
    if is_terminal():
        with _lock:
            print("\r\033[K", end="", flush=True)
