"""One Dagster asset per raw source, staged table, geography table, sums and metric, made from the catalog."""

import dagster as dg

from assets import metadata
from assets.partitions import YEARS
from pipeline import catalog, checks
from pipeline.catalog.models import fill
from pipeline.errors import InputError
from pipeline.plan import metric_files
from pipeline.plan.partitions import read_by_year
from pipeline.plan.plan import Plan
from pipeline.plan.step import Step
from pipeline.run.make import make
from pipeline.run.workspace import Workspace

# A table is out of date where its code changed, it was never made, or an input was made again.
STALE = (
    (
        dg.AutomationCondition.code_version_changed()
        | dg.AutomationCondition.missing()
        | dg.AutomationCondition.any_deps_updated()
    )
    & ~dg.AutomationCondition.any_deps_missing()
    & ~dg.AutomationCondition.in_progress()
)


class Chosen(dg.Config):
    """Which tables of the asset and partition to make (labels as status and build show them; empty: all whose input is
    landed), and whether to make what is up to date."""

    tables: list[str] = []
    force: bool = False


def asset_key(key: str) -> dg.AssetKey:
    """Asset key of a table: layer and name."""
    return dg.AssetKey(key.split("/"))


def raw_asset(name: str) -> dg.AssetsDefinition:
    """The landed files of one source: taken into its manifest, with their hashes as metadata."""
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
    def landed(workspace: dg.ResourceParam[Workspace]) -> dg.MaterializeResult:
        landing = workspace.landing
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
        if not paths:
            raise dg.Failure(f"No file of {name} is landed in {landing.raw}. Run: mobility fetch {name}")
        hashes = {path: landing.take_in(path)["sha256"] for path in paths}
        landing.save()
        return dg.MaterializeResult(metadata={"files": len(paths), "sha256": hashes})

    return landed


def staged_asset(name: str, shown: bool = True) -> dg.AssetsDefinition:
    """A staged table; partitioned by year where metrics read it by year."""
    source = catalog.load().source_of_table[name]
    entry = catalog.load().staged(name)

    def steps(plan: Plan, year: str | None) -> list[Step]:
        vintages = [each for each in plan.catalog.staged(name).vintages if year in (None, each[:4])]
        return _available(lambda vintage: plan.staged(name, vintage), vintages)

    compared = [each for form in entry.forms.values() for each in _tables(form.compared_with)]
    return _table_asset(f"staged/{name}", "staged", entry.title, steps, [f"raw/{source}", *compared], shown)


def geography_asset(name: str, shown: bool = True) -> dg.AssetsDefinition:
    """A geography table."""
    entry = catalog.load().geography[name]

    def steps(plan: Plan, year: str | None) -> list[Step]:
        regions = plan.regions if entry.custom else [None]
        return _available(lambda each: [plan.geography(name, year, each)], regions)

    return _table_asset(
        f"geography/{name}", "geography", entry.title, steps, _tables(entry.inputs), shown, is_custom=entry.custom
    )


SUMMED = {
    "sums": "sums of weights per PUMA and subgroup",
    "records": "rows that stand for the records of small designs, for regions and packs",
}


def summed_asset(slug: str, layer: str, shown: bool = True) -> dg.AssetsDefinition:
    """The sums of a microdata metric, without geography, or the rows that stand for its records in regions and packs."""
    entry = catalog.load().metric(slug)
    microdata = {name: each for name, each in entry.inputs.items() if "{sample}" in str(each.vintage)}

    def steps(plan: Plan, year: str) -> list[Step]:
        years = [int(year)] if int(year) in plan.catalog.metric(slug).years else []
        return _available(lambda each: [getattr(plan, layer)(slug, each)], years)

    upstream = _tables(microdata) + ([f"sums/{slug}"] if layer == "records" else [])
    return _table_asset(f"{layer}/{slug}", _group(entry), f"{entry.title}: {SUMMED[layer]}", steps, upstream, shown)


def metric_asset(slug: str, shown: bool = True) -> dg.AssetsDefinition:
    """A metric: its geographies of one year, those of region files too, with a check per rule."""
    entry = catalog.load().metric(slug)

    def steps(plan: Plan, year: str) -> list[Step]:
        geographies = plan.geographies(slug, int(year))
        return _available(lambda geography: [plan.metric(slug, int(year), geography)], geographies)

    upstream = _tables(entry.inputs) + [f"{layer}/{slug}" for layer in SUMMED if _is_summed(slug, layer)]
    return _table_asset(f"metric/{slug}", _group(entry), entry.title, steps, upstream, shown, checks.names())


def _is_summed(slug: str, layer: str) -> bool:
    """Whether the metric has a table of the layer sums or records."""
    entry = catalog.load().metric(slug)
    return metric_files.has_sums(slug, entry) and bool(metric_files.queries(layer, slug, entry))


def _group(entry) -> str:
    return entry.pillar.replace("-", "_")


def _tables(inputs) -> list[str]:
    return [
        table
        for declared in inputs.values()
        for table in (declared.table.values() if isinstance(declared.table, dict) else [declared.table])
    ]


def _available(resolve, choices) -> list[Step]:
    """The steps of the choices whose inputs are landed. Raises the InputError of the last one where there are none."""
    steps, missing = [], None
    for choice in choices:
        try:
            steps += resolve(choice)
        except InputError as error:
            missing = error
    if missing and not steps:
        raise missing
    return steps


def _table_asset(key, group, title, steps_of, upstream, shown, rules=(), is_custom=False) -> dg.AssetsDefinition:
    own = asset_key(key)
    partitioned = key in read_by_year()
    rules = rules if shown else ()

    @dg.asset(
        key=own,
        group_name=group,
        kinds={"duckdb", "sql", "parquet"},
        description=title,
        deps=[dg.AssetDep(asset_key(table)) for table in dict.fromkeys(upstream)],
        partitions_def=YEARS if partitioned else None,
        code_version=metadata.code_version(key) if shown else None,
        automation_condition=STALE,
        check_specs=[dg.AssetCheckSpec(name, asset=own, description=checks.rule(name)) for name in rules],
    )
    def table(context: dg.AssetExecutionContext, workspace: dg.ResourceParam[Workspace], config: Chosen):
        year = context.partition_key if partitioned else None
        try:
            steps = [step for step in steps_of(workspace.plan, year) if step.label in (config.tables or [step.label])]
        except InputError as error:
            raise dg.Failure(str(error)) from error
        if not steps and is_custom:
            return dg.MaterializeResult(metadata={"tables": 0})
        if not steps:
            raise dg.Failure(f"{key} has nothing for {year}: no such year in the catalog, or no such table")
        outcomes = []
        for step in steps:
            outcomes.append(make(step, workspace, config.force))
            workspace.on_outcome(outcomes[-1])
            context.log.info(f"{outcomes[-1].step}: {outcomes[-1].status} {outcomes[-1].message or ''}")
        if failures := [each for each in outcomes if each.status in ("failed", "blocked")]:
            raise dg.Failure("; ".join(f"{each.step}: {each.message}" for each in failures))
        if not shown:
            return dg.MaterializeResult()
        return dg.MaterializeResult(
            metadata=metadata.of(workspace, steps, outcomes),
            data_version=dg.DataVersion(metadata.data_version(workspace, steps)),
            check_results=[metadata.check_result(workspace, steps, name) for name in rules],
        )

    return table


def all_assets() -> list[dg.AssetsDefinition]:
    """Every asset of the raw, staged, geography, sums and metric layers."""
    entries = catalog.load()
    summed = [f"{layer}/{slug}" for slug in entries.metrics for layer in SUMMED if _is_summed(slug, layer)]
    named = {"staged": entries.source_of_table, "geography": entries.geography, "metric": entries.metrics}
    keys = [*summed, *(f"{layer}/{name}" for layer, names in named.items() for name in names)]
    return [*(raw_asset(name) for name in entries.sources), *(table_asset(key) for key in keys)]


def table_asset(key: str, shown: bool = True) -> dg.AssetsDefinition:
    """The asset of a table, given as layer/name.

    ``shown`` is whether somebody looks at it in Dagster: with metadata, data versions and a check per rule. The
    tables and their records are the same without.
    """
    layer, name = key.split("/")
    if layer in SUMMED:
        return summed_asset(name, layer, shown)
    return {"staged": staged_asset, "geography": geography_asset, "metric": metric_asset}[layer](name, shown)
