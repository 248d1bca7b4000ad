"""mobility: the engine that rebuilds the Mobility Metrics from raw public data."""

import os
from functools import cache
from pathlib import Path

__version__ = "2025.1"
# Told beside every answer that rests on the made-up sample.
SYNTHETIC = "SYNTHETIC DATA: the raw directory is the made-up sample; no number is real."

# Ranks are of small matrices: with more than one thread OpenBLAS waits longer than it computes, above all beside
# DuckDB's own threads. It reads the variable once, when numpy is imported, so this stands before every import of it.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


@cache
def code_version() -> str:
    """The version with the commit of the checkout that the code lies in; it is told and decides no row.

    Read from the files of .git, so that neither git nor a process is needed; uncommitted changes do not show.
    """
    commit = _commit(Path(__file__).resolve().parent.parent / ".git")
    return f"{__version__}+{commit[:12]}" if commit else __version__


def _commit(git: Path) -> str | None:
    """The commit that HEAD names, None where there is no checkout."""
    try:
        if git.is_file():
            git = git.parent / git.read_text(encoding="utf-8").removeprefix("gitdir:").strip()
        head = (git / "HEAD").read_text(encoding="utf-8").strip()
        if not head.startswith("ref: "):
            return head
        name, common = head.removeprefix("ref: "), git / "commondir"
        # A worktree keeps its branches where the repository does.
        root = git / common.read_text(encoding="utf-8").strip() if common.exists() else git
        if (root / name).exists():
            return (root / name).read_text(encoding="utf-8").strip()
        packed = [line.split(" ") for line in (root / "packed-refs").read_text(encoding="utf-8").splitlines()]
        return next((commit for commit, *names in packed if names == [name]), None)
    except OSError:
        return None
