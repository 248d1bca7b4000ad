"""What must hold for the estimators whatever the records are: order, splits, scale, unions, threads."""

from __future__ import annotations

import random

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pipeline.run import functions as estimator_functions
from pipeline.settings import SQL

WEIGHTS = [f"repwt{number}" for number in range(1, 81)]
KEYS = "sample VARCHAR, statefip VARCHAR, puma VARCHAR"
PERSON_KEYS = f"{KEYS}, serialno VARCHAR, pernum INTEGER, subgroup_key INTEGER"
PERSONS = f"{PERSON_KEYS}, outcome TINYINT, weight INTEGER, {' SMALLINT, '.join(WEIGHTS)} SMALLINT"
HOUSEHOLDS = f"{KEYS}, serialno VARCHAR, subgroup_key INTEGER, amount DOUBLE, weight INTEGER, {' SMALLINT, '.join(WEIGHTS)} SMALLINT"
SUMS = (
    f"{KEYS}, subgroup_key INTEGER, outcome TINYINT, records BIGINT, weight BIGINT, {' BIGINT, '.join(WEIGHTS)} BIGINT"
)
SUBGROUP = "sample VARCHAR, subgroup_key INTEGER, subgroup_type VARCHAR, subgroup VARCHAR"
ALLOCATION = (
    "crosswalk_period VARCHAR, statefip VARCHAR, puma VARCHAR, geoid VARCHAR, afact DECIMAL(18, 15), sum_products DOUBLE, "
    "geographic_allocation_quality TINYINT, identified_geoid VARCHAR"
)
LABELS = [("1-Year", key, "all", "All") for key in (0, 1)]
LABELS += [("1-Year", key, "gender", label) for key, label in ((0, "Male"), (1, "Female"))]
# PUMA 00100 is shared by two counties, 00200 lies in the first of them.
AREAS = {("00100", "37001"): "0.4", ("00200", "37001"): "1", ("00100", "37003"): "0.6"}
VARIABLES = {
    "year": 2022,
    "geography": "county",
    "measure": "share",
    "measure_stem": "percentile_",
    "percentiles": [20, 50, 80],
}
# An example takes half a second, so there are few, the same in every run, and a failing one is not made smaller.
COMMON = settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def replicate_weights(weight: int, seed: int) -> tuple[int, ...]:
    """80 replicate weights as the Census Bureau makes them: about 0.3, 1 or 1.7 times the weight; some below zero."""
    chance = random.Random(seed)
    return tuple(round(weight * chance.choice((-0.1, 0.3, 1, 1, 1.7))) for _ in WEIGHTS)


# puma, subgroup key, outcome or amount, weight, seed of the replicate weights
RECORD = st.tuples(
    st.sampled_from(("00100", "00200")), st.integers(0, 1), st.integers(0, 1), st.integers(10, 99), st.integers(0, 9999)
)
RECORDS = st.lists(RECORD, min_size=4, max_size=24)


def persons(records, factor=1):
    return [
        (
            "1-Year",
            "37",
            puma,
            f"{number:03}",
            1,
            key,
            outcome,
            factor * weight,
            *(factor * each for each in replicates),
        )
        for number, (puma, key, outcome, weight, seed) in enumerate(records)
        for replicates in [replicate_weights(weight, seed)]
    ]


def households(records, factor=1):
    """The same records with an amount of few different values, so that equal amounts occur."""
    return [
        (
            "1-Year",
            "37",
            puma,
            f"{number:03}",
            key,
            1000.0 * (seed % 7),
            factor * weight,
            *(factor * each for each in replicates),
        )
        for number, (puma, key, _, weight, seed) in enumerate(records)
        for replicates in [replicate_weights(weight, seed)]
    ]


def allocation(areas):
    return ALLOCATION, [("2022", "37", puma, geoid, afact, 0.5, 2, None) for (puma, geoid), afact in areas.items()]


@pytest.fixture
def shares(run_sql):
    """Rows of the share estimator by county and label; cells of any size are kept unless ``minimum`` says otherwise."""

    def run(rows, areas=AREAS, minimum=0):
        records = (PERSONS, rows)
        sums = run_sql("estimators/share/sums.sql", tables={"records": records})
        tables = {"sums": (SUMS, [tuple(row.values()) for row in sums]), "records": records}
        tables |= {"allocation": allocation(areas), "subgroup": (SUBGROUP, LABELS)}
        variables = {**VARIABLES, "minimum_effective_sample": minimum}
        rows = run_sql(
            "estimators/share/design_states.sql",
            "estimators/share/county_designs.sql",
            "estimators/share/areas.sql",
            tables=tables,
            variables=variables,
        )
        return {(row["geoid"], row["subgroup"]): row for row in rows}

    return run


@pytest.fixture
def percentiles(run_sql):
    """Rows of the percentile estimator by county, label and measure."""

    def run(rows, areas=AREAS, minimum=0):
        tables = {"records": (HOUSEHOLDS, rows), "allocation": allocation(areas), "subgroup": (SUBGROUP, LABELS)}
        variables = {**VARIABLES, "minimum_effective_sample": minimum}
        rows = run_sql("estimators/quantile/areas.sql", tables=tables, variables=variables)
        return {(row["geoid"], row["subgroup"], row["measure"]): row for row in rows}

    return run


def split(records, chosen):
    """PUMA 00100 in two: the records with a true flag move to 00150, which has the same factors."""
    moved = [
        (puma if puma != "00100" or not flag else "00150", *rest)
        for (puma, *rest), flag in zip(records, chosen, strict=True)
    ]
    return moved, AREAS | {("00150", geoid): afact for (puma, geoid), afact in AREAS.items() if puma == "00100"}


ORDERED = RECORDS.flatmap(lambda records: st.tuples(st.just(records), st.permutations(range(len(records)))))
SPLIT = RECORDS.flatmap(
    lambda records: st.tuples(st.just(records), st.lists(st.booleans(), min_size=len(records), max_size=len(records)))
)


@COMMON
@given(case=ORDERED, minimum=st.integers(0, 6))
def test_the_order_of_records_changes_nothing(shares, percentiles, case, minimum):
    records, order = case
    for estimate, rows in ((shares, persons(records)), (percentiles, households(records))):
        assert estimate([rows[place] for place in order], minimum=minimum) == estimate(rows, minimum=minimum)


@COMMON
@given(case=SPLIT, minimum=st.integers(0, 6))
def test_a_puma_cut_in_two_with_the_same_factors_changes_nothing(shares, percentiles, case, minimum):
    records, chosen = case
    cut, areas = split(records, chosen)
    for estimate, form in ((shares, persons), (percentiles, households)):
        assert estimate(form(cut), areas, minimum) == estimate(form(records), minimum=minimum)


# Powers of two scale floating-point numbers exactly, so that exact ties stay what they are.
@COMMON
@given(records=RECORDS, factor=st.sampled_from((2, 4, 8)))
def test_the_scale_of_the_weights_changes_no_estimate(shares, percentiles, records, factor):
    whole, scaled = shares(persons(records)), shares(persons(records, factor))
    for cell, row in whole.items():
        for name in ("value", "lower", "upper", "standard_error", "sample_size", "note"):
            assert scaled[cell][name] == row[name], (cell, name)
        for name in ("numerator", "denominator"):
            assert (scaled[cell][name] is None) == (row[name] is None)
            assert row[name] is None or float(scaled[cell][name]) == pytest.approx(factor * float(row[name]), rel=1e-12)
    assert percentiles(households(records, factor)) == percentiles(households(records))


@COMMON
@given(records=RECORDS)
def test_the_union_of_areas_is_the_sum_of_its_parts(shares, records):
    parts = shares(persons(records))
    # both counties together: all of both PUMAs
    union = shares(persons(records), {("00100", "37000"): "1", ("00200", "37000"): "1"})
    for label in ("All", "Male", "Female"):
        for name in ("numerator", "denominator"):
            together = sum(float(parts[geoid, label][name] or 0) for geoid in ("37001", "37003"))
            assert float(union["37000", label][name] or 0) == pytest.approx(together, rel=1e-12)


@COMMON
@given(records=RECORDS)
def test_subgroups_add_up_to_all(shares, records):
    rows = shares(persons(records))
    for geoid in ("37001", "37003"):
        for name in ("numerator", "denominator", "sample_size"):
            labels = sum(float(rows[geoid, label][name] or 0) for label in ("Male", "Female"))
            assert float(rows[geoid, "All"][name] or 0) == pytest.approx(labels, rel=1e-12)


@COMMON
@given(records=RECORDS)
def test_estimates_lie_within_their_bounds_and_in_range(shares, percentiles, records):
    for row in shares(persons(records)).values():
        if row["value"] is not None:
            assert 0 <= row["value"] <= 1
            if row["lower"] is not None:  # a replicate without weight, or a design of rank 1, leaves no bounds
                assert 0 <= row["lower"] <= row["value"] <= row["upper"] <= 1
    rows = households(records)
    amounts = {row[5] for row in rows}
    for cell, row in percentiles(rows).items():
        if row["value"] is not None:
            assert row["value"] in amounts, cell
            assert row["lower"] is None or (row["lower"] in amounts and row["lower"] <= row["value"]), cell
            assert row["upper"] is None or (row["upper"] in amounts and row["upper"] >= row["value"]), cell


def test_results_are_the_same_with_one_thread_and_with_two():
    """Enough records for several row groups, so that threads share the work; sums, shares and percentiles."""
    results = [estimates(threads) for threads in (1, 2)]
    assert results[0] == results[1]
    assert all(any(row[4] is not None for row in rows) for rows in results[0][1:])


def estimates(threads: int) -> list[list[tuple]]:
    con = duckdb.connect(config={"threads": threads})
    for path in (SQL / "macros").glob("*.sql"):
        con.execute(path.read_text(encoding="utf-8"))
    estimator_functions.register(con)
    for name, value in {**VARIABLES, "minimum_effective_sample": 30}.items():
        con.execute(f"SET VARIABLE {name} = {value!r}")
    replicates = ", ".join(f"(hash(n, {number}) % 300)::SMALLINT - 20 AS {name}" for number, name in enumerate(WEIGHTS))
    con.execute(f"""CREATE TABLE microdata AS
        SELECT '1-Year' AS sample, '37' AS statefip, CASE n % 3 WHEN 0 THEN '00100' ELSE '00200' END AS puma,
               n::VARCHAR AS serialno, 1 AS pernum, (hash(n, 'key') % 2)::INTEGER AS subgroup_key,
               (hash(n, 'outcome') % 2)::TINYINT AS outcome, (hash(n, 'amount') % 999 * 1.013097e0) AS amount,
               (hash(n, 'weight') % 200)::INTEGER AS weight, {replicates}
        FROM range(250000) AS t(n)""")
    con.execute(f"CREATE TABLE allocation ({ALLOCATION})")
    con.execute(f"CREATE TABLE design_allocation ({ALLOCATION})")
    con.executemany("INSERT INTO allocation VALUES (?, ?, ?, ?, ?, ?, ?, ?)", allocation(AREAS)[1])
    con.execute(f"CREATE TABLE subgroup ({SUBGROUP})")
    con.executemany("INSERT INTO subgroup VALUES (?, ?, ?, ?)", LABELS)
    con.execute("CREATE VIEW records AS FROM microdata")
    statements = {
        name: (SQL / "estimators" / name).read_text("utf-8")
        for name in (
            "share/sums.sql",
            "share/design_states.sql",
            "share/county_designs.sql",
            "share/areas.sql",
            "quantile/areas.sql",
        )
    }
    con.execute(f"CREATE TABLE sums AS {statements['share/sums.sql']}")
    con.execute(f"CREATE VIEW design_states AS {statements['share/design_states.sql']}")
    con.execute(f"CREATE VIEW county_designs AS {statements['share/county_designs.sql']}")
    results = [con.execute("FROM sums").fetchall()]
    for name in ("share/areas.sql", "quantile/areas.sql"):
        results.append(
            con.execute(f"FROM ({statements[name]}) ORDER BY measure, geoid, subgroup_type, subgroup").fetchall()
        )
    return results
