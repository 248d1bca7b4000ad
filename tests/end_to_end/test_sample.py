"""The synthetic sample: the same bytes every time, plainly marked, and read by every form it is meant for."""

import contextlib
import json
from pathlib import Path

import duckdb
import pytest

from conftest import made
from pipeline.errors import MissingInput, UsageError
from pipeline.plan.step import Step, chain
from pipeline.run.workspace import Workspace
from pipeline.sample import write_sample
from pipeline.settings import Settings
from pipeline.store import files

# Metric years that the sample leaves without input on purpose, beside the microdata samples it does not have
WITHOUT_INPUT = {("living-wage", 2014, "county"), ("student-homelessness", 2016, "place")}
MICRODATA_YEARS = {2014, 2018, 2021, 2022, 2023}


class Built:
    """Every table of the sample, built once."""

    def __init__(self, raw: Path, store: Path):
        self.workspace = Workspace.of(Settings.of(raw, store))
        self.plan, self.store, self.missing = self.workspace.plan, store, set()
        asked = self.staged()
        for name, table in self.plan.catalog.geography.items():
            if not (table.partitioned or table.custom):
                asked.append(self.plan.geography(name))
        for cell in self.plan.metric_cells():
            try:
                asked.append(self.plan.metric(*cell))
            except MissingInput:
                self.missing.add(cell)
        self.steps = chain(asked)
        made(self.workspace, self.steps)

    def staged(self) -> list[Step]:
        """Every staged table and vintage that the sample has a file for."""
        found = []
        for table in self.plan.catalog.source_of_table:
            for vintage in self.plan.catalog.staged(table).vintages:
                with contextlib.suppress(MissingInput):
                    found += self.plan.staged(table, vintage)
        return found

    def microdata_metrics(self) -> list[str]:
        """The metrics made from the American Community Survey's records."""
        return [slug for slug, metric in self.plan.catalog.metrics.items() if "acs_pums" in metric.sources]

    def rows(self, slug: str, query: str) -> list[tuple]:
        """``query`` over the metric's rows of all years and geographies, named ``metric``."""
        source = f"read_parquet('{self.store}/metrics/{slug}/*/*.parquet')"
        return duckdb.connect().execute(f"WITH metric AS (FROM {source}) {query}").fetchall()


@pytest.fixture(scope="module")
def built(pristine_sample, tmp_path_factory) -> Built:
    return Built(pristine_sample, tmp_path_factory.mktemp("built"))


def hashes(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): files.sha256(path) for path in folder.rglob("*") if path.is_file()}


def test_written_twice_it_is_the_same_to_the_byte(tmp_path):
    write_sample(tmp_path / "one")
    first = hashes(tmp_path / "one")
    write_sample(tmp_path / "two")
    assert first == hashes(tmp_path / "two")
    write_sample(tmp_path / "one")
    assert first == hashes(tmp_path / "one")


def test_everything_is_marked_synthetic_and_in_the_manifest(pristine_sample):
    manifests = sorted(pristine_sample.glob("*/manifest.json"))
    entries = {path: entry for manifest in manifests for path, entry in json.loads(manifest.read_text()).items()}
    revisions = [revision for entry in entries.values() for revision in entry["revisions"]]
    assert all(revision["synthetic"] for revision in revisions)
    assert {revision["how_obtained"] for revision in revisions} == {"synthetic sample"}
    beside = {str(path.relative_to(pristine_sample)) for path in manifests} | {"README.txt"}
    assert set(entries) == {path for path in hashes(pristine_sample) if not path.endswith(".lock")} - beside
    assert "SYNTHETIC" in (pristine_sample / "README.txt").read_text()


def test_it_is_small(pristine_sample):
    assert sum(path.stat().st_size for path in pristine_sample.rglob("*") if path.is_file()) < 8_000_000


def test_it_is_not_written_among_real_files(tmp_path):
    (tmp_path / "qcew").mkdir()
    (tmp_path / "qcew/real.csv").write_text("state,county\n")
    with pytest.raises(UsageError, match=r"qcew/real\.csv"):
        write_sample(tmp_path)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["qcew", "real.csv"]


def test_only_the_years_meant_to_be_missing_are_missing(built):
    microdata = built.microdata_metrics()
    other = {cell for cell in built.missing if cell[0] not in microdata}
    assert other == WITHOUT_INPUT
    assert not {cell[1] for cell in built.missing if cell[0] in microdata} & MICRODATA_YEARS - {2014, 2022}


def test_every_file_is_read(built):
    read = {path for step in built.steps for view in step.views for path in view.landed}
    declared = {
        Path(raw.path).parts[0]
        for source in built.plan.catalog.sources.values()
        for table in source.tables.values()
        for form in table.forms.values()
        for raw in form.files.values()
    }
    landed = {revision["file"] for revision in built.plan.landing.revisions()}
    bundled = {path for path in read if built.plan.landing.is_bundled(path)}
    expected = {path for path in landed if Path(path).parts[0] in declared} | bundled
    assert expected == read


def test_it_is_read_by_every_reader_of_its_forms(built):
    readers = {view.raw.reader for step in built.steps for view in step.views if view.raw}
    assert {"csv", "excel", "json_pages", "living_wage_pages", "pums"} <= readers
    forms = {(step.name, step.entry["form"]) for step in built.steps if step.layer == "staged"}
    for form in ("annual_single_file", "annual_by_area", "published_extract", "area_slices"):
        assert ("qcew_county_industry", form) in forms
    for form in ("scrape_2020", "scrape", "county_file", "county_pages"):
        assert ("mit_living_wage", form) in forms
    for form in ("edfacts_file", "express_zip", "express_export"):
        assert ("edfacts_homeless_lea", form) in forms
    for form in ("portal_pages", "published_extract"):
        assert ("ccd_lea_county", form) in forms and ("ccd_lea_city", form) in forms


def test_living_wage_has_every_quality_and_reason(built):
    found = built.rows("living-wage", "SELECT DISTINCT quality, note FROM metric")
    assert set(found) == {
        (1, None),
        (3, None),
        (None, "suppressed: not disclosed by BLS"),
        (None, "no pay or no living wage for this county"),
    }
    forsyth = built.rows(
        "living-wage", "SELECT value FROM metric WHERE geoid = '37067' AND year = 2022 AND subgroup_type = 'all'"
    )
    assert 0.2 < forsyth[0][0] < 3
    limits = built.rows(
        "living-wage",
        "SELECT DISTINCT sample_size, quality FROM metric WHERE geoid IN ('46102', '02158') AND subgroup_type = 'all' "
        "AND value IS NOT NULL ORDER BY 1",
    )
    assert limits == [(29, 3), (30, 1)]


def test_student_homelessness_hits_every_rule(built):
    notes = {note for (note,) in built.rows("student-homelessness", "SELECT DISTINCT note FROM metric")}
    assert notes == {
        None,
        "no agency with homeless students in this area",
        "no enrollment of this group",
        "no quality: no enrollment of this group",
        "suppressed: fewer than 10 homeless students",
        "suppressed: share above 1",
        "suppressed: races add up to less than 70 or more than 110 percent of the total",
        "suppressed: count of 2 or fewer",
    }
    qualities = built.rows(
        "student-homelessness",
        "SELECT DISTINCT quality FROM metric WHERE value IS NOT NULL AND subgroup = 'All' ORDER BY 1",
    )
    assert qualities == [(1,), (2,), (3,)]


def test_voter_turnout_hits_every_rule(built):
    found = set(built.rows("voter-turnout", "SELECT DISTINCT geography, quality, note FROM metric"))
    assert found >= {
        *(("county", quality, None) for quality in (1, 2)),
        ("county", 3, "set to 1: more votes than citizens of voting age"),
        ("county", 1, "the votes for one candidate or more are missing in the returns"),
        ("county", None, "votes are reported by legislative district, not by county"),
        *(("place", quality, None) for quality in (1, 2, 3)),
        ("place", None, "no input for state"),
    }


def test_social_capital_has_values_and_reasons(built):
    found = set(built.rows("social-capital", "SELECT DISTINCT geography, measure[:5], quality, note FROM metric"))
    assert found >= {
        ("county", "count", 1, None),
        ("county", "count", None, "no membership associations in the source"),
        ("county", "share", 1, None),
        ("county", "share", None, "no value in the source"),
        ("place", "count", 1, None),
        ("place", "share", 1, None),
        ("place", "share", 3, None),
        ("place", "share", None, "no value in the source"),
    }


def test_primary_care_access_has_every_quality_and_reason(built):
    assert set(built.rows("primary-care-access", "SELECT DISTINCT value = 0, quality, note FROM metric")) >= {
        *((False, quality, None) for quality in (1, 2, 3)),
        (True, 3, None),
        (None, None, "no count of physicians for this county"),
        (None, None, "suppressed: no physician for more than 2,000 residents"),
    }


def test_injury_deaths_have_every_quality_and_reason(built):
    expected = {
        *((quality, None) for quality in (1, 2)),
        (3, "rate of the area that was split"),
        (None, "not in the source"),
        (None, "suppressed: fewer than 10 deaths"),
        (None, "suppressed: fewer than 20 deaths"),
    }
    for family in ("all", "race-ethnicity"):
        found = built.rows(
            "injury-deaths", f"SELECT DISTINCT quality, note FROM metric WHERE subgroup_type = '{family}'"
        )
        assert set(found) == expected, family


def test_low_birth_weight_has_every_quality_and_reason(built):
    found = set(built.rows("low-birth-weight", "SELECT DISTINCT quality, note FROM metric"))
    assert found == {
        (1, None),
        (2, None),
        (3, "share of the unidentified counties of the state"),
        (None, "not in the source"),
        (None, "suppressed: 1 to 9 births"),
        (None, "suppressed: fewer than 30 births"),
    }


def test_areas_follow_the_changes_of_their_codes(built):
    universe = f"read_parquet('{built.store}/geography/county_universe.parquet')"
    found = duckdb.execute(f"SELECT year, list(geoid) FROM {universe} GROUP BY year").fetchall()
    by_year = {year: set(geoids) for year, geoids in found}
    assert {"46113", "02270", "02261", "09001"} <= by_year[2014] and "46102" not in by_year[2014]
    assert {"46102", "02158", "02261"} <= by_year[2019]
    assert {"02063", "02066", "09001"} <= by_year[2021] and "02261" not in by_year[2021]
    assert "09110" in by_year[2022] and "09001" not in by_year[2022]


def test_microdata_metrics_have_good_and_lesser_quality(built):
    for slug in built.microdata_metrics():
        found = {quality for (quality,) in built.rows(slug, "SELECT DISTINCT quality FROM metric")}
        assert {1, 2, None} <= found, slug


def test_microdata_metrics_have_values_and_suppressed_cells(built):
    for slug in built.microdata_metrics():
        ((values, empty),) = built.rows(slug, "SELECT count(value), count(*) - count(value) FROM metric")
        assert values and empty, slug
        by_subgroup = built.rows(slug, "SELECT subgroup, count(value) FROM metric GROUP BY subgroup")
        assert all(filled for _, filled in by_subgroup), (slug, by_subgroup)
