"""Geographies as they are asked for: of the catalog, a region file, or the name of one that the store keeps."""

from __future__ import annotations

from pathlib import Path

from pipeline.errors import unknown
from pipeline.plan.custom import CustomGeography
from pipeline.region import describe, files, resolve
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
