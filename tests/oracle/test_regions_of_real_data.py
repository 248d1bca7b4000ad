"""Regions of real records, tracts and counties: what must be equal is equal, bit for bit where a region is one county."""

import math

import duckdb
import pytest

from pipeline.build import build
from pipeline.region import asked
from pipeline.run.workspace import Workspace
from pipeline.settings import Settings

# Metric, year and provider: survey records of Wyoming (Census) and Illinois (IPUMS), tracts of Connecticut and all states,
# counts of counties.
TABLES = [
    ("employment", 2018, "census"),
    ("employment", 2021, "census"),
    ("employment", 2018, "ipums"),
    ("income-percentiles", 2018, "ipums"),
    ("housing-wealth", 2018, "ipums"),
    ("racial-diversity", 2018, "census"),
    ("racial-diversity", 2021, "census"),
    ("racial-diversity", 2023, "census"),
    ("economic-inclusion", 2023, "census"),
    ("environmental-quality", 2018, "census"),
    ("transportation", 2015, "census"),
    ("descriptive-representation", 2021, "census"),
    ("low-birth-weight", 2022, "census"),
    ("primary-care-access", 2021, "census"),
    ("social-capital", 2022, "census"),
    ("student-homelessness", 2021, "census"),
    ("voter-turnout", 2020, "census"),
]
COLUMNS = (
    "measure, geoid, subgroup_type, subgroup, value, lower, upper, quality, standard_error, numerator, denominator, "
    "sample_size, note"
)


class Regions:
    """Region files over the real raw files, in one store."""

    def __init__(self, shared, folder):
        self.raw, self.folder = shared / "raw", folder
        self.workspaces = {}

    def workspace(self, provider="census"):
        if provider not in self.workspaces:
            self.workspaces[provider] = Workspace.of(Settings.of(self.raw, self.folder / "store", provider=provider))
        return self.workspaces[provider]

    def file(self, name, lines, provider="census"):
        """Keep a region file of (region, type, geoid, weight); the geography's name."""
        path = self.folder / f"{name}.csv"
        text = "".join(f"{region},{kind},{geoid},{weight}\n" for region, kind, geoid, weight in lines)
        path.write_text(f"region,component_type,component_geoid,weight\n{text}", encoding="utf-8")
        return asked.named(self.workspace(provider), str(path))

    def table(self, slug, year, geography, provider="census"):
        """A metric table as a relation, built where it is out of date."""
        workspace = self.workspace(provider)
        step = workspace.plan.metric(slug, year, geography)
        failed = [each.message for each in build(workspace, [step]) if each.exit_code]
        assert not failed, failed
        return f"read_parquet('{workspace.store.local(step.address)}')"

    def counties(self, prefix=""):
        """GEOIDs of all counties of any year."""
        step = self.workspace().plan.geography("county_universe")
        build(self.workspace(), [step])
        table = self.workspace().store.local(step.address)
        found = duckdb.sql(f"SELECT DISTINCT geoid FROM '{table}' WHERE starts_with(geoid, '{prefix}') ORDER BY 1")
        return [row[0] for row in found.fetchall()]


@pytest.fixture(scope="module")
def real_regions(shared, tmp_path_factory):
    return Regions(shared, tmp_path_factory.mktemp("regions"))


@pytest.mark.parametrize(("slug", "year", "provider"), TABLES)
def test_a_region_of_one_county_has_the_countys_row(real_regions, slug, year, provider):
    """Every county of every year as a region of its own; what the county table does not list may have more."""
    name = real_regions.file("each", [(f"c{geoid}", "county", geoid, 1) for geoid in real_regions.counties()], provider)
    county = real_regions.table(slug, year, "county", provider)
    region = real_regions.table(slug, year, name, provider)
    rows, missing = duckdb.sql(f"""
        WITH county AS (SELECT {COLUMNS} FROM {county}), region AS (SELECT {COLUMNS} FROM (SELECT * REPLACE (geoid[2:] AS geoid) FROM {region}))
        SELECT (SELECT count(*) FROM county), (SELECT count(*) FROM (FROM county EXCEPT FROM region))""").fetchone()
    assert rows > 3100 and missing == 0


def test_all_counties_of_a_state_are_the_state(real_regions):
    """Wyoming and Illinois: shares, standard errors and bounds from all records of the state, without any allocation."""
    for state, provider, year in (("56", "census", 2018), ("56", "census", 2021), ("17", "ipums", 2018)):
        name = real_regions.file(
            f"state{state}", [("all", "county", each, 1) for each in real_regions.counties(state)], provider
        )
        region = real_regions.table("employment", year, name, provider)
        workspace = real_regions.workspace(provider)
        sums = workspace.store.local(workspace.plan.sums("employment", year).address)
        weights = ["weight", *(f"repwt{number}" for number in range(1, 81))]
        ratios = ", ".join(f"sum(CASE outcome WHEN 1 THEN {each} ELSE 0 END)::DOUBLE / sum({each})" for each in weights)
        share, *replicates = duckdb.sql(
            f"SELECT {ratios} FROM '{sums}' WHERE statefip = '{state}' AND sample = '1-Year'"
        ).fetchone()
        row = duckdb.sql(
            f"SELECT value, standard_error, lower, upper, quality FROM {region} WHERE subgroup_type = 'all'"
        ).fetchone()
        assert row[0] == share and row[4] == 1
        # The extract of Illinois has no replicate weights.
        if replicates[0] is None:
            assert row[1:4] == (None, None, None)
            continue
        error = math.sqrt(4 / 80 * sum((each - share) ** 2 for each in replicates))
        assert row[1] == pytest.approx(error, rel=1e-12)
        # Quantile of Student's t with 79 degrees of freedom
        assert (row[3] - row[2]) / 2 / row[1] == pytest.approx(1.9904502102301198, rel=1e-9)


def test_all_counties_of_a_state_have_its_percentiles(real_regions):
    name = real_regions.file("state17", [("all", "county", each, 1) for each in real_regions.counties("17")], "ipums")
    region = real_regions.table("income-percentiles", 2018, name, "ipums")
    workspace = real_regions.workspace("ipums")
    person, household = (
        workspace.store.local(workspace.plan.staged(table, "2018_1-Year")[0].address)
        for table in ("acs_person", "acs_household")
    )
    for percentile in (20, 50, 80):
        (expected,) = duckdb.sql(f"""
            WITH amounts AS (
                SELECT hhincome * adjust AS amount, sum(hhwt) AS weight
                FROM '{household}' AS household SEMI JOIN (FROM '{person}' WHERE pernum = 1) AS person USING (statefip, serialno)
                WHERE gq IN (1, 2, 5) AND hhincome IS NOT NULL AND statefip = '17' GROUP BY 1)
            SELECT min(amount)
            FROM (SELECT amount, sum(weight) OVER (ORDER BY amount) AS cumulated, sum(weight) OVER () AS total FROM amounts)
            WHERE cumulated > total * {percentile} / 100""").fetchone()
        found = duckdb.sql(
            f"SELECT value FROM {region} WHERE measure = 'pctl_income_{percentile}' AND subgroup_type = 'all'"
        ).fetchone()
        assert found == (expected,)


UNIONS = [
    # All PUMAs of Cook County lie in it, so that no PUMA is divided.
    ("employment", 2018, "17", "ipums", lambda number, geoid: geoid == "17031", 1e-12),
    # Geocorr rounds factors to four decimals: those of a divided PUMA add up to 0.9999 or 1.0001, that of the union is 1.
    ("employment", 2018, "17", "ipums", lambda number, geoid: number % 2, 1e-4),
    ("racial-diversity", 2018, "09", "census", lambda number, geoid: number % 2, 1e-12),
    ("voter-turnout", 2020, "37", "census", lambda number, geoid: number % 2, 1e-12),
    ("low-birth-weight", 2018, "09", "census", lambda number, geoid: number % 2, 1e-12),
]


@pytest.mark.parametrize(("slug", "year", "state", "provider", "side", "tolerance"), UNIONS)
def test_two_regions_and_their_union(real_regions, slug, year, state, provider, side, tolerance):
    """Numerators and denominators of disjoint regions add up to those of both together."""
    codes = [each for each in real_regions.counties(state) if not each.startswith("091")]
    lines = [
        (region, "county", each, 1)
        for number, each in enumerate(codes)
        for region in ("both", f"part{int(side(number, each))}")
    ]
    table = real_regions.table(slug, year, real_regions.file(f"union{state}", lines, provider), provider)
    rows = duckdb.sql(f"""
        SELECT measure, subgroup, sum(numerator) FILTER (geoid <> 'both'), sum(numerator) FILTER (geoid = 'both'),
               sum(denominator) FILTER (geoid <> 'both'), sum(denominator) FILTER (geoid = 'both')
        FROM {table} GROUP BY measure, subgroup_type, subgroup HAVING count(value) = 3 AND count(denominator) = 3""").fetchall()
    assert rows
    for *_, numerators, numerator, denominators, denominator in rows:
        assert (numerators, denominators) == pytest.approx((numerator, denominator), rel=tolerance)


@pytest.mark.parametrize(("slug", "year", "provider"), [("employment", 2018, "census"), ("racial-diversity", 2018, "census"), ("voter-turnout", 2020, "census")])  # fmt: skip
def test_half_a_county_twice_is_the_county(real_regions, slug, year, provider):
    codes = [
        *real_regions.counties("56"),
        *(each for each in real_regions.counties("09") if not each.startswith("091")),
    ]
    halves = real_regions.file("halves", [(f"c{each}", "county", each, 0.5) for each in codes for _ in range(2)])
    whole = real_regions.file("wholes", [(f"c{each}", "county", each, 1) for each in codes])
    one, other = (f"(SELECT {COLUMNS} FROM {real_regions.table(slug, year, name)})" for name in (halves, whole))
    assert duckdb.sql(f"SELECT count(*) FROM ({one} EXCEPT {other})").fetchone() == (0,)


def test_planning_regions_and_counties_of_connecticut_in_years_that_do_not_have_them(real_regions):
    """Planning regions from the tracts of 2018 and counties from those of 2023; both hold all of the state's residents."""
    for kind, year in (("091", 2018), ("0900", 2023)):
        codes = [each for each in real_regions.counties(kind) if each.startswith("091") == (kind == "091")]
        codes += [each for each in real_regions.counties("09010") + real_regions.counties("09011") + real_regions.counties("09013") + real_regions.counties("09015") if kind == "0900"]  # fmt: skip
        assert len(codes) == {"091": 9, "0900": 8}[kind]
        lines = [*((f"c{each}", "county", each, 1) for each in codes), *(("all", "county", each, 1) for each in codes)]
        table = real_regions.table("racial-diversity", year, real_regions.file(f"connecticut{year}", lines))
        totals = dict(duckdb.sql(f"SELECT geoid = 'all', sum(denominator) FROM {table} GROUP BY 1").fetchall())
        county = real_regions.table("racial-diversity", year, "county")
        (state,) = duckdb.sql(f"SELECT sum(denominator) FROM {county} WHERE starts_with(geoid, '09')").fetchone()
        assert totals[True] == pytest.approx(state, rel=1e-4) and totals[False] == pytest.approx(state, rel=1e-4)


def test_a_region_that_a_state_is_missing_of_has_no_value(real_regions):
    """Wyoming's records are there, Colorado's are not: half a region is not a number."""
    name = real_regions.file(
        "border", [("both", "county", "56021", 1), ("both", "county", "08069", 1), ("one", "county", "56021", 1)]
    )
    rows = duckdb.sql(
        f"SELECT geoid, value IS NULL, note FROM {real_regions.table('employment', 2018, name)} WHERE subgroup_type = 'all' ORDER BY 1"
    )
    assert rows.fetchall() == [("both", True, "no input for state"), ("one", False, None)]
    rows = duckdb.sql(f"SELECT DISTINCT value IS NULL, note FROM {real_regions.table('racial-diversity', 2018, name)}")
    assert rows.fetchall() == [(True, "no input for state")]


def test_ratios_of_sums_are_those_of_the_metric(real_regions):
    """The value of every county is the ratio of its numerator and denominator as `combine` says."""
    for slug, year, provider in TABLES:
        combine = real_regions.workspace().plan.catalog.metric(slug).combine
        if combine.by != "ratio_of_sums":
            continue
        measures = combine.measures or [
            each for each in real_regions.workspace().plan.catalog.metric(slug).measures if each not in combine.counts
        ]
        listed = ", ".join(f"'{each}'" for each in measures)
        rows = duckdb.sql(f"""
            SELECT value, least(numerator / nullif(denominator, 0) * {combine.per}, {combine.at_most or "'infinity'::DOUBLE"})
            FROM {real_regions.table(slug, year, "county", provider)}
            WHERE measure IN ({listed}) AND value IS NOT NULL AND denominator > 0""").fetchall()
        close = 1e-6 if combine.digits is None else 0.5 * 10**-combine.digits + 1e-9
        assert rows and all(abs(value - ratio) <= close for value, ratio in rows), slug
