"""Builds of the sample: incremental, deterministic, safe to kill; status, release, audit and shell on the result."""

import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import duckdb
import pytest

from pipeline import settings

SLUGS = ("--metric", "living-wage", "--metric", "student-homelessness")


def statuses(result):
    return {each["step"]: each["status"] for each in json.loads(result.stdout)["outcomes"]}


def contents(store):
    """Every table's rows as text, by path: what must not depend on threads or on when it was built."""
    return {str(path.relative_to(store)): path.read_bytes() for path in sorted(store.rglob("*.parquet"))}


@pytest.fixture(scope="module")
def built(pristine_sample, tmp_path_factory, command_line):
    """The whole sample built once: (raw, store)."""
    root = tmp_path_factory.mktemp("whole")
    raw, store = root / "raw", root / "store"
    shutil.copytree(pristine_sample, raw)
    finished = command_line.run("build", *SLUGS, raw=raw, store=store)
    assert finished.returncode == 0, finished.stderr
    return raw, store


def test_second_build_does_nothing_and_says_so(built, mobility):
    raw, store = built
    result = mobility("build", *SLUGS, raw=raw, store=store)
    assert result.returncode == 0
    assert "Nothing to do" in result.stdout and "up to date" in result.stdout


def test_a_changed_file_rebuilds_only_what_depends_on_it(built, tmp_path, mobility):
    raw, store = shutil.copytree(built[0], tmp_path / "raw"), shutil.copytree(built[1], tmp_path / "store")
    path = raw / "mit-living-wage/mit-living-wage-2023.csv"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:1] + [line.rsplit(",", 1)[0] + ",44.44\n" for line in lines[1:]]))
    result = mobility("build", *SLUGS, "--json", raw=raw, store=store)
    built_steps = {step for step, status in statuses(result).items() if status == "built"}
    assert built_steps == {"staged/mit_living_wage 2023", "metric/living-wage 2023 county"}
    manifest = json.loads((raw / "mit-living-wage/manifest.json").read_text())
    revisions = manifest["mit-living-wage/mit-living-wage-2023.csv"]["revisions"]
    assert len(revisions) == 2 and revisions[0]["sha256"] != revisions[1]["sha256"]


def test_touching_a_file_without_changing_it_rebuilds_nothing(built, tmp_path, mobility):
    raw, store = shutil.copytree(built[0], tmp_path / "raw"), shutil.copytree(built[1], tmp_path / "store")
    os.utime(raw / "mit-living-wage/mit-living-wage-2023.csv")
    assert "Nothing to do" in mobility("build", *SLUGS, raw=raw, store=store).stdout


def test_a_set_of_files_may_be_packed_in_part(built, tmp_path, mobility):
    raw, store = shutil.copytree(built[0], tmp_path / "raw"), shutil.copytree(built[1], tmp_path / "store")
    path = raw / "bls_qcew/qcew-2021-a-37067.csv"
    path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
    assert "Nothing to do" in mobility("build", *SLUGS, raw=raw, store=store).stdout
    path.unlink()
    result = mobility("build", "--metric", "living-wage", "--year", 2021, raw=raw, store=store)
    assert result.returncode == 0, result.stderr
    assert contents(store) == contents(built[1])


@pytest.mark.parametrize("threads", [1, 2])
def test_results_do_not_depend_on_threads(built, tmp_path, mobility, threads):
    raw, store = built
    result = mobility("build", *SLUGS, "--threads", threads, raw=raw, store=tmp_path / "again")
    assert result.returncode == 0, result.stderr
    expected = {
        path: content for path, content in contents(store).items() if not path.startswith(("geography/", "releases/"))
    }
    again = contents(tmp_path / "again")
    assert {path: again[path] for path in expected} == expected


@pytest.mark.parametrize("tables", [1, 20, 45])
def test_a_killed_build_is_completed_by_the_next_one(built, tmp_path, mobility, tables):
    raw, expected = built
    store = tmp_path / "store"
    command = [sys.executable, "-m", "pipeline.cli", "build", *SLUGS, "--raw", str(raw), "--store", str(store)]
    process = subprocess.Popen(command, cwd=settings.PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    layers = [store / layer for layer in ("staged", "geography", "metrics")]
    while process.poll() is None and sum(len(list(layer.rglob("*.lineage.json"))) for layer in layers) < tables:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL, "the build was interrupted, not over"
    begun = set(contents(store))
    whole = {path for path in contents(expected) if path.startswith(("staged/", "geography/", "metrics/"))}
    assert not whole <= begun, "something was left to do"
    assert mobility("build", *SLUGS, raw=raw, store=store).returncode == 0
    assert not list((store / "tmp").iterdir()), "nothing unfinished is left"
    again = contents(store)
    assert again == {path: content for path, content in contents(expected).items() if path in again}
    assert {path for path in contents(expected) if path.startswith("metrics/")} <= set(again)


def test_two_builds_at_once_share_the_work(built, tmp_path):
    raw, expected = built
    command = [sys.executable, "-m", "pipeline.cli", "build", *SLUGS, "--json", "--raw", str(raw)]
    command += ["--store", str(tmp_path / "store")]
    builds = [subprocess.Popen(command, cwd=settings.PROJECT, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    reports = [json.loads(build.communicate()[0]) for build in builds]
    assert [build.returncode for build in builds] == [0, 0]
    again = contents(tmp_path / "store")
    assert again == {path: content for path, content in contents(expected).items() if path in again}
    made = [each["step"] for report in reports for each in report["outcomes"] if each["status"] == "built"]
    assert set(made) and len(made) == len(set(made)), "each table is built once"


def test_metric_tables_keep_the_contract(built):
    columns = [
        "metric",
        "measure",
        "year",
        "geography",
        "geoid",
        "subgroup_type",
        "subgroup",
        "value",
        "lower",
        "upper",
        "quality",
        "standard_error",
        "numerator",
        "denominator",
        "sample_size",
        "note",
    ]
    types = [
        "VARCHAR",
        "VARCHAR",
        "SMALLINT",
        "VARCHAR",
        "VARCHAR",
        "VARCHAR",
        "VARCHAR",
        "DOUBLE",
        "DOUBLE",
        "DOUBLE",
        "TINYINT",
        "DOUBLE",
        "DOUBLE",
        "DOUBLE",
        "BIGINT",
        "VARCHAR",
    ]
    for path in (built[1] / "metrics").rglob("*.parquet"):
        assert duckdb.sql(f"SELECT column_name, column_type FROM (DESCRIBE FROM '{path}')").fetchall() == list(
            zip(columns, types, strict=True)
        )
        keys = duckdb.sql(f"SELECT measure, geoid, subgroup_type, subgroup FROM '{path}'").fetchall()
        assert keys == sorted(keys)


def test_lineage_names_inputs_sql_and_code(built):
    record = json.loads((built[1] / "metrics/living-wage/county/2022.lineage.json").read_text())
    assert {
        "data_hash",
        "metadata_hash",
        "inputs",
        "raw",
        "engine",
        "sql",
        "variables",
        "code_version",
        "record_counts",
        "output",
    } <= record.keys()
    assert record["synthetic"] is True
    assert {"qcew_county_industry", "mit_living_wage", "universe", "consumer_price_index"} <= {
        each["view"] for each in record["inputs"]
    }
    assert "sql/metrics/living-wage.sql" in [each["path"] for each in record["sql"]]


def test_status_tells_missing_built_and_stale(built, tmp_path, mobility):
    raw, store = built
    entries = {
        (each["metric"], each["year"], each["geography"]): each
        for each in json.loads(mobility("status", "--json", raw=raw, store=store).stdout)
    }
    assert entries["living-wage", 2014, "county"]["status"] == "input missing"
    assert entries["living-wage", 2022, "county"]["status"] in ("checked", "released")
    changed = shutil.copytree(raw, tmp_path / "raw")
    path = changed / "mit-living-wage/mit-living-wage-2023.csv"
    path.write_text(path.read_text().replace(",1", ",2", 1))
    stale = [
        each for each in json.loads(mobility("status", "--json", raw=changed, store=store).stdout) if each["stale"]
    ]
    assert {(each["metric"], each["year"]) for each in stale} == {("living-wage", 2023)}


def test_release_is_complete_marked_synthetic_and_never_overwritten(built, tmp_path, mobility):
    raw, store = built[0], shutil.copytree(built[1], tmp_path / "store")
    assert mobility("release", "2030.1", raw=raw, store=store).returncode == 0
    folder = store / "releases/2030.1"
    stems = {
        "11_mobility-metrics_county_longitudinal",
        "12_mobility-metrics_county_race-ethnicity_longitudinal",
        "19_mobility-metrics_county_industry_longitudinal",
        "61_mobility-metrics_place_longitudinal",
        "62_mobility-metrics_place_race-ethnicity_longitudinal",
    }
    assert (
        {path.stem for path in folder.glob("*.csv")} == stems == {path.stem for path in folder.glob("[0-9]*.parquet")}
    )
    package = json.loads((folder / "datapackage.json").read_text())
    assert "SYNTHETIC" in package["title"] and json.loads((folder / "manifest.json").read_text())["synthetic"]
    for resource in package["resources"]:
        header = (folder / resource["path"]).read_text(encoding="utf-8").splitlines()[0].split(",")
        assert header == [field["name"] for field in resource["schema"]["fields"]]
    again = mobility("release", "2030.1", raw=raw, store=store)
    assert again.returncode == 2 and "never overwritten" in again.stderr
    assert mobility("release", "2030.2", raw=raw, store=store).returncode == 0
    same = mobility("diff", "2030.1", "2030.2", store=store)
    assert same.returncode == 0 and "No differences" in same.stdout


def test_release_file_has_contract_order_missing_code_and_quality_words(built, tmp_path, mobility):
    raw, store = built[0], shutil.copytree(built[1], tmp_path / "store")
    mobility("release", "2030.1", raw=raw, store=store)
    lines = (
        (store / "releases/2030.1/19_mobility-metrics_county_industry_longitudinal.csv")
        .read_text(encoding="utf-8")
        .splitlines()
    )
    assert lines[0] == (
        "year,state,county,state_name,county_name,subgroup,subgroup_type,ratio_living_wage,ratio_living_wage_quality"
    )
    labels = [line.split(",")[5:7] for line in lines[1:4]]
    assert labels == [["All", "all"], ["Goods Producing", "industry"], ["Public Administration", "industry"]]
    assert '"Trade, Transit, Utilities"' in lines[4]
    assert any(line.endswith("NA,NA") for line in lines) and any(line.endswith("Strong") for line in lines)


def test_diff_names_file_column_and_largest_change(built, tmp_path, mobility):
    raw, store = shutil.copytree(built[0], tmp_path / "raw"), shutil.copytree(built[1], tmp_path / "store")
    mobility("release", "2030.1", raw=raw, store=store)
    path = raw / "mit-living-wage/mit-living-wage-2023.csv"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:1] + [lines[1].rsplit(",", 1)[0] + ",99.99\n"] + lines[2:]))
    refused = mobility("release", "2030.2", raw=raw, store=store)
    assert refused.returncode == 2 and "out of date" in refused.stderr
    mobility("build", *SLUGS, raw=raw, store=store)
    mobility("release", "2030.2", raw=raw, store=store)
    report = json.loads(mobility("diff", "2030.1", "2030.2", "--json", store=store).stdout)
    changes = report["files"]["11_mobility-metrics_county_longitudinal"]["years"]
    assert [(each["column"], each["year"], each["changed"]) for each in changes] == [("ratio_living_wage", "2023", 1)]
    assert "ratio_living_wage" in (store / "releases/2030.2/CHANGES.md").read_text()


def test_audit_gives_the_contract_and_re_runs_to_the_published_value(built, mobility):
    raw, store = built
    result = mobility(
        "audit",
        "living-wage",
        "--geoid",
        "37067",
        "--year",
        2022,
        "--subgroup",
        "Goods Producing",
        "--json",
        raw=raw,
        store=store,
    )
    assert result.returncode == 0, result.stderr
    answer = json.loads(result.stdout)
    assert {
        "metric",
        "measure",
        "year",
        "geoid",
        "subgroup",
        "published",
        "formula",
        "inputs",
        "steps",
        "quality",
        "suppression",
        "citation",
        "code",
    } <= answer.keys()
    assert {"value", "lower", "upper", "quality", "note"} == answer["published"].keys()
    assert all({"name", "title", "sql", "columns", "rows", "row_count"} <= step.keys() for step in answer["steps"])
    assert all({"path", "sha256", "url", "vintage", "rows_used"} <= each.keys() for each in answer["inputs"])
    by_name = {step["name"]: step for step in answer["steps"]}
    assert by_name["ratios"]["row_count"] == 1
    assert by_name["qcew_county_industry"]["row_count"] >= 8  # the county's rows of the eight industries
    stored = duckdb.sql(
        f"SELECT value FROM '{store}/metrics/living-wage/county/2022.parquet' WHERE geoid = '37067' "
        "AND subgroup = 'Goods Producing'"
    ).fetchone()[0]
    assert answer["published"]["value"] == stored


def test_audit_refuses_a_table_that_the_steps_do_not_give(built, tmp_path, mobility):
    raw, store = built[0], shutil.copytree(built[1], tmp_path / "store")
    table = store / "metrics/living-wage/county/2022.parquet"
    duckdb.sql(f"COPY (SELECT * REPLACE (value + 1 AS value) FROM '{table}') TO '{table}.new' (FORMAT parquet)")
    os.replace(f"{table}.new", table)
    result = mobility("audit", "living-wage", "--geoid", "37067", "--year", 2022, raw=raw, store=store)
    assert result.returncode == 1 and "another result" in result.stderr


def test_audit_walks_from_raw_rows_to_the_number(built, mobility):
    raw, store = built
    answer = json.loads(
        mobility(
            "audit", "student-homelessness", "--geoid", "37067", "--year", 2019, "--json", raw=raw, store=store
        ).stdout
    )
    names = [step["name"] for step in answer["steps"]]
    assert (
        names.index("raw edfacts_homeless_lea raw")
        < names.index("homeless_students")
        < names.index("areas")
        < names.index("result")
    )
    rows = {each["path"]: each["rows_used"] for each in answer["inputs"]}
    assert any(path.startswith("edfacts-homelessness/") and used > 0 for path, used in rows.items())


def test_sql_file_runs_unmodified_in_the_shell(built, mobility):
    raw, store = built
    result = mobility(
        "shell",
        "living-wage",
        "--year",
        2022,
        raw=raw,
        store=store,
        stdin=".read sql/metrics/living-wage.sql\nSELECT count(*) AS counties FROM universe;\n",
    )
    assert "ratio_living_wage" in result.stdout and "counties" in result.stdout, result.stderr


def test_shell_attaches_the_store(built, mobility):
    result = mobility(
        "shell", raw=built[0], store=built[1], stdin='SELECT count(*) > 0 AS has_rows FROM metrics."living-wage";\n'
    )
    assert "true" in result.stdout, result.stderr


def test_other_methods_live_beside_the_default_one(built, tmp_path, mobility):
    raw, store = built[0], shutil.copytree(built[1], tmp_path / "store")
    before = contents(store)
    result = mobility("build", "--metric", "living-wage", "--year", 2021, "--method", "corrected", raw=raw, store=store)
    assert result.returncode == 0, result.stderr
    after = contents(store)
    assert {path: after[path] for path in before} == before
    # Staged tables and geography are those of the default edition; only the metric differs.
    assert set(after) - set(before) == {"method=corrected/metrics/living-wage/county/2021.parquet"}
    table = "metrics/living-wage/county/2021.parquet"
    assert after[f"method=corrected/{table}"] != after[table]


def test_a_table_that_no_difference_touches_is_shared_and_not_built_twice(built, tmp_path, mobility):
    raw, store = built[0], shutil.copytree(built[1], tmp_path / "store")
    result = mobility("build", "--metric", "living-wage", "--year", 2023, "--method", "corrected", raw=raw, store=store)
    assert result.returncode == 0, result.stderr
    record = json.loads((store / "method=corrected/metrics/living-wage/county/2023.lineage.json").read_text())
    shared = contents(store)["metrics/living-wage/county/2023.parquet"]
    if record["shared_with"]:
        assert contents(store)["method=corrected/metrics/living-wage/county/2023.parquet"] == shared


def test_tables_of_both_providers_lie_side_by_side(built, tmp_path, mobility):
    """What no provider touches is shared; microdata of the other provider have addresses of their own."""
    raw, store = built[0], shutil.copytree(built[1], tmp_path / "store")
    before = contents(store)
    result = mobility("build", *SLUGS, "--provider", "ipums", raw=raw, store=store)
    assert result.returncode == 0 and "Nothing to do" in result.stdout, result.stderr
    result = mobility("build", "--metric", "employment", "--year", 2018, "--provider", "ipums", raw=raw, store=store)
    assert result.returncode == 3 and "acs_person" in result.stderr, (
        "no extract is landed, and the Census files are not it"
    )
    assert contents(store) == before


@pytest.mark.parametrize(
    "choice",
    [
        ("--metric", "debt-in-collections", "--year", 2018),
        ("--metric", "preschool"),
        ("--year", 2014),
        ("--geography", "place"),
        (),
    ],
)
def test_a_choice_of_which_no_table_can_be_built_says_so(tmp_path, mobility, choice):
    (tmp_path / "raw/hud").mkdir(parents=True)
    (tmp_path / "raw/hud/of another source.csv").write_text("rows\n")
    result = mobility("build", *choice, raw=tmp_path / "raw")
    assert result.returncode == 3
    assert "Nothing was built: of every table asked for an input is missing." in result.stderr
    assert "Nothing to do" not in result.stdout and "Input missing for" in result.stdout
    if choice:
        assert "No raw file for staged/" in result.stderr and "mobility fetch" in result.stderr


@pytest.mark.parametrize("method", ["2026", "corrected"])
def test_a_release_of_another_edition_lies_beside_and_can_be_compared(built, tmp_path, mobility, method):
    raw, store = built[0], shutil.copytree(built[1], tmp_path / "store")
    assert mobility("release", "2030.1", raw=raw, store=store).returncode == 0
    asked = ("--metric", "living-wage", "--year", 2021)
    assert mobility("build", *asked, "--method", method, raw=raw, store=store).returncode == 0
    assert mobility("release", "2030.1", "--method", method, raw=raw, store=store).returncode == 0
    report = json.loads(mobility("diff", "2030.1", f"{method}:2030.1", "--json", store=store).stdout)
    years = report["files"]["11_mobility-metrics_county_longitudinal"]["years"]
    assert ("ratio_living_wage", "2021") in {(each["column"], each["year"]) for each in years}


def test_the_tenth_release_comes_after_the_second(built, tmp_path, mobility):
    raw, store = built[0], shutil.copytree(built[1], tmp_path / "store")
    for version in ("2030.2", "2030.10", "2030.11"):
        assert mobility("release", version, raw=raw, store=store).returncode == 0
    assert "from 2030.10 to 2030.11" in (store / "releases/2030.11/CHANGES.md").read_text()


@pytest.mark.parametrize(
    "command", ["build", "status", "find", "get", "catalog", "shell", "audit", "release", "sample", "diff", "fetch"]
)
def test_help_has_an_example(mobility, command):
    result = mobility(command, "--help")
    assert result.returncode == 0 and "Example: mobility" in result.stdout


def test_catalog_lists_metrics_and_sources(mobility):
    content = json.loads(mobility("catalog", "--json").stdout)
    assert "living-wage" in content["metrics"] and "bls_qcew" in content["sources"]
    one = json.loads(mobility("catalog", "living-wage", "--json").stdout)
    assert one["measures"]["ratio_living_wage"] and "half-year-price-index" in one["quirks"]
