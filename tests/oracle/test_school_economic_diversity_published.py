"""Students in high-poverty schools: what the published file shows of the rules, as no school file is at hand."""

import duckdb

from pipeline import settings

FILE = "meps_county_2014-2021.csv.gz"
RACES = ("black", "hispanic", "white")


def test_the_published_rows_are_the_county_list_of_each_year(real_geography, published):
    universe = real_geography.table("geography/county_universe")
    found = duckdb.sql(f"""
        SELECT count(*), count(p.geoid), count(u.geoid)
        FROM (SELECT year::INT AS year, state || county AS geoid FROM {published(FILE)}) AS p
        FULL JOIN (FROM {universe} WHERE year BETWEEN 2014 AND 2021) AS u USING (year, geoid)""").fetchone()
    assert found == (25138, 25138, 25138)


def test_published_shares_are_single_precision_in_eight_digits_and_have_a_flag(published):
    con = duckdb.connect()
    con.execute((settings.SQL / "macros/publication.sql").read_text(encoding="utf-8"))
    for race in RACES:
        column = f"share_meps20_{race}"
        found = con.execute(f"""
            SELECT count(*) FILTER ((value IS NULL) <> (quality IS NULL)), count(*) FILTER (value NOT BETWEEN 0 AND 1),
                   count(*) FILTER (in_published_digits(value::FLOAT::DOUBLE, 'eight_digits') <> value)
            FROM (SELECT nullif({column}, '')::DOUBLE AS value, nullif({column}_quality, '')::INT AS quality
                  FROM {published(FILE)})""").fetchone()
        assert found == (0, 0, 0), race


def test_a_share_of_few_students_is_a_fraction_of_them(published):
    """Quality 3 is fewer than 15 students: the share is a fraction with a denominator of 1 to 14, quality 2 one of 15 to 29."""
    for race in RACES:
        for quality, least, most in ((3, 1, 14), (2, 15, 29)):
            found = duckdb.sql(f"""
                SELECT count(*) FILTER (NOT list_contains(list_transform(range({least}, {most + 1}),
                           lambda n: abs(value - round(value * n) / n) < 1e-7), true))
                FROM (SELECT share_meps20_{race}::DOUBLE AS value FROM {published(FILE)}
                      WHERE share_meps20_{race}_quality = '{quality}')""").fetchone()
            assert found == (0,), (race, quality)
