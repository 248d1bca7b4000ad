"""Survey estimators by hand: shares, percentiles, standard errors, allocation, suppression; and the naive forms."""

from __future__ import annotations

import random
from decimal import Decimal
from math import sqrt

import duckdb
import numpy as np
import pytest

from pipeline import settings
from pipeline.errors import UsageError
from pipeline.run import functions as estimator_functions

REPLICATES = range(1, 81)
SUBGROUP = "sample VARCHAR, subgroup_key INTEGER, subgroup_type VARCHAR, subgroup VARCHAR"
ALLOCATION = (
    "geoid VARCHAR, statefip VARCHAR, puma VARCHAR, afact DECIMAL(18, 15), geographic_allocation_quality TINYINT, "
    "crosswalk_period VARCHAR, sum_products DOUBLE, identified_geoid VARCHAR"
)
PERSONS = (
    "sample VARCHAR, statefip VARCHAR, puma VARCHAR, serialno VARCHAR, pernum INTEGER, subgroup_key INTEGER, "
    "outcome TINYINT, weight INTEGER, " + ", ".join(f"repwt{number} SMALLINT" for number in REPLICATES)
)
SUMS = (
    "sample VARCHAR, statefip VARCHAR, puma VARCHAR, subgroup_key INTEGER, outcome TINYINT, records BIGINT, "
    "weight BIGINT, " + ", ".join(f"repwt{number} BIGINT" for number in REPLICATES)
)
HOUSEHOLDS = (
    "sample VARCHAR, statefip VARCHAR, puma VARCHAR, serialno VARCHAR, subgroup_key INTEGER, amount DOUBLE, "
    "weight INTEGER, " + ", ".join(f"repwt{number} SMALLINT" for number in REPLICATES)
)
# PUMA 00100 is shared by counties 001 and 003, PUMA 00200 lies in 001; county 005 is in a state without records.
AREAS = [
    ("37001", "37", "00100", 0.5, 2, "2022"),
    ("37001", "37", "00200", 1.0, 2, "2022"),
    ("37003", "37", "00100", 0.5, 3, "2022"),
    ("45005", "45", "00900", 1.0, 1, "2022"),
    ("37999", "37", "00100", 1.0, 1, "pre-2022"),
]


def allocation(areas):
    """Rows of the view ``allocation`` where no county is identified and the sum of products plays no part."""
    return ALLOCATION, [(*area, None, None) for area in areas]


EVERYONE = [("1-Year", 0, "all", "All")]


@pytest.fixture
def macros():
    con = duckdb.connect()
    for path in (settings.SQL / "macros").glob("*.sql"):
        con.execute(path.read_text(encoding="utf-8"))
    estimator_functions.register(con)
    return lambda query: con.execute(query).fetchone()[0]


def by_geoid(rows, **wanted):
    return {row["geoid"]: row for row in rows if all(row[name] == value for name, value in wanted.items())}


# -- macros -----------------------------------------------------------------------------------------


def test_standard_error_of_successive_difference_replication(macros):
    # 79 replicates equal the estimate, one differs by 2: sqrt(4/80 x 2^2) = sqrt(0.2)
    query = "SELECT replicate_standard_error([CASE r WHEN 7 THEN 12 ELSE 10 END FOR r IN range(1, {})], 10)"
    assert macros(query.format(81)) == pytest.approx(sqrt(0.2), abs=1e-15)
    assert macros(query.format(80)) is None


@pytest.mark.parametrize(("degrees", "t"), [(1, 12.706204736), (10, 2.228138852), (56, 2.003240719), (79, 1.990450210)])
def test_student_t_quantile(macros, degrees, t):
    assert macros(f"SELECT student_t_975({degrees})") == pytest.approx(t, abs=1e-9)


def test_student_t_quantile_needs_a_degree_of_freedom(macros):
    assert macros("SELECT student_t_975(0)") is None


def test_bounds_are_clipped_and_missing_ones_stay_missing(macros):
    assert [macros(f"SELECT clip_share({bound}::DOUBLE)") for bound in (-0.2, 0.4, 1.3)] == [0, 0.4, 1]
    assert macros("SELECT clip_share(NULL::DOUBLE)") is None


def test_a_ratio_to_nothing_is_missing(macros):
    assert macros("SELECT list_ratios([3, 3, 3, 3], [0, 1, 2, 4])") == [None, 3, 1.5, 0.75]


@pytest.mark.parametrize(
    ("wanted", "before", "cumulated", "is_last", "chosen"),
    [
        (9, 10, 20, False, False),
        (10, 10, 20, False, True),
        (19, 10, 20, False, True),
        (20, 10, 20, False, False),  # the next row
        (20, 10, 20, True, True),
        (9, 10, 20, True, False),
    ],
)
def test_row_at_which_the_weight_passes_the_wanted_one(macros, wanted, before, cumulated, is_last, chosen):
    assert macros(f"SELECT hf3_row({wanted}, {before}, {cumulated}, {is_last})") == chosen


@pytest.mark.parametrize(("before", "looked_at"), [(0, True), (1, False), (2, False), (20, True), (30, False)])
def test_rows_whose_neighbours_matter(macros, before, looked_at):
    # the first amount, and one before which exactly the wanted share of 100 lies
    assert macros(f"SELECT hf3_has_neighbours(0.2::DOUBLE, 100::DOUBLE, {before})") == looked_at


@pytest.mark.parametrize(
    ("number", "before", "quantile"),
    [(1, 0, 300), (2, 20, 200), (2, 21, 200), (3, 20, 100), (3, 21, 200), (4, 20, 200), (5, 20, 100), (5, 21, 200)],
)
def test_quantile_from_the_row_and_its_neighbours(macros, number, before, quantile):
    # row 3 is amount k + 1 for k = 2: at the wanted share exactly amount k; k = 1, 3: the row's own amount
    assert macros(f"SELECT hf3_quantile(0.2::DOUBLE, 100::DOUBLE, {before}, {number}, 100, 200, 300)") == quantile


def test_the_only_amount_is_every_quantile(macros):
    assert macros("SELECT hf3_quantile(0.2::DOUBLE, 100::DOUBLE, 0, 1, NULL, 200, NULL)") == 200


def test_matrix_rank_counts_independent_rows(macros):
    assert macros("SELECT matrix_rank([[1, 2, 3], [2, 4, 6], [0, 1, 0]])") == 2
    assert macros("SELECT matrix_rank([[1, NULL, 3]])") is None


def test_spanning_rows_have_the_rank_of_the_rows_alone_and_with_others(macros):
    rows, others = "[[1, 2, 3], [2, 4, 6], [3, 6, 9], [1, 0, 0]]", "[[0, 2, 3], [5, 5, 5]]"
    assert macros(f"SELECT len(spanning_rows({rows}))") == 3
    assert macros(f"SELECT matrix_rank(spanning_rows({rows}))") == 2
    assert macros(f"SELECT matrix_rank(spanning_rows({rows}) || {others})") == 3
    assert macros("SELECT spanning_rows([[1, NULL, 3]])") is None


# -- share ------------------------------------------------------------------------------------------


def person(puma, number, outcome, weight, key=0, replicates=None):
    return ("1-Year", "37", puma, f"{puma}-{number}", 1, key, outcome, weight, *(replicates or [weight] * 80))


@pytest.fixture
def share(run_sql):
    def estimate(persons, subgroups=None, minimum=3, geography="county", areas=None, year=2022, counties=()):
        tables = {
            "records": (PERSONS, persons),
            "allocation": allocation(areas or AREAS),
            "design_allocation": allocation(counties),
            "subgroup": (SUBGROUP, subgroups or EVERYONE),
        }
        sums = run_sql("estimators/share/sums.sql", tables={"records": tables["records"]})
        tables["sums"] = (SUMS, [tuple(row.values()) for row in sums])
        variables = {"year": year, "geography": geography, "measure": "share_employed"}
        variables["minimum_effective_sample"] = minimum
        return run_sql(
            "estimators/share/design_states.sql",
            "estimators/share/county_designs.sql",
            "estimators/share/areas.sql",
            tables=tables,
            variables=variables,
        )

    return estimate


# PUMA 00100: 3 of 4 persons of weight 10 are employed. PUMA 00200: 1 of 2 persons of weight 20.
SIX_PERSONS = [person("00100", number, outcome, 10) for number, outcome in enumerate((1, 0, 1, 1))]
SIX_PERSONS += [person("00200", 0, 0, 20), person("00200", 1, 1, 20, replicates=[40] + [20] * 79)]


def test_share_of_an_area_of_two_pumas(share):
    # 37001: numerator 0.5 x 30 + 1 x 20 = 35, denominator 0.5 x 40 + 1 x 40 = 60.
    # Replicate 1 counts the last person twice: (15 + 40) / (20 + 60) = 0.6875; standard error sqrt(4/80) x 0.104167.
    # The replicate weights of six records: five proportional rows and the last person's: rank 2, so t(1) = 12.7062.
    row = by_geoid(share(SIX_PERSONS))["37001"]
    error = sqrt(4 / 80) * (55 / 80 - 35 / 60)
    assert (row["numerator"], row["denominator"], row["sample_size"]) == (35, 60, 6)
    assert row["value"] == pytest.approx(35 / 60, abs=1e-15)
    assert row["standard_error"] == pytest.approx(error, abs=1e-15)
    assert row["lower"] == pytest.approx(35 / 60 - 12.706204736 * error, abs=1e-9)
    assert row["upper"] == pytest.approx(35 / 60 + 12.706204736 * error, abs=1e-9)
    assert (row["quality"], row["note"]) == (2, None)


def test_effective_sample_is_records_times_allocation_factor(share):
    # 37003 has 4 records x 0.5 = 2 of an effective sample of at least 3; with a minimum of 2 it is published.
    assert by_geoid(share(SIX_PERSONS))["37003"]["note"] == "suppressed: n<30"
    published = by_geoid(share(SIX_PERSONS, minimum=2))["37003"]
    assert (published["value"], published["quality"]) == (0.75, 3)


def test_grid_has_every_area_of_the_period(share):
    rows = by_geoid(share(SIX_PERSONS))
    assert set(rows) == {"37001", "37003", "45005"}
    assert rows["45005"]["note"] == "no input for state"
    assert rows["45005"]["value"] is rows["45005"]["quality"] is None


@pytest.mark.parametrize(("geography", "told"), [("place", "place"), ("triad", "region")])
def test_places_and_regions_of_the_other_period_are_empty_rows(share, geography, told):
    rows = by_geoid(share(SIX_PERSONS, geography=geography))
    assert rows["37999"]["note"] == f"no crosswalk for this {told} in this period"


def test_the_crosswalk_is_that_of_the_years_period(share):
    (row,) = share(SIX_PERSONS, year=2021)
    assert (row["geoid"], row["value"], row["quality"], row["sample_size"]) == ("37999", 0.75, 1, 4)


def test_outcome_1_for_everybody_has_no_error(share):
    persons = [
        person("00200", number, 1, 5, replicates=[5] * (number + 1) + [4] * (79 - number)) for number in range(4)
    ]
    row = by_geoid(share(persons))["37001"]
    assert (row["value"], row["standard_error"], row["lower"], row["upper"]) == (1, 0, 1, 1)


def test_without_replicate_weights_there_is_a_value_but_no_bounds(share):
    persons = [(*row[:8], *[None] * 80) for row in SIX_PERSONS]
    row = by_geoid(share(persons))["37001"]
    assert row["value"] == pytest.approx(35 / 60)
    assert row["standard_error"] is row["lower"] is row["upper"] is None
    assert row["note"] == "no replicate weights"


def test_a_sample_that_is_not_landed_leaves_its_labels_empty(share):
    subgroups = [*EVERYONE, ("5-Year", 0, "gender", "Male")]
    row = by_geoid(share(SIX_PERSONS, subgroups), subgroup="Male")["37001"]
    assert (row["value"], row["note"]) == (None, "no input for sample")


def random_persons(count, pumas=("00100", "00200"), keys=3):
    draw = random.Random(7)
    for number in range(count):
        weight = draw.randint(1, 200)
        replicates = [round(weight * draw.uniform(-0.2, 2.2)) for _ in REPLICATES]
        yield person(draw.choice(pumas), number, int(draw.random() < 0.6), weight, draw.randrange(keys), replicates)


def test_sums_per_puma_equal_the_form_that_repeats_each_person_for_each_area(share):
    persons = list(random_persons(600))
    labels = [("1-Year", key, "all", "All") for key in range(3)]
    labels += [("1-Year", key, "gender", label) for key, label in ((1, "Male"), (2, "Female"))]
    rows = share(persons, labels, minimum=30)
    compared = 0
    for row in rows:
        keys = {key for _, key, kind, label in labels if (kind, label) == (row["subgroup_type"], row["subgroup"])}
        exploded = [
            (p, a[3]) for p in persons for a in AREAS[:3] if a[0] == row["geoid"] and a[2] == p[2] and p[5] in keys
        ]
        if not exploded:
            continue
        weights = np.array([[factor * weight for weight in p[7:]] for p, factor in exploded])
        outcome = np.array([p[6] for p, _ in exploded])
        shares = (weights * outcome[:, None]).sum(axis=0) / weights.sum(axis=0)
        error = sqrt(4 / 80 * ((shares[1:] - shares[0]) ** 2).sum())
        assert row["value"] == pytest.approx(shares[0], abs=1e-12)
        assert row["standard_error"] == pytest.approx(error, abs=1e-12)
        assert row["lower"] == pytest.approx(shares[0] - 1.9904502102 * error, abs=1e-9)
        compared += 1
    assert compared == 6


def test_the_total_of_a_family_is_made_of_its_own_sample(share):
    # no label "All" of "all" in this sample: the family's own total is the same estimate
    labels = [("1-Year", key, "gender", label) for key in (0, 1) for label in ("All", ("Male", "Female")[key])]
    persons = [person("00200", number, number % 2, 10, key=number // 4) for number in range(8)]
    rows = {row["subgroup"]: row for row in share(persons, labels) if row["geoid"] == "37001"}
    assert {label: (row["value"], row["sample_size"]) for label, row in rows.items()} == {
        "All": (0.5, 8),
        "Male": (0.5, 4),
        "Female": (0.5, 4),
    }
    assert {(row["measure"], row["subgroup_type"]) for row in rows.values()} == {("share_employed", "gender")}


@pytest.mark.parametrize(("weights", "value"), [((0, 0, 0), None), ((1, 0, 0), 1), ((1, 1, 0), 0.5)])
def test_a_share_of_nobody_is_missing(share, weights, value):
    persons = [person("00200", number, number % 2 == 0, weight) for number, weight in enumerate(weights)]
    assert by_geoid(share(persons))["37001"]["value"] == value


@pytest.mark.parametrize("records", [399, 400])
def test_from_400_records_on_replicate_weights_are_taken_to_have_full_rank(share, records):
    # proportional replicate weights but for the last record: rank 2, t(1); 400 records: t(79), whatever they are
    persons = [person("00200", number, number % 2, 1) for number in range(records - 1)]
    persons.append(person("00200", records, 1, 1, replicates=[2] + [1] * 79))
    row = by_geoid(share(persons))["37001"]
    t = {399: 12.706204736174694, 400: 1.9904502102301285}[records]
    assert row["value"] - row["lower"] == pytest.approx(t * row["standard_error"], rel=1e-12)


T = {1: 12.706204736174694, 2: 4.302652729911275}
TWO_COUNTIES = [("37001", "37", "00200", 1.0, 1, "2022"), ("37003", "37", "00300", 1.0, 1, "2022")]


def persons_of_rank_2(puma, replicate, count=3):
    """Persons of the same replicate weights, but for the last one, whom one replicate counts twice."""
    last = [20 if number == replicate else 10 for number in REPLICATES]
    return [
        person(puma, number, number % 2, 10, replicates=last if number == count - 1 else None)
        for number in range(count)
    ]


# What one replicate counts twice is another in each county: the two together have rank 3
RANK_3 = persons_of_rank_2("00200", 1) + persons_of_rank_2("00300", 2)


def t_of(row):
    return (row["value"] - row["lower"]) / row["standard_error"]


@pytest.mark.parametrize(("geography", "degrees"), [("county", 2), ("place", 2), ("triad", 1)])
def test_the_areas_of_a_state_are_one_design_and_a_region_is_its_own(share, geography, degrees):
    for row in share(RANK_3, geography=geography, areas=TWO_COUNTIES):
        assert t_of(row) == pytest.approx(T[degrees], rel=1e-9)


@pytest.mark.parametrize(("records", "year", "degrees"), [(2, 2022, 1), (3, 2022, 2), (3, 2021, 1)])
@pytest.mark.parametrize("subgroup_type", ["all", "gender"])
def test_the_design_of_a_region_has_the_cells_of_counties_that_are_kept(share, records, year, degrees, subgroup_type):
    persons = persons_of_rank_2("00200", 1) + persons_of_rank_2("00300", 2, records)
    areas = [("triad", "37", "00200", 1.0, 1, period) for period in ("pre-2022", "2022")]
    subgroups = [("1-Year", 0, subgroup_type, "All")]
    (row,) = share(persons, subgroups, geography="triad", areas=areas, year=year, counties=TWO_COUNTIES)
    assert t_of(row) == pytest.approx(T[degrees], rel=1e-9)


# -- percentiles ------------------------------------------------------------------------------------


def household(puma, number, amount, weight, key=0, replicates=None):
    return ("1-Year", "37", puma, f"{puma}-{number:05}", key, amount, weight, *(replicates or [weight] * 80))


@pytest.fixture
def percentiles(run_sql):
    def estimate(households, wanted=(20, 50, 80), minimum=3, areas=None, subgroups=None, geography="county", year=2022):
        tables = {
            "records": (HOUSEHOLDS, households),
            "allocation": allocation(areas or AREAS),
            "subgroup": (SUBGROUP, subgroups or EVERYONE),
        }
        variables = {"year": year, "geography": geography, "measure_stem": "pctl_income_"}
        variables |= {"minimum_effective_sample": minimum, "percentiles": list(wanted)}
        return run_sql("estimators/quantile/areas.sql", tables=tables, variables=variables)

    return estimate


@pytest.mark.parametrize(
    ("weights", "percentile", "value"),
    [
        # cumulated 10, 20, 30, 40, 50: 50 % of 50 is 25, the first amount beyond it is the third
        ((10, 10, 10, 10, 10), 50, 300),
        # 20 % is 10 = the first amount exactly; 1 is odd: the next amount
        ((10, 10, 10, 10, 10), 20, 200),
        # 80 % is 40 = the fourth amount exactly; 4 is even: this amount
        ((10, 10, 10, 10, 10), 80, 400),
        # the first amount alone holds more than 20 %: rule hf3 still takes the amount after k = 1
        ((60, 10, 10, 10, 10), 20, 200),
        # an amount of weight zero is left out: of 100, 300, 400, 500 the second one holds 50 % exactly, and 2 is even
        ((10, 0, 10, 10, 10), 50, 300),
    ],
)
def test_quantile_rule_hf3(percentiles, weights, percentile, value):
    households = [household("00200", number, 100 * (number + 1), weight) for number, weight in enumerate(weights)]
    rows = by_geoid(percentiles(households, [percentile]))
    assert rows["37001"]["measure"] == f"pctl_income_{percentile}"
    assert rows["37001"]["value"] == value


def hf3(amounts, weights, share):
    """Card income-percentiles, section 3.6, word by word."""
    distinct = sorted({amount for amount, weight in zip(amounts, weights, strict=True) if weight})
    cumulated = np.cumsum([sum(w for a, w in zip(amounts, weights, strict=True) if a == x) for x in distinct])
    reached = [index for index, total in enumerate(cumulated, 1) if total <= share * cumulated[-1]]
    k = reached[-1] if reached else 1
    if cumulated[k - 1] / cumulated[-1] == share and k % 2 == 0:
        return distinct[k - 1]
    return distinct[min(k + 1, len(distinct)) - 1]


def woodruff(amounts, weights, replicates, share, degrees):
    """Card income-percentiles, section 7, word by word."""
    t = {79: 1.9904502102}.get(degrees) or duckdb_t(degrees)
    value = hf3(amounts, weights, share)
    below = np.array(amounts) <= value
    share_below = np.dot(weights, below) / np.sum(weights)
    error = sqrt(4 / 80 * sum((np.dot(r, below) / np.sum(r) - share_below) ** 2 for r in replicates))
    lower, upper = share_below - t * error, share_below + t * error
    return (
        value,
        hf3(amounts, weights, lower) if lower >= 0 else None,
        hf3(amounts, weights, upper) if upper <= 1 else None,
    )


def duckdb_t(degrees):
    con = duckdb.connect()
    con.execute((settings.SQL / "macros" / "student_t.sql").read_text(encoding="utf-8"))
    return con.execute("SELECT student_t_975(?)", [degrees]).fetchone()[0]


@pytest.mark.parametrize("count", [50, 900])
def test_percentiles_and_bounds_equal_the_form_that_repeats_each_household_for_each_area(percentiles, count):
    draw = random.Random(11)
    households = []
    for number in range(count):
        weight = draw.randint(1, 200)
        replicates = [round(weight * draw.uniform(0.1, 1.9)) for _ in REPLICATES]
        amount = round(draw.lognormvariate(10.8, 0.9), -2) * 1.013097
        households.append(household(draw.choice(("00100", "00200")), number, amount, weight, 0, replicates))
    rows = percentiles(households, minimum=1)
    for row in rows:
        parts = {area[2]: area[3] for area in AREAS[:3] if area[0] == row["geoid"]}
        chosen = [(h, parts[h[2]]) for h in households if h[2] in parts]
        if not chosen:
            continue
        amounts = [h[5] for h, _ in chosen]
        weights = np.array([[factor * w for w in h[6:]] for h, factor in chosen]).T
        degrees = min(len(chosen), 80) - 1
        expected = woodruff(amounts, weights[0], weights[1:], int(row["measure"][-2:]) / 100, degrees)
        assert (row["value"], row["lower"], row["upper"]) == expected
        assert row["sample_size"] == len(chosen)


def test_areas_within_one_puma_have_the_same_percentiles(percentiles):
    areas = [("37003", "37", "00100", 0.25, 3, "2022"), ("37005", "37", "00100", 0.75, 3, "2022")]
    households = [household("00100", number, 100.0 * number, 3 + number % 4) for number in range(60)]
    rows = percentiles(households, [50], areas=areas)
    assert len({row["value"] for row in rows}) == 1


# Four households of weight 1 and one of weight 0 between them. Replicate weights move between the first two, so the share
# at or below the second amount is one half in every replicate: standard error 0, rank 2, t(1).
FOUR = [
    household("00200", 1, 100, 1, replicates=[2, 1] * 40),
    household("00200", 2, 200, 1, replicates=[0, 1] * 40),
    household("00200", 3, 150, 0),
    household("00200", 4, 300, 1),
    household("00200", 5, 400, 1),
]


def test_a_percentile_without_error_is_its_own_bound(percentiles):
    # 50 % of 4 is the second amount exactly, and 2 is even: that amount, not the one of weight 0 beside it
    rows = percentiles(FOUR, [50])
    row = by_geoid(rows)["37001"]
    assert (row["value"], row["lower"], row["upper"], row["quality"], row["note"]) == (200, 200, 200, 2, None)
    assert (row["sample_size"], row["subgroup_type"], row["subgroup"]) == (5, "all", "All")
    assert {row["geoid"] for row in rows} == {"37001", "37003", "45005"} and len(rows) == 3


def test_percentiles_are_by_the_crosswalk_of_the_years_period(percentiles):
    households = [(*row[:2], "00100", *row[3:]) for row in FOUR]
    (row,) = percentiles(households, [50], year=2021)
    assert (row["geoid"], row["value"], row["quality"], row["sample_size"]) == ("37999", 200, 1, 5)


def test_amounts_of_weight_zero_above_all_others_are_left_out(percentiles):
    households = [household("00200", 1, 100, 10, replicates=[9, 11] * 40), household("00200", 2, 200, 90)]
    households += [household("00200", number, amount, 0) for number, amount in ((3, 300), (4, 9_000))]
    rows = percentiles(households, [80, 100])
    found = {row["measure"]: (row["value"], row["lower"], row["upper"]) for row in rows if row["geoid"] == "37001"}
    # everybody is at or below 200 in every replicate
    assert found == {"pctl_income_80": (200, 200, 200), "pctl_income_100": (200, 200, 200)}


def test_a_bound_beyond_all_households_is_missing(percentiles):
    # share below 0.5, standard error sqrt(4/80 x 40 x 0.1^2) = 0.14; t(1) x 0.14 = 1.8
    households = [household("00200", number, 100 * number, 10) for number in range(1, 4)]
    households.append(household("00200", 4, 400, 10, replicates=[10, 20] * 40))
    row = by_geoid(percentiles(households, [50]))["37001"]
    assert (row["value"], row["lower"], row["upper"], row["note"]) == (200, None, None, None)


def test_a_share_of_a_puma_counts_in_full_units(percentiles):
    # half of 20 and 20 and 20, and 30 of another PUMA: 50 % of 60 is the third amount exactly; 3 is odd: the next one
    households = [household("00100", number, 100 * number, 20) for number in (1, 2, 3)]
    households.append(household("00200", 4, 400, 30))
    assert by_geoid(percentiles(households, [50], minimum=1))["37001"]["value"] == 400


def test_ten_decimals_of_an_allocation_factor_count(percentiles):
    areas = [("37001", "37", "00100", 0.3333333333, 1, "2022")]
    households = [household("00100", number, 100, 10) for number in range(3)]
    for minimum, note in ((0.9999999999, "no replicate weights"), (1, "suppressed: n<30")):
        found = by_geoid(percentiles([(*row[:7], *[None] * 80) for row in households], [50], minimum, areas))
        assert found["37001"]["note"] == note


def test_bounds_of_400_households(percentiles):
    # The median of 100, 200, ..., 40,000 is 20,000, with 200 of 400 below. Replicates move 2, 2, ..., 3, 3, 1 and 0
    # households from below it to above: sum of squares 323, standard error sqrt(4/80 x 323) = 4.0187 households, times
    # t(79) = 1.99045: 7.999 households, so 192.001 and 207.999 are below the bounds. t(78) would give 8.0006.
    moved = [2] * 76 + [3, 3, 1, 0]
    weights = {1: [1 - number for number in moved], 400: [1 + number for number in moved]}
    households = [household("00200", n, 100.0 * n, 1, replicates=weights.get(n)) for n in range(1, 401)]
    row = by_geoid(percentiles(households, [50]))["37001"]
    assert (row["value"], row["lower"], row["upper"]) == (20_000, 19_300, 20_800)
    # Without the household of 200 dollars the rank is computed: 2, so t(1) x 4.0187 = 51.06 households. The 200th of 399
    # has 20,100; 200 less and plus 51.06 are 148.94 and 251.06, so the bounds are the 149th and the 252nd.
    row = by_geoid(percentiles(households[:1] + households[2:], [50]))["37001"]
    assert (row["value"], row["lower"], row["upper"]) == (20_100, 15_000, 25_300)


@pytest.mark.parametrize(("geography", "told"), [("place", "place"), ("triad", "region")])
def test_every_missing_percentile_says_why(percentiles, geography, told):
    labels = [*EVERYONE, ("5-Year", 0, "gender", "Male")]
    rows = percentiles(FOUR[:2] + [household("00100", 9, 100, 1)], [50], subgroups=labels, geography=geography)
    notes = {(row["geoid"], row["subgroup"]): row["note"] for row in rows}
    assert notes == {
        ("37001", "All"): "suppressed: n<30",
        ("37003", "All"): "suppressed: n<30",
        ("45005", "All"): "no input for state",
        ("37999", "All"): f"no crosswalk for this {told} in this period",
        **{(geoid, "Male"): "no input for sample" for geoid in ("37001", "37003", "45005", "37999")},
    }
    assert all(row["value"] is row["quality"] is None for row in rows)


def test_the_total_of_a_family_is_the_percentile_of_all_its_members(percentiles):
    labels = [("1-Year", key, "gender", label) for key in (0, 1) for label in ("All", ("Male", "Female")[key])]
    households = [household("00200", number, 100 * number, 10, key=number > 3) for number in range(1, 7)]
    rows = percentiles(households, [50], subgroups=labels)
    found = {row["subgroup"]: row["value"] for row in rows if row["geoid"] == "37001"}
    # of six amounts the third holds 50 % exactly, and 3 is odd: the fourth
    assert found == {"All": 400, "Male": 200, "Female": 500}


@pytest.mark.parametrize(("pumas", "keys", "refused"), [(100, 10_000, False), (101, 9_901, True)])
def test_more_than_a_million_pumas_and_subgroup_keys_are_refused(percentiles, pumas, keys, refused):
    codes = [f"{number:05}" for number in range(pumas)]
    areas = [("37001", "37", code, 1.0, 1, "2022") for code in codes]
    subgroups = [("1-Year", key, "all", "All") for key in range(keys)]
    households = [household(code, 1, 100, 10) for code in codes]
    if refused:
        with pytest.raises(UsageError, match="more than 1,000,000 PUMAs and subgroup keys$"):
            percentiles(households, [50], areas=areas, subgroups=subgroups)
    else:
        (row,) = percentiles(households, [50], areas=areas, subgroups=subgroups)
        assert (row["value"], row["sample_size"]) == (100, pumas)


# -- metrics with their own estimator ---------------------------------------------------------------

HOUSEHOLDER = "sample VARCHAR, statefip VARCHAR, serialno VARCHAR, pernum INTEGER, subgroup_key INTEGER, race TINYINT, hispan TINYINT"
# County 001 consists of PUMA 00100 (almost: 1 % is in 003), and 003 has the rest of it and PUMA 00200.
PRODUCT_AREAS = [
    ("37001", "37", "00100", 0.99, 1, "2022", 0.99, "37001"),
    ("37003", "37", "00100", 0.01, 2, "2022", 0.6, "37001"),
    ("37003", "37", "00200", 1.0, 2, "2022", 0.6, None),
]
DIGITAL_SUMS = (
    "sample VARCHAR, statefip VARCHAR, puma VARCHAR, countyfip VARCHAR, subgroup_key INTEGER, outcome TINYINT, "
    "records BIGINT, weight BIGINT"
)
WEALTH_SUMS = (
    "sample VARCHAR, statefip VARCHAR, puma VARCHAR, countyfip VARCHAR, subgroup_key INTEGER, race_ethnicity VARCHAR, "
    "records BIGINT, households BIGINT, house_value BIGINT"
)
ROW_RULE = {"rule_known_county_counted_per_crosswalk_row": True}


@pytest.mark.parametrize(
    ("geography", "rule", "in_full"),
    [("county", True, True), ("county", False, False), ("place", True, False), ("triad", True, False)],
)
def test_sums_of_a_known_county_count_in_full_once_per_crosswalk_row(run_sql, geography, rule, in_full):
    third = Decimal("0.333333333333333")
    areas = [*PRODUCT_AREAS, ("37005", "37", "00300", third, 3, "2022", 0.2, None)]
    areas.append(("37999", "37", "00300", 1, 1, "pre-2022", 1.0, None))
    sums = [("37", "00100", None, 30), ("37", "00100", "000", 20), ("37", "00300", None, 10), ("37", "00300", "009", 5)]
    rows = run_sql(
        "estimators/assigned/assigned.sql",
        tables={
            "sums": ("statefip VARCHAR, puma VARCHAR, countyfip VARCHAR, households BIGINT", sums),
            "allocation": (ALLOCATION, areas),
        },
        variables={"year": 2022, "geography": geography, "rule_known_county_counted_per_crosswalk_row": rule},
    )
    known = [(30, "37001", 1, 1), (30, "37001", 1, 1), (5, "37009", 1, 1)]
    allocated = [
        *((30, "37001", Decimal("0.99"), 0.99), (30, "37003", Decimal("0.01"), 0.6)),
        (5, "37005", third, 0.2),
    ]
    assert sorted(tuple(map(row.get, ("households", "geoid", "afact", "sum_products"))) for row in rows) == sorted(
        [
            *(known if in_full else allocated),
            *((20, "37001", Decimal("0.99"), 0.99), (20, "37003", Decimal("0.01"), 0.6)),
            (10, "37005", third, 0.2),
        ]
    )


def digital_access(run_sql, households, minimum=1, **rules):
    columns = (
        "sample VARCHAR, statefip VARCHAR, puma VARCHAR, serialno VARCHAR, subgroup_key INTEGER, gq TINYINT, "
        "countyfip VARCHAR, hhwt INTEGER, cinethh TINYINT, cilaptop TINYINT, citablet TINYINT, cihispeed TINYINT"
    )
    rows = [("1-Year", "37", puma, str(n), 0, 1, *rest) for n, (puma, *rest) in enumerate(households)]
    persons = [("1-Year", "37", str(n), 1, 0, 1, 0) for n in range(len(rows))]
    microdata = {"household": (columns, rows), "person": (HOUSEHOLDER, persons)}
    sums = run_sql("metrics/digital-access.sums.sql", tables=microdata)
    tables = {
        "sums": (DIGITAL_SUMS, [tuple(row.values()) for row in sums]),
        "allocation": (ALLOCATION, PRODUCT_AREAS),
        "subgroup": (SUBGROUP, EVERYONE),
    }
    variables = {"year": 2022, "geography": "county", "minimum_records": minimum} | ROW_RULE | rules
    return by_geoid(
        run_sql("estimators/assigned/assigned.sql", "metrics/digital-access.sql", tables=tables, variables=variables)
    )


ACCESS, NO_COMPUTER, NO_SUBSCRIPTION, SUPPRESSED = (1, 1, 2, 10), (1, 2, 2, 10), (3, 1, 1, 0), (1, 1, 1, 88)


def test_digital_access_counts_a_known_county_once_per_crosswalk_row(run_sql):
    # PUMA 00100 belongs to 001: its households count in full, twice (two crosswalk rows), none in 003.
    households = [("00100", None, 30, *ACCESS), ("00100", None, 10, *NO_COMPUTER), ("00100", None, 50, *SUPPRESSED)]
    households += [("00200", None, 20, *ACCESS), ("00200", None, 60, *NO_SUBSCRIPTION)]
    rows = digital_access(run_sql, households)
    assert (rows["37001"]["numerator"], rows["37001"]["denominator"]) == (60, 80)
    assert (rows["37001"]["value"], rows["37001"]["quality"], rows["37001"]["sample_size"]) == (0.75, 1, 4)
    assert (rows["37003"]["value"], rows["37003"]["quality"]) == (0.25, 2)


def test_digital_access_allocates_every_household_under_the_right_rule(run_sql):
    households = [
        ("00100", None, 30, *ACCESS),
        ("00100", None, 10, *NO_COMPUTER),
        ("00200", None, 40, *NO_SUBSCRIPTION),
    ]
    rows = digital_access(run_sql, households, rule_known_county_counted_per_crosswalk_row=False)
    assert rows["37001"]["value"] == pytest.approx(0.75)
    assert rows["37003"]["value"] == pytest.approx(0.3 / 40.4)


def test_the_county_of_the_provider_goes_before_the_derived_one(run_sql):
    households = [("00100", "000", 30, *ACCESS), ("00100", "000", 10, *NO_COMPUTER)]
    rows = digital_access(run_sql, households)
    assert rows["37001"]["denominator"] == pytest.approx(0.99 * 40)
    assert rows["37003"]["denominator"] == pytest.approx(0.01 * 40)


def test_digital_access_needs_thirty_joined_records(run_sql):
    rows = digital_access(run_sql, [("00200", "000", 30, *ACCESS)] * 29, minimum=30)
    assert (rows["37003"]["value"], rows["37003"]["note"]) == (None, "suppressed: n<30")


def test_identified_county_is_made_of_whole_pumas(run_sql):
    columns = "crosswalk_period VARCHAR, statefip VARCHAR, county VARCHAR, puma VARCHAR, population DOUBLE, afact DOUBLE, county_pop DOUBLE"
    # 001: two whole PUMAs. 003: 2 % of its PUMA's people are outside. 005: 0.3 % of its people are in another PUMA.
    rows = [("2022", "37", "001", "00100", 100, 1.0, 300), ("2022", "37", "001", "00200", 200, 1.0, 300)]
    rows += [("2022", "37", "003", "00300", 98, 0.98, 98), ("2022", "37", "005", "00300", 2, 0.02, 600)]
    rows += [("2022", "37", "005", "00400", 598, 1.0, 600)]
    found = run_sql("geography/identified_county.sql", tables={"puma_to_county": (columns, rows)})
    assert [(row["puma"], row["countyfip"]) for row in found] == [("00100", "001"), ("00200", "001"), ("00400", "005")]


def housing_wealth(run_sql, households, geography="county", **rules):
    columns = (
        "sample VARCHAR, statefip VARCHAR, puma VARCHAR, serialno VARCHAR, subgroup_key INTEGER, gq TINYINT, "
        "countyfip VARCHAR, hhwt INTEGER, ownershp TINYINT, valueh INTEGER"
    )
    rows = [("1-Year", "37", "00200", str(n), 0, 1, "000", *rest) for n, (_, *rest) in enumerate(households)]
    persons = [("1-Year", "37", str(n), 1, 0, race, 0) for n, (race, *_) in enumerate(households)]
    universe = [(2022, "37003", "37"), (2022, "45005", "45")]
    microdata = {"household": (columns, rows), "person": (HOUSEHOLDER, persons)}
    sums = run_sql("metrics/housing-wealth.sums.sql", tables=microdata)
    tables = {
        "sums": (WEALTH_SUMS, [tuple(row.values()) for row in sums]),
        "allocation": (ALLOCATION, PRODUCT_AREAS),
        "subgroup": (SUBGROUP, EVERYONE),
        "universe": ("year INTEGER, geoid VARCHAR, state VARCHAR", universe),
    }
    variables = {"year": 2022, "geography": geography, "rule_six_cities_missing": []}
    variables["rule_no_sample_size_suppression"] = 0
    variables |= {"rule_place_quality_ignores_the_year": True} | ROW_RULE | rules
    found = run_sql(
        "estimators/assigned/assigned.sql", "metrics/housing-wealth.sql", tables=tables, variables=variables
    )
    return {(row["measure"].split("_house")[0], row["geoid"]): row for row in found}


def test_housing_wealth_is_a_pair_of_rounded_shares(run_sql):
    # White: 3 of 4 households, 600,000 of 700,000 dollars x weight 10; Black: 1 of 4 and 100,000. A renter has no house.
    households = [(1, 10, 1, 200000)] * 3 + [(2, 10, 1, 100000), (3, 10, 2, None)]
    rows = housing_wealth(run_sql, households)
    white, black, other = (rows[f"ratio_{race}", "37003"] for race in ("white_nh", "black_nh", "other_nh"))
    assert (white["numerator"], white["denominator"]) == (0.857, 0.6)
    assert (black["numerator"], black["denominator"]) == (0.143, 0.2)
    assert black["value"] == pytest.approx(0.143 / 0.2)
    assert (black["quality"], other["value"], other["quality"]) == (2, None, None)
    assert other["note"] == "no owned homes of this group"
    assert rows["ratio_hispanic", "37003"]["note"] == "no households of this group"
    assert rows["ratio_hispanic", "45005"]["note"] == "no input for state"


def test_housing_wealth_says_when_the_extract_has_no_house_values(run_sql):
    rows = housing_wealth(run_sql, [(1, 10, 1, None)])
    assert rows["ratio_white_nh", "37003"]["note"] == "no input: house value"


def test_a_missing_city_stays_missing_under_the_published_rule(run_sql):
    rows = housing_wealth(run_sql, [(1, 10, 1, 100000)], rule_six_cities_missing=["37003"])
    assert rows["ratio_white_nh", "37003"]["value"] is None
