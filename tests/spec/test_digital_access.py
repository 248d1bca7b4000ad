"""Digital access by hand (card digital-access, sections 3, 6 and 8): universe, codes, known counties, suppression."""

from decimal import Decimal

import pytest
from examples import table

PERSON = "sample VARCHAR, statefip VARCHAR, puma VARCHAR, serialno VARCHAR, pernum INTEGER, subgroup_key INTEGER"
HOUSEHOLD = (
    "sample VARCHAR, statefip VARCHAR, puma VARCHAR, countyfip VARCHAR, serialno VARCHAR, subgroup_key INTEGER, gq TINYINT, "
    "cinethh TINYINT, cilaptop TINYINT, citablet TINYINT, cihispeed TINYINT, hhwt INTEGER"
)
WITH_ACCESS = {
    "sample": "5-Year",
    "statefip": "37",
    "puma": "00100",
    "countyfip": None,
    "subgroup_key": 0,
    "gq": 1,
    "cinethh": 1,
    "cilaptop": 1,
    "citablet": 2,
    "cihispeed": 10,
    "hhwt": 10,
}


@pytest.fixture
def sums(run_sql):
    """Sums of households, each with one householder unless told otherwise."""

    def run(*rows, person=None):
        household = table(HOUSEHOLD, WITH_ACCESS, list(rows))
        persons = person or [
            ("5-Year", "37", row.get("puma", "00100"), str(number), 1, 0) for number, row in enumerate(rows, start=1)
        ]
        return run_sql("metrics/digital-access.sums.sql", tables={"person": (PERSON, persons), "household": household})

    return run


def outcomes(rows):
    return {row["outcome"]: (row["records"], row["weight"]) for row in rows}


@pytest.mark.parametrize(("gq", "counted"), [(0, 0), (1, 1), (2, 1), (3, 0), (4, 0), (5, 1), (6, 0)])
def test_households_of_the_three_definitions_and_no_group_quarters(sums, gq, counted):
    assert len(sums({"gq": gq})) == counted


@pytest.mark.parametrize(
    ("cihispeed", "found"),
    [
        (10, {1: (1, 10)}),  # cable, fiber or DSL
        (20, {0: (1, 10)}),  # another kind of subscription
        (0, {0: (1, 10)}),  # no subscription: stays in the denominator
        (17, {0: (1, 10)}),  # no such code in these samples: not 10
        (88, {}),  # suppressed: left out altogether
        (None, {}),
    ],
)
def test_subscriptions(sums, cihispeed, found):
    assert outcomes(sums({"cihispeed": cihispeed})) == found


@pytest.mark.parametrize(("cinethh", "counted"), [(0, 0), (1, 1), (2, 1), (3, 1), (None, 0)])
def test_households_that_were_not_asked_are_left_out(sums, cinethh, counted):
    assert len(sums({"cinethh": cinethh})) == counted


@pytest.mark.parametrize(
    ("laptop", "tablet", "outcome"),
    [(1, 1, 1), (1, 2, 1), (2, 1, 1), (2, 2, 0), (0, 0, 0), (0, 1, 1), (None, 2, 0), (None, 1, 1), (None, None, 0)],
)
def test_a_laptop_or_a_tablet_is_a_computer(sums, laptop, tablet, outcome):
    assert list(outcomes(sums({"cilaptop": laptop, "citablet": tablet}))) == [outcome]


def test_the_key_adds_that_of_the_household_and_that_of_its_householder(sums):
    persons = [
        ("5-Year", "37", "00100", "1", 1, 4),
        ("5-Year", "37", "00100", "1", 2, 5),
        ("1-Year", "37", "00100", "1", 1, 6),
        ("5-Year", "45", "00100", "1", 1, 7),
    ]
    rows = sums({"subgroup_key": 10}, person=persons)
    assert [(row["subgroup_key"], row["records"], row["weight"]) for row in rows] == [(14, 1, 10)]


def test_households_of_one_puma_county_key_and_outcome_are_summed(sums):
    rows = sums({}, {"hhwt": 5}, {"puma": "00200"}, {"countyfip": "001"}, {"cihispeed": 20})
    found = [(row["puma"], row["countyfip"], row["outcome"], row["records"], row["weight"]) for row in rows]
    assert sorted(found, key=str) == [
        ("00100", "001", 1, 1, 10),
        ("00100", None, 0, 1, 10),
        ("00100", None, 1, 2, 15),
        ("00200", None, 1, 1, 10),
    ]


SUMS = (
    "sample VARCHAR, statefip VARCHAR, puma VARCHAR, countyfip VARCHAR, subgroup_key INTEGER, outcome TINYINT, "
    "records BIGINT, weight BIGINT"
)
ALLOCATION = (
    "crosswalk_period VARCHAR, statefip VARCHAR, puma VARCHAR, geoid VARCHAR, afact DECIMAL(18, 15), sum_products DOUBLE, "
    "identified_geoid VARCHAR"
)
SUBGROUP = "sample VARCHAR, subgroup_key INTEGER, subgroup_type VARCHAR, subgroup VARCHAR"
# PUMA 00100 is shared by 37001 and 37003, three quarters and one quarter; 37001 is the county that it identifies, or none.
SHARED = [("2022", "37", "00100", "37001", 0.75, 0.75, None), ("2022", "37", "00100", "37003", 0.25, 0.25, None)]
IDENTIFIED = [(*row[:6], "37001") for row in SHARED]


def weights(with_access, without, countyfip=None, records=20, puma="00100", key=0):
    return [
        ("5-Year", "37", puma, countyfip, key, 1, records, with_access),
        ("5-Year", "37", puma, countyfip, key, 0, records, without),
    ]


@pytest.fixture
def shares(run_sql):
    """Rows by (geoid, label)."""

    def run(rows, allocation=SHARED, geography="county", subgroup=(), known_county=True, year=2022):
        variables = {"year": year, "geography": geography, "minimum_records": 30}
        variables["rule_known_county_counted_per_crosswalk_row"] = known_county
        tables = {"sums": (SUMS, rows), "allocation": (ALLOCATION, allocation)}
        tables["subgroup"] = (SUBGROUP, [("5-Year", 0, "all", "All"), *subgroup])
        found = run_sql(
            "estimators/assigned/assigned.sql", "metrics/digital-access.sql", tables=tables, variables=variables
        )
        return {(row["geoid"], row["subgroup"]): row for row in found}

    return run


def test_share_of_weights_and_allocated_sums(shares):
    # 300 of 400 households have access, in both counties; 37001 gets three quarters of them
    rows = shares(weights(300, 100))
    for geoid, factor, quality in (("37001", 0.75, 1), ("37003", 0.25, 3)):
        row = rows[geoid, "All"]
        assert (row["value"], row["numerator"], row["denominator"]) == (0.75, factor * 300, factor * 400)
        assert (row["quality"], row["sample_size"], row["note"], row["subgroup_type"]) == (quality, 40, None, "all")
        assert row["measure"] == "share_digital_access"


@pytest.mark.parametrize(("records", "suppressed"), [(29, True), (30, False)])
def test_fewer_than_thirty_joined_records_are_suppressed(shares, records, suppressed):
    row = shares([("5-Year", "37", "00100", None, 0, 1, records, 10)])["37001", "All"]
    assert {row[name] is None for name in ("value", "quality", "numerator", "denominator")} == {suppressed}
    assert row["note"] == ("suppressed: n<30" if suppressed else None)
    assert row["sample_size"] == records


def test_an_identified_county_counts_in_full_once_per_crosswalk_row(shares):
    # 400 households of PUMA 00100, known to be in 37001: twice in full there, for two crosswalk rows; none in 37003
    rows = shares(weights(300, 100), IDENTIFIED)
    row = rows["37001", "All"]
    assert (row["numerator"], row["denominator"], row["sample_size"], row["quality"]) == (600, 800, 80, 1)
    assert (rows["37003", "All"]["value"], rows["37003", "All"]["note"]) == (None, "suppressed: n<30")
    # by the corrected rule, and for places, all are allocated
    for choice in ({"known_county": False}, {"geography": "place"}):
        rows = shares(weights(300, 100), IDENTIFIED, **choice)
        assert rows["37001", "All"]["denominator"] == 300 and rows["37003", "All"]["denominator"] == 100


def test_the_county_of_the_provider_goes_before_the_one_of_the_puma(shares):
    # the provider names 37003; 000 means that it names none, whatever the PUMA says
    assert shares(weights(300, 100, "003"), IDENTIFIED)["37003", "All"]["denominator"] == 800
    assert shares(weights(300, 100, "000"), IDENTIFIED)["37001", "All"]["denominator"] == 300


@pytest.mark.parametrize(("sum_products", "quality"), [(0.75, 1), (0.7499, 2), (0.35, 2), (0.3499, 3)])
def test_quality(shares, sum_products, quality):
    allocation = [("2022", "37", "00100", "37001", 0.75, sum_products, None)]
    assert shares(weights(300, 100), allocation)["37001", "All"]["quality"] == quality


@pytest.mark.parametrize("geography", ["county", "place"])
def test_the_period_of_the_crosswalk_is_that_of_the_year(shares, geography):
    both = [*SHARED, ("pre-2022", "37", "00100", "37005", 1, 1, None)]
    run = {"rows": weights(300, 100), "allocation": both, "geography": geography}
    assert {geoid for geoid, _ in shares(**run, year=2022)} == {"37001", "37003"}
    assert {geoid for geoid, _ in shares(**run, year=2021)} == {"37005"}


def test_a_region_that_the_period_does_not_have_says_so(shares):
    allocation = [("2022", "37", "00100", "north", 1, 1, None), ("pre-2022", "37", "00100", "south", 1, 1, None)]
    rows = shares(weights(300, 100), allocation, geography="triad", subgroup=[("5-Year", 1, "income", "Low")])
    assert {key: row["note"] for key, row in rows.items()} == {
        ("north", "All"): None,
        ("north", "Low"): "suppressed: n<30",
        ("south", "All"): "no crosswalk for this region in this period",
        ("south", "Low"): "no crosswalk for this region in this period",
    }


@pytest.mark.parametrize("geography", ["county", "place"])
def test_an_area_whose_pumas_have_no_records_is_suppressed_and_without_any_sums_there_is_no_input(shares, geography):
    allocation = [*SHARED, ("2022", "37", "00900", "37009", 1, 1, None)]
    rows = shares(weights(300, 100), allocation, geography=geography)
    assert (rows["37009", "All"]["value"], rows["37009", "All"]["note"]) == (None, "suppressed: n<30")
    assert {row["note"] for row in shares([], allocation, geography=geography).values()} == {"no input for state"}


def test_every_label_has_a_row_and_states_without_records_say_so(shares):
    allocation = [*SHARED, ("2022", "45", "00100", "45001", 1, 1, None)]
    subgroup = [("5-Year", 0, "income", "High"), ("5-Year", 1, "income", "Low"), ("5-Year", 1, "all", "All")]
    rows = shares([*weights(300, 100), *weights(30, 10, key=1, records=1)], allocation, subgroup=subgroup)
    assert len(rows) == 3 * 3
    assert rows["37001", "All"]["numerator"] == 0.75 * 330
    assert rows["37001", "High"]["numerator"] == 0.75 * 300
    assert rows["37001", "Low"]["note"] == "suppressed: n<30"
    assert {rows["45001", label]["note"] for label in ("All", "High", "Low")} == {"no input for state"}
    assert {rows["45001", label]["sample_size"] for label in ("All", "High", "Low")} == {None}


def test_a_cell_without_any_access_is_zero(shares):
    row = shares([("5-Year", "37", "00100", None, 0, 0, 40, 400)])["37001", "All"]
    assert (row["value"], row["numerator"], row["note"]) == (0, 0, None)


def test_factors_have_fifteen_decimals(shares):
    # as the parts of Valdez-Cordova have; 1,000 households with access
    allocation = [("2022", "37", "00100", "37001", Decimal("0.042842016806723"), 0.8, None)]
    rows = shares([("5-Year", "37", "00100", None, 0, 1, 40, 1_000)], allocation)
    assert rows["37001", "All"]["numerator"] == 42.842016806723
