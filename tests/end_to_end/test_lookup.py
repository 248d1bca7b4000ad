"""GEOIDs by name and values without SQL: mobility find, mobility get."""

import csv
import io
import json

import duckdb
import pytest
from click.testing import CliRunner

from pipeline.cli import main
from pipeline.cli.values import table
from pipeline.errors import UsageError
from pipeline.explain import lookup
from pipeline.explain.lookup import Area


@pytest.fixture(scope="module")
def built(pristine_sample, build_store, tmp_path_factory):
    """Two metrics and years of the sample: one by county, one also by place."""
    store = tmp_path_factory.mktemp("lookup") / "store"
    return build_store(pristine_sample, store, ("living-wage", "student-homelessness"), (2021, 2022))


@pytest.fixture
def run(built):
    def invoke(*arguments, raw=None, store=None):
        places = ["--raw", str(raw or built.settings.raw), "--store", str(store or built.settings.store)]
        return CliRunner().invoke(main, [*map(str, arguments), *places])

    return invoke


def answer(done):
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


# -- names ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "geography", "geoid"),
    [
        ("forsyth", "county", "37067"),
        ("FORSYTH COUNTY", "county", "37067"),
        ("syth, north carolina", "county", "37067"),
        ("winston salem", "place", "3775000"),
        ("Dona Ana", "county", "35013"),
        ("doña ana county", "county", "35013"),
        ("37067", "county", "37067"),
        ("capitol planning", "county", "09110"),
    ],
)
def test_a_part_of_a_name_in_any_case_with_or_without_accents(run, name, geography, geoid):
    found = answer(run("find", name, "--json"))
    assert (found[0]["geography"], found[0]["geoid"]) == (geography, geoid)
    assert geoid in run("find", *name.split()).stdout


def test_an_area_is_told_with_its_newest_population_and_the_years_of_its_code(run, built):
    (forsyth,) = answer(run("find", "forsyth", "--json"))
    universe = built.table("geography/county_universe")
    newest = duckdb.sql(f"SELECT arg_max(population, year), max(year) FROM {universe} WHERE geoid = '37067'").fetchone()
    assert (forsyth["population"], forsyth["last_year"]) == newest
    assert (forsyth["name"], forsyth["state"]) == ("Forsyth County", "North Carolina")
    (fairfield,) = answer(run("find", "fairfield", "--json"))
    assert (fairfield["geoid"], fairfield["first_year"], fairfield["last_year"]) == ("09001", 2014, 2021)


def test_a_state_gives_its_areas(run):
    found = answer(run("find", "north carolina", "--json"))
    assert {each["state"] for each in found} == {"North Carolina"}
    assert {each["geography"] for each in found} == {"county", "place"}


@pytest.mark.parametrize(("name", "geoids"), [("Forsyth, NC", ["37067"]), ("fairfield ct", ["09001"])])
def test_a_state_may_be_its_postal_abbreviation(run, name, geoids):
    assert [each["geoid"] for each in answer(run("find", name, "--json"))] == geoids
    states = {each["state"] for each in answer(run("find", "nc", "--json"))}
    assert "North Carolina" in states


def test_an_abbreviation_is_no_part_of_another_word_after_a_comma(monkeypatch):
    known = [
        Area("place", "4164900", "Salem city", "Oregon", 175535, 2014, 2023),
        Area("place", "3775000", "Winston-Salem city", "North Carolina", 249545, 2014, 2023),
        Area("county", "08001", "Adams County", "Colorado", 519572, 2014, 2023),
        Area("county", "17001", "Adams County", "Illinois", 65737, 2014, 2023),
    ]
    monkeypatch.setattr(lookup, "areas", lambda workspace: known)

    def geoids(name):
        return [area.geoid for area in lookup.find(None, name)]

    assert geoids("Salem, OR") == ["4164900"]
    assert geoids("salem or") == ["4164900", "3775000"]
    assert geoids("Adams, IL") == ["17001"]
    assert geoids("adams co") == ["08001", "17001"], "also the beginning of county"
    with pytest.raises(UsageError, match="No county or place"):
        geoids("Salem, IL")


def test_a_name_that_no_area_has_suggests_the_nearest(run):
    done = run("find", "forsith")
    assert done.exit_code == 2 and "Did you mean 37067 (Forsyth County, North Carolina)?" in done.stderr


def test_names_are_built_where_they_are_not(run, tmp_path):
    assert answer(run("find", "forsyth", "--json", store=tmp_path / "new"))[0]["geoid"] == "37067"
    done = run("find", "forsyth", raw=tmp_path / "nothing", store=tmp_path / "empty")
    assert done.exit_code == 3
    assert "names of every county are not in the store" in done.stderr and "mobility fetch" in done.stderr


def test_names_stay_when_the_raw_files_are_gone(run, tmp_path):
    assert answer(run("find", "forsyth", "--json", raw=tmp_path / "gone"))[0]["geoid"] == "37067"


def test_those_called_so_come_first_then_the_larger_ones():
    known = [
        Area("county", "1", "Old York County", "Maine", 900, 2014, 2023),
        Area("county", "2", "York County", "Maine", 5, 2014, 2023),
        Area("county", "3", "York County", "Virginia", 50, 2014, 2023),
        Area("county", "4", "Kings County", "New York", 9000, 2014, 2023),
        Area("county", "5", "Yorkville County", "Maine", None, 2014, 2023),
    ]
    ranked = sorted(known, key=lambda area: (lookup._rank(["york"], area), -(area.population or 0)))
    assert [area.geoid for area in ranked] == ["3", "2", "1", "5", "4"]
    assert lookup._rank(["yerk"], known[0]) is None


# -- values ---------------------------------------------------------------------------------------------


def test_a_value_with_bounds_quality_in_words_and_note(run, built):
    (value,) = answer(run("get", "living-wage", "--geoid", "37067", "--year", 2022, "--subgroup", "all", "--json"))[
        "values"
    ]
    stored = (
        f"SELECT value, lower FROM {built.metric('living-wage', 2022)} WHERE geoid = '37067' AND subgroup_type = 'all'"
    )
    assert (value["value"], value["lower"]) == duckdb.sql(stored).fetchone()
    assert (value["name"], value["state"], value["quality"]) == ("Forsyth County", "North Carolina", "Strong")
    text = run("get", "living-wage", "--geoid", "37067").stdout
    for words in ("Strong", "suppressed: not disclosed by BLS", "Forsyth County", "from 30 establishments"):
        assert words in text
    assert "None" not in text


def test_nothing_is_narrowed_that_was_not_asked_for(run, built):
    everything = answer(run("get", "living-wage", "--geoid", "37067", "--json"))["values"]
    assert {value["year"] for value in everything} == {2021, 2022}
    assert {value["subgroup_type"] for value in everything} == {"all", "industry"}
    narrowed = answer(run("get", "living-wage", "--geoid", "37067", "--subgroup", "industry/All", "--json"))["values"]
    assert {(value["subgroup_type"], value["subgroup"]) for value in narrowed} == {("industry", "All")}
    whole = answer(run("get", "living-wage", "--geography", "county", "--year", 2022, "--subgroup", "all", "--json"))
    counted = f"SELECT count(*) FROM {built.metric('living-wage', 2022)} WHERE subgroup_type = 'all'"
    assert len(whole["values"]) == duckdb.sql(counted).fetchone()[0]


def test_counties_and_places_in_the_order_asked_for(run):
    asked = ("--geoid", "3775000", "--geoid", "37067", "--years", "2020-2022", "--measure", "count_homeless", "--json")
    given = answer(run("get", "student-homelessness", *asked, "--subgroup", "all"))
    assert [(value["geoid"], value["year"]) for value in given["values"]] == [
        ("3775000", 2021),
        ("3775000", 2022),
        ("37067", 2021),
        ("37067", 2022),
    ]
    assert any("Not in the store" in note and "2020" in note for note in given["notes"])


def test_csv_has_text_geoids_and_empty_cells(run):
    done = run("get", "living-wage", "--geoid", "09001", "--geoid", "37067", "--csv")
    assert done.exit_code == 0
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert {row["geoid"] for row in rows} == {"09001", "37067"} and {None} & set(rows[0]) == set()
    suppressed = [row for row in rows if row["note"]]
    assert suppressed and all(row["value"] == "" for row in suppressed if row["note"].startswith("suppressed"))
    assert all(float(row["value"]) >= 0 for row in rows if row["value"])
    assert "SYNTHETIC" in done.stderr and "SYNTHETIC" not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--geoid", "9001"), "Did you mean 09001 (Fairfield County, Connecticut)?"),
        (("--geoid", "37068"), "Did you mean 37067 (Forsyth County, North Carolina)"),
        (("--geoid", "37067", "--subgroup", "goods"), "Did you mean Goods Producing?"),
        (("--geoid", "37067", "--measure", "ratio_living"), "Did you mean ratio_living_wage?"),
        (("--geoid", "37067", "--year", "2020"), "Did you mean 2021"),
        (("--geoid", "37067", "--years", "2015-2017"), "Unknown years of living-wage '2015-2017'"),
        (("--geoid", "37067", "--years", "2022-2018"), "2018-2021"),
        (("--geoid", "3775000"), "GEOID 3775000 is of a place, and living-wage has values by county only."),
        (("--geoid", "09001", "--year", "2022"), "the code exists 2014 to 2021"),
        (("--geography", "conty"), "Did you mean county?"),
        ((), "--geoid"),
    ],
)
def test_what_does_not_exist_is_told_with_the_right_one(run, arguments, words):
    done = run("get", "living-wage", *arguments)
    assert done.exit_code == 2, done.output
    assert words in done.stderr and len(done.stderr.splitlines()) == 1


def test_a_year_that_is_not_built_says_what_to_run(run):
    done = run("get", "living-wage", "--geoid", "37067", "--year", "2023")
    assert done.exit_code == 3 and "mobility build --metric living-wage --year 2023" in done.stderr
    done = run("get", "living-wage", "--geoid", "37067", "--year", "2014")
    assert done.exit_code == 3 and "mobility fetch bls_qcew@2014" in done.stderr


def test_a_part_of_the_years_is_given_with_a_note(run):
    given = answer(run("get", "living-wage", "--geoid", "09001", "--json"))
    assert {value["year"] for value in given["values"]} == {2021}
    assert any("no row in living-wage 2022" in note for note in given["notes"])


def test_values_out_of_date_and_failed_checks_are_told(sample, build_store, tmp_path):
    built = build_store(sample, tmp_path / "store", ("living-wage",), (2022,))
    asked = [
        "get",
        "living-wage",
        "--geoid",
        "37067",
        "--json",
        "--raw",
        str(sample),
        "--store",
        str(tmp_path / "store"),
    ]
    assert not [note for note in answer(CliRunner().invoke(main, asked))["notes"] if "Out of date" in note]
    path = sample / "mit-living-wage/mit-living-wage-2022.csv"
    path.write_text(path.read_text().replace(",1", ",2", 1))
    assert [note for note in answer(CliRunner().invoke(main, asked))["notes"] if "Out of date" in note]
    address = built.plan.metric("living-wage", 2022, "county").address
    record = built.workspace.record(address)
    record["checks"][0] |= {"passed": False, "found": "3 rows"}
    built.workspace.write_record(address, record)
    done = CliRunner().invoke(main, asked)
    assert done.exit_code == 1 and json.loads(done.stdout)["checks_passed"] is False


def test_years_as_people_write_them():
    assert lookup.years_of("2018") == ([2018], [])
    assert lookup.years_of("2018-2021, 2023") == ([2023], [(2018, 2021)])
    with pytest.raises(UsageError, match="found 'soon'"):
        lookup.years_of("soon")


def test_a_table_leaves_out_columns_without_any_entry():
    assert table(("a", "b", "c"), [("1", "", "x"), ("22", "", "")], right={"a"}) == " a  c\n 1  x\n22"
