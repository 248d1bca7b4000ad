"""Editions by hand: the same input under 2025, 2026 and corrected, side by side (design §4.7)."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from pipeline.catalog.models import GeographyTable, Metric, Publication
from pipeline.settings import CATALOG, SQL

EDITIONS = ("2025", "2026", "corrected")
MODELS = {SQL / "metrics": Metric, SQL / "geography": GeographyTable}
# sql/metrics/x.yml, not sql/metrics/x.2026.yml
BASES = [path for folder in MODELS for path in sorted(folder.glob("*.yml")) if "." not in path.stem]


def merged(base, difference):
    """Mappings merge key by key, null deletes a key, everything else replaces."""
    if not (isinstance(base, dict) and isinstance(difference, dict)):
        return difference
    kept = {key: value for key, value in base.items() if not (key in difference and difference[key] is None)}
    return kept | {key: merged(base.get(key), value) for key, value in difference.items() if value is not None}


def edition(path: Path, method: str) -> dict:
    """The entry of a method: the base entry and the differences beside it, if there are any."""
    beside = path.with_suffix(f".{method}.yml")
    base = yaml.safe_load(path.read_text(encoding="utf-8"))
    return merged(base, yaml.safe_load(beside.read_text(encoding="utf-8"))) if beside.exists() else base


def rules(entry: dict) -> dict:
    """The variable ``rule_<id>`` of every quirk that has a rule."""
    quirks = entry.get("quirks", {}).items()
    return {f"rule_{name.replace('-', '_')}": quirk["rule"] for name, quirk in quirks if "rule" in quirk}


def assignment(entry: dict) -> list[str]:
    """The file that assigns the sums to areas before the metric's own SQL, where the entry names it."""
    return ["estimators/assigned/assigned.sql"] if entry.get("estimator") == "assigned" else []


@pytest.fixture
def metric(run_sql):
    """Rows of a metric's own SQL under a method, its rules and its year's constants as the YAML has them."""

    def run(slug, method, year, tables, geography="county", **variables):
        entry = edition(SQL / "metrics" / f"{slug}.yml", method)
        line = {name: value for name, value in (entry["years"][year] or {}).items() if name not in entry["inputs"]}
        line.pop("samples", None)
        period = "pre-2022" if year < 2022 else "2022"
        values = {"year": year, "geography": geography, "crosswalk_period": period, **entry.get("parameters", {})}
        values = {**values, **line, **rules(entry), **variables}
        if (SQL / "metrics" / f"{slug}.sums.sql").exists():  # sums of the microdata come first
            rows = run_sql(f"metrics/{slug}.sums.sql", tables=tables, variables=values)
            tables = tables | {"sums": (SUMS[slug], [tuple(row.values()) for row in rows])}
        file = f"metrics/{entry.get('sql', f'{slug}.sql')}"
        return run_sql(*assignment(entry), file, tables=tables, variables=values)

    return run


# -- the entries ------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", EDITIONS)
@pytest.mark.parametrize("path", BASES, ids=lambda path: path.stem)
def test_every_entry_is_valid_in_every_edition(path, method):
    entry = MODELS[path.parent].model_validate(edition(path, method))
    assert (path.parent / (entry.sql or f"{path.stem}.sql")).exists()


def test_every_difference_belongs_to_an_entry_and_an_edition():
    for folder in (*MODELS, CATALOG):
        for path in folder.glob("*.*.yml"):
            stem, method = path.stem.split(".")
            assert method in (*EDITIONS[1:], "published") and path.with_name(f"{stem}.yml").exists(), path


@pytest.mark.parametrize("path", BASES, ids=lambda path: path.stem)
def test_every_quirk_is_mended_in_one_way_or_says_why_not(path):
    base, corrected = (edition(path, method).get("quirks", {}) for method in ("2025", "corrected"))
    assert set(base) == set(corrected)
    for name, quirk in base.items():
        ways = ["rule" in quirk and quirk["rule"] != corrected[name]["rule"]]
        ways += [way in quirk for way in ("corrected_by", "not_corrected")]
        assert ways.count(True) == 1, name


@pytest.mark.parametrize("path", BASES, ids=lambda path: path.stem)
@pytest.mark.parametrize("method", EDITIONS)
def test_the_sql_reads_every_rule_of_its_entry_and_no_other(path, method):
    entry = edition(path, method)
    files = [path.parent / entry.get("sql", f"{path.stem}.sql"), *(SQL / file for file in assignment(entry))]
    text = "".join(file.read_text(encoding="utf-8") for file in files)
    assert all(f"'{name}'" in text for name in rules(entry))
    assert text.count("getvariable('rule_") == sum(text.count(f"getvariable('{name}')") for name in rules(entry))


@pytest.mark.parametrize("method", EDITIONS)
def test_the_publication_is_valid_and_lists_a_column_once(method):
    publication = Publication.model_validate(edition(CATALOG / "publication.yml", method))
    assert all(len(file.columns) == len(set(file.columns)) for file in publication.files.values())


def test_publication_of_2026():
    old, new = (edition(CATALOG / "publication.yml", method) for method in ("2025", "2026"))
    for number, file in old["files"].items():
        before, after = set(file["columns"]), set(new["files"][number]["columns"])
        gone = {
            name for name in before if "medical_debt" in name or name in ("share_debt_coll_lb", "share_debt_coll_ub")
        }
        assert before - after == (gone if number in ("11", "13") else set()), number
        assert {name[:12] for name in after - before} == ({"pctl_income_"} if number in ("16", "66") else set()), number
    assert new["files"]["16"]["columns"][0] == "pctl_income_20"
    assert "rounding" not in old and new["rounding"]["rate_learning"] == 2


# -- living wage ------------------------------------------------------------------------------------

QCEW = (
    "state VARCHAR, county VARCHAR, industry VARCHAR, own_code SMALLINT, industry_code VARCHAR, average_weekly_wage DOUBLE, "
    "establishments BIGINT, employment BIGINT, total_wages BIGINT, undisclosed BOOLEAN"
)
PRICES = [("2014", 200.0), ("2018", 250.0), ("2019", 300.0), ("2021", 240.0), ("2022-H1", 300.0), ("2022", 320.0)]
CHANGES = [("02261", "02063", 2020), ("02261", "02066", 2020), ("46113", "46102", 2015)]
FORSYTH = ("37", "067")


def bls(place, industry, wage, establishments, employment=None, wages=None, undisclosed=False, own=5, naics="10"):
    return (*place, industry, own, naics, wage, establishments, employment, wages, undisclosed)


@pytest.fixture
def living_wage(metric):
    """(value, quality, note) by (geoid, subgroup_type, subgroup)."""

    def run(method, year, qcew, hourly, counties=("37067",)):
        entry = edition(SQL / "metrics" / "living-wage.yml", method)
        tables = {
            "qcew_county_industry": (QCEW, qcew),
            "mit_living_wage": (
                "state VARCHAR, county VARCHAR, adults VARCHAR, children VARCHAR, hourly_wage DOUBLE",
                [(geoid[:2], geoid[2:], "1 Adult", "2 Children", wage) for geoid, wage in hourly.items()],
            ),
            "consumer_price_index": ("period VARCHAR, price_index DOUBLE", PRICES),
            "county_code_change": ("old_geoid VARCHAR, new_geoid VARCHAR, first_year SMALLINT", CHANGES),
            "universe": ("year SMALLINT, geoid VARCHAR", [(year, each) for each in counties]),
        }
        rows = metric("living-wage", method, year, {name: tables[name] for name in entry["inputs"]})
        return {(r["geoid"], r["subgroup_type"], r["subgroup"]): (r["value"], r["quality"], r["note"]) for r in rows}

    return run


def test_the_living_wage_in_dollars_of_2014(living_wage):
    # 30 dollars of 2019: 30 x 200 / 300 = 20 an hour, 800 a week. Industries of 2025: 30 x 40 = 1,200 a week.
    # 2026: 30 x (300 / 250) x 200 / 250 = 28.80 an hour, 1,152 a week.
    found = {method: living_wage(method, 2014, [bls(FORSYTH, "All", 800, 100)], {"37067": 30}) for method in EDITIONS}
    overall, industry = ("37067", "all", "All"), ("37067", "industry", "All")
    assert [found[method][overall][0] for method in EDITIONS] == pytest.approx([1, 800 / 1152, 1])
    assert [found[method][industry][0] for method in EDITIONS] == pytest.approx([800 / 1200, 800 / 1152, 1])


def test_the_price_index_of_2021(living_wage):
    # 30 dollars: x 240 / 300 (first half of 2022) = 24, 960 a week; x 240 / 320 (2022) = 22.50, 900 a week.
    found = [living_wage(method, 2021, [bls(FORSYTH, "All", 720, 100)], {"37067": 30}) for method in EDITIONS]
    assert [each["37067", "all", "All"][0] for each in found] == pytest.approx([0.75, 0.8, 0.8])


@pytest.mark.parametrize("method", EDITIONS)
def test_a_wage_in_dollars_of_the_year_is_not_touched(living_wage, method):
    # No price of 2023 in the table: 21 dollars, 840 a week; 630 / 840 = 0.75.
    found = living_wage(method, 2023, [bls(FORSYTH, "All", 630, 100)], {"37067": 21})
    assert found["37067", "all", "All"] == (0.75, 1, None)


def test_2026_has_2024(living_wage):
    assert living_wage("2026", 2024, [bls(FORSYTH, "All", 630, 100)], {"37067": 21})["37067", "all", "All"][0] == 0.75


def test_a_total_that_is_not_disclosed(living_wage):
    # Published as a ratio of 0; NULL but flagged in 2026; NULL when right.
    found = [living_wage(m, 2022, [bls(FORSYTH, "All", 0, 40, 0, 0, True)], {"37067": 20}) for m in EDITIONS]
    hidden = "suppressed: not disclosed by BLS"
    assert [each["37067", "all", "All"] for each in found] == [(0, 1, None), (None, 1, hidden), (None, None, hidden)]


def test_the_wage_of_an_industry_of_several_rows(living_wage):
    # Federal 1,000, state 800, local 900 a week: mean 900. Weighted: 10 x 1,000 + 30 x 800 + 60 x 900 = 88,000 / 100
    # = 880 a week. Living wage 20 x 40 = 800. 3 + 4 + 5 = 12 establishments: quality 3.
    label = "Public Administration"
    rows = [
        bls(FORSYTH, label, 1000, 3, 10, 52 * 10_000, own=1),
        bls(FORSYTH, label, 800, 4, 30, 52 * 24_000, own=2),
        bls(FORSYTH, label, 900, 5, 60, 52 * 54_000, own=3),
    ]
    found = [living_wage(method, 2022, rows, {"37067": 20})["37067", "industry", label] for method in EDITIONS]
    assert [value for value, _, _ in found] == pytest.approx([900 / 800, 900 / 800, 880 / 800])
    assert {(quality, note) for _, quality, note in found} == {(3, None)}
    # Rows without employment, or collapsed before (no code of BLS), keep the mean and say so.
    remark = "unweighted mean: no employment in the input"
    collapsed = [bls(FORSYTH, label, 900, 12, own=None, naics=None)]
    assert living_wage("corrected", 2022, collapsed, {"37067": 20})["37067", "industry", label] == (1.125, 3, remark)


def test_an_industry_of_which_one_row_is_not_disclosed(living_wage):
    # Finance 1,200 a week, business services not disclosed (0). Published and 2026: NULL, and 2026 keeps the flag of
    # 35 + 5 establishments; corrected: 1,200 / 800.
    label = "Professional Services"
    rows = [bls(FORSYTH, label, 1200, 35, 10, 52 * 12_000), bls(FORSYTH, label, 0, 5, 0, 0, True)]
    found = [living_wage(method, 2022, rows, {"37067": 20})["37067", "industry", label] for method in EDITIONS]
    hidden = "suppressed: not disclosed by BLS"
    assert found[:2] == [(None, None, hidden), (None, 1, hidden)]
    assert found[2] == (1.5, 1, "without BLS rows that are not disclosed")


def test_counties_that_the_scrape_lists_under_another_code(living_wage):
    # 46113 (2014) became 46102 in 2015; Valdez-Cordova (02261) was split in 2019. 20 dollars x 200 / 300 x 40 = 533.33.
    pay = [bls(("46", "113"), "All", 400, 50), bls(("02", "063"), "All", 800, 50)]
    found = [living_wage(m, 2014, pay, {"46102": 20}, ["46113"])["46113", "all", "All"][0] for m in EDITIONS]
    assert found == [None, None, pytest.approx(0.75)]
    found = [living_wage(m, 2022, pay, {"02261": 20}, ["02063"])["02063", "all", "All"][0] for m in EDITIONS]
    assert found == [None, None, 1]


# -- student homelessness ---------------------------------------------------------------------------


@pytest.fixture
def homeless(metric):
    """(count, share) by (geoid, subgroup); students and agencies as rows of their tables."""

    def run(method, students, agencies, races=(), year=2014):
        tables = {
            "homeless_students": (
                "leaid VARCHAR, student_group VARCHAR, reported_count BIGINT, suppressed BOOLEAN",
                [(leaid, group, count, False) for leaid, group, count in students],
            ),
            "agencies": ("leaid VARCHAR, geoid VARCHAR, enrollment BIGINT", agencies),
            "race_enrollment": ("leaid VARCHAR, race INTEGER, enrollment BIGINT", list(races)),
            "universe": ("year SMALLINT, geoid VARCHAR", [(year, "01001")]),
        }
        rows = metric("student-homelessness", method, year, tables)
        return {(row["measure"], row["subgroup"]): row["value"] for row in rows}

    return run


def test_agencies_without_homeless_students(homeless):
    # 40 homeless of 500; another agency enrols 300 and reports none.
    agencies = [("0100001", "01001", 500), ("0100002", "01001", 300)]
    found = [homeless(method, [("0100001", "all", 40)], agencies) for method in EDITIONS]
    assert [each["count_homeless", "All"] for each in found] == [40, 40, 40]
    assert [each["share_homeless", "All"] for each in found] == pytest.approx([0.08, 0.08, 0.05])


def test_shares_are_in_single_precision_in_2025_only(homeless):
    found = [homeless(m, [("0100001", "all", 40)], [("0100001", "01001", 700)]) for m in EDITIONS]
    shares = [each["share_homeless", "All"] for each in found]
    assert shares[0] != shares[1] == shares[2] == 40 / 700
    assert shares[0] == pytest.approx(40 / 700, abs=1e-8)


def test_races_of_exactly_110_percent_fail_in_double_precision(homeless):
    # 4 Black, 4 Hispanic and 3 Asian of 10 homeless students: 110 percent; 11 / 10 x 100 is 110.00000000000001 in double
    # precision, so all races become NULL in 2026.
    students = [("0100001", "all", 10), ("0100001", "black", 4), ("0100001", "hispanic", 4), ("0100001", "asian", 3)]
    races = [("0100001", race, 100) for race in range(1, 8)]
    found = [homeless(method, students, [("0100001", "01001", 700)], races, year=2019) for method in EDITIONS]
    assert [each["count_homeless", "Hispanic"] for each in found] == [4, None, 4]


def test_schools_of_the_bureau_of_indian_education_in_2018(homeless):
    students = [("0100001", "all", 40), ("5900001", "all", 20)]
    agencies = [("0100001", "01001", 500), ("5900001", "01001", 100)]
    for year, counts in ((2017, [60, 60, 60]), (2018, [40, 40, 60])):
        found = [homeless(method, students, agencies, year=year)["count_homeless", "All"] for method in EDITIONS]
        assert found == counts


# -- geography --------------------------------------------------------------------------------------


def test_share_of_a_place_in_its_puma(run_sql):
    # The place has 300 people in one PUMA and 100 in another: 0.75 and 0.25; Geocorr 2018 says 0.3 and 0.1, because a
    # place of 600 people in another state has the same code. 0.8 x 0.75 + 0.4 x 0.25 = 0.70 instead of 0.28.
    geocorr = [
        ("2018", 1, "37", "00100", "75000", 300, 0.8, 0.3),
        ("2018", 2, "37", "00200", "75000", 100, 0.4, 0.1),
        ("2022", 1, "37", "00300", "75000", 400, 0.5, 0.9),
    ]
    columns = "vintage VARCHAR, raw_line BIGINT, statefip VARCHAR, puma VARCHAR, place VARCHAR, population BIGINT, afact DOUBLE, afact2 DOUBLE"
    universe = "year SMALLINT, geoid VARCHAR, state VARCHAR, place VARCHAR, state_name VARCHAR, place_name VARCHAR"
    for method, before_2022 in (("2025", (0.28, 3)), ("2026", (0.28, 3)), ("corrected", (0.70, 2))):
        rows = run_sql(
            "geography/puma_to_place.sql",
            tables={
                "geocorr_puma_place": (columns, geocorr),
                "place_universe": (
                    universe,
                    [(2021, "3775000", "37", "75000", "North Carolina", "Winston-Salem city")],
                ),
            },
            variables=rules(edition(SQL / "geography" / "puma_to_place.yml", method)),
        )
        found = {
            row["crosswalk_period"]: (pytest.approx(row["sum_products"]), row["geographic_allocation_quality"])
            for row in rows
        }
        assert found == {"pre-2022": before_2022, "2022": (0.45, 2)}


def test_income_limits_of_counties_whose_code_changed(run_sql):
    hud = [("46", "113", "99999", 10, 20, 30), ("02", "261", "99999", 40, 50, 60), ("37", "067", "99999", 70, 80, 90)]
    both = {"02261": 60, "37067": 90, "46113": 30}
    split = {"02063": 60, "02066": 60, "37067": 90, "46113": 30}
    for method, year, expected in (
        ("2025", 2014, both),
        ("corrected", 2014, both | {"02063": 60, "02066": 60, "46102": 30}),
        ("2025", 2021, split),
        ("corrected", 2021, split | {"46102": 30}),
    ):
        rows = run_sql(
            "geography/income_limit_county.sql",
            tables={
                "hud_income_limits": (
                    "state VARCHAR, county VARCHAR, town VARCHAR, limit_30 INTEGER, limit_50 INTEGER, limit_80 INTEGER",
                    hud,
                ),
                "connecticut_town_planning_region": (
                    "old_county VARCHAR, town VARCHAR, planning_region VARCHAR, town_name VARCHAR",
                    [],
                ),
                "county_code_change": ("old_geoid VARCHAR, new_geoid VARCHAR, first_year SMALLINT", CHANGES),
            },
            variables={"year": year} | rules(edition(SQL / "geography" / "income_limit_county.yml", method)),
        )
        assert {row["geoid"]: row["income_limit"] for row in rows if row["level"] == 80} == expected


# -- survey metrics: records ------------------------------------------------------------------------

PERSON = (
    "sample VARCHAR, multyear SMALLINT, statefip VARCHAR, puma VARCHAR, serialno VARCHAR, pernum SMALLINT, "
    "subgroup_key INTEGER, gq TINYINT, age SMALLINT, empstat TINYINT, educd SMALLINT, gradeatt TINYINT, perwt INTEGER, "
    "repwtp1 SMALLINT"
)
HOUSEHOLD = (
    "sample VARCHAR, multyear SMALLINT, statefip VARCHAR, puma VARCHAR, serialno VARCHAR, subgroup_key INTEGER, gq TINYINT, "
    "hhincome INTEGER, adjust DOUBLE, hhwt INTEGER, repwt1 SMALLINT"
)


def person(interview, serialno, *, age, empstat=0, educd=0, gradeatt=0):
    return ("5-Year", interview, "37", "00100", serialno, 1, 0, 1, age, empstat, educd, gradeatt, 10, 10)


def household(interview, serialno, income, adjust=1.0):
    return ("5-Year", interview, "37", "00100", serialno, 0, 1, income, adjust, 10, 10)


@pytest.mark.parametrize(
    ("slug", "codes"),
    [
        ("employment", {"age": 30, "empstat": 1}),
        ("college-readiness", {"age": 19, "educd": 71}),
        ("preschool", {"age": 3, "gradeatt": 1}),
        ("income-percentiles", {"age": 30}),
    ],
)
def test_interviews_with_pumas_of_2000_are_left_out_when_right(metric, slug, codes):
    # The 5-year sample of 2014: interviews of 2011 carry PUMAs of 2000, those of 2012 PUMAs of 2012.
    tables = {
        "person": (PERSON, [person(2011, "a", **codes), person(2012, "b", **codes)]),
        "household": (HOUSEHOLD, [household(2011, "a", 1000), household(2012, "b", 2000)]),
        "ipums_cpi99": (FACTOR, FACTORS),
    }
    found = [[row["serialno"] for row in metric(slug, method, 2014, tables)] for method in EDITIONS]
    assert [sorted(each) for each in found] == [["a", "b"], ["a", "b"], ["b"]]


FACTOR = "dollars_of SMALLINT, in_dollars_of SMALLINT, factor DOUBLE"
FACTORS = [(2014, 1999, 0.5), (2015, 1999, 0.4), (1999, 2024, 3.0)]


def test_incomes_of_2026_are_in_dollars_of_2024(metric):
    # 1,000 dollars x ADJUST 1.01 = 1,010; to 1999 x 0.5, to 2024 x 3 = 1,515.
    tables = {
        "person": (PERSON, [person(2014, "a", age=30)]),
        "household": (HOUSEHOLD, [household(2014, "a", 1000, 1.01)]),
        "ipums_cpi99": (FACTOR, FACTORS),
    }
    found = [metric("income-percentiles", method, 2014, tables)[0]["amount"] for method in EDITIONS]
    assert found == pytest.approx([1010, 1515, 1010])


def test_kindergartners_of_three_or_four_years(metric):
    # One in preschool, one in kindergarten, one not in school: 1 of 3 as published, 1 of 2 when right.
    children = [person(2014, str(code), age=4, gradeatt=code) for code in (0, 1, 2)]
    tables = {"person": (PERSON, children), "household": (HOUSEHOLD, [])}
    found = [[row["outcome"] for row in metric("preschool", method, 2014, tables)] for method in EDITIONS]
    assert [sorted(each) for each in found] == [[0, 0, 1], [0, 0, 1], [0, 1]]


# -- survey metrics with their own estimator --------------------------------------------------------

HOUSEHOLDER = "sample VARCHAR, statefip VARCHAR, serialno VARCHAR, pernum INTEGER, subgroup_key INTEGER, race TINYINT, hispan TINYINT"
_KEYS = "sample VARCHAR, statefip VARCHAR, puma VARCHAR, countyfip VARCHAR, subgroup_key INTEGER"
SUMS = {
    "digital-access": f"{_KEYS}, outcome TINYINT, records BIGINT, weight BIGINT",
    "housing-wealth": f"{_KEYS}, race_ethnicity VARCHAR, records BIGINT, households BIGINT, house_value BIGINT",
}
# One PUMA: 98 percent in county 001, which the microdata identify by the code 001, and 2 percent in 003.
AREAS = [("37001", 0.98, 0.98, 1), ("37003", 0.02, 0.02, 3)]
GEOGRAPHY = {
    "crosswalk": (
        "geoid VARCHAR, statefip VARCHAR, puma VARCHAR, afact DOUBLE, sum_products DOUBLE, "
        "geographic_allocation_quality TINYINT, crosswalk_period VARCHAR",
        [(geoid, "37", "00100", *rest, "2022") for geoid, *rest in AREAS],
    ),
    "identified_county": (
        "crosswalk_period VARCHAR, statefip VARCHAR, puma VARCHAR, countyfip VARCHAR",
        [("2022", "37", "00100", "001")],
    ),
    "allocation": (
        "crosswalk_period VARCHAR, statefip VARCHAR, puma VARCHAR, geoid VARCHAR, afact DECIMAL(18, 15), "
        "sum_products DOUBLE, geographic_allocation_quality TINYINT, identified_geoid VARCHAR",
        [("2022", "37", "00100", geoid, *rest, "37001") for geoid, *rest in AREAS],
    ),
    "subgroup": (
        "sample VARCHAR, subgroup_key INTEGER, subgroup_type VARCHAR, subgroup VARCHAR",
        [("1-Year", 0, "all", "All")],
    ),
}


def test_digital_access_of_an_identified_county(metric):
    # 40 households of weight 10, half of them with access. Published: all count in 001, twice (two crosswalk rows), none in
    # 003; when right: 0.98 and 0.02 of them, once.
    households = [("1-Year", "37", "00100", str(n), 0, 1, None, 10, 1, 1, 2, 10 if n < 20 else 20) for n in range(40)]
    tables = GEOGRAPHY | {
        "household": (
            "sample VARCHAR, statefip VARCHAR, puma VARCHAR, serialno VARCHAR, subgroup_key INTEGER, gq TINYINT, "
            "countyfip VARCHAR, hhwt INTEGER, cinethh TINYINT, cilaptop TINYINT, citablet TINYINT, cihispeed TINYINT",
            households,
        ),
        "person": (HOUSEHOLDER, [("1-Year", "37", str(n), 1, 0, 1, 0) for n in range(40)]),
    }
    for method, denominators in (("2025", [800, None]), ("2026", [800, None]), ("corrected", [392, 8])):
        rows = {row["geoid"]: row for row in metric("digital-access", method, 2023, tables)}
        assert [rows[geoid]["denominator"] for geoid, *_ in AREAS] == pytest.approx(denominators), method
        assert rows["37001"]["value"] == 0.5


def test_housing_wealth_of_a_small_group(metric):
    # 31 white and 30 Black households own homes; 0.98 of them in 001: 30.38 and 29.4 in the effective sample.
    households = [("1-Year", "37", "00100", str(n), 0, 1, None, 10, 1, 1000) for n in range(61)]
    tables = GEOGRAPHY | {
        "household": (
            "sample VARCHAR, statefip VARCHAR, puma VARCHAR, serialno VARCHAR, subgroup_key INTEGER, gq TINYINT, "
            "countyfip VARCHAR, hhwt INTEGER, ownershp TINYINT, valueh INTEGER",
            households,
        ),
        "person": (HOUSEHOLDER, [("1-Year", "37", str(n), 1, 0, 1 if n < 31 else 2, 0) for n in range(61)]),
        "universe": ("year INTEGER, geoid VARCHAR, state VARCHAR", [(2023, "37001", "37"), (2023, "37003", "37")]),
    }
    white, black = (f"ratio_{race}_nh_house_value_households" for race in ("white", "black"))
    for method, notes in (("2025", [None] * 2), ("2026", [None] * 2), ("corrected", [None, "suppressed: n<30"])):
        rows = {(row["measure"], row["geoid"]): row for row in metric("housing-wealth", method, 2023, tables)}
        assert [rows[measure, "37001"]["note"] for measure in (white, black)] == notes
        assert rows[white, "37001"]["numerator"] == 0.508  # 31 of 61, also where the other group is suppressed


def test_a_missing_city_is_published_when_right(metric):
    households = [("1-Year", "06", "00100", str(n), 0, 1, None, 10, 1, 1000) for n in range(40)]
    vacaville = {
        "crosswalk": (
            GEOGRAPHY["crosswalk"][0],
            [("0681554", "06", "00100", 0.9, 0.8, 1, "2022"), ("0681554", "06", "00100", 0.9, 0.3, 3, "pre-2022")],
        ),
        "allocation": (
            GEOGRAPHY["allocation"][0],
            [
                ("2022", "06", "00100", "0681554", 0.9, 0.8, 1, None),
                ("pre-2022", "06", "00100", "0681554", 0.9, 0.3, 3, None),
            ],
        ),
        "identified_county": (GEOGRAPHY["identified_county"][0], []),
    }
    tables = GEOGRAPHY | vacaville
    tables |= {
        "household": (
            "sample VARCHAR, statefip VARCHAR, puma VARCHAR, serialno VARCHAR, subgroup_key INTEGER, gq TINYINT, "
            "countyfip VARCHAR, hhwt INTEGER, ownershp TINYINT, valueh INTEGER",
            households,
        ),
        "person": (HOUSEHOLDER, [("1-Year", "06", str(n), 1, 0, 1, 0) for n in range(40)]),
        "universe": ("year INTEGER, geoid VARCHAR, state VARCHAR", [(2023, "0681554", "06")]),
    }
    found = []
    for method in EDITIONS:
        rows = metric("housing-wealth", method, 2023, tables, geography="place")
        found += [(row["value"], row["quality"]) for row in rows if "white" in row["measure"]]
    # 1.000:1.000, and the quality of the period 2022 (0.8: 1), not of the period before (0.3: 3)
    assert found == [(None, None), (None, None), (1, 1)]


def test_vacant_units_of_a_county_with_a_part_of_a_puma(metric):
    # County 003 has 0.02 of the PUMA: 100 households at 10 dollars of income with affordable homes, 5 affordable vacant
    # units for sale, weight 1. Published: (0.02 x 100 + 5) / 2 = 3.5; when right: (2 + 0.1) / 2 = 1.05.
    unit = ("1-Year", "37", "00100")
    households = [(*unit, str(n), 0, 1, 1, 1.0, 10, 1, 0, None, None, 1000, 0) for n in range(100)]
    households += [(*unit, str(n), 0, 0, 1, 1.0, None, 0, None, None, None, 1000, 2) for n in range(100, 105)]
    tables = GEOGRAPHY | {
        "household": (
            "sample VARCHAR, statefip VARCHAR, puma VARCHAR, serialno VARCHAR, subgroup_key INTEGER, gq TINYINT, hhwt INTEGER, "
            "adjust DOUBLE, hhincome INTEGER, ownershp TINYINT, owncost INTEGER, rent INTEGER, rentgrs INTEGER, "
            "valueh INTEGER, vacancy TINYINT",
            households,
        ),
        "income_limit": (
            "geoid VARCHAR, level TINYINT, income_limit DOUBLE",
            [(geoid, level, 40_000) for geoid, *_ in AREAS for level in (30, 50, 80)],
        ),
    }
    found = []
    for method in EDITIONS:
        rows = metric("housing-affordability", method, 2023, tables, minimum_effective_sample=1)
        owners = [row for row in rows if row["geoid"] == "37003" and row["subgroup"] == "Owner"]
        found += [row["value"] for row in owners if row["measure"] == "share_affordable_80_ami"]
    assert found == pytest.approx([3.5, 3.5, 1.05])
