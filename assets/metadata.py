"""What Dagster shows of a materialization: rows, missing values, hashes, the SQL, a preview, checks."""

from __future__ import annotations

import dagster as dg
import duckdb

from pipeline import checks, files, sqlfile
from pipeline.readers.quoting import literal


def of(runner, steps, outcomes) -> dict:
    """Metadata of one asset's run."""
    built = [step for step in steps if step.output.exists()]
    shown = {
        "steps": len(steps),
        "built": sum(outcome.status == "built" for outcome in outcomes),
        "up to date": sum(outcome.status == "up to date" for outcome in outcomes),
    }
    if not built:
        return shown | {"note": "no input landed for these partitions"}
    records = [runner.engine.lineage(step) for step in built]
    shown |= {
        "dagster/row_count": sum(record["output"]["rows"] for record in records),
        "sha256": {record["output"]["path"]: record["output"]["sha256"] for record in records},
        "SQL": dg.MetadataValue.md(_sql(built[-1])),
        "preview": dg.MetadataValue.md(_preview(built[-1])),
    }
    if built[-1].layer == "metric":
        shown["NULL values"] = _nulls(built)
        shown |= _against_last_release(runner, built)
    return shown


def check_result(plan, steps, spec: dg.AssetCheckSpec) -> dg.AssetCheckResult:
    """The checks of every metric table of the run as one asset check."""
    broken = {}
    for step in steps:
        for result in files.read_json(checks.checks_path(step), []):
            if not result["passed"]:
                broken[f"{step.label}: {result['name']}"] = result["found"]
    return dg.AssetCheckResult(
        passed=not broken,
        check_name=spec.name,
        asset_key=spec.asset_key,
        metadata={"tables": len(steps), "broken": broken},
    )


def _sql(step) -> str:
    return "\n\n".join(
        f"`{sqlfile.read(path).relative}`\n\n```sql\n{path.read_text(encoding='utf-8')}\n```" for path in step.sql
    )


def _preview(step, rows: int = 5) -> str:
    with duckdb.connect() as con:
        frame = con.execute(f"SELECT * FROM read_parquet({literal(step.output)}) LIMIT {rows}")
        names = [column[0] for column in frame.description][:15]
        lines = [" | ".join(names), " | ".join("---" for _ in names)]
        lines += [" | ".join(str(value) for value in row[:15]) for row in frame.fetchall()]
    return "\n".join(f"| {line} |" for line in lines)


def _nulls(steps) -> int:
    paths = ", ".join(literal(step.output) for step in steps)
    with duckdb.connect() as con:
        return con.execute(f"SELECT count(*) FILTER (WHERE value IS NULL) FROM read_parquet([{paths}])").fetchone()[0]


def _against_last_release(runner, steps) -> dict:
    """Share of values equal to the last release, where there is one."""
    releases = sorted((runner.settings.store / "releases").glob("*/metrics.parquet"))
    if not releases:
        return {}
    paths = ", ".join(literal(step.output) for step in steps)
    with duckdb.connect() as con:
        compared, equal = con.execute(
            f"SELECT count(*), count(*) FILTER (WHERE new.value IS NOT DISTINCT FROM old.value) "
            f"FROM read_parquet([{paths}]) AS new JOIN read_parquet({literal(releases[-1])}) AS old "
            "USING (metric, measure, year, geography, geoid, subgroup_type, subgroup)"
        ).fetchone()
    return {"match rate against last release": f"{equal} of {compared} ({releases[-1].parent.name})"}
