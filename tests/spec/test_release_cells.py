"""The cells of a published file, by hand (card publication-files, sections 3 to 6 and 9)."""

import duckdb
import pyarrow.parquet as pq
import pytest

from pipeline import catalog
from pipeline.publish import cells

AREAS = [
    ("county", 2021, "36061", "36", "061", "New York", "New York County", 1_600_000),
    ("county", 2021, "37067", "37", "067", "North Carolina", "Forsyth County", 380_000),
    ("county", 2023, "36061", "36", "061", "New York", "New York County", 1_600_000),
    ("county", 2023, "37067", "37", "067", "North Carolina", "Forsyth County", 390_000),
    ("place", 2014, "3755000", "37", "55000", "North Carolina", "Raleigh city", 440_000),
    ("place", 2014, "3775000", "37", "75000", "North Carolina", "Winston-Salem city", 240_000),
]
NAMES = (
    "metric, measure, year, geography, geoid, subgroup_type, subgroup, value, lower, upper, quality, numerator, "
    "denominator, note"
)


def row(
    measure,
    year,
    geoid,
    label="all/All",
    value=None,
    quality=None,
    lower=None,
    upper=None,
    pair=(None, None),
    note=None,
):
    kind, _, subgroup = label.partition("/")
    metric = catalog.load().metric_of[measure]
    geography = "county" if len(geoid) == 5 else "place"
    return (metric, measure, year, geography, geoid, kind, subgroup, value, lower, upper, quality, *pair, note)


@pytest.fixture
def released():
    """(file number, rows of metric tables, method) -> the file's cells by (year, geoid, subgroup, column), and its rows."""

    def run(number, rows, method="2025"):
        con = duckdb.connect()
        con.execute(
            "CREATE TABLE areas (geography VARCHAR, year SMALLINT, geoid VARCHAR, state VARCHAR, code VARCHAR, "
            "state_name VARCHAR, area_name VARCHAR, population BIGINT)"
        )
        con.executemany("INSERT INTO areas VALUES (?, ?, ?, ?, ?, ?, ?, ?)", AREAS)
        con.execute(
            "CREATE TABLE metric_tables (metric VARCHAR, measure VARCHAR, year SMALLINT, geography VARCHAR, "
            "geoid VARCHAR, subgroup_type VARCHAR, subgroup VARCHAR, value DOUBLE, lower DOUBLE, upper DOUBLE, "
            "quality TINYINT, standard_error DOUBLE, numerator DOUBLE, denominator DOUBLE, sample_size BIGINT, note VARCHAR)"
        )
        con.executemany(f"INSERT INTO metric_tables ({NAMES}) VALUES ({', '.join('?' * 14)})", rows)
        cells.define(con, catalog.load(method))
        cells.assemble(con, number)
        found = con.execute('SELECT year, geoid, subgroup, "column", text FROM cells').fetchall()
        order = con.execute("SELECT row_order, year, geoid, subgroup, subgroup_type FROM file_rows").fetchall()
        notes = dict(con.execute('SELECT "column", note FROM cells WHERE note IS NOT NULL').fetchall())
        return {tuple(each[:4]): each[4] for each in found}, order, notes

    return run


def test_value_bounds_and_flag_are_a_cell_each(released):
    found, rows, _ = released("11", [row("share_employed", 2021, "37067", value=0.75, lower=0.7, upper=0.8, quality=2)])
    texts = {key[3]: text for key, text in found.items()}
    assert texts == {
        "share_employed": "0.75",
        "share_employed_lb": "0.7",
        "share_employed_ub": "0.8",
        "share_employed_quality": "Marginal",
    }
    # Both counties of the year are rows, 2023 is not: no cell of it
    assert [each[1:3] for each in rows] == [(2021, "36061"), (2021, "37067")]


def test_the_overall_value_is_all_of_a_family_without_a_total_of_its_own(released):
    overall, label = row("share_homeless", 2021, "37067", value=0.02), "race-ethnicity/Hispanic"
    found, _, _ = released("12", [overall, row("share_homeless", 2021, "37067", label, value=0.03)])
    assert found[2021, "37067", "All", "share_homeless"] == "0.02"
    assert found[2021, "37067", "Hispanic", "share_homeless"] == "0.03"
    # Without the family in that year there is no All either
    assert released("12", [overall])[0] == {}
    own = row("share_homeless", 2021, "37067", "race-ethnicity/All", value=0.04)
    found, _, _ = released("12", [overall, own, row("share_homeless", 2021, "37067", label, value=0.03)])
    assert found[2021, "37067", "All", "share_homeless"] == "0.04"


def test_subgroups_have_the_order_and_the_types_of_the_file(released):
    _, rows, _ = released("19", [row("ratio_living_wage", 2021, "37067", "industry/Goods Producing", value=1.0)])
    labels = catalog.load().publication.files["19"].subgroups
    assert [each[3] for each in rows] == labels * 2 and labels[0] == "All"
    assert [each[4] for each in rows[:2]] == ["all", "industry"]
    assert [each[0] for each in rows] == list(range(1, 17))


def test_labels_are_those_of_the_file(released):
    found, _, _ = released(
        "13", [row("index_air_hazard", 2021, "37067", "race-ethnicity/Majority Non-White", value=40.0)]
    )
    assert found == {
        (2021, "37067", "Neighborhoods of color", "index_air_hazard"): "40",
        (2021, "37067", "Neighborhoods of color", "index_air_hazard_quality"): None,
    }
    found, _, _ = released("14", [row("index_air_hazard", 2021, "37067", "poverty/High-Poverty", value=41.0)])
    assert found[2021, "37067", "High-Poverty", "index_air_hazard"] == "41"


def test_a_value_that_is_taken_back_says_so(released):
    rows = [row("rate_crime_violent", year, "36061", value=100.0, quality=1) for year in (2021, 2023)]
    rows.append(row("share_employed", 2021, "37067", value=0.7))
    found, _, notes = released("11", rows)
    assert found[2021, "36061", "All", "rate_crime_violent"] is None
    assert found[2021, "36061", "All", "rate_crime_violent_quality"] is None
    assert found[2023, "36061", "All", "rate_crime_violent"] == "100"
    assert notes["rate_crime_violent"].startswith("taken back: results looked unreasonable")


def test_a_flag_without_a_value_is_cleared_where_the_file_does(released):
    lonely = row("share_debt_coll", 2021, "37067", "race-ethnicity/White neighborhoods", quality=3)
    other = row("share_debt_coll", 2021, "36061", "race-ethnicity/White neighborhoods", value=0.2, quality=1)
    found, _, _ = released("13", [lonely, other])
    assert found[2021, "37067", "White neighborhoods", "share_debt_coll_quality"] is None
    assert found[2021, "36061", "White neighborhoods", "share_debt_coll_quality"] == "Strong"
    found, _, _ = released(
        "11", [row("share_debt_coll", 2021, "37067", quality=3), row("share_debt_coll", 2021, "36061", value=0.2)]
    )
    assert found[2021, "37067", "All", "share_debt_coll_quality"] == "Weak"


def test_a_pair_is_one_text(released):
    measure = "ratio_black_nh_house_value_households"
    found, _, _ = released("11", [row(measure, 2021, "37067", value=0.53, quality=1, pair=(0.136, 0.256))])
    assert found[2021, "37067", "All", measure] == "0.136:0.256"
    # No household of the group: the ratio is not defined, both shares are
    found, _, _ = released("11", [row(measure, 2021, "37067", pair=(0.0, 0.0))])
    assert found[2021, "37067", "All", measure] == "0.000:0.000"


def test_stray_columns_stand_where_the_measure_has_a_row(released):
    found, rows, _ = released("61", [row("share_affordable_80_ami", 2014, "3755000", value=1.2)])
    assert found[2014, "3755000", "All", "subgroup_type"] == "tenure"
    assert found[2014, "3755000", "All", "subgroup"] == "All"
    assert (2014, "3775000", "All", "subgroup") not in found and len(rows) == 2
    found, _, _ = released("61", [row("share_affordable_80_ami", 2014, "3755000", value=1.2)], "corrected")
    assert {key[3] for key in found} == {"share_affordable_80_ami", "share_affordable_80_ami_quality"}


def test_years_without_a_cell_are_left_out_but_by_file_13(released):
    label = "race-ethnicity/White neighborhoods"
    filled = row("share_debt_coll", 2023, "37067", label, value=0.2)
    assert {each[1] for each in released("13", [filled])[1]} == {2021, 2023}
    assert {each[1] for each in released("13", [filled], "corrected")[1]} == {2023}
    assert released("12", [filled])[1] == []


def test_numbers_have_the_digits_of_their_metric_and_the_decimals_of_the_edition(released):
    rows = [
        row("ratio_living_wage", 2021, "37067", value=0.7321080565452576),
        row("share_employed", 2021, "37067", value=0.78346, lower=0.1, upper=0.9),
        row("pctl_income_50", 2021, "37067", value=50000.5, lower=1.0, upper=2.0),
    ]
    texts = {key[3]: text for key, text in released("11", rows)[0].items()}
    assert (texts["ratio_living_wage"], texts["share_employed"], texts["pctl_income_50"]) == (
        "0.7321081",
        "0.78346",
        "50000.5",
    )
    texts = {key[3]: text for key, text in released("11", rows, "2026")[0].items()}
    # Half to even, as R's round
    assert (texts["ratio_living_wage"], texts["share_employed"], texts["pctl_income_50"]) == (
        "0.7321",
        "0.7835",
        "50000",
    )
    texts = {key[3]: text for key, text in released("11", rows, "published")[0].items()}
    assert texts["ratio_living_wage"] == "0.7321080565452576"


def test_an_area_that_the_year_does_not_have_is_in_no_row(released):
    found, rows, _ = released(
        "11", [row("share_employed", 2021, "46113", value=0.5), row("share_employed", 2021, "37067", value=0.5)]
    )
    assert {key[1] for key in found} == {"37067"} and len(rows) == 2


def test_a_file_and_its_twin_hold_the_same(released, tmp_path):
    con = duckdb.connect()
    con.execute(
        "CREATE TABLE areas (geography VARCHAR, year SMALLINT, geoid VARCHAR, state VARCHAR, code VARCHAR, "
        "state_name VARCHAR, area_name VARCHAR, population BIGINT)"
    )
    con.executemany("INSERT INTO areas VALUES (?, ?, ?, ?, ?, ?, ?, ?)", AREAS)
    rows = [
        row("share_employed", 2021, "37067", value=0.75, lower=0.7, upper=0.8, quality=2),
        row("ratio_white_nh_house_value_households", 2021, "37067", value=1.2, quality=1, pair=(0.736, 0.608)),
    ]
    con.execute(
        "CREATE TABLE metric_tables (metric VARCHAR, measure VARCHAR, year SMALLINT, geography VARCHAR, geoid VARCHAR, "
        "subgroup_type VARCHAR, subgroup VARCHAR, value DOUBLE, lower DOUBLE, upper DOUBLE, quality TINYINT, "
        "numerator DOUBLE, denominator DOUBLE, note VARCHAR)"
    )
    con.executemany(f"INSERT INTO metric_tables ({NAMES}) VALUES ({', '.join('?' * 14)})", rows)
    entries = catalog.load()
    cells.define(con, entries)
    with cells.Writer(con, entries, tmp_path, lambda column: {"title": column.upper()}) as writer:
        written = writer.write("11", entries.publication.files["11"])
    assert written.rows == 2 and written.columns == [
        "ratio_white_nh_house_value_households",
        "ratio_white_nh_house_value_households_quality",
        "share_employed",
        "share_employed_lb",
        "share_employed_ub",
        "share_employed_quality",
    ]
    text = (tmp_path / f"{written.file.stem}.csv").read_text(encoding="utf-8").splitlines()
    assert text[0].startswith("year,state,county,state_name,county_name,population,ratio_white")
    assert text[1] == "2021,36,061,New York,New York County,1600000,NA,NA,NA,NA,NA,NA"
    assert text[2] == "2021,37,067,North Carolina,Forsyth County,380000,0.736:0.608,Strong,0.75,0.7,0.8,Marginal"
    twin = pq.read_table(tmp_path / f"{written.file.stem}.parquet")
    assert twin.schema.field("share_employed").metadata == {b"title": b"SHARE_EMPLOYED"}
    assert [str(twin.schema.field(name).type) for name in ("state", "population", "share_employed")] == [
        "string",
        "int64",
        "double",
    ]
    assert twin.to_pylist()[1]["share_employed"] == 0.75 and twin.to_pylist()[0]["share_employed"] is None
    recent = (tmp_path / "recent" / "11_mobility-metrics_county_recent.csv").read_text(encoding="utf-8").splitlines()
    assert recent[0].split(",")[5:8] == [
        "ratio_white_nh_house_value_households_year",
        "ratio_white_nh_house_value_households",
        "ratio_white_nh_house_value_households_quality",
    ]
    assert recent[-1].split(",")[5:7] == ["2021", "0.736:0.608"]
