"""One Dagster asset per raw source, staged table, geography table and metric, made from the catalog."""

import dagster as dg

from assets import metadata
from assets.partitions import YEARS, read_by_year
from assets.resources import Store
from pipeline import catalog
from pipeline.catalog.models import fill
from pipeline.errors import MissingInput
from pipeline.step import Step

SINGLE_RUN = dg.BackfillPolicy.single_run()


def asset_key(key: str) -> dg.AssetKey:
    """Asset key of a table: layer and name."""
    return dg.AssetKey(key.split("/"))


def raw_asset(name: str) -> dg.AssetsDefinition:
    """The landed files of one source: taken into the manifest, with their hashes as metadata."""
    source = catalog.load().sources[name]

    @dg.asset(
        key=asset_key(f"raw/{name}"),
        group_name="raw",
        kinds={"file"},
        description=f"{source.agency}: {source.dataset}",
        metadata={
            "homepage": dg.MetadataValue.url(source.homepage),
            "licence": source.licence,
            "by hand": source.by_hand,
        },
    )
    def landed(store: Store) -> dg.MaterializeResult:
        landing = store.runner().plan.landing
        paths = sorted(
            {
                path
                for table in source.tables.values()
                for form in table.forms.values()
                for raw in form.files.values()
                for vintage, variables in table.vintages.items()
                for path in landing.find(fill(raw.path, vintage, variables))
            }
        )
        hashes = {path: landing.take_in(path)["sha256"] for path in paths}
        landing.save()
        return dg.MaterializeResult(metadata={"files": len(paths), "sha256": hashes})

    return landed


def staged_asset(name: str) -> dg.AssetsDefinition:
    """A staged table; partitioned by year where metrics read it by year."""
    source = catalog.load().source_of_table[name]
    entry = catalog.load().staged(name)
    partitioned = f"staged/{name}" in read_by_year()

    def steps(runner, years) -> list[Step]:
        vintages = [each for each in entry.vintages if not partitioned or each[:4] in years]
        return _available(lambda vintage: runner.plan.staged(name, vintage), vintages)

    return _table_asset(f"staged/{name}", "staged", entry.title, steps, [f"raw/{source}"], partitioned)


def geography_asset(name: str) -> dg.AssetsDefinition:
    """A geography table."""
    entry = catalog.load().geography[name]

    def steps(runner, years) -> list[Step]:
        chosen = years if entry.partitioned else [None]
        return _available(lambda year: [runner.plan.geography(name, year)], chosen)

    upstream = [declared.table for declared in entry.inputs.values()]
    return _table_asset(f"geography/{name}", "geography", entry.title, steps, upstream, entry.partitioned)


def metric_asset(slug: str) -> dg.AssetsDefinition:
    """A metric: all its geographies of the years asked for, with its checks."""
    entry = catalog.load().metric(slug)

    def steps(runner, years) -> list[Step]:
        cells = [
            (int(year), geography) for year in years if int(year) in entry.years for geography in entry.geographies
        ]
        return _available(lambda cell: [runner.plan.metric(slug, *cell)], cells)

    upstream = [
        table
        for declared in entry.inputs.values()
        for table in (declared.table.values() if isinstance(declared.table, dict) else [declared.table])
    ]
    check = dg.AssetCheckSpec(
        "method_card",
        asset=asset_key(f"metric/{slug}"),
        description=("Keys, FIPS lengths, quality flags, bounds, ranges and completeness of every table of the run"),
    )
    return _table_asset(f"metric/{slug}", entry.pillar.replace("-", "_"), entry.title, steps, upstream, True, check)


def _available(resolve, choices) -> list[Step]:
    """The steps of the choices whose inputs are landed."""
    steps = []
    for choice in choices:
        try:
            steps += resolve(choice)
        except MissingInput:
            continue
    return steps


def _table_asset(key, group, title, steps_of, upstream, partitioned, check=None) -> dg.AssetsDefinition:
    deps = [dg.AssetDep(asset_key(table)) for table in dict.fromkeys(upstream)]

    @dg.asset(
        key=asset_key(key),
        group_name=group,
        kinds={"duckdb", "sql", "parquet"},
        description=title,
        deps=deps,
        partitions_def=YEARS if partitioned else None,
        backfill_policy=SINGLE_RUN if partitioned else None,
        check_specs=[check] if check else None,
    )
    def table(context: dg.AssetExecutionContext, store: Store):
        runner = store.runner()
        years = list(context.partition_keys) if partitioned else []
        steps = steps_of(runner, years)
        outcomes = []
        for step in steps:
            outcome = runner.run(step)
            context.log.info(f"{outcome.step}: {outcome.status} {outcome.message or ''}")
            outcomes.append(outcome)
        runner.plan.landing.save()
        failures = [outcome for outcome in outcomes if outcome.status in ("failed", "blocked")]
        if failures:
            raise dg.Failure(description="; ".join(f"{each.step}: {each.message}" for each in failures))
        results = [metadata.check_result(runner.plan, steps, check)] if check else None
        return dg.MaterializeResult(metadata=metadata.of(runner, steps, outcomes), check_results=results)

    return table


def all_assets() -> list[dg.AssetsDefinition]:
    """Every asset of the raw, staged, geography and metric layers."""
    entries = catalog.load()
    return [
        *(raw_asset(name) for name in entries.sources),
        *(staged_asset(name) for name in entries.source_of_table),
        *(geography_asset(name) for name in entries.geography),
        *(metric_asset(slug) for slug in entries.metrics),
    ]
