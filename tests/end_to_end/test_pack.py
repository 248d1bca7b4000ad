"""A sums pack: regions of the share metrics without microdata, equal bit for bit; what is damaged or of other rules is told."""

import json
import shutil
import zipfile

import duckdb
import pytest
from click.testing import CliRunner

from pipeline.cli import main
from pipeline.plan import packs
from pipeline.publish import pack
from pipeline.run.workspace import Workspace
from pipeline.settings import Settings

SLUGS = ("employment", "preschool", "college-readiness", "digital-access", "housing-wealth")
YEARS = (2018, 2021, 2022)
REGIONS = [
    "triad,county,37067",
    "triad,county,37081",
    "forsyth,county,37067",
    "clemmons,place,3712960",
    "half,county,37081",
    "two_states,county,37067",
    "two_states,county,13121",
]


def invoke(*arguments, raw, store, code=0):
    done = CliRunner().invoke(main, [*map(str, arguments), "--raw", str(raw), "--store", str(store)])
    assert done.exit_code == code, done.output
    return done


def chosen(years=YEARS, slugs=SLUGS):
    return [each for slug in slugs for each in ("--metric", slug)] + [
        each for y in years for each in ("--year", str(y))
    ]


@pytest.fixture(scope="module")
def made(pristine_sample, tmp_path_factory):
    """A folder with a store of the sample, its pack ``2025.1.zip`` and a file of regions that are built from the records."""
    folder = tmp_path_factory.mktemp("packs")
    lines = ["region,component_type,component_geoid,weight,name"]
    lines += [f"{line},{'0.5' if line.startswith('half') else 1},The {line.split(',')[0]}" for line in REGIONS]
    (folder / "mine.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    places = {"raw": pristine_sample, "store": folder / "store"}
    invoke(
        "build",
        *chosen(),
        "--geography",
        "county",
        "--geography",
        "place",
        "--geography",
        folder / "mine.csv",
        **places,
    )
    invoke("release", "2025.1", **places)
    invoke("pack", "2025.1", **places)
    return folder


@pytest.fixture(scope="module")
def packed(made):
    """A store whose raw directory has nothing but the pack, with the same regions."""
    places = {"raw": made / "packed-raw", "store": made / "packed"}
    done = invoke(
        *("build", "--json", *chosen(), "--geography", made / "mine.csv"),
        *("--from-pack", made / "store/packs/2025.1.zip"),
        **places,
    )
    assert json.loads(done.stdout)["counts"].keys() == {"built"}
    return places


def test_regions_from_sums_equal_those_from_records_bit_for_bit(made, packed):
    compared = with_bounds = 0
    for path in sorted((made / "store/metrics").glob("*/mine/*.parquet")):
        other = packed["store"] / path.relative_to(made / "store")
        tables = [f"FROM read_parquet('{each}', hive_partitioning = false)" for each in (path, other)]
        rows, bounds = duckdb.sql(f"SELECT count(*), count(lower) FROM ({tables[0]})").fetchone()
        differ = f"({tables[0]} EXCEPT ALL {tables[1]}) UNION ALL ({tables[1]} EXCEPT ALL {tables[0]})"
        assert not duckdb.sql(differ).fetchall(), path
        compared, with_bounds = compared + rows, with_bounds + bounds
    assert compared > 500 and with_bounds > 150


def test_small_designs_are_among_them(made):
    """The sample's designs are below 400 records, so that their ranks are those of the pack's rows."""
    tables = sorted((made / "store/records").glob("*/*.parquet"))
    rows = duckdb.sql(f"SELECT count(*) FROM read_parquet({list(map(str, tables))}, union_by_name = true)").fetchone()[
        0
    ]
    assert {path.parent.name for path in tables} == {"employment", "preschool", "college-readiness"} and rows > 500


def test_no_row_of_the_pack_is_a_record(made, packed):
    """Names of persons and households are not in it, nor a column that tells one from another."""
    with zipfile.ZipFile(made / "store/packs/2025.1.zip") as archive:
        names = archive.namelist()
    assert not [name for name in names if "acs_person" in name or "acs_household" in name]
    for path in (packed["raw"] / "sums_pack").rglob("*.parquet"):
        columns = {row[0] for row in duckdb.sql(f"DESCRIBE FROM read_parquet('{path}')").fetchall()}
        assert not columns & {"age", "empstat", "perwt", "hhwt", "educd"}, path


def test_the_same_release_gives_the_same_pack(made, pristine_sample):
    before = (made / "store/packs/2025.1.zip").read_bytes()
    invoke("pack", "2025.1", raw=pristine_sample, store=made / "store")
    assert (made / "store/packs/2025.1.zip").read_bytes() == before


def test_later_commands_know_the_pack(made, packed):
    done = json.loads(invoke("build", "--json", *chosen(), "--geography", "mine", **packed).stdout)
    assert done["counts"].keys() == {"up to date"}
    assert any(note.startswith("employment: from the sums pack 2025.1") for note in done["notes"])
    answer = json.loads(invoke("audit", "employment", "--geoid", "triad", "--year", "2021", "--json", **packed).stdout)
    assert answer["published"]["value"] is not None
    assert any(each["path"] == "sums_pack/2025/2025.1/sums/employment/2021.parquet" for each in answer["inputs"])
    got = invoke("get", "employment", "--geoid", "clemmons", "--year", "2021", "--csv", **packed)
    # Names of counties are not landed, those of regions are in their file.
    assert "The clemmons" in got.stdout


def test_counties_and_own_subgroups_need_records(made, packed, tmp_path):
    done = invoke("build", "--metric", "employment", "--year", "2021", "--geography", "county", **packed, code=3)
    assert "acs_person" in done.output
    labels = tmp_path / "ages.yml"
    labels.write_text(
        "subgroup_type: ages\nsource: acs_person\nvariables: [age]\nlabels: {Young: 'age < 40', Older: 'age >= 40'}\n"
    )
    done = invoke(
        *("build", "--metric", "employment", "--year", "2021", "--geography", "mine", "--subgroup", labels),
        **packed,
        code=3,
    )
    assert "acs_person" in done.output


def is_packed(step):
    """Whether the table is taken from a pack."""
    return any(view.raw and view.raw.reader == packs.READER for view in step.views)


def test_microdata_that_are_landed_come_first(made, packed, pristine_sample, tmp_path):
    raw = tmp_path / "raw"
    shutil.copytree(pristine_sample, raw)
    shutil.copytree(packed["raw"] / "sums_pack", raw / "sums_pack")
    step = Workspace.of(Settings.of(raw, tmp_path / "store")).plan.sums("employment", 2021)
    assert not is_packed(step)
    step = Workspace.of(Settings.of(packed["raw"], tmp_path / "store")).plan.sums("employment", 2021)
    assert is_packed(step)


def rewritten(source, target, change):
    """A copy of a pack with its members changed: name -> bytes, or None to leave one out."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            content = change(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
    return target


DAMAGES = {
    "cut": lambda name, content: content[:-9] if name == "sums/employment/2021.parquet" else content,
    "lacking": lambda name, content: None if name == "sums/employment/2021.parquet" else content,
    "without content": lambda name, content: None if name == packs.CONTENT else content,
    "of another format": lambda name, content: content.replace(b'"format": 1', b'"format": 2'),
    "no JSON": lambda name, content: content[:100] if name == packs.CONTENT else content,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_pack_is_named_and_not_landed(made, tmp_path, damage):
    file = rewritten(made / "store/packs/2025.1.zip", tmp_path / "bad.zip", DAMAGES[damage])
    raw = tmp_path / "raw"
    done = invoke("build", "--geography", made / "mine.csv", "--from-pack", file, raw=raw, store=tmp_path / "s", code=3)
    assert "bad.zip" in done.output and "mobility pack" in done.output
    assert not list(raw.rglob(packs.CONTENT))


def test_what_is_no_pack_is_refused(made, tmp_path):
    (tmp_path / "text.zip").write_text("no zip")
    for name, word in (("text.zip", "cannot be read"), ("none.zip", "missing")):
        done = invoke(
            *("build", "--geography", made / "mine.csv", "--from-pack", tmp_path / name),
            raw=tmp_path / "raw",
            store=tmp_path / "store",
            code=3,
        )
        assert word in done.output


def test_another_pack_of_the_same_release_is_refused(made, packed, tmp_path):
    other = rewritten(
        made / "store/packs/2025.1.zip",
        tmp_path / "other.zip",
        lambda name, content: content.replace(b'"rows": ', b'"rows": 1') if name == packs.CONTENT else content,
    )
    done = invoke("build", "--geography", "mine", "--from-pack", other, **packed, code=3)
    assert "Another pack of the release 2025.1 is landed" in done.output


def test_a_table_that_was_changed_by_hand_is_not_used(made, packed, tmp_path):
    raw = shutil.copytree(packed["raw"], tmp_path / "raw")
    path = raw / "sums_pack/2025/2025.1/sums/employment/2021.parquet"
    duckdb.sql(f"COPY (SELECT * REPLACE (weight + 1 AS weight) FROM '{path}') TO '{tmp_path / 'new.parquet'}'")
    path.write_bytes((tmp_path / "new.parquet").read_bytes())
    places = {"raw": raw, "store": tmp_path / "store"}
    done = invoke("build", *chosen((2021,), ("employment",)), "--geography", made / "mine.csv", **places, code=3)
    assert "is not what its pack.json says" in done.output


def test_sums_of_other_rules_are_not_used(made, packed, tmp_path):
    """A pack whose labels or SQL are not those of today would give wrong numbers under right names."""
    raw = shutil.copytree(packed["raw"], tmp_path / "raw")
    file = raw / "sums_pack/2025/2025.1" / packs.CONTENT
    content = json.loads(file.read_text(encoding="utf-8"))
    content["tables"]["sums/employment/2021"]["rules"] = "0" * 64
    file.write_text(json.dumps(content), encoding="utf-8")
    places = {"raw": raw, "store": tmp_path / "store"}
    done = invoke("build", *chosen((2021,), ("employment",)), "--geography", made / "mine.csv", **places, code=3)
    assert "by other rules than those of today" in done.output


def test_a_pack_is_made_of_the_tables_of_its_release(made, pristine_sample, tmp_path):
    store = shutil.copytree(made / "store", tmp_path / "store")
    done = invoke("pack", "2025.7", raw=pristine_sample, store=store, code=2)
    assert "2025.1" in done.output
    raw = shutil.copytree(pristine_sample, tmp_path / "raw")
    (raw / "acs_pums/2021_1-Year/csv_pga.zip").unlink()
    invoke("build", "--accept-partial", "acs_pums@2021_1-Year", *chosen((2021,), ("employment",)), raw=raw, store=store)
    done = invoke("pack", "2025.1", raw=raw, store=store, code=2)
    assert "was built again since the release 2025.1" in done.output


def test_microdata_that_may_not_be_given_away_are_in_no_pack(made, pristine_sample, monkeypatch):
    """A sum over one record is that record: only the provider whose files are public may be packed."""
    monkeypatch.setattr(pack, "PROVIDER", "another")
    done = invoke("pack", "2025.1", raw=pristine_sample, store=made / "store", code=2)
    assert "may not be given away (" in done.output
