"""The percentile estimator equals R's survey package (oracle survey-quantiles), intervals included."""

from __future__ import annotations

import duckdb
import pytest

from pipeline import estimator_functions, settings

STATEMENT = (settings.SQL / "estimators" / "quantile" / "areas.sql").read_text(encoding="utf-8")
# Share times total weight equals a cumulated weight exactly: R decides by floating-point noise, the rule does not
# (README of the oracle). The interval is around the value, so it differs as well.
TIES = {("37077", "White, Non-Hispanic", 20): 19671.62, ("37109", "Black, Non-Hispanic", 80): 546496.53}
# Bounds are amounts of the data; R differs in the last digits of its sums only.
EQUAL = 1e-6


@pytest.fixture(scope="module")
def estimates(shared):
    """(geoid, label, percentile) -> households, our sample size and note; our and their value, lower and upper."""
    folder = shared / "oracles" / "survey-quantiles"
    con = duckdb.connect()
    for path in (settings.SQL / "macros").glob("*.sql"):
        con.execute(path.read_text(encoding="utf-8"))
    estimator_functions.register(con)
    con.execute(f"""
        CREATE TABLE households AS FROM read_csv('{folder}/households.csv.gz', all_varchar = true);
        CREATE TABLE labels AS
            SELECT subgroup, row_number() OVER (ORDER BY subgroup)::INTEGER AS subgroup_key
            FROM (SELECT DISTINCT subgroup FROM households);
        CREATE VIEW records AS
            SELECT '5-Year' AS sample, statefip, puma, serialno, subgroup_key, amount::DOUBLE AS amount,
                   weight::INTEGER AS weight, COLUMNS('^repwt[0-9]+$')::INTEGER
            FROM households JOIN labels USING (subgroup);
        CREATE TABLE subgroup AS
            SELECT '5-Year' AS sample, subgroup_key, 'race-ethnicity' AS subgroup_type, subgroup FROM labels;
        CREATE TABLE allocation AS
            SELECT geoid, statefip, puma, afact::DECIMAL(18, 15) AS afact, 1::TINYINT AS geographic_allocation_quality,
                   'pre-2022' AS crosswalk_period
            FROM read_csv('{folder}/crosswalk.csv', all_varchar = true);
        SET VARIABLE year = 2021;
        SET VARIABLE geography = 'county';
        SET VARIABLE measure_stem = '';
        SET VARIABLE percentiles = [20, 50, 80];
        SET VARIABLE minimum_effective_sample = 30;
    """)
    con.execute(f"CREATE TEMP TABLE estimate AS {STATEMENT}")
    rows = con.execute(f"""
        SELECT theirs.geoid, theirs.subgroup, percentile::INTEGER, households::INTEGER, sample_size, note,
               ours.value, ours.lower, ours.upper, theirs.value::DOUBLE, theirs.lower::DOUBLE, theirs.upper::DOUBLE
        FROM read_csv('{folder}/expected.csv', all_varchar = true, nullstr = ['NA', '']) AS theirs
        LEFT JOIN estimate AS ours
            ON ours.geoid = theirs.geoid AND ours.subgroup = theirs.subgroup AND ours.measure = percentile""").fetchall()
    return {row[:3]: row[3:] for row in rows}


def test_percentiles_and_bounds_equal_r(estimates):
    assert len(estimates) == 168
    compared = 0
    for key, (households, sample_size, note, *numbers) in estimates.items():
        assert sample_size == households
        if note == "suppressed: n<30":
            continue
        if key in TIES:
            assert numbers[0] == pytest.approx(TIES[key], abs=0.005)
            continue
        assert numbers[:3] == pytest.approx(numbers[3:], abs=EQUAL), key
        compared += 1
    assert compared == 103
