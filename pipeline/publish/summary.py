"""Side products of a release: the newest values, national medians, quality scores, plausibility, what is left out.

They lie in the release's folder ``summary``; the newest values in ``recent`` (card medians-and-quality-summary).
"""

from __future__ import annotations

from pathlib import Path

import duckdb
from duckdb import ColumnExpression

from pipeline import settings
from pipeline.catalog import Catalog
from pipeline.plan import sqlfile
from pipeline.publish.tables import GEOGRAPHIES

FOLDER = settings.SQL / "release"
MEDIANS = "county_medians_year_suppressed.csv"
ALL_MEDIANS = "county_medians_year.csv"
# Group of the medians' rows, as the published file has it.
GROUP = "wtd_med"


def _sql(name: str) -> str:
    return sqlfile.read(FOLDER / f"{name}.sql").text


def plausibility(con: duckdb.DuckDBPyConnection) -> list[dict]:
    """Every measure and year against the year before, for people to read."""
    found = con.execute(_sql("plausibility"))
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def left_out(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Values that no row of the lists of areas takes up, by table: codes of other years, or a new year."""
    return {
        label: f"{count} {geography} codes with values are in no file: they are not in the universe of the year"
        for label, geography, count in con.execute(_sql("left_out")).fetchall()
    }


def write(con: duckdb.DuckDBPyConnection, catalog: Catalog, folder: Path) -> None:
    """Write the medians and the quality scores of the cells that ``con`` has."""
    folder.mkdir()
    missing = catalog.publication.missing
    con.execute(f"CREATE OR REPLACE TEMP TABLE medians AS {_sql('medians')}")
    con.table("medians").select(
        *(ColumnExpression(name) for name in con.table("medians").columns if name not in ("position", "shown"))
    ).write_csv(str(folder / ALL_MEDIANS), na_rep=missing, header=True)
    _write_medians(con, folder / MEDIANS, missing)
    for geography in GEOGRAPHIES:
        con.execute(f"SET VARIABLE geography = '{geography}'")
        scores = con.sql(_sql("quality_summary"))
        scores.write_csv(str(folder / f"mobility-metrics-quality-{geography}.csv"), na_rep=missing, header=True)


def _write_medians(con: duckdb.DuckDBPyConnection, path: Path, missing: str) -> None:
    """One row per year of the lists of areas, a column per measure in the order of its first year and its place in the
    file."""
    order = con.execute(
        "SELECT measure FROM medians GROUP BY measure ORDER BY min(year), any_value(position)"
    ).fetchall()
    con.execute(
        "CREATE OR REPLACE TEMP TABLE medians_wide AS "
        "FROM (SELECT DISTINCT year FROM rows_per_year WHERE year IN (SELECT year FROM medians)) "
        "LEFT JOIN (PIVOT (SELECT year, measure, shown FROM medians) ON measure USING first(shown) GROUP BY year) "
        "USING (year) ORDER BY year"
    )
    columns = [ColumnExpression(name) for (name,) in order]
    group = duckdb.ConstantExpression(GROUP).alias("group")
    con.table("medians_wide").select(ColumnExpression("year"), group, *columns).write_csv(
        str(path), na_rep=missing, header=True
    )
