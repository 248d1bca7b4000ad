"""Housing wealth by hand (card housing-wealth, sections 3, 4, 6 and 8): universe, races, shares, rounding, quality."""

import pytest
from examples import table

PERSON = (
    "sample VARCHAR, statefip VARCHAR, puma VARCHAR, serialno VARCHAR, pernum INTEGER, subgroup_key INTEGER, hispan TINYINT, "
    "race TINYINT"
)
HOUSEHOLD = (
    "sample VARCHAR, statefip VARCHAR, puma VARCHAR, countyfip VARCHAR, serialno VARCHAR, subgroup_key INTEGER, gq TINYINT, "
    "ownershp TINYINT, valueh INTEGER, hhwt INTEGER"
)
OWNER = {
    "sample": "1-Year",
    "statefip": "37",
    "puma": "00100",
    "countyfip": None,
    "subgroup_key": 9,
    "gq": 1,
    "ownershp": 1,
    "valueh": 100_000,
    "hhwt": 10,
}
WHITE = ("1-Year", "37", "00100", "1", 1, 3, 0, 1)


@pytest.fixture
def sums(run_sql):
    def run(*rows, person=(WHITE,)):
        tables = {"person": (PERSON, list(person)), "household": table(HOUSEHOLD, OWNER, list(rows))}
        return run_sql("metrics/housing-wealth.sums.sql", tables=tables)

    return run


@pytest.mark.parametrize(("gq", "counted"), [(0, 1), (1, 1), (2, 1), (3, 0), (4, 0), (5, 1), (6, 1)])
def test_institutions_and_other_group_quarters_are_left_out(sums, gq, counted):
    # 0 and 6 stay by the rule, but have no householder in the data
    assert len(sums({"gq": gq})) == counted


@pytest.mark.parametrize(
    ("hispan", "race", "group"),
    [
        (0, 1, "white_nh"),
        (0, 2, "black_nh"),
        (0, 3, "other_nh"),
        (0, 9, "other_nh"),
        (1, 1, "hispanic"),
        (4, 2, "hispanic"),
        (9, 3, "hispanic"),
    ],
)
def test_race_and_ethnicity_are_those_of_the_householder(sums, hispan, race, group):
    other = ("1-Year", "37", "00100", "1", 2, 4, 1 - min(hispan, 1), 3 - min(race, 2))
    rows = sums({}, person=[("1-Year", "37", "00100", "1", 1, 3, hispan, race), other])
    assert [(row["race_ethnicity"], row["subgroup_key"], row["records"]) for row in rows] == [(group, 3, 1)]


@pytest.mark.parametrize(("ownershp", "value"), [(0, None), (1, 1_000_000), (2, None)])
def test_only_owned_homes_have_a_value(sums, ownershp, value):
    # 100,000 dollars x weight 10; the household counts in any case
    assert [(row["households"], row["house_value"]) for row in sums({"ownershp": ownershp})] == [(10, value)]


def test_households_of_one_puma_county_age_and_race_are_summed(sums):
    person = [("1-Year", "37", "00200" if number == 4 else "00100", str(number), 1, 3, 0, 1) for number in range(1, 6)]
    rows = sums(
        {}, {"hhwt": 5, "valueh": 200_000}, {"ownershp": 2}, {"puma": "00200"}, {"countyfip": "001"}, person=person
    )
    found = [(row["puma"], row["countyfip"], row["records"], row["households"], row["house_value"]) for row in rows]
    assert sorted(found, key=str) == [
        ("00100", "001", 1, 10, 1_000_000),
        ("00100", None, 3, 25, 2_000_000),
        ("00200", None, 1, 10, 1_000_000),
    ]


def test_values_beyond_32_bits_are_summed(sums):
    (row,) = sums({"valueh": 6_000_000, "hhwt": 9_000})
    assert row["house_value"] == 54_000_000_000


SUMS = (
    "sample VARCHAR, statefip VARCHAR, puma VARCHAR, countyfip VARCHAR, subgroup_key INTEGER, race_ethnicity VARCHAR, "
    "records BIGINT, households BIGINT, house_value BIGINT"
)
ALLOCATION = (
    "crosswalk_period VARCHAR, statefip VARCHAR, puma VARCHAR, geoid VARCHAR, afact DECIMAL(18, 15), sum_products DOUBLE, "
    "identified_geoid VARCHAR"
)
SUBGROUP = "sample VARCHAR, subgroup_key INTEGER, subgroup_type VARCHAR, subgroup VARCHAR"
UNIVERSE = "year SMALLINT, geoid VARCHAR, state VARCHAR"
SHARED = [("2022", "37", "00100", "37001", 0.75, 0.8, None), ("2022", "37", "00100", "37003", 0.25, 0.3, None)]
IDENTIFIED = [(*row[:6], "37001") for row in SHARED]
AGES = [("1-Year", 0, "all", "All"), ("1-Year", 1, "all", "All")]
AGES += [("1-Year", 0, "age", "Under Age 45"), ("1-Year", 1, "age", "Age 45 and Over")]


def group(race, households, house_value, key=0, countyfip=None, records=1, puma="00100"):
    return ("1-Year", "37", puma, countyfip, key, race, records, households, house_value)


# White: 60 of 100 households and 800 of 1,000 dollars; Black: 30 and 200; Hispanic: 10, of which none owns.
THREE_GROUPS = [group("white_nh", 60, 800), group("black_nh", 30, 200), group("hispanic", 10, None)]


@pytest.fixture
def ratios(run_sql):
    """Rows by (race, geoid, label)."""

    def run(rows, allocation=SHARED, geography="county", universe=(), year=2022, **rules):
        variables = {"year": year, "geography": geography, "rule_known_county_counted_per_crosswalk_row": True}
        variables |= {"rule_place_quality_ignores_the_year": True, "rule_six_cities_missing": [], **rules}
        counties = [(year, geoid, "37") for geoid in ("37001", "37003")]
        tables = {"sums": (SUMS, rows), "allocation": (ALLOCATION, allocation), "subgroup": (SUBGROUP, AGES)}
        tables["universe"] = (UNIVERSE, list(universe) or counties)
        found = run_sql(
            "estimators/assigned/assigned.sql", "metrics/housing-wealth.sql", tables=tables, variables=variables
        )
        return {
            (
                row["measure"].removeprefix("ratio_").removesuffix("_house_value_households"),
                row["geoid"],
                row["subgroup"],
            ): row
            for row in found
        }

    return run


def pair(row):
    return row["numerator"], row["denominator"]


def test_a_groups_share_of_value_beside_its_share_of_households(ratios):
    rows = ratios(THREE_GROUPS)
    assert pair(rows["white_nh", "37001", "All"]) == (0.8, 0.6)
    assert pair(rows["black_nh", "37003", "All"]) == (0.2, 0.3)
    row = rows["black_nh", "37001", "All"]
    assert (row["value"], row["quality"], row["sample_size"], row["note"]) == (pytest.approx(2 / 3), 1, 1, None)
    assert row["subgroup_type"] == "all" and rows["black_nh", "37001", "Under Age 45"]["subgroup_type"] == "age"


def test_groups_without_owned_homes_or_households_have_no_value(ratios):
    rows = ratios(THREE_GROUPS)
    row = rows["hispanic", "37001", "All"]
    assert (row["value"], *pair(row), row["quality"], row["note"]) == (None,) * 4 + ("no owned homes of this group",)
    assert rows["other_nh", "37001", "All"]["note"] == "no households of this group"
    assert rows["white_nh", "37001", "Age 45 and Over"]["note"] == "no households of this group"


def test_age_groups_have_their_own_shares(ratios):
    rows = ratios([*THREE_GROUPS, group("white_nh", 50, 100, key=1), group("black_nh", 150, 300, key=1)])
    assert pair(rows["white_nh", "37001", "Age 45 and Over"]) == (0.25, 0.25)
    assert pair(rows["white_nh", "37001", "Under Age 45"]) == (0.8, 0.6)
    # together: 110 of 300 households and 900 of 1,400 dollars
    assert pair(rows["white_nh", "37001", "All"]) == (0.643, 0.367)


def test_shares_are_rounded_half_to_even_and_the_value_is_their_ratio(ratios):
    # 1 of 16 households is 0.0625, half way: 0.062; 15 of 16 is 0.9375: 0.938
    rows = ratios([group("white_nh", 1, 1), group("black_nh", 15, 1)])
    assert pair(rows["white_nh", "37001", "All"]) == (0.5, 0.062)
    assert rows["white_nh", "37001", "All"]["value"] == pytest.approx(0.5 / 0.062)
    assert pair(rows["black_nh", "37001", "All"]) == (0.5, 0.938)


def test_where_the_share_of_households_rounds_to_zero_the_value_is_unrounded(ratios):
    # 1 of 10,000 households with 2 of 10,000 dollars: 0.000 : 0.000, twice their share
    rows = ratios([group("white_nh", 9_999, 9_998), group("black_nh", 1, 2)])
    row = rows["black_nh", "37001", "All"]
    assert (*pair(row), row["value"]) == (0, 0, pytest.approx(2))
    assert row["note"] == "value is the ratio of the unrounded shares"
    other = rows["white_nh", "37001", "All"]
    assert (*pair(other), other["value"], other["note"]) == (1, 1, 1, None)


@pytest.mark.parametrize(("records", "note"), [(39, "suppressed: n<30"), (40, None)])
def test_in_corrected_cells_of_fewer_than_thirty_allocated_records_are_suppressed(ratios, records, note):
    # three quarters of the PUMA's records: 29.25 and 30
    rows = [(*row[:6], records, *row[7:]) for row in THREE_GROUPS]
    assert ratios(rows)["white_nh", "37001", "All"]["note"] is None
    corrected = ratios(rows, rule_no_sample_size_suppression=30)["white_nh", "37001", "All"]
    assert (corrected["value"] is None, corrected["note"]) == (bool(note), note)


def test_an_area_with_a_part_in_a_state_without_records_or_house_values_has_no_value(ratios):
    allocation = [*SHARED, ("2022", "45", "00100", "37001", 0.1, 0.8, None)]
    assert ratios(THREE_GROUPS, allocation)["white_nh", "37001", "All"]["note"] == "no input for state"
    without = [(row[0], "45", *row[2:8], None) for row in THREE_GROUPS]
    rows = ratios([*THREE_GROUPS, *without], allocation)
    assert rows["white_nh", "37001", "All"]["note"] == "no input: house value"
    assert rows["white_nh", "37003", "All"]["note"] is None


def test_areas_are_weighted_by_allocation(ratios):
    # 37001: all of PUMA 00100 but a quarter, and PUMA 00200: White 0.75 x 60 + 55 of 0.75 x 100 + 125 households
    allocation = [*SHARED, ("2022", "37", "00200", "37001", 1, 0.8, None)]
    other = [group("white_nh", 55, 100, puma="00200"), group("black_nh", 70, 150, puma="00200")]
    rows = ratios([*THREE_GROUPS, *other], allocation)
    # value: 0.75 x 800 + 100 of 0.75 x 1,000 + 250
    assert pair(rows["white_nh", "37001", "All"]) == (0.7, 0.5)
    assert rows["white_nh", "37001", "All"]["sample_size"] == 2


def test_an_identified_county_counts_in_full_once_per_crosswalk_row(ratios):
    # PUMA 00100 lies in 37001, which also has PUMA 00200, with one crosswalk row
    allocation = [*IDENTIFIED, ("2022", "37", "00200", "37001", 1, 0.8, "37001")]
    other = [group("white_nh", 0, 0, puma="00200"), group("black_nh", 100, 1_000, puma="00200")]
    # twice 60 of twice 100 + 100 households, twice 800 of twice 1,000 + 1,000 dollars
    rows = ratios([*THREE_GROUPS, *other], allocation)
    assert pair(rows["white_nh", "37001", "All"]) == (0.533, 0.4)
    assert rows["white_nh", "37003", "All"]["note"] == "no records in this area"
    corrected = ratios([*THREE_GROUPS, *other], allocation, rule_known_county_counted_per_crosswalk_row=False)
    # 0.75 x 60 of 0.75 x 100 + 100 households, 0.75 x 800 of 0.75 x 1,000 + 1,000 dollars
    assert pair(corrected["white_nh", "37001", "All"]) == (0.343, 0.257)
    assert pair(corrected["white_nh", "37003", "All"]) == (0.8, 0.6)


@pytest.mark.parametrize(("sum_products", "quality"), [(0.75001, 1), (0.75, 2), (0.35001, 2), (0.35, 3)])
def test_quality_of_counties_is_strictly_above_the_thresholds(ratios, sum_products, quality):
    rows = ratios(THREE_GROUPS, [("2022", "37", "00100", "37001", 0.75, sum_products, None)])
    assert rows["white_nh", "37001", "All"]["quality"] == quality


def test_an_identified_county_has_quality_one(ratios):
    allocation = [("2022", "37", "00100", "37001", 0.1, 0.1, "37001")]
    assert ratios(THREE_GROUPS, allocation)["white_nh", "37001", "All"]["quality"] == 1


def test_quality_of_places_is_that_of_the_earlier_period(ratios):
    # quirk: 0.2 before 2022, 0.9 in 2022; a place that exists only since then has that of 2022
    allocation = [("pre-2022", "37", "00300", "37001", 1, 0.2, None), ("2022", "37", "00100", "37001", 0.75, 0.9, None)]
    allocation += [("2022", "37", "00100", "37003", 0.25, 0.5, None)]
    rows = ratios(THREE_GROUPS, allocation, geography="place")
    assert [rows["white_nh", geoid, "All"]["quality"] for geoid in ("37001", "37003")] == [3, 2]
    rows = ratios(THREE_GROUPS, allocation, geography="place", rule_place_quality_ignores_the_year=False)
    assert [rows["white_nh", geoid, "All"]["quality"] for geoid in ("37001", "37003")] == [1, 2]
    # so a place that the earlier period fits better has a better flag than it should
    better = [("pre-2022", "37", "00300", "37001", 1, 0.9, None), ("2022", "37", "00100", "37001", 1, 0.5, None)]
    assert ratios(THREE_GROUPS, better, geography="place")["white_nh", "37001", "All"]["quality"] == 1
    right = ratios(THREE_GROUPS, better, geography="place", rule_place_quality_ignores_the_year=False)
    assert right["white_nh", "37001", "All"]["quality"] == 2
    # counties take that of the year
    assert ratios(THREE_GROUPS, better)["white_nh", "37001", "All"]["quality"] == 2
    assert ratios(THREE_GROUPS, allocation)["white_nh", "37001", "All"]["quality"] == 1


def test_cities_that_the_published_pipeline_loses(ratios):
    row = ratios(THREE_GROUPS, rule_six_cities_missing=["37003"])["white_nh", "37003", "All"]
    assert (row["value"], row["quality"], row["note"]) == (None, None, "suppressed: n<30")


def test_what_is_not_at_hand_is_said(ratios):
    universe = [(2022, "37001", "37"), (2022, "37005", "37"), (2022, "45001", "45"), (2021, "37099", "37")]
    rows = ratios(THREE_GROUPS, universe=universe)
    assert {geoid for _, geoid, _ in rows} == {"37001", "37005", "45001"}
    assert len(rows) == 3 * 4 * 3
    assert rows["white_nh", "37005", "All"]["note"] == "no records in this area"
    assert rows["white_nh", "45001", "All"]["note"] == "no input for state"
    rows = ratios([(*row[:8], None) for row in THREE_GROUPS])
    assert rows["white_nh", "37001", "All"]["note"] == "no input: house value"


def test_the_areas_are_those_of_the_year(ratios):
    universe = [(2024, "37001", "37"), (2023, "37003", "37")]
    rows = ratios(THREE_GROUPS, universe=universe, year=2024)
    assert {geoid for _, geoid, _ in rows} == {"37001"}


def test_the_period_of_the_crosswalk_is_that_of_the_year(ratios):
    both = [*SHARED, ("pre-2022", "37", "00100", "37003", 1, 1, None)]
    assert ratios(THREE_GROUPS, both, year=2021)["white_nh", "37001", "All"]["note"] == "no records in this area"
    assert ratios(THREE_GROUPS, both, year=2022)["white_nh", "37001", "All"]["note"] is None
