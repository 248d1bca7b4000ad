"""Wall time, CPU time and peak memory of a command in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field

from pipeline import settings


@dataclass
class Measured:
    """Seconds of wall and CPU time, peak resident memory in MB, exit code, and what the process told about itself."""

    seconds: float
    cpu_seconds: float
    peak_mb: float
    code: int
    told: dict = field(default_factory=dict)


def run(command: list[str], allowed=(0,), **options) -> Measured:
    """Run ``command`` to its end. Raises CalledProcessError where its exit code is none of ``allowed``.

    The last line of its output is taken for JSON where it begins with a brace.
    """
    started = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=settings.PROJECT, **options) as process:
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - started
    if process.returncode not in allowed:
        raise subprocess.CalledProcessError(process.returncode, command, output)
    lines = output.strip().splitlines()
    told = json.loads(lines[-1]) if lines and lines[-1].startswith("{") else {}
    return Measured(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, process.returncode, told)


def task(name: str, *arguments) -> Measured:
    """Run one task of tests/benchmark/tasks.py in a process of its own."""
    return run([sys.executable, "-m", "tests.benchmark.tasks", name, *map(str, arguments)])


def mobility(*arguments, raw, store) -> Measured:
    """Run the command line; a check that fails (exit code 1) is told by its own message and does not end the benchmark."""
    command = [sys.executable, "-m", "pipeline.cli", *map(str, arguments), "--raw", str(raw), "--store", str(store)]
    return run(command, allowed=(0, 1), stderr=subprocess.DEVNULL)
