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

from tests.warm import become, warm_up


def killed(arguments: list[str], after: float) -> bool:
    """Whether the command was still running after so many seconds, when it was killed."""
    child = os.fork()
    if child == 0:
        become(arguments, dict(os.environ), [os.devnull] * 3)
    time.sleep(after)
    os.kill(child, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    longest, seed, times, commands = float(sys.argv[1]), sys.argv[2], int(sys.argv[3]), json.loads(sys.argv[4])
    chance, count = random.Random(seed), 0
    warm_up()
    while count < times:
        count += killed(chance.choice(commands), chance.uniform(0, longest))
