"""Region files from the command line, on the sample: docs/regions.md runs, changes rebuild, mistakes are told."""

import json
import re
import shlex
import shutil

import duckdb
import pytest
from click.testing import CliRunner

from pipeline import settings
from pipeline.cli import main

TEXT = (settings.PROJECT / "docs/regions.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"```csv (\S+)\n(.*?)```", TEXT, re.S))
COMMANDS = [line for block in re.findall(r"```run\n(.*?)```", TEXT, re.S) for line in block.splitlines()]
OUTPUTS = dict(re.findall(r"```output (.+?)\n(.*?)```", TEXT, re.S))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the region files of the documentation, and the store of their tables."""
    folder = tmp_path_factory.mktemp("regions")
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def run(folder, pristine_sample, monkeypatch):
    def invoke(*arguments, code=0, raw=None, store=None):
        monkeypatch.chdir(folder)
        places = ["--raw", str(raw or pristine_sample), "--store", str(store or folder / "store")]
        done = CliRunner().invoke(main, [*map(str, arguments), *places])
        assert done.exit_code == code, done.output
        return done

    return invoke


def write(folder, name, *rows, header="region,name,component_type,component_geoid"):
    (folder / name).write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return name


def outcomes(done):
    return {each["step"]: each["status"] for each in json.loads(done.stdout)["outcomes"]}


def test_the_documentation_runs(run):
    assert len(COMMANDS) >= 7
    for command in COMMANDS:
        done = run(*shlex.split(command)[1:])
        for line in OUTPUTS.get(command, "").splitlines():
            assert line in done.stdout.splitlines(), (command, line)
    assert "mobility region triad.csv" in OUTPUTS


def test_a_region_is_known_to_status_get_and_audit(run):
    run("build", "--geography", "triad.csv", "--metric", "employment", "--year", 2021)
    (entry,) = [
        each
        for each in json.loads(run("status", "--metric", "employment", "--json").stdout)
        if each["geography"] == "triad"
    ]
    assert (entry["year"], entry["status"], entry["stale"]) == (2021, "checked", False)
    values = json.loads(
        run("get", "employment", "--geoid", "triad", "--year", 2021, "--subgroup", "all", "--json").stdout
    )["values"]
    assert [(each["geography"], each["name"]) for each in values] == [("triad", "Piedmont Triad")]
    audit = json.loads(run("audit", "employment", "--region", "triad", "--year", 2021, "--json").stdout)
    assert audit["published"]["value"] == values[0]["value"] and audit["reproduced"]
    assert any(each["name"].startswith("geography/allocation_region") for each in audit["steps"])


@pytest.mark.parametrize("geoid", ["7067", "²²²²²"])
def test_a_wrong_geoid_is_told_beside_regions(run, geoid):
    run("build", "--geography", "triad.csv", "--metric", "employment", "--year", 2021)
    assert f"There is no GEOID '{geoid}'" in run("get", "employment", "--geoid", geoid, "--year", 2021, code=2).output


def test_a_changed_file_rebuilds_and_an_unchanged_one_does_not(run, folder):
    name = write(folder, "changing.csv", "a,,county,37067")
    asked = ("build", "--geography", name, "--metric", "employment", "--year", 2021, "--json")
    assert outcomes(run(*asked))["metric/employment 2021 changing"] == "built"
    assert set(outcomes(run(*asked)).values()) == {"up to date"}
    record = json.loads(
        (folder / "store/geography/allocation_region/changing.lineage.json").read_text(encoding="utf-8")
    )
    (before,) = [each["sha256"] for each in record["inputs"] if each["kind"] == "region"]
    write(folder, "changing.csv", "a,,county,37067", "b,,county,37081")
    assert outcomes(run(*asked))["metric/employment 2021 changing"] == "built"
    record = json.loads(
        (folder / "store/geography/allocation_region/changing.lineage.json").read_text(encoding="utf-8")
    )
    assert before not in [each["sha256"] for each in record["inputs"]]
    write(folder, "changing.csv", "b,,county,37081")
    assert outcomes(run(*asked))["metric/employment 2021 changing"] == "built"
    table = folder / "store/metrics/employment/changing/2021.parquet"
    assert duckdb.sql(f"SELECT DISTINCT geography, geoid FROM '{table}'").fetchall() == [("changing", "b")]


def test_what_cannot_be_combined_is_refused_by_name_and_listed_otherwise(run, folder):
    done = run("build", "--geography", "triad.csv", "--metric", "living-wage", "--year", 2022, code=2)
    assert "names no cost of living for several counties together." in done.stderr
    done = run("build", "--geography", "triad.csv", "--year", 2022)
    assert "Not combined: living-wage has no values" in done.stdout and "metric/employment 2022 triad" in done.stderr
    tracts = write(folder, "zips.csv", "z,,zcta,37014")
    done = run("build", "--geography", tracts, "--metric", "racial-diversity", code=2)
    assert "ties the zcta 37014 of region z to counties only" in done.stderr
    done = run("build", "--geography", tracts, "--metric", "student-homelessness", code=2)
    assert "all parts of the file have to be counties or all places; found a zcta" in done.stderr
    assert (
        outcomes(run("build", "--geography", tracts, "--metric", "employment", "--year", 2021, "--json"))[
            "metric/employment 2021 zips"
        ]
        == "built"
    )


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (["a,,county,37068"], "county 37068 does not exist. Near it: 37067 (Forsyth County, NC)"),
        (["a,,place,3712961"], "Near it: 3712960 (Clemmons village, NC)"),
        (['a,,place,"Clemons village, NC"'], "Is Clemmons village, NC"),
        (["a,,place,Clemmons village"], "needs its state"),
        (["a,,county,37067", "a,,tract,37067012301"], "tract 37067012301 does not exist"),
        (["a,,puma,3701801"], "is a code of 2010 and of 2020"),
        (["a,,county,72001"], "is in Puerto Rico"),
        (["a,,zcta,99999"], "zcta 99999 does not exist"),
        (["a,,county,37067", 'a,,county,"Forsyth County, NC"'], "add up to 2, which is more than the whole"),
        (["a,,county,37067", "a,,place,3775000"], "people in common; take one of them out"),
    ],
)
def test_a_part_that_does_not_fit_is_told_with_what_does(run, folder, rows, told):
    done = run("region", write(folder, "wrong.csv", *rows), code=2)
    assert told in done.stderr and "Traceback" not in done.output
    done = run("build", "--geography", "wrong.csv", "--metric", "employment", "--year", 2021, code=2)
    assert "Traceback" not in done.output


def test_overlapping_parts_are_never_built(run, folder):
    name = write(folder, "twice.csv", "a,,county,37067", "a,,place,3775000")
    run("build", "--geography", name, "--metric", "employment", "--year", 2021, code=2)
    assert not (folder / "store/metrics/employment/twice").exists()
    assert "Unknown geography" in run("build", "--geography", "twice", code=2).stderr


def test_a_geography_that_exists_under_the_name_is_refused(run, folder):
    done = run(
        "build",
        "--geography",
        shutil.copy(folder / "triad.csv", folder / "county.csv"),
        "--metric",
        "employment",
        code=2,
    )
    assert "cannot be its name" in done.stderr
    assert "Did you mean county" in run("build", "--geography", "conty", code=2).stderr
    assert "cannot be read" in run("build", "--geography", "nothing.csv", code=3).stderr


def test_a_polygon_takes_the_tracts_whose_center_lies_in_it(run, folder):
    centers = f"read_parquet('{folder}/store/geography/tract.parquet')"
    run("build", "--geography", "triad.csv", "--metric", "employment", "--year", 2021)
    (west, south, east, north, people) = duckdb.sql(
        f"SELECT min(longitude), min(latitude), max(longitude), max(latitude), sum(population) FROM {centers} "
        "WHERE vintage = '2020' AND tract_geoid[:5] = '37081'"
    ).fetchone()
    margin = 1e-4
    ring = [
        [west - margin, south - margin],
        [east + margin, south - margin],
        [east + margin, north + margin],
        [west - margin, north + margin],
    ]
    inside = duckdb.sql(
        f"SELECT sum(population) FROM {centers} WHERE vintage = '2020' AND longitude BETWEEN {west - margin} AND {east + margin} "
        f"AND latitude BETWEEN {south - margin} AND {north + margin}"
    ).fetchone()[0]
    feature = {
        "type": "Feature",
        "properties": {"region": "box"},
        "geometry": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]},
    }
    (folder / "box.geojson").write_text(
        json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8"
    )
    found = json.loads(run("region", "box.geojson", "--json").stdout)["regions"][0]
    assert inside >= people and found["population"]["2020"] == inside
    assert found["near_edge"]["2020"] > 0
    assert outcomes(
        run("build", "--geography", "box.geojson", "--metric", "racial-diversity", "--year", 2021, "--json")
    )


def test_every_type_of_part_and_both_censuses(run, folder):
    name = write(
        folder,
        "kinds.csv",
        "tract,,tract,37067012401,,",
        "half,,puma,3701801,0.5,2020",
        "town,,town,0911037070,,",
        "region,,county,09110,,",
        "former,,county,09003,,",
        "renamed,,county,46113,,",
        "split,,county,02261,,",
        "border,,county,37067,,",
        "border,,county,13121,,",
        header="region,name,component_type,component_geoid,weight,vintage",
    )  # fmt: skip
    areas = f"read_parquet('{folder}/store/geography/region_area.parquet')"
    run("region", "triad.csv")
    tract = duckdb.sql(
        f"SELECT min(geoid) FROM {areas} WHERE component_type = 'tract' AND starts_with(geoid, '37067')"
    ).fetchone()[0]
    text = (folder / name).read_text(encoding="utf-8").replace("37067012401", tract)
    (folder / name).write_text(text, encoding="utf-8")
    regions = {each["region"]: each for each in json.loads(run("region", name, "--json").stdout)["regions"]}
    assert all(set(each["pumas"]) == {"2022", "pre-2022"} for each in regions.values())
    assert regions["border"]["states"] == ["13", "37"]
    assert regions["renamed"]["population"]["2020"] > 0 and regions["split"]["population"]["2020"] > 0
    built = outcomes(
        run(
            "build",
            "--geography",
            name,
            "--metric",
            "employment",
            "--metric",
            "racial-diversity",
            "--year",
            2021,
            "--json",
        )
    )
    assert built["metric/employment 2021 kinds"] == built["metric/racial-diversity 2021 kinds"] == "built"


def test_the_crosswalk_is_made_of_tracts_where_geocorr_is_not_landed(run, folder, sample):
    for path in (sample / "geocorr").glob("*puma_county*"):
        path.unlink()
    (sample / "geocorr" / "manifest.json").unlink(missing_ok=True)
    store = folder / "without"
    done = run("build", "--metric", "employment", "--year", 2021, "--geography", "county", raw=sample, store=store)
    assert "metric/employment 2021 county" in done.stderr
    record = json.loads((store / "staged/geocorr_puma_county/2018.lineage.json").read_text(encoding="utf-8"))
    assert record["notes"] == [
        "PUMA to county comes from the Census Bureau's tracts, because Geocorr's file is not landed."
    ]


def test_the_catalog_says_how_a_metric_combines(run):
    assert "regions: from the survey's records" in run("catalog", "employment").stdout
    assert "regions: not combined: pay is compared" in run("catalog", "living-wage").stdout


def test_a_region_of_one_county_has_its_row_where_its_state_is_not_landed(run, folder, pristine_sample, tmp_path):
    """The 1-year sample comes state by state; a region reads its own states alone, and says what the county says."""
    raw = shutil.copytree(pristine_sample, tmp_path / "raw")
    for path in raw.glob("acs_pums/2021_1-Year/csv_?ga.zip"):
        path.unlink()
    rows = {"lost": "13121", "landed": "37067"}
    files = [write(folder, f"{name}.csv", f"{name},{name},county,{geoid}") for name, geoid in rows.items()]
    chosen = ["--metric", "income-percentiles", "--year", 2021, "--accept-partial", "acs_pums"]
    for each in ("county", *files):
        chosen += ["--geography", each]
    run("build", *chosen, raw=raw, store=tmp_path / "store")

    def values(geography, geoid):
        table = tmp_path / f"store/metrics/income-percentiles/{geography}/2021.parquet"
        return duckdb.sql(
            "SELECT subgroup_type, measure, subgroup, value, lower, upper, quality, sample_size, note "
            f"FROM '{table}' WHERE geoid = '{geoid}' ORDER BY ALL"
        ).fetchall()

    for name, geoid in rows.items():
        assert values(name, name) == values("county", geoid)
    assert {row[-1] for row in values("lost", "lost") if row[0] == "all"} == {"no input for state"}
