"""Contracts: what the publishers' layouts are, and what each becomes.

``layouts/<source>.yml`` gives, for every form of every staged table of the catalog, each layout it has had: the true
header, a few rows as they stand in the publisher's file (IPUMS, MIT and CT Data Collaborative: made up rows), and the
typed rows that the reader and the form's ``sql/staged`` statement make of them. ``vintage`` is the first one of the layout.

A file is ``text`` as it is, or a ``header`` with ``records`` of the columns that matter (the others are empty); a format
that is no text names its ``reader``, whose writer of the sample makes it; a codebook is ``ddi`` (name: first column, last
column, implied decimals). Rows do not repeat shapes. ``NAME{1..80}`` stands for 80 columns of one value.
"""

from __future__ import annotations

import copy
import csv
import io
import json
import re
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas
import pytest
import yaml
from ipums_codebook import ddi

from pipeline import catalog, readers
from pipeline.errors import InputError
from pipeline.run.session import session
from pipeline.run.workspace import Workspace
from pipeline.sample import formats
from pipeline.settings import PROVIDER, Settings

LAYOUTS = Path(__file__).parent / "layouts"
FORMS = [
    (source, table, form)
    for source, entry in catalog.load().sources.items()
    for table, staged in entry.tables.items()
    for form in staged.forms
]
_RANGE = re.compile(r"(\w+)\{(\d+)\.\.(\d+)\}")


@dataclass(frozen=True)
class Layout:
    """One layout of a form: its files by their name in the form, and the rows that they become."""

    source: str
    table: str
    form: str
    vintage: str
    files: dict
    rows: list[dict]

    def __str__(self) -> str:
        return f"{self.table}-{self.form}-{self.vintage}"


def layouts() -> list[Layout]:
    """Every layout of the fixtures."""
    return [
        Layout(path.stem, table, form, str(layout["vintage"]), layout["files"], layout["rows"])
        for path in sorted(LAYOUTS.glob("*.yml"))
        for table, forms in yaml.safe_load(path.read_text(encoding="utf-8")).items()
        for form, listed in forms.items()
        for layout in listed
    ]


def expanded(values: dict) -> dict:
    """The mapping with each ``NAME{1..80}`` as 80 names of the same value."""
    result = {}
    for name, value in values.items():
        found = _RANGE.fullmatch(name)
        numbers = range(int(found[2]), int(found[3]) + 1) if found else [""]
        result |= {f"{found[1] if found else name}{number}": value for number in numbers}
    return result


def header_of(file: dict) -> list[str]:
    """The column names of a file: those of its header, its first line or its codebook."""
    if "ddi" in file:
        return list(expanded(file["ddi"]))
    if file["path"].endswith(".json") and "text" in file:
        return list(json.loads(file["text"])["results"][0])
    line = file.get("header") or file["text"].splitlines()[0]
    return list(expanded(dict.fromkeys(next(csv.reader([line])))))


def text_of(file: dict) -> str:
    """The text of a file, whether it is given as such or as records."""
    if "text" in file:
        return file["text"]
    out = io.StringIO()
    writer = csv.DictWriter(out, header_of(file), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(expanded(record) for record in file["records"])
    return out.getvalue()


def bytes_of(file: dict) -> bytes:
    """A file in the publisher's format, which its name tells."""
    path = file["path"]
    if "reader" in file:
        header = header_of(file)
        rows = [[record.get(name) for name in header] for record in file["records"]]
        documents = formats.WRITERS[file["reader"]](header, {(path, file.get("member", path)): rows}, "")
        return formats.packed(path, {member: content for (_, member), content in documents.items()})
    if path.endswith(".xml"):
        return ddi((name, *place, 0)[:4] for name, place in expanded(file["ddi"]).items())
    if path.endswith((".xlsx", ".parquet")):
        # codes are text in these files, amounts are numbers
        types = dict.fromkeys(file.get("text_columns", []), str)
        frame = pandas.read_csv(io.StringIO(text_of(file)), dtype=types).convert_dtypes()
        if path.endswith(".parquet"):
            return frame.to_parquet()
        rows = [
            [None if pandas.isna(value) else value for value in row] for row in frame.astype(object).values.tolist()
        ]
        return formats.excel(list(frame.columns), {path: rows}, "")[path]
    return formats.packed(path, {file.get("member", path): text_of(file).encode(file.get("encoding", "utf-8"))})


def write(layout: Layout, raw: Path) -> None:
    """Write the layout's files into a raw directory."""
    for file in layout.files.values():
        path = raw / file["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes_of(file))


def form_of(layout: Layout):
    return catalog.load().sources[layout.source].tables[layout.table].forms[layout.form]


@pytest.mark.parametrize("layout", layouts(), ids=str)
def test_rows_of_a_layout(layout, tmp_path):
    write(layout, tmp_path / "raw")
    provider = form_of(layout).provider or PROVIDER
    workspace = Workspace.of(Settings.of(tmp_path / "raw", tmp_path / "store", provider=provider))
    (step,) = workspace.plan.staged(layout.table, layout.vintage)
    assert step.entry["form"] == layout.form
    with session(step, workspace) as opened:
        result = opened.con.sql("FROM result")
        types = dict(zip(result.columns, map(str, result.types), strict=True))
        rows = [dict(zip(result.columns, row, strict=True)) for row in result.fetchall()]
    assert types == dict(step.columns)
    # Shapes are compared where they are read (test_voter_turnout_files).
    shapes = {"area", "bounds", "geometry"} if "geometry" in types else set()
    rows = [{name: value for name, value in row.items() if name not in shapes} for row in rows]
    assert rows == [expanded(row) for row in layout.rows]


COLUMNS = [
    (layout, name, column)
    for layout in layouts()
    for name, spec in form_of(layout).files.items()
    for column, declared in spec.columns.items()
    if name in layout.files and not declared.optional and not layout.files[name]["path"].endswith((".html", ".xml"))
    # A sum is made of other columns, and a shapefile cannot lack its shapes.
    if column not in spec.sums and not (spec.reader == "shapefile" and column == "geometry")
]


@pytest.mark.parametrize(("layout", "name", "column"), COLUMNS, ids=str)
def test_a_column_of_another_name_is_an_error_that_names_it(layout, name, column, tmp_path):
    spec = form_of(layout).files[name]
    accepted = [each.lower() for each in (column, *spec.columns[column].also)]
    # of fixed width the codebook is the header
    header = next(file for file in (layout.files[name], *layout.files.values()) if ".dat" not in file["path"])
    (found,) = [each for each in header_of(header) if each.lower() in accepted]
    with pytest.raises(InputError) as caught, duckdb.connect() as con:
        write(renamed(layout, found), tmp_path)
        path = tmp_path / layout.files[name]["path"]
        readers.read(con, name, spec, [(layout.files[name]["path"], path)], layout.vintage)
    assert column in re.split(r", | or ", caught.value.column)


def renamed(layout: Layout, column: str) -> Layout:
    """The layout with another name for a column, wherever it stands: header, records, JSON and codebook."""
    new, files = f"{column}_renamed", copy.deepcopy(layout.files)
    for file in files.values():
        if file["path"].endswith(".json") and "text" in file:
            file["text"] = file["text"].replace(f'"{column}"', f'"{new}"')
        for part in {"header", "text"} & set(file):
            head, mark, rest = file[part].partition("\n")
            file[part] = re.sub(rf"(?<![\w ]){re.escape(column)}(?![\w {{])", new, head) + mark + rest
        for mapping in [*file.get("records", []), file.get("ddi", {})]:
            if column in mapping:
                mapping[new] = mapping.pop(column)
    return Layout(layout.source, layout.table, layout.form, layout.vintage, files, layout.rows)


def test_every_form_of_the_catalog_has_its_layout_here():
    described = {(layout.source, layout.table, layout.form) for layout in layouts()}
    assert set(FORMS) - described == set(), "write these into tests/contract/layouts/<source>.yml"
    assert described - set(FORMS) == set(), "no longer in the catalog"
