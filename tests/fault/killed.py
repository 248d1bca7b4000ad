"""Runs commands of the command line again and again and kills each at a random moment (SIGKILL).

``python killed.py SECONDS SEED TIMES COMMAND...`` (a JSON list of argument lists; one is chosen each time) until
so many were killed before they ended. Python and its packages are imported once, each command runs in a fork of this
process, so that most of its life is work.
"""

import json
import os
import random
import signal
import sys
import time

import dagster  # noqa: F401  imported before the forks, like all that follows
import duckdb  # noqa: F401

import assets.factories  # noqa: F401
from pipeline.cli import main


def run(arguments: list[str]) -> None:
    """Run one command in this process and end it; what it prints is of no interest."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    try:
        main(arguments, standalone_mode=False)
    except SystemExit:
        pass
    finally:
        os._exit(0)


def killed(arguments: list[str], after: float) -> bool:
    """Whether the command was still running after so many seconds, when it was killed."""
    child = os.fork()
    if child == 0:
        run(arguments)
    time.sleep(after)
    os.kill(child, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    longest, seed, times, commands = float(sys.argv[1]), sys.argv[2], int(sys.argv[3]), json.loads(sys.argv[4])
    chance, count = random.Random(seed), 0
    while count < times:
        count += killed(chance.choice(commands), chance.uniform(0, longest))
