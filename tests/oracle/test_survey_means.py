"""The survey estimators equal the published R functions (oracle survey-means), and the Census Bureau's verification file."""

from __future__ import annotations

import csv
import gzip

import duckdb
import pytest

from pipeline import catalog, settings
from pipeline.plan import subgroups
from pipeline.run import functions as estimator_functions

FAMILIES = ["race-ethnicity", "gender"]
SHARES = {
    "employment": ("employment", "share_employed"),
    "college": ("college-readiness", "share_hs_degree"),
    "preschool": ("preschool", "share_in_preschool"),
}


def connection():
    con = duckdb.connect()
    for path in (settings.SQL / "macros").glob("*.sql"):
        con.execute(path.read_text(encoding="utf-8"))
    estimator_functions.register(con)
    return con


def statement(relative: str) -> str:
    return (settings.SQL / relative).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def oracle(shared):
    return shared / "oracles" / "survey-means"


@pytest.fixture(scope="module", params=["county", "place"])
def con(request, oracle):
    """The oracle's persons and households as the views that the metrics read, for one geography."""
    con = connection()
    families = [catalog.load().subgroups[name] for name in FAMILIES]
    con.execute(f"""CREATE TABLE microdata AS
        SELECT * REPLACE (lpad(countyfip::VARCHAR, 3, '0') AS countyfip), '5-Year' AS sample_name, serial::VARCHAR AS serialno,
               2021 AS multyear
        FROM read_csv('{oracle}/input/persons_a.csv.gz', types = {{'statefip': 'VARCHAR', 'puma': 'VARCHAR'}})""")
    key = subgroups.key_expression("acs_person", families)
    con.execute(
        f"CREATE VIEW person AS SELECT * RENAME (sample AS label, sample_name AS sample), {key} AS subgroup_key FROM microdata"
    )
    con.execute(
        "CREATE VIEW household AS SELECT * EXCLUDE (subgroup_key), 0 AS subgroup_key FROM person WHERE pernum = 1"
    )
    con.execute("CREATE TABLE subgroup (sample VARCHAR, subgroup_key INTEGER, subgroup_type VARCHAR, subgroup VARCHAR)")
    con.executemany(
        "INSERT INTO subgroup VALUES (?, ?, ?, ?)",
        subgroups.view({"5-Year": ["all", *FAMILIES]}, [], families).literal_rows,
    )
    geography = request.param
    file = oracle / "input" / f"crosswalk_puma_to_{geography}.csv"
    con.execute(
        f"CREATE VIEW puma_to_{geography} AS SELECT statefip || {geography} AS geoid, * FROM read_csv('{file}', types = "
        f"{{'statefip': 'VARCHAR', 'puma': 'VARCHAR', '{geography}': 'VARCHAR'}})"
    )
    con.execute(
        "CREATE TABLE identified_county (crosswalk_period VARCHAR, statefip VARCHAR, puma VARCHAR, countyfip VARCHAR)"
    )
    con.execute(f"CREATE TABLE allocation AS {statement(f'geography/allocation_{geography}.sql')}")
    # The design of a region, which counties and places do not have
    con.execute("CREATE TABLE design_allocation AS FROM allocation WHERE false")
    variables = {"year": 2021, "geography": geography}
    variables |= {"minimum_effective_sample": 30, "minimum_records": 30}
    for name, value in variables.items():
        con.execute(f"SET VARIABLE {name} = {value!r}")
    rules = ("known_county_counted_per_crosswalk_row", "mixed_puma_vintages_of_2014", "kindergarten_in_the_denominator")
    for rule in rules:
        con.execute(f"SET VARIABLE rule_{rule} = true")
    return con


def expected(oracle, con, metric):
    """Every row of the oracle's files of a metric for the connection's geography: (geoid, labels, row)."""
    geography = con.execute("SELECT getvariable('geography')").fetchone()[0]
    for file in sorted((oracle / "expected").glob(f"expected_a_{metric}_{geography}_*.csv")):
        with file.open(encoding="utf-8") as lines:
            for row in csv.DictReader(lines):
                kind = row.get("subgroup_type", "all").replace("_", "-")
                yield row["state"] + row[geography], kind, row.get("subgroup", "All"), row


def number(text: str):
    return None if text in ("NA", "") else float(text)


# Rows of the oracle's files, suppressed cells included.
CELLS = {("employment", "county"): 56, ("college", "county"): 40, ("preschool", "county"): 32}
CELLS |= {("employment", "place"): 28, ("college", "place"): 20, ("preschool", "place"): 12}


@pytest.mark.parametrize("metric", SHARES)
def test_shares_equal_r(oracle, con, metric):
    slug, measure = SHARES[metric]
    con.execute(f"SET VARIABLE measure = '{measure}'")
    con.execute(f"CREATE OR REPLACE VIEW records AS {statement(f'metrics/{slug}.sql')}")
    con.execute(f"CREATE OR REPLACE TABLE sums AS {statement('estimators/share/sums.sql')}")
    con.execute(f"CREATE OR REPLACE TEMP VIEW design_states AS {statement('estimators/share/design_states.sql')}")
    con.execute(f"CREATE OR REPLACE TEMP VIEW county_designs AS {statement('estimators/share/county_designs.sql')}")
    con.execute(f"CREATE OR REPLACE TEMP TABLE estimate AS {statement('estimators/share/areas.sql')}")
    compared = 0
    for geoid, kind, label, row in expected(oracle, con, metric):
        found = con.execute(
            "SELECT value, lower, upper, quality, standard_error, sample_size FROM estimate "
            "WHERE geoid = ? AND subgroup_type = ? AND subgroup = ?",
            [geoid, kind, label],
        ).fetchall()
        columns = (measure, f"{measure}_lb", f"{measure}_ub", f"{measure}_quality", "se")
        assert list(found[0][:5]) == pytest.approx([number(row[name]) for name in columns], abs=1e-9), (geoid, label)
        if row["n_rows"] not in ("NA", ""):
            assert found[0][5] == int(row["n_rows"])
        compared += 1
    geography = con.execute("SELECT getvariable('geography')").fetchone()[0]
    assert compared == CELLS[metric, geography]


@pytest.mark.parametrize("metric", SHARES)
def test_degrees_of_freedom_equal_r(oracle, con, metric):
    """The width of the unclipped interval gives t; the oracle has designs of fewer than 80 independent rows."""
    _, measure = SHARES[metric]
    degrees = set()
    for _, _, _, row in expected(oracle, con, metric):
        if number(row["se"] or "NA"):
            t = con.execute(f"SELECT student_t_975({row['design_df']})").fetchone()[0]
            width = float(row["ub_unclipped"]) - float(row[measure])
            assert width == pytest.approx(t * float(row["se"]), abs=1e-12)
            degrees.add(int(row["design_df"]))
    assert 79 in degrees


def test_digital_access_equals_r(oracle, con):
    con.execute(f"CREATE OR REPLACE TABLE sums AS {statement('metrics/digital-access.sums.sql')}")
    con.execute(f"CREATE OR REPLACE TEMP VIEW assigned AS {statement('estimators/assigned/assigned.sql')}")
    con.execute(f"CREATE OR REPLACE TEMP TABLE estimate AS {statement('metrics/digital-access.sql')}")
    compared = 0
    for geoid, kind, label, row in expected(oracle, con, "digital-access"):
        found = con.execute(
            "SELECT value, quality, sample_size FROM estimate WHERE geoid = ? AND subgroup_type = ? AND subgroup = ?",
            [geoid, kind, label],
        ).fetchall()
        names = ("share_digital_access", "share_digital_access_quality", "effective_sample_count")
        assert list(found[0]) == pytest.approx([number(row[name]) for name in names], abs=1e-12), (geoid, label)
        compared += 1
    assert compared in (40, 15)


# Characteristic of the Census Bureau's user verification file -> the housing units it counts.
CHARACTERISTICS = {
    "Total housing units (TYPE=1)": "true",
    "Total occupied units": "ten IS NOT NULL",
    "Owner occupied units (TEN in 1,2)": "ten IN (1, 2)",
    "Renter occupied units (TEN in 3,4)": "ten IN (3, 4)",
    "Owned with a mortgage (TEN=1)": "ten = 1",
    "Owned free and clear (TEN=2)": "ten = 2",
    "Rented for cash (TEN=3)": "ten = 3",
    "No cash rent (TEN=4)": "ten = 4",
    "Total vacant units": "vacs IS NOT NULL",
    "For rent (VACS=1)": "vacs = 1",
    "For sale only (VACS=3)": "vacs = 3",
    "All Other Vacant (VACS in 2,4,5,6,7)": "vacs IN (2, 4, 5, 6, 7)",
}


def test_washington_2015_equals_the_census_bureaus_estimates_and_standard_errors(shared):
    folder = shared / "raw" / "acs_pums" / "wa_user_verification"
    con = connection()
    con.execute(f"CREATE TABLE housing AS FROM read_csv('{folder}/wa.house.export.csv.gz', nullstr = ['', 'NA'])")
    with gzip.open(folder / "pums_est_wa.export.csv.gz", "rt", encoding="utf-8") as lines:
        published = {row["characteristic"]: row for row in csv.DictReader(lines)}
    assert set(published) == set(CHARACTERISTICS)
    for characteristic, predicate in CHARACTERISTICS.items():
        estimate, error = con.execute(f"""
            WITH totals AS (
                SELECT sum("WGTP")::BIGINT AS full_sample, sum(COLUMNS('(wgtp[0-9]+)'))::BIGINT AS '\\1'
                FROM housing WHERE {predicate}
            ),
            replicates AS (SELECT full_sample, [*COLUMNS('wgtp[0-9]+')]::DOUBLE[] AS totals FROM totals)
            SELECT full_sample, replicate_standard_error(totals, full_sample::DOUBLE) FROM replicates""").fetchone()
        row = published[characteristic]
        assert (estimate, round(error)) == (int(row["pums_est_15"]), int(row["pums_se_15"])), characteristic
