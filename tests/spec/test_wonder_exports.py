"""Exports of CDC WONDER by hand (cards injury-deaths and low-birth-weight, sections 2 to 4): which lines count, and which
exports are not what their name says."""

import pytest
from examples import refusal, text

ORIGINS = ("Hispanic or Latino", "Not Hispanic or Latino")
RACES = (
    "White",
    "Black or African American",
    "American Indian or Alaska Native",
    "Asian",
    "Native Hawaiian or Other Pacific Islander",
    "More than one race",
)
EDUCATIONS = (
    "8th grade or less",
    "9th through 12th grade with no diploma",
    "High school graduate or GED completed",
    "Some college credit, but not a degree",
    "Associate degree (AA, AS)",
    "Bachelor's degree (BA, AB, BS)",
    "Master's degree (MA, MS, MEng, MEd, MSW, MBA)",
    "Doctorate (PhD, EdD) or Professional Degree (MD, DDS, DVM, LLB, JD)",
)
# Groups: label, and the values that are asked for of them; all of them where the footer does not name the parameter
GROUPS = {
    "white": ("White, Non-Hispanic", ORIGINS[1:], RACES[:1]),
    "black": ("Black, Non-Hispanic", ORIGINS[1:], RACES[1:2]),
    "hispanic": ("Hispanic", ORIGINS[:1], RACES),
    "other": ("Other Races and Ethnicities", ORIGINS[1:], RACES[2:]),
}
SCHOOLING = {
    "lesshs": ("Less than High School", EDUCATIONS[:2]),
    "hs": ("GED/High School Degree", EDUCATIONS[2:3]),
    "somecollege": ("Some College", EDUCATIONS[3:5]),
    "college": ("College Degree or Higher", EDUCATIONS[5:]),
}


def answers(wanted: tuple, every: tuple) -> list[tuple[str | None, bool]]:
    """Values of a parameter in a footer, and whether they can be those of a group of which ``wanted`` are asked for."""
    told = [(None, True), ("; ".join(wanted), True), ("; ".join(every), wanted == every)]
    told += [(value, value in wanted and wanted != every) for value in every]
    # The rest of a long list is in the next line of the footer; values of unknown names are nobody's.
    return [*told, (f"{wanted[0]}; ", wanted != every), (f"{wanted[0]};Unknown or Not Stated", wanted != every)]


# -- births -------------------------------------------------------------------------------------------

WEIGHTS = {"all": "2000 - 2499 grams; 2500 - 2999 grams", "lbw": "1500 - 1999 grams; 2000 - 2499 grams"}
BIRTHS = (
    "raw_file",
    "County Code",
    "Births",
    "births_text",
    "query: Dataset",
    "query: Year",
    "query: Infant Birth Weight 12",
    "query: Mother's Hispanic Origin",
    "query: Mother's Single Race",
    "query: Mother's Education",
)


def births_line(county="01001", births="9", told=None, kind="all", group="", **footer):
    """A line of an export; ``footer``: what it says of dataset, year, weights and group, and the file's name."""
    name = footer.get("file", f"{kind}_births_{group}{group and '_'}2016.txt")
    classes = footer.get("weights", WEIGHTS.get(kind))
    return (
        name,
        county,
        births,
        told,
        footer.get("dataset", "Natality, 2016-2023"),
        footer.get("year", "2016"),
        classes,
        footer.get("origin"),
        footer.get("race"),
        footer.get("education"),
    )


@pytest.fixture
def births(run_sql):
    def run(*lines):
        tables = {"raw": (text(*BIRTHS), list(lines))}
        found = run_sql("staged/births.sql", variables={"vintage": "2016"}, tables=tables)
        return [tuple(row.values()) for row in found]

    return run


@pytest.mark.parametrize(
    ("word", "subgroup_type", "subgroup"),
    [
        ("", "all", "All"),
        ("race_white", "race-ethnicity", "White, Non-Hispanic"),
        ("race_black", "race-ethnicity", "Black, Non-Hispanic"),
        ("race_hispanic", "race-ethnicity", "Hispanic"),
        ("race_other", "race-ethnicity", "Other Races and Ethnicities"),
        ("momed_lesshs", "mothers-education", "Less than High School"),
        ("momed_hs", "mothers-education", "GED/High School Degree"),
        ("momed_somecollege", "mothers-education", "Some College"),
        ("momed_college", "mothers-education", "College Degree or Higher"),
    ],
)
def test_the_name_of_a_file_of_births_says_weight_and_group(births, word, subgroup_type, subgroup):
    lines = [births_line(group=word), births_line(births="9", kind="lbw", group=word)]
    assert births(*lines) == [
        ("01001", subgroup_type, subgroup, weight, births, None) for weight, births in (("all", 9), ("low", 9))
    ]


def test_lines_without_a_county_or_of_one_that_the_source_no_longer_shows_are_left_out(births):
    lines = [births_line(county=None), births_line(births=None, told="Missing County")]
    lines.append(births_line("01003", None, "Suppressed"))
    assert births(*lines) == [("01003", "all", "All", "all", None, "suppressed")]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ({"file": "few_births_2016.txt"}, "file name|few_births_2016.txt|all_births or lbw_births"),
        (
            {"group": "race_asian"},
            "file name|all_births_race_asian_2016.txt|a group, such as race_white or momed_hs",
        ),
        ({"dataset": "Fetal Deaths, Natality"}, "Dataset (footer)|Fetal Deaths, Natality|Natality"),
        ({"year": "2017"}, "Year (footer)|2017|2016"),
        ({"year": "2016; 2017"}, "Year (footer)|2016; 2017|2016"),
        (
            {"kind": "lbw", "weights": WEIGHTS["all"]},
            f"Infant Birth Weight 12 (footer)|{WEIGHTS['all']}|classes below 2500 grams",
        ),
        (
            {"weights": WEIGHTS["lbw"]},
            f"Infant Birth Weight 12 (footer)|{WEIGHTS['lbw']}|all classes of known weight",
        ),
        ({"kind": "lbw", "births": "10"}, "Births|10 below 2,500 g in 01001|at most all births of the county"),
    ],
)
def test_an_export_of_other_births_is_refused(births, line, told):
    assert refusal(births, births_line(), births_line(**line)) == told.split("|")


BIRTH_PARAMETERS = [
    (word, label, parameter, value, fits)
    for word, label, *asked in [
        ("", "All", ORIGINS, RACES, EDUCATIONS),
        *((f"race_{word}", *group, EDUCATIONS) for word, group in GROUPS.items()),
        *((f"momed_{word}", label, ORIGINS, RACES, wanted) for word, (label, wanted) in SCHOOLING.items()),
    ]
    for parameter, wanted, every in zip(
        ("origin", "race", "education"), asked, (ORIGINS, RACES, EDUCATIONS), strict=True
    )
    for value, fits in answers(wanted, every)
]
TITLES = {"origin": "Mother's Hispanic Origin", "race": "Mother's Single Race", "education": "Mother's Education"}


@pytest.mark.parametrize(("word", "label", "parameter", "value", "fits"), BIRTH_PARAMETERS)
def test_births_of_another_group_than_the_file_is_named_are_refused(births, word, label, parameter, value, fits):
    line = births_line(group=word, **{parameter: value})
    if fits:
        assert [row[2] for row in births(line)] == [label]
    else:
        told = [f"{TITLES[parameter]} (footer)", value.rstrip("; "), f"{label}, as {line[0]} is named"]
        found = refusal(births, line)
        assert [found[0], found[1].rstrip("; "), found[2]] == told


def test_births_that_the_published_shares_imply(run_sql):
    columns = text("county_code", "year", "births_all", "births_lbw")
    raw = [("01001", "2016", "100", "8"), ("01001", "2015", "90", "7"), ("01001", "2017", "95", "9")]
    rows = run_sql("staged/births_implied.sql", variables={"vintage": "2016"}, tables={"raw": (columns, raw)})
    assert [tuple(row.values()) for row in rows] == [
        ("01001", "all", "All", weight, births, None) for weight, births in (("all", 100), ("low", 8))
    ]


# -- deaths by injury ---------------------------------------------------------------------------------

RATE = "Crude Rate"
DEATHS = text(
    *("raw_file", "County Code", "Deaths", RATE, f"{RATE} Lower 95% Confidence Interval"),
    *(f"{RATE} Upper 95% Confidence Interval", f"{RATE} Standard Error", "rate_text"),
    *("query: Dataset", "query: Year/Month", "query: Hispanic Origin", "query: Race"),
)


def death_line(code, number, rate, told=None, word="all", **footer):
    """A line of an export; ``footer``: what it says of dataset, years and group."""
    return (
        f"injury_deaths_{word}_2021.txt",
        *(code, number, rate, "1", "9", "2", told),
        footer.get("dataset", "Causes, 2019-2021"),
        footer.get("years", "2019; 2020; 2021 (provisional)"),
        footer.get("origin"),
        footer.get("race"),
    )


@pytest.fixture
def deaths(run_sql):
    """Rows of the pool of 2019 to 2021."""

    def run(*lines):
        found = run_sql(
            "staged/injury_deaths.sql",
            variables={"vintage": "2021", "first": "2019", "dataset": "Causes"},
            tables={"raw": (DEATHS, list(lines))},
        )
        return [tuple(row.values()) for row in found]

    return run


@pytest.mark.parametrize(("word", "label"), [("all", "All"), *((word, group[0]) for word, group in GROUPS.items())])
def test_deaths_of_counties_by_group(deaths, word, label):
    lines = [("01001", "7", "5.5"), ("01003", "3", None, "Unreliable"), (None, "90", "6.5")]
    assert deaths(*(death_line(*line, word=word) for line in lines)) == [
        ("01001", label, 7, 5.5, 1, 9, 2, None),
        ("01003", label, 3, None, 1, 9, 2, "unreliable"),
    ]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ({"dataset": "Births by Causes"}, "Dataset (footer)|Births by Causes|Causes"),
        ({"years": "2018; 2019; 2020; 2021"}, "Year/Month (footer)|2018; 2019; 2020; 2021|2019 to 2021"),
        ({"years": "2019; 2020"}, "Year/Month (footer)|2019; 2020|2019 to 2021"),
        ({"years": "2019; 2020; 2021; 2022"}, "Year/Month (footer)|2019; 2020; 2021; 2022|2019 to 2021"),
        ({"word": "asian"}, "file name|injury_deaths_asian_2021.txt|a group: all, white, black, hispanic or other"),
        (
            {"word": "all_white"},
            "file name|injury_deaths_all_white_2021.txt|a group: all, white, black, hispanic or other",
        ),
    ],
)
def test_deaths_of_another_dataset_of_other_years_or_of_no_group_are_refused(deaths, line, told):
    assert refusal(deaths, death_line("01001", "7", "5.5", **line)) == told.split("|")


def test_deaths_of_a_group_are_at_most_all_of_the_county(deaths):
    everyone = [death_line("01001", "7", "5.5"), death_line("01003", "20", "5.5"), death_line("01005", None, None)]
    group = [death_line("01001", "7", "5.5", word="white"), death_line("01005", "30", "5.5", word="white")]
    assert len(deaths(*everyone, *group)) == 5
    assert refusal(deaths, *everyone, death_line("01001", "8", "5.5", word="white")) == [
        "Deaths",
        "8 of White, Non-Hispanic in 01001",
        "at most all deaths of the county",
    ]


@pytest.mark.parametrize(
    ("word", "label", "parameter", "value", "fits"),
    [
        (word, label, parameter, value, fits)
        for word, label, *asked in [("all", "All", ORIGINS, RACES), *((word, *group) for word, group in GROUPS.items())]
        for parameter, wanted, every in zip(("origin", "race"), asked, (ORIGINS, RACES), strict=True)
        for value, fits in answers(wanted, every)
    ],
)
def test_deaths_of_another_group_than_the_file_is_named_are_refused(deaths, word, label, parameter, value, fits):
    line = death_line("01001", "7", "5.5", word=word, **{parameter: value})
    if fits:
        assert [row[1] for row in deaths(line)] == [label]
    else:
        title = {"origin": "Hispanic Origin", "race": "Race"}[parameter]
        found = refusal(deaths, line)
        assert [found[0], found[1].rstrip("; "), found[2]] == [
            f"{title} (footer)",
            value.rstrip("; "),
            f"{label}, as {line[0]} is named",
        ]
