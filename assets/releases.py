"""The release as Dagster assets, one per published file; materializing them publishes a version."""

import dagster as dg

from assets.factories import asset_key
from pipeline import catalog
from pipeline.errors import MobilityError
from pipeline.plan import sqlfile
from pipeline.publish import checks
from pipeline.publish.cells import CELLS
from pipeline.publish.columns import column_role
from pipeline.publish.release import Release
from pipeline.run.workspace import Workspace


class ReleaseConfig(dg.Config):
    """The version to publish, YYYY.N."""

    version: str


def release_assets() -> list[dg.AssetsDefinition]:
    """One multi-asset: the files are published together or not at all, with the checks of the release on their cells."""
    entries = catalog.load()
    cells = asset_key("release/cells")
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

    specs.append(
        dg.AssetSpec(
            cells,
            group_name="release",
            deps=sorted({dep.asset_key for spec in specs for dep in spec.deps}),
            kinds={"parquet"},
            description="Every printed cell of all files, one long table.",
        )
    )
    rules = [
        dg.AssetCheckSpec(path.stem, asset=cells, description=sqlfile.read(path).title)
        for path in sorted(checks.FOLDER.glob("*.sql"))
    ]

    @dg.multi_asset(specs=specs, name="release", check_specs=rules)
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

        published_cells = {"version": config.version, "sha256": manifest["files"][CELLS]}
        yield dg.MaterializeResult(asset_key=cells, metadata=published_cells)
        told = workspace.store.read_json(f"{published.version.address}/checks.json")["checks"]
        for each in (each for each in told if each["table"] == checks.RELEASE):
            is_error = each["severity"] == checks.ERROR
            yield dg.AssetCheckResult(
                asset_key=cells,
                check_name=each["name"],
                passed=each["passed"],
                severity=dg.AssetCheckSeverity.ERROR if is_error else dg.AssetCheckSeverity.WARN,
                metadata={"found": each["found"]},
            )

    return [release]
