"""The raw directory of the benchmark: generated microdata beside the small real (or sample) files."""

from __future__ import annotations

import tempfile
from pathlib import Path

from pipeline import settings
from pipeline.engine import Engine
from pipeline.plan import Plan
from pipeline.plan.step import chain
from pipeline.sample import write_sample
from pipeline.settings import Settings
from tests.benchmark import generate

REAL = settings.PROJECT.parent / "shared" / "raw"
# What the real files have no year for is taken from the nearest one: sizes and shapes are what counts here.
STAND_INS = {"hud/Section8-FY21.csv": "hud/Section8-FY22.csv"}


def raw_directory(work: Path, scale: float) -> Settings:
    """Fill ``<work>/raw`` and return the settings of the benchmark's own raw directory and store.

    Other sources are links to ``../shared/raw`` where it is at hand, else copies of the synthetic sample.
    """
    chosen = Settings.of(work / "raw", work / "store")
    chosen.raw.mkdir(parents=True, exist_ok=True)
    source = REAL
    if not REAL.is_dir():
        source = Path(tempfile.mkdtemp(prefix="sample-", dir=work))
        write_sample(source)
    for folder in sorted(source.iterdir()):
        if folder.is_dir() and folder.name not in ("acs_pums", "ipums_usa"):
            _link(chosen.raw / folder.name, folder)
    crosswalk = geography(chosen, "puma_to_county")
    for vintage in generate.VINTAGES:
        generate.write(chosen.raw / "acs_pums" / vintage.name, vintage, crosswalk, scale)
    return chosen


def _link(target: Path, folder: Path) -> None:
    """A folder of links, so that stand-ins can be added to it."""
    target.mkdir(exist_ok=True)
    names = {path.name: path for path in folder.iterdir()}
    for wanted, stand_in in STAND_INS.items():
        if Path(wanted).parent.name == folder.name and Path(stand_in).name in names:
            names.setdefault(Path(wanted).name, names[Path(stand_in).name])
    for name, path in names.items():
        if not (target / name).is_symlink():
            (target / name).symlink_to(path)


def geography(chosen: Settings, table: str) -> Path:
    """Build one geography table in the benchmark's store and return its path."""
    plan = Plan(chosen)
    engine = Engine(plan)
    for step in chain([plan.geography(table)]):
        if not engine.is_current(step):
            engine.build(step)
    plan.landing.save()
    return plan.geography(table).output
