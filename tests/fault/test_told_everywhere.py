"""What went wrong is told once per cause, and by every command until it is mended or accepted."""

import json
import zipfile

import duckdb
import pytest

from pipeline.cli.show import status_table

LIVING_WAGE = ("build", "--metric", "living-wage", "--metric", "student-homelessness", "--year", 2021, "--year", 2022)
CAUSE = "urban-population/county-populations.csv.gz"


def lines(result):
    return [line for line in result.stderr.splitlines() if line.startswith("mobility:")]


@pytest.fixture
def built(sample, mobility, tmp_path):
    assert mobility(*LIVING_WAGE, raw=sample).returncode == 0
    return tmp_path / "store"


def test_one_lost_file_is_one_message_and_the_last_good_tables_stand(sample, mobility, built):
    (sample / CAUSE).unlink()
    result = mobility(*LIVING_WAGE, raw=sample)
    assert result.returncode == 3
    assert len(lines(result)) == 1
    assert CAUSE in result.stderr
    assert "metric/living-wage 2022 county" in result.stderr

    shown = json.loads(mobility("status", "--json", raw=sample).stdout)
    entry = next(e for e in shown if (e["metric"], e["year"], e["geography"]) == ("living-wage", 2022, "county"))
    assert (entry["status"], entry["stale"]) == ("built", True)
    assert CAUSE in entry["note"]
    never = next(e for e in shown if (e["metric"], e["year"]) == ("living-wage", 2014))
    assert (never["status"], CAUSE in never["note"]) == ("input missing", False)


def test_status_tells_why_a_table_could_not_be_made_until_it_is(sample, mobility, built):
    path = sample / "mit-living-wage/mit-living-wage-2022.csv"
    good = path.read_bytes()
    path.write_bytes(good.replace(b"wage", b"hourly", 1))
    assert mobility(*LIVING_WAGE, raw=sample).returncode == 3
    assert "column wage" in mobility("status", raw=sample).stdout
    path.write_bytes(good)
    assert mobility(*LIVING_WAGE, raw=sample).returncode == 0
    assert "column wage" not in mobility("status", raw=sample).stdout


@pytest.mark.parametrize("command", ["build", "status"])
def test_a_mistyped_raw_directory_is_an_error(mobility, tmp_path, command):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "notes.txt").write_text("not a source")
    for raw in (tmp_path / "nothing", tmp_path / "elsewhere"):
        result = mobility(command, raw=raw)
        assert result.returncode == 3
        assert len(lines(result)) == 1
        assert str(raw) in result.stderr


def test_a_failed_check_is_told_by_every_command_until_it_is_accepted(sample, mobility, tmp_path):
    """Weekly pay ten times as high gives ratios above what the catalog allows."""
    archive = sample / "bls_qcew/2022_annual_singlefile.zip"
    with zipfile.ZipFile(archive) as opened:
        name, content = opened.namelist()[0], opened.read(opened.namelist()[0]).decode()
    header, *rows = content.splitlines()
    position = next(i for i, column in enumerate(header.split(",")) if "annual_avg_wkly_wage" in column)
    changed = [header]
    for row in rows:
        cells = row.split(",")
        cells[position] = cells[position].strip('"') + "0" if cells[position].strip('"') != "0" else cells[position]
        changed.append(",".join(cells))
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr(name, "\n".join(changed) + "\n")

    for _ in range(2):
        build = mobility("build", "--metric", "living-wage", "--year", 2022, raw=sample)
        assert build.returncode == 1
        assert "values_in_range" in build.stderr
    status = mobility("status", "--metric", "living-wage", raw=sample).stdout
    assert "check failed: values_in_range" in status
    refused = mobility("release", "2026.1", raw=sample)
    assert refused.returncode == 1
    assert "values_in_range" in refused.stderr
    assert not (tmp_path / "store/releases/2026.1").exists()
    assert mobility("release", "2026.1", "--allow-failed-check", "values_in_range", raw=sample).returncode == 2

    allowed = ("--allow-failed-check", "values_in_range", "--because", "pay was multiplied by ten")
    released = mobility("release", "2026.1", *allowed, raw=sample)
    assert released.returncode == 0
    assert "pay was multiplied by ten" in released.stdout
    manifest = json.loads((tmp_path / "store/releases/2026.1/manifest.json").read_text())
    assert manifest["allowed_failed_checks"] == {"values_in_range": "pay was multiplied by ten"}
    assert "check failed: values_in_range" in mobility("status", "--metric", "living-wage", raw=sample).stdout


def test_values_that_are_in_no_file_are_told_by_release_and_status(sample, mobility, tmp_path):
    """Counties that the year's population file does not have are no rows of a published file."""
    assert mobility("build", "--metric", "digital-access", "--year", 2018, raw=sample).returncode == 0
    released = mobility("release", "2026.1", raw=sample)
    told = "county codes with values are in no file"
    assert released.returncode == 0
    assert told in released.stdout
    assert told in mobility("status", "--metric", "digital-access", raw=sample).stdout
    rows = duckdb.sql(
        f"SELECT count(*) FROM '{tmp_path}/store/releases/2026.1/metrics.parquet' WHERE value IS NOT NULL"
    )
    assert rows.fetchone()[0]


def test_a_note_that_holds_a_semicolon_is_told_as_one_in_columns_as_wide_as_the_names():
    note = "accepted as partial: a file is not whole (at most 1; found 2)"
    entry = {"geography": "county", "year": 2021, "status": "checked", "stale": False, "note": note, "notes": [note]}
    shown = status_table([entry | {"metric": name} for name in ("employment", "a-name-of-more-than-24-letters")])
    assert f"employment: {note} (county; 2021)" in shown
    assert len({line.index("county") for line in shown.splitlines()[1:3]}) == 1
