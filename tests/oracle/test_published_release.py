"""Published files through the door of import and release, against the combined files that were published.

The files of the metrics in ``../shared/published`` are released and compared with 11, 13 and 18, which are there complete, and
with 12, 14, 15 and 16 in the columns that they hold. Cells that are not the same text are the same number: below 0.001 the
combined files at hand, which were put together again from the metric files, print 0.0001865 where the published form is
1.865e-4 (card publication-files, section 9).
"""

import duckdb
import pytest
from frictionless import system, validate

from pipeline.publish.imported import Import
from pipeline.publish.release import Release
from pipeline.quoting import quote
from pipeline.run.workspace import Workspace
from pipeline.settings import Settings

# File -> rows, cells compared, cells with the same text; the others are the same number in another spelling.
FIGURES = {
    "11_mobility-metrics_county_longitudinal": (31_426, 3_896_824, 3_895_936),
    "12_mobility-metrics_county_race-ethnicity_longitudinal__partial": (175_994, 4_047_862, 4_047_784),
    "13_mobility-metrics_county_race-share_longitudinal": (125_704, 2_388_376, 2_387_937),
    "14_mobility-metrics_county_income_longitudinal__partial": (131_985, 1_979_775, 1_979_774),
    "15_mobility-metrics_county_age_longitudinal__partial": (47_155, 424_395, 424_395),
    "16_mobility-metrics_county_gender_longitudinal__partial": (56_571, 961_707, 961_707),
    "18_mobility-metrics_county_disability_longitudinal": (47_139, 707_085, 707_085),
}
# The stored medians of these are of inputs rounded to two decimals (card medians-and-quality-summary, quirk 2).
ROUNDED_MEDIANS = {
    ("share_transit_commuter", "2015"): (0.02, 0.0211),
    ("share_transit_commuter", "2019"): (0.02, 0.0216),
    ("share_transit_commuter", "2022"): (0.02, 0.0167),
    ("share_transportation_cost", "2015"): (0.26, 0.2639),
    ("share_transportation_cost", "2019"): (0.27, 0.2688),
    ("share_transportation_cost", "2022"): (0.24, 0.241),
}


def released(folder, wanted, target):
    """Import the published files that are ``wanted`` and release them; the folder of the release."""
    chosen = target / "chosen"
    chosen.mkdir()
    for path in folder.glob("*.csv.gz"):
        if wanted(path.name):
            (chosen / path.name).symlink_to(path)
    workspace = Workspace.of(Settings.of(target / "raw", target / "store", method="published"))
    Import(workspace, chosen).run()
    release = Release(workspace, "2025.1")
    release.publish()
    return workspace.store.folder(release.version.address)


def compared(con, published, ours):
    """Rows, cells, cells with the same text, and cells by column that differ: the same number below 0.001 does not."""
    con.execute(f"CREATE OR REPLACE TABLE theirs AS SELECT row_number() OVER () AS place, * FROM {published}")
    con.execute(
        "CREATE OR REPLACE TABLE ours AS SELECT row_number() OVER () AS place, * FROM "
        f"read_csv('{ours}', all_varchar = true, header = true, nullstr = 'NA', hive_partitioning = false)"
    )
    columns = con.table("theirs").columns[1:]
    kept = [name for name in con.table("ours").columns if name in columns]
    assert kept == columns, "columns and their order"
    rows = con.execute("SELECT count(*) FROM theirs").fetchone()[0]
    assert rows == con.execute("SELECT count(*) FROM ours").fetchone()[0]
    counts = []
    for name in columns:
        one, other = f"theirs.{quote(name)}", f"ours.{quote(name)}"
        equal = f"{one} IS NOT DISTINCT FROM {other}"
        small = f"abs(TRY_CAST({one} AS DOUBLE)) < 0.001 AND TRY_CAST({one} AS DOUBLE) = TRY_CAST({other} AS DOUBLE)"
        counts.append(f"[count(*) FILTER ({equal}), count(*) FILTER (NOT ({equal}) AND {small})]")
    found = con.execute(f"SELECT {', '.join(counts)} FROM theirs JOIN ours USING (place)").fetchone()
    same, different = 0, {}
    for name, (texts, numbers) in zip(columns, found, strict=True):
        same += texts
        if texts + numbers < rows:
            different[name] = rows - texts - numbers
    return rows, rows * len(columns), same, different


def test_the_metrics_files_give_the_combined_files(shared, published, tmp_path):
    """11, 13 and 18 complete, 12, 14, 15 and 16 in the columns at hand: every row in its place, no cell that differs."""
    combined = tuple(f"{number}_" for number in range(11, 21)) + ("04_",)
    folder = released(shared / "published", lambda name: not name.startswith(combined), tmp_path)
    con = duckdb.connect()
    for name, figures in FIGURES.items():
        stem = name.removesuffix("__partial")
        rows, cells, same, different = compared(con, published(f"{name}.csv.gz"), folder / f"{stem}.csv")
        assert not different, f"{name}: {different}"
        assert (rows, cells, same) == figures, name
    medians(con, shared, folder)


def medians(con, shared, folder):
    """424 of the 430 stored medians, every one that is suppressed among them; the other six are of rounded inputs."""
    con.execute(
        f"CREATE TABLE stored AS FROM read_csv('{shared}/published/county_medians_year_suppressed.csv.gz', all_varchar = true, "
        "nullstr = 'NA')"
    )
    path = folder / "summary" / "county_medians_year_suppressed.csv"
    con.execute(
        f"CREATE TABLE medians AS FROM read_csv('{path}', all_varchar = true, nullstr = 'NA', hive_partitioning = false)"
    )
    columns = con.table("stored").columns
    assert con.table("medians").columns == columns
    differing, count = {}, 0
    for name in columns[2:]:
        for year, one, other in con.execute(
            f"SELECT year, stored.{quote(name)}, medians.{quote(name)} FROM stored JOIN medians USING (year)"
        ).fetchall():
            count += 1
            if not (one == other or (one and other and abs(float(one) - float(other)) <= 1e-9)):
                differing[name, year] = (float(one), float(other))
    assert count == 430 and differing == ROUNDED_MEDIANS


def test_combined_files_come_out_as_they_went_in(shared, published, tmp_path):
    """Someone who has the downloads only: files 13 and 18 imported and released, valid as a data package."""
    folder = released(shared / "published", lambda name: name.startswith(("13_", "18_")), tmp_path)
    con = duckdb.connect()
    for name in (
        "13_mobility-metrics_county_race-share_longitudinal",
        "18_mobility-metrics_county_disability_longitudinal",
    ):
        rows, cells, same, different = compared(con, published(f"{name}.csv.gz"), folder / f"{name}.csv")
        assert not different and (rows, cells, same) == FIGURES[name]
    with system.use_context(trusted=True):
        report = validate(str(folder / "datapackage.json"), limit_rows=5_000)
    assert report.valid, report.flatten(["fieldName", "rowNumber", "message"])[:5]


def test_the_published_quality_scores_follow_the_rule(shared):
    """Card medians-and-quality-summary, section 4: twice good, plus marginal, less poor, less twice missing."""
    path = f"{shared}/published/mobility-metrics-quality-county.csv.gz"
    rows, holding = duckdb.sql(f"""
        SELECT count(*), count(*) FILTER (
            total_score = 2 * quality_good + quality_marginal - quality_poor - 2 * missing_values
            AND total_metrics = quality_good + quality_marginal + quality_poor + missing_values
            AND shr_good = quality_good / total_metrics)
        FROM read_csv('{path}', nullstr = 'NA')""").fetchone()
    assert rows == holding == 3143


@pytest.mark.parametrize("file", sorted(FIGURES))
def test_the_files_compared_are_there(shared, file):
    assert (shared / "published" / f"{file}.csv.gz").exists()
