"""The command line in processes that need not import Python's packages again: each run is a fork of one that has.

``CommandLine().run("build", ...)`` starts ``python warm.py`` once, which answers a JSON line per command; the fork has
the arguments, environment and output files of its own that a process started by hand would have.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent


class CommandLine:
    """The process that has imported everything; ``run`` gives the completed process of one command."""

    def __init__(self):
        self.server = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=PROJECT,
            env=os.environ | {"PYTHONPATH": str(PROJECT), "DAGSTER_DISABLE_TELEMETRY": "1"},
        )

    def run(self, *arguments, raw=None, store=None, stdin: str | None = None) -> subprocess.CompletedProcess:
        """Run one command to its end, in the project's folder and with the environment of now."""
        command = [*map(str, arguments)]
        command += ["--raw", str(raw)] if raw else []
        command += ["--store", str(store)] if store else []
        with tempfile.TemporaryDirectory() as folder:
            given, out, err = (Path(folder, name) for name in ("stdin", "stdout", "stderr"))
            given.write_text(stdin or "")
            asked = {
                "arguments": command,
                "environment": dict(os.environ),
                "files": [str(given) if stdin is not None else os.devnull, str(out), str(err)],
            }
            print(json.dumps(asked), file=self.server.stdin, flush=True)
            code = int(self.server.stdout.readline())
            return subprocess.CompletedProcess(["mobility", *command], code, out.read_text(), err.read_text())

    def close(self) -> None:
        """End the process."""
        self.server.stdin.close()
        self.server.wait()


def become(arguments: list[str], environment: dict, files: list[str]) -> None:
    """Be the process of one command, up to its end; ``files`` are its stdin, stdout and stderr."""
    from pipeline.cli import main

    for number, (file, flags) in enumerate(zip(files, (os.O_RDONLY, *[os.O_WRONLY | os.O_CREAT] * 2), strict=True)):
        os.dup2(os.open(file, flags), number)
    sys.stdin = os.fdopen(0, encoding="utf-8")
    os.environ.clear()
    os.environ.update(environment)
    code = 1
    try:
        main(arguments, prog_name="mobility")
    except SystemExit as ended:
        code = ended.code or 0
    except BaseException:
        traceback.print_exc()
    finally:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        # Not by the interpreter's own end, which waits for threads that a fork does not have
        os._exit(code)


def warm_up() -> None:
    """Import everything and read the catalog."""
    import dagster

    import assets.factories  # noqa: F401
    import pipeline.api  # noqa: F401
    import pipeline.build.side_by_side  # noqa: F401
    from pipeline import catalog, kept

    catalog.load()
    # Each command reads anew what others have kept meanwhile.
    kept._before.cache_clear()
    # What Dagster imports only when it is used
    with dagster.DagsterInstance.ephemeral():
        pass


def _serve() -> None:
    warm_up()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            become(**json.loads(line))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    _serve()
