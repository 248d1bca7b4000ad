"""Living wage ratios from real QCEW and MIT files equal the published ones (card living-wage, section 12)."""

import shutil

import duckdb
import pytest


def overall(store, published, year):
    return duckdb.sql(f"""
        SELECT count(*), count(o.geoid), count(p.state), count(o.value), max(abs(p.ratio_living_wage::DOUBLE - o.value)),
               count(*) FILTER ((p.ratio_living_wage IS NULL) <> (o.value IS NULL)),
               count(*) FILTER (p.ratio_living_wage_quality::INT IS DISTINCT FROM o.quality)
        FROM (FROM {published("living_wage_county_all_longitudinal.csv.gz")} WHERE year = '{year}') AS p
        FULL JOIN (FROM {store.table(f"metrics/living-wage/county/{year}")} WHERE subgroup_type = 'all') AS o
        ON p.state || p.county = o.geoid""").fetchone()


@pytest.mark.parametrize(("year", "rows", "values"), [(2018, 3142, 3141), (2021, 3143, 3140), (2022, 3144, 3132)])
def test_overall_equals_published(real, published, year, rows, values):
    result = overall(real, published, year)
    assert result[:4] == (rows, rows, rows, values)
    assert result[4] <= 1e-6
    assert result[5:] == (0, 0)


@pytest.mark.parametrize(("year", "rows", "values"), [(2018, 25136, 23310), (2022, 25152, 23473)])
def test_industries_equal_published(real, published, year, rows, values):
    result = duckdb.sql(f"""
        SELECT count(*), count(o.geoid), count(p.state), count(o.value), max(abs(p.ratio_living_wage::DOUBLE - o.value)),
               count(*) FILTER ((p.ratio_living_wage IS NULL) <> (o.value IS NULL)),
               count(*) FILTER (p.ratio_living_wage_quality::INT IS DISTINCT FROM o.quality)
        FROM {published(f"metrics_wage_ratio_{year}_subgroup.csv.gz")} AS p
        FULL JOIN (FROM {real.table(f"metrics/living-wage/county/{year}")} WHERE subgroup_type = 'industry') AS o
        ON p.state || p.county = o.geoid AND p.subgroup = o.subgroup""").fetchone()
    assert result[:4] == (rows, rows, rows, values)
    assert result[4] <= 1e-6
    assert result[5:] == (0, 0)


@pytest.mark.parametrize(
    ("year", "strong", "weak", "missing"),
    [(2018, 15874, 4296, 1824), (2021, 16037, 4052, 1912), (2022, 16237, 4104, 1667)],
)
def test_industry_quality_counts_of_the_card(real, year, strong, weak, missing):
    counts = dict(
        duckdb.sql(
            f"SELECT quality, count(*) FROM {real.table(f'metrics/living-wage/county/{year}')} "
            "WHERE subgroup_type = 'industry' AND subgroup <> 'All' GROUP BY 1"
        ).fetchall()
    )
    assert counts == {1: strong, 3: weak, None: missing}


def test_forsyth_county_reads_as_on_the_dashboard(real):
    rows = duckdb.sql(
        f"SELECT subgroup_type, subgroup, round(value, 2) FROM {real.table('metrics/living-wage/county/2022')} "
        "WHERE geoid = '37067'"
    ).fetchall()
    values = {(kind, label): value for kind, label, value in rows}
    assert values.pop(("all", "All")) == 0.73
    labels = [
        "Goods Producing",
        "Public Administration",
        "Trade, Transit, Utilities",
        "Information Services",
        "Professional Services",
        "Education and Health",
        "Leisure and Other",
    ]
    assert [values[("industry", label)] for label in labels] == [0.82, 0.72, 0.55, 1.00, 1.03, 0.89, 0.36]


@pytest.fixture(scope="module")
def ohio(build_store, shared, tmp_path_factory):
    """Built from BLS's own area slices of 15 Ohio counties instead of the national extract."""
    raw = tmp_path_factory.mktemp("ohio") / "raw"
    for folder in ("bls_qcew", "mit-living-wage", "urban-population"):
        shutil.copytree(shared / "raw" / folder, raw / folder)
    return build_store(raw, raw.parent / "store", ("living-wage",))


@pytest.mark.parametrize("year", [2021, 2022])
def test_native_slices_give_the_same_ratios(ohio, real, year):
    """Every one of the 15 counties, overall and seven industries, equal to the extract's to 1e-6."""
    rows = duckdb.sql(f"""
        SELECT count(*), count(native.value), max(abs(native.value - extract.value)),
               count(*) FILTER (native.value IS NULL <> (extract.value IS NULL)),
               count(*) FILTER (native.quality IS DISTINCT FROM extract.quality)
        FROM {ohio.table(f"metrics/living-wage/county/{year}")} AS native
        JOIN {real.table(f"metrics/living-wage/county/{year}")} AS extract USING (geoid, subgroup_type, subgroup)
        WHERE geoid IN (SELECT state || county FROM {ohio.table(f"staged/qcew_county_industry/{year}")})""").fetchone()
    assert rows[0] == 15 * 9
    assert rows[1] > 0
    assert rows[2] <= 1e-6 and rows[3:] == (0, 0)
