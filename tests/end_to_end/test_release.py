"""A release of the sample as its users have it: files and twins, metadata, summaries, history."""

import json
import shutil

import duckdb
import pyarrow.parquet as pq
import pytest
from frictionless import system, validate

SLUGS = ("living-wage", "student-homelessness", "voter-turnout")
FILE = "19_mobility-metrics_county_industry_longitudinal"


@pytest.fixture(scope="module")
def store(build_store, pristine_sample, tmp_path_factory):
    """A store with three metrics of the sample and the release 2025.1 of them."""
    from pipeline.publish.release import Release

    built = build_store(pristine_sample, tmp_path_factory.mktemp("release") / "store", SLUGS)
    Release(built.workspace, "2025.1").publish()
    return built.workspace.store.root


@pytest.fixture
def copy(store, tmp_path):
    """A copy of the store that a test may change."""
    return shutil.copytree(store, tmp_path / "store")


@pytest.fixture(scope="module")
def folder(store):
    return store / "releases" / "2025.1"


def test_it_is_a_valid_data_package(folder):
    with system.use_context(trusted=True):
        report = validate(str(folder / "datapackage.json"))
    assert report.valid, report.flatten(["fieldName", "rowNumber", "message"])[:5]
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    fields = {each["name"]: each for each in package["resources"][0]["schema"]["fields"]}
    assert fields["ratio_living_wage_quality"]["unit"] == "flag"
    assert fields["ratio_living_wage_quality"]["constraints"]["enum"] == ["Strong", "Marginal", "Weak"]
    assert fields["share_homeless"]["type"] == "number" and fields["share_homeless"]["unit"] == "proportion"
    assert fields["share_homeless"]["constraints"] == {"minimum": 0, "maximum": 1}


def test_a_wrong_value_is_no_valid_data_package(folder, tmp_path):
    copied = shutil.copytree(folder, tmp_path / "release")
    path = copied / f"{FILE}.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("Strong", "Good", 1), encoding="utf-8")
    with system.use_context(trusted=True):
        assert not validate(str(copied / "datapackage.json")).valid


def test_every_twin_holds_what_its_file_prints(folder):
    stems = [path.stem for path in folder.glob("[0-9]*.csv")]
    assert FILE in stems
    for stem in stems:
        twin = pq.read_table(folder / f"{stem}.parquet")
        printed = duckdb.sql(f"FROM read_csv('{folder / stem}.csv', all_varchar = true, header = true, nullstr = 'NA')")
        assert twin.column_names == printed.columns
        casts = ", ".join(f'TRY_CAST("{name}" AS VARCHAR) AS "{name}"' for name in printed.columns)
        typed = {"double": "DOUBLE", "int64": "BIGINT", "int16": "SMALLINT", "string": "VARCHAR"}
        cast = ", ".join(f'CAST("{field.name}" AS {typed[str(field.type)]}) AS "{field.name}"' for field in twin.schema)
        one = duckdb.sql(f"SELECT {cast} FROM ({f'SELECT {casts} FROM printed'})").fetchall()
        assert one == [tuple(row.values()) for row in twin.to_pylist()]
    described = pq.read_schema(folder / f"{FILE}.parquet").field("ratio_living_wage").metadata
    assert described[b"unit"] and described[b"description"].startswith(b"average weekly wage")


def test_the_dictionary_says_what_the_catalog_says(folder):
    page = (folder / "data-dictionary.html").read_text(encoding="utf-8")
    text = (folder / "data-dictionary.md").read_text(encoding="utf-8")
    for words in (
        "SYNTHETIC DATA",
        "ratio_living_wage",
        "voter-turnout",
        "leading zeros",
        "Universe",
        "Values taken back by hand",
    ):
        assert words.lower() in page.lower() and words.lower() in text.lower(), words
    assert "employment" not in {line.split("`")[1] for line in text.splitlines() if line.startswith("`")}


def test_recent_files_have_the_latest_year_of_each_measure(folder):
    path = folder / "recent" / "11_mobility-metrics_county_recent.csv"
    row = duckdb.sql(f"""
        SELECT DISTINCT ratio_living_wage_year, share_homeless_year, share_election_turnout_year
        FROM read_csv('{path}', all_varchar = true, nullstr = 'NA') WHERE state = '37'""").fetchall()
    assert row == [("2023", "2022", "2020")]


def test_summaries_are_those_of_the_overall_county_file(folder):
    medians = duckdb.sql(f"FROM read_csv('{folder}/summary/county_medians_year.csv', nullstr = 'NA')")
    assert {"missing_population", "weak_population", "median"} <= set(medians.columns)
    scores = duckdb.sql(f"FROM read_csv('{folder}/summary/mobility-metrics-quality-county.csv', nullstr = 'NA')")
    one = dict(zip(scores.columns, scores.fetchall()[0], strict=True))
    counts = [one[f"quality_{name}"] for name in ("good", "marginal", "poor")]
    assert one["total_metrics"] == sum(counts) + one["missing_values"]
    assert one["total_score"] == 2 * counts[0] + counts[1] - counts[2] - 2 * one["missing_values"]


def test_checks_tell_severity_and_plausibility(folder):
    found = json.loads((folder / "checks.json").read_text(encoding="utf-8"))
    assert found["passed"] and {each["severity"] for each in found["checks"]} == {"error", "warning"}
    assert {"areas_per_year", "bounds_hold_the_value", "cities_that_are_counties"} <= {
        each["name"] for each in found["checks"]
    }
    wage = [each for each in found["plausibility"] if each["measure"] == "ratio_living_wage"]
    assert wage and {"usual_change", "largest_movers", "values_lost", "flags_worse"} <= set(wage[0])


def test_releases_are_listed_and_verified(mobility, store, pristine_sample):
    listed = mobility("releases", raw=pristine_sample, store=store)
    assert listed.returncode == 0 and "2025.1" in listed.stdout and "latest" in listed.stdout
    verified = mobility("verify", "latest", raw=pristine_sample, store=store)
    assert verified.returncode == 0 and "all as published" in verified.stdout


@pytest.mark.parametrize("change", ["altered", "removed", "added"])
def test_a_release_that_was_touched_is_found(mobility, copy, pristine_sample, change):
    path = copy / "releases" / "2025.1" / f"{FILE}.csv"
    if change == "altered":
        path.write_text(path.read_text(encoding="utf-8").replace("Strong", "Weak", 1), encoding="utf-8")
    elif change == "removed":
        path.unlink()
    else:
        path = path.with_name("notes.csv")
        path.write_text("a\n", encoding="utf-8")
    result = mobility("verify", "2025.1", raw=pristine_sample, store=copy)
    assert result.returncode == 1 and path.name in result.stdout


def test_files_that_were_changed_together_with_their_hash_are_found(mobility, copy, pristine_sample):
    """Whoever mends the manifest too is found by the cells."""
    from pipeline.store import files

    folder = copy / "releases" / "2025.1"
    path = folder / f"{FILE}.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("Strong", "Weak", 1), encoding="utf-8")
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["files"][path.name] = files.sha256(path)
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    result = mobility("verify", "2025.1", raw=pristine_sample, store=copy)
    assert result.returncode == 1 and "in_csv Weak, in_cells Strong" in result.stdout


def test_a_release_is_made_again_bit_for_bit(mobility, copy, sample):
    result = mobility("rebuild", "2025.1", raw=sample, store=copy)
    assert result.returncode == 0, result.stderr
    assert "the same bit for bit" in result.stdout
    manifest = json.loads((copy / "releases" / "2025.1" / "manifest.json").read_text(encoding="utf-8"))
    gone = next(path for each in manifest["inputs"].values() for path in each["raw"] if (sample / path).exists())
    (sample / gone).unlink()
    result = mobility("rebuild", "2025.1", raw=sample, store=copy)
    assert result.returncode == 3 and gone in result.stderr


def test_a_changed_cell_is_told_with_its_reason(mobility, copy, sample):
    path = next(path for path in (sample / "bls_qcew").glob("qcew-2021-a-37067.csv"))
    lines = path.read_text(encoding="utf-8").splitlines()
    column = lines[0].split(",").index("annual_avg_wkly_wage")
    cells = [line.split(",") for line in lines[1:]]
    for each in cells:
        each[column] = str(int(each[column]) + 50)
    path.write_text("\n".join([lines[0], *map(",".join, cells)]) + "\n", encoding="utf-8")
    assert mobility("build", "--metric", "living-wage", raw=sample, store=copy).returncode == 0
    assert mobility("release", "2025.2", raw=sample, store=copy).returncode == 0
    result = mobility("diff", "2025.1", "latest", "--why", raw=sample, store=copy)
    assert result.returncode == 1
    assert "metric/living-wage 2021 county" in result.stdout
    assert "raw file bls_qcew/qcew-2021-a-37067.csv: other content" in result.stdout
    report = json.loads(mobility("diff", "2025.1", "2025.2", "--why", "--json", raw=sample, store=copy).stdout)
    (group,) = report["why"]
    assert group["count"] == len(group["cells"]) and {each["geoid"] for each in group["cells"]} == {"37067"}


def test_published_files_become_an_edition(mobility, folder, tmp_path, pristine_sample):
    """Two commands from downloaded files to a diff, and all that works on any other release."""
    store = tmp_path / "store"
    imported = mobility("import-published", folder, "--release", "2025.1", raw=tmp_path / "none", store=store)
    assert imported.returncode == 0, imported.stderr
    ours = store / "method=published" / "releases" / "2025.1"
    for path in folder.glob("[0-9]*.csv"):
        assert (ours / path.name).read_bytes() == path.read_bytes(), path.name
    choice = {"raw": tmp_path / "none", "store": store}
    assert mobility("diff", "published:2025.1", folder, **choice).returncode == 0
    assert "released" in mobility("status", "--method", "published", **choice).stdout
    assert "Forsyth County" in mobility("find", "forsyth", "--method", "published", **choice).stdout
    audit = mobility(
        "audit", "living-wage", "--geoid", "37067", "--year", 2022, "--method", "published", "--json", **choice
    )
    answer = json.loads(audit.stdout)
    assert [each["name"] for each in answer["steps"]] == ["published_file", "imported_rows"] and answer["reproduced"]
    assert mobility("verify", "2025.1", "--method", "published", **choice).returncode == 0
    again = mobility("rebuild", "2025.1", "--method", "published", **choice)
    assert again.returncode == 0, again.stdout + again.stderr
    refused = mobility("build", "--method", "published", raw=pristine_sample, store=store)
    assert refused.returncode == 2 and "import-published" in refused.stderr
