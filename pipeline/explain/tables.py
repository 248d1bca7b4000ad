"""Which table an audit is about: the store's, found by its record, or that of a release, found by its manifest."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from pipeline.errors import CheckFailed, InputError, UsageError
from pipeline.explain.lineage import recorded_plan
from pipeline.publish.columns import column_role
from pipeline.publish.versions import Version, version, versions
from pipeline.quoting import literal
from pipeline.run.session import quiet
from pipeline.run.workspace import Workspace
from pipeline.settings import METHOD, PROVIDER
from pipeline.store import files
from pipeline.store.store import record_address

# Digits of a GEOID that are the state's.
STATE = 2


@dataclass(frozen=True)
class Shown:
    """The table whose cell is explained.

    ``record`` is that of the store's table, None where the store has none. ``version`` and ``entry`` are the release
    asked for and what its manifest says of the table, None without a release.
    """

    label: str
    address: str
    record: dict | None
    version: Version | None = None
    entry: dict | None = None
    manifest: dict | None = None

    @property
    def moved_on(self) -> bool:
        """Whether the store no longer has the table that the release was made of."""
        return bool(self.entry) and (not self.record or self.record["output"]["sha256"] != self.entry["table_sha256"])


def in_store(workspace: Workspace, slug: str, year: int, geography: str) -> Shown | None:
    """The table as the store has it, None where it was never built. CheckFailed where it is not what was built.

    Raw files are not looked at: what was built stays explainable when they are gone.
    """
    plan = workspace.plan
    own = plan.metric_address(slug, year, geography)
    simpler = [(METHOD, plan.provider), (plan.method, PROVIDER), (METHOD, PROVIDER)]
    addresses = dict.fromkeys([own, *(plan.of(*each).metric_address(slug, year, geography) for each in simpler)])
    for address in addresses:
        record = _record(workspace, address)
        if record and (address == own or _resolves(workspace, record, (slug, year, geography))):
            _verify(workspace, address, record)
            return Shown(_label(slug, year, geography), address, record)
    return None


def in_release(workspace: Workspace, name: str, slug: str, year: int, geography: str) -> Shown:
    """The table as a release has it. UsageError where there is no such release or it has no such table."""
    chosen = version(name, workspace.settings.method)
    manifest = workspace.store.read_json(f"{chosen.address}/manifest.json")
    if not manifest:
        known = ", ".join(each.name for each in versions(workspace.store, chosen.method)) or "none"
        raise UsageError(f"There is no release {name} of the method {chosen.method} in the store; it has {known}.")
    label = _label(slug, year, geography)
    if label not in manifest["inputs"]:
        of_metric = [
            each.removeprefix(f"metric/{slug} ") for each in manifest["inputs"] if each.split()[0] == f"metric/{slug}"
        ]
        raise UsageError(
            f"The release {name} has no {slug} of {geography} {year}; it has {', '.join(of_metric) or 'nothing of it'}."
        )
    entry = manifest["inputs"][label]
    record = _record(workspace, entry["address"])
    if record and record["output"]["sha256"] == entry["table_sha256"]:
        _verify(workspace, entry["address"], record)
    return Shown(label, entry["address"], record, chosen, entry, manifest)


def relation(workspace: Workspace, shown: Shown) -> str:
    """SQL of the table's rows: as the store has them, of a release those of its metrics.parquet."""
    if not shown.version:
        return f"read_parquet({literal(workspace.store.local(shown.address))}, hive_partitioning = false)"
    slug, year, geography = shown.label.removeprefix("metric/").split()
    path = _released_file(workspace, shown, "metrics.parquet")
    return (
        f"(FROM read_parquet({literal(path)}, hive_partitioning = false) WHERE metric = {literal(slug)} AND year = {year} "
        f"AND geography = {literal(geography)})"
    )


def releases_of(workspace: Workspace, label: str, sha256: str) -> list[str]:
    """Releases of the chosen method that were made of a table with this content."""
    store, found = workspace.store, []
    for each in versions(store, workspace.settings.method):
        entry = store.read_json(f"{each.address}/manifest.json")["inputs"].get(label, {})
        if entry.get("table_sha256") == sha256:
            found.append(each.name)
    return found


def printed(workspace: Workspace, shown: Shown, measure: str, row: dict) -> dict:
    """The cell as the release's CSV prints it: file, and the text of value, lower, upper and quality.

    Without a file where no file prints the cell; ``why`` says what took the value away on the way, where one did.
    """
    catalog, geography = workspace.plan.catalog, row["geography"]
    family = None if row["subgroup_type"] == "all" else row["subgroup_type"]
    for number, file in catalog.publication.files.items():
        columns = {column_role(column)[1]: column for column in file.columns if column_role(column)[0] == measure}
        name = f"{file.stem}.csv"
        if (file.geography, file.subgroup_type) != (geography, family) or name not in shown.manifest["files"]:
            continue
        path = _released_file(workspace, shown, name)
        with quiet(duckdb.connect()) as con:
            csv = f"read_csv({literal(path)}, all_varchar = true, header = true, hive_partitioning = false)"
            at_hand = {column[0] for column in con.execute(f"SELECT * FROM {csv} LIMIT 0").description}
            roles = {role: column for role, column in columns.items() if column in at_hand}
            if not roles:
                continue
            where = f"year = '{row['year']}' AND state = {literal(row['geoid'][:STATE])} AND {geography} = {literal(row['geoid'][STATE:])}"
            where += f" AND subgroup = {literal(row['subgroup'])}" if family else ""
            found = con.execute(f"SELECT {', '.join(roles.values())} FROM {csv} WHERE {where}").fetchone()
        if found is None:
            return {"file": None, "why": "the area is not in the list of areas of that year, whose rows the files have"}
        texts = dict(zip(roles, found, strict=True))
        taken = texts.get("value") == catalog.publication.missing and row["value"] is not None
        return {"file": name, **texts, "why": _taken_back(catalog, number, measure, row) if taken else None}
    return {"file": None, "why": "no file of the release has this measure and subgroup"}


def _taken_back(catalog, number: str, measure: str, row: dict) -> str:
    for rule in catalog.publication.suppressions:
        of_year = (not rule.years or row["year"] in rule.years) and row["year"] not in rule.except_years
        if number in rule.files and measure in rule.measures and row["geoid"] in rule.geoids and of_year:
            return f"the value was taken back by hand: {rule.reason}"
    return "the file prints no value of this year"


def _label(slug: str, year: int, geography: str) -> str:
    return f"metric/{slug} {year} {geography}"


def _record(workspace: Workspace, address: str) -> dict | None:
    """The record of a table, also where the table beside it is gone or is another one."""
    return workspace.store.read_json(record_address(address))


def _resolves(workspace: Workspace, record: dict, cell: tuple) -> bool:
    """Whether the edition and provider asked for have their table where this record lies."""
    plan = workspace.plan
    try:
        return (
            recorded_plan(workspace, record, plan.method, plan.provider).metric(*cell).address
            == record["output"]["path"]
        )
    except (InputError, UsageError):
        return False


def _verify(workspace: Workspace, address: str, record: dict) -> None:
    if workspace.store.size(address) is None:
        raise InputError(
            "A table of the store is gone, its record is there",
            file=address,
            expected=f"the table that was built at {record['built_at']}",
            found="nothing",
            advice="Run: mobility build; or ask for it as it was released: --release VERSION",
        )
    found = files.sha256(workspace.store.local(address))
    if found != record["output"]["sha256"]:
        raise CheckFailed(
            f"The table {address} is not the one that was built: its sha256 is {found[:16]}…, its record says "
            f"{record['output']['sha256'][:16]}…. Its steps would give another result than what stands in it. "
            "Run: mobility build --force"
        )


def _released_file(workspace: Workspace, shown: Shown, name: str):
    path = workspace.store.local(f"{shown.version.address}/{name}")
    expected = shown.manifest["files"].get(name)
    found = files.sha256(path) if path.exists() else "nothing"
    if found != expected:
        raise CheckFailed(
            f"The release {shown.version.name} is not as it was published: {name} should have the sha256 {expected}; found {found}."
        )
    return path
