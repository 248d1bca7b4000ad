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


STATES = ("09001010101", "46013950100", "46099000101")


def nation(raw, tracts=STATES):
    """A list of tracts of several states."""
    rows = "".join(f"2018,{tract[:2]},{tract[2:5]},{tract[5:]}\n" for tract in tracts)
    (raw / "tract-crosswalks/tract-county-crosswalk_2018.csv").write_text("year,state,county,tract\n" + rows)


def areas(*geo_ids, name="acsdt5y2018-b03002.dat", raw=None, people=None):
    """A summary file of any areas; ``people`` maps GEO_ID to residents, who are all of the first group."""
    names = [f"B03002_{kind}{line}" for line in LINES for kind in "EM"]
    lines = ["|".join(["GEO_ID", *names])]
    for geo_id in geo_ids:
        residents = str((people or {}).get(geo_id, 100))
        values = [residents if column[-4:] in ("E001", "E003") else "0" for column in names]
        lines.append("|".join([geo_id, *values]))
    (raw / "census_acs/2018_acs5" / name).write_text("\n".join(lines) + "\n")


TRACT_IDS = tuple(f"1400000US{tract}" for tract in STATES)
COUNTY_IDS = ("0500000US09001", "0500000US46013", "0500000US46099")
PLACE_IDS = ("1600000US0908000", "1600000US4600100")


@pytest.mark.parametrize(
    ("held", "lacks"),
    [
        (TRACT_IDS, None),
        ((*COUNTY_IDS, *TRACT_IDS, *PLACE_IDS), None),
        (TRACT_IDS[:1], "Found: 1 .B03002: tracts of 46"),
        (TRACT_IDS[1:], "Found: 1 .B03002: tracts of 09"),
        ((*COUNTY_IDS, *TRACT_IDS, *PLACE_IDS[:1]), "Found: 1 .B03002: places of 46"),
        ((*COUNTY_IDS, *TRACT_IDS), "Found: 2 .B03002: places of 09, places of 46"),  # cut off before its places
        ((*COUNTY_IDS, *TRACT_IDS[:1], *PLACE_IDS), "Found: 1 .B03002: tracts of 46"),
    ],
)
def test_a_file_of_the_nation_that_lacks_a_state_is_refused(raw, held, lacks):
    nation(raw)
    areas(*held, raw=raw)
    if lacks is None:
        assert {row["states_lacking"] for row in staged(raw)} == {None}
        return
    with pytest.raises(PartialInput, match=f"states that a file of the nation lacks: at most 0. {lacks}") as error:
        staged(raw)
    assert "--accept-partial census_acs@2018" in str(error.value)


def test_a_file_of_one_state_under_a_states_name_or_as_a_download_is_whole(raw):
    nation(raw)
    areas(*TRACT_IDS[1:], name="acsdt5y2018-b03002-46.dat", raw=raw)
    assert len(staged(raw)) == 18
    (raw / "census_acs/2018_acs5/acsdt5y2018-b03002-46.dat").unlink()
    download(raw, STATES[:1])
    workspace = Workspace.of(Settings.of(raw, raw.parent / "other"))
    assert {row["geoid"] for row in staged_rows(workspace, "acs_race", "2018")} == {STATES[0]}


def test_a_download_of_several_states_has_all_of_them_or_another_file_has_the_rest(raw):
    nation(raw, (*STATES, "56001962700"))
    download(raw, STATES)
    with pytest.raises(PartialInput, match="Found: 1 .B03002: tracts of 56"):
        staged(raw)
    areas("1400000US56001962700", name="acsdt5y2018-b03002-56.dat", raw=raw)
    assert {row["states_lacking"] for row in staged(raw)} == {None}


def geocorr(raw):
    """Two states with their places at the census: one has places of every size, in the other the state is one place."""
    places = [("46", "59020", 153888), ("46", "52980", 67956), ("46", "00100", 1200), ("46", "00460", 300)]
    header = "state,puma12,placefp14,pop10,afact,AFACT2\nState,PUMA,place,Total,factor,factor\n"
    rows = "".join(
        f"{state},00100,{place},{people},1,1\n" for state, place, people in [*places, ("11", "50000", 601723)]
    )
    (raw / "geocorr").mkdir()
    (raw / "geocorr/geocorr2018_puma_place_2010.csv").write_text(header + rows)


@pytest.mark.parametrize(
    ("state", "people", "is_refused"),
    [
        ("46", {"4659020": 180000, "4652980": 75000}, True),
        ("46", {"4659020": 180000, "4652980": 75000, "4600100": 1100, "4600460": 280}, False),
        ("11", {"1150000": 670000}, False),
    ],
)
@pytest.mark.parametrize("table", ["acs_race", "acs_median_income"])
def test_places_of_a_table_of_one_year_estimates_are_found(raw, state, people, is_refused, table):
    nation(raw)
    if table == "acs_race":
        held = {f"1600000US{geoid}": residents for geoid, residents in people.items()}
        areas(*held, name=f"acsdt5y2018-b03002-{state}.dat", raw=raw, people=held)
        words = "residents of the smallest place"
    else:
        geocorr(raw)
        workspace = Workspace.of(Settings.of(raw, raw.parent / "store"))
        whole.accept(workspace, ("mcdc_geocorr",))
        rows = [["NAME", "B19013_001E", "B19013_001M", "state", "place"]]
        rows += [["a place", "50000", "900", geoid[:2], geoid[2:]] for geoid in people]
        folder = raw / "census_acs/2019_acs5/B19013/place"
        folder.mkdir(parents=True)
        (folder / f"{state}.json").write_text(json.dumps(rows))
        words = "share of places of fewer than 32,500 people"
    vintage = "2018" if table == "acs_race" else "2019"
    workspace = Workspace.of(Settings.of(raw, raw.parent / "store"))
    if is_refused:
        with pytest.raises(PartialInput, match=f"{words}.*{state}"):
            staged_rows(workspace, table, vintage)
    else:
        assert len(staged_rows(workspace, table, vintage)) == len(people) * (len(LINES) if table == "acs_race" else 1)
