"""Microdata of some states from another provider: how it is named, which rows are taken from where, where tables lie."""

import json

import duckdb
import pytest
from click.testing import CliRunner

from pipeline import catalog
from pipeline.cli import main
from pipeline.errors import MissingInput, UsageError
from pipeline.plan.plan import Plan
from pipeline.plan.providers import Mix, mixed
from pipeline.plan.step import Step, View
from pipeline.run.session import session
from pipeline.run.workspace import Workspace
from pipeline.settings import Settings
from pipeline.store.landing import Landing


@pytest.mark.parametrize(
    ("texts", "word"),
    [
        (("17=ipums",), "census,ipums.17"),
        (("il=ipums",), "census,ipums.17"),
        (("37@2018_1-Year=ipums", "IL=ipums"), "census,ipums.17,ipums.37@2018_1-Year"),
    ],
)
def test_a_mix_is_one_word(texts, word):
    assert mixed(catalog.load(), "census", texts) == word
    assert str(Mix.of(word)) == word


def test_what_names_the_vintage_counts_before_what_does_not():
    mix = Mix.of("census,ipums.17,ipums.37@2018_1-Year,census.17@2021_1-Year")
    assert mix.states("2018_1-Year") == {"ipums": ["17", "37"]}
    assert mix.states("2018_5-Year") == {"ipums": ["17"]}
    assert mix.states("2021_1-Year") == {}
    assert mix.providers == ["census", "ipums"]


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (("17",), "given as 17=ipums"),
        (("17=ipmus",), "Did you mean ipums"),
        (("99=ipums",), "Unknown state '99'"),
        (("17@2018=ipums",), "2018_1-Year"),
        (("17=ipums", "IL=census"), "given twice"),
    ],
)
def test_what_does_not_exist_is_named(texts, words):
    with pytest.raises(UsageError, match=words):
        mixed(catalog.load(), "census", texts)


@pytest.fixture
def landing(tmp_path):
    """Person files of both providers for 2018, of the Census Bureau alone for 2021; what a plan needs of its geography."""
    files = ["acs_pums/2018_1-Year/psam_p56.csv", "acs_pums/2021_1-Year/psam_p56.csv"]
    files += ["ipums_usa/2018_1-Year.dat.gz", "ipums_usa/2018_1-Year.xml"]
    files += ["urban-population/county-populations.csv", "geocorr/geocorr2018_puma_county_2010.csv"]
    files += ["geocorr/geocorr2022_puma_county_2020.csv"]
    files += ["reconstructed/geocorr2022_puma_2020_planning_regions_2022.csv"]
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("rows\n")
    return Landing(tmp_path, tmp_path)


def test_a_mix_has_tables_of_its_own_where_it_differs_and_shares_the_others(landing):
    plan = Plan(landing, provider="census,ipums.17@2018_1-Year")
    step = plan.metric("employment", 2018, "county")
    assert step.address == "provider=census,ipums.17@2018_1-Year/metrics/employment/county/2018.parquet"
    (sums,) = [each for each in step.upstream if each.layer == "sums"]
    (person,) = [view for view in sums.views if view.name == "person"]
    assert dict(person.only) == {
        "staged/acs_person/2018_1-Year/psam_p56.parquet": "NOT (statefip IN ('17'))",
        "provider=ipums/staged/acs_person/2018_1-Year/2018_1-Year.parquet": "statefip IN ('17')",
    }
    assert "acs_person 2018_1-Year: states 17 from ipums" in step.notes
    assert plan.metric("employment", 2021, "county").address == "metrics/employment/county/2021.parquet"
    assert sums.address == "provider=census,ipums.17@2018_1-Year/sums/employment/2018.parquet"


def test_a_state_whose_provider_is_not_landed_is_missing_and_not_taken_from_another(landing):
    plan = Plan(landing, provider="census,ipums.17")
    with pytest.raises(MissingInput, match="acs_person"):
        plan.metric("employment", 2021, "county")


def test_rows_of_a_step_are_narrowed_by_its_condition(tmp_path):
    workspace = Workspace.of(Settings.of(tmp_path, tmp_path / "store"))
    steps = []
    for provider in ("census", "ipums"):
        address = f"staged/{provider}.parquet"
        (tmp_path / "store/staged").mkdir(parents=True, exist_ok=True)
        duckdb.sql(f"SELECT unnest(['17', '56']) AS statefip, '{provider}' AS origin").write_parquet(
            str(tmp_path / "store" / address)
        )
        steps.append(Step("staged", provider, None, None, None, "2025", "census", address, queries=(), views=()))
    only = tuple(zip((step.address for step in steps), ("NOT (statefip IN ('17'))", "statefip IN ('17')"), strict=True))
    view = View("person", parts=tuple((step, ()) for step in steps), only=only)
    by_hand = Step(
        "staged", "by hand", None, None, None, "2025", "census", "staged/x.parquet", queries=(), views=(view,)
    )
    with session(by_hand, workspace) as opened:
        assert opened.con.execute("FROM person ORDER BY ALL").fetchall() == [("17", "ipums"), ("56", "census")]


def test_every_command_that_reads_tables_takes_a_mix(tmp_path):
    for command in ("build", "status", "get", "audit", "release", "shell"):
        assert "--provider-of" in CliRunner().invoke(main, [command, "--help"]).stdout, command
    asked = ["status", "--provider-of", "99=ipums", "--json", "--raw", str(tmp_path), "--store", str(tmp_path / "s")]
    done = CliRunner().invoke(main, asked)
    assert done.exit_code == 2 and "Unknown state '99'" in json.loads(done.stdout)["error"]
