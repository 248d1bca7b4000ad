"""Geographies and subgroups as they are asked for: of the catalog, a file, or the name of one that the store keeps."""

from __future__ import annotations

from pathlib import Path

from pipeline.catalog.models import SubgroupFamily
from pipeline.errors import UsageError, unknown
from pipeline.plan.custom import CustomGeography
from pipeline.region import describe, files, resolve, subgroup_files
from pipeline.run.workspace import Workspace


def geographies(workspace: Workspace) -> list[str]:
    """The geographies of the catalog."""
    return sorted({name for metric in workspace.plan.catalog.metrics.values() for name in metric.geographies})


def named(workspace: Workspace, geography: str) -> str:
    """The name of a geography that was asked for; a region file is checked and kept first. UsageError for anything else."""
    known = geographies(workspace)
    if geography in known:
        return geography
    if Path(geography).is_file() or Path(geography).suffix.lower() in files.READERS:
        chosen = checked(workspace, Path(geography))
        describe.refuse_overlaps(workspace, Path(geography), chosen)
        workspace.keep_regions(chosen)
        return chosen.name
    if geography in workspace.regions:
        return geography
    raise unknown("geography", geography, [*known, *workspace.regions])


def checked(workspace: Workspace, path: Path) -> CustomGeography:
    """The regions of a file with the codes of their parts, which this workspace's plan then knows."""
    chosen = resolve.resolve(workspace, path, files.read(path, geographies(workspace)))
    workspace.add_regions(chosen)
    return chosen


def subgroup(workspace: Workspace, name: str) -> SubgroupFamily:
    """The family of a subgroup file, which is then kept, or of one that was kept before. UsageError for anything else."""
    if name in workspace.subgroups and not Path(name).is_file():
        return workspace.subgroups[name]
    if not Path(name).is_file() and Path(name).suffix.lower() not in (".yml", ".yaml"):
        raise unknown("subgroup file", name, sorted(workspace.subgroups))
    family = subgroup_files.read(Path(name), workspace.plan.catalog, workspace.subgroups)
    workspace.keep_subgroup(family)
    return family


def of_labels(workspace: Workspace, labels: tuple[str, ...]) -> Workspace:
    """The workspace in which the labels that are asked for are found: that of a kept family where one of them names it."""
    names = {label.partition("/")[0] for label in labels} & set(workspace.subgroups)
    if len(names) > 1:
        raise UsageError(f"Ask for one subgroup file at a time: {', '.join(sorted(names))}.")
    return workspace.of_subgroup(workspace.subgroups[names.pop()]) if names else workspace
