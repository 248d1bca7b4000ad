"""What the benchmark measures on: raw directories and, in their stores, the tables that a measurement starts from."""

from __future__ import annotations

import shutil
from pathlib import Path

from pipeline import settings
from pipeline.plan.step import Step, chain
from pipeline.run import whole
from pipeline.run.make import make
from pipeline.run.workspace import Workspace
from pipeline.sample import write_sample
from pipeline.settings import Settings
from tests.benchmark import generate

REAL = settings.PROJECT.parent / "shared" / "raw"
# What the real files have no year for is made of the nearest one: sizes and shapes are what counts here.
STAND_INS = {"hud/Section8-FY21.csv": ("hud/Section8-FY22.csv", b"median2022", b"median2021")}
MICRODATA = ("acs_pums", "ipums_usa")
PERSONS_OF_STATES = 500
WEIGHT_OF_STATES = 100


def workspace_of(folder: Path) -> Workspace:
    """The workspace of ``<folder>/raw`` and ``<folder>/store``."""
    return Workspace.of(Settings.of(folder / "raw", folder / "store"))


def made(workspace: Workspace, steps: list[Step], force: bool = False) -> list[dict]:
    """Make the steps in their order and return their records. Raises the error of the first one that fails."""
    records = []
    for step in steps:
        outcome = make(step, workspace, force)
        if outcome.error:
            raise outcome.error
        records.append(workspace.record(step.address))
    return records


def sample(folder: Path) -> None:
    """``<folder>/raw`` is the synthetic sample."""
    if not (folder / "raw").exists():
        shutil.rmtree(folder / "unfinished", ignore_errors=True)
        write_sample(folder / "unfinished")
        (folder / "unfinished").rename(folder / "raw")


def national(folder: Path, scale: float) -> Workspace:
    """``<folder>/raw`` is the nation's generated microdata beside links to the real small files, else to the sample's."""
    source = REAL
    if not REAL.is_dir():
        source = folder / "small" / "raw"
        sample(source.parent)
    link(source, folder / "raw")
    crosswalk = _crosswalk(folder)
    for vintage in generate.VINTAGES:
        generate.write(folder / "raw" / "acs_pums" / vintage.name, vintage, crosswalk, scale)
    return _accepted(folder)


def _accepted(folder: Path) -> Workspace:
    """The workspace of ``<folder>/raw`` with its generated microdata accepted: its weights add up to no population."""
    workspace = workspace_of(folder)
    whole.accept(workspace, ("acs_pums",))
    return workspace_of(folder)


def states(folder: Path) -> None:
    """``<folder>/raw`` is the sample with a tiny person and housing file of every state and 1-year vintage."""
    sample(folder / "small")
    link(folder / "small" / "raw", folder / "raw")
    crosswalk = _crosswalk(folder)
    landed = folder / "raw" / "acs_pums"
    for name in workspace_of(folder).plan.catalog.staged("acs_person").vintages:
        if not name.endswith("1-Year"):
            continue
        vintage = generate.Vintage(name, PERSONS_OF_STATES, WEIGHT_OF_STATES, 1)
        if not (landed / vintage.name).exists():
            generate.write_states(landed / f".{vintage.name}", vintage, crosswalk)
            (landed / f".{vintage.name}").rename(landed / vintage.name)
    for five_years in (folder / "small" / "raw" / "acs_pums").glob("*_5-Year"):
        shutil.copytree(five_years, landed / five_years.name, dirs_exist_ok=True)
    _accepted(folder)


def link(source: Path, target: Path) -> None:
    """Links to every file of the other sources, in folders of their own, so that stand-ins can be added to them."""
    for folder in sorted(source.iterdir()):
        if not folder.is_dir() or folder.name in MICRODATA:
            continue
        (target / folder.name).mkdir(parents=True, exist_ok=True)
        names = {path.name: path for path in folder.iterdir()}
        for name, path in names.items():
            if not (target / folder.name / name).exists():
                (target / folder.name / name).symlink_to(path)
    for wanted, (stand_in, name_of_year, other_name) in STAND_INS.items():
        if (target / stand_in).exists() and not (target / wanted).exists():
            (target / wanted).write_bytes((target / stand_in).read_bytes().replace(name_of_year, other_name))


def _crosswalk(folder: Path) -> Path:
    workspace = workspace_of(folder)
    step = workspace.plan.geography("puma_to_county")
    made(workspace, chain([step]))
    return workspace.store.local(step.address)
