"""Sums packs on real records: regions from sums equal those from records, and so do the ranks of small designs."""

import random

import duckdb
import pytest

from pipeline import settings
from pipeline.api import open_store
from pipeline.run import functions

# Wyoming from the Census Bureau's files, and seven small states of 2024 without replicate weights.
TABLES = {2018: ["56"], 2021: ["56"], 2024: ["02", "10", "11", "38", "44", "50", "56"]}
DRAWS = 300


@pytest.fixture(scope="module")
def places(shared, tmp_path_factory):
    """A store with the county tables of real records, released, and one that has nothing but their pack."""
    folder = tmp_path_factory.mktemp("real packs")
    records = open_store(folder / "records", shared / "raw")
    records.build(["employment"], TABLES, ["county"])
    records.release("2025.1")
    packed = open_store(folder / "packed", folder / "raw")
    packed.land_pack(records.pack("2025.1")["path"])
    return folder, records, packed


def test_regions_from_sums_equal_those_from_records(places):
    """Regions of one to four counties of a state, and some of two states: every column, bit for bit."""
    folder, records, packed = places
    chance = random.Random(1)
    tables = [f"'{folder}/records/metrics/employment/county/{year}.parquet'" for year in TABLES]
    having = " UNION ".join(f"SELECT geoid FROM {table} WHERE value IS NOT NULL" for table in tables)
    query = f"SELECT left(geoid, 2), list(geoid ORDER BY geoid) FROM ({having}) GROUP BY 1 ORDER BY 1"
    counties = dict(duckdb.sql(query).fetchall())
    lines = ["region,component_type,component_geoid"]
    for number in range(60):
        states = ["56"] if number < 30 else chance.sample(sorted(counties), chance.choice((1, 1, 2)))
        known = sorted({each for state in states for each in counties[state]})
        for county in chance.sample(known, min(len(known), chance.randint(1, 4))):
            lines.append(f"r{number:02},county,{county}")
    (folder / "many.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for store in (records, packed):
        store.build(["employment"], TABLES, [folder / "many.csv"])
    rows = with_bounds = 0
    for year in TABLES:
        tables = [f"FROM '{folder}/{name}/metrics/employment/many/{year}.parquet'" for name in ("records", "packed")]
        found = [duckdb.sql(f"{table} ORDER BY ALL").fetchall() for table in tables]
        assert found[0] == found[1]
        rows += len(found[0])
        with_bounds += duckdb.sql(f"SELECT count(lower) FROM ({tables[0]})").fetchone()[0]
    # Years with a 5-year sample have labels, 12 rows an area; 2024 has the overall value alone.
    assert rows == 60 * (12 + 12 + 1) and with_bounds > 50


def test_no_design_of_these_states_needs_rows_that_stand_for_records(places):
    """How often: in none of nine pairs of state and year; their counties have 400 records or more in every family at hand."""
    folder, _, _ = places
    for year, states in TABLES.items():
        standing = duckdb.sql(f"SELECT count(*) FROM '{folder}/records/records/employment/{year}.parquet'").fetchone()[
            0
        ]
        summed = duckdb.sql(f"SELECT count(DISTINCT statefip) FROM '{folder}/records/sums/employment/{year}.parquet'")
        assert (standing, summed.fetchone()[0]) == (0, len(states))


def test_ranks_of_small_designs_equal_those_of_their_records(places):
    """Designs drawn from real records, PUMA by subgroup key, of 2 to 400 records, most of them below full rank."""
    folder, _, _ = places
    con = duckdb.connect()
    functions.register(con)
    for path in (settings.SQL / "macros").glob("*.sql"):
        con.execute(path.read_text(encoding="utf-8"))
    con.execute(
        f"""CREATE TABLE groups AS
            SELECT statefip, puma, age, list([*COLUMNS('^repwtp[0-9]+$')]::DOUBLE[] ORDER BY serialno, pernum) AS weights
            FROM read_parquet('{folder}/records/staged/acs_person/2018_1-Year/*.parquet')
            WHERE age BETWEEN 25 AND 54 AND gq IN (1, 2, 5) GROUP BY ALL"""
    )
    con.execute("ALTER TABLE groups ADD COLUMN standing DOUBLE[][]")
    con.execute("UPDATE groups SET standing = spanning_rows(weights)")
    keys = con.execute("SELECT statefip, puma, age, len(weights) FROM groups ORDER BY ALL").fetchall()
    chance, drawn = random.Random(2), []
    for draw in range(DRAWS):
        for key in chance.sample(keys, chance.randint(1, 6)):
            drawn.append((draw, *key[:3]))
    con.execute("CREATE TABLE drawn (draw INTEGER, statefip VARCHAR, puma VARCHAR, age INTEGER)")
    con.executemany("INSERT INTO drawn VALUES (?, ?, ?, ?)", drawn)
    ranks = con.execute(
        """SELECT sum(len(weights)) AS records, matrix_rank(flatten(list(weights ORDER BY statefip, puma, age))),
                  matrix_rank(flatten(list(standing ORDER BY statefip, puma, age)))
           FROM drawn JOIN groups USING (statefip, puma, age) GROUP BY draw"""
    ).fetchall()
    assert [row[1] for row in ranks] == [row[2] for row in ranks]
    assert len(ranks) == DRAWS and sum(rank < 80 for _, rank, _ in ranks) > DRAWS / 3
    assert max(records for records, _, _ in ranks) > 100
