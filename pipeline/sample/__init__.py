"""A small raw directory with invented numbers in the publishers' own formats, for trying everything offline.

Codes and names of areas are real, all numbers come from generators seeded by name. Every manifest entry is
marked ``synthetic``, and so is every output made from them.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from pipeline.errors import UsageError
from pipeline.sample import writer
from pipeline.store.files import TEMPORARY
from pipeline.store.landing import MANIFEST, Landing

_WRITTEN = "2025-01-01T00:00:00+00:00"
_WRITTEN_SECONDS = 1_735_689_600
_README = """EVERYTHING IN THIS DIRECTORY IS SYNTHETIC. NO NUMBER IN IT IS REAL.

IT IS THE BUNDLED SAMPLE OF mobility: A FEW COUNTIES AND PLACES WITH THEIR REAL CODES AND INVENTED NUMBERS,
IN THE LAYOUTS OF THE REAL FILES. DO NOT PUBLISH OR CITE ANYTHING COMPUTED FROM IT.
SOME DECLARED YEARS HAVE NO INPUT ON PURPOSE, AS IT IS IN PRACTICE.
"""


def write_sample(folder: Path) -> list[Path]:
    """Write the sample's raw files, README.txt and manifest.json; returns the raw files.

    Writing it twice gives the same bytes. Raises UsageError where the folder holds other files than the
    sample's, so that invented numbers never come to lie among real ones.
    """
    landing = Landing(folder, folder)
    _refuse_real_files(folder, landing)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "README.txt").write_text(_README, encoding="utf-8")
    written = []
    with tempfile.TemporaryDirectory(dir=folder, prefix=TEMPORARY) as scratch:
        for relative, content in sorted(writer.contents().items()):
            download = Path(scratch) / "download"
            download.write_bytes(content)
            os.utime(download, (_WRITTEN_SECONDS, _WRITTEN_SECONDS))
            landing.land(relative, download, how_obtained="synthetic sample", synthetic=True, fetched_at=_WRITTEN)
            written.append(folder / relative)
    landing.save()
    return written


def _refuse_real_files(folder: Path, landing: Landing) -> None:
    """Refuse a folder with files that no manifest marks as synthetic."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a directory; give one for the synthetic sample.")
    known = {revision["file"] for revision in landing.revisions() if revision.get("synthetic")} | {"README.txt"}
    found = [path.relative_to(folder) for path in sorted(folder.rglob("*")) if path.is_file()]
    ours = (TEMPORARY, ".manifest", MANIFEST)
    strange = [path for path in found if str(path) not in known and not path.name.startswith(ours)]
    if strange:
        raise UsageError(
            f"{folder} holds files that are not of the synthetic sample, such as {strange[0]}; "
            "choose an empty directory. Synthetic and real files are never mixed."
        )


__all__ = ["write_sample"]
