"""Learning growth: what the published file shows of the rules, as no SEDA file is at hand."""

import duckdb

from pipeline import settings

FILE = "SEDA_all_county_2014-2018.csv.gz"


def test_the_published_rows_are_the_county_list_of_each_year(real_geography, published):
    universe = real_geography.table("geography/county_universe")
    found = duckdb.sql(f"""
        SELECT count(*), count(p.geoid), count(u.geoid)
        FROM (SELECT year::INT AS year, state || county AS geoid FROM {published(FILE, missing="")}) AS p
        FULL JOIN (FROM {universe} WHERE year BETWEEN 2014 AND 2018) AS u USING (year, geoid)""").fetchone()
    assert found == (15710, 15710, 15710)


def test_published_rates_are_single_precision_in_eight_digits_with_symmetric_bounds_and_a_flag(published):
    con = duckdb.connect()
    con.execute((settings.SQL / "macros/publication.sql").read_text(encoding="utf-8"))
    found = con.execute(f"""
        SELECT count(value), count(*) FILTER ((value IS NULL) <> (quality IS NULL) OR (value IS NULL) <> (lower IS NULL)),
               count(*) FILTER (in_published_digits(value::FLOAT::DOUBLE, 'eight_digits') <> value
                                OR in_published_digits(lower::FLOAT::DOUBLE, 'eight_digits') <> lower
                                OR in_published_digits(upper::FLOAT::DOUBLE, 'eight_digits') <> upper),
               max(abs(upper + lower - 2 * value)) < 3e-7, count(*) FILTER (upper <= lower),
               count(*) FILTER (quality = 1), count(*) FILTER (quality = 2), count(*) FILTER (quality = 3)
        FROM (SELECT learning_rate::DOUBLE AS value, learning_rate_lb::DOUBLE AS lower, learning_rate_ub::DOUBLE AS upper,
                     learning_rate_quality::INT AS quality FROM {published(FILE, missing="")})""").fetchone()
    assert found == (15191, 0, 0, True, 0, 11968, 2001, 1222)
