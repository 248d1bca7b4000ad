"""Runs side by side, each in a process of its own, with the tables and checks of runs one after the other.

The command holds the order: before a process makes a table it asks, and is told to go on when the tables that this one
reads, or is compared with, are finished as far as they belong to earlier runs. Runs are handed out in their order, so the
first unfinished one never waits for another.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection, wait

from pipeline.build.runs import Run
from pipeline.build.worker import ASKS, ENDS, TELLS
from pipeline.errors import MobilityError
from pipeline.plan.step import Step
from pipeline.run import whole
from pipeline.run.workspace import Workspace
from pipeline.settings import PROJECT, Settings

# The start of a process takes as long as some 20 tables of the sample.
TABLES_PER_PROCESS = 60
# Ctrl-C reaches the process too, from its first moment on; it is the command that ends it. (While Dagster runs, it takes the
# signal all the same.)
WORKER = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); from pipeline.build.worker import main; main()"


def processes(settings: Settings, runs: list[Run]) -> int:
    """How many processes to share the runs among: as many as the settings say, else one per core where it pays."""
    tables = sum(len(run.steps) for run in runs)
    wanted = settings.processes or min(os.cpu_count() or 1, tables // TABLES_PER_PROCESS)
    return max(1, min(wanted, len(runs)))


def materialize(workspace: Workspace, runs: list[Run], count: int, force: bool) -> None:
    """Materialize the runs in ``count`` processes; ``workspace`` is told of every start and outcome as they come.

    Raises MobilityError where a process fails in a way that no outcome tells of, or ends without a word.
    """
    with contextlib.ExitStack() as stack:
        team = [stack.enter_context(_Process(workspace, runs, count, force)) for _ in range(count)]
        _Foreman(workspace, runs, team).work()


class _Process:
    """One process of the team: what it makes (``run``), the tables that it ``waits`` for before it goes on (None: it is at
    work), and those that it was not yet told of (``news``)."""

    def __init__(self, workspace: Workspace, runs: list[Run], count: int, force: bool):
        ours, theirs = socket.socketpair()
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-c", WORKER, str(theirs.fileno())],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env=os.environ | {"PYTHONPATH": os.pathsep.join([str(PROJECT), os.environ.get("PYTHONPATH", "")])},
            )
        self.connection = Connection(ours.detach())
        keys = list(dict.fromkeys(step.key for run in runs for step in run.steps))
        self.connection.send((replace(workspace.settings, beside=count), workspace.subgroup, keys, force))
        self.run: Run | None = None
        self.waits: set[str] | None = None
        self.news: list[str] = []

    def __enter__(self) -> _Process:
        return self

    def __exit__(self, *_) -> None:
        """End the process, whatever it is doing: what it has not finished is swept away like that of a killed one."""
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.connection.close()


@dataclass
class _Foreman:
    """Hands out the runs and lets the processes go on when what they wait for is finished."""

    workspace: Workspace
    runs: list[Run]
    team: list[_Process]
    steps: dict[str, Step] = field(default_factory=dict)
    number: dict[str, int] = field(default_factory=dict)
    finished: set[str] = field(default_factory=set)

    def work(self) -> None:
        """Until every run has ended."""
        for number, run in enumerate(self.runs):
            for step in run.steps:
                self.steps[step.address], self.number[step.address] = step, number
        left = iter(self.runs)
        for each in self.team:
            self._hand_out(each, left)
        while busy := {each.connection: each for each in self.team if each.run}:
            for connection in wait(list(busy)):
                self._hear(busy[connection], left)
            for each in self.team:
                self._let_go_on(each)

    def _hand_out(self, process: _Process, left) -> None:
        process.run = next(left, None)
        if process.run:
            process.connection.send((process.run.year, process.run.labels))

    def _hear(self, process: _Process, left) -> None:
        try:
            what, content = process.connection.recv()
        except (EOFError, ConnectionResetError):
            code = process.process.wait()
            raise MobilityError(
                f"A process of the build ended without a word (exit code {code}); it may have been killed, or the memory "
                "was too small. What was finished is kept; the same command goes on from there, with --processes 1 in "
                "one process."
            ) from None
        if what == ASKS:
            self.workspace.on_start(self.steps[content])
            process.waits = self._waits_for(content)
        elif what == TELLS:
            self.workspace.forget(content.address)
            self._finish([content.address])
            self.workspace.on_outcome(content)
        elif what == ENDS:
            self._finish([step.address for step in process.run.steps])
            self._hand_out(process, left)
        else:
            raise MobilityError(content)

    def _finish(self, addresses: list[str]) -> None:
        new = [address for address in addresses if address not in self.finished]
        self.finished.update(new)
        for each in self.team:
            each.news += new

    def _let_go_on(self, process: _Process) -> None:
        if process.waits is not None and process.waits <= self.finished:
            process.connection.send(process.news)
            process.waits, process.news = None, []

    def _waits_for(self, address: str) -> set[str]:
        """The tables of earlier runs that this one reads or is compared with."""
        step, own = self.steps[address], self.number[address]
        others = {*(each.address for each in step.needs), *whole.neighbours(step, self.workspace)}
        return {each for each in others if self.number.get(each, own) < own}
