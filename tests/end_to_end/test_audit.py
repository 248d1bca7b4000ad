"""Audits that an auditor can repeat and an official can follow: of releases, of lost inputs, of what is not there."""

import json
import os
import re
import shutil

import duckdb
import pytest

from pipeline import code_version

METRICS = ("living-wage", "employment", "income-percentiles")
MIT = "mit-living-wage/mit-living-wage-2022.csv"
FORSYTH = ("--geoid", "37067")
WAGE = ("audit", "living-wage", *FORSYTH, "--year", 2022)


@pytest.fixture(scope="module")
def released(pristine_sample, tmp_path_factory, command_line):
    """Two years of three metrics, built and released as 2030.1: (raw, store)."""
    root = tmp_path_factory.mktemp("audited")
    raw, store = root / "raw", root / "store"
    shutil.copytree(pristine_sample, raw)
    chosen = [text for slug in METRICS for text in ("--metric", slug)]
    for command in (["build", *chosen, "--year", "2021", "--year", "2022"], ["release", "2030.1"]):
        finished = command_line.run(*command, raw=raw, store=store)
        assert finished.returncode == 0, finished.stderr
    return raw, store


@pytest.fixture
def own(released, tmp_path):
    """A copy that a test may change: (raw, store)."""
    return shutil.copytree(released[0], tmp_path / "raw"), shutil.copytree(released[1], tmp_path / "store")


@pytest.fixture
def ask(mobility):
    """The answer of an audit as JSON; it must succeed."""

    def answer(raw, store, *arguments) -> dict:
        result = mobility(*arguments, "--json", raw=raw, store=store)
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)

    return answer


def raise_wage(raw):
    path = raw / MIT
    path.write_text(re.sub(r"(37,067,1 Adult,2 Children,).*", r"\g<1>55.5", path.read_text()))


def test_without_release_the_answer_says_which_table_it_shows(released, ask, mobility):
    table = ask(*released, *WAGE)["table"]
    assert table["in_store"] and table["built_at"] and table["releases"] == ["2030.1"]
    assert table["code_version"].startswith(code_version())
    assert "in the releases 2030.1" in mobility(*WAGE, raw=released[0], store=released[1]).stdout


def test_a_release_whose_table_the_store_still_has_is_walked(released, ask):
    answer = ask(*released, *WAGE, "--release", "2030.1")
    assert answer["released"]["store_has_same_table"] and answer["reproduced"]
    printed = answer["released"]["printed"]
    assert printed["file"].startswith("11_") and float(printed["value"]) == pytest.approx(answer["published"]["value"])
    assert printed["quality"] == "Strong"
    assert answer["changes"] == []


def test_a_release_that_the_store_has_moved_on_from_keeps_its_value_and_its_inputs(own, ask, mobility):
    raw, store = own
    before = ask(raw, store, *WAGE)
    raise_wage(raw)
    assert mobility("build", "--metric", "living-wage", raw=raw, store=store).returncode == 0
    now = ask(raw, store, *WAGE)
    answer = ask(raw, store, *WAGE, "--release", "2030.1")
    assert now["published"] != before["published"] == answer["published"]
    assert answer["released"]["store"]["value"] == now["published"]["value"]
    assert not answer["released"]["store_has_same_table"]
    assert {each["path"]: each["sha256"] for each in before["inputs"]}.items() <= {
        each["path"]: each["sha256"] for each in answer["inputs"]
    }.items()
    states = {each["path"]: each["state"] for each in answer["inputs"]}
    assert states.pop(MIT) == "changed since" and set(states.values()) == {"unchanged"}
    assert any("built again" in each for each in answer["changes"])
    text = mobility(*WAGE, "--release", "2030.1", raw=raw, store=store).stdout
    assert "The store has moved on" in text and "those of today's table" in text


def test_a_raw_file_that_changed_behind_its_size_and_time_is_told(own, ask):
    raw, store = own
    path, content = raw / MIT, (raw / MIT).read_bytes()
    kept = path.stat()
    path.unlink()
    path.write_bytes(content[:-2] + bytes([content[-2] ^ 1]) + content[-1:])
    os.utime(path, ns=(kept.st_atime_ns, kept.st_mtime_ns))
    states = {each["path"]: each["state"] for each in ask(raw, store, *WAGE)["inputs"]}
    assert states.pop(MIT) == "changed since" and set(states.values()) == {"unchanged"}


def test_a_release_is_explained_when_the_table_is_gone(own, ask):
    raw, store = own
    shutil.rmtree(store / "metrics")
    answer = ask(raw, store, *WAGE, "--release", "2030.1")
    assert answer["published"]["value"] and answer["inputs"] and answer["steps"] == []
    assert any("gone" in each for each in answer["changes"])


def test_a_damaged_release_is_not_believed(own, mobility):
    raw, store = own
    path = store / "releases/2030.1/metrics.parquet"
    duckdb.sql(f"COPY (SELECT * REPLACE (value + 1 AS value) FROM '{path}') TO '{path}.new' (FORMAT parquet)")
    path.with_name("metrics.parquet.new").replace(path)
    result = mobility(*WAGE, "--release", "2030.1", raw=raw, store=store)
    assert result.returncode == 1 and "not as it was published" in result.stderr


@pytest.mark.parametrize("broken", ["removed", "garbage"])
def test_a_value_whose_raw_file_is_lost_is_explained_from_the_record(own, ask, broken):
    raw, store = own
    expected = ask(raw, store, *WAGE)
    if broken == "removed":
        (raw / MIT).unlink()
    else:
        (raw / MIT).write_text("no table at all\n")
    answer = ask(raw, store, *WAGE)
    assert answer["published"] == expected["published"] and answer["reproduced"]
    was = {each["path"]: each["sha256"] for each in expected["inputs"]}
    assert {each["path"]: each["sha256"] for each in answer["inputs"]} == was
    assert [each for each in answer["changes"] if MIT in each and ("gone" in each or "changed" in each)]
    stored = next(each for each in answer["steps"] if each["name"] == "staged/mit_living_wage@2022")
    assert stored["row_count"] and MIT in stored["remark"]


def test_what_the_store_still_has_is_shown_where_the_steps_cannot_be_walked(own, ask):
    raw, store = own
    (raw / "acs_pums/2022_1-Year/csv_pus.zip").unlink()
    shutil.rmtree(store / "staged/acs_person/2022_1-Year")
    answer = ask(raw, store, "audit", "employment", *FORSYTH, "--year", 2022)
    assert not answer["reproduced"] and answer["published"]["value"]
    assert {"allocation", "sums"} <= {each["name"] for each in answer["steps"]}
    assert any("csv_pus.zip: gone" in each for each in answer["changes"])
    assert any("cannot be walked" in each for each in answer["not_shown"])


def test_a_state_without_input_raises_no_alarm_and_names_the_input(released, ask, mobility):
    asked = ("audit", "income-percentiles", "--geoid", "35013", "--year", 2021)
    answer = ask(*released, *asked)
    assert answer["reproduced"] and answer["published"]["note"] == "no input for state"
    told = answer["input_missing"]
    assert {(each["source"], each["state"]) for each in told} == {("acs_pums@2021_1-Year", "35")}
    text = mobility(*asked, raw=released[0], store=released[1]).stdout
    assert "mobility fetch acs_pums@2021_1-Year" in text and "[_0-9]" not in text and "None" not in text


def test_a_year_that_was_never_built_names_its_input(released, mobility):
    result = mobility("audit", "employment", *FORSYTH, "--year", 2015, raw=released[0], store=released[1])
    assert result.returncode == 3 and "not landed" in result.stderr
    assert "acs_pums/2015_1-Year/" in result.stderr and "[_0-9]" not in result.stderr
    assert "mobility fetch acs_pums@2015_1-Year" in result.stderr


def test_price_indices_rules_and_the_crosswalk_period_are_shown(released, ask):
    answer = ask(*released, "audit", "living-wage", *FORSYTH, "--year", 2021)
    constants = {each["name"]: each for each in answer["constants"]}
    assert constants["index_of_year"]["value"] == 270.97 and constants["index_of_wage"]["value"] == 288.347
    assert constants["wage_dollars"]["value"] == "2022-H1"
    assert (
        constants["rule_undisclosed_total"]["value"] is True and "BLS" in constants["rule_undisclosed_total"]["meaning"]
    )
    survey = ask(*released, "audit", "employment", *FORSYTH, "--year", 2021)
    assert "pre-2022" in [each["value"] for each in survey["constants"] if each["name"].startswith("crosswalk_period")]


def test_single_precision_is_named(released, ask, mobility):
    steps = {each["name"]: each for each in ask(*released, *WAGE)["steps"]}
    assert "ratio" in steps["ratios"]["single_precision"] and not steps["price_index"]["single_precision"]
    assert "Single precision (FLOAT, 32 bits)" in mobility(*WAGE, "--steps", raw=released[0], store=released[1]).stdout


PERCENTILE = ("audit", "income-percentiles", *FORSYTH, "--year", 2021, "--subgroup", "Hispanic")


def test_steps_of_a_percentile_keep_to_the_area_to_the_end(released, ask):
    steps = {each["name"]: each for each in ask(*released, *PERCENTILE, "--rows", "all")["steps"]}
    assert all(each["row_count"] == len(each["rows"]) for each in steps.values())
    for name in ("targets", "percentiles", "share_bounds", "errors", "estimates"):
        assert steps[name]["row_count"] == 1, name
    assert steps["bounds"]["row_count"] == 2


def test_units_stand_by_the_numbers_in_whole_households(released, ask, mobility):
    steps = {each["name"]: each for each in ask(*released, *PERCENTILE)["steps"]}
    unit = steps["targets"]["units"]["total"]
    assert unit["unit"] == "households"
    total = steps["targets"]["rows"][0][steps["targets"]["columns"].index("total")] * unit["scale"]
    assert total == pytest.approx(round(total)) and total < 1e6
    text = mobility(*PERCENTILE, "--steps", raw=released[0], store=released[1]).stdout
    assert f"total (households) = {round(total)}" in text or f"| {round(total)} " in text
    summary = mobility("audit", "employment", *FORSYTH, "--year", 2022, raw=released[0], store=released[1]).stdout
    counted = r"sample size \d+ records; numerator \d+ persons; denominator \d+ persons"
    assert re.search(counted, " ".join(summary.split()))


def test_the_summary_comes_first_in_words(released, mobility):
    lines = mobility("audit", "employment", *FORSYTH, "--year", 2022, raw=released[0], store=released[1]).stdout
    head = lines.splitlines()[:12]
    assert head[1] == "Forsyth County, North Carolina (GEOID 37067), 2022, All"
    text = " ".join("\n".join(head).split())
    for told in ("proportion", "95 % confidence interval", "Strong (1)", "2 Marginal, 3 Weak", "note none"):
        assert told in text
    assert "None" not in lines and len(lines.splitlines()) < 70
    assert all(len(line) <= 160 for line in lines.splitlines() if "sha256" not in line)


def test_every_column_is_shown_or_said_to_be_folded(released, mobility, ask):
    asked = ("audit", "employment", *FORSYTH, "--year", 2022)
    text = mobility(*asked, "--steps", "--rows", "all", raw=released[0], store=released[1]).stdout
    assert "80 replicate weights repwtp1 to repwtp80; --json shows them" in text and "more rows" not in text
    assert "80 replicate weights denominator_repwt1 to denominator_repwt80" in text
    for step in ask(*released, *asked)["steps"]:
        block = text.split(f"[{step['name']}; {step['of']};")[1].split("\nStep ")[0]
        shown = [name for name in step["columns"] if "repwt" not in name]
        assert not step["rows"] or all(name in block for name in shown), step["name"]
    assert "None" not in text and all(step["title"] for step in ask(*released, *asked)["steps"])


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("living-wage", "--geoid", "9001", "--year", 2022), "09001 (Fairfield County, Connecticut)"),
        (("living-wage", "--geoid", "forsyth", "--year", 2022), "37067 (Forsyth County, North Carolina)"),
        (("living-wage", "--geoid", "Forsith County", "--year", 2022), "37067 (Forsyth County, North Carolina)"),
        (("living-wage", "--geoid", "370670", "--year", 2022), "37067 (Forsyth County, North Carolina)"),
        (("living-wage", "--geoid", "Forsyth County, NC", "--year", 2022), "37067 (Forsyth County, North Carolina)"),
        (("living-wage", "--geoid", "37068", "--year", 2022), "37067 (Forsyth County, North Carolina)"),
        (("employment", "--geoid", "203000", "--year", 2022), "0203000 (Anchorage"),
        (("Living-Wage", *FORSYTH, "--year", 2022), "Did you mean living-wage?"),
        (("living-wage", *FORSYTH, "--year", 2022, "--subgroup", "goods producing"), "Did you mean Goods Producing?"),
        (("living-wage", *FORSYTH, "--year", 2022, "--subgroup", "industry/goods"), "industry/Goods Producing"),
        (("living-wage", *FORSYTH, "--year", 2022, "--subgroup", "Female"), "Known: All; Education and Health"),
        (
            ("living-wage", *FORSYTH, "--year", 2022, "--measure", "Ratio_Living_Wage"),
            "Did you mean ratio_living_wage?",
        ),
        (("employment", *FORSYTH, "--year", 2021, "--subgroup", "hispanic"), "Did you mean Hispanic"),
        (("employment", *FORSYTH, "--year", 2022, "--subgroup", "Hispanic"), "with further subgroups: 2014, 2016"),
        (("employment", *FORSYTH, "--year", 2020), "Did you mean 2019"),
        (("employment", *FORSYTH, "--year", 2022, "--measure", "share_emplyed"), "Did you mean share_employed"),
        (("employment", *FORSYTH, "--year", 2022, "--release", "2030.9"), "it has 2030.1"),
        (("employment", *FORSYTH, "--year", 2019, "--release", "2030.1"), "2021 county"),
    ],
)
def test_what_does_not_exist_is_answered_with_what_was_meant(released, mobility, arguments, told):
    result = mobility("audit", *arguments, raw=released[0], store=released[1])
    assert result.returncode == 2 and told in result.stderr, result.stderr
    assert "Traceback" not in result.stderr
