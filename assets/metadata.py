"""What Dagster shows of a materialization: rows, missing values, hashes, the SQL, a preview, checks."""

from __future__ import annotations

import dagster as dg
import duckdb

from pipeline import catalog, readers, settings
from pipeline.catalog import digest
from pipeline.plan import metric_files, sqlfile
from pipeline.plan.step import Step
from pipeline.publish.versions import versions
from pipeline.quoting import literal
from pipeline.run.fingerprint import module_hash
from pipeline.run.workspace import Workspace

SHOWN_COLUMNS, SHOWN_ROWS = 15, 5


def code_version(key: str) -> str:
    """Hash of the SQL, macros and readers of an asset: comments and layout do not count."""
    layer, name = key.split("/")
    entries = catalog.load()
    modules = []
    if layer == "staged":
        forms = entries.staged(name).forms.values()
        paths = [settings.SQL / "staged" / form.sql for form in forms]
        modules = [path for form in forms for raw in form.files.values() for path in readers.modules_of(raw.reader)]
    elif layer == "geography":
        paths = [settings.SQL / "geography" / (entries.geography[name].sql or f"{name}.sql")]
    else:
        paths = [path for _, path in metric_files.queries(layer, name, entries.metric(name))]
    statements = tuple(sqlfile.read(path).statement for path in paths)
    macros = [macro.definition for macro in sqlfile.macros_called(statements)]
    return digest([each.tree for each in statements], macros, [module_hash(path) for path in sorted(set(modules))])[:16]


def data_version(workspace: Workspace, steps: list[Step]) -> str:
    """Hash of the contents of the tables of a run."""
    return digest([workspace.record(step.address)["output"]["sha256"] for step in steps])


def of(workspace: Workspace, steps: list[Step], outcomes) -> dict:
    """Metadata of one asset's run."""
    records = [workspace.record(step.address) for step in steps]
    paths = [workspace.store.local(step.address) for step in steps]
    shown = {
        "tables": len(steps),
        "built": sum(outcome.status == "built" for outcome in outcomes),
        "up to date": sum(outcome.status == "up to date" for outcome in outcomes),
        "dagster/row_count": sum(record["output"]["rows"] for record in records),
        "sha256": {record["output"]["path"]: record["output"]["sha256"] for record in records},
        "data hash": {record["output"]["path"]: record["data_hash"] for record in records},
        "SQL": dg.MetadataValue.md(_sql(steps[-1])),
    }
    if notes := sorted({note for record in records for note in record["notes"]}):
        shown["notes"] = dg.MetadataValue.md("\n".join(f"- {note}" for note in notes))
    with duckdb.connect() as con:
        con.execute(
            f"CREATE VIEW tables AS FROM read_parquet([{', '.join(map(literal, paths))}], union_by_name = true, hive_partitioning = false)"
        )
        shown["preview"] = dg.MetadataValue.md(_preview(con))
        if steps[-1].layer == "metric":
            shown["NULL values"] = con.execute("SELECT count(*) FROM tables WHERE value IS NULL").fetchone()[0]
            shown |= _against_last_release(con, workspace)
    return shown


def check_result(workspace: Workspace, steps: list[Step], name: str) -> dg.AssetCheckResult:
    """One rule over every metric table of the run."""
    results = {
        step.label: each for step in steps for each in workspace.record(step.address)["checks"] if each["name"] == name
    }
    broken = {label: each["found"] for label, each in results.items() if not each["passed"]}
    found = {label: each["found"] for label, each in results.items()}
    return dg.AssetCheckResult(
        passed=not broken, check_name=name, metadata={"tables": len(results), "broken": broken, "found": found}
    )


def _sql(step: Step) -> str:
    return "\n\n".join(f"`{query.relative}`\n\n```sql\n{query.text}\n```" for query in map(sqlfile.read, step.sql))


def _preview(con) -> str:
    frame = con.execute(f"SELECT * FROM tables LIMIT {SHOWN_ROWS}")
    names = [column[0] for column in frame.description][:SHOWN_COLUMNS]
    lines = [" | ".join(names), " | ".join("---" for _ in names)]
    lines += [" | ".join(str(value) for value in row[:SHOWN_COLUMNS]) for row in frame.fetchall()]
    return "\n".join(f"| {line} |" for line in lines)


def _against_last_release(con, workspace: Workspace) -> dict:
    """Share of values equal to the last release, where there is one."""
    found = versions(workspace.store, workspace.settings.method)
    if not found:
        return {}
    last = workspace.store.folder(found[-1].address) / "metrics.parquet"
    compared, equal = con.execute(
        f"SELECT count(*), count(*) FILTER (WHERE new.value IS NOT DISTINCT FROM old.value) "
        f"FROM tables AS new JOIN read_parquet({literal(last)}, hive_partitioning = false) AS old "
        "USING (metric, measure, year, geography, geoid, subgroup_type, subgroup)"
    ).fetchone()
    return {"match rate against last release": f"{equal} of {compared} ({found[-1].name})"}
