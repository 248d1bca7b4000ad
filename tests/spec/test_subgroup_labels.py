"""Labels of every subgroup family by hand, at every boundary (card acs-pums-microdata, section 4; first match wins)."""

import duckdb
import pytest
import yaml

from pipeline import settings

FOLDER = settings.PROJECT / "pipeline" / "catalog" / "subgroups"
WHITE, BLACK = "White, Non-Hispanic", "Black, Non-Hispanic"
OTHER = "Other Races and Ethnicities"
DIFFICULTIES = ("diffrem", "diffphys", "diffmob", "diffsens", "diffcare")


def label(family: str, **record):
    """The first label of the family whose predicate holds for a record of the given columns, else None."""
    labels = yaml.safe_load((FOLDER / f"{family}.yml").read_text(encoding="utf-8"))["labels"]
    columns = ", ".join(f"{'NULL' if value is None else value} AS {name}" for name, value in record.items())
    for name, predicate in labels.items():
        if duckdb.sql(f"SELECT coalesce({predicate}, false) FROM (SELECT {columns})").fetchone()[0]:
            return name
    return None


@pytest.mark.parametrize(
    ("hispan", "race", "expected"),
    [
        (0, 1, WHITE),
        (0, 2, BLACK),
        (0, 3, OTHER),
        (0, 6, OTHER),
        (0, 9, OTHER),
        (0, 0, None),
        (0, 10, None),
        (1, 1, "Hispanic"),  # of any race
        (2, 2, "Hispanic"),
        (4, 8, "Hispanic"),
        (9, 1, "Hispanic"),
    ],
)
def test_race_and_ethnicity(hispan, race, expected):
    assert label("race-ethnicity", hispan=hispan, race=race) == expected


@pytest.mark.parametrize(("sex", "expected"), [(1, "Male"), (2, "Female"), (9, None), (None, None)])
def test_gender(sex, expected):
    assert label("gender", sex=sex) == expected


@pytest.mark.parametrize("difficulty", DIFFICULTIES)
def test_any_of_the_five_difficulties_is_a_disability(difficulty):
    assert label("disability", **{name: 2 if name == difficulty else 1 for name in DIFFICULTIES}) == "With Disability"


@pytest.mark.parametrize("code", [0, 1, None])
def test_not_applicable_counts_as_without_disability(code):
    assert label("disability", **dict.fromkeys(DIFFICULTIES, code)) == "Without Disability"


@pytest.mark.parametrize(
    ("income", "expected"),
    [
        (49_999, "Less than $50,000"),
        (50_000, "$50,000 or More"),
        (50_001, "$50,000 or More"),
        (0, "Less than $50,000"),
        (-1, "Less than $50,000"),
        (None, None),  # group quarters are in neither
    ],
)
def test_income_of_the_household(income, expected):
    assert label("income", hhincome=income) == expected


@pytest.mark.parametrize(
    ("age", "expected"), [(15, "Under Age 45"), (44, "Under Age 45"), (45, "Age 45 and Over"), (46, "Age 45 and Over")]
)
def test_age_of_the_householder(age, expected):
    assert label("age", age=age) == expected
