"""A process of a build whose runs are made side by side (``side_by_side``): makes runs until there is none left.

What it says, each with its content: it asks to make the table of an address (and is told which tables others have finished
since), tells an outcome, ends a run, or fails in a way that no outcome tells of.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from dataclasses import replace
from multiprocessing.connection import Connection

from pipeline.build.runs import materializer
from pipeline.errors import MobilityError
from pipeline.plan.step import Step
from pipeline.run.make import Outcome
from pipeline.run.workspace import Workspace
from pipeline.settings import collect_rarely

ASKS, TELLS, ENDS, FAILS = "asks", "tells", "ends", "fails"


def main() -> None:
    """Be such a process; the number of its connection is the first argument."""
    threading.Thread(target=_end_with_the_command, daemon=True).start()
    collect_rarely()
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError, KeyboardInterrupt):
        _work(Connection(int(sys.argv[1])))


def _work(connection: Connection) -> None:
    settings, subgroup, keys, force = connection.recv()

    def ask(step: Step) -> None:
        connection.send((ASKS, step.address))
        for address in connection.recv():
            workspace.forget(address)

    def tell(outcome: Outcome) -> None:
        # Errors do not travel between processes; outcomes carry their message and exit code.
        connection.send((TELLS, replace(outcome, error=None)))

    workspace = replace(Workspace.of(settings), subgroup=subgroup, on_start=ask, on_outcome=tell)
    try:
        with materializer(workspace, keys, force) as run:
            while True:
                run(*connection.recv())
                connection.send((ENDS, None))
    except MobilityError as error:
        connection.send((FAILS, str(error)))


def _end_with_the_command() -> None:
    """Wait for the end of stdin, which comes when the command has ended, however it did; then end at once."""
    sys.stdin.buffer.read()
    os._exit(1)
