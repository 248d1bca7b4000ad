"""The Dagster definitions: all layers, yearly partitions, checks and metadata; the same steps as the command line."""

import dagster as dg
import pytest

from assets.definitions import defs
from assets.factories import asset_key
from assets.partitions import YEARS
from assets.resources import Store
from pipeline import catalog


@pytest.fixture(scope="module")
def graph():
    return defs.resolve_asset_graph()


def test_every_catalog_entry_is_an_asset_of_its_layer(graph):
    entries = catalog.load()
    expected = {f"raw/{name}" for name in entries.sources} | {f"staged/{name}" for name in entries.source_of_table}
    expected |= {f"geography/{name}" for name in entries.geography} | {f"metric/{name}" for name in entries.metrics}
    keys = {key.to_user_string() for key in graph.get_all_asset_keys()}
    assert {asset_key(key).to_user_string() for key in expected} <= keys
    assert sum(key.startswith("release/") for key in keys) == 18


def test_metrics_are_partitioned_by_year_and_grouped_by_pillar(graph):
    node = graph.get(asset_key("metric/living-wage"))
    assert node.partitions_def == YEARS and node.group_name == "rewarding_work"
    assert asset_key("staged/qcew_county_industry") in node.parent_keys
    assert graph.get(asset_key("staged/qcew_county_industry")).partitions_def == YEARS
    assert graph.get(asset_key("geography/puma_to_county")).partitions_def is None


def test_a_year_materializes_with_checks_and_metadata(pristine_sample, tmp_path):
    selection = dg.AssetSelection.assets(asset_key("metric/living-wage")).upstream()
    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize(
            list(defs.assets),
            selection=selection,
            instance=instance,
            partition_key="2022",
            resources={"store": Store(raw=str(pristine_sample), store=str(tmp_path / "store"))},
        )
    assert result.success
    shown = result.asset_materializations_for_node("metric__living_wage")[0].metadata
    assert (
        shown["dagster/row_count"].value > 0 and "SELECT" in shown["SQL"].value and "37067" not in shown["sha256"].value
    )
    assert [evaluation.passed for evaluation in result.get_asset_check_evaluations()] == [True]
    assert (tmp_path / "store/metrics/living-wage/county/2022.parquet").exists()
    assert not (tmp_path / "store/metrics/living-wage/county/2021.parquet").exists()
