"""pipeline.api: frames, relations and dictionaries, and errors and warnings instead of exit codes."""

import math
import shutil
import warnings

import duckdb
import pandas
import pytest

from pipeline import api
from pipeline.errors import InputError, MobilityError, UsageError

pytestmark = pytest.mark.filterwarnings("ignore::pipeline.api.MobilityWarning")


@pytest.fixture(scope="module")
def store(pristine_sample, tmp_path_factory) -> api.Store:
    chosen = api.open_store(tmp_path_factory.mktemp("api") / "store", pristine_sample)
    built = chosen.build(["living-wage", "income-percentiles"], [2021, 2022])
    assert built.report["exit_code"] == 0 and {each.status for each in built.outcomes} <= {"built", "up to date"}
    return chosen


def test_a_table_is_a_relation_with_the_columns_of_the_contract(store):
    relation = store.table("living-wage", 2022)
    assert isinstance(relation, duckdb.DuckDBPyRelation)
    assert relation.columns[:7] == ["metric", "measure", "year", "geography", "geoid", "subgroup_type", "subgroup"]
    other = store.table("living-wage", 2021)
    assert relation.filter("geoid = '37067'").df().year.unique().tolist() == [2022]
    assert set(other.df().year) == {2021}


def test_values_are_numbers_with_what_is_missing_as_nan(store):
    frame = store.values("income-percentiles", ["35013", "37067"], [2021], subgroups=["all"])
    assert [frame[name].dtype for name in ("value", "lower", "upper")] == [float] * 3
    missing = frame[frame.geoid == "35013"]
    assert missing.value.isna().all() and set(missing.note) == {"no input for state"}
    there = frame[frame.geoid == "37067"].iloc[0]
    assert math.isfinite(there.value) and there["name"] == "Forsyth County" and there.quality == "Strong"
    assert frame.attrs["synthetic"] and frame.attrs["measures"] and "values" not in frame.attrs


def test_what_must_be_known_of_values_is_a_warning(pristine_sample, tmp_path):
    raw = shutil.copytree(pristine_sample, tmp_path / "raw")
    store = api.open_store(tmp_path / "store", raw)
    store.build(["living-wage"], [2022])
    with pytest.warns(api.MobilityWarning, match="SYNTHETIC"):
        store.values("living-wage", ["37067"])
    path = raw / "mit-living-wage" / "mit-living-wage-2022.csv"
    path.write_text(path.read_text() + "\n")
    with pytest.warns(api.MobilityWarning, match="out of date"):
        store.table("living-wage", 2022)


def test_what_fails_is_raised(pristine_sample, tmp_path):
    raw = shutil.copytree(pristine_sample, tmp_path / "raw")
    (raw / "mit-living-wage" / "mit-living-wage-2022.csv").write_text("no table\n")
    store = api.open_store(tmp_path / "store", raw)
    with pytest.raises(InputError, match="mit-living-wage-2022.csv"):
        store.build(["living-wage"], [2022])
    assert store.build(["living-wage"], [2022], raise_failures=False).report["exit_code"] == 3
    with pytest.raises(InputError, match="Nothing was built|No raw file|input"):
        store.build(["employment"], [2015])


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda store: store.table("living-wage", 2023), "has not been built"),
        (lambda store: store.table("living-wage", 2020), "Did you mean"),
        (lambda store: store.table("living-wage", 2022, "place"), "Unknown geography"),
        (lambda store: store.values("livingwage", ["37067"]), "Did you mean living-wage"),
        (lambda store: store.audit("living-wage", "7067", 2022), "has 5 digits"),
        (lambda store: store.explain("wages"), "Unknown metric"),
        (lambda store: store.release("first"), "YYYY.N"),
        (lambda store: store.diff("2030.1", "2030.2"), "Unknown release"),
        (lambda store: store.build(["living-wage"], [1999]), "Unknown year"),
    ],
)
def test_what_does_not_exist_is_told(store, call, told):
    with pytest.raises(MobilityError, match=told):
        call(store)


def test_an_unknown_method_is_refused_at_once(tmp_path):
    with pytest.raises(UsageError, match="Did you mean corrected"):
        api.open_store(tmp_path, tmp_path, method="corected")
    with pytest.raises(InputError, match="raw directory does not exist"):
        api.open_store(tmp_path / "store", tmp_path / "none").build(["living-wage"])


def test_the_command_line_and_the_api_give_the_same(store, mobility):
    import json

    choice = {"raw": store.settings.raw, "store": store.settings.store}
    asked = ("living-wage", "--geoid", "37067", "--year", 2022)
    told = json.loads(mobility("audit", *asked, "--json", **choice).stdout)
    assert told == json.loads(json.dumps(store.audit("living-wage", "37067", 2022), default=str))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame = store.values("living-wage", ["37067"], [2022])
    given = pandas.DataFrame(json.loads(mobility("get", *asked, "--json", **choice).stdout)["values"])
    assert frame.value.tolist() == pytest.approx(given.value.astype(float).tolist(), nan_ok=True)
    assert "explain" in mobility("--help").stdout
    assert json.loads(mobility("explain", "living-wage", "--json", **choice).stdout)["metric"] == "living-wage"


def test_metrics_and_areas_are_frames(store):
    assert set(store.metrics().metric) >= {"living-wage", "employment"}
    assert store.find("forsyth county").geoid[0] == "37067"
    assert repr(store).startswith("Store(")
