"""Percentiles and bounds equal those of R's survey package (oracle survey-quantiles, synthetic households).

A part of the oracle lies in tests/data, so that every clone checks it: the PUMAs 02400 (three counties, designs of fewer
than 80 independent rows) and 02700 (one of the two ties).
"""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from pipeline import catalog, settings
from pipeline.run import functions as estimator_functions

VENDORED = Path(__file__).parents[1] / "data" / "survey-quantiles"
# Share times total weight equals a cumulated weight exactly. R decides such a tie by floating-point noise (rule hf3 asks
# whether the cumulated share equals the wanted one); exact arithmetic takes the rule's even order statistic. geoid, label,
# percentile: our value, that of R.
TIES = {
    ("37077", "White, Non-Hispanic", 20): (19671.62, 19499.17),
    ("37109", "Black, Non-Hispanic", 80): (546496.53, 554494.75),
}


@pytest.fixture(params=["a part of it", "the whole oracle"])
def oracle(request) -> Path:
    return (
        VENDORED if request.param == "a part of it" else request.getfixturevalue("shared") / "oracles/survey-quantiles"
    )


def estimates(oracle: Path) -> dict:
    """Value, lower and upper by county, label and percentile, as the metric's estimator gives them."""
    con = duckdb.connect()
    for path in (settings.SQL / "macros").glob("*.sql"):
        con.execute(path.read_text(encoding="utf-8"))
    estimator_functions.register(con)
    codes = "'statefip': 'VARCHAR', 'puma': 'VARCHAR'"
    weights = ", ".join(f"'repwt{number}': 'SMALLINT'" for number in range(1, 81))
    con.execute(f"""CREATE TABLE households AS
        SELECT * EXCLUDE (subgroup), dense_rank() OVER (ORDER BY subgroup)::INTEGER AS subgroup_key, subgroup AS label
        FROM read_csv('{oracle}/households.csv.gz', types = {{{codes}, 'serialno': 'VARCHAR', {weights}}})""")
    con.execute("CREATE VIEW records AS SELECT '1-Year' AS sample, * EXCLUDE (label) FROM households")
    con.execute("""CREATE TABLE subgroup AS
        SELECT DISTINCT '1-Year' AS sample, subgroup_key, 'race-ethnicity' AS subgroup_type, label AS subgroup FROM households""")
    con.execute(f"""CREATE TABLE allocation AS
        SELECT 'pre-2022' AS crosswalk_period, statefip, puma, geoid, afact::DECIMAL(18, 15) AS afact, 1.0 AS sum_products,
               1::TINYINT AS geographic_allocation_quality, NULL::VARCHAR AS identified_geoid
        FROM read_csv('{oracle}/crosswalk.csv', types = {{{codes}, 'geoid': 'VARCHAR'}})""")
    parameters = catalog.load().metrics["income-percentiles"].parameters
    for name, value in {"year": 2018, "geography": "county", **parameters}.items():
        con.execute(f"SET VARIABLE {name} = {value!r}")
    rows = con.execute(f"""
        SELECT geoid, subgroup, regexp_extract(measure, '[0-9]+$')::INTEGER, value, lower, upper, note
        FROM ({(settings.SQL / "estimators/quantile/areas.sql").read_text(encoding="utf-8")})""").fetchall()
    return {row[:3]: row[3:] for row in rows}


def test_percentiles_and_bounds_equal_r(oracle):
    found, compared, ties = estimates(oracle), 0, 0
    with (oracle / "crosswalk.csv").open(encoding="utf-8") as lines:
        factors = {row["geoid"]: Decimal(row["afact"]) for row in csv.DictReader(lines)}  # one PUMA to a county
    with (oracle / "expected.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            cell = (row["geoid"], row["subgroup"], int(row["percentile"]))
            value, lower, upper, note = found[cell]
            if factors[row["geoid"]] * int(row["households"]) < 30:
                assert (value, note) == (None, "suppressed: n<30")
            elif cell in TIES:
                assert (value, float(row["value"])) == pytest.approx(TIES[cell], abs=0.005)
                ties += 1
            else:
                expected = [float(row[name]) for name in ("value", "lower", "upper")]
                assert [value, lower, upper] == pytest.approx(expected, abs=1e-6), cell
                compared += 1
    assert (compared, ties) == ((29, 1) if oracle == VENDORED else (103, 2))
