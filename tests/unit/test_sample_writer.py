"""The writer of the synthetic sample: what a sample.yml says, in the layout that the catalog declares."""

import gzip
import io
import zipfile
from pathlib import Path

import duckdb
import pytest
import yaml

from pipeline import catalog, settings
from pipeline.catalog import editions
from pipeline.catalog.models import Source
from pipeline.errors import UsageError
from pipeline.sample import writer
from pipeline.sample.models import Description

HERE = Path("invented.sample.yml")
CATALOG = """
title: t
agency: t
dataset: t
homepage: t
licence: t
citation: t
by_hand: t
tables:
  wages:
    title: t
    vintages: ["2020", "2021"]
    columns: {county: VARCHAR}
    forms:
      plain:
        sql: s.sql
        files:
          raw:
            path: wages/{vintage}-*.csv
            label_rows: 1
            columns:
              state: {type: fips, width: 2}
              county: {type: fips, width: 3, pad: true}
              year: {type: integer, expect: "{vintage}"}
              wage: {type: number, "null": [NA]}
      zipped:
        sql: s.sql
        files:
          raw:
            path: wages/{vintage}.zip
            member: "*.wages.csv"
            encoding: mixed
            columns: {name: {}, wage: {type: number, also: [pay]}}
"""
PLAIN = """
data:
  areas: |
    state,county,wage
    01,007,12.0
    01,003,
    02,001,9.5
files:
  - of: wages.plain.raw
    path: wages/{vintage}-{state}.csv
    labels: {wage: "Wage, by hour"}
    rows: SELECT * REPLACE (wage::DOUBLE AS wage) FROM areas
    columns: {state, county, year, wage, "since{year}": {value: "'x,y'", from: 2021}, "q_{1..2}": "[1, 2]"}
"""


def write(text: str) -> dict[str, bytes]:
    description = Description.model_validate(yaml.safe_load(text))
    source = Source.model_validate(yaml.safe_load(CATALOG))
    with duckdb.connect() as con:
        con.execute((Path(writer.__file__).parent / "draws.sql").read_text())
        return writer.of_source(con, HERE, source, description)


def test_the_catalog_says_how_a_value_is_written():
    files = write(PLAIN)
    assert sorted(files) == [f"wages/{year}-{state}.csv" for year in (2020, 2021) for state in ("01", "02")]
    # County codes have lost their zeros (pad), a missing wage has its code, lines are sorted by the columns
    assert files["wages/2020-01.csv"].decode().splitlines() == [
        "state,county,year,wage,q_1,q_2",
        'state,county,year,"Wage, by hour",q_1,q_2',
        "01,3,2020,NA,1,2",
        "01,7,2020,12,1,2",
    ]
    assert files["wages/2021-02.csv"].decode().splitlines()[0::2] == [
        "state,county,year,wage,since2021,q_1,q_2",
        '02,1,2021,9.5,"x,y",1,2',
    ]


def test_members_of_a_zip_and_lines_in_two_encodings():
    files = write("""
files:
  - of: wages.zipped.raw
    vintages: ["2021"]
    member: "{half}.wages.csv"
    more_members: {README.txt: hello}
    latin_1: half = 'b'
    rows: "FROM (VALUES ('a', 'Doña', 1), ('b', 'Doña', 2)) AS t(half, name, pay)"
    columns: {name, pay}
""")
    archive = zipfile.ZipFile(io.BytesIO(files["wages/2021.zip"]))
    assert archive.namelist() == ["a.wages.csv", "b.wages.csv", "README.txt"]
    assert archive.read("a.wages.csv") == "name,pay\nDoña,1\n".encode()
    assert archive.read("b.wages.csv") == "name,pay\nDoña,2\n".encode("latin-1")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("{state, county, year", "{state, year", ["columns", "county, which the catalog requires"]),
        ("{state, county, year", "{state, county, State: state, year", ["columns", "state twice"]),
        ("wages/{vintage}-{state}.csv", "pay/{vintage}-{state}.csv", ["path", "wages/2020-*.csv", "pay/2020-01.csv"]),
        ("wages.plain.raw", "wages.plane.raw", ["wages.plane.raw", "table.form.file", "'plane'"]),
        ("path:", "vintages: ['1999']\n    path:", ["vintages", "2020, 2021", "1999"]),
        ("FROM areas", "FROM nowhere", ["wages.plain.raw 2020", "nowhere"]),
    ],
)
def test_an_entry_that_does_not_fit_is_named_with_what_was_expected_and_found(old, new, words):
    assert old in PLAIN
    with pytest.raises(UsageError) as error:
        write(PLAIN.replace(old, new))
    assert all(word in str(error.value) for word in [str(HERE), *words]), error.value


def test_an_unknown_field_of_a_sample_file_is_named(tmp_path):
    path = tmp_path / "wages.sample.yml"
    path.write_text(PLAIN.replace("rows:", "row:"))
    with pytest.raises(UsageError, match=r"wages\.sample\.yml.*files\.0\.row.*files\.0\.rows"):
        catalog.validated(path, editions.read(path), Description)


def test_a_file_does_not_depend_on_the_others(pristine_sample):
    """One entry written alone gives the bytes that it has in the whole sample."""
    path, folder = settings.CATALOG / "sources/bls_qcew.sample.yml", Path(writer.__file__).parent
    description = catalog.validated(path, editions.read(path), Description)
    description.files = [file for file in description.files if "area_slices" in file.of]
    with duckdb.connect() as con:
        con.execute((folder / "draws.sql").read_text())
        writer.define(
            con,
            folder / "areas.yml",
            catalog.validated(folder, editions.read(folder / "areas.yml"), Description),
            "TABLE",
        )
        alone = writer.of_source(con, path, catalog.load().sources["bls_qcew"], description)
    assert len(alone) > 20
    assert all((pristine_sample / relative).read_bytes() == content for relative, content in alone.items())


def test_draws_are_what_they_say():
    with duckdb.connect() as con:
        con.execute((Path(writer.__file__).parent / "draws.sql").read_text())
        con.execute("CREATE TABLE t AS SELECT 'row ' || range AS seed FROM range(20000)")
        low, high, distinct = con.execute(
            "SELECT min(w), max(w), count(DISTINCT w) FROM (SELECT whole(seed, 'w', 3, 7) AS w FROM t)"
        ).fetchone()
        assert (low, high, distinct) == (3, 7, 5)
        shares = dict(
            con.execute(
                "SELECT weighted(seed, 'x', MAP {'a': 3, 'b': 1}), count(*) / 20000 FROM t GROUP BY ALL"
            ).fetchall()
        )
        assert abs(shares["a"] - 0.75) < 0.02
        tenths = con.execute(
            "SELECT quantile_cont(between_quantiles(seed, 'y', [0, 10, 100, 1000, 2000]), [0.25, 0.5]) FROM t"
        ).fetchone()[0]
        assert abs(tenths[0] - 10) < 5 and abs(tenths[1] - 100) < 30
        weights = con.execute("SELECT replicate_weights('a', 10)").fetchone()[0]
        assert len(weights) == 80 and set(weights) == {3, 10, 17}


def test_gzip_has_neither_name_nor_time(pristine_sample):
    content = (pristine_sample / "urban-population/place-populations.csv.gz").read_bytes()
    assert content[4:8] == b"\0\0\0\0" and not content[3] & 8
    assert gzip.decompress(content).startswith(b"year,state,place,")
