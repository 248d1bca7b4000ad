"""Region files as they come: every one is valid or a clear error, whatever is in it."""

import io
import json
import random
import zipfile

import pytest

from pipeline.errors import InputError, MobilityError
from pipeline.plan.custom import CustomGeography
from pipeline.region import files
from pipeline.region.problems import RegionError

RESERVED = ("county", "place")
HEADER = "region,name,component_type,component_geoid,weight,vintage"
VALID = f"""{HEADER}
triad,Piedmont Triad,county,37067,,
triad,Piedmont Triad,county,"Guilford County, NC",0.5,
core,,tract,37067000100,1,2010
core,,place,3775000,0.25,
zip,A ZIP,zcta,27101,,
micro,,puma,3701801,,2020
town,Hartford,town,0911037070,,
"""
SQUARE = [[[-80.5, 36.0], [-80.0, 36.0], [-80.0, 36.4], [-80.5, 36.4], [-80.5, 36.0]]]
GEOJSON = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"region": "a", "name": "Alpha"},
            "geometry": {"type": "Polygon", "coordinates": SQUARE},
        }
    ],
}


@pytest.fixture
def read(tmp_path):
    """The regions of a file with the given content."""

    def run(content, name="triad.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return files.read(path, RESERVED)

    return run


def shapefile(tmp_path, system="EPSG:2264") -> bytes:
    """A zipped shapefile of a square around Winston-Salem."""
    import geopandas
    import shapely

    shape = geopandas.GeoSeries([shapely.Polygon(SQUARE[0])], crs="EPSG:4269").to_crs(system)
    geopandas.GeoDataFrame({"region": ["a"], "name": ["Alpha"]}, geometry=shape, crs=system).to_file(tmp_path / "a.shp")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for part in sorted(tmp_path.glob("a.*")):
            archive.write(part, f"folder/{part.name}")
    return packed.getvalue()


# -- tables ---------------------------------------------------------------------------------------------


def test_a_valid_file(read):
    found = read(VALID)
    assert (found.name, found.file, len(found.sha256)) == ("triad", "triad.csv", 64)
    assert [(each.region, each.component_geoid, each.weight, each.vintage) for each in found.parts[:3]] == [
        ("triad", "37067", "1", None),
        ("triad", "Guilford County, NC", "0.5", None),
        ("core", "37067000100", "1", "2010"),
    ]
    assert CustomGeography.from_json(json.loads(json.dumps(found.as_json()))) == found


def test_byte_order_mark_line_ends_and_column_order_do_not_matter(read):
    turned = "\ufeffcomponent_geoid,component_type,REGION\r\n37067,County,triad\r\n\r\n"
    assert read(turned).parts[0].component_geoid == "37067"


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("a,,county,7067,,", "has 4 digits, that of a county 5; with its leading zero it may be 07067."),
        ("a,,place,37067,,", "has 5 digits, that of a place 7; is it a county or a zcta?"),
        ("a,,county,37067.0,,", "is no code of 5 digits, or a name with its state"),
        ("a,,tract,Wilmington,,", "is no code of 11 digits."),
        ("a,,conty,37067,,", "none of county, place, tract, puma, zcta, town; is county meant?"),
        ("a,,county,37067,2,", "weight '2' is no number above 0 and up to 1."),
        ("a,,county,37067,0,", "weight '0' is no number"),
        ('a,,county,37067,"0,5",', "with a point, not a comma"),
        ("a,,county,37067,nan,", "weight 'nan' is no number"),
        ("a,,county,37067,,2015", "vintage '2015' is not 2010 or 2020"),
        ("a b,,county,37067,,", "region 'a b' is no code"),
        ("../a,,county,37067,,", "region '../a' is no code"),
        ("27101,,county,37067,,", "region '27101' may not have the 5 digits of a county's or place's GEOID"),
        ("a,x\x1b[31m,county,37067,,", "holds characters that cannot be shown"),
        ("a,,county,37067", "4 fields where the header has 6"),
        ("a,,county,３７０６７,,", "is no code of 5 digits"),
    ],
)
def test_a_wrong_line_is_named(read, row, told):
    with pytest.raises(RegionError) as caught:
        read(f"{HEADER}\nb,,county,37081,,\n{row}\n")
    assert "triad.csv: Line 3: " in str(caught.value) and told in str(caught.value)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "has no column 'region'"),
        (f"{HEADER}\n", "a header and no rows"),
        (
            "region,component_type,component_geiod\na,county,37067\n",
            "'component_geiod' is not known; is component_geoid meant?",
        ),
        (f"{HEADER},weight\n", "Column 'weight' is there twice"),
        ("\xff\xfe".encode("latin-1"), "not UTF-8 text"),
        ("region\0", "holds a byte 0"),
        (f'{HEADER}\n"a', "is no CSV"),
        (f"{HEADER}\na,A,county,37067,,\na,B,county,37081,,\n", "has the names 'A' and 'B'"),
        (f"{HEADER}\na,,county,37067,,\nA,,county,37081,,\n", "differ in case alone"),
        (f"{HEADER}\na,,county,37067,0.6,\na,,county,37067,0.6,\n", "add up to 1.2"),
    ],
)
def test_a_wrong_file_is_told(read, content, told):
    with pytest.raises(RegionError) as caught:
        read(content)
    assert told in str(caught.value) and caught.value.exit_code == 2


def test_many_problems_are_counted(read):
    with pytest.raises(RegionError) as caught:
        read(f"{HEADER}\n" + "a,,county,1,,\n" * 1000)
    assert len(caught.value.problems) == 1000 and "And 995 more." in str(caught.value) and len(str(caught.value)) < 2000


@pytest.mark.parametrize(
    "name", ["county.csv", "Place.csv", "region.csv", "a b.csv", ".csv", "a.b.csv", "x" * 70 + ".csv"]
)
def test_a_name_that_no_geography_can_have_is_refused(read, name):
    with pytest.raises(RegionError):
        read(VALID, name)


@pytest.mark.parametrize("name", ["triad.xlsx", "triad.txt", "triad", "triad.shp", "triad.vrt"])
def test_a_file_of_another_kind_is_refused(read, name):
    with pytest.raises(RegionError, match="is not known; expected .csv"):
        read(VALID, name)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        files.read(tmp_path / "nothing.csv", RESERVED)


# -- polygons -------------------------------------------------------------------------------------------


def test_polygons_of_any_coordinate_system_are_the_same(read, tmp_path):
    plain = read(json.dumps(GEOJSON), "a.geojson").parts[0]
    packed = read(shapefile(tmp_path), "a.zip").parts[0]
    import shapely

    assert (
        (plain.region, plain.name, plain.component_type)
        == (packed.region, packed.name, "polygon")
        == ("a", "Alpha", "polygon")
    )
    one, other = (shapely.from_wkb(bytes.fromhex(each.shape)) for each in (plain, packed))
    assert one.symmetric_difference(other).area / one.area < 1e-5


def test_features_of_a_region_are_one_part(read):
    twice = {**GEOJSON, "features": GEOJSON["features"] * 2}
    assert len(read(json.dumps(twice), "a.json").parts) == 1


def feature(properties, geometry):
    return json.dumps(
        {"type": "FeatureCollection", "features": [{"type": "Feature", "properties": properties, "geometry": geometry}]}
    )


SHAPE = GEOJSON["features"][0]["geometry"]


def polygon(*corners) -> dict:
    return {"type": "Polygon", "coordinates": [[*corners, corners[0]]]}


@pytest.mark.parametrize(
    "outline",
    [
        # It touches itself in a point, goes back on its own line, and lies about the Aleutians east of 180 degrees
        polygon([-81, 36], [-79, 36], [-79, 38], [-80, 36], [-81, 38]),
        polygon([-81, 36], [-80, 36], [-80, 37], [-80, 38], [-80, 37], [-81, 37]),
        polygon([173, 52], [174, 52], [174, 53]),
    ],
)
def test_an_outline_that_is_mended_without_a_change_of_its_area(read, outline):
    assert [part.region for part in read(feature({"region": "a"}, outline), "a.geojson").parts] == ["a"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{", "is no JSON"),
        ("[" * 100_000, "is no JSON"),
        ("[]", "no GeoJSON FeatureCollection"),
        ("<OGRVRTDataSource/>", "is no JSON"),
        (json.dumps({"type": "FeatureCollection", "features": []}), "at least one feature"),
        (feature(None, SHAPE), "it has no properties"),
        (feature({"id": 1}, SHAPE), "it has no property region; it has 'id'"),
        (feature({"region": "a"}, None), "it has no geometry"),
        (feature({"region": 3702310}, SHAPE), "may not have the 7 digits"),
        (feature({"region": "a"}, {"type": "Point", "coordinates": [-80, 36]}), "is a Point, not a polygon"),
        (feature({"region": "a"}, {"type": "Polygon", "coordinates": []}), "its shape is empty"),
        (feature({"region": "a"}, {"type": "Polygon", "coordinates": [[[1, "x"]]]}), "Feature 1: "),
        (
            feature(
                {"region": "a"}, {"type": "Polygon", "coordinates": [[[4e5, 4e6], [5e5, 4e6], [5e5, 5e6], [4e5, 4e6]]]}
            ),
            "no degrees",
        ),
        (feature({"region": "a"}, polygon([36, -81], [37, -81], [37, -80])), "outside of the United States"),
        (feature({"region": "a"}, polygon([-81, 36], [-80, 37], [-80, 36], [-81, 37])), "its outline crosses itself"),
        (json.dumps({**GEOJSON, "crs": {"properties": {"name": "EPSG:99999999"}}}), "coordinate system"),
    ],
)
def test_a_wrong_polygon_is_told(read, content, told):
    with pytest.raises(RegionError) as caught:
        read(content, "a.geojson")
    assert told in str(caught.value)


def test_a_wrong_zip_is_told(read, tmp_path):
    packed = zipfile.ZipFile(io.BytesIO(shapefile(tmp_path)))
    members = {name: packed.read(name) for name in packed.namelist()}

    def zipped(chosen):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in chosen.items():
                archive.writestr(name, content)
        return out.getvalue()

    cases = [
        (b"PK", "cannot be read"),
        (zipped({}), "should hold one shapefile; it holds 0"),
        (zipped({"a.shp": b"", "b.shp": b""}), "it holds 2"),
        (zipped({name: text for name, text in members.items() if not name.endswith(".prj")}), "lacks its .prj"),
        (zipped(members | {"folder/a.shp": b"<OGRVRTDataSource/>"}), "is no shapefile"),
        (zipped(members | {"folder/a.shp": members["folder/a.shp"][:60]}), ""),
        (zipped(members | {"folder/a.shp": b"\x00" * 201_000_000}), "more than 200,000,000 bytes"),
    ]
    for content, told in cases:
        with pytest.raises(RegionError) as caught:
            read(content, "a.zip")
        assert told in str(caught.value)


# -- whatever is in it ----------------------------------------------------------------------------------

PIECES = [
    "", ",", '"', "\n", "\r", "\0", "\ufeff", "'", ";", "--", "region", "county", "-1", "1e9", "NaN", "37067", "９", "é", "\x1b", "../..", "%s", "{", "[",
    "9" * 400, "NULL", "0x10", "1.0000000000000000001", "$(id)", "'); DROP TABLE x; --", "\u202e", "<a>", "🏙",
]  # fmt: skip


def damaged(draw: random.Random, content: bytes) -> bytes:
    """The content with a few pieces cut out, doubled, replaced or put in."""
    for _ in range(draw.randint(1, 4)):
        at = draw.randint(0, len(content))
        end = min(len(content), at + draw.choice([0, 1, 1, 3, 20]))
        piece = draw.choice([draw.choice(PIECES).encode(), draw.randbytes(draw.randint(1, 4)), content[at:end] * 2])
        content = content[:at] + piece + content[end:]
    return content


def is_valid_or_told(path, content) -> bool:
    """Whether the file is read; a file that is not is a MobilityError of one short paragraph."""
    path.write_bytes(content)
    try:
        found = files.read(path, RESERVED)
    except MobilityError as error:
        text = str(error)
        assert "\n" not in text and "Traceback" not in text and 10 < len(text) < 4000
        return False
    assert found.parts
    for part in found.parts:
        assert files.NAME.fullmatch(part.region.replace(".", "-")) and part.name.isprintable()
    return True


def test_a_few_thousand_damaged_tables(tmp_path):
    draw, path = random.Random(20), tmp_path / "triad.csv"
    read = [is_valid_or_told(path, damaged(draw, VALID.encode())) for _ in range(3000)]
    assert 50 < sum(read) < 2500


def test_a_few_hundred_damaged_polygons(tmp_path):
    draw, path = random.Random(21), tmp_path / "a.geojson"
    read = [is_valid_or_told(path, damaged(draw, json.dumps(GEOJSON).encode())) for _ in range(600)]
    assert 5 < sum(read) < 500


def test_damaged_shapefiles(tmp_path):
    draw, content, path = random.Random(22), shapefile(tmp_path), tmp_path / "b.zip"
    assert is_valid_or_told(path, content)
    for _ in range(100):
        is_valid_or_told(path, damaged(draw, content))
