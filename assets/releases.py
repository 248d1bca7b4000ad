"""The release as Dagster assets, one per published file; materializing them publishes a version."""

import dagster as dg

from assets.factories import asset_key
from pipeline import catalog
from pipeline.errors import MobilityError
from pipeline.publish.columns import column_role
from pipeline.publish.release import Release
from pipeline.run.workspace import Workspace


class ReleaseConfig(dg.Config):
    """The version to publish, YYYY.N."""

    version: str


def release_assets() -> list[dg.AssetsDefinition]:
    """One multi-asset: the files are published together or not at all."""
    entries = catalog.load()
    metric_of = {measure: slug for slug, metric in entries.metrics.items() for measure in metric.measures}
    specs = []
    for file in entries.publication.files.values():
        slugs = {metric_of[column_role(column)[0]] for column in file.columns if column_role(column)[0] in metric_of}
        deps = [asset_key(f"metric/{slug}") for slug in sorted(slugs)]
        specs.append(
            dg.AssetSpec(
                asset_key(f"release/{file.stem}"),
                group_name="release",
                deps=[*deps, asset_key(f"geography/{file.geography}_universe")],
                kinds={"csv", "parquet"},
                skippable=True,
                description=f"{file.stem}.csv",
            )
        )

    @dg.multi_asset(specs=specs, name="release")
    def release(context: dg.AssetExecutionContext, config: ReleaseConfig, workspace: dg.ResourceParam[Workspace]):
        rows: dict[str, int] = {}
        try:
            published = Release(workspace, config.version)
            manifest = published.publish(lambda stem, count: rows.update({stem: count}))
        except MobilityError as error:
            raise dg.Failure(str(error)) from error
        for stem, count in rows.items():
            yield dg.MaterializeResult(
                asset_key=asset_key(f"release/{stem}"),
                metadata={
                    "dagster/row_count": count,
                    "version": config.version,
                    "sha256": manifest["files"][f"{stem}.csv"],
                },
            )

    return [release]
