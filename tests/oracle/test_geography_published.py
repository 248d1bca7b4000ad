"""Geography tables rebuilt from raw Geocorr files equal the published ones (card geography-crosswalks, section 12)."""

import duckdb
import pytest

QUIET = 1e-12


@pytest.mark.parametrize(("area", "total"), [("county", "county_pop"), ("place", "place_pop")])
def test_puma_crosswalks_equal_the_published_ones(real_geography, published, area, total):
    ours = real_geography.table(f"geography/puma_to_{area}")
    rows = duckdb.sql(f"""
        SELECT p.crosswalk_period, count(*), count(o.puma), count(p.puma),
               max(abs(p.population::DOUBLE - o.population)), max(abs(p.afact::DOUBLE - o.afact)),
               max(abs(p.afact2::DOUBLE - o.afact2)), max(abs(p.products::DOUBLE - o.products)),
               max(abs(p.sum_products::DOUBLE - o.sum_products)), max(abs(p.{total}::DOUBLE - o.{total})),
               count(*) FILTER (p.geographic_allocation_quality::INT IS DISTINCT FROM o.geographic_allocation_quality)
        FROM {published(f"crosswalk_puma_to_{area}.csv.gz")} AS p
        FULL JOIN {ours} AS o USING (crosswalk_period, statefip, puma, {area}) GROUP BY ALL ORDER BY ALL""").fetchall()
    counts = {"county": {"2022": 4690, "pre-2022": 4546}, "place": {"2022": 1550, "pre-2022": 1510}}[area]
    assert {row[0]: row[1:4] for row in rows} == {period: (n, n, n) for period, n in counts.items()}
    assert all(difference <= QUIET for row in rows for difference in row[4:10])
    assert all(row[10] == 0 for row in rows)


@pytest.mark.parametrize("area", ["county", "place"])
def test_puma_crosswalks_have_the_published_order(real_geography, published, area):
    key = f"crosswalk_period || statefip || puma || {area}"
    theirs = duckdb.sql(f"SELECT {key} FROM {published(f'crosswalk_puma_to_{area}.csv.gz')}").fetchall()
    assert duckdb.sql(f"SELECT {key} FROM {real_geography.table(f'geography/puma_to_{area}')}").fetchall() == theirs


def test_county_to_place_2022_onwards_equals_the_published_table(real_geography, published):
    rows = duckdb.sql(f"""
        SELECT p.state = '09', count(*), count(o.place), count(p.place), max(abs(p.afact::DOUBLE - o.afact)),
               max(abs(p.afact2::DOUBLE - o.afact2)),
               count(*) FILTER ((p.population::INT, p.PlaceName, p.CountyName) IS DISTINCT FROM
                                (o.population::INT, o.PlaceName, o.CountyName))
        FROM {published("geocorr2022_county_place_2022_onwards.csv.gz")} AS p
        FULL JOIN (FROM {real_geography.table("geography/county_to_place")} WHERE crosswalk_period = '2022-2029') AS o
        USING (countyfip, place) GROUP BY 1 ORDER BY 1""").fetchall()
    assert [row[:4] for row in rows] == [(False, 35955, 35955, 35955), (True, 224, 224, 224)]
    assert all(row[4:] == (0, 0, 0) for row in rows)


def test_tract_to_county_2022_equals_the_published_list(real_geography, shared):
    """Connecticut: 876 of 877; tract 343101 lies in two planning regions and the relation file gives one."""
    theirs = f"read_csv('{shared}/raw/tract-crosswalks/tract-county-crosswalk_2022.csv.gz', all_varchar = true)"
    ours = f"(FROM {real_geography.table('geography/tract_to_county')} WHERE year = 2022)"
    rows = duckdb.sql(
        f"SELECT state = '09', count(*), count(o.geoid), count(p.year) FROM {theirs} AS p FULL JOIN {ours} AS o "
        "USING (state, county, tract) GROUP BY 1 ORDER BY 1"
    ).fetchall()
    assert rows == [(False, 83531, 83531, 83531), (True, 877, 876, 877)]


def test_tract_lists_have_the_published_counts(real_geography):
    table = real_geography.table("geography/tract_to_county")
    assert duckdb.sql(
        f"SELECT year, count(*), count(DISTINCT geoid) FROM {table} WHERE year < 2022 GROUP BY 1 ORDER BY 1"
    ).fetchall() == [(2018, 73056, 3142), (2020, 84414, 3143)]


def test_universes_have_the_rows_and_check_values_of_the_card(real_geography):
    county, place = (real_geography.table(f"geography/{area}_universe") for area in ("county", "place"))
    published = "WHERE year = population_year GROUP BY 1 ORDER BY 1"
    per_year = duckdb.sql(f"SELECT year, count(*) FROM {county} {published}").fetchall()
    assert per_year == [(2014 + n, rows) for n, rows in enumerate([3142] * 6 + [3143] * 2 + [3144] * 2)]
    per_year = duckdb.sql(f"SELECT year, count(*) FROM {place} {published}").fetchall()
    assert per_year == [(2014 + n, rows) for n, rows in enumerate([485] * 4 + [486] * 6)]
    assert duckdb.sql(f"SELECT sum(population) FROM {county} WHERE year = 2023").fetchone()[0] == 334914895
    checks = {("01001", 2014): 55395, ("09130", 2022): 176622, ("02261", 2019): 9202, ("48301", 2023): 43}
    for (geoid, year), population in checks.items():
        assert (
            duckdb.execute(f"SELECT population FROM {county} WHERE geoid = ? AND year = ?", [geoid, year]).fetchone()[0]
            == population
        )


def test_names_are_clean_utf8_with_the_published_oddities(real_geography):
    county = real_geography.table("geography/county_universe")
    names = dict(
        duckdb.sql(f"SELECT year, coalesce(county_name, state_name) FROM {county} WHERE geoid = '35013'").fetchall()
    )
    assert names[2014] == "New Mexico, Doña Ana County"
    assert {names[year] for year in range(2015, 2024)} == {"Doña Ana County"}


@pytest.mark.parametrize(
    ("table", "key", "expected"),
    [
        ("puma_to_county", ("pre-2022", "01", "02100", "001"), (54571, 0.3066, 1, 0.3066, 54571, 3)),
        (
            "puma_to_county",
            ("pre-2022", "02", "00300", "063"),
            (7044.806722689075, 0.042842016806722685, 1, 0.042842016806722685, 7044.806722689075, 3),
        ),
        ("puma_to_county", ("2022", "09", "20301", "110"), (11472, 0.1074, 0.0118, 0.98946732, 976248, 1)),
        ("puma_to_place", ("pre-2022", "01", "01200", "07000"), (1538, 0.0079, 0.0016, 0.16358003, 212147, 3)),
        ("puma_to_place", ("2022", "13", "01408", "72122"), (78295, 0.7193, 0.7288, 0.57859868, 107436, 2)),
    ],
)
def test_check_values_of_the_card(real_geography, table, key, expected):
    area = table.removeprefix("puma_to_")
    row = duckdb.execute(
        f"SELECT population, afact, afact2, sum_products, {area}_pop, geographic_allocation_quality "
        f"FROM {real_geography.table('geography/' + table)} "
        f"WHERE (crosswalk_period, statefip, puma, {area}) = (?, ?, ?, ?)",
        list(key),
    ).fetchone()
    assert row == pytest.approx(expected, rel=1e-12)
