"""Census tables in their three forms: the same table of all of them; what is not whole or not the table is named."""

import gzip
import json

import pytest

from conftest import staged_rows
from pipeline.errors import InputError, MissingInput, PartialInput
from pipeline.run import whole
from pipeline.run.workspace import Workspace
from pipeline.settings import Settings

TRACTS = ("09001010101", "09001010102", "09003400100")
LINES = ("001", "003", "004", "005", "006", "007", "008", "009", "012")
# Estimate and margin of a line are its number times 1 and 10; the first line is the sum of the others.
ESTIMATES = {line: int(line) for line in LINES} | {"001": sum(map(int, LINES[1:]))}
FIGURES = {(line, kind): ESTIMATES[line] if kind == "E" else int(line) * 10 for line in LINES for kind in "EM"}


@pytest.fixture
def raw(tmp_path):
    """A raw directory with the lists of tracts that the tables are compared with."""
    lists = tmp_path / "raw" / "tract-crosswalks"
    lists.mkdir(parents=True)
    rows = "".join(f"2018,{tract[:2]},{tract[2:5]},{tract[5:]}\n" for tract in TRACTS)
    (lists / "tract-county-crosswalk_2018.csv").write_text("year,state,county,tract\n" + rows)
    (lists / "tract_crosswalk_2022_connecticut.csv").write_text("Tract_fips_2022\n09110400100\n")
    (tmp_path / "raw" / "census_acs" / "2018_acs5" / "B03002" / "tract").mkdir(parents=True)
    return tmp_path / "raw"


def answer(raw, tracts=TRACTS, change=(), table="B03002", lines=LINES, kinds="EM"):
    """The interface's answer; ``change`` maps (tract, variable) to another text."""
    names = [f"{table}_{line}{kind}" for line in lines for kind in kinds]
    rows = [["NAME", *names, "state", "county", "tract"]]
    for tract in tracts:
        values = [str(FIGURES[line, kind]) for line in lines for kind in kinds]
        values = [dict(change).get((tract, name), value) for name, value in zip(names, values, strict=True)]
        rows.append([f"Census Tract {tract}", *values, tract[:2], tract[2:5], tract[5:]])
    path = raw / "census_acs/2018_acs5/B03002/tract/09.json"
    path.write_text(json.dumps(rows))
    return path


def summary(raw, tracts=TRACTS, change=(), name="acsdt5y2018-b03002-09.dat"):
    """The table-based summary file, with the state's own line, which is not a tract."""
    names = [f"B03002_{kind}{line}" for line in LINES for kind in "EM"]
    lines = ["|".join(["GEO_ID", *names]), "|".join(["0400000US09", *("999" for _ in names)])]
    for tract in tracts:
        values = [str(FIGURES[line, kind]) for line in LINES for kind in "EM"]
        values = [dict(change).get((tract, name), value) for name, value in zip(names, values, strict=True)]
        lines.append("|".join([f"1400000US{tract}", *values]))
    path = raw / "census_acs/2018_acs5" / name
    path.write_text("\n".join(lines) + "\n")


def download(raw, tracts=TRACTS, change=()):
    """A download: byte order mark, labels in a second line, everything quoted, a comma at the end of each line."""
    names = [f"B03002_{line}{kind}" for line in LINES for kind in "EM"]
    lines = [["GEO_ID", "NAME", *names], ["Geography", "Geographic Area Name", *("Estimate!!Total:" for _ in names)]]
    for tract in tracts:
        values = [str(FIGURES[line, kind]) for line in LINES for kind in "EM"]
        values = [dict(change).get((tract, name), value) for name, value in zip(names, values, strict=True)]
        lines.append([f"1400000US{tract}", f"Census Tract {tract}, Connecticut", *values])
    text = "".join(",".join(f'"{value}"' for value in line) + ",\n" for line in lines)
    path = raw / "census_acs/2018_acs5/ACSDT5Y2018.B03002-Data.csv.gz"
    path.write_bytes(gzip.compress(("\ufeff" + text).encode()))


def staged(raw, table="acs_race"):
    return staged_rows(Workspace.of(Settings.of(raw, raw.parent / "store")), table, "2018")


def by_key(rows, column):
    return {(row["geoid"], row["line"]): row[column] for row in rows}


@pytest.mark.parametrize("land", [answer, summary, download])
def test_the_three_forms_give_the_same_table(raw, land):
    land(raw)
    rows = staged(raw)
    assert by_key(rows, "estimate") == {(tract, int(line)): ESTIMATES[line] for tract in TRACTS for line in LINES}
    margins = by_key(rows, "margin")
    assert all(margins[tract, int(line)] == int(line) * 10 for tract in TRACTS for line in LINES[1:])
    assert {row["table_id"] for row in rows} == {"B03002"}
    assert {(row["listed"], row["areas_lacking"]) for row in rows} == {(True, 0)}


@pytest.mark.parametrize(
    ("land", "variable", "text", "margin"),
    [
        (answer, "B03002_012M", "-555555555", 0),
        (answer, "B03002_012M", "-222222222", None),
        (answer, "B03002_012M", "-333333333", None),
        (answer, "B03002_012M", None, None),
        (summary, "B03002_M012", "-555555555", 0),
        (summary, "B03002_M012", "", None),
        (download, "B03002_012M", "*****", 0),
        (download, "B03002_012M", "**", None),
        (download, "B03002_012M", "***", None),
        (download, "B03002_012M", "N", None),
    ],
)
def test_the_margin_of_a_controlled_estimate_is_zero_and_other_annotations_have_none(raw, land, variable, text, margin):
    land(raw, change={(TRACTS[0], variable): text})
    assert by_key(staged(raw), "margin")[TRACTS[0], 12] == margin


def test_states_may_come_in_different_forms_and_twice_if_they_agree(raw):
    answer(raw, TRACTS[:2])
    summary(raw, TRACTS[1:])
    rows = staged(raw)
    assert len(rows) == 27
    assert {row["areas_lacking"] for row in rows} == {0}


def test_files_that_contradict_each_other_are_refused(raw):
    answer(raw)
    summary(raw, change={(TRACTS[2], "B03002_E003"): "4"})
    with pytest.raises(InputError, match="Duplicate keys.*09003400100"):
        staged(raw)


@pytest.mark.parametrize(
    ("tracts", "words"),
    [
        (TRACTS[1:], "files lack: at most 0. Found: 1 .B03002 tracts, state 09"),
        ((*TRACTS, "09001020100"), "do not exist in the vintage: at most 0. Found: 1 .B03002 tracts, state 09"),
        ((*TRACTS, "09110400100"), "do not exist in the vintage"),  # a planning region in 2018
    ],
)
def test_a_states_file_without_a_tract_or_with_others_is_refused(raw, tracts, words):
    answer(raw, tracts)
    with pytest.raises(PartialInput, match=words):
        staged(raw)


def test_a_partial_file_is_taken_where_it_is_accepted_by_name(raw):
    answer(raw, TRACTS[1:])
    workspace = Workspace.of(Settings.of(raw, raw.parent / "store"))
    whole.accept(workspace, ("census_acs@2018",))
    assert len(staged_rows(workspace, "acs_race", "2018")) == 18


def test_groups_that_do_not_add_up_to_the_population_are_refused(raw):
    answer(raw, change={(TRACTS[0], "B03002_004E"): "5"})
    with pytest.raises(PartialInput, match="sum of its groups: at most 0. Found: 1"):
        staged(raw)


def test_water_tracts_are_in_no_list_and_belong_to_the_state(raw):
    answer(raw, (*TRACTS, "09001990000"))
    assert len(staged(raw)) == 36


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"tracts": (*TRACTS, TRACTS[0])}, "Duplicate keys.*2 rows for.*09001010101"),
        ({"table": "B01001"}, "another Census table.*Expected: B03002. Found: B01001"),
        ({"kinds": "E"}, "lacks a column.*B03002_003M"),
        ({"lines": LINES[:-1]}, "lacks a column.*B03002_012E"),
        ({"change": {(TRACTS[1], "B03002_003E"): "-3"}}, "column E003, line 3.*at least 0. Found: '-3'"),
        ({"change": {(TRACTS[1], "B03002_003E"): "12.5"}}, "column E003, line 3.*whole number"),
        ({"tracts": ("9001010101",)}, "column county|code of"),
    ],
)
def test_an_answer_that_is_not_the_table_is_refused_with_file_and_column(raw, wrong, words):
    answer(raw, **wrong)
    with pytest.raises(InputError, match=words) as error:
        staged(raw)
    assert "09.json" in str(error.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('[["NAME","B03002_001E"],["a"', "cannot be read"),
        ('{"error": "unknown variable"}', "is not a table"),
        ('[["NAME"]]', "is not a table"),
        ('[["NAME","state"],["a"]]', "is not a table.*line 2|line 2"),
        ("<!DOCTYPE html><html></html>", "web page"),
        ("", "empty"),
    ],
)
def test_an_answer_that_is_cut_off_or_an_error_is_refused(raw, content, words):
    answer(raw).write_text(content)
    with pytest.raises(InputError, match=words):
        staged(raw)


def test_without_a_table_the_error_names_every_form(raw):
    with pytest.raises(MissingInput, match=r"B03002/tract/<state>.json or .*b03002\(-<state>\).dat or .*B03002-Data"):
        staged(raw)


def test_poverty_tables_of_all_races_lie_in_one_table(raw):
    folder = raw / "census_acs/2018_acs5"
    for table in ("B17001", "B17001B"):
        names = [f"{table}_{name}" for name in (("001E", "002E", "002M") if table == "B17001" else ("002E", "002M"))]
        rows = [
            ["NAME", *names, "state", "county", "tract"],
            *(["Tract", *("7" for _ in names), each[:2], each[2:5], each[5:]] for each in TRACTS),
        ]
        (folder / table / "tract").mkdir(parents=True)
        (folder / table / "tract" / "09.json").write_text(json.dumps(rows))
    rows = staged(raw, "acs_poverty")
    found = {(row["table_id"], row["line"]): (row["estimate"], row["margin"]) for row in rows}
    assert found["B17001", 1] == (7, None)
    assert found["B17001B", 2] == (7, 7)
    assert found["B17001B", 1] == (None, None)
