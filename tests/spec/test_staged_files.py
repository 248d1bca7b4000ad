"""Staging by hand: which rows and codes of the publishers' files count (cards living-wage, student-homelessness, geography)."""

import pytest
import shapely
from examples import refusal, text

# -- QCEW (card living-wage, sections 2.1 and 3) ------------------------------------------------------

BLS = text(
    *("area_fips", "own_code", "industry_code", "agglvl_code", "size_code", "disclosure_code", "annual_avg_estabs"),
    *("annual_avg_wkly_wage", "annual_avg_emplvl", "total_annual_wages"),
)


@pytest.fixture
def pay(run_sql):
    def run(*rows):
        complete = [(*row, "70", "3276000") for row in rows]
        found = run_sql("staged/qcew_county_industry.sql", tables={"raw": (BLS, complete)})
        return {row["industry"]: row for row in found}

    return run


@pytest.mark.parametrize(
    ("own_code", "naics", "level", "industry"),
    [
        ("0", "10", "70", "All"),
        ("1", "10", "71", "Public Administration"),
        ("2", "10", "71", "Public Administration"),
        ("3", "10", "71", "Public Administration"),
        ("4", "10", "71", None),  # international government
        ("5", "10", "71", None),  # all private
        ("8", "10", "71", None),  # all government
        ("9", "10", "71", None),
        ("5", "101", "72", "Goods Producing"),
        ("5", "102", "72", None),  # all services
        ("5", "1011", "73", None),
        ("5", "1012", "73", None),
        ("5", "1013", "73", None),
        ("5", "1021", "73", "Trade, Transit, Utilities"),
        ("5", "1022", "73", "Information Services"),
        ("5", "1023", "73", "Professional Services"),
        ("5", "1024", "73", "Professional Services"),
        ("5", "1025", "73", "Education and Health"),
        ("5", "1026", "73", "Leisure and Other"),
        ("5", "1027", "73", "Leisure and Other"),
        ("5", "1028", "73", None),
        ("5", "1029", "73", None),  # unclassified
        ("1", "101", "72", None),  # industries of government
        ("3", "1021", "73", None),
        ("2", "1022", "73", None),
        ("3", "1023", "73", None),
        ("2", "1024", "73", None),
        ("3", "1025", "73", None),
        ("2", "1026", "73", None),
        ("3", "1027", "73", None),
        ("0", "101", "72", None),
    ],
)
def test_industry_of_ownership_and_naics(pay, own_code, naics, level, industry):
    assert list(pay(("37067", own_code, naics, level, "0", None, "7", "900"))) == ([industry] if industry else [])


@pytest.mark.parametrize(
    ("area", "level", "size", "counted"),
    [
        ("37067", "70", "0", True),
        ("37067", "69", "0", False),
        ("37067", "73", "0", True),
        ("37067", "74", "0", False),  # NAICS sectors
        ("37067", "70", "1", False),  # establishments of one size
        ("37999", "70", "0", False),  # unknown or undefined county
        ("37998", "70", "0", True),
    ],
)
def test_county_rows_of_all_sizes(pay, area, level, size, counted):
    assert bool(pay((area, "0", "10", level, size, None, "7", "900"))) == counted


@pytest.mark.parametrize(("code", "undisclosed"), [("N", True), (None, False), ("", False)])
def test_disclosure(pay, code, undisclosed):
    row = pay(("37067", "0", "10", "70", "0", code, "7", "0"))["All"]
    assert (row["undisclosed"], row["state"], row["county"]) == (undisclosed, "37", "067")


def test_a_county_is_five_digits(pay):
    rows = pay(("37067", "0", "10", "70", "0", None, "7", "900"))
    assert (rows["All"]["state"], rows["All"]["county"]) == ("37", "067")


def test_extract_of_the_published_pipeline(run_sql):
    # the total as BLS gives it; whether it is disclosed, and the industries, as the other file says
    total = [("37", "067", "900", "100"), ("37", "069", "800", "50"), ("37", "999", "1", "1")]
    collapsed = [
        ("37", "067", "1", "1", "1", "1"),
        ("37", "067", "2", "700.5", "20", "0"),
        ("37", "067", "8", "600", "9", "1"),
        ("38", "069", "1", "1", "1", "1"),
        ("37", "999", "2", "1", "1", "0"),
    ]
    rows = run_sql(
        "staged/qcew_county_industry_extract.sql",
        tables={
            "total_covered": (
                text("state", "county", "annualaverageweeklywage", "annualaverageestablishmentcount"),
                total,
            ),
            "industry_collapsed": (
                text("state", "county", "industry_type", "avgwkwage", "avgestct", "statuscode"),
                collapsed,
            ),
        },
    )
    names = ("state", "county", "industry", "average_weekly_wage", "establishments", "undisclosed", "employment")
    assert [tuple(row[name] for name in names) for row in rows] == [
        ("37", "067", "All", 900, 100, True, None),
        ("37", "067", "Goods Producing", 700.5, 20, False, None),
        ("37", "067", "Leisure and Other", 600, 9, True, None),
        ("37", "069", "All", 800, 50, False, None),
    ]


@pytest.mark.parametrize(
    ("code", "industry", "bls_codes"),
    [
        ("1", "All", (0, "10")),
        ("2", "Goods Producing", (5, "101")),
        ("3", "Public Administration", (None, None)),  # of three ownerships
        ("4", "Trade, Transit, Utilities", (5, "1021")),
        ("5", "Information Services", (5, "1022")),
        ("6", "Professional Services", (None, None)),  # of two supersectors
        ("7", "Education and Health", (5, "1025")),
        ("8", "Leisure and Other", (None, None)),
    ],
)
def test_industry_codes_of_the_extract(run_sql, code, industry, bls_codes):
    columns = text("state", "county", "industry_type", "avgwkwage", "avgestct", "statuscode")
    total = text("state", "county", "annualaverageweeklywage", "annualaverageestablishmentcount")
    rows = run_sql(
        "staged/qcew_county_industry_extract.sql",
        tables={
            "total_covered": (total, [("37", "067", "900", "100")]),
            "industry_collapsed": (columns, [("37", "067", code, "1", "1", "0")]),
        },
    )
    found = {(row["industry"], row["own_code"], row["industry_code"]) for row in rows}
    assert found == {("All", 0, "10"), (industry, *bls_codes)}


# -- living wage (card living-wage, section 2.2) ------------------------------------------------------


def test_a_county_that_was_scraped_twice_counts_once(run_sql):
    columns = text("state", "county", "adults", "children", "wage")
    rows = [("01", "001", "1 Adult", "2 Children", "28.27")] * 2 + [("01", "001", "1 Adult", "0 Children", "13.1")]
    found = run_sql("staged/mit_living_wage.sql", tables={"raw": (columns, rows)})
    assert [(row["children"], row["hourly_wage"]) for row in found] == [("0 Children", 13.1), ("2 Children", 28.27)]


def test_the_county_file_is_of_one_adult_with_two_children(run_sql):
    columns = text("state_fips", "county_fips_short", "hourly_living_wage")
    rows = run_sql("staged/mit_living_wage_county_file.sql", tables={"raw": (columns, [("01", "001", "37.6")])})
    assert [tuple(row.values()) for row in rows] == [("01", "001", "1 Adult", "2 Children", 37.6)]


# -- homeless students (card student-homelessness, section 2a) ----------------------------------------

EXPRESS = text("NCES LEA ID", "School Year", "Data Group", "Value", "Subgroup")


@pytest.fixture
def express(run_sql):
    def run(*rows, vintage="2019"):
        found = run_sql(
            "staged/edfacts_homeless_lea.sql", variables={"vintage": vintage}, tables={"raw": (EXPRESS, list(rows))}
        )
        return [tuple(row.values()) for row in found]

    return run


@pytest.mark.parametrize(
    ("subgroup", "group"),
    [
        ("All Students in LEA", "all"),
        ("All Students", "all"),
        ("American Indian or Alaska Native", "american_indian"),
        ("Asian", "asian"),
        ("Black or African American", "black"),
        ("Hispanic/Latino", "hispanic"),
        ("Native Hawaiian or Other Pacific Islander", "pacific_islander"),
        ("Two or more races", "two_or_more"),
        ("White", "white"),
        ("English Learner", None),
        ("Children with disabilities", None),
        ("Migratory students", None),
        ("Unaccompanied Youth", None),
        (None, None),
    ],
)
def test_groups_of_students(express, subgroup, group):
    rows = express(("0100005", "2019-2020", "655", "12", subgroup))
    assert rows == ([("0100005", group, 12, False)] if group else [])


@pytest.mark.parametrize(
    ("year", "data_group", "counted"),
    [
        ("2019-2020", "655", True),
        ("2019-20", "655", True),
        ("2018-2019", "655", False),
        ("2019-2019", "655", False),
        ("2020-2021", "655", False),
        ("2019-2020", "818", False),
        ("2019-2020", "654", False),
        ("2019-2020", "656", False),
    ],
)
def test_data_group_655_of_the_school_year_that_begins_in_the_vintage(express, year, data_group, counted):
    assert bool(express(("0100005", year, data_group, "12", "White"))) == counted


def test_a_suppressed_number_has_no_count(express):
    assert express(("0100005", "2019-2020", "655", "S", "White")) == [("0100005", "white", None, True)]


@pytest.mark.parametrize("value", ["12.5", "-12", "1,234", " 12", "x", None, "."])
def test_a_number_of_students_that_is_not_whole_is_refused(express, run_sql, value):
    if value:
        told = ["Value", value, "a whole number or S"]
        assert refusal(express, ("0100005", "2019-2020", "655", value, "White")) == told
    else:
        assert express(("0100005", "2019-2020", "655", value, "White")) == [("0100005", "white", None, None)]
    assert express(("0100005", "2019-2020", "654", value, "White")) == []
    if value != ".":
        raw = {"raw": (text("LEAID", "TOTAL"), [("0100005", value)])}
        told = ["TOTAL", value or "", "a whole number, S, or . where it is not reported"]
        file = "staged/edfacts_homeless_lea_totals.sql"
        assert refusal(run_sql, file, variables={"vintage": "2014"}, tables=raw) == told


@pytest.mark.parametrize(
    ("leaid", "total", "vintage", "found"),
    [
        ("0100005", "88", "2014", [(88, False)]),
        ("0100005", "S", "2014", [(None, True)]),
        ("0100005", ".", "2014", []),  # not reported
        ("5900001", "3", "2017", [(3, False)]),  # Bureau of Indian Education
        ("5900001", "3", "2018", [(3, False)]),  # the metric's rule leaves it out, see test_editions.py
        ("5800001", "3", "2018", [(3, False)]),
        ("0590001", "3", "2018", [(3, False)]),
    ],
)
def test_edfacts_file_of_totals(run_sql, leaid, total, vintage, found):
    rows = run_sql(
        "staged/edfacts_homeless_lea_totals.sql",
        variables={"vintage": vintage},
        tables={"raw": (text("LEAID", "TOTAL"), [(leaid, total)])},
    )
    assert [tuple(row.values()) for row in rows] == [(leaid, "all", *each) for each in found]


# -- Common Core of Data (card student-homelessness, section 2b) --------------------------------------

DIRECTORY = text("leaid", "year", "county_code", "city_location", "enrollment")


@pytest.mark.parametrize(
    ("year", "county_code", "found"),
    [
        ("2019", "1073", ("01", "073")),  # a number: the leading zero is not there
        ("2019", "37067", ("37", "067")),
        ("2019", "1001", ("01", "001")),
        ("2019", "1000", None),
        ("2019", "99999", ("99", "999")),
        ("2019", "100000", None),
        ("2019", "-2", None),
        ("2018", "1073", None),  # the bulk file has all years
        ("2020", "1073", None),
    ],
)
def test_county_of_the_office(run_sql, year, county_code, found):
    raw = (DIRECTORY, [("0100005", year, county_code, "Albertville", "5824")])
    counties, cities = (
        run_sql(file, variables={"vintage": "2019"}, tables={"raw": raw})
        for file in ("staged/ccd_lea_county.sql", "staged/ccd_lea_city.sql")
    )
    state, county = found or (None, None)
    assert [tuple(row.values()) for row in counties] == ([("0100005", state, county, 5824)] if found else [])
    assert [tuple(row.values()) for row in cities] == ([("0100005", state, "Albertville", 5824)] if found else [])


@pytest.mark.parametrize(
    ("county_code", "county"),
    [
        ("1001", "01001"),
        ("37067", "37067"),
        ("99999", "99999"),
        ("1000", None),
        ("100000", None),
        ("-2", None),  # not applicable
        (None, None),
    ],
)
def test_county_and_city_of_a_school_in_the_year(run_sql, county_code, county):
    columns = text("ncessch", "year", "county_code", "city_location", "enrollment")
    raw = [("A", year, county_code, "Albertville", "-1") for year in ("2018", "2019", "2020")]
    rows = run_sql("staged/ccd_school.sql", variables={"vintage": "2019"}, tables={"raw": (columns, raw)})
    assert [tuple(row.values()) for row in rows] == [("A", county, "Albertville", -1)]


def test_cities_of_offices_in_the_years_of_the_vintage(run_sql):
    raw = (text("year", "leaid", "city_location"), [(str(year), "0100005", str(year)) for year in range(2012, 2020)])
    rows = run_sql("staged/ccd_lea_office.sql", variables={"vintage": "2013-2018"}, tables={"raw": raw})
    assert [tuple(row.values()) for row in rows] == [(year, "0100005", str(year)) for year in range(2013, 2019)]


def test_extracts_of_the_directory(run_sql):
    raw = [("0100005", "01", "095", "Albertville", "-1")]
    columns = text("leaid", "state", "county", "city_location", "enrollment")
    (county,) = run_sql("staged/ccd_lea_county_extract.sql", tables={"raw": (columns, raw)})
    (city,) = run_sql("staged/ccd_lea_city_extract.sql", tables={"raw": (columns, raw)})
    assert tuple(county.values()) == ("0100005", "01", "095", -1)
    assert tuple(city.values()) == ("0100005", "01", "Albertville", -1)


@pytest.mark.parametrize(
    ("race", "grade", "sex", "enrollment", "found"),
    [
        ("1", "99", "99", "12", [(1, 12)]),
        ("7", "99", "99", "0", [(7, 0)]),
        ("0", "99", "99", "12", []),
        ("8", "99", "99", "12", []),
        ("99", "99", "99", "12", []),  # all races
        ("1", "9", "99", "12", []),  # one grade
        ("1", "98", "99", "12", []),
        ("1", "100", "99", "12", []),
        ("1", "99", "1", "12", []),  # boys
        ("1", "99", "98", "12", []),
        ("1", "99", "100", "12", []),
        ("1", "99", "99", "-1", [(1, None)]),  # not reported
        ("1", "99", "99", "-3", [(1, None)]),
    ],
)
def test_enrollment_by_race(run_sql, race, grade, sex, enrollment, found):
    raw = (text("leaid", "race", "grade", "sex", "enrollment"), [("0100005", race, grade, sex, enrollment)])
    rows = run_sql("staged/ccd_lea_race_enrollment.sql", tables={"raw": raw})
    assert [(row["race"], row["enrollment"]) for row in rows] == found


# -- geography (card geography-crosswalks, section 3) -------------------------------------------------


OF_2018, OF_2022 = ("pop10", "AFACT2"), ("pop20", "afact2")


@pytest.mark.parametrize(
    ("file", "puma", "county", "figures"),
    [
        ("staged/geocorr2018_puma_county.sql", "puma12", "county14", OF_2018),
        ("staged/geocorr2022_puma_county.sql", "puma22", "county", OF_2022),
    ],
)
def test_puma_to_county(run_sql, file, puma, county, figures):
    population, factor = figures
    raw = (
        text("raw_line", "state", puma, county, population, "afact", factor),
        [("3", "37", "00100", "37067", "9", "0.5", "0.25")],
    )
    (row,) = run_sql(file, tables={"raw": raw})
    assert tuple(row.values()) == ("37", "00100", "067", 9, 0.5, 0.25)


def test_puma_to_planning_region(run_sql):
    raw = (
        text("raw_line", "state", "puma22", "ctregion", "pop20", "afact", "afact2"),
        [("3", "09", "20201", "09110", "9", "0.5", "0.25")],
    )
    (row,) = run_sql("staged/geocorr_puma_planning_region.sql", tables={"raw": raw})
    assert tuple(row.values()) == ("09", "20201", "110", 9, 0.5, 0.25)


@pytest.mark.parametrize(
    ("file", "puma", "place", "figures"),
    [
        ("staged/geocorr2018_puma_place.sql", "puma12", "placefp14", OF_2018),
        ("staged/geocorr2022_puma_place.sql", "puma22", "place", OF_2022),
    ],
)
def test_puma_to_place_without_territory_outside_places(run_sql, file, puma, place, figures):
    population, factor = figures
    columns = text("raw_line", "state", puma, place, population, "afact", factor)
    raw = [("3", "37", "00100", "75000", "9", "0.5", "0.25"), ("4", "37", "00100", "99999", "1", "0.5", "0.5")]
    (row,) = run_sql(file, tables={"raw": (columns, raw)})
    assert tuple(row.values()) == ("3", "37", "00100", "75000", 9, 0.5, 0.25)


def test_towns_of_connecticut(run_sql):
    raw = (text("town_name", "town_fips_2020", "ce_fips_2022"), [("Andover", "0901301080", "09110")])
    (row,) = run_sql("staged/connecticut_town_planning_region.sql", tables={"raw": raw})
    assert tuple(row.values()) == ("013", "01080", "110", "Andover")


@pytest.mark.parametrize(
    ("tract", "listed"),
    [
        ("010100", True),
        ("980000", True),
        ("980001", False),  # Bradley airport
        ("980002", False),
        ("980003", False),
        ("980004", True),
        ("990000", False),  # water
        ("989900", True),
    ],
)
def test_tracts_of_connecticut_with_residents(run_sql, tract, listed):
    raw = (text("tract_fips_2020", "Tract_fips_2022"), [(f"09001{tract}", f"09120{tract}")])
    rows = run_sql("staged/tract_planning_region.sql", tables={"raw": raw})
    assert [tuple(row.values()) for row in rows] == ([("09", "001", "120", tract)] if listed else [])


@pytest.mark.parametrize(
    ("file", "place"),
    [
        ("staged/geocorr2018_tract_place.sql", "placefp14"),
        ("staged/geocorr2018_tract_place_2010.sql", "placefp"),
        ("staged/geocorr2022_tract_place.sql", "place"),
    ],
)
def test_tracts_in_places_without_territory_outside_places(run_sql, file, place):
    raw = [("37067", "1.02", "75000", "0.25"), ("37067", "1.02", "99999", "0.75")]
    rows = run_sql(file, tables={"raw": (text("county", "tract", place, "afact"), raw)})
    assert [tuple(row.values()) for row in rows] == [("37067", "000102", "75000", 0.25)]


CENSUS_TRACT = text("STATEFP", "COUNTYFP", "TRACTCE", "POPULATION")
CENSUS_PUMA = text("STATEFP", "COUNTYFP", "TRACTCE", "PUMA5CE")


def tracts_in_puma(*tracts):
    """Tables of tracts (state, county, tract, residents) that all lie in PUMA 00100 of their state."""
    return {
        "tracts": (CENSUS_TRACT, list(tracts)),
        "pumas": (CENSUS_PUMA, [(*tract[:3], "00100") for tract in tracts]),
    }


@pytest.mark.parametrize(
    ("vintage", "places"),
    [
        ("2018", [("51", "019"), ("53", "515")]),  # Bedford city belongs to Bedford County, Puerto Rico is not listed
        ("2022", [("51", "019"), ("51", "515"), ("53", "515"), ("72", "001")]),
    ],
)
def test_counties_of_geocorr_from_tracts(run_sql, vintage, places):
    tables = tracts_in_puma(
        ("51", "019", "000100", "3"),
        ("51", "515", "000100", "1"),
        ("53", "515", "000100", "1"),
        ("72", "001", "000100", "9"),
    )
    rows = run_sql("staged/puma_county_of_tracts.sql", variables={"vintage": vintage}, tables=tables)
    assert [(row["statefip"], row["county"]) for row in rows] == places
    assert rows[0]["population"] == (4 if vintage == "2018" else 3)


@pytest.mark.parametrize(("residents", "counted"), [("0", False), ("1", True), ("2", True)])
def test_factors_of_tracts_with_residents(run_sql, residents, counted):
    tables = tracts_in_puma(("37", "001", "000100", "6"), ("37", "003", "000100", residents))
    rows = run_sql("staged/puma_county_of_tracts.sql", variables={"vintage": "2022"}, tables=tables)
    people = 6 + int(residents)
    first = ("37", "00100", "001", 6, pytest.approx(6 / people, abs=1e-4), 1)
    second = ("37", "00100", "003", int(residents), pytest.approx(int(residents) / people, abs=1e-4), 1)
    assert [tuple(row.values()) for row in rows] == ([first, second] if counted else [first])


@pytest.mark.parametrize(("residents", "counted"), [("0", False), ("1", True), ("2", True)])
def test_planning_regions_from_tracts_with_residents(run_sql, residents, counted):
    tables = tracts_in_puma(("09", "001", "010100", "6"), ("09", "001", "010200", residents))
    regions = [("09001010100", "09120010100"), ("09001010200", "09190010200")]
    tables["planning_regions"] = (text("tract_fips_2020", "Tract_fips_2022"), regions)
    rows = run_sql("staged/puma_planning_region_of_tracts.sql", tables=tables)
    found = [(row["statefip"], row["puma"], row["county"], row["population"]) for row in rows]
    second = [("09", "00100", "190", int(residents))] if counted else []
    assert found == [("09", "00100", "120", 6), *second]


# -- NIBRS (cards reported-crime and juvenile-arrests, section 3) ---------------------------------------

ARREST = text("ori", "age_of_arrestee", "sex_of_arrestee", "race_of_arrestee", "ethnicity_of_arrestee")
PACIFIC = "native hawaiian or other pacific islander"


@pytest.fixture
def arrested(run_sql):
    """Counts of one agency; the arrests of both segments."""

    def run(arrestee, group_b=()):
        tables = {
            name: (ARREST, [("A", *row) for row in rows])
            for name, rows in (("arrestee", arrestee), ("group_b", group_b))
        }
        (row,) = run_sql("staged/nibrs_arrest_agency.sql", tables=tables)
        return {name: count for name, count in row.items() if count and name != "ori"}

    return run


@pytest.mark.parametrize(
    ("age", "counted"),
    [
        ("9", set()),
        ("10", {"juvenile", "age_10_14"}),
        ("14", {"juvenile", "age_10_14"}),
        ("15", {"juvenile", "age_15_17"}),
        ("17", {"juvenile", "age_15_17"}),
        ("18", set()),
        (None, set()),
    ],
)
def test_juveniles_are_ten_to_seventeen_in_every_group(arrested, age, counted):
    groups = {"white", "hispanic", "male"} if counted else set()
    assert set(arrested([(age, "male", "white", "hispanic or latino")])) == {"arrests"} | counted | groups
    groups = {"black", "without_ethnicity", "female"} if counted else set()
    assert set(arrested([], [(age, "female", "black", None)])) == {"arrests"} | counted | groups
    groups = {"other_races"} if counted else set()
    assert set(arrested([(age, "unknown", "asian", "unknown")])) == {"arrests"} | counted | groups


@pytest.mark.parametrize("race", ["american indian/alaskan native", "asian", PACIFIC, "unknown", None])
def test_other_races_are_three(arrested, race):
    found = arrested([("12", None, race, "not hispanic or latino")])
    assert found == {"arrests": 1, "juvenile": 1, "age_10_14": 1} | (
        {"other_races": 1} if race not in ("unknown", None) else {}
    )


def test_arrests_of_both_segments_are_added_up(arrested):
    row = ("16", "male", "white", None)
    assert arrested([row, row], [row, ("40", "male", "white", None)]) == {
        "arrests": 4, "juvenile": 3, "white": 3, "without_ethnicity": 3, "male": 3, "age_15_17": 3,
    }  # fmt: skip


HEADER = text(
    *(
        "ori",
        "agency_indicator",
        "state",
        "state_abbreviation",
        "city_name",
        "core_city",
        "year",
        "number_of_months_reported",
    ),
    *(f"fips_county_code_{number}" for number in range(1, 6)),
)


def test_agencies_of_the_states_in_the_year(run_sql):
    def agency(ori, state, postal, core, year="2022", counties=("081", None, None, None, None)):
        return (ori, "city", state, postal, "GREENSBORO", core, year, "12", *counties)

    raw = [
        agency("A", "NEBRASKA", "NB", "y", counties=("001", "003", "005", "007", "009")),
        agency("B", "North Carolina", "NC", "N"),
        agency("C", "North Carolina", "NC", "U", counties=(None, "081", None, None, None)),
        agency("D", "North Carolina", "NC", "N", year="2021"),
        *(agency(name, name, "XX", "N") for name in ("Guam", "PUERTO RICO", "Virgin Islands")),
    ]
    rows = run_sql(
        "staged/nibrs_agency.sql",
        variables={"vintage": "2022_revised"},
        tables={"raw": (HEADER, raw), "states": (text("STATE", "STUSAB"), [("31", "NE"), ("37", "NC")])},
    )
    assert [tuple(row.values()) for row in rows] == [
        ("A", "city", "31", "GREENSBORO", True, "001", ["001", "003", "005", "007", "009"], 12),
        ("B", "city", "37", "GREENSBORO", False, "081", ["081"], 12),
        ("C", "city", "37", "GREENSBORO", None, None, ["081"], 12),
    ]


def test_an_offense_of_no_list_is_refused(run_sql):
    def offenses(*codes):
        return run_sql(
            "staged/nibrs_offense_agency.sql",
            tables={
                "raw": (text("ori", "ucr_offense_code"), [("A", code) for code in codes]),
                "codes": (text("offense", "against"), [("robbery", "property"), ("arson", "property")]),
            },
        )

    assert [tuple(row.values()) for row in offenses("robbery", "robbery")] == [("A", "robbery", "property", 2)]
    told = ["ucr_offense_code", "loitering", "a code of nibrs_codes/offense_codes.csv"]
    assert refusal(offenses, "robbery", "loitering") == told


def test_agencies_outside_of_ucr_have_no_ori(run_sql):
    raw = [("NC0410100", "081", "28000"), ("-1", "081", "28000"), ("-1", "067", "99067")]
    rows = run_sql("staged/leaic_agency.sql", tables={"raw": (text("ORI9", "FIPS_COUNTY", "FPLACE"), raw)})
    assert [tuple(row.values()) for row in rows] == [("NC0410100", "081", "28000")]


# -- Schools, scores, citizens, votes -------------------------------------------------------------------


def test_students_of_a_school_by_race_are_those_of_both_sexes_in_all_grades(run_sql):
    # ncessch, year, grade, race, sex, enrollment
    rows = [
        *(("A", "2019", "99", race, "1", "10") for race in ("1", "2", "3", "4", "99")),
        *(("A", "2019", "99", race, "2", "5") for race in ("1", "2", "3")),
        ("A", "2019", "99", "1", "99", "15"),
        ("A", "2019", "8", "1", "1", "4"),
        ("A", "2018", "99", "1", "1", "100"),
        ("B", "2019", "99", "1", "1", "-1"),
        ("B", "2019", "99", "1", "2", "0"),
        ("C", "2019", "99", "2", "1", "-2"),
        ("C", "2019", "99", "2", "2", "1"),
        ("D", "2019", "99", "3", "1", "-1"),
    ]
    columns = text("ncessch", "year", "grade", "race", "sex", "enrollment")
    found = run_sql(
        "staged/ccd_school_race_enrollment.sql", variables={"vintage": "2019"}, tables={"raw": (columns, rows)}
    )
    assert [tuple(row.values()) for row in found] == [
        ("A", 1, 15),
        ("A", 2, 15),
        ("A", 3, 15),
        ("B", 1, 0),
        ("C", 2, 1),
        ("D", 3, 0),
    ]


@pytest.mark.parametrize(
    ("file", "code", "raw_area", "area"),
    [
        ("staged/seda_county.sql", "sedacounty", "37067", "02067"),  # the state of a county is fips
        ("staged/seda_district.sql", "sedalea", "3701500", "3701500"),
    ],
)
def test_scores_are_those_of_reading_by_group_of_students(run_sql, file, code, raw_area, area):
    groups = ("all", "wht", "blk", "hsp", "ecd", "nec", "mal", "fem")
    columns = [f"{name}_{group}" for group in groups for name in ("gcs_mn", "gcs_mn_se", "tot_asmt")]
    raw = [
        ("02", raw_area, "2019", "8", subject, *map(str, range(first, first + 24)))
        for subject, first in (("rla", 1), ("mth", 101))
    ]
    found = run_sql(file, tables={"raw": (text("fips", code, "year", "grade", "subject", *columns), raw)})
    assert [tuple(row.values()) for row in found] == sorted(
        (area, 2019, 8, group, 3 * number + 1, 3 * number + 2, 3 * number + 3) for number, group in enumerate(groups)
    )


@pytest.mark.parametrize(
    ("file", "level", "geoid"),
    [("staged/cvap_county.sql", "050", "37067"), ("staged/cvap_place.sql", "160", "3775000")],
)
def test_citizens_are_the_total_lines_of_the_level(run_sql, file, level, geoid):
    columns = text("geoid", "geoname", "lntitle", "cvap_est", "cvap_moe")
    rows = [
        (f"{level}00US{geoid}", "ours", "Total ", "5", "1"),
        (f"{level}00US{geoid}", "ours", "White Alone", "4", "1"),
    ]
    rows += [("04000US37", "state", "Total", "9", "1"), ("14000US37067000100", "tract", "Total", "9", "1")]
    rows += [
        (f"{other}00US{code}", "other", "Total", "9", "1") for other, code in (("050", "3775000"), ("160", "37067"))
    ]
    found = run_sql(file, tables={"raw": (columns, rows)})
    assert [tuple(row.values()) for row in found] == [(geoid, "ours", 5, 1)]


@pytest.mark.parametrize(
    ("file", "names"),
    [
        ("staged/presidential_votes_county.sql", ("county_name", "county_fips", "mode")),
        ("staged/presidential_votes_county_2000_2016.sql", ("county", "FIPS", "also")),
    ],
)
@pytest.mark.parametrize("office", ["PRESIDENT", "US PRESIDENT", "President", "GOVERNOR"])
@pytest.mark.parametrize("year", ["2020", "2016"])
def test_votes_for_president_of_the_year(run_sql, file, names, office, year):
    columns = text("state_po", *names, "candidate", "party", "candidatevotes", "totalvotes", "year", "office")
    row = (1, "AL", "AUTAUGA", "1001", "TOTAL", "X", "Y", "7", "9", year, office)
    found = run_sql(file, variables={"vintage": "2020"}, tables={"raw": (f"raw_line BIGINT, {columns}", [row])})
    wanted = office != "GOVERNOR" and year == "2020"
    assert [(row["geoid"], row["votes"], row["total_votes"]) for row in found] == ([("01001", 7, 9)] if wanted else [])


def test_precincts_of_the_state_that_the_files_name_begins_with(run_sql):
    square = shapely.to_wkb(shapely.box(2, 3, 4, 7))
    rows = run_sql(
        "staged/precinct.sql",
        tables={
            "raw": (
                "raw_file VARCHAR, raw_line BIGINT, votes VARCHAR, geometry VARCHAR",
                [("vest/ky_2020_vtd_estimates.zip", line, "7.5", square.hex()) for line in (1, 0)],
            )
        },
    )
    assert [tuple(row.values()) for row in rows] == [("KY", line, 7.5, 8, [2, 3, 4, 7], square) for line in (0, 1)]


def test_residents_aged_ten_to_seventeen_by_sex_and_race(run_sql):
    columns = [f"E{number:03}" for number in range(1, 50)]
    areas = ["0500000US37067", "1600000US3775000", "0500000US72001", "1600000US7200001", "0400000US37"]

    def lines(factor):
        return text("GEO_ID", *columns), [(area, *(str(factor * number) for number in range(1, 50))) for area in areas]

    found = run_sql(
        "staged/acs_juvenile_population.sql",
        tables={"everyone": lines(1000), "white": lines(1), "black": lines(10), "hispanic": lines(100)},
    )
    # Lines 5 and 6 are boys, 29 and 30 girls; of the tables by race 5 and 6, 20 and 21: 52 together
    figures = (5000, 6000, 29000, 30000, 52, 520, 5200)
    assert [tuple(row.values()) for row in found] == [("37067", *figures), ("3775000", *figures)]


# -- Business patterns, physicians, schools -------------------------------------------------------------


@pytest.mark.parametrize("naics", ["81311", "8131100", "813", "81311-", "------"])
@pytest.mark.parametrize(
    ("file", "code", "industry"),
    [
        ("staged/cbp_county.sql", {"state": "37", "county": "067"}, "NAICS2012"),
        ("staged/cbp_county_2017.sql", {"state": "37", "county": "067"}, "NAICS2017"),
        ("staged/cbp_zip.sql", {"zip code": "27101"}, "NAICS2012"),
        ("staged/cbp_zip_2017.sql", {"zip code": "27101"}, "NAICS2017"),
    ],
)
def test_establishments_of_industries_of_six_digits(run_sql, file, code, industry, naics):
    raw = [(*code.values(), "813110", "5"), (*code.values(), naics, "9")]
    rows = run_sql(file, tables={"raw": (text(*code, industry, "ESTAB"), raw)})
    assert [tuple(row.values()) for row in rows] == [("".join(code.values()), "813110", 5)]


@pytest.mark.parametrize(
    ("file", "columns", "found"),
    [
        ("cbp_county_implied", ("state", "county", "year", "orgs_min"), [("01001", None, 7)]),
        ("injury_death_crude_rates", ("state", "county", "year", "rate_injury_death_crude"), [("01001", 7.0)]),
    ],
)
def test_published_figures_are_those_of_the_vintage(run_sql, file, columns, found):
    raw = [("01", "001", year, figure) for year, figure in (("2017", "5"), ("2018", "7"), ("2019", "9"))]
    rows = run_sql(f"staged/{file}.sql", variables={"vintage": "2018"}, tables={"raw": (text(*columns), raw)})
    assert [tuple(row.values()) for row in rows] == found


def test_a_county_without_an_implied_number_of_associations_has_no_row(run_sql):
    raw = (text("state", "county", "year", "orgs_min"), [("01", "001", "2018", None), ("01", "003", "2017", "3")])
    assert run_sql("staged/cbp_county_implied.sql", variables={"vintage": "2018"}, tables={"raw": raw}) == []


def test_poverty_of_schools_in_the_year_of_the_vintage(run_sql):
    raw = (text("ncessch", "year", "meps_poverty_pct"), [("A", "2018", "5"), ("A", "2019", "7.5"), ("B", "2019", None)])
    rows = run_sql("staged/meps_school.sql", variables={"vintage": "2019"}, tables={"raw": raw})
    assert [tuple(row.values()) for row in rows] == [("A", 7.5), ("B", None)]


def test_rankings_of_counties_without_lines_of_states_and_the_nation(run_sql):
    columns = (
        "FIPS",
        "Primary care physicians: # Primary Care Physicians",
        "Primary care physicians: Primary Care Physicians Rate",
        "Injury deaths: # Injury Deaths",
        "Injury deaths: Injury Death Rate",
    )
    raw = [(code, "12", "40.5", "60", "80.5") for code in ("00000", "37000", "37001", "36100")]
    rows = run_sql("staged/county_health_rankings.sql", tables={"raw": (text(*columns), raw)})
    assert [tuple(row.values()) for row in rows] == [(code, 12, 40.5, 60, 80.5) for code in ("36100", "37001")]


def test_physicians_of_seven_years_in_one_file(run_sql):
    numbers = [f"f14675{year}" for year in range(14, 21)]
    residents = [f"f11984{year}" for year in range(14, 20)] + ["f0453020"]
    raw = ("01", "001", *map(str, range(20, 27)), *map(str, range(55000, 55007)))
    columns = text("f00011", "f00012", *numbers, *residents)
    rows = run_sql("staged/primary_care_physicians_2014_2020.sql", tables={"raw": (columns, [raw])})
    assert [tuple(row.values()) for row in rows] == [
        (2014 + number, "01001", 20 + number, 55000 + number) for number in range(7)
    ]


@pytest.mark.parametrize(
    ("file", "year"),
    [("staged/primary_care_physicians_2021.sql", 2021), ("staged/primary_care_physicians_2022.sql", 2022)],
)
def test_physicians_of_the_year_of_the_file(run_sql, file, year):
    columns = ("fips_st", "fips_cnty", f"phys_nf_prim_care_pc_exc_rsdt_{year - 2000}", f"popn_est_{year - 2000}")
    rows = run_sql(file, tables={"raw": (text(*columns), [("09", "001", "26", "59210")])})
    assert [tuple(row.values()) for row in rows] == [(year, "09001", 26, 59210)]


def test_physicians_that_the_published_ratio_of_the_year_implies(run_sql):
    columns = text("year", "state", "county", "pc_physicians_implied", "population")
    raw = [("2019", "37", "067", "25", "55869"), ("2019", "37", "069", None, "60000")]
    raw += [(year, "37", "067", "24", "55000") for year in ("2018", "2020")]
    rows = run_sql("staged/implied_physicians.sql", variables={"vintage": "2019"}, tables={"raw": (columns, raw)})
    assert [tuple(row.values()) for row in rows] == [(2019, "37067", 25, 55869)]


# -- Residents, cancer risk, transportation, exports of CDC WONDER ----------------------------------------

AREAS = ["0500000US37067", "1600000US3775000", "0500000US72001", "1600000US7200001", "0400000US37", "0500000UK37067"]


@pytest.mark.parametrize(
    ("file", "tables"),
    [("staged/acs_population.sql", ("raw",)), ("staged/acs_population_downloads.sql", ("counties", "places"))],
)
def test_residents_of_counties_and_places_of_the_states(run_sql, file, tables):
    halves = (AREAS,) if len(tables) == 1 else (AREAS[::2], AREAS[1::2])
    lines = [(text("GEO_ID", "E001"), [(area, "1000") for area in half]) for half in halves]
    rows = run_sql(file, tables=dict(zip(tables, lines, strict=True)))
    assert [tuple(row.values()) for row in rows] == [("37067", 1000), ("3775000", 1000)]


def test_tracts_with_a_cancer_risk_without_sums_of_counties(run_sql):
    risks = [("37067000000", "30"), ("37067000100", "30"), ("37067000200", None), ("37067100000", "40")]
    rows = run_sql(
        "staged/air_toxics.sql",
        tables={
            "cancer": (text("tract", "total_cancer_risk_per_million"), risks),
            "neurological": (text("tract", "total_neurological_hazard_quotient"), [("37067000100", "0.02")]),
            "respiratory": (text("tract", "total_respiratory_hazard_quotient"), [("37067100000", "0.4")]),
        },
    )
    assert [tuple(row.values()) for row in rows] == [
        ("37067000100", 30, 0.02, None, None),
        ("37067100000", 40, None, 0.4, None),
    ]


@pytest.mark.parametrize(("vintage", "index"), [("2014", 14), ("2018", 18)])
def test_index_of_an_earlier_calculation(run_sql, vintage, index):
    raw = (text("tract", "haz_idx14", "haz_idx18"), [("37067000100", "14", "18"), ("37067000200", None, None)])
    rows = run_sql("staged/air_toxics_derived.sql", variables={"vintage": vintage}, tables={"raw": raw})
    assert [tuple(row.values()) for row in rows] == [("37067000100", None, None, None, index)]


def test_transportation_costs_of_tracts_beside_the_number_of_tracts_of_the_state(run_sql):
    raw = [("37067000200", "900", "0.5", "21.5"), ("37067000100", "0", None, None), ("45001000100", "80", "3", "30")]
    rows = run_sql(
        "staged/ht_tract.sql",
        tables={
            "raw": (text("tract", "households", "pct_transit_commuters_80ami", "t_80ami"), raw),
            "tract_list": (text("state", "tract"), [("37", f"000{number}00") for number in (1, 2, 3)]),
        },
    )
    assert [tuple(row.values()) for row in rows] == [
        ("37067000100", "37", 0, None, None, 3),
        ("37067000200", "37", 900, 0.5, 21.5, 3),
        ("45001000100", "45", 80, 3, 30, None),
    ]
