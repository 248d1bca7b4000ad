"""Readers of raw files: shapes, encodings and what they refuse."""

import gzip
import json
import zipfile

import duckdb
import pytest

from pipeline import readers
from pipeline.catalog.models import RawFile
from pipeline.errors import InputError

COLUMNS = {
    "fips": {"type": "fips", "width": 5},
    "name": {},
    "count": {"type": "integer", "null": ["NA"], "also": ["total"]},
}


def rows(path, vintage="2022", **spec):
    con = duckdb.connect()
    readers.read(
        con, "raw", RawFile.model_validate({"path": "x", "columns": COLUMNS, **spec}), [(path.name, path)], vintage
    )
    return con.execute("SELECT * EXCLUDE (raw_file) FROM raw").fetchall()


def write(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


def test_csv_keeps_fips_as_text_and_missing_codes_as_null(tmp_path):
    path = write(tmp_path / "a.csv", '\ufefffips,name,count,more\n01001,"Autauga, AL",5,x\n01003,,NA,y\n')
    assert rows(path) == [(2, "01001", "Autauga, AL", "5"), (3, "01003", None, None)]


def test_column_may_have_another_name_or_case(tmp_path):
    assert rows(write(tmp_path / "a.csv", "FIPS,Name,total\n01001,a,5 \n")) == [(2, "01001", "a", "5")]


def test_label_rows_are_skipped_and_lines_still_count(tmp_path):
    path = write(tmp_path / "a.csv", 'fips,name,count\n"County code","Name","Count"\n01001,a,5\n')
    assert rows(path, label_rows=1) == [(3, "01001", "a", "5")]


def test_a_quote_too_much_does_not_swallow_records(tmp_path):
    lines = ["fips,name,count", '01001,"a,5', "01003,b,6", '01005,c",7', "01007,d,8"]
    for text in ("\n".join(lines), "\r\n".join(lines)):
        with pytest.raises(InputError, match=r"holds whole lines.*a,5.n01003,b,6"):
            rows(write(tmp_path / "a.csv", text))
    with pytest.raises(InputError, match=r"cannot be read.*a\.csv"):
        rows(write(tmp_path / "a.csv", "\n".join(lines[:3])))


def test_a_value_may_have_a_line_end_of_its_own(tmp_path):
    path = write(tmp_path / "a.csv", 'fips,name,count\n01001,"a,\nb",5\n01003,"c ""d""",6\n')
    assert [row[1:] for row in rows(path)] == [("01001", "a,\nb", "5"), ("01003", 'c "d"', "6")]


def test_line_ends_of_two_kinds(tmp_path):
    path = write(tmp_path / "a.csv", "fips,name,count\r\n01001,a,5\n01003,b,6\r\n01005,c,7")
    assert [row[3] for row in rows(path)] == ["5", "6", "7"]


def test_encodings(tmp_path):
    text = "fips,name,count\n35013,Doña Ana,5\n"
    assert rows(write(tmp_path / "latin.csv", text, "latin-1"), encoding="latin-1")[0][2] == "Doña Ana"
    mixed = tmp_path / "mixed.csv"
    mixed.write_bytes(text.encode() + "35014,Doña Ana,6\n".encode("latin-1"))
    assert [row[2] for row in rows(mixed, encoding="mixed")] == ["Doña Ana", "Doña Ana"]
    with pytest.raises(InputError, match="line 3"):
        rows(mixed)


def test_gzip_and_zip_member(tmp_path):
    text = "fips,name,count\n01001,a,5\n"
    packed = tmp_path / "a.csv.gz"
    packed.write_bytes(gzip.compress(text.encode()))
    assert rows(packed) == [(2, "01001", "a", "5")]
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as stream:
        stream.writestr("DATA.csv", text)
        stream.writestr("readme.txt", "no")
    assert rows(archive, member="*.csv") == [(2, "01001", "a", "5")]
    with pytest.raises(InputError, match="expected member"):
        rows(archive, member="*.dat")


def test_a_zip_of_many_members_is_read_whole(tmp_path):
    archive = tmp_path / "by_area.zip"
    with zipfile.ZipFile(archive, "w") as stream:
        for fips in ("01001", "01003"):
            stream.writestr(f"2022.annual {fips} [x].csv", f"fips,name,total\n{fips},a,5\n")
    assert [row[1] for row in rows(archive, member="*.csv", many_members=True)] == ["01001", "01003"]


def test_codes_without_their_zero_are_padded_only_where_the_catalog_says_so(tmp_path):
    path = write(tmp_path / "a.csv", "fips,name,count\n1001,a,5\n")
    padded = {**COLUMNS, "fips": {"type": "fips", "width": 5, "pad": True}}
    assert rows(path, columns=padded)[0][1] == "01001"
    with pytest.raises(InputError, match="5 digits"):
        rows(path)


def test_excel(tmp_path):
    import pandas

    path = tmp_path / "a.xlsx"
    pandas.DataFrame({"Fips": ["01001"], "Name": ["a"], "Count": ["5"]}).to_excel(path, index=False)
    assert rows(path, reader="excel") == [(2, "01001", "a", "5")]
    with pytest.raises(InputError, match="workbook"):
        rows(write(tmp_path / "b.xlsx", "not a workbook"), reader="excel")


def test_a_workbook_keeps_the_text_na_unless_the_catalog_says_that_it_is_missing(tmp_path):
    import pandas

    path = tmp_path / "a.xlsx"
    pandas.DataFrame({"fips": ["01001"], "name": ["NA"], "count": ["NA"]}).to_excel(path, index=False)
    assert rows(path, reader="excel") == [(2, "01001", "NA", None)]


def test_a_workbook_whose_titles_are_not_unique_is_read_by_letter_below_its_header_row(tmp_path):
    import pandas

    path = tmp_path / "a.xlsx"
    cells = [["A table", None, None], ["Code", "Share", "Share"], ["01001", "5", "7"]]
    pandas.DataFrame(cells).to_excel(path, index=False, header=False)
    spec = {"reader": "excel", "columns": {"A": {"type": "fips", "width": 5}, "C": {"type": "integer"}}}
    assert rows(path, header={"A": "code"}, **spec) == [(3, "01001", "7")]
    with pytest.raises(InputError, match="header row.*'County' in column A"):
        rows(path, header={"A": "County"}, **spec)
    with pytest.raises(InputError, match="lacks a column.*column D"):
        rows(path, header={"A": "code"}, reader="excel", columns={"D": {}})


def test_another_delimiter(tmp_path):
    path = write(tmp_path / "a.txt", "fips|name|count\n01001|Autauga, AL|5\n")
    assert rows(path, delimiter="|") == [(2, "01001", "Autauga, AL", "5")]


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ({"type": "number", "between": [0, 1]}, "line 3.*Expected: 0 to 1. Found: '26.1'"),
        ({"values": ["0.261"]}, "line 3.*Expected: one of 0.261. Found: '26.1'"),
    ],
)
def test_a_number_out_of_bounds_and_an_unknown_text_are_refused(tmp_path, column, words):
    path = write(tmp_path / "a.csv", "share\n0.261\n26.1\n")
    with pytest.raises(InputError, match=words):
        rows(path, columns={"share": column})


def test_json_pages(tmp_path):
    path = write(
        tmp_path / "page-001.json",
        json.dumps({"count": 1, "next": None, "results": [{"fips": "01001", "name": None, "count": 5}]}),
    )
    assert rows(path, reader="json_pages") == [(1, "01001", None, "5")]
    with pytest.raises(InputError, match="no rows"):
        rows(write(tmp_path / "page-002.json", json.dumps({"detail": "throttled"})), reader="json_pages")


PAGE = """<html><table class="results"><tr><th></th><th colspan="4">1 ADULT</th></tr><tr><td>Living Wage</td>{cells}</tr>
<tr><td>Poverty Wage</td>{cells}</tr></table><table><tr><td>Living Wage</td></tr></table></html>"""
WAGES = {
    "state": {"type": "fips", "width": 2},
    "county": {"type": "fips", "width": 3},
    "adults": {},
    "children": {},
    "wage": {"type": "number"},
}


def test_living_wage_page_gives_twelve_household_types(tmp_path):
    cells = "".join(f"<td>${10 + n}.50</td>" for n in range(12))
    path = write(tmp_path / "37067.html", PAGE.format(cells=cells))
    found = rows(path, reader="living_wage_pages", columns=WAGES)
    assert len(found) == 12
    assert found[2][1:] == ("37", "067", "1 Adult", "2 Children", "12.50")
    assert found[5][1:] == ("37", "067", "2 Adults (1 Working)", "1 Child", "15.50")


def test_a_living_wage_page_of_another_layout_is_refused(tmp_path):
    with pytest.raises(InputError, match="12 amounts"):
        rows(
            write(tmp_path / "37067.html", PAGE.format(cells="<td>$10</td>")), reader="living_wage_pages", columns=WAGES
        )


@pytest.mark.parametrize(
    ("text", "expected"), [("", "0 bytes"), ("fips,name,count\n", "no rows"), ("<html></html>", "web page")]
)
def test_files_without_data_are_refused(tmp_path, text, expected):
    with pytest.raises(InputError, match=expected):
        rows(write(tmp_path / "a.csv", text))


@pytest.mark.parametrize("number", ["72.6", "(X)", "1,204"])
def test_what_is_no_whole_number_is_refused_where_one_is_declared(tmp_path, number):
    with pytest.raises(InputError, match="a whole number"):
        rows(write(tmp_path / "a.csv", f'fips,name,count\n01001,a,"{number}"\n'))
    assert rows(write(tmp_path / "b.csv", "fips,name,count\n01001,a,1e+05\n"))[0][3] == "1e+05"


def test_an_unexpected_year_is_refused(tmp_path):
    path = write(tmp_path / "a.csv", "year\n2021\n")
    with pytest.raises(InputError, match="Expected: 2022. Found: '2021'"):
        rows(path, columns={"year": {"type": "integer", "expect": "{vintage}"}})


def test_a_reader_is_made_of_its_own_modules_and_the_shared_ones():
    made_of = {reader: [path.stem for path in readers.modules_of(reader)] for reader in readers.READERS}
    assert made_of["csv"] == ["csv_files", "table", "text"]
    assert made_of["pums_parquet"] == ["columns", "parquet", "pums_names", "pums_parquet", "streamed", "text"]
    own = {reader: set(stems) - set(made_of["csv"]) - {"columns", "streamed"} for reader, stems in made_of.items()}
    assert own["living_wage_pages"] == {"living_wage_pages"} and own["ipums"] == {"inflate", "ipums_files"}


def test_the_readers_are_those_that_a_catalog_entry_may_name():
    assert sorted(readers.READERS) == sorted(RawFile.model_fields["reader"].annotation.__args__)
