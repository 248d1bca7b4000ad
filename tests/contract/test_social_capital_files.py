"""Business patterns, connectedness, correspondence files and outlines: the real headers, and what is refused."""

import json

import duckdb
import geopandas
import pytest
import shapely

from conftest import made
from pipeline.errors import InputError


def answer(header, *rows):
    return json.dumps([header, *rows])


COUNTY = ["EMP", "ESTAB", "NAICS2017", "state", "county"]


@pytest.mark.parametrize(
    ("year", "naics"), [("2014", "NAICS2012"), ("2016", "NAICS2012"), ("2017", "NAICS2017"), ("2023", "NAICS2017")]
)
def test_business_patterns_of_counties(raw, year, naics):
    header = ["EMP", "ESTAB", naics, "state", "county"]
    raw.put(
        f"census_cbp/{year}_cbp/county.json",
        answer(
            header,
            ["0", "73", "813110", "01", "001"],
            ["0", "300", "81", "01", "001"],
            ["0", "80", "8131//", "01", "001"],
        ),
    )
    assert raw.staged("cbp_county", year) == [{"geoid": "01001", "naics": "813110", "establishments": 73}]


def test_one_answer_per_industry_selected_by_code(raw):
    # What is asked for and selected by is in the answer twice.
    for naics, count in (("813110", "73"), ("713940", "6")):
        header = ["ESTAB", "NAICS2017", "NAICS2017", "LFO", "EMPSZES", "state", "county"]
        raw.put(
            f"census_cbp/2019_cbp/county-{naics}.json", answer(header, [count, naics, naics, "001", "001", "01", "001"])
        )
    found = raw.staged("cbp_county", "2019")
    assert [(row["naics"], row["establishments"]) for row in found] == [("713940", 6), ("813110", 73)]


@pytest.mark.parametrize("column", ["zip code", "zipcode", "zip_code"])
def test_business_patterns_of_zip_codes(raw, column):
    raw.put(
        "census_cbp/2018_zbp/zipcode.json", answer(["EMP", "ESTAB", "NAICS2017", column], ["0", "5", "813110", "01001"])
    )
    assert raw.staged("cbp_zip", "2018") == [{"zip": "01001", "naics": "813110", "establishments": 5}]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        # Another year: the industry codes of 2012
        (
            answer(["EMP", "ESTAB", "NAICS2012", "state", "county"], ["0", "1", "813110", "01", "001"]),
            "NAICS2017.*NAICS2012",
        ),
        # Another table of the same agency
        (answer(["NAME", "B01001_001E", "state", "county"], ["x", "1", "01", "001"]), "lacks a column"),
        # A size class instead of all
        (answer([*COUNTY, "EMPSZES"], ["0", "1", "813110", "01", "001", "210"]), "EMPSZES.*001.*'210'"),
        (answer(COUNTY, ["0", "D", "813110", "01", "001"]), "ESTAB.*'D'"),
        (answer(COUNTY, ["0", "1", "813110", "1", "001"]), "state.*'1'"),
        (answer(COUNTY, ["0", "1", "813110", "01", "001"])[:-20], "read to its end"),
        (answer(COUNTY, ["0", "1", "813110", "01"]), "not a table"),
        (json.dumps({"error": "unknown variable"}), "not a table"),
        (answer(COUNTY), "not a table"),
        (answer(COUNTY, ["0", "1", "81", "01", "001"]), "No rows"),
        (answer(COUNTY, *[["0", "1", "813110", "01", "001"]] * 2), "Duplicate keys"),
    ],
)
def test_bad_business_patterns_are_refused(raw, content, words):
    raw.put("census_cbp/2022_cbp/county.json", content)
    with pytest.raises(InputError, match=f"(?s){words}"):
        raw.staged("cbp_county", "2022")


ATLAS = "county,county_name,num_below_p50,pop2018,ec_county,ec_se_county,child_ec_county\n"
ATLAS_ZIP = "zip,county,num_below_p50,pop2018,ec_zip,ec_se_zip,nbhd_ec_zip\n"


def test_connectedness(raw):
    raw.put(
        "opportunity-insights/social_capital_county.csv",
        ATLAS + '1001,"Autauga, Alabama",5922.3,55200,.72077,.0083100004,1.1\n1005,"X, Y",1,2,,,\n',
    )
    assert raw.staged("social_capital_county", "2022") == [
        {"geoid": "01001", "connectedness": 0.72077, "standard_error": 0.0083100004},
        {"geoid": "01005", "connectedness": None, "standard_error": None},
    ]
    raw.put(
        "opportunity-insights/social_capital_zip.csv",
        ATLAS_ZIP + "601,,10.5,9,,,\n1001,25013,995.7,17621,.88156998,.02,1.5\n",
    )
    assert raw.staged("social_capital_zip", "2022") == [
        {"zcta": "00601", "county_geoid": None, "low_status_people": 10.5, "connectedness": None},
        {"zcta": "01001", "county_geoid": "25013", "low_status_people": 995.7, "connectedness": 0.88156998},
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        # The file of ZIP codes or of colleges under the name of the counties'
        (ATLAS_ZIP + "1001,25013,995.7,17621,.88,.02,1.5\n", "lacks a column"),
        # Percentages where a ratio is expected
        (ATLAS + '1001,"Autauga, Alabama",5922.3,55200,36.04,.83,1.1\n', "ec_county.*0 to 2.*'36.04'"),
        (ATLAS + '1001,"Autauga, Alabama",5922.3,55200,Suppressed,,1.1\n', "ec_county.*'Suppressed'"),
    ],
)
def test_bad_connectedness_is_refused(raw, content, words):
    raw.put("opportunity-insights/social_capital_county.csv", content)
    with pytest.raises(InputError, match=f"(?s){words}"):
        raw.staged("social_capital_county", "2022")


def test_correspondence_of_zctas_and_places(raw):
    labels = (
        '"ZIP census tabulation area","State code","Place code","State abbr.","Place name","Total population","a","b"\n'
    )
    raw.put(
        "zcta-crosswalks/2010_ZCTA_2010_Census_Places_Crosswalk.csv",
        '"zcta5","state","placefp","stab","placenm","pop10","afact","AFACT2"\n'
        + labels
        + '"01001","25","00840","MA","Agawam Town, MA",16769,1,0.5897\n"01001","25","99999","MA"," ",10,0.4,0.1\n',
    )
    raw.put(
        "zcta-crosswalks/2020_ZCTA_2021_Census_Places_Crosswalk.csv",
        '"zcta","state","place","stab","PlaceName","pop20","afact","AFACT2"\n'
        + labels
        + '"01001","25","00840","MA","Agawam Town, MA",16769,1,0.6\n',
    )
    assert [row["zcta_to_place"] for row in raw.staged("geocorr_zcta_place", "2010")] == [1, 0.4]
    assert raw.staged("geocorr_zcta_place", "2020") == [
        {"zcta": "01001", "place_geoid": "2500840", "zcta_to_place": 1, "place_to_zcta": 0.6}
    ]


def outlines(tmp_path, name, **columns):
    frame = geopandas.GeoDataFrame(columns, geometry=[shapely.box(-99, 40, -98.9, 40.1)], crs="EPSG:4269")
    frame.to_file(tmp_path / f"{name}.shp")
    return {path.name: path.read_bytes() for path in tmp_path.glob(f"{name}.*")}


def test_parts_of_zctas_are_made_from_tiger_line(raw, tmp_path):
    for name, content in outlines(tmp_path, "tl_2010_us_zcta510", ZCTA5CE10=["66901"]).items():
        raw.put("census_geography/tl_2010_us_zcta510.zip", content, name)
    raw.put(
        "urban-population/place-populations.csv",
        "year,state,place,population,state_name,place_name\n2020,20,00001,100000,Kansas,A city\n",
    )
    step = raw.workspace.plan
    with pytest.raises(Exception, match=r"2010_ZCTA_2021_Census_Places_Crosswalk\.csv"):
        step.geography("zcta_area_to_place")
    for name, content in outlines(tmp_path, "tl_2021_20_place", STATEFP=["20"], PLACEFP=["00001"]).items():
        raw.put("census_geography/tl_2021_20_place.zip", content, name)
    workspace = raw.workspace
    made(workspace, [workspace.plan.geography("zcta_area_to_place")])

    path = workspace.store.local("geography/zcta_area_to_place.parquet")
    assert duckdb.sql(f"FROM read_parquet('{path}')").fetchall() == [("66901", "2000001", 1.0)]
