"""A sums pack: what anyone needs to compute a region's shares, with intervals, without a record of the microdata.

It holds the sums of every share metric and year of a release (weights per PUMA, subgroup key and outcome), rows that stand for
the records of small designs, and the geography that regions are made of. ``pipeline.connectors.packs`` lands one.
"""

from __future__ import annotations

import zipfile

from pipeline.errors import UsageError
from pipeline.plan import metric_files, packs
from pipeline.plan.custom import CustomGeography, Part
from pipeline.plan.plan import Plan
from pipeline.plan.step import Step, chain
from pipeline.plan.subgroups import tables_of_records
from pipeline.publish.versions import Version, released
from pipeline.run import request
from pipeline.run.workspace import Workspace
from pipeline.settings import PROVIDER
from pipeline.store import files

# Which tables a region reads does not depend on what it is made of.
ANY = CustomGeography("any", "any.csv", "", (Part("any", "", "county", "00000"),))
AREAS = "region_area"
# The earliest time that zip has: a pack made twice has the same bytes.
TIME = (1980, 1, 1, 0, 0, 0)


def write(workspace: Workspace, version: str, on_table=lambda name, rows: None) -> dict:
    """Write the pack of a release into the store; its content (``pack.json``) with the ``path`` of the file.

    UsageError where the release is not there or has no share metric, where its tables are not those of the store, or where
    its microdata may not be given away; InputError where an input of a table is missing.
    """
    release = released(workspace.store, version, workspace.settings.method)
    steps = _tables(workspace, release)
    request.complete(list(steps.values()), workspace)
    content = {
        "format": packs.FORMAT,
        "version": release.name,
        "method": release.method,
        "synthetic": any(workspace.record(step.address)["synthetic"] for step in steps.values()),
        "tables": {name: _told(step, workspace.record(step.address)) for name, step in steps.items()},
    }
    address = f"{release.address.replace('releases/', 'packs/')}.zip"
    with workspace.store.scratch() as scratch:
        finished = scratch / "pack.zip"
        with zipfile.ZipFile(finished, "w") as archive:
            for name, step in steps.items():
                _add(archive, f"{name}.parquet", workspace.store.local(step.address).read_bytes())
                on_table(name, content["tables"][name]["rows"])
            _add(archive, packs.CONTENT, files.as_json(content).encode())
        size = finished.stat().st_size
        workspace.store.put(address, finished)
    return content | {"path": f"{workspace.store.location}/{address}", "bytes": size}


def _tables(workspace: Workspace, release: Version) -> dict[str, Step]:
    """The tables of the pack by name: sums and standing rows of the release's metrics, and what their regions are made of."""
    manifest = workspace.store.read_json(f"{release.address}/manifest.json")
    settings = workspace.settings
    plan = Plan(workspace.landing, settings.method, settings.provider, regions={ANY.name: ANY})
    steps: dict[str, Step] = {packs.table_name(each): each for each in [plan.geography(AREAS)]}
    found = False
    for slug, metric in plan.catalog.metrics.items():
        if metric.combine.by != "microdata" or not metric_files.has_sums(slug, metric):
            continue
        for year in metric.years:
            of_release = {
                f"metric/{slug} {year} {each}": plan.metric(slug, year, each)
                for each in metric.geographies_of(year)
                if f"metric/{slug} {year} {each}" in manifest["inputs"]
            }
            if of_release:
                found = True
                _refuse_other(workspace, manifest, of_release)
                steps |= {packs.table_name(each): each for each in _beneath(plan.metric(slug, year, ANY.name), metric)}
                if metric_files.records_queries(slug, metric):
                    standing = plan.records(slug, year)
                    steps[packs.table_name(standing)] = standing
    if not found:
        raise UsageError(f"The release {release.name} has no metric that is made of sums of microdata.")
    if foreign := sorted({each.label for each in chain(list(steps.values())) if each.provider != PROVIDER}):
        raise UsageError(
            f"The sums of {release.name} are partly of microdata that may not be given away ({', '.join(foreign[:3])}): a sum "
            f"over one record is that record. A pack is made of a release of the provider {PROVIDER}."
        )
    return dict(sorted(steps.items()))


def _beneath(step: Step, metric) -> list[Step]:
    """The tables without geography of their own that a table of regions is made of, microdata left out."""
    microdata = {f"staged/{name}" for name in tables_of_records(metric)}
    found = []
    for each in step.upstream:
        if each.custom:
            found += _beneath(each, metric)
        elif each.key not in microdata:
            found.append(each)
    return found


def _refuse_other(workspace: Workspace, manifest: dict, of_release: dict[str, Step]) -> None:
    """Raise UsageError where a table of the release is not the one that the store has now."""
    for label, step in of_release.items():
        known = workspace.record(step.address)
        if not known or known["data_hash"] != manifest["inputs"][label]["data_hash"]:
            raise UsageError(
                f"{label} was built again since the release {manifest['version']}, so its sums are no longer those of the "
                "release. Make a pack of a new release, or give a store that has the tables of this one."
            )


def _told(step: Step, record: dict) -> dict:
    """What the pack says of one table."""
    return {
        "sha256": record["output"]["sha256"],
        "bytes": record["output"]["bytes"],
        "rows": record["output"]["rows"],
        "rules": None if step.layer == "staged" else packs.rules(step),
        "notes": record["notes"],
        "code_version": record["code_version"],
        "raw": record["raw"],
    }


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    """Parquet is compressed already."""
    archive.writestr(zipfile.ZipInfo(name, TIME), content)
