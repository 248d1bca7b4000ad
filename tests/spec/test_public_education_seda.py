"""Learning growth by hand and against one regression over all areas (card public-education-seda, sections 3, 3b and 8)."""

import numpy as np
import pytest
from examples import city_names

SCORES = (
    "area VARCHAR, year SMALLINT, grade TINYINT, student_group VARCHAR, score DOUBLE, score_error DOUBLE, tests DOUBLE"
)
SHOWN = ("value", "lower", "upper", "quality")
AREAS = "area VARCHAR, grade TINYINT, geoid VARCHAR"
# Grade 8 in the spring of 2019 is metric year 2018; grade 3 in the spring of 2014.
SPRING = {grade: 2011 + grade for grade in range(3, 9)}


def rows_of(area, scores, tests=100, group="all", error=0.05):
    """Rows of one area: grade -> mean score; ``tests`` a number or one per grade."""
    number = tests if isinstance(tests, dict) else dict.fromkeys(scores, tests)
    return [(area, SPRING[grade], grade, group, score, error, number[grade]) for grade, score in scores.items()]


@pytest.fixture
def rates(run_sql):
    """(value, lower, upper, quality), or other columns, by geoid and subgroup; the areas themselves unless ``geoids`` says
    otherwise."""

    def run(scores, geoids=None, geography="county", single=True, shown=SHOWN, **variables):
        areas = {(row[0], row[2]) for row in scores}
        where = {area: area for area, _ in areas} if geoids is None else geoids
        listed = sorted(set(filter(None, where.values()))) + ["09999"]
        rows = run_sql(
            "metrics/public-education-seda.sql",
            variables={
                "year": 2018,
                "geography": geography,
                "single_precision": single,
                "later_list": {"county": 0, "place": 0},
                **variables,
            },
            tables={
                "scores": (SCORES, scores),
                "score_areas": (AREAS, [(area, grade, where.get(area)) for area, grade in sorted(areas)]),
                "universe": ("year SMALLINT, geoid VARCHAR", [(2018, geoid) for geoid in listed] + [(2019, "08888")]),
            },
        )
        return {(row["geoid"], row["subgroup"]): tuple(row[name] for name in shown) for row in rows}

    return run


def regression(scores):
    """Slopes and standard errors of one weighted regression with an intercept and a slope for each area (numpy)."""
    areas = sorted({row[0] for row in scores})
    design = np.zeros((len(scores), 2 * len(areas)))
    for line, (area, _, grade, *_) in enumerate(scores):
        design[line, areas.index(area)] = 1
        design[line, len(areas) + areas.index(area)] = grade
    y, w = np.array([row[4] for row in scores]), np.array([row[6] for row in scores], dtype=float)
    rank = np.linalg.matrix_rank(design)
    inverse = np.linalg.pinv(design.T @ (w[:, None] * design))
    beta = inverse @ design.T @ (w * y)
    variance = (w * (y - design @ beta) ** 2).sum() / (len(scores) - rank) * inverse
    return {
        area: (beta[len(areas) + k], variance[len(areas) + k, len(areas) + k] ** 0.5) for k, area in enumerate(areas)
    }


def test_slopes_and_errors_are_those_of_one_regression_over_all_areas(rates):
    generator = np.random.default_rng(1)
    scores = []
    for number, grades in enumerate([range(3, 9), range(3, 9), range(4, 9), (3, 7), (5, 6, 7)]):
        noisy = {grade: grade * 0.9 + generator.normal() for grade in grades}
        scores += rows_of(f"0100{number}", noisy, {grade: int(generator.integers(20, 500)) for grade in grades})
    found = rates(scores, single=False)
    for area, (slope, error) in regression(scores).items():
        value, lower, upper, _ = found[area, "All"]
        assert value == pytest.approx(slope, rel=1e-9)
        assert (lower, upper) == pytest.approx((slope - 1.96 * error, slope + 1.96 * error), rel=1e-9)


@pytest.mark.parametrize("single", [True, False])
@pytest.mark.parametrize(
    "tests",
    [
        {3: 100, 4: 200, 5: 50},  # one degree of freedom
        {3: 100, 4: 200, 5: 50, 6: 70},  # two
        {3: 1, 4: 2, 5: 30, 6: 2, 7: 1},  # a grade of one test counts
    ],
)
def test_few_degrees_of_freedom_and_few_tests(rates, tests, single):
    scores = rows_of("01001", {grade: grade + (grade % 2) * 0.7 for grade in tests}, tests)
    slope, error = regression(scores)["01001"]
    found = rates(scores, single=single, shown=("value", "standard_error", "lower", "upper"))["01001", "All"]
    assert found == pytest.approx((slope, error, slope - 1.96 * error, slope + 1.96 * error), rel=3e-7)


def test_two_grades_alone_have_a_slope_without_an_error(rates):
    assert rates(rows_of("01001", {3: 0.0, 4: 1.0}))["01001", "All"] == (1.0, None, None, 3)


def test_grades_without_a_mean_or_without_tests_are_no_rows_of_the_regression(rates):
    scores = rows_of("01001", {3: 0.0, 4: 1.2, 5: 1.9, 6: 3.1})
    lost = [*rows_of("01001", {7: None, 8: 9.0}, {7: 100, 8: 0})]
    assert rates([*scores, *lost])["01001", "All"][:3] == rates(scores)["01001", "All"][:3]


def test_an_area_with_one_grade_has_no_estimate_and_takes_one_degree_of_freedom(rates):
    noisy = rows_of("01001", {3: 0.0, 4: 1.2, 5: 1.9, 6: 3.1})
    lone = rates([*noisy, *rows_of("01003", {5: 2.0})], shown=("value", "lower", "upper", "quality", "note"))[
        "01003", "All"
    ]
    assert lone == (None, None, None, None, "no scores of two grades or more for this area and group")
    # N - P = 4 - 2 without the lone row, 5 - 3 with it: the same variance
    alone, together = rates(noisy), rates([*noisy, *rows_of("01003", {5: 2.0})])
    assert alone["01001", "All"] == together["01001", "All"]


def test_the_cohort_of_the_metric_year_only_and_other_counties_of_the_list_without_value(rates):
    good = rows_of("01001", {3: 0.0, 4: 1.0, 5: 2.0, 6: 3.1})
    other = [("01001", SPRING[grade] + 1, grade, "all", 50.0, 0.1, 100) for grade in (3, 4)]
    assert rates([*good, *other]) == rates(good)
    assert rates(good)["09999", "All"] == (None, None, None, None)
    assert ("08888", "All") not in rates(good)


def test_the_county_list_of_the_year_after_shows_values_of_the_years_own_list_only(rates):
    scores = rows_of("01001", {3: 0.0, 4: 1.0, 5: 2.1}) + rows_of("08888", {3: 0.0, 4: 1.0, 5: 2.1})
    found = rates(scores, geoids={"01001": "01001"}, later_list={"county": 1, "place": 0})
    assert {geoid for geoid, _ in found} == {"08888"}
    assert found["08888", "All"] == (None, None, None, None)


SIX = {grade: grade * 1.0 + (grade % 2) * 0.1 for grade in range(3, 9)}


@pytest.mark.parametrize(
    ("grades", "least", "quality"), [(6, 30, 1), (5, 30, 1), (4, 30, 2), (3, 30, 3), (6, 29, 3), (4, 29, 3), (2, 30, 3)]
)
def test_quality_by_grades_and_least_tests(rates, grades, least, quality):
    chosen = dict(list(SIX.items())[:grades])
    tests = dict.fromkeys(chosen, 100) | {3: least}
    scores = rows_of("01001", chosen, tests) + rows_of("01003", SIX)
    assert rates(scores)["01001", "All"][3] == quality


def test_tests_of_a_grade_without_mean_count_for_the_least_number(rates):
    tests = dict.fromkeys(SIX, 100) | {8: 5}
    scores = rows_of("01001", SIX | {8: None}, tests)
    assert rates(scores)["01001", "All"][3] == 3
    assert rates(scores, rule_tests_of_grades_without_mean=False)["01001", "All"][3] == 1


def test_a_grade_with_a_mean_of_an_unknown_number_of_tests_is_a_grade(rates):
    chosen = dict(list(SIX.items())[:5])
    scores = rows_of("01001", chosen, dict.fromkeys(chosen, 100) | {7: None})
    assert rates(scores)["01001", "All"][3] == 1
    assert rates(scores, rule_tests_of_grades_without_mean=False)["01001", "All"][3] == 2


@pytest.mark.parametrize(("tests", "quality"), [(0, 2), (1, 3), (2, 3), (29, 3), (30, 1)])
def test_in_corrected_a_grade_counts_from_one_test_on(rates, tests, quality):
    chosen = dict(list(SIX.items())[:5])
    scores = rows_of("01001", chosen, dict.fromkeys(chosen, 100) | {7: tests})
    assert rates(scores, rule_tests_of_grades_without_mean=False)["01001", "All"][3] == quality


@pytest.mark.parametrize(("errors", "error"), [((0.1, 0.1), 0.1 * 2**0.5), ((0.1, None), None)])
def test_corrected_bounds_of_two_grades_need_the_errors_of_both(rates, errors, error):
    # The slope is the difference of two means: sqrt(0.1^2 + 0.1^2)
    scores = [
        row for each, at in zip(errors, ({3: 0.0}, {4: 1.0}), strict=True) for row in rows_of("01001", at, error=each)
    ]
    shown = ("value", "standard_error", "lower", "upper")
    found = rates(scores, rule_pooled_variance=False, single=False, shown=shown)["01001", "All"]
    bounds = (None,) * 3 if error is None else (error, 1 - 1.96 * error, 1 + 1.96 * error)
    assert found == pytest.approx((1.0, *bounds))


def test_corrected_bounds_come_from_the_errors_of_the_means(rates):
    # Three grades with equal weight: var(b) = sum((x - 4)^2 * 0.1^2) / 2^2 = 0.005
    scores = rows_of("01001", {3: 0.0, 4: 1.0, 5: 2.3}, error=0.1)
    value, lower, upper, _ = rates(scores, rule_pooled_variance=False, single=False)["01001", "All"]
    assert (value, upper - value) == (pytest.approx(1.15), pytest.approx(1.96 * 0.005**0.5))
    assert value - lower == pytest.approx(upper - value)


def test_single_precision(rates):
    value = rates(rows_of("01001", {3: 0.0, 4: 1 / 3, 5: 0.7}))["01001", "All"][0]
    assert value == float(np.float32(0.35)) != 0.35


def test_a_place_in_single_precision_is_the_mean_of_districts_in_single_precision(rates):
    generator, single, shown = (
        np.random.default_rng(3),
        lambda number: float(np.float32(number)),
        (*SHOWN[:3], "standard_error"),
    )
    districts = [f"01{number:05}" for number in range(40)]
    tests = {area: int(generator.integers(50, 500)) for area in districts}
    scores = [
        row
        for area in districts
        for row in rows_of(area, {grade: grade * 0.9 + generator.normal() for grade in (3, 4, 5)}, tests[area])
    ]
    of_districts = rates(scores, geography="place", single=False, shown=("value", "standard_error"))
    pairs = {area: districts[number // 2 * 2] for number, area in enumerate(districts)}
    found = rates(scores, pairs, geography="place", shown=shown)
    for pair in zip(districts[::2], districts[1::2], strict=True):
        weights = [3 * tests[area] for area in pair]
        values, errors = zip(*(map(single, of_districts[area, "All"]) for area in pair), strict=True)
        lower = [single(value - 1.96 * error) for value, error in zip(values, errors, strict=True)]
        upper = [single(value + 1.96 * error) for value, error in zip(values, errors, strict=True)]
        means = [
            single(sum(weight * each for weight, each in zip(weights, column, strict=True)) / sum(weights))
            for column in (values, lower, upper)
        ]
        error = sum((weight * each) ** 2 for weight, each in zip(weights, errors, strict=True)) ** 0.5 / sum(weights)
        assert found[pair[0], "All"] == (*means, pytest.approx(error, rel=1e-12))


def test_a_place_is_the_mean_of_its_districts_weighted_by_tests_of_all_grades(rates):
    # Tests 3 x 100 and 3 x 300, and a grade without mean of one and of two tests: weights 301 and 902
    scores = rows_of("0100001", {3: 0.0, 4: 1.0, 5: 2.1, 6: None}, {3: 100, 4: 100, 5: 100, 6: 1})
    scores += rows_of("0100002", {3: 0.0, 4: 2.0, 5: 3.7, 6: None}, {3: 300, 4: 300, 5: 300, 6: 2})
    scores += rows_of("0100003", {3: 0.0, 4: 1.1, 5: 2.0}, 300)
    run = {"geography": "place", "single": False, "shown": ("value", "lower", "upper", "standard_error", "quality")}
    both = {"0100001": "0107000", "0100002": "0107000"}
    found = rates(scores, both, **run)["0107000", "All"]
    one, two = (rates(scores, {area: "0107000"}, **run)["0107000", "All"] for area in both)
    means = [(301 * first + 902 * second) / 1203 for first, second in zip(one[:3], two[:3], strict=True)]
    # The errors of the districts are independent
    error = ((301 * one[3]) ** 2 + (902 * two[3]) ** 2) ** 0.5 / 1203
    assert found == pytest.approx((*means, error, 3), rel=1e-9)
    corrected = rates(scores, both, rule_weighted_mean_of_bounds=False, **run)["0107000", "All"]
    bounds = (means[0] - 1.96 * error, means[0] + 1.96 * error)
    assert corrected == pytest.approx((means[0], *bounds, error, 3), rel=1e-9)


def test_a_county_has_its_estimate_to_the_last_digit(rates):
    # 3 x 0.1 / 3 would not be 0.1
    scores = rows_of("01001", {3: 0.0, 4: 0.1, 5: None}, 1)
    for number in range(2, 20):
        scores += rows_of(f"01{number:03}", {3: 0.0, 4: 1.0, 5: 1.3 + number / 7}, number)
    found = rates(scores, single=False, shown=("value", "lower", "upper", "standard_error"))
    assert found["01001", "All"][0] == 0.1
    for (_, group), (value, lower, upper, error) in found.items():
        if group == "All" and value is not None:
            assert (lower, upper) == (value - 1.96 * error, value + 1.96 * error)


def test_groups_have_their_published_labels(rates):
    names = {
        "wht": "White, Non-Hispanic",
        "blk": "Black, Non-Hispanic",
        "hsp": "Hispanic",
        "mal": "Male",
        "fem": "Female",
        "ecd": "Economically Disadvantaged",
        "nec": "Not Economically Disadvantaged",
        "all": "All",
    }
    scores = [
        row
        for number, group in enumerate(names, start=1)
        for row in rows_of("01001", {3: 0.0, 4: float(number), 5: 2.0 * number, 6: 3.0 * number + 0.01}, group=group)
    ]
    found = rates(scores)
    for number, group in enumerate(names, start=1):
        assert found["01001", names[group]][0] == pytest.approx(number, abs=0.01)


# -- districts and places (section 3b) ------------------------------------------------------------------

OFFICES = "year SMALLINT, leaid VARCHAR, city VARCHAR"


@pytest.fixture
def districts(run_sql):
    """(area, grade) -> geoid of metric year 2018, for the rows that enter."""

    def run(offices, areas=("0600001",), cities=((2018, "0607000", "06", "Alameda city"),), others=(), **variables):
        scores = [row for area in areas for row in rows_of(area, SIX)] + list(others)
        rows = run_sql(
            "geography/score_area_place.sql",
            variables={
                "year": 2018,
                "first_cohort": 2014,
                "letters": "proper",
                "every_row": True,
                "names": "learning growth",
                **variables,
            },
            tables={
                "seda_district": (SCORES, scores),
                "ccd_lea_office": (OFFICES, list(offices)),
                "place_city_name": city_names(run_sql, list(cities)),
            },
        )
        return {(row["area"], row["grade"]): row["geoid"] for row in rows}

    return run


FALLS = range(2013, 2019)


def test_all_rows_of_a_district_enter_that_matches_a_listed_place_in_one_year(districts):
    offices = [(year, "0600001", "ALAMEDA") for year in FALLS] + [(2018, "0600002", "Elsewhere")]
    found = districts(offices, areas=("0600001", "0600002", "0600003"))
    assert found == {("0600001", grade): "0607000" for grade in SIX}
    # the place is listed in 2018 only; a district that moved away in 2018 never matches it
    assert districts([(year, "0600001", "Alameda" if year < 2018 else "Elsewhere") for year in FALLS]) == {}


@pytest.mark.parametrize(("spring", "enters"), [(2012, False), (2013, True)])
def test_a_match_of_an_earlier_cohort_counts_from_the_first_cohort_on(districts, spring, enters):
    # Grade 7 of the cohort that was in grade 8 the spring after; 2014 is the first one
    others = [("0600001", spring, 7, "all", 0.0, 0.05, 100)]
    offices = [(year, "0600001", "Alameda" if year < 2013 else "Elsewhere") for year in range(2011, 2019)]
    cities = [(year, "0607000", "06", "Alameda city") for year in (2011, 2012)]
    found = districts(offices, cities=cities, others=others)
    assert found == ({("0600001", grade): None for grade in SIX} if enters else {})


def test_a_row_counts_for_the_city_of_its_own_year(districts):
    offices = [(year, "0600001", "Alameda" if year == 2018 else "Elsewhere") for year in FALLS]
    assert districts(offices) == {("0600001", grade): "0607000" if grade == 8 else None for grade in SIX}


@pytest.mark.parametrize(("rule", "matches"), [("alphabet", True), ("years", False)])
def test_a_year_without_city_takes_that_of_other_years(districts, rule, matches):
    offices = [
        (2013, "0600001", "Zamora"),
        (2016, "0600001", "Alameda"),
        (2017, "0600001", "Zamora"),
        (2018, "0600001", ""),
    ]
    found = districts(offices, rule_city_of_an_unmatched_year=rule)
    assert found == (
        {("0600001", grade): "0607000" if grade in (4, 5, 6, 8) else None for grade in SIX} if matches else {}
    )


def test_the_edition_of_2026_compares_in_lower_case_row_by_row_with_places_of_any_year(districts):
    offices = [(year, "0600001", "LA CANADA") for year in (2013, 2014, 2015)]
    offices += [(year, "0600001", "Elsewhere") for year in (2016, 2017, 2018)]
    cities = [(2018, "0607000", "06", "La Canada city")]
    found = districts(offices, cities=cities, letters="lower", every_row=False, rule_city_of_an_unmatched_year="years")
    assert found == {("0600001", grade): "0607000" for grade in (3, 4, 5)}


@pytest.mark.parametrize(
    ("census_name", "city"),
    [
        ("Lee's Summit city", "LEES SUMMIT"),
        ("O'Fallon city", "OFALLON"),
        ("McAllen city", "mcallen"),
        ("Boise City city", "Boise"),
    ],
)
def test_names_as_the_directory_spells_them(districts, census_name, city):
    offices = [(year, "0600001", city) for year in FALLS]
    assert set(districts(offices, cities=[(2018, "0607000", "06", census_name)]).values()) == {"0607000"}
