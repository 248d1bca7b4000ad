"""Real crosswalks that lost their last lines, and lists of one census under the name of the other, are refused."""

import gzip
import shutil

import pytest

from conftest import staged_rows
from pipeline.errors import PartialInput
from pipeline.run.workspace import Workspace
from pipeline.settings import Settings

CENTERS = "census_geography/CenPop{}_Mean_TR.txt.gz"
PUMAS = "census_geography/{0}_Census_Tract_to_{0}_PUMA.txt.gz"
GEOCORR = "geocorr/geocorr2018_puma_county_2010.csv", "geocorr/geocorr2022_puma_county_2020.csv"
REGIONS = "reconstructed/geocorr2022_puma_2020_planning_regions_2022.csv"


@pytest.fixture
def files(shared, tmp_path):
    """Real files of geography, to be changed, without their manifests."""
    for folder in ("census_geography", "geocorr", "reconstructed", "tract-crosswalks"):
        shutil.copytree(shared / "raw" / folder, tmp_path / "raw" / folder)
        (tmp_path / "raw" / folder / "manifest.json").unlink(missing_ok=True)
    return tmp_path / "raw"


def staged(raw, table, vintage):
    return staged_rows(Workspace.of(Settings.of(raw, raw.parent / "store")), table, vintage)


@pytest.mark.parametrize(("census", "other"), [("2010", "2020"), ("2020", "2010")])
@pytest.mark.parametrize(("path", "table"), [(CENTERS, "tract_population"), (PUMAS, "tract_puma")])
def test_the_list_of_another_census_is_refused(files, path, table, census, other):
    (files / path.format(other)).rename(files / path.format(census))
    with pytest.raises(PartialInput, match="more or fewer than the census"):
        staged(files, table, census)


@pytest.mark.parametrize("path", [CENTERS, PUMAS])
@pytest.mark.parametrize(
    ("table", "vintage", "census", "other"),
    [
        ("geocorr_puma_county", "2018", "2010", "2020"),
        ("geocorr_puma_county", "2022", "2020", "2010"),
        ("geocorr_puma_planning_region", "2022", "2020", "2010"),
    ],
)
def test_what_stands_for_geocorr_is_of_its_census(files, path, table, vintage, census, other):
    for each in (*GEOCORR, REGIONS):
        (files / each).unlink()
    staged(files, table, vintage)
    (files / path.format(other)).rename(files / path.format(census))
    with pytest.raises(PartialInput, match="not whole"):
        staged(files, table, vintage)


@pytest.mark.parametrize(
    ("path", "table", "vintage", "lines"),
    [
        (CENTERS.format("2020"), "tract_population", "2020", 1),
        (PUMAS.format("2020"), "tract_puma", "2020", 100),
        (REGIONS, "geocorr_puma_planning_region", "2022", 1),
        ("geocorr/geocorr2018_puma_place_2010.csv.gz", "geocorr_puma_place", "2018", 2),
        ("geocorr/geocorr2022_puma_place_2020.csv.gz", "geocorr_puma_place", "2022", 2),
        ("geocorr/geocorr2018_county_place_2014_thru_2019.csv.gz", "geocorr_county_place", "2018", 1),
        ("geocorr/geocorr2022_county_place_2020_2021.csv.gz", "geocorr_county_place", "2022", 1),
        ("geocorr/geocorr2022_ct_planning_region_to_place.csv", "geocorr_planning_region_place", "2022", 1),
        ("tract-crosswalks/tract-county-crosswalk_2020.csv.gz", "tract_county", "2020", 1),
    ],
)
def test_a_crosswalk_that_was_cut_at_the_end_of_a_line_is_refused(files, path, table, vintage, lines):
    opened = gzip.open if path.endswith(".gz") else open
    with opened(files / path, "rb") as stream:
        kept = stream.readlines()[:-lines]
    with opened(files / path, "wb") as stream:
        stream.writelines(kept)
    with pytest.raises(PartialInput, match="not whole"):
        staged(files, table, vintage)
