"""The audit as a page: what it holds, that it needs nothing else, and that its numbers are those of the audit."""

import html.parser
import json
import re

import pytest

from pipeline import api
from pipeline.explain.page import commands, division, page, picture, short

METRICS = ("living-wage", "employment", "income-percentiles", "student-homelessness")


@pytest.fixture(scope="module")
def store(pristine_sample, tmp_path_factory) -> api.Store:
    """Four metrics of 2021 and 2022, of the living wage also the corrected edition."""
    folder = tmp_path_factory.mktemp("pages") / "store"
    chosen = api.open_store(folder, pristine_sample)
    chosen.build(METRICS, [2021, 2022])
    api.open_store(folder, pristine_sample, method="corrected").build(["living-wage"], [2021])
    return chosen


class Elements(html.parser.HTMLParser):
    """Tags with their attributes, text, and whether every element that is opened is closed."""

    VOID = {"meta", "br", "wbr", "rect", "circle", "line"}

    def __init__(self, content):
        super().__init__()
        self.open, self.tags, self.text = [], [], ""
        self.feed(content)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert tag in self.VOID or self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def words(content: str) -> str:
    return " ".join(Elements(content).text.split())


@pytest.mark.parametrize(
    ("metric", "geoid", "year", "subgroup"),
    [
        ("living-wage", "37067", 2022, "All"),
        ("employment", "37067", 2021, "Hispanic"),
        ("income-percentiles", "37067", 2021, "All"),
        ("income-percentiles", "35013", 2021, "All"),
        ("student-homelessness", "37067", 2021, "All"),
    ],
)
def test_a_page_is_whole_and_needs_nothing_else(store, metric, geoid, year, subgroup):
    answer = store.audit(metric, geoid, year, subgroup)
    content = page(answer)
    elements = Elements(content)
    assert not elements.open
    assert "script" not in [tag for tag, _ in elements.tags]
    assert not [each for tag, each in elements.tags if tag in ("link", "img", "iframe") or "src" in each]
    assert "@import" not in content and "url(" not in content
    told = words(content)
    assert "SYNTHETIC DATA" in told and "None" not in told and "Undefined" not in told
    for each in answer["inputs"]:
        assert each["path"] in told and each["sha256"] in told
    for each in answer["steps"]:
        assert each["title"].replace(" ", "") in told.replace(" ", ""), each["title"]
    assert answer["citation"].replace(" ", "") in told.replace(" ", "")
    for each in answer["quirks"]:
        assert each["id"] in told


def test_the_numbers_stand_where_a_reader_looks(store):
    answer = store.audit("employment", "37067", 2021, "Hispanic")
    told = words(page(answer))
    row, counted = answer["published"], answer["quality"]["evaluated"]
    assert short(row["value"]) in told and str(row["value"]) in told
    assert f"95 % confidence interval goes from {short(row['lower'])} to {short(row['upper'])}" in told
    assert f"{counted['numerator']:,.7g} persons / {counted['denominator']:,.7g} persons" in told
    assert re.search(r"effective sample: \d+ records; asked is whether it is >= 30", told)


def test_replicates_are_those_of_the_interval(store):
    for metric, scale in (("employment", "value"), ("income-percentiles", None)):
        answer = store.audit(metric, "37067", 2021)
        found = answer["replicates"]
        assert len(found["estimates"]) == 80 and found["lower"] < found["estimate"] < found["upper"]
        if scale:
            assert found["estimate"] == answer["published"]["value"]
            error = (sum((each - found["estimate"]) ** 2 for each in found["estimates"]) * 4 / 80) ** 0.5
            assert error == pytest.approx(answer["quality"]["evaluated"]["standard_error"])
        drawn = picture(found)
        assert len(drawn["dots"]) == 80 and drawn["lower"][0] < drawn["estimate"][0] < drawn["upper"][0]
        assert page(answer).count("<circle") == 80
    assert store.audit("living-wage", "37067", 2022)["replicates"] is None


def test_no_value_says_why_and_what_to_do(store):
    told = words(page(store.audit("income-percentiles", "35013", 2021)))
    assert "no value no input for state" in told and "mobility fetch acs_pums@2021_1-Year" in told
    assert "<svg" not in page(store.audit("income-percentiles", "35013", 2021))


def test_what_decided_the_flag_is_told(store):
    decided = store.audit("living-wage", "37067", 2022)["quality"]["decided_by"]
    establishments = next(each for each in decided if each["column"] == "establishments")
    answer = store.audit("living-wage", "37067", 2022)
    assert establishments["value"] == answer["quality"]["evaluated"]["sample_size"]
    answer = store.audit("employment", "37067", 2021, "Hispanic")
    allocation = {each["column"]: each["value"] for each in answer["quality"]["decided_by"]}
    assert allocation["geographic_allocation_quality"] == answer["published"]["quality"]
    (threshold,) = answer["suppression"]["thresholds"]
    assert (threshold["column"], threshold["sign"], threshold["limit"]) == ("effective_sample", ">=", 30)


def test_quirks_of_the_year_and_other_methods(store):
    answer = store.audit("living-wage", "37067", 2021)
    ids = {each["id"] for each in answer["quirks"]}
    assert "half-year-price-index" in ids and "old-connecticut" not in ids
    (other,) = answer["other_methods"]
    assert other["method"] == "corrected" and other["value"] != answer["published"]["value"] and other["synthetic"]
    assert store.audit("living-wage", "37067", 2022)["other_methods"] == []
    assert "place-allocation-factor" not in {each["id"] for each in store.audit("employment", "37067", 2021)["quirks"]}


def test_the_command_writes_the_page(store, mobility, tmp_path):
    path = tmp_path / "page.html"
    asked = ("audit", "living-wage", "--geoid", "37067", "--year", 2022, "--html", path)
    choice = {"raw": store.settings.raw, "store": store.settings.store}
    done = mobility(*asked, **choice)
    assert done.returncode == 0 and str(path) in done.stdout
    assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert json.loads(mobility(*asked, "--json", **choice).stdout)["published"]["value"]
    assert mobility(*asked[:-1], tmp_path / "none" / "page.html", **choice).returncode == 3


def answer_of(value, numerator, denominator):
    return {
        "published": {"value": value},
        "quality": {"evaluated": {"numerator": numerator, "denominator": denominator}},
    }


@pytest.mark.parametrize(
    ("value", "numerator", "denominator", "scale", "decimals"),
    [
        (0.5, 1, 2, 1, None),
        (50.0, 1, 2, 100, None),
        (33.3, 1, 3, 100, 1),
        (0.0, 0, 5, 1, None),
    ],
)
def test_a_ratio_is_shown_as_one(value, numerator, denominator, scale, decimals):
    found = division(answer_of(value, numerator, denominator))
    assert (found["scale"], found["decimals"]) == (scale, decimals)


@pytest.mark.parametrize("given", [(0.7, 1, 2), (None, 1, 2), (0.5, None, 2), (0.5, 1, None), (0.5, 1, 0)])
def test_what_is_no_ratio_is_not_shown_as_one(given):
    assert division(answer_of(*given)) is None


def test_numbers_in_large_type():
    told = [short(each) for each in (0.73212, 28376.6, 12.345, 0.0, 0.000123456, 999.96, -3.5, None, 100.0)]
    assert told == ["0.7321", "28,377", "12.35", "0", "0.0001235", "1000", "-3.5", "no value", "100"]


def test_commands_can_be_typed(store):
    answer = store.audit("employment", "37067", 2021, "race-ethnicity/White, Non-Hispanic")
    typed = [command for command, _ in commands(answer)]
    assert any("--subgroup 'race-ethnicity/White, Non-Hispanic'" in each for each in typed)
    assert ".read sql/estimators/share/areas.sql" in typed
