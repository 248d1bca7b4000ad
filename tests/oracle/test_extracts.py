"""Real numbers in every clone: metrics built from the extracts in tests/data/real equal the published cells.

Every area compared lies wholly within the extracts. They are lesser than the whole files (tests/data/README.md).
"""

from __future__ import annotations

import csv
import gzip
import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

DATA = Path(__file__).parents[1] / "data"
EMPLOYMENT = "metrics_employment_county_all_longitudinal"
YEARS_OF_SCRAPES = {2018: 2018, 2022: 2021}
# The extracts hold a few areas of each.
PARTIAL = (
    "acs_pums",
    "bls_qcew",
    "census_population",
    "edfacts_homelessness",
    "hud_income_limits",
    "mcdc_geocorr",
    "mit_living_wage",
    "nces_ccd",
)
WAGE_FILES = {2018: "mit-living-wage.csv", 2022: "mit-living-wage-2022.csv"}


def published(name: str) -> str:
    """Published cells of the same areas, as a relation of text, NA as NULL."""
    return f"read_csv('{DATA}/published/{name}.csv.gz', all_varchar = true, nullstr = 'NA')"


def write_implied_wages(raw: Path) -> dict[int, dict[str, float]]:
    """Write files of hourly living wages; gives the amounts by year and county.

    MIT's terms keep its amounts out of this repository. Weekly pay over 40 times the published ratio of one industry
    gives the amount, which must be a whole number of cents; the other industries and the overall value, which is
    brought to dollars of the year, test the rest.
    """
    wages: dict[int, dict[str, float]] = {}
    (raw / "mit-living-wage").mkdir()
    for year, file in WAGE_FILES.items():
        with (raw / f"qcew/qcew_county_industry_collapsed_{year}.csv").open() as lines:
            pay = {(row["state"], row["county"], int(row["industry_type"])): row for row in csv.DictReader(lines)}
        wages[year] = {}
        with gzip.open(DATA / f"published/metrics_wage_ratio_{year}_subgroup.csv.gz", "rt") as lines:
            for number, row in enumerate(csv.DictReader(lines)):  # eight rows a county, in the order of their codes
                geoid, ratio = row["state"] + row["county"], row["ratio_living_wage"]
                if ratio != "NA" and geoid not in wages[year]:
                    weekly = float(pay[row["state"], row["county"], number % 8 + 1]["avgwkwage"])
                    wages[year][geoid] = weekly / (40 * float(ratio))
        with (raw / "mit-living-wage" / file).open("w") as lines:
            lines.write("year,state,county,adults,children,wage\n")
            for geoid, wage in wages[year].items():
                lines.write(f"{YEARS_OF_SCRAPES[year]},{geoid[:2]},{geoid[2:]},1 Adult,2 Children,{wage:.2f}\n")
    return wages


@dataclass(frozen=True)
class Extracts:
    """A store built from the extracts by the command line, and the living wages that were written for it."""

    store: Path
    wages: dict[int, dict[str, float]]

    def table(self, relative: str) -> str:
        return f"read_parquet('{self.store}/{relative}.parquet')"

    def metric(self, slug: str, year: int) -> str:
        return self.table(f"metrics/{slug}/county/{year}")


def build(command_line, folder: Path, *metrics: str, without: str = "none") -> Extracts:
    """Build metrics from a copy of the extracts; landing writes its manifest beside them."""
    raw, store = folder / "raw", folder / "store"
    shutil.copytree(DATA / "real", raw)
    wages = write_implied_wages(raw)
    shutil.rmtree(raw / without, ignore_errors=True)
    command = ["build"]
    for metric in metrics:
        command += ["--metric", metric]
    for source in PARTIAL:
        command += ["--accept-partial", source]
    done = command_line.run(*command, raw=raw, store=store)
    assert done.returncode == 0, done.stderr
    return Extracts(store, wages)


@pytest.fixture(scope="module")
def extracts(tmp_path_factory, command_line) -> Extracts:
    """The three metrics that the extracts reach, for counties and places."""
    return build(command_line, tmp_path_factory.mktemp("extracts"), "employment", "living-wage", "student-homelessness")


@pytest.mark.parametrize(("year", "counties", "values"), [(2018, 10, 4), (2021, 10, 2)])
def test_employment_of_wyoming_equals_published_with_bounds(extracts, year, counties, values):
    """Suppression, values and both bounds; of 2021 only PUMA 00200 is at hand, so its two counties without it."""
    table = extracts.metric("employment", year)
    pumas = "('001', '021')" if year == 2021 else "('')"
    found = duckdb.sql(f"""
        SELECT count(*), count(value) FILTER (county NOT IN {pumas}),
               count(*) FILTER (county NOT IN {pumas} AND (share_employed IS NULL) <> (value IS NULL)),
               count(*) FILTER (county NOT IN {pumas} AND share_employed_quality::INT IS DISTINCT FROM quality),
               max(abs(share_employed::DOUBLE - value)), max(abs(share_employed_lb::DOUBLE - lower)),
               max(abs(share_employed_ub::DOUBLE - upper))
        FROM {published(EMPLOYMENT)} AS p JOIN (FROM {table} WHERE subgroup_type = 'all') AS o ON geoid = state || county
        WHERE p.year = '{year}'""").fetchone()
    assert found[:4] == (counties, values, 0, 0)
    assert max(found[4:]) <= 1e-9


def test_employment_says_which_states_are_not_at_hand(extracts):
    notes = duckdb.sql(f"""
        SELECT DISTINCT substr(geoid, 1, 2) = '56' AS at_hand, note FROM {extracts.metric("employment", 2018)}
        WHERE subgroup_type = 'all' ORDER BY ALL""").fetchall()
    assert notes == [(False, "no input for state"), (True, "suppressed: n<30"), (True, None)]


def test_published_ratios_imply_living_wages_of_whole_cents(extracts):
    assert {year: len(wages) for year, wages in extracts.wages.items()} == {2018: 13, 2022: 12}
    for wages in extracts.wages.values():  # seven digits are published
        assert all(round(wage, 2) == pytest.approx(wage, rel=1e-6) for wage in wages.values())


@pytest.mark.parametrize(("year", "cells", "values"), [(2018, 104, 83), (2022, 96, 79)])
def test_living_wage_ratios_of_every_industry_equal_published(extracts, year, cells, values):
    table = extracts.metric("living-wage", year)
    counties = ", ".join(f"'{geoid}'" for geoid in extracts.wages[year])
    found = duckdb.sql(f"""
        SELECT count(*), count(value), count(*) FILTER ((ratio_living_wage IS NULL) <> (value IS NULL)),
               count(*) FILTER (ratio_living_wage_quality::INT IS DISTINCT FROM quality),
               max(abs(ratio_living_wage::DOUBLE - value))
        FROM {published(f"metrics_wage_ratio_{year}_subgroup")} AS p
        JOIN (FROM {table} WHERE subgroup_type = 'industry') AS o ON geoid = state || county AND o.subgroup = p.subgroup
        WHERE geoid IN ({counties})""").fetchone()
    assert found[:4] == (cells, values, 0, 0)
    assert found[4] <= 1e-6
    overall = duckdb.sql(f"""
        SELECT count(value), max(abs(ratio_living_wage::DOUBLE - value)),
               count(*) FILTER (ratio_living_wage_quality::INT IS DISTINCT FROM quality)
        FROM {published("living_wage_county_all_longitudinal")} AS p
        JOIN (FROM {table} WHERE subgroup_type = 'all') AS o ON geoid = state || county
        WHERE p.year = '{year}' AND geoid IN ({counties})""").fetchone()
    assert overall[0] == len(extracts.wages[year]) and overall[1] <= 1e-6 and overall[2] == 0
    if year == 2018:  # BLS does not disclose the total of 19003: pay of 0, published as a ratio of 0 (quirk)
        query = f"SELECT value, quality FROM {table} WHERE geoid = '19003' AND subgroup = 'All' ORDER BY subgroup_type"
        assert duckdb.sql(query).fetchall() == [(0, 1), (None, None)]


def test_area_slices_of_bls_collapse_to_the_published_industries(tmp_path, command_line):
    """Rows by ownership, domain and supersector of three Ohio counties, instead of the collapsed table."""
    table = build(command_line, tmp_path, "living-wage", without="qcew").metric("living-wage", 2022)
    found = duckdb.sql(f"""
        SELECT count(*), count(value), count(*) FILTER ((ratio_living_wage IS NULL) <> (value IS NULL)),
               count(*) FILTER (ratio_living_wage_quality::INT IS DISTINCT FROM quality),
               max(abs(ratio_living_wage::DOUBLE - value))
        FROM {published("metrics_wage_ratio_2022_subgroup")} AS p
        JOIN (FROM {table} WHERE subgroup_type = 'industry') AS o ON geoid = state || county AND o.subgroup = p.subgroup
        WHERE state = '39'""").fetchone()
    assert found[:4] == (24, 24, 0, 0)
    assert found[4] <= 1e-6


# Delaware has 3 counties, Wyoming 23.
@pytest.mark.parametrize(("year", "values"), [(2014, 19), (2018, 21), (2019, 23), (2021, 23)])
def test_homeless_students_equal_published(extracts, year, values):
    table = extracts.metric("student-homelessness", year)
    name = "homelessness_2014-2018_county" if year < 2019 else "homelessness_2019-2022_county"
    found = duckdb.sql(f"""
        SELECT count(*), count(n.value),
               count(*) FILTER ((p.count_homeless::DOUBLE, p.count_homeless_lb::DOUBLE, p.count_homeless_ub::DOUBLE,
                                 p.count_homeless_quality::INT, p.share_homeless_quality::INT)
                                IS DISTINCT FROM (n.value, n.lower, n.upper, n.quality::INT, s.quality::INT)),
               count(*) FILTER ((p.share_homeless IS NULL) <> (s.value IS NULL)), max(abs(p.share_homeless::DOUBLE - s.value))
        FROM {published(name)} AS p
        JOIN (FROM {table} WHERE measure = 'count_homeless' AND subgroup = 'All') AS n ON n.geoid = state || county
        JOIN (FROM {table} WHERE measure = 'share_homeless' AND subgroup = 'All') AS s USING (geoid)
        WHERE p.year = '{year}'""").fetchone()
    assert found[:4] == (26, values, 0, 0)
    assert found[4] < 1e-7


# Enrollment by race is not at hand, so a share above 1 cannot suppress (card student-homelessness, section 12).
@pytest.mark.parametrize(("year", "values"), [(2019, 84), (2021, 76)])
def test_homeless_students_by_race_equal_published(extracts, year, values):
    table = extracts.metric("student-homelessness", year)
    found = duckdb.sql(f"""
        SELECT count(*), count(value),
               count(*) FILTER ((count_homeless::DOUBLE, count_homeless_lb::DOUBLE, count_homeless_ub::DOUBLE,
                                 count_homeless_quality::INT) IS DISTINCT FROM (value, lower, upper, quality::INT))
        FROM {published("homelessness_2019-2022_subgroups_county")} AS p
        JOIN (FROM {table} WHERE measure = 'count_homeless') AS o ON geoid = state || county AND o.subgroup = p.subgroup
        WHERE p.year = '{year}'""").fetchone()
    assert found == (130, values, 0)


def test_crosswalks_equal_published(extracts):
    """Six states: Alaska's split, new codes, Connecticut's regions, places that share a code with others."""
    for area, rows in (("county", 472), ("place", 66)):
        ours = extracts.table(f"geography/puma_to_{area}")
        found = duckdb.sql(f"""
            SELECT count(*), count(o.puma), count(p.puma), max(abs(p.population::DOUBLE - o.population)),
                   max(abs(p.afact::DOUBLE - o.afact)), max(abs(p.sum_products::DOUBLE - o.sum_products)),
                   count(*) FILTER (p.geographic_allocation_quality::INT IS DISTINCT FROM o.geographic_allocation_quality)
            FROM {published(f"crosswalk_puma_to_{area}")} AS p
            FULL JOIN {ours} AS o USING (crosswalk_period, statefip, puma, {area})""").fetchone()
        assert found[:3] == (rows, rows, rows)
        assert max(found[3:6]) <= 1e-12 and found[6] == 0


HUD = "fips2010 VARCHAR, state VARCHAR, county VARCHAR, eli_4 VARCHAR, l50_4 VARCHAR, l80_4 VARCHAR"
LIMITS = "state VARCHAR, county VARCHAR, town VARCHAR, limit_30 INTEGER, limit_50 INTEGER, limit_80 INTEGER"
TOWNS = "old_county VARCHAR, town VARCHAR, planning_region VARCHAR, town_name VARCHAR"


def test_income_limits_of_2022_explain_the_published_ratios(extracts, run_sql):
    """There are no microdata of 2022, but counties of one PUMA with equal limits must lie on a straight line in 1/afact.

    See card housing-affordability, quirk 1: vacant units count in full in every county that their PUMA touches.
    """
    with gzip.open(DATA / "real/hud/Section8-FY22.csv.gz", "rt", encoding="latin-1") as lines:
        raw = [
            tuple(row[name] for name in ("fips2010", "state", "county", "ELI_4", "l50_4", "l80_4"))
            for row in csv.DictReader(lines)
        ]
    staged = run_sql("staged/hud_income_limits.sql", tables={"raw": (HUD, raw)})
    tables = {"hud_income_limits": (LIMITS, [tuple(row.values()) for row in staged])}
    tables["connecticut_town_planning_region"] = (TOWNS, [])
    changes = "old_geoid VARCHAR, new_geoid VARCHAR, first_year INTEGER"
    tables["county_code_change"] = (changes, [("02261", "02063", 2020), ("02261", "02066", 2020)])
    rows = run_sql("geography/income_limit_county.sql", tables=tables, variables={"year": 2022})
    con = duckdb.connect()
    con.execute("CREATE TABLE income_limit (geoid VARCHAR, level TINYINT, income_limit DOUBLE)")
    con.executemany(
        "INSERT INTO income_limit VALUES (?, ?, ?)", [(r["geoid"], r["level"], r["income_limit"]) for r in rows]
    )
    ratio = " ".join(f"WHEN {level} THEN share_affordable_{level}_ami::DOUBLE" for level in (30, 50, 80))
    found = con.execute(f"""
        WITH counties AS (
            SELECT statefip, puma, level, income_limit, 1 / afact AS x, CASE level {ratio} END AS y
            FROM (FROM {extracts.table("geography/puma_to_county")} WHERE crosswalk_period = '2022'
                  QUALIFY count(*) OVER (PARTITION BY geoid) = 1)
            JOIN income_limit USING (geoid)
            JOIN {published("housing_county_2014_2015_2016_2017_2018_2019_2021_2022_2023")} AS p
              ON geoid = p.state || p.county
            WHERE y IS NOT NULL),
        ends AS (
            SELECT statefip, puma, level, income_limit, min(x) AS x0, arg_min(y, x) AS y0,
                   (arg_max(y, x) - y0) / (max(x) - x0) AS slope
            FROM counties GROUP BY ALL HAVING count(DISTINCT x) > 2),
        distances AS (
            SELECT max(abs(y - (y0 + slope * (x - x0)))) AS distance
            FROM counties JOIN ends USING (statefip, puma, level, income_limit)
            GROUP BY statefip, puma, level, income_limit)
        SELECT count(*), max(distance) FROM distances""").fetchone()
    assert found[0] == 11  # groups of three counties or more
    assert found[1] < 1e-9
