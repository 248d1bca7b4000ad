"""Returns by county, citizens of voting age, precincts and boundaries: the real headers, and what is refused."""

import geopandas
import pytest
import shapely

from conftest import made
from pipeline.errors import InputError

RETURNS_2016 = "year,state,state_po,county,FIPS,office,candidate,party,candidatevotes,totalvotes,version\n"
RETURNS = "year,state,state_po,county_name,county_fips,office,candidate,party,candidatevotes,totalvotes,version,mode\n"


def votes(rows):
    return [
        (row["state_po"], row["geoid"], row["party"], row["mode"], row["votes"], row["total_votes"]) for row in rows
    ]


def test_returns_of_2000_to_2016(raw):
    raw.put(
        "mit_elections/countypres_2000-2016.csv",
        RETURNS_2016
        + "2012,Alabama,AL,Autauga,1001,President,Barack Obama,democrat,6363,23932,20191203\n"
        + "2016,Alabama,AL,Autauga,1001,President,Hillary Clinton,democrat,5936,24973,20191203\n"
        + "2016,Alabama,AL,Autauga,1001,President,Other,NA,865,24973,20191203\n"
        + "2016,Connecticut,NA,Statewide writein,NA,President,Hillary Clinton,democrat,NA,5056,20191203\n",
    )
    assert votes(raw.staged("presidential_votes_county", "2016")) == [
        ("AL", "01001", "democrat", None, 5936, 24973),
        ("AL", "01001", None, None, 865, 24973),
        (None, None, "democrat", None, None, 5056),
    ]


@pytest.mark.parametrize(
    ("path", "vintage", "office"),
    [
        ("mit-election-lab/countypres_2000-2020.csv", "2020", "US PRESIDENT"),
        ("mit-election-lab/countypres_2020.csv", "2020", "PRESIDENT"),
        ("mit-election-lab/countypres_2000-2024.csv", "2024", "US PRESIDENT"),
        ("mit_elections/countypres_2000-2020.only2016.csv", "2016", "US PRESIDENT"),
    ],
)
def test_returns_by_mode_of_voting(raw, path, vintage, office):
    raw.put(
        path,
        RETURNS
        + f"{vintage},GEORGIA,GA,FULTON,13121,{office},JOSEPH R BIDEN JR,DEMOCRAT,100,250,20210622,ELECTION DAY\n"
        + f"{vintage},GEORGIA,GA,FULTON,13121,{office},JOSEPH R BIDEN JR,DEMOCRAT,150,250,20210622,ABSENTEE\n"
        + f"2008,GEORGIA,GA,FULTON,13121,{office},BARACK OBAMA,DEMOCRAT,1,1,20210622,TOTAL\n"
        + f"{vintage},DISTRICT OF COLUMBIA,DC,DISTRICT OF COLUMBIA,NA,{office},OTHER,OTHER,NA,NA,20210622,TOTAL\n"
        + f"{vintage},MISSOURI,MO,KANSAS CITY,2938000,{office},OTHER,OTHER,7,7,20210622,TOTAL\n",
    )
    assert votes(raw.staged("presidential_votes_county", vintage)) == [
        ("GA", "13121", "DEMOCRAT", "ELECTION DAY", 100, 250),
        ("GA", "13121", "DEMOCRAT", "ABSENTEE", 150, 250),
        ("DC", None, "OTHER", "TOTAL", None, None),
        ("MO", "2938000", "OTHER", "TOTAL", 7, 7),
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        # Another table of the same publisher
        (RETURNS + "2020,GEORGIA,GA,FULTON,13121,US SENATE,X,DEMOCRAT,100,250,20210622,TOTAL\n", "No rows"),
        # Another year
        (RETURNS + "2016,GEORGIA,GA,FULTON,13121,PRESIDENT,X,DEMOCRAT,100,250,20210622,TOTAL\n", "No rows"),
        # A new text for a missing number
        (
            RETURNS + "2020,GEORGIA,GA,FULTON,13121,PRESIDENT,X,DEMOCRAT,n/a,250,20210622,TOTAL\n",
            "candidatevotes.*'n/a'",
        ),
        # Percentages where votes are expected
        (
            RETURNS + "2020,GEORGIA,GA,FULTON,13121,PRESIDENT,X,DEMOCRAT,72.6,250,20210622,TOTAL\n",
            "candidatevotes.*'72.6'",
        ),
        # The same line twice
        (RETURNS + "2020,GEORGIA,GA,FULTON,13121,PRESIDENT,X,DEMOCRAT,1,2,20210622,TOTAL\n" * 2, "Duplicate keys"),
        # Cut off in a line
        (RETURNS + "2020,GEORGIA,GA,FULTON,13121,PRESIDENT,X\n", "cannot be read"),
        (RETURNS_2016 + "2020,Georgia,GA,Fulton,13121,President,X,democrat,1,2,20191203\n", "lacks a column"),
    ],
)
def test_bad_returns_are_refused(raw, content, words):
    raw.put("mit-election-lab/countypres_2020.csv", content)
    with pytest.raises(InputError, match=f"(?s){words}"):
        raw.staged("presidential_votes_county", "2020")


CITIZENS_2016 = "GEONAME,LNTITLE,GEOID,LNNUMBER,TOT_EST,TOT_MOE,ADU_EST,ADU_MOE,CIT_EST,CIT_MOE,CVAP_EST,CVAP_MOE\n"
CITIZENS = CITIZENS_2016.lower()


def test_citizens_in_both_layouts(raw):
    raw.put(
        "census_cvap/CVAP_2012-2016_ACS_csv_files.zip",
        CITIZENS_2016
        + '"Doña Ana County, New Mexico",Total,05000US35013,1,1,1,1,1,1,1,144280,985\n'
        + '"Doña Ana County, New Mexico",Not Hispanic or Latino,05000US35013,2,1,1,1,1,1,1,50000,985\n',
        "County.csv",
    )
    assert raw.staged("cvap_county", "2016") == [
        {"geoid": "35013", "name": "Doña Ana County, New Mexico", "citizens": 144280, "margin_of_error": 985}
    ]
    path = "census_cvap/CVAP_2016-2020_ACS_csv_files.zip"
    raw.put(path, CITIZENS + '"X city, Utah",Total,1600000US4900001,1,1,1,1,1,1,1,75,20\n', "CVAP/Place.csv")
    raw.put(path, CITIZENS + '"X County, Utah",Total,0500000US49001,1,1,1,1,1,1,1,70,20\n', "CVAP/County.csv")
    assert [row["geoid"] for row in raw.staged("cvap_place", "2020")] == ["4900001"]
    assert [row["geoid"] for row in raw.staged("cvap_county", "2020")] == ["49001"]


@pytest.mark.parametrize(
    ("member", "content", "words"),
    [
        ("Tract.csv", CITIZENS + "x,Total,1400000US01001020100,1,1,1,1,1,1,1,5,1\n", "expected member"),
        ("County.csv", CITIZENS + "x,Total,0400000US01,1,1,1,1,1,1,1,5,1\n", "No rows"),
        ("County.csv", CITIZENS + "x,Total,0500000US01001,1,1,1,1,1,1,1,(X),1\n", r"cvap_est.*\(X\)"),
        ("County.csv", CITIZENS, "no rows"),
    ],
)
def test_bad_citizens_are_refused(raw, member, content, words):
    raw.put("census_cvap/CVAP_2016-2020_ACS_csv_files.zip", content, member)
    with pytest.raises(InputError, match=f"(?s){words}"):
        raw.staged("cvap_county", "2020")


def shapes(folder, name, crs="EPSG:4269", **columns):
    """A zipped shapefile of two boxes, the second with a Z that a reader must drop and a ring that crosses itself."""
    bow_tie = shapely.from_wkt("POLYGON Z((-98 40 1, -97.9 40.1 1, -97.9 40 1, -98 40.1 1, -98 40 1))")
    frame = geopandas.GeoDataFrame(
        columns, geometry=[shapely.force_3d(shapely.box(-99, 40, -98.9, 40.1)), bow_tie], crs=crs
    )
    (folder / "parts").mkdir(parents=True, exist_ok=True)
    frame.to_file(folder / "parts" / f"{name}.shp")
    return {path.name: path.read_bytes() for path in (folder / "parts").glob(f"{name}.*")}


def test_precincts(raw, tmp_path):
    parts = shapes(tmp_path, "ks_2020", G20PREDBID=[10, 20], G20PRERTRU=[1, 2], G20USSRMAR=[500, 600])
    for name, content in parts.items():
        raw.put("vest/ks_2020.zip", content, f"ks_2020/{name}")
    found = raw.staged("precinct", "2020")
    assert [(row["postal"], row["precinct"], row["votes"]) for row in found] == [("KS", 1, 11.0), ("KS", 2, 22.0)]
    # 0.1 degrees of longitude at 40 degrees north by 0.1 of latitude: 94.8 km2; the bow tie is half of it.
    assert [row["area"] / 1e6 for row in found] == [pytest.approx(94.8, abs=0.2), pytest.approx(47.4, abs=0.1)]
    assert all(shapely.from_wkb(row["geometry"]).is_valid for row in found)
    assert not any(shapely.has_z(shapely.from_wkb(row["geometry"])) for row in found)
    assert found[0]["bounds"] == list(shapely.from_wkb(found[0]["geometry"]).bounds)


def refused(raw, words):
    with pytest.raises(InputError, match=f"(?s){words}"):
        raw.staged("precinct", "2020")


def test_bad_precincts_are_refused(raw, tmp_path):
    of_2016 = shapes(tmp_path, "a", G16PREDCLI=[10, 20])
    for name, content in of_2016.items():
        raw.put("vest/ks_2020.zip", content, name)
    refused(raw, r"G20PRE\*.*G16PREDCLI")
    (raw.path / "vest/ks_2020.zip").unlink()
    nowhere = shapes(tmp_path, "b", crs=None, G20PREDBID=[10, 20])
    for name, content in nowhere.items():
        raw.put("vest/ks_2020.zip", content, name)
    refused(raw, r"coordinate system")
    for name, content in of_2016.items():
        raw.put("vest/ks_2020.zip", content, name)
    refused(raw, "several shapefiles")
    raw.put("vest/ks_2020.zip", (raw.path / "vest/ks_2020.zip").read_bytes()[:-300])
    refused(raw, "complete zip file")


def test_two_files_of_a_state_are_refused(raw, tmp_path):
    for name, content in shapes(tmp_path, "a", G20PREDBID=[10, 20]).items():
        raw.put("vest/ky_2020.zip", content, name)
    for name, content in shapes(tmp_path, "b", G20PREDBID=[11, 20]).items():
        raw.put("vest/ky_2020_vtd_estimates.zip", content, name)
    places = shapes(tmp_path, "p", STATEFP=["21", "21"], PLACEFP=["00001", "00002"])
    for name, content in places.items():
        raw.put("census_geography/cb_2020_21_place_500k.zip", content, name)
    raw.put(
        "urban-population/place-populations.csv",
        "year,state,place,population,state_name,place_name\n2020,21,00001,100000,Kentucky,A city\n",
    )
    with pytest.raises(InputError, match="Duplicate keys in geography/precinct_to_place"):
        made(raw.workspace, [raw.workspace.plan.geography("precinct_to_place", "2020")])
