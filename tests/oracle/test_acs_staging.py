"""Real microdata files stage to the contract's tables: Wyoming (Census), seven 2024 states (Census columns),
Illinois (IPUMS).
"""

from __future__ import annotations

import duckdb
import pandas as pd
import pytest

from conftest import made
from pipeline.errors import MissingInput
from pipeline.run.workspace import Workspace
from pipeline.settings import Settings

PERSONS_2024 = {"02": 6931, "10": 9876, "11": 6547, "38": 8404, "44": 10239, "50": 6938, "56": 6199}
HOUSING_2024 = {"02": 4016, "10": 5082, "11": 3914, "38": 4345, "44": 5282, "50": 3875, "56": 3024}


@pytest.fixture
def stage(shared, tmp_path):
    def build(table: str, vintage: str, provider: str = "census") -> duckdb.DuckDBPyRelation:
        workspace = Workspace.of(Settings.of(shared / "raw", tmp_path, provider=provider))
        steps = workspace.plan.staged(table, vintage)
        made(workspace, steps)
        return duckdb.read_parquet([str(workspace.store.local(step.address)) for step in steps])

    return build


def one(relation, query: str):
    return relation.query("staged", query).fetchone()


@pytest.mark.parametrize(
    ("year", "persons", "relationship", "group_quarters"),
    [(2018, 5740, "RELP", (16, 17)), (2021, 5861, "RELSHIPP", (37, 38))],
)
def test_wyoming_equals_the_raw_file(shared, stage, year, persons, relationship, group_quarters):
    staged = stage("acs_person", f"{year}_1-Year")
    raw = pd.read_csv(shared / f"raw/acs_pums/{year}_1-Year/psam_p56.csv.gz", dtype={"PUMA": str, "SERIALNO": str})
    assert len(raw) == persons == one(staged, "SELECT count(*) FROM staged")[0]
    frame = staged.df()
    assert frame.serialno.tolist() == raw.SERIALNO.tolist()
    assert frame.puma.tolist() == raw.PUMA.tolist()
    for number in range(1, 81):
        assert (frame[f"repwtp{number}"].to_numpy() == raw[f"PWGTP{number}"].to_numpy()).all()
    # the employment universe and numerator of card acs-pums-microdata, section 12
    universe = raw[raw.AGEP.between(25, 54) & ~raw[relationship].isin(group_quarters)]
    employed = universe[universe.ESR.isin((1, 2, 4, 5))]
    found = one(
        staged,
        "SELECT count(*), sum(perwt), count(*) FILTER (empstat = 1) FROM staged "
        "WHERE age BETWEEN 25 AND 54 AND gq IN (1, 2, 5)",
    )
    assert found == (len(universe), universe.PWGTP.sum(), len(employed))
    disabled = (raw[["DREM", "DPHY", "DOUT", "DEAR", "DEYE", "DDRS"]] == 1).any(axis=1).sum()
    assert (
        one(staged, "SELECT count(*) FROM staged WHERE 2 IN (diffrem, diffphys, diffmob, diffsens, diffcare)")[0]
        == disabled
    )
    assert one(staged, "SELECT count(*) FROM staged WHERE educd >= 62")[0] == (raw.SCHL >= 16).sum()
    assert one(staged, "SELECT count(*) FROM staged WHERE gradeatt = 1")[0] == (raw.SCHG == 1).sum()


def test_seven_states_of_2024(stage):
    counts = "SELECT statefip, count(*) FROM staged GROUP BY statefip ORDER BY statefip"
    persons, housing = stage("acs_person", "2024_1-Year"), stage("acs_household", "2024_1-Year")
    assert dict(persons.query("staged", counts).fetchall()) == PERSONS_2024
    assert dict(housing.query("staged", counts).fetchall()) == HOUSING_2024
    # what the files do not hold stays unknown
    assert one(persons, "SELECT count(gradeatt), count(diffcare), count(diffmob), count(repwtp1) FROM staged") == (
        0,
        0,
        0,
        0,
    )
    # every occupied unit has its first person, and every person a housing record
    households = one(housing, "SELECT count(*) FROM staged WHERE gq = 1")[0]
    assert households == one(persons, "SELECT count(*) FROM staged WHERE gq = 1 AND pernum = 1")[0] == 22968
    joined = persons.set_alias("p").join(housing.set_alias("h"), "p.statefip = h.statefip AND p.serialno = h.serialno")
    assert joined.count("*").fetchone()[0] == sum(PERSONS_2024.values())


def test_illinois_from_ipums(stage):
    persons, housing = (
        stage("acs_person", "2018_1-Year", "ipums"),
        stage("acs_household", "2018_1-Year", "ipums"),
    )
    counts = one(
        persons,
        "SELECT count(*), min(statefip), max(statefip), count(DISTINCT puma), count(repwtp1), "
        "count(educd), sum(perwt) FROM staged",
    )
    # 12,741,080 is the population of Illinois in the ACS of 2018 (Census Bureau table B01003)
    assert counts == (126456, "17", "17", 88, 0, 0, 12741080)
    counts = one(
        housing,
        "SELECT count(*), count(*) FILTER (gq IN (1, 2, 5)), count(hhincome), min(adjust), max(adjust), "
        "count(valueh) FROM staged",
    )
    assert counts == (55646, 50297, 50297, 1.013097, 1.013097, 0)


def test_an_extract_of_another_sample_is_not_taken_for_a_vintage(stage):
    # usa_00172 is a fixture of 2012 without STATEFIP and PUMA
    with pytest.raises(MissingInput):
        stage("acs_person", "2014_1-Year", "ipums")
