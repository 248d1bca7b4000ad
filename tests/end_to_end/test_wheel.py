"""A wheel works in another folder: SQL, assets and catalog travel with it, and it makes the same tables."""

import json
import os
import shutil
import subprocess
import sys
import zipfile

import pytest

from pipeline import settings

pytest.importorskip("pip")


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    """A wheel of the project, unpacked; built from a copy, so that nothing is written into the project."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in ("pipeline", "assets", "sql"):
        shutil.copytree(settings.PROJECT / name, folder / "src" / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(settings.PROJECT / name, folder / "src" / name)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    done = subprocess.run([*command, "-w", "dist", "./src"], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = (folder / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "unpacked")
    return folder / "unpacked"


@pytest.fixture
def installed(unpacked, tmp_path):
    """Run Python in another folder, with the project from the wheel only."""

    def run(*arguments):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MOBILITY_")}
        environment |= {"PYTHONPATH": str(unpacked)}
        command = [sys.executable, *map(str, arguments)]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    return run


def test_every_file_that_is_read_travels(unpacked):
    def files(root, folder, inside=""):
        return {
            os.path.join(inside, path.relative_to(root / folder))
            for path in (root / folder).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }

    assert files(unpacked, "assets") == files(settings.PROJECT, "assets")
    project = files(settings.PROJECT, "pipeline") | files(settings.PROJECT, "sql", "sql")
    assert files(unpacked, "pipeline") == project
    assert not (unpacked / "sql").exists(), "nothing of the project's lies beside its packages"


def test_it_builds_the_sample_in_another_folder(installed, unpacked, tmp_path, mobility):
    where = installed("-c", "import assets.definitions, pipeline; print(pipeline.__file__)")
    assert where.stdout.startswith(str(unpacked)), where.stderr
    assert "living-wage" in installed("-m", "pipeline.cli", "catalog").stdout
    assert installed("-m", "pipeline.cli", "sample", "data/raw").returncode == 0
    asked = ("build", "--metric", "living-wage", "--year", "2022")
    done = installed("-m", "pipeline.cli", *asked)
    assert done.returncode == 0, done.stderr
    done = installed("-m", "pipeline.cli", "audit", "living-wage", "--geoid", "37067", "--year", "2022", "--json")
    assert json.loads(done.stdout)["code"]["sql_path"] == "sql/metrics/living-wage.sql"
    assert mobility(*asked, raw=tmp_path / "data/raw", store=tmp_path / "again").returncode == 0
    address = "metrics/living-wage/county/2022"
    tables = [(tmp_path / store / f"{address}.parquet").read_bytes() for store in ("data/store", "again")]
    assert tables[0] == tables[1]
    records = [
        json.loads((tmp_path / store / f"{address}.lineage.json").read_text()) for store in ("data/store", "again")
    ]
    for name in ("data_hash", "sql", "metadata_hash"):
        assert records[0][name] == records[1][name]
