"""The Dagster definitions: all layers, yearly partitions, a check per rule; the same tables whoever makes them."""

import json

import dagster as dg
import duckdb
import pytest

from assets.definitions import LAYERS, defs, tables_job
from assets.factories import all_assets, asset_key
from assets.partitions import YEARS
from assets.releases import release_assets
from assets.resources import workspace_resource
from pipeline import catalog, checks
from pipeline.build import build
from pipeline.run.workspace import Workspace
from pipeline.settings import Settings

SLUGS = ("living-wage", "housing-wealth")
# Processes of the executor that need not import everything again
FORKSERVER = {"forkserver": {"preload_modules": ["assets.definitions"]}}


@pytest.fixture(scope="module")
def graph():
    return defs.resolve_asset_graph()


def contents(store):
    return {str(path.relative_to(store)): path.read_bytes() for path in sorted(store.rglob("*.parquet"))}


def resources(raw, store, **more):
    return {"resources": {"workspace": {"config": {"raw": str(raw), "store": str(store), **more}}}}


def materialize(raw, store, keys, year, instance=None, **options):
    selection = dg.AssetSelection.assets(*(asset_key(key) for key in keys))
    return dg.materialize(
        all_assets(),
        selection=selection.upstream() - dg.AssetSelection.key_prefixes(["raw"])
        if options.pop("up", True)
        else selection,
        instance=instance,
        partition_key=year,
        resources={"workspace": workspace_resource},
        run_config=resources(raw, store),
        raise_on_error=False,
    )


def test_every_catalog_entry_is_an_asset_of_its_layer(graph):
    entries = catalog.load()
    expected = {f"raw/{name}" for name in entries.sources} | {f"staged/{name}" for name in entries.source_of_table}
    expected |= {f"geography/{name}" for name in entries.geography} | {f"metric/{name}" for name in entries.metrics}
    expected |= {"sums/employment", "sums/digital-access"}
    keys = {key.to_user_string() for key in graph.get_all_asset_keys()}
    assert {asset_key(key).to_user_string() for key in expected} <= keys
    # The 18 files and their cells
    assert sum(key.startswith("release/") for key in keys) == 19


def test_metrics_are_partitioned_by_year_and_grouped_by_pillar(graph):
    node = graph.get(asset_key("metric/living-wage"))
    assert node.partitions_def == YEARS and node.group_name == "rewarding_work"
    assert asset_key("staged/qcew_county_industry") in node.parent_keys
    assert graph.get(asset_key("staged/qcew_county_industry")).partitions_def == YEARS
    assert graph.get(asset_key("geography/puma_to_county")).partitions_def is None


def test_every_table_has_a_code_version_and_a_condition_that_marks_it_stale(graph):
    tables = [key for key in graph.get_all_asset_keys() if key.path[0] in LAYERS]
    assert all(graph.get(key).code_version for key in tables)
    assert all(graph.get(key).automation_condition for key in tables)


def test_a_backfill_makes_a_run_per_year(graph):
    node = graph.get(asset_key("metric/living-wage"))
    assert node.backfill_policy is None or node.backfill_policy.max_partitions_per_run == 1


def test_a_year_materializes_with_a_check_per_rule_and_metadata(pristine_sample, tmp_path):
    with dg.DagsterInstance.ephemeral() as instance:
        result = materialize(pristine_sample, tmp_path / "store", ["metric/living-wage"], "2022", instance)
    assert result.success
    event = result.asset_materializations_for_node("metric__living_wage")[0]
    shown = event.metadata
    assert shown["dagster/row_count"].value > 0 and "SELECT" in shown["SQL"].value
    assert event.tags["dagster/data_version"]
    evaluations = result.get_asset_check_evaluations()
    assert {each.check_name for each in evaluations} == set(checks.names())
    assert all(each.passed for each in evaluations)
    assert (tmp_path / "store/metrics/living-wage/county/2022.parquet").exists()
    assert not (tmp_path / "store/metrics/living-wage/county/2021.parquet").exists()


def test_a_failed_rule_is_named_by_its_check(pristine_sample, tmp_path, monkeypatch):
    monkeypatch.setattr(catalog.load().metrics["living-wage"].measures["ratio_living_wage"], "range", (0, 0.1))
    result = materialize(pristine_sample, tmp_path / "store", ["metric/living-wage"], "2022")
    failed = [each for each in result.get_asset_check_evaluations() if not each.passed]
    assert [each.check_name for each in failed] == ["values_in_range"]
    assert "ratio_living_wage" in str(failed[0].metadata["broken"].value)


def test_a_year_without_input_fails_visibly(pristine_sample, tmp_path):
    result = materialize(pristine_sample, tmp_path / "store", ["metric/living-wage"], "2014", up=False)
    assert not result.success
    assert "staged/qcew_county_industry" in result.failure_data_for_node("metric__living_wage").error.cause.message or (
        "No raw file" in str(result.failure_data_for_node("metric__living_wage").user_failure_data)
    )


def test_dagster_refuses_what_the_command_line_refuses(sample, tmp_path, mobility):
    """Delete one state's housing file after a build: nothing good is lost, whoever is asked to make the table."""
    store = tmp_path / "store"
    assert mobility("build", "--metric", "housing-wealth", "--year", 2018, raw=sample, store=store).returncode == 0
    table = store / "metrics/housing-wealth/county/2018.parquet"
    before = table.read_bytes()
    lost = next((sample / "acs_pums/2018_1-Year").glob("psam_h37*"))
    lost.unlink()
    asked = [("metric/housing-wealth", True), ("metric/housing-wealth", False), ("sums/housing-wealth", False)]
    for key, up in asked:
        result = materialize(sample, store, [key], "2018", up=up)
        assert not result.success
        assert table.read_bytes() == before
    told = str([event.event_specific_data for event in result.all_events if event.is_failure])
    assert "psam_h37" in told
    refused = mobility("build", "--metric", "housing-wealth", "--year", 2018, raw=sample, store=store)
    assert refused.returncode == 3 and "psam_h37" in refused.stderr
    assert table.read_bytes() == before


def test_command_line_in_process_and_multiprocess_write_the_same_bytes(pristine_sample, tmp_path, mobility):
    arguments = [part for slug in SLUGS for part in ("--metric", slug)]
    assert mobility("build", *arguments, "--year", 2022, raw=pristine_sample, store=tmp_path / "one").returncode == 0
    expected = contents(tmp_path / "one")
    keys = [asset_key(f"metric/{slug}") for slug in SLUGS]
    chosen = dg.AssetSelection.assets(*keys).upstream() - dg.AssetSelection.key_prefixes(["raw"])
    with dg.instance_for_test() as instance:
        result = dg.execute_job(
            dg.reconstructable(tables_job),
            instance=instance,
            run_config=resources(pristine_sample, tmp_path / "two", threads=1, memory="1GB")
            | {"execution": {"config": {"multiprocess": {"max_concurrent": 2, "start_method": FORKSERVER}}}},
            asset_selection=list(chosen.resolve(all_assets())),
            tags={"dagster/partition": "2022"},
        )
        assert result.success
    made = contents(tmp_path / "two")
    assert {path: made[path] for path in expected} == expected


def test_builds_of_the_command_line_are_in_the_instance_of_dagster_home(
    pristine_sample, tmp_path, mobility, monkeypatch
):
    home = tmp_path / "dagster_home"
    home.mkdir()
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    done = mobility("build", "--metric", "living-wage", "--year", "2022", raw=pristine_sample)
    assert done.returncode == 0, done.stderr
    key = asset_key("metric/living-wage")
    with dg.DagsterInstance.from_config(str(home)) as instance:
        event = instance.get_latest_materialization_event(key)
        record = json.loads((tmp_path / "store/metrics/living-wage/county/2022.lineage.json").read_text())
        shown = event.asset_materialization
        assert shown.partition == "2022"
        assert shown.metadata["dagster/row_count"].value == record["output"]["rows"]
        assert record["output"]["sha256"] in str(shown.metadata["sha256"].value)
        latest = instance.event_log_storage.get_latest_asset_check_execution_by_key(
            [dg.AssetCheckKey(key, name) for name in checks.names()]
        )
        assert len(latest) == len(checks.names())


def test_limits_per_step_are_settings(pristine_sample, tmp_path):
    from pipeline.run.session import connection
    from pipeline.run.workspace import Workspace
    from pipeline.settings import Settings

    workspace = Workspace.of(Settings.of(pristine_sample, tmp_path / "store", threads=1, memory="512MB"))
    with workspace.store.scratch() as scratch, connection(workspace, scratch) as con:
        limits = con.execute("SELECT current_setting('threads'), current_setting('memory_limit')").fetchone()
    assert limits[0] == 1 and limits[1].startswith("488.2")
    assert duckdb.__version__


def test_a_release_is_materialized_with_its_checks(pristine_sample, tmp_path):
    store = tmp_path / "store"
    workspace = Workspace.of(Settings.of(pristine_sample, store))
    build(workspace, [workspace.plan.metric("living-wage", 2022, "county")])
    outcome = dg.materialize(
        release_assets(),
        resources={"workspace": Workspace.of(Settings.of(pristine_sample, store))},
        run_config={"ops": {"release": {"config": {"version": "2026.1"}}}},
        instance=dg.DagsterInstance.ephemeral(),
    )
    assert outcome.success
    found = {each.check_name: each.passed for each in outcome.get_asset_check_evaluations()}
    assert found["areas_per_year"] and "cities_that_are_counties" in found
    made = {event.asset_key.path[-1] for event in outcome.get_asset_materialization_events()}
    assert {"cells", "11_mobility_metrics_county_longitudinal"} <= {name.replace("-", "_") for name in made}
