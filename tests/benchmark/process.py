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
    """Seconds of wall and CPU time, peak resident memory in MB, and what the process told about itself as JSON."""

    seconds: float
    cpu_seconds: float
    peak_mb: float
    told: dict = field(default_factory=dict)


def run(command: list[str], **options) -> Measured:
    """Run ``command`` to its end. Raises CalledProcessError where it fails.

    The last line of its output is taken for JSON where it begins with a brace.
    """
    started = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=settings.PROJECT, **options) as process:
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - started
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, output)
    lines = output.strip().splitlines()
    told = json.loads(lines[-1]) if lines and lines[-1].startswith("{") else {}
    return Measured(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, told)


def task(name: str, *arguments) -> Measured:
    """Run one task of tests/benchmark/tasks.py in a process of its own."""
    return run([sys.executable, "-m", "tests.benchmark.tasks", name, *map(str, arguments)])
