"""H+T files as CNT gives them: codes in doubled quotes, percentages, one file per state."""

import pytest

from conftest import staged_rows
from pipeline.errors import InputError, PartialInput
from pipeline.run.workspace import Workspace
from pipeline.settings import Settings

# Real header and line of Massachusetts 2015, shortened in the middle
HEADER = "tract,cbsa,blkgrps,population,households,t_ami,t_80ami,pct_transit_commuters_ami,pct_transit_commuters_80ami"
LINE = '"""25001010100""","""Barnstable Town, MA""",5,2962,1782,20,21,2,2'


@pytest.fixture
def stage(tmp_path):
    def run(*lines, header=HEADER):
        raw = tmp_path / "raw"
        (raw / "tract-crosswalks").mkdir(parents=True)
        (raw / "tract-crosswalks/tract-county-crosswalk_2018.csv").write_text("state,tract\n25,010100\n")
        (raw / "cnt_ht_index").mkdir()
        (raw / "cnt_ht_index/htaindex2015_data_tracts_25.csv").write_text("\n".join([header, *lines]) + "\n")
        return staged_rows(Workspace.of(Settings.of(raw, tmp_path / "store")), "ht_tract", "2015")

    return run


def test_the_code_is_freed_from_its_quotes(stage):
    (row,) = stage(LINE)
    assert (row["geoid"], row["households"], row["pct_transit_commuters"], row["pct_transportation_cost"]) == (
        "25001010100",
        1782,
        2,
        21,
    )


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (LINE.replace("25001010100", "5001010100"), "column tract, line 2.*code of 11 digits"),
        (LINE.replace(",1782,", ",-1,"), "column households, line 2.*at least 0"),
        (LINE.replace(",21,", ",n/a,"), "column t_80ami, line 2.*a number"),
        (f"{LINE}\n{LINE}", "Duplicate keys"),
    ],
)
def test_a_line_that_is_not_a_tracts_is_named(stage, line, words):
    with pytest.raises(InputError, match=words):
        stage(line)


def test_shares_in_place_of_percentages_are_refused(stage):
    with pytest.raises(PartialInput, match="percentage and no share"):
        stage(LINE.replace(",20,21,2,2", ",0.20,0.21,0.02,0.02"))


def test_a_file_of_another_layout_names_the_column(stage):
    with pytest.raises(InputError, match="lacks a column.*t_80ami"):
        stage(LINE, header=HEADER.replace("t_80ami", "t_reg80"))
