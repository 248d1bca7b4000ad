"""Exports of CDC WONDER: the real header, and what is refused."""

import pytest

from pipeline.errors import InputError

HEADER = [
    "Notes",
    "County",
    "County Code",
    "Deaths",
    "Population",
    "Crude Rate",
    "Crude Rate Lower 95% Confidence Interval",
]
HEADER += ["Crude Rate Upper 95% Confidence Interval", "Crude Rate Standard Error"]
ROW = ["", "Autauga County, AL", "01001", 208, 270872, "76.8", "66.4", "87.2", "5.3"]
HIDDEN = ["", "Kalawao County, HI", "15005", "Suppressed", 450, "Suppressed", "Suppressed", "Suppressed", "Suppressed"]
FEW = ["", "Clark County, ID", "16033", 11, 4300, "Unreliable", "127.7", "457.7", "Unreliable"]
GONE = ["", "Bedford city, VA", "51515", "Missing", "Missing", "Missing", "Missing", "Missing", "Missing"]
TOTAL = ["Total", "", "", 1000000, 300000000, "66.6", "66.5", "66.7", "0.1"]
BRIDGED = "Dataset: Underlying Cause of Death, 1999-2020"
SINGLE = "Dataset: Underlying Cause of Death, 2018-2023, Single Race"
FOOTER = ["---", BRIDGED, "Query Parameters:", "ICD-10 Codes: V01-V99", "Year/Month: 2010; 2011; 2012; 2013; 2014"]
FOOTER += [
    "Group By: County",
    "Show Totals: True",
    "---",
    "Help: See http://wonder.cdc.gov/wonder/help/ucd.html",
    "---",
]
FOOTER += ["Query Date: Mar 3, 2025 10:00:00 AM", "1. Rows with suppressed Deaths are hidden; see caveats."]


def export(*rows, header=HEADER, footer=FOOTER):
    lines = [header, *rows, *([line] for line in footer)]
    texts = [[f'"{cell}"' if isinstance(cell, str) else str(cell) for cell in line] for line in lines]
    return "".join("\t".join(line) + "\r\n" for line in texts)


def asked(dataset, years):
    """The footer with another dataset and other years."""
    lines = {"Dataset": dataset, "Year/Month": f"Year/Month: {years}"}
    return [lines.get(line.partition(":")[0], line) for line in FOOTER]


def test_deaths(raw):
    raw.put("cdc-wonder/injury_deaths_all_2014.txt", export(ROW, HIDDEN, FEW, GONE, TOTAL))
    found = {row["geoid"]: row for row in raw.staged("injury_deaths", "2014")}
    assert set(found) == {"01001", "15005", "16033", "51515"}
    assert found["01001"] == {
        "geoid": "01001",
        "subgroup": "All",
        "deaths": 208,
        "rate": 76.8,
        "lower": 66.4,
        "upper": 87.2,
        "standard_error": 5.3,
        "reason": None,
    }
    assert [
        (found[each]["deaths"], found[each]["rate"], found[each]["reason"]) for each in ("15005", "16033", "51515")
    ] == [
        (None, None, "suppressed"),
        (11, None, "unreliable"),
        (None, None, "missing"),
    ]


def test_deaths_by_race_with_groups_that_are_not_landed(raw):
    footer = asked(SINGLE, "2018; 2019; 2020; 2021 (provisional)")
    raw.put("cdc-wonder/injury_deaths_all_2021.txt", export(ROW, footer=footer))
    raw.put("cdc-wonder/injury_deaths_black_2021.txt", export(ROW, footer=footer))
    assert [row["subgroup"] for row in raw.staged("injury_deaths", "2021")] == ["All", "Black, Non-Hispanic"]


def changed(row, at, value):
    return [value if number == at else cell for number, cell in enumerate(row)]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        # Another database and other years
        (export(ROW, footer=asked("Dataset: Natality, 2016-2023 expanded", "2014")), "Dataset.*1999-2020.*Natality"),
        (export(ROW, footer=asked(SINGLE, "2018; 2019; 2020")), "Dataset.*Single Race"),
        (export(ROW, footer=asked(BRIDGED, "2011; 2012; 2013; 2014; 2015")), "Year/Month.*2010 to 2014.*2015"),
        # A footer that is missing, or stands among the rows
        (export(ROW, footer=[]), "lacks its footer"),
        (export(ROW, TOTAL)[:-150].rsplit('"---"', 2)[0], "lacks its footer"),
        (export(ROW, footer=FOOTER) + export(ROW, header=HEADER, footer=[]), "not where it belongs"),
        (export(["", "Autauga County, AL", "01001", 208]), "not where it belongs"),
        # A new spelling of suppressed, an age-adjusted rate, a code without its zero, a county twice
        (export(changed(ROW, 5, "Suppressed (<10)")), r"Crude Rate.*a number.*Suppressed \(<10\)"),
        (export(changed(ROW, 3, "Supressed")), "Deaths.*'Supressed'"),
        (export(ROW, header=[name.replace("Crude", "Age Adjusted") for name in HEADER]), "lacks a column.*Crude Rate"),
        (export(changed(ROW, 2, "1001")), "County Code.*'1001'"),
        (export(ROW, ROW), "Duplicate keys"),
        (export(TOTAL), "No rows"),
        ("<html><body>Session expired</body></html>", "web page"),
    ],
)
def test_bad_exports_are_refused(raw, content, words):
    raw.put("cdc-wonder/injury_deaths_all_2014.txt", content)
    with pytest.raises(InputError, match=f"(?s){words}"):
        raw.staged("injury_deaths", "2014")


BIRTHS = ["Notes", "County", "County Code", "Births"]
ALL_CLASSES = "499 grams or less; 500 - 999 grams; 2000 - 2499 grams; 2500 - 2999 grams; 5000 - 8165 grams"
LOW_CLASSES = "499 grams or less; 500 - 999 grams; 1000 - 1499 grams; 1500 - 1999 grams; 2000 - 2499 grams"


def births(*rows, classes=ALL_CLASSES, year="2016", dataset="Natality, 2016-2023 expanded"):
    footer = [
        "---",
        f"Dataset: {dataset}",
        "Query Parameters:",
        f"Infant Birth Weight 12: {classes}",
        f"Year: {year}",
        "---",
    ]
    return export(*rows, header=BIRTHS, footer=footer)


BALDWIN = ["", "Baldwin County, AL", "01003", 2246]
OTHERS = ["", "Unidentified Counties, AL", "01999", 23118]
MERGED = ["", "Cape May County, NJ", "34009", "Missing County"]


def test_births(raw):
    raw.put("cdc-wonder/all_births_2016.txt", births(BALDWIN, OTHERS, MERGED, ["Total", "", "", 3941357]))
    raw.put(
        "cdc-wonder/lbw_births_2016.txt", births([*BALDWIN[:3], 174], [*OTHERS[:3], 2299], MERGED, classes=LOW_CLASSES)
    )
    raw.put("cdc-wonder/all_births_race_black_2016.txt", births([*BALDWIN[:3], "Suppressed"]))
    raw.put("cdc-wonder/lbw_births_momed_hs_2016.txt", births([*BALDWIN[:3], 60], classes=LOW_CLASSES))
    assert [tuple(row.values()) for row in raw.staged("births", "2016")] == [
        ("01003", "all", "All", "all", 2246, None),
        ("01003", "all", "All", "low", 174, None),
        ("01003", "mothers-education", "GED/High School Degree", "low", 60, None),
        ("01003", "race-ethnicity", "Black, Non-Hispanic", "all", None, "suppressed"),
        ("01999", "all", "All", "all", 23118, None),
        ("01999", "all", "All", "low", 2299, None),
    ]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("all_births_2016.txt", births(BALDWIN, year="2017"), "Year.*2016.*2017"),
        ("all_births_2016.txt", births(BALDWIN, dataset="Fetal Deaths, 2014-2023"), "Dataset.*Natality.*Fetal"),
        ("all_births_2016.txt", births(BALDWIN, classes=LOW_CLASSES), "all classes"),
        ("lbw_births_2016.txt", births(BALDWIN), "classes below 2500"),
        ("lbw_births_2016.txt", births([*BALDWIN[:3], 2247], classes=LOW_CLASSES), "2247 below 2,500 g"),
        ("all_births_race_asian_2016.txt", births(BALDWIN), "file name.*race_white"),
        ("few_births_2016.txt", births(BALDWIN), "file name.*all_births"),
        ("all_births_2016.txt", births([*BALDWIN[:3], "Suppressed (1-9)"]), "whole number.*Suppressed"),
        # Percentages where births are expected
        ("all_births_2016.txt", births([*BALDWIN[:3], 7.7]), "whole number.*7.7"),
    ],
)
def test_bad_births_are_refused(raw, name, content, words):
    raw.put("cdc-wonder/all_births_2016.txt", births(BALDWIN))
    raw.put(f"cdc-wonder/{name}", content)
    with pytest.raises(InputError, match=f"(?s){words}"):
        raw.staged("births", "2016")
