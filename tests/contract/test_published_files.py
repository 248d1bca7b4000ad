"""Published files as they come: names, marks, encodings and labels that are taken, and what is refused (card
publication-files, sections 3 and 3.1)."""

import gzip

import duckdb
import pytest

from pipeline.errors import InputError, MobilityError
from pipeline.publish.imported import Import
from pipeline.publish.release import Release
from pipeline.run.workspace import Workspace
from pipeline.settings import Settings

EMPLOYED = "year,state,county,share_employed,share_employed_lb,share_employed_ub,share_employed_quality\n"
FORSYTH = "2021,37,067,.8,0.7,0.9,1\n"
WAGE = "year,state,county,subgroup_type,subgroup,ratio_living_wage,ratio_living_wage_quality\n"
DEBT = "year,state,county,subgroup_type,subgroup,share_debt_coll,share_debt_coll_quality\n"


@pytest.fixture
def folder(tmp_path):
    """A folder to be filled; ``put(name, text)`` writes a file, ``run()`` imports it, ``rows(measure)`` gives its rows."""

    class Folder:
        path = tmp_path / "published"
        workspace = Workspace.of(Settings.of(tmp_path / "raw", tmp_path / "store", method="published"))

        def put(self, name, content):
            self.path.mkdir(exist_ok=True)
            content = content if isinstance(content, bytes) else content.encode("utf-8")
            (self.path / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)

        def run(self):
            return Import(self.workspace, self.path).run()

        def rows(self, measure, *columns):
            query = f"""
                SELECT geoid, {", ".join(columns or ("subgroup_type", "subgroup", "value", "quality"))}
                FROM read_parquet('{tmp_path}/store/method=published/metrics/*/*/*.parquet', hive_partitioning = false)
                WHERE measure = '{measure}' ORDER BY geoid, year, subgroup_type, subgroup"""
            return duckdb.sql(query).fetchall()

    return Folder()


def test_a_files_rows_are_those_of_a_metric_table(folder):
    folder.put("metrics_employment_county_all_longitudinal.csv", EMPLOYED + FORSYTH + "2021,37,081,NA,NA,NA,NA\n")
    report = folder.run()
    assert report.tables == {"metric/employment 2021 county": 2}
    assert folder.rows("share_employed", "value", "lower", "upper", "quality", "note") == [
        ("37067", 0.8, 0.7, 0.9, 1, None),
        ("37081", None, None, None, None, "no value in metrics_employment_county_all_longitudinal.csv"),
    ]


def test_the_record_names_the_file_with_its_hash(folder):
    folder.put("employment.csv.gz", EMPLOYED + FORSYTH)
    folder.run()
    record = folder.workspace.record("method=published/metrics/employment/county/2021.parquet")
    assert list(record["raw"]) == ["employment.csv.gz"] and len(record["raw"]["employment.csv.gz"]) == 64
    assert record["how_obtained"] == "read from files that were published"
    assert record["slices"] == [{"measure": "share_employed", "subgroup_type": "all", "file": "employment.csv.gz"}]


@pytest.mark.parametrize(
    ("name", "header", "line", "measure", "geoid", "value"),
    [
        (
            "voter.csv",
            "year,state,county,election_turnout,election_turnout_quality",
            "2020,37,067,0.6,1",
            "share_election_turnout",
            "37067",
            0.6,
        ),
        (
            "birth.csv",
            "year,state,county,lbw,lbw_lb,lbw_ub,lbw_quality",
            "2018,37,067,.1,.05,.2,3",
            "share_low_birth_weight",
            "37067",
            0.1,
        ),
        (
            "debt.csv",
            "year,state,place_fips,city,share_debt_coll,share_debt_coll_quality",
            "2021,37,55000,Raleigh,.3,1",
            "share_debt_coll",
            "3755000",
            0.3,
        ),
        # Numbers for codes, as debt in collections has them
        (
            "debt.csv",
            "year,state,county,share_debt_coll,share_debt_coll_quality",
            "2023,1,1,.25,1",
            "share_debt_coll",
            "01001",
            0.25,
        ),
        # Columns in another order, one that belongs to nothing
        (
            "race.csv",
            "state_place,year,place,state,share_employed_quality,share_employed,share_employed_lb,share_employed_ub",
            "3755000,2021,55000,37,2,.5,.4,.6",
            "share_employed",
            "3755000",
            0.5,
        ),
    ],
)
def test_older_names_and_habits_are_known(folder, name, header, line, measure, geoid, value):
    folder.put(name, f"{header}\n{line}\n")
    folder.run()
    assert folder.rows(measure, "value") == [(geoid, value)]


def test_all_of_a_file_is_the_total_of_its_families(folder):
    lines = "2021,37,067,all,All,0.5,1\n2021,37,067,race-ethncity,Black,0.7,1\n2021,37,067,gender,Male,0.6,1\n"
    folder.put(
        "arrests.csv", "year,state,county,subgroup_type,subgroup,rate_juv_arrest,rate_juv_arrest_quality\n" + lines
    )
    folder.run()
    assert folder.rows("rate_juv_arrest", "subgroup_type", "subgroup", "value") == [
        # No file has the overall value, and the metric's families have no total of their own
        ("37067", "all", "All", 0.5),
        ("37067", "gender", "All", 0.5),
        ("37067", "gender", "Male", 0.6),
        ("37067", "race-ethnicity", "All", 0.5),
        ("37067", "race-ethnicity", "Black", 0.7),
    ]


def test_a_total_of_its_own_is_not_the_overall_value(folder):
    folder.put("wage.csv", WAGE + "2022,37,067,industry,All,0.6,1\n2022,37,067,industry,Goods Producing,0.8,1\n")
    folder.run()
    assert [each[1:3] for each in folder.rows("ratio_living_wage")] == [
        ("industry", "All"),
        ("industry", "Goods Producing"),
    ]


def test_a_file_of_nothing_but_all_is_an_overall_file(folder):
    header = "year,state,county,subgroup_type,subgroup,share_debt_coll,share_debt_coll_quality\n"
    folder.put("debt.csv", header + "2022,37,067,race-ethnicity,All,0.2,1\n")
    folder.run()
    assert folder.rows("share_debt_coll") == [("37067", "all", "All", 0.2, 1)]


def test_labels_are_those_of_the_metric(folder):
    folder.put("debt.csv", DEBT + "2022,37,067,race-ethnicity,Majority Non-White,0.3,1\n")
    folder.put(
        "13_mobility-metrics_county_race-share_longitudinal_0.csv",
        "year,state,county,state_name,county_name,subgroup,subgroup_type,index_air_hazard,index_air_hazard_quality\n"
        "2014,37,067,North Carolina,Forsyth County,All,all,6,Strong\n"
        "2014,37,067,North Carolina,Forsyth County,Neighborhoods of color,race-ethnicity,7,Weak\n"
        "2014,37,067,North Carolina,Forsyth County,White neighborhoods,race-ethnicity,NA,NA\n",
    )
    folder.run()
    assert ("37067", "race-ethnicity", "Neighborhoods of color", 0.3, 1) in folder.rows("share_debt_coll")
    # A label of which a combined file has no value is another measure's
    assert folder.rows("index_air_hazard") == [
        ("37067", "all", "All", 6.0, 1),
        ("37067", "race-ethnicity", "All", 6.0, 1),
        ("37067", "race-ethnicity", "Majority Non-White", 7.0, 3),
    ]


def test_a_newer_file_comes_before_an_older_one_and_a_metrics_file_before_a_combined_one(folder):
    old, new = FORSYTH.replace(".8", ".5"), FORSYTH
    folder.put("employment__2024-03-13.csv", EMPLOYED + old + "2018,37,067,.6,.5,.7,1\n")
    folder.put("employment.csv", EMPLOYED + new)
    combined = "year,state,county,state_name,county_name,population," + EMPLOYED.partition("county,")[2]
    folder.put(
        "11_mobility-metrics_county_longitudinal.csv",
        combined + "2021,37,067,North Carolina,Forsyth County,1,.9,.8,1,Weak\n",
    )
    report = folder.run()
    assert folder.rows("share_employed", "year", "value") == [("37067", 2018, 0.6), ("37067", 2021, 0.8)]
    assert report.notes == ["employment__2024-03-13.csv is of an older round; nothing newer has its share_employed"]
    assert folder.workspace.record("method=published/geography/county_universe.parquet")["output"]["rows"] == 1


def test_an_older_file_of_another_form_is_left_out_with_the_reason(folder):
    folder.put("employment.csv", EMPLOYED + FORSYTH)
    folder.put("income__2024-round.csv", "year,state,county,pctl_income_20,pctl_20_quality\n2018,37,067,1,1\n")
    folder.put("names-to-fips_city.csv", "fips,name\n37067,Forsyth\n")
    report = folder.run()
    assert report.read == ["employment.csv"]
    assert "lacks a column" in report.not_read["income__2024-round.csv"]
    assert report.not_read["names-to-fips_city.csv"] == "it has no values of measures by area"


def test_two_files_that_contradict_each_other_are_refused(folder):
    folder.put("one.csv", EMPLOYED + FORSYTH)
    folder.put("two.csv", EMPLOYED + FORSYTH)
    folder.run()
    folder.put("two.csv", EMPLOYED + FORSYTH.replace(".8", ".81"))
    with pytest.raises(
        InputError, match=r"one\.csv and two\.csv, column share_employed.*2021 37067 All: 0\.8 and 0\.81"
    ):
        folder.run()
    assert folder.rows("share_employed", "value") == [("37067", 0.8)]


def test_a_later_import_keeps_what_it_does_not_have(folder):
    folder.put("employment.csv", EMPLOYED + FORSYTH)
    folder.run()
    (folder.path / "employment.csv").unlink()
    header = EMPLOYED.replace("county,", "county,subgroup_type,subgroup,")
    folder.put("gender.csv", header + "2021,37,067,gender,Male,.9,.8,1,1\n2021,37,067,gender,All,.85,.8,1,1\n")
    folder.run()
    assert [each[1:4] for each in folder.rows("share_employed")] == [
        ("all", "All", 0.8),
        ("gender", "All", 0.85),
        ("gender", "Male", 0.9),
    ]
    record = folder.workspace.record("method=published/metrics/employment/county/2021.parquet")
    assert sorted(record["raw"]) == ["employment.csv", "gender.csv"]
    assert {(each["subgroup_type"], each["file"]) for each in record["slices"]} == {
        ("all", "employment.csv"),
        ("gender", "gender.csv"),
    }


def test_encodings_and_line_ends_are_taken_as_they_come(folder):
    header = "year,state,county,state_name,county_name,population\r\n"
    folder.put("populations.csv", (header + "2021,35,013,New Mexico,Doña Ana County,5\r\n").encode("latin-1"))
    folder.put("employment.csv", b"\xef\xbb\xbf" + (EMPLOYED + FORSYTH).replace("\n", "\r\n").encode())
    folder.run()
    path = folder.workspace.store.local("method=published/geography/county_universe.parquet")
    assert duckdb.sql(f"SELECT county_name FROM '{path}'").fetchall() == [("Doña Ana County",)]
    assert folder.rows("share_employed", "value") == [("37067", 0.8)]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            EMPLOYED.replace("share_employed_lb,", "") + "2021,37,067,.8,0.9,1\n",
            "lacks a column.*share_employed_lb, line 1",
        ),
        (EMPLOYED.replace("state,", "") + "2021,067,.8,.7,.9,1\n", "lacks a column.*column state"),
        (EMPLOYED + "2021,1,001,.8,.7,.9,1\n", "column state, line 2.*leading zeros. Found: '1'"),
        (EMPLOYED + FORSYTH + "2021,01,1,.8,.7,.9,1\n", "column county, line 3.*leading zeros. Found: '1'"),
        (
            EMPLOYED + FORSYTH + FORSYTH,
            "line 3.*One row per year, area and subgroup. Found: '2021 37 067 all All, as in line 2'",
        ),
        (EMPLOYED + FORSYTH + "2021,NA,081,.8,.7,.9,1\n", "column state, line 3.*never missing. Found: 'NA'"),
        (EMPLOYED + FORSYTH + "21,37,081,.8,.7,.9,1\n", "column year, line 3.*four digits. Found: '21'"),
        (EMPLOYED + "2021,37,067,80%,.7,.9,1\n", "column share_employed, line 2.*a number or missing.*'80%'"),
        (EMPLOYED + "2021,37,067,inf,.7,.9,1\n", "column share_employed, line 2.*'inf'"),
        (EMPLOYED + "2021,37,067,.8,.7,.9,Good\n", "column share_employed_quality, line 2.*'Good'"),
        (EMPLOYED + FORSYTH.replace("\n", "\r\n") + FORSYTH.replace("067", "081"), "mixes line ends.*line 2"),
        (EMPLOYED + "2021,37,067,.8,.7,.9\n", "cannot be read.*line 2"),
        (WAGE + "2022,37,067,industry,Goods producing,0.8,1\n", "column subgroup, line 2.*Goods producing"),
        (
            WAGE + "2022,37,067,industry,NA,0.8,1\n2022,37,067,industry,Goods Producing,0.8,1\n",
            "column subgroup, line 2.*never missing",
        ),
        (WAGE.replace("subgroup_type,", "") + "2022,37,067,Goods Producing,0.8,1\n", "lacks a column.*subgroup_type"),
    ],
)
def test_a_bad_file_is_refused_with_file_line_and_column(folder, content, words):
    folder.put("employment.csv", content)
    with pytest.raises(MobilityError, match=f"(?s){words}") as refused:
        folder.run()
    assert "published/employment.csv" in str(refused.value)
    assert not folder.workspace.store.list("method=published")


def test_a_folder_without_published_files_is_told(folder):
    folder.put("other.csv", "a,b\n1,2\n")
    with pytest.raises(InputError, match="No published file of metrics"):
        folder.run()


def test_half_an_import_is_not_released(folder, monkeypatch):
    folder.put("employment.csv", EMPLOYED + FORSYTH + FORSYTH.replace("2021", "2022"))
    tables = []

    def interrupted(self, *arguments, original=Import._write):
        if tables:
            raise KeyboardInterrupt
        tables.append(arguments)
        return original(self, *arguments)

    monkeypatch.setattr(Import, "_write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        folder.run()
    monkeypatch.undo()
    with pytest.raises(InputError, match="The last import was interrupted"):
        Release(folder.workspace, "2025.1").publish()
    folder.run()
    # The files of the areas are not there
    with pytest.raises(MobilityError, match="No list of every county is at hand"):
        Release(folder.workspace, "2025.1").publish()


def test_stray_columns_tell_where_the_metric_had_a_row(folder):
    """Publication quirk 3: file 61 has tenure and All where the housing file has a row, with a value or without."""
    header = "year,state,place,state_name,place_name,population,subgroup_type,subgroup,share_affordable_80_ami,"
    header += (
        "share_affordable_80_ami_quality,share_employed,share_employed_lb,share_employed_ub,share_employed_quality\n"
    )
    lines = [
        "2018,13,03000,Georgia,One city,9,tenure,All,1.2,Strong,.5,.4,.6,Weak",
        "2018,13,04000,Georgia,Two city,9,tenure,All,NA,NA,.5,.4,.6,Weak",
        "2018,13,72122,Georgia,Three city,9,NA,NA,NA,NA,.5,.4,.6,Weak",
    ]
    folder.put("61_mobility-metrics_place_longitudinal.csv", header + "\n".join(lines) + "\n")
    folder.run()
    assert folder.rows("share_affordable_80_ami", "value") == [("1303000", 1.2), ("1304000", None)]
    assert len(folder.rows("share_employed", "value")) == 3
